package partnership

import (
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// The queries of hand-overs.

const handOverColumns = `k.id, k.from_account, k.to_account, k.reason, k.last_day, k.at, k.by_actor, k.seen_at, k.undone_at, k.undone_by`

func insertHandOver(t *db.Tx, k HandOver) error {
	_, err := t.Exec(`insert into handover (id, from_account, to_account, reason, last_day, at, by_actor) values ($1, $2, $3, $4, $5, $6, $7)`,
		k.ID, k.From, k.To, k.Reason, string(k.LastDay), k.At, k.ByActor)
	return err
}

func oneHandOver(t *db.Tx, id string) (HandOver, error) {
	return db.One[HandOver](t, `select `+handOverColumns+` from handover k where k.id = $1`, id)
}

// lockHandOver reads a hand-over and keeps it for this transaction.
func lockHandOver(t *db.Tx, id string) (HandOver, error) {
	return db.One[HandOver](t, `select `+handOverColumns+` from handover k where k.id = $1`+t.Lock(), id)
}

func setHandOverUndone(t *db.Tx, id, by string) error {
	return t.ExecOne(`update handover set undone_at = $2, undone_by = $3 where id = $1`, id, t.Now, by)
}

func setHandOverSeen(t *db.Tx, id string) error {
	return t.ExecOne(`update handover set seen_at = $2 where id = $1`, id, t.Now)
}

// handOversTo are the hand-overs to an account that it has not put away.
func handOversTo(t *db.Tx, account string, since clock.Ms, limit int) ([]HandOver, error) {
	return db.All[HandOver](t, `select `+handOverColumns+` from handover k where k.to_account = $1 and k.at > $2 and k.seen_at = 0 and k.undone_at = 0
		order by k.at desc, k.id desc limit $3`, account, since, limit)
}

// handOversNamed reads some hand-overs by id.
func handOversNamed(t *db.Tx, ids []string) ([]HandOver, error) {
	q := db.In(db.NewQ(`select `+handOverColumns+` from handover k where`), `k.id in`, ids)
	return db.All[HandOver](t, q.SQL(), q.Args...)
}

const handItemColumns = `i.id, i.handover, i.position, i.kind, i.partnership, i.record, i.title, i.data, i.state, i.why`

func insertHandItem(t *db.Tx, x HandItem) error {
	_, err := t.Exec(`insert into handover_item (id, handover, position, kind, partnership, record, title, data, state, why) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		x.ID, x.HandOver, x.Position, x.Kind, x.Partnership, x.Record, x.Title, x.Data, string(x.State), x.Why.Text())
	return err
}

func setHandItem(t *db.Tx, x HandItem) error {
	return t.ExecOne(`update handover_item set state = $2, why = $3 where id = $1`, x.ID, string(x.State), x.Why.Text())
}

func handItemsOf(t *db.Tx, handover string) ([]HandItem, error) {
	return db.All[HandItem](t, `select `+handItemColumns+` from handover_item i where i.handover = $1 order by i.position, i.id`, handover)
}

// handPlace is a right that an account holds in a team, with its partnership.
type handPlace struct {
	Member
	Title        string `db:"title"`
	TitleFR      string `db:"title_fr"`
	TitleES      string `db:"title_es"`
	Confidential bool   `db:"confidential"`
	Manager      string `db:"manager"`
	Status       Status `db:"status"`
}

// placesOfAccount are the rights that an account holds in teams of
// partnerships that the actor may view, by the title of the partnership.
func placesOfAccount(t *db.Tx, a access.Actor, account string) ([]handPlace, error) {
	q := db.NewQ(`select `+memberColumns+`, p.title, p.title_fr, p.title_es, p.confidential, p.manager, p.status
		from partnership_team m join partnership p on p.id = m.partnership
		where m.account = $1 and m.deleted_at is null and (m.until_on = '' or m.until_on >= $2) and p.deleted_at is null and`, account, string(t.Now.Day())).
		AddPart(Where(a, access.View)).Add(`order by p.title_folded, p.id, m.created_at, m.id`)
	return db.All[handPlace](t, q.SQL(), q.Args...)
}

// heldAmong are those of some partnerships on which the actor holds a right.
func heldAmong(t *db.Tx, a access.Actor, partnerships []string, r access.Right) ([]string, error) {
	q := db.In(db.NewQ(`select p.id from partnership p where p.deleted_at is null and`), `p.id in`, partnerships).Add(`and`).AddPart(Where(a, r))
	return db.All[string](t, q.SQL(), q.Args...)
}

// titlesAmong are the titles of those of some partnerships that the actor may view.
func titlesAmong(t *db.Tx, a access.Actor, partnerships []string) (map[string]Partnership, error) {
	q := db.In(db.NewQ(`select `+columns+` from partnership p where p.deleted_at is null and`), `p.id in`, partnerships).Add(`and`).AddPart(Where(a, access.View))
	out := map[string]Partnership{}
	err := db.Each(t, func(p Partnership) error {
		out[p.ID] = p
		return nil
	}, q.SQL(), q.Args...)
	return out, err
}

// actionsOfPerson are the open actions that somebody gave to a person in some
// partnerships, and those that the other person did and somebody has to look at.
func actionsOfPerson(t *db.Tx, partnerships []string, person, other string) ([]Action, error) {
	q := db.NewQ(`select `+actionColumns+` from action x where x.deleted_at is null and x.system_key is null
		and (x.state = 'open' and x.owner_kind = 'person' and x.owner_id = $1 or x.state = 'to-check' and x.done_person = $2)`, person, other)
	db.In(q, `and x.partnership in`, partnerships).Add(`order by x.partnership, ` + dueKey + `, x.id`)
	return db.All[Action](t, q.SQL(), q.Args...)
}

// approvalsOf are the attestations in some partnerships that wait for an
// approval and that a person wrote.
func approvalsOf(t *db.Tx, partnerships []string, person string) ([]Attestation, error) {
	q := db.NewQ(`select `+attestationColumns+` from attestation n where n.deleted_at is null and n.state = 'pending' and n.author_person = $1`, person)
	db.In(q, `and n.partnership in`, partnerships).Add(`order by n.partnership, n.id`)
	return db.All[Attestation](t, q.SQL(), q.Args...)
}

func setMemberUntil(t *db.Tx, partnership, id string, until clock.Day) error {
	return t.ExecOne(`update partnership_team set until_on = $3 where partnership = $1 and id = $2`, partnership, id, string(until))
}

// carryWaits lets what waits for one person in a partnership wait for another,
// since when it waited before.
func carryWaits(t *db.Tx, partnership, from, to string) error {
	_, err := t.Exec(`update journey_waiting set who_id = $3 where partnership = $1 and who_kind = 'person' and who_id = $2 and not exists (
			select 1 from journey_waiting o where o.partnership = journey_waiting.partnership and o.element = journey_waiting.element
				and o.who_kind = 'person' and o.who_id = $3 and o.what = journey_waiting.what)`, partnership, from, to)
	return err
}

// handNoteOf is what the next person should know of a partnership.
func handNoteOf(t *db.Tx, partnership string) (HandNote, bool, error) {
	return db.Maybe[HandNote](t, `select n.partnership, n.text, n.version, n.updated_at, n.updated_by from handover_note n where n.partnership = $1`, partnership)
}

func saveHandNote(t *db.Tx, n HandNote) error {
	_, err := t.Exec(`insert into handover_note (partnership, text, version, updated_at, updated_by) values ($1, $2, $3, $4, $5)
		on conflict (partnership) do update set text = excluded.text, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
		n.Partnership, n.Text, n.Version, n.UpdatedAt, n.UpdatedBy)
	return err
}

// maybeAction reads an action by its id alone, if it is there.
func maybeAction(t *db.Tx, id string) (Action, bool, error) {
	return db.Maybe[Action](t, `select `+actionColumns+` from action x where x.id = $1 and x.deleted_at is null`, id)
}

// setActionDeleted takes an action away that the product made.
func setActionDeleted(t *db.Tx, id string) error {
	return t.ExecOne(`update action set deleted_at = $2 where id = $1`, id, t.Now)
}

// anyPlace says whether an account has a place in a team.
func anyPlace(t *db.Tx, account string, today clock.Day) (bool, error) {
	_, found, err := db.Maybe[string](t, `select m.id from partnership_team m where m.account = $1 and m.deleted_at is null and (m.until_on = '' or m.until_on >= $2) limit 1`, account, string(today))
	return found, err
}
