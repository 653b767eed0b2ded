package privacy

import (
	"context"
	"net/http"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// Room is the pages of privacy: what is kept of a person, and erasing one.
type Room struct {
	*Service

	// AdminViews are the tabs of the administration.
	AdminViews func(c *web.Ctx) []ui.NavItem
	// PlanErasure and Erase reach the files of the installation too.
	PlanErasure func(ctx context.Context, by access.Actor, l *i18n.L, who string) (Plan, error)
	EraseWhole  func(ctx context.Context, by access.Actor, who string) (Done, error)
}

// The paths of the pages.
const (
	AdminPath     = "/admin/privacy"
	retentionPath = AdminPath + "/retention"
	OwnDataPath   = "/profile/data" // of the signed-in person
)

// PersonPath is the page of what is kept of a person.
func PersonPath(person string) string { return AdminPath + "/persons/" + person }

// Routes are the routes of the room.
func (r *Room) Routes() []web.Route {
	get := func(pattern string, perm access.Permission, do web.Handler) web.Route {
		return web.Route{Method: http.MethodGet, Pattern: pattern, Perm: perm, Do: do}
	}
	return []web.Route{
		get(OwnDataPath, access.SignedIn, r.own),
		get(OwnDataPath+".json", access.SignedIn, r.ownJSON),
		get(AdminPath, access.Administer, r.admin),
		get(AdminPath+"/persons/{id}", access.Administer, r.person),
		get(AdminPath+"/persons/{id}/data.json", access.Administer, r.personJSON),
		get(retentionPath, access.Administer, r.retention),
		{Method: http.MethodPost, Pattern: retentionPath, Perm: access.Administer, Do: r.doRetention},
		get(retentionPath+"/plan.json", access.Administer, r.retentionJSON),
		{Method: http.MethodPost, Pattern: AdminPath + "/persons/{id}/erase", Perm: access.Administer, Do: r.doErase, Fresh: true},
	}
}
