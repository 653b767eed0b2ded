package apptest

import (
	"context"
	"net/http"
	"testing"

	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/web"
)

// reader is somebody to whom the policy gives a route.
func (w *World) reader(t *testing.T, r web.Route) string {
	t.Helper()
	for _, one := range []string{Admin, Manager, Approver, Counsel, Contributor} {
		if w.due(t, r, one, standOf(r)) == allowed {
			return one
		}
	}
	return Nobody
}

// TestHead: HEAD works wherever GET does, says the same, and writes nothing.
func TestHead(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	for _, r := range app.Routes() {
		if r.Changes() {
			continue
		}
		path, reader := w.fill(t, r, w.Open), w.reader(t, r)
		get := w.As(reader).Get(path)
		var head *Reply
		rows := w.Writes(func() { head = w.As(reader).Do(http.MethodHead, path, nil) })
		if head.Code != get.Code || head.Body.Len() != 0 || rows != 0 {
			t.Errorf("%s: GET answers %d, HEAD %d with %d bytes, %d rows written", r, get.Code, head.Code, head.Body.Len(), rows)
		}
		for _, name := range []string{"Content-Type", "Content-Disposition", "Location", "Cache-Control", "Content-Security-Policy"} {
			if head.Header().Get(name) != get.Header().Get(name) {
				t.Errorf("%s: %s is %q for GET, %q for HEAD", r, name, get.Header().Get(name), head.Header().Get(name))
			}
		}
	}
}

// TestSE6_foreignForms: what changes something is not done by a link, and not
// by a form of another site.
func TestSE6_foreignForms(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	reads := map[string]bool{}
	for _, r := range app.Routes() {
		if !r.Changes() {
			reads[r.Pattern] = true
		}
	}
	before := w.Fingerprint()
	for _, r := range app.Routes() {
		if !r.Changes() {
			continue
		}
		path, reader := w.fill(t, r, w.Open), w.reader(t, r)
		if !reads[r.Pattern] {
			reply := w.As(reader).Get(path)
			// An address with a code in place of a word may be another page's.
			if reply.Code != http.StatusMethodNotAllowed && reply.Code != http.StatusNotFound {
				t.Errorf("%s: GET answers %d", r, reply.Code)
			}
			if reply.Code == http.StatusMethodNotAllowed && reply.Header().Get("Allow") != http.MethodPost {
				t.Errorf("%s: Allow %q", r, reply.Header().Get("Allow"))
			}
		}
		for _, h := range []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Sec-Fetch-Site": nil, "Origin": {"null"}}, {"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}},
		} {
			var reply *Reply
			rows := w.Trial(func(ctx context.Context) {
				c := w.As(reader).In(ctx)
				c.Header = h
				reply = c.Post(path, w.form(r, reader, w.Open))
			})
			if reply.Code != http.StatusForbidden || rows != 0 {
				t.Errorf("%s with %v: status %d, %d rows written", r, h, reply.Code, rows)
			}
			if len(reply.Result().Cookies()) != 0 {
				t.Errorf("%s with %v: sets a cookie", r, h)
			}
		}
	}
	if w.Fingerprint() != before {
		t.Error("something was written")
	}
}
