package partnership

import (
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// What a digest and a reminder tell of: the partnerships that an account has a
// part in, not all that it may view.

// movedElement is an element whose state changed, with where it stands now.
type movedElement struct {
	Element string `db:"element"`
	State   State  `db:"state"`
}

// movedSince are the elements whose state changed since an instant and is not
// what it was then, in the partnerships that the actor has a part in.
func movedSince(t *db.Tx, a access.Actor, since clock.Ms, limit int) ([]movedElement, error) {
	q := db.NewQ(`select j.element, j.state
		from (`+access.Objects(Kind, access.View)+`) o cross join partnership p cross join journey_state j
		where p.id = o.object and j.partnership = p.id and p.deleted_at is null and j.since > $2 and
			(select h.from_state from journey_history h where h.partnership = j.partnership and h.element = j.element and h.at > $2 order by h.at, h.id limit 1) <> j.state and`,
		a.Account, since).AddPart(Where(a, access.View)).Add(`order by j.since desc, j.partnership, j.element limit $1`, limit)
	return db.All[movedElement](t, q.SQL(), q.Args...)
}

// dueDay is something that is due on a day.
type dueDay struct {
	ID      string    `db:"id"`
	Element string    `db:"element"`
	DueOn   clock.Day `db:"due_on"`
}

// deadlinesBetween are the deadlines, from a day to another, of the
// partnerships that the actor has a part in.
func deadlinesBetween(t *db.Tx, a access.Actor, from, to clock.Day, limit int) ([]dueDay, error) {
	q := db.NewQ(`select g.id, g.element, g.due_on
		from (`+access.Objects(Kind, access.View)+`) o cross join partnership p cross join deadline g
		where p.id = o.object and g.partnership = p.id and p.deleted_at is null and g.deleted_at is null and g.done_at is null and g.due_on between $2 and $3 and`,
		a.Account, string(from), string(to)).AddPart(Where(a, access.View)).Add(`and`).AddPart(access.Audience(a, "g.audience")).
		Add(`order by g.due_on, g.id limit $1`, limit)
	return db.All[dueDay](t, q.SQL(), q.Args...)
}

// repliedSince are the elements about which focal points answered by a link
// since an instant, in the partnerships that the actor has a part in; they are
// the host's to hear of.
func repliedSince(t *db.Tx, a access.Actor, since clock.Ms, limit int) ([]string, error) {
	if !a.Staff() {
		return nil, nil
	}
	q := db.NewQ(`select r.element
		from (`+access.Objects(Kind, access.View)+`) o cross join partnership p cross join answer_reply w join answer_request r on r.id = w.request
		where p.id = o.object and w.partnership = p.id and p.deleted_at is null and w.at > $2 and`, a.Account, since).AddPart(Where(a, access.View)).
		Add(`order by w.at desc, w.id limit $1`, limit)
	return db.All[string](t, q.SQL(), q.Args...)
}
