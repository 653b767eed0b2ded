package partnership

import (
	"strconv"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

// requestTable lists who was asked, when, and how far it is.
func (v *requestsPage) requestTable() ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("request.caption", "Requests, the latest first"), Quiet: true, Cols: []ui.Col{
		{Title: l.T("request.col.whom", "Asked")}, {Title: l.T("request.col.what", "What")}, {Title: l.T("request.col.sent", "Sent")},
		{Title: l.T("request.col.due", "Due")}, {Title: l.T("request.col.state", "Stands")},
	}}
	for _, r := range v.List {
		due := ui.Cell{Text: l.T("home.no_date", "no date"), Soft: true}
		if r.DueOn != "" {
			due = ui.Cell{Text: l.Date(r.DueOn)}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Text: firstOf(r.Name, l.T("request.person.gone", "a person who is gone")), Href: requestPath(v.P.ID, r.ID), Small: r.Organisation},
			{Text: r.About}, {Text: l.Date(r.SentAt.Day()), Small: r.By}, due, {Text: r.stateText(l), Small: r.openedText(l)},
		}})
	}
	return t
}

// stateText says how a request stands, in a few words.
func (r shownRequest) stateText(l *i18n.L) string {
	switch {
	case r.State == RequestChanged:
		return l.T("request.state.changed", "answered; the statement has changed since")
	case r.AnsweredAt != 0 && r.Last != nil:
		return l.T("request.state.answered", "{answer} on {date}", i18n.A{"answer": saidMsg(r.Last.Said), "date": r.AnsweredAt.Day()})
	}
	switch r.State {
	case RequestExpired:
		if r.WantedAt > r.SentAt {
			return l.T("request.state.wanted", "its link is over; a new one is asked for")
		}
		return l.T("request.state.expired", "its link was over on {date}", i18n.A{"date": r.ExpiresAt.Day()})
	case RequestLocked:
		return l.T("request.state.locked", "closed after too many wrong codes")
	case RequestRevoked:
		return l.T("request.state.revoked", "taken back on {date}", i18n.A{"date": r.RevokedAt.Day()})
	case RequestOver:
		return l.T("request.state.over", "over: person, party or statement are no longer there")
	}
	return l.T("request.state.open", "waits for an answer; the link works until {date}", i18n.A{"date": r.ExpiresAt.Day()})
}

// openedText says whether the person was on the page.
func (r shownRequest) openedText(l *i18n.L) string {
	switch {
	case r.OpenedAt >= r.SentAt:
		return l.T("request.opened", "opened on {date}", i18n.A{"date": r.OpenedAt.Day()})
	case r.State == RequestOpen:
		return l.T("request.not_opened", "not opened yet")
	}
	return ""
}

func saidMsg(said string) i18n.Msg {
	switch said {
	case Confirmed:
		return i18n.M("history.confirmed", "confirmed")
	case Disputed:
		return i18n.M("history.disputed", "disputed")
	case Commented:
		return i18n.M("history.commented", "commented")
	}
	return i18n.M("history.stated", "stated")
}

func (v *requestsPage) requestHead() ui.Head {
	h := ui.Head{Lead: capital(v.One.stateText(v.L)) + "."}
	if opened := v.One.openedText(v.L); opened != "" {
		h.Sub = capital(opened) + "."
	}
	return h
}

func (v *requestsPage) requestFacts() []ui.Fact {
	l, r := v.L, v.One
	what := ui.Fact{Term: l.T("request.col.what", "What"), Text: r.About, Small: l.Say(requestMsg(r.Kind)), Href: elementPath(v.P.ID, r.Element)}
	if r.Kind == AskClaim {
		what.Href += "#claim-" + r.Claim
	} else {
		what.Small = ""
	}
	out := []ui.Fact{
		{Term: l.T("request.col.whom", "Asked"), Text: firstOf(r.Name, l.T("request.person.gone", "a person who is gone")), Href: "/persons/" + r.Person, Small: r.Organisation},
		what,
		{Term: l.T("request.col.sent", "Sent"), Text: l.DateTime(r.SentAt), Small: l.T("request.by", "by {name}, in {language}", i18n.A{"name": firstOf(r.By, l.T("partnership.somebody", "somebody")), "language": langMsg(r.Lang)})},
	}
	if r.RemindedAt != 0 {
		out = append(out, ui.Fact{Term: l.T("request.reminded", "Last reminded"), Text: l.Date(r.RemindedAt.Day())})
	}
	if r.DueOn != "" {
		out = append(out, ui.Fact{Term: l.T("request.col.due", "Due"), Text: l.Date(r.DueOn)})
	}
	out = append(out, ui.Fact{Term: l.T("request.until", "Link works until"), Text: l.Date(r.ExpiresAt.Day())})
	if r.Note != "" {
		out = append(out, ui.Fact{Term: l.T("request.note", "Your words to the person"), Text: r.Note})
	}
	return out
}

func langMsg(lang string) i18n.Msg {
	switch lang {
	case "fr":
		return i18n.M("language.fr", "French")
	case "es":
		return i18n.M("language.es", "Spanish")
	}
	return i18n.M("language.en", "English")
}

// replyLines are what an answer says beside its words.
func (m *Room) replyFacts(l *i18n.L, w Reply) []ui.Fact {
	var out []ui.Fact
	add := func(term, text string) {
		if text != "" {
			out = append(out, ui.Fact{Term: term, Text: text})
		}
	}
	if w.Role != "" {
		add(l.T("reply.role", "Role"), l.Say(roleMsg(w.Role)))
		if w.FromOn != "" {
			add(l.T("reply.from", "Since"), l.Date(w.FromOn))
		}
	}
	switch w.Given {
	case "money":
		add(l.T("reply.amount.label", "Amount"), m.s.money(l, w))
	case "kind":
		add(l.T("reply.quantity.fact", "In kind"), l.T("reply.quantity.text", "{quantity} {unit}", i18n.A{"quantity": l.Decimal(w.Quantity.V, 2), "unit": w.Unit}))
	}
	if w.Stage != "" {
		add(l.T("reply.stage.label", "How far it is"), l.Say(stageMsg(w.Stage)))
	}
	add(l.T("reply.name.label", "Name"), w.ContactName)
	add(l.T("reply.email.label", "E-mail address"), w.ContactEmail)
	add(l.T("reply.phone.label", "Telephone"), w.ContactPhone)
	add(l.T("reply.purpose.label", "To be written to for"), w.Purpose)
	add(l.T("reply.consent.fact", "Agreed to"), w.Consent)
	return out
}

// decidedText says who looked at an answer, and what came of it.
func (v *requestsPage) decidedText(w Reply) string {
	l := v.L
	who := i18n.A{"name": firstOf(v.Names[w.DecidedBy], l.T("partnership.somebody", "somebody")), "date": w.DecidedAt.Day(), "why": w.DecidedWhy}
	switch {
	case w.State == ReplyDeclined:
		return l.T("reply.declined", "Not taken over by {name} on {date}: {why}", who)
	case w.State == ReplyTaken && w.Said == Commented:
		return l.T("reply.read", "Read by {name} on {date}.", who)
	case w.State == ReplyTaken:
		return l.T("reply.taken", "Taken over by {name} on {date}.", who)
	case w.State == ReplyWaits && w.Said == Commented:
		return l.T("reply.waits.comment", "A comment neither confirms nor disputes. Answer the person by your own way, change the statement, or send the request again.")
	case w.State == ReplyWaits:
		return l.T("reply.waits", "This is what the party says. It becomes your record when you take it over.")
	case w.Said == Stated:
		return l.T("reply.claimed", "It stands as a statement of the party, which the others confirm or dispute.")
	}
	return ""
}

func (v *requestsPage) takeText(w Reply) string {
	switch {
	case w.Said == Commented:
		return v.L.T("reply.take.comment", "I have read it")
	case w.Role != "":
		return v.L.T("reply.take.role", "Give the party this role")
	}
	return v.L.T("reply.take.contact", "Add this contact to the directory")
}

// formOf gives the form of a decline its state.
func (v *requestsPage) formOf(reply string) ui.Form {
	if v.Which == reply {
		return v.Form
	}
	return ui.Form{}
}

func (v *askPage) langOptions() []ui.Option {
	out := []ui.Option{{Value: "", Text: v.L.T("request.lang.person", "The person’s own, as the directory has it")}}
	for _, lang := range i18n.Langs {
		out = append(out, ui.Option{Value: lang, Text: v.L.Say(langMsg(lang))})
	}
	return out
}

func (v *askPage) dayOptions() []ui.Option {
	var out []ui.Option
	for _, n := range linkDays {
		out = append(out, ui.Option{Value: strconv.Itoa(n), Text: v.L.N("request.days.option", n, "{n} day", "{n} days")})
	}
	return out
}

func (v *askPage) reminderOptions() []ui.Option {
	var out []ui.Option
	for n := range remindersMost + 1 {
		text := v.L.N("request.reminders.option", n, "{n} at most", "{n} at most")
		if n == 0 {
			text = v.L.T("request.reminders.none", "None")
		}
		out = append(out, ui.Option{Value: strconv.Itoa(n), Text: text})
	}
	return out
}

// askPath is the form of a new request with what and whom filled in.
func askPath(partnership, what string) string { return requestsPath(partnership) + "/new?what=" + what }

// asksFor are the requests about a statement, as its part of the element's
// page shows them to the host.
func (v *elementPage) asksFor(claim string) []ui.CheckLine {
	var out []ui.CheckLine
	for _, r := range v.Requests {
		if r.Claim == claim {
			out = append(out, ui.CheckLine{Icon: "i-wait", Text: v.L.T("request.line", "{name}, {organisation}", i18n.A{"name": firstOf(r.Name, v.L.T("request.person.gone", "a person who is gone")), "organisation": r.Organisation}),
				Href: requestPath(v.P.ID, r.ID), Small: capital(r.stateText(v.L)), Soft: true})
		}
	}
	return out
}

// mayAsk says whether the reader may ask somebody about a statement.
func (v *elementPage) mayAsk(k claimView) bool {
	return v.Actor.Staff() && v.May(access.Contribute) && k.Audience != access.AudienceHost && len(k.Asked) > 0
}

// repliedText says who answered what by a link, for home.
func repliedText(l *i18n.L, r Replied, person, organisation string) string {
	who := i18n.A{"person": person, "organisation": organisation}
	switch r.Said {
	case Confirmed:
		return l.T("home.replied.confirmed", "{person} ({organisation}) confirmed a statement", who)
	case Disputed:
		return l.T("home.replied.disputed", "{person} ({organisation}) disputed a statement", who)
	case Commented:
		return l.T("home.replied.commented", "{person} ({organisation}) commented on a statement", who)
	}
	switch r.Kind {
	case AskRole:
		return l.T("home.replied.role", "{person} stated the role of {organisation}", who)
	case AskContribution:
		return l.T("home.replied.contribution", "{person} stated what {organisation} contributes", who)
	}
	return l.T("home.replied.contact", "{person} named a contact of {organisation}", who)
}

// dayText is a day, or the word for none.
func dayText(l *i18n.L, d clock.Day) string {
	if d == "" {
		return l.T("ui.missing", "missing")
	}
	return strings.TrimSpace(l.Date(d))
}

func (v *requestsPage) listHead() ui.Head {
	h := ui.Head{Sub: v.L.T("request.sub", "Who was asked by letter, and what came back. Each person answers by a link of its own, without an account.")}
	if v.May(access.Contribute) {
		h.Buttons = []ui.Button{{Text: v.L.T("request.new", "Ask a focal point"), Href: requestsPath(v.P.ID) + "/new"}}
	}
	return h
}

func replyMark(said string) ui.Mark {
	if said == Disputed {
		return ui.Disputed
	}
	return ui.Confirmed
}
