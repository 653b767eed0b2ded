package audit

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
)

type mergeRecord struct {
	ID      string   `db:"id" audit:"-"`
	Name    string   `db:"name"`
	Country string   `db:"country"`
	Email   string   `db:"email" audit:"personal"`
	Aliases []string `db:"aliases"`
	Version int64    `db:"version" audit:"-"`
	Shown   string
}

func TestMerge(t *testing.T) {
	t.Parallel()
	base := mergeRecord{ID: "1", Name: "Union", Country: "BRA", Email: "a@example.org", Version: 3}
	theirs := base
	theirs.Version, theirs.Shown = 4, "theirs"
	for _, c := range []struct {
		name    string
		theirs  func(*mergeRecord)
		mine    func(*mergeRecord)
		want    func(*mergeRecord)
		clashes []string
	}{
		{"nothing changed", func(*mergeRecord) {}, func(*mergeRecord) {}, func(*mergeRecord) {}, nil},
		{"only mine", func(*mergeRecord) {}, func(r *mergeRecord) { r.Name = "Federation" }, func(r *mergeRecord) { r.Name = "Federation" }, nil},
		{"only theirs", func(r *mergeRecord) { r.Country = "IND" }, func(*mergeRecord) {}, func(r *mergeRecord) { r.Country = "IND" }, nil},
		{"different fields", func(r *mergeRecord) { r.Country = "IND" }, func(r *mergeRecord) { r.Aliases = []string{"U"} },
			func(r *mergeRecord) { r.Country, r.Aliases = "IND", []string{"U"} }, nil},
		{"the same change", func(r *mergeRecord) { r.Country = "IND" }, func(r *mergeRecord) { r.Country = "IND" }, func(r *mergeRecord) { r.Country = "IND" }, nil},
		{"a clash", func(r *mergeRecord) { r.Country, r.Email = "IND", "b@example.org" }, func(r *mergeRecord) { r.Country, r.Email = "KEN", "" },
			func(r *mergeRecord) { r.Country, r.Email = "KEN", "" }, []string{"country", "email"}},
		{"an id and a version are not merged", func(*mergeRecord) {}, func(r *mergeRecord) { r.ID, r.Version, r.Shown = "2", 9, "mine" }, func(*mergeRecord) {}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			theirs, mine := theirs, base
			c.theirs(&theirs)
			c.mine(&mine)
			want := theirs
			c.want(&want)
			got, clashes, err := Merge(base, theirs, mine)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("merged (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.clashes, clashes); diff != "" {
				t.Errorf("clashes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMergeAsksForStructs(t *testing.T) {
	t.Parallel()
	_, _, err := Merge(1, 2, 3)
	if err == nil {
		t.Error("numbers were merged")
	}
}

func TestDiffering(t *testing.T) {
	t.Parallel()
	a := mergeRecord{ID: "1", Name: "Union", Version: 1}
	b := mergeRecord{ID: "2", Name: "Federation", Aliases: []string{"F"}, Version: 2}
	got, err := Differing(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"name", "aliases"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first := mergeRecord{ID: "1", Name: "Union", Country: "BRA"}
		second := first
		second.Country = "IND"
		write := func(before, after any, version int64) {
			err := d.Write(t.Context(), func(t *db.Tx) error {
				return Write(t, Row{Actor: "a", Action: "changed", Kind: "thing", Record: "1", Version: version, Before: before, After: after})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		write(nil, first, 1)
		write(first, second, 2)
		reconcile := func(opened int64, ask func(mergeRecord) mergeRecord) (got mergeRecord, err error) {
			failed := d.Read(t.Context(), func(t *db.Tx) error {
				got, err = Reconcile(t, "thing", "1", opened, 2, second, ask)
				return nil
			})
			if failed != nil {
				t.Fatal(failed)
			}
			return got, err
		}
		rename := func(r mergeRecord) mergeRecord { r.Name = "Federation"; return r }
		move := func(r mergeRecord) mergeRecord { r.Country = "KEN"; return r }
		for _, c := range []struct {
			name    string
			opened  int64
			ask     func(mergeRecord) mergeRecord
			want    mergeRecord
			clashes []string
		}{
			{"stood still", 2, move, mergeRecord{ID: "1", Name: "Union", Country: "KEN"}, nil},
			{"another field", 1, rename, mergeRecord{ID: "1", Name: "Federation", Country: "IND"}, nil},
			{"the same field", 1, move, mergeRecord{}, []string{"country"}},
			{"not kept", 7, rename, mergeRecord{}, []string{"name"}},
			{"not kept, nothing asked", 7, func(r mergeRecord) mergeRecord { return r }, second, nil},
		} {
			got, err := reconcile(c.opened, c.ask)
			if c.clashes == nil {
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.name, diff)
				}
				continue
			}
			var clash *Clash[mergeRecord]
			if !errors.As(err, &clash) || !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: error %v, want a clash", c.name, err)
				continue
			}
			if diff := cmp.Diff(c.clashes, clash.Fields); diff != "" {
				t.Errorf("%s: fields (-want +got):\n%s", c.name, diff)
			}
			if clash.Now.Country != "IND" {
				t.Errorf("%s: the record now is %+v", c.name, clash.Now)
			}
		}
	})
}
