package web

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/id"
)

// BenchmarkPage measures a page that says next to nothing: who acts is looked
// up in the database, the frame is drawn, the answer compressed. "bare" is
// net/http with the same bytes, as the measure of what the rest costs.
func BenchmarkPage(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine.name, func(b *testing.B) {
			d := engine.open(b)
			token := session(b, d)
			s := New(Options{DB: d, Log: slog.New(slog.DiscardHandler), Identify: access.New(d).Identify})
			s.Add(Route{Method: "GET", Pattern: "/page", Perm: access.SignedIn, Do: func(c *Ctx) error { return c.Page(page(c.Base("A page"), "words")) }})
			r := httptest.NewRequest("GET", "/page", nil)
			r.AddCookie(&http.Cookie{Name: "session", Value: token})
			var plain bytes.Buffer
			for _, encoding := range []string{"", "gzip"} {
				r.Header.Set("Accept-Encoding", encoding)
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatalf("%d: %s", w.Code, w.Body)
				}
				if encoding == "" {
					plain = *w.Body
				}
				name := map[string]string{"": "plain", "gzip": "gzip"}[encoding]
				b.Run(name, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						s.ServeHTTP(httptest.NewRecorder(), r)
					}
				})
			}
			bare := http.NewServeMux()
			bare.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, err := w.Write(plain.Bytes())
				if err != nil {
					b.Error(err)
				}
			})
			b.Run("bare", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					bare.ServeHTTP(httptest.NewRecorder(), r)
				}
			})
		})
	}
}

// BenchmarkForm measures a form that writes one row, with and without the key
// that makes it take effect once.
func BenchmarkForm(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine.name, func(b *testing.B) {
			d := engine.open(b)
			token := session(b, d)
			s := New(Options{DB: d, Log: slog.New(slog.DiscardHandler), Identify: access.New(d).Identify})
			s.Add(Route{Method: "POST", Pattern: "/items", Perm: access.SignedIn, Do: func(c *Ctx) error {
				err := d.Write(c.Context(), func(t *db.Tx) error { return note(t, "item") })
				if err != nil {
					return err
				}
				return c.See("/")
			}})
			for _, keyed := range []bool{true, false} {
				b.Run(map[bool]string{true: "with key", false: "without key"}[keyed], func(b *testing.B) {
					for b.Loop() {
						form := url.Values{"name": {"a"}}
						if keyed {
							form.Set("form-key", NewFormKey())
						}
						r := httptest.NewRequest("POST", "/items", strings.NewReader(form.Encode()))
						r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
						r.AddCookie(&http.Cookie{Name: "session", Value: token})
						w := httptest.NewRecorder()
						s.ServeHTTP(w, r)
						if w.Code != 303 {
							b.Fatalf("%d: %s", w.Code, w.Body)
						}
					}
				})
			}
		})
	}
}

// session makes an administrator and signs it in.
func session(b *testing.B, d *db.DB) string {
	b.Helper()
	s := access.New(d)
	s.NewPerson = func(*db.Tx, access.Actor, string, string) (string, error) { return id.New(), nil }
	ctx := context.Background()
	link, _, err := s.SetUpToken(ctx)
	if err != nil {
		b.Fatal(err)
	}
	token, err := s.SetUp(ctx, link, access.SetUpForm{
		Name: "Ada Admin", Email: "ada@example.org", Password: "river stones in March", HostName: "Example Organisation", Lang: "en",
	}, "", "")
	if err != nil {
		b.Fatal(err)
	}
	return token
}
