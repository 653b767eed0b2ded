package partnership

import (
	"bytes"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/tabular"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

func (m *Room) actionRoutes() []web.Route {
	const here = "/partnerships/{id}"
	return []web.Route{
		{Method: "GET", Pattern: "/actions", Perm: access.SignedIn, Do: m.actionList},
		{Method: "GET", Pattern: here + "/actions", Perm: access.SignedIn, Do: m.actions},
		{Method: "POST", Pattern: here + "/actions", Perm: access.Take, Do: m.addAction},
		{Method: "POST", Pattern: here + "/actions/{action}/do", Perm: access.Take, Do: m.doAction},
		{Method: "POST", Pattern: here + "/actions/{action}/check", Perm: access.Take, Do: m.checkAction},
		{Method: "POST", Pattern: here + "/actions/{action}/drop", Perm: access.Take, Do: m.dropAction},
		{Method: "POST", Pattern: here + "/actions/{action}/reopen", Perm: access.Take, Do: m.reopenAction},
		{Method: "POST", Pattern: here + "/deadlines", Perm: access.Take, Do: m.addDeadline},
		{Method: "POST", Pattern: here + "/deadlines/{deadline}/delete", Perm: access.Take, Do: m.removeDeadline},
		{Method: "POST", Pattern: here + "/deadlines/{deadline}/restore", Perm: access.Take, Do: m.restoreDeadline},
	}
}

// todoPage is the list of open actions over all partnerships.
type todoPage struct {
	ui.Base
	Head    ui.Head
	Views   []ui.NavItem
	Tools   ui.Tools
	Chips   []ui.Chip
	Table   ui.TableView
	Stretch ui.Stretch
	Exports []ui.Link
	Blank   *ui.Blank
}

// readTodos reads the filter of the list from the address.
func (m *Room) readTodos(c *web.Ctx) (TodoFilter, ui.Address) {
	f := TodoFilter{Today: c.Today(), Lang: c.L.Lang}
	q := url.Values{}
	switch c.Query("view") {
	case "all":
		q.Set("view", "all")
	case "late":
		q.Set("view", "late")
		f.Late = true
	default:
		f.Mine = true
	}
	part := c.Query("element")
	if _, ok := StepOf(part); ok {
		f.Step = part
	}
	if _, ok := ElementOf(part); ok {
		f.Element = part
	}
	if f.Step != "" || f.Element != "" {
		q.Set("element", part)
	}
	return f, ui.Address{Path: "/actions", Query: q}
}

func (m *Room) actionList(c *web.Ctx) error {
	f, a := m.readTodos(c)
	switch c.Query("format") {
	case "csv":
		return m.todosCSV(c, f)
	case "json":
		return m.todosJSON(c, f)
	}
	l := c.L
	v := todoPage{Base: c.Base(l.T("nav.actions", "Actions")), Views: todoViews(c), Tools: m.todoTools(l, f)}
	k := readCursor(c)
	var rows []ListedTodo
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		n, err := countTodos(t, c.Actor, f, countMost+1)
		if err != nil {
			return err
		}
		f.Many, f.After, f.Before, f.Limit = n > fewMine, k.after, k.before, pageRows
		var more bool
		rows, more, err = listTodos(t, c.Actor, f)
		if err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for i, x := range rows {
			ids[i] = x.ID
		}
		v.Head.Lead = l.N("actions.count", n, "{total} open action.", "{total} open actions.", i18n.A{"total": totalText(l, n)})
		v.Stretch, v.Exports = k.stretch(a, ids, more, totalText(l, n)), exportLinks(l, a, n)
		return nil
	})
	if err != nil {
		return err
	}
	v.Head.Sub = l.T("actions.order", "The next day first.")
	if part := firstOf(f.Element, f.Step); part != "" {
		v.Chips = []ui.Chip{{Text: m.partName(part, l.Lang), Href: a.Without("element", "")}}
	}
	v.Table = m.todoTable(l, rows, f.Today)
	if len(rows) == 0 {
		v.Blank = todoBlank(l, f, a)
	}
	return c.Page(todoBody(v))
}

// todoViews are the tabs of the list.
func todoViews(c *web.Ctx) []ui.NavItem {
	l := c.L
	items := []struct{ view, text string }{
		{"", l.T("actions.view.mine", "Waiting for you")}, {"all", l.T("actions.view.all", "All open")}, {"late", l.T("actions.view.late", "Late")},
	}
	now := c.Query("view")
	if now != "all" && now != "late" {
		now = ""
	}
	var out []ui.NavItem
	for _, i := range items {
		n := ui.NavItem{Link: ui.Link{Text: i.text, Href: "/actions"}}
		if i.view != "" {
			n.Href += "?view=" + i.view
		}
		if i.view == now {
			n.Current = "page"
		}
		out = append(out, n)
	}
	return out
}

// partName is the name of a step or an element.
func (m *Room) partName(part, lang string) string {
	if s, ok := StepOf(part); ok {
		return strconv.Itoa(s.Number) + " " + m.stepName(s.Key, lang)
	}
	return m.taskName(part, lang)
}

// elementOptions are the elements by step; with steps, the steps themselves,
// too.
func (m *Room) elementOptions(l *i18n.L, steps bool) []ui.Option {
	var out []ui.Option
	for _, s := range Steps {
		group := strconv.Itoa(s.Number) + " " + m.stepName(s.Key, l.Lang)
		if steps {
			out = append(out, ui.Option{Value: s.Key, Text: l.T("actions.step", "The whole of step {n}", i18n.A{"n": s.Number}), Group: group})
		}
		for _, e := range s.Elements {
			out = append(out, ui.Option{Value: e.Key, Text: m.taskName(e.Key, l.Lang), Group: group})
		}
	}
	return out
}

func (m *Room) todoTools(l *i18n.L, f TodoFilter) ui.Tools {
	part := firstOf(f.Element, f.Step)
	t := ui.Tools{Action: "/actions", Fields: []ui.Field{
		{Kind: ui.Select, Name: "element", Label: l.T("actions.element", "Step or element"), Value: part, Options: withNone(l.T("list.any", "Any"), m.elementOptions(l, true))},
	}}
	switch {
	case f.Late:
		t.Hidden = map[string]string{"view": "late"}
	case !f.Mine:
		t.Hidden = map[string]string{"view": "all"}
	}
	if part != "" {
		t.Count, t.Clear = 1, ui.Address{Path: "/actions", Query: viewOnly(t.Hidden)}.Without("element", "")
	}
	return t
}

func viewOnly(hidden map[string]string) url.Values {
	q := url.Values{}
	for k, v := range hidden {
		q.Set(k, v)
	}
	return q
}

func todoBlank(l *i18n.L, f TodoFilter, a ui.Address) *ui.Blank {
	b := &ui.Blank{ID: "none"}
	switch {
	case f.Step != "" || f.Element != "":
		b.Title = l.T("list.nothing_found", "Nothing found")
		b.Text = l.T("actions.none.element", "No open action of this list belongs there.")
		b.Buttons = []ui.Button{{Text: l.T("list.clear", "Clear the filter"), Href: a.Without("element", ""), Alt: true}}
	case f.Late:
		b.Title = l.T("actions.none.late", "Nothing is late")
		b.Text = l.T("actions.none.late.text", "An action whose day is over stands here until it is done.")
	case f.Mine:
		b.Title = l.T("home.mine.none", "Nothing waits for you.")
		b.Text = l.T("home.you.none", "When an approval, an answer or a task falls to you, it stands here with its date.")
	default:
		b.Title = l.T("actions.none", "No open action")
		b.Text = l.T("actions.none.text", "Actions are made on a partnership’s page, by persons and by the journey: who is to do what, until when.")
	}
	if b.Buttons == nil && (f.Late || f.Mine) {
		b.Buttons = []ui.Button{{Text: l.T("actions.all", "See all open actions"), Href: "/actions?view=all", Alt: true}}
	}
	return b
}

// ownerText says who is to do an action.
func ownerText(l *i18n.L, x Action, owner string) string {
	switch {
	case x.State == ActionToCheck:
		return l.T("actions.second", "a second person, to look at it")
	case x.OwnerKind == WhoRight:
		return l.Say(rightWho(access.Right(x.OwnerID)))
	case owner != "":
		return owner
	case x.OwnerKind == WhoParty:
		return l.T("who.party", "a party")
	}
	return l.T("actions.person_gone", "a person who is no longer recorded")
}

// todoNote is what stands beside the text of an action.
func todoNote(l *i18n.L, x Action) string {
	var parts []string
	if x.High {
		parts = append(parts, l.T("actions.high", "high priority"))
	}
	if x.State == ActionToCheck {
		parts = append(parts, l.T("actions.to_check", "done, to be checked"))
	}
	return joinParts(parts...)
}

func (m *Room) todoTable(l *i18n.L, rows []ListedTodo, today clock.Day) ui.TableView {
	t := ui.TableView{Caption: l.T("actions.caption", "Open actions by the day they are due"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("actions.col.what", "What")}, {Title: l.T("actions.col.partnership", "Partnership")}, {Title: l.T("actions.element", "Step or element")},
		{Title: l.T("actions.col.who", "Who")}, {Title: l.T("actions.col.due", "Due")}, {Title: l.T("actions.col.since", "Since")},
	}}
	for _, x := range rows {
		due := ui.Cell{Text: l.T("home.no_date", "no date"), Soft: true}
		if x.DueOn != "" {
			due = ui.Cell{Text: l.Date(x.DueOn), Class: "nw"}
			if today.DaysUntil(x.DueOn) <= ui.SoonWithin {
				due.Class = "nw late"
			}
		}
		element := ui.Cell{Text: l.T("actions.whole", "the whole partnership"), Soft: true}
		if _, ok := ElementOf(x.Element); ok {
			element = ui.Cell{Text: m.elementPlace(l, x.Element), Href: elementPath(x.Partnership, x.Element)}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Text: x.Say(l), Href: x.Link, Small: todoNote(l, x.Action)},
			{Text: short(x.PartnershipTitle(l.Lang)), Href: "/partnerships/" + x.Partnership},
			element, {Text: ownerText(l, x.Action, x.Owner)}, due, {Text: l.Date(x.CreatedAt.Day()), Small: x.Maker, Class: "nw"},
		}})
	}
	return t
}

// exportedTodo is an action as the files of the list hold it.
type exportedTodo struct {
	ID               string      `json:"id"`
	Text             string      `json:"text"`
	Partnership      string      `json:"partnership"`
	PartnershipTitle string      `json:"partnership_title"`
	Element          string      `json:"element"`
	OwnerKind        WhoKind     `json:"owner_kind"`
	Owner            string      `json:"owner"`
	DueOn            clock.Day   `json:"due_on"`
	State            ActionState `json:"state"`
	High             bool        `json:"high"`
	Since            clock.Day   `json:"since"`
	AskedBy          string      `json:"asked_by"`
	Link             string      `json:"link"`
}

func (m *Room) exportTodos(c *web.Ctx, f TodoFilter, fn func(e exportedTodo)) (capped bool, err error) {
	l := c.L
	f.Limit, f.Many = 500, true
	err = m.d.Read(c.Context(), func(t *db.Tx) error {
		for n := 0; n < exportMost; {
			rows, more, err := listTodos(t, c.Actor, f)
			if err != nil {
				return err
			}
			for _, x := range rows {
				fn(exportedTodo{
					ID: x.ID, Text: x.Say(l), Partnership: x.Partnership, PartnershipTitle: x.PartnershipTitle(l.Lang), Element: x.Element,
					OwnerKind: x.OwnerKind, Owner: ownerText(l, x.Action, x.Owner), DueOn: x.DueOn, State: x.State, High: x.High,
					Since: x.CreatedAt.Day(), AskedBy: x.Maker, Link: x.Link,
				})
			}
			n += len(rows)
			capped = more
			if !more {
				return nil
			}
			f.After = rows[len(rows)-1].ID
		}
		return nil
	})
	return capped, err
}

func (m *Room) todosCSV(c *web.Ctx, f TodoFilter) error {
	var b bytes.Buffer
	w := tabular.NewWriter(&b, "id", "text", "partnership", "partnership_title", "element", "owner_kind", "owner", "due_on", "state", "high", "since", "asked_by", "link")
	_, err := m.exportTodos(c, f, func(e exportedTodo) {
		w.Row(e.ID, e.Text, e.Partnership, e.PartnershipTitle, e.Element, string(e.OwnerKind), e.Owner, string(e.DueOn), string(e.State), strconv.FormatBool(e.High), string(e.Since), e.AskedBy, e.Link)
	})
	if err != nil {
		return err
	}
	return attachCSV(c, "actions.csv", w, &b)
}

func (m *Room) todosJSON(c *web.Ctx, f TodoFilter) error {
	out := struct {
		Actions []exportedTodo `json:"actions"`
		Capped  bool           `json:"capped"`
	}{Actions: []exportedTodo{}}
	var err error
	out.Capped, err = m.exportTodos(c, f, func(e exportedTodo) { out.Actions = append(out.Actions, e) })
	if err != nil {
		return err
	}
	return attachJSON(c, "actions.json", out)
}

// actionsPage is what is to be done in one partnership, and the days that matter.
type actionsPage struct {
	view
	Head      ui.Head
	Open      []ShownAction
	Closed    []ShownAction
	Deadlines []Deadline
	Parties   []ui.Option // named parties, by organisation
	Team      []Member
	Actor     access.Actor
	Which     string // the form that is shown again: action, deadline, or an action's id
	Form      ui.Form
	room      *Room
	today     clock.Day
}

func (m *Room) actions(c *web.Ctx) error { return m.showActions(c, "", ui.Form{}) }

// showActions draws the page; which names the form that was sent and is shown
// again.
func (m *Room) showActions(c *web.Ctx, which string, f ui.Form) error {
	l := c.L
	v := &actionsPage{Actor: c.Actor, Which: which, Form: f, room: m, today: c.Today()}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, rights, l.T("nav.actions", "Actions"), "/actions", ui.Link{Text: l.T("nav.actions", "Actions")})
		v.Open, err = actionsShown(t, c.Actor, p.ID, l.Lang, true)
		if err != nil {
			return err
		}
		v.Closed, err = actionsShown(t, c.Actor, p.ID, l.Lang, false)
		if err != nil {
			return err
		}
		v.Deadlines, err = deadlinesFor(t, c.Actor, p.ID)
		if err != nil || !v.May(access.Contribute) {
			return err
		}
		names, err := partyNames(t, l.Lang, []string{p.ID})
		if err != nil {
			return err
		}
		for _, y := range names {
			if y.Organisation != "" && !slices.ContainsFunc(v.Parties, func(o ui.Option) bool { return o.Value == y.Organisation }) {
				v.Parties = append(v.Parties, ui.Option{Value: y.Organisation, Text: y.Name})
			}
		}
		if c.Actor.Staff() {
			v.Team, err = teamOf(t, p.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	total := l.Num(int64(len(v.Open)))
	if len(v.Open) == openMost {
		total += "+"
	}
	v.Head = ui.Head{Lead: l.N("actions.count", len(v.Open), "{total} open action.", "{total} open actions.", i18n.A{"total": total}), Sub: v.sub()}
	return c.PageStatus(statusOf(f), actionsBody(v))
}

// sub says how many actions are late, and which day comes next.
func (v *actionsPage) sub() string {
	l := v.L
	late := 0
	var next clock.Day
	see := func(day clock.Day) {
		if day >= v.today && (next == "" || day < next) {
			next = day
		}
	}
	for _, x := range v.Open {
		if x.DueOn != "" && x.DueOn < v.today {
			late++
		}
		see(x.DueOn)
	}
	for _, d := range v.Deadlines {
		see(d.DueOn)
	}
	var parts []string
	if late > 0 {
		parts = append(parts, l.N("actions.late", late, "{n} is late.", "{n} are late."))
	}
	if next != "" {
		parts = append(parts, l.T("actions.next", "The next day is {date}.", i18n.A{"date": next}))
	}
	return strings.Join(parts, " ")
}

// form is the state of one of the page's forms: only the one that was sent
// has any. Its errors name fields by their ids, which begin with the prefix.
func (v *actionsPage) form(which, prefix string) ui.Form {
	if v.Which != which {
		return ui.Form{}
	}
	return prefixed(v.Form, prefix)
}

// prefixed gives the errors of a form the ids that its fields have on a page
// with several forms.
func prefixed(f ui.Form, prefix string) ui.Form {
	out := ui.Form{Values: f.Values}
	for _, e := range f.Errors {
		if e.Field != "" {
			e.Field = prefix + e.Field
		}
		out.Errors = append(out.Errors, e)
	}
	return out
}

func (v *actionsPage) path(parts ...string) string {
	return "/partnerships/" + v.P.ID + "/" + strings.Join(parts, "/")
}

// owns says whether an action is the reader's to do: its own, or anybody's
// where the reader manages.
func (v *actionsPage) owns(x Action) bool {
	switch {
	case v.May(access.Manage):
		return true
	case x.OwnerKind == WhoPerson:
		return x.OwnerID == v.Actor.Person
	case x.OwnerKind == WhoParty:
		return v.Actor.Organisation != "" && x.OwnerID == v.Actor.Organisation
	}
	return v.May(access.Right(x.OwnerID))
}

// mayDo says whether the page offers to close an action. What the journey
// made closes by itself.
func (v *actionsPage) mayDo(x Action) bool {
	return v.May(access.Contribute) && x.SystemKey == "" && x.State == ActionOpen && v.owns(x)
}

func (v *actionsPage) mayCheck(x Action) bool {
	return v.May(access.Contribute) && x.State == ActionToCheck && x.DonePerson != v.Actor.Person
}

func (v *actionsPage) mayReopen(x Action) bool {
	return v.May(access.Contribute) && x.Text != "" && v.owns(x)
}

func (v *actionsPage) mayRemove(d Deadline) bool {
	return d.SystemKey == "" && (v.May(access.Manage) || v.May(access.Contribute) && d.CreatedBy == v.Actor.ID())
}

// link is where an action is done; empty where that is here.
func (v *actionsPage) link(x Action) string {
	if strings.HasPrefix(x.Link, v.path("actions")) {
		return ""
	}
	return x.Link
}

func (v *actionsPage) audience(audience string) string {
	name := ""
	if org, ok := strings.CutPrefix(audience, access.PartyAudience("")); ok {
		for _, o := range v.Parties {
			if o.Value == org {
				name = o.Text
			}
		}
		if name == "" {
			name = v.L.T("who.party", "a party")
		}
	}
	return v.L.T("evidence.audience", "for {who}", i18n.A{"who": audienceMsg(audience, name)})
}

func (v *actionsPage) small(x ShownAction) string {
	l := v.L
	place := v.room.elementPlace(l, x.Element)
	return joinParts(ownerText(l, x.Action, x.Owner), place, todoNote(l, x.Action), askedBy(l, x.Maker, x.CreatedAt.Day()), v.audience(x.Audience))
}

func (v *actionsPage) closedFact() string {
	if len(v.Closed) < closedMost {
		return ""
	}
	return v.L.T("actions.closed.last", "the last {n}", i18n.A{"n": closedMost})
}

// noteHint says what closing an action needs.
func (v *actionsPage) noteHint(x Action) string {
	if x.High {
		return v.L.T("actions.note.high", "A document, a link, a date. A second person looks at it before it is closed.")
	}
	return v.L.T("actions.note.hint", "A document, a link, a date")
}

// closedSmall says how an action ended.
func (v *actionsPage) closedSmall(x ShownAction) string {
	l := v.L
	var end string
	switch {
	case x.State == ActionDropped:
		end = l.T("actions.was_dropped", "given up on {date}", i18n.A{"date": x.UpdatedAt.Day()})
	case x.Doer != "":
		end = l.T("actions.was_done", "done by {name}, {date}", i18n.A{"name": x.Doer, "date": x.DoneAt.Day()})
	default:
		end = l.T("actions.was_settled", "settled on {date}", i18n.A{"date": x.DoneAt.Day()})
	}
	checked := ""
	if x.Checker != "" {
		checked = l.T("actions.was_checked", "checked by {name}, {date}", i18n.A{"name": x.Checker, "date": x.CheckedAt.Day()})
	}
	return joinParts(ownerText(l, x.Action, x.Owner), v.room.elementPlace(l, x.Element), end, checked)
}

// ownerOptions are those who may be asked: persons of the team, parties, and
// whoever holds a right.
func (v *actionsPage) ownerOptions() []ui.Option {
	l := v.L
	out := []ui.Option{{Text: l.T("actions.owner.choose", "Choose")}}
	persons := map[string]bool{}
	for _, x := range v.Team {
		if x.Person != "" && !persons[x.Person] {
			persons[x.Person] = true
			out = append(out, ui.Option{Value: string(WhoPerson) + ":" + x.Person, Text: x.Name, Group: l.T("actions.owner.team", "Persons of the team")})
		}
	}
	for _, o := range v.Parties {
		out = append(out, ui.Option{Value: string(WhoParty) + ":" + o.Value, Text: o.Text, Group: l.T("parties.title", "Parties")})
	}
	for _, r := range []access.Right{access.Manage, access.Contribute, access.Approve} {
		out = append(out, ui.Option{Value: string(WhoRight) + ":" + string(r), Text: l.Say(rightWho(r)), Group: l.T("actions.owner.right", "Whoever holds a right")})
	}
	return out
}

// audiences are those the reader may choose.
func (v *actionsPage) audiences() []ui.Option {
	l := v.L
	if !v.Actor.Staff() {
		return []ui.Option{
			{Value: access.AudienceParties, Text: l.T("audience.option.parties", "All parties")},
			{Value: access.PartyAudience(v.Actor.Organisation), Text: l.T("audience.option.mine", "The host’s staff and my organisation")},
		}
	}
	out := audienceOptions(l, access.AudienceHost)
	for _, o := range v.Parties {
		out = append(out, ui.Option{Value: access.PartyAudience(o.Value), Text: l.T("actions.audience.party", "The host’s staff and {party}", i18n.A{"party": o.Text})})
	}
	return out
}

// actionsBack ends a form of the page: what is to be mended is shown on it,
// anything else goes on.
func (m *Room) actionsBack(c *web.Ctx, which string, err error, done i18n.Msg, undo, anchor string) error {
	if errs.Is(err, errs.Invalid) {
		return formError(c, err, func(f ui.Form) error { return m.showActions(c, which, f) })
	}
	if err != nil {
		return err
	}
	c.Flash(done, undo)
	return c.See("/partnerships/" + c.Path("id") + "/actions" + anchor)
}

// asTyped is a date as it was typed where it is none, so that the rules say
// so together with all else.
func asTyped(v *web.Values, field string) clock.Day {
	d, ok := ParseDate(v.Get(field), false)
	if !ok {
		return clock.Day(v.Get(field))
	}
	return d
}

func (m *Room) addAction(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	kind, owner, _ := strings.Cut(v.Get("owner"), ":")
	x := Action{
		Partnership: c.Path("id"), Element: v.Get("element"), Text: v.Get("text"), OwnerKind: WhoKind(kind), OwnerID: owner,
		DueOn: asTyped(v, "due_on"), High: v.On("high"), Audience: v.Get("audience"),
	}
	made, err := m.s.GiveAction(c.Context(), c.Actor, x)
	return m.actionsBack(c, "action", err, i18n.M("actions.added", "The action is added."), "/partnerships/"+x.Partnership+"/actions/"+made+"/drop", "#action-"+made)
}

func (m *Room) doAction(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	id, action := c.Path("id"), c.Path("action")
	err = m.s.Do(c.Context(), c.Actor, id, action, v.Get("note"))
	return m.actionsBack(c, action, err, i18n.M("actions.done", "The action is done."), "/partnerships/"+id+"/actions/"+action+"/reopen", "")
}

func (m *Room) checkAction(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	good := v.Get("good") == "yes"
	done := i18n.M("actions.checked", "The action is checked and closed.")
	if !good {
		done = i18n.M("actions.not_good", "The action is open again.")
	}
	err = m.s.CheckAction(c.Context(), c.Actor, c.Path("id"), c.Path("action"), good)
	return m.actionsBack(c, c.Path("action"), err, done, "", "")
}

func (m *Room) dropAction(c *web.Ctx) error {
	id, action := c.Path("id"), c.Path("action")
	err := m.s.DropAction(c.Context(), c.Actor, id, action, false)
	return m.actionsBack(c, action, err, i18n.M("actions.dropped", "The action is given up."), "/partnerships/"+id+"/actions/"+action+"/reopen", "")
}

func (m *Room) reopenAction(c *web.Ctx) error {
	action := c.Path("action")
	err := m.s.DropAction(c.Context(), c.Actor, c.Path("id"), action, true)
	return m.actionsBack(c, action, err, i18n.M("actions.not_good", "The action is open again."), "", "#action-"+action)
}

func (m *Room) addDeadline(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	d := Deadline{Partnership: c.Path("id"), Element: v.Get("element"), Text: v.Get("text"), DueOn: asTyped(v, "due_on"), Audience: v.Get("audience")}
	made, err := m.s.KeepDeadline(c.Context(), c.Actor, d)
	return m.actionsBack(c, "deadline", err, i18n.M("actions.deadline.added", "The deadline is added."), "/partnerships/"+d.Partnership+"/deadlines/"+made+"/delete", "#deadlines")
}

func (m *Room) removeDeadline(c *web.Ctx) error {
	id, deadline := c.Path("id"), c.Path("deadline")
	err := m.s.RemoveDeadline(c.Context(), c.Actor, id, deadline, true)
	return m.actionsBack(c, "", err, i18n.M("form.removed", "Removed."), "/partnerships/"+id+"/deadlines/"+deadline+"/restore", "#deadlines")
}

func (m *Room) restoreDeadline(c *web.Ctx) error {
	err := m.s.RemoveDeadline(c.Context(), c.Actor, c.Path("id"), c.Path("deadline"), false)
	return m.actionsBack(c, "", err, i18n.M("form.restored", "It is back."), "", "#deadlines")
}
