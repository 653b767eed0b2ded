package db

import (
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// IsURL says whether a text is meant as the address of a database server, and
// not as the name of a folder.
func IsURL(s string) bool { return strings.Contains(s, "://") }

// CheckURL refuses an address that names no PostgreSQL database, BadRequest.
// It asks no server.
func CheckURL(address string) error {
	scheme, _, _ := strings.Cut(address, "://")
	if scheme != "postgres" && scheme != "postgresql" {
		return errs.New(errs.BadRequest, i18n.M("db.url.scheme",
			"A database is named by an address such as postgres://user@host/name. Other servers than PostgreSQL are not known; SQLite needs no address, it lies in the data folder."))
	}
	_, err := pgconn.ParseConfig(address)
	if err != nil {
		// Its words may hold the password.
		return errs.New(errs.BadRequest, i18n.M("db.url.bad",
			"The address of the PostgreSQL database can’t be read. It is written postgres://user:password@host:5432/name, with signs such as @ and # in the password as %40 and %23."))
	}
	return nil
}

// Shown is an address without its password.
func Shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "postgres://…"
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	u.RawQuery = "" // may hold a password too
	return u.String()
}
