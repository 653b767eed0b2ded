package pages

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/digest"
)

// choice is what an account is sent.
func (s *site) choice(account string) digest.Choice {
	s.Helper()
	var out digest.Choice
	s.ok(s.d.Read(s.Context(), func(t *db.Tx) error {
		list, err := access.Find(t, access.Filter{IDs: []string{account}})
		if err != nil {
			return err
		}
		out, err = s.o.Digest.Choice(t, list[0])
		return err
	}))
	return out
}

// stopLink is a link that stops messages to an account, as one holds it.
func (s *site) stopLink(account, kind string) string {
	s.Helper()
	const token = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
	s.ok(s.d.Write(s.Context(), func(t *db.Tx) error { return s.o.Digest.Link(t, account, kind, token) }))
	return digest.StopPath(token)
}

// PR1: programs that look at links, and people who open them, stop nothing; a
// POST does, from a mail program or from the page, without sign-in, twice too.
func TestPR1OnlyAPostStopsMessages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, nil)
		olga := s.person("olga@example.org", access.Officer)
		path := s.stopLink(olga, digest.KindDigest)
		b := s.browser()
		page := b.get(path).is(200)
		page.MustSay(t, "Stop digests of what waits for you and what changed?")
		page.MustNotSay(t, "olga@example.org", "Person olga")
		if r := b.do(http.MethodHead, path, nil); r.StatusCode != 200 {
			t.Errorf("HEAD: %d", r.StatusCode)
		}
		if got := b.get(path).Header; got.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control %q", got.Get("Cache-Control"))
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodOptions} {
			b.do(method, path, nil)
		}
		if got := s.choice(olga); got.Rhythm != digest.Weekly {
			t.Fatalf("looking at the link stopped messages: %+v", got)
		}
		// As a mail program sends it: no cookie, no Origin, no page before (RFC 8058).
		program := s.browser()
		program.header = http.Header{}
		for range 2 {
			program.post(path, url.Values{"List-Unsubscribe": {"One-Click"}}).is(200).MustSay(t, "You get no more digests")
		}
		if got := s.choice(olga); got.Rhythm != digest.Never || !got.Reminders {
			t.Errorf("after a post: %+v", got)
		}
		b.get(path).is(200).MustSay(t, "You get no more digests")
		b.send(page, path, nil).is(200) // the page that was open before
		if got := b.post("/stop/unknown", url.Values{"List-Unsubscribe": {"One-Click"}}); got.StatusCode != 404 {
			t.Errorf("an unknown link: %d", got.StatusCode)
		}
		s.in("ada@example.org").get("/admin/audit?kind=account").is(200).MustSay(t, "messages stopped by the link in one", "digest: on Mondays → never")
		d.Clock.Advance(700 * 24 * time.Hour)
		program.post(path, url.Values{}).is(200).MustSay(t, "You get no more digests")
	})
}

func TestProfileChoosesWhatOneIsSent(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	olga := s.person("olga@example.org", access.Officer)
	b := s.in("olga@example.org")
	page := b.get("/profile").is(200)
	if form := page.Form("/profile/messages"); form.Get("rhythm") != "weekly" || form.Get("reminders") == "" {
		t.Errorf("the form says %v", form)
	}
	b.send(page, "/profile/messages", map[string]string{"rhythm": "daily", "reminders": ""}).leads("/profile")
	if got := s.choice(olga); got != (digest.Choice{Rhythm: digest.Daily}) {
		t.Errorf("chosen: %+v", got)
	}
	page = b.get("/profile").is(200)
	if form := page.Form("/profile/messages"); form.Get("rhythm") != "daily" || form.Get("reminders") != "" {
		t.Errorf("the form says %v", form)
	}
	b.send(page, "/profile/messages", map[string]string{"rhythm": "hourly"}).is(422)
	if got := s.choice(olga); got != (digest.Choice{Rhythm: digest.Daily}) {
		t.Errorf("a rhythm that is not offered changed it: %+v", got)
	}
}
