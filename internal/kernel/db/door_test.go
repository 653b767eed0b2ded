package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
)

// The engines word a broken index differently; out of the door comes the same.
func TestBrokenUniqueIndexHasTheSameNameOnBothEngines(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			return errors.Join(person(tx, "1", "a@example.org"), put(tx, "a", "1"))
		})
		for _, c := range []struct {
			index string
			do    func(*db.Tx) error
		}{
			{"uq_account_email", func(tx *db.Tx) error { return person(tx, "2", "a@example.org") }},
			{"account_pkey", func(tx *db.Tx) error {
				_, err := tx.Exec(`insert into account (id, person, name, email, email_folded, created_at, created_by, updated_at, updated_by)
					values ('1', '9', 'Name', 'b', 'b', 1, 'test', 1, 'test')`)
				return err
			}},
			{"setting_pkey", func(tx *db.Tx) error { return put(tx, "a", "2") }},
		} {
			err := d.Write(t.Context(), c.do)
			if !errs.Is(err, errs.Conflict) || !db.Broke(err, c.index) {
				t.Errorf("got %v, want a conflict with %s", err, c.index)
			}
			if db.Broke(err, "uq_other") {
				t.Error("another index counts as broken too")
			}
			if got := errs.As(err).Msg.Key; got != "err.unique" {
				t.Errorf("%s: message %q", c.index, got)
			}
		}
	})
}

func TestBrokenForeignKeyIsAConflict(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`insert into account_role (account, role, from_at, granted_by) values ('none', 'admin', 1, 'test')`)
			return err
		})
		if !errs.Is(err, errs.Conflict) || errs.As(err).Msg.Key != "err.foreign" {
			t.Errorf("got %v, want a conflict", err)
		}
	})
}

// What breaks only at the commit leaves a writer that still works.
func TestFailedCommitLeavesTheWriterUsable(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`pragma defer_foreign_keys = 1`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`insert into account_role (account, role, from_at, granted_by) values ('none', 'admin', 1, 'test')`)
		return err
	})
	if !errs.Is(err, errs.Conflict) {
		t.Errorf("got %v, want a conflict", err)
	}
	write(t, d, func(tx *db.Tx) error {
		n, err := db.One[int](tx, `select count(*) from account_role`)
		if n != 0 {
			t.Errorf("%d rows stayed", n)
		}
		return err
	})
}

func TestLockedDatabaseIsBusy(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	other := dbtest.Again(t, d)
	write(t, other, func(tx *db.Tx) error {
		_, err := tx.Exec(`pragma busy_timeout = 20`) // five seconds are too long for a test
		return err
	})
	write(t, d, func(tx *db.Tx) error {
		err := other.Write(t.Context(), func(tx *db.Tx) error { return put(tx, "a", "1") })
		if !errs.Is(err, errs.Busy) || errs.As(err).Retry == 0 {
			t.Errorf("got %v, want busy with a time to wait", err)
		}
		return nil
	})
	write(t, other, func(tx *db.Tx) error { return put(tx, "a", "1") })
}

func TestLockNotGivenInTimeIsBusy(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	write(t, d, func(tx *db.Tx) error { return put(tx, "a", "1") })
	write(t, d, func(tx *db.Tx) error {
		err := tx.ExecOne(`update setting set value = '2' where name = 'a'`)
		if err != nil {
			return err
		}
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`set local lock_timeout = '20ms'`)
			if err != nil {
				return err
			}
			return tx.ExecOne(`update setting set value = '3' where name = 'a'`)
		})
		if !errs.Is(err, errs.Busy) {
			t.Errorf("got %v, want busy", err)
		}
		return nil
	})
}

func TestFullDiskIsFullAndReadsGoOn(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	write(t, d, func(tx *db.Tx) error { return put(tx, "kept", "1") })
	limit := func(pages string) {
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`pragma max_page_count = ` + pages)
			return err
		})
	}
	limit("1") // SQLite takes the present size where the limit lies below it
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for i := range 1000 {
			err := put(tx, fmt.Sprint("big", i), strings.Repeat("x", 10_000))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if !errs.Is(err, errs.Full) {
		t.Errorf("got %v, want full", err)
	}
	if got := names(t, d); len(got) != 1 {
		t.Errorf("%d rows stand after a full disk, want 1", len(got))
	}
	limit("1000000")
	write(t, d, func(tx *db.Tx) error { return put(tx, "later", "1") })
}

func TestFullDiskOfTheServerIsFull(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	for code, want := range map[string]errs.Kind{"53100": errs.Full, "53300": errs.Busy, "57014": errs.Internal, "22001": errs.Internal} {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`do $do$ begin raise exception 'for the test' using errcode = '` + code + `'; end $do$`)
			return err
		})
		if err == nil || errs.KindOf(err) != want {
			t.Errorf("%s: got %v, want %v", code, err, want)
		}
	}
}

func TestOwnErrorsPassTheDoorUnchanged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		want := errs.Missing()
		err := d.Read(t.Context(), func(tx *db.Tx) error { return fmt.Errorf("find it: %w", want) })
		if !errors.Is(err, want) || !errs.Is(err, errs.NotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestExecOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return tx.ExecOne(`update setting set value = '1' where name = 'none'`)
		})
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("got %v, want not found", err)
		}
	})
}

// A wait for another's lock ends with the request, not with the lock's time.
func TestWaitForALockEndsWithTheContext(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	other := dbtest.Again(t, d)
	write(t, d, func(tx *db.Tx) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		begun := time.Now()
		err := other.Write(ctx, func(tx *db.Tx) error { return nil })
		if err == nil {
			t.Error("wrote while another held the lock")
		}
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("waited %v", took)
		}
		return nil
	})
}
