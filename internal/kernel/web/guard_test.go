package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

func TestFormsFromElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	officer := s.officer()
	one := func(pairs ...string) http.Header {
		h := http.Header{"Sec-Fetch-Site": nil}
		for i := 0; i < len(pairs); i += 2 {
			h[pairs[i]] = []string{pairs[i+1]}
		}
		return h
	}
	refused := []http.Header{
		one("Sec-Fetch-Site", "cross-site"),
		one("Sec-Fetch-Site", "same-site"),
		one("Sec-Fetch-Site", "cross-site", "Origin", "http://example.com"),
		one("Sec-Fetch-Site", "something-new"),
		one("Origin", "null"),
		one("Origin", "https://evil.example"),
		one("Origin", "http://sub.example.com"),
		one("Origin", "http://example.com:8080"),
		one("Origin", "http://example.com.evil.example"),
		one("Origin", "http://example.com@evil.example"),
		one("Origin", "garbage"),
		one("Sec-Fetch-Site", "cross-site", "X-Forwarded-Host", "example.com"),
		one("Origin", "https://evil.example", "X-Forwarded-Host", "evil.example"),
	}
	form := url.Values{"name": {"a"}}
	for _, path := range []string{"/items", "/public/items", "/fresh", "/session", "/session/end"} {
		for _, h := range refused {
			got := s.do(ask{method: "POST", path: path, token: officer, form: form, header: h}).is(403)
			got.page().MustSay(t, "This form was sent from another site.")
			if len(got.Result().Cookies()) != 0 {
				t.Errorf("%s with %v sets a cookie", path, h)
			}
		}
	}
	if n := s.count("item"); n != 0 {
		t.Fatalf("%d forms took effect", n)
	}
	for _, h := range []http.Header{one("Sec-Fetch-Site", "same-origin"), one("Origin", "http://example.com"), one("Sec-Fetch-Site", "none"), one()} {
		s.do(ask{method: "POST", path: "/items", token: officer, form: form, header: h}).is(303)
	}
	// Reading is allowed from anywhere: links lead here.
	s.do(ask{method: "GET", path: "/me", token: officer, header: one("Sec-Fetch-Site", "cross-site")}).is(200)
	problem := s.do(ask{method: "POST", path: "/items", token: officer, form: form, header: one("Origin", "null", "Accept", "application/json")}).is(403)
	if problem.Header().Get("Content-Type") != "application/problem+json; charset=utf-8" {
		t.Error("a program gets no problem")
	}
}

// TestBodyIsLeftAlone: who may not send a form is told before the form is read.
func TestBodyIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	for path, token := range map[string]string{"/items": s.officer(), "/admin/items": s.officer()} {
		r := httptest.NewRequest("POST", path, unread{t})
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "session", Value: token})
		if path == "/items" {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}
		w := httptest.NewRecorder()
		s.s.ServeHTTP(w, r)
		if w.Code != 403 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, http.ErrBodyReadAfterClose
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	do := func(*Ctx) error { return nil }
	cases := []struct {
		name string
		r    Route
		want string
	}{
		{"no permission", Route{Method: "GET", Pattern: "/a", Do: do}, "no permission"},
		{"a permission that is not in the table", Route{Method: "GET", Pattern: "/a", Perm: "publik", Do: do}, "no such permission"},
		{"no handler", Route{Method: "GET", Pattern: "/a", Perm: access.Public}, "no handler"},
		{"another method", Route{Method: "DELETE", Pattern: "/a", Perm: access.Public, Do: do}, "GET or POST"},
		{"no method", Route{Pattern: "/a", Perm: access.Public, Do: do}, "GET or POST"},
		{"another host", Route{Method: "GET", Pattern: "evil.example/a", Perm: access.Public, Do: do}, "begins with /"},
		{"no pattern", Route{Method: "GET", Perm: access.Public, Do: do}, "begins with /"},
		{"fresh, but open", Route{Method: "POST", Pattern: "/a", Perm: access.Public, Do: do, Fresh: true}, "nobody need be signed in"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := New(Options{DB: dbtest.SQLite(t)})
			defer func() {
				if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), c.want) {
					t.Errorf("registered, or for another reason: %v", p)
				}
				if len(s.Routes()) != 0 {
					t.Error("the route is listed")
				}
			}()
			s.Add(c.r)
		})
	}
	t.Run("the same twice", func(t *testing.T) {
		t.Parallel()
		s := New(Options{DB: dbtest.SQLite(t)})
		s.Add(Route{Method: "GET", Pattern: "/a/{id}", Perm: access.Public, Do: do})
		defer func() {
			if recover() == nil {
				t.Error("two routes of one pattern")
			}
		}()
		s.Add(Route{Method: "GET", Pattern: "/a/{other}", Perm: access.SignedIn, Do: do})
	})
}

// TestEveryChangeIsProtected: whatever the route, a form from elsewhere is
// refused; there is no way to register one without.
func TestEveryChangeIsProtected(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	admin := s.as(access.Actor{Roles: []access.Role{access.Admin}})
	n := 0
	for _, r := range s.s.Routes() {
		if !r.Changes() {
			continue
		}
		n++
		s.do(ask{method: "POST", path: strings.ReplaceAll(r.Pattern, "{id}", "7"), token: admin, form: url.Values{"name": {"a"}},
			header: http.Header{"Sec-Fetch-Site": {"cross-site"}}}).is(403)
	}
	if n < 6 || s.count("item") != 0 {
		t.Errorf("%d routes looked at", n)
	}
}

func TestPermissionRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	officer := s.officer()
	partner := s.as(access.Actor{Name: "Pia", Roles: []access.Role{access.Partner}, Organisation: "o"})
	for _, a := range []ask{
		{method: "GET", path: "/admin", token: officer},
		{method: "GET", path: "/staff", token: partner},
		{method: "POST", path: "/admin/items", token: officer, form: url.Values{"name": {"a"}}},
	} {
		p := s.do(a).is(403).page()
		p.MustSay(t, "Your account may not do this", "Your account’s roles do not include this.")
	}
	if s.count("item") != 0 {
		t.Error("something was written")
	}
	if found := s.log.at(4); len(found) != 3 || !strings.Contains(found[2], `"msg":"refused"`) || !strings.Contains(found[2], `"route":"/admin/items"`) || !strings.Contains(found[2], `"account":"`) {
		t.Errorf("the log has %v", found)
	}
}

func TestNotSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	s.get("/me?a=1&b=two", "").is(401).page()
	s.get("/me", "unknown").is(401).page()
	s.post("/items", "", url.Values{"name": {"Quito"}, "tags": {"x", "y"}, "new-password": {"secret"}, "password": {"secret"}, "form-key": {"k1"}}).is(401).page()
	if s.count("item") != 0 {
		t.Fatal("something was written")
	}
	if s.nexts[0] != "/me?a=1&b=two" || s.nexts[2] != "/items" {
		t.Errorf("where to: %q", s.nexts)
	}
	if s.replays[0] != "" || s.replays[1] != "" {
		t.Errorf("a page has something to replay: %q", s.replays)
	}
	got, err := url.ParseQuery(s.replays[2])
	s.ok(err)
	if got.Get("name") != "Quito" || strings.Join(got["tags"], ",") != "x,y" || got.Get("form-key") != "k1" || strings.Contains(s.replays[2], "secret") || strings.Contains(s.replays[2], "password") {
		t.Errorf("replay: %v", got)
	}
	// A form with a file is not replayed.
	body, kind := multipartBody(t, [][2]string{{"name", "Quito"}}, []part{{field: "file", name: "a.txt", body: "x"}})
	s.do(ask{method: "POST", path: "/items", body: body, header: http.Header{"Content-Type": {kind}}}).is(401)
	if s.replays[3] != "" {
		t.Errorf("a form with a file is replayed: %q", s.replays[3])
	}
	// What comes back after sign-in takes effect with the key it had.
	token := s.officer()
	s.post("/items", token, got).is(303)
	s.post("/items", token, got).is(303)
	if n := s.count("item"); n != 1 {
		t.Errorf("%d effects", n)
	}
	// A form that can't be read is not replayed either.
	s.post("/items", "", url.Values{"name": {"a\x00b"}}).is(401)
	if s.replays[4] != "" {
		t.Errorf("replayed: %q", s.replays[4])
	}
}

func TestWithoutSignInPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), func(o *Options) { o.SignIn = nil })
	p := s.get("/me", "").is(401).page()
	if p.H1() != i18n.For("en").T("web.401.title", "Sign in first") {
		t.Errorf("heading %q", p.H1())
	}
}

func TestFresh(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	d.Clock.Set(noon)
	s := newSite(t, d, nil)
	token := s.officer()
	form := url.Values{"name": {"a"}}
	d.Clock.Advance(15 * time.Minute)
	s.post("/fresh", token, form).is(303)
	d.Clock.Advance(time.Millisecond)
	s.post("/fresh", token, form).is(401)
	s.get("/fresh", token).is(401)
	s.do(ask{method: "HEAD", path: "/fresh", token: token}).is(200)
	if n := s.count("item"); n != 1 || len(s.asked) != 2 || s.asked[0] != NotFresh || s.replays[0] != "name=a" {
		t.Errorf("%d effects, asked %v, replays %v", n, s.asked, s.replays)
	}
	s.post("/items", token, form).is(303) // others don't ask
	s.mu.Lock()
	a := s.actors[token]
	a.AuthAt = d.Clock.Now()
	s.actors[token] = a
	s.mu.Unlock()
	s.post("/fresh", token, form).is(303)
	// A program can't type a password.
	d.Clock.Advance(time.Hour)
	s.do(ask{method: "POST", path: "/fresh", token: token, form: form, header: http.Header{"Accept": {"application/json"}}}).is(401)
	if len(s.asked) != 2 {
		t.Error("a program was shown a page")
	}
	// Who may not do it is not asked for a password.
	partner := s.as(access.Actor{Roles: nil, AuthAt: 1})
	s.post("/fresh", partner, form).is(403)
}

func TestCO2_FormTakesEffectOnce(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, engine.open(t), nil)
			officer := s.officer()
			form := url.Values{"name": {"a"}, "form-key": {NewFormKey()}}

			first := s.post("/items", officer, form).is(303).Header().Get("Location")
			for range 3 {
				again := s.post("/items", officer, form)
				again.leads(first)
				flash := again.cookies()["flash"]
				if flash == nil {
					t.Fatal("nothing says that it was sent before")
				}
			}
			if n := s.count("item"); n != 1 {
				t.Fatalf("%d effects", n)
			}

			// A key belongs to a sender and an address.
			s.post("/items", s.officer(), form).is(303)
			s.post("/items/7", officer, form).is(303)
			s.post("/items", officer, url.Values{"name": {"a"}, "form-key": {NewFormKey()}}).is(303)
			if n := s.count("item"); n != 4 {
				t.Errorf("%d effects, want 4", n)
			}
			// Without a key each sending counts; the key of a page is not too long.
			s.post("/items", officer, url.Values{"name": {"a"}}).is(303)
			s.post("/items", officer, url.Values{"name": {"a"}}).is(303)
			s.post("/items", officer, url.Values{"name": {"a"}, "form-key": {strings.Repeat("k", 65)}}).is(400)
			if n := s.count("item"); n != 6 {
				t.Errorf("%d effects, want 6", n)
			}
			// The length of an address is nothing to an index.
			long := "/items/" + strings.Repeat("x", 6000)
			to := s.post(long, officer, form).is(303).Header().Get("Location")
			s.post(long, officer, form).leads(to)
			if n := s.count("item"); n != 7 {
				t.Errorf("%d effects, want 7", n)
			}
		})
	}
}

func TestRefusedFormIsFreeAgain(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, engine.open(t), nil)
			officer := s.officer()
			for _, c := range []struct {
				name   string // what is typed first
				status int
				told   string
			}{
				{"", 422, "nothing was written"},
				{"attempt", 422, "the attempt was written in a transaction of its own"},
				{"attempt-refused", 429, "so was this one"},
				{"conflict", 409, "the transaction was rolled back"},
			} {
				before := s.count("item")
				key := NewFormKey()
				s.post("/items", officer, url.Values{"name": {c.name}, "form-key": {key}}).is(c.status)
				if n := s.count("item"); n != before {
					t.Errorf("%q: %d effects of a refused form", c.name, n-before)
				}
				// Back, mended, and sent again.
				to := s.post("/items", officer, url.Values{"name": {"a"}, "form-key": {key}}).is(303).Header().Get("Location")
				if n := s.count("item"); n != before+1 {
					t.Errorf("%q: %d effects of the mended form (%s)", c.name, n-before, c.told)
				}
				s.post("/items", officer, url.Values{"name": {"a"}, "form-key": {key}}).leads(to)
			}
			// A form whose answer was a page leads back to where it stands.
			s.d.Clock.Set(noon)
			form := url.Values{"name": {"page"}, "form-key": {NewFormKey()}}
			s.post("/items", officer, form).is(200)
			s.d.Clock.Advance(time.Minute)
			s.do(ask{method: "POST", path: "/items", token: officer, form: form, header: http.Header{"Referer": {"http://example.com/items/new?x=1"}}}).leads("/items/new?x=1")
			s.do(ask{method: "POST", path: "/items", token: officer, form: form, header: http.Header{"Referer": {"http://evil.example/items"}}}).leads("/")
			if n := s.count("item"); n != 5 {
				t.Errorf("%d effects, want 5", n)
			}
		})
	}
}

// TestDoubleClick sends the same form many times at once.
func TestCO2_DoubleClick(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, engine.open(t), nil)
			officer := s.officer()
			for round := range 5 {
				form := url.Values{"name": {"a"}, "form-key": {NewFormKey()}}
				answers := make([]answer, 8)
				var wait sync.WaitGroup
				for i := range answers {
					wait.Go(func() { answers[i] = s.post("/items", officer, form) })
				}
				wait.Wait()
				to := answers[0].Header().Get("Location")
				fresh := 0
				for _, a := range answers {
					a.leads(to)
					if !strings.Contains(flashKey(t, a), "repeated") {
						fresh++
					}
				}
				if fresh != 1 {
					t.Errorf("%d answers say it took effect now", fresh)
				}
				if n := s.count("item"); n != round+1 {
					t.Fatalf("round %d: %d effects", round, n)
				}
			}
			// The second comes while the first is still at work.
			form := url.Values{"name": {"slow"}, "form-key": {NewFormKey()}}
			var first answer
			var wait sync.WaitGroup
			wait.Go(func() { first = s.post("/items", officer, form) })
			for s.count("item") != 6 {
				time.Sleep(5 * time.Millisecond)
			}
			time.AfterFunc(100*time.Millisecond, func() { close(s.slow) })
			second := s.post("/items", officer, form)
			wait.Wait()
			second.leads(first.Header().Get("Location"))
			if n := s.count("item"); n != 6 {
				t.Errorf("%d effects", n)
			}
		})
	}
}

func flashKey(t *testing.T, a answer) string {
	t.Helper()
	c := a.cookies()["flash"]
	if c == nil {
		return ""
	}
	f, ok := readFlash(c.Value)
	if !ok {
		t.Fatalf("flash %q can't be read", c.Value)
	}
	return f.M.Key
}

func TestPruneFormKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	s.d.Clock.Set(noon)
	officer := s.officer()
	form := url.Values{"name": {"a"}, "form-key": {NewFormKey()}}
	s.post("/items", officer, form).is(303)
	prune := func() {
		s.ok(s.d.Write(t.Context(), func(tx *dbTx) error { return PruneFormKeys(tx, tx.Now.Add(-time.Hour)) }))
	}
	prune()
	s.post("/items", officer, form).is(303)
	if s.count("item") != 1 {
		t.Fatal("forgotten too early")
	}
	s.d.Clock.Advance(time.Hour + 1e6)
	prune()
	s.post("/items", officer, form).is(303)
	if s.count("item") != 2 {
		t.Error("not forgotten")
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	spanish := s.as(access.Actor{Lang: "es", Roles: []access.Role{access.Officer}})
	undecided := s.officer()
	cases := []struct {
		path, accept, cookie, token, want string
	}{
		{"/", "", "", "", "en"},
		{"/", "fr", "", "", "fr"},
		{"/", "es-MX,en;q=0.5", "", "", "es"},
		{"/", "de, fr-CA;q=0.8, en;q=0.2", "", "", "fr"},
		{"/", "de", "", "", "en"},
		{"/", "*", "", "", "en"},
		{"/", strings.Repeat("fr-", 4000), "", "", "en"},
		{"/", "\xff", "", "", "en"},
		{"/", "fr", "es", "", "es"},
		{"/", "fr", "xx", "", "fr"},
		{"/?lang=es", "fr", "en", "", "es"},
		{"/?lang=xx", "fr", "", "", "fr"},
		{"/?lang=<script>", "fr", "", "", "fr"},
		{"/me", "fr", "", spanish, "es"},
		{"/me", "fr", "fr", spanish, "fr"}, // chosen on this device
		{"/me", "fr", "xx", spanish, "es"},
		{"/me?lang=fr", "en", "en", spanish, "fr"},
		{"/me", "fr", "", undecided, "fr"},
		{"/me", "en", "fr", undecided, "fr"},
		{"/nowhere", "fr", "", "", "fr"},
		{"/fails?kind=internal&lang=es", "fr", "", "", "es"},
	}
	for _, c := range cases {
		h := http.Header{}
		if c.accept != "" {
			h.Set("Accept-Language", c.accept)
		}
		if c.cookie != "" {
			h.Set("Cookie", "lang="+c.cookie)
		}
		got := s.do(ask{method: "GET", path: strings.ReplaceAll(strings.ReplaceAll(c.path, "<", "%3C"), ">", "%3E"), header: h, token: c.token})
		if lang := got.page().Lang(); lang != c.want {
			t.Errorf("%s, Accept-Language %.20q, cookie %q: the page is in %q, want %q", c.path, c.accept, c.cookie, lang, c.want)
		}
		if c.token == "" && got.Code == 200 && !strings.Contains(strings.Join(got.Header().Values("Vary"), ","), "Accept-Language") {
			t.Errorf("%s: Vary %q", c.path, got.Header().Values("Vary"))
		}
	}
	// A language link is a choice that stays, and is made once.
	for path, want := range map[string]string{"/?lang=fr": "fr", "/?lang=es": "", "/?lang=xx": "", "/": ""} {
		got := ""
		if c := s.do(ask{method: "GET", path: path, header: http.Header{"Cookie": {"lang=es"}}}).is(200).cookies()["lang"]; c != nil {
			got = c.Value
		}
		if got != want {
			t.Errorf("%s: the language %q is kept, want %q", path, got, want)
		}
	}
	got := s.do(ask{method: "GET", path: "/lang?set=fr"}).is(303).cookies()["lang"]
	if got == nil || got.Value != "fr" || got.MaxAge != 365*24*3600 || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie %+v", got)
	}
}

// TestLanguageLinks keep what the address asks for.
func TestLanguageLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	p := s.get("/?q=a%26b&lang=en&page=2", "").is(200).page()
	for _, want := range []string{"/?page=2&q=a%26b&lang=fr", "/?page=2&q=a%26b&lang=es"} {
		found := false
		for _, href := range p.Links() {
			found = found || href == want
		}
		if !found {
			t.Errorf("no link to %s among %q", want, p.Links())
		}
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{true, false} {
		s := newSite(t, dbtest.SQLite(t), func(o *Options) { o.Secure = secure })
		name := "session"
		if secure {
			name = "__Host-session"
		}
		got := s.post("/session", "", url.Values{}).is(303)
		c := got.cookies()[name]
		if c == nil || c.Value != canary || c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 || !c.Expires.IsZero() {
			t.Errorf("secure %v: session cookie %+v", secure, c)
		}
		if got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("the session's cookie may be kept: %q", got.Header().Get("Cache-Control"))
		}
		got = s.post("/session/end", s.officer(), url.Values{}).is(303)
		c = got.cookies()[name]
		if c == nil || c.Value != "" || c.MaxAge != -1 || got.Header().Get("Clear-Site-Data") != `"cache", "storage"` {
			t.Errorf("secure %v: after signing out %+v, %v", secure, c, got.Header())
		}
		// A cookie of the other name is nobody's.
		other := map[bool]string{true: "session", false: "__Host-session"}[secure]
		s.do(ask{method: "GET", path: "/me", header: http.Header{"Cookie": {other + "=" + s.officer()}}}).is(401)
	}
}

func TestFlash(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	officer := s.officer()
	made := s.post("/items", officer, url.Values{"name": {"a"}}).is(303)
	c := made.cookies()["flash"]
	if c == nil || c.MaxAge != 60 || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
		t.Fatalf("flash cookie %+v", c)
	}
	undo := made.Header().Get("Location") + "/delete"
	got := s.do(ask{method: "GET", path: "/me", token: officer, header: http.Header{"Cookie": {"flash=" + c.Value}}}).is(200)
	p := got.page()
	p.MustSay(t, "test.saved") // the words of a stored message are those of the catalogue
	if f := p.Form(undo); f == nil || f.Get("form-key") == "" {
		t.Errorf("no way back to %s: %v", undo, f)
	}
	gone := got.cookies()["flash"]
	if gone == nil || gone.MaxAge != -1 {
		t.Errorf("said again: %+v", gone)
	}
	s.get("/me", officer).page().MustNotSay(t, "test.saved")
	// A program's answer leaves it to the next page.
	if s.do(ask{method: "GET", path: "/json", header: http.Header{"Cookie": {"flash=" + c.Value}}}).is(200).cookies()["flash"] != nil {
		t.Error("taken by what is no page")
	}
	// An error page says it too: it would be lost otherwise.
	s.do(ask{method: "GET", path: "/fails?kind=conflict", header: http.Header{"Cookie": {"flash=" + c.Value}}}).is(409).page().MustSay(t, "test.saved")
}

func TestForgedFlash(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	for _, undo := range []string{"https://evil.example/x", "//evil.example/x", `/\evil.example/x`, "javascript:alert(1)", "evil", "/x\r\nSet-Cookie: a=b", "/" + strings.Repeat("x", 2100)} {
		c := s.do(ask{method: "GET", path: "/undo-elsewhere?undo=" + url.QueryEscape(undo)}).is(303).cookies()["flash"]
		if c == nil {
			t.Fatalf("%q: no flash", undo)
		}
		got := s.do(ask{method: "GET", path: "/", header: http.Header{"Cookie": {"flash=" + c.Value}}}).is(200)
		p := got.page()
		p.MustSay(t, "test.saved")
		if strings.Contains(got.Body.String(), "evil") || strings.Contains(got.Body.String(), "<form") {
			t.Errorf("%q: the page offers it", undo)
		}
	}
	for _, value := range []string{"x", "!!", "e30", "eyJtIjp7fX0", strings.Repeat("A", 4000)} {
		got := s.do(ask{method: "GET", path: "/", header: http.Header{"Cookie": {"flash=" + value}}}).is(200)
		if strings.Contains(got.Body.String(), "toast") {
			t.Errorf("%q is said", value)
		}
	}
	// Words are escaped like all others.
	c := &Ctx{s: s.s, W: httptest.NewRecorder(), R: httptest.NewRequest("GET", "/", nil), L: i18n.For("en")}
	c.Flash(i18n.M("test.of", "Of {who}", i18n.A{"who": "x"}), "")
	c.Flash(i18n.M("<script>alert(1)</script>", "x"), "")
	forged := answer{c.W.(*httptest.ResponseRecorder), t, "flash"}.cookies()["flash"].Value
	got := s.do(ask{method: "GET", path: "/", header: http.Header{"Cookie": {"flash=" + forged}}}).is(200)
	got.page().MustSay(t, "<script>alert(1)</script>")
	if strings.Contains(got.Body.String(), "<script>alert") {
		t.Error("not escaped")
	}
	// One that would not fit into a cookie is left out.
	w := httptest.NewRecorder()
	c.W = w
	c.Flash(i18n.M("test.of", "Of {who}", i18n.A{"who": strings.Repeat("x", 3000)}), "")
	if len(w.Result().Cookies()) != 0 {
		t.Error("a cookie that browsers would refuse")
	}
}

func TestIN11_RedirectsAreLocal(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	for _, to := range elsewhere {
		if !strings.Contains(to, "\x00") { // such an address is refused before
			s.get("/go?to="+url.QueryEscape(to), "").leads("/")
		}
		if got := Local(to); got != "/" {
			t.Errorf("Local(%q) = %q", to, got)
		}
	}
	for to, want := range map[string]string{
		"/partnerships/1?a=b&c=d#e": "/partnerships/1?a=b&c=d#e",
		"/a/../b":                   "/b",
		"/":                         "/",
		"/x?next=//evil.example":    "/x?next=//evil.example",
		"/x?u=https://evil.example": "/x?u=https://evil.example",
		"/été":                      "/%c3%a9t%c3%a9",
		"/..//evil.example":         "/evil.example",
		"/.//evil.example":          "/evil.example",
	} {
		s.get("/go?to="+url.QueryEscape(to), "").leads(want)
	}
}

// elsewhere are addresses that lead away from this site, or that some browser
// takes so.
var elsewhere = []string{
	"", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, `/\/evil.example`, `\/evil.example`, "https://evil.example", "https:evil.example",
	"https:/evil.example", "http:evil", "javascript:alert(1)", "data:text/html,x", "evil.example", "?x", "#x", " //evil.example", "\t//evil.example", "/\t/evil.example",
	"/\n/evil.example", "/\r\nSet-Cookie: a=b", "/x\r\nSet-Cookie: a=b", "/\x00", "/x\x00", "/x\x7f", "/%", "/%zz", "/" + strings.Repeat("x", 2000), ".", "./x", "../x", "@evil.example", "//", "/\x01",
}

// TestIN11_CleanedAddresses: the router leads from an address to its clean form.
func TestIN11_CleanedAddresses(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	for _, path := range []string{"//evil.example", "///evil.example/..", "/.//evil.example", "/x/..//evil.example", "//me", `//\evil.example`, "//%5Cevil.example", "/a/../%2F%2Fevil.example", "/%2e%2e//evil.example"} {
		r := httptest.NewRequest("GET", "/", nil)
		u, err := url.ParseRequestURI("http://example.com" + path)
		if err != nil {
			continue
		}
		r.URL = &url.URL{Path: u.Path, RawPath: u.RawPath}
		w := httptest.NewRecorder()
		s.s.ServeHTTP(w, r)
		to := w.Header().Get("Location")
		if to != "" && !localPath(to) {
			t.Errorf("%s leads to %q", path, to)
		}
		if to == "" && w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestAU10_RemoteIP(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("fe80::/10")}
	cases := []struct {
		name, remote string
		forwarded    []string
		trusted      []netip.Prefix
		want         string
	}{
		{"nobody is trusted", "203.0.113.7:5000", []string{"127.0.0.1"}, nil, "203.0.113.7"},
		{"loopback is not trusted by itself", "127.0.0.1:5000", []string{"198.51.100.1"}, nil, "127.0.0.1"},
		{"a stranger says it is here", "203.0.113.7:5000", []string{"127.0.0.1"}, proxies, "203.0.113.7"},
		{"one proxy", "10.0.0.1:5000", []string{"198.51.100.1"}, proxies, "198.51.100.1"},
		{"two proxies", "10.0.0.1:5000", []string{"198.51.100.1, 10.0.0.2"}, proxies, "198.51.100.1"},
		{"two headers", "10.0.0.1:5000", []string{"198.51.100.1", "10.0.0.2"}, proxies, "198.51.100.1"},
		{"a hop made up by the reader", "10.0.0.1:5000", []string{"127.0.0.1, 1.2.3.4, 198.51.100.1"}, proxies, "198.51.100.1"},
		{"a trusted hop made up by the reader", "10.0.0.1:5000", []string{"10.9.9.9, 198.51.100.1, 10.0.0.2"}, proxies, "198.51.100.1"},
		{"the proxy itself asks", "10.0.0.1:5000", nil, proxies, "10.0.0.1"},
		{"an empty header", "10.0.0.1:5000", []string{""}, proxies, "10.0.0.1"},
		{"not an address", "10.0.0.1:5000", []string{"198.51.100.1, unknown"}, proxies, "10.0.0.1"},
		{"a mapped address", "[::ffff:10.0.0.1]:5000", []string{"::ffff:198.51.100.1"}, proxies, "198.51.100.1"},
		{"a mapped stranger", "[::ffff:203.0.113.7]:5000", []string{"127.0.0.1"}, proxies, "203.0.113.7"},
		{"IPv6", "[fd00::1]:5000", []string{"2001:db8::7"}, proxies, "2001:db8::7"},
		{"a zone", "[fe80::1%eth0]:5000", []string{"2001:db8::7"}, proxies, "2001:db8::7"},
		{"a zone made up by the reader", "10.0.0.1:5000", []string{"2001:db8::7%\"\u202e x"}, proxies, "2001:db8::7"},
		{"all are proxies", "10.0.0.1:5000", []string{"10.0.0.3, 10.0.0.2"}, proxies, "10.0.0.3"},
		{"no port", "203.0.113.7", nil, proxies, "203.0.113.7"},
		{"no address", "@", nil, proxies, "invalid IP"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, dbtest.SQLite(t), func(o *Options) { o.Trusted = c.trusted })
			h := http.Header{"X-Forwarded-For": c.forwarded, "X-Real-Ip": {"127.0.0.1"}, "Forwarded": {"for=127.0.0.1"}, "X-Webauth-User": {"admin"}}
			if got := s.do(ask{method: "GET", path: "/ip", header: h, remote: c.remote}).is(200).Body.String(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			s.do(ask{method: "GET", path: "/me", header: h, remote: c.remote}).is(401)
		})
	}
}

func TestNavAndFoot(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), func(o *Options) {
		o.Demo, o.Insecure = true, true
		o.Nav = func(c *Ctx) []ui.NavItem {
			if !c.Actor.SignedIn() {
				return nil
			}
			return []ui.NavItem{{Link: ui.Link{Text: "Mine", Href: "/me"}}}
		}
		o.Foot = func(*Ctx) []ui.Link { return []ui.Link{{Text: "Help", Href: "/help"}} }
	})
	p := s.get("/nowhere", s.officer()).is(404).page()
	if p.Link("Mine") != "/me" || p.Link("Help") != "/help" {
		t.Errorf("links %q", p.Links())
	}
	p.MustSay(t, "This connection is not encrypted.", "Everything named “Example” is invented.")
	if p := s.get("/", "").page(); p.Link("Mine") != "" || p.Link("Help") == "" {
		t.Errorf("links of a stranger: %q", p.Links())
	}
}
