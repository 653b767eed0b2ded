package partnership

import (
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/pages"
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
		if v.MayTeam && x.Name != "" {
			name.Body = memberName(v, x, name.Small)
			name.Text, name.Small = "", ""
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
	made, err := m.s.AddMember(c.Context(), c.Actor, c.Path("id"), Member{Account: v.Get("account"), Right: access.Right(v.Get("right")), UntilOn: asTyped(v, "until_on")})
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
	made, err := m.s.Waive(c.Context(), c.Actor, c.Path("id"), Waiver{Gate: gate, Reason: v.Get("reason"), UntilOn: asTyped(v, "until_on")})
	return m.teamBack(c, gate, err, i18n.M("team.gate.waived", "The gate is waived. The reason is shown here and on the partnership’s page."), "/partnerships/"+c.Path("id")+"/waivers/"+made+"/end", "#gates")
}

func (m *Room) endWaiver(c *web.Ctx) error {
	err := m.s.EndWaiver(c.Context(), c.Actor, c.Path("id"), c.Path("waiver"))
	return m.teamBack(c, "", err, i18n.M("team.gate.closed", "The waiver has ended: the gate is closed again."), "", "#gates")
}
