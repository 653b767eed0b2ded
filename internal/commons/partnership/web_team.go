package partnership

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/pages"
	"ayni/internal/kernel/tabular"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

func (m *Room) teamRoutes() []web.Route {
	const here = "/partnerships/{id}"
	// Rights and waivers change who may do what: the password is asked again.
	fresh := func(pattern string, do web.Handler) web.Route {
		return web.Route{Method: "POST", Pattern: pattern, Perm: access.Take, Do: do, Fresh: true}
	}
	return []web.Route{
		{Method: "GET", Pattern: here + "/team", Perm: access.StaffOnly, Do: m.team},
		fresh(here+"/team", m.addRight),
		fresh(here+"/team/{member}/remove", m.removeRight),
		fresh(here+"/team/{member}/restore", m.restoreRight),
		fresh(here+"/manager", m.nameManager),
		fresh(here+"/gates/{gate}/waive", m.waive),
		fresh(here+"/waivers/{waiver}/end", m.endWaiver),
		{Method: "GET", Pattern: here + "/history", Perm: access.SignedIn, Do: m.history},
	}
}

// teamPage is who holds which right, and the gates.
type teamPage struct {
	view
	Head     ui.Head
	Team     []Member
	Accounts []ui.Option // who may be given a right
	Gates    []gateView
	MayTeam  bool   // may change rights
	Which    string // the form that is shown again: right, manager, or a gate
	Form     ui.Form
	today    clock.Day
	room     *Room
}

// gateView is a gate with what it asks for and how it stands.
type gateView struct {
	Gate
	State    State
	Waivers  []waiverView
	MayWaive bool
}

type waiverView struct {
	Waiver
	By     string
	MayEnd bool
}

func (m *Room) team(c *web.Ctx) error { return m.showTeam(c, "", ui.Form{}) }

func (m *Room) showTeam(c *web.Ctx, which string, f ui.Form) error {
	l := c.L
	v := &teamPage{Which: which, Form: f, today: c.Today(), room: m}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, rights, l.T("tab.team", "Team"), "/team", ui.Link{Text: l.T("tab.team", "Team")})
		v.Team, err = teamOf(t, p.ID)
		if err != nil {
			return err
		}
		v.MayTeam = !c.Actor.ReadsOnly() && (v.May(access.Manage) || c.Actor.Has(access.Admin))
		if v.MayTeam {
			v.Accounts, err = m.accountOptions(t, l)
			if err != nil {
				return err
			}
		}
		return m.gates(t, c.Actor, v)
	})
	if err != nil {
		return err
	}
	v.Head = ui.Head{Sub: l.T("team.sub", "Who of the host’s staff works on this partnership, with which right, until when. Parties take part through their organisations.")}
	return c.PageStatus(statusOf(f), teamBody(v))
}

// accountOptions are the active accounts of the host that may be given a
// right: those with a role that writes.
func (m *Room) accountOptions(t *db.Tx, l *i18n.L) ([]ui.Option, error) {
	all, err := access.Find(t, access.Filter{State: access.Active})
	if err != nil {
		return nil, err
	}
	var out []ui.Option
	for _, a := range all {
		var roles []string
		writes := false
		for _, g := range a.Roles {
			if !g.Ended(t.Now.Day()) && g.Role != access.Partner {
				roles = append(roles, pages.RoleName(l, g.Role))
				writes = writes || g.Role != access.Auditor
			}
		}
		if writes && a.Organisation == "" {
			out = append(out, ui.Option{Value: a.ID, Text: l.T("team.account.option", "{name} ({roles})", i18n.A{"name": a.Name, "roles": roles})})
		}
	}
	return out, nil
}

func (m *Room) gates(t *db.Tx, a access.Actor, v *teamPage) error {
	states, err := statesOf(t, v.P.ID)
	if err != nil {
		return err
	}
	waivers, err := waiversOf(t, v.P.ID)
	if err != nil {
		return err
	}
	var by []string
	for _, w := range waivers {
		by = append(by, w.ByActor)
	}
	names, err := access.Names(t, by)
	if err != nil {
		return err
	}
	for _, g := range Gates {
		x := gateView{Gate: g, State: Open, MayWaive: a.Has(g.Waivers...)}
		for _, s := range states {
			if s.Element == g.Element {
				x.State = s.State
			}
		}
		for _, w := range waivers {
			if w.Gate == g.Key {
				x.Waivers = append(x.Waivers, waiverView{Waiver: w, By: names[w.ByActor], MayEnd: a.Has(w.ByRole)})
			}
		}
		v.Gates = append(v.Gates, x)
	}
	return nil
}

// form is the state of one of the page's forms.
func (v *teamPage) form(which, prefix string) ui.Form {
	if v.Which != which {
		return ui.Form{}
	}
	return prefixed(v.Form, prefix)
}

func (v *teamPage) path(parts ...string) string {
	return "/partnerships/" + v.P.ID + "/" + strings.Join(parts, "/")
}

func (v *teamPage) table() ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("team.caption", "Rights in the team"), Quiet: true, Cols: []ui.Col{
		{Title: l.T("team.col.name", "Name")}, {Title: l.T("team.col.right", "Right")}, {Title: l.T("team.col.since", "Since")}, {Title: l.T("team.col.until", "Until")},
	}}
	if v.MayTeam {
		t.Cols = append(t.Cols, ui.Col{Title: l.T("team.col.change", "Change")})
	}
	for _, x := range v.Team {
		name := ui.Cell{Text: firstOf(x.Name, l.T("team.gone", "an account that is gone"))}
		manages := x.Account == v.P.Manager && x.Right == access.Manage
		if manages {
			name.Small = l.T("team.manager", "manager of the partnership")
		}
		until := ui.Cell{Text: l.T("team.no_end", "without end"), Soft: true}
		switch {
		case x.UntilOn != "" && x.UntilOn < v.today:
			until = ui.Cell{Text: l.T("team.over", "over since {date}", i18n.A{"date": x.UntilOn}), Soft: true}
		case x.UntilOn != "":
			until = ui.Cell{Text: l.Date(x.UntilOn), Class: "nw"}
		}
		row := []ui.Cell{name, {Text: l.Say(rightMsg(x.Right))}, {Text: l.Date(x.CreatedAt.Day()), Class: "nw"}, until}
		if v.MayTeam {
			change := ui.Cell{Text: l.T("team.stays", "stays until another is named"), Soft: true}
			if !manages {
				change = ui.Cell{Body: removeRightButton(v, x)}
			}
			row = append(row, change)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: row})
	}
	return t
}

// managerOptions are the accounts that hold the right to manage.
func (v *teamPage) managerOptions() []ui.Option {
	var out []ui.Option
	for _, x := range v.Team {
		if x.Right == access.Manage && (x.UntilOn == "" || x.UntilOn >= v.today) {
			out = append(out, ui.Option{Value: x.Account, Text: x.Name})
		}
	}
	return out
}

func rightOptions(l *i18n.L) []ui.Option {
	hints := map[access.Right]string{
		access.View:       l.T("team.right.view", "see the partnership, where it is confidential"),
		access.Contribute: l.T("team.right.contribute", "add evidence, attestations, statements and actions"),
		access.Manage:     l.T("team.right.manage", "change the partnership, its parties, its team and its status"),
		access.Approve:    l.T("team.right.approve", "decide on what another person attests"),
	}
	var out []ui.Option
	for _, r := range access.Rights {
		out = append(out, ui.Option{Value: string(r), Text: l.Say(rightMsg(r)), Hint: hints[r]})
	}
	return out
}

// waivedText says who waived a gate, in which role, when, and until when.
func (v *teamPage) waivedText(w waiverView) string {
	l := v.L
	text := l.T("team.waived", "Waived by {name}, {role}, on {date}.", i18n.A{"name": firstOf(w.By, w.ByActor), "role": pages.RoleName(l, w.ByRole), "date": w.At.Day()})
	switch {
	case w.UntilOn == "":
		return text + " " + l.T("team.waived.no_end", "Without end.")
	case w.UntilOn < v.today:
		return text + " " + l.T("team.waived.over", "Over since {date}: the gate is closed again.", i18n.A{"date": w.UntilOn})
	}
	return text + " " + l.T("team.waived.until", "Until {date}.", i18n.A{"date": w.UntilOn})
}

// waiversText says which roles may waive a gate.
func (v *teamPage) waiversText(g Gate) string {
	l := v.L
	if len(g.Waivers) == 0 {
		return l.T("team.gate.nobody", "Nobody may waive it.")
	}
	var roles []string
	for _, r := range g.Waivers {
		roles = append(roles, pages.RoleName(l, r))
	}
	return l.T("team.gate.roles", "Who may waive it, with a reason: {roles}.", i18n.A{"roles": strings.Join(roles, "; ")})
}

// teamBack ends a form of the page.
func (m *Room) teamBack(c *web.Ctx, which string, err error, done i18n.Msg, undo, anchor string) error {
	if errs.Is(err, errs.Invalid) {
		return formError(c, err, func(f ui.Form) error { return m.showTeam(c, which, f) })
	}
	if err != nil {
		return err
	}
	c.Flash(done, undo)
	return c.See("/partnerships/" + c.Path("id") + "/team" + anchor)
}

func (m *Room) addRight(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	made, err := m.s.GiveRight(c.Context(), c.Actor, c.Path("id"), Member{Account: v.Get("account"), Right: access.Right(v.Get("right")), UntilOn: asTyped(v, "until_on")})
	return m.teamBack(c, "right", err, i18n.M("team.added", "The right is given."), "/partnerships/"+c.Path("id")+"/team/"+made+"/remove", "")
}

func (m *Room) removeRight(c *web.Ctx) error {
	err := m.s.RemoveMember(c.Context(), c.Actor, c.Path("id"), c.Path("member"))
	return m.teamBack(c, "", err, i18n.M("team.removed", "The right is taken back."), "/partnerships/"+c.Path("id")+"/team/"+c.Path("member")+"/restore", "")
}

func (m *Room) restoreRight(c *web.Ctx) error {
	err := m.s.RestoreMember(c.Context(), c.Actor, c.Path("id"), c.Path("member"))
	return m.teamBack(c, "", err, i18n.M("form.restored", "It is back."), "", "")
}

func (m *Room) nameManager(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = m.s.SetManager(c.Context(), c.Actor, c.Path("id"), v.Get("account"))
	return m.teamBack(c, "manager", err, i18n.M("team.named", "The manager is named. Who managed before keeps the right to manage."), "", "")
}

func (m *Room) waive(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	gate := c.Path("gate")
	made, err := m.s.OpenGate(c.Context(), c.Actor, c.Path("id"), Waiver{Gate: gate, Reason: v.Get("reason"), UntilOn: asTyped(v, "until_on")})
	return m.teamBack(c, gate, err, i18n.M("team.gate.waived", "The gate is waived. The reason is shown here and on the partnership’s page."), "/partnerships/"+c.Path("id")+"/waivers/"+made+"/end", "#gates")
}

func (m *Room) endWaiver(c *web.Ctx) error {
	err := m.s.EndWaiver(c.Context(), c.Actor, c.Path("id"), c.Path("waiver"))
	return m.teamBack(c, "", err, i18n.M("team.gate.closed", "The waiver has ended: the gate is closed again."), "", "#gates")
}

// changesMost is how many moves of elements the history shows.
const changesMost = 50

// historyPage is what happened in a partnership.
type historyPage struct {
	view
	Head    ui.Head
	Changes []StatusChange
	Moves   []Change // of elements, the latest first
	MovesN  int
	Cycle   []CycleTime
	Audit   []audit.Listed
	Stretch ui.Stretch
	names   map[string]string
	room    *Room
	today   clock.Day
}

func (m *Room) history(c *web.Ctx) error {
	switch c.Query("format") {
	case "csv":
		return m.historyCSV(c)
	case "elements":
		return m.movesCSV(c)
	}
	l := c.L
	v := &historyPage{room: m, today: c.Today()}
	after, n := readPlace(c.Query("after"))
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, rights, l.T("tab.history", "History"), "/history", ui.Link{Text: l.T("tab.history", "History")})
		v.Changes, err = statusChanges(t, p.ID)
		if err != nil {
			return err
		}
		moves, err := historyOf(t, p.ID)
		if err != nil {
			return err
		}
		v.Cycle, v.MovesN = cycleTimes(moves, c.Now()), len(moves)
		slices.Reverse(moves)
		v.Moves = moves[:min(len(moves), changesMost)]
		f := auditOf(c.Actor, p.ID)
		f.After, f.Limit = after, pageRows+1
		v.Audit, err = audit.List(t, f)
		if err != nil {
			return err
		}
		v.names, err = actorNames(t, v.Audit)
		return err
	})
	if err != nil {
		return err
	}
	more := len(v.Audit) > pageRows
	if more {
		v.Audit = v.Audit[:pageRows]
	}
	if len(v.Audit) > 0 {
		v.Stretch = ui.Stretch{From: n + 1, To: n + len(v.Audit)}
		if more {
			last := v.Audit[len(v.Audit)-1].Place()
			v.Stretch.Next = "/partnerships/" + v.P.ID + "/history?after=" + writePlace(last, v.Stretch.To) + "#records"
		}
	}
	v.Head = ui.Head{Lead: l.Say(statusMsg(v.P.Status)), Sub: l.T("status.since", "since {date}", i18n.A{"date": v.P.StatusSince.Day()}) + "."}
	return c.Page(historyBody(v))
}

// auditOf are the audit's rows of a partnership that are meant for an actor.
func auditOf(a access.Actor, partnership string) audit.Filter {
	return audit.Filter{Context: partnership, Only: access.Audience(a, "a.audience")}
}

// A place in the audit stands in an address as instant, id and row number.
func readPlace(s string) (audit.Place, int) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || !id.Valid(parts[1]) {
		return audit.Place{}, 0
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil || n < 0 {
		return audit.Place{}, 0
	}
	return audit.Place{At: clock.Ms(parseInt(parts[0])), ID: parts[1]}, n
}

func writePlace(p audit.Place, n int) string {
	return strconv.FormatInt(int64(p.At), 10) + "." + p.ID + "." + strconv.Itoa(n)
}

// actorNames are the names of the accounts that acted.
func actorNames(t *db.Tx, rows []audit.Listed) (map[string]string, error) {
	var ids []string
	for _, r := range rows {
		if !slices.Contains(ids, r.Actor) {
			ids = append(ids, r.Actor)
		}
	}
	return access.Names(t, ids)
}

// actorText says who acted: a person, a command, or the product itself.
func actorText(l *i18n.L, actor string, names map[string]string) string {
	switch {
	case names[actor] != "":
		return names[actor]
	case strings.HasPrefix(actor, "cli:"):
		return l.T("history.command", "a command")
	case strings.HasPrefix(actor, "system:"):
		return l.T("history.product", "the product")
	}
	return l.T("team.gone", "an account that is gone")
}

// deedMsg says what was done to a record.
func deedMsg(action string) i18n.Msg {
	switch action {
	case "created":
		return i18n.M("history.created", "added")
	case "updated":
		return i18n.M("history.updated", "changed")
	case "deleted":
		return i18n.M("history.deleted", "removed")
	case "restored":
		return i18n.M("history.restored", "brought back")
	case "moved":
		return i18n.M("history.moved", "moved to another status")
	case "approved":
		return i18n.M("history.approved", "approved")
	case "rejected":
		return i18n.M("history.rejected", "rejected")
	case "withdrawn":
		return i18n.M("history.withdrawn", "withdrawn")
	case "waived":
		return i18n.M("history.waived", "waived")
	case "done":
		return i18n.M("history.done", "done")
	case "checked":
		return i18n.M("history.checked", "looked at by a second person")
	case "confirmed-modality":
		return i18n.M("history.modality", "modality confirmed")
	case Confirmed:
		return i18n.M("history.confirmed", "confirmed")
	case Disputed:
		return i18n.M("history.disputed", "disputed")
	}
	return i18n.M("history.updated", "changed")
}

// recordText says which record it was: its title, or what its code means.
func (m *Room) recordText(l *i18n.L, r audit.Listed) string {
	switch r.Kind {
	case "partnership_tag":
		list, code, _ := strings.Cut(r.Record, ":")
		name, _ := m.ref.List(list)
		return name.Name(l.Lang) + ": " + m.ref.Name(list, code, l.Lang)
	case "gate_waiver":
		return gateName(l, r.Title)
	}
	return r.Title
}

func (v *historyPage) auditTable() ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("history.records.caption", "Changes of records, the latest first"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("history.col.when", "When")}, {Title: l.T("history.col.who", "Who")}, {Title: l.T("history.col.what", "What")}, {Title: l.T("history.col.record", "Record")},
	}}
	for _, r := range v.Audit {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Body: ui.At(l, r.At)}, {Text: actorText(l, r.Actor, v.names)}, {Text: l.Say(deedMsg(r.Action))}, {Text: KindName(l, r.Kind), Small: v.room.recordText(l, r)},
		}})
	}
	return t
}

func (v *historyPage) moveTable() ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("history.moves.caption", "Moves of elements, the latest first"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("history.col.when", "When")}, {Title: l.T("history.col.element", "Element")}, {Title: l.T("history.col.from", "From")}, {Title: l.T("history.col.to", "To")},
	}}
	for _, x := range v.Moves {
		e, known := ElementOf(x.Element)
		if !known {
			continue // of a later version
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Body: ui.At(l, x.At)}, {Text: strconv.Itoa(stepOrder(e.Step)) + " " + v.room.taskName(e.Key, l.Lang), Href: elementPath(v.P.ID, e.Key)},
			{Body: ui.StateWord(l, cell(x.From))}, {Body: ui.StateWord(l, cell(x.To))},
		}})
	}
	return t
}

func (v *historyPage) movesFact() string {
	if v.MovesN > len(v.Moves) {
		return v.L.T("history.moves.last", "the last {n} of {all}", i18n.A{"n": len(v.Moves), "all": v.MovesN})
	}
	return ""
}

// newest leads back from an older page of the records.
func (v *historyPage) newest() []ui.Link {
	if v.Stretch.From <= 1 {
		return nil
	}
	return []ui.Link{{Text: v.L.T("history.newest", "The latest"), Href: "/partnerships/" + v.P.ID + "/history#records"}}
}

// bars are the days that each step took or has been under way.
func (v *historyPage) bars() ui.BarsView {
	l := v.L
	b := ui.BarsView{
		ID: "cycle", Title: l.T("cycle.title", "Time in each step, days"), Head: l.T("history.step", "Step"), Value: l.T("history.days", "Days"), Unit: l.T("history.days.unit", "days"),
		Caption: l.T("history.cycle.caption", "Counted from the moves of elements recorded here, {date}. A step begins when its first element leaves “open”, and ends when none is open or partly.", i18n.A{"date": v.today}),
	}
	var longest CycleTime
	for _, s := range Steps {
		i := slices.IndexFunc(v.Cycle, func(t CycleTime) bool { return t.Step == s.Key })
		bar := ui.Bar{Label: l.T("step.number", "{n} {name}", i18n.A{"n": s.Number, "name": v.room.shortStep(s.Key, l.Lang)})}
		if i < 0 {
			bar.None, bar.Text = true, l.T("step.not_started", "not started")
			b.Rows = append(b.Rows, bar)
			continue
		}
		t := v.Cycle[i]
		bar.To, bar.Text = t.Days, l.Num(int64(t.Days))
		if t.Ended == 0 {
			bar.Running, bar.Text = true, l.T("cycle.so_far", "{days} so far", i18n.A{"days": t.Days})
		}
		if longest.Step == "" || t.Days > longest.Days {
			longest = t
		}
		b.Rows = append(b.Rows, bar)
	}
	b.Desc = l.N("history.cycle.finding", longest.Days, "The longest is step {step}, {n} day.", "The longest is step {step}, {n} days.", i18n.A{"step": stepOrder(longest.Step)})
	return b
}

// historyCSV is what the audit holds of the partnership for the reader.
func (m *Room) historyCSV(c *web.Ctx) error {
	l := c.L
	var b bytes.Buffer
	w := tabular.NewWriter(&b, "at", "actor", "action", "kind", "record", "title", "version")
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, err := need(t, c.Actor, c.Path("id"), access.View)
		if err != nil {
			return err
		}
		f := auditOf(c.Actor, p.ID)
		f.Limit = 200
		for n := 0; n < exportMost; n += f.Limit {
			rows, err := audit.List(t, f)
			if err != nil {
				return err
			}
			names, err := actorNames(t, rows)
			if err != nil {
				return err
			}
			for _, r := range rows {
				w.Row(stamp(r.At), actorText(l, r.Actor, names), r.Action, r.Kind, r.Record, m.recordText(l, r), strconv.FormatInt(r.Version, 10))
			}
			if len(rows) < f.Limit {
				return nil
			}
			f.After = rows[len(rows)-1].Place()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return attachCSV(c, "history.csv", w, &b)
}

// movesCSV are all moves of the elements.
func (m *Room) movesCSV(c *web.Ctx) error {
	var b bytes.Buffer
	w := tabular.NewWriter(&b, "at", "step", "element", "from", "to")
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, err := need(t, c.Actor, c.Path("id"), access.View)
		if err != nil {
			return err
		}
		moves, err := historyOf(t, p.ID)
		if err != nil {
			return err
		}
		for _, x := range moves {
			e, _ := ElementOf(x.Element)
			w.Row(stamp(x.At), strconv.Itoa(stepOrder(e.Step)), x.Element, string(x.From), string(x.To))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return attachCSV(c, "elements.csv", w, &b)
}
