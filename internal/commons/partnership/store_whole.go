package partnership

import (
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// incompleteRow is a partnership whose journey is not wholly there.
type incompleteRow struct {
	ID        string `db:"id"`
	Title     string `db:"title"`
	States    int    `db:"states"`
	Summaries int    `db:"summaries"`
}

// incomplete are the partnerships with another number of states than want, or
// without their one summary, and not marked to be checked again.
func incomplete(t *db.Tx, want int) ([]incompleteRow, error) {
	return db.All[incompleteRow](t, `select * from (
			select p.id, p.title, (select count(*) from journey_state j where j.partnership = p.id) as states,
				(select count(*) from journey_summary s where s.partnership = p.id) as summaries
			from partnership p where p.deleted_at is null and not exists (select 1 from journey_dirty d where d.partnership = p.id)) every
		where states <> $1 or summaries <> 1 order by id`, want)
}

// memberRow is a member of a team who works for the host, whether or not its
// time is over.
type memberRow struct {
	Partnership string       `db:"partnership"`
	Account     string       `db:"account"`
	Right       access.Right `db:"access_right"`
	UntilOn     clock.Day    `db:"until_on"`
	RolesEnd    clock.Ms     `db:"roles_end"`
}

func everyMember(t *db.Tx) ([]memberRow, error) {
	return db.All[memberRow](t, `select m.partnership, m.account, m.access_right, m.until_on, `+access.AccountRolesEnd("m.account")+` as roles_end
		from partnership_team m join partnership p on p.id = m.partnership where m.deleted_at is null and not `+access.AccountOut("m.account"))
}

// partnerRow is an organisation that is or was a party.
type partnerRow struct {
	Partnership  string    `db:"partnership"`
	Organisation string    `db:"organisation"`
	JoinedOn     clock.Day `db:"joined_on"`
	LeftOn       clock.Day `db:"left_on"`
}

func everyPartner(t *db.Tx) ([]partnerRow, error) {
	return db.All[partnerRow](t, `select y.partnership, y.organisation, y.joined_on, y.left_on
		from party y join partnership p on p.id = y.partnership where y.organisation is not null and y.deleted_at is null`)
}

// CountOf counts the partnerships that an organisation is or was a party of,
// removed ones among them: they may come back and need its name.
func CountOf(t *db.Tx, organisation string) (int, error) {
	return db.One[int](t, `select count(distinct y.partnership) from party y join partnership p on p.id = y.partnership
		where y.organisation = $1`, organisation)
}

// hiddenFrom are those of some partnerships that the actor may not view
// because they are confidential.
func hiddenFrom(t *db.Tx, a access.Actor, partnerships []string) ([]string, error) {
	q := db.NewQ(`select p.id from partnership p where p.confidential = true`)
	db.In(q, `and p.id in`, partnerships).Add(`and not`).AddPart(Where(a, access.View))
	return db.All[string](t, q.SQL(), q.Args...)
}
