package partnership

import (
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// mostLinked bounds the partnerships on the page of another record; the list
// of partnerships has them all.
const mostLinked = 50

// OfOrganisation are the partnerships that an organisation is a party of and
// the reader may view, as lines of its page (hook of the directory).
func (m *Room) OfOrganisation(c *web.Ctx, organisation string) ([]ui.CheckLine, error) {
	return m.lines(c, ListFilter{Party: organisation})
}

// InCountry are the partnerships with a place in a country, as lines of its
// page (hook of the reference data).
func (m *Room) InCountry(c *web.Ctx, country string) ([]ui.CheckLine, error) {
	return m.lines(c, ListFilter{Country: country})
}

func (m *Room) lines(c *web.Ctx, f ListFilter) ([]ui.CheckLine, error) {
	f.Sort, f.Limit = "title", mostLinked
	var rows []Row
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		var err error
		rows, _, err = listed(t, c.Actor, f, "", "")
		return err
	})
	out := make([]ui.CheckLine, len(rows))
	for i, r := range rows {
		out[i] = ui.CheckLine{Text: r.TitleIn(c.L.Lang), Href: "/partnerships/" + r.ID, Small: c.L.Say(statusMsg(r.Status))}
	}
	return out, err
}
