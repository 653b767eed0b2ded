package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/migrate"
	"ayni/internal/kernel/privacy"
)

// unfinished ends the name of what a move has begun and not ended. What bears
// it is worth nothing: the next move to the same place takes it away.
const unfinished = ".unfinished"

// Moved says what Move brought over.
type Moved struct {
	From, To db.Engine
	Tables   map[string]int64 // rows by table
	Rows     int64            // of all tables
	Files    int              // attached files that were copied; 0 where they stay where they are
	Missing  []string         // attached files that are named in the database and not in the folder
	Changed  []string         // attached files whose content is not what it was
	Key      string           // where a copy of the key file lies now; empty where it stays
	Started  string           // what was taken away of an earlier move that did not end
}

// MoveStep is told of each part that has been brought over: a table with its
// rows, or the attached files.
type MoveStep func(table string, rows int64)

// Move brings an installation to another place: a PostgreSQL database
// (postgres://…), which leaves attached files, log of signed heads and lock in
// the data folder, or a folder with an SQLite database. A folder that is the
// data folder itself takes the database alone. The target must be empty. The
// source is left as it is; it is locked meanwhile, so that no server writes to
// it. All is there in the end or nothing is.
func Move(ctx context.Context, o Options, to string, step MoveStep) (Moved, error) {
	o.Use, o.What = Read, "migrate"
	err := needFolder(o)
	if err != nil {
		return Moved{}, err
	}
	lock, err := TakeLock(o, o.What)
	if err != nil {
		return Moved{}, err
	}
	defer lock.Release()
	from, err := OpenDatabase(ctx, o)
	if err != nil {
		return Moved{}, err
	}
	defer from.Close()
	err = migrate.Require(ctx, from)
	if err != nil {
		return Moved{}, err
	}
	m := &moving{o: o, from: from, step: step}
	m.done.From = from.Engine
	switch {
	case db.IsURL(to):
		err = m.toPostgres(ctx, to)
	case sameFolder(o.Data, to):
		err = m.toOwnFolder(ctx)
	default:
		err = m.toFolder(ctx, to)
	}
	if err != nil {
		return Moved{}, fmt.Errorf("move: %w", err)
	}
	return m.done, nil
}

// moving is an installation on its way.
type moving struct {
	o    Options
	from *db.DB
	step MoveStep
	done Moved
}

func sameFolder(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// toPostgres fills a PostgreSQL database, in one transaction.
func (m *moving) toPostgres(ctx context.Context, address string) error {
	o := m.o
	o.Use, o.DBURL = Own, address
	to, err := OpenDatabase(ctx, o)
	if err != nil {
		return err
	}
	defer to.Close()
	m.done.To = to.Engine
	_, err = migrate.Up(ctx, to)
	if err != nil {
		return err
	}
	return m.rows(ctx, to, nil)
}

// toOwnFolder writes an SQLite database into the data folder, where files and
// log lie already.
func (m *moving) toOwnFolder(ctx context.Context) error {
	path := m.o.DatabasePath()
	_, err := os.Lstat(path)
	if err == nil {
		return errs.New(errs.Conflict, i18n.M("app.move.database",
			"There is a database {file} already. Name another folder, or move that file away.", i18n.A{"file": path}))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return disk(path, err)
	}
	fresh := path + unfinished
	left, err := filepath.Glob(fresh + "*") // with its log
	if err != nil {
		return err
	}
	for _, old := range left {
		m.done.Started = fresh
		err := os.Remove(old)
		if err != nil {
			return disk(old, err)
		}
	}
	err = m.write(ctx, fresh, nil)
	if err != nil {
		return errors.Join(err, removeDatabase(fresh))
	}
	err = os.Rename(fresh, path)
	if err != nil {
		return disk(path, err)
	}
	return syncFolder(m.o.Data)
}

func removeDatabase(path string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		err := os.Remove(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return disk(name, err)
		}
	}
	return nil
}

// toFolder makes a data folder of its own: everything is written beside it,
// and then takes its place in one step.
func (m *moving) toFolder(ctx context.Context, dir string) error {
	o := Options{Data: dir, KeyFile: m.o.KeyFile, Clock: m.o.Clock}
	lock, err := emptyFolder(o)
	if err != nil {
		return err
	}
	if lock != nil {
		defer lock.Release()
	}
	data := o.absolute()
	beside := data + unfinished
	_, err = os.Lstat(beside)
	if err == nil {
		m.done.Started = beside
		err = os.RemoveAll(beside)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return disk(beside, err)
	}
	err = os.MkdirAll(filepath.Dir(data), 0o755)
	if err != nil {
		return disk(beside, err)
	}
	err = os.Mkdir(beside, 0o700)
	if err != nil {
		return disk(beside, err)
	}
	defer os.RemoveAll(beside) // gone already when it took its place
	// First the log: what is signed later belongs to rows that come with it.
	for _, name := range []string{audit.HeadsFile, privacy.ListFile} {
		_, err = copyFile(m.o.in(name), filepath.Join(beside, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	err = m.write(ctx, filepath.Join(beside, databaseFile), func(t *db.Tx) error { return m.files(ctx, t, beside) })
	if err != nil {
		return err
	}
	err = syncFolder(beside)
	if err != nil {
		return err
	}
	err = m.key(o)
	if err != nil {
		return err
	}
	_, err = takePlace(o, beside)
	if err != nil && m.done.Key != "" {
		return errors.Join(err, os.Remove(m.done.Key))
	}
	return err
}

// emptyFolder refuses a folder that holds something; one that is there is locked.
func emptyFolder(o Options) (*Lock, error) {
	_, err := os.Stat(o.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	err = needFolder(o)
	if err != nil {
		return nil, err
	}
	full, err := holdsSomething(o.Data)
	if err != nil {
		return nil, err
	}
	if full {
		return nil, errs.New(errs.Conflict, i18n.M("app.move.full",
			"The folder {folder} is not empty. Name an empty one, or one that is not there yet.", i18n.A{"folder": o.Data}))
	}
	return TakeLock(o, "migrate")
}

// key copies the key file where it has its usual place beside the folder: what
// it sealed must open there too.
func (m *moving) key(o Options) error {
	source, target := m.o.KeyPath(), o.KeyPath()
	if source == target {
		return nil
	}
	b, err := os.ReadFile(source)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the first server makes one
	}
	if err != nil {
		return disk(source, err)
	}
	there, err := os.ReadFile(target)
	switch {
	case err == nil && bytes.Equal(b, there):
		return nil
	case err == nil:
		return errs.New(errs.Conflict, i18n.M("app.move.key",
			"There is another key file {file}. Move it away, or name the key of this installation with --key-file.", i18n.A{"file": target}))
	case !errors.Is(err, fs.ErrNotExist):
		return disk(target, err)
	}
	_, err = copyFile(source, target)
	if err != nil {
		return err
	}
	m.done.Key = target
	return syncFolder(filepath.Dir(target))
}

// copyFile writes a new file with the content of another, for its owner alone,
// and returns the SHA-256 of what it wrote.
func copyFile(source, target string) (sum string, err error) {
	from, err := os.Open(source)
	if err != nil {
		return "", err
	}
	defer from.Close()
	return writeFile(from, target)
}

func writeFile(from io.Reader, target string) (sum string, err error) {
	to, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", disk(target, err)
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(to, hash), from)
	if err == nil {
		err = to.Sync()
	}
	err = errors.Join(err, to.Close())
	if err != nil {
		return "", errors.Join(disk(target, err), os.Remove(target))
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// write makes a new SQLite database with all rows. more runs at the end with
// the source's transaction, before the rows are committed.
func (m *moving) write(ctx context.Context, path string, more func(from *db.Tx) error) error {
	to, err := db.Open(ctx, db.Options{Path: path, Clock: m.o.Clock, Log: m.o.Log})
	if err != nil {
		return disk(path, err)
	}
	m.done.To = to.Engine
	_, err = migrate.Up(ctx, to)
	if err == nil {
		err = m.rows(ctx, to, more)
	}
	if err == nil {
		// Rows of PostgreSQL that no server had chained yet: SQLite knows none such.
		_, err = audit.Seal(ctx, to)
	}
	return errors.Join(err, to.Close())
}

// rows copies all tables: read from one snapshot, written in one transaction.
func (m *moving) rows(ctx context.Context, to *db.DB, more func(from *db.Tx) error) error {
	return m.from.Read(ctx, func(from *db.Tx) error {
		return to.Write(ctx, func(into *db.Tx) error {
			m.done.Tables, m.done.Rows = map[string]int64{}, 0
			tables, err := ownTables(into)
			if err != nil {
				return err
			}
			err = mustBeEmpty(into, tables)
			if err != nil {
				return err
			}
			for _, table := range tables {
				n, err := copyTable(from, into, table)
				if err != nil {
					return err
				}
				m.done.Tables[table], m.done.Rows = n, m.done.Rows+n
				m.step(table, n)
			}
			if more == nil {
				return nil
			}
			return more(from)
		})
	})
}

// ownTables are the tables of this program, each after those that its rows
// point at.
func ownTables(t *db.Tx) ([]string, error) {
	tables, err := db.Order(t)
	if err != nil {
		return nil, err
	}
	ours := migrate.Tables()
	var out []string
	for _, table := range tables {
		if _, known := ours[table]; known {
			out = append(out, table)
		}
	}
	return out, nil
}

// mustBeEmpty refuses a database that holds rows.
func mustBeEmpty(t *db.Tx, tables []string) error {
	for _, table := range tables {
		n, err := db.Count(t, table)
		if err != nil {
			return err
		}
		if n > 0 {
			return errs.New(errs.Conflict, i18n.M("app.database.filled", "The PostgreSQL database is not empty: the table {table} holds rows. Name an empty one.", i18n.A{"table": table}))
		}
	}
	return nil
}

// copyTable copies the rows of a table in the order of their keys, some
// hundreds a statement, and compares what arrived with what left.
func copyTable(from, into *db.Tx, table string) (int64, error) {
	r, w := io.Pipe()
	left, ended := sha256.New(), make(chan error, 1)
	go func() {
		_, err := db.Dump(from, table, io.MultiWriter(w, left))
		w.CloseWithError(err)
		ended <- err
	}()
	n, err := db.Load(into, table, r)
	r.CloseWithError(errors.New("the rows found no place")) // the reader of the source ends too
	err = errors.Join(err, <-ended)
	if err != nil {
		return n, err
	}
	arrived := sha256.New()
	_, err = db.Dump(into, table, arrived)
	if err == nil && !bytes.Equal(left.Sum(nil), arrived.Sum(nil)) {
		err = fmt.Errorf("the rows of %s did not arrive as they were", table)
	}
	return n, err
}

// files copies the attached files into a new data folder and compares each
// with its hash. One that is missing or changed is said, and stops no other.
func (m *moving) files(ctx context.Context, from *db.Tx, dir string) error {
	attached, err := files.All(from)
	if err != nil || len(attached) == 0 {
		return err
	}
	store, err := files.Open(m.o.in(filesFolder))
	if err != nil {
		return err
	}
	defer store.Close()
	folders := map[string]bool{filepath.Join(dir, filesFolder): true}
	for _, s := range attached {
		err := ctx.Err()
		if err != nil {
			return err
		}
		f, err := store.Open(s.Hash)
		if errs.Is(err, errs.NotFound) {
			m.done.Missing = append(m.done.Missing, s.Hash)
			continue
		}
		if err != nil {
			return err
		}
		folder := filepath.Join(dir, filesFolder, s.Hash[:2])
		folders[folder] = true
		sum, err := place(f, folder, s.Hash)
		f.Close()
		if err != nil {
			return err
		}
		m.done.Files++
		if sum != s.Hash {
			m.done.Changed = append(m.done.Changed, s.Hash)
		}
	}
	m.step("", int64(m.done.Files))
	for folder := range folders {
		err := syncFolder(folder)
		if err != nil {
			return err
		}
	}
	return nil
}

func place(from io.Reader, folder, name string) (sum string, err error) {
	err = os.MkdirAll(folder, 0o700)
	if err != nil {
		return "", disk(folder, err)
	}
	return writeFile(from, filepath.Join(folder, name))
}

// Target is a target of Move as it may be shown: without a password.
func Target(to string) string {
	if db.IsURL(to) {
		return db.Shown(to)
	}
	return strings.TrimRight(to, string(filepath.Separator))
}
