package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

// sitePolicy is the content policy as docs and architecture state it.
const sitePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"

// answers are a way to every status and kind of response.
func (s *site) answers() []struct {
	ask
	status int
} {
	officer := s.officer()
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	type line = struct {
		ask
		status int
	}
	list := []line{
		{ask{method: "GET", path: "/"}, 200},
		{ask{method: "HEAD", path: "/"}, 200},
		{ask{method: "GET", path: "/me", token: officer}, 200},
		{ask{method: "HEAD", path: "/me", token: officer}, 200},
		{ask{method: "GET", path: "/short"}, 200},
		{ask{method: "GET", path: "/long", header: http.Header{"Accept-Encoding": {"gzip"}}}, 200},
		{ask{method: "GET", path: "/json"}, 200},
		{ask{method: "GET", path: "/me"}, 401},
		{ask{method: "GET", path: "/me", header: http.Header{"Accept": {"application/json"}}}, 401},
		{ask{method: "GET", path: "/admin", token: officer}, 403},
		{ask{method: "GET", path: "/nowhere"}, 404},
		{ask{method: "GET", path: "/nowhere", token: officer}, 404},
		{ask{method: "HEAD", path: "/nowhere"}, 404},
		{ask{method: "GET", path: "/items", token: officer}, 405},
		{ask{method: "DELETE", path: "/"}, 405},
		{ask{method: "TRACE", path: "/"}, 405},
		{ask{method: "OPTIONS", path: "/me"}, 405},
		{ask{method: "GET", path: "//me"}, 307},
		{ask{method: "GET", path: "/x/../me"}, 307},
		{ask{method: "POST", path: "/items", token: officer, form: form("name", "a")}, 303},
		{ask{method: "POST", path: "/items", token: officer, form: form("name", "")}, 422},
		{ask{method: "POST", path: "/items", token: officer, form: form("name", "conflict")}, 409},
		{ask{method: "POST", path: "/items", token: officer, form: form("name", strings.Repeat("x", 1<<20))}, 413},
		{ask{method: "POST", path: "/items", token: officer, body: "{}", header: http.Header{"Content-Type": {"application/json"}}}, 400},
		{ask{method: "POST", path: "/items", token: officer, form: form("name", "a"), header: http.Header{"Sec-Fetch-Site": {"cross-site"}}}, 403},
		{ask{method: "GET", path: "/panic"}, 500},
		{ask{method: "HEAD", path: "/panic"}, 500},
		{ask{method: "GET", path: "/unrendered"}, 500},
		{ask{method: "GET", path: "/unclassified"}, 500},
		{ask{method: "GET", path: "/", token: "busy"}, 503},
		{ask{method: "GET", path: "/", token: "broken"}, 500},
		{ask{method: "GET", path: "/?q=%00"}, 400},
		{ask{method: "GET", path: "/%FF"}, 400},
		{ask{method: "GET", path: ui.Asset("ui.css")}, 200},
		{ask{method: "HEAD", path: ui.Asset("ui.css")}, 200},
		{ask{method: "GET", path: ui.AssetPrefix + "none.css"}, 404},
		{ask{method: "POST", path: ui.Asset("ui.css")}, 405},
	}
	for _, k := range kinds {
		if k.kind == errs.Repeated {
			continue
		}
		path := "/fails?kind=" + url.QueryEscape(k.kind.String())
		list = append(list, line{ask{method: "GET", path: path}, k.status},
			line{ask{method: "GET", path: path, header: http.Header{"Accept": {"application/problem+json"}}}, k.status})
	}
	return list
}

func TestIN12_HeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{true, false} {
		name := map[bool]string{true: "https", false: "http"}[secure]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, dbtest.SQLite(t), func(o *Options) { o.Secure = secure })
			seen := map[int]bool{}
			for _, a := range s.answers() {
				got := s.do(a.ask).is(a.status)
				seen[got.Code] = true
				checkHeaders(t, got, secure)
				if a.token != "" && a.status != 503 && got.Header().Get("Cache-Control") != "no-store" {
					if !strings.HasPrefix(a.path, ui.AssetPrefix) && a.token != "broken" {
						t.Errorf("%s: signed in, but Cache-Control is %q", got.what, got.Header().Get("Cache-Control"))
					}
				}
				if a.status >= 400 && !strings.HasPrefix(a.path, ui.AssetPrefix) && got.Header().Get("Cache-Control") != "no-store" && a.status != 401 {
					t.Errorf("%s: the error may be kept: Cache-Control %q", got.what, got.Header().Get("Cache-Control"))
				}
			}
			for _, status := range []int{200, 303, 400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503, 507} {
				if !seen[status] {
					t.Errorf("no answer with status %d was looked at", status)
				}
			}
		})
	}
}

func checkHeaders(t *testing.T, a answer, secure bool) {
	t.Helper()
	h := a.Header()
	want := map[string]string{
		"Content-Security-Policy":      sitePolicy,
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
		"Strict-Transport-Security":    "",
	}
	if secure {
		want["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
	}
	for name, value := range want {
		if got := h.Values(name); strings.Join(got, "|") != value {
			t.Errorf("%s (%d): %s is %q, want %q", a.what, a.Code, name, got, value)
		}
	}
	kind := h.Get("Content-Type")
	textual := strings.HasPrefix(kind, "text/") || strings.Contains(kind, "json")
	if textual && !strings.Contains(kind, "charset=utf-8") {
		t.Errorf("%s (%d): Content-Type %q without charset", a.what, a.Code, kind)
	}
	if kind == "" && a.Code != http.StatusSeeOther && a.Code != http.StatusTemporaryRedirect {
		t.Errorf("%s (%d): no Content-Type", a.what, a.Code)
	}
	if h.Get("Server") != "" || h.Get("X-Powered-By") != "" {
		t.Errorf("%s: tells what serves it", a.what)
	}
	if strings.Contains(a.Body.String(), canary) {
		t.Errorf("%s (%d): the cause is shown", a.what, a.Code)
	}
}

func TestUP5_FilesHaveTheirOwnPolicy(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	for _, path := range []string{"/file?name=a.html", "/attached?name=a.csv"} {
		for _, method := range []string{"GET", "HEAD"} {
			h := s.do(ask{method: method, path: path}).is(200).Header()
			if got := h.Values("Content-Security-Policy"); len(got) != 1 || got[0] != "default-src 'none'; sandbox; frame-ancestors 'none'" {
				t.Errorf("%s %s: policy %q", method, path, got)
			}
			if h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") {
				t.Errorf("%s %s: headers %v", method, path, h)
			}
		}
	}
}

// TestHead asks for every page without its body, over a real connection.
func TestHead(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	server := httptest.NewServer(s.s)
	defer server.Close()
	token := s.officer()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	send := func(method, path string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
		s.ok(err)
		r.AddCookie(&http.Cookie{Name: "session", Value: token})
		r.Header.Set("Accept-Encoding", "gzip")
		res, err := client.Do(r)
		s.ok(err)
		s.ok(res.Body.Close())
		return res
	}
	n := 0
	for _, r := range s.s.Routes() {
		if r.Method != http.MethodGet || r.Pattern == "/waits" || r.Pattern == "/query" {
			continue
		}
		n++
		path := strings.ReplaceAll(r.Pattern, "{$}", "") + "?kind=busy&to=/me&name=a"
		get, head := send("GET", path), send("HEAD", path)
		if get.StatusCode != head.StatusCode {
			t.Errorf("%s: GET answers %d, HEAD %d", path, get.StatusCode, head.StatusCode)
		}
		for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Security-Policy", "Cache-Control", "Vary", "Location", "Content-Disposition"} {
			if get.Header.Get(name) != head.Header.Get(name) {
				t.Errorf("%s: %s is %q for GET, %q for HEAD", path, name, get.Header.Get(name), head.Header.Get(name))
			}
		}
	}
	if n < 20 {
		t.Fatalf("only %d routes", n)
	}
}

func TestUnknownAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	p := s.get("/nowhere/at/all", s.officer()).is(404).page()
	p.MustSay(t, "There is no such page", "Olga Officer")
	// The reader's language links stay on this host, whatever the address is.
	for _, path := range []string{"/%5Cevil.example", "/%2Fevil.example/x", "/%2F%2Fevil.example", "/a%3Fb"} {
		p := s.get(path, "").is(404).page()
		for _, href := range p.Links() {
			if strings.Contains(href, "evil") && (!strings.HasPrefix(href, "/%") || strings.Contains(href, `\`)) {
				t.Errorf("%s: the page links to %q", path, href)
			}
		}
	}
}

func TestIN11_Methods(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	officer := s.officer()
	cases := []struct{ method, path, allow string }{
		{"GET", "/items", "POST"},
		{"HEAD", "/items", "POST"},
		{"PUT", "/items", "POST"},
		{"POST", "/me", "GET, HEAD"},
		{"DELETE", "/me", "GET, HEAD"},
		{"PATCH", "/fresh", "GET, HEAD, POST"},
		{"TRACE", "/me", "GET, HEAD"},
		{"BREW<script>", "/me", "GET, HEAD"},
	}
	for _, c := range cases {
		if c.method == "BREW<script>" {
			// Not a method that a request can have; what a proxy hands on may.
			r := httptest.NewRequest("GET", c.path, nil)
			r.Method = c.method
			w := httptest.NewRecorder()
			s.s.ServeHTTP(w, r)
			if w.Code != 405 || strings.Contains(w.Body.String(), "<script>alert") || strings.Contains(w.Body.String(), "BREW<") {
				t.Errorf("%s: %d %s", c.method, w.Code, brief(w.Body.String()))
			}
			continue
		}
		got := s.do(ask{method: c.method, path: c.path, token: officer}).is(405)
		if got.Header().Get("Allow") != c.allow {
			t.Errorf("%s: Allow %q, want %q", got.what, got.Header().Get("Allow"), c.allow)
		}
		if c.method != "HEAD" {
			got.page()
		}
	}
	if s.count("item") != 0 {
		t.Error("something was written")
	}
	problem := s.do(ask{method: "GET", path: "/items", header: http.Header{"Accept": {"application/json"}}}).is(405)
	if problem.Header().Get("Allow") != "POST" || problem.Header().Get("Content-Type") != "application/problem+json; charset=utf-8" {
		t.Errorf("a program is answered with %v", problem.Header())
	}
}

func TestErrorsHavePages(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	for _, k := range kinds {
		if k.kind == errs.Repeated {
			continue
		}
		path := "/fails?kind=" + url.QueryEscape(k.kind.String())
		for _, lang := range i18n.Langs {
			for _, token := range []string{"", s.as(access.Actor{Name: "Olga Officer", Lang: lang, Roles: []access.Role{access.Officer}})} {
				got := s.do(ask{method: "GET", path: path, token: token, header: http.Header{"Accept-Language": {lang}}}).is(k.status)
				p := got.page()
				l := i18n.For(lang)
				c := &Ctx{L: l, ref: "none"}
				want := c.errorView(k.kind, k.status, &errs.Error{})
				if p.Lang() != lang || p.H1() != want.Title || want.Title == "" {
					t.Errorf("%s in %s: heading %q (%s), want %q", path, lang, p.H1(), p.Lang(), want.Title)
				}
				if k.kind != errs.TooLarge {
					p.MustSay(t, want.Text)
				}
				if strings.Contains(got.Body.String(), canary) || strings.Contains(got.Body.String(), "item 7") {
					t.Errorf("%s in %s: the cause is shown", path, lang)
				}
				if has := refPattern.MatchString(p.Text()); has != (k.status == 500) {
					t.Errorf("%s in %s: reference number shown: %v", path, lang, has)
				}
			}
		}
	}
}

func TestWordsOfErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	got := s.get("/worded", "").is(409)
	got.page().MustSay(t, "The <b>words</b> of the service.")
	if strings.Contains(got.Body.String(), "<b>words") {
		t.Error("the words are not escaped")
	}
	s.get("/fields", "").is(422).page().MustSay(t, "Give the name. Give the day.")
	got = s.get("/fails?kind=too+many", "").is(429)
	if got.Header().Get("Retry-After") != "" {
		t.Errorf("Retry-After %q out of nothing", got.Header().Get("Retry-After"))
	}
	got = s.get("/fails?kind=busy", "").is(503)
	if got.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q, want 1", got.Header().Get("Retry-After"))
	}
	got = s.do(ask{method: "GET", path: "/", token: "busy"}).is(503)
	if got.Header().Get("Retry-After") != "3" {
		t.Errorf("Retry-After %q, want 3", got.Header().Get("Retry-After"))
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	type problem struct {
		Type      string
		Title     string
		Status    int
		Detail    string
		Reference string
		Errors    []struct{ Field, Detail string }
	}
	read := func(a answer) problem {
		t.Helper()
		if got := a.Header().Get("Content-Type"); got != "application/problem+json; charset=utf-8" {
			t.Fatalf("%s: Content-Type %q", a.what, got)
		}
		var p problem
		s.ok(json.Unmarshal(a.Body.Bytes(), &p))
		if p.Type != "about:blank" || p.Status != a.Code || p.Title == "" {
			t.Errorf("%s: %+v", a.what, p)
		}
		return p
	}
	for _, accept := range []string{"application/json", "application/problem+json", "application/json, */*;q=0.1"} {
		p := read(s.do(ask{method: "GET", path: "/fields", header: http.Header{"Accept": {accept}}}).is(422))
		if len(p.Errors) != 2 || p.Errors[0].Field != "name" || p.Errors[0].Detail != "Give the name." || p.Errors[1].Field != "day" {
			t.Errorf("fields: %+v", p.Errors)
		}
	}
	for _, k := range kinds {
		a := s.do(ask{method: "GET", path: "/fails?kind=" + url.QueryEscape(k.kind.String()), header: http.Header{"Accept": {"application/json"}}}).is(k.status)
		p := read(a)
		if (p.Reference != "") != (k.status == 500) {
			t.Errorf("%s: reference %q at %d", k.kind, p.Reference, k.status)
		}
		if strings.Contains(a.Body.String(), canary) {
			t.Errorf("%s: the cause is shown: %s", k.kind, a.Body)
		}
	}
	// Who asks for both gets the page.
	s.do(ask{method: "GET", path: "/fields", header: http.Header{"Accept": {"text/html,application/json"}}}).is(422).page()
	p := read(s.do(ask{method: "GET", path: "/me", header: http.Header{"Accept": {"application/json"}}}).is(401))
	if len(s.asked) != 0 || p.Detail == "" {
		t.Errorf("a program was shown the sign-in page")
	}
	head := s.do(ask{method: "HEAD", path: "/fields", header: http.Header{"Accept": {"application/json"}}}).is(422)
	if head.Body.Len() != 0 {
		t.Error("HEAD has a body")
	}
}

func TestRL5_Panics(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	p := s.get("/panic", s.officer()).is(500).page()
	p.MustNotSay(t, canary, "goroutine")
	ref := refPattern.FindString(p.Text())
	if ref == "" {
		t.Fatalf("no reference number: %s", p.Text())
	}
	found := s.log.at(8)
	if len(found) != 2 || !strings.Contains(found[0], ref) || !strings.Contains(found[0], canary) || !strings.Contains(found[0], "main_test.go") || !strings.Contains(found[1], `"route":"/panic"`) {
		t.Errorf("the log has %d lines: %s", len(found), found)
	}
	s.get("/panic-late", "").is(200).page() // the answer was complete
	s.get("/", "").is(200).page()
}

// TestBrokenFrame is a fault in what every page has, the error page too.
func TestBrokenFrame(t *testing.T) {
	t.Parallel()
	broken := true
	s := newSite(t, dbtest.SQLite(t), func(o *Options) {
		o.Nav = func(*Ctx) []ui.NavItem {
			if broken {
				panic(canary)
			}
			return nil
		}
	})
	for path, status := range map[string]int{"/": 500, "/nowhere": 404, "/worded": 409, "/unrendered": 500} {
		got := s.get(path, "").is(status)
		if got.Header().Get("Content-Type") != "text/plain; charset=utf-8" || got.Body.Len() < 20 || strings.Contains(got.Body.String(), canary) || strings.Contains(got.Body.String(), "half a page") {
			t.Errorf("%s: %q: %s", path, got.Header().Get("Content-Type"), got.Body)
		}
		checkHeaders(t, got, false)
	}
	broken = false
	s.get("/", "").is(200).page()
}

// TestUnrendered has half a page in the buffer when it fails.
func TestUnrendered(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	got := s.get("/unrendered", "").is(500)
	if strings.Contains(got.Body.String(), "half a page") {
		t.Error("half a page was sent")
	}
	got.page().MustSay(t, "Something failed here")
	s.get("/json-fails", "").is(500).page()
	if len(s.log.at(8)) != 2 {
		t.Errorf("the log has %v", s.log.at(8))
	}
}

func TestTimeIsOver(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		for _, path := range []string{"/waits", "/query"} {
			t.Run(engine.name+path, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, engine.open(t), nil)
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				within(t, 20*time.Second, func() {
					got := s.do(ask{method: "GET", path: path, ctx: ctx}).is(503)
					got.page().MustSay(t, "This took too long and was stopped. Nothing was written.")
					if got.Header().Get("Retry-After") != "5" {
						t.Errorf("Retry-After %q", got.Header().Get("Retry-After"))
					}
				})
				if len(s.log.at(8)) != 1 {
					t.Errorf("the log has %v", s.log.all())
				}
				// The engine is free again.
				within(t, 20*time.Second, func() { _ = s.count("item") })
			})
		}
	}
}

func TestReaderLeaves(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		for _, path := range []string{"/waits", "/query"} {
			t.Run(engine.name+path, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, engine.open(t), nil)
				ctx, leave := context.WithCancel(t.Context())
				time.AfterFunc(200*time.Millisecond, leave)
				within(t, 20*time.Second, func() {
					got := s.do(ask{method: "GET", path: path, ctx: ctx}).is(statusLeft)
					if got.Body.Len() != 0 {
						t.Errorf("the reader who left is told %s", got.Body)
					}
				})
				if found := append(s.log.at(8), s.log.at(4)...); len(found) != 0 {
					t.Errorf("the log has %v", found)
				}
			})
		}
	}
}

func TestReaderLeavesConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		s.s.ServeHTTP(w, r)
	}))
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, leave)
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/query", nil)
	s.ok(err)
	res, err := server.Client().Do(r)
	if err == nil {
		_ = res.Body.Close()
		t.Fatalf("an answer came: %s", res.Status)
	}
	within(t, 20*time.Second, func() { <-done })
	if found := append(s.log.at(8), s.log.at(4)...); len(found) != 0 {
		t.Errorf("the log has %v", found)
	}
}
