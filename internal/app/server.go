package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/pages"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// Limits of a server; those of a connection stand in listen.go.
const (
	maxHeader = 32 << 10 // bytes
	drainTime = 10 * time.Second
)

// ServeOptions say how an installation is served.
type ServeOptions struct {
	Addr         string           // host:port; port 0 takes a free one
	BaseURL      string           // the address that people open; empty: the one that is listened at
	TLSCert      string           // files of the certificate and its key; both or neither
	TLSKey       string           //
	InsecureHTTP bool             // on an address that others reach, without TLS
	Trusted      []netip.Prefix   // proxies whose forwarding headers count
	Ready        func(url string) // told once, when the server answers
}

// Check refuses options that do not go together, BadRequest, so that nobody
// serves passwords over an open network by oversight.
func (o ServeOptions) Check(demo bool) error {
	bad := func(m i18n.Msg) error { return errs.New(errs.BadRequest, m) }
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return bad(i18n.M("app.serve.tls", "--tls-cert and --tls-key go together: give both or neither."))
	}
	if o.BaseURL != "" {
		u, err := url.Parse(o.BaseURL)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return bad(i18n.M("app.serve.base", "--base-url is an address such as https://ayni.example.org, without a path."))
		}
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return bad(i18n.M("app.serve.addr", "--addr is an address with a port, such as 127.0.0.1:8080. Port 0 takes a free one."))
	}
	if loopback(host) {
		return nil
	}
	if demo {
		return bad(i18n.M("app.serve.demo", "The demo has accounts without passwords, so it answers on this machine alone: leave out --addr, or name a loopback address."))
	}
	if !o.secure() && !o.InsecureHTTP {
		return bad(i18n.M("app.serve.open",
			"{addr} can be reached from other machines, and passwords would cross the network in the open. Behind a proxy with TLS give --base-url https://…, or give --tls-cert and --tls-key, or take the risk with --insecure-http.",
			i18n.A{"addr": o.Addr}))
	}
	return nil
}

// secure says whether people reach the server over TLS.
func (o ServeOptions) secure() bool {
	return o.TLSCert != "" || strings.HasPrefix(o.BaseURL, "https://")
}

// loopbackAddr says whether host:port names this machine alone.
func loopbackAddr(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && loopback(host)
}

// loopback says whether a host names this machine alone.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return strings.EqualFold(host, "localhost")
	}
	return ip.Unmap().IsLoopback()
}

// Handler answers requests. Tests use it without a network.
func (a *App) Handler(o ServeOptions) http.Handler {
	server := a.Web(o)
	return a.observed(server)
}

// Web is the server with all its routes.
func (a *App) Web(o ServeOptions) *web.Server {
	host, _, err := net.SplitHostPort(o.Addr)
	insecure := err == nil && !loopback(host) && !o.secure()
	kernel := pages.New(a.pageOptions(o))
	if o.BaseURL != "" {
		a.Mail.SetBase(o.BaseURL)
	}
	s := web.New(web.Options{
		DB: a.DB, Log: a.Options.Log, Identify: a.Access.Identify, SignIn: kernel.SignIn,
		Nav: nav, Foot: foot, Secure: o.secure(), Insecure: insecure, Demo: a.Options.Demo,
		Trusted: o.Trusted, BaseURL: strings.TrimRight(o.BaseURL, "/"),
	})
	s.Add(a.machineRoutes()...)
	for _, r := range a.rooms(kernel) {
		s.Add(r.routes...)
	}
	s.AddFiles(ui.AssetPrefix, ui.Assets())
	return s
}

// Routes are all routes, for the list and the matrix of routes and roles. They
// are the same for every installation.
func Routes() []web.Route {
	a := &App{Options: Options{Log: slog.Default()}}
	a.wire()
	return a.Web(ServeOptions{}).Routes()
}

// machineRoutes are for programs that watch over the server, and for robots.
func (a *App) machineRoutes() []web.Route {
	say := func(c *web.Ctx, status int, text string) error {
		c.W.Header().Set("Cache-Control", "no-store")
		return c.Bytes(status, "text/plain; charset=utf-8", []byte(text+"\n"))
	}
	return []web.Route{
		{Method: http.MethodGet, Pattern: "/healthz", Perm: access.Public, Do: func(c *web.Ctx) error { return say(c, http.StatusOK, "ok") }},
		{Method: http.MethodGet, Pattern: "/readyz", Perm: access.Public, Do: func(c *web.Ctx) error {
			err := a.Ready(c.Context())
			if err != nil {
				c.W.Header().Set("Retry-After", "5")
				return say(c, http.StatusServiceUnavailable, notReady(err))
			}
			return say(c, http.StatusOK, "ready")
		}},
		{Method: http.MethodGet, Pattern: "/robots.txt", Perm: access.Public, Do: func(c *web.Ctx) error {
			return say(c, http.StatusOK, "User-agent: *\nDisallow: /")
		}},
	}
}

// observed logs requests and keeps what this process has in memory fresh.
func (a *App) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.served.Add(1)
		a.underWay.Add(1)
		defer a.underWay.Add(-1)
		begun := time.Now() //nolint:forbidigo // how long an answer took is the machine's affair
		if a.stale.CompareAndSwap(true, false) {
			err := a.loadHost(r.Context())
			if err != nil {
				a.stale.Store(true)
			}
		}
		seen := &watched{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		if r.Method == http.MethodPost {
			a.stale.Store(true)
		}
		if quietPath(r.URL.Path) && seen.status < http.StatusInternalServerError {
			return
		}
		a.Options.Log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", r.Method), slog.String("path", logged(r.URL.Path)), slog.Int("status", seen.status),
			slog.Int64("bytes", seen.bytes), slog.Float64("ms", float64(time.Since(begun).Microseconds())/1000))
	})
}

// watched notes what was answered.
type watched struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// quietPath says whether requests for a path are left out of the log: they
// come every few seconds, or with every page.
func quietPath(path string) bool {
	return path == "/healthz" || path == "/readyz" || strings.HasPrefix(path, ui.AssetPrefix)
}

// logged is a path as the log has it. What follows these words is a right.
func logged(path string) string {
	for _, p := range []string{access.LinkPath(""), access.SetUpPath(""), partnership.LinkPrefix, partnership.CalendarPath(""), digest.StopPath("")} {
		if strings.HasPrefix(path, p) {
			return p + "…"
		}
	}
	if len(path) > 500 {
		return path[:500] + "…"
	}
	return path
}

// Serve answers requests until ctx ends, then lets those under way come to
// their end, ten seconds at most. A second end, of hurry, breaks them off.
func (a *App) Serve(ctx context.Context, hurry <-chan struct{}, o ServeOptions) error {
	err := o.Check(a.Options.Demo)
	if err != nil {
		return err
	}
	var certificate *tls.Config
	if o.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
		if err != nil {
			return &errs.Error{Kind: errs.Invalid, Cause: err, Msg: i18n.M("app.serve.certificate",
				"The certificate {cert} with the key {key} can’t be used. Give files in PEM that belong together.", i18n.A{"cert": o.TLSCert, "key": o.TLSKey})}
		}
		certificate = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return &errs.Error{Kind: errs.Invalid, Cause: err, Msg: i18n.M("app.serve.listen",
			"Can’t listen at {addr}: another program may use it, or the address is not this machine’s. Name another with --addr.", i18n.A{"addr": o.Addr})}
	}
	listener = &bounded{Listener: listener, limits: a.limits, exempt: o.Trusted, plain: certificate == nil, from: map[netip.Addr]int{}}
	if certificate != nil {
		certificate.NextProtos = []string{"h2", "http/1.1"}
		listener = tls.NewListener(listener, certificate)
	}
	server := &http.Server{
		Handler: a.Handler(o), ReadHeaderTimeout: a.limits.header, ReadTimeout: a.limits.body, WriteTimeout: a.limits.body,
		IdleTimeout: a.limits.idle, MaxHeaderBytes: maxHeader, TLSConfig: certificate,
		ErrorLog: slog.NewLogLogger(a.Options.Log.Handler(), slog.LevelDebug),
	}
	if o.BaseURL == "" {
		a.Mail.SetBase(listened(listener, o))
	}
	a.noteServed(o)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	a.Start(ctx)
	if o.Ready != nil {
		o.Ready(listened(listener, o))
	}
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	a.Options.Log.Info("ending: no new requests; those under way have ten seconds")
	return a.drain(server, hurry)
}

func (a *App) drain(server *http.Server, hurry <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	go func() {
		select {
		case <-hurry:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		a.Options.Log.Warn("requests were broken off")
		err = server.Close()
		a.letGo()
	}
	a.Stop(ctx)
	return err
}

// letGo gives requests whose connections were closed a second to notice it,
// so that none of them writes after the audit's head was signed.
func (a *App) letGo() {
	for range 100 {
		if a.underWay.Load() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// listened is the address under which this machine reaches the server.
func listened(l net.Listener, o ServeOptions) string {
	scheme := "http://"
	if o.TLSCert != "" {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return scheme + l.Addr().String()
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	if named, _, err := net.SplitHostPort(o.Addr); err == nil && strings.EqualFold(named, "localhost") {
		host = "localhost"
	}
	return scheme + net.JoinHostPort(host, port)
}

// NewLog makes the log of a server: one JSON object a line.
func NewLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, nil))
}
