package partnership

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

func (m *Room) partyRoutes() []web.Route {
	const party = "/partnerships/{id}/parties/{party}"
	return []web.Route{
		{Method: "GET", Pattern: "/partnerships/{id}/parties", Perm: access.SignedIn, Do: m.partyList},
		{Method: "POST", Pattern: "/partnerships/{id}/parties", Perm: access.Take, Do: m.addParty},
		{Method: "GET", Pattern: party + "/edit", Perm: access.Take, Do: m.partyForm},
		{Method: "POST", Pattern: party + "/edit", Perm: access.Take, Do: m.editParty},
		{Method: "POST", Pattern: party + "/delete", Perm: access.Take, Do: m.removeParty},
		{Method: "POST", Pattern: party + "/restore", Perm: access.Take, Do: m.restoreParty},
		{Method: "POST", Pattern: party + "/roles", Perm: access.Take, Do: m.addRole},
		{Method: "POST", Pattern: "/partnerships/{id}/roles/{role}/edit", Perm: access.Take, Do: m.editRole},
		{Method: "POST", Pattern: "/partnerships/{id}/roles/{role}/delete", Perm: access.Take, Do: m.removeRole},
	}
}

// partiesPage shows parties with their roles by date.
type partiesPage struct {
	view
	Parties  []partyView
	Form     ui.Form
	Pick     directory.Pick
	Country  []ui.Option
	Proposed Modality
	One      *partyView // the party of an edit page
	RoleForm ui.Form    // of the roles on it, the one that was sent
	Which    string     // the role that it is about, newRole for one to be added
	Brings   []ui.Option
	Finding  []shownMissing
	// MayCreate says whether the reader may add to the directory.
	MayCreate bool
	room      *Room
	today     clock.Day
}

func (m *Room) partyList(c *web.Ctx) error { return m.showParties(c, ui.Form{}, nil) }

func (m *Room) loadParties(c *web.Ctx, r access.Right) (*partiesPage, error) {
	v := &partiesPage{room: m, today: c.Today(), MayCreate: c.Actor.May(access.Create)}
	l := c.L
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		_, err := need(t, c.Actor, c.Path("id"), r)
		if err != nil {
			return err
		}
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, rights, l.T("parties.title_roles", "Parties and roles"), "/parties", ui.Link{Text: l.T("tab.parties", "Parties")})
		var d *Dossier
		v.Parties, d, err = m.parties(t, c, p)
		if err != nil {
			return err
		}
		places, err := placesOf(t, p.ID)
		if err != nil {
			return err
		}
		v.Proposed = m.proposed(v.Parties, places, v.today)
		for _, e := range Elements {
			var f Finding
			structure(d, e, &f)
			for _, miss := range f.Missing {
				v.Finding = append(v.Finding, shownMissing{text: l.Say(miss.Text)})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if v.May(access.Manage) {
		v.Pick, err = m.dir.PickFor(c.Context(), l.Lang, "")
		if err != nil {
			return nil, err
		}
		v.Country = withNone(l.T("form.none", "None"), m.countryOptions(c))
		v.Brings = m.options(c, BringsList)
	}
	return v, nil
}

// showParties draws the page; pick is the question for an organisation as it
// came out of a form that was sent.
func (m *Room) showParties(c *web.Ctx, f ui.Form, pick *directory.Pick) error {
	v, err := m.loadParties(c, access.View)
	if err != nil {
		return err
	}
	v.Form = f
	if pick != nil {
		v.Pick = *pick
	}
	return c.PageStatus(statusOf(f), partiesBody(v))
}

// readParty reads the fields of a party; present is the organisation it has.
// The error is what can't be read.
func (m *Room) readParty(c *web.Ctx, v *web.Values, present string) (Party, directory.Pick, error) {
	var check errs.Check
	y := Party{
		ID: c.Path("party"), Label: v.Get("label"), Country: v.Get("country"),
		JoinedOn: day(&check, v, "joined_on", true), LeftOn: day(&check, v, "left_on", true), Basis: v.Get("basis"),
		Meta: Meta{Version: parseInt(v.Get("version"))},
	}
	org, pick, err := m.dir.Picked(c.Context(), c.L.Lang, "organisation", v.Get("organisation"), present)
	y.Organisation = org
	if err != nil && !web.Mendable(err) {
		return y, pick, err
	}
	return y, pick, both(&check, err)
}

func (m *Room) addParty(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	y, pick, err := m.readParty(c, v, "")
	n := NewParty{Party: y, Brings: v.All("brings")}
	if n.Organisation != "" {
		n.Label, n.Country = "", ""
	}
	for _, r := range v.All("roles") {
		n.Roles = append(n.Roles, PartyRole{Role: Role(r), FromOn: n.JoinedOn})
	}
	var made string
	if err == nil {
		made, err = m.s.AddParty(c.Context(), c.Actor, c.Path("id"), n)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showParties(c, f, &pick) })
	}
	c.Flash(i18n.M("party.added", "The party is added."), partiesPath(c.Path("id"))+"/"+made+"/delete")
	return c.See(partiesPath(c.Path("id")))
}

func (m *Room) partyForm(c *web.Ctx) error { return m.showParty(c, ui.Form{}, nil) }

func (m *Room) showParty(c *web.Ctx, f ui.Form, pick *directory.Pick) error {
	v, err := m.loadParties(c, access.Manage)
	if err != nil {
		return err
	}
	for i := range v.Parties {
		if v.Parties[i].ID == c.Path("party") {
			v.One = &v.Parties[i]
		}
	}
	return m.drawParty(c, v, f, pick)
}

// newRole stands for the role that a party is to be given.
const newRole = "new"

// showRole shows a form of a role again, on the page of its party.
func (m *Room) showRole(c *web.Ctx, f ui.Form) error {
	v, err := m.loadParties(c, access.Manage)
	if err != nil {
		return err
	}
	v.RoleForm, v.Which = f, firstOf(c.Path("role"), newRole)
	for i, y := range v.Parties {
		has := slices.ContainsFunc(y.Roles, func(r PartyRole) bool { return r.ID == v.Which })
		if has || y.ID == c.Path("party") {
			v.One = &v.Parties[i]
		}
	}
	return m.drawParty(c, v, ui.Form{}, nil)
}

// roleForm gives a form of a role its state: of several only the one that was
// sent has any.
func (v *partiesPage) roleForm(which string) ui.Form {
	if v.Which == which {
		return v.RoleForm
	}
	return ui.Form{}
}

// roleField keeps ids apart; the form that was sent has the plain ones, which
// its errors name.
func (v *partiesPage) roleField(name, which string) string {
	if v.Which == which {
		return name
	}
	return name + "-" + which
}

func (m *Room) drawParty(c *web.Ctx, v *partiesPage, f ui.Form, pick *directory.Pick) error {
	if v.One == nil {
		return errs.Missing()
	}
	v.Form = f
	v.Title = v.One.Name
	v.Crumbs = append(v.Crumbs[:len(v.Crumbs)-1], ui.Link{Text: c.L.T("tab.parties", "Parties"), Href: partiesPath(v.P.ID)}, ui.Link{Text: short(v.One.Name)})
	if pick == nil {
		p, err := m.dir.PickFor(c.Context(), c.L.Lang, v.One.Organisation)
		if err != nil {
			return err
		}
		pick = &p
	}
	v.Pick = *pick
	if f.Values == nil {
		y := v.One.Party
		v.Form.Values = partyValues(y, pick.Value)
		v.Form.Values["brings"], v.Form.Values["brought"] = v.One.Brings, v.One.Brings
	}
	return c.PageStatus(max(statusOf(f), statusOf(v.RoleForm)), partyBody(v))
}

// partyValues are the fields of the form of a party.
func partyValues(y Party, organisation string) map[string][]string {
	return map[string][]string{
		"organisation": {organisation}, "label": {y.Label}, "country": {y.Country}, "joined_on": {string(y.JoinedOn)}, "left_on": {string(y.LeftOn)},
		"basis": {y.Basis}, "version": {strconv.FormatInt(y.Version, 10)},
	}
}

func (m *Room) editParty(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	y, pick, err := m.readParty(c, v, v.Get("present"))
	if err == nil {
		err = m.d.Together(c.Context(), func(ctx context.Context) error {
			err := m.s.EditParty(ctx, c.Actor, c.Path("id"), y)
			if err != nil {
				return err
			}
			return m.s.ChangeBrings(ctx, c.Actor, c.Path("id"), y.ID, v.All("brought"), v.All("brings"))
		})
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error {
			var clash *Clashed[Party]
			if !errors.As(err, &clash) {
				return m.showParty(c, f, &pick)
			}
			again, err := m.dir.PickFor(c.Context(), c.L.Lang, clash.Merged.Organisation)
			if err != nil {
				return err
			}
			f.Values = partyValues(clash.Merged, again.Value)
			f.Values["brings"], f.Values["brought"] = v.All("brings"), v.All("brought")
			return m.showParty(c, f, &again)
		})
	}
	c.Flash(i18n.M("form.saved", "Saved."), "")
	return c.See(partiesPath(c.Path("id")))
}

func (m *Room) removeParty(c *web.Ctx) error {
	err := m.s.RemoveParty(c.Context(), c.Actor, c.Path("id"), c.Path("party"), true)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("party.removed", "The party is removed."), partiesPath(c.Path("id"))+"/"+c.Path("party")+"/restore")
	return c.See(partiesPath(c.Path("id")))
}

func (m *Room) restoreParty(c *web.Ctx) error {
	err := m.s.RemoveParty(c.Context(), c.Actor, c.Path("id"), c.Path("party"), false)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("form.restored", "It is back."), "")
	return c.See(partiesPath(c.Path("id")))
}

func (m *Room) addRole(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	var check errs.Check
	r := PartyRole{Party: c.Path("party"), Role: Role(v.Get("role")), FromOn: day(&check, v, "from_on", true), ToOn: day(&check, v, "to_on", true), Basis: v.Get("role_basis")}
	err = check.Err()
	if err == nil {
		err = m.s.AddRole(c.Context(), c.Actor, c.Path("id"), r)
	}
	return m.roleDone(c, err, c.Path("party"))
}

func (m *Room) roleDone(c *web.Ctx, err error, party string) error {
	if err != nil {
		return formError(c, err, func(f ui.Form) error {
			var clash *Clashed[PartyRole]
			if errors.As(err, &clash) {
				r := clash.Merged
				f.Values["from_on"], f.Values["to_on"], f.Values["role_basis"] = []string{string(r.FromOn)}, []string{string(r.ToOn)}, []string{r.Basis}
				f.Values["version"] = []string{strconv.FormatInt(r.Version, 10)}
			}
			return m.showRole(c, f)
		})
	}
	c.Flash(i18n.M("form.saved", "Saved."), "")
	if party == "" {
		return c.See(partiesPath(c.Path("id")))
	}
	return c.See(partiesPath(c.Path("id")) + "/" + party + "/edit")
}

func (m *Room) editRole(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	var check errs.Check
	r := PartyRole{
		ID: c.Path("role"), FromOn: day(&check, v, "from_on", true), ToOn: day(&check, v, "to_on", true), Basis: v.Get("role_basis"),
		Version: parseInt(v.Get("version")),
	}
	err = check.Err()
	if err == nil {
		err = m.s.EditRole(c.Context(), c.Actor, c.Path("id"), r, false)
	}
	return m.roleDone(c, err, v.Get("party"))
}

func (m *Room) removeRole(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = m.s.EditRole(c.Context(), c.Actor, c.Path("id"), PartyRole{ID: c.Path("role")}, true)
	return m.roleDone(c, err, v.Get("party"))
}

// roleSpan says the days of a role.
func (v *partiesPage) roleSpan(r PartyRole) string {
	return runs(v.L, r.FromOn, r.ToOn, notStated(v.L, v.P))
}

func roleOptions(l *i18n.L) []ui.Option {
	var out []ui.Option
	for _, r := range Roles {
		out = append(out, ui.Option{Value: string(r), Text: l.Say(roleMsg(r))})
	}
	return out
}

func (v *partiesPage) modalityOptions() []ui.Option {
	var out []ui.Option
	for _, x := range Modalities {
		out = append(out, ui.Option{Value: string(x), Text: v.room.ref.Name("modality", string(x), v.L.Lang)})
	}
	return out
}

// shown are the roles of a party that count by n, for the triangle.
func (v *partiesPage) held(r Role) int {
	n := 0
	for _, p := range v.Parties {
		for _, x := range p.Current(v.today) {
			if x == r && p.Present(v.today) {
				n++
			}
		}
	}
	return n
}
