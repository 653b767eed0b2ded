package partnership

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/ui/htmlcheck"
	"ayni/internal/kernel/web"
)

// site shows the pages of home, lists, actions, team and history to the
// people of a house. Who asks is told by the cookie alone.
type site struct {
	*house
	srv   *web.Server
	known map[string]access.Actor
	flash map[string]string // what the next page of an account says once
}

func (h *house) site() *site {
	m := NewRoom(h.s, h.acc)
	x := &site{house: h, known: map[string]access.Actor{}, flash: map[string]string{}}
	x.srv = web.New(web.Options{DB: h.d, Identify: func(_ context.Context, token string) (access.Actor, error) {
		a, ok := x.known[token]
		if !ok {
			return a, &errs.Error{Kind: errs.Unauthenticated}
		}
		return a, nil
	}})
	x.srv.Add(m.homeRoutes()...)
	x.srv.Add(m.listRoutes()...)
	x.srv.Add(m.actionRoutes()...)
	x.srv.Add(m.teamRoutes()...)
	x.srv.Add(m.handOverRoutes()...)
	x.srv.Add(m.calendarRoutes()...)
	x.srv.Add(m.elementRoutes()...)
	x.srv.Add(m.partyRoutes()...)
	x.srv.Add(m.requestRoutes()...)
	x.srv.Add(m.answerRoutes()...)
	return x
}

// eachSite runs fn with a site and its cast on either engine.
func eachSite(t *testing.T, fn func(x *site, c cast)) {
	t.Helper()
	each(t, func(h *house) { fn(h.site(), h.cast()) })
}

// do sends a request as an account whose password was just given.
func (x *site) do(a access.Actor, method, path string, form url.Values) *httptest.ResponseRecorder {
	x.Helper()
	if a.AuthAt == 0 {
		a.AuthAt = x.d.Clock.Now()
	}
	x.known[a.Account] = a
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(&http.Cookie{Name: "session", Value: a.Account})
	if f := x.flash[a.Account]; f != "" {
		r.AddCookie(&http.Cookie{Name: "flash", Value: f})
		delete(x.flash, a.Account)
	}
	w := httptest.NewRecorder()
	x.srv.ServeHTTP(w, r)
	for _, k := range w.Result().Cookies() {
		if k.Name == "flash" && k.MaxAge > 0 {
			x.flash[a.Account] = k.Value
		}
	}
	return w
}

// get reads a page and checks it.
func (x *site) get(a access.Actor, path string) *htmlcheck.Page {
	x.Helper()
	w := x.do(a, http.MethodGet, path, nil)
	if w.Code != http.StatusOK {
		x.Fatalf("GET %s as %s: status %d: %s", path, a.Name, w.Code, htmlcheck.Parse(x, w.Body.String()).Text())
	}
	return htmlcheck.Parse(x, w.Body.String())
}

// file reads a file that a page offers.
func (x *site) file(a access.Actor, path string) string {
	x.Helper()
	w := x.do(a, http.MethodGet, path, nil)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		x.Fatalf("GET %s as %s: status %d, %s", path, a.Name, w.Code, w.Header().Get("Content-Disposition"))
	}
	return w.Body.String()
}

// post sends a form that takes effect, and reads the page it leads to.
func (x *site) post(a access.Actor, path string, form url.Values) *htmlcheck.Page {
	x.Helper()
	w := x.do(a, http.MethodPost, path, form)
	if w.Code != http.StatusSeeOther {
		x.Fatalf("POST %s as %s: status %d: %s", path, a.Name, w.Code, htmlcheck.Parse(x, w.Body.String()).Text())
	}
	to, _, _ := strings.Cut(w.Header().Get("Location"), "#")
	return x.get(a, to)
}

// refuses sends a form that is refused with a status, and gives the page that
// says so.
func (x *site) refuses(a access.Actor, path string, form url.Values, status int) *htmlcheck.Page {
	x.Helper()
	before := x.fingerprint()
	w := x.do(a, http.MethodPost, path, form)
	if w.Code != status {
		x.Fatalf("POST %s as %s: status %d, want %d", path, a.Name, w.Code, status)
	}
	if after := x.fingerprint(); after != before {
		x.Errorf("POST %s as %s was refused and has written", path, a.Name)
	}
	return htmlcheck.Parse(x, w.Body.String())
}

// fingerprint is the number of rows of the audit: whatever is written has one.
func (x *site) fingerprint() int {
	x.Helper()
	return x.count(`select count(*) from audit`)
}

// lookRefused asserts that a page is not for an account.
func (x *site) lookRefused(a access.Actor, path string, status int) {
	x.Helper()
	w := x.do(a, http.MethodGet, path, nil)
	if w.Code != status {
		x.Errorf("GET %s as %s: status %d, want %d", path, a.Name, w.Code, status)
	}
}

// values are the fields of a form, two by two.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// action makes an action and gives its id.
func (h *house) action(a access.Actor, x Action) string {
	h.Helper()
	if x.Audience == "" {
		x.Audience = access.AudienceHost
	}
	made, err := h.s.AddAction(h.Context(), a, x)
	h.ok(err)
	return made
}

// place puts a partnership into a country.
func (h *house) place(a access.Actor, p, country string) {
	h.Helper()
	h.ok(h.s.AddPlace(h.Context(), a, p, Place{Kind: PlaceCountry, Code: country}))
}

// visibleWaits are what a partnership waits for, as an actor may see it.
func (h *house) visibleWaits(a access.Actor, p string) []string {
	h.Helper()
	var out []string
	h.read(func(t *db.Tx) error {
		q := db.NewQ(`select w.what from journey_waiting w where w.partnership = $1 and`, p).AddPart(visibleWait(a)).Add(`order by w.what`)
		var err error
		out, err = db.All[string](t, q.SQL(), q.Args...)
		return err
	})
	return out
}
