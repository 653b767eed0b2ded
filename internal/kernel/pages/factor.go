package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"rsc.io/qr"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// factorPath is the address of the page of one's own second factor.
const factorPath = "/profile/second-factor"

// factor is the page of one's own second factor.
type factor struct {
	ui.Base
	Factor  access.Factor
	Confirm ui.Form
	Off     ui.Form
	Next    string // where the reader wanted to go; empty: to the profile
	QR      picture
}

// picture is a QR code: squares in a field of Size by Size.
type picture struct {
	Size int
	Path string // of an SVG, the dark squares
}

// recovery is the page that shows recovery codes, once.
type recovery struct {
	ui.Base
	Codes []string
	Next  string
}

// askFactor leads an account that must have a second factor to where it gets
// one. A form that was sent meanwhile can't be kept through that.
func (p *Pages) askFactor(c *web.Ctx, next string) error {
	if c.R.Method == http.MethodPost {
		return errs.New(errs.Forbidden, i18n.M("pages.factor.first", "Your account needs a second factor before it may do anything else. Set it up in your profile, at {address}.", i18n.A{"address": factorPath}))
	}
	return c.See(factorPath + "?next=" + url.QueryEscape(next))
}

func (p *Pages) factor(c *web.Ctx) error {
	return p.showFactor(c, http.StatusOK, c.Query("next"), func(*factor) {})
}

func (p *Pages) showFactor(c *web.Ctx, status int, next string, edit func(*factor)) error {
	v := factor{Base: c.Base(c.L.T("pages.factor.title", "Second factor"), profileCrumb(c.L), ui.Link{Text: c.L.T("pages.factor.title", "Second factor")})}
	if next != "" {
		v.Next = web.Local(next)
	}
	var err error
	v.Factor, err = p.o.Access.Factor(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	if v.Factor.Address != "" {
		v.QR, err = drawQR(v.Factor.Address)
		if err != nil {
			return err
		}
	}
	edit(&v)
	return c.PageStatus(status, factorView(v))
}

func profileCrumb(l *i18n.L) ui.Link {
	return ui.Link{Text: l.T("pages.profile.title", "Your profile"), Href: ui.ProfilePath}
}

// factorAt is the page of the second factor, with where to go afterwards.
func factorAt(next string) string {
	if next == "" {
		return factorPath
	}
	return factorPath + "?next=" + url.QueryEscape(web.Local(next))
}

func (p *Pages) doStartFactor(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = p.o.Access.StartFactor(c.Context(), c.Actor)
	if web.Mendable(err) {
		return p.showFactor(c, http.StatusUnprocessableEntity, v.Get("next"), func(f *factor) { f.Confirm = web.FormState(v, err, c.L) })
	}
	if err != nil {
		return err
	}
	return c.See(factorAt(v.Get("next")))
}

func (p *Pages) doConfirmFactor(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	codes, err := p.o.Access.ConfirmFactor(c.Context(), c.Actor, v.Get("code"), ip(c))
	if web.Mendable(err) {
		return p.showFactor(c, http.StatusUnprocessableEntity, v.Get("next"), func(f *factor) { f.Confirm = web.FormState(v, err, c.L) })
	}
	if err != nil {
		return err
	}
	return p.showRecovery(c, codes, v.Get("next"))
}

func (p *Pages) doRecovery(c *web.Ctx) error {
	codes, err := p.o.Access.NewRecovery(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	return p.showRecovery(c, codes, "")
}

// showRecovery is the only place where recovery codes stand.
func (p *Pages) showRecovery(c *web.Ctx, codes []string, next string) error {
	c.W.Header().Set("Cache-Control", "no-store")
	title := c.L.T("pages.recovery.title", "Your recovery codes")
	v := recovery{Base: c.Base(title, profileCrumb(c.L), ui.Link{Text: title}), Codes: codes, Next: ui.ProfilePath}
	if next != "" {
		v.Next = web.Local(next)
	}
	return c.Page(recoveryView(v))
}

func (p *Pages) doTurnOff(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = p.o.Access.TurnOffFactor(c.Context(), c.Actor, v.V.Get("password"), v.Get("code"), ip(c))
	if web.Mendable(err) {
		return p.showFactor(c, http.StatusUnprocessableEntity, "", func(f *factor) { f.Off = web.FormState(v, err, c.L) })
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("pages.factor.off.done", "The second factor is turned off. Everywhere else you are signed out."), "")
	return c.See(ui.ProfilePath)
}

// quietZone is the width of the white border that a QR code needs, in squares
// (ISO/IEC 18004).
const quietZone = 4

// drawQR draws a text as a QR code.
func drawQR(text string) (picture, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return picture{}, fmt.Errorf("draw a QR code: %w", err)
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			begun := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > begun {
				fmt.Fprintf(&b, "M%d %dh%dv1H%dz", begun+quietZone, y+quietZone, x-begun, begun+quietZone)
			}
		}
	}
	return picture{Size: code.Size + 2*quietZone, Path: b.String()}, nil
}

// factorSentence says how an account stands to the second factor.
func factorSentence(l *i18n.L, f access.Factor) string {
	if f.State == access.FactorOn {
		return l.T("pages.factor.on", "Sign-in asks for a code from your app.") + " " +
			l.N("pages.factor.codes", f.Codes, "{n} recovery code is left.", "{n} recovery codes are left.")
	}
	return l.T("pages.factor.none", "Sign-in asks for your password alone. With a code from an app on your phone besides, a stolen password opens nothing.")
}

func factorButton(l *i18n.L, f access.Factor) string {
	if f.State == access.FactorOn {
		return l.T("pages.factor.change", "Change the second factor")
	}
	return l.T("pages.factor.setup", "Set up a second factor")
}

// factorRules are the answers to who needs a second factor.
func factorRules(l *i18n.L) []ui.Option {
	words := map[string][2]string{
		access.FactorOff:    {l.T("pages.rule.off", "Nobody"), l.T("pages.rule.off.hint", "who wants one sets it up")},
		access.FactorAsk:    {l.T("pages.rule.ask", "Administrators are asked"), l.T("pages.rule.ask.hint", "at sign-in, and may put it off")},
		access.FactorAdmins: {l.T("pages.rule.administrators", "Administrators"), l.T("pages.rule.must.hint", "nothing else opens before it is set up")},
		access.FactorStaff:  {l.T("pages.rule.staff", "All who work for the host"), l.T("pages.rule.must.hint", "nothing else opens before it is set up")},
		access.FactorAll:    {l.T("pages.rule.all", "Everybody"), l.T("pages.rule.must.hint", "nothing else opens before it is set up")},
	}
	out := make([]ui.Option, len(access.FactorRules))
	for i, rule := range access.FactorRules {
		out[i] = ui.Option{Value: rule, Text: words[rule][0], Hint: words[rule][1]}
	}
	return out
}

// hiddenNext carries where the reader wanted to go through a form of one button.
func hiddenNext(next string) map[string]string {
	if next == "" {
		return nil
	}
	return map[string]string{"next": next}
}
