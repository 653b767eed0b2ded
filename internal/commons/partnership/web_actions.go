package partnership

import (
	"slices"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
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
	return x.SystemKey == "" && x.State == ActionOpen && v.owns(x)
}

func (v *actionsPage) mayCheck(x Action) bool {
	return x.State == ActionToCheck && x.DonePerson != v.Actor.Person && (v.May(access.Manage) || v.May(access.Approve))
}

func (v *actionsPage) mayReopen(x Action) bool {
	return x.Text != "" && v.owns(x)
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
	made, err := m.s.AddAction(c.Context(), c.Actor, x)
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
	made, err := m.s.AddDeadline(c.Context(), c.Actor, d.Partnership, d)
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
