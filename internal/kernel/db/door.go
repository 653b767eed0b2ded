package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// UniqueError says which unique index a row would have broken.
type UniqueError struct {
	Index string // the index's name, the same on both engines
	cause error
}

func (e *UniqueError) Error() string { return "breaks " + e.Index + ": " + e.cause.Error() }
func (e *UniqueError) Unwrap() error { return e.cause }

// Broke says whether err is a violation of the named unique index.
func Broke(err error, index string) bool {
	var u *UniqueError
	return errors.As(err, &u) && u.Index == index
}

// door is where the engines' errors become ours; no other package knows them.
func (d *DB) door(err error) error {
	if err == nil {
		return nil
	}
	var known *errs.Error
	if errors.As(err, &known) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return d.sqliteError(err, lite)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pgError(err, pg)
	}
	if away(err) {
		return &errs.Error{Kind: errs.Busy, Retry: 2, Cause: err}
	}
	return err
}

// away says whether an error means that the server of PostgreSQL is not there,
// or that the connection to it has ended.
func away(err error) bool {
	var network net.Error
	var connect *pgconn.ConnectError
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return gone[pg.Code] || strings.HasPrefix(pg.Code, "08")
	}
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err)
}

// gone are the words with which a server of PostgreSQL ends a connection, or
// refuses one: it stops, starts, was told to end it, or waited too long.
var gone = map[string]bool{
	"53300": true, "57P01": true, "57P02": true, "57P03": true, "57P05": true, "25P03": true, "25P04": true,
}

// beginError is a transaction that did not begin.
type beginError struct{ cause error }

func (e *beginError) Error() string { return "begin: " + e.cause.Error() }
func (e *beginError) Unwrap() error { return e.cause }

// notBegun says whether a transaction did not begin because its connection
// had ended before: nothing was done, so another connection may be tried.
func notBegun(err error) bool {
	var begin *beginError
	var connect *pgconn.ConnectError
	return errors.As(err, &begin) && !errors.As(err, &connect) && away(begin.cause)
}

// commitError is what a commit failed with. Where the connection ended on the
// way, nobody knows whether it holds.
func commitError(err error) error {
	if !away(err) {
		return fmt.Errorf("commit: %w", err)
	}
	return &errs.Error{Kind: errs.Busy, Retry: 2, Cause: fmt.Errorf("commit: %w", err), Msg: i18n.M("db.commit",
		"The connection to the database broke while this was being written, so it may have taken effect or not. Send it again from the same page: it takes effect once.")}
}

func (d *DB) sqliteError(err error, e *sqlite.Error) error {
	switch code := e.Code(); code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return unique(d.sqliteIndex(e.Error()), err)
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		// PostgreSQL calls the index of a primary key so.
		table, _, _ := strings.Cut(d.sqliteIndex(e.Error()), ".")
		return unique(table+"_pkey", err)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return foreign(err)
	case sqlite3.SQLITE_IOERR_SHMSIZE: // the WAL's index can't grow
		return &errs.Error{Kind: errs.Full, Cause: err}
	default:
		switch code & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return &errs.Error{Kind: errs.Busy, Retry: 1, Cause: err}
		case sqlite3.SQLITE_FULL:
			return &errs.Error{Kind: errs.Full, Cause: err}
		case sqlite3.SQLITE_INTERRUPT:
			return errors.Join(context.Canceled, err)
		}
	}
	return err
}

// sqliteIndex finds the index in "UNIQUE constraint failed: t.a, t.b (2067)"
// or "… index 'name'".
func (d *DB) sqliteIndex(message string) string {
	_, what, ok := strings.Cut(message, "constraint failed: ")
	if !ok {
		return message
	}
	// The driver puts SQLite's message after its own wording.
	if _, again, ok := strings.Cut(what, "constraint failed: "); ok {
		what = again
	}
	what, _, _ = strings.Cut(what, " (")
	if name, ok := strings.CutPrefix(what, "index '"); ok {
		return strings.TrimSuffix(name, "'")
	}
	if index, ok := d.uniques[what]; ok {
		return index
	}
	return what
}

func pgError(err error, e *pgconn.PgError) error {
	switch e.Code {
	case "23505":
		return unique(e.ConstraintName, err)
	case "23503":
		return foreign(err)
	case "53100":
		return &errs.Error{Kind: errs.Full, Cause: err}
	case "40001", "40P01":
		return &errs.Error{Kind: errs.Conflict, Cause: err}
	case "53200", "55P03", "25006": // no memory; a lock that is held; a standby, or a server that only reads
		return &errs.Error{Kind: errs.Busy, Retry: 2, Cause: err}
	case "57014":
		return errors.Join(context.DeadlineExceeded, err)
	}
	if away(err) {
		return &errs.Error{Kind: errs.Busy, Retry: 2, Cause: err}
	}
	return err
}

func unique(index string, err error) error {
	return &errs.Error{
		Kind:  errs.Conflict,
		Msg:   i18n.M("err.unique", "Such a record exists already."),
		Cause: &UniqueError{Index: index, cause: err},
	}
}

func foreign(err error) error {
	return &errs.Error{
		Kind:  errs.Conflict,
		Msg:   i18n.M("err.foreign", "A record that this one points at is gone, or another record still points at it."),
		Cause: err,
	}
}

// retriable says whether the whole transaction may be run again.
func retriable(err error) bool {
	var pg *pgconn.PgError
	return notBegun(err) || errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
