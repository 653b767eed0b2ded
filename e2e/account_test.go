package e2e

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access/authenticator"
	"ayni/internal/kernel/mail/mailbox"
)

// TestSE2_LifeOfAnAccount takes an account through invitation, a second factor,
// the loss of the device, another role and closing. Whatever changes it signs
// it out everywhere else at the next request. The administrator has no
// JavaScript.
func TestSE2_LifeOfAnAccount(t *testing.T) {
	t.Parallel()
	sent := filepath.Join(t.TempDir(), "sent")
	s := serve(t, "", "--mail-dir", sent)
	lang := inTurn(0)[0]
	admin := readerOf(t, s, lang, withoutScripts)
	admin.SetUp(person{"Example Administrator", "administrator@example.org"})
	olga := person{"Example Officer", "officer@example.org"}
	link := admin.Invite(olga, "", "officer")
	if mailed := linkSent(t, s, sent, olga.email); mailed != link {
		t.Errorf("the page shows the link %s, the message has %s", link, mailed)
	}

	desk, phone := readerOf(t, s, lang), readerOf(t, s, lang)
	desk.Accept(link, olga)
	phone.SignIn(olga)

	secret, codes := desk.SetUpFactor()
	phone.VisitRefused("/profile", 401)
	phone.SignInWith(olga, authenticator.Code(t, secret, time.Now().Add(30*time.Second)))
	desk.Visit("/profile")

	// The device is lost: two recovery codes, one to sign in and one to turn the
	// second factor off, which ends all other sessions.
	found := readerOf(t, s, lang)
	found.SignInWith(olga, codes[0])
	found.Visit("/profile/second-factor")
	off := found.page().Section(found.T("pages.factor.off"))
	off.Fill(found.T("pages.field.password"), password)
	off.Fill(found.T("pages.field.code"), codes[0])
	off.Refused(found.T("pages.factor.off.button"))
	off = found.page().Section(found.T("pages.factor.off"))
	off.Fill(found.T("pages.field.password"), password)
	off.Fill(found.T("pages.field.code"), codes[1])
	off.Submit(found.T("pages.factor.off.button"))
	found.SeesText(found.T("pages.factor.off.done"))
	desk.VisitRefused("/profile", 401)
	phone.VisitRefused("/profile", 401)

	// The password is forgotten.
	mailbox.Take(t, sent)
	desk.Visit("/sign-in")
	desk.Click(desk.T("pages.forgotten.title"))
	desk.examine("/sign-in/forgotten")
	desk.Fill(desk.T("pages.field.email"), olga.email)
	desk.Submit(desk.T("pages.forgotten.button"))
	desk.SeesText(desk.T("pages.forgotten.asked"))
	reset := linkSent(t, s, sent, olga.email)
	desk.Visit(reset)
	desk.Fill(desk.T("pages.field.new-password"), password)
	desk.Fill(desk.T("pages.field.again-password"), password)
	desk.Submit(desk.T("pages.link.button"))
	found.VisitRefused("/profile", 401)
	desk.VisitRefused(reset, 404)
	desk.SignIn(olga)
	found.SignIn(olga)

	// Another role.
	admin.Visit("/admin/accounts")
	admin.page().Click(olga.name)
	account := admin.path
	admin.page().Answer(admin.T("pages.field.roles"), admin.T("pages.role.finance"))
	admin.Submit(admin.T("pages.roles.save"))
	admin.SeesText(admin.T("pages.roles.saved"))
	found.VisitRefused("/profile", 401)
	desk.VisitRefused("/profile", 401)
	desk.SignIn(olga)
	desk.Visit("/profile")
	desk.SeesText(desk.T("pages.role.finance"))

	// Closed.
	admin.Visit(account)
	admin.Submit(admin.T("pages.close.button"))
	admin.SeesText(admin.T("pages.close.done"))
	desk.VisitRefused("/profile", 401)
	desk.Visit("/sign-in")
	desk.Fill(desk.T("pages.field.email"), olga.email)
	desk.Fill(desk.T("pages.field.password"), password)
	desk.Refused(desk.T("pages.signin.button"))
	desk.SeesText(desk.T("access.signin.wrong"))
	admin.Visit("/admin/accounts")
}

// linkSent waits for the message with a link to an address, and returns the
// path of the link.
func linkSent(t *testing.T, s *server, dir, to string) string {
	t.Helper()
	path := ""
	until(t, "a message with a link to "+to, func() bool {
		for _, l := range mailbox.Take(t, dir) {
			_, rest, found := strings.Cut(l.Text, s.url+"/link/")
			if found && l.To == to {
				path = "/link/" + strings.Fields(rest)[0]
			}
		}
		return path != ""
	})
	return path
}

var (
	factorSecret = regexp.MustCompile(`([A-Z2-7]{4} ){7}[A-Z2-7]{4}`)
	recoveryCode = regexp.MustCompile(`([a-z2-7]{4}-){3}[a-z2-7]{4}`)
)

// SetUpFactor sets up a second factor in the profile, and returns its secret
// and the recovery codes.
func (r *reader) SetUpFactor() (secret string, codes []string) {
	r.t.Helper()
	r.Visit("/profile")
	r.Click(r.T("pages.factor.setup"))
	r.Submit(r.T("pages.factor.start"))
	r.examine("/profile/second-factor")
	secret = factorSecret.FindString(r.page().Text())
	r.page().Part("svg.qr")
	r.Fill(r.T("pages.field.code"), "000000")
	r.Refused(r.T("pages.factor.confirm.button"))
	r.SeesText(r.T("access.code.wrong"))
	r.Fill(r.T("pages.field.code"), authenticator.Code(r.t, secret, time.Now()))
	r.Submit(r.T("pages.factor.confirm.button"))
	codes = recoveryCode.FindAllString(r.page().Text(), -1)
	if len(codes) != 10 {
		r.fail("%d recovery codes on the page\n%s", len(codes), r.digest())
	}
	r.Click(r.T("pages.recovery.go"))
	r.HeadingIs(r.T("pages.profile.title"))
	r.examine("/profile/second-factor")
	return secret, codes
}

// SignInWith signs in with e-mail, password and code.
func (r *reader) SignInWith(p person, code string) {
	r.t.Helper()
	r.Visit("/sign-in")
	r.Fill(r.T("pages.field.email"), p.email)
	r.Fill(r.T("pages.field.password"), password)
	r.Submit(r.T("pages.signin.button"))
	r.HeadingIs(r.T("pages.code.title"))
	r.examine("/sign-in/code")
	r.Fill(r.T("pages.field.code"), code)
	r.page().Part("main").Submit(r.T("pages.signin.button"))
	r.SeesText(p.name)
}
