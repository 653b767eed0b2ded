package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/keyfile"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/migrate"
	"ayni/internal/kernel/privacy"
)

// Restored says what was put back.
type Restored struct {
	Engine db.Engine
	Schema int    // after the steps that this program added
	Files  int    // attached files
	Moved  string // where what was in the folder before lies now; empty when there was nothing
	Erased int    // persons erased again, whom the backup still had
	Alone  bool   // no other list of erasures than the backup's own was there
}

// Restore puts a backup in the place of a data folder (and into an empty
// PostgreSQL database where one is named). Everything is unpacked and compared
// with its hashes beside the folder first; then the folders change places, in
// one step. What was there before is moved aside, and only when replace says
// that it may be. Erasures that were made since the backup, which the folder's
// list knows, or the one that o.Erasures names, are carried out again.
func Restore(ctx context.Context, o Options, file string, replace bool) (Restored, error) {
	o.Use, o.What = Own, "restore"
	a, err := openArchive(file)
	if err != nil {
		return Restored{}, err
	}
	defer a.zip.Close()
	err = a.suits(o)
	if err != nil {
		return Restored{}, err
	}
	lock, err := readyTarget(o, replace)
	if err != nil {
		return Restored{}, err
	}
	if lock != nil {
		defer lock.Release()
	}
	r := &restoring{o: o, archive: a, file: file}
	err = r.run(ctx)
	if err != nil {
		return Restored{}, fmt.Errorf("restore %s: %w", file, err)
	}
	return r.done, nil
}

// suits refuses a backup that this program or this target can't take.
func (a *archive) suits(o Options) error {
	known := len(migrate.All())
	switch {
	case a.Engine == db.SQLite && o.DBURL != "":
		return errs.New(errs.Invalid, i18n.M("app.restore.sqlite", "This backup holds an SQLite database, which lies in the data folder. Leave --db out."))
	case a.Engine == db.Postgres && o.DBURL == "":
		return errs.New(errs.Invalid, i18n.M("app.restore.postgres", "This backup holds a PostgreSQL database. Name an empty one with --db postgres://…"))
	case a.Engine != db.SQLite && a.Engine != db.Postgres:
		return errs.New(errs.Invalid, i18n.M("app.restore.engine", "This backup holds a database of a kind that this program does not know."))
	case a.Schema > known:
		return errs.New(errs.Conflict, i18n.M("app.restore.newer",
			"This backup was made by a newer version (schema {have}, this program knows {know}). Install that version to restore it.", i18n.A{"have": a.Schema, "know": known}))
	}
	return nil
}

// readyTarget looks at the folder that is to be replaced and takes its lock.
func readyTarget(o Options, replace bool) (*Lock, error) {
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
	if full && !replace {
		return nil, errs.New(errs.Conflict, i18n.M("app.restore.full",
			"The folder {folder} is not empty. Name an empty or a new one with --data, or give --replace: what is there now is moved aside.", i18n.A{"folder": o.Data}))
	}
	return TakeLock(o, o.What)
}

// holdsSomething says whether a folder holds anything but the lock.
func holdsSomething(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, disk(dir, err)
	}
	for _, e := range entries {
		if e.Name() != lockFile {
			return true, nil
		}
	}
	return false, nil
}

// restoring is a backup being put back.
type restoring struct {
	o       Options
	archive *archive
	file    string
	beside  string // the folder that everything is unpacked into
	done    Restored
}

func (r *restoring) run(ctx context.Context) error {
	data := r.o.absolute()
	parent := filepath.Dir(data)
	err := os.MkdirAll(parent, 0o755)
	if err != nil {
		return disk(parent, err)
	}
	r.beside, err = os.MkdirTemp(parent, filepath.Base(data)+".restore-*") // mode 0700
	if err != nil {
		return disk(parent, err)
	}
	defer os.RemoveAll(r.beside) // gone already when it took its place
	err = r.unpack(ctx)
	if err != nil {
		return err
	}
	err = r.joinErasures()
	if err != nil {
		return err
	}
	r.done.Engine = r.archive.Engine
	if r.archive.Engine == db.Postgres {
		return r.intoPostgres(ctx)
	}
	err = r.bringUp(ctx)
	if err != nil {
		return err
	}
	return r.swap()
}

// unpack writes every entry beside the data folder and compares it with its
// hash.
func (r *restoring) unpack(ctx context.Context) error {
	folders := map[string]bool{r.beside: true}
	for _, p := range r.archive.Files {
		err := ctx.Err()
		if err != nil {
			return err
		}
		path := filepath.Join(r.beside, filepath.FromSlash(p.Path))
		dir := filepath.Dir(path)
		if !folders[dir] {
			err := os.MkdirAll(dir, 0o700)
			if err != nil {
				return disk(dir, err)
			}
			folders[dir], folders[filepath.Dir(dir)] = true, true
		}
		err = r.unpackOne(p, path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(p.Path, filesFolder+"/") {
			r.done.Files++
		}
	}
	for dir := range folders {
		err := syncFolder(dir)
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *restoring) unpackOne(p Packed, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return disk(path, err)
	}
	defer f.Close()
	err = r.archive.copyOut(p, f)
	var wrong *wrongContent
	switch {
	case errors.As(err, &wrong):
		return badBackup(r.file, err)
	case err != nil:
		if refused := disk(path, err); errs.As(refused) != nil {
			return refused
		}
		return badBackup(r.file, err) // what can't be unpacked is damaged too
	}
	err = f.Sync()
	if err != nil {
		return disk(path, err)
	}
	return nil
}

// bringUp looks through the unpacked SQLite database and brings it to the
// schema of this program.
func (r *restoring) bringUp(ctx context.Context) error {
	o := r.o
	o.Data = r.beside
	_, err := os.Stat(o.DatabasePath())
	if err != nil {
		return badBackup(r.file, errors.New("it has no database"))
	}
	d, err := OpenDatabase(ctx, o)
	if err != nil {
		return err
	}
	err = r.sound(ctx, d)
	return errors.Join(err, d.Close())
}

func (r *restoring) sound(ctx context.Context, d *db.DB) error {
	faults, err := d.Integrity(ctx, true)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return badBackup(r.file, errors.New("its database is damaged: "+faults[0].Text))
	}
	_, err = migrate.Up(ctx, d)
	if err != nil {
		return err
	}
	r.done.Schema = len(migrate.All())
	err = d.Write(ctx, quieten)
	if err != nil {
		return err
	}
	return r.eraseAgain(ctx, d, r.beside)
}

// joinErasures puts the list of the folder that is replaced, and another that
// was named, to the backup's own.
func (r *restoring) joinErasures() error {
	var lists []string
	if r.o.Erasures != "" {
		_, err := os.Stat(r.o.Erasures)
		if err != nil {
			return disk(r.o.Erasures, err)
		}
		lists = append(lists, r.o.Erasures)
	}
	old := r.o.ErasuresPath()
	_, err := os.Stat(old)
	if err == nil {
		lists = append(lists, old)
	}
	r.done.Alone = len(lists) == 0
	if r.done.Alone {
		err := os.WriteFile(filepath.Join(r.beside, aloneStamp), nil, 0o600)
		if err != nil {
			return disk(r.beside, err)
		}
	}
	return privacy.JoinLists(filepath.Join(r.beside, privacy.ListFile), lists...)
}

// eraseAgain carries the erasures out on what was restored; dir is the folder
// that holds their list.
func (r *restoring) eraseAgain(ctx context.Context, d *db.DB, dir string) error {
	o := r.o
	o.KeyFile, o.Data = o.KeyPath(), dir
	a := &App{Options: o, DB: d}
	var err error
	a.Key, err = keyfile.Read(o.KeyFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return disk(o.KeyFile, err)
	}
	a.wire()
	err = a.Ref.Reload(ctx)
	if err != nil {
		return err
	}
	r.done.Erased, err = a.catchUp(ctx)
	return err
}

// intoPostgres fills an empty database. The folder takes its place just
// before the rows are committed, so that both hold or neither does.
func (r *restoring) intoPostgres(ctx context.Context) error {
	d, err := OpenDatabase(ctx, r.o)
	if err != nil {
		return err
	}
	defer d.Close()
	// The tables as the backup has them: empty ones are no harm.
	err = migrate.UpTo(ctx, d, r.archive.Schema)
	if err != nil {
		return err
	}
	r.done.Schema = len(migrate.All())
	swapped := false
	err = d.Together(ctx, func(ctx context.Context) error {
		if swapped {
			return errors.New("the commit failed after the folders had changed places")
		}
		err := d.Write(ctx, r.fill)
		if err != nil {
			return err
		}
		_, err = migrate.Up(ctx, d)
		if err != nil {
			return err
		}
		err = d.Write(ctx, quieten)
		if err != nil {
			return err
		}
		err = os.RemoveAll(filepath.Join(r.beside, "tables"))
		if err != nil {
			return disk(r.beside, err)
		}
		swapped = true
		return r.swap()
	})
	if err != nil && swapped {
		return errors.Join(err, r.swapBack())
	}
	if err != nil {
		return err
	}
	// Whatever ends the program here: a server does it before it answers.
	return r.eraseAgain(ctx, d, r.o.Data)
}

func (r *restoring) fill(t *db.Tx) error {
	tables, err := ownTables(t)
	if err != nil {
		return err
	}
	err = migrate.Exactly(t, r.archive.Schema)
	if err != nil {
		return err
	}
	err = mustBeEmpty(t, tables)
	if err != nil {
		return err
	}
	for _, table := range tables {
		err := r.load(t, table)
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *restoring) load(t *db.Tx, table string) error {
	f, err := os.Open(filepath.Join(r.beside, filepath.FromSlash(tableFile(table))))
	if errors.Is(err, fs.ErrNotExist) {
		return badBackup(r.file, fmt.Errorf("it lacks the table %s", table))
	}
	if err != nil {
		return disk(r.beside, err)
	}
	defer f.Close()
	_, err = db.Load(t, table, f)
	return err
}

// swap gives the unpacked folder the name of the data folder.
func (r *restoring) swap() error {
	var err error
	r.done.Moved, err = takePlace(r.o, r.beside)
	return err
}

// takePlace gives a folder that was filled beside the data folder its name,
// and returns where what was there before lies now.
func takePlace(o Options, beside string) (moved string, err error) {
	data := o.absolute()
	_, err = os.Lstat(data)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Rename(beside, data)
		if err != nil {
			return "", disk(data, err)
		}
		return "", syncFolder(filepath.Dir(data))
	}
	full, err := holdsSomething(data)
	if err != nil {
		return "", err
	}
	err = exchange(beside, data)
	if err != nil {
		return "", cannotSwap(data, err)
	}
	// What was there now has the name of the filled folder, which goes when
	// nothing is in it.
	if full {
		moved, err = aside(o, data)
		if err == nil {
			err = os.Rename(beside, moved)
		}
		if err != nil {
			return "", errors.Join(disk(data, err), exchange(beside, data))
		}
	}
	return moved, syncFolder(filepath.Dir(data))
}

// swapBack undoes swap.
func (r *restoring) swapBack() error {
	data := r.o.absolute()
	if r.done.Moved != "" {
		return errors.Join(exchange(r.done.Moved, data), os.RemoveAll(r.done.Moved))
	}
	_, err := os.Lstat(r.beside)
	if errors.Is(err, fs.ErrNotExist) {
		return os.Rename(data, r.beside)
	}
	return errors.Join(exchange(r.beside, data), err)
}

// aside is a free name for what is moved out of the way.
func aside(o Options, data string) (string, error) {
	c := o.Clock
	if c == nil {
		c = &clock.Clock{}
	}
	base := data + ".old-" + c.Now().Time().Format("20060102-150405")
	name := base
	for n := 2; ; n++ {
		_, err := os.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		name = fmt.Sprintf("%s-%d", base, n)
	}
}

func cannotSwap(data string, err error) error {
	return &errs.Error{Kind: errs.Invalid, Cause: err, Msg: i18n.M("app.restore.mount",
		"{folder} can’t change its place with the restored folder; it may be a mounted disk. Nothing was changed. Name a folder inside it with --data.", i18n.A{"folder": data})}
}

// exchangeSlowly lets two folders change their names in three steps.
func exchangeSlowly(a, b string) error {
	third := b + ".aside"
	err := os.Rename(b, third)
	if err != nil {
		return err
	}
	err = os.Rename(a, b)
	if err != nil {
		return errors.Join(err, os.Rename(third, b))
	}
	return os.Rename(third, a)
}

// quieten ends in restored data what went on since the backup was made: who
// was signed out or lost a right stays out, and no message goes twice.
func quieten(t *db.Tx) error {
	err := access.EndAll(t)
	if err != nil {
		return err
	}
	return mail.Quarantine(t)
}
