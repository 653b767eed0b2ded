package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/ui"
)

// Ctx is one request: who acts, in which language, and the ways to answer.
type Ctx struct {
	W     http.ResponseWriter
	R     *http.Request
	Actor access.Actor
	L     *i18n.L

	s        *Server
	route    Route
	ref      string // reference number of this request, for the log and the 500 page
	values   *Values
	formErr  error
	authErr  error
	formKey  string // under which this form is remembered
	keyNoted bool   // it was, in a transaction of this request
	location string
	status   int // of the answer, once it is begun
	sentOnce bool
}

func (s *Server) newCtx(w http.ResponseWriter, r *http.Request) *Ctx {
	return &Ctx{W: w, R: r, s: s, ref: newRef(), L: i18n.For(i18n.Match(r.Header.Get("Accept-Language")))}
}

// newRef makes a number that a person can read out: eight letters and digits.
func newRef() string {
	const letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
	raw := id.Secret(8)
	var b strings.Builder
	for i := 0; i < 16; i += 2 {
		if i == 8 {
			b.WriteByte('-')
		}
		n := (int(raw[i])<<8 | int(raw[i+1])) % len(letters)
		b.WriteByte(letters[n])
	}
	return b.String()
}

func (c *Ctx) log() *slog.Logger { return c.s.o.Log.With("ref", c.ref) }

// Warn notes a fault that the reader need not know of: the answer is whole
// without what failed.
func (c *Ctx) Warn(what string, err error) { c.log().WarnContext(c.R.Context(), what, "error", err) }

// Context is the request's context: cancelled when the reader leaves.
func (c *Ctx) Context() context.Context { return c.R.Context() }

// Now is the present instant.
func (c *Ctx) Now() clock.Ms { return c.s.o.DB.Clock.Now() }

// Today is the present day in UTC.
func (c *Ctx) Today() clock.Day { return c.Now().Day() }

// Path is a part of the address that the route names.
func (c *Ctx) Path(name string) string { return c.R.PathValue(name) }

// Query is the first value of a query parameter.
func (c *Ctx) Query(name string) string { return c.R.URL.Query().Get(name) }

// IP is the address of the other side.
func (c *Ctx) IP() netip.Addr { return c.s.RemoteIP(c.R) }

// Secure says whether the reader came over TLS.
func (c *Ctx) Secure() bool { return c.s.o.Secure }

// BaseURL is the address of the installation as configured, never as a header says.
func (c *Ctx) BaseURL() string { return c.s.o.BaseURL }

// Cookie names. The prefix __Host- binds a cookie to this host and to HTTPS;
// without TLS (loopback, or --insecure-http) browsers refuse it.
func (s *Server) cookieName(name string) string {
	if s.o.Secure {
		return "__Host-" + name
	}
	return name
}

func (c *Ctx) cookie(name string) string {
	k, err := c.R.Cookie(c.s.cookieName(name))
	if err != nil {
		return ""
	}
	return k.Value
}

func (c *Ctx) setCookie(name, value string, maxAge int) {
	http.SetCookie(c.W, &http.Cookie{
		Name: c.s.cookieName(name), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: c.s.o.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// halfLife is how long a browser keeps a sign-in that waits for its code.
const halfLife = 10 * time.Minute

// SetPass gives the reader a secret that opens the addresses under a path
// alone, for some seconds; an empty one takes it away. It is no session.
func (c *Ctx) SetPass(name, secret, path string, seconds int) {
	if secret == "" {
		seconds = -1
	}
	http.SetCookie(c.W, &http.Cookie{
		Name: c.passName(name), Value: secret, Path: path, MaxAge: seconds,
		HttpOnly: true, Secure: c.s.o.Secure, SameSite: http.SameSiteStrictMode,
	})
	c.W.Header().Set("Cache-Control", "no-store")
}

// Pass is the secret that SetPass gave, as the reader sent it.
func (c *Ctx) Pass(name string) string {
	k, err := c.R.Cookie(c.passName(name))
	if err != nil {
		return ""
	}
	return k.Value
}

// passName is the name of a pass. Its path is not the whole site, so the
// prefix is the one that binds it to HTTPS alone.
func (c *Ctx) passName(name string) string {
	if c.s.o.Secure {
		return "__Secure-" + name
	}
	return name
}

// Prefer makes the answer speak a language where the reader has chosen none on
// this device.
func (c *Ctx) Prefer(lang string) {
	if i18n.Known(lang) && !i18n.Known(c.cookie("lang")) && !i18n.Known(c.Query("lang")) {
		c.L = i18n.For(lang)
	}
}

// Quiet marks a page whose address carries a right: nothing keeps it, and no
// other page learns its address. Without Sec-Fetch-Site, which browsers send
// to HTTPS and to this machine alone, a form needs the Origin that such a
// policy takes away; there the site's own policy stays.
func (c *Ctx) Quiet() {
	c.W.Header().Set("Cache-Control", "no-store")
	if c.Secure() || hereByName(c.R.Host) {
		c.W.Header().Set("Referrer-Policy", "no-referrer")
	}
}

// hereByName says whether a request's host names this machine by a loopback name.
func hereByName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || (err == nil && ip.Unmap().IsLoopback())
}

// SetSession gives the reader a session's token; the cookie ends with the browser.
func (c *Ctx) SetSession(token string) {
	c.setCookie("session", token, 0)
	c.W.Header().Set("Cache-Control", "no-store")
}

// EndSession takes the token away and tells the browser to forget the pages.
func (c *Ctx) EndSession() {
	c.setCookie("session", "", -1)
	c.W.Header().Set("Clear-Site-Data", `"cache", "storage"`)
}

// SetHalf gives the reader the token of a sign-in that waits for its code;
// empty takes it away.
func (c *Ctx) SetHalf(token string) {
	age := int(halfLife.Seconds())
	if token == "" {
		age = -1
	}
	c.setCookie("half", token, age)
	c.W.Header().Set("Cache-Control", "no-store")
}

// Half is that token as the reader sent it.
func (c *Ctx) Half() string { return c.cookie("half") }

// Token is the session's token as the reader sent it.
func (c *Ctx) Token() string { return c.cookie("session") }

// SetLang keeps the language chosen on this device.
func (c *Ctx) SetLang(lang string) { c.setCookie("lang", lang, 365*24*3600) }

// identify finds out who acts and in which language.
func (c *Ctx) identify() {
	if token := c.Token(); token != "" && c.s.o.Identify != nil {
		a, err := c.s.o.Identify(c.R.Context(), token)
		switch {
		case err == nil:
			c.Actor = a
		case errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.NotFound):
		default:
			c.authErr = err
		}
	}
	switch {
	case c.Actor.SignedIn():
		// What a signed-in person sees is not kept by anything between.
		c.W.Header().Set("Cache-Control", "no-store")
		c.W.Header().Set("Vary", "Cookie")
	default:
		c.W.Header().Set("Cache-Control", "no-cache")
		c.W.Header().Set("Vary", "Cookie, Accept-Language")
	}
	// The language chosen on this device last, then the account's; a language
	// link is a choice that stays.
	lang := c.cookie("lang")
	if !i18n.Known(lang) {
		lang = c.Actor.Lang
	}
	if q := c.Query("lang"); i18n.Known(q) {
		if q != lang {
			c.SetLang(q)
		}
		lang = q
	}
	if i18n.Known(lang) {
		c.L = i18n.For(lang)
	}
}

// flashCookie is what a page says once after a change.
type flashCookie struct {
	M i18n.Msg `json:"m"`
	U string   `json:"u,omitempty"`
}

// Flash says something on the next page; undo is a path that a POST takes
// the change back with, or empty.
func (c *Ctx) Flash(m i18n.Msg, undo string) {
	b, err := json.Marshal(flashCookie{M: m, U: undo})
	if err != nil || len(b) > 2500 {
		return // a toast that is too long for a cookie is left out
	}
	c.setCookie("flash", base64.RawURLEncoding.EncodeToString(b), 60)
}

func (c *Ctx) takeFlash() *ui.Flash {
	raw := c.cookie("flash")
	if raw == "" {
		return nil
	}
	c.setCookie("flash", "", -1)
	f, ok := readFlash(raw)
	if !ok {
		return nil
	}
	return &ui.Flash{Text: c.L.Say(f.M), Undo: f.U}
}

// readFlash reads what Flash wrote. A browser may send anything in its place.
func readFlash(raw string) (flashCookie, bool) {
	b, err := base64.RawURLEncoding.DecodeString(raw)
	if err != nil {
		return flashCookie{}, false
	}
	var f flashCookie
	err = json.Unmarshal(b, &f)
	if err != nil || f.M.Zero() {
		return flashCookie{}, false
	}
	if !localPath(f.U) {
		f.U = ""
	}
	return f, true
}

// Base begins a page: its title and the way to it. The last crumb is the page
// itself and has no address.
func (c *Ctx) Base(title string, crumbs ...ui.Link) ui.Base {
	q := c.R.URL.Query()
	q.Del("lang")
	b := ui.Base{
		L: c.L, Title: title, Path: c.R.URL.EscapedPath(), Query: q.Encode(), Theme: c.Actor.Theme,
		Crumbs: crumbs, Who: c.Actor.Name, Demo: c.s.o.Demo, Insecure: c.s.o.Insecure,
		FormKey: NewFormKey(), Flash: c.takeFlash(),
	}
	if c.s.o.Nav != nil {
		b.Nav = c.s.o.Nav(c)
	}
	if c.s.o.Foot != nil {
		b.Foot = c.s.o.Foot(c)
	}
	return b
}

// Page answers with a page.
func (c *Ctx) Page(page templ.Component) error { return c.PageStatus(http.StatusOK, page) }

// PageStatus answers with a page and a status. The page is rendered before
// the first byte is sent, so a fault gives the error page instead of half a page.
func (c *Ctx) PageStatus(status int, page templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	err := page.Render(c.R.Context(), buf)
	if err != nil {
		return fmt.Errorf("render: %w", err)
	}
	return c.Bytes(status, "text/html; charset=utf-8", buf.Bytes())
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

var zippers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed+2)
	if err != nil {
		panic(err) // the level is a constant of ours
	}
	return w
}}

// zipFrom is the size from which a body is worth compressing.
const zipFrom = 1024

// Bytes answers with a body that is ready, compressed where the reader takes it.
func (c *Ctx) Bytes(status int, mediaType string, body []byte) error {
	h := c.W.Header()
	h.Set("Content-Type", mediaType)
	c.sentOnce, c.status = true, status
	zip := false
	if len(body) >= zipFrom {
		h.Add("Vary", "Accept-Encoding")
		zip = ui.AcceptsGzip(c.R.Header.Get("Accept-Encoding"))
	}
	if zip {
		h.Set("Content-Encoding", "gzip")
	}
	c.W.WriteHeader(status)
	if c.R.Method == http.MethodHead {
		return nil
	}
	if !zip {
		return c.wrote(c.W.Write(body))
	}
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(c.W)
	err := c.wrote(z.Write(body))
	if err != nil {
		return err
	}
	return c.wrote(0, z.Close())
}

// wrote turns a failed write into nothing: the reader is gone, nobody is left to tell.
func (c *Ctx) wrote(_ int, err error) error {
	if err != nil {
		c.log().DebugContext(c.R.Context(), "write", "error", err)
	}
	return nil
}

// JSON answers with a value as JSON.
func (c *Ctx) JSON(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return c.Bytes(http.StatusOK, "application/json; charset=utf-8", b)
}

// Attach answers with a file to keep.
func (c *Ctx) Attach(name, mediaType string, body []byte) error {
	c.W.Header().Set("Content-Disposition", Disposition(name))
	c.W.Header().Set("Content-Security-Policy", filePolicy)
	return c.Bytes(http.StatusOK, mediaType, body)
}

// Picture answers with a picture that this program drew, to be shown in a page.
func (c *Ctx) Picture(mediaType string, body []byte) error {
	c.W.Header().Set("Content-Disposition", "inline")
	c.W.Header().Set("Content-Security-Policy", filePolicy)
	return c.Bytes(http.StatusOK, mediaType, body)
}

// filePolicy is the content policy of files: even where a browser shows one,
// it runs nothing and belongs to no site.
const filePolicy = "default-src 'none'; sandbox; frame-ancestors 'none'"

// Disposition is the header of a file to keep (RFC 6266): the name in ASCII
// for old programs, and the whole name. What could hide or turn a part of a
// name, or leave a folder, is taken out.
func Disposition(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, r == '/', r == '\\':
			return '_'
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			return -1
		}
		return r
	}, name)
	ascii := strings.Map(func(r rune) rune {
		if r > 126 || strings.ContainsRune(`"%;`, r) {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + ascii + `"; filename*=UTF-8''` + extValue(name)
}

// extValue writes a text as RFC 8187 has it: all but letters, digits and a
// few signs as %XX.
func extValue(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c < utf8.RuneSelf && (c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("-._~", c) >= 0) {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// See sends the reader on to a page of this site (303).
func (c *Ctx) See(to string) error {
	if !localPath(to) {
		to = "/"
	}
	c.location = to
	c.sentOnce, c.status = true, http.StatusSeeOther
	http.Redirect(c.W, c.R, to, http.StatusSeeOther)
	return nil
}

// localPath says whether an address is a path of this site: no host, no
// scheme, and none of the forms that browsers read as one (//host, /\host).
func localPath(to string) bool {
	if len(to) == 0 || len(to) > 2000 || to[0] != '/' || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t\x00") {
		return false
	}
	u, err := url.Parse(to)
	return err == nil && u.Host == "" && u.Scheme == ""
}

// Local returns the address when it is a path of this site, else "/".
func Local(to string) string {
	if localPath(to) {
		return to
	}
	return "/"
}

// back is the page the reader came from, if it is ours.
func (c *Ctx) back() string {
	u, err := url.Parse(c.R.Referer())
	if err != nil || u.Host != c.R.Host {
		return "/"
	}
	return Local(u.RequestURI())
}

func (c *Ctx) wantsJSON() bool {
	a := c.R.Header.Get("Accept")
	return strings.Contains(a, "json") && !strings.Contains(a, "text/html")
}

// Deadline gives a handler that streams more time than others have.
func (c *Ctx) Deadline(d time.Duration) {
	err := http.NewResponseController(c.W).SetWriteDeadline(clock.System().Add(d))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		c.log().DebugContext(c.R.Context(), "deadline", "error", err)
	}
}

// SendFile answers with a stored file, as something to keep: never shown in
// place, whatever it holds.
func (c *Ctx) SendFile(name, mediaType string, f io.ReadSeeker) error {
	h := c.W.Header()
	h.Set("Content-Disposition", Disposition(name))
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Content-Type", mediaType)
	c.Deadline(10 * time.Minute)
	c.sentOnce, c.status = true, http.StatusOK
	http.ServeContent(c.W, c.R, "", time.Time{}, f)
	return nil
}
