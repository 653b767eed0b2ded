package partnership

import (
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/search"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// What the handlers of this package share. Pages of one noun stand in
// web_<noun>.go and pages_<noun>.templ.

// cells are the states as the page draws them.
var cells = map[State]ui.State{Met: ui.Met, Partly: ui.Part, Open: ui.Open, Attested: ui.Att, NotApplicable: ui.NA}

func cell(s State) ui.State { return cells[s] }

// corners are the roles as the page draws them.
var corners = map[Role]ui.Role{Beneficiary: ui.Beneficiary, Pivotal: ui.Pivotal, Facilitating: ui.Facilitating}

func roleMsg(r Role) i18n.Msg {
	switch r {
	case Beneficiary:
		return i18n.M("role.beneficiary", "beneficiary")
	case Pivotal:
		return i18n.M("role.pivotal", "pivotal")
	case Facilitating:
		return i18n.M("role.facilitating", "facilitating")
	case Managing:
		return i18n.M("role.managing", "managing")
	case Funding:
		return i18n.M("role.funding", "funding")
	case Technical:
		return i18n.M("role.technical", "technical")
	}
	return i18n.Msg{}
}

func audienceMsg(audience string, party string) i18n.Msg {
	switch {
	case audience == access.AudienceParties:
		return i18n.M("audience.parties", "all parties")
	case audience == access.AudiencePublic:
		return i18n.M("audience.public", "the public")
	case strings.HasPrefix(audience, "party:"):
		return i18n.M("audience.party", "the host and {party}", i18n.A{"party": party})
	}
	return i18n.M("audience.host", "the host’s team")
}

// stepName and elementName are the names of the reference lists.
func (m *Room) stepName(key, lang string) string { return m.ref.Name("step", key, lang) }

func (m *Room) elementName(key, lang string) string {
	if i, ok := m.ref.Get("element", key); ok {
		if short := i.In("short", lang); short != "" {
			return short
		}
		return i.Name(lang)
	}
	return key
}

// taskName is the element as the heading of a task.
func (m *Room) taskName(key, lang string) string {
	if i, ok := m.ref.Get("element", key); ok {
		if task := i.In("task", lang); task != "" {
			return task
		}
		return i.Name(lang)
	}
	return key
}

// view is what every page of one partnership has.
type view struct {
	ui.Base
	P      Partnership
	Tabs   []ui.NavItem
	Rights map[access.Right]bool
}

// May says whether the reader holds a right on the partnership.
func (v view) May(r access.Right) bool { return v.Rights[r] }

func home(l *i18n.L) ui.Link { return ui.Link{Text: l.T("nav.home", "Home"), Href: "/"} }

func listLink(l *i18n.L) ui.Link {
	return ui.Link{Text: l.T("nav.partnerships", "Partnerships"), Href: "/partnerships"}
}

// open reads the partnership of the address for a page, with the rights that
// the reader holds on it.
func (m *Room) open(c *web.Ctx, t *db.Tx) (Partnership, map[access.Right]bool, error) {
	return m.openOne(c, t, c.Path("id"))
}

func (m *Room) openOne(c *web.Ctx, t *db.Tx, partnership string) (Partnership, map[access.Right]bool, error) {
	p, err := need(t, c.Actor, partnership, access.View)
	if err != nil {
		return p, nil, err
	}
	rights := map[access.Right]bool{access.View: true}
	for _, r := range []access.Right{access.Contribute, access.Manage, access.Approve} {
		rights[r], err = held(t, c.Actor, p.ID, r)
		if err != nil {
			return p, nil, err
		}
	}
	return p, rights, nil
}

// page begins a page of a partnership. tab is the path after the
// partnership's own, empty for the overview.
func (m *Room) page(c *web.Ctx, p Partnership, rights map[access.Right]bool, title, tab string, crumbs ...ui.Link) view {
	l := c.L
	root := "/partnerships/" + p.ID
	name := p.TitleIn(l.Lang)
	way := []ui.Link{home(l), listLink(l)}
	if tab == "" && len(crumbs) == 0 {
		way = append(way, ui.Link{Text: short(name)})
	} else {
		way = append(way, ui.Link{Text: short(name), Href: root})
		way = append(way, crumbs...)
	}
	v := view{Base: c.Base(title, way...), P: p, Rights: rights}
	add := func(text, path string) {
		item := ui.NavItem{Link: ui.Link{Text: text, Href: root + path}}
		if path == tab {
			item.Current = "page"
		}
		v.Tabs = append(v.Tabs, item)
	}
	add(l.T("tab.overview", "Overview"), "")
	add(l.T("tab.parties", "Parties"), "/parties")
	add(l.T("tab.about", "About"), "/about")
	add(l.T("tab.actions", "Actions"), "/actions")
	if c.Actor.Staff() {
		add(l.T("tab.requests", "Requests"), "/requests")
		add(l.T("tab.team", "Team"), "/team")
	}
	add(l.T("tab.history", "History"), "/history")
	return v
}

// short cuts a title for the crumbs, at a word.
func short(s string) string {
	r := []rune(s)
	if len(r) <= 48 {
		return s
	}
	cut := string(r[:47])
	if i := strings.LastIndexByte(cut, ' '); i > 20 {
		cut = cut[:i]
	}
	return cut + "…"
}

// formError shows a form again: 422 for what is wrong, 409 for what moved on.
// again draws the page with the state of the form; other errors go on.
func formError(c *web.Ctx, err error, again func(f ui.Form) error) error {
	if !web.Mendable(err) {
		return err
	}
	v, formErr := c.Form()
	if formErr != nil {
		return formErr
	}
	return again(web.FormState(v, err, c.L))
}

// statusOf is the status a form's page is shown again with.
func statusOf(f ui.Form) int {
	if len(f.Errors) > 0 {
		return 422
	}
	return 200
}

// day reads a date field; part allows a month or a year alone.
func day(c *errs.Check, v *web.Values, field string, part bool) clock.Day {
	d, ok := ParseDate(v.Get(field), part)
	if !ok {
		if part {
			c.Add(field, msgPartDate())
		} else {
			c.Add(field, msgDate())
		}
	}
	return d
}

// join puts the field errors of two Invalid errors into one.
func join(a, b error) error {
	first, second := errs.As(a), errs.As(b)
	if first == nil {
		return b
	}
	if second != nil {
		first.Fields = append(first.Fields, second.Fields...)
	}
	return first
}

// both joins the errors of reading a form with those of the rules.
func both(read *errs.Check, err error) error {
	first := errs.As(read.Err())
	if first == nil {
		return err
	}
	if second := errs.As(err); second != nil && second.Kind == errs.Invalid {
		for _, f := range second.Fields {
			if !read.Has(f.Name) {
				first.Fields = append(first.Fields, f)
			}
		}
	}
	return first
}

// foldName is a name as lists sort it.
func foldName(s string) string { return search.Fold(s) }
