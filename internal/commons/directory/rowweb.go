package directory

import (
	"errors"
	"net/http"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// Forms of the rows around an organisation or a person.

// rowPage is the form of one row.
type rowPage struct {
	ui.Base
	Form    ui.Form
	Fields  []ui.Field
	Dates   []ui.Field // first and last day, side by side
	Action  string
	Back    string
	Submit  string
	Remove  string // path of a POST that removes the row; empty for a new one
	Version int64
	Clash   bool
	Lead    string
}

// rowForm is what the pages of one kind of row share.
type rowForm struct {
	New    bool
	Title  string
	Owner  ui.Link // the organisation or person the row belongs to
	Path   string  // of a row there is: /standings/ID
	Add    string  // path of the form of a new one
	Fields []ui.Field
	Lead   string
}

func (r *Room) showRow(c *web.Ctx, status int, f rowForm, form ui.Form, version int64, clash bool) error {
	l := c.L
	p := rowPage{Form: form, Fields: f.Fields, Back: f.Owner.Href, Version: version, Clash: clash, Lead: f.Lead, Action: f.Add, Submit: l.T("directory.row.add", "Add")}
	if !f.New {
		p.Action, p.Remove, p.Submit = f.Path+"/edit", f.Path+"/delete", l.T("directory.save", "Save")
	}
	hint := l.T("directory.date.hint", "A day such as 2026-11-23, a month or a year. Empty is missing.")
	p.Dates = []ui.Field{
		{Name: "from_on", Label: l.T("directory.from", "From"), Hint: hint, Width: "n8", Optional: true},
		{Name: "to_on", Label: l.T("directory.until", "Until"), Hint: l.T("directory.until.hint", "Empty while it goes on."), Width: "n8", Optional: true},
	}
	p.Base = c.Base(f.Title, f.Owner, ui.Link{Text: f.Title}).With(form)
	return c.PageStatus(status, rowView(p))
}

// spanOf reads the first and the last day of a form.
func spanOf(v *web.Values) (clock.Day, clock.Day) {
	return clock.Day(v.Get("from_on")), clock.Day(v.Get("to_on"))
}

// clashForm puts what was changed in the meantime beside what was typed.
func clashForm(l *i18n.L, merged, now ui.Form, fields []string, say func(field, value string) string) ui.Form {
	for _, field := range fields {
		merged.Errors = append(merged.Errors, clashError(l, field, say(field, now.Value(field))))
	}
	return merged
}

// ownerLink is the organisation whose row a form is about.
func (r *Room) ownerLink(c *web.Ctx, organisation string) (ui.Link, error) {
	o, err := r.Organisation(c.Context(), organisation)
	return ui.Link{Text: o.NameIn(c.L.Lang), Href: organisationPath(organisation)}, err
}

// rowOf reads a row that is there, for its form.
func rowOf[T any](c *web.Ctx, s *Service, k table[T]) (T, error) {
	var v T
	key, err := record(c)
	if err != nil {
		return v, err
	}
	err = s.d.Read(c.Context(), func(t *db.Tx) error {
		var err error
		v, err = k.read(t, key)
		if err == nil && k.meta(&v).DeletedAt != 0 {
			return errs.Missing()
		}
		return err
	})
	return v, err
}

// Standings.

func (r *Room) standingForm(c *web.Ctx, s Standing) (rowForm, error) {
	l := c.L
	owner, err := r.ownerLink(c, s.Organisation)
	f := rowForm{New: s.ID == "", Owner: owner, Path: "/standings/" + s.ID, Add: owner.Href + "/standings/new", Title: l.T("directory.standing.edit", "Change a standing"), Fields: []ui.Field{
		{Kind: ui.Select, Name: "kind", Label: l.T("directory.standing", "Standing"), Options: append([]ui.Option{{Text: l.T("directory.chooseone", "Choose")}}, r.ref.InOrder(StandingList, l.Lang)...), Required: true},
		{Name: "source", Label: l.T("directory.source", "Source"), Hint: l.T("directory.source.hint", "Where this comes from: a document, a page, a letter."), Width: "wide", Optional: true},
	}}
	if f.New {
		f.Title = l.T("directory.standing.new", "Add a standing")
	}
	return f, err
}

func standingValues(s Standing) ui.Form {
	return ui.Form{Values: map[string][]string{"kind": {s.Kind}, "source": {s.Source}, "from_on": {string(s.FromOn)}, "to_on": {string(s.ToOn)}}}
}

func (r *Room) newStanding(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	f, err := r.standingForm(c, Standing{Organisation: key})
	if err != nil {
		return err
	}
	return r.showRow(c, http.StatusOK, f, ui.Form{}, 0, false)
}

func (r *Room) doNewStanding(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	return r.saveStanding(c, Standing{Organisation: key})
}

func (r *Room) editStanding(c *web.Ctx) error {
	s, err := rowOf(c, r.Service, standings)
	if err != nil {
		return err
	}
	f, err := r.standingForm(c, s)
	if err != nil {
		return err
	}
	return r.showRow(c, http.StatusOK, f, standingValues(s), s.Version, false)
}

func (r *Room) doEditStanding(c *web.Ctx) error {
	s, err := rowOf(c, r.Service, standings)
	if err != nil {
		return err
	}
	return r.saveStanding(c, s)
}

func (r *Room) saveStanding(c *web.Ctx, s Standing) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	f, err := r.standingForm(c, s)
	if err != nil {
		return err
	}
	s.Kind, s.Source = v.Get("kind"), v.Get("source")
	s.FromOn, s.ToOn = spanOf(v)
	s.Version, err = readVersion(v)
	if err != nil {
		return err
	}
	_, err = r.SaveStanding(c.Context(), c.Actor, s)
	var clash *audit.Clash[Standing]
	if errors.As(err, &clash) {
		form := clashForm(c.L, standingValues(clash.Merged), standingValues(clash.Now), clash.Fields, func(field, value string) string {
			if field == "kind" {
				return r.nameOf(StandingList, value, c.L.Lang)
			}
			return value
		})
		return r.showRow(c, http.StatusConflict, f, form, clash.Now.Version, true)
	}
	if web.Mendable(err) {
		return r.showRow(c, http.StatusUnprocessableEntity, f, web.FormState(v, err, c.L), s.Version, false)
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.standing.saved", "The standing was saved."), "")
	return c.See(f.Owner.Href)
}

func (r *Room) doDeleteStanding(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	s, err := r.DeleteStanding(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.standing.deleted", "The standing was removed. It can come back for 30 days."), "/standings/"+key+"/restore")
	return c.See(organisationPath(s.Organisation))
}

func (r *Room) doRestoreStanding(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	s, err := r.RestoreStanding(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.standing.restored", "The standing is back."), "")
	return c.See(organisationPath(s.Organisation))
}

// Members.

func (r *Room) memberForm(c *web.Ctx, m Member, pick Pick) (rowForm, error) {
	l := c.L
	owner, err := r.ownerLink(c, m.Organisation)
	none := l.T("directory.notstated", "Not stated")
	f := rowForm{New: m.ID == "", Owner: owner, Path: "/members/" + m.ID, Add: owner.Href + "/members/new", Title: l.T("directory.member.edit", "Change a member"),
		Lead: l.T("directory.member.lead", "A member is an organisation or a country."), Fields: []ui.Field{
			pick.Field(ui.Field{Name: "member", Label: l.T("directory.organisation", "Organisation"), Hint: pickHint(l, pick)}, none),
			{Kind: ui.Select, Name: "country", Label: l.T("directory.country", "Country"), Options: append([]ui.Option{{Text: none}}, r.ref.Options(CountryList, l.Lang)...)},
			{Name: "source", Label: l.T("directory.source", "Source"), Hint: l.T("directory.source.hint", "Where this comes from: a document, a page, a letter."), Width: "wide", Optional: true},
		}}
	if f.New {
		f.Title = l.T("directory.member.new", "Add a member")
	}
	return f, err
}

// pickHint says how an organisation is named where there is no list of them.
func pickHint(l *i18n.L, p Pick) string {
	if p.Options != nil {
		return ""
	}
	return l.T("directory.pick.hint", "Its name, acronym or other name as in the list of organisations.")
}

func memberValues(m Member, pick Pick) ui.Form {
	return ui.Form{Values: map[string][]string{"member": {pick.Value}, "country": {m.Country}, "source": {m.Source}, "from_on": {string(m.FromOn)}, "to_on": {string(m.ToOn)}}}
}

func (r *Room) newMember(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	pick, err := r.PickFor(c.Context(), c.L.Lang, "")
	if err != nil {
		return err
	}
	f, err := r.memberForm(c, Member{Organisation: key}, pick)
	if err != nil {
		return err
	}
	return r.showRow(c, http.StatusOK, f, ui.Form{}, 0, false)
}

func (r *Room) doNewMember(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	return r.saveMember(c, Member{Organisation: key})
}

func (r *Room) editMember(c *web.Ctx) error {
	m, err := rowOf(c, r.Service, members)
	if err != nil {
		return err
	}
	pick, err := r.PickFor(c.Context(), c.L.Lang, m.Body)
	if err != nil {
		return err
	}
	f, err := r.memberForm(c, m, pick)
	if err != nil {
		return err
	}
	return r.showRow(c, http.StatusOK, f, memberValues(m, pick), m.Version, false)
}

func (r *Room) doEditMember(c *web.Ctx) error {
	m, err := rowOf(c, r.Service, members)
	if err != nil {
		return err
	}
	return r.saveMember(c, m)
}

func (r *Room) saveMember(c *web.Ctx, m Member) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	chosen, pick, picked := r.Picked(c.Context(), c.L.Lang, "member", v.Get("member"), m.Body)
	if picked != nil && !errs.Is(picked, errs.Invalid) {
		return picked
	}
	f, err := r.memberForm(c, m, pick)
	if err != nil {
		return err
	}
	m.Body, m.Country, m.Source = chosen, v.Get("country"), v.Get("source")
	m.FromOn, m.ToOn = spanOf(v)
	m.Version, err = readVersion(v)
	if err != nil {
		return err
	}
	err = picked
	if picked == nil {
		_, err = r.SaveMember(c.Context(), c.Actor, m)
	}
	var clash *audit.Clash[Member]
	if errors.As(err, &clash) {
		return r.memberClash(c, clash)
	}
	if web.Mendable(err) {
		return r.showRow(c, http.StatusUnprocessableEntity, f, sentForm(v, err, c.L, "member", pick), m.Version, false)
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.member.saved", "The member was saved."), "")
	return c.See(f.Owner.Href)
}

func (r *Room) memberClash(c *web.Ctx, clash *audit.Clash[Member]) error {
	pick, err := r.PickFor(c.Context(), c.L.Lang, clash.Merged.Body)
	if err != nil {
		return err
	}
	there, err := r.PickFor(c.Context(), c.L.Lang, clash.Now.Body)
	if err != nil {
		return err
	}
	f, err := r.memberForm(c, clash.Now, pick)
	if err != nil {
		return err
	}
	form := clashForm(c.L, memberValues(clash.Merged, pick), memberValues(clash.Now, there), clash.Fields, func(field, value string) string {
		switch field {
		case "member":
			return there.name()
		case "country":
			return r.nameOf(CountryList, value, c.L.Lang)
		}
		return value
	})
	return r.showRow(c, http.StatusConflict, f, form, clash.Now.Version, true)
}

func (r *Room) doDeleteMember(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	m, err := r.DeleteMember(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.member.deleted", "The member was removed. It can come back for 30 days."), "/members/"+key+"/restore")
	return c.See(organisationPath(m.Organisation))
}

func (r *Room) doRestoreMember(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	m, err := r.RestoreMember(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.member.restored", "The member is back."), "")
	return c.See(organisationPath(m.Organisation))
}

// Roles.

// roleFields are the questions about a role, without its days.
func roleFields(l *i18n.L, pick Pick) []ui.Field {
	return []ui.Field{
		pick.Field(ui.Field{Name: "organisation", Label: l.T("directory.organisation", "Organisation"), Hint: pickHint(l, pick)}, l.T("directory.notstated", "Not stated")),
		{Name: "title", Label: l.T("directory.role.title", "Role"), Hint: l.T("directory.role.hint", "What the person is there, such as Director of international relations."), Width: "wide", Optional: true},
		{Kind: ui.Check, Name: "focal", Label: l.T("directory.role.focal", "Focal point: the one to turn to")},
	}
}

func (r *Room) roleForm(c *web.Ctx, role Role, pick Pick) (rowForm, error) {
	l := c.L
	p, err := r.Person(c.Context(), c.Actor, l.Lang, role.Person)
	if err == nil && p.DeletedAt != 0 {
		err = errs.Missing()
	}
	owner := ui.Link{Text: p.Name, Href: personPath(role.Person)}
	f := rowForm{New: role.ID == "", Owner: owner, Path: "/roles/" + role.ID, Add: owner.Href + "/roles/new", Title: l.T("directory.role.edit", "Change a role"), Fields: roleFields(l, pick)}
	if f.New {
		f.Title = l.T("directory.role.new", "Add a role")
	}
	return f, err
}

func roleValues(role Role, pick Pick) ui.Form {
	f := ui.Form{Values: map[string][]string{"organisation": {pick.Value}, "title": {role.Title}, "from_on": {string(role.FromOn)}, "to_on": {string(role.ToOn)}}}
	if role.Focal {
		f.Values["focal"] = []string{"1"}
	}
	return f
}

// readRole reads the questions about a role. picked is what is wrong with its
// organisation, told apart because it is asked for by name.
func (r *Room) readRole(c *web.Ctx, v *web.Values, present string) (role Role, pick Pick, picked, err error) {
	role.Organisation, pick, picked = r.Picked(c.Context(), c.L.Lang, "organisation", v.Get("organisation"), present)
	if picked != nil && !errs.Is(picked, errs.Invalid) {
		return role, pick, nil, picked
	}
	role.Title, role.Focal = v.Get("title"), v.On("focal")
	role.FromOn, role.ToOn = spanOf(v)
	role.Version, err = readVersion(v)
	return role, pick, picked, err
}

func (r *Room) newRole(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	chosen := c.Query("organisation")
	if !id.Valid(chosen) {
		chosen = ""
	}
	pick, err := r.PickFor(c.Context(), c.L.Lang, chosen)
	if err != nil {
		return err
	}
	f, err := r.roleForm(c, Role{Person: key}, pick)
	if err != nil {
		return err
	}
	return r.showRow(c, http.StatusOK, f, ui.Form{}, 0, false)
}

func (r *Room) doNewRole(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	return r.saveRole(c, Role{Person: key})
}

func (r *Room) editRole(c *web.Ctx) error {
	role, err := rowOf(c, r.Service, roles)
	if err != nil {
		return err
	}
	pick, err := r.PickFor(c.Context(), c.L.Lang, role.Organisation)
	if err != nil {
		return err
	}
	f, err := r.roleForm(c, role, pick)
	if err != nil {
		return err
	}
	return r.showRow(c, http.StatusOK, f, roleValues(role, pick), role.Version, false)
}

func (r *Room) doEditRole(c *web.Ctx) error {
	role, err := rowOf(c, r.Service, roles)
	if err != nil {
		return err
	}
	return r.saveRole(c, role)
}

func (r *Room) saveRole(c *web.Ctx, was Role) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	role, pick, picked, err := r.readRole(c, v, was.Organisation)
	if err != nil {
		return err
	}
	role.ID, role.Person = was.ID, was.Person
	f, err := r.roleForm(c, role, pick)
	if err != nil {
		return err
	}
	err = picked
	if picked == nil {
		_, err = r.SaveRole(c.Context(), c.Actor, role)
	}
	var clash *audit.Clash[Role]
	if errors.As(err, &clash) {
		return r.roleClash(c, clash)
	}
	if web.Mendable(err) {
		return r.showRow(c, http.StatusUnprocessableEntity, f, sentForm(v, err, c.L, "organisation", pick), role.Version, false)
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.role.saved", "The role was saved."), "")
	return c.See(f.Owner.Href)
}

func (r *Room) roleClash(c *web.Ctx, clash *audit.Clash[Role]) error {
	pick, err := r.PickFor(c.Context(), c.L.Lang, clash.Merged.Organisation)
	if err != nil {
		return err
	}
	there, err := r.PickFor(c.Context(), c.L.Lang, clash.Now.Organisation)
	if err != nil {
		return err
	}
	f, err := r.roleForm(c, clash.Now, pick)
	if err != nil {
		return err
	}
	form := clashForm(c.L, roleValues(clash.Merged, pick), roleValues(clash.Now, there), clash.Fields, func(field, value string) string {
		switch {
		case field == "organisation":
			return there.name()
		case field == "focal" && value != "":
			return c.L.T("directory.yes", "yes")
		case field == "focal":
			return c.L.T("directory.no", "no")
		}
		return value
	})
	return r.showRow(c, http.StatusConflict, f, form, clash.Now.Version, true)
}

func (r *Room) doDeleteRole(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	role, err := r.DeleteRole(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.role.deleted", "The role was removed. It can come back for 30 days."), "/roles/"+key+"/restore")
	return c.See(personPath(role.Person))
}

func (r *Room) doRestoreRole(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	role, err := r.RestoreRole(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.role.restored", "The role is back."), "")
	return c.See(personPath(role.Person))
}
