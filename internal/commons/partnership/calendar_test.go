package partnership

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/ui/htmlcheck"
)

// feed asks for a calendar by its address alone.
func (x *site) feed(path string, header ...string) *httptest.ResponseRecorder {
	x.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	x.srv.ServeHTTP(w, r)
	return w
}

// address makes a calendar address and gives its path.
func (x *site) address(a access.Actor, partnership string) string {
	x.Helper()
	w := x.do(a, http.MethodPost, FeedsPath, values("partnership", partnership))
	if w.Code != http.StatusOK {
		x.Fatalf("status %d", w.Code)
	}
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" {
		x.Errorf("the page with the address may be kept or named elsewhere: %v", w.Header())
	}
	_, rest, found := strings.Cut(htmlcheck.Parse(x, w.Body.String()).Text(), CalendarPath(""))
	if !found {
		x.Fatal("the page does not show the address")
	}
	token, _, _ := strings.Cut(rest, ".ics")
	if len(token) != 64 {
		x.Fatalf("a token of %d signs", len(token))
	}
	return CalendarPath(token) + ".ics"
}

// events are the events of a calendar, read line by line: the values of their
// properties by name, unfolded and unescaped.
func (x *site) events(w *httptest.ResponseRecorder) []map[string]string {
	x.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" {
		x.Fatalf("status %d, %s: %s", w.Code, w.Header().Get("Content-Type"), w.Body.String())
	}
	var out []map[string]string
	for _, l := range strings.Split(strings.ReplaceAll(w.Body.String(), "\r\n ", ""), "\r\n") {
		name, value, _ := strings.Cut(l, ":")
		name, _, _ = strings.Cut(name, ";")
		switch {
		case l == "BEGIN:VEVENT":
			out = append(out, map[string]string{})
		case len(out) > 0:
			out[len(out)-1][name] = strings.NewReplacer(`\,`, ",", `\;`, ";", `\n`, "\n", `\\`, `\`).Replace(value)
		}
	}
	return out
}

func summaries(events []map[string]string) string {
	var out []string
	for _, e := range events {
		out = append(out, e["SUMMARY"])
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func (x *site) says(w *httptest.ResponseRecorder, want ...string) {
	x.Helper()
	if got := summaries(x.events(w)); got != strings.Join(want, "\n") {
		x.Errorf("the calendar says:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func TestCalendarOfAPerson(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		x.acc.Demo = true
		p := x.partnership(c)
		x.action(c.manager, Action{Partnership: p, Text: "Call them; then, write", OwnerKind: WhoPerson, OwnerID: c.manager.Person, DueOn: x.today().AddDays(5)})
		x.action(c.manager, Action{Partnership: p, Text: "For another", OwnerKind: WhoPerson, OwnerID: c.approver.Person, DueOn: x.today().AddDays(5)})
		x.ok(second(x.s.AddDeadline(x.Context(), c.manager, p, Deadline{Text: "Report due", DueOn: x.today().AddDays(9), Audience: access.AudienceParties})))
		x.approve(c.approver, p, x.attest(c.manager, x.attested(p, "convergence.values")))
		hidden := x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Secret talks", Confidential: true}})
		x.ok(second(x.s.AddDeadline(x.Context(), c.manager, hidden, Deadline{Text: "Secret day", DueOn: x.today().AddDays(3), Audience: access.AudienceHost})))
		x.create(c.officer, NewPartnership{Partnership: Partnership{Title: "Of others", EndOn: x.today().AddDays(50)}}) // she sees it and has no part in it

		path := x.address(c.manager, "")
		w := x.feed(path)
		x.says(w, "Call them; then, write (Cotton with trust)", "Deadline: a partnership", "Report due (Cotton with trust)", "What stands in for records expires (Cotton with trust)")
		if strings.Contains(w.Body.String(), "ecret") {
			t.Error("the calendar names a confidential partnership")
		}
		for _, e := range x.events(w) {
			if e["UID"] == "" || len(e["DTSTART"]) != 8 || e["LAST-MODIFIED"] == "" || e["SEQUENCE"] == "" {
				t.Errorf("an event without what programs need: %v", e)
			}
		}
		// Who has the address reads what its owner may see, in its language.
		x.says(x.feed(x.address(c.approver, "")), "For another (Cotton with trust)", "Report due (Cotton with trust)", "What stands in for records expires (Cotton with trust)")
		x.says(x.feed(x.address(c.ravi, "")), "Report due (Cotton with trust)")

		// Unchanged, it is not sent again.
		tag := w.Header().Get("ETag")
		if tag == "" || w.Header().Get("Last-Modified") == "" {
			t.Error("a reading can't be compared with the one before")
		}
		x.later(time.Minute)
		if w := x.feed(path, "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("status %d with %d bytes", w.Code, w.Body.Len())
		}
		x.ok(second(x.s.AddDeadline(x.Context(), c.manager, p, Deadline{Text: "Another", DueOn: x.today().AddDays(9), Audience: access.AudienceParties})))
		if w := x.feed(path, "If-None-Match", tag); w.Code != http.StatusOK {
			t.Errorf("a change is answered with %d", w.Code)
		}
		if w := x.feed(path); w.Header().Get("Referrer-Policy") != "no-referrer" || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("headers %v", w.Header())
		}
	})
}

// An event stays the same one when its day moves, and says that it changed.
func TestCalendarEventsKeepTheirName(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		x.acc.Demo = true
		p := x.partnership(c)
		form := x.record(p)
		form.EndOn = x.today().AddDays(40)
		x.ok(x.s.Edit(x.Context(), c.manager, form))
		path := x.address(c.manager, p)
		before := x.events(x.feed(path))[0]
		form = x.record(p)
		form.EndOn = x.today().AddDays(60)
		x.later(time.Hour)
		x.ok(x.s.Edit(x.Context(), c.manager, form))
		after := x.events(x.feed(path))[0]
		if before["UID"] != after["UID"] || before["DTSTART"] == after["DTSTART"] || before["SEQUENCE"] != "0" || after["SEQUENCE"] != "1" || before["LAST-MODIFIED"] >= after["LAST-MODIFIED"] {
			t.Errorf("before %v, after %v", before, after)
		}
	})
}

// AC3: a calendar address opens nothing that its owner may not see when it is
// read, and nothing once it is revoked.
func TestAC3CalendarFeeds(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		x.acc.Demo = true
		p := x.partnership(c)
		x.ok(second(x.s.AddDeadline(x.Context(), c.manager, p, Deadline{Text: "Report due", DueOn: x.today().AddDays(9), Audience: access.AudienceHost})))
		is := func(path string, status int) {
			t.Helper()
			if w := x.feed(path); w.Code != status {
				t.Errorf("status %d, want %d", w.Code, status)
			}
		}
		foreign := x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Foreign", Confidential: true}})
		for _, a := range []access.Actor{c.officer, c.ravi} {
			w := x.do(a, http.MethodPost, FeedsPath, values("partnership", foreign))
			if w.Code != http.StatusNotFound {
				t.Errorf("an address of a foreign partnership: status %d", w.Code)
			}
		}
		one := x.address(c.approver, p)
		x.says(x.feed(one), "Report due (Cotton with trust)")
		// It is kept as a hash alone.
		token := strings.TrimSuffix(strings.TrimPrefix(one, CalendarPath("")), ".ics")
		if x.count(`select count(*) from calendar_feed where token = $1`, token) != 0 || x.count(`select count(*) from calendar_feed where token = $1`, feedHash(token)) != 1 {
			t.Error("the token is kept as it is")
		}
		x.get(c.approver, FeedsPath).MustNotSay(t, token)
		// A right that is lost is lost here, too.
		form := x.record(p)
		form.Confidential = true
		x.ok(x.s.Edit(x.Context(), c.manager, form))
		x.says(x.feed(one), "Deadline: a partnership")
		x.ok(x.s.RemoveMember(x.Context(), c.manager, p, x.member(p, c.approver, access.Approve)))
		is(one, http.StatusNotFound)
		x.get(c.approver, FeedsPath).MustSay(t, "A partnership that you no longer see")

		// Made anew, the old address ends; revoked, there is none.
		old := x.address(c.manager, "")
		now := x.address(c.manager, "")
		is(old, http.StatusNotFound)
		is(now, http.StatusOK)
		page := x.get(c.manager, FeedsPath)
		page.MustSay(t, "All that is due for you", "A new address ends the one made before", "24 Nov 2026")
		feeds, err := x.s.Feeds(x.Context(), c.manager)
		x.ok(err)
		x.refuses(c.officer, FeedsPath+"/"+feeds[0].ID+"/revoke", url.Values{}, http.StatusNotFound)
		x.post(c.manager, FeedsPath+"/"+feeds[0].ID+"/revoke", url.Values{})
		is(now, http.StatusNotFound)

		// With the account it ends for good.
		last := x.address(c.officer, "")
		is(last, http.StatusOK)
		x.ok(x.acc.Close(x.Context(), c.admin, c.officer.Account))
		is(last, http.StatusNotFound)
		if x.count(`select count(*) from calendar_feed where account = $1 and revoked_at = 0`, c.officer.Account) != 0 {
			t.Error("the address comes back with the account")
		}
	})
}

func TestCalendarsAreRateLimited(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		x.acc.Demo = true
		path := x.address(c.manager, "")
		for range feedWrong {
			if w := x.feed(CalendarPath(strings.Repeat("0", 64))); w.Code != http.StatusNotFound {
				t.Fatalf("status %d", w.Code)
			}
		}
		w := x.feed(CalendarPath("another"))
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("status %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
		for range feedReads {
			if w := x.feed(path); w.Code != http.StatusOK {
				t.Fatalf("status %d: the owner pays for who guesses", w.Code)
			}
		}
		if w := x.feed(path); w.Code != http.StatusTooManyRequests {
			t.Errorf("status %d", w.Code)
		}
		x.later(feedPace)
		x.says(x.feed(path))
	})
}

func TestIN4CalendarTextsAreInert(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		x.acc.Demo = true
		hostile := "x\r\nEND:VEVENT\r\nBEGIN:VALARM <script>alert(1)</script> {{.}} \u202egpj.exe"
		p := x.create(c.manager, NewPartnership{Partnership: Partnership{Title: hostile}})
		x.ok(second(x.s.AddDeadline(x.Context(), c.manager, p, Deadline{Text: hostile, DueOn: x.today().AddDays(9), Audience: access.AudienceHost})))
		x.action(c.manager, Action{Partnership: p, Text: hostile, OwnerKind: WhoPerson, OwnerID: c.manager.Person, DueOn: x.today().AddDays(5), Link: "javascript:alert(1)"})
		for _, path := range []string{x.address(c.manager, ""), x.address(c.manager, p)} {
			w := x.feed(path)
			lines := strings.Split(w.Body.String(), "\r\n")
			if n := len(x.events(w)); n != 2 || slices.Contains(lines, "BEGIN:VALARM") || strings.Contains(w.Body.String(), "\u202e") || strings.Contains(w.Body.String(), "javascript:") {
				t.Errorf("%d events: %s", n, w.Body.String())
			}
		}
	})
}

func TestCalendarInThreeLanguages(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		x.acc.Demo = true
		form := x.record(x.partnership(c))
		form.EndOn = x.today().AddDays(40)
		x.ok(x.s.Edit(x.Context(), c.manager, form))
		for lang, want := range map[string]string{"en": "The partnership is to end", "fr": "Le partenariat", "es": "La alianza"} {
			token, err := x.s.MakeFeed(x.Context(), c.manager, "", lang)
			x.ok(err)
			w := x.feed(CalendarPath(token))
			if got := summaries(x.events(w)); !strings.HasPrefix(got, want) || !strings.Contains(w.Body.String(), "SUMMARY;LANGUAGE="+lang) {
				t.Errorf("%s: %s", lang, got)
			}
		}
	})
}
