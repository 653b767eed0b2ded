package e2e

import (
	"strings"

	"ayni/internal/kernel/i18n"
)

// person is somebody with an account of a new installation.
type person struct{ name, email string }

// password is everybody's; nobody's account but those of the tests has it.
const password = "clay pots in the morning"

// SetUp makes the first account of a new installation, at the address that
// the server printed.
func (r *reader) SetUp(p person) {
	r.t.Helper()
	address := r.s.setUpAddress(r.t)
	r.Visit(address)
	r.HeadingIs(r.T("pages.setup.title"))
	r.Fill(r.T("pages.field.host-name"), "Example Host Organisation")
	r.Fill(r.T("pages.field.name"), p.name)
	r.Fill(r.T("pages.field.email"), p.email)
	r.Fill(r.T("pages.field.new-password"), password)
	r.Fill(r.T("pages.field.again-password"), password+" and more")
	r.Refused(r.T("pages.setup.button"))
	r.SeesText(r.T("pages.password.differs"))
	if typed := r.page().Value(r.T("pages.field.name")); typed != p.name {
		r.fail("the refused form holds the name %q, not what was typed", typed)
	}
	r.Fill(r.T("pages.field.new-password"), password)
	r.Fill(r.T("pages.field.again-password"), password)
	r.Submit(r.T("pages.setup.button"))
	r.SeesText(r.T("pages.setup.done"))
	r.VisitRefused(address, 404)
	r.Visit("/")
}

// Invite makes an account for somebody and returns the path of the link that
// opens it. Roles are their keys; organisation is the name of a partner's.
func (r *reader) Invite(p person, organisation string, roles ...string) string {
	r.t.Helper()
	r.Click(r.T("nav.admin"))
	r.page().Part("main").Click(r.T("pages.accounts.title"))
	r.Click(r.T("pages.invite.title"))
	r.Fill(r.T("pages.field.name"), p.name)
	r.Fill(r.T("pages.field.email"), p.email)
	for _, role := range roles {
		r.page().Answer(r.T("pages.field.roles"), r.T("pages.role."+role))
	}
	if organisation != "" {
		r.Fill(r.T("pages.field.organisation"), organisation)
	}
	r.Submit(r.T("pages.invite.button"))
	return pathOf(r.page().Part("main code").Text())
}

// Accept opens an account with its link and signs in.
func (r *reader) Accept(link string, p person) {
	r.t.Helper()
	r.Visit(link)
	r.HeadingIs(r.T("pages.link.first"))
	r.Fill(r.T("pages.field.new-password"), password)
	r.Fill(r.T("pages.field.again-password"), password)
	r.Submit(r.T("pages.link.button"))
	r.SeesText(r.T("pages.link.done"))
	r.SignIn(p)
	r.VisitRefused(link, 404)
	r.Visit("/")
}

// SignIn signs in with e-mail and password.
func (r *reader) SignIn(p person) {
	r.t.Helper()
	r.Visit("/sign-in")
	r.Fill(r.T("pages.field.email"), strings.ToUpper(p.email))
	r.Fill(r.T("pages.field.password"), password)
	r.Submit(r.T("pages.signin.button"))
	r.SeesText(p.name)
}

// SignInDemo comes in as the demo's account of a role.
func (r *reader) SignInDemo(role string) {
	r.t.Helper()
	r.Visit("/sign-in")
	line := r.page().Section(r.T("pages.demo.title")).Row(r.T("pages.role." + role))
	r.goes(func() { line.press(`root.querySelector("button")`) })
	r.well()
}

// AddOrganisation records an organisation of a kind and a country, both by
// their codes.
func (r *reader) AddOrganisation(name, kind, country string) {
	r.t.Helper()
	r.Click(r.T("nav.organisations"))
	r.Click(r.T("directory.new"))
	r.Fill(r.T("directory.form.name"), name)
	r.Choose(r.T("directory.kind"), r.name("organisation_kind", kind, "name"))
	if country != "" {
		r.Choose(r.T("directory.country"), r.name("country", country, "name"))
	}
	r.Submit(r.T("directory.create"))
	r.HeadingIs(name)
}

// GiveRight gives somebody of the host's staff a right in the team of the
// partnership whose page is open. Roles are those of the account.
func (r *reader) GiveRight(p person, right string, roles ...string) {
	r.t.Helper()
	r.Click(r.T("tab.team"))
	var names []string
	for _, role := range roles {
		names = append(names, r.T("pages.role."+role))
	}
	f := r.page().Fold(r.T("team.add"))
	f.Choose(r.T("team.account.label"), r.T("team.account.option", i18n.A{"name": p.name, "roles": names}))
	f.Answer(r.T("team.col.right"), r.T("right."+right))
	f.Submit(r.T("team.add.button"))
	r.page().Section(r.T("team.caption")).Row(p.name).Has(r.T("right." + right))
}
