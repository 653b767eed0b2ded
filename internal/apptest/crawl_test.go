package apptest

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui/htmlcheck"
)

// sitePolicy is the content policy of every page.
const sitePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"

// TestIN12_crawl reads every page that each reader can come to: it is whole, its
// links lead somewhere, its forms are taken, and its headers are those of
// every page. Nothing is written meanwhile.
func TestIN12_crawl(t *testing.T) {
	t.Parallel()
	p := plant(New(t, db.SQLite))
	for name := range p.tokens {
		p.signed(name, p.tokens[name]) // sessions are noted as used now
	}
	before := p.Fingerprint()
	sends := postForms(p.House)
	for _, reader := range []string{Nobody, Admin, Officer, Auditor, Manager, Approver, PartnerA, Outsider} {
		pages := p.Crawl(reader, append(p.starts(), "/sign-in", "/set-up")...)
		if len(pages) < 20 {
			t.Errorf("%q read only %d pages", reader, len(pages))
		}
		tried := map[string]bool{}
		for _, page := range pages {
			p.whole(t, reader, page)
			for _, action := range forms(page) {
				if !tried[alike(action)] {
					tried[alike(action)] = true
					p.sendable(t, reader, page, action, sends)
				}
			}
		}
		t.Logf("%q: %d pages, %d forms", reader, len(pages), len(tried))
	}
	if p.Fingerprint() != before {
		t.Error("reading has changed something")
	}
}

// whole checks one page of a crawl.
func (p *planted) whole(t *testing.T, reader string, page Page) {
	t.Helper()
	at := page.Path + " (from " + page.From + ") as " + reader
	// The audit leads to what was there; that it is gone is said at the address.
	removed := strings.HasPrefix(page.From, "/admin/audit") && page.Path == "/partnerships/"+p.gone
	if page.From != "" && !removed && page.Status != http.StatusOK && page.Status != http.StatusSeeOther {
		t.Errorf("%s: a link leads to status %d", at, page.Status)
	}
	if page.Reply.IsPage() && page.Status != http.StatusSeeOther {
		for _, problem := range htmlcheck.Problems(page.Reply.Body.String()) {
			t.Errorf("%s: %s", at, problem)
		}
	}
	h := page.Reply.Header()
	file := strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || strings.HasPrefix(h.Get("Content-Type"), "image/")
	policy := h.Get("Content-Security-Policy")
	if policy != sitePolicy && (!file || !strings.Contains(policy, "sandbox")) {
		t.Errorf("%s: content policy %q", at, policy)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Referrer-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"} {
		if h.Get(name) != want {
			t.Errorf("%s: %s is %q", at, name, h.Get(name))
		}
	}
	if reader != Nobody && h.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: Cache-Control %q", at, h.Get("Cache-Control"))
	}
	if kind := h.Get("Content-Type"); page.Status == http.StatusOK && !strings.Contains(kind, "charset=utf-8") && !file {
		t.Errorf("%s: Content-Type %q", at, kind)
	}
}

// TestIN12_everyRoute reads every route once as somebody who may and once as
// nobody, over TLS: pages, files, redirects and refusals have the same headers.
func TestIN12_everyRoute(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite, func(o *Options) { o.Serve.BaseURL = "https://ayni.example.org" }))
	statuses := map[int]bool{}
	for _, r := range app.Routes() {
		for _, reader := range []string{w.reader(t, r), Nobody} {
			c := w.As(reader)
			if token := c.cookies["session"]; token != "" {
				c.cookies["__Host-session"] = token
			}
			path := w.fill(t, r, w.Open)
			var reply *Reply
			if r.Changes() {
				w.Trial(func(ctx context.Context) { reply = c.In(ctx).Post(path, w.form(r, reader, w.Open)) })
			} else {
				reply = c.Get(path)
			}
			statuses[reply.Code] = true
			h := reply.Header()
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
				"Strict-Transport-Security": "max-age=63072000; includeSubDomains",
			} {
				if h.Get(name) != want {
					t.Errorf("%s as %q: %s is %q", r, reader, name, h.Get(name))
				}
			}
			if p := h.Get("Referrer-Policy"); p != "same-origin" && p != "no-referrer" {
				t.Errorf("%s as %q: Referrer-Policy is %q", r, reader, p)
			}
			if p := h.Get("Content-Security-Policy"); p != sitePolicy && !strings.Contains(p, "sandbox") {
				t.Errorf("%s as %q: the policy is %q", r, reader, p)
			}
			if kind := h.Get("Content-Type"); strings.HasPrefix(kind, "text/html") && !strings.Contains(kind, "charset=utf-8") {
				t.Errorf("%s as %q: %q", r, reader, kind)
			}
			for _, k := range reply.Result().Cookies() {
				if !strings.HasPrefix(k.Name, "__Host-") && !strings.HasPrefix(k.Name, "__Secure-") || !k.Secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode && k.SameSite != http.SameSiteStrictMode {
					t.Errorf("%s as %q: the cookie %s", r, reader, k)
				}
			}
		}
	}
	for _, status := range []int{200, 303, 401} {
		if !statuses[status] {
			t.Errorf("no answer with status %d", status)
		}
	}
}

// postForm finds the forms of a page that change something.
var postForm = regexp.MustCompile(`<form[^>]*>`)

var actionOf = regexp.MustCompile(`\saction="([^"]*)"`)

func forms(page Page) []string {
	var out []string
	if !page.Reply.IsPage() {
		return nil
	}
	for _, form := range postForm.FindAllString(page.Reply.Body.String(), -1) {
		m := actionOf.FindStringSubmatch(form)
		if strings.Contains(form, `method="post"`) && m != nil && !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

// postForms says for a path whether a route takes forms there.
func postForms(h *House) func(path string) bool {
	return func(path string) bool {
		var status int
		h.Trial(func(ctx context.Context) {
			status = h.As(Nobody).In(ctx).Do(http.MethodPut, path, nil).Code
		})
		return status == http.StatusMethodNotAllowed
	}
}

// sendable sends a form of a page as it stands there: who is shown it may
// send it, whatever is still to be filled in.
func (p *planted) sendable(t *testing.T, reader string, page Page, action string, takes func(string) bool) {
	t.Helper()
	at := "the form to " + action + " on " + page.Path + " as " + reader
	if !takes(action) {
		t.Errorf("%s leads nowhere", at)
		return
	}
	values := htmlcheck.Parse(t, page.Reply.Body.String()).Form(action)
	if values == nil {
		t.Errorf("%s can't be read", at)
		return
	}
	var reply *Reply
	p.Trial(func(ctx context.Context) { reply = p.As(reader).In(ctx).Post(action, values) })
	switch reply.Code {
	case http.StatusOK, http.StatusSeeOther, http.StatusUnprocessableEntity, http.StatusConflict, http.StatusBadRequest:
	default:
		t.Errorf("%s is answered with %d: %s", at, reply.Code, reply.Brief())
	}
}

// TestLanguages: each page speaks the reader's language from top to bottom.
func TestLanguages(t *testing.T) {
	t.Parallel()
	h := New(t, db.SQLite)
	w := NewWorld(h)
	for _, lang := range i18n.Langs {
		for _, path := range []string{"/", "/partnerships", "/partnerships/" + w.Open.ID, "/guide", "/nowhere", "/admin/audit"} {
			p := h.As(Admin).Get(path + "?lang=" + lang).Page()
			if p.Lang() != lang {
				t.Errorf("%s in %s: the page is in %q", path, lang, p.Lang())
			}
		}
	}
}
