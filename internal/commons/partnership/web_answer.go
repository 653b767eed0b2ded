package partnership

import (
	"database/sql"
	"net/http"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// The pages behind a link. The address with the link's secret only offers to
// send a code: a mail program that looks at it does nothing. What is asked
// stands at an address without any secret, for the browser that holds the pass.

// answersPath is where a pass is valid, and nowhere else.
func answersPath(request string) string { return "/answers/" + request }

// passName is the name of the pass.
const passName = "answer"

func (m *Room) answerRoutes() []web.Route {
	return []web.Route{
		{Method: "GET", Pattern: LinkPrefix + "{token}", Perm: access.Public, Do: m.answerLink},
		{Method: "POST", Pattern: LinkPrefix + "{token}", Perm: access.Public, Do: m.sendCode},
		{Method: "POST", Pattern: LinkPrefix + "{token}/renew", Perm: access.Public, Do: m.wantLink},
		{Method: "GET", Pattern: "/answers/{request}", Perm: access.Public, Do: m.answerPage},
		{Method: "POST", Pattern: "/answers/{request}", Perm: access.Public, Do: m.reply},
		{Method: "POST", Pattern: "/answers/{request}/code", Perm: access.Public, Do: m.proveCode},
		{Method: "POST", Pattern: "/answers/{request}/again", Perm: access.Public, Do: m.codeAgain},
		{Method: "POST", Pattern: "/answers/{request}/leave", Perm: access.Public, Do: m.leave},
		{Method: "GET", Pattern: "/answers/left", Perm: access.Public, Do: m.left},
		{Method: "GET", Pattern: "/answers/wanted", Perm: access.Public, Do: m.wanted},
	}
}

// answerPage is a page for a person without an account.
type answerPage struct {
	ui.Base
	Token      string // of the page with the link
	Link       Linked
	Stranger   string // name of somebody else who is signed in here
	Asked      Asked
	Form       ui.Form
	Currencies []ui.Option
	room       *Room
}

// alone begins a page that leads nowhere else: whoever is signed in, it is
// the page of who holds the link.
func (m *Room) alone(c *web.Ctx, title string) answerPage {
	b := c.Base(title)
	b.Nav, b.Foot, b.Who, b.Alone, b.Narrow = nil, nil, "", true, true
	c.W.Header().Set("Cache-Control", "no-store")
	return answerPage{Base: b, room: m}
}

func (m *Room) answerLink(c *web.Ctx) error {
	c.Quiet()
	k, err := m.s.AnswerLink(c.Context(), c.Path("token"))
	if err != nil {
		return err
	}
	return m.showLink(c, k)
}

func (m *Room) showLink(c *web.Ctx, k Linked) error {
	c.Prefer(k.Lang)
	l := c.L
	title := l.T("answer.link.title", "Your answer is asked for")
	status := http.StatusOK
	switch {
	case k.State == RequestExpired || k.State == RequestLocked:
		title, status = l.T("answer.expired.title", "This link has ended"), http.StatusGone
	case !k.State.Opens():
		title, status = l.T("answer.over.title", "This link leads nowhere any more"), http.StatusGone
	}
	v := m.alone(c, title)
	v.Token, v.Link = c.Path("token"), k
	if c.Actor.SignedIn() {
		v.Stranger = c.Actor.Name
	}
	return c.PageStatus(status, answerLinkBody(&v))
}

func (m *Room) sendCode(c *web.Ctx) error {
	c.Quiet()
	request, pass, err := m.s.SendCode(c.Context(), c.Path("token"))
	if errs.Is(err, errs.Conflict) {
		return m.answerLink(c) // it has ended since the page was opened
	}
	if err != nil {
		return err
	}
	c.SetPass(passName, pass, answersPath(request), int(passLife.Seconds()))
	return c.See(answersPath(request))
}

// wantLink asks for a new link. It leads to an address that does not hold this
// one's secret.
func (m *Room) wantLink(c *web.Ctx) error {
	c.Quiet()
	err := m.s.WantLink(c.Context(), c.Path("token"))
	if errs.Is(err, errs.Conflict) {
		return m.answerLink(c)
	}
	if err != nil {
		return err
	}
	return c.See("/answers/wanted?in=" + c.L.Lang)
}

func (m *Room) wanted(c *web.Ctx) error {
	c.Prefer(c.Query("in"))
	v := m.alone(c, c.L.T("answer.wanted.title", "A new link is asked for"))
	return c.Page(answerSaidBody(&v, c.L.T("answer.wanted.text", "Who sent you the letter was told. When a new one comes, its link takes you to the page.")))
}

func (m *Room) left(c *web.Ctx) error {
	c.Prefer(c.Query("in"))
	v := m.alone(c, c.L.T("answer.left.title", "The page is closed on this device"))
	return c.Page(answerSaidBody(&v, c.L.T("answer.left.text", "To see your answer again, open the link in the letter: it sends you a new code.")))
}

func (m *Room) leave(c *web.Ctx) error {
	err := m.s.Leave(c.Context(), c.Pass(passName))
	if err != nil {
		return err
	}
	c.SetPass(passName, "", answersPath(c.Path("request")), 0)
	return c.See("/answers/left?in=" + c.L.Lang)
}

func (m *Room) answerPage(c *web.Ctx) error { return m.showAnswer(c, ui.Form{}) }

// showAnswer draws the page of a request for the browser that holds its pass:
// the question for the code, or what is asked.
func (m *Room) showAnswer(c *web.Ctx, f ui.Form) error {
	asked, proven, err := m.s.WhatIsAsked(c.Context(), c.Path("request"), c.Pass(passName), func(lang string) string {
		c.Prefer(lang)
		return c.L.Lang
	})
	if err != nil {
		return err
	}
	l := c.L
	if !proven {
		v := m.alone(c, l.T("answer.code.title", "Type the code from the letter"))
		v.Asked, v.Form = Asked{Request: Request{ID: c.Path("request")}}, f
		return c.PageStatus(statusOf(f), answerCodeBody(&v))
	}
	if !asked.State.Opens() {
		v := m.alone(c, l.T("answer.over.title", "This link leads nowhere any more"))
		return c.PageStatus(http.StatusGone, answerSaidBody(&v, l.T("answer.over.text", "What it asked for is over. If you expected something else, ask who sent you the letter.")))
	}
	v := m.alone(c, asked.title(l))
	v.Asked, v.Form = asked, f
	v.Currencies = m.currencyOptions()
	return c.PageStatus(statusOf(f), answerBody(&v))
}

func (m *Room) proveCode(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	code := strings.Join(strings.Fields(v.Get("code")), "")
	proven, err := m.s.Prove(c.Context(), c.Path("request"), c.Pass(passName), code)
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showAnswer(c, ui.Form{Errors: f.Errors}) })
	}
	c.SetPass(passName, proven, answersPath(c.Path("request")), int(passLife.Seconds()))
	return c.See(answersPath(c.Path("request")))
}

func (m *Room) codeAgain(c *web.Ctx) error {
	err := m.s.CodeAgain(c.Context(), c.Path("request"), c.Pass(passName))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("answer.code.sent", "Another code is on its way. The one before it no longer works."), "")
	return c.See(answersPath(c.Path("request")))
}

func (m *Room) reply(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	var check errs.Check
	w := Reply{
		Said: v.Get("answer"), Words: v.Get("words"), Content: v.Get("content"), Role: Role(v.Get("role")), FromOn: day(&check, v, "from_on", true),
		Given: v.Get("given"), Stage: v.Get("stage"), Purpose: v.Get("purpose"),
		ContactName: v.Get("contact_name"), ContactEmail: access.FoldEmail(v.Get("contact_email")), ContactPhone: v.Get("contact_phone"),
	}
	switch w.Given {
	case "money":
		w.Currency = v.Get("amount-currency")
		w.Minor = readNumber(&check, "amount", v.Get("amount"), m.s.digits(w.Currency))
	case "kind":
		w.Unit = v.Get("unit")
		w.Quantity = readNumber(&check, "quantity", v.Get("quantity"), 2)
	}
	if v.On("consent") {
		w.Consent = consentText(c.L)
	}
	err = m.s.Reply(c.Context(), c.Path("request"), c.Pass(passName), w)
	if read := check.Err(); read != nil && (err == nil || errs.Is(err, errs.Invalid)) {
		err = both(&check, err)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showAnswer(c, f) })
	}
	c.Flash(i18n.M("answer.kept", "Your answer is kept."), "")
	return c.See(answersPath(c.Path("request")))
}

// readNumber reads a number of at most some decimals; none is left out.
func readNumber(c *errs.Check, field, s string, digits int) sql.Null[int64] {
	if s == "" {
		return sql.Null[int64]{}
	}
	n, ok := ParseMoney(s, digits)
	if !ok {
		c.Add(field, i18n.M("amount.digits", "Write digits only, such as 240000 or 240,000.00"))
	}
	return sql.Null[int64]{V: n, Valid: ok}
}

// consentText is the sentence that whoever names a contact agrees to; it is
// kept as it was read.
func consentText(l *i18n.L) string {
	return l.T("answer.consent", "The person named here agrees that name, address and number are kept, to be written to about this partnership, and may withdraw this at any time.")
}

// title is what a page asks, as its heading.
func (a Asked) title(l *i18n.L) string {
	switch a.Kind {
	case AskClaim:
		return l.T("answer.title.claim", "A statement waits for your answer")
	case AskRole:
		return l.T("answer.title.role", "Which role does {organisation} hold?", i18n.A{"organisation": a.Organisation})
	case AskContribution:
		return l.T("answer.title.contribution", "What does {organisation} contribute?", i18n.A{"organisation": a.Organisation})
	}
	return l.T("answer.title.contact", "Whom to write to at {organisation}?", i18n.A{"organisation": a.Organisation})
}

// sub says who asks whom.
func (a Asked) sub(l *i18n.L) string {
	return l.T("answer.sub", "{officer} ({host}) asks you. You answer as {name}, for {organisation}.", i18n.A{"officer": a.Officer, "host": a.Host, "name": a.Name, "organisation": a.Organisation})
}

// facts are what is asked.
func (v *answerPage) facts() []ui.Fact {
	l, a := v.L, v.Asked
	out := []ui.Fact{{Term: l.T("answer.partnership", "Partnership"), Text: a.Partnership.TitleIn(l.Lang)}}
	if a.Kind == AskClaim {
		k := a.Claim
		out = append(out,
			ui.Fact{Term: l.T("answer.statement", "The statement"), Text: k.Text, Small: claimKind(l, k.Kind)},
			ui.Fact{Term: l.T("answer.stated_by", "Stated by"), Text: firstOf(a.StatedBy, l.T("who.party", "a party")), Small: l.T("answer.since", "recorded since {date}", i18n.A{"date": k.CreatedAt.Day()})})
		if k.Dated != "" {
			out = append(out, ui.Fact{Term: l.T("claim.dated", "When"), Text: l.Date(k.Dated)})
		}
	}
	if a.Kind == AskRole && len(a.Roles) > 0 {
		out = append(out, ui.Fact{Term: l.T("answer.roles", "Recorded so far"), Text: roleWords(l, a.Roles)})
	}
	if a.DueOn != "" {
		out = append(out, ui.Fact{Term: l.T("request.due.label", "Answer hoped for by"), Text: l.Date(a.DueOn)})
	}
	return out
}

func claimKind(l *i18n.L, kind string) string {
	for _, o := range claimOptions(l) {
		if o.Value == kind {
			return o.Text
		}
	}
	return ""
}

// moved are the lines of what has changed in the statement.
func (v *answerPage) moved() []string {
	l, was, now := v.L, v.Asked.Was, v.Asked.Claim
	if was == nil {
		return nil
	}
	var out []string
	for _, field := range changedFields(*was, now) {
		pair := i18n.A{"was": was.Text, "now": now.Text}
		switch field {
		case "kind":
			pair = i18n.A{"was": claimKind(l, was.Kind), "now": claimKind(l, now.Kind)}
		case "dated":
			pair = i18n.A{"was": dayText(l, was.Dated), "now": dayText(l, now.Dated)}
		case "stated_by":
			continue // the party alone is named on this page
		}
		out = append(out, l.T("answer.was_now", "It was “{was}”. Now it is “{now}”.", pair))
	}
	return out
}

// answered says what was answered, and whom to ask for a change.
func (v *answerPage) answered() string {
	l, w := v.L, v.Asked.Reply
	at := i18n.A{"date": w.At.Day()}
	switch w.Said {
	case Confirmed:
		return l.T("answer.did.confirm", "You confirmed it on {date}.", at)
	case Disputed:
		return l.T("answer.did.dispute", "You disputed it on {date}.", at)
	case Commented:
		return l.T("answer.did.comment", "You commented on it on {date}.", at)
	}
	return l.T("answer.did.state", "You answered on {date}.", at)
}

func (v *answerPage) roleOptions() []ui.Option {
	out := roleOptions(v.L)
	for i, o := range out {
		if item, ok := v.room.ref.Get("partner_role", o.Value); ok {
			out[i].Text, out[i].Hint = item.Name(v.L.Lang), item.Text(v.L.Lang)
		}
	}
	return out
}

func (v *answerPage) givenOptions() []ui.Option {
	return []ui.Option{{Value: "money", Text: v.L.T("answer.given.money", "Money")}, {Value: "kind", Text: v.L.T("answer.given.kind", "In kind: work, goods or places")}}
}

func (v *answerPage) stageOptions() []ui.Option {
	var out []ui.Option
	for _, s := range stages {
		out = append(out, ui.Option{Value: s, Text: capital(v.L.Say(stageMsg(s)))})
	}
	return out
}
