package web

import (
	"net/netip"
	"regexp"
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

// engines are the databases for tests whose outcome may differ between them.
var engines = []struct {
	name string
	open func(testing.TB) *db.DB
}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}}

// refPattern is a reference number as a page shows it.
var refPattern = regexp.MustCompile(`\b[2-9A-Z]{4}-[2-9A-Z]{4}\b`)

// trustAll trusts whatever comes.
var trustAll = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
