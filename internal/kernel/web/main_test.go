package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/ui/htmlcheck"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// canary stands in every cause and secret: no answer and no line of the log
// that people see may hold it.
const canary = "CANARY-7f3a"

// site is a server with a route for every way to answer.
type site struct {
	*testing.T
	d    *db.DB
	s    *Server
	log  *lines
	slow chan struct{} // closed: the routes that wait go on

	mu      sync.Mutex
	actors  map[string]access.Actor // by session token
	asked   []SignInReason          // how often the sign-in page was shown, and why
	replays []string                // what it was given to send again
	nexts   []string                // and where to
}

func newSite(t *testing.T, d *db.DB, edit func(*Options)) *site {
	t.Helper()
	s := &site{T: t, d: d, log: &lines{}, slow: make(chan struct{}), actors: map[string]access.Actor{}}
	o := Options{
		DB: d, Log: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Identify: s.identify, SignIn: s.signIn,
	}
	if edit != nil {
		edit(&o)
	}
	s.s = New(o)
	s.s.Add(s.routes()...)
	s.s.AddFiles(ui.AssetPrefix, ui.Assets())
	return s
}

// as makes a session and returns its token.
func (s *site) as(a access.Actor) string {
	if a.Account == "" {
		a.Account = id.New()
	}
	if a.AuthAt == 0 {
		a.AuthAt = s.d.Clock.Now()
	}
	token := id.Secret(32)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.actors[token] = a
	return token
}

func (s *site) officer() string {
	return s.as(access.Actor{Name: "Olga Officer", Roles: []access.Role{access.Officer}})
}

func (s *site) identify(_ context.Context, token string) (access.Actor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch token {
	case "busy":
		return access.Actor{}, &errs.Error{Kind: errs.Busy, Retry: 3, Cause: errors.New(canary)}
	case "broken":
		return access.Actor{}, errors.New(canary)
	}
	a, ok := s.actors[token]
	if !ok {
		return access.Actor{}, &errs.Error{Kind: errs.Unauthenticated}
	}
	return a, nil
}

func (s *site) signIn(c *Ctx, why SignInReason) error {
	replay := c.Replay()
	s.mu.Lock()
	s.asked = append(s.asked, why)
	s.replays = append(s.replays, replay)
	s.nexts = append(s.nexts, Local(c.R.URL.RequestURI()))
	s.mu.Unlock()
	return c.PageStatus(http.StatusUnauthorized, page(c.Base("Sign in"), "who are you"))
}

// page is a bare page with a heading and a text.
func page(b ui.Base, text string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		inner := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			_, err := fmt.Fprintf(w, `<div class="work"><h1>%s</h1><p>%s</p></div>`, templ.EscapeString(b.Title), templ.EscapeString(text))
			return err
		})
		return ui.Layout(b).Render(templ.WithChildren(ctx, inner), w)
	})
}

// kinds are all kinds of errors with their status.
var kinds = []struct {
	kind   errs.Kind
	status int
}{
	{errs.Internal, 500}, {errs.Invalid, 422}, {errs.BadRequest, 400}, {errs.Unauthenticated, 401}, {errs.Forbidden, 403}, {errs.NotFound, 404},
	{errs.Conflict, 409}, {errs.TooLarge, 413}, {errs.TooMany, 429}, {errs.Busy, 503}, {errs.Full, 507}, {errs.Repeated, 409},
}

func (s *site) routes() []Route {
	get := func(pattern string, perm access.Permission, do Handler) Route {
		return Route{Method: http.MethodGet, Pattern: pattern, Perm: perm, Do: do}
	}
	post := func(pattern string, perm access.Permission, do Handler) Route {
		return Route{Method: http.MethodPost, Pattern: pattern, Perm: perm, Do: do}
	}
	show := func(c *Ctx) error { return c.Page(page(c.Base("A page", ui.Link{Text: "Home"}), "words")) }
	fresh := post("/fresh", access.SignedIn, s.item)
	fresh.Fresh = true
	freshPage := get("/fresh", access.SignedIn, show)
	freshPage.Fresh = true
	upload := post("/upload", access.SignedIn, s.upload)
	upload.MaxBody = 4 << 20
	return []Route{
		get("/{$}", access.Public, show),
		get("/me", access.SignedIn, show),
		get("/staff", access.StaffOnly, show),
		get("/admin", access.Administer, show),
		get("/short", access.Public, func(c *Ctx) error {
			return c.Bytes(http.StatusOK, "text/plain; charset=utf-8", []byte("short"))
		}),
		get("/long", access.Public, func(c *Ctx) error {
			return c.Bytes(http.StatusOK, "text/plain; charset=utf-8", []byte(strings.Repeat("long ", 1000)))
		}),
		get("/json", access.Public, func(c *Ctx) error { return c.JSON(map[string]int{"n": 1}) }),
		get("/json-fails", access.Public, func(c *Ctx) error { return c.JSON(make(chan int)) }),
		get("/ip", access.Public, func(c *Ctx) error {
			return c.Bytes(http.StatusOK, "text/plain; charset=utf-8", []byte(c.IP().String()))
		}),
		get("/go", access.Public, func(c *Ctx) error { return c.See(c.Query("to")) }),
		get("/file", access.Public, func(c *Ctx) error {
			return c.SendFile(c.Query("name"), "text/html; charset=utf-8", strings.NewReader("<script>0123456789</script>"))
		}),
		get("/attached", access.Public, func(c *Ctx) error {
			return c.Attach(c.Query("name"), "text/csv; charset=utf-8", []byte("a,b\r\n"))
		}),
		get("/panic", access.Public, func(*Ctx) error { panic(canary) }),
		get("/panic-late", access.Public, func(c *Ctx) error {
			err := show(c)
			if err != nil {
				return err
			}
			panic(canary)
		}),
		get("/unrendered", access.Public, func(c *Ctx) error {
			return c.Page(templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
				_, err := io.WriteString(w, "half a page")
				if err != nil {
					return err
				}
				return errors.New(canary)
			}))
		}),
		get("/fails", access.Public, func(c *Ctx) error {
			return failure(c.Query("kind"))
		}),
		get("/unclassified", access.Public, func(*Ctx) error { return errors.New(canary) }),
		get("/worded", access.Public, func(*Ctx) error {
			return &errs.Error{Kind: errs.Conflict, Msg: i18n.M("test.worded", "The <b>words</b> of {who}.", i18n.A{"who": "the service"}), Cause: errors.New(canary)}
		}),
		get("/fields", access.Public, func(*Ctx) error {
			return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{
				{Name: "name", Msg: i18n.M("test.name", "Give the name.")}, {Name: "day", Msg: i18n.M("test.day", "Give the day.")},
			}}
		}),
		get("/query", access.Public, func(c *Ctx) error { return s.longQuery(c.Context()) }),
		get("/waits", access.Public, func(c *Ctx) error {
			<-c.Context().Done()
			return fmt.Errorf("wait: %w", c.Context().Err())
		}),
		get("/undo-elsewhere", access.Public, func(c *Ctx) error {
			c.Flash(i18n.M("test.saved", "It is saved."), c.Query("undo"))
			return c.See("/")
		}),
		get("/lang", access.Public, func(c *Ctx) error {
			c.SetLang(c.Query("set"))
			return c.See("/")
		}),
		post("/items", access.SignedIn, s.item),
		post("/items/{id}", access.SignedIn, s.item),
		post("/admin/items", access.Administer, s.item),
		post("/public/items", access.Public, s.item),
		post("/session", access.Public, func(c *Ctx) error {
			c.SetSession(canary)
			return c.See("/")
		}),
		post("/session/end", access.Public, func(c *Ctx) error {
			c.EndSession()
			return c.See("/")
		}),
		fresh, freshPage, upload,
	}
}

// failure is an error of the kind of that name, with a cause.
func failure(kind string) error {
	for _, k := range kinds {
		if k.kind.String() == kind {
			return fmt.Errorf("read item 7: %w", &errs.Error{Kind: k.kind, Cause: errors.New(canary)})
		}
	}
	return errors.New("no such kind: " + kind)
}

// item is a form as rooms have it: it shows mistakes on its page, notes
// failed attempts in a transaction of its own, and does its work once.
func (s *site) item(c *Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	switch name := v.Get("name"); name {
	case "":
		var check errs.Check
		check.Add("name", i18n.M("test.name", "Give the name."))
		f := FormState(v, check.Err(), c.L)
		return c.PageStatus(http.StatusUnprocessableEntity, page(c.Base("New item").With(f), f.Error("name")))
	case "attempt":
		// As a sign-in does with a wrong password.
		err := s.d.Write(c.Context(), func(t *db.Tx) error { return note(t, "attempt") })
		if err != nil {
			return err
		}
		return c.PageStatus(http.StatusUnprocessableEntity, page(c.Base("New item"), "wrong"))
	case "attempt-refused":
		err := s.d.Write(c.Context(), func(t *db.Tx) error { return note(t, "attempt") })
		if err != nil {
			return err
		}
		return &errs.Error{Kind: errs.TooMany, Retry: 4}
	case "page":
		err := s.d.Write(c.Context(), func(t *db.Tx) error { return note(t, "item") })
		if err != nil {
			return err
		}
		return c.Page(page(c.Base("The link, shown once"), "link"))
	case "conflict":
		return s.d.Write(c.Context(), func(t *db.Tx) error {
			err := note(t, "item")
			if err != nil {
				return err
			}
			return errs.New(errs.Conflict, i18n.M("test.conflict", "It has moved on."))
		})
	default:
		made := id.New()
		err := s.d.Write(c.Context(), func(t *db.Tx) error { return note(t, "item") })
		if err != nil {
			return err
		}
		if name == "slow" {
			<-s.slow
		}
		c.Flash(i18n.M("test.saved", "It is saved."), "/items/"+made+"/delete")
		return c.See("/items/" + made)
	}
}

func note(t *db.Tx, what string) error {
	_, err := t.Exec(`insert into setting (name, value, updated_at, updated_by) values ($1, $2, $3, $4)`, what+"."+id.New(), what, t.Now, "test")
	return err
}

// count is how many notes of a kind are in the database.
func (s *site) count(what string) int {
	s.Helper()
	var n int
	err := s.d.Read(context.Background(), func(t *db.Tx) error {
		var err error
		n, err = db.One[int](t, `select count(*) from setting where value = $1`, what)
		return err
	})
	s.ok(err)
	return n
}

func (s *site) upload(c *Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	f := v.File("file")
	if f == nil {
		return c.Bytes(http.StatusOK, "text/plain; charset=utf-8", []byte("none"))
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		return err
	}
	return c.Bytes(http.StatusOK, "text/plain; charset=utf-8", fmt.Appendf(nil, "%s %d", f.Filename, n))
}

// longQuery keeps an engine busy for minutes.
func (s *site) longQuery(ctx context.Context) error {
	return s.d.Read(ctx, func(t *db.Tx) error {
		_, err := db.One[int64](t, `with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000000000) select count(*) from n`)
		return err
	})
}

func (s *site) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// ask is a request to be sent.
type ask struct {
	method, path string
	token        string
	header       http.Header
	form         url.Values
	body         string // with a Content-Type in header, in place of form
	remote       string
	ctx          context.Context
}

// answer is a response with its body.
type answer struct {
	*httptest.ResponseRecorder
	t    testing.TB
	what string
}

func (s *site) do(a ask) answer {
	s.Helper()
	ctx := a.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	var body io.Reader
	switch {
	case a.form != nil:
		body = strings.NewReader(a.form.Encode())
	case a.body != "":
		body = strings.NewReader(a.body)
	}
	r := httptest.NewRequestWithContext(ctx, a.method, a.path, body)
	if a.form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if a.method == http.MethodPost {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, values := range a.header {
		r.Header[name] = values
	}
	if a.token != "" {
		r.AddCookie(&http.Cookie{Name: s.s.cookieName("session"), Value: a.token})
	}
	if a.remote != "" {
		r.RemoteAddr = a.remote
	}
	w := httptest.NewRecorder()
	s.s.ServeHTTP(w, r)
	return answer{w, s.T, a.method + " " + a.path}
}

func (s *site) get(path, token string) answer {
	s.Helper()
	return s.do(ask{method: http.MethodGet, path: path, token: token})
}

func (s *site) post(path, token string, form url.Values) answer {
	s.Helper()
	return s.do(ask{method: http.MethodPost, path: path, token: token, form: form})
}

// is asserts a status.
func (a answer) is(status int) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.Code, status, brief(a.Body.String()))
	}
	return a
}

// page reads the answer as a page of the house.
func (a answer) page() *htmlcheck.Page {
	a.t.Helper()
	if got := a.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
		a.t.Fatalf("%s: Content-Type %q is no page: %s", a.what, got, brief(a.Body.String()))
	}
	return htmlcheck.Parse(a.t, a.Body.String())
}

// leads asserts a redirect.
func (a answer) leads(to string) {
	a.t.Helper()
	a.is(http.StatusSeeOther)
	if got := a.Header().Get("Location"); got != to {
		a.t.Fatalf("%s: leads to %q, want %q", a.what, got, to)
	}
}

// cookies are the cookies of the answer, the last of each name.
func (a answer) cookies() map[string]*http.Cookie {
	out := map[string]*http.Cookie{}
	for _, c := range a.Result().Cookies() {
		out[c.Name] = c
	}
	return out
}

func brief(s string) string {
	if len(s) > 600 {
		return s[:600] + "…"
	}
	return s
}

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// all are the lines so far.
func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for line := range strings.SplitSeq(l.b.String(), "\n") {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// at are the lines of a level.
func (l *lines) at(level slog.Level) []string {
	var out []string
	for _, line := range l.all() {
		if strings.Contains(line, `"level":"`+level.String()+`"`) {
			out = append(out, line)
		}
	}
	return out
}

// noon is an instant at which tests stop the clock.
const noon = clock.Ms(1_800_000_000_000)

// within runs fn and fails when it takes too long.
func within(t *testing.T, most time.Duration, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	select {
	case <-done:
	case <-time.After(most):
		t.Fatalf("not done after %s", most)
	}
}
