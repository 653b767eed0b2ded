package pages

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

const (
	orgA = "11111111-1111-7111-8111-111111111111"
	orgB = "22222222-2222-7222-8222-222222222222"
)

// withOrganisations lets the pages find two organisations by name.
func withOrganisations(o *Options, _ *web.Options) {
	known := []ui.Option{{Value: orgA, Text: "Example Institute"}, {Value: orgB, Text: "Example Ministry"}}
	o.Organisations = func(_ context.Context, _ access.Actor, words string) ([]ui.Option, error) {
		var out []ui.Option
		for _, k := range known {
			if strings.Contains(k.Text, words) {
				out = append(out, k)
			}
		}
		return out, nil
	}
	o.OrganisationNames = func(_ context.Context, ids []string) (map[string]string, error) {
		out := map[string]string{}
		for _, k := range known {
			if slices.Contains(ids, k.Value) {
				out[k.Value] = k.Text
			}
		}
		return out, nil
	}
}

var linkPattern = regexp.MustCompile(`/link/[0-9a-f]{64}`)

func TestAnAccountIsInvitedChangedClosedAndOpenedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, withOrganisations)
		b := s.in("ada@example.org")
		const path = "/admin/accounts/new"
		page := b.get(path).is(200)
		page = b.send(page, path, map[string]string{"email": "olga@example.org"}).is(422)
		if !slices.Equal(page.Errors(), []string{"Give the name.", "Choose at least one role."}) {
			t.Errorf("to mend: %v", page.Errors())
		}
		answer := b.send(page, path, map[string]string{"name": "Olga Officer", "roles": "officer|legal", "until-legal": "2099-12-31"})
		page = answer.is(200)
		link := linkPattern.FindString(page.Text())
		account := page.Link("To the account")
		// The same form again shows no second link and makes no second account.
		b.post(path, answer.Request.PostForm)
		page = b.get(account).is(200)
		page.MustSay(t, "invited", "Partnership officer and Legal adviser until 31 Dec 2099", "Made by Ada Admin")
		if strings.Contains(page.Text(), link) {
			t.Error("the link is shown a second time")
		}

		olga := s.browser()
		page = olga.get(link).is(200)
		page.MustSay(t, "Set your password", "Olga Officer")
		olga.send(page, link, map[string]string{"new-password": goodPassword, "again-password": goodPassword}).leads("/sign-in")
		olga = s.in("olga@example.org")
		olga.get("/profile").is(200).MustSay(t, "Partnership officer")

		page = b.get(account).is(200)
		form := page.Form(account + "/roles")
		if !slices.Equal(form["roles"], []string{"officer", "legal"}) || form.Get("until-legal") != "2099-12-31" {
			t.Errorf("the form has %v", form)
		}
		page = b.send(page, account+"/roles", map[string]string{"roles": "partner", "organisation": "Example", "until-legal": ""}).is(422)
		page.MustSay(t, "2 organisations have a name like this")
		page = b.send(page, account+"/roles", map[string]string{"organisation": "Nobody"}).is(422)
		page.MustSay(t, "No organisation has a name like this")
		page = b.send(page, account+"/roles", map[string]string{"organisation": "Example"}).is(422)
		b.send(page, account+"/roles", map[string]string{"organisation-chosen": orgB}).leads(account)
		page = b.get(account).is(200)
		page.MustSay(t, "Example Ministry", "Partner")
		olga.get("/profile").is(401)
		// An older form of the same page is refused with a word.
		if got := b.post(account+"/roles", url.Values{"roles": {"legal"}, "version": {"1"}}).StatusCode; got != 409 {
			t.Errorf("an old form: status %d", got)
		}
		b.send(page, account+"/roles", map[string]string{"roles": "legal", "organisation": ""}).leads(account)

		page = b.get(account).is(200)
		page = b.send(page, account+"/email", map[string]string{"email": "ada@example.org"}).is(422)
		page.MustSay(t, "Another account has this e-mail address")
		b.send(page, account+"/email", map[string]string{"email": "olga.o@example.org"}).leads(account)

		page = b.get(account).is(200)
		b.send(page, account+"/close", nil).leads(account)
		page = b.get(account).is(200)
		page.MustSay(t, "closed", "Open the account again")
		page = b.send(page, account+"/reopen", nil).is(422)
		page = b.send(page, account+"/reopen", map[string]string{"roles": "finance"}).is(200)
		if linkPattern.FindString(page.Text()) == "" {
			t.Error("no link after opening again")
		}

		page = b.get("/admin/accounts?q=olga&state=invited").is(200)
		rows := page.Table("Accounts by name")
		if len(rows) != 2 || !slices.Equal(rows[1][:3], []string{"Olga Officer", "olga.o@example.org", "Finance officer"}) {
			t.Errorf("the list has %q", rows)
		}
		b.get("/admin/accounts?q=nobody").is(200).MustSay(t, "No account is like this")
		b.get("/admin/accounts/" + orgA).is(404)
	})
}

func TestTheLastAdministratorIsToldWhy(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	b := s.in("ada@example.org")
	path := accountPath(s.admin.Account)
	page := b.get(path).is(200)
	b.send(page, path+"/close", nil).is(409).MustSay(t, "last account with the role of an administrator")
	page = b.get(path).is(200)
	b.send(page, path+"/roles", map[string]string{"roles": "legal"}).is(409).MustSay(t, "last account with the role of an administrator")
}

func TestProfileChangesLanguagePasswordAndSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, nil)
		b, elsewhere := s.in("ada@example.org"), s.in("ada@example.org")
		page := b.get("/profile").is(200)
		if rows := page.Table("Where you are signed in"); len(rows) != 4 {
			t.Errorf("sessions: %q", rows)
		}
		page = b.send(page, "/profile", map[string]string{"name": "", "lang": "es"}).is(422)
		b.send(page, "/profile", map[string]string{"name": "Ada A.", "lang": "es", "theme": "dark"}).leads("/profile")
		answer := b.get("/profile")
		page = answer.is(200)
		if page.Lang() != "es" || !strings.Contains(answer.body, `data-theme="dark"`) {
			t.Errorf("language %q", page.Lang())
		}
		b.send(page, "/profile", map[string]string{"lang": "en"}).leads("/profile")
		page = b.get("/profile").is(200)
		page.MustSay(t, "language: Español → English", "name: Ada Admin → Ada A.", "signed in")

		b.send(page, "/profile/sessions/end-others", nil).leads("/profile")
		elsewhere.get("/profile").is(401)
		third := s.in("ada@example.org")
		page = b.get("/profile").is(200)
		b.send(page, "/profile/sessions/end", nil).leads("/profile")
		third.get("/profile").is(401)
		before := s.dump()
		other := s.person("olga@example.org", access.Legal)
		olga := s.in("olga@example.org")
		_ = other
		ada, err := s.access.Identify(t.Context(), b.token())
		s.ok(err)
		olga.post("/profile/sessions/end", url.Values{"session": {ada.Session}}).is(404)
		if !strings.Contains(before, ada.Session) || !strings.Contains(s.dump(), ada.Session) {
			t.Error("another's session was ended")
		}

		page = b.get("/profile").is(200)
		page = b.send(page, "/profile/password", map[string]string{"old-password": "wrong", "new-password": "walls of paper", "again-password": "walls of paper"}).is(422)
		page.MustSay(t, "not the password of your account")
		b.send(page, "/profile/password", map[string]string{"old-password": goodPassword, "new-password": "walls of paper", "again-password": "walls of paper"}).leads("/profile")
		b.get("/profile").is(200).MustSay(t, "password changed")
	})
}

func TestAC5_FieldsThatAFormDoesNotHaveAreIgnored(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	account := s.person("olga@example.org", access.Officer)
	b := s.in("olga@example.org")
	extra := url.Values{
		"name": {"Olga"}, "role": {"admin"}, "roles": {"admin"}, "organisation": {orgA}, "state": {"closed"}, "demo": {"1"},
		"email": {"x@example.org"}, "person": {s.admin.Person}, "id": {s.admin.Account}, "account": {s.admin.Account}, "password": {"x"},
	}
	b.post("/profile", extra).leads("/profile")
	a, err := s.access.Account(t.Context(), s.admin, account)
	s.ok(err)
	if a.Email != "olga@example.org" || len(a.Roles) != 1 || a.Roles[0].Role != access.Officer || a.State != access.Active || a.Demo || a.Organisation != "" || a.Person == s.admin.Person {
		t.Errorf("the account is now %+v", a)
	}
	admin, err := s.access.Account(t.Context(), s.admin, s.admin.Account)
	s.ok(err)
	if admin.Name != "Ada Admin" {
		t.Error("another account was changed")
	}
	// An invitation can't make a demo account or give a password.
	ada := s.in("ada@example.org")
	page := ada.post("/admin/accounts/new", url.Values{
		"name": {"New"}, "email": {"new@example.org"}, "roles": {"legal"}, "demo": {"true"}, "state": {"active"}, "password": {goodPassword}, "new-password": {goodPassword},
	}).is(200)
	id := strings.TrimPrefix(page.Link("To the account"), "/admin/accounts/")
	a, err = s.access.Account(t.Context(), s.admin, id)
	s.ok(err)
	if a.State != access.Invited || a.Demo {
		t.Errorf("invited as %+v", a)
	}
}

func TestAdministrationIsForItsRolesAndRefusalsChangeNothing(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	browsers := map[access.Role]*browser{}
	for _, r := range access.Roles {
		s.person(string(r)+"@example.org", r)
		browsers[r] = s.in(string(r) + "@example.org")
	}
	s.d.Clock.Advance(time.Minute) // the password is fresh; what is asked is the role
	before := s.dump()
	for _, route := range New(s.o).Routes() {
		if route.Perm.Open() {
			continue
		}
		path := strings.NewReplacer("{id}", s.admin.Account, "{token}", strings.Repeat("0", 64)).Replace(route.Pattern)
		for _, r := range access.Roles {
			if route.Perm.Allows(r) {
				continue
			}
			if got := browsers[r].do(route.Method, path, formFor(route)).StatusCode; got != 403 {
				t.Errorf("%s %s as %s: status %d", route.Method, path, r, got)
			}
		}
		if got := s.browser().do(route.Method, path, formFor(route)).StatusCode; got != 401 {
			t.Errorf("%s %s without an account: status %d", route.Method, path, got)
		}
	}
	if s.dump() != before {
		t.Error("a refusal changed something")
	}
	browsers[access.Auditor].get("/admin").leads("/admin/audit")
	browsers[access.Admin].get("/admin").leads("/admin/accounts")
}

func formFor(route web.Route) url.Values {
	if !route.Changes() {
		return nil
	}
	return url.Values{"name": {"X"}, "roles": {"admin"}, "email": {"x@example.org"}}
}
