package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

func TestTogetherIsOneTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		other := dbtest.Again(t, d)
		err := d.Together(t.Context(), func(ctx context.Context) error {
			err := d.Write(ctx, func(tx *db.Tx) error { return put(tx, "a", "1") })
			if err != nil {
				return err
			}
			err = d.Read(ctx, func(tx *db.Tx) error {
				got, err := db.One[string](tx, `select value from setting where name = 'a'`)
				if got != "1" {
					t.Errorf("a part reads %q, want what the part before it wrote", got)
				}
				return err
			})
			if err != nil {
				return err
			}
			if got := names(t, other); len(got) > 0 {
				t.Errorf("others see %v before the end", got)
			}
			return d.Together(ctx, func(ctx context.Context) error {
				return d.Write(ctx, func(tx *db.Tx) error { return put(tx, "b", "2") })
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a", "b"}, names(t, other)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTogetherFailsAsAWhole(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, fn := range map[string]func(ctx context.Context) error{
			"the end": func(ctx context.Context) error { return errTest },
			"a part": func(ctx context.Context) error {
				return d.Write(ctx, func(tx *db.Tx) error { return errTest })
			},
			"a part whose error is dropped": func(ctx context.Context) error {
				d.Write(ctx, func(tx *db.Tx) error { return errTest })
				return nil
			},
			"what follows a part": func(ctx context.Context) error {
				d.Write(ctx, func(tx *db.Tx) error {
					tx.AfterCommit(func(context.Context) error { return errTest })
					return nil
				})
				return nil
			},
		} {
			err := d.Together(t.Context(), func(ctx context.Context) error {
				err := d.Write(ctx, func(tx *db.Tx) error { return put(tx, "a", "1") })
				if err != nil {
					return err
				}
				return fn(ctx)
			})
			if !errors.Is(err, errTest) {
				t.Errorf("%s fails: got %v", name, err)
			}
			if got := names(t, d); len(got) > 0 {
				t.Errorf("%s fails: rows stayed: %v", name, got)
			}
		}
	})
}

func TestAPartEndsWithWhatItAskedFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var order []string
		err := d.Together(t.Context(), func(ctx context.Context) error {
			order = nil
			for _, name := range []string{"a", "b"} {
				err := d.Write(ctx, func(tx *db.Tx) error {
					tx.AfterCommit(func(ctx context.Context) error {
						return d.Write(ctx, func(tx *db.Tx) error {
							order = append(order, "after "+name)
							return put(tx, "after "+name, "")
						})
					})
					order = append(order, name)
					return tx.Once("same", func() error { return put(tx, name, "") })
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a", "after a", "b", "after b"}, order); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"a", "after a", "after b", "b"}, names(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOtherDatabaseIsNoPart(t *testing.T) {
	t.Parallel()
	d, other := dbtest.SQLite(t), dbtest.SQLite(t)
	err := d.Together(t.Context(), func(ctx context.Context) error {
		err := other.Write(ctx, func(tx *db.Tx) error { return put(tx, "there", "") })
		if err != nil {
			return err
		}
		return errTest
	})
	if !errors.Is(err, errTest) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"there"}, names(t, other)); diff != "" {
		t.Error(diff)
	}
}

func TestWithNowIsTheInstantOfTransactions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.Clock.Set(5000)
		see := func(ctx context.Context, want int64) {
			t.Helper()
			for what, run := range map[string]func(context.Context, func(*db.Tx) error) error{"write": d.Write, "read": d.Read} {
				err := run(ctx, func(tx *db.Tx) error {
					if int64(tx.Now) != want {
						t.Errorf("%s: Now is %d, want %d", what, tx.Now, want)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		see(t.Context(), 5000)
		see(db.WithNow(t.Context(), 3000), 3000)
		err := d.Together(db.WithNow(t.Context(), 3000), func(ctx context.Context) error {
			see(ctx, 3000)
			see(db.WithNow(ctx, 4000), 4000)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
