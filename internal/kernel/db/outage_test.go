package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/migrate"
)

// openOwn opens a migrated database on a server of the test's own.
func openOwn(t *testing.T, address string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	_, err = migrate.Up(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// PG2: one backend is killed in the middle of a transaction, which throws
// every other one out too: the write is busy, nothing of it is there, and the
// next one goes through.
func TestPG2_KilledBackend(t *testing.T) {
	t.Parallel()
	server := dbtest.OwnServer(t)
	d := openOwn(t, server.URL(t, "ayni"))
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		err := put(tx, "half", "1")
		if err != nil {
			return err
		}
		pid, err := db.One[int](tx, `select pg_backend_pid()`)
		if err != nil {
			return err
		}
		err = syscall.Kill(pid, syscall.SIGKILL)
		if err != nil {
			return err
		}
		for range 100 { // until the connection notices
			err = put(tx, "half", "2")
			if err != nil {
				return err
			}
			time.Sleep(10 * time.Millisecond)
		}
		return nil
	})
	if !errs.Is(err, errs.Busy) {
		t.Errorf("got %v, want busy", err)
	}
	until(t, "the database takes writes again", func() bool {
		return d.Write(t.Context(), func(tx *db.Tx) error { return put(tx, "whole", "1") }) == nil
	})
	if got := names(t, d); len(got) != 1 || got[0] != "whole" {
		t.Errorf("there is %v", got)
	}
}

func until(t *testing.T, what string, fn func() bool) {
	t.Helper()
	for range 600 {
		if fn() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}

// PG2: fifty connections are ended under eight writers: a write holds whole or
// is busy, what was acknowledged is there, and few notice at all.
func TestPG2_FiftyConnectionsEnded(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	admin, err := sql.Open("pgx", dbtest.Address(d))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var acked sync.Map
	var written, busy atomic.Int64
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("%d-%d", i, n)
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					return errors.Join(put(tx, name+"-a", ""), put(tx, name+"-b", ""))
				})
				switch {
				case err == nil:
					acked.Store(name, true)
					written.Add(1)
				case errs.Is(err, errs.Busy):
					busy.Add(1)
				default:
					t.Errorf("%s: %v", name, err)
					return
				}
				err = d.Read(t.Context(), func(tx *db.Tx) error {
					_, err := db.One[int](tx, `select 1`)
					return err
				})
				if err != nil && !errs.Is(err, errs.Busy) {
					t.Errorf("read: %v", err)
				}
			}
		})
	}
	for range 50 {
		_, err := admin.ExecContext(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
			where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' order by random() limit 1`)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	wait.Wait()
	there := map[string]bool{}
	for _, name := range names(t, d) {
		there[name] = true
	}
	acked.Range(func(name, _ any) bool {
		if !there[name.(string)+"-a"] || !there[name.(string)+"-b"] {
			t.Errorf("%s was acknowledged and is not there", name)
		}
		return true
	})
	for name := range there {
		if a, ok := strings.CutSuffix(name, "-a"); ok && !there[a+"-b"] {
			t.Errorf("%s is there by half", a)
		}
	}
	if written.Load() < 50 || busy.Load() > 50 {
		t.Errorf("%d writes went through, %d were busy", written.Load(), busy.Load())
	}
	t.Logf("%d writes, %d busy", written.Load(), busy.Load())
}

// PG6: a statement that takes longer than the server allows is the end of the
// request's time, which the web answers with 503.
func TestPG6_StatementTimeout(t *testing.T) {
	t.Parallel()
	d := openOwn(t, with(dbtest.URL(t), "statement_timeout=3s"))
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		_, err := db.One[string](tx, `select pg_sleep(60)::text`)
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	write(t, d, func(tx *db.Tx) error { return put(tx, "a", "1") })
}

// with adds a setting to an address.
func with(address, setting string) string { return address + "&" + setting }

// PG6: a transaction that the server ends because it idles is busy, and leaves
// nothing.
func TestPG6_IdleInTransaction(t *testing.T) {
	t.Parallel()
	d := openOwn(t, with(dbtest.URL(t), "idle_in_transaction_session_timeout=500ms"))
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		err := put(tx, "half", "1")
		if err != nil {
			return err
		}
		time.Sleep(1500 * time.Millisecond)
		return put(tx, "half", "2")
	})
	if !errs.Is(err, errs.Busy) {
		t.Errorf("got %v, want busy", err)
	}
	if got := names(t, d); len(got) != 0 {
		t.Errorf("there is %v", got)
	}
}

// PG6: a lock that somebody holds is waited for as long as SQLite's, then the
// answer is busy.
func TestPG6_HeldLock(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	write(t, d, func(tx *db.Tx) error { return put(tx, "a", "1") })
	held, leave, done := make(chan bool), make(chan bool), make(chan error)
	go func() {
		done <- d.Write(t.Context(), func(tx *db.Tx) error {
			err := tx.ExecOne(`update setting set value = '2' where name = 'a'`)
			close(held)
			<-leave
			return err
		})
	}()
	<-held
	err := d.Write(t.Context(), func(tx *db.Tx) error { return tx.ExecOne(`update setting set value = '3' where name = 'a'`) })
	if e := errs.As(err); !errs.Is(err, errs.Busy) || e.Retry == 0 {
		t.Errorf("got %v, want busy", err)
	}
	close(leave)
	err = <-done
	if err != nil {
		t.Error(err)
	}
}

// PG6: all connections of the server are taken by others: busy at once, and
// well again when there are some; none is leaked.
func TestPG6_NoConnectionLeft(t *testing.T) {
	t.Parallel()
	server := dbtest.OwnServer(t, "max_connections=12", "superuser_reserved_connections=0")
	address := server.URL(t, "ayni")
	d := openOwn(t, address)
	var others []*sql.Conn
	pool, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for {
		c, err := pool.Conn(t.Context())
		if err != nil {
			break
		}
		others = append(others, c)
	}
	// More at once than the pool holds: some find no connection.
	var wait sync.WaitGroup
	var busy, fine atomic.Int64
	for range 10 {
		wait.Go(func() {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(`select pg_sleep(0.3)`)
				return err
			})
			switch {
			case err == nil:
				fine.Add(1)
			case errs.Is(err, errs.Busy) && errs.As(err).Retry > 0:
				busy.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if busy.Load() == 0 {
		t.Errorf("nobody found the server full: %d went through", fine.Load())
	}
	for _, c := range others {
		c.Close()
	}
	pool.Close()
	for i := range 30 {
		write(t, d, func(tx *db.Tx) error { return put(tx, fmt.Sprint(i), "1") })
	}
	var n int
	read(t, d, func(tx *db.Tx) error {
		var err error
		n, err = db.One[int](tx, `select count(*) from pg_stat_activity where datname = current_database()`)
		return err
	})
	if n > 8 {
		t.Errorf("%d connections are open", n)
	}
}

// PG4: a commit whose answer is lost says that nobody knows, not that nothing was
// written.
func TestPG4_LostCommitSaysSo(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	admin, err := sql.Open("pgx", dbtest.Address(d))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		pid, err := db.One[int](tx, `select pg_backend_pid()`)
		if err != nil {
			return err
		}
		_, err = admin.ExecContext(t.Context(), `select pg_terminate_backend($1, 5000)`, pid)
		return err
	})
	if e := errs.As(err); !errs.Is(err, errs.Busy) || e.Msg.Key != "db.commit" {
		t.Errorf("got %v", err)
	}
}

// PG2: connections of the pool that the server ended while nobody used them
// are not noticed: a transaction that did not begin is run on another one.
func TestPG2_EndedPoolIsNotNoticed(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	admin, err := sql.Open("pgx", dbtest.Address(d))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	for round := range 5 {
		write(t, d, func(tx *db.Tx) error { return put(tx, fmt.Sprintf("before %d", round), "") })
		_, err := admin.ExecContext(t.Context(), `select pg_terminate_backend(pid, 5000) from pg_stat_activity
			where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)
		if err != nil {
			t.Fatal(err)
		}
		if round%2 == 0 {
			write(t, d, func(tx *db.Tx) error { return put(tx, fmt.Sprintf("after %d", round), "") })
		}
		read(t, d, func(tx *db.Tx) error {
			_, err := db.One[int](tx, `select 1`)
			return err
		})
	}
}
