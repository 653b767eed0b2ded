package directory

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/tabular"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

func personFilter(c *web.Ctx) PersonFilter {
	f := PersonFilter{Lang: c.L.Lang, Sort: ByName, Text: clip(c.Query("q"))}
	if c.Query("sort") == string(ByNameDown) {
		f.Sort = ByNameDown
	}
	if o := c.Query("organisation"); id.Valid(o) {
		f.Organisation = o
	}
	return f
}

func (r *Room) persons(c *web.Ctx) error {
	l, f := c.L, personFilter(c)
	after, before, n := cursors(c)
	f.After, f.Before = after, before
	list, err := r.Persons(c.Context(), c.Actor, f)
	if err != nil {
		return err
	}
	count, more, err := r.CountPersons(c.Context(), c.Actor, f)
	if err != nil {
		return err
	}
	a := ui.Address{Path: "/persons", Query: onlyOf(c.R.URL.Query(), "q", "organisation", "sort")}
	p := listPage{Base: c.Base(l.T("directory.persons", "Persons")), Views: r.views(c, "/persons")}
	p.Head = ui.Head{Lead: l.N("directory.persons.count", count, "{total} person.", "{total} persons.", i18n.A{"total": total(l, count, more)})}
	if c.Actor.May(access.Create) {
		p.Head.Buttons = []ui.Button{{Text: l.T("directory.person.new", "New person"), Href: "/persons/new"}}
	}
	p.Tools = ui.Tools{Action: "/persons", Fields: []ui.Field{{Kind: ui.Search, Name: "q", Label: l.T("directory.person.filter", "Words of a name"), Value: f.Text, Width: "n8"}}, Hidden: map[string]string{}}
	if f.Text != "" {
		p.Chips = append(p.Chips, ui.Chip{Text: l.T("directory.chip.text", "“{text}”", i18n.A{"text": f.Text}), Href: a.Without("q", "")})
	}
	if f.Organisation != "" {
		o, err := r.Organisation(c.Context(), f.Organisation)
		if err != nil {
			return err
		}
		p.Tools.Hidden["organisation"] = f.Organisation
		p.Chips = append(p.Chips, ui.Chip{Text: o.NameIn(l.Lang), Href: a.Without("organisation", "")})
	}
	if s := a.Query.Get("sort"); s != "" {
		p.Tools.Hidden["sort"] = s
	}
	p.Tools.Count = len(p.Chips)
	if len(p.Chips) > 0 {
		p.Tools.Clear = "/persons"
	}
	ids := make([]string, len(list.Rows))
	p.Table = ui.TableView{Caption: l.T("directory.persons", "Persons"), Quiet: true, Tight: true, Cols: []ui.Col{
		a.SortCol(l.T("directory.name", "Name"), string(ByName), false), {Title: l.T("directory.roles", "Roles")}, {Title: l.T("directory.mail", "E-mail")}}}
	if c.Query("sort") == "" {
		p.Table.Cols[0].Sort, p.Table.Cols[0].Href = "ascending", a.With("sort", string(ByNameDown))
	}
	for i, x := range list.Rows {
		ids[i] = x.ID
		small := ""
		if x.Example {
			small = l.T("directory.example", "fictitious example")
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []ui.Cell{
			{Text: x.Name, Href: personPath(x.ID), Small: small}, {Body: presentRoles(l, x.Roles, c.Today())}, orMissing(l, x.Email)}})
	}
	p.Page = stretch(a, after, before, n, ids, list.Prev, list.Next, total(l, count, more))
	query := ""
	if q := a.Query.Encode(); q != "" {
		query = "?" + q
	}
	p.Exports = []ui.Link{{Text: "CSV", Href: "/persons.csv" + query}, {Text: "JSON", Href: "/persons.json" + query}}
	switch {
	case len(list.Rows) == 0 && len(p.Chips) == 0:
		p.Blank = &ui.Blank{ID: "none", Title: l.T("directory.persons.none", "No person yet"), Text: l.T("directory.persons.none.text", "Here you will see the persons of partner organisations, with their roles and how to reach them."), Buttons: p.Head.Buttons}
	case len(list.Rows) == 0:
		p.Blank = &ui.Blank{ID: "none", Title: l.T("directory.nothing", "Nothing found"), Text: l.T("directory.persons.nothing", "No person meets every part of this filter."),
			Buttons: []ui.Button{{Text: l.T("directory.clear", "Clear the filter"), Href: "/persons", Alt: true}}}
	}
	return c.Page(listView(p))
}

// present are the roles that are not over.
func present(roles []RoleShown, today clock.Day) []RoleShown {
	var out []RoleShown
	for _, r := range roles {
		if !Over(r.ToOn, today) {
			out = append(out, r)
		}
	}
	return out
}

// everyPerson calls give for every person of a list.
func (r *Room) everyPerson(c *web.Ctx, give func(ListedPerson)) error {
	f := personFilter(c)
	f.Limit = 1000
	for {
		page, err := r.Persons(c.Context(), c.Actor, f)
		if err != nil {
			return err
		}
		for _, p := range page.Rows {
			give(p)
		}
		if !page.Next {
			return nil
		}
		f.After = page.Rows[len(page.Rows)-1].ID
	}
}

func (r *Room) personsCSV(c *web.Ctx) error {
	var b bytes.Buffer
	w := tabular.NewWriter(&b, "id", "name", "email", "roles", "example")
	err := r.everyPerson(c, func(p ListedPerson) {
		var lines []string
		for _, x := range present(p.Roles, c.Today()) {
			lines = append(lines, strings.TrimPrefix(x.Title+", "+x.OrganisationName, ", "))
		}
		w.Row(p.ID, p.Name, p.Email, strings.Join(lines, "\n"), strconv.FormatBool(p.Example))
	})
	if err != nil {
		return err
	}
	err = w.End()
	if err != nil {
		return err
	}
	return c.Attach("persons.csv", "text/csv; charset=utf-8", b.Bytes())
}

// exportedRole is a role as the file of the persons holds it.
type exportedRole struct {
	Organisation string `json:"organisation"`
	Name         string `json:"organisation_name"`
	Title        string `json:"title"`
	Focal        bool   `json:"focal"`
	From         string `json:"from"`
	To           string `json:"to"`
}

// exportedPerson is a person as the file of the persons holds it.
type exportedPerson struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Email   string         `json:"email"`
	Roles   []exportedRole `json:"roles"`
	Example bool           `json:"example"`
}

func (r *Room) personsJSON(c *web.Ctx) error {
	out := []exportedPerson{}
	err := r.everyPerson(c, func(p ListedPerson) {
		e := exportedPerson{ID: p.ID, Name: p.Name, Email: p.Email, Roles: []exportedRole{}, Example: p.Example}
		for _, x := range p.Roles {
			e.Roles = append(e.Roles, exportedRole{Organisation: x.Organisation, Name: x.OrganisationName, Title: x.Title, Focal: x.Focal, From: string(x.FromOn), To: string(x.ToOn)})
		}
		out = append(out, e)
	})
	if err != nil {
		return err
	}
	return attachJSON(c, "persons.json", out)
}

func (r *Room) removedPersons(c *web.Ctx) error {
	l := c.L
	rows, err := r.RemovedPersons(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	return c.Page(removedView(removedPage{
		Base: c.Base(l.T("directory.removed.persons", "Removed persons")), Views: r.views(c, "/persons/removed"), Rows: rows, Path: personPath,
		Head:  ui.Head{Sub: l.T("directory.removed.lead", "What was removed can come back for 30 days.")},
		Blank: ui.Blank{ID: "none", Title: l.T("directory.removed.none", "Nothing was removed"), Text: l.T("directory.removed.none.text", "Here you will see what was removed in the last 30 days, with a way to bring it back.")},
	}))
}

// personPage is a person.
type personPage struct {
	ui.Base
	PersonProfile
	Head     ui.Head
	Roles    ui.TableView
	Contacts ui.TableView
	Data     string // path of the page of what is kept of the person; empty for whom may not open it
	MayWrite bool
	Problem  string
}

func (r *Room) person(c *web.Ctx) error { return r.showPerson(c, http.StatusOK, "") }

func (r *Room) showPerson(c *web.Ctx, status int, problem string) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	l := c.L
	profile, err := r.Person(c.Context(), c.Actor, l.Lang, key)
	if err != nil {
		return err
	}
	p := personPage{
		Base:          c.Base(profile.Name, ui.Link{Text: l.T("directory.persons", "Persons"), Href: "/persons"}, ui.Link{Text: profile.Name}),
		PersonProfile: profile, Problem: problem, MayWrite: c.Actor.May(access.Create) && profile.DeletedAt == 0,
	}
	if profile.Example {
		p.Head.Sub = l.T("directory.person.example", "This person is invented: an example.")
	}
	if p.MayWrite {
		p.Head.Buttons = []ui.Button{{Text: l.T("directory.edit", "Change"), Href: personPath(key) + "/edit", Alt: true}}
	}
	p.Roles = ui.TableView{Caption: l.T("directory.roles", "Roles"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("directory.organisation", "Organisation")}, {Title: l.T("directory.role.title", "Role")}, {Title: l.T("directory.when", "When")}}}
	if p.MayWrite {
		p.Roles.Cols = append(p.Roles.Cols, ui.Col{Title: l.T("directory.row.action", "Action")})
	}
	for _, x := range profile.Roles {
		cells := []ui.Cell{{Text: x.OrganisationName, Href: organisationPath(x.Organisation)}, roleCell(l, x), span(l, x.FromOn, x.ToOn, c.Today())}
		if p.MayWrite {
			cells = append(cells, ui.Cell{Text: l.T("directory.row.change", "Change"), Href: "/roles/" + x.ID + "/edit"})
		}
		p.Roles.Rows = append(p.Roles.Rows, ui.Row{Cells: cells})
	}
	if r.DataPath != nil && c.Actor.May(access.Administer) {
		p.Data = r.DataPath(key)
	}
	p.Contacts = r.contactTable(c, p.Base, profile.Contacts, p.MayWrite)
	return c.PageStatus(status, personView(p))
}

// personFormPage is the form of a person.
type personFormPage struct {
	ui.Base
	Form    ui.Form
	Action  string
	Back    string
	Version int64
	New     bool
	Clash   bool
	Pick    Pick // of the first role's organisation
}

func (r *Room) newPerson(c *web.Ctx) error {
	pick, err := r.PickFor(c.Context(), c.L.Lang, c.Query("organisation"))
	if err != nil {
		return err
	}
	return r.personForm(c, http.StatusOK, Person{}, ui.Form{Values: map[string][]string{"organisation": {pick.Value}}}, pick, false)
}

func (r *Room) personForm(c *web.Ctx, status int, person Person, form ui.Form, pick Pick, clash bool) error {
	l := c.L
	p := personFormPage{Form: form, Action: "/persons/new", Back: "/persons", Version: person.Version, New: person.ID == "", Clash: clash, Pick: pick}
	title := l.T("directory.person.new", "New person")
	crumbs := []ui.Link{{Text: l.T("directory.persons", "Persons"), Href: "/persons"}}
	if p.New {
		crumbs = append(crumbs, ui.Link{Text: title})
	} else {
		p.Back = personPath(person.ID)
		p.Action = p.Back + "/edit"
		title = l.T("directory.edit.title", "Change {name}", i18n.A{"name": person.Name})
		crumbs = append(crumbs, ui.Link{Text: person.Name, Href: p.Back}, ui.Link{Text: l.T("directory.edit", "Change")})
	}
	p.Base = c.Base(title, crumbs...).With(form)
	return c.PageStatus(status, personFormView(p))
}

func readPerson(v *web.Values) (PersonForm, error) {
	version, err := readVersion(v)
	return PersonForm{Name: v.Get("name"), Email: v.Get("email"), Lang: v.Get("lang"), Note: v.Get("note"), Version: version, Anyway: v.On("anyway")}, err
}

// readVersion is the version of the record when the form was opened.
func readVersion(v *web.Values) (int64, error) {
	n, err := strconv.ParseInt(first(v.Get("version"), "0"), 10, 64)
	if err != nil {
		return 0, &errs.Error{Kind: errs.BadRequest, Cause: err}
	}
	return n, nil
}

func (r *Room) doNewPerson(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	f, err := readPerson(v)
	if err != nil {
		return err
	}
	role, pick, picked, err := r.readRole(c, v, "")
	if err != nil {
		return err
	}
	var p Person
	if picked == nil {
		p, err = r.CreatePerson(c.Context(), c.Actor, f, role)
	} else {
		_, err = checkPerson(f.on(p))
		err = joined(err, picked)
	}
	if web.Mendable(err) {
		return r.personForm(c, http.StatusUnprocessableEntity, Person{}, sentForm(v, err, c.L, "organisation", pick), pick, false)
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.created", "{name} was added.", i18n.A{"name": p.Name}), "")
	return c.See(personPath(p.ID))
}

func personFormOf(p Person) ui.Form {
	return ui.Form{Values: map[string][]string{"name": {p.Name}, "email": {p.Email}, "lang": {p.Lang}, "note": {p.Note}}}
}

func (r *Room) editPerson(c *web.Ctx) error {
	p, err := r.personToChange(c)
	if err != nil {
		return err
	}
	return r.personForm(c, http.StatusOK, p, personFormOf(p), Pick{}, false)
}

// personToChange is the person of the address; one that was removed is not there.
func (r *Room) personToChange(c *web.Ctx) (Person, error) {
	key, err := record(c)
	if err != nil {
		return Person{}, err
	}
	p, err := r.Person(c.Context(), c.Actor, c.L.Lang, key)
	if err == nil && p.DeletedAt != 0 {
		err = errs.Missing()
	}
	return p.Person, err
}

func (r *Room) doEditPerson(c *web.Ctx) error {
	now, err := r.personToChange(c)
	if err != nil {
		return err
	}
	v, err := c.Form()
	if err != nil {
		return err
	}
	f, err := readPerson(v)
	if err != nil {
		return err
	}
	p, err := r.UpdatePerson(c.Context(), c.Actor, now.ID, f)
	var clash *audit.Clash[Person]
	if errors.As(err, &clash) {
		form, there := personFormOf(clash.Merged), personFormOf(clash.Now)
		for _, field := range clash.Fields {
			value := there.Value(field)
			if field == "lang" {
				value = langName(c.L, value)
			}
			form.Errors = append(form.Errors, clashError(c.L, field, value))
		}
		return r.personForm(c, http.StatusConflict, clash.Now, form, Pick{}, true)
	}
	if web.Mendable(err) {
		now.Version = f.Version
		return r.personForm(c, http.StatusUnprocessableEntity, now, web.FormState(v, err, c.L), Pick{}, false)
	}
	if err != nil {
		return err
	}
	c.Flash(saved(p.Name, f.Version+1 < p.Version), "")
	return c.See(personPath(p.ID))
}

func (r *Room) doDeletePerson(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	p, err := r.DeletePerson(c.Context(), c.Actor, key)
	if web.Mendable(err) {
		return r.showPerson(c, http.StatusConflict, c.L.Say(errs.As(err).Msg))
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.deleted", "{name} was removed. It can come back for 30 days.", i18n.A{"name": p.Name}), personPath(key)+"/restore")
	return c.See("/persons")
}

func (r *Room) doRestorePerson(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	p, err := r.RestorePerson(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.restored", "{name} is back.", i18n.A{"name": p.Name}), "")
	return c.See(personPath(key))
}
