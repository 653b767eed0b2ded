package pages

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

func TestAU11_FirstSetUpFromThePrintedAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, nil)
		b := s.browser()
		b.get("/sign-in").is(200).MustSay(t, "There is no account yet")
		b.get("/set-up").is(200).MustSay(t, "printed an address")
		token, _, err := s.access.SetUpToken(t.Context())
		s.ok(err)
		path := access.SetUpPath(token)
		b.get(access.SetUpPath(strings.Repeat("0", 64))).is(404)

		answer := b.get(path)
		page := answer.is(200)
		if answer.Header.Get("Referrer-Policy") != "no-referrer" || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", answer.Header)
		}
		page = b.send(page, path, map[string]string{"name": "Ada", "email": "not an address", "new-password": "short", "again-password": "short"}).is(422)
		if n := len(page.Errors()); n != 3 {
			t.Errorf("%d things to mend: %v", n, page.Errors())
		}
		if got := page.Form(path).Get("email"); got != "not an address" {
			t.Errorf("typed %q, shown again %q", "not an address", got)
		}
		if strings.Contains(page.Form(path).Encode(), "short") {
			t.Error("a password is given back")
		}
		good := map[string]string{"host-name": "Example Organisation", "lang": "fr", "name": "Ada", "email": "ada@example.org", "new-password": goodPassword, "again-password": "another"}
		page = b.send(page, path, good).is(422)
		good["again-password"] = goodPassword
		b.send(page, path, good).leads("/")
		page = b.get("/profile").is(200)
		if page.Lang() != "fr" {
			t.Errorf("the first page is in %q", page.Lang())
		}
		b.get(path).is(404)
		b.get("/set-up").leads("/sign-in")
	})
}

func TestAU11_SetUpFromElsewhereIsRefusedUnlessTold(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	token, _, err := s.access.SetUpToken(t.Context())
	s.ok(err)
	for _, h := range forwarding {
		b := s.browser()
		b.header.Set(h, "192.0.2.1")
		b.get(access.SetUpPath(token)).is(403).MustSay(t, "ayni user add")
		if got := b.post(access.SetUpPath(token), url.Values{"name": {"Ada"}}).StatusCode; got != 403 {
			t.Errorf("posting with %s: %d", h, got)
		}
	}
	told := newSite(t, dbtest.SQLite(t), func(o *Options, _ *web.Options) { o.SetUpAnywhere = true })
	token, _, err = told.access.SetUpToken(t.Context())
	told.ok(err)
	b := told.browser()
	b.header.Set("X-Forwarded-For", "192.0.2.1")
	b.get(access.SetUpPath(token)).is(200)
}

func TestSE1_CookieOfASession(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{true, false} {
		s := newHouse(t, dbtest.SQLite(t), func(_ *Options, w *web.Options) { w.Secure = secure })
		b := s.browser()
		answer := b.post("/sign-in", url.Values{"email": {"ada@example.org"}, "password": {goodPassword}})
		answer.leads("/")
		var session *http.Cookie
		for _, k := range answer.Cookies() {
			if strings.HasSuffix(k.Name, "session") {
				session = k
			}
		}
		if session == nil {
			t.Fatal("no session cookie")
		}
		if !session.HttpOnly || session.SameSite != http.SameSiteLaxMode || session.Domain != "" || session.Path != "/" || session.MaxAge != 0 {
			t.Errorf("cookie %+v", session)
		}
		if session.Secure != secure || strings.HasPrefix(session.Name, "__Host-") != secure {
			t.Errorf("cookie %q, secure %v, over TLS %v", session.Name, session.Secure, secure)
		}
	}
}

func TestSE1_SigningInAgainEndsTheSessionBefore(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	b := s.in("ada@example.org")
	before := b.token()
	b.get("/sign-in?next=/profile").leads("/profile")
	b.post("/sign-in", url.Values{"email": {"ada@example.org"}, "password": {goodPassword}, "next": {"/profile"}}).leads("/profile")
	if b.token() == before {
		t.Error("the token stayed")
	}
	_, err := s.access.Identify(t.Context(), before)
	if err == nil {
		t.Error("the session before goes on")
	}
}

// token is the session's token in a browser.
func (b *browser) token() string {
	b.Helper()
	u, err := url.Parse(b.server.URL)
	b.ok(err)
	for _, k := range b.c.Jar.Cookies(u) {
		if k.Name == "session" {
			return k.Value
		}
	}
	return ""
}

func TestSE5_AfterSigningOutTheCookieOpensNothing(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	b := s.in("ada@example.org")
	answer := b.get("/profile")
	page := answer.is(200)
	if got := answer.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	token := b.token()
	answer = b.send(page, "/sign-out", nil)
	answer.leads("/sign-in")
	if !strings.Contains(answer.Header.Get("Clear-Site-Data"), `"cache"`) {
		t.Errorf("Clear-Site-Data %q", answer.Header.Get("Clear-Site-Data"))
	}
	b.get("/sign-in").is(200).MustSay(t, "You are signed out")
	b.get("/profile").is(401)
	b.header.Set("Cookie", "session="+token)
	b.get("/profile").is(401)
}

func TestSE6_FormsFromOtherSitesAndGetsChangeNothing(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	b := s.in("ada@example.org")
	before := s.dump()
	for _, route := range New(s.o).Routes() {
		if !route.Changes() {
			continue
		}
		path := strings.NewReplacer("{id}", s.admin.Account, "{token}", strings.Repeat("0", 64)).Replace(route.Pattern)
		for _, h := range []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}},
			{"Origin": {"https://evil.example"}}, {"Origin": {"null"}},
		} {
			b.header = h
			if got := b.post(path, url.Values{"name": {"X"}}).StatusCode; got != 403 {
				t.Errorf("POST %s with %v: status %d", path, h, got)
			}
		}
		b.header = http.Header{}
		if got := b.get(path).StatusCode; got != 405 && got != 404 && !hasGet(s.o, route.Pattern) {
			t.Errorf("GET %s: status %d", path, got)
		}
	}
	if s.dump() != before {
		t.Error("something was changed")
	}
}

func hasGet(o Options, pattern string) bool {
	for _, r := range New(o).Routes() {
		if r.Method == http.MethodGet && matches(r.Pattern, pattern) {
			return true
		}
	}
	return false
}

// matches says whether a GET route answers the address of a POST route.
func matches(get, post string) bool {
	return regexp.MustCompile("^" + regexp.MustCompile(`\{\w+\}`).ReplaceAllString(get, `[^/]+`) + "$").MatchString(post)
}

func TestAU1_TheSixthFailureSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	b := s.browser()
	page := b.get("/sign-in?next=/profile").is(200)
	for range 5 {
		page = b.send(page, "/sign-in", map[string]string{"email": "ada@example.org", "password": "wrong password"}).is(422)
		page.MustSay(t, "do not belong together")
		if page.Form("/sign-in").Get("next") != "/profile" || page.Form("/sign-in").Get("password") != "" {
			t.Errorf("the form is %v", page.Form("/sign-in"))
		}
	}
	answer := b.send(page, "/sign-in", map[string]string{"email": "ada@example.org", "password": goodPassword})
	answer.is(429).MustSay(t, "Wait 5 seconds")
	if answer.Header.Get("Retry-After") != "5" {
		t.Errorf("Retry-After %q", answer.Header.Get("Retry-After"))
	}
}

func TestAU10_HeadersOfAnUntrustedPeerSayNothing(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	b := s.browser()
	b.header.Set("X-Forwarded-For", "198.51.100.9")
	b.header.Set("X-Webauth-User", "ada@example.org")
	b.header.Set("X-Remote-User", s.admin.Account)
	b.get("/profile").is(401)
	b.post("/sign-in", url.Values{"email": {"ada@example.org"}, "password": {"wrong password"}}).is(422)
	page := s.in("ada@example.org").get("/admin/audit?kind=account").is(200)
	page.MustSay(t, "sign-in failed", "127.0.0.1")
	page.MustNotSay(t, "198.51.100.9")
}

// Behind a proxy that is trusted the client is the last address that no
// trusted proxy has; what stands before it anybody may have written.
func TestAU10_ATrustedProxyNamesTheClient(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), func(_ *Options, w *web.Options) {
		w.Trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	try := func(forwarded string, i int) int {
		b := s.browser()
		b.header.Set("X-Forwarded-For", forwarded)
		return b.post("/sign-in", url.Values{"email": {"person" + strconv.Itoa(i) + "@example.org"}, "password": {"wrong password"}}).StatusCode
	}
	for i := range 20 {
		if got := try("192.0.2."+strconv.Itoa(i)+", 198.51.100.9, 10.1.1.1", i); got != 422 {
			t.Fatalf("attempt %d: status %d", i, got)
		}
	}
	if got := try("198.51.100.9", 20); got != 429 {
		t.Errorf("the 21st of one address: status %d", got)
	}
	if got := try("198.51.100.10", 21); got != 422 {
		t.Errorf("the first of another address: status %d", got)
	}
	page := s.in("ada@example.org").get("/admin/audit?kind=account").is(200)
	page.MustSay(t, "198.51.100.9", "198.51.100.10")
	page.MustNotSay(t, "192.0.2.")
}

func TestAFormThatWasOpenAtExpiryComesBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, nil)
		b := s.in("ada@example.org")
		d.Clock.Advance(9 * time.Hour)
		form := url.Values{"text": {"one", "two & <three>"}, ui.FormKeyName: {web.NewFormKey()}, "new-password": {"never kept"}}
		answer := b.post("/notes", form)
		page := answer.is(401)
		page.MustSay(t, "What you typed is kept")
		if strings.Contains(answer.body, "never") {
			t.Error("a password is kept")
		}
		page = b.send(page, "/sign-in", map[string]string{"email": "ada@example.org", "password": "wrong password"}).is(422)
		page = b.send(page, "/sign-in", map[string]string{"email": "ada@example.org", "password": goodPassword}).is(200)
		page.MustSay(t, "nothing of it has been written yet")
		if len(s.notes) != 0 {
			t.Error("the form was sent by itself")
		}
		b.send(page, "/notes", nil).leads("/notes")
		b.send(page, "/notes", nil).leads("/notes")
		if len(s.notes) != 1 || s.notes[0] != "one|two & <three>" {
			t.Errorf("sent: %q", s.notes)
		}
		// A page that was asked for is come back to.
		s.browser().get("/profile").is(401)
		c := s.browser()
		page = c.get("/profile?x=1").is(401)
		c.send(page, "/sign-in", map[string]string{"email": "ada@example.org", "password": goodPassword}).leads("/profile?x=1")
	})
}

func TestAU7_FreshRoutesAskForThePasswordAgain(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	b := s.in("ada@example.org")
	b.post("/notes/fresh", url.Values{"text": {"at once"}}).leads("/notes")
	s.d.Clock.Advance(16 * time.Minute)
	page := b.post("/notes/fresh", url.Values{"text": {"later"}}).is(401)
	page.MustSay(t, "Confirm that it is you")
	page = b.send(page, "/sign-in/again", map[string]string{"password": "wrong password"}).is(422)
	page.MustSay(t, "not the password")
	page = b.send(page, "/sign-in/again", map[string]string{"password": goodPassword}).is(200)
	b.send(page, "/notes/fresh", nil).leads("/notes")
	if strings.Join(s.notes, " ") != "at once later" {
		t.Errorf("sent %q", s.notes)
	}
	s.d.Clock.Advance(16 * time.Minute)
	page = b.post("/notes/fresh", url.Values{"text": {"limited"}}).is(401)
	for range 5 {
		page = b.send(page, "/sign-in/again", map[string]string{"password": "wrong password"}).is(422)
	}
	b.send(page, "/sign-in/again", map[string]string{"password": goodPassword}).is(429)
}

func TestIN11_NextLeadsOnlyToThisSite(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	for _, next := range []string{"//evil.example", `/\evil.example`, "https://evil.example/", "javascript:alert(1)", "/\tevil", ""} {
		b := s.browser()
		if got := b.get("/sign-in?next=" + url.QueryEscape(next)).is(200).Form("/sign-in").Get("next"); got != "/" {
			t.Errorf("next %q became %q", next, got)
		}
		b.post("/sign-in", url.Values{"email": {"ada@example.org"}, "password": {goodPassword}, "next": {next}}).leads("/")
		page := s.browser().post("/sign-in", url.Values{"email": {"ada@example.org"}, "password": {goodPassword}, "next": {next}, "replay": {"a=b"}}).is(200)
		if page.Form("/") == nil {
			t.Errorf("a kept form goes to %q", next)
		}
	}
}

func TestAU8_LinksCarryTheConfiguredAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, nil)
		account := s.person("olga@example.org", access.Officer)
		b := s.in("ada@example.org")
		page := b.get(accountPath(account)).is(200)
		b.header.Set("X-Forwarded-Host", "evil.example")
		answer := b.send(page, accountPath(account)+"/link", nil)
		page = answer.is(200)
		if answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control %q", answer.Header.Get("Cache-Control"))
		}
		m := regexp.MustCompile(`https://ayni\.example\.org(/link/[0-9a-f]{64})`).FindStringSubmatch(page.Text())
		if m == nil || strings.Contains(answer.body, "evil") {
			t.Fatalf("no link: %s", page.Text())
		}
		path := m[1]
		other := s.browser()
		answer = other.get(path)
		page = answer.is(200)
		page.MustSay(t, "Person olga@example.org", "Set a new password")
		if answer.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("Referrer-Policy %q", answer.Header.Get("Referrer-Policy"))
		}
		page = other.send(page, path, map[string]string{"new-password": "password", "again-password": "password"}).is(422)
		page.MustSay(t, "among the passwords that are guessed first")
		page = other.send(page, path, map[string]string{"new-password": "walls of paper", "again-password": "walls of papier"}).is(422)
		other.send(page, path, map[string]string{"new-password": "walls of paper", "again-password": "walls of paper"}).leads("/sign-in")
		other.get(path).is(404).MustSay(t, "used before")
		other.post("/sign-in", url.Values{"email": {"olga@example.org"}, "password": {"walls of paper"}}).leads("/")
	})
}

func TestDemoAccountsAreOfferedOnThisMachineAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, func(o *Options, _ *web.Options) {
			o.Access.Demo = true
		})
		ids := map[access.Role]string{}
		s.ok(d.Write(t.Context(), func(tx *db.Tx) error {
			for _, r := range []access.Role{access.Admin, access.Officer} {
				var err error
				ids[r], err = s.access.AddDemo(tx, access.Command("test"), access.NewAccount{
					Name: "Demo " + string(r), Email: string(r) + "@demo.example", Roles: []access.RoleGrant{{Role: r}},
				})
				if err != nil {
					return err
				}
			}
			return nil
		}))
		_, port, _ := strings.Cut(strings.TrimPrefix(s.server.URL, "http://"), ":")
		form := url.Values{"as": {ids[access.Officer]}}
		for _, c := range []struct {
			host   string
			header string
			good   bool
		}{
			{"127.0.0.1:" + port, "", true},
			{"localhost:" + port, "", true},
			{"LOCALHOST", "", true},
			{"[::1]:" + port, "", true},
			{"ayni.example.org", "", false},
			{"localhost.evil.example", "", false},
			{"0.0.0.0:" + port, "", false},
			{"127.0.0.1:" + port, "X-Forwarded-For", false},
			{"127.0.0.1:" + port, "Forwarded", false},
			{"127.0.0.1:" + port, "X-Real-Ip", false},
			{"127.0.0.1:" + port, "Via", false},
		} {
			b := s.browser()
			b.host = c.host
			if c.header != "" {
				b.header.Set(c.header, "127.0.0.1")
			}
			page := b.get("/sign-in").is(200)
			if page.Button("Demo officer") != c.good {
				t.Errorf("host %q, header %q: offered %v", c.host, c.header, !c.good)
			}
			got := b.post("/sign-in/demo", form).StatusCode
			if (got == http.StatusSeeOther) != c.good {
				t.Errorf("host %q, header %q: status %d", c.host, c.header, got)
			}
		}
		// Who works with partnerships comes first; the page after asks no password.
		page := s.browser().get("/sign-in").is(200)
		if text := page.Text(); strings.Index(text, "Demo officer") > strings.Index(text, "Demo admin") {
			t.Error("the demo begins with its administrator")
		}
		b := s.browser()
		b.post("/sign-in/demo", url.Values{"as": {ids[access.Admin]}, "next": {"/profile"}}).leads("/profile")
		b.get("/profile").is(200).MustNotSay(t, "Present password")
		d.Clock.Advance(time.Hour)
		page = b.post("/notes/fresh", url.Values{"text": {"x"}}).is(401)
		page = b.send(page, "/sign-in/again", nil).is(200)
		b.send(page, "/notes/fresh", nil).leads("/notes")
	})
}

func TestDemoAccountsAreNotOfferedOutsideTheDemoOrFromAnotherAddress(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	var demo string
	s.ok(s.d.Write(t.Context(), func(tx *db.Tx) error {
		var err error
		demo, err = s.access.AddDemo(tx, access.Command("test"), access.NewAccount{Name: "Demo officer", Email: "d@demo.example", Roles: []access.RoleGrant{{Role: access.Officer}}})
		return err
	}))
	b := s.browser()
	b.get("/sign-in").is(200).MustNotSay(t, "Demo officer")
	b.post("/sign-in/demo", url.Values{"as": {demo}}).is(404)

	// The same on an address of this machine that others can reach.
	s.access.Demo = true
	l := elsewhere(t)
	if l == nil {
		t.Skip("this machine has no address but loopback")
	}
	b.server.Listener.Close()
	outer := &http.Server{Handler: s.server.Config.Handler, ReadHeaderTimeout: time.Second}
	go outer.Serve(l)
	t.Cleanup(func() { outer.Close() })
	b.server.URL = "http://" + l.Addr().String()
	b.host = "127.0.0.1"
	b.get("/sign-in").is(200).MustNotSay(t, "Demo officer")
	b.post("/sign-in/demo", url.Values{"as": {demo}}).is(404)
}
