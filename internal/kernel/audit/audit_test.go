package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/id"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// meta and person are a record as the rooms have them.
type meta struct {
	Version   int64    `db:"version" audit:"-"`
	CreatedAt clock.Ms `db:"created_at" audit:"-"`
}

type person struct {
	ID       string            `db:"id"`
	Name     string            `db:"name" audit:"personal"`
	Email    string            `db:"email" audit:"personal"`
	Role     string            `db:"role"`
	Weight   float64           `db:"weight"`
	Active   bool              `db:"active"`
	Since    clock.Day         `db:"since"`
	SeenAt   clock.Ms          `db:"seen_at"`
	Manager  sql.Null[string]  `db:"manager"`
	Rank     sql.Null[int64]   `db:"rank"`
	Tags     db.JSON[[]string] `db:"tags"`
	Password string            `db:"password" audit:"-"`
	Scratch  string
	meta
}

func write1(t *testing.T, d *db.DB, r Row) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error { return Write(tx, r) })
	if err != nil {
		t.Fatal(err)
	}
}

// fillRows writes n changes of as many persons and chains them.
func fillRows(t *testing.T, d *db.DB, n int) {
	t.Helper()
	for i := range n {
		p := person{ID: id.New(), Name: fmt.Sprintf("Name %d", i), Email: fmt.Sprintf("p%d@example.org", i), Role: "focal point"}
		write1(t, d, Row{Actor: "cli:test", Action: "created", Kind: "person", Record: p.ID, Context: "c1", Title: fmt.Sprintf("Person %d", i), Version: 1, After: p})
	}
	sealAll(t, d)
}

func sealAll(t *testing.T, d *db.DB) int {
	t.Helper()
	n, err := Seal(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func openHeads(t *testing.T, dir string) *Heads {
	t.Helper()
	h, err := OpenHeads(dir, filepath.Join(dir, "test.key"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func sign(t *testing.T, h *Heads, d *db.DB) {
	t.Helper()
	err := h.Sign(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, d *db.DB, file string) Report {
	t.Helper()
	r, err := Verify(t.Context(), d, file)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantWhole(t *testing.T, r Report, rows int64) {
	t.Helper()
	if !r.Whole() || r.BadSeq != 0 || r.Rows != rows || r.LastSeq != rows {
		t.Fatalf("got %+v (%s), want %d whole rows", r, r.Reason.English(), rows)
	}
}

func wantBad(t *testing.T, r Report, seq int64, key string) {
	t.Helper()
	if r.Whole() || r.BadSeq != seq || r.Reason.Key != key {
		t.Fatalf("got bad row %d, %s (%s), want %d, %s", r.BadSeq, r.Reason.Key, r.Reason.English(), seq, key)
	}
}

func exec(t *testing.T, d *db.DB, query string, args ...any) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func count(t *testing.T, d *db.DB, query string, args ...any) int64 {
	t.Helper()
	var n int64
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		var err error
		n, err = db.One[int64](tx, query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func listed(t *testing.T, d *db.DB, f Filter) []Listed {
	t.Helper()
	var out []Listed
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		var err error
		out, err = List(tx, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWriteChanges(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		before := person{ID: "p1", Name: "Yusra", Role: "clerk", Password: "secret-1", Tags: db.JSON[[]string]{V: []string{"a"}}, meta: meta{Version: 1}}
		after := before
		after.Name, after.Role, after.Active, after.Password, after.Version = "Yusra L", "head \"of\" <office>", true, "secret-2", 2
		after.SeenAt, after.Manager = 1700000000000, sql.Null[string]{V: "p2", Valid: true}
		after.Tags.V = []string{"a", "b"}
		write1(t, d, Row{Actor: "acc", Action: "updated", Kind: "person", Record: "p1", Title: "a person\x00\xff", Version: 2, Before: before, After: &after})

		rows := listed(t, d, Filter{})
		if len(rows) != 1 {
			t.Fatalf("got %d rows, want 1", len(rows))
		}
		r := rows[0]
		if r.Actor != "acc" || r.Audience != Host || r.Version != 2 || r.Title != "a person\uFFFD\uFFFD" {
			t.Errorf("row %+v", r)
		}
		var got []string
		for _, c := range r.Changes {
			got = append(got, fmt.Sprintf("%s %s→%s personal=%v", c.Field, c.Old, c.New, c.Personal))
		}
		want := []string{
			`name "Yusra"→"Yusra L" personal=true`,
			`role "clerk"→"head \"of\" <office>" personal=false`,
			`active false→true personal=false`,
			`seen_at null→1700000000000 personal=false`,
			`manager null→"p2" personal=false`,
			`tags ["a"]→["a","b"] personal=false`,
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got changes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, table := range []string{"audit", "audit_personal", "record_version"} {
			column := map[string]string{"audit": "changes", "audit_personal": "value", "record_version": "fields"}[table]
			if n := count(t, d, `select count(*) from `+table+` where `+column+` like '%secret-%'`); n != 0 {
				t.Errorf("%d rows of %s hold a value that is left out", n, table)
			}
		}
		if n := count(t, d, `select count(*) from audit where changes like '%Yusra%'`); n != 0 {
			t.Error("a chained row holds a personal value")
		}
	})
}

// A creation lists what was given, a deletion what was there, and an event no field.
func TestWriteOneSide(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	p := person{ID: "p1", Role: "clerk"}
	write1(t, d, Row{Action: "created", Kind: "person", Record: "p1", Version: 1, After: p})
	write1(t, d, Row{Action: "deleted", Kind: "person", Record: "p1", Version: 2, Before: &p})
	write1(t, d, Row{Action: "signed-in", Kind: "account", Record: "a1", Before: (*person)(nil)})
	rows := listed(t, d, Filter{})
	var got []string
	for _, r := range rows {
		line := r.Action
		for _, c := range r.Changes {
			line += fmt.Sprintf(" %s %s→%s", c.Field, c.Old, c.New)
		}
		got = append(got, line)
	}
	want := []string{
		"signed-in",
		`deleted id "p1"→null role "clerk"→null weight 0→null active false→null`,
		`created id null→"p1" role null→"clerk" weight null→0 active null→false`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	for name, r := range map[string]Row{
		"no action":    {Kind: "person", Record: "p"},
		"no kind":      {Action: "created", Record: "p"},
		"two types":    {Action: "updated", Kind: "person", Record: "p", Before: person{}, After: meta{}},
		"not a struct": {Action: "updated", Kind: "person", Record: "p", After: 3},
	} {
		err := d.Write(t.Context(), func(tx *db.Tx) error { return Write(tx, r) })
		if err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if n := count(t, d, `select count(*) from audit`); n != 0 {
		t.Errorf("%d rows left", n)
	}
}

func TestAI2_RollbackLeavesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fillRows(t, d, 2)
		stop := errors.New("stop")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for range 3 {
				p := person{ID: id.New(), Name: "Gone"}
				err := Write(tx, Row{Actor: "a", Action: "created", Kind: "person", Record: p.ID, Version: 1, After: p})
				if err != nil {
					return err
				}
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatalf("got %v", err)
		}
		fillRows(t, d, 2)
		wantWhole(t, verify(t, d, ""), 4)
		for table, want := range map[string]int64{"audit": 4, "audit_personal": 8, "record_version": 4} {
			if n := count(t, d, `select count(*) from `+table); n != want {
				t.Errorf("%s has %d rows, want %d", table, n, want)
			}
		}
	})
}

func TestAI2_FailingInsertAbortsTheWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `alter table audit rename to audit_gone`)
		defer exec(t, d, `alter table audit_gone rename to audit`)
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`insert into setting (name, value, updated_at, updated_by) values ('x', 'y', 1, 'z')`)
			if err != nil {
				return err
			}
			return Write(tx, Row{Actor: "a", Action: "updated", Kind: "setting", Record: "x"})
		})
		if err == nil {
			t.Error("written without its row")
		}
		if n := count(t, d, `select count(*) from setting where name = 'x'`); n != 0 {
			t.Error("the change stands without its row")
		}
	})
}

// Several rows in one transaction, several transactions at once.
func TestTwoWriters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const writers, each = 4, 8
		other := dbtest.Again(t, d) // as a command beside the server
		errc := make(chan error, writers)
		for w := range writers {
			on := d
			if w%2 == 1 {
				on = other
			}
			go func() {
				errc <- func() error {
					for i := range each {
						err := on.Write(context.Background(), func(tx *db.Tx) error {
							for range 3 {
								p := person{ID: id.New(), Name: "N"}
								err := Write(tx, Row{Actor: fmt.Sprint(w), Action: "created", Kind: "person", Record: p.ID, Version: 1, After: p})
								if err != nil {
									return err
								}
							}
							return nil
						})
						if err != nil {
							return err
						}
						if i%3 == 0 {
							_, err = Seal(context.Background(), on)
							if err != nil {
								return err
							}
						}
					}
					return nil
				}()
			}()
		}
		for range writers {
			err := <-errc
			if err != nil {
				t.Error(err)
			}
		}
		sealAll(t, d)
		r := verify(t, d, "")
		wantWhole(t, r, writers*each*3)
		if r.Unsealed != 0 || !r.NoHeads || r.Unsigned != r.Rows {
			t.Errorf("got %+v", r)
		}
	})
}

// On PostgreSQL the transaction that began first may commit last.
func TestSealOutOfOrder(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	began, finish, done := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		done <- d.Write(context.Background(), func(tx *db.Tx) error {
			err := Write(tx, Row{Actor: "slow", Action: "created", Kind: "person", Record: "slow"})
			close(began)
			<-finish
			return err
		})
	}()
	<-began
	write1(t, d, Row{Actor: "quick", Action: "created", Kind: "person", Record: "quick"})
	before := verify(t, d, "")
	wantWhole(t, before, 0)
	if before.Unsealed != 1 {
		t.Errorf("%d unsealed rows, want 1", before.Unsealed)
	}
	if n := sealAll(t, d); n != 1 {
		t.Errorf("sealed %d rows, want the one that is committed", n)
	}
	close(finish)
	err := <-done
	if err != nil {
		t.Fatal(err)
	}
	if n := sealAll(t, d); n != 1 {
		t.Errorf("sealed %d rows, want 1", n)
	}
	wantWhole(t, verify(t, d, ""), 2)
	for seq, want := range map[int64]string{1: "quick", 2: "slow"} {
		if n := count(t, d, `select count(*) from audit where seq = $1 and actor = $2`, seq, want); n != 1 {
			t.Errorf("row %d is not that of %s", seq, want)
		}
	}
}

// More rows than a transaction of the sealer and a statement of it hold.
func TestSealMany(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	const n = sealBatch + sealStatement + 7
	exec(t, d, `insert into audit (id, at, actor, action, kind, record)
		select 'id' || lpad(cast(i as text), 8, '0'), 1000 + i / 10, 'a', 'created', 'person', cast(i as text) from generate_series(1, `+fmt.Sprint(n)+`) i`)
	if got := sealAll(t, d); got != n {
		t.Errorf("sealed %d rows, want %d", got, n)
	}
	wantWhole(t, verify(t, d, ""), n)
	if got := count(t, d, `select count(*) from audit where seq = cast(record as bigint)`); got != n {
		t.Errorf("%d rows stand in the order in which they were written, want all", got)
	}
}

// Rows that another engine left without a number are chained on SQLite too.
func TestSealMoved(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	exec(t, d, `insert into audit (id, at, actor, action, kind, record) values ('b', 2, 'a', 'created', 'person', 'x'), ('a', 1, 'a', 'created', 'person', 'y')`)
	if n := sealAll(t, d); n != 2 {
		t.Errorf("sealed %d rows, want 2", n)
	}
	fillRows(t, d, 1)
	wantWhole(t, verify(t, d, ""), 3)
}

func TestBase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.Clock.Set(1_000_000)
		v1 := person{
			ID: "p1", Name: "Ada", Email: "ada@example.org", Role: "clerk\n", Weight: 1.5, Active: true, Since: "2024-02-29", SeenAt: 12,
			Manager: sql.Null[string]{V: "p2", Valid: true}, Rank: sql.Null[int64]{V: 9007199254740993, Valid: true}, Tags: db.JSON[[]string]{V: []string{"x", "y"}},
		}
		v2 := v1
		v2.Role, v2.Manager, v2.Tags, v2.SeenAt = "head", sql.Null[string]{}, db.JSON[[]string]{}, 0
		write1(t, d, Row{Action: "created", Kind: "person", Record: "p1", Version: 1, After: v1})

		prune := func() int64 {
			t.Helper()
			var n int64
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				var err error
				n, err = Prune(tx, tx.Now.Add(-Keep))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		base := func(version int64, want *person) {
			t.Helper()
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				got, ok, err := Base[person](tx, "person", "p1", version)
				if err != nil {
					return err
				}
				if ok != (want != nil) {
					t.Errorf("version %d: kept is %v", version, ok)
				}
				if want != nil && fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", *want) {
					t.Errorf("version %d\ngot  %+v\nwant %+v", version, got, *want)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		base(1, &v1)
		base(2, nil)
		d.Clock.Advance(Keep * 3)
		if n := prune(); n != 1 {
			t.Errorf("pruned %d versions, want 1", n)
		}
		base(1, nil)
		// The record had stood for long; a form opened yesterday still finds its base.
		write1(t, d, Row{Action: "updated", Kind: "person", Record: "p1", Version: 2, Before: v1, After: v2})
		base(1, &v1)
		base(2, &v2)
		d.Clock.Advance(Keep)
		if n := prune(); n != 0 {
			t.Errorf("pruned %d versions that are not older than Keep", n)
		}
		exec(t, d, `update record_version set fields = '{"role":7}' where version = 1`)
		base(1, nil)
	})
}

func TestEraseLeavesTheChainWhole(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openHeads(t, t.TempDir())
		a := person{ID: "p1", Name: "Ada Canary"}
		b := a
		b.Name = "Ada Canary-Two"
		write1(t, d, Row{Action: "created", Kind: "person", Record: "p1", Version: 1, After: a})
		write1(t, d, Row{Action: "updated", Kind: "person", Record: "p1", Version: 2, Before: a, After: b})
		write1(t, d, Row{Action: "created", Kind: "person", Record: "p2", Version: 1, After: person{ID: "p2", Name: "Other"}})
		sealAll(t, d)
		sign(t, h, d)
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			err := Erase(tx, "person", "p1")
			if err != nil {
				return err
			}
			return Write(tx, Row{Actor: "a", Action: "erased", Kind: "person", Record: "p1"})
		})
		if err != nil {
			t.Fatal(err)
		}
		sealAll(t, d)
		wantWhole(t, verify(t, d, h.Path()), 4)
		for _, q := range []string{
			`select count(*) from audit where changes like '%Canary%' or title like '%Canary%'`,
			`select count(*) from audit_personal where value like '%Canary%'`,
			`select count(*) from record_version where fields like '%Canary%'`,
		} {
			if n := count(t, d, q); n != 0 {
				t.Errorf("%d of %s", n, q)
			}
		}
		rows := listed(t, d, Filter{Kind: "person", Record: "p1"})
		if len(rows) != 3 {
			t.Fatalf("got %d rows, want 3", len(rows))
		}
		last := rows[2].Changes[1]
		if last.Field != "name" || !last.Personal || !last.Erased || last.New != nil {
			t.Errorf("got %+v, want an erased name", last)
		}
		other := listed(t, d, Filter{Record: "p2"})[0].Changes[1]
		if other.Erased || string(other.New) != `"Other"` {
			t.Errorf("got %+v, want the other person's name", other)
		}
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.Clock.Set(1000)
		// Rows of one transaction share their instant: the id decides.
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for i := range 7 {
				err := Write(tx, Row{Actor: fmt.Sprint("a", i%2), Action: "created", Kind: "k", Record: fmt.Sprint("r", i), Context: fmt.Sprint("c", i%3)})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		d.Clock.Set(2000)
		write1(t, d, Row{Actor: "a0", Action: "updated", Kind: "other", Record: "r0", Audience: "public"})

		names := func(f Filter) string {
			var out []string
			for _, r := range listed(t, d, f) {
				out = append(out, r.Kind+"/"+r.Record)
			}
			return strings.Join(out, " ")
		}
		for _, c := range []struct {
			name string
			f    Filter
			want string
		}{
			{"all", Filter{}, "other/r0 k/r6 k/r5 k/r4 k/r3 k/r2 k/r1 k/r0"},
			{"kind", Filter{Kind: "other"}, "other/r0"},
			{"record", Filter{Kind: "k", Record: "r3"}, "k/r3"},
			{"context", Filter{Context: "c1"}, "k/r4 k/r1"},
			{"actor", Filter{Actor: "a1"}, "k/r5 k/r3 k/r1"},
			{"since", Filter{Since: 1001}, "other/r0"},
			{"limit", Filter{Limit: 2}, "other/r0 k/r6"},
			{"only", Filter{Kind: "other", Only: db.Part{SQL: `a.audience = $1 or a.audience = $2`, Args: []any{"public", "parties"}}}, "other/r0"},
			{"only none", Filter{Actor: "a1", Only: db.Part{SQL: `1 = 0 or a.audience = $1`, Args: []any{"public"}}}, ""},
		} {
			if got := names(c.f); got != c.want {
				t.Errorf("%s: got %s, want %s", c.name, got, c.want)
			}
		}
		var paged []string
		f := Filter{Limit: 3}
		for {
			rows := listed(t, d, f)
			if len(rows) == 0 {
				break
			}
			for _, r := range rows {
				paged = append(paged, r.Kind+"/"+r.Record)
			}
			f.After = rows[len(rows)-1].Place()
		}
		if got := strings.Join(paged, " "); got != names(Filter{}) {
			t.Errorf("pages give %s", got)
		}
		exec(t, d, `update audit set changes = 'nonsense' where record = 'r6'`)
		rows := listed(t, d, Filter{})
		if len(rows) != 8 || !rows[1].Unreadable || rows[2].Unreadable {
			t.Error("a row that was tampered with should be told apart and hide no other")
		}
	})
}

func TestVerifyReadOnly(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	h := openHeads(t, t.TempDir())
	fillRows(t, d, 3)
	sign(t, h, d)
	ro, err := db.Open(t.Context(), db.Options{Path: dbtest.Address(d), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ro.Close()
	info, err := os.Stat(h.Path())
	if err != nil {
		t.Fatal(err)
	}
	r := verify(t, ro, h.Path())
	wantWhole(t, r, 3)
	if r.HeadsChecked != 1 || r.Unsigned != 0 || r.NoHeads || len(r.Keys) != 1 || r.Keys[0] != h.Public() {
		t.Errorf("got %+v", r)
	}
	after, err := os.Stat(h.Path())
	if err != nil {
		t.Fatal(err)
	}
	if after.ModTime() != info.ModTime() {
		t.Error("Verify wrote the log")
	}
}

func BenchmarkWrite(b *testing.B) {
	d := dbtest.SQLite(b)
	before := person{ID: "p1", Name: "Ada", Role: "clerk"}
	after := before
	after.Role = "head"
	b.ReportAllocs()
	err := d.Write(b.Context(), func(tx *db.Tx) error {
		for i := range b.N {
			err := Write(tx, Row{Actor: "a", Action: "updated", Kind: "person", Record: "p1", Title: "A person", Version: int64(i + 2), Before: &before, After: &after})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
