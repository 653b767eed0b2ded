package pages

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/keyfile"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/mail/mailbox"
	"ayni/internal/kernel/ui/htmlcheck"
	"ayni/internal/kernel/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const goodPassword = "river stones in March"

// site is a server with the pages, on a database of its own.
type site struct {
	*testing.T
	d      *db.DB
	access *access.Service
	server *httptest.Server
	o      Options
	admin  access.Actor
	mail   *mail.Service // of the pages; sends nothing
	box    string        // the folder into which messages go, see withMail
	notes  []string      // what POST /notes was sent
}

// newSite starts a server. Tests change what the pages know by edit.
func newSite(t *testing.T, d *db.DB, edit func(*Options, *web.Options)) *site {
	t.Helper()
	s := &site{T: t, d: d, access: access.New(d)}
	s.access.KeyFile = filepath.Join(t.TempDir(), "key")
	s.access.NewPerson = func(*db.Tx, access.Actor, string, string) (string, error) { return id.New(), nil }
	key, err := keyfile.Open(s.access.KeyFile)
	s.ok(err)
	s.mail = mail.New(d, key, testLog(), mail.Options{})
	s.o = Options{DB: d, Access: s.access, Mail: s.mail, Digest: digest.New(d, s.mail), DataDir: t.TempDir(), Version: "1.2.3"}
	var pages *Pages
	wo := web.Options{
		DB: d, Log: testLog(), Identify: s.access.Identify, BaseURL: "https://ayni.example.org",
		SignIn: func(c *web.Ctx, why web.SignInReason) error { return pages.SignIn(c, why) },
	}
	if edit != nil {
		edit(&s.o, &wo)
	}
	pages = New(s.o)
	server := web.New(wo)
	server.Add(pages.Routes()...)
	server.Add(
		web.Route{Method: "GET", Pattern: "/{$}", Perm: access.Public, Do: func(c *web.Ctx) error {
			return c.Page(setUpWhereView(c.Base(c.L.T("pages.setup.title", "First set-up"))))
		}},
		web.Route{Method: "GET", Pattern: "/notes", Perm: access.SignedIn, Do: func(c *web.Ctx) error {
			return c.Page(setUpWhereView(c.Base(c.L.T("pages.setup.title", "First set-up"))))
		}},
		web.Route{Method: "POST", Pattern: "/notes", Perm: access.SignedIn, Do: s.note},
		web.Route{Method: "POST", Pattern: "/notes/fresh", Perm: access.SignedIn, Fresh: true, Do: s.note},
	)
	s.server = httptest.NewServer(server)
	t.Cleanup(s.server.Close)
	return s
}

func (s *site) note(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	text := strings.Join(v.V["text"], "|")
	err = s.d.Write(c.Context(), func(t *db.Tx) error { return access.SetSetting(t, c.Actor, "test.note", text) })
	if err != nil {
		return err
	}
	s.notes = append(s.notes, text)
	c.Flash(i18n.M("pages.profile.saved", "Your profile is saved."), "")
	return c.See("/notes")
}

// newHouse is a site whose first administrator, ada@example.org, exists.
func newHouse(t *testing.T, d *db.DB, edit func(*Options, *web.Options)) *site {
	t.Helper()
	s := newSite(t, d, edit)
	token, _, err := s.access.SetUpToken(t.Context())
	s.ok(err)
	session, err := s.access.SetUp(t.Context(), token, access.SetUpForm{
		Name: "Ada Admin", Email: "ada@example.org", Password: goodPassword, HostName: "Example Organisation", Lang: "en",
	}, "", "")
	s.ok(err)
	s.admin, err = s.access.Identify(t.Context(), session)
	s.ok(err)
	// What sign-in asks of administrators beside is the matter of tests of its own.
	s.ok(s.access.SaveSettings(t.Context(), s.admin, map[string]string{access.SecondFactor: access.FactorOff}))
	return s
}

func testLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (s *site) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// letters are the messages that were queued since it was asked last.
func (s *site) letters() []mailbox.Letter {
	s.Helper()
	s.ok(s.access.Mail.SendNow(s.Context()))
	return mailbox.Take(s, s.box)
}

// person makes an account with the good password.
func (s *site) person(email string, roles ...access.Role) string {
	s.Helper()
	n := access.NewAccount{Name: "Person " + email, Email: email}
	for _, r := range roles {
		n.Roles = append(n.Roles, access.RoleGrant{Role: r})
		if r == access.Partner {
			n.Organisation = "11111111-1111-7111-8111-111111111111"
		}
	}
	account, link, err := s.access.Invite(s.Context(), s.admin, n)
	s.ok(err)
	s.ok(s.access.Accept(s.Context(), link, goodPassword))
	return account
}

// browser keeps cookies and follows nothing by itself.
type browser struct {
	*site
	c      *http.Client
	header http.Header // sent with every request
	host   string      // the request's Host; empty: as the server has it
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	s.ok(err)
	return &browser{site: s, header: http.Header{"Sec-Fetch-Site": {"same-origin"}}, c: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is an answer with its body.
type reply struct {
	*http.Response
	t    testing.TB
	body string
}

func (b *browser) do(method, path string, form url.Values) reply {
	b.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.Context(), method, b.server.URL+path, body)
	b.ok(err)
	for k, v := range b.header {
		r.Header[k] = v
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if b.host != "" {
		r.Host = b.host
	}
	res, err := b.c.Do(r)
	b.ok(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	b.ok(err)
	return reply{res, b.T, string(text)}
}

func (b *browser) get(path string) reply {
	b.Helper()
	return b.do(http.MethodGet, path, nil)
}

func (b *browser) post(path string, form url.Values) reply {
	b.Helper()
	return b.do(http.MethodPost, path, form)
}

// is asserts a status and reads the page that came with it.
func (r reply) is(status int) *htmlcheck.Page {
	r.t.Helper()
	if r.StatusCode != status {
		r.t.Fatalf("%s %s: status %d, want %d: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, status, brief(r.body))
	}
	return htmlcheck.Parse(r.t, r.body)
}

// leads asserts a redirect.
func (r reply) leads(to string) {
	r.t.Helper()
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != to {
		r.t.Fatalf("%s %s: status %d to %q, want 303 to %q: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, r.Header.Get("Location"), to, brief(r.body))
	}
}

func brief(s string) string {
	if i := strings.Index(s, "<main"); i >= 0 {
		s = s[i:]
	}
	return s[:min(len(s), 900)]
}

// in signs a browser in.
func (s *site) in(email string) *browser {
	s.Helper()
	b := s.browser()
	page := b.get("/sign-in").is(200)
	form := page.Form("/sign-in")
	form.Set("email", email)
	form.Set("password", goodPassword)
	b.post("/sign-in", form).leads("/")
	return b
}

// send fills a form of a page and sends it.
func (b *browser) send(page *htmlcheck.Page, action string, values map[string]string) reply {
	b.Helper()
	form := page.Form(action)
	if form == nil {
		b.Fatalf("the page %q has no form for %s", page.H1(), action)
	}
	for name, value := range values {
		form.Del(name)
		if value != "" {
			form[name] = strings.Split(value, "|")
		}
	}
	return b.post(action, form)
}

// dump is every row of the tables that the pages write to.
func (s *site) dump() string {
	s.Helper()
	var out string
	err := s.d.Read(context.Background(), func(t *db.Tx) error {
		out = ""
		for _, q := range []string{
			`select id || name || email || password || organisation || lang || theme || state || cast(version as text) from account order by 1`,
			`select account || role || cast(until_at as text) from account_role order by 1`,
			`select token || account from session order by 1`,
			`select account || seed || cast(confirmed_at as text) || cast(last_step as text) from account_factor order by 1`,
			`select code || account || cast(used_at as text) from account_recovery order by 1`,
			`select token || purpose || account || cast(used_at as text) from access_link order by 1`,
			`select name || value from setting order by 1`,
			`select id || state from job order by 1`,
		} {
			rows, err := db.All[string](t, q)
			if err != nil {
				return err
			}
			out += fmt.Sprintln(rows)
		}
		return nil
	})
	s.ok(err)
	return out
}

// elsewhere is a listener on an address of this machine that is no loopback
// address; nil where the machine has none.
func elsewhere(t *testing.T) net.Listener {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
			l, err := net.Listen("tcp", net.JoinHostPort(n.IP.String(), "0"))
			if err == nil {
				return l
			}
		}
	}
	return nil
}
