package partnership

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/search"
)

// many fills a house with n partnerships as the services would leave them:
// each with two parties, a place, a summary, states and waits of two elements
// and an action. It writes rows of its own accord, because the services would
// take minutes.
func (h *house) many(c cast, n int) {
	h.Helper()
	now := h.d.Clock.Now()
	const batch = 50
	for from := 0; from < n; from += batch {
		h.write(func(t *db.Tx) error {
			size := min(batch, n-from)
			rows := map[string]*bulk{}
			add := func(table, columns string, values ...any) {
				if rows[table] == nil {
					rows[table] = &bulk{table: table, columns: columns}
				}
				rows[table].add(values)
			}
			for i := from; i < from+size; i++ {
				p := id.New()
				title := fmt.Sprintf("Partnership %d for decent work in town %d", (i*7919)%n, i%97)
				since := now - clock.Ms((i*104729)%n)*60_000
				add("partnership", "id, title, title_folded, status, status_since, confidential, manager, created_at, created_by, updated_at, updated_by",
					p, title, search.Fold(title), string(Statuses[i%len(Statuses)]), now, i%50 == 0, c.officer.Account, now, "tests", now, "tests")
				add("journey_summary", "partnership, strip, met, attested, partly, open, not_applicable, wait_since, wait_kind, wait_id, wait_message, wait_element, checked_at",
					p, strings.Repeat("o", 11), 0, 0, 0, 35, 0, since, "right", "manage", `{"k":"journey.no_evidence"}`, "prospect.geography", now)
				for k, org := range []string{c.india, c.brazil} {
					party := id.New()
					add("party", "id, partnership, organisation, created_at, created_by, updated_at, updated_by", party, p, org, now, "tests", now, "tests")
					add("party_role", "id, partnership, party, role, created_at, created_by", id.New(), p, party, string(Triangle[k]), now, "tests")
				}
				add("partnership_place", "id, partnership, kind, code, created_at, created_by", id.New(), p, "country", []string{"IND", "BRA", "KEN", "MOZ"}[i%4], now, "tests")
				for _, e := range Elements[:2] {
					add("journey_state", "partnership, element, state, since, finding, checked_at", p, e.Key, "open", since, `{"state":"open"}`, now)
					add("journey_waiting", "partnership, element, who_kind, who_id, what, message, link, since", p, e.Key, "right", "manage", "evidence", `{"k":"journey.no_evidence"}`, "/x", since)
				}
				owner := []any{"right", "manage"}
				if i%100 == 1 {
					owner = []any{"person", c.officer.Person}
				}
				add("action", "id, partnership, element, text, owner_kind, owner_id, due_on, state, audience, created_at, created_by, updated_at, updated_by",
					id.New(), p, "prospect.geography", "x", owner[0], owner[1], string(firstDay.AddDays(i%365)), "open", "host", now, "tests", now, "tests")
				add("deadline", "id, partnership, text, due_on, audience, created_at, created_by", id.New(), p, "x", string(firstDay.AddDays(i%365)), "host", now, "tests")
				for _, a := range []string{c.ana.Account, c.ravi.Account} {
					if i%20 == 0 {
						add("object_access", "account, kind, object, access_right", a, Kind, p, "view")
					}
				}
			}
			for _, table := range []string{"partnership", "journey_summary", "party", "party_role", "partnership_place", "journey_state", "journey_waiting", "action", "deadline", "object_access"} {
				if rows[table] == nil {
					continue
				}
				err := rows[table].insert(t)
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	h.write(func(t *db.Tx) error {
		_, err := t.Exec(`analyze`)
		return err
	})
}

// bulk is an insert of many rows.
type bulk struct {
	table, columns string
	values         strings.Builder
	args           []any
}

func (b *bulk) add(values []any) {
	if len(b.args) > 0 {
		b.values.WriteString(", ")
	}
	b.values.WriteByte('(')
	for i := range values {
		if i > 0 {
			b.values.WriteString(", ")
		}
		fmt.Fprintf(&b.values, "$%d", len(b.args)+i+1)
	}
	b.values.WriteByte(')')
	b.args = append(b.args, values...)
}

func (b *bulk) insert(t *db.Tx) error {
	_, err := t.Exec(`insert into `+b.table+` (`+b.columns+`) values `+b.values.String(), b.args...)
	return err
}

// queries of the lists, as the pages ask them.
func lists(c cast, today clock.Day) map[string]func(t *db.Tx) (int, error) {
	return map[string]func(t *db.Tx) (int, error){
		"wait": func(t *db.Tx) (int, error) {
			rows, _, err := listed(t, c.officer, ListFilter{Sort: "wait", Limit: 50}, "", "")
			return len(rows), err
		},
		"title": func(t *db.Tx) (int, error) {
			rows, _, err := listed(t, c.officer, ListFilter{Sort: "title", Limit: 50}, "", "")
			return len(rows), err
		},
		"todos": func(t *db.Tx) (int, error) {
			rows, _, err := listTodos(t, c.officer, TodoFilter{Today: today, Lang: "en", Limit: 50})
			return len(rows), err
		},
		"mine": func(t *db.Tx) (int, error) {
			rows, _, err := listTodos(t, c.officer, TodoFilter{Mine: true, Today: today, Lang: "en", Limit: 50})
			return len(rows), err
		},
		"deadlines": func(t *db.Tx) (int, error) {
			rows, err := nextDeadlines(t, c.officer, today, 50)
			return len(rows), err
		},
	}
}

func BenchmarkList10k(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			h := newHouse(b, engine.open(b))
			c := h.cast()
			h.many(c, 10_000)
			asks := lists(c, h.today())
			for _, name := range slices.Sorted(maps.Keys(asks)) {
				ask := asks[name]
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						err := h.d.Read(b.Context(), func(t *db.Tx) error {
							n, err := ask(t)
							if err == nil && n != 50 {
								b.Fatalf("%d rows", n)
							}
							return err
						})
						if err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

func BenchmarkRecheck(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			h := newHouse(b, engine.open(b))
			c := h.cast()
			p := h.partnership(c)
			for _, e := range Elements {
				h.note(c.manager, p, e.Key, access.AudienceHost)
			}
			h.approve(c.approver, p, h.attest(c.manager, h.attested(p, "agreement.agreement")))
			h.claim(c.ravi, p, "project.progress", "", access.AudienceParties)
			b.Run("unchanged", func(b *testing.B) {
				for b.Loop() {
					err := h.s.Recheck(b.Context(), p)
					if err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("evidence", func(b *testing.B) {
				for b.Loop() {
					h.note(c.manager, p, "project.progress", access.AudienceHost)
				}
			})
		})
	}
}
