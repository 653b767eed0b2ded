package partnership

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

// plan is how SQLite would run a query: one line a step.
func plan(t *db.Tx, query string, args []any) ([]string, error) {
	type step struct {
		ID      int64  `db:"id"`
		Parent  int64  `db:"parent"`
		NotUsed int64  `db:"notused"`
		Detail  string `db:"detail"`
	}
	steps, err := db.All[step](t, `explain query plan `+query, args...)
	var out []string
	for _, s := range steps {
		out = append(out, s.Detail)
	}
	return out, err
}

// whole scans of a table with many rows, and sorting, are what lists must not
// do: their cost would grow with the number of partnerships.
var slow = regexp.MustCompile(`^SCAN (s|p|x|g|action|deadline|partnership|journey_summary)( |$)`)

func TestListsUseIndexes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	c := h.cast()
	h.many(c, 1000)
	for _, a := range []access.Actor{c.officer, c.admin, c.auditor} {
		for _, k := range []struct {
			name string
			q    func(t *db.Tx) (string, []any)
			want string // an index that leads
			sort bool   // sorting is right: only the actor's own are sorted
		}{
			{"by wait", func(*db.Tx) (string, []any) { return listQuery(a, "wait") }, "ix_journey_summary_wait", false},
			{"by title", func(*db.Tx) (string, []any) { return listQuery(a, "title") }, "ix_partnership_title", false},
			{"actions", func(*db.Tx) (string, []any) {
				q := fromTodos(db.NewQ(`select `+listedTodoColumns("en")), a, TodoFilter{}).Add(`order by ` + dueKey + `, x.id limit 50`)
				return q.SQL(), q.Args
			}, "ix_action", false},
			{"my many actions", func(*db.Tx) (string, []any) {
				q := fromTodos(db.NewQ(`select `+listedTodoColumns("en")), a, TodoFilter{Mine: true, Many: true}).Add(`order by ` + dueKey + `, x.id limit 50`)
				return q.SQL(), q.Args
			}, "ix_action", false},
			{"my few actions", func(*db.Tx) (string, []any) {
				q := fromTodos(db.NewQ(`select `+listedTodoColumns("en")), a, TodoFilter{Mine: true}).Add(`order by ` + dueKey + `, x.id limit 50`)
				return q.SQL(), q.Args
			}, "ix_action", true},
		} {
			h.read(func(t *db.Tx) error {
				query, args := k.q(t)
				steps, err := plan(t, query, args)
				if err != nil {
					return err
				}
				for _, s := range steps {
					if slow.MatchString(s) && !strings.Contains(s, "USING INDEX") && !strings.Contains(s, "USING COVERING INDEX") {
						h.Errorf("%s for %s: %s", k.name, a.Name, s)
					}
					if strings.Contains(s, "TEMP B-TREE FOR ORDER BY") && !k.sort {
						h.Errorf("%s for %s sorts: %s", k.name, a.Name, strings.Join(steps, "; "))
					}
				}
				if !slices.ContainsFunc(steps, func(s string) bool { return strings.Contains(s, k.want) }) {
					h.Errorf("%s for %s does not use %s: %s", k.name, a.Name, k.want, strings.Join(steps, "; "))
				}
				return nil
			})
		}
	}
}

// listQuery is the query of listed.
func listQuery(a access.Actor, sort string) (string, []any) {
	q, _, order := listedQuery(a, ListFilter{Sort: sort, Limit: 50})
	q.Add(`order by ` + order[0] + ` limit 50`)
	return q.SQL(), q.Args
}

// The pages of a list, put together, are the list: nothing twice, nothing left
// out, in one order, forwards and backwards.
func TestPagesOfAList(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		h.many(c, 230)
		for _, a := range []access.Actor{c.officer, c.admin, c.ana} {
			for _, sort := range []string{"wait", "title"} {
				var all, forth, back []string
				ids := func(rows []Row) []string {
					var out []string
					for _, r := range rows {
						out = append(out, r.ID)
					}
					return out
				}
				h.read(func(t *db.Tx) error {
					f := ListFilter{Sort: sort, Limit: 1000}
					rows, more, err := listed(t, a, f, "", "")
					if err != nil || more {
						h.Fatalf("all at once: %v, more %v", err, more)
					}
					all = ids(rows)
					if n, err := countListed(t, a, f, 10_000); err != nil || n != len(all) {
						h.Errorf("%d counted, %d listed: %v", n, len(all), err)
					}
					for i, r := range rows {
						if i > 0 && (sort == "wait" && r.WaitSince < rows[i-1].WaitSince || sort == "title" && r.Folded < rows[i-1].Folded) {
							h.Errorf("row %d is out of order", i)
						}
					}
					f.Limit = 17
					for after, more := "", true; more; after = forth[len(forth)-1] {
						rows, more, err = listed(t, a, f, after, "")
						if err != nil {
							return err
						}
						forth = append(forth, ids(rows)...)
					}
					for before, more := all[len(all)-1], true; more; before = back[0] {
						rows, more, err = listed(t, a, f, "", before)
						if err != nil {
							return err
						}
						back = append(ids(rows), back...)
					}
					return nil
				})
				if !slices.Equal(forth, all) || !slices.Equal(back, all[:len(all)-1]) {
					h.Errorf("%s by %s: %d in all, %d forth, %d back", a.Name, sort, len(all), len(forth), len(back))
				}
				want := map[string]int{c.officer.Account: 225, c.admin.Account: 230, c.ana.Account: 12}[a.Account]
				if len(all) != want {
					h.Errorf("%s sees %d, want %d", a.Name, len(all), want)
				}
			}
		}
	})
}
