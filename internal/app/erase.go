package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/jobs"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/personal"
	"ayni/internal/kernel/privacy"
	"ayni/internal/kernel/web"
)

// personalData is the map of personal data of the whole house.
func personalData() personal.Map {
	return slices.Concat(audit.Personal(), access.Personal(), web.Personal(), jobs.Personal(), mail.Personal(), digest.Personal(), privacy.Personal(),
		refdata.Personal(), directory.Personal(), partnership.Personal())
}

// ErasuresPath is where the list of erasures lies.
func (o Options) ErasuresPath() string { return o.in(privacy.ListFile) }

// PlanErasure says what erasing a person would do and reach.
func (a *App) PlanErasure(ctx context.Context, by access.Actor, l *i18n.L, who string) (privacy.Plan, error) {
	p, err := a.Privacy.Plan(ctx, by, l, who)
	if err != nil {
		return p, err
	}
	copies, err := a.copies()
	if err != nil {
		return p, err
	}
	p.Copies, p.Beside = append(p.Copies, copies...), append(p.Beside, a.beside()...)
	return p, nil
}

// Erase erases a person from the installation: from the database, then from
// what its files still hold of it.
func (a *App) Erase(ctx context.Context, by access.Actor, who string) (privacy.Done, error) {
	err := needFolder(a.Options) // the list of erasures lies there
	if err != nil {
		return privacy.Done{}, err
	}
	done, err := a.Privacy.Erase(ctx, by, who)
	if err != nil {
		return done, err
	}
	err = a.eraseCopies(ctx, &done)
	if err != nil {
		return done, fmt.Errorf("erase person %s from copies: %w", done.Person, err)
	}
	err = a.scrub(ctx, &done)
	if err != nil {
		return done, fmt.Errorf("clear the files of person %s: %w", done.Person, err)
	}
	done.Beside = append(done.Beside, a.beside()...)
	return done, nil
}

// catchUp carries out the erasures that the list knows and the database does
// not: a backup was put back. It returns how many.
func (a *App) catchUp(ctx context.Context) (int, error) {
	again, err := a.Privacy.CatchUp(ctx)
	if err != nil {
		return 0, err
	}
	for i := range again {
		err := a.eraseCopies(ctx, &again[i])
		if err != nil {
			return 0, err
		}
		err = a.scrub(ctx, &again[i])
		if err != nil {
			return 0, err
		}
	}
	return len(again), nil
}

// copies are the copies of the database that upgrades left beside it.
func (a *App) copies() ([]string, error) {
	if a.DB.Engine != db.SQLite {
		return nil, nil
	}
	return filepath.Glob(a.Options.DatabasePath() + ".before-[0-9][0-9][0-9][0-9]")
}

// beside are folders next to the data folder that an earlier restore moved
// aside. Nothing here reaches into them.
func (a *App) beside() []string {
	found, err := filepath.Glob(a.Options.absolute() + ".old-*")
	if err != nil {
		return nil
	}
	return found
}

func (a *App) eraseCopies(ctx context.Context, done *privacy.Done) error {
	copies, err := a.copies()
	if err != nil {
		return err
	}
	for _, path := range copies {
		err := a.eraseCopy(ctx, path, *done)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		done.Copies = append(done.Copies, path)
	}
	return nil
}

func (a *App) eraseCopy(ctx context.Context, path string, done privacy.Done) error {
	d, err := db.Open(ctx, db.Options{Path: path, Clock: a.DB.Clock, Log: a.Options.Log})
	if err != nil {
		return err
	}
	err = a.Privacy.EraseCopy(ctx, d, done)
	if err == nil {
		err = errors.Join(d.Vacuum(ctx), d.Checkpoint(ctx))
	}
	return errors.Join(err, d.Close())
}

// patience is how often a reader that still needs the database's log is waited
// for; each time takes up to the database's own waiting.
const patience = 5

// scrub empties the log of an SQLite database and writes its file anew where
// it still holds what was erased, then says which files hold it all the same.
func (a *App) scrub(ctx context.Context, done *privacy.Done) error {
	traces := done.Traces()
	if len(traces) == 0 {
		return nil
	}
	err := a.settle(ctx)
	if err != nil {
		return err
	}
	if a.DB.Engine == db.SQLite {
		holds, err := fileHolds(a.Options.DatabasePath(), traces)
		if err != nil {
			return err
		}
		if holds {
			err = a.DB.Vacuum(ctx)
			if err != nil {
				return err
			}
			err = a.settle(ctx)
			if err != nil {
				return err
			}
		}
	}
	left, err := filesHolding(ctx, a.Options.Data, traces)
	done.Left = append(done.Left, left...)
	return err
}

// settle empties the log of an SQLite database. A reader that needs it for
// long does not fail the erasure: the log is then named among what is left.
func (a *App) settle(ctx context.Context) error {
	for range patience {
		err := a.DB.Checkpoint(ctx)
		if !errs.Is(err, errs.Busy) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil
}

// filesHolding are the files of a folder, by name, that hold one of the traces.
func filesHolding(ctx context.Context, dir string, traces []string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone in the meantime
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !entry.Type().IsRegular() || strings.HasSuffix(path, "-shm") {
			return nil
		}
		holds, err := fileHolds(path, traces)
		if holds {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		return nil, disk(dir, err)
	}
	return out, nil
}

// fileHolds says whether a file holds one of the texts, byte by byte.
func fileHolds(path string, texts []string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, disk(path, err)
	}
	defer f.Close()
	longest := 0
	for _, t := range texts {
		longest = max(longest, len(t))
	}
	buf := make([]byte, 1<<20)
	kept := 0
	for {
		n, err := io.ReadFull(f, buf[kept:])
		part := buf[:kept+n]
		for _, t := range texts {
			if bytes.Contains(part, []byte(t)) {
				return true, nil
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return false, nil
		}
		if err != nil {
			return false, disk(path, err)
		}
		// The end stays: a text may lie across two parts.
		kept = copy(buf, part[max(0, len(part)-longest):])
	}
}
