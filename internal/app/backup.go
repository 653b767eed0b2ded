package app

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/migrate"
	"ayni/internal/kernel/privacy"
)

// Backed says what a backup holds.
type Backed struct {
	Engine  db.Engine
	Schema  int
	Files   int      // attached files
	Size    int64    // of the backup, bytes
	Missing []string // attached files that are named in the database and not in the folder
	Changed []string // attached files whose content is not what it was
}

// Backup writes a backup of an installation into a file, beside a running
// server. The file appears whole or not at all, and never over another unless
// force says so. A schema behind this program's is no hindrance.
func Backup(ctx context.Context, o Options, file string, force bool) (Backed, error) {
	o.Use = Read
	info, err := os.Lstat(file)
	if err == nil && info.IsDir() {
		return Backed{}, errs.New(errs.Invalid, i18n.M("app.backup.folder", "{file} is a folder. Name a file in it.", i18n.A{"file": file}))
	}
	if err == nil && !force {
		return Backed{}, errs.New(errs.Conflict, i18n.M("app.backup.exists", "{file} is there already. Name another file, or give --force to write over it.", i18n.A{"file": file}))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Backed{}, disk(file, err)
	}
	d, err := OpenDatabase(ctx, o)
	if err != nil {
		return Backed{}, err
	}
	defer d.Close()
	b := &backing{o: o, d: d, dir: filepath.Dir(file)}
	err = b.write(ctx, file)
	if err != nil {
		return Backed{}, fmt.Errorf("back up: %w", err)
	}
	noteBackup(o, d.Clock.Now())
	return b.done, nil
}

// backing is a backup being written.
type backing struct {
	o        Options
	d        *db.DB
	dir      string // of the backup, for what is written meanwhile
	zip      *zip.Writer
	now      time.Time
	manifest Manifest
	done     Backed
}

func (b *backing) write(ctx context.Context, file string) error {
	out, err := os.CreateTemp(b.dir, ".ayni-backup-*") // mode 0600
	if err != nil {
		return disk(b.dir, err)
	}
	defer os.Remove(out.Name()) // fails once it has its own name
	defer out.Close()
	b.zip = zip.NewWriter(out)
	b.now = b.d.Clock.Now().Time()
	err = b.fill(ctx)
	if err == nil {
		err = b.zip.Close()
	}
	if err == nil {
		err = out.Sync()
	}
	if err != nil {
		return disk(file, err)
	}
	info, err := out.Stat()
	if err != nil {
		return disk(file, err)
	}
	b.done.Size = info.Size()
	err = os.Rename(out.Name(), file)
	if err != nil {
		return disk(file, err)
	}
	return syncFolder(b.dir)
}

func (b *backing) fill(ctx context.Context) error {
	done, _, err := migrate.State(ctx, b.d)
	if err != nil {
		return err
	}
	b.manifest = Manifest{Format: backupFormat, Engine: b.d.Engine, Schema: len(done), Program: b.o.Version, Created: b.now.Format(time.RFC3339), Files: []Packed{}}
	b.done.Engine, b.done.Schema = b.d.Engine, len(done)
	// First the log of signed heads: what is signed later than this belongs to
	// rows that the copy of the database may not have.
	err = b.addPath(audit.HeadsFile, b.o.HeadsPath(), zip.Deflate)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var attached []files.Stored
	err = b.addPath(privacy.ListFile, b.o.ErasuresPath(), zip.Deflate)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if b.d.Engine == db.SQLite {
		attached, err = b.addSnapshot(ctx)
	} else {
		attached, err = b.addTables(ctx)
	}
	if err != nil {
		return err
	}
	// Last the files: each that the copy names was there before it was named.
	err = b.addFiles(ctx, attached)
	if err != nil {
		return err
	}
	w, err := b.entry(manifestName, zip.Deflate)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(b.manifest)
}

func (b *backing) entry(name string, method uint16) (io.Writer, error) {
	h := &zip.FileHeader{Name: name, Method: method, Modified: b.now}
	h.SetMode(0o600)
	return b.zip.CreateHeader(h)
}

// add packs what r gives and notes its hash.
func (b *backing) add(name string, method uint16, fill func(w io.Writer) error) (Packed, error) {
	w, err := b.entry(name, method)
	if err != nil {
		return Packed{}, err
	}
	c := &counted{w: w}
	sum := sha256.New()
	err = fill(io.MultiWriter(c, sum))
	if err != nil {
		return Packed{}, fmt.Errorf("%s: %w", name, err)
	}
	p := Packed{Path: name, SHA256: hex.EncodeToString(sum.Sum(nil)), Size: c.n}
	b.manifest.Files = append(b.manifest.Files, p)
	return p, nil
}

type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// addPath packs a file as it is now; what is appended later is left out.
func (b *backing) addPath(name, path string, method uint16) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = b.add(name, method, func(w io.Writer) error {
		_, err := io.Copy(w, io.LimitReader(f, info.Size()))
		return err
	})
	return err
}

// addSnapshot packs a copy of the SQLite database as it is at one instant.
func (b *backing) addSnapshot(ctx context.Context) ([]files.Stored, error) {
	dir, err := os.MkdirTemp(b.dir, ".ayni-copy-*") // mode 0700
	if err != nil {
		return nil, disk(b.dir, err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, databaseFile)
	err = b.d.Snapshot(ctx, path)
	if err != nil {
		return nil, err
	}
	err = b.addPath(databaseFile, path, zip.Deflate)
	if err != nil {
		return nil, err
	}
	copied, err := db.Open(ctx, db.Options{Path: path, ReadOnly: true, Clock: b.o.Clock})
	if err != nil {
		return nil, err
	}
	defer copied.Close()
	return attachedFiles(ctx, copied, nil)
}

// addTables packs the rows of every table, all of one instant.
func (b *backing) addTables(ctx context.Context) (attached []files.Stored, err error) {
	err = b.d.Read(ctx, func(t *db.Tx) error {
		tables, err := db.Tables(t)
		if err != nil {
			return err
		}
		ours := migrate.Tables()
		for _, table := range tables {
			if _, known := ours[table]; !known {
				continue // the list of migrations, and what others keep here
			}
			_, err := b.add(tableFile(table), zip.Deflate, func(w io.Writer) error {
				_, err := db.Dump(t, table, w)
				return err
			})
			if err != nil {
				return err
			}
		}
		attached, err = attachedFiles(ctx, b.d, t)
		return err
	})
	return attached, err
}

func tableFile(table string) string { return "tables/" + table + ".jsonl" }

// attachedFiles lists the files that records point at, in a transaction of
// the caller or in one of its own.
func attachedFiles(ctx context.Context, d *db.DB, t *db.Tx) (out []files.Stored, err error) {
	if t != nil {
		return files.All(t)
	}
	err = d.Read(ctx, func(t *db.Tx) error {
		out, err = files.All(t)
		return err
	})
	return out, err
}

// addFiles packs the attached files. One that is missing or changed is said
// and does not stop the backup of all others.
func (b *backing) addFiles(ctx context.Context, attached []files.Stored) error {
	if len(attached) == 0 {
		return nil
	}
	store, err := files.Open(b.o.in(filesFolder))
	if err != nil {
		return err
	}
	defer store.Close()
	for _, s := range attached {
		err := ctx.Err()
		if err != nil {
			return err
		}
		f, err := store.Open(s.Hash)
		if errs.Is(err, errs.NotFound) {
			b.done.Missing = append(b.done.Missing, s.Hash)
			continue
		}
		if err != nil {
			return err
		}
		p, err := b.add(strings.Join([]string{filesFolder, s.Hash[:2], s.Hash}, "/"), zip.Store, func(w io.Writer) error {
			_, err := io.Copy(w, f)
			return err
		})
		f.Close()
		if err != nil {
			return err
		}
		b.done.Files++
		if p.SHA256 != s.Hash {
			b.done.Changed = append(b.done.Changed, s.Hash)
		}
	}
	return nil
}

// noteBackup writes when a backup ended, for the page of the system's state.
// A folder that can't be written to has none.
func noteBackup(o Options, now clock.Ms) {
	path := o.in(backupStamp)
	err := os.WriteFile(path, []byte(now.Time().Format(time.RFC3339)+"\n"), 0o600)
	if err != nil && o.Log != nil {
		o.Log.Debug("note the backup", "error", err)
	}
}

// LastBackup is when the last backup made here ended; 0 where none is known.
func LastBackup(o Options) clock.Ms {
	b, err := os.ReadFile(o.in(backupStamp))
	if err != nil {
		return 0
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return clock.Of(at)
}

func (a *App) lastBackup(context.Context) (clock.Ms, error) { return LastBackup(a.Options), nil }
