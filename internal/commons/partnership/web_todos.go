package partnership

import (
	"bytes"
	"net/url"
	"strconv"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/tabular"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// todoPage is the list of open actions over all partnerships.
type todoPage struct {
	ui.Base
	Head    ui.Head
	Views   []ui.NavItem
	Tools   ui.Tools
	Chips   []ui.Chip
	Table   ui.TableView
	Stretch ui.Stretch
	Exports []ui.Link
	Blank   *ui.Blank
	Note    string // what of the filter no list has
}

// readTodos reads the filter of the list from the address.
func (m *Room) readTodos(c *web.Ctx) (TodoFilter, ui.Address) {
	f := TodoFilter{Today: c.Today(), Lang: c.L.Lang}
	q := url.Values{}
	switch c.Query("view") {
	case "all":
		q.Set("view", "all")
	case "late":
		q.Set("view", "late")
		f.Late = true
	default:
		f.Mine = true
	}
	part := c.Query("element")
	if _, ok := StepOf(part); ok {
		f.Step = part
	}
	if _, ok := ElementOf(part); ok {
		f.Element = part
	}
	if f.Step != "" || f.Element != "" {
		q.Set("element", part)
	}
	return f, ui.Address{Path: "/actions", Query: q}
}

func (m *Room) actionList(c *web.Ctx) error {
	f, a := m.readTodos(c)
	switch c.Query("format") {
	case "csv":
		return m.todosCSV(c, f)
	case "json":
		return m.todosJSON(c, f)
	}
	l := c.L
	v := todoPage{Base: c.Base(l.T("nav.actions", "Actions")), Note: unknownText(l, unknownOf(c, map[string]string{"element": firstOf(f.Step, f.Element)})), Views: todoViews(c), Tools: m.todoTools(l, f)}
	k := readCursor(c)
	var rows []ListedTodo
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		var err error
		f.Many, err = inMany(t, c.Actor)
		if err != nil {
			return err
		}
		n, err := countTodos(t, c.Actor, f, countMost+1)
		if err != nil {
			return err
		}
		f.Many = f.Many || n > fewMine
		f.After, f.Before, f.Limit = k.after, k.before, pageRows
		var more bool
		rows, more, err = listTodos(t, c.Actor, f)
		if err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for i, x := range rows {
			ids[i] = x.ID
		}
		v.Head.Lead = l.N("actions.count", n, "{total} open action.", "{total} open actions.", i18n.A{"total": totalText(l, n)})
		v.Stretch, v.Exports = k.stretch(a, ids, more, totalText(l, n)), exportLinks(l, a, n)
		return nil
	})
	if err != nil {
		return err
	}
	v.Head.Sub = l.T("actions.order", "The next day first.")
	if part := firstOf(f.Element, f.Step); part != "" {
		v.Chips = []ui.Chip{{Text: m.partName(part, l.Lang), Href: a.Without("element", "")}}
	}
	v.Table = m.todoTable(l, rows, f.Today)
	if len(rows) == 0 {
		v.Blank = todoBlank(l, f, a)
	}
	return c.Page(todoBody(v))
}

// todoViews are the tabs of the list.
func todoViews(c *web.Ctx) []ui.NavItem {
	l := c.L
	items := []struct{ view, text string }{
		{"", l.T("actions.view.mine", "Waiting for you")}, {"all", l.T("actions.view.all", "All open")}, {"late", l.T("actions.view.late", "Late")},
	}
	now := c.Query("view")
	if now != "all" && now != "late" {
		now = ""
	}
	var out []ui.NavItem
	for _, i := range items {
		n := ui.NavItem{Link: ui.Link{Text: i.text, Href: "/actions"}}
		if i.view != "" {
			n.Href += "?view=" + i.view
		}
		if i.view == now {
			n.Current = "page"
		}
		out = append(out, n)
	}
	return out
}

// partName is the name of a step or an element.
func (m *Room) partName(part, lang string) string {
	if s, ok := StepOf(part); ok {
		return strconv.Itoa(s.Number) + " " + m.stepName(s.Key, lang)
	}
	return m.taskName(part, lang)
}

// elementOptions are the elements by step; with steps, the steps themselves,
// too.
func (m *Room) elementOptions(l *i18n.L, steps bool) []ui.Option {
	var out []ui.Option
	for _, s := range Steps {
		group := strconv.Itoa(s.Number) + " " + m.stepName(s.Key, l.Lang)
		if steps {
			out = append(out, ui.Option{Value: s.Key, Text: l.T("actions.step", "The whole of step {n}", i18n.A{"n": s.Number}), Group: group})
		}
		for _, e := range s.Elements {
			out = append(out, ui.Option{Value: e.Key, Text: m.taskName(e.Key, l.Lang), Group: group})
		}
	}
	return out
}

func (m *Room) todoTools(l *i18n.L, f TodoFilter) ui.Tools {
	part := firstOf(f.Element, f.Step)
	t := ui.Tools{Action: "/actions", Fields: []ui.Field{
		{Kind: ui.Select, Name: "element", Label: l.T("actions.element", "Step or element"), Value: part, Options: withNone(l.T("list.any", "Any"), m.elementOptions(l, true))},
	}}
	switch {
	case f.Late:
		t.Hidden = map[string]string{"view": "late"}
	case !f.Mine:
		t.Hidden = map[string]string{"view": "all"}
	}
	if part != "" {
		t.Count, t.Clear = 1, ui.Address{Path: "/actions", Query: viewOnly(t.Hidden)}.Without("element", "")
	}
	return t
}

func viewOnly(hidden map[string]string) url.Values {
	q := url.Values{}
	for k, v := range hidden {
		q.Set(k, v)
	}
	return q
}

func todoBlank(l *i18n.L, f TodoFilter, a ui.Address) *ui.Blank {
	b := &ui.Blank{ID: "none"}
	switch {
	case f.Step != "" || f.Element != "":
		b.Title = l.T("list.nothing_found", "Nothing found")
		b.Text = l.T("actions.none.element", "No open action of this list belongs there.")
		b.Buttons = []ui.Button{{Text: l.T("list.clear", "Clear the filter"), Href: a.Without("element", ""), Alt: true}}
	case f.Late:
		b.Title = l.T("actions.none.late", "Nothing is late")
		b.Text = l.T("actions.none.late.text", "An action whose day is over stands here until it is done.")
	case f.Mine:
		b.Title = l.T("home.mine.none", "Nothing waits for you.")
		b.Text = l.T("home.you.none", "When an approval, an answer or a task falls to you, it stands here with its date.")
	default:
		b.Title = l.T("actions.none", "No open action")
		b.Text = l.T("actions.none.text", "Actions are made on a partnership’s page, by persons and by the journey: who is to do what, until when.")
	}
	if b.Buttons == nil && (f.Late || f.Mine) {
		b.Buttons = []ui.Button{{Text: l.T("actions.all", "See all open actions"), Href: "/actions?view=all", Alt: true}}
	}
	return b
}

// ownerText says who is to do an action.
func ownerText(l *i18n.L, x Action, owner string) string {
	switch {
	case x.State == ActionToCheck:
		return l.T("actions.second", "a second person, to look at it")
	case x.OwnerKind == WhoRight:
		return l.Say(rightWho(access.Right(x.OwnerID)))
	case owner != "":
		return owner
	case x.OwnerKind == WhoParty:
		return l.T("who.party", "a party")
	}
	return l.T("actions.person_gone", "a person who is no longer recorded")
}

// todoNote is what stands beside the text of an action.
func todoNote(l *i18n.L, x Action) string {
	var parts []string
	if x.High {
		parts = append(parts, l.T("actions.high", "high priority"))
	}
	if x.State == ActionToCheck {
		parts = append(parts, l.T("actions.to_check", "done, to be checked"))
	}
	return joinParts(parts...)
}

func (m *Room) todoTable(l *i18n.L, rows []ListedTodo, today clock.Day) ui.TableView {
	t := ui.TableView{Caption: l.T("actions.caption", "Open actions by the day they are due"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("actions.col.what", "What")}, {Title: l.T("actions.col.partnership", "Partnership")}, {Title: l.T("actions.element", "Step or element")},
		{Title: l.T("actions.col.who", "Who")}, {Title: l.T("actions.col.due", "Due")}, {Title: l.T("actions.col.since", "Since")},
	}}
	for _, x := range rows {
		due := ui.Cell{Text: l.T("home.no_date", "no date"), Soft: true}
		if x.DueOn != "" {
			due = ui.Cell{Text: l.Date(x.DueOn), Class: "nw"}
			if today.DaysUntil(x.DueOn) <= ui.SoonWithin {
				due.Class = "nw late"
			}
		}
		element := ui.Cell{Text: l.T("actions.whole", "the whole partnership"), Soft: true}
		if _, ok := ElementOf(x.Element); ok {
			element = ui.Cell{Text: m.elementPlace(l, x.Element), Href: elementPath(x.Partnership, x.Element)}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Text: x.Say(l), Href: x.Link, Small: todoNote(l, x.Action)},
			{Text: short(x.PartnershipTitle(l.Lang)), Href: "/partnerships/" + x.Partnership},
			element, {Text: ownerText(l, x.Action, x.Owner)}, due, {Text: l.Date(x.CreatedAt.Day()), Small: x.Maker, Class: "nw"},
		}})
	}
	return t
}

// exportedTodo is an action as the files of the list hold it.
type exportedTodo struct {
	ID               string      `json:"id"`
	Text             string      `json:"text"`
	Partnership      string      `json:"partnership"`
	PartnershipTitle string      `json:"partnership_title"`
	Element          string      `json:"element"`
	OwnerKind        WhoKind     `json:"owner_kind"`
	Owner            string      `json:"owner"`
	DueOn            clock.Day   `json:"due_on"`
	State            ActionState `json:"state"`
	High             bool        `json:"high"`
	Since            clock.Day   `json:"since"`
	AskedBy          string      `json:"asked_by"`
	Link             string      `json:"link"`
}

func (m *Room) exportTodos(c *web.Ctx, f TodoFilter, fn func(e exportedTodo)) (capped bool, err error) {
	l := c.L
	f.Limit, f.Many = 500, true
	err = m.d.Read(c.Context(), func(t *db.Tx) error {
		for n := 0; n < exportMost; {
			rows, more, err := listTodos(t, c.Actor, f)
			if err != nil {
				return err
			}
			for _, x := range rows {
				fn(exportedTodo{
					ID: x.ID, Text: x.Say(l), Partnership: x.Partnership, PartnershipTitle: x.PartnershipTitle(l.Lang), Element: x.Element,
					OwnerKind: x.OwnerKind, Owner: ownerText(l, x.Action, x.Owner), DueOn: x.DueOn, State: x.State, High: x.High,
					Since: x.CreatedAt.Day(), AskedBy: x.Maker, Link: x.Link,
				})
			}
			n += len(rows)
			capped = more
			if !more {
				return nil
			}
			f.After = rows[len(rows)-1].ID
		}
		return nil
	})
	return capped, err
}

func (m *Room) todosCSV(c *web.Ctx, f TodoFilter) error {
	var b bytes.Buffer
	w := tabular.NewWriter(&b, "id", "text", "partnership", "partnership_title", "element", "owner_kind", "owner", "due_on", "state", "high", "since", "asked_by", "link")
	_, err := m.exportTodos(c, f, func(e exportedTodo) {
		w.Row(e.ID, e.Text, e.Partnership, e.PartnershipTitle, e.Element, string(e.OwnerKind), e.Owner, string(e.DueOn), string(e.State), strconv.FormatBool(e.High), string(e.Since), e.AskedBy, e.Link)
	})
	if err != nil {
		return err
	}
	return attachCSV(c, "actions.csv", w, &b)
}

func (m *Room) todosJSON(c *web.Ctx, f TodoFilter) error {
	out := struct {
		Actions []exportedTodo `json:"actions"`
		Capped  bool           `json:"capped"`
	}{Actions: []exportedTodo{}}
	var err error
	out.Capped, err = m.exportTodos(c, f, func(e exportedTodo) { out.Actions = append(out.Actions, e) })
	if err != nil {
		return err
	}
	return attachJSON(c, "actions.json", out)
}
