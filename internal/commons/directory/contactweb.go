package directory

import (
	"errors"
	"net/http"
	"strings"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

func contactPath(id string) string { return "/contacts/" + id }

// ContactKindName is the name of a way in which somebody is reached.
func ContactKindName(l *i18n.L, k ContactKind) string {
	switch k {
	case ByMail:
		return l.T("directory.contact.email", "E-mail")
	case ByPhone:
		return l.T("directory.contact.byphone", "Telephone")
	case ByPost:
		return l.T("directory.contact.post", "Post")
	case ByMessaging:
		return l.T("directory.contact.messaging", "Messaging service")
	case ByWeb:
		return l.T("directory.contact.web", "Web page")
	}
	return string(k)
}

// BasisName is the name of a basis.
func BasisName(l *i18n.L, b Basis) string {
	switch b {
	case OnConsent:
		return l.T("directory.basis.consent", "Consent")
	case OnFunction:
		return l.T("directory.basis.function", "Official function")
	case OnContract:
		return l.T("directory.basis.contract", "Agreement or contract")
	case OnPublic:
		return l.T("directory.basis.public", "Made public by the person or body")
	}
	return string(b)
}

// addContact leads to the form of a new contact point, for whom may write.
func addContact(l *i18n.L, may bool, owner string) []ui.Link {
	if !may {
		return nil
	}
	return []ui.Link{{Text: l.T("directory.contact.new", "Add a contact point"), Href: owner + "/contacts/new"}}
}

// contactTable are contact points as a page lists them.
func (r *Room) contactTable(c *web.Ctx, b ui.Base, list []Contact, may bool) ui.TableView {
	l, today := c.L, c.Today()
	v := ui.TableView{Caption: l.T("directory.contacts", "Contact points"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("directory.contact.address", "Address or number")}, {Title: l.T("directory.contact.purposes", "For")}, {Title: l.T("directory.contact.basis", "Basis")}, {Title: l.T("directory.when", "When")}}}
	if may {
		v.Cols = append(v.Cols, ui.Col{Title: l.T("directory.row.action", "Action")})
	}
	for _, p := range list {
		small := ContactKindName(l, p.Kind)
		if p.Preferred {
			small += ", " + l.T("directory.contact.ispreferred", "preferred")
		}
		basis := ui.Cell{Text: BasisName(l, p.Basis), Small: string(p.BasisOn)}
		if p.WithdrawnOn != "" {
			basis = ui.Cell{Text: l.T("directory.contact.withdrawn", "withdrawn on {date}", i18n.A{"date": p.WithdrawnOn}), Soft: true, Small: BasisName(l, p.Basis)}
		}
		when := span(l, p.FromOn, p.ToOn, today)
		if p.BouncedOn != "" {
			when = ui.Cell{Text: l.T("directory.contact.bounced", "came back on {date}", i18n.A{"date": p.BouncedOn}), Soft: true}
		}
		cells := []ui.Cell{{Text: p.Value, Small: small, Soft: p.WithdrawnOn != "" || p.BouncedOn != ""}, {Text: r.purposesText(l, p)}, basis, when}
		if may {
			cells = append(cells, ui.Cell{Body: contactActions(b, p)})
		}
		v.Rows = append(v.Rows, ui.Row{Cells: cells})
	}
	return v
}

func (r *Room) purposesText(l *i18n.L, p Contact) string {
	codes := p.PurposeCodes()
	if len(codes) == 0 {
		return l.T("directory.contact.all", "every purpose")
	}
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = r.ref.Name(PurposeList, code, l.Lang)
	}
	return strings.Join(names, ", ")
}

// contactForm is the form of a contact point of a person or an organisation.
func (r *Room) contactForm(c *web.Ctx, p Contact) (rowForm, error) {
	l := c.L
	kinds, bases := make([]ui.Option, len(ContactKinds)), make([]ui.Option, len(Bases))
	for i, k := range ContactKinds {
		kinds[i] = ui.Option{Value: string(k), Text: ContactKindName(l, k)}
	}
	for i, b := range Bases {
		bases[i] = ui.Option{Value: string(b), Text: BasisName(l, b)}
	}
	choose := ui.Option{Text: l.T("directory.chooseone", "Choose")}
	owner, err := r.contactOwner(c, p)
	f := rowForm{New: p.ID == "", Owner: owner, Path: contactPath(p.ID), Add: owner.Href + "/contacts/new", Title: l.T("directory.contact.edit", "Change a contact point"),
		Lead: l.T("directory.contact.lead", "How somebody is reached, for what, and why that is allowed. Nobody is written to on a withdrawn one."), Fields: []ui.Field{
			{Kind: ui.Select, Name: "kind", Label: l.T("directory.kind", "Kind"), Options: append([]ui.Option{choose}, kinds...), Required: true},
			{Kind: ui.TextArea, Name: "value", Label: l.T("directory.contact.address", "Address or number"), Rows: 2, Required: true},
			{Kind: ui.Checks, Name: "purposes", Label: l.T("directory.contact.purposes", "For"), Hint: l.T("directory.contact.purposes.hint", "None chosen means every purpose."), Options: r.ref.InOrder(PurposeList, l.Lang)},
			{Kind: ui.Select, Name: "basis", Label: l.T("directory.contact.basis", "Basis"), Options: append([]ui.Option{choose}, bases...), Required: true},
			{Name: "basis_on", Label: l.T("directory.contact.given", "Given on"), Hint: l.T("directory.date.hint", "A day such as 2026-11-23, a month or a year. Empty is missing."), Width: "n8", Optional: true},
			{Name: "basis_note", Label: l.T("directory.contact.how.label", "How it was given, or where it is public"), Width: "wide", Optional: true},
			{Kind: ui.Select, Name: "lang", Label: l.T("directory.person.lang", "Language to write in"), Options: append([]ui.Option{{Text: l.T("directory.notstated", "Not stated")}}, langOptions(l)...)},
			{Kind: ui.Check, Name: "preferred", Label: l.T("directory.contact.preferred", "Preferred: the first to use")},
			{Name: "bounced_on", Label: l.T("directory.contact.bouncedon", "Came back on"), Hint: l.T("directory.contact.bouncedon.hint", "Where what was sent there did not arrive. Empty it once the address is mended."), Width: "n8", Optional: true},
		}}
	if f.New {
		f.Title = l.T("directory.contact.new", "Add a contact point")
	}
	return f, err
}

func (r *Room) contactOwner(c *web.Ctx, p Contact) (ui.Link, error) {
	if p.Person == "" {
		return r.ownerLink(c, p.Organisation)
	}
	person, err := r.Person(c.Context(), c.Actor, c.L.Lang, p.Person)
	if err == nil && person.DeletedAt != 0 {
		err = errs.Missing()
	}
	return ui.Link{Text: person.Name, Href: personPath(p.Person)}, err
}

func contactValues(p Contact) ui.Form {
	f := ui.Form{Values: map[string][]string{"kind": {string(p.Kind)}, "value": {p.Value}, "purposes": p.PurposeCodes(), "basis": {string(p.Basis)}, "basis_on": {string(p.BasisOn)},
		"basis_note": {p.BasisNote}, "lang": {p.Lang}, "bounced_on": {string(p.BouncedOn)}, "from_on": {string(p.FromOn)}, "to_on": {string(p.ToOn)}}}
	if p.Preferred {
		f.Values["preferred"] = []string{"1"}
	}
	return f
}

func (r *Room) newContactOfOrganisation(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	return r.newContact(c, Contact{Organisation: key})
}

func (r *Room) newContactOfPerson(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	return r.newContact(c, Contact{Person: key})
}

func (r *Room) newContact(c *web.Ctx, p Contact) error {
	f, err := r.contactForm(c, p)
	if err != nil {
		return err
	}
	return r.showRow(c, http.StatusOK, f, ui.Form{}, 0, false)
}

func (r *Room) doNewContactOfOrganisation(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	return r.saveContact(c, Contact{Organisation: key})
}

func (r *Room) doNewContactOfPerson(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	return r.saveContact(c, Contact{Person: key})
}

func (r *Room) editContact(c *web.Ctx) error {
	p, err := rowOf(c, r.Service, contacts)
	if err != nil {
		return err
	}
	f, err := r.contactForm(c, p)
	if err != nil {
		return err
	}
	return r.showRow(c, http.StatusOK, f, contactValues(p), p.Version, false)
}

func (r *Room) doEditContact(c *web.Ctx) error {
	p, err := rowOf(c, r.Service, contacts)
	if err != nil {
		return err
	}
	return r.saveContact(c, p)
}

func (r *Room) saveContact(c *web.Ctx, p Contact) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	f, err := r.contactForm(c, p)
	if err != nil {
		return err
	}
	p.Kind, p.Value, p.Purposes = ContactKind(v.Get("kind")), v.Get("value"), strings.Join(v.All("purposes"), " ")
	p.Basis, p.BasisOn, p.BasisNote = Basis(v.Get("basis")), clock.Day(v.Get("basis_on")), v.Get("basis_note")
	p.Lang, p.Preferred, p.BouncedOn = v.Get("lang"), v.On("preferred"), clock.Day(v.Get("bounced_on"))
	p.FromOn, p.ToOn = spanOf(v)
	p.Version, err = readVersion(v)
	if err != nil {
		return err
	}
	_, err = r.SaveContact(c.Context(), c.Actor, p)
	var clash *audit.Clash[Contact]
	if errors.As(err, &clash) {
		form := clashForm(c.L, contactValues(clash.Merged), contactValues(clash.Now), clash.Fields, func(field, value string) string { return r.contactWord(c.L, clash.Now, field, value) })
		return r.showRow(c, http.StatusConflict, f, form, clash.Now.Version, true)
	}
	if web.Mendable(err) {
		return r.showRow(c, http.StatusUnprocessableEntity, f, web.FormState(v, err, c.L), p.Version, false)
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.contact.saved", "The contact point was saved."), "")
	return c.See(f.Owner.Href)
}

// contactWord says a value of a field as a page has it.
func (r *Room) contactWord(l *i18n.L, now Contact, field, value string) string {
	switch {
	case field == "kind":
		return ContactKindName(l, ContactKind(value))
	case field == "basis":
		return BasisName(l, Basis(value))
	case field == "purposes":
		return r.purposesText(l, now)
	case field == "lang":
		return langName(l, value)
	case field == "preferred" && value != "":
		return l.T("directory.yes", "yes")
	case field == "preferred":
		return l.T("directory.no", "no")
	}
	return value
}

func (r *Room) doWithdrawContact(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	p, err := r.WithdrawContact(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.contact.withdraw.done", "The withdrawal is noted. Nobody is written to there any more."), contactPath(key)+"/allow")
	return c.See(p.owner())
}

func (r *Room) doAllowContact(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	p, err := r.AllowContact(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.contact.allow.done", "The withdrawal was taken back: the contact point may be used as before."), "")
	return c.See(p.owner())
}

func (r *Room) doDeleteContact(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	p, err := r.DeleteContact(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.contact.deleted", "The contact point was removed. It can come back for 30 days."), contactPath(key)+"/restore")
	return c.See(p.owner())
}

func (r *Room) doRestoreContact(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	p, err := r.RestoreContact(c.Context(), c.Actor, key)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.contact.restored", "The contact point is back."), "")
	return c.See(p.owner())
}
