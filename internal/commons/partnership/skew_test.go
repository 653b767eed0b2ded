package partnership

import (
	"context"
	"slices"
	"sync"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
)

// CO6: one names a manager while another takes that account's right away: a
// partnership is never left with a manager who may not manage.
func TestCO6_ManagerNamedAndRemovedAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		c := h.cast()
		p := h.partnership(c)
		named, removed := 0, 0
		for round := range 15 {
			member, err := h.s.AddMember(h.Context(), c.manager, p, Member{Account: c.officer.Account, Right: access.Manage})
			h.ok(err)
			var results [2]error
			var wait sync.WaitGroup
			wait.Go(func() { results[0] = h.s.SetManager(context.Background(), c.manager, p, c.officer.Account) })
			wait.Go(func() { results[1] = h.s.RemoveMember(context.Background(), c.manager, p, member) })
			wait.Wait()
			for _, err := range results {
				if err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid) {
					t.Fatalf("round %d: %v", round, err)
				}
			}
			var team []Member
			h.read(func(tx *db.Tx) error {
				var err error
				team, err = teamOf(tx, p)
				return err
			})
			manager := h.record(p).Manager
			if !slices.ContainsFunc(team, func(m Member) bool { return m.Account == manager && m.Right == access.Manage }) {
				t.Fatalf("round %d: the manager may not manage: %v", round, results)
			}
			if (results[0] == nil) == (results[1] == nil) {
				t.Errorf("round %d: both or neither held: %v", round, results)
			}
			if results[0] == nil { // as it was
				named++
				h.ok(h.s.SetManager(h.Context(), c.officer, p, c.manager.Account))
				h.ok(h.s.RemoveMember(h.Context(), c.manager, p, member))
			} else {
				removed++
			}
		}
		h.whole(p)
		t.Logf("named %d times, removed %d times", named, removed)
	})
}
