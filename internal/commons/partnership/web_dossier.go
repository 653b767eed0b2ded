package partnership

import (
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// dossierLast is how many changes a dossier tells of each partnership.
const dossierLast = 10

// dossierPage are partnerships as the next person needs them, to print.
type dossierPage struct {
	ui.Base
	Head  ui.Head
	Parts []*dossierPart
	Note  bool // one partnership, and the reader may write the word to the next person
	Form  ui.Form
}

// dossierPart is one partnership.
type dossierPart struct {
	*overviewPage
	Manager   string
	Open      []ShownAction
	Deadlines []Deadline
	Last      []ui.HistLine
	Evidence  map[string]int // by step
	Word      HandNote
	WordBy    string
}

// dossier is the dossier of one partnership.
func (m *Room) dossier(c *web.Ctx) error { return m.showDossier(c, ui.Form{}) }

func (m *Room) showDossier(c *web.Ctx, f ui.Form) error {
	v := &dossierPage{Form: f}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		part, err := m.dossierOf(c, t, c.Path("id"))
		if err != nil {
			return err
		}
		v.Parts = []*dossierPart{part}
		return nil
	})
	if err != nil {
		return err
	}
	l, p := c.L, v.Parts[0].P
	title := l.T("dossier.title", "Dossier")
	v.Base = c.Base(title, home(l), listLink(l), ui.Link{Text: short(p.TitleIn(l.Lang)), Href: "/partnerships/" + p.ID}, ui.Link{Text: title})
	v.Head = ui.Head{Sub: v.asOf(c.Today())}
	v.Note = c.Actor.Staff() && v.Parts[0].May(access.Contribute)
	return c.PageStatus(statusOf(f), dossierBody(v))
}

// asOf says of which day a dossier is, and for whom.
func (v *dossierPage) asOf(today clock.Day) string {
	return v.L.T("dossier.sub", "Where each partnership stands, for the next person. As it stood here on {date}.", i18n.A{"date": today})
}

// accountDossier is the dossier of all that an account has a place in.
func (m *Room) accountDossier(c *web.Ctx) error {
	return m.manyDossier(c, func(t *db.Tx) ([]string, string, error) {
		found, err := access.Find(t, access.Filter{IDs: []string{c.Path("account")}})
		if err != nil {
			return nil, "", err
		}
		if len(found) == 0 {
			return nil, "", errs.Missing()
		}
		places, err := placesOfAccount(t, c.Actor, found[0].ID)
		var ids []string
		for _, x := range places {
			if !slices.Contains(ids, x.Partnership) {
				ids = append(ids, x.Partnership)
			}
		}
		return ids, c.L.T("dossier.of", "In the care of {name}.", i18n.A{"name": found[0].Name}), err
	})
}

// handedDossier is the dossier of what was handed over.
func (m *Room) handedDossier(c *web.Ctx) error {
	return m.manyDossier(c, func(t *db.Tx) ([]string, string, error) {
		k, err := visibleHandOver(t, c.Actor, c.Path("id"))
		if err != nil {
			return nil, "", err
		}
		items, err := handItemsOf(t, k.ID)
		if err != nil {
			return nil, "", err
		}
		names, err := access.Names(t, []string{k.From, k.To})
		if err != nil {
			return nil, "", err
		}
		ids := partnershipsIn(items)
		may, err := heldAmong(t, c.Actor, ids, access.View)
		if err != nil {
			return nil, "", err
		}
		ids = slices.DeleteFunc(ids, func(p string) bool { return !slices.Contains(may, p) })
		lead := c.L.T("handover.from_to", "From {from} to {to}.", i18n.A{"from": actorText(c.L, k.From, names), "to": actorText(c.L, k.To, names)})
		return ids, lead, nil
	})
}

// manyDossier is a dossier of several partnerships, one part each.
func (m *Room) manyDossier(c *web.Ctx, which func(t *db.Tx) (ids []string, lead string, err error)) error {
	l := c.L
	title := l.T("dossier.title", "Dossier")
	v := &dossierPage{Base: c.Base(title, home(l), ui.Link{Text: title})}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		ids, lead, err := which(t)
		if err != nil {
			return err
		}
		v.Head = ui.Head{Lead: lead, Sub: v.asOf(c.Today())}
		v.Parts = nil
		for _, p := range ids[:min(len(ids), handMost)] {
			part, err := m.dossierOf(c, t, p)
			if err != nil {
				return err
			}
			v.Parts = append(v.Parts, part)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.Page(dossierBody(v))
}

// dossierOf reads one partnership for a dossier, cut down to what is meant
// for the reader.
func (m *Room) dossierOf(c *web.Ctx, t *db.Tx, partnership string) (*dossierPart, error) {
	o, err := m.loadOne(c, t, partnership)
	if err != nil {
		return nil, err
	}
	d := &dossierPart{overviewPage: o, Evidence: map[string]int{}}
	d.Open, err = actionsShown(t, c.Actor, partnership, c.L.Lang, true)
	if err != nil {
		return nil, err
	}
	d.Deadlines, err = deadlinesFor(t, c.Actor, partnership)
	if err != nil {
		return nil, err
	}
	all := make([]string, len(Elements))
	for i, e := range Elements {
		all[i] = e.Key
	}
	evidence, err := evidenceFor(t, c.Actor, partnership, all)
	if err != nil {
		return nil, err
	}
	for _, x := range evidence {
		if e, known := ElementOf(x.Element); known {
			d.Evidence[e.Step]++
		}
	}
	f := auditOf(c.Actor, partnership)
	f.Limit = dossierLast
	rows, err := audit.List(t, f)
	if err != nil {
		return nil, err
	}
	names, err := actorNames(t, rows)
	if err != nil {
		return nil, err
	}
	handed, err := handedIn(t, rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		what := firstOf(handed.say(c.L, r), m.recordText(c.L, r))
		d.Last = append(d.Last, ui.HistLine{At: r.At, Text: joinParts(c.L.Colon(KindName(c.L, r.Kind), c.L.Say(deedMsg(r.Action))), what, actorText(c.L, r.Actor, names))})
	}
	if !c.Actor.Staff() {
		return d, nil // the team and its words are the host's
	}
	manager, err := managerOf(t, o.P.Manager)
	if err != nil {
		return nil, err
	}
	d.Manager = manager.Name
	d.Word, _, err = handNoteOf(t, partnership)
	if err != nil || d.Word.Text == "" {
		return d, err
	}
	by, err := access.Names(t, []string{d.Word.UpdatedBy})
	d.WordBy = actorText(c.L, d.Word.UpdatedBy, by)
	return d, err
}

// statusText is the first sentence of a part.
func (d *dossierPart) statusText() string {
	l := d.L
	text := capital(l.Say(statusMsg(d.P.Status))) + " " + statusSince(l, d.P) + ". " + countSentence(l, d.Journey.Summary)
	if d.P.Confidential {
		text += " " + l.T("partnership.is_confidential", "Confidential.")
	}
	return text
}

// team is who works on it, one line a person.
func (d *dossierPart) team() []ui.Fact {
	var out []ui.Fact
	if !d.Staff {
		return nil
	}
	if d.Manager != "" {
		out = append(out, ui.Fact{Term: d.L.T("team.manager.label", "Manager"), Text: d.Manager})
	}
	byName := map[string][]string{}
	var order []string
	for _, x := range d.Team {
		if !x.Holds(d.today) {
			continue
		}
		if byName[x.Name] == nil {
			order = append(order, x.Name)
		}
		byName[x.Name] = append(byName[x.Name], d.L.Say(rightMsg(x.Right)))
	}
	for _, name := range order {
		out = append(out, ui.Fact{Term: name, Text: d.L.List(byName[name])})
	}
	return out
}

// steps is the journey as a table: where each step stands, since when, with
// how much evidence.
func (d *dossierPart) steps() ui.TableView {
	l := d.L
	t := ui.TableView{Caption: l.T("dossier.steps", "The eleven steps"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("history.step", "Step")}, {Title: l.T("dossier.state", "State")}, {Title: l.T("wait.since.title", "Since")}, {Title: l.T("dossier.evidence", "Evidence"), Num: true},
	}}
	states := StripStates(d.Journey.Summary.Strip)
	for i, s := range Steps {
		var since clock.Ms
		for _, e := range s.Elements {
			since = max(since, d.Journey.Elements[e.Key].Since)
		}
		state := Open
		if i < len(states) {
			state = states[i]
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Text: l.T("step.number", "{n} {name}", i18n.A{"n": s.Number, "name": d.room.stepName(s.Key, l.Lang)})},
			{Body: ui.StateWord(l, cell(state))}, {Text: l.Date(since.Day()), Class: "nw"}, {Text: l.Num(int64(d.Evidence[s.Key]))},
		}})
	}
	return t
}

// openTable is what is to be done, by the day it is due.
func (d *dossierPart) openTable() ui.TableView {
	l := d.L
	t := ui.TableView{Caption: l.T("dossier.open", "Open actions and deadlines"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("dossier.due", "Due")}, {Title: l.T("dossier.what", "What")}, {Title: l.T("wait.who", "Who")},
	}}
	row := func(due clock.Day, what, who string) {
		on := ui.Cell{Text: l.T("home.no_date", "no date"), Soft: true}
		if due != "" {
			on = ui.Cell{Text: l.Date(due), Class: "nw"}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{on, {Text: what}, {Text: who}}})
	}
	for _, x := range d.Deadlines {
		row(x.DueOn, x.Say(l), "")
	}
	for _, x := range d.Open {
		row(x.DueOn, x.Say(l), ownerText(l, x.Action, x.Owner))
	}
	return t
}

func (m *Room) saveHandNote(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = m.s.SetHandNote(c.Context(), c.Actor, c.Path("id"), v.Get("text"), parseInt(v.Get("version")))
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showDossier(c, f) })
	}
	c.Flash(i18n.M("dossier.saved", "It is kept for the next person."), "")
	return c.See("/partnerships/" + c.Path("id") + "/dossier")
}
