package db_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
)

func TestAboutKnowsTheEngine(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, err := d.About(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if a.Engine != d.Engine || a.Old() || !a.Unicode() || a.Version == "" {
			t.Errorf("got %+v", a)
		}
	})
}

// BR7: the SQLite that is built in has the mended WAL.
func TestBR7_BundledSQLiteIsNewEnough(t *testing.T) {
	t.Parallel()
	a, err := dbtest.SQLite(t).About(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a.Number < 3_051_003 {
		t.Errorf("SQLite %s", a.Version)
	}
}

func TestIntegrityOfASoundDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		everything(t, d)
		for _, quick := range []bool{true, false} {
			faults, err := d.Integrity(t.Context(), quick)
			if err != nil {
				t.Fatal(err)
			}
			if len(faults) > 0 {
				t.Errorf("quick %v: %v", quick, faults)
			}
		}
	})
}

func TestIntegrityFindsARowThatPointsAtNothing(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	everything(t, d)
	orphan(t, dbtest.Address(d))
	faults, err := d.Integrity(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if len(faults) != 1 || faults[0].Table != "account_role" || !strings.Contains(faults[0].Text, "account") {
		t.Errorf("got %v", faults)
	}
}

func TestIntegrityFindsADamagedPage(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	everything(t, d)
	copied := filepath.Join(t.TempDir(), "copy.db")
	err := d.Snapshot(t.Context(), copied)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(copied, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(4096); at < info.Size(); at += 4096 {
		_, err := f.WriteAt(make([]byte, 64), at)
		if err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	bad, err := db.Open(t.Context(), db.Options{Path: copied, ReadOnly: true})
	if err != nil {
		return // refused at once: as good
	}
	defer bad.Close()
	faults, err := bad.Integrity(t.Context(), true)
	if err == nil && len(faults) == 0 {
		t.Error("the damage was not found")
	}
}

// A copy is made beside a writer, holds what was there before it began, and
// opens clean (the test of the commands, TestBR1, measures the writer).
func TestSnapshotIsOneInstant(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	everything(t, d)
	ctx, stop := context.WithCancel(t.Context())
	var done atomic.Int64
	ended := make(chan error, 1)
	go func() {
		for n := 0; ctx.Err() == nil; n++ {
			// Two rows a transaction: a copy with one of them is no instant.
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				err := put(tx, fmt.Sprintf("x%d", n), "")
				if err != nil {
					return err
				}
				return put(tx, fmt.Sprintf("y%d", n), "")
			})
			if err != nil {
				ended <- err
				return
			}
			done.Add(1)
		}
		ended <- nil
	}()
	for done.Load() < 20 {
		time.Sleep(time.Millisecond)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	beside, err := db.Open(t.Context(), db.Options{Path: dbtest.Address(d), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	before := done.Load()
	err = beside.Snapshot(t.Context(), path)
	stop()
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the copy's mode is %v", info.Mode())
	}
	copied, err := db.Open(t.Context(), db.Options{Path: path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	read(t, copied, func(tx *db.Tx) error {
		x, err := db.One[int64](tx, `select count(*) from setting where name like 'x%'`)
		if err != nil {
			return err
		}
		y, err := db.One[int64](tx, `select count(*) from setting where name like 'y%'`)
		if x != y || x < before {
			t.Errorf("the copy holds %d and %d, before it began there were %d", x, y, before)
		}
		return err
	})
	faults, err := copied.Integrity(t.Context(), false)
	if err != nil || len(faults) > 0 {
		t.Errorf("the copy is not sound: %v %v", faults, err)
	}
}

func TestSnapshotNeverOverwrites(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	err := os.WriteFile(path, []byte("mine"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Snapshot(t.Context(), path)
	if err == nil {
		t.Error("a file was overwritten")
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "mine" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

func TestProbeSaysWhetherThereIsRoom(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Probe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestProbeOfAFullDatabase(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	limit := func(pages string) {
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`pragma max_page_count = ` + pages)
			return err
		})
	}
	limit("1") // SQLite makes it the present size
	err := d.Probe(t.Context())
	if !errs.Is(err, errs.Full) {
		t.Errorf("got %v, want that the disk is full", err)
	}
	limit("1000000")
	err = d.Probe(t.Context())
	if err != nil {
		t.Errorf("got %v after there was room again", err)
	}
}

func TestForeignSeesWhatAnotherProcessWrote(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	other := dbtest.Again(t, d)
	number := func() int64 {
		n, err := d.Foreign(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := number()
	write(t, d, func(tx *db.Tx) error { return put(tx, "own", "") })
	if number() != first {
		t.Error("a write of one's own counts as another's")
	}
	write(t, other, func(tx *db.Tx) error { return put(tx, "other", "") })
	if number() == first {
		t.Error("another's write was not seen")
	}
}
