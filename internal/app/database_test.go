package app

import (
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

// PG7 and BR7: an engine that the program can't rely on is refused, with why.
func TestPG7_BR7_UnfitEnginesAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		about db.About
		key   string
	}{
		"PostgreSQL 14":   {db.About{Engine: db.Postgres, Version: "14.12", Number: 140012, Encoding: "UTF8"}, "app.database.old"},
		"LATIN1":          {db.About{Engine: db.Postgres, Version: "15.1", Number: 150001, Encoding: "LATIN1"}, "app.database.encoding"},
		"SQL_ASCII":       {db.About{Engine: db.Postgres, Version: "15.1", Number: 150001, Encoding: "SQL_ASCII"}, "app.database.encoding"},
		"PostgreSQL 15":   {db.About{Engine: db.Postgres, Version: "15.0", Number: 150000, Encoding: "UTF8"}, ""},
		"SQLite 3.51.2":   {db.About{Engine: db.SQLite, Version: "3.51.2", Number: 3_051_002, Encoding: "UTF-8"}, "app.database.oldlite"},
		"SQLite 3.51.3":   {db.About{Engine: db.SQLite, Version: "3.51.3", Number: 3_051_003, Encoding: "UTF-8"}, ""},
		"SQLite in UTF16": {db.About{Engine: db.SQLite, Version: "3.51.3", Number: 3_051_003, Encoding: "UTF-16le"}, "app.database.encoding"},
	} {
		err := fits(tc.about)
		key := ""
		if e := errs.As(err); e != nil {
			key = e.Msg.Key
		}
		if key != tc.key || (err != nil && !errs.Is(err, errs.Invalid)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// PG7: an order of letters that changes with the system is no hindrance, and
// the doctor says so.
func TestPG7_CollationIsAWorry(t *testing.T) {
	t.Parallel()
	for collation, want := range map[string]Health{"C": Fine, "C.UTF-8": Fine, "en_US.UTF-8": Worry, "tr_TR.UTF-8": Worry} {
		x := &doctor{}
		x.engine(db.About{Engine: db.Postgres, Version: "15.1", Number: 150001, Encoding: "UTF8", Collate: collation})
		if len(x.found) != 1 || x.found[0].Health != want {
			t.Errorf("%s: %+v", collation, x.found)
		}
	}
}
