package pages

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/jobs"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// record is what a row of the audit is about in these tests.
type record struct {
	Title string `db:"title"`
	Note  string `db:"note"`
}

func TestAuditIsReadFilteredAndPaged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, func(o *Options, _ *web.Options) {
			o.AuditKinds = []string{"thing"}
			o.KindName = func(_ *i18n.L, kind string) string {
				if kind == "thing" {
					return "a thing"
				}
				return ""
			}
			o.RecordLink = func(kind, record string) string { return "/things/" + record }
		})
		olga := s.person("olga@example.org", access.Officer)
		s.ok(d.Write(t.Context(), func(tx *db.Tx) error {
			for i := range 120 {
				err := audit.Write(tx, audit.Row{Actor: olga, Action: "updated", Kind: "thing", Record: orgA, Title: "Thing", Before: record{Note: "old"}, After: record{Note: "new " + string(rune('a'+i%26))}})
				if err != nil {
					return err
				}
			}
			return audit.Write(tx, audit.Row{Actor: "cli:root", Action: "imported-oddly", Kind: "thing", Record: orgB})
		}))
		b := s.in("ada@example.org")
		page := b.get("/admin/audit").is(200)
		page.MustSay(t, "command line (root)", "imported-oddly", "note: old → new", "a thing", "Person olga@example.org", "1 to 50")
		if page.Link("Thing") != "/things/"+orgA {
			t.Errorf("the record leads to %q", page.Link("Thing"))
		}
		seen := 0
		for next := "/admin/audit?actor=olga&kind=thing"; next != ""; {
			page = b.get(next).is(200)
			rows := page.Table("What was done, latest first")
			seen += len(rows) - 1
			next = page.Link("Next")
		}
		if seen != 120 {
			t.Errorf("%d of 120 rows on the pages of the list", seen)
		}
		b.get("/admin/audit?actor="+url.QueryEscape("cli:root")).is(200).MustSay(t, "imported-oddly")
		b.get("/admin/audit?actor=nobody").is(200).MustSay(t, "No account has a name", "Nothing is like this")
		b.get("/admin/audit?actor=example.org").is(200).MustSay(t, "Several accounts")
		page = b.get("/admin/audit?record=" + orgB).is(200)
		page.MustSay(t, "one record")
		if got := page.Form("/admin/audit"); got.Get("record") != orgB {
			t.Errorf("the filter forgets the record: %v", got)
		}
		tomorrow := string(d.Clock.Now().Day().AddDays(1))
		b.get("/admin/audit?since="+tomorrow).is(200).MustSay(t, "Nothing is like this")
		for _, odd := range []string{"since=soon", "after=x", "after=1.2", "from=-1", "kind=%00", "kind=%ff", "kind='", "actor=%25"} {
			if got := b.get("/admin/audit?" + odd).StatusCode; got >= 500 {
				t.Errorf("?%s: status %d", odd, got)
			}
		}
	})
}

func TestAuditOfConfidentialContextsIsBlank(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), func(o *Options, _ *web.Options) {
		o.Blank = func(_ context.Context, a access.Actor, contexts []string) (map[string]bool, error) {
			out := map[string]bool{}
			for _, c := range contexts {
				out[c] = c == orgB && !a.Has(access.Admin)
			}
			return out, nil
		}
	})
	s.ok(s.d.Write(t.Context(), func(tx *db.Tx) error {
		for _, c := range []string{orgA, orgB} {
			err := audit.Write(tx, audit.Row{Actor: s.admin.Account, Action: "created", Kind: "thing", Record: c, Context: c, Title: "Title of " + c, After: record{Note: "value of " + c}})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	s.person("auditor@example.org", access.Auditor)
	page := s.in("auditor@example.org").get("/admin/audit?kind=thing").is(200)
	page.MustSay(t, "Title of "+orgA, "value of "+orgA, "confidential")
	page.MustNotSay(t, "Title of "+orgB, "value of "+orgB)
	if rows := page.Table("What was done, latest first"); len(rows) != 3 {
		t.Errorf("%d rows", len(rows)-1)
	}
	s.in("ada@example.org").get("/admin/audit?kind=thing").is(200).MustSay(t, "value of "+orgB)
}

func TestAuditEscapesWhatPeopleWrote(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	const bad = `<script>alert(1)</script>`
	s.ok(s.d.Write(t.Context(), func(tx *db.Tx) error {
		return audit.Write(tx, audit.Row{Actor: bad, Action: bad, Kind: bad, Record: bad, Title: bad, After: record{Note: bad}})
	}))
	answer := s.in("ada@example.org").get("/admin/audit")
	answer.is(200).MustSay(t, bad)
	if strings.Contains(answer.body, bad) {
		t.Error("markup comes through")
	}
}

func TestJobsAreListedCancelledAndStartedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, nil)
		var failing, waiting string
		s.ok(d.Write(t.Context(), func(tx *db.Tx) error {
			var err error
			failing, err = jobs.Enqueue(tx, s.admin.Account, "fails", nil, jobs.Attempts(1))
			if err != nil {
				return err
			}
			waiting, err = jobs.Enqueue(tx, "system:night", "waits", nil, jobs.At(tx.Now.Add(time.Hour)))
			return err
		}))
		queue := jobs.New(d, testLog())
		type none struct{}
		jobs.Register(queue, "fails", func(_ context.Context, j *jobs.Job, _ none) error {
			j.Log("looked at the first half")
			return errors.New("the other half is missing")
		})
		err := queue.RunNow(t.Context())
		if err == nil {
			t.Error("the job that fails did not")
		}
		b := s.in("ada@example.org")
		page := b.get("/admin/jobs").is(200)
		page.MustSay(t, "fails", "waits", "the other half is missing", "1 of 1")
		page = b.get("/admin/jobs?state=failed").is(200)
		if rows := page.Table("Jobs, latest first"); len(rows) != 2 || rows[1][0] != "fails" {
			t.Errorf("failed jobs: %q", rows)
		}
		page = b.get(jobPath(failing)).is(200)
		page.MustSay(t, "failed", "looked at the first half", "Made by Ada Admin")
		b.send(page, jobPath(failing)+"/retry", nil).leads(jobPath(failing))
		page = b.get(jobPath(failing)).is(200)
		page.MustSay(t, "waits")
		b.post(jobPath(failing)+"/retry", url.Values{}).is(409)

		page = b.get(jobPath(waiting)).is(200)
		page.MustSay(t, "Made by the system (night)")
		b.send(page, jobPath(waiting)+"/cancel", nil).leads(jobPath(waiting))
		b.get(jobPath(waiting)).is(200).MustSay(t, "cancelled", "Start it again")
		b.post(jobPath(waiting)+"/cancel", url.Values{}).is(409)
		b.get("/admin/jobs/" + orgA).is(404)
		b.post("/admin/jobs/"+orgA+"/retry", url.Values{}).is(404)

		var p progress
		s.ok(json.Unmarshal([]byte(b.get(jobPath(failing)+"/progress").body), &p))
		if p.State != "ready" {
			t.Errorf("progress %+v", p)
		}
		s.person("auditor@example.org", access.Auditor)
		page = s.in("auditor@example.org").get(jobPath(waiting)).is(200)
		if page.Button("Start again") {
			t.Error("an auditor is offered to start a job")
		}
	})
}

func TestSettingsAreCheckedAndSaved(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	b := s.in("ada@example.org")
	page := b.get("/admin/settings").is(200)
	page = b.send(page, "/admin/settings", map[string]string{"host.name": " ", "session.idle_minutes": "0", "session.absolute_hours": "many"}).is(422)
	if len(page.Errors()) != 3 {
		t.Errorf("to mend: %v", page.Errors())
	}
	b.send(page, "/admin/settings", map[string]string{"host.name": "Another Host", "host.acronym": "AH", "session.idle_minutes": "60", "session.absolute_hours": "24"}).leads("/admin/settings")
	form := b.get("/admin/settings").is(200).Form("/admin/settings")
	if form.Get("host.name") != "Another Host" || form.Get("session.idle_minutes") != "60" {
		t.Errorf("saved as %v", form)
	}
	b.get("/admin/audit?kind=setting").is(200).MustSay(t, "value: Example Organisation → Another Host")
	s.d.Clock.Advance(61 * time.Minute)
	b.get("/profile").is(401)
}

func TestHealthNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d, nil)
		now := d.Clock.Now()
		o := HealthOptions{DB: d, DataDir: t.TempDir(), Version: "1.2.3", LastBackup: func(context.Context) (clock.Ms, error) { return 0, nil }}
		levels := func() map[string]Level {
			out := map[string]Level{}
			for _, f := range Health(t.Context(), o) {
				out[f.Key] = f.Level
				if f.Title.Zero() || f.Text.Zero() {
					t.Errorf("finding %s says nothing", f.Key)
				}
			}
			return out
		}
		got := levels()
		for key, want := range map[string]Level{"version": Good, "database": Good, "schema": Good, "accounts": Warn, "audit": Good, "jobs": Good, "backup": Warn} {
			if got[key] != want {
				t.Errorf("%s is %q, want %q", key, got[key], want)
			}
		}
		if got["disk"] == "" {
			t.Error("no word on the disk")
		}
		_, _, err := s.access.Invite(t.Context(), access.Command("test"), access.NewAccount{Name: "A", Email: "a@example.org", Roles: []access.RoleGrant{{Role: access.Admin}}})
		s.ok(err)
		if levels()["accounts"] != Warn {
			t.Error("an invited administrator counts as one who can sign in")
		}
		s.ok(d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := jobs.Enqueue(tx, "", "nobody runs this", nil)
			return err
		}))
		o.LastBackup = func(context.Context) (clock.Ms, error) { return now, nil }
		if got := levels(); got["jobs"] != Good || got["backup"] != Good {
			t.Errorf("jobs %q, backup %q", got["jobs"], got["backup"])
		}
		d.Clock.Advance(8 * 24 * time.Hour)
		if got := levels(); got["jobs"] != Warn || got["backup"] != Warn {
			t.Errorf("after eight days: jobs %q, backup %q", got["jobs"], got["backup"])
		}
		o.LastBackup = func(context.Context) (clock.Ms, error) { return 0, errors.New("unreadable") }
		if levels()["backup"] != Bad {
			t.Error("a failed look is not said")
		}
	})
}

func TestVersionNumbersCompare(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"3.51.3": 3_051_003, "3.7": 3_007_000, "3.54.1": 3_054_001, "odd": 0} {
		if got := versionNumber(text); got != want {
			t.Errorf("%s is %d, want %d", text, got, want)
		}
	}
}

func TestEveryPageIsWholeInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), func(o *Options, w *web.Options) {
		withOrganisations(o, w)
		o.AdminViews = func(*web.Ctx) []ui.NavItem {
			return []ui.NavItem{{Link: ui.Link{Text: "Reference", Href: "/admin/reference"}}}
		}
	})
	partner := s.person("pia@example.org", access.Partner)
	var job string
	s.ok(s.d.Write(t.Context(), func(tx *db.Tx) error {
		var err error
		job, err = jobs.Enqueue(tx, s.admin.Account, "waits", nil)
		return err
	}))
	link, err := s.access.NewLink(t.Context(), s.admin, partner)
	s.ok(err)
	b := s.in("ada@example.org")
	for _, lang := range i18n.Langs {
		for _, path := range []string{
			"/profile", "/admin/accounts", "/admin/accounts?role=partner", "/admin/accounts/new", accountPath(partner), "/admin/settings",
			"/admin/audit", "/admin/jobs", jobPath(job), "/admin/system",
		} {
			page := b.get(path + separator(path) + "lang=" + lang).is(200)
			if page.Lang() != lang {
				t.Errorf("%s in %s is in %s", path, lang, page.Lang())
			}
		}
		for _, path := range []string{"/sign-in", access.LinkPath(link)} {
			if page := s.browser().get(path + "?lang=" + lang).is(200); page.Lang() != lang {
				t.Errorf("%s in %s is in %s", path, lang, page.Lang())
			}
		}
	}
	// A page that nobody is signed in for follows the browser's wish.
	c := s.browser()
	c.header.Set("Accept-Language", "pt, fr;q=0.9")
	if page := c.get("/sign-in").is(200); page.Lang() != "fr" {
		t.Errorf("the sign-in page is in %s", page.Lang())
	}
}

func separator(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}
