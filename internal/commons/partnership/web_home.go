package partnership

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// How much of each list home shows; the rest is one link away.
const (
	homeRows      = 20
	homeTodos     = 6
	homeDeadlines = 5
	homeChanges   = 6
)

func (m *Room) homeRoutes() []web.Route {
	h := &homeRoom{Room: m}
	return []web.Route{
		{Method: "GET", Pattern: "/{$}", Perm: access.SignedIn, Do: h.home},
	}
}

// homeRoom is the room with what home keeps between two requests.
type homeRoom struct {
	*Room
	countries countryCache
}

// homePage is what waits, and for whom.
type homePage struct {
	ui.Base
	Head      ui.Head
	Handed    []handedNotice // hand-overs to the reader that were not put away
	HandOver  bool           // the reader has something to hand over
	Account   string
	Todos     []ListedTodo
	TodosMore bool
	Rows      []ui.WorkRow
	RowsMore  bool
	Deadlines []Due
	Seen      clock.Ms // the end of the visit before this one; 0: there was none
	Changes   []Recent
	Replied   []changeLine // what came by links since then
	Countries []countryCount
	Counted   clock.Ms // when the countries were counted
	None      bool     // there is no partnership that the reader may view
	Staff     bool
	Create    bool
	room      *Room
	today     clock.Day
}

func (h *homeRoom) home(c *web.Ctx) error {
	l := c.L
	v := &homePage{Account: c.Actor.Account, Base: c.Base(l.T("home.title", "What waits, and for whom")), room: h.Room, today: c.Today(), Staff: c.Actor.Staff(), Create: c.Actor.May(access.Create)}
	var mine int
	var wait waiting
	err := h.d.Read(c.Context(), func(t *db.Tx) error {
		var err error
		v.Todos, mine, err = firstMine(t, c.Actor, l.Lang, homeTodos)
		if err != nil {
			return err
		}
		v.Handed, err = noticed(t, c.Actor, l)
		if err != nil {
			return err
		}
		v.HandOver, err = mayHandOver(t, c.Actor)
		if err != nil {
			return err
		}
		rows, more, err := listed(t, c.Actor, ListFilter{Limit: homeRows}, "", "")
		if err != nil {
			return err
		}
		wait, err = countWaiting(t, c.Actor, rows)
		if err != nil {
			return err
		}
		v.RowsMore, v.None = more, len(rows) == 0
		v.Rows, err = h.workRows(t, c, rows)
		if err != nil || v.None {
			return err
		}
		v.Deadlines, err = nextDeadlines(t, c.Actor, v.today, homeDeadlines)
		if err != nil {
			return err
		}
		v.Seen, err = access.SeenBefore(t, c.Actor.Account)
		if err != nil {
			return err
		}
		if v.Seen != 0 {
			v.Changes, err = changesSince(t, c.Actor, v.Seen, homeChanges)
			if err != nil {
				return err
			}
			v.Replied, err = h.replied(t, c.Actor, l, v.Seen)
			if err != nil {
				return err
			}
		}
		v.Countries, v.Counted, err = h.countries.of(t, c.Actor)
		return err
	})
	if err != nil {
		return err
	}
	v.Countries = h.named(v.Countries, l.Lang)
	v.TodosMore = mine > len(v.Todos)
	v.Head = homeHead(v, mine, wait)
	return c.Page(homeBody(v))
}

// homeHead is the sentence of counts.
func homeHead(v *homePage, mine int, wait waiting) ui.Head {
	l := v.L
	h := ui.Head{}
	switch {
	case mine > fewMine:
		h.Lead = l.T("home.mine.many", "More than {n} things wait for you.", i18n.A{"n": fewMine})
	case mine > 0:
		h.Lead = l.N("home.mine", mine, "{n} thing waits for you.", "{n} things wait for you.")
	default:
		h.Lead = l.T("home.mine.none", "Nothing waits for you.")
	}
	var parts []string
	switch {
	case wait.N > 0:
		n := l.Num(int64(wait.N))
		if wait.N > countMost {
			n = l.Num(countMost) + "+"
		}
		days := l.N("home.days", wait.Since.Day().DaysUntil(v.today), "{n} day", "{n} days")
		parts = append(parts, l.N("home.wait", wait.N, "{count} partnership waits for someone; the longest wait is {days}.", "{count} partnerships wait for someone; the longest wait is {days}.", i18n.A{"count": n, "days": days}))
	case !v.None:
		parts = append(parts, l.T("home.wait.none", "No partnership waits for anybody."))
	}
	weekday := []rune(l.Weekday(v.today))
	parts = append(parts, l.T("home.date", "{weekday}, {date}.", i18n.A{"weekday": strings.ToUpper(string(weekday[:1])) + string(weekday[1:]), "date": v.today}))
	h.Sub = strings.Join(parts, " ")
	if v.Create && !v.None {
		h.Buttons = []ui.Button{{Text: l.T("partnership.new", "New partnership"), Href: "/partnerships/new"}}
	}
	return h
}

// todoLines are what waits for the reader.
func (v *homePage) todoLines() []ui.CheckLine {
	out := make([]ui.CheckLine, len(v.Todos))
	for i, x := range v.Todos {
		out[i] = v.room.todoLine(v.L, x.Todo, v.today)
	}
	return out
}

// todoLine is an action as a line of what waits.
func (m *Room) todoLine(l *i18n.L, x Todo, today clock.Day) ui.CheckLine {
	line := ui.CheckLine{Text: x.Say(l), Href: x.Link, Small: joinParts(short(x.PartnershipTitle(l.Lang)), m.elementPlace(l, x.Element), askedBy(l, x.Maker, x.CreatedAt.Day()))}
	line.Icon, line.Class = todoIcon(x.Action)
	if x.DueOn == "" {
		line.End, line.Soft = l.T("home.no_date", "no date"), true
	} else {
		line.End, line.Late = ui.DueText(l, x.DueOn, today), today.DaysUntil(x.DueOn) <= ui.SoonWithin
	}
	return line
}

// todoIcon is the sign of an action: what is asked, before what it says.
func todoIcon(x Action) (icon, class string) {
	what := ""
	if parts := strings.Split(x.SystemKey, "|"); len(parts) > 2 {
		what, _, _ = strings.Cut(parts[2], ":")
	}
	switch {
	case what == "approve" || x.State == ActionToCheck:
		return "j-att", string(ui.Att)
	case what == "confirm":
		return "k-claim", "claim"
	case what == "dispute":
		return "k-disp", "disp"
	case what == "renew":
		return "i-date", ""
	case x.High:
		return "i-warn", string(ui.Att)
	}
	return "i-doc", ""
}

// elementPlace says where in the journey an action belongs.
func (m *Room) elementPlace(l *i18n.L, element string) string {
	e, ok := ElementOf(element)
	if !ok {
		return ""
	}
	return l.T("home.step", "step {n}, {element}", i18n.A{"n": stepOrder(e.Step), "element": m.elementName(e.Key, l.Lang)})
}

// askedBy says who asked and when; the product asks without a name.
func askedBy(l *i18n.L, maker string, on clock.Day) string {
	if maker == "" {
		return l.T("home.asked_on", "since {date}", i18n.A{"date": on})
	}
	return l.T("home.asked_by", "asked by {name}, {date}", i18n.A{"name": maker, "date": on})
}

// changeLine is one move of an element, or one answer, since the reader was here.
type changeLine struct {
	at                clock.Ms
	Day               clock.Day
	Text, Href, Title string
}

func (v *homePage) changeLines() []changeLine {
	l := v.L
	out := make([]changeLine, len(v.Changes))
	for i, x := range v.Changes {
		out[i] = changeLine{
			at: x.At, Day: x.At.Day(), Text: moved(l, v.room.elementName(x.Element, l.Lang), x.Change),
			Href: elementPath(x.Partnership, x.Element), Title: short(x.PartnershipTitle(l.Lang)),
		}
	}
	out = append(out, v.Replied...)
	slices.SortStableFunc(out, func(a, b changeLine) int { return cmp.Compare(b.at, a.at) })
	return out[:min(len(out), homeChanges)]
}

// replied are the answers that came by links since an instant, with who gave
// them.
func (m *Room) replied(t *db.Tx, a access.Actor, l *i18n.L, since clock.Ms) ([]changeLine, error) {
	list, err := repliesSince(t, a, since, homeChanges)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var persons, of []string
	for _, r := range list {
		persons, of = append(persons, r.Person), append(of, r.Organisation)
	}
	names, err := directory.PersonNames(t, distinct(persons))
	if err != nil {
		return nil, err
	}
	organisations, err := m.dir.Names(t, l.Lang, distinct(of))
	if err != nil {
		return nil, err
	}
	out := make([]changeLine, len(list))
	for i, r := range list {
		person := firstOf(names[r.Person], l.T("request.person.gone", "a person who is gone"))
		out[i] = changeLine{at: r.At, Day: r.At.Day(), Text: repliedText(l, r, person, organisations[r.Organisation]), Href: requestPath(r.Partnership, r.Request), Title: short(r.PartnershipTitle(l.Lang))}
	}
	return out, nil
}

// moved says from where to where an element went.
func moved(l *i18n.L, element string, x Change) string {
	return l.T("home.moved", "{element}: {from}, now {to}", i18n.A{"element": element, "from": cell(x.From).InText(l), "to": cell(x.To).InText(l)})
}

// rowsCaption is the head of the partnerships.
func (v *homePage) rowsCaption() ui.Caption {
	l := v.L
	k := ui.Caption{ID: "all", Title: l.T("nav.partnerships", "Partnerships"), Links: []ui.Link{{Text: l.T("home.all", "All partnerships"), Href: "/partnerships"}}}
	if v.RowsMore {
		k.Fact = l.T("home.rows.first", "the {n} that wait longest", i18n.A{"n": len(v.Rows)})
	} else {
		k.Fact = l.N("home.rows", len(v.Rows), "{n}, longest wait first", "{n}, longest wait first")
	}
	return k
}

func (v *homePage) countryTable() ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("home.where.caption", "Partnerships by country, counted {at}", i18n.A{"at": v.Counted}), Tight: true, Keep: true,
		Cols: []ui.Col{{Title: l.T("home.where.country", "Country")}, {Title: l.T("nav.partnerships", "Partnerships"), Num: true}}}
	for i, n := range v.Countries {
		if i == whereMost {
			break
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: v.room.ref.Name("country", n.Code, l.Lang), Href: "/partnerships?country=" + n.Code}, {Text: l.Num(int64(n.N))}}})
	}
	return t
}

// whereMost is how many countries home lists.
const whereMost = 25

// named keeps what is a country, the most partnerships first, then by name.
func (m *Room) named(list []countryCount, lang string) []countryCount {
	out := slices.DeleteFunc(slices.Clone(list), func(n countryCount) bool { return !m.ref.Has("country", n.Code) })
	slices.SortFunc(out, func(a, b countryCount) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(foldName(m.ref.Name("country", a.Code, lang)), foldName(m.ref.Name("country", b.Code, lang))))
	})
	return out
}

// countryCache keeps for a minute what takes a look at every place: how many
// partnerships that all staff may see stand in each country. It is the one
// number of home that no stored row holds.
type countryCache struct {
	mu   sync.Mutex
	at   clock.Ms
	open []countryCount
}

// countriesFor is how long the count stands.
const countriesFor = time.Minute

// of gives the counts for an actor, and when they were made. The confidential
// partnerships of the actor are added at once: they are few.
func (k *countryCache) of(t *db.Tx, a access.Actor) ([]countryCount, clock.Ms, error) {
	if !a.Staff() {
		own, err := countriesOf(t, a)
		return own, t.Now, err
	}
	open, at, err := k.shared(t)
	if err != nil {
		return nil, 0, err
	}
	hidden, err := countriesHidden(t, a)
	if err != nil {
		return nil, 0, err
	}
	out := slices.Clone(open)
	for _, h := range hidden {
		i := slices.IndexFunc(out, func(n countryCount) bool { return n.Code == h.Code })
		if i < 0 {
			out = append(out, h)
			continue
		}
		out[i].N += h.N
	}
	return out, at, nil
}

func (k *countryCache) shared(t *db.Tx) ([]countryCount, clock.Ms, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at != 0 && t.Now >= k.at && t.Now < k.at.Add(countriesFor) {
		return k.open, k.at, nil
	}
	open, err := countriesOpen(t)
	if err != nil {
		return nil, 0, err
	}
	k.open, k.at = open, t.Now
	return k.open, k.at, nil
}

// workRows are partnerships as rows of a list: who takes part in which role,
// how the journey stands, who is waited for since when.
func (m *Room) workRows(t *db.Tx, c *web.Ctx, rows []Row) ([]ui.WorkRow, error) {
	facts, err := m.rowFacts(t, c.Actor, c.L, rows)
	if err != nil {
		return nil, err
	}
	out := make([]ui.WorkRow, len(rows))
	for i, r := range rows {
		out[i] = facts.row(r)
		if w := facts.longest(r); out[i].Since != "" {
			out[i].What = m.waitText(c.L, w.Element, out[i].What)
		}
	}
	return out, nil
}

// waitText says what is waited for, and where in the journey.
func (m *Room) waitText(l *i18n.L, element, what string) string {
	e, ok := ElementOf(element)
	if !ok {
		return what
	}
	return l.T("list.wait", "Step {n}, {element}: {what}", i18n.A{"n": stepOrder(e.Step), "element": m.elementName(e.Key, l.Lang), "what": what})
}

// rowFacts is what stands beside the rows of a list.
type rowFacts struct {
	parties map[string][]PartyName
	names   map[string]whoNames
	waits   map[string]firstWait // for a partner: what it may see
	sources map[string]string
	staff   bool
	l       *i18n.L
	today   clock.Day
}

// rowFacts reads what rows need, in a number of queries that does not depend
// on theirs.
func (m *Room) rowFacts(t *db.Tx, a access.Actor, l *i18n.L, rows []Row) (*rowFacts, error) {
	f := &rowFacts{parties: map[string][]PartyName{}, names: map[string]whoNames{}, staff: a.Staff(), l: l, today: t.Now.Day()}
	if len(rows) == 0 {
		return f, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	parties, err := partyNames(t, l.Lang, ids)
	if err != nil {
		return nil, err
	}
	for _, y := range parties {
		f.parties[y.Partnership] = append(f.parties[y.Partnership], y)
	}
	if !f.staff {
		f.waits, err = firstWaits(t, a, ids)
		if err != nil {
			return nil, err
		}
	}
	f.sources, err = sourcesOf(t, ids)
	if err != nil {
		return nil, err
	}
	teams, err := holdersOf(t, ids, f.asked(rows))
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		n := whoNames{l: l, orgs: map[string]string{}, persons: map[string]string{}}
		for _, y := range f.parties[id] {
			n.orgs[y.Organisation] = y.Name
		}
		for _, x := range teams[id] {
			n.persons[x.Person] = x.Name
			if x.UntilOn == "" || x.UntilOn >= f.today {
				n.team = append(n.team, x)
			}
		}
		f.names[id] = n
	}
	return f, nil
}

// asked are the rights whose holders the rows name: a person that is waited
// for is the manager.
func (f *rowFacts) asked(rows []Row) []string {
	var out []string
	for _, r := range rows {
		w := f.longest(r)
		right := w.ID
		if w.Kind == WhoPerson {
			right = string(access.Manage)
		}
		if w.Kind != WhoParty && right != "" && !contains(out, right) {
			out = append(out, right)
		}
	}
	return out
}

// longest is the longest wait of a partnership, as the reader may see it.
func (f *rowFacts) longest(r Row) waitRow {
	if !f.staff {
		return f.waits[r.ID].waitRow
	}
	return waitRow{Element: r.WaitElement, Kind: r.WaitKind, ID: r.WaitID, Message: r.WaitMessage, Since: r.WaitSince}
}

// wait is whom a partnership waits for the longest, as the reader may see it.
func (f *rowFacts) wait(r Row) (who, what string, since clock.Ms) {
	w := f.longest(r)
	if w.Since == 0 || w.Since >= nobody {
		return "", "", 0
	}
	return f.names[r.ID].say(Who{w.Kind, w.ID}), f.l.Say(w.Message.Msg), w.Since
}

// namesMost is how many parties of one role a row names.
const namesMost = 5

// byRole are the names of the parties that hold a role today; of those
// without any role where role is empty. named says whether one of them is an
// organisation, not words for one yet to be found.
func (f *rowFacts) byRole(r Row, role Role) (names []string, named bool) {
	for _, y := range f.parties[r.ID] {
		if y.Role != role || !within(y.FromOn, y.ToOn, f.today) || !within("", y.LeftOn, f.today) {
			continue
		}
		name := firstOf(y.Name, y.Label)
		if !contains(names, name) {
			names = append(names, name)
		}
		named = named || y.Organisation != ""
	}
	return names, named
}

func (f *rowFacts) row(r Row) ui.WorkRow {
	l := f.l
	w := ui.WorkRow{Title: r.TitleIn(l.Lang), Href: "/partnerships/" + r.ID, Sub: f.sub(r), Count: countShort(l, r.Summary)}
	for _, s := range StripStates(r.Strip) {
		w.Cells = append(w.Cells, cell(s))
	}
	any := len(f.parties[r.ID]) > 0
	for _, role := range Triangle {
		names, named := f.byRole(r, role)
		p := ui.Party{Role: corners[role], Text: fewNames(l, names), Soft: !named}
		if len(names) == 0 {
			p.Text = f.vacant(r)
		}
		if any {
			w.Parties = append(w.Parties, p)
		}
		switch {
		case len(names) == 0:
		case role == Beneficiary:
			w.Roles.B = true
		case role == Pivotal:
			w.Roles.P = true
		case role == Facilitating:
			w.Roles.F = true
		}
	}
	if names, named := f.byRole(r, ""); len(names) > 0 {
		w.Parties = append(w.Parties, ui.Party{Text: fewNames(l, names), Soft: !named})
	}
	who, what, since := f.wait(r)
	if since != 0 {
		w.Who, w.What, w.Since = who, what, since.Day()
		w.Days = w.Since.DaysUntil(f.today)
	}
	return w
}

// vacant says that nobody holds a role: where the record comes from the guide,
// that the guide does not say who does.
func (f *rowFacts) vacant(r Row) string {
	if f.sources[r.ID] != "" {
		return notStated(f.l, Partnership{Source: f.sources[r.ID]})
	}
	return f.l.T("list.vacant", "vacant")
}

func (f *rowFacts) sub(r Row) string {
	l := f.l
	var parts []string
	if r.Example {
		parts = append(parts, l.T("list.fictitious", "Fictitious"))
	}
	parts = append(parts, l.Say(statusMsg(r.Status)), runs(l, r.StartOn, r.EndOn, ""))
	if r.Confidential {
		parts = append(parts, l.T("list.confidential", "confidential"))
	}
	return joinParts(parts...)
}

func fewNames(l *i18n.L, names []string) string {
	if len(names) > namesMost {
		n := len(names) - namesMost
		names = append(slices.Clone(names[:namesMost]), l.N("list.more", n, "{n} more", "{n} more"))
	}
	return strings.Join(names, "; ")
}

// countShort says how far a journey is in a few words. Attested is said apart
// and never counted as done; what does not apply is left out.
func countShort(l *i18n.L, s Summary) string {
	all := len(Elements) - s.NotApplicable
	var parts []string
	switch {
	case s.Met > 0:
		parts = append(parts, l.T("list.done", "{n} of {all} done", i18n.A{"n": s.Met, "all": all}))
	case s.Partly > 0:
		parts = append(parts, l.T("list.partly", "{n} of {all} partly", i18n.A{"n": s.Partly, "all": all}))
	case s.Attested == 0:
		parts = append(parts, l.T("list.nothing", "none of {all} begun", i18n.A{"all": all}))
	}
	if s.Attested > 0 {
		parts = append(parts, l.N("list.attested", s.Attested, "{n} attested", "{n} attested"))
	}
	return strings.Join(parts, ", ")
}
