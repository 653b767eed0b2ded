package partnership

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

// What pages say of a partnership: views of stored facts in the reader's
// language. Nothing here decides anything.

func overviewHead(v *overviewPage) ui.Head {
	l := v.L
	h := ui.Head{Lead: capital(l.Say(statusMsg(v.P.Status)))}
	s := v.Journey.Summary
	parts := []string{
		statusSince(l, v.P) + ".",
		countSentence(l, s),
	}
	if v.P.Example {
		parts = append(parts, l.T("partnership.fictitious", "Fictitious: it shows every state, role and clock."))
	}
	if v.P.Confidential {
		parts = append(parts, l.T("partnership.is_confidential", "Confidential."))
	}
	h.Sub = strings.Join(parts, " ")
	if v.May(access.Manage) {
		h.Buttons = []ui.Button{
			{Text: l.T("form.edit.crumb", "Edit"), Href: "/partnerships/" + v.P.ID + "/edit", Alt: true},
			{Text: l.T("status.change", "Change the status"), Href: "/partnerships/" + v.P.ID + "/status", Alt: true},
		}
	}
	return h
}

// statusSince says since when a status holds. Of a record that comes from a
// source nobody here knows that day: only the day of recording is known.
func statusSince(l *i18n.L, p Partnership) string {
	if p.Source != "" && p.StatusSince == p.CreatedAt {
		return l.T("status.recorded", "as recorded on {date}", i18n.A{"date": p.CreatedAt.Day()})
	}
	return l.T("status.since", "since {date}", i18n.A{"date": p.StatusSince.Day()})
}

// countSentence says how many of the thirty-five elements are where.
func countSentence(l *i18n.L, s Summary) string {
	text := l.T("journey.count", "{done} of {all} elements done, {attested} attested, {partly} partly",
		i18n.A{"done": s.Met, "all": len(Elements), "attested": s.Attested, "partly": s.Partly})
	if s.NotApplicable > 0 {
		text += l.N("journey.count.na", s.NotApplicable, "; {n} does not apply", "; {n} do not apply")
	}
	return text + "."
}

func briefHead(v *overviewPage) ui.Head {
	return ui.Head{
		Title: v.P.TitleIn(v.L.Lang), Lead: capital(v.L.Say(statusMsg(v.P.Status))) + ".",
		Sub: v.L.T("brief.sub", "{count} As it stood here on {date}.", i18n.A{"count": countSentence(v.L, v.Journey.Summary), "date": v.today}),
	}
}

// journeyCells are the eleven steps as the navigation of a journey.
func (m *Room) journeyCells(partnership string, j JourneyView, lang, current string) []ui.JourneyCell {
	states := StripStates(j.Summary.Strip)
	var out []ui.JourneyCell
	for i, s := range Steps {
		name := m.stepName(s.Key, lang)
		if item, ok := m.ref.Get("step", s.Key); ok && item.In("short", lang) != "" {
			name = item.In("short", lang)
		}
		c := ui.JourneyCell{No: s.Number, Name: name, Href: stepPath(partnership, s.Key), Current: s.Key == current}
		if i < len(states) {
			c.State = cell(states[i])
		}
		out = append(out, c)
	}
	return out
}

func stepPath(partnership, step string) string {
	return "/partnerships/" + partnership + "/steps/" + step
}

// stepRows are the eleven steps with their elements and who is waited for.
func (v *overviewPage) stepRows() []ui.StepRow {
	l := v.L
	var out []ui.StepRow
	for _, s := range Steps {
		r := ui.StepRow{No: s.Number, Name: v.room.stepName(s.Key, l.Lang), Href: stepPath(v.P.ID, s.Key)}
		begun := false
		for _, e := range s.Elements {
			el := v.Journey.Elements[e.Key]
			begun = begun || el.State != Open
			r.Els = append(r.Els, ui.ElementCell{Name: v.room.elementName(e.Key, l.Lang), Href: elementPath(v.P.ID, e.Key), State: cell(el.State)})
		}
		var first *waitRow
		var names []string
		for i, w := range v.Journey.Waits {
			if !strings.HasPrefix(w.Element, s.Key+".") {
				continue
			}
			for _, name := range v.Journey.Names.each(Who{w.Kind, w.ID}) {
				if !contains(names, name) {
					names = append(names, name)
				}
			}
			if first == nil || w.Since < first.Since {
				first = &v.Journey.Waits[i]
			}
		}
		switch {
		case first == nil:
		case !begun && !asked(v.Journey, s):
			r.Who, r.Soft = l.T("step.not_started", "not started"), true
		default:
			if len(names) > 2 {
				names = append(names[:2:2], l.N("who.more", len(names)-2, "{n} more", "{n} more"))
			}
			r.Who = l.List(names)
			r.Since = l.T("wait.since", "since {date}", i18n.A{"date": l.DayMonth(first.Since.Day())})
			r.Late = first.Since.DaysUntil(v.today.Ms()) >= ui.LateAfter
		}
		out = append(out, r)
	}
	return out
}

// asked says whether somebody was asked for something in a step.
func asked(j JourneyView, s Step) bool {
	for _, e := range s.Elements {
		for _, m := range j.Elements[e.Key].Missing {
			if m.Ask {
				return true
			}
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (v *overviewPage) nextText() string {
	l := v.L
	var parts []string
	if v.Next.Maker != "" {
		parts = append(parts, l.T("action.asked_by", "Asked by {name} on {date}.", i18n.A{"name": v.Next.Maker, "date": v.Next.CreatedAt.Day()}))
	} else {
		parts = append(parts, l.T("action.asked_on", "Asked on {date}.", i18n.A{"date": v.Next.CreatedAt.Day()}))
	}
	if v.Next.Element != "" {
		parts = append([]string{v.room.taskName(v.Next.Element, l.Lang) + "."}, parts...)
	}
	if v.Next.DueOn != "" {
		parts = append(parts, l.T("action.due_on", "Due on {date}.", i18n.A{"date": v.Next.DueOn}))
	}
	return strings.Join(parts, " ")
}

func (v *overviewPage) nextLinks() []ui.Link {
	if v.NextMore == 0 {
		return nil
	}
	return []ui.Link{{Text: v.L.N("partnership.next.more", v.NextMore, "{n} other thing waits for you here", "{n} other things wait for you here"), Href: "/partnerships/" + v.P.ID + "/actions"}}
}

// missingCell is a fact that is missing: in records of the guide, the guide
// does not state it.
func missingCell(l *i18n.L, p Partnership) ui.Cell { return ui.Cell{Text: notStated(l, p), Soft: true} }

func notStated(l *i18n.L, p Partnership) string {
	if p.Source == "guide" {
		return l.T("missing.guide", "not stated in the guide")
	}
	return l.T("partnership.missing", "missing")
}

func (v *overviewPage) facts() []ui.Fact {
	l := v.L
	var out []ui.Fact
	for _, g := range v.About {
		if g.List != "focus_theme" && g.List != "framework" && g.List != "population_group" {
			continue
		}
		var names []string
		for _, i := range g.Items {
			names = append(names, i.Name)
		}
		if len(names) > 0 {
			out = append(out, ui.Fact{Term: g.Name, Text: l.Series(names)})
		}
	}
	switch {
	case v.P.NeedKind == NeedConfirmed:
		out = append(out, ui.Fact{Term: l.T("facts.need", "Rests on"), Text: firstOf(v.P.NeedText, l.T("need.confirmed", "a need confirmed by the country")), Small: l.Date(v.P.NeedOn)})
	case v.P.NeedKind == NeedSignal:
		out = append(out, ui.Fact{Term: l.T("facts.need", "Rests on"), Text: firstOf(v.P.NeedText, l.T("need.signal", "an analytic signal, not a request"))})
	default:
		out = append(out, ui.Fact{Term: l.T("facts.need", "Rests on"), Text: notStated(l, v.P)})
	}
	out = append(out, ui.Fact{Term: l.T("facts.runs", "Runs"), Text: runs(l, v.P.StartOn, v.P.EndOn, notStated(l, v.P))})
	out = append(out, ui.Fact{Term: l.T("facts.modality", "Modality"), Text: v.modalityText()})
	var places []string
	for _, p := range v.Places {
		name := v.room.placeName(p, l.Lang)
		if p.Inferred {
			name += " (" + l.T("partnership.inferred", "inferred") + ")"
		}
		places = append(places, name)
	}
	if len(places) > 0 {
		out = append(out, ui.Fact{Term: l.T("places.title", "Places"), Text: strings.Join(places, ", ")})
	}
	if v.Umbrella != nil {
		out = append(out, ui.Fact{Term: l.T("partnership.umbrella.label", "Umbrella"), Text: v.Umbrella.TitleIn(l.Lang), Href: "/partnerships/" + v.Umbrella.ID})
	}
	var team []string
	for _, m := range v.Team {
		// Whose time is over is no longer in it; a partner knows the manager alone.
		if !within("", m.UntilOn, v.today) || (!v.Staff && m.Account != v.P.Manager) {
			continue
		}
		if m.Name != "" && !contains(team, m.Name) {
			team = append(team, m.Name)
		}
	}
	out = append(out, ui.Fact{Term: l.T("tab.team", "Team"), Text: strings.Join(team, ", ")})
	return out
}

// capital begins a sentence with a word.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// runs says a stretch of time; what is not known is said.
func runs(l *i18n.L, from, to clock.Day, missing string) string {
	switch {
	case from == "" && to == "":
		return missing
	case from == "":
		return l.T("runs.to", "to {to}", i18n.A{"to": to})
	case to == "":
		return l.T("runs.from", "from {from}", i18n.A{"from": from})
	}
	return l.T("runs.span", "{from} to {to}", i18n.A{"from": from, "to": to})
}

func (v *overviewPage) modalityText() string {
	l := v.L
	switch {
	case v.P.Modality != "":
		return v.ref.Name("modality", string(v.P.Modality), l.Lang)
	case v.Proposed != "":
		return l.T("modality.proposed", "{name} (proposed from parties and roles, not confirmed)", i18n.A{"name": v.ref.Name("modality", string(v.Proposed), l.Lang)})
	}
	return l.T("modality.none", "not yet clear from parties and roles")
}

func (v *overviewPage) cycleFacts() []ui.Fact {
	var out []ui.Fact
	for _, t := range v.Cycle {
		f := ui.Fact{Term: v.L.T("step.number", "{n} {name}", i18n.A{"n": stepOrder(t.Step), "name": v.room.shortStep(t.Step, v.L.Lang)}), Text: v.L.Num(int64(t.Days))}
		if t.Ended == 0 {
			f.Text = v.L.T("cycle.so_far", "{days} so far", i18n.A{"days": t.Days})
		}
		out = append(out, f)
	}
	return out
}

func stepOrder(key string) int {
	s, _ := StepOf(key)
	return s.Number
}

func (m *Room) shortStep(key, lang string) string {
	if i, ok := m.ref.Get("step", key); ok && i.In("short", lang) != "" {
		return strings.ReplaceAll(i.In("short", lang), "\u00ad", "")
	}
	return m.stepName(key, lang)
}

func (v *overviewPage) source() string {
	s, ok := v.ref.Source(v.P.Source)
	if !ok {
		return v.P.Source
	}
	text := s.Title + ", " + s.Publisher
	if s.Date != "" {
		text += ", " + v.L.Date(clock.Day(s.Date))
	}
	if v.P.SourcePlace != "" {
		text = v.L.Colon(text, v.ref.PlaceText(v.L, v.P.SourcePlace))
	}
	return text + "."
}

// waitTable lists who is waited for, the longest wait first.
func (v *overviewPage) waitTable(limit int) ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("brief.waits.caption", "The longest waits first."), Cols: []ui.Col{{Title: l.T("wait.who", "Who")}, {Title: l.T("wait.what", "What is missing")}, {Title: l.T("wait.element", "Element")}, {Title: l.T("wait.since.title", "Since")}}}
	for i, w := range v.Journey.Waits {
		if i == limit {
			break
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Text: v.Journey.Names.say(Who{w.Kind, w.ID})}, {Text: l.Say(w.Message.Msg)}, {Text: v.room.elementName(w.Element, l.Lang)}, {Text: l.Date(w.Since.Day()), Class: "nw"},
		}})
	}
	return t
}

func statusLines(l *i18n.L, changes []StatusChange) []ui.HistLine {
	var out []ui.HistLine
	for _, c := range changes {
		text := l.T("status.began", "Began as “{to}”.", i18n.A{"to": statusMsg(c.To)})
		switch {
		case c.From == "" && c.Reason != "":
			text = l.T("status.began_why", "Began as “{to}”: {reason}", i18n.A{"to": statusMsg(c.To), "reason": c.ReasonIn(l.Lang)})
		case c.From != "":
			text = l.T("status.went", "Went from “{from}” to “{to}”: {reason}", i18n.A{"from": statusMsg(c.From), "to": statusMsg(c.To), "reason": c.ReasonIn(l.Lang)})
		}
		if c.By != "" {
			text += " (" + c.By + ")"
		}
		out = append(out, ui.HistLine{At: c.At, Text: text})
	}
	return out
}

func gateName(l *i18n.L, gate string) string {
	switch gate {
	case "agreement.signature":
		return l.T("gate.signature", "No agreement goes out for signature without a valid screening of each party that is not a state")
	case "project.implementation":
		return l.T("gate.implementation", "No project begins without its alignment")
	case "finance.release":
		return l.T("gate.release", "No instalment is released by one person alone")
	}
	return gate
}

// gateStops says what a gate stops while it is closed; until its step keeps
// records of its own, it stops nothing.
func (v *teamPage) gateStops(g Gate) string {
	l := v.L
	s, _ := StepOf(g.Step)
	if !v.room.s.keepsRecords(s) {
		return l.T("team.gate.nothing", "It stops nothing yet: step {n} has no records of its own until now.", i18n.A{"n": s.Number})
	}
	switch g.Key {
	case "agreement.signature":
		return l.T("team.gate.signature", "It stops the invitations to sign.")
	case "project.implementation":
		return l.T("team.gate.implementation", "It stops a project from being begun.")
	}
	return l.T("team.gate.release", "It stops an instalment from being released.")
}

func needOptions(l *i18n.L) []ui.Option {
	return []ui.Option{
		{Value: "", Text: l.T("need.none", "Not stated yet")},
		{Value: string(NeedConfirmed), Text: l.T("need.confirmed.option", "Confirmed by the country")},
		{Value: string(NeedSignal), Text: l.T("need.signal.option", "Analytic signal, not a request")},
	}
}

// audienceOptions are the audiences to choose from, the given one first.
func audienceOptions(l *i18n.L, first string) []ui.Option {
	out := []ui.Option{
		{Value: access.AudienceHost, Text: l.T("audience.option.host", "The host’s staff")},
		{Value: access.AudienceParties, Text: l.T("audience.option.parties", "All parties")},
		{Value: access.AudiencePublic, Text: l.T("audience.option.public", "The public")},
	}
	for i, o := range out {
		if o.Value == first {
			out[0], out[i] = out[i], out[0]
		}
	}
	return out
}

func (v formPage) action() string {
	if v.New {
		return "/partnerships"
	}
	return "/partnerships/" + v.P.ID + "/edit"
}

func (v formPage) draft() string {
	if v.New {
		return "partnership-new"
	}
	return "partnership-" + v.P.ID
}

func (v formPage) sub() string {
	if v.New {
		return v.L.T("partnership.new.sub", "A name is enough to begin. All else can wait: what is missing is shown with who can mend it.")
	}
	return v.P.TitleIn(v.L.Lang)
}

func joinParts(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " · ")
}
