package partnership

import (
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// removedPage lists the partnerships that can still come back.
type removedPage struct {
	ui.Base
	Rows []RemovedPartnership
}

func (m *Room) removed(c *web.Ctx) error {
	rows, err := m.s.Removed(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	title := c.L.T("list.removed", "Removed partnerships")
	return c.Page(removedBody(removedPage{Base: c.Base(title, listLink(c.L), ui.Link{Text: title}), Rows: rows}))
}

func removedTable(v removedPage) ui.TableView {
	l := v.L
	t := ui.TableView{Caption: v.Title, Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("directory.name", "Name")}, {Title: l.T("directory.removed.at", "Removed")}, {Title: l.T("directory.row.action", "Action")}}}
	for _, p := range v.Rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: p.Title}, {Text: l.DateTime(p.DeletedAt)}, {Body: bringBack(v.Base, p.ID)}}})
	}
	return t
}
