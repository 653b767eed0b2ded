package refdata

import (
	"net/http"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// Room is the reference data's part of the house: countries, the guide, the
// lists and their sources.
type Room struct {
	s *Service

	// Partnerships are the partnerships in a country, as lines of its page;
	// nil: the page says nothing of them.
	Partnerships func(c *web.Ctx, country string) ([]ui.CheckLine, error)
	// AdminViews are the tabs of the administration, shown over the lists to
	// whom may open them; may be nil.
	AdminViews func(c *web.Ctx) []ui.NavItem
}

// NewRoom makes the room.
func NewRoom(s *Service) *Room { return &Room{s: s} }

// Routes are the routes of the room.
func (r *Room) Routes() []web.Route {
	get := func(pattern string, perm access.Permission, do web.Handler) web.Route {
		return web.Route{Method: http.MethodGet, Pattern: pattern, Perm: perm, Do: do}
	}
	byName := func(pattern string, do web.Handler) web.Route {
		return web.Route{Method: http.MethodGet, Pattern: pattern, Perm: access.SignedIn, Do: do, Sorts: []string{"name", "-name"}}
	}
	post := func(pattern string, do web.Handler) web.Route {
		return web.Route{Method: http.MethodPost, Pattern: pattern, Perm: access.Administer, Do: do}
	}
	return []web.Route{
		byName("/countries", r.countries),
		byName("/countries.csv", r.countriesCSV),
		byName("/countries.json", r.countriesJSON),
		get("/countries/{code}", access.SignedIn, r.country),

		get("/guide", access.SignedIn, r.steps),
		get("/guide/countries", access.SignedIn, r.matrix),
		get("/guide/countries.csv", access.SignedIn, r.matrixCSV),
		get("/guide/countries.json", access.SignedIn, r.matrixJSON),
		get("/guide/groups", access.SignedIn, r.groups),
		get("/guide/stories", access.SignedIn, r.stories),
		get("/guide/stories/{code}", access.SignedIn, r.story),
		get("/guide/challenges", access.SignedIn, r.challenges),
		get("/guide/roadmap", access.SignedIn, r.roadmap),
		get("/guide/statements", access.SignedIn, r.statements),
		get("/guide/definitions", access.SignedIn, r.definitions),
		get("/guide/themes", access.SignedIn, r.themes),
		get("/guide/frameworks", access.SignedIn, r.frameworks),
		get("/guide/reading", access.SignedIn, r.reading),
		get("/guide/lists/{file}", access.SignedIn, r.guideFile),

		get("/sources", access.SignedIn, r.sources),

		get("/reference", access.StaffOnly, r.lists),
		get("/reference/{list}", access.StaffOnly, r.list),
		get("/reference/{list}/rows.csv", access.StaffOnly, r.rowsCSV),
		get("/reference/{list}/rows.json", access.StaffOnly, r.rowsJSON),
		get("/reference/{list}/rows/{code}", access.StaffOnly, r.row),
		get("/reference/{list}/new", access.Administer, r.newRow),
		post("/reference/{list}/new", r.doNewRow),
		get("/reference/{list}/rows/{code}/edit", access.Administer, r.editRow),
		post("/reference/{list}/rows/{code}/edit", r.doEditRow),
	}
}

// AuditKinds are the kinds of records of the room in the audit.
var AuditKinds = []string{ListRecord, ItemRecord}

// KindName is the name of a kind of records; empty for kinds of others.
func KindName(l *i18n.L, kind string) string {
	switch kind {
	case ListRecord:
		return l.T("refdata.record.list", "Reference list")
	case ItemRecord:
		return l.T("refdata.record.item", "Row of a reference list")
	}
	return ""
}

// RecordLink is the address of a record's page; empty for kinds of others. A
// row is one version, which has no page of its own.
func RecordLink(kind, record string) string {
	if kind == ListRecord {
		return listPath(record)
	}
	return ""
}
