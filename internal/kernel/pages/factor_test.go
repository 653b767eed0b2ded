package pages

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/access/authenticator"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui/htmlcheck"
)

// app is what somebody has on the phone: it knows the secret and the time.
type app struct {
	s      *site
	secret string
}

// code waits for a code that was not used, and shows it.
func (a *app) code() string {
	a.s.Helper()
	a.s.d.Clock.Advance(30 * time.Second)
	return authenticator.Code(a.s, a.secret, a.s.d.Clock.Now().Time())
}

var (
	secretPattern   = regexp.MustCompile(`([A-Z2-7]{4} ){7}[A-Z2-7]{4}`)
	recoveryPattern = regexp.MustCompile(`([a-z2-7]{4}-){3}[a-z2-7]{4}`)
)

// enrol sets a second factor up and returns the app, the recovery codes and
// the page that showed them.
func (b *browser) enrol() (*app, []string, *htmlcheck.Page) {
	b.Helper()
	b.post(factorPath+"/start", url.Values{}).leads(factorPath)
	answer := b.get(factorPath)
	page := answer.is(200)
	a := &app{b.site, secretPattern.FindString(page.Text())}
	if a.secret == "" || !strings.Contains(answer.body, "otpauth://totp/Ayni") || !strings.Contains(answer.body, "<svg class=\"qr\"") {
		b.Fatalf("no secret on the page: %s", brief(answer.body))
	}
	if answer.Header.Get("Cache-Control") != "no-store" {
		b.Errorf("Cache-Control %q", answer.Header.Get("Cache-Control"))
	}
	page = b.send(page, factorPath+"/confirm", map[string]string{"code": "12 34"}).is(422)
	page.MustSay(b.T, "This code is not right now")
	answer = b.send(page, factorPath+"/confirm", map[string]string{"code": a.code()})
	page = answer.is(200)
	codes := recoveryPattern.FindAllString(page.Text(), -1)
	if len(codes) != 10 || answer.Header.Get("Cache-Control") != "no-store" {
		b.Fatalf("%d recovery codes, %v", len(codes), answer.Header)
	}
	return a, codes, page
}

func TestAU6_SignInInTwoSteps(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, nil)
		s.person("olga@example.org", access.Officer)
		first, other := s.in("olga@example.org"), s.in("olga@example.org")
		phone, codes, page := first.enrol()
		if page.Link("I have kept them") != "/profile" {
			t.Errorf("it goes on to %q", page.Link("I have kept them"))
		}
		first.get("/profile").is(200).MustSay(t, "Sign-in asks for a code", "10 recovery codes are left", "second factor set up")
		other.get("/profile").is(401)
		first.get(factorPath).is(200).MustNotSay(t, phone.secret, codes[0])

		b := s.browser()
		b.get(codePath).leads("/sign-in?next=%2F")
		page = b.get("/sign-in?next=/notes").is(200)
		b.send(page, "/sign-in", map[string]string{"email": "olga@example.org", "password": goodPassword}).leads(codePath + "?next=%2Fnotes")
		b.get("/profile").is(401) // the password alone opens nothing
		page = b.get(codePath + "?next=%2Fnotes").is(200)
		page = b.send(page, codePath, map[string]string{"code": "000000"}).is(422)
		page.MustSay(t, "This code is not right now")
		code := phone.code()
		b.send(page, codePath, map[string]string{"code": code}).leads("/notes")
		b.get("/notes").is(200)
		b.get(codePath).leads("/")

		// The same code does not work again; a recovery code does, once.
		c := s.browser()
		page = c.get("/sign-in").is(200)
		c.send(page, "/sign-in", map[string]string{"email": "olga@example.org", "password": goodPassword}).leads(codePath + "?next=%2F")
		page = c.get(codePath).is(200)
		page = c.send(page, codePath, map[string]string{"code": code}).is(422)
		c.send(page, codePath, map[string]string{"code": strings.ToUpper(codes[0])}).leads("/")
		c.get("/profile").is(200).MustSay(t, "9 recovery codes are left", "recovery code used")

		// The time between password and code is short.
		late := s.browser()
		page = late.get("/sign-in").is(200)
		late.send(page, "/sign-in", map[string]string{"email": "olga@example.org", "password": goodPassword}).leads(codePath + "?next=%2F")
		page = late.get(codePath).is(200)
		d.Clock.Advance(10 * time.Minute)
		late.send(page, codePath, map[string]string{"code": phone.code()}).leads("/sign-in?next=%2F")
		late.get("/sign-in").is(200).MustSay(t, "took longer than ten minutes")
	})
}

func TestAFormThatWasOpenAtExpiryComesBackAfterACode(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	s.person("olga@example.org", access.Officer)
	b := s.in("olga@example.org")
	phone, _, _ := b.enrol()
	s.d.Clock.Advance(9 * time.Hour)
	page := b.post("/notes", url.Values{"text": {"kept"}}).is(401)
	page = b.send(page, "/sign-in", map[string]string{"email": "olga@example.org", "password": goodPassword}).is(200)
	page = b.send(page, codePath, map[string]string{"code": "1"}).is(422)
	page = b.send(page, codePath, map[string]string{"code": phone.code()}).is(200)
	b.send(page, "/notes", nil).leads("/notes")
	if strings.Join(s.notes, " ") != "kept" {
		t.Errorf("sent %q", s.notes)
	}
}

func TestAU7_FreshRoutesAskForTheCodeAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, nil)
		b := s.in("ada@example.org")
		b.get("/profile").is(200).MustSay(t, "password alone")
		phone, codes, _ := b.enrol()
		d.Clock.Advance(16 * time.Minute)
		page := b.post("/notes/fresh", url.Values{"text": {"x"}}).is(401)
		page = b.send(page, "/sign-in/again", map[string]string{"password": goodPassword}).is(422)
		page.MustSay(t, "Give the code")
		page = b.send(page, "/sign-in/again", map[string]string{"password": goodPassword, "code": "123456"}).is(422)
		page = b.send(page, "/sign-in/again", map[string]string{"password": goodPassword, "code": phone.code()}).is(200)
		b.send(page, "/notes/fresh", nil).leads("/notes")
		d.Clock.Advance(16 * time.Minute)
		page = b.post("/notes/fresh", url.Values{"text": {"x"}}).is(401)
		for range 5 {
			page = b.send(page, "/sign-in/again", map[string]string{"password": goodPassword, "code": "654321"}).is(422)
		}
		b.send(page, "/sign-in/again", map[string]string{"password": goodPassword, "code": codes[3]}).is(429)
		d.Clock.Advance(time.Minute)
		b.send(page, "/sign-in/again", map[string]string{"password": goodPassword, "code": codes[3]}).is(200)

		// New codes end those before; what turns it off asks for both.
		page = b.get(factorPath).is(200)
		again := recoveryPattern.FindAllString(b.send(page, factorPath+"/recovery", nil).is(200).Text(), -1)
		if len(again) != 10 || again[0] == codes[0] {
			t.Errorf("new codes %v", again)
		}
		page = b.send(page, factorPath+"/off", map[string]string{"password": goodPassword, "code": codes[4]}).is(422)
		page = b.send(page, factorPath+"/off", map[string]string{"password": "wrong password", "code": again[0]}).is(422)
		page.MustSay(t, "not the password of your account")
		elsewhere := s.browser()
		p := elsewhere.get("/sign-in").is(200)
		elsewhere.send(p, "/sign-in", map[string]string{"email": "ada@example.org", "password": goodPassword}).leads(codePath + "?next=%2F")
		elsewhere.send(elsewhere.get(codePath).is(200), codePath, map[string]string{"code": again[1]}).leads("/")
		b.send(page, factorPath+"/off", map[string]string{"password": goodPassword, "code": again[0]}).leads("/profile")
		elsewhere.get("/profile").is(401)
		b.get("/profile").is(200).MustSay(t, "password alone")
		s.in("ada@example.org")
	})
}

func TestAnAccountThatMustHaveASecondFactorReachesNothingElse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, nil)
		ada := s.in("ada@example.org")
		page := ada.get("/admin/settings").is(200)
		ada.send(page, "/admin/settings", map[string]string{access.SecondFactor: access.FactorAsk}).leads("/admin/settings")
		asked := s.browser()
		page = asked.get("/sign-in?next=/notes").is(200)
		asked.send(page, "/sign-in", map[string]string{"email": "ada@example.org", "password": goodPassword}).leads(factorPath + "?next=%2Fnotes")
		page = asked.get(factorPath + "?next=%2Fnotes").is(200)
		if page.Link("Not now") != "/notes" {
			t.Errorf("not now leads to %q", page.Link("Not now"))
		}
		asked.get("/notes").is(200)

		page = ada.get("/admin/settings").is(200)
		ada.send(page, "/admin/settings", map[string]string{access.SecondFactor: access.FactorStaff}).leads("/admin/settings")
		// A session that was open before is held too, at its next request.
		ada.get("/admin/settings").leads(factorPath + "?next=%2Fadmin%2Fsettings")
		before := s.dump()
		ada.post("/notes", url.Values{"text": {"x"}}).is(403).MustSay(t, "needs a second factor")
		ada.post("/admin/settings", url.Values{access.SecondFactor: {access.FactorOff}}).is(403)
		if s.dump() != before || len(s.notes) != 0 {
			t.Error("a refusal changed something")
		}
		page = ada.get(factorPath + "?next=%2Fadmin%2Fsettings").is(200)
		page.MustSay(t, "must have a second factor")
		page.MustNotSay(t, "Not now")
		ada.send(page, factorPath+"/start", nil).leads(factorPath + "?next=%2Fadmin%2Fsettings")
		page = ada.get(factorPath + "?next=%2Fadmin%2Fsettings").is(200)
		phone := &app{s, secretPattern.FindString(page.Text())}
		page = ada.send(page, factorPath+"/confirm", map[string]string{"code": phone.code()}).is(200)
		if page.Link("I have kept them") != "/admin/settings" {
			t.Errorf("it goes on to %q", page.Link("I have kept them"))
		}
		ada.get("/admin/settings").is(200)

		s.person("pia@example.org", access.Partner)
		s.in("pia@example.org") // a partner does not work for the host
		s.person("olga@example.org", access.Officer)
		olga := s.browser()
		page = olga.get("/sign-in").is(200)
		olga.send(page, "/sign-in", map[string]string{"email": "olga@example.org", "password": goodPassword}).leads(factorPath + "?next=%2F")
		olga.get("/profile").leads(factorPath + "?next=%2Fprofile")
		// It may have to give the password again before, and may leave.
		d.Clock.Advance(16 * time.Minute)
		page = olga.get(factorPath).is(200)
		page = olga.send(page, factorPath+"/start", nil).is(401)
		page = olga.send(page, "/sign-in/again", map[string]string{"password": goodPassword}).is(200)
		olga.send(page, factorPath+"/start", nil).leads(factorPath)
		olga.post("/sign-out", url.Values{}).leads("/sign-in")
	})
}

func TestALostDeviceIsTakenAwayByAnAdministrator(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	account := s.person("olga@example.org", access.Officer)
	ada := s.in("ada@example.org")
	ada.get(accountPath(account)).is(200).MustNotSay(t, "Take the second factor away")
	olga := s.in("olga@example.org")
	olga.enrol()
	page := ada.get(accountPath(account)).is(200)
	ada.send(page, accountPath(account)+"/second-factor", nil).leads(accountPath(account))
	olga.get("/profile").is(401)
	s.in("olga@example.org")
	ada.send(page, accountPath(account)+"/second-factor", nil).leads(accountPath(account)) // sent again by Back
	ada.post(accountPath(account)+"/second-factor", url.Values{}).is(409).MustSay(t, "has no second factor")
	ada.get("/admin/audit?kind=account").is(200).MustSay(t, "second factor taken away")
}

func TestPagesOfTheSecondFactorAreWholeInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	b := s.in("ada@example.org")
	look := func() {
		for _, lang := range i18n.Langs {
			if got := b.get(factorPath + "?lang=" + lang).is(200).Lang(); got != lang {
				t.Errorf("in %s it is in %s", lang, got)
			}
		}
		b.get("/profile?lang=en").is(200)
	}
	look()
	b.post(factorPath+"/start", url.Values{}).leads(factorPath)
	look()
	b.enrol()
	look()
	half := s.browser()
	half.post("/sign-in", url.Values{"email": {"ada@example.org"}, "password": {goodPassword}}).leads(codePath + "?next=%2F")
	for _, lang := range i18n.Langs {
		if got := half.get(codePath + "?lang=" + lang).is(200).Lang(); got != lang {
			t.Errorf("in %s the code is asked for in %s", lang, got)
		}
	}
}
