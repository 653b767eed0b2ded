package app

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/pages"
	"ayni/internal/kernel/privacy"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// room is one part of the house with the routes it offers.
type room struct {
	name   string
	routes []web.Route
}

// rooms are the parts of the house in their order: the kernel's own pages,
// the nouns that the steps share, then the eleven steps in the guide's order.
func (a *App) rooms(kernel *pages.Pages) []room {
	reference := refdata.NewRoom(a.Ref)
	organisations := directory.NewRoom(a.Directory)
	partnerships := partnership.NewRoom(a.Partnership, a.Access)
	reference.AdminViews = kernel.AdminViews
	reference.Partnerships = partnerships.InCountry
	organisations.Partnerships = partnerships.OfOrganisation
	persons := &privacy.Room{Service: a.Privacy, AdminViews: kernel.AdminViews, PlanErasure: a.PlanErasure, EraseWhole: a.Erase}
	organisations.DataPath = privacy.PersonPath
	return []room{
		{"kernel", kernel.Routes()},
		{"privacy", persons.Routes()},
		{"refdata", reference.Routes()},
		{"directory", organisations.Routes()},
		{"partnership", partnerships.Routes()},
	}
}

// nav is the main navigation: what the reader's roles can open.
func nav(c *web.Ctx) []ui.NavItem {
	if !c.Actor.SignedIn() {
		return nil
	}
	l := c.L
	places := []struct {
		perm access.Permission
		link ui.Link
	}{
		{access.SignedIn, ui.Link{Text: l.T("nav.home", "Home"), Href: ui.HomePath}},
		{access.SignedIn, ui.Link{Text: l.T("nav.partnerships", "Partnerships"), Href: "/partnerships"}},
		{access.SignedIn, ui.Link{Text: l.T("nav.countries", "Countries"), Href: "/countries"}},
		{access.SignedIn, ui.Link{Text: l.T("nav.organisations", "Organisations"), Href: "/organisations"}},
		{access.StaffOnly, ui.Link{Text: l.T("nav.persons", "Persons"), Href: "/persons"}},
		{access.SignedIn, ui.Link{Text: l.T("nav.actions", "Actions"), Href: "/actions"}},
		{access.SignedIn, ui.Link{Text: l.T("nav.guide", "Guide"), Href: "/guide"}},
		{access.ReadAudit, ui.Link{Text: l.T("nav.admin", "Administration"), Href: "/admin"}},
	}
	var out []ui.NavItem
	for _, p := range places {
		if c.Actor.May(p.perm) {
			out = append(out, ui.NavItem{Link: p.link, Current: current(c.R, p.link.Href)})
		}
	}
	return out
}

// current says whether the reader is at a place of the navigation, or below it.
func current(r *http.Request, href string) string {
	switch {
	case r.URL.Path == href:
		return "page"
	case href != ui.HomePath && strings.HasPrefix(r.URL.Path, href+"/"):
		return "true"
	}
	return ""
}

// foot are the links at the end of every page.
func foot(c *web.Ctx) []ui.Link {
	if !c.Actor.SignedIn() {
		return nil
	}
	return []ui.Link{
		{Text: c.L.T("foot.guide", "The eleven steps"), Href: "/guide"},
		{Text: c.L.T("foot.sources", "Sources"), Href: "/sources"},
	}
}

// pageOptions connect the kernel's pages with what the nouns know.
func (a *App) pageOptions(o ServeOptions) pages.Options {
	return pages.Options{
		DB: a.DB, Access: a.Access, Mail: a.Mail, Digest: a.Digest, DataDir: a.Options.Data, Version: a.Options.Version,
		SetUpAnywhere:     o.public(),
		Organisations:     a.findOrganisations,
		OrganisationNames: a.organisationNames,
		PersonNames:       directory.PersonNames,
		Blank:             a.Partnership.Blank,
		AuditKinds:        slices.Concat(refdata.AuditKinds, directory.AuditKinds, partnership.AuditKinds),
		KindName: func(l *i18n.L, kind string) string {
			return cmp.Or(refdata.KindName(l, kind), directory.KindName(l, kind), partnership.KindName(l, kind))
		},
		RecordLink: func(kind, record string) string {
			return cmp.Or(refdata.RecordLink(kind, record), directory.RecordLink(kind, record), partnership.RecordLink(kind, record))
		},
		LastBackup:   a.lastBackup,
		AdminViews:   adminViews,
		AccountLinks: accountLinks,
	}
}

// accountLinks are what the rooms offer to do with an account.
func accountLinks(c *web.Ctx, account string) []ui.Link {
	var out []ui.Link
	if c.Actor.Staff() && c.Actor.May(access.Take) {
		out = append(out, ui.Link{Text: c.L.T("handover.link", "Hand over places and actions"), Href: partnership.HandOverPath(account)})
	}
	if account == c.Actor.Account {
		out = append(out, ui.Link{Text: c.L.T("privacy.own.title", "What is kept about you"), Href: privacy.OwnDataPath})
		out = append(out, ui.Link{Text: c.L.T("calendar.title", "Calendar addresses"), Href: partnership.FeedsPath})
	}
	return out
}

// adminViews are the pages of the administration that are not the kernel's.
func adminViews(c *web.Ctx) []ui.NavItem {
	out := []ui.NavItem{{Link: ui.Link{Text: c.L.T("admin.reference", "Reference data"), Href: "/reference"}}}
	if c.Actor.May(access.Administer) {
		out = append(out, ui.NavItem{Link: ui.Link{Text: c.L.T("privacy.title", "Privacy"), Href: privacy.AdminPath}})
	}
	return out
}
