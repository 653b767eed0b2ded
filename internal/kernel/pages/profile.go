package pages

import (
	"net/http"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// profile is the page of one's own account.
type profile struct {
	ui.Base
	Account      access.Account
	Organisation string
	Form         ui.Form // name, language, appearance
	Password     ui.Form
	Email        ui.Form
	Mail         bool // messages leave, so the address can be changed here
	Sessions     []sessionLine
	Events       []ui.HistLine
	Factor       access.Factor
	Choice       digest.Choice
	Admin        bool // the reader may open the administration
	Links        []ui.Link
}

// sessionLine is one place where the account is signed in.
type sessionLine struct {
	ID     string
	Agent  string
	Begun  clock.Ms
	Seen   clock.Ms
	IsThis bool
}

// eventsShown is how many of the account's events the profile lists.
const eventsShown = 20

func (p *Pages) profile(c *web.Ctx) error {
	return p.showProfile(c, http.StatusOK, func(*profile) {})
}

func (p *Pages) showProfile(c *web.Ctx, status int, edit func(*profile)) error {
	v := profile{
		Base: c.Base(c.L.T("pages.profile.title", "Your profile")), Mail: p.o.Access.MailOn(),
		Admin: c.Actor.May(access.ReadAudit), Links: p.accountLinks(c, c.Actor.Account),
	}
	edit(&v)
	var err error
	v.Account, err = p.o.Access.Account(c.Context(), c.Actor, c.Actor.Account)
	if err != nil {
		return err
	}
	names, err := p.organisationNames(c, []access.Account{v.Account})
	if err != nil {
		return err
	}
	v.Organisation = names[v.Account.Organisation]
	v.Factor, err = p.o.Access.Factor(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	sessions, err := p.o.Access.Sessions(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		v.Sessions = append(v.Sessions, sessionLine{
			ID: s.ID, Agent: agentText(c.L, s.Agent), Begun: s.CreatedAt, Seen: s.SeenAt, IsThis: s.ID == c.Actor.Session,
		})
	}
	err = p.inRead(c, func(t *db.Tx) error {
		var err error
		v.Choice, err = p.o.Digest.Choice(t, v.Account)
		if err != nil {
			return err
		}
		rows, err := audit.List(t, audit.Filter{Kind: "account", Record: c.Actor.Account, Limit: eventsShown})
		if err != nil {
			return err
		}
		names, err := p.actorNames(t, c.L, rows)
		if err != nil {
			return err
		}
		v.Events = nil
		for _, r := range rows {
			v.Events = append(v.Events, ui.HistLine{At: r.At, Body: eventView(c.L, p.event(c.L, r, names, c.Actor))})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.PageStatus(status, profileView(v))
}

// event is one line of what happened to an account.
type event struct {
	Text    string
	Who     string // somebody else than the owner
	Changes []changeLine
}

func (p *Pages) event(l *i18n.L, r audit.Listed, names map[string]string, me access.Actor) event {
	e := event{Text: actionName(l, r.Action), Changes: p.changeLines(l, r.Kind, r.Changes)}
	if r.Actor != "" && r.Actor != me.Account {
		e.Who = names[r.Actor]
	}
	return e
}

func (p *Pages) doProfile(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = p.o.Access.SetProfile(c.Context(), c.Actor, access.Profile{Name: v.Get("name"), Lang: v.Get("lang"), Theme: v.Get("theme")})
	if web.Mendable(err) {
		return p.showProfile(c, http.StatusUnprocessableEntity, func(f *profile) { f.Form = web.FormState(v, err, c.L) })
	}
	if err != nil {
		return err
	}
	c.SetLang(v.Get("lang"))
	c.Flash(i18n.M("pages.profile.saved", "Your profile is saved."), "")
	return c.See(ui.ProfilePath)
}

func (p *Pages) doPassword(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = sameTwice(v)
	if err == nil {
		err = p.o.Access.ChangePassword(c.Context(), c.Actor, v.V.Get("old-password"), v.V.Get("new-password"), ip(c))
	}
	if web.Mendable(err) {
		return p.showProfile(c, http.StatusUnprocessableEntity, func(f *profile) { f.Password = web.FormState(v, err, c.L) })
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("pages.password.saved", "Your password is changed. Everywhere else you are signed out."), "")
	return c.See(ui.ProfilePath)
}

func (p *Pages) doAskEmail(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = p.o.Access.AskEmail(c.Context(), c.Actor, v.Get("email"), v.V.Get("present-password"), v.Get("code"), ip(c))
	if web.Mendable(err) {
		return p.showProfile(c, http.StatusUnprocessableEntity, func(f *profile) { f.Email = web.FormState(v, err, c.L) })
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("pages.address.asked", "A link is under way to {email}. Your address changes once you have opened it.", i18n.A{"email": v.Get("email")}), "")
	return c.See(ui.ProfilePath)
}

func (p *Pages) doEndSession(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = p.o.Access.EndSession(c.Context(), c.Actor, v.Get("session"))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("pages.session.ended", "You are signed out there."), "")
	return c.See(ui.ProfilePath)
}

func (p *Pages) doEndSessions(c *web.Ctx) error {
	n, err := p.o.Access.EndOtherSessions(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	c.Flash(i18n.MN("pages.sessions.ended", n, "You are signed out in {n} other place.", "You are signed out in {n} other places."), "")
	return c.See(ui.ProfilePath)
}

// organisationNames gives the names of the organisations of accounts.
func (p *Pages) organisationNames(c *web.Ctx, accounts []access.Account) (map[string]string, error) {
	var ids []string
	for _, a := range accounts {
		if a.Organisation != "" {
			ids = append(ids, a.Organisation)
		}
	}
	if p.o.OrganisationNames == nil || len(ids) == 0 {
		return map[string]string{}, nil
	}
	return p.o.OrganisationNames(c.Context(), ids)
}
