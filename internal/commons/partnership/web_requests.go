package partnership

import (
	"slices"
	"strconv"
	"strings"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

func (m *Room) requestRoutes() []web.Route {
	const requests = "/partnerships/{id}/requests"
	return []web.Route{
		{Method: "GET", Pattern: requests, Perm: access.StaffOnly, Do: m.requestList},
		{Method: "POST", Pattern: requests, Perm: access.StaffOnly, Do: m.ask},
		{Method: "GET", Pattern: requests + "/new", Perm: access.StaffOnly, Do: m.requestForm},
		{Method: "GET", Pattern: requests + "/{request}", Perm: access.StaffOnly, Do: m.request},
		{Method: "POST", Pattern: requests + "/{request}/send", Perm: access.StaffOnly, Do: m.sendAgain},
		{Method: "POST", Pattern: requests + "/{request}/revoke", Perm: access.StaffOnly, Do: m.revoke},
		{Method: "POST", Pattern: "/partnerships/{id}/replies/{reply}/take", Perm: access.StaffOnly, Do: m.takeReply},
		{Method: "POST", Pattern: "/partnerships/{id}/replies/{reply}/decline", Perm: access.StaffOnly, Do: m.declineReply},
	}
}

// shownRequest is a request with the names behind it.
type shownRequest struct {
	Request
	State        RequestState
	Name         string // of the person
	Organisation string
	By           string
	About        string // what is asked, in words
	Last         *Reply // the latest answer, also one that may be given anew
}

// requestsPage lists the requests of a partnership, or shows one.
type requestsPage struct {
	view
	List    []shownRequest
	One     *shownRequest
	Replies []Reply
	Names   map[string]string // of accounts
	Form    ui.Form           // of a decline
	Which   string            // the reply that it is about
	Off     bool              // no way of sending letters is set up
	room    *Room
	today   clock.Day
}

// shownRequests reads requests with what the page says of them.
func (m *Room) shownRequests(t *db.Tx, l *i18n.L, p Partnership, list []Request) ([]shownRequest, error) {
	var persons, organisations, accounts []string
	for _, r := range list {
		persons, organisations, accounts = append(persons, r.Person), append(organisations, r.Organisation), append(accounts, r.CreatedBy)
	}
	names, err := directory.PersonNames(t, persons)
	if err != nil {
		return nil, err
	}
	of, err := m.dir.Names(t, l.Lang, organisations)
	if err != nil {
		return nil, err
	}
	by, err := access.Names(t, accounts)
	if err != nil {
		return nil, err
	}
	replies, err := repliesOf(t, p.ID)
	if err != nil {
		return nil, err
	}
	var out []shownRequest
	for _, r := range list {
		st, _, err := m.s.standing(t, p, r)
		if err != nil {
			return nil, err
		}
		s := shownRequest{Request: r, State: requestState(r, st, t.Now), Name: names[r.Person], Organisation: of[r.Organisation], By: by[r.CreatedBy], About: l.Say(requestMsg(r.Kind))}
		if st.claim != nil {
			s.About = st.claim.Text
		}
		i := slices.IndexFunc(replies, func(w Reply) bool { return w.Request == r.ID })
		if i >= 0 {
			s.Last = &replies[i]
		}
		out = append(out, s)
	}
	return out, nil
}

// requestMsg says what a kind of request asks.
func requestMsg(k RequestKind) i18n.Msg {
	switch k {
	case AskClaim:
		return i18n.M("request.kind.claim", "To confirm or dispute a statement")
	case AskRole:
		return i18n.M("request.kind.role", "Which role it holds")
	case AskContribution:
		return i18n.M("request.kind.contribution", "What it contributes")
	}
	return i18n.M("request.kind.contact", "Whom to write to")
}

func (m *Room) requestsView(c *web.Ctx, p Partnership, rights map[access.Right]bool, title, tab string, crumbs ...ui.Link) requestsPage {
	return requestsPage{view: m.page(c, p, rights, title, tab, crumbs...), room: m, today: c.Today(), Off: !m.s.Post.On(), Names: map[string]string{}}
}

func (m *Room) requestList(c *web.Ctx) error {
	var v requestsPage
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		v = m.requestsView(c, p, rights, c.L.T("request.title", "Answers asked for"), "/requests", ui.Link{Text: c.L.T("tab.requests", "Requests")})
		list, err := requestsOf(t, p.ID)
		if err != nil {
			return err
		}
		v.List, err = m.shownRequests(t, c.L, p, list)
		return err
	})
	if err != nil {
		return err
	}
	return c.Page(requestsBody(&v))
}

func (m *Room) request(c *web.Ctx) error { return m.showRequest(c, ui.Form{}, "") }

func (m *Room) showRequest(c *web.Ctx, f ui.Form, which string) error {
	return m.showOneRequest(c, c.Path("request"), f, which)
}

func (m *Room) showOneRequest(c *web.Ctx, request string, f ui.Form, which string) error {
	var v requestsPage
	l := c.L
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		r, err := requestIn(t, p.ID, request)
		if err != nil {
			return err
		}
		list, err := m.shownRequests(t, l, p, []Request{r})
		if err != nil {
			return err
		}
		title := l.T("request.one.title", "Asked of {name}", i18n.A{"name": firstOf(list[0].Name, l.T("request.person.gone", "a person who is gone"))})
		v = m.requestsView(c, p, rights, title, "-", ui.Link{Text: l.T("tab.requests", "Requests"), Href: requestsPath(p.ID)}, ui.Link{Text: short(list[0].Name)})
		v.One = &list[0]
		v.Replies, err = repliesTo(t, r.ID)
		if err != nil {
			return err
		}
		var who []string
		for _, w := range v.Replies {
			who = append(who, w.DecidedBy)
		}
		v.Names, err = access.Names(t, who)
		return err
	})
	if err != nil {
		return err
	}
	v.Form, v.Which = f, which
	return c.PageStatus(statusOf(f), requestBody(&v))
}

// askPage is the form of a new request.
type askPage struct {
	view
	Form  ui.Form
	What  []ui.Option
	Whom  []ui.Option
	Off   bool
	Add   bool // the reader may add persons to the directory
	today clock.Day
}

func (m *Room) requestForm(c *web.Ctx) error {
	f := ui.Form{Values: map[string][]string{
		"what": {c.Query("what")}, "whom": {c.Query("whom")}, "reminders": {"1"}, "days": {strconv.Itoa(linkDays[0])},
	}}
	return m.showAsk(c, f)
}

func (m *Room) showAsk(c *web.Ctx, f ui.Form) error {
	l := c.L
	v := askPage{Form: f, Off: !m.s.Post.On(), Add: c.Actor.May(access.Create), today: c.Today()}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		_, err := need(t, c.Actor, c.Path("id"), access.Contribute)
		if err != nil {
			return err
		}
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, rights, l.T("request.new", "Ask a focal point"), "-", ui.Link{Text: l.T("tab.requests", "Requests"), Href: requestsPath(p.ID)}, ui.Link{Text: l.T("request.new", "Ask a focal point")})
		parties, err := partiesOf(t, p.ID)
		if err != nil {
			return err
		}
		var of []string
		for _, y := range parties {
			if y.Organisation != "" && y.Present(v.today) {
				of = append(of, y.Organisation)
			}
		}
		names, err := m.dir.Names(t, l.Lang, of)
		if err != nil {
			return err
		}
		v.What, err = m.whatToAsk(t, c, p, names)
		if err != nil {
			return err
		}
		people, err := directory.Correspondents(t, of)
		for _, k := range people {
			v.Whom = append(v.Whom, ui.Option{Value: whomValue(k.Organisation, k.Person), Text: k.Words(l), Group: names[k.Organisation]})
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.PageStatus(statusOf(f), askBody(&v))
}

// whatToAsk are the statements that a party may be asked about, and what a
// party may state itself.
func (m *Room) whatToAsk(t *db.Tx, c *web.Ctx, p Partnership, names map[string]string) ([]ui.Option, error) {
	l := c.L
	var out []ui.Option
	claims, err := claimsFor(t, c.Actor, p.ID)
	if err != nil {
		return nil, err
	}
	for _, k := range claims {
		if k.Audience == access.AudienceHost {
			continue
		}
		out = append(out, ui.Option{Value: string(AskClaim) + ":" + k.ID, Group: l.T("request.group.claim", "To confirm or dispute"),
			Text: l.T("request.option.claim", "{text} (stated by {who})", i18n.A{"text": short(k.Text), "who": firstOf(names[k.StatedBy], l.T("who.party", "a party"))})})
	}
	for _, k := range RequestKinds[1:] {
		out = append(out, ui.Option{Value: string(k), Group: l.T("request.group.own", "To state itself"), Text: l.Say(requestMsg(k))})
	}
	return out, nil
}

// whomValue names a person of a party in the form.
func whomValue(organisation, person string) string { return organisation + "|" + person }

func (m *Room) ask(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	var check errs.Check
	kind, claim, _ := strings.Cut(v.Get("what"), ":")
	organisation, person, _ := strings.Cut(v.Get("whom"), "|")
	r := Request{
		Partnership: c.Path("id"), Kind: RequestKind(kind), Claim: claim, Organisation: organisation, Person: person, Lang: v.Get("lang"), Note: v.Get("note"),
		DueOn: day(&check, v, "due_on", false), Days: int(parseInt(v.Get("days"))), Reminders: int(parseInt(v.Get("reminders"))),
	}
	err = check.Err()
	var made string
	if err == nil {
		made, err = m.s.Ask(c.Context(), c.Actor, r)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showAsk(c, f) })
	}
	c.Flash(i18n.M("request.made", "The letter is on its way. Whatever is answered appears here."), "")
	return c.See(requestPath(r.Partnership, made))
}

func (m *Room) sendAgain(c *web.Ctx) error {
	err := m.s.SendAgain(c.Context(), c.Actor, c.Path("id"), c.Path("request"))
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showRequest(c, f, "") })
	}
	c.Flash(i18n.M("request.sent_again", "Sent again. The links before it no longer work."), "")
	return c.See(requestPath(c.Path("id"), c.Path("request")))
}

func (m *Room) revoke(c *web.Ctx) error {
	err := m.s.Revoke(c.Context(), c.Actor, c.Path("id"), c.Path("request"))
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showRequest(c, f, "") })
	}
	c.Flash(i18n.M("request.revoked_flash", "It is taken back. The link leads nowhere from now on."), "")
	return c.See(requestPath(c.Path("id"), c.Path("request")))
}

func (m *Room) takeReply(c *web.Ctx) error {
	err := m.s.Take(c.Context(), c.Actor, c.Path("id"), c.Path("reply"))
	return m.replyDone(c, err, i18n.M("reply.taken_flash", "It is taken over."))
}

func (m *Room) declineReply(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = m.s.Decline(c.Context(), c.Actor, c.Path("id"), c.Path("reply"), v.Get("why"))
	return m.replyDone(c, err, i18n.M("reply.declined_flash", "It is not taken over. Your reason is kept with it."))
}

// replyDone leads back to the request that a reply answers.
func (m *Room) replyDone(c *web.Ctx, failed error, said i18n.Msg) error {
	if failed != nil && !web.Mendable(failed) {
		return failed
	}
	var w Reply
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		var err error
		w, err = replyIn(t, c.Path("id"), c.Path("reply"))
		return err
	})
	if err != nil {
		return err
	}
	if failed != nil {
		return formError(c, failed, func(f ui.Form) error { return m.showOneRequest(c, w.Request, f, w.ID) })
	}
	c.Flash(said, "")
	return c.See(requestPath(w.Partnership, w.Request))
}
