package db_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

// everything puts rows with what is hard to carry: quotes, line ends, other
// scripts, numbers at the end of their range, true and false, nothing.
func everything(t testing.TB, d *db.DB) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		for i, text := range []string{"", "plain", "\"quoted\", 'both'", "line\nend\r\n\ttab", "Ñandú 南南合作 🤝", `{"json":[1,"\u0000"]}`, strings.Repeat("long ", 20_000)} {
			err := put(tx, fmt.Sprintf("s%d", i), text)
			if err != nil {
				return err
			}
		}
		for i := range 300 {
			err := person(tx, fmt.Sprintf("account-%03d", i), fmt.Sprintf("p%d@example.org", i))
			if err != nil {
				return err
			}
		}
		_, err := tx.Exec(`insert into account_role (account, role, from_at, until_at, granted_by) values ('account-007', 'admin', 0, $1, 'test')`, int64(9007199254740993))
		if err != nil {
			return err
		}
		_, err = tx.Exec(`update account set demo = false where id = 'account-008'`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`insert into partnership (id, title, title_folded, status, status_since, manager, created_at, created_by, updated_at, updated_by)
			values ('p1', 'One', 'one', 'exploring', 1, 'account-001', 1, 'test', 1, 'test')`)
		if err != nil {
			return err
		}
		for i, at := range []any{nil, -0.125, 1e-9, 51.5, float64(12)} {
			_, err = tx.Exec(`insert into partnership_place (id, partnership, kind, lat, lon, created_at, created_by) values ($1, 'p1', 'point', $2, $2, 1, 'test')`,
				fmt.Sprintf("place%d", i), at)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// without is what no comparison of two databases counts.
func without(column string) bool { return strings.HasPrefix(column, "updated_") }

func sums(t testing.TB, d *db.DB) map[string]string {
	t.Helper()
	out := map[string]string{}
	read(t, d, func(tx *db.Tx) error {
		tables, err := db.Tables(tx)
		if err != nil {
			return err
		}
		for _, name := range tables {
			out[name], err = db.Checksum(tx, name, without)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// move copies all tables but the list of migrations.
func move(t testing.TB, from, to *db.DB) {
	t.Helper()
	dumps := map[string]*bytes.Buffer{}
	read(t, from, func(tx *db.Tx) error {
		tables, err := db.Tables(tx)
		if err != nil {
			return err
		}
		for _, name := range tables {
			dumps[name] = &bytes.Buffer{}
			_, err := db.Dump(tx, name, dumps[name])
			if err != nil {
				return err
			}
		}
		return nil
	})
	write(t, to, func(tx *db.Tx) error {
		tables, err := db.Order(tx)
		if err != nil {
			return err
		}
		for _, name := range tables {
			if name == "schema_migration" {
				continue
			}
			_, err := db.Load(tx, name, dumps[name])
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func TestTablesMoveBetweenEngines(t *testing.T) {
	t.Parallel()
	lite, pg, back := dbtest.SQLite(t), dbtest.Postgres(t), dbtest.SQLite(t)
	everything(t, lite)
	move(t, lite, pg)
	move(t, pg, back)
	want := sums(t, lite)
	delete(want, "schema_migration") // says when each step was made
	for name, d := range map[string]*db.DB{"PostgreSQL": pg, "SQLite again": back} {
		got := sums(t, d)
		delete(got, "schema_migration")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s holds something else:\n%s", name, diff)
		}
	}
	read(t, back, func(tx *db.Tx) error {
		until, err := db.One[int64](tx, `select until_at from account_role`)
		if err != nil {
			return err
		}
		if until != 9007199254740993 {
			t.Errorf("a large number came back as %d", until)
		}
		demo, err := db.One[bool](tx, `select demo from account where id = 'account-008'`)
		if demo {
			t.Error("false came back as true")
		}
		return err
	})
}

func TestChecksumSeesWhatCounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		everything(t, d)
		before := sums(t, d)
		change := func(text string) map[string]string {
			write(t, d, func(tx *db.Tx) error {
				_, err := tx.Exec(text)
				return err
			})
			return sums(t, d)
		}
		if got := change(`update partnership set updated_by = 'somebody'`); got["partnership"] != before["partnership"] {
			t.Error("a column that is left out counts")
		}
		if got := change(`update partnership_place set lat = null where id = 'place3'`); got["partnership_place"] == before["partnership_place"] {
			t.Error("a missing value does not count")
		}
		gone := change(`update partnership_place set deleted_at = 5 where id = 'place3'`)
		if again := change(`update partnership_place set lat = 7 where id = 'place3'`); again["partnership_place"] != gone["partnership_place"] {
			t.Error("a removed row counts")
		}
	})
}

func TestOrderFillsParentsFirst(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		read(t, d, func(tx *db.Tx) error {
			order, err := db.Order(tx)
			if err != nil {
				return err
			}
			all, err := db.Tables(tx)
			if err != nil {
				return err
			}
			if len(order) != len(all) {
				t.Errorf("%d tables in order, %d in all", len(order), len(all))
			}
			for _, pair := range [][2]string{{"account", "session"}, {"partnership", "party"}, {"party", "party_role"}, {"ref_list", "ref_item"}} {
				if slices.Index(order, pair[0]) > slices.Index(order, pair[1]) {
					t.Errorf("%s stands after %s", pair[0], pair[1])
				}
			}
			return nil
		})
	})
}

func TestLoadSaysWhichRowIsBad(t *testing.T) {
	t.Parallel()
	const first = `{"table":"setting","columns":["name","value","updated_at","updated_by"]}` + "\n"
	for name, tc := range map[string]struct{ text, want string }{
		"empty":            {"", "nothing to read"},
		"another table":    {`{"table":"account","columns":["id"]}`, `rows of "account"`},
		"no such column":   {`{"table":"setting","columns":["nome"]}`, `no column "nome"`},
		"no JSON":          {first + `["a","b",1`, "row 1"},
		"too few values":   {first + `["a","b",1,"t"]` + "\n" + `["b","c",1]`, "row 2: 3 values for 4 columns"},
		"text as a number": {first + `["a","b","1","t"]`, "column updated_at: a string where a int belongs"},
		"a row twice":      {first + `["a","b",1,"t"]` + "\n" + `["a","b",1,"t"]`, "setting_pkey"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					_, err := db.Load(tx, "setting", strings.NewReader(tc.text))
					return err
				})
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %q in it", err, tc.want)
				}
				if got := names(t, d); len(got) > 0 {
					t.Errorf("rows stayed: %v", got)
				}
			})
		})
	}
}
