package db_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
)

// PostgreSQL binds $2 to the second argument wherever it stands. That SQLite
// does so too is the driver's doing: this pins it.
func TestPlaceholdersBindByNumber(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		type row struct {
			A string `db:"a"`
			B string `db:"b"`
			C string `db:"c"`
		}
		read(t, d, func(tx *db.Tx) error {
			got, err := db.One[row](tx, `select cast($2 as text) as a, cast($1 as text) as b, cast($2 as text) as c`, "one", "two")
			if diff := cmp.Diff(row{"two", "one", "two"}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}

type base struct {
	ID string   `db:"id"`
	At clock.Ms `db:"at"`
}

type full struct {
	base
	Day    clock.Day               `db:"day"`
	On     bool                    `db:"on_it"`
	Off    bool                    `db:"off_it"`
	Share  float64                 `db:"share"`
	Whole  float64                 `db:"whole"`
	Bytes  []byte                  `db:"bytes"`
	List   db.JSON[[]string]       `db:"list"`
	None   db.JSON[[]string]       `db:"none"`
	Maybe  sql.Null[string]        `db:"maybe"`
	NoText string                  `db:"no_text"`
	NoInt  int                     `db:"no_int"`
	NoBool bool                    `db:"no_bool"`
	Object db.JSON[map[string]int] `db:"object"`
	Apart  string
}

func TestScan(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		blob := `x'6869'`
		if d.Engine == db.Postgres {
			blob = `'\x6869'::bytea`
		}
		query := `select 'x' as id, cast(7 as bigint) as at, '2026-02-03' as day, true as on_it, false as off_it,
			0.5e0 as share, 3 as whole, ` + blob + ` as bytes, '["a","b"]' as list, '' as none, null as maybe,
			null as no_text, null as no_int, null as no_bool, '{"a":1}' as object`
		want := full{
			base: base{ID: "x", At: 7}, Day: "2026-02-03", On: true, Share: 0.5, Whole: 3, Bytes: []byte("hi"),
			List: db.JSON[[]string]{V: []string{"a", "b"}}, Object: db.JSON[map[string]int]{V: map[string]int{"a": 1}},
		}
		read(t, d, func(tx *db.Tx) error {
			got, err := db.One[full](tx, query)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(full{})); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}

// A value of an earlier row never shines through a NULL of a later one.
func TestNullAfterAValueIsTheZeroValue(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		read(t, d, func(tx *db.Tx) error {
			got, err := db.All[string](tx, `select v from (select 1 as n, 'a' as v union all select 2, null union all select 3, 'c') q order by n`)
			if diff := cmp.Diff([]string{"a", "", "c"}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}

func TestArgumentsOfOurTypes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			err := person(tx, "1", "a@example.org")
			if err != nil {
				return err
			}
			n, err := db.One[int](tx, `select count(*) from account where demo = true and demo = $1 and created_at = $2 and email_folded = $3`,
				true, tx.Now, clock.Day("a@example.org"))
			if n != 1 {
				t.Errorf("found %d rows", n)
			}
			return err
		})
	})
}

func TestSumsAndMeansScanIntoNumbers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		type row struct {
			Sum  int64   `db:"sum"`
			Mean float64 `db:"mean"`
		}
		read(t, d, func(tx *db.Tx) error {
			got, err := db.One[row](tx, `select sum(v) as sum, avg(v) as mean from (select cast(1 as bigint) as v union all select cast(2 as bigint)) q`)
			if diff := cmp.Diff(row{3, 1.5}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}

func TestScanRefusals(t *testing.T) {
	t.Parallel()
	type one struct {
		ID string `db:"id"`
	}
	for name, c := range map[string]struct {
		do   func(*db.Tx) error
		want string
	}{
		"unknown column":            {func(tx *db.Tx) error { _, err := db.All[one](tx, `select 'a' as id, 'b' as other`); return err }, `no field for column "other"`},
		"two columns for one value": {func(tx *db.Tx) error { _, err := db.All[string](tx, `select 'a' as id, 'b' as other`); return err }, "2 columns"},
		"text into a number":        {func(tx *db.Tx) error { _, err := db.All[int](tx, `select 'a' as id`); return err }, "can't scan"},
		"broken JSON":               {func(tx *db.Tx) error { _, err := db.All[db.JSON[int]](tx, `select '{' as id`); return err }, "JSON"},
		"number into a truth":       {func(tx *db.Tx) error { _, err := db.All[bool](tx, `select 'x' as id`); return err }, "can't scan"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				err := d.Read(t.Context(), c.do)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want one that says %q", err, c.want)
				}
			})
		})
	}
}

func TestOneAndMaybe(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error { return errors.Join(put(tx, "a", "1"), put(tx, "b", "2")) })
		read(t, d, func(tx *db.Tx) error {
			const query = `select value from setting where name >= $1 order by name`
			first, err := db.One[string](tx, query, "a")
			if err != nil || first != "1" {
				t.Errorf("One: %q, %v", first, err)
			}
			_, err = db.One[string](tx, query, "z")
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("One of nothing: %v", err)
			}
			_, ok, err := db.Maybe[string](tx, query, "z")
			if ok || err != nil {
				t.Errorf("Maybe of nothing: %v, %v", ok, err)
			}
			second, ok, err := db.Maybe[string](tx, query, "b")
			if !ok || err != nil || second != "2" {
				t.Errorf("Maybe: %q, %v, %v", second, ok, err)
			}
			all, err := db.All[string](tx, query, "z")
			if all == nil || len(all) != 0 {
				t.Errorf("All of nothing: %#v", all)
			}
			return err
		})
	})
}

func TestEachStopsAtAnErrorAndRefusesStatementsInside(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error { return errors.Join(put(tx, "a", "1"), put(tx, "b", "2")) })
		read(t, d, func(tx *db.Tx) error {
			const query = `select name from setting order by name`
			seen := 0
			err := db.Each(tx, func(string) error {
				seen++
				return errTest
			}, query)
			if !errors.Is(err, errTest) || seen != 1 {
				t.Errorf("got %v after %d rows", err, seen)
			}
			err = db.Each(tx, func(string) error {
				_, err := db.All[string](tx, query)
				return err
			}, query)
			if err == nil {
				t.Error("a statement ran while rows of another were being read")
			}
			_, err = db.All[string](tx, query) // and afterwards all is well
			return err
		})
	})
}

// A connection keeps more than it may hold: the statements used longest ago go.
func TestManyDifferentStatements(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	write(t, d, func(tx *db.Tx) error { return put(tx, "a", "1") })
	read(t, d, func(tx *db.Tx) error {
		for range 2 {
			for i := range 250 {
				got, err := db.One[int](tx, fmt.Sprintf(`select %d + count(*) from setting where name = $1`, i), "a")
				if err != nil {
					return err
				}
				if got != i+1 {
					t.Fatalf("got %d, want %d", got, i+1)
				}
			}
		}
		return nil
	})
}

// A kept statement follows a change of the schema.
func TestKeptStatementSurvivesASchemaChange(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	other := dbtest.Again(t, d)
	write(t, d, func(tx *db.Tx) error { return put(tx, "a", "1") })
	find := func() {
		t.Helper()
		read(t, d, func(tx *db.Tx) error {
			got, err := db.One[string](tx, `select value from setting where name = $1`, "a")
			if got != "1" {
				t.Errorf("got %q", got)
			}
			return err
		})
	}
	find()
	write(t, other, func(tx *db.Tx) error {
		_, err := tx.Exec(`alter table setting add column extra text not null default 'x'`)
		return err
	})
	find()
	write(t, other, func(tx *db.Tx) error {
		_, err := tx.Exec(`drop table setting`)
		return err
	})
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		_, err := db.One[string](tx, `select value from setting where name = $1`, "a")
		return err
	})
	if err == nil {
		t.Error("a statement on a dropped table ran")
	}
}
