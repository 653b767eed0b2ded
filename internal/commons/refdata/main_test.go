package refdata

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/ui/htmlcheck"
	"ayni/internal/kernel/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// Actors of the tests, by the token of their session.
var actors = map[string]access.Actor{
	"admin":   {Account: "admin", Name: "Admin", Roles: []access.Role{access.Admin}},
	"officer": {Account: "officer", Name: "Officer", Roles: []access.Role{access.Officer}},
	"partner": {Account: "partner", Name: "Partner", Roles: []access.Role{access.Partner}},
}

// loaded makes the service with the shipped lists.
func loaded(t testing.TB, d *db.DB) *Service {
	t.Helper()
	s := New(d)
	err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// site serves the room's routes.
type site struct {
	t *testing.T
	h http.Handler
}

func newSite(t *testing.T, d *db.DB, r *Room) site {
	s := web.New(web.Options{DB: d, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Identify: func(_ context.Context, token string) (access.Actor, error) {
		a, ok := actors[token]
		if !ok {
			return a, errs.Missing()
		}
		return a, nil
	}})
	s.Add(r.Routes()...)
	return site{t, s}
}

func (s site) do(who, method, path string, form url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(&http.Cookie{Name: "session", Value: who})
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	return w
}

// page gets a page, checks it and reads it.
func (s site) page(who, path string, status int) *htmlcheck.Page {
	s.t.Helper()
	w := s.do(who, http.MethodGet, path, nil)
	if w.Code != status {
		s.t.Fatalf("GET %s as %s: %d, want %d", path, who, w.Code, status)
	}
	return htmlcheck.Parse(s.t, w.Body.String())
}
