package partnership

import (
	"ayni/internal/commons/directory"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/web"
)

// Room holds what the pages of partnerships need.
type Room struct {
	s     *Service
	d     *db.DB
	ref   *refdata.Service
	dir   *directory.Service
	acc   *access.Service
	files *files.Store
}

// NewRoom makes the room.
func NewRoom(s *Service, acc *access.Service) *Room {
	return &Room{s: s, d: s.d, ref: s.ref, dir: s.dir, acc: acc, files: s.files}
}

// Routes are all routes of partnerships.
func (m *Room) Routes() []web.Route {
	var out []web.Route
	for _, part := range [][]web.Route{m.homeRoutes(), m.listRoutes(), m.partnershipRoutes(), m.elementRoutes(), m.partyRoutes(), m.teamRoutes(), m.actionRoutes(), m.handOverRoutes(), m.calendarRoutes(), m.requestRoutes(), m.answerRoutes()} {
		out = append(out, part...)
	}
	return out
}
