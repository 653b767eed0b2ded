package directory

import (
	"fmt"
	"strings"
	"testing"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

// The list of organisations walks an index whatever the filter: it is not
// sorted, and a page costs the same at the beginning and at the end.
func TestTheListWalksAnIndex(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	type step struct {
		ID     int    `db:"id"`
		Parent int    `db:"parent"`
		Cost   int    `db:"notused"`
		Detail string `db:"detail"`
	}
	at := &place{ID: "x", Folded: "m"}
	for _, f := range []Filter{{}, {Country: "BRA"}, {Kind: "workers"}, {Constituent: Workers}, {Country: "BRA", Kind: "workers"}, {Text: "union"}, {Text: "labour union", Country: "BRA"}, {nowhere: true}} {
		for _, down := range []bool{false, true} {
			for _, from := range []*place{nil, at} {
				q := listQuery(f, from, down, 51)
				if down && from != nil {
					q = countQuery(f, 10_001)
				}
				err := d.Read(t.Context(), func(tx *db.Tx) error {
					steps, err := db.All[step](tx, "explain query plan "+q.SQL(), q.Args...)
					var plan []string
					for _, s := range steps {
						plan = append(plan, s.Detail)
					}
					all := strings.Join(plan, "; ")
					if strings.Contains(all, "TEMP B-TREE") || !strings.Contains(all, "ix_organisation_") {
						t.Errorf("%+v, down %v, from %v: %s", f, down, from, all)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestSQLPieces(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		o := add(t, s, OrganisationForm{Name: "Ministry", NameFR: "Ministère", Acronym: "M", Kind: "government", Country: "BRA"})
		gone := add(t, s, OrganisationForm{Name: "Gone"})
		_, err := s.DeleteOrganisation(t.Context(), officer, gone.ID)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.CreatePerson(t.Context(), officer, PersonForm{Name: "Ana", Email: "ana@example.org"}, Role{})
		if err != nil {
			t.Fatal(err)
		}
		type row struct {
			A string `db:"a"`
			B string `db:"b"`
			C string `db:"c"`
			D string `db:"d"`
			E bool   `db:"e"`
		}
		get := func(id, lang string) (r row) {
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				var err error
				r, err = db.One[row](tx, `select `+OrganisationName("o", lang)+` as a, `+OrganisationKind("o")+` as b, `+OrganisationCountry("o")+` as c, `+
					OrganisationConstituent("o")+` || `+OrganisationAcronym("o")+` as d, `+OrganisationThere("o")+` as e
					from (select cast($1 as text) as id) x `+JoinOrganisation("o", "x.id"), id)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		for _, c := range []struct {
			id, lang string
			want     row
		}{
			{o.ID, "fr", row{"Ministère", "government", "BRA", "governmentM", true}}, {o.ID, "es", row{"Ministry", "government", "BRA", "governmentM", true}},
			{gone.ID, "en", row{"Gone", "", "", "", false}}, {"nobody", "en", row{}},
		} {
			if got := get(c.id, c.lang); got != c.want {
				t.Errorf("%s in %s: %+v, want %+v", c.id, c.lang, got, c.want)
			}
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			r, err := db.One[row](tx, `select `+PersonName("p")+` as a, `+PersonEmail("p")+` as b from (select cast($1 as text) as id) x `+JoinPerson("p", "x.id"), p.ID)
			if r.A != "Ana" || r.B != "ana@example.org" {
				t.Errorf("person: %+v", r)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		to, today clock.Day
		want      bool
	}{{"", "2026-11-24", false}, {"2026-11-24", "2026-11-24", false}, {"2026-11-23", "2026-11-24", true}, {"2026-11", "2026-11-24", false}, {"2026-10", "2026-11-24", true}, {"2026", "2026-11-24", false}, {"2025", "2026-11-24", true}, {"2025", "2025-06", false}} {
		if got := Over(c.to, c.today); got != c.want {
			t.Errorf("Over(%q, %q) = %v", c.to, c.today, got)
		}
	}
}

// many fills a database with organisations, in the caller's time.
func many(b *testing.B, s *Service, n int) {
	b.Helper()
	countries, kinds := s.ref.All(CountryList), s.ref.All(KindList)
	for from := 0; from < n; from += 5000 {
		err := s.d.Write(b.Context(), func(t *db.Tx) error {
			for i := from; i < min(from+5000, n); i++ {
				_, err := s.InsertOrganisation(t, officer, Organisation{Name: fmt.Sprintf("%s %c%c%c of labour %d", []string{"Union", "Ministry", "Institute", "Fund"}[i%4], 'a'+i*7%26, 'a'+i*11%26, 'a'+i*3%26, i),
					Kind: kinds[i%len(kinds)].Code, Country: countries[i*101%len(countries)].Code})
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
}

func BenchmarkList(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := open(b)
			s := setUp(b, d)
			many(b, s, 100_000)
			err := d.Write(b.Context(), func(t *db.Tx) error {
				_, err := t.Exec(`analyze organisation`)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			for name, f := range map[string]Filter{
				"country": {Country: "BRA", Lang: "en"}, "all": {Lang: "en"}, "by-country": {Sort: ByCountry, Lang: "fr"}, "constituent": {Constituent: Workers, Sort: ByNameDown},
				"word": {Text: "labour"}, "rare-word": {Text: "99999"}, "no-word": {Text: "nowhere"}, "kind-country": {Kind: "workers", Country: "KEN"},
				"rare-by-country": {Text: "99999", Sort: ByCountry},
			} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						_, err := s.List(b.Context(), f)
						if err != nil {
							b.Fatal(err)
						}
						_, _, err = s.Count(b.Context(), f)
						if err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
