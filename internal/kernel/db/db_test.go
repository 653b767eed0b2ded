package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
)

var errTest = errors.New("for the test")

// endless keeps either engine busy for hours.
const endless = `with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000000000) select count(*) from n`

func TestFailedTransactionLeavesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			err := put(tx, "a", "1")
			if err != nil {
				return err
			}
			return errTest
		})
		if !errors.Is(err, errTest) {
			t.Errorf("got %v, want the function's error", err)
		}
		if got := names(t, d); len(got) > 0 {
			t.Errorf("rows stayed: %v", got)
		}
	})
}

func TestPanicRollsBackAndGoesOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		func() {
			defer func() {
				if got := recover(); got != "for the test" {
					t.Errorf("recovered %v, want the panic's own value", got)
				}
			}()
			d.Write(t.Context(), func(tx *db.Tx) error {
				err := put(tx, "a", "1")
				if err != nil {
					return err
				}
				panic("for the test")
			})
		}()
		write(t, d, func(tx *db.Tx) error { return put(tx, "b", "2") })
		if diff := cmp.Diff([]string{"b"}, names(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNowIsOneInstantOfTheClock(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.Clock.Set(5000)
		write(t, d, func(tx *db.Tx) error {
			d.Clock.Advance(time.Second)
			if tx.Now != 5000 {
				t.Errorf("Now moved to %d", tx.Now)
			}
			return nil
		})
		read(t, d, func(tx *db.Tx) error {
			if tx.Now != 6000 {
				t.Errorf("Now is %d, want 6000", tx.Now)
			}
			return nil
		})
	})
}

func TestEndedContextInterruptsALongQuery(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, way := range []struct {
			name string
			run  func(context.Context, func(*db.Tx) error) error
		}{{"read", d.Read}, {"write", d.Write}} {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			begun := time.Now()
			err := way.run(ctx, func(tx *db.Tx) error {
				if way.name == "write" {
					err := put(tx, "a", "1")
					if err != nil {
						return err
					}
				}
				_, err := db.One[int](tx, endless)
				return err
			})
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want the context's error", way.name, err)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("%s: ended after %v", way.name, took)
			}
		}
		write(t, d, func(tx *db.Tx) error { return put(tx, "b", "2") })
		if diff := cmp.Diff([]string{"b"}, names(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestContextThatEndsBeforeTheCommitRollsBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Write(ctx, func(tx *db.Tx) error {
			err := put(tx, "a", "1")
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's error", err)
		}
		if got := names(t, d); len(got) > 0 {
			t.Errorf("rows stayed: %v", got)
		}
	})
}

func TestAfterCommitRunsInOrderAndOnlyAfterACommit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var ran []string
		note := func(s string) func(context.Context) error {
			return func(context.Context) error {
				if !slices.Contains(names(t, d), "a") {
					t.Error("ran before the commit")
				}
				ran = append(ran, s)
				return errTest // is logged, and the next one runs
			}
		}
		d.Write(t.Context(), func(tx *db.Tx) error {
			tx.AfterCommit(note("rolled back"))
			return errTest
		})
		write(t, d, func(tx *db.Tx) error {
			tx.AfterCommit(note("first"))
			tx.AfterCommit(note("second"))
			return put(tx, "a", "1")
		})
		if diff := cmp.Diff([]string{"first", "second"}, ran); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOnWriteRunsOnceWithTheFirstWriteThatHolds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := db.OnWrite(t.Context(), func(tx *db.Tx) error { return put(tx, "key", "1") })
		err := d.Write(ctx, func(tx *db.Tx) error { return errTest })
		if !errors.Is(err, errTest) {
			t.Fatal(err)
		}
		if got := names(t, d); len(got) > 0 {
			t.Errorf("the note outlived its rollback: %v", got)
		}
		for _, name := range []string{"a", "b"} {
			err := d.Write(ctx, func(tx *db.Tx) error { return put(tx, name, "1") })
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"a", "b", "key"}, names(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOnWriteThatRefusesStopsTheWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := db.OnWrite(t.Context(), func(tx *db.Tx) error { return errTest })
		err := d.Write(ctx, func(tx *db.Tx) error {
			t.Error("the write ran")
			return nil
		})
		if !errors.Is(err, errTest) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOnceRunsOnceATransaction(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	for range 2 {
		n := 0
		write(t, d, func(tx *db.Tx) error {
			for range 3 {
				err := tx.Once("key", func() error { n++; return nil })
				if err != nil {
					return err
				}
			}
			return nil
		})
		if n != 1 {
			t.Errorf("ran %d times", n)
		}
	}
}

// Reads beyond the slots wait; beyond the waiting room they are refused at once.
func TestPG6_TooManyReadsAreRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		slots, waiting := 4, 128
		if d.Engine == db.Postgres {
			slots = 16
		}
		inside, leave := make(chan bool), make(chan bool)
		results := make(chan error)
		for range slots {
			go func() {
				results <- d.Read(t.Context(), func(tx *db.Tx) error {
					inside <- true
					<-leave
					return nil
				})
			}()
		}
		for range slots {
			<-inside
		}
		const over = 30
		for range waiting + over {
			go func() { results <- d.Read(t.Context(), func(tx *db.Tx) error { return nil }) }()
		}
		for range over {
			err := <-results
			if !errs.Is(err, errs.Busy) {
				t.Errorf("got %v, want busy", err)
			}
		}
		close(leave)
		for range slots + waiting {
			err := <-results
			if err != nil {
				t.Errorf("a waiting read got %v", err)
			}
		}
	})
}

func TestWaitingReadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	inside, leave, done := make(chan bool), make(chan bool), make(chan error)
	for range 4 {
		go func() {
			done <- d.Read(t.Context(), func(tx *db.Tx) error {
				inside <- true
				<-leave
				return nil
			})
		}()
		<-inside
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := d.Read(ctx, func(tx *db.Tx) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(leave)
	for range 4 {
		err := <-done
		if err != nil {
			t.Error(err)
		}
	}
}

func TestReadSeesOneSnapshot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const count = `select count(*) from setting`
		read(t, d, func(tx *db.Tx) error {
			before, err := db.One[int](tx, count)
			if err != nil {
				return err
			}
			write(t, d, func(tx *db.Tx) error { return put(tx, "a", "1") })
			after, err := db.One[int](tx, count)
			if before != 0 || after != 0 {
				t.Errorf("saw %d rows, then %d", before, after)
			}
			return err
		})
		if got := names(t, d); len(got) != 1 {
			t.Errorf("a later read sees %v", got)
		}
	})
}

func TestSecondProcessSeesWritesAndWritesItself(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		other := dbtest.Again(t, d)
		write(t, d, func(tx *db.Tx) error { return put(tx, "a", "1") })
		write(t, other, func(tx *db.Tx) error { return put(tx, "b", "1") })
		for _, each := range []*db.DB{d, other} {
			if diff := cmp.Diff([]string{"a", "b"}, names(t, each)); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestReadTransactionCannotWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error { return put(tx, "a", "1") })
		if err == nil {
			t.Error("a read wrote")
		}
	})
}

func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	write(t, d, func(tx *db.Tx) error { return put(tx, "a", "1") })
	ro, err := db.Open(t.Context(), db.Options{Path: dbtest.Address(d), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ro.Close()
	if diff := cmp.Diff([]string{"a"}, names(t, ro)); diff != "" {
		t.Error(diff)
	}
	err = ro.Write(t.Context(), func(tx *db.Tx) error { return nil })
	if err == nil {
		t.Error("a database opened for reading was written")
	}
}

func TestOpeningAMissingFileForReadingFailsAndMakesNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.db")
	d, err := db.Open(t.Context(), db.Options{Path: path, ReadOnly: true})
	if err == nil {
		d.Close()
		t.Error("opened")
	}
	_, err = os.Stat(path)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
}

func TestFileIsForTheOwnerAlone(t *testing.T) {
	t.Parallel()
	// The name has what a URL would read otherwise.
	path := filepath.Join(t.TempDir(), "a b%3f?x=1#c", "ayni.db")
	err := os.Mkdir(filepath.Dir(path), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), db.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	write(t, d, func(tx *db.Tx) error {
		_, err := tx.Exec(`create table x (a integer)`)
		return err
	})
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(name), info.Mode())
		}
	}
}

func TestSQLiteSettings(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	check := func(tx *db.Tx, pragma, want string) {
		t.Helper()
		got, err := db.One[string](tx, `pragma `+pragma)
		if err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", pragma, got, want, err)
		}
	}
	write(t, d, func(tx *db.Tx) error {
		check(tx, "journal_mode", "wal")
		check(tx, "synchronous", "2")
		check(tx, "foreign_keys", "1")
		check(tx, "secure_delete", "1")
		return nil
	})
	read(t, d, func(tx *db.Tx) error {
		check(tx, "query_only", "1")
		check(tx, "cache_size", "-8192")
		check(tx, "mmap_size", "0")
		version, err := db.One[string](tx, `select sqlite_version()`)
		if err != nil {
			return err
		}
		if !newer(version, "3.51.3") {
			t.Errorf("SQLite %s is older than 3.51.3", version)
		}
		return nil
	})
}

// newer says whether a dotted version is at least another.
func newer(have, want string) bool {
	split := func(s string) (out []int) {
		n := 0
		for _, c := range s + "." {
			if c == '.' {
				out, n = append(out, n), 0
				continue
			}
			n = n*10 + int(c-'0')
		}
		return out
	}
	return slices.Compare(split(have), split(want)) >= 0
}

// Two transactions that wait for each other's row: PostgreSQL ends one, which
// is run again. On SQLite writers follow each other anyway.
func TestPG5_DeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	write(t, d, func(tx *db.Tx) error { return errors.Join(put(tx, "a", ""), put(tx, "b", "")) })
	held := map[string]chan bool{"a": make(chan bool), "b": make(chan bool)}
	add := func(tx *db.Tx, name, what string) error {
		return tx.ExecOne(`update setting set value = value || $2 where name = $1`, name, what)
	}
	results := make(chan error)
	run := func(first, second string) {
		attempts := 0
		results <- d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`set local deadlock_timeout = '20ms'`)
			if err != nil {
				return err
			}
			err = add(tx, first, first)
			if err != nil {
				return err
			}
			attempts++
			if attempts == 1 {
				close(held[first])
				<-held[second]
			}
			return add(tx, second, first)
		})
	}
	go run("a", "b")
	go run("b", "a")
	for range 2 {
		err := <-results
		if err != nil {
			t.Errorf("a deadlocked transaction wasn't tried again: %v", err)
		}
	}
	read(t, d, func(tx *db.Tx) error {
		got, err := db.All[string](tx, `select value from setting`)
		for _, v := range got {
			if v != "ab" && v != "ba" {
				t.Errorf("value %q: each transaction should have run once", v)
			}
		}
		return err
	})
}

func TestPG5_SerialisationFailureIsTriedAgainAndThenAConflict(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	fail := func(tx *db.Tx) error {
		_, err := tx.Exec(`do $do$ begin raise exception 'for the test' using errcode = '40001'; end $do$`)
		return err
	}
	runs := 0
	write(t, d, func(tx *db.Tx) error {
		runs++
		if runs < 3 {
			return errors.Join(put(tx, "a", "1"), fail(tx))
		}
		return put(tx, "a", "1")
	})
	if runs != 3 {
		t.Errorf("ran %d times, want 3", runs)
	}
	runs = 0
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		runs++
		return fail(tx)
	})
	if !errs.Is(err, errs.Conflict) || runs != 5 {
		t.Errorf("got %v after %d runs, want a conflict after 5", err, runs)
	}
}

func TestPG2_ServerThatEndsTheConnectionIsBusy(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`select pg_terminate_backend(pg_backend_pid())`)
		return err
	})
	if !errs.Is(err, errs.Busy) {
		t.Errorf("got %v, want busy", err)
	}
	write(t, d, func(tx *db.Tx) error { return put(tx, "a", "1") })
}

func TestUnreachableServerIsBusy(t *testing.T) {
	t.Parallel()
	_, err := db.Open(t.Context(), db.Options{URL: "postgres://nobody@127.0.0.1:1/none?sslmode=disable"})
	if !errs.Is(err, errs.Busy) {
		t.Errorf("got %v, want busy", err)
	}
}

func TestClockOfADatabaseIsTheOneGiven(t *testing.T) {
	t.Parallel()
	c := &clock.Clock{}
	c.Set(77)
	d, err := db.Open(t.Context(), db.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	read(t, d, func(tx *db.Tx) error {
		if tx.Now != 77 {
			t.Errorf("Now is %d", tx.Now)
		}
		return nil
	})
}
