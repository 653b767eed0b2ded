package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// unrepeated are forms whose sending ends what the test needs: sessions,
// accounts, the cast's rights.
func unrepeated(r web.Route) bool {
	return gone[key(r)] != "" || unsent[key(r)] || strings.HasPrefix(r.Pattern, "/sign-") || strings.HasPrefix(r.Pattern, "/profile/") ||
		strings.HasPrefix(r.Pattern, "/admin/accounts/{id}/") || strings.HasSuffix(r.Pattern, "/delete") || strings.HasSuffix(r.Pattern, "/remove") || strings.HasSuffix(r.Pattern, "/end")
}

// TestCO2_once sends every form twice, as after Back: the second sending does
// nothing and leads to where the first one led.
func TestCO2_once(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := NewWorld(New(t, engine))
			n := 0
			for _, r := range app.Routes() {
				if !r.Changes() || unrepeated(r) {
					continue
				}
				reader := ""
				for _, one := range []string{Admin, Manager, Contributor, Approver, Counsel} {
					if w.due(t, r, one, standOf(r)) == allowed {
						reader = one
						break
					}
				}
				path, form := w.fill(t, r, w.Open), w.form(r, reader, w.Open)
				form.Set(ui.FormKeyName, web.NewFormKey())
				first := w.As(reader).Post(path, form)
				if first.Code != http.StatusSeeOther {
					continue // a form before it has changed what it needs, or its answer is a page
				}
				n++
				before := w.Dump(context.Background())
				w.As(reader).Post(path, form).Leads(first.Header().Get("Location"))
				after := w.Dump(context.Background())
				for _, line := range after {
					if _, same := slices.BinarySearch(before, line); !same {
						t.Errorf("%s: sent again, it wrote %s", r, line)
					}
				}
				if len(after) != len(before) {
					t.Errorf("%s: %d rows before, %d after it was sent again", r, len(before), len(after))
				}
			}
			if n < 30 {
				t.Errorf("only %d forms were sent twice", n)
			}
		})
	}
}

// mistakes are what people leave out or mistype; what is chosen from a list or
// by a button can't be.
var mistakes = map[string]func(value string) string{
	"texts left out": func(value string) string {
		if strings.HasPrefix(value, "Example") {
			return ""
		}
		return value
	},
	"days mistyped": func(value string) string {
		if regexp.MustCompile(`^(19|20)\d\d(-\d\d-\d\d)?$`).MatchString(value) {
			return "in spring"
		}
		return value
	},
	"texts too long": func(value string) string {
		if strings.HasPrefix(value, "Example") {
			return strings.Repeat("long ", 2000)
		}
		return value
	},
}

// TestMistakes sends every form with mistakes, as whoever may send it: the
// form comes back whole, and says what is to be mended at the field.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := NewWorld(New(t, engine))
			for name, mistake := range mistakes {
				w.mistaken(t, name, mistake)
			}
		})
	}
}

func (w *World) mistaken(t *testing.T, name string, mistake func(string) string) {
	t.Helper()
	mended := 0
	for _, r := range app.Routes() {
		if !r.Changes() || r.Pattern == "/profile/password" || unrepeated(r) {
			continue
		}
		for _, reader := range []string{Admin, Manager, Contributor, Counsel, PartnerA} {
			form := w.form(r, reader, w.Open)
			wrong := false
			for field, values := range form {
				if mistake(values[0]) != values[0] {
					form[field], wrong = []string{mistake(values[0])}, true
				}
			}
			if !wrong || w.due(t, r, reader, standOf(r)) != allowed {
				continue
			}
			reply := w.As(reader).Post(w.fill(t, r, w.Open), form)
			switch reply.Code {
			case http.StatusUnprocessableEntity:
				mended++
				if len(reply.Page().Errors()) == 0 {
					t.Errorf("%s: %s as %s: the page does not say what is to be mended", name, r, reader)
				}
			case http.StatusSeeOther, http.StatusOK, http.StatusConflict: // it is not needed there, or the form is of before
			default:
				t.Errorf("%s: %s as %s: status %d: %s", name, r, reader, reply.Code, reply.Brief())
			}
		}
	}
	if mended < 10 {
		t.Errorf("%s: only %d forms came back", name, mended)
	}
}

func standOf(r web.Route) *stand {
	if inside(r) {
		return &stands[0]
	}
	return nil
}

// TestDoubleClick sends forms that make a record many times at once.
func TestDoubleClick(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := NewWorld(New(t, engine))
			for _, r := range app.Routes() {
				if key(r) != "POST /partnerships" && key(r) != "POST /partnerships/{id}/elements/{element}/claims" && key(r) != "POST /organisations/new" {
					continue
				}
				reader := Admin
				if inside(r) {
					reader = Manager
				}
				form := w.form(r, reader, w.Open)
				form.Set(ui.FormKeyName, web.NewFormKey())
				before := len(w.Dump(context.Background()))
				single := 0
				w.Trial(func(ctx context.Context) {
					w.As(reader).In(ctx).Post(w.fill(t, r, w.Open), form)
					single = len(w.Dump(ctx)) - before
				})
				replies := make([]*Reply, 6)
				var wait sync.WaitGroup
				for i := range replies {
					wait.Go(func() { replies[i] = w.As(reader).Post(w.fill(t, r, w.Open), form) })
				}
				wait.Wait()
				for _, reply := range replies {
					reply.Leads(replies[0].Header().Get("Location"))
				}
				if rows := len(w.Dump(context.Background())) - before; rows != single || single == 0 {
					t.Errorf("%s: six sendings wrote %d rows, one writes %d", r, rows, single)
				}
			}
		})
	}
}

// TestIN10_log: what a server's log tells of requests is one line of JSON each,
// without passwords, tokens, forms and questions.
func TestIN10_log(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	h := New(t, db.SQLite, func(o *Options) { o.App = func(a *app.Options) { a.Log = app.NewLog(&log) } })
	secret := id.Secret(32)
	c := h.As(Nobody)
	c.Header.Set("User-Agent", "x\n{\"msg\":\"forged\"}\x1b[31m")
	c.Header.Set("Referer", "http://127.0.0.1:8080/link/"+secret)
	for _, path := range []string{"/link/" + secret, "/set-up/" + secret, "/sign-in?next=/" + secret, "/nowhere/%0A%7B%22msg%22:%22forged%22%7D", "/" + strings.Repeat("x", 3000)} {
		c.Get(path)
		c.Post(path, url.Values{"password": {secret}, "new-password": {secret}})
	}
	h.As(Nobody).Post("/sign-in", url.Values{"email": {secret + "@example.org"}, "password": {secret}})
	h.As(Admin).Get("/?q=" + secret)
	h.As(Admin).Post("/profile", url.Values{"name": {secret}, "lang": {"en"}})
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) < 10 {
		t.Fatalf("the log has %d lines", len(lines))
	}
	for _, line := range lines {
		var v struct{ Level, Msg, Path string }
		err := json.Unmarshal([]byte(line), &v)
		if err != nil || v.Msg == "" || v.Msg == "forged" {
			t.Errorf("not a line of JSON: %q", line)
		}
		if strings.Contains(line, secret) || strings.Contains(line, h.tokens[Admin]) || strings.Contains(line, "\x1b") || len(v.Path) > 600 {
			t.Errorf("the log tells too much: %s", line)
		}
		if v.Level == slog.LevelError.String() {
			t.Errorf("an error: %s", line)
		}
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
