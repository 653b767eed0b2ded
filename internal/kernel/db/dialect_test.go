package db_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

func TestQRenumbers(t *testing.T) {
	t.Parallel()
	q := db.NewQ("select a from t where a = $1 and b = $2", 1, 2).
		Add("and c = $2 and d = $1 and e = $2", 3, 4).
		AddPart(db.Part{SQL: "and (f = $1)", Args: []any{5}})
	want := "select a from t where a = $1 and b = $2\nand c = $4 and d = $3 and e = $4\nand (f = $5)"
	if diff := cmp.Diff(want, q.SQL()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{1, 2, 3, 4, 5}, q.Args); diff != "" {
		t.Error(diff)
	}
}

// A row is kept for a change. Who only reads asks with the same text, and may.
func TestLock(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error { return put(tx, "lock", "1") })
		ask := func(want bool) func(tx *db.Tx) error {
			return func(tx *db.Tx) error {
				if has := tx.Lock() != ""; has != (want && d.Engine == db.Postgres) {
					t.Errorf("%s, write %v: lock %q", d.Engine, want, tx.Lock())
				}
				_, err := db.One[string](tx, `select value from setting where name = $1`+tx.Lock(), "lock")
				return err
			}
		}
		read(t, d, ask(false))
		write(t, d, ask(true))
	})
}

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// fill puts the arguments into a text, as an engine would.
func fill(text string, args []any) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		n, err := strconv.Atoi(p[1:])
		if err != nil || n < 1 || n > len(args) {
			return "<none>"
		}
		return args[n-1].(string)
	})
}

// Whatever fragments are put together, each keeps its own arguments.
func FuzzQ(f *testing.F) {
	f.Add("a = $1", 1, "b = $1 or $2 = c", 2)
	f.Add("$", 0, "$$1$2$", 2)
	f.Add("no placeholder", 0, "$10", 11)
	f.Add("", 1, "é$1é", 1)
	f.Fuzz(func(t *testing.T, a string, na int, b string, nb int) {
		if na < 0 || na > 20 || nb < 0 || nb > 20 {
			t.Skip()
		}
		make := func(prefix string, n int) (out []any) {
			for i := range n {
				out = append(out, "<"+prefix+strconv.Itoa(i)+">")
			}
			return out
		}
		for _, text := range []string{a, b} {
			for _, p := range placeholder.FindAllString(text, -1) {
				n, err := strconv.Atoi(p[1:])
				if err != nil || n < 1 || n > map[bool]int{true: na, false: nb}[text == a] {
					t.Skip() // not a fragment with its arguments
				}
			}
		}
		if a == b && na != nb {
			t.Skip()
		}
		argsA, argsB := make("a", na), make("b", nb)
		q := db.NewQ(a, argsA...).Add(b, argsB...)
		want := fill(b, argsB)
		if a != "" {
			want = fill(a, argsA) + "\n" + want
		}
		if got := fill(q.SQL(), q.Args); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for _, name := range []string{"a", "b", "c"} {
				err := put(tx, name, "x")
				if err != nil {
					return err
				}
			}
			return nil
		})
		for _, c := range []struct{ in, want []string }{
			{[]string{"c", "a", "none"}, []string{"a", "c"}},
			{[]string{"b"}, []string{"b"}},
			{nil, []string{}},
		} {
			read(t, d, func(tx *db.Tx) error {
				q := db.NewQ(`select name from setting where value = $1`, "x")
				db.In(q, "and name in", c.in)
				q.Add("order by name limit $1", 10)
				got, err := db.All[string](tx, q.SQL(), q.Args...)
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Error(diff)
				}
				return err
			})
		}
	})
}

func TestLikeStandsForItself(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		odd := []string{`50%`, `a_b`, `c\d`, `plain`, `%_\`}
		write(t, d, func(tx *db.Tx) error {
			for _, name := range append(odd, "501", "axb") {
				err := put(tx, name, "")
				if err != nil {
					return err
				}
			}
			return nil
		})
		for _, name := range odd {
			read(t, d, func(tx *db.Tx) error {
				got, err := db.All[string](tx, `select name from setting where name like $1 escape '\'`, db.Like(name))
				if diff := cmp.Diff([]string{name}, got); diff != "" {
					t.Error(diff)
				}
				return err
			})
		}
	})
}

func TestLockClausesRun(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			err := put(tx, "a", "1")
			if err != nil {
				return err
			}
			for _, clause := range []string{tx.Lock(), tx.LockSkip()} {
				_, err := db.All[string](tx, `select name from setting`+clause)
				if err != nil {
					return err
				}
				if (clause == "") != (d.Engine == db.SQLite) {
					t.Errorf("clause %q on %s", clause, d.Engine)
				}
			}
			return nil
		})
	})
}

func TestNullID(t *testing.T) {
	t.Parallel()
	if db.NullID("") != nil || db.NullID("x") != "x" {
		t.Error("NullID")
	}
}

func TestAsJSON(t *testing.T) {
	t.Parallel()
	if got := db.AsJSON([]string{"a", strings.Repeat("b", 2)}); got != `["a","bb"]` {
		t.Errorf("got %s", got)
	}
}
