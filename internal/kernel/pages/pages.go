package pages

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// Options connect the pages with what they show. Fields that may be left out
// say so.
type Options struct {
	DB      *db.DB
	Access  *access.Service
	DataDir string // where files lie; empty: the state of the disk is not shown
	Version string // of the program

	// SetUpAnywhere lets first set-up be done from another machine. Otherwise
	// its page answers requests from this machine alone.
	SetUpAnywhere bool

	// Organisations finds organisations by words of their name, for a partner
	// account; nil: an account's organisation is given by its id.
	Organisations func(ctx context.Context, a access.Actor, words string) ([]ui.Option, error)
	// OrganisationNames gives the names of organisations by id; may be nil.
	PersonNames       func(t *db.Tx, ids []string) (map[string]string, error) // of persons who acted without an account
	OrganisationNames func(ctx context.Context, ids []string) (map[string]string, error)
	// Blank says of which contexts the actor may not see titles and values in
	// the audit; nil: of none.
	Blank func(ctx context.Context, a access.Actor, contexts []string) (map[string]bool, error)
	// Mail says whether messages leave.
	Mail *mail.Service
	// Digest keeps what people want to be sent.
	Digest *digest.Service
	// AuditKinds are the kinds of records that the audit's filter offers beside
	// the kernel's own; may be nil.
	AuditKinds []string
	// KindName says the name of a kind of records; nil or empty: the kind itself.
	KindName func(l *i18n.L, kind string) string
	// FieldName says the name of a field of a kind of records; nil or empty: the
	// field itself.
	FieldName func(l *i18n.L, kind, field string) string
	// RecordLink is the address of a record's page; nil or empty: it has none.
	RecordLink func(kind, record string) string
	// LastBackup is when the last backup ended; 0: never, or not known here; may be nil.
	LastBackup func(ctx context.Context) (clock.Ms, error)
	// AccountLinks are what else may be done with an account, for its page and
	// for its owner's profile; may be nil.
	AccountLinks func(c *web.Ctx, account string) []ui.Link
	// AdminViews are further pages of the administration, such as reference
	// data; may be nil.
	AdminViews func(c *web.Ctx) []ui.NavItem
}

// Pages are the kernel's own pages.
type Pages struct{ o Options }

// New makes the pages.
func New(o Options) *Pages { return &Pages{o: o} }

// signInBody is the limit of the sign-in forms: they may carry another form,
// encoded once more, that was open when the session ended.
const signInBody = 4 << 20

// Routes are the routes of the pages.
func (p *Pages) Routes() []web.Route {
	get := func(pattern string, perm access.Permission, do web.Handler) web.Route {
		return web.Route{Method: http.MethodGet, Pattern: pattern, Perm: perm, Do: do}
	}
	post := func(pattern string, perm access.Permission, do web.Handler) web.Route {
		return web.Route{Method: http.MethodPost, Pattern: pattern, Perm: perm, Do: do}
	}
	fresh := func(pattern string, perm access.Permission, do web.Handler) web.Route {
		r := post(pattern, perm, do)
		r.Fresh = true
		return r
	}
	long := func(r web.Route) web.Route {
		r.MaxBody = signInBody
		return r
	}
	enrol := func(r web.Route) web.Route {
		r.Enrol = true
		return r
	}
	return []web.Route{
		get("/set-up", access.SetUp, p.setUpWhere),
		get("/set-up/{token}", access.SetUp, p.setUp),
		post("/set-up/{token}", access.SetUp, p.doSetUp),

		get("/sign-in", access.Public, p.signInPage),
		long(post("/sign-in", access.Public, p.doSignIn)),
		long(post("/sign-in/demo", access.Public, p.doSignInDemo)),
		get(forgottenPath, access.Public, p.forgotten),
		post(forgottenPath, access.Public, p.doForgotten),
		get(codePath, access.Public, p.signInCode),
		long(post(codePath, access.Public, p.doSignInCode)),
		enrol(long(post("/sign-in/again", access.SignedIn, p.doSignInAgain))),
		post("/sign-out", access.Public, p.doSignOut),
		get("/link/{token}", access.Public, p.link),
		post("/link/{token}", access.Public, p.doLink),

		get("/stop/{token}", access.Public, p.stop),
		post("/stop/{token}", access.Public, p.doStop),

		get("/profile", access.SignedIn, p.profile),
		post("/profile", access.SignedIn, p.doProfile),
		post("/profile/password", access.SignedIn, p.doPassword),
		post("/profile/email", access.SignedIn, p.doAskEmail),
		post("/profile/messages", access.SignedIn, p.doChoice),
		post("/profile/sessions/end", access.SignedIn, p.doEndSession),
		post("/profile/sessions/end-others", access.SignedIn, p.doEndSessions),

		enrol(get(factorPath, access.SignedIn, p.factor)),
		enrol(fresh(factorPath+"/start", access.SignedIn, p.doStartFactor)),
		enrol(post(factorPath+"/confirm", access.SignedIn, p.doConfirmFactor)),
		fresh(factorPath+"/recovery", access.SignedIn, p.doRecovery),
		post(factorPath+"/off", access.SignedIn, p.doTurnOff),

		get("/admin", access.ReadAudit, p.admin),
		get("/admin/accounts", access.Administer, p.accounts),
		get("/admin/accounts/new", access.Administer, p.newAccount),
		fresh("/admin/accounts/new", access.Administer, p.doInvite),
		get("/admin/accounts/{id}", access.Administer, p.account),
		fresh("/admin/accounts/{id}/roles", access.Administer, p.doRoles),
		fresh("/admin/accounts/{id}/email", access.Administer, p.doEmail),
		fresh("/admin/accounts/{id}/link", access.Administer, p.doLinkFor),
		fresh("/admin/accounts/{id}/second-factor", access.Administer, p.doRemoveFactor),
		fresh("/admin/accounts/{id}/close", access.Administer, p.doClose),
		fresh("/admin/accounts/{id}/reopen", access.Administer, p.doReopen),
		get("/admin/settings", access.Administer, p.settings),
		fresh("/admin/settings", access.Administer, p.doSettings),

		get("/admin/audit", access.ReadAudit, p.audit),
		get("/admin/jobs", access.ReadAudit, p.jobs),
		get("/admin/jobs/{id}", access.ReadAudit, p.job),
		get("/admin/jobs/{id}/progress", access.ReadAudit, p.jobProgress),
		post("/admin/jobs/{id}/cancel", access.Administer, p.doCancelJob),
		post("/admin/jobs/{id}/retry", access.Administer, p.doRetryJob),
		get("/admin/system", access.ReadAudit, p.system),
		get("/admin/messages", access.Administer, p.messages),
		get("/admin/messages/{id}", access.Administer, p.message),
		post("/admin/messages/{id}/decide", access.Administer, p.doDecideMessage),
		fresh("/admin/messages/release", access.Administer, p.doReleaseMessages),
	}
}

// AdminViews are the pages of the administration that the reader may open,
// for the tabs of each of them.
func (p *Pages) AdminViews(c *web.Ctx) []ui.NavItem {
	l := c.L
	items := []struct {
		perm access.Permission
		link ui.Link
	}{
		{access.Administer, ui.Link{Text: l.T("pages.admin.accounts", "Accounts"), Href: "/admin/accounts"}},
		{access.Administer, ui.Link{Text: l.T("pages.admin.settings", "Settings"), Href: "/admin/settings"}},
		{access.ReadAudit, ui.Link{Text: l.T("pages.admin.audit", "Audit"), Href: "/admin/audit"}},
		{access.ReadAudit, ui.Link{Text: l.T("pages.admin.jobs", "Jobs"), Href: "/admin/jobs"}},
		{access.Administer, ui.Link{Text: l.T("pages.messages.title", "Messages"), Href: messagesPath}},
		{access.ReadAudit, ui.Link{Text: l.T("pages.admin.system", "System state"), Href: "/admin/system"}},
	}
	var out []ui.NavItem
	for _, i := range items {
		if c.Actor.May(i.perm) {
			out = append(out, ui.NavItem{Link: i.link})
		}
	}
	if p.o.AdminViews != nil {
		out = append(out, p.o.AdminViews(c)...)
	}
	for i, v := range out {
		switch {
		case v.Href == c.R.URL.Path:
			out[i].Current = "page"
		case strings.HasPrefix(c.R.URL.Path, v.Href+"/"):
			out[i].Current = "true"
		}
	}
	return out
}

// frame is what every page of the administration has.
type frame struct {
	ui.Base
	Views []ui.NavItem
}

func (p *Pages) frame(c *web.Ctx, title string, crumbs ...ui.Link) frame {
	return frame{Base: c.Base(title, crumbs...), Views: p.AdminViews(c)}
}

// admin leads to the first page of the administration that the reader may open.
func (p *Pages) admin(c *web.Ctx) error { return c.See(p.AdminViews(c)[0].Href) }

// accountLinks are what rooms offer to do with an account.
func (p *Pages) accountLinks(c *web.Ctx, account string) []ui.Link {
	if p.o.AccountLinks == nil {
		return nil
	}
	return p.o.AccountLinks(c, account)
}

// inRead runs fn in a read transaction of the request.
func (p *Pages) inRead(c *web.Ctx, fn func(t *db.Tx) error) error {
	return p.o.DB.Read(c.Context(), fn)
}

// ip is the address of the other side as the audit and the limits know it.
func ip(c *web.Ctx) string {
	a := c.IP()
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// forwarding are headers that a proxy adds. A request with one of them has
// come from elsewhere, whatever the socket says.
var forwarding = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-Ip"}

// fromHere says whether a request comes from this machine: the socket's other
// side and our own are loopback addresses, and no proxy stands between.
func fromHere(r *http.Request) bool {
	for _, h := range forwarding {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	if own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && !loopback(own.String()) {
		return false
	}
	return loopback(r.RemoteAddr)
}

// hostIsHere says whether the request names this machine by a loopback name:
// a page of another site that resolves its own name to us does not.
func hostIsHere(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.Trim(r.Host, "[]")
	}
	return strings.EqualFold(host, "localhost") || loopback(net.JoinHostPort(host, "0"))
}

// loopback says whether "address:port" is an address of this machine alone.
func loopback(s string) bool {
	a, err := netip.ParseAddrPort(s)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// quiet marks a page whose address carries a right.
func quiet(c *web.Ctx) { c.Quiet() }

// cameFrom is the page of this site on which the reader was.
func cameFrom(c *web.Ctx) string {
	u, err := url.Parse(c.R.Referer())
	if err != nil || u.Host != c.R.Host {
		return ui.HomePath
	}
	return web.Local(u.RequestURI())
}
