package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/ui"
)

// Options make a server.
type Options struct {
	DB       *db.DB
	Log      *slog.Logger
	Identify func(ctx context.Context, token string) (access.Actor, error) // session token → who
	Nav      func(c *Ctx) []ui.NavItem                                     // the main navigation
	Foot     func(c *Ctx) []ui.Link                                        // the links in the footer
	SignIn   func(c *Ctx, why SignInReason) error                          // the page that asks who you are
	Secure   bool                                                          // cookies for HTTPS only
	Insecure bool                                                          // show the banner about serving without TLS
	Demo     bool                                                          // show the line about the demo
	Trusted  []netip.Prefix                                                // proxies whose forwarding headers count
	BaseURL  string                                                        // https://…, for links in mails; empty when unknown
}

// SignInReason says why a page asks to sign in.
type SignInReason int

// The reasons.
const (
	NotSignedIn SignInReason = iota // nobody is signed in, or the session ended
	NotFresh                        // the password was given too long ago for this
	NoFactor                        // the account must have a second factor first
)

// Server answers requests.
type Server struct {
	o      Options
	mux    *http.ServeMux
	routes []Route
	cross  *http.CrossOriginProtection
}

// New makes a server without routes.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Server{o: o, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection()}
}

// Add registers routes; a faulty one is a fault of the program.
func (s *Server) Add(routes ...Route) {
	for _, r := range routes {
		err := r.check()
		if err != nil {
			panic(err)
		}
		s.routes = append(s.routes, r)
		s.mux.Handle(r.Method+" "+r.Pattern, s.handler(r))
	}
}

// AddFiles serves files that are public and never change, such as assets.
func (s *Server) AddFiles(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// Routes are all routes in the order of registration.
func (s *Server) Routes() []Route { return s.routes }

// contentPolicy is the policy of every response. Only the sign-in page of a
// form that was open at expiry posts elsewhere, and that is this server too.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"

func (s *Server) headers(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	if s.o.Secure {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// ServeHTTP sets the headers that every response has, and answers addresses
// that no route has.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.headers(w.Header())
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	// The mux answers 404 or 405 in plain words; ours are pages.
	probe := &statusProbe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status >= 300 && probe.status < 400 {
		h.ServeHTTP(w, r) // the mux cleans a path such as //a/../b
		return
	}
	if allow := probe.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
	}
	c := s.newCtx(w, r)
	defer c.rescue()
	if !readable(r.URL) {
		c.fail(&errs.Error{Kind: errs.BadRequest}, 0)
		return
	}
	c.identify()
	if probe.status == http.StatusMethodNotAllowed {
		c.fail(&errs.Error{Kind: errs.BadRequest, Msg: i18n.M("web.method", "This address does not take the method {method}.", i18n.A{"method": cleanWord(r.Method)})}, http.StatusMethodNotAllowed)
		return
	}
	c.fail(errs.Missing(), 0)
}

// cleanWord keeps what a browser sends in a method from carrying anything else.
func cleanWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, s)
}

type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header { return p.header }
func (p *statusProbe) Write(b []byte) (int, error) {
	if p.status == 0 {
		p.status = http.StatusOK
	}
	return len(b), nil
}
func (p *statusProbe) WriteHeader(status int) { p.status = status }

// How long the work on one request may take. A route that takes files has the
// time that a slow line needs for them; exports set their own.
const (
	handleTimeout = 30 * time.Second
	uploadTimeout = 5 * time.Minute
)

func (s *Server) handler(route Route) http.Handler {
	limit, timeout := route.MaxBody, handleTimeout
	if limit == 0 {
		limit = maxBody
	}
	if limit > maxBody {
		timeout = uploadTimeout
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		c := s.newCtx(w, r)
		c.route = route
		defer c.CloseForm()
		defer c.rescue()
		err := c.serve()
		if err != nil {
			c.fail(err, 0)
		}
	})
}

// rescue answers in the place of a handler that panicked. It is deferred.
func (c *Ctx) rescue() {
	p := recover()
	if p == nil {
		return
	}
	c.log().ErrorContext(c.R.Context(), "panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	c.fail(errs.Wrap(errs.Internal, errors.New("panic")), 0)
}

// serve runs the checks that stand before every handler, then the handler.
func (c *Ctx) serve() error {
	if !readable(c.R.URL) {
		return &errs.Error{Kind: errs.BadRequest}
	}
	c.identify()
	if c.authErr != nil {
		return c.authErr
	}
	if c.route.Changes() {
		err := c.s.cross.Check(c.R)
		if err != nil {
			return &errs.Error{Kind: errs.Forbidden, Cause: err, Msg: i18n.M("web.cross", "This form was sent from another site. Open the page here and send it again.")}
		}
	}
	if !c.route.Perm.Open() {
		if !c.Actor.SignedIn() {
			return c.askWho(NotSignedIn)
		}
		if c.Actor.Factor == access.FactorDue && !c.route.Enrol {
			return c.askWho(NoFactor)
		}
		if !c.Actor.May(c.route.Perm) {
			return &errs.Error{Kind: errs.Forbidden, Msg: i18n.M("web.role", "Your account’s roles do not include this. An administrator can change them.")}
		}
		if c.route.Fresh && c.R.Method != http.MethodHead && c.s.o.DB.Clock.Now() > c.Actor.AuthAt.Add(15*time.Minute) {
			return c.askWho(NotFresh)
		}
	}
	if !c.route.Changes() {
		if sort := c.Query("sort"); sort != "" && !slices.Contains(c.route.Sorts, sort) {
			return &errs.Error{Kind: errs.BadRequest, Msg: i18n.M("web.sort", "This list can’t be sorted in the way that the address asks for. Choose a column on its page.")}
		}
		return c.route.Do(c)
	}
	err := c.once()
	if err == nil {
		err = c.route.Do(c)
	}
	return c.sent(err)
}

// readable says whether an address holds text that both engines can look for:
// UTF-8 without NUL.
func readable(u *url.URL) bool {
	if !text(u.Path) {
		return false
	}
	for name, values := range u.Query() { // without the pairs that can't be read
		if !text(name) || slices.ContainsFunc(values, func(s string) bool { return !text(s) }) {
			return false
		}
	}
	return true
}

// askWho shows the sign-in page, or says 401 to what is not a browser.
func (c *Ctx) askWho(why SignInReason) error {
	if c.wantsJSON() || c.s.o.SignIn == nil {
		return &errs.Error{Kind: errs.Unauthenticated}
	}
	return c.s.o.SignIn(c, why)
}

// once looks whether this form took effect before; if not, the first write of
// the request notes its key in the same transaction.
func (c *Ctx) once() error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	key := v.Get(formKeyField)
	if key == "" {
		return nil
	}
	if len(key) > 64 {
		return &errs.Error{Kind: errs.BadRequest}
	}
	account := c.Actor.ID()
	c.formKey = rememberedAs(account, c.R.URL.Path, key)
	first, found, err := c.lookBack()
	if err != nil {
		return err
	}
	if found {
		return &errs.Error{Kind: errs.Repeated, Goto: first.Location}
	}
	c.R = c.R.WithContext(db.OnWrite(c.R.Context(), func(t *db.Tx) error {
		first, found, err := sentBefore(t, c.formKey)
		if err != nil {
			return err
		}
		if found {
			return &errs.Error{Kind: errs.Repeated, Goto: first.Location}
		}
		t.AfterCommit(func(context.Context) error {
			c.keyNoted = true
			return nil
		})
		err = noteForm(t, c.formKey, account)
		if errs.Is(err, errs.Conflict) {
			return &errs.Error{Kind: errs.Repeated, Cause: err} // the same form at the same moment
		}
		return err
	}))
	return nil
}

// rememberedAs is what a form is remembered by: who sent it, where to, and the
// key of its page. It is short whatever was sent.
func rememberedAs(account, path, key string) string {
	sum := sha256.Sum256([]byte(account + "\n" + key + "\n" + path))
	return hex.EncodeToString(sum[:])
}

func (c *Ctx) lookBack() (first sending, found bool, err error) {
	err = c.s.o.DB.Read(c.R.Context(), func(t *db.Tx) error {
		var err error
		first, found, err = sentBefore(t, c.formKey)
		return err
	})
	return first, found, err
}

// sent ends a request that changes something: it notes where the answer led,
// lets a form that was refused be sent again, and leads a repeated form to
// where the first one went.
func (c *Ctx) sent(err error) error {
	if errs.Is(err, errs.Repeated) {
		return c.repeated(errs.As(err).Goto)
	}
	refused := c.status >= 400 && c.status < 500
	if err != nil {
		refused = Status(err) < 500
	}
	var note func(t *db.Tx) error
	switch {
	case c.formKey == "":
		return err
	case refused && c.keyNoted:
		// Something was written all the same, such as a failed attempt in the audit.
		note = func(t *db.Tx) error { return forgetForm(t, c.formKey) }
	case err == nil && c.location != "":
		note = func(t *db.Tx) error { return noteLocation(t, c.formKey, c.location) }
	default:
		return err
	}
	// Best effort: without it a repeated form leads back to its own page.
	failed := c.s.o.DB.Write(context.WithoutCancel(c.R.Context()), note)
	if failed != nil {
		c.log().WarnContext(c.R.Context(), "form key", "error", failed)
	}
	return err
}

// How long a repeated form waits for the answer to the first: a double click
// sends both at once, and the reader sees the answer to the second.
const (
	waitForFirst = 2 * time.Second
	lookEvery    = 20 * time.Millisecond
)

// repeated answers a form that had taken effect before.
func (c *Ctx) repeated(to string) error {
	for waited := time.Duration(0); to == "" && waited < waitForFirst; waited += lookEvery {
		first, found, err := c.lookBack()
		if err != nil {
			return err
		}
		if !found {
			return c.See(c.back()) // the first was refused meanwhile
		}
		if c.Now() > first.At.Add(waitForFirst) {
			break // its answer was a page, or never came
		}
		to = first.Location
		if to == "" {
			select {
			case <-time.After(lookEvery):
			case <-c.R.Context().Done():
				return c.R.Context().Err()
			}
		}
	}
	if to == "" {
		to = c.back()
	}
	c.Flash(i18n.M("web.repeated", "This form had been sent before. It took effect once."), "")
	return c.See(to)
}

// NewFormKey makes the key that a page puts into its forms.
func NewFormKey() string { return id.New() }

// RemoteIP is the address of the other side: the socket's, or what a trusted
// proxy says of it.
func (s *Server) RemoteIP(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	ip = ip.Unmap().WithZone("")
	if !s.trusted(ip) {
		return ip
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return ip
		}
		ip = hop.Unmap().WithZone("")
		if !s.trusted(ip) {
			return ip
		}
	}
	return ip
}

func (s *Server) trusted(ip netip.Addr) bool {
	for _, p := range s.o.Trusted {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
