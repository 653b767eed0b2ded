package pages

import (
	"net/url"
	"slices"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

const messagesPath = "/admin/messages"

// messagesPage is the list of messages to people.
type messagesPage struct {
	frame
	Count mail.Overview
	On    bool // a way of sending is configured
	Tools ui.Tools
	Table ui.TableView
	Page  ui.Stretch
}

// messagePage is one message, without what it says.
type messagePage struct {
	frame
	Row   mail.Row
	Facts []ui.Fact
}

func (p *Pages) messages(c *web.Ctx) error {
	l, q := c.L, c.R.URL.Query()
	f := mail.Filter{Kind: q.Get("kind"), Before: q.Get("after"), Limit: rowsShown + 1}
	if s := mail.State(q.Get("state")); slices.Contains(mail.States, s) {
		f.State = s
	}
	var rows []mail.Row
	var kinds []string
	v := messagesPage{On: p.o.Mail.On()}
	err := p.inRead(c, func(t *db.Tx) error {
		var err error
		rows, err = mail.List(t, f)
		if err != nil {
			return err
		}
		kinds, err = mail.Kinds(t)
		if err != nil {
			return err
		}
		v.Count, err = mail.Count(t)
		return err
	})
	if err != nil {
		return err
	}
	v.frame = p.frame(c, l.T("pages.messages.title", "Messages"))
	v.Page, rows = stretch(c, rows, func(r mail.Row) string { return r.ID })
	v.Tools = messageTools(l, f, kinds)
	v.Table = ui.TableView{Caption: l.T("pages.messages.caption", "Messages, latest first"), Quiet: true, Cols: []ui.Col{
		{Title: l.T("pages.messages.to", "To")}, {Title: l.T("pages.jobs.kind", "Kind")}, {Title: l.T("pages.field.state", "State")},
		{Title: l.T("pages.jobs.made", "Made (UTC)")}, {Title: l.T("pages.messages.next", "Next attempt or end (UTC)")}, {Title: l.T("pages.messages.attempts", "Attempts"), Num: true},
	}}
	for _, r := range rows {
		v.Table.Rows = append(v.Table.Rows, ui.Row{Cells: []ui.Cell{
			{Text: r.Address, Href: messagePath(r.ID)}, {Text: messageKind(l, r.Kind)}, {Text: messageState(l, r.State), Small: messageWhy(l, r)},
			timeCell(l, r.CreatedAt), messageEnd(l, r), {Text: l.Num(int64(r.Attempt))},
		}})
	}
	return c.Page(messagesView(v))
}

func messageTools(l *i18n.L, f mail.Filter, kinds []string) ui.Tools {
	states := []ui.Option{{Value: "", Text: l.T("pages.filter.any", "any")}}
	for _, s := range mail.States {
		states = append(states, ui.Option{Value: string(s), Text: messageState(l, s)})
	}
	options := []ui.Option{{Value: "", Text: l.T("pages.filter.any", "any")}}
	for _, k := range kinds {
		options = append(options, ui.Option{Value: k, Text: messageKind(l, k)})
	}
	tools := ui.Tools{Action: messagesPath, Fields: []ui.Field{
		{Kind: ui.Select, Name: "state", Label: l.T("pages.field.state", "State"), Value: string(f.State), Options: states},
		{Kind: ui.Select, Name: "kind", Label: l.T("pages.jobs.kind", "Kind"), Value: f.Kind, Options: options},
	}}
	tools.Count = count(f.State != "", f.Kind != "")
	if tools.Count > 0 {
		tools.Clear = messagesPath
	}
	return tools
}

func messagePath(id string) string { return messagesPath + "/" + url.PathEscape(id) }

// messageEnd is when a message is tried again, or when it ended.
func messageEnd(l *i18n.L, r mail.Row) ui.Cell {
	switch {
	case r.EndedAt != 0:
		return timeCell(l, r.EndedAt)
	case r.State == mail.Waiting:
		return timeCell(l, r.RunAt)
	}
	return ui.Cell{Text: l.T("pages.jobs.notended", "not yet"), Soft: true}
}

// sentence says what is to be done first, then what is under way.
func (v messagesPage) sentence() string {
	l := v.L
	var parts []string
	for _, s := range mail.States {
		if n := v.Count.ByState[s]; n > 0 {
			parts = append(parts, l.Num(int64(n))+"\u00a0"+messageState(l, s))
		}
	}
	if len(parts) == 0 {
		return l.T("pages.messages.empty", "No message was written yet.")
	}
	return strings.Join(parts, " · ")
}

func (p *Pages) message(c *web.Ctx) error {
	l := c.L
	v := messagePage{}
	var names map[string]string
	err := p.inRead(c, func(t *db.Tx) error {
		var err error
		v.Row, err = mail.Find(t, c.Path("id"))
		if err != nil {
			return err
		}
		names, err = access.Names(t, []string{v.Row.CreatedBy})
		return err
	})
	if err != nil {
		return err
	}
	r := v.Row
	v.frame = p.frame(c, messageKind(l, r.Kind), ui.Link{Text: l.T("pages.messages.title", "Messages"), Href: messagesPath}, ui.Link{Text: messageKind(l, r.Kind)})
	v.Facts = []ui.Fact{
		{Term: l.T("pages.messages.to", "To"), Text: r.Address},
		{Term: l.T("pages.field.state", "State"), Text: messageState(l, r.State)},
		{Term: l.T("pages.jobs.made", "Made (UTC)"), Text: l.DateTime(r.CreatedAt)},
		{Term: l.T("pages.field.createdby", "Made by"), Text: actorText(l, r.CreatedBy, names)},
		{Term: l.T("pages.messages.next", "Next attempt or end (UTC)"), Text: messageEnd(l, r).Text},
		{Term: l.T("pages.messages.attempts", "Attempts"), Text: l.Num(int64(r.Attempt))},
	}
	if r.ExpiresAt != 0 {
		v.Facts = append(v.Facts, ui.Fact{Term: l.T("pages.messages.expires", "Of use until (UTC)"), Text: l.DateTime(r.ExpiresAt)})
	}
	return c.Page(messageView(v))
}

func (p *Pages) doDecideMessage(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	id, decision := c.Path("id"), mail.Decision(form.Get("decision"))
	err = p.o.DB.Write(c.Context(), func(t *db.Tx) error { return mail.Decide(t, c.Actor.ID(), id, decision) })
	if err != nil {
		return err
	}
	switch decision {
	case mail.Again:
		c.Flash(i18n.M("pages.message.again.done", "The message goes out as soon as it can."), "")
	case mail.AsSent:
		c.Flash(i18n.M("pages.message.sent.done", "The message counts as sent."), "")
	case mail.Drop:
		c.Flash(i18n.M("pages.message.drop.done", "The message is not sent."), "")
	}
	return c.See(messagePath(id))
}

func (p *Pages) doReleaseMessages(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	send := form.Get("held") == "send"
	n := 0
	err = p.o.DB.Write(c.Context(), func(t *db.Tx) error {
		var err error
		n, err = mail.Release(t, c.Actor.ID(), send)
		return err
	})
	if err != nil {
		return err
	}
	if send {
		c.Flash(i18n.MN("pages.messages.released", n, "{n} message goes out as soon as it can; new ones are sent again.", "{n} messages go out as soon as they can; new ones are sent again."), "")
	} else {
		c.Flash(i18n.MN("pages.messages.dropped", n, "{n} message was dropped; new ones are sent again.", "{n} messages were dropped; new ones are sent again."), "")
	}
	return c.See(messagesPath)
}

// messageKind is the name of a kind of messages.
func messageKind(l *i18n.L, kind string) string {
	switch kind {
	case "reset":
		return l.T("pages.message.kind.reset", "Link to set a new password")
	case "sign-up":
		return l.T("pages.message.kind.sign-up", "Invitation")
	case "answer":
		return l.T("pages.message.kind.answer", "Question to a partner")
	case "code":
		return l.T("pages.message.kind.code", "Code")
	case "digest":
		return l.T("pages.message.kind.digest", "Digest")
	case "reminder":
		return l.T("pages.message.kind.reminder", "Reminder")
	}
	return kind
}

// messageState is the name of a message's state.
func messageState(l *i18n.L, s mail.State) string {
	switch s {
	case mail.Waiting:
		return l.T("pages.message.waiting", "waiting")
	case mail.Sending:
		return l.T("pages.message.sending", "on its way")
	case mail.Sent:
		return l.T("pages.message.sent", "sent")
	case mail.Bounced:
		return l.T("pages.message.bounced", "came back")
	case mail.GivenUp:
		return l.T("pages.message.given-up", "given up")
	case mail.Doubt:
		return l.T("pages.message.doubt", "in doubt")
	case mail.Held:
		return l.T("pages.message.held", "held")
	case mail.Dropped:
		return l.T("pages.message.dropped", "dropped")
	}
	return string(s)
}

// messageWhy says why a message is not sent, or not yet, and what mends it.
func messageWhy(l *i18n.L, r mail.Row) string {
	switch r.Why {
	case mail.WhyConnect:
		return l.T("pages.message.why.connect", "The mail server can’t be reached, or broke off. It is tried again by itself.")
	case mail.WhyTLS:
		return l.T("pages.message.why.tls", "The mail server offers no encryption, or its certificate does not prove its name. Nothing was said to it. Mend the server or its address.")
	case mail.WhyAuth:
		return l.T("pages.message.why.auth", "The mail server refuses the user or the password. Mend AYNI_SMTP and start the server again.")
	case mail.WhyLater:
		return l.T("pages.message.why.later", "The mail server asked to come again later, as some do on first contact or when a mailbox is full.")
	case mail.WhySender:
		return l.T("pages.message.why.sender", "The mail server does not let this installation send under its address. Set --mail-from to one that it allows.")
	case mail.WhyMailbox:
		return l.T("pages.message.why.mailbox", "The mail server takes nothing for this address. Ask the person for another one.")
	case mail.WhyRefused:
		return l.T("pages.message.why.refused", "The mail server refuses this message. What it said is on the message’s page.")
	case mail.WhyLost:
		return l.T("pages.message.why.lost", "The connection ended before the mail server confirmed the message. It may have arrived.")
	case mail.WhyDied:
		return l.T("pages.message.why.died", "The program ended while the message was on its way. It may have arrived.")
	case mail.WhyExpired:
		return l.T("pages.message.why.expired", "What it leads to works no more, so it is not sent.")
	case mail.WhyRestore:
		return l.T("pages.message.why.restore", "A backup was restored.")
	case mail.WhySealed:
		return l.T("pages.message.why.sealed", "The message does not open with this key file. Put the right key file back.")
	case mail.WhyFolder:
		return l.T("pages.message.why.folder", "The folder of --mail-dir can’t be written.")
	case mail.WhyPerson:
		return l.T("pages.message.why.person", "A person decided so.")
	case mail.NoWhy:
	}
	return ""
}

// messageButtons are the decisions that fit a message.
func messageButtons(p messagePage) []ui.Button {
	l := p.L
	texts := []struct {
		decision mail.Decision
		text     string
	}{
		{mail.Again, l.T("pages.message.again.button", "Send it again")},
		{mail.AsSent, l.T("pages.message.sent.button", "It has arrived")},
		{mail.Drop, l.T("pages.message.drop.button", "Do not send it")},
	}
	var out []ui.Button
	for _, b := range texts {
		if p.Row.May(b.decision) {
			out = append(out, ui.Button{Text: b.text, Name: "decision", Value: string(b.decision), Alt: len(out) > 0})
		}
	}
	return out
}
