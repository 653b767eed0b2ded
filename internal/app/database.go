package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/migrate"
)

// keptCopies is how many copies made before migrations stay beside the database.
const keptCopies = 3

// OpenDatabase opens the database of an installation as it is: it neither
// migrates it nor asks for its schema. An SQLite file is made only by Own.
func OpenDatabase(ctx context.Context, o Options) (*db.DB, error) {
	do := db.Options{URL: o.DBURL, Clock: o.Clock, ReadOnly: o.Use == Read, Uniques: migrate.Uniques(), Log: o.Log}
	if o.DBURL == "" {
		do.Path = o.DatabasePath()
		if o.Use != Own {
			err := needDatabase(o)
			if err != nil {
				return nil, err
			}
		}
	}
	d, err := db.Open(ctx, do)
	if err != nil {
		return nil, opening(o, err)
	}
	about, err := d.About(ctx)
	if err == nil {
		err = fits(about)
	}
	if err != nil {
		return nil, errors.Join(opening(o, err), d.Close())
	}
	return d, nil
}

func needDatabase(o Options) error {
	err := needFolder(o)
	if err != nil {
		return err
	}
	_, err = os.Stat(o.DatabasePath())
	if errors.Is(err, fs.ErrNotExist) {
		return &errs.Error{Kind: errs.NotFound, Cause: err, Msg: i18n.M("app.database.none",
			"There is no database in the folder {folder}. Name the folder with --data, the PostgreSQL database with --db, or make a new installation: ayni serve",
			i18n.A{"folder": o.Data})}
	}
	if err != nil {
		return disk(o.DatabasePath(), err)
	}
	return nil
}

// Damaged says what to do where an error means that the SQLite file is broken;
// any other error comes back as it is.
func Damaged(o Options, err error) error {
	if !db.Damaged(err) || errs.As(err) != nil {
		return err
	}
	return &errs.Error{Kind: errs.Invalid, Cause: err, Msg: i18n.M("app.database.damaged",
		"The database {file} is damaged, or is no database of this program. Keep the file, and put the last backup in its place: ayni restore BACKUP --replace",
		i18n.A{"file": o.DatabasePath()})}
}

// opening says why a database could not be opened.
func opening(o Options, err error) error {
	switch {
	case db.Damaged(err):
		return Damaged(o, err)
	case errs.As(err) != nil && o.DBURL == "":
		return err
	case o.DBURL != "" && errs.Is(err, errs.Busy):
		return &errs.Error{Kind: errs.Busy, Cause: err, Msg: i18n.M("app.database.unreached",
			"The PostgreSQL server does not answer, or refuses this program. Check the address in --db, the user, and that the server runs.")}
	case o.DBURL == "":
		return disk(o.DatabasePath(), err)
	}
	return err
}

// fits refuses an engine that this program's SQL can't rely on.
func fits(a db.About) error {
	switch {
	case a.Old() && a.Engine == db.SQLite:
		return errs.New(errs.Invalid, i18n.M("app.database.oldlite", "The SQLite in this program is version {version}, which can damage a database; 3.51.3 or later is needed. Install another build.", i18n.A{"version": a.Version}))
	case a.Old():
		return errs.New(errs.Invalid, i18n.M("app.database.old", "This PostgreSQL is version {version}; version 15 or later is needed.", i18n.A{"version": a.Version}))
	case !a.Unicode():
		return errs.New(errs.Invalid, i18n.M("app.database.encoding",
			"The database keeps text as {encoding}; it has to be UTF8. Make one with: create database ayni encoding 'UTF8' locale 'C.UTF-8' template template0",
			i18n.A{"encoding": a.Encoding}))
	}
	return nil
}

// Migrated says what Migrate did.
type Migrated struct {
	Steps []string // names of the steps that were made; empty when all were there
	Copy  string   // the copy of an SQLite file made before, if there was one to copy
}

// Migrate brings a database to the schema of this program. An SQLite database
// that holds something is copied beside itself first; the last copies stay.
func Migrate(ctx context.Context, o Options, d *db.DB) (Migrated, error) {
	var m Migrated
	done, pending, err := migrate.State(ctx, d)
	if err != nil || len(pending) == 0 {
		return m, err
	}
	if d.Engine == db.SQLite && len(done) > 0 {
		m.Copy, err = copyBefore(ctx, o, d, pending[0].Number)
		if err != nil {
			return m, fmt.Errorf("copy the database before a migration: %w", err)
		}
	}
	m.Steps, err = migrate.Up(ctx, d)
	return m, err
}

// copyBefore writes ayni.db.before-NNNN, where NNNN is the step that follows.
func copyBefore(ctx context.Context, o Options, d *db.DB, step int) (string, error) {
	name := fmt.Sprintf("%s.before-%04d", o.DatabasePath(), step)
	fresh := name + ".new"
	err := os.Remove(fresh) // of a start that was killed while it copied
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", disk(fresh, err)
	}
	err = d.Snapshot(ctx, fresh)
	if err != nil {
		return "", err
	}
	err = os.Rename(fresh, name)
	if err != nil {
		return "", disk(name, err)
	}
	err = syncFolder(o.Data)
	if err != nil {
		return "", err
	}
	copies, err := filepath.Glob(o.DatabasePath() + ".before-[0-9][0-9][0-9][0-9]")
	if err != nil {
		return "", err
	}
	slices.Sort(copies)
	for _, old := range copies[:max(0, len(copies)-keptCopies)] {
		err := os.Remove(old)
		if err != nil {
			return "", disk(old, err)
		}
	}
	return name, nil
}

// BringUp is the command that migrates: it makes the folder and the database
// where they are missing, holds the lock, and brings the schema up to date.
func BringUp(ctx context.Context, o Options) (Migrated, error) {
	o.Use = Own
	err := makeFolder(o)
	if err != nil {
		return Migrated{}, err
	}
	lock, err := TakeLock(o, o.What)
	if err != nil {
		return Migrated{}, err
	}
	defer lock.Release()
	d, err := OpenDatabase(ctx, o)
	if err != nil {
		return Migrated{}, err
	}
	m, err := Migrate(ctx, o, d)
	return m, errors.Join(err, d.Close())
}

// VerifyAudit walks the chain of the audit and compares it with the log of
// signed heads, the data folder's unless another is named.
func VerifyAudit(ctx context.Context, o Options, heads string) (audit.Report, error) {
	o.Use = Read
	if heads == "" {
		heads = o.HeadsPath()
	} else {
		_, err := os.Stat(heads)
		if err != nil {
			return audit.Report{}, noLog(heads, err)
		}
	}
	d, err := OpenDatabase(ctx, o)
	if err != nil {
		return audit.Report{}, err
	}
	defer d.Close()
	// An older database is no hindrance: the audit was its first step.
	_, _, err = migrate.State(ctx, d)
	if err != nil {
		return audit.Report{}, err
	}
	return audit.Verify(ctx, d, heads)
}

func noLog(file string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &errs.Error{Kind: errs.NotFound, Cause: err, Msg: i18n.M("app.heads.none", "There is no log of signed heads {file}.", i18n.A{"file": file})}
	}
	return disk(file, err)
}
