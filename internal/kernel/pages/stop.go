package pages

import (
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// stopPage stops one kind of message to one person.
type stopPage struct {
	ui.Base
	Stopped digest.Stopped
	Action  string
}

// stop shows what a link stops. Programs open links to look at them, so it
// changes nothing.
func (p *Pages) stop(c *web.Ctx) error {
	quiet(c)
	s, err := p.o.Digest.StopLink(c.Context(), c.Path("token"))
	if err != nil {
		return err
	}
	return p.showStop(c, s)
}

// doStop stops. A mail program posts here without a page before (RFC 8058),
// and follows no redirect, so that the answer is the page itself.
func (p *Pages) doStop(c *web.Ctx) error {
	quiet(c)
	s, err := p.o.Digest.Stop(c.Context(), c.Path("token"))
	if err != nil {
		return err
	}
	return p.showStop(c, s)
}

func (p *Pages) showStop(c *web.Ctx, s digest.Stopped) error {
	v := stopPage{Base: c.Base(c.L.T("pages.stop.title", "Stop messages")), Stopped: s, Action: digest.StopPath(c.Path("token"))}
	v.Narrow = true
	return c.Page(stopView(v))
}

// stopSentence says what is stopped, or would be.
func stopSentence(l *i18n.L, s digest.Stopped) string {
	reminder := s.Kind == digest.KindReminder
	switch {
	case s.Done && reminder:
		return l.T("pages.stop.done.reminder", "You get no more reminders.")
	case s.Done:
		return l.T("pages.stop.done.digest", "You get no more digests.")
	case reminder:
		return l.T("pages.stop.ask.reminder", "Stop reminders of what is due?")
	}
	return l.T("pages.stop.ask.digest", "Stop digests of what waits for you and what changed?")
}

func (p *Pages) doChoice(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	err = p.o.Digest.SetChoice(c.Context(), c.Actor, digest.Choice{Rhythm: digest.Rhythm(form.Get("rhythm")), Reminders: form.On("reminders")})
	if err != nil {
		return err
	}
	c.Flash(i18n.M("pages.choice.saved", "What you are sent is saved."), "")
	return c.See(ui.ProfilePath)
}

func rhythmOptions(l *i18n.L) []ui.Option {
	out := make([]ui.Option, len(digest.Rhythms))
	for i, r := range digest.Rhythms {
		out[i] = ui.Option{Value: string(r), Text: rhythmName(l, r)}
	}
	return out
}

func rhythmName(l *i18n.L, r digest.Rhythm) string {
	switch r {
	case digest.Daily:
		return l.T("pages.rhythm.daily", "each day")
	case digest.Weekly:
		return l.T("pages.rhythm.weekly", "on Mondays")
	case digest.Never:
		return l.T("pages.rhythm.never", "never")
	}
	return string(r)
}

// choiceTick is the value of a tick that is set.
func choiceTick(on bool) string {
	if on {
		return "1"
	}
	return ""
}
