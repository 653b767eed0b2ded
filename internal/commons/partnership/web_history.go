package partnership

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/tabular"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// changesMost is how many moves of elements the history shows.
const changesMost = 50

// historyPage is what happened in a partnership.
type historyPage struct {
	view
	Head    ui.Head
	Changes []StatusChange
	Moves   []Change // of elements, the latest first
	MovesN  int
	Cycle   []CycleTime
	Audit   []audit.Listed
	Stretch ui.Stretch
	names   map[string]string
	handed  handedNames
	room    *Room
	today   clock.Day
}

func (m *Room) history(c *web.Ctx) error {
	switch c.Query("format") {
	case "csv":
		return m.historyCSV(c)
	case "elements":
		return m.movesCSV(c)
	}
	l := c.L
	v := &historyPage{room: m, today: c.Today()}
	after, n := readPlace(c.Query("after"))
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, rights, l.T("tab.history", "History"), "/history", ui.Link{Text: l.T("tab.history", "History")})
		v.Changes, err = statusChanges(t, p.ID)
		if err != nil {
			return err
		}
		moves, err := historyOf(t, p.ID)
		if err != nil {
			return err
		}
		v.Cycle, v.MovesN = cycleTimes(moves, c.Now()), len(moves)
		slices.Reverse(moves)
		v.Moves = moves[:min(len(moves), changesMost)]
		f := auditOf(c.Actor, p.ID)
		f.After, f.Limit = after, pageRows+1
		v.Audit, err = audit.List(t, f)
		if err != nil {
			return err
		}
		v.names, err = actorNames(t, v.Audit)
		if err != nil {
			return err
		}
		v.handed, err = handedIn(t, v.Audit)
		return err
	})
	if err != nil {
		return err
	}
	more := len(v.Audit) > pageRows
	if more {
		v.Audit = v.Audit[:pageRows]
	}
	if len(v.Audit) > 0 {
		v.Stretch = ui.Stretch{From: n + 1, To: n + len(v.Audit)}
		if more {
			last := v.Audit[len(v.Audit)-1].Place()
			v.Stretch.Next = "/partnerships/" + v.P.ID + "/history?after=" + writePlace(last, v.Stretch.To) + "#records"
		}
	}
	v.Head = ui.Head{Lead: capital(l.Say(statusMsg(v.P.Status))), Sub: statusSince(l, v.P) + "."}
	return c.Page(historyBody(v))
}

// auditOf are the audit's rows of a partnership that are meant for an actor.
func auditOf(a access.Actor, partnership string) audit.Filter {
	return audit.Filter{Context: partnership, Only: access.Audience(a, "a.audience")}
}

// A place in the audit stands in an address as instant, id and row number.
func readPlace(s string) (audit.Place, int) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || !id.Valid(parts[1]) {
		return audit.Place{}, 0
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil || n < 0 {
		return audit.Place{}, 0
	}
	return audit.Place{At: clock.Ms(parseInt(parts[0])), ID: parts[1]}, n
}

func writePlace(p audit.Place, n int) string {
	return strconv.FormatInt(int64(p.At), 10) + "." + p.ID + "." + strconv.Itoa(n)
}

// actorNames are the names of who acted: by an account, or by a link.
func actorNames(t *db.Tx, rows []audit.Listed) (map[string]string, error) {
	var accounts, persons []string
	for _, r := range rows {
		person, byLink := access.PersonActed(r.Actor)
		if byLink {
			persons = append(persons, person)
		} else {
			accounts = append(accounts, r.Actor)
		}
	}
	names, err := access.Names(t, distinct(accounts))
	if err != nil || len(persons) == 0 {
		return names, err
	}
	byPerson, err := directory.PersonNames(t, distinct(persons))
	for _, r := range rows {
		if person, byLink := access.PersonActed(r.Actor); byLink {
			names[r.Actor] = byPerson[person]
		}
	}
	return names, err
}

func distinct(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// actorText says who acted: a person, a command, or the product itself.
func actorText(l *i18n.L, actor string, names map[string]string) string {
	switch {
	case names[actor] != "":
		return names[actor]
	case strings.HasPrefix(actor, "cli:"):
		return l.T("history.command", "a command")
	case strings.HasPrefix(actor, "system:"):
		return l.T("history.product", "the product")
	}
	if _, byLink := access.PersonActed(actor); byLink {
		return l.T("request.person.gone", "a person who is gone")
	}
	return l.T("team.gone", "an account that is gone")
}

// deedMsg says what was done to a record.
func deedMsg(action string) i18n.Msg {
	switch action {
	case "created":
		return i18n.M("history.created", "added")
	case "updated":
		return i18n.M("history.updated", "changed")
	case "deleted":
		return i18n.M("history.deleted", "removed")
	case "restored":
		return i18n.M("history.restored", "brought back")
	case "moved":
		return i18n.M("history.moved", "moved to another status")
	case "approved":
		return i18n.M("history.approved", "approved")
	case "rejected":
		return i18n.M("history.rejected", "rejected")
	case "withdrawn":
		return i18n.M("history.withdrawn", "withdrawn")
	case "waived":
		return i18n.M("history.waived", "waived")
	case "done":
		return i18n.M("history.done", "done")
	case "checked":
		return i18n.M("history.checked", "looked at by a second person")
	case "confirmed-modality":
		return i18n.M("history.modality", "modality confirmed")
	case "handed-over":
		return i18n.M("history.handed_over", "handed over")
	case "taken-back":
		return i18n.M("history.taken_back", "hand-over taken back")
	case Confirmed:
		return i18n.M("history.confirmed", "confirmed")
	case Disputed:
		return i18n.M("history.disputed", "disputed")
	case Commented:
		return i18n.M("history.commented", "commented")
	case Stated:
		return i18n.M("history.stated", "stated")
	case "sent", "reminded":
		return i18n.M("history.sent", "sent again")
	case "revoked":
		return i18n.M("history.revoked", "taken back")
	case "opened":
		return i18n.M("history.opened", "opened")
	case "answered":
		return i18n.M("history.answered", "answered")
	case "wanted":
		return i18n.M("history.wanted", "asked for a new link")
	case "accepted":
		return i18n.M("history.accepted", "taken over")
	case "declined":
		return i18n.M("history.declined", "not taken over")
	}
	return i18n.M("history.updated", "changed")
}

// recordText says which record it was: its title, or what its code means.
func (m *Room) recordText(l *i18n.L, r audit.Listed) string {
	switch r.Kind {
	case "partnership_tag":
		list, code, _ := strings.Cut(r.Record, ":")
		name, _ := m.ref.List(list)
		return l.Colon(name.Name(l.Lang), m.ref.Name(list, code, l.Lang))
	case "gate_waiver":
		return gateName(l, r.Title)
	}
	return r.Title
}

func (v *historyPage) auditTable() ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("history.records.caption", "Changes of records, the latest first"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("history.col.when", "When")}, {Title: l.T("history.col.who", "Who")}, {Title: l.T("history.col.what", "What")}, {Title: l.T("history.col.record", "Record")},
	}}
	for _, r := range v.Audit {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Body: ui.At(l, r.At)}, {Text: actorText(l, r.Actor, v.names)}, {Text: l.Say(deedMsg(r.Action))},
			{Text: KindName(l, r.Kind), Small: firstOf(v.handed.say(l, r), v.room.recordText(l, r))},
		}})
	}
	return t
}

func (v *historyPage) moveTable() ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("history.moves.caption", "Moves of elements, the latest first"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("history.col.when", "When")}, {Title: l.T("history.col.element", "Element")}, {Title: l.T("history.col.from", "From")}, {Title: l.T("history.col.to", "To")},
	}}
	for _, x := range v.Moves {
		e, known := ElementOf(x.Element)
		if !known {
			continue // of a later version
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Body: ui.At(l, x.At)}, {Text: strconv.Itoa(stepOrder(e.Step)) + " " + v.room.taskName(e.Key, l.Lang), Href: elementPath(v.P.ID, e.Key)},
			{Body: ui.StateWord(l, cell(x.From))}, {Body: ui.StateWord(l, cell(x.To))},
		}})
	}
	return t
}

func (v *historyPage) movesFact() string {
	if v.MovesN > len(v.Moves) {
		return v.L.T("history.moves.last", "the last {n} of {all}", i18n.A{"n": len(v.Moves), "all": v.MovesN})
	}
	return ""
}

// newest leads back from an older page of the records.
func (v *historyPage) newest() []ui.Link {
	if v.Stretch.From <= 1 {
		return nil
	}
	return []ui.Link{{Text: v.L.T("history.newest", "The latest"), Href: "/partnerships/" + v.P.ID + "/history#records"}}
}

// bars are the days that each step took or has been under way.
func (v *historyPage) bars() ui.BarsView {
	l := v.L
	b := ui.BarsView{
		ID: "cycle", Title: l.T("cycle.title", "Time in each step, days"), Head: l.T("history.step", "Step"), Value: l.T("history.days", "Days"), Unit: l.T("history.days.unit", "days"),
		Caption: l.T("history.cycle.caption", "Counted from the moves of elements recorded here, {date}. A step begins when its first element leaves “open”, and ends when none is open or partly.", i18n.A{"date": v.today}),
	}
	var longest CycleTime
	for _, s := range Steps {
		i := slices.IndexFunc(v.Cycle, func(t CycleTime) bool { return t.Step == s.Key })
		bar := ui.Bar{Label: l.T("step.number", "{n} {name}", i18n.A{"n": s.Number, "name": v.room.shortStep(s.Key, l.Lang)})}
		if i < 0 {
			bar.None, bar.Text = true, l.T("step.not_started", "not started")
			b.Rows = append(b.Rows, bar)
			continue
		}
		t := v.Cycle[i]
		bar.To, bar.Text = t.Days, l.Num(int64(t.Days))
		if t.Ended == 0 {
			bar.Running, bar.Text = true, l.T("cycle.so_far", "{days} so far", i18n.A{"days": t.Days})
		}
		if longest.Step == "" || t.Days > longest.Days {
			longest = t
		}
		b.Rows = append(b.Rows, bar)
	}
	b.Desc = l.N("history.cycle.finding", longest.Days, "The longest is step {step}, {n} day.", "The longest is step {step}, {n} days.", i18n.A{"step": stepOrder(longest.Step)})
	return b
}

// historyCSV is what the audit holds of the partnership for the reader.
func (m *Room) historyCSV(c *web.Ctx) error {
	l := c.L
	var b bytes.Buffer
	w := tabular.NewWriter(&b, "at", "actor", "action", "kind", "record", "title", "version")
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, err := need(t, c.Actor, c.Path("id"), access.View)
		if err != nil {
			return err
		}
		f := auditOf(c.Actor, p.ID)
		f.Limit = 200
		for n := 0; n < exportMost; n += f.Limit {
			rows, err := audit.List(t, f)
			if err != nil {
				return err
			}
			names, err := actorNames(t, rows)
			if err != nil {
				return err
			}
			for _, r := range rows {
				w.Row(stamp(r.At), actorText(l, r.Actor, names), r.Action, r.Kind, r.Record, m.recordText(l, r), strconv.FormatInt(r.Version, 10))
			}
			if len(rows) < f.Limit {
				return nil
			}
			f.After = rows[len(rows)-1].Place()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return attachCSV(c, "history.csv", w, &b)
}

// movesCSV are all moves of the elements.
func (m *Room) movesCSV(c *web.Ctx) error {
	var b bytes.Buffer
	w := tabular.NewWriter(&b, "at", "step", "element", "from", "to")
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, err := need(t, c.Actor, c.Path("id"), access.View)
		if err != nil {
			return err
		}
		moves, err := historyOf(t, p.ID)
		if err != nil {
			return err
		}
		for _, x := range moves {
			e, _ := ElementOf(x.Element)
			w.Row(stamp(x.At), strconv.Itoa(stepOrder(e.Step)), x.Element, string(x.From), string(x.To))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return attachCSV(c, "elements.csv", w, &b)
}
