package partnership

import (
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

type statusPage struct {
	view
	Form    ui.Form
	Next    []ui.Option
	Changes []StatusChange
}

func (m *Room) statusForm(c *web.Ctx) error { return m.showStatus(c, ui.Form{}) }

func (m *Room) showStatus(c *web.Ctx, f ui.Form) error {
	l := c.L
	v := statusPage{Form: f}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, err := need(t, c.Actor, c.Path("id"), access.Manage)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, map[access.Right]bool{access.Manage: true}, l.T("status.title", "Where the partnership stands"), "/status", ui.Link{Text: l.T("status.crumb", "Status")})
		v.Changes, err = statusChanges(t, p.ID)
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range Next(v.P.Status) {
		v.Next = append(v.Next, ui.Option{Value: string(s), Text: l.Say(statusMsg(s))})
	}
	return c.PageStatus(statusOf(f), statusBody(v))
}

func (m *Room) move(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = m.s.Move(c.Context(), c.Actor, c.Path("id"), Status(v.Get("status")), v.Get("reason"))
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showStatus(c, f) })
	}
	c.Flash(i18n.M("status.moved", "The partnership is now {status}.", i18n.A{"status": statusMsg(Status(v.Get("status")))}), "")
	return c.See("/partnerships/" + c.Path("id"))
}

func (m *Room) confirmModality(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = m.s.ConfirmModality(c.Context(), c.Actor, c.Path("id"), Modality(v.Get("modality")))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("modality.confirmed", "The modality is confirmed."), "")
	return c.See("/partnerships/" + c.Path("id") + "/parties")
}

func (m *Room) remove(c *web.Ctx) error {
	err := m.s.Remove(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("partnership.removed", "The partnership is removed. It can come back for 30 days."), "/partnerships/"+c.Path("id")+"/restore")
	return c.See("/partnerships")
}

func (m *Room) restore(c *web.Ctx) error {
	err := m.s.Restore(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("form.restored", "It is back."), "")
	return c.See("/partnerships/" + c.Path("id"))
}
