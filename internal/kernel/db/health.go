package db

import (
	"context"
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ayni/internal/kernel/errs"
)

// About says what the database is, for those who look after it.
type About struct {
	Engine   Engine
	Version  string // of the engine, "3.54.1" or "15.18"
	Number   int    // of the engine, 3054001 or 150018
	Encoding string // UTF8; UTF-8 on SQLite
	Collate  string // of PostgreSQL: C, C.UTF-8, en_US.UTF-8, …; empty on SQLite
}

// The oldest PostgreSQL that the SQL of this program has been tried on.
const oldestPostgres = 150000

// About asks the database what it is.
func (d *DB) About(ctx context.Context) (About, error) {
	a := About{Engine: d.Engine}
	err := d.Read(ctx, func(t *Tx) error {
		if d.Engine == Postgres {
			row, err := One[struct {
				Version  string `db:"version"`
				Number   int    `db:"number"`
				Encoding string `db:"encoding"`
				Collate  string `db:"collate"`
			}](t, `select current_setting('server_version') as version, cast(current_setting('server_version_num') as bigint) as number,
				pg_encoding_to_char(encoding)::text as encoding, datcollate::text as collate from pg_database where datname = current_database()`)
			a.Version, a.Number, a.Encoding, a.Collate = row.Version, row.Number, row.Encoding, row.Collate
			return err
		}
		var err error
		a.Version, err = One[string](t, `select sqlite_version()`)
		if err != nil {
			return err
		}
		var major, minor, patch int
		_, err = fmt.Sscanf(a.Version, "%d.%d.%d", &major, &minor, &patch)
		if err != nil {
			return fmt.Errorf("version %q: %w", a.Version, err)
		}
		a.Number = major*1_000_000 + minor*1000 + patch
		a.Encoding, err = One[string](t, `pragma encoding`)
		return err
	})
	if err != nil {
		return a, fmt.Errorf("ask the database what it is: %w", err)
	}
	return a, nil
}

// Old says whether the engine is older than this program can work with.
func (a About) Old() bool {
	if a.Engine == Postgres {
		return a.Number < oldestPostgres
	}
	return a.Number < 3_051_003
}

// Unicode says whether the database keeps every letter.
func (a About) Unicode() bool { return a.Encoding == "UTF8" || a.Encoding == "UTF-8" }

// Fault is one thing that is wrong inside the database, in the engine's words.
type Fault struct {
	Table string // empty where the engine names none
	Text  string
}

// maxFaults bounds what Integrity reports.
const maxFaults = 100

// Integrity looks through the whole database for damage and for rows that
// point at nothing. quick leaves out what takes long: the comparison of
// indexes with their tables, and foreign keys.
func (d *DB) Integrity(ctx context.Context, quick bool) ([]Fault, error) {
	var out []Fault
	err := d.Read(ctx, func(t *Tx) error {
		var err error
		if d.Engine == Postgres {
			out, err = postgresIntegrity(t, quick)
		} else {
			out, err = sqliteIntegrity(t, quick)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look through the database: %w", err)
	}
	return out, nil
}

func sqliteIntegrity(t *Tx, quick bool) ([]Fault, error) {
	query := `pragma integrity_check(100)`
	if quick {
		query = `pragma quick_check(100)`
	}
	lines, err := All[string](t, query)
	if err != nil {
		return nil, err
	}
	var out []Fault
	for _, l := range lines {
		if l != "ok" {
			out = append(out, Fault{Text: l})
		}
	}
	if quick {
		return out, nil
	}
	type broken struct {
		Table  string `db:"table"`
		Row    int64  `db:"rowid"`
		Parent string `db:"parent"`
		Key    int64  `db:"fkid"`
	}
	rows, err := All[broken](t, `pragma foreign_key_check`)
	if err != nil {
		return nil, err
	}
	for _, b := range rows[:min(len(rows), maxFaults)] {
		out = append(out, Fault{b.Table, fmt.Sprintf("row %d points at a row of %s that is not there", b.Row, b.Parent)})
	}
	return out, nil
}

// postgresIntegrity reads every row once, which finds damaged pages, and looks
// for constraints that hold for new rows alone.
func postgresIntegrity(t *Tx, quick bool) ([]Fault, error) {
	type loose struct {
		Table string `db:"table"`
		Name  string `db:"name"`
	}
	rows, err := All[loose](t, `select r.relname::text as table, c.conname::text as name from pg_constraint c
		join pg_class r on r.oid = c.conrelid join pg_namespace n on n.oid = c.connamespace
		where n.nspname = current_schema() and not c.convalidated
		union all select r.relname::text, i.relname::text from pg_index x join pg_class i on i.oid = x.indexrelid
		join pg_class r on r.oid = x.indrelid join pg_namespace n on n.oid = r.relnamespace
		where n.nspname = current_schema() and not x.indisvalid order by 1, 2`)
	if err != nil {
		return nil, err
	}
	var out []Fault
	for _, l := range rows {
		out = append(out, Fault{l.Table, "constraint or index " + l.Name + " is not valid"})
	}
	if quick {
		return out, nil
	}
	tables, err := Tables(t)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		_, err := t.Exec("savepoint look")
		if err != nil {
			return nil, err
		}
		_, damaged := One[int64](t, "select count(*) from (select "+ident(table)+"::text from "+ident(table)+" offset 0) every")
		if damaged == nil {
			_, err = t.Exec("release savepoint look")
		} else {
			out = append(out, Fault{table, damaged.Error()})
			_, err = t.Exec("rollback to savepoint look")
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Snapshot writes a copy of an SQLite database, as it is at one instant, into
// a new file. Writers go on meanwhile. A copy that fails leaves no file.
func (d *DB) Snapshot(ctx context.Context, path string) error {
	if d.Engine != SQLite {
		return errors.New("snapshot: not an SQLite database")
	}
	// The file is made here so that it is for the owner alone from the first byte.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer f.Close()
	// On a connection of its own: those for reading write nothing, not even
	// into another file.
	own, err := openLite(d.dsn(still(d.readOnly, d.path)))
	if err == nil {
		_, err = own.ExecContext(ctx, `vacuum into $1`, path)
		err = errors.Join(err, own.Close())
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(d.door(fmt.Errorf("snapshot %s: %w", path, err)), os.Remove(path))
	}
	return nil
}

// probePages is how much room a writer wants to find: a form with what hangs
// on it takes a few pages.
const probePages = 32

// Probe writes nothing of any meaning, through to the disk: an error says that
// the database takes no writes now.
func (d *DB) Probe(ctx context.Context) error {
	err := d.Write(ctx, func(t *Tx) error {
		if d.Engine == Postgres {
			_, err := t.Exec(`select pg_logical_emit_message(true, 'ayni', '')`)
			return err
		}
		_, err := t.Exec(`pragma user_version = 1`)
		if err != nil {
			return err
		}
		room, err := One[int64](t, `select (select max_page_count from pragma_max_page_count) - (select page_count from pragma_page_count)
			+ (select freelist_count from pragma_freelist_count)`)
		if err != nil {
			return err
		}
		if room < probePages {
			return &errs.Error{Kind: errs.Full, Cause: fmt.Errorf("room for %d pages", room)}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("try to write: %w", err)
	}
	return nil
}

// Foreign is a number that changes when another process has written to an
// SQLite file; on PostgreSQL it is always 0.
func (d *DB) Foreign(ctx context.Context) (int64, error) {
	if d.Engine != SQLite || d.readOnly {
		return 0, nil
	}
	// All writes of this process go through one connection; for that one the
	// number stands for what others wrote.
	var n int64
	err := d.w.QueryRowContext(ctx, `pragma data_version`).Scan(&n)
	if err != nil {
		return 0, d.door(fmt.Errorf("data version: %w", err))
	}
	return n, nil
}

// Damaged says whether an error means that the file is broken or is no
// database at all.
func Damaged(err error) bool {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return false
	}
	code := lite.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}
