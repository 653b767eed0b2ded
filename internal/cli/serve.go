package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"

	"ayni/internal/app"
	"ayni/internal/app/demo"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/mail"
)

// serve runs the web server.
type serve struct {
	Addr         string   `default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Demo         bool     //
	BaseURL      string   `placeholder:"URL"`
	TLSCert      string   `placeholder:"FILE"`
	TLSKey       string   `placeholder:"FILE"`
	InsecureHTTP bool     `name:"insecure-http"`
	TrustedProxy []string `placeholder:"CIDR"`
	SMTP         string   `name:"smtp" placeholder:"URL"`
	MailDir      string   `placeholder:"DIR"`
	MailFrom     string   `placeholder:"ADDRESS"`
	MaxFile      int64    `default:"25" placeholder:"MB"`
}

// largestFile is the most that --max-file takes, in megabytes.
const largestFile = 1000

// Run serves until a signal ends it.
func (c *serve) Run(x *session) error {
	so := app.ServeOptions{Addr: c.Addr, BaseURL: c.BaseURL, TLSCert: c.TLSCert, TLSKey: c.TLSKey, InsecureHTTP: c.InsecureHTTP}
	var err error
	so.Trusted, err = proxies(c.TrustedProxy)
	if err != nil {
		return err
	}
	err = so.Check(c.Demo)
	if err != nil {
		return err
	}
	if c.MaxFile < 1 || c.MaxFile > largestFile {
		return errs.New(errs.BadRequest, i18n.M("cli.serve.maxfile", "--max-file is a number of megabytes from 1 to {most}, not {value}.", i18n.A{"most": largestFile, "value": c.MaxFile}))
	}
	o := x.options(app.Own, "serve")
	o.MaxFile = c.MaxFile << 20
	o.Mail = mail.Options{SMTP: c.SMTP, Dir: c.MailDir, From: c.MailFrom}
	err = o.Mail.Check()
	if err != nil {
		return err
	}
	o.Demo = c.Demo
	o.Log = app.NewLog(x.Err)
	// Packages that were given no log of their own write there too.
	slog.SetDefault(o.Log)
	err = x.with(o, func(a *app.App) error { return c.serve(x, a, so) })
	if x.ctx.Err() != nil && errors.Is(err, x.ctx.Err()) {
		return nil // a signal while it started: it was asked to end, and has
	}
	return err
}

func (c *serve) serve(x *session, a *app.App, so app.ServeOptions) error {
	x.migrated(a.Migrated)
	if c.Demo {
		err := c.demo(x, a)
		if err != nil {
			return err
		}
	}
	token, needed, err := a.Access.SetUpToken(x.ctx)
	if err != nil {
		return err
	}
	so.Ready = func(url string) {
		if needed && !c.Demo {
			base := url
			if c.BaseURL != "" {
				base = strings.TrimRight(c.BaseURL, "/")
			}
			x.note(x.l.T("cli.serve.setup", "There is no account yet. Make the first one at this address, which works once, within 24 hours:"))
			x.note("  " + base + access.SetUpPath(token))
		}
		if x.flags.JSON {
			err := x.document(struct {
				Ready string `json:"ready"`
			}{url})
			if err != nil {
				a.Options.Log.Error("say that the server is ready", "error", err)
			}
			return
		}
		fmt.Fprintln(x.Out, "ready at "+url)
	}
	return a.Serve(x.ctx, x.Hurry, so)
}

// demo fills an empty database. One that holds the demo is served as it is,
// with what people have added since; one of other records is refused.
func (c *serve) demo(x *session, a *app.App) error {
	loaded, err := demo.Loaded(x.ctx, demoServices(a))
	if err != nil || loaded {
		return err
	}
	return demo.Load(x.ctx, demoServices(a))
}

// proxies reads networks, or single addresses.
func proxies(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		s = strings.TrimSpace(s)
		p, err := netip.ParsePrefix(s)
		if err != nil {
			ip, single := netip.ParseAddr(s)
			if single != nil {
				return nil, &errs.Error{Kind: errs.BadRequest, Cause: err, Msg: i18n.M("cli.serve.proxy",
					"--trusted-proxy is a network such as 10.0.0.0/8, or an address, not “{value}”.", i18n.A{"value": s})}
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}
