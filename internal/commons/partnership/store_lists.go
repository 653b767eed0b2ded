package partnership

import (
	"slices"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// The queries of home, of the lists and of what waits for somebody. They read
// stored rows; their cost does not grow with the number of partnerships.

// countMost is how far lists count: beyond it they say "10,000+".
const countMost = 10_000

// narrow adds what a list asks for. Each part is a set of partnerships, so
// that the engine can begin with the smallest; for a partner that is its own.
func narrow(q *db.Q, a access.Actor, f ListFilter) {
	q.AddPart(Where(a, access.View))
	if !a.Staff() {
		q.Add(`and p.id in (`+access.Objects(Kind, access.View)+`)`, a.Account)
	}
	for _, w := range splitWords(f.Words) {
		q.Add(`and p.title_folded like $1 escape '\'`, "%"+db.Like(w)+"%")
	}
	if f.Status != "" {
		q.Add(`and p.status = $1`, string(f.Status))
	}
	if f.Theme != "" {
		q.Add(`and p.id in (select g.partnership from partnership_tag g where g.list = 'focus_theme' and g.code = $1)`, f.Theme)
	}
	if f.Country != "" {
		q.Add(`and p.id in (select l.partnership from partnership_place l where l.code = $1 and l.deleted_at is null)`, f.Country)
	}
	switch {
	case f.Party != "" && f.Role != "":
		q.Add(`and p.id in (select y.partnership from party y join party_role r on r.party = y.id
			where y.organisation = $1 and y.deleted_at is null and r.role = $2 and r.deleted_at is null)`, f.Party, string(f.Role))
	case f.Party != "":
		q.Add(`and p.id in (select y.partnership from party y where y.organisation = $1 and y.deleted_at is null)`, f.Party)
	case f.Role != "":
		// Most partnerships have each role: they are asked one by one.
		q.Add(`and exists (select 1 from party_role r where r.partnership = p.id and r.role = $1 and r.deleted_at is null)`, string(f.Role))
	}
}

// listedQuery begins the query of a list; with it come the order, forwards and
// backwards, and its key.
func listedQuery(a access.Actor, f ListFilter) (*db.Q, string, [2]string) {
	key := `(s.wait_since, s.partnership)`
	order := [2]string{`s.wait_since, s.partnership`, `s.wait_since desc, s.partnership desc`}
	from := `journey_summary s join partnership p on p.id = s.partnership`
	if f.Sort == "title" {
		key = `(p.title_folded, p.id)`
		order = [2]string{`p.title_folded, p.id`, `p.title_folded desc, p.id desc`}
		from = `partnership p join journey_summary s on s.partnership = p.id`
	}
	q := db.NewQ(`select ` + rowColumns + ` from ` + from + ` where p.deleted_at is null and`)
	narrow(q, a, f)
	return q, key, order
}

// listed reads a page of a list: the rows after or before the one named, and
// whether there are more in that direction. A row that is gone names nothing.
func listed(t *db.Tx, a access.Actor, f ListFilter, after, before string) ([]Row, bool, error) {
	q, key, order := listedQuery(a, f)
	back := after == "" && before != ""
	if back || after != "" {
		at, found, err := place(t, firstOf(after, before))
		if err != nil || !found {
			return nil, false, err
		}
		var value any = at.WaitSince
		if f.Sort == "title" {
			value = at.Folded
		}
		sign := ` > `
		if back {
			sign = ` < `
		}
		q.Add(`and `+key+sign+`($1, $2)`, value, at.ID)
	}
	by := order[0]
	if back {
		by = order[1]
	}
	q.Add(`order by `+by+` limit $1`, f.Limit+1)
	rows, err := db.All[Row](t, q.SQL(), q.Args...)
	more := len(rows) > f.Limit
	if more {
		rows = rows[:f.Limit]
	}
	if back {
		slices.Reverse(rows)
	}
	return rows, more, err
}

// place is where a partnership stands in the lists.
func place(t *db.Tx, partnership string) (Row, bool, error) {
	return db.Maybe[Row](t, `select p.id, p.title_folded, s.wait_since from partnership p join journey_summary s on s.partnership = p.id where p.id = $1`, partnership)
}

// countListed counts the partnerships of a list, up to a cap.
func countListed(t *db.Tx, a access.Actor, f ListFilter, limit int) (int, error) {
	q := db.NewQ(`select count(*) from (select 1 from partnership p where p.deleted_at is null and`)
	narrow(q, a, f)
	q.Add(`limit $1) capped`, limit)
	return db.One[int](t, q.SQL(), q.Args...)
}

// waiting is how many partnerships wait for somebody, and since when the
// first of them does.
type waiting struct {
	N     int      `db:"n"`
	Since clock.Ms `db:"since"`
}

// countWaiting counts the partnerships that the actor may view and that wait
// for somebody. For staff it is all that wait less the few that are removed or
// hidden: so the index alone answers, however many there are, and the first
// row of the list says since when. For a partner it counts what it may see, in
// the partnerships it has a part in.
func countWaiting(t *db.Tx, a access.Actor, first []Row) (waiting, error) {
	if !a.Staff() {
		q := db.NewQ(`select count(distinct w.partnership) as n, coalesce(min(w.since), 0) as since
			from (`+access.Objects(Kind, access.View)+`) o cross join partnership p cross join journey_waiting w
			where p.id = o.object and w.partnership = p.id and p.deleted_at is null and`, a.Account).
			AddPart(Where(a, access.View)).Add(`and`).AddPart(visibleWait(a))
		return db.One[waiting](t, q.SQL(), q.Args...)
	}
	q := db.NewQ(`select (select count(*) from journey_summary s where s.wait_since < $1)
		- (select count(*) from partnership p cross join journey_summary s
			where s.partnership = p.id and s.wait_since < $1 and p.deleted_at is not null)
		- (select count(*) from partnership p cross join journey_summary s
			where s.partnership = p.id and s.wait_since < $1 and p.confidential = true and p.deleted_at is null and not`, nobody).
		AddPart(Where(a, access.View)).Add(`) as n`)
	w, err := db.One[waiting](t, q.SQL(), q.Args...)
	if len(first) > 0 {
		w.Since = first[0].WaitSince
	}
	return w, err
}

// visibleWait is the condition that a wait of the table joined as w is meant
// for an actor who may view the partnership. A partner is told who is waited
// for, but not that another party is asked about something between it and the
// host: what stands behind a colon names the record that is asked about, and
// that record has an audience.
func visibleWait(a access.Actor) db.Part {
	if a.Staff() {
		return db.Part{SQL: "(1 = 1)"}
	}
	q := db.NewQ(`((w.who_kind = 'party' and w.who_id = $1) or w.what not like '%:%'`, a.Organisation).
		Add(`or (w.what like 'confirm:%' or w.what like 'dispute:%') and exists (select 1 from claim c where c.id = substr(w.what, 9) and`).AddPart(access.Audience(a, "c.audience")).Add(`)`).
		Add(`or w.what like 'approve:%' and exists (select 1 from attestation n where n.id = substr(w.what, 9) and`).AddPart(access.Audience(a, "n.audience")).Add(`)`).
		Add(`or w.what like 'renew:%' and exists (select 1 from attestation n where n.id = substr(w.what, 7) and`).AddPart(access.Audience(a, "n.audience")).Add(`))`)
	return db.Part{SQL: q.SQL(), Args: q.Args}
}

// firstWait is the longest wait of a partnership that an actor may see.
type firstWait struct {
	Partnership string `db:"partnership"`
	waitRow
	No int `db:"no"`
}

// firstWaits are the longest waits of some partnerships that the actor may see.
func firstWaits(t *db.Tx, a access.Actor, partnerships []string) (map[string]firstWait, error) {
	q := db.NewQ(`select f.partnership, f.element, f.who_kind, f.who_id, f.what, f.message, f.link, f.since, f.no from (
		select w.partnership, w.element, w.who_kind, w.who_id, w.what, w.message, w.link, w.since,
			row_number() over (partition by w.partnership order by w.since, w.element, w.what, w.who_kind, w.who_id) as no
		from journey_waiting w where`).AddPart(visibleWait(a))
	db.In(q, `and w.partnership in`, partnerships).Add(`) f where f.no = 1`)
	out := map[string]firstWait{}
	err := db.Each(t, func(w firstWait) error {
		out[w.Partnership] = w
		return nil
	}, q.SQL(), q.Args...)
	return out, err
}

// holdersOf are the members of some partnerships' teams who hold one of some
// rights.
func holdersOf(t *db.Tx, partnerships []string, rights []string) (map[string][]Member, error) {
	q := db.NewQ(`select ` + memberColumns + ` from partnership_team m where m.deleted_at is null`)
	db.In(q, `and m.partnership in`, partnerships)
	db.In(q, `and m.access_right in`, rights).Add(`order by m.partnership, m.created_at, m.id`)
	out := map[string][]Member{}
	err := db.Each(t, func(m Member) error {
		out[m.Partnership] = append(out[m.Partnership], m)
		return nil
	}, q.SQL(), q.Args...)
	return out, err
}

// sourcesOf are the sources of those of some partnerships that are recorded
// from one.
func sourcesOf(t *db.Tx, partnerships []string) (map[string]string, error) {
	q := db.NewQ(`select p.id, p.source from partnership p where p.source <> ''`)
	db.In(q, `and p.id in`, partnerships)
	out := map[string]string{}
	err := db.Each(t, func(p Partnership) error {
		out[p.ID] = p.Source
		return nil
	}, q.SQL(), q.Args...)
	return out, err
}

// countryCount is in how many partnerships a place of some code stands.
type countryCount struct {
	Code string `db:"code"`
	N    int    `db:"n"`
}

// countriesOpen counts the partnerships of each country that all staff may see.
func countriesOpen(t *db.Tx) ([]countryCount, error) {
	return db.All[countryCount](t, `select l.code, count(distinct l.partnership) as n from partnership_place l join partnership p on p.id = l.partnership
		where l.deleted_at is null and l.code <> '' and p.deleted_at is null and p.confidential = false group by l.code`)
}

// countriesHidden counts the confidential partnerships of each country that
// the actor may view.
func countriesHidden(t *db.Tx, a access.Actor) ([]countryCount, error) {
	q := db.NewQ(`select l.code, count(distinct l.partnership) as n from partnership p cross join partnership_place l
		where l.partnership = p.id and l.deleted_at is null and l.code <> '' and p.deleted_at is null and p.confidential = true and`).
		AddPart(Where(a, access.View)).Add(`group by l.code`)
	return db.All[countryCount](t, q.SQL(), q.Args...)
}

// countriesOf counts the partnerships of each country in which an account has
// a part.
func countriesOf(t *db.Tx, a access.Actor) ([]countryCount, error) {
	q := db.NewQ(`select l.code, count(distinct l.partnership) as n
		from (`+access.Objects(Kind, access.View)+`) o cross join partnership p cross join partnership_place l
		where p.id = o.object and l.partnership = p.id and l.deleted_at is null and l.code <> '' and p.deleted_at is null and`, a.Account).
		AddPart(Where(a, access.View)).Add(`group by l.code`)
	return db.All[countryCount](t, q.SQL(), q.Args...)
}

// openAction is the condition that an action is open. The indexes of open
// actions have the same words: change both.
const openAction = `x.deleted_at is null and x.state in ('open', 'to-check')`

// dueKey orders actions by the day they are due, those without a day last. An
// index has the same words.
const dueKey = `case when x.due_on = '' then '9999' else x.due_on end`

// asksFor are the rights that an action may wait for. An account of a party
// may contribute, but what waits for the team's contributors is not its work.
func asksFor(a access.Actor) []access.Right {
	if a.Staff() {
		return []access.Right{access.Manage, access.Contribute, access.Approve}
	}
	return nil
}

// mineByOwner is a query of the open actions that wait for the actor,
// beginning with what the actor is and holds: good for the many who have a
// part in few partnerships. What is done and has to be looked at waits for
// another person who manages or approves.
func mineByOwner(a access.Actor) *db.Q {
	q := db.NewQ(`select x.id from action x where `+openAction+` and x.state = 'open' and x.owner_kind <> 'right' and x.owner_kind = 'person' and x.owner_id = $1`, a.Person)
	if a.Organisation != "" {
		q.Add(`union all select x.id from action x where `+openAction+` and x.state = 'open' and x.owner_kind <> 'right' and x.owner_kind = 'party' and x.owner_id = $1`, a.Organisation)
	}
	for _, r := range asksFor(a) {
		q.Add(`union all select x.id from (`+access.Objects(Kind, r)+`) o cross join action x
			where x.partnership = o.object and `+openAction+` and x.state = 'open' and x.owner_kind = 'right' and x.owner_id = $2 and x.not_person <> $3`, a.Account, string(r), a.Person)
	}
	if a.Staff() {
		q.Add(`union all select x.id from (`+access.Objects(Kind, access.Manage)+` union `+access.Objects(Kind, access.Approve)+`) o cross join action x
			where x.partnership = o.object and `+openAction+` and x.state = 'to-check' and x.done_person <> $2`, a.Account, a.Person)
	}
	return q
}

// isMine is the condition that an open action of the table joined as x waits
// for the actor: what mineByOwner finds, asked of one action.
func isMine(a access.Actor) db.Part {
	q := db.NewQ(`(x.state = 'open' and (x.owner_kind = 'person' and x.owner_id = $1 or x.owner_kind = 'party' and x.owner_id = $2 and $2 <> '')`, a.Person, a.Organisation)
	holds := func(r access.Right) string { return access.Holds("$1", Kind, "x.partnership", r) }
	for _, r := range asksFor(a) {
		q.Add(`or x.state = 'open' and x.owner_kind = 'right' and x.owner_id = $2 and x.not_person <> $3 and `+holds(r), a.Account, string(r), a.Person)
	}
	if a.Staff() {
		q.Add(`or x.state = 'to-check' and x.done_person <> $2 and (`+holds(access.Manage)+` or `+holds(access.Approve)+`)`, a.Account, a.Person)
	}
	q.Add(`)`)
	return db.Part{SQL: q.SQL(), Args: q.Args}
}

// fewMine is up to how many actions that wait for somebody are counted and
// sorted; where more wait, the first are found in the order of their days.
const fewMine = 200

// fewObjects is up to how many partnerships somebody has a part in for its
// actions to be looked for there; in more, all open actions are asked by the
// day they are due.
const fewObjects = 300

// inMany says whether the actor has a part in many partnerships.
func inMany(t *db.Tx, a access.Actor) (bool, error) {
	if !a.Staff() {
		return false, nil // a party's actions have its name
	}
	n, err := db.One[int](t, `select count(*) from (`+access.Objects(Kind, access.View)+` limit $2) capped`, a.Account, fewObjects+1)
	return n > fewObjects, err
}

// TodoFilter says which open actions a list shows.
type TodoFilter struct {
	Mine    bool
	Many    bool   // the actor's are so many, or may lie in so many places, that they are found by their days
	Late    bool   // due before Today
	Step    string // of the action's element
	Element string
	Today   clock.Day
	Lang    string // of names
	After   string // id of the last row of the page before
	Before  string // id of the first row of the page after
	Limit   int
}

// ListedTodo is an open action in a list, with who is to do it.
type ListedTodo struct {
	Todo
	Owner string `db:"owner_name"` // of a person or a party; empty for a right
}

func listedTodoColumns(lang string) string {
	return todoColumns + `, coalesce(` + directory.PersonName("op") + `, ` + directory.OrganisationName("oo", lang) + `, '') as owner_name`
}

var joinOwner = directory.JoinPerson("op", "x.owner_id") + ` ` + directory.JoinOrganisation("oo", "x.owner_id")

// fromTodos begins a query of the open actions of a list.
func fromTodos(q *db.Q, a access.Actor, f TodoFilter) *db.Q {
	switch {
	case f.Mine && !f.Many:
		in := mineByOwner(a)
		q.Add(`from (`).Add(in.SQL(), in.Args...).Add(`) m join action x on x.id = m.id join partnership p on p.id = x.partnership ` + joinOwner + ` where p.deleted_at is null and`)
	default:
		q.Add(`from action x join partnership p on p.id = x.partnership ` + joinOwner + ` where ` + openAction + ` and p.deleted_at is null and`)
		if f.Mine {
			q.AddPart(isMine(a)).Add(`and`)
		}
	}
	q.AddPart(Where(a, access.View)).Add(`and`).AddPart(access.Audience(a, "x.audience"))
	if f.Late {
		q.Add(`and x.due_on <> '' and x.due_on < $1`, string(f.Today))
	}
	if f.Step != "" {
		q.Add(`and x.element like $1 escape '\'`, db.Like(f.Step)+".%")
	}
	if f.Element != "" {
		q.Add(`and x.element = $1`, f.Element)
	}
	return q
}

// listTodos reads a page of open actions by the day they are due, and whether
// there are more in that direction.
func listTodos(t *db.Tx, a access.Actor, f TodoFilter) ([]ListedTodo, bool, error) {
	q := fromTodos(db.NewQ(`select `+listedTodoColumns(f.Lang)), a, f)
	back := f.After == "" && f.Before != ""
	if back || f.After != "" {
		at := firstOf(f.After, f.Before)
		value, found, err := db.Maybe[string](t, `select `+dueKey+` from action x where x.id = $1`, at)
		if err != nil || !found {
			return nil, false, err
		}
		sign := ` > `
		if back {
			sign = ` < `
		}
		q.Add(`and (`+dueKey+`, x.id)`+sign+`($1, $2)`, value, at)
	}
	by := dueKey + `, x.id`
	if back {
		by = dueKey + ` desc, x.id desc`
	}
	q.Add(`order by `+by+` limit $1`, f.Limit+1)
	rows, err := db.All[ListedTodo](t, q.SQL(), q.Args...)
	more := len(rows) > f.Limit
	if more {
		rows = rows[:f.Limit]
	}
	if back {
		slices.Reverse(rows)
	}
	return rows, more, err
}

// countTodos counts the open actions of a list, up to a cap.
func countTodos(t *db.Tx, a access.Actor, f TodoFilter, limit int) (int, error) {
	q := fromTodos(db.NewQ(`select count(*) from (select 1`), a, f).Add(`limit $1) capped`, limit)
	return db.One[int](t, q.SQL(), q.Args...)
}

// firstMine are the first open actions that wait for the actor, and how many
// there are: exactly up to fewMine, more than that beyond.
func firstMine(t *db.Tx, a access.Actor, lang string, limit int) ([]ListedTodo, int, error) {
	many, err := inMany(t, a)
	if err != nil {
		return nil, 0, err
	}
	todos, n, err := mineAmong(t, a, lang, limit, many)
	if err == nil && !many && n > fewMine {
		todos, n, err = mineAmong(t, a, lang, limit, true)
	}
	return todos, n, err
}

// mineAmong looks at up to fewMine + 1 open actions that wait for the actor:
// any of them, or the first by the day they are due.
func mineAmong(t *db.Tx, a access.Actor, lang string, limit int, byDay bool) ([]ListedTodo, int, error) {
	type counted struct {
		ListedTodo
		Found int `db:"found"`
	}
	q := db.NewQ(`select ` + listedTodoColumns(lang) + `, v.found from (select i.id, count(*) over () as found from (
		select x.id, ` + dueKey + ` as due from`)
	visible := func() *db.Q {
		return q.AddPart(Where(a, access.View)).Add(`and`).AddPart(access.Audience(a, "x.audience"))
	}
	if byDay {
		q.Add(`action x join partnership p on p.id = x.partnership where ` + openAction + ` and p.deleted_at is null and`).AddPart(isMine(a)).Add(`and`)
		visible().Add(`order by `+dueKey+`, x.id limit $1`, fewMine+1)
	} else {
		in := mineByOwner(a)
		q.Add(`(select m.id from (`).Add(in.SQL(), in.Args...).
			Add(`) m limit $1) m join action x on x.id = m.id join partnership p on p.id = x.partnership where p.deleted_at is null and`, fewMine+1)
		visible()
	}
	q.Add(`) i order by i.due, i.id limit $1) v join action x on x.id = v.id join partnership p on p.id = x.partnership `+joinOwner+` order by `+dueKey+`, x.id`, limit)
	rows, err := db.All[counted](t, q.SQL(), q.Args...)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	out := make([]ListedTodo, len(rows))
	for i, r := range rows {
		out[i] = r.ListedTodo
	}
	return out, rows[0].Found, nil
}

// oneDeadline reads a deadline, removed or not, that is meant for the actor.
func oneDeadline(t *db.Tx, a access.Actor, partnership, id string) (Deadline, error) {
	q := db.NewQ(`select `+deadlineColumns+` from deadline g where g.partnership = $1 and g.id = $2 and`, partnership, id).AddPart(access.Audience(a, "g.audience"))
	return db.One[Deadline](t, q.SQL(), q.Args...)
}

// oneMember reads a right of a team, taken back or not.
func oneMember(t *db.Tx, partnership, id string) (Member, error) {
	return db.One[Member](t, `select `+memberColumns+` from partnership_team m where m.partnership = $1 and m.id = $2`, partnership, id)
}

// ShownAction is an action on its partnership's page, with the names of those
// who have to do with it.
type ShownAction struct {
	Action
	Owner   string `db:"owner_name"` // of a person or a party; empty for a right
	Maker   string `db:"maker"`
	Doer    string `db:"doer"`
	Checker string `db:"checker"`
}

// Numbers of the actions that a partnership's page shows.
const (
	openMost   = 200
	closedMost = 50
)

// actionsShown reads the open actions of a partnership by the day they are
// due, or the closed ones, the latest first.
func actionsShown(t *db.Tx, a access.Actor, partnership, lang string, open bool) ([]ShownAction, error) {
	q := db.NewQ(`select `+actionColumns+`, coalesce(`+directory.PersonName("op")+`, `+directory.OrganisationName("oo", lang)+`, '') as owner_name,
			coalesce(`+access.AccountName("x.created_by")+`, '') as maker, coalesce(`+access.AccountName("x.done_by")+`, '') as doer,
			coalesce(`+access.AccountName("x.checked_by")+`, '') as checker
		from action x `+joinOwner+` where x.partnership = $1 and x.deleted_at is null and`, partnership).AddPart(access.Audience(a, "x.audience"))
	if open {
		q.Add(`and x.state in ('open', 'to-check') order by `+dueKey+`, x.id limit $1`, openMost)
	} else {
		q.Add(`and x.state in ('done', 'dropped') order by x.updated_at desc, x.id desc limit $1`, closedMost)
	}
	return db.All[ShownAction](t, q.SQL(), q.Args...)
}
