package pages

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/keyfile"
	"ayni/internal/kernel/mail"
)

// withMail lets messages leave, into the site's folder.
func withMail(s *site) {
	s.Helper()
	key, err := keyfile.Open(s.access.KeyFile)
	s.ok(err)
	s.box = s.TempDir()
	s.access.Mail = mail.New(s.d, key, testLog(), mail.Options{Dir: s.box})
	s.access.Mail.SetBase("https://ayni.example.org")
}

func TestAU8_ALinkForAForgottenPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, nil)
		s.person("olga@example.org", access.Officer)
		b := s.browser()
		b.get("/sign-in").is(200).MustSay(t, "An administrator can give you a link")
		b.get(forgottenPath).is(200).MustSay(t, "An administrator can give you a link")
		withMail(s)
		page := b.get("/sign-in").is(200)
		page.MustNotSay(t, "An administrator can give you a link")
		if page.Link("Forgotten your password") != forgottenPath {
			t.Error("no way from the sign-in page")
		}
		page = b.get(forgottenPath).is(200)
		page = b.send(page, forgottenPath, map[string]string{"email": "olga"}).is(422)
		// Whatever host a request names, the link begins with the configured address.
		b.header.Set("X-Forwarded-Host", "evil.example")
		b.header.Set("Forwarded", "host=evil.example")
		b.host = "evil.example"
		known := b.send(page, forgottenPath, map[string]string{"email": "Olga@Example.org"})
		known.leads(forgottenPath + "?asked=1")
		b.host = ""
		page = b.get(forgottenPath).is(200)
		unknown := b.send(page, forgottenPath, map[string]string{"email": "nobody@example.org"})
		unknown.leads(forgottenPath + "?asked=1")
		b.get(forgottenPath+"?asked=1").is(200).MustSay(t, "If an account has this address")
		list := s.letters()
		if len(list) != 1 || list[0].To != "olga@example.org" || strings.Contains(list[0].Text, "evil") {
			t.Fatalf("sent %+v", list)
		}
		_, rest, _ := strings.Cut(list[0].Text, "https://ayni.example.org/link/")
		path := "/link/" + rest[:64]
		page = b.get(path).is(200)
		page.MustSay(t, "Set a new password")
		b.send(page, path, map[string]string{"new-password": "walls of paper", "again-password": "walls of paper"}).leads("/sign-in")
		b.get(path).is(404).MustSay(t, "used before")
		b.send(page, path, map[string]string{"new-password": "walls of stone", "again-password": "walls of stone"})
		b.post("/sign-in", url.Values{"email": {"olga@example.org"}, "password": {"walls of paper"}}).leads("/")
		s.in("ada@example.org").get("/admin/audit?kind=account").is(200).MustSay(t, "link for a forgotten password asked for")

		c := s.browser()
		page = c.get(forgottenPath).is(200)
		c.send(page, forgottenPath, map[string]string{"email": "olga@example.org"}).leads(forgottenPath + "?asked=1")
		_, rest, _ = strings.Cut(s.letters()[0].Text, "https://ayni.example.org/link/")
		d.Clock.Advance(10 * time.Minute)
		c.get("/link/" + rest[:64]).is(404)
		for range 10 {
			c.post(forgottenPath, url.Values{"email": {"nobody@example.org"}})
		}
		answer := c.post(forgottenPath, url.Values{"email": {"nobody@example.org"}})
		answer.is(429)
		if answer.Header.Get("Retry-After") == "" {
			t.Error("no word on how long to wait")
		}
	})
}

func TestTheOwnerChangesTheAddressInTheProfile(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	s.person("olga@example.org", access.Officer)
	b := s.in("olga@example.org")
	b.get("/profile").is(200).MustNotSay(t, "New e-mail address")
	withMail(s)
	page := b.get("/profile").is(200)
	page = b.send(page, "/profile/email", map[string]string{"email": "olga@example.org", "present-password": "wrong password"}).is(422)
	page.MustSay(t, "not the password of your account")
	page = b.send(page, "/profile/email", map[string]string{"email": "olga@example.org", "present-password": goodPassword}).is(422)
	page.MustSay(t, "address that your account has")
	b.send(page, "/profile/email", map[string]string{"email": "olga.new@example.org", "present-password": goodPassword}).leads("/profile")
	path := ""
	for _, l := range s.letters() {
		if _, rest, found := strings.Cut(l.Text, "https://ayni.example.org/link/"); found && l.To == "olga.new@example.org" {
			path = "/link/" + rest[:64]
		}
	}
	other := s.browser()
	for _, lang := range i18n.Langs {
		other.get(path + "?lang=" + lang).is(200)
	}
	answer := other.get(path + "?lang=en")
	page = answer.is(200)
	page.MustSay(t, "olga.new@example.org", "in the place of olga@example.org")
	if answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers %v", answer.Header)
	}
	other.send(page, path, nil).leads("/profile")
	other.get(path).is(404)
	b.get("/profile").is(200).MustSay(t, "olga.new@example.org")
	s.in("olga.new@example.org")
}

func TestInvitationsAreSentAndShown(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	withMail(s)
	b := s.in("ada@example.org")
	page := b.get("/admin/accounts/new").is(200)
	page = b.send(page, "/admin/accounts/new", map[string]string{"name": "Olga", "email": "olga@example.org", "roles": "officer"}).is(200)
	page.MustSay(t, "under way by mail to olga@example.org")
	link := linkPattern.FindString(page.Text())
	list := s.letters()
	if link == "" || len(list) != 1 || !strings.Contains(list[0].Text, "https://ayni.example.org"+link) {
		t.Errorf("shown %q, sent %+v", link, list)
	}
}
