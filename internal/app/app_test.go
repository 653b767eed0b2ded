package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// each runs fn with options of a new installation on either engine.
func each(t *testing.T, fn func(t *testing.T, o Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, options(t, ""))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		o := options(t, dbtest.URL(t))
		_, err := BringUp(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		fn(t, o)
	})
}

func options(t *testing.T, address string) Options {
	t.Helper()
	return Options{Data: filepath.Join(t.TempDir(), "data"), DBURL: address, Log: NewLog(io.Discard), Version: "test"}
}

func open(t *testing.T, o Options) *App {
	t.Helper()
	a, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := a.Close(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Error(err)
		}
	})
	return a
}

// until asks again and again, for at most a minute.
func until(t *testing.T, what string, fn func() bool) {
	t.Helper()
	for range 1200 {
		if fn() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("waited a minute in vain: %s", what)
}

var command = access.Command("test")

// account makes an active account and returns it with its person.
func account(t *testing.T, a *App, email string, organisation string, roles ...access.Role) access.Account {
	t.Helper()
	n := access.NewAccount{Name: email, Email: email, Organisation: organisation}
	for _, r := range roles {
		n.Roles = append(n.Roles, access.RoleGrant{Role: r})
	}
	id, token, err := a.Access.Invite(t.Context(), command, n)
	if err != nil {
		t.Fatal(err)
	}
	err = a.Access.Accept(t.Context(), token, "a horse and a stapler")
	if err != nil {
		t.Fatal(err)
	}
	out, err := a.Access.Account(t.Context(), command, id)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOpenMakesAnInstallationOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Ref.Lists()) == 0 {
			t.Error("no reference lists")
		}
		_, err = Open(t.Context(), o)
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("a second one: %v", err)
		}
		beside := o
		beside.Use = Write
		w := open(t, beside)
		beside.Use = Read
		r := open(t, beside)
		err = r.DB.Write(t.Context(), func(*db.Tx) error { return nil })
		if err == nil {
			t.Error("a reader may write")
		}
		_ = w
		err = a.Close(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		again := open(t, o)
		if len(again.Migrated.Steps) != 0 || again.Migrated.Copy != "" {
			t.Errorf("opening again migrated: %+v", again.Migrated)
		}
	})
}

// What one package asks of another: a party is not removed while it is one, a
// person not while an account is hers, an account names an organisation that
// is there, and its rights come and go with it.
func TestHooksConnectThePackages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		union, err := a.Directory.CreateOrganisation(t.Context(), command, directory.OrganisationForm{Name: "A union", Kind: "workers"})
		if err != nil {
			t.Fatal(err)
		}
		officer := account(t, a, "officer@example.org", "", access.Officer)
		made, err := a.Partnership.Create(t.Context(), command, partnership.NewPartnership{
			Partnership: partnership.Partnership{Title: "One", Manager: officer.ID},
			Parties:     []partnership.NewParty{{Party: partnership.Party{Organisation: union.ID}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Directory.DeleteOrganisation(t.Context(), command, union.ID)
		if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "It is a party of 1 partnership.") {
			t.Errorf("removing a party: %v", err)
		}
		_, err = a.Directory.DeletePerson(t.Context(), command, officer.Person)
		if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "has an account") {
			t.Errorf("removing a person with an account: %v", err)
		}
		_, _, err = a.Access.Invite(t.Context(), command, access.NewAccount{
			Name: "x", Email: "x@example.org", Organisation: "nobody", Roles: []access.RoleGrant{{Role: access.Partner}},
		})
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("an account of no organisation: %v", err)
		}
		partner := account(t, a, "partner@example.org", union.ID, access.Partner)
		actor := access.Actor{Account: partner.ID, Person: partner.Person, Organisation: union.ID, Roles: []access.Role{access.Partner}}
		titles, err := a.Partnership.Titles(t.Context(), actor, "en")
		if err != nil || len(titles) != 1 || titles[0].ID != made {
			t.Errorf("the partner sees %v, %v", titles, err)
		}
		faults, err := a.Check(t.Context())
		if err != nil || len(faults) > 0 {
			t.Errorf("check: %v %v", faults, err)
		}
		err = a.Access.Close(t.Context(), command, partner.ID)
		if err != nil {
			t.Fatal(err)
		}
		titles, err = a.Partnership.Titles(t.Context(), actor, "en")
		if err != nil || len(titles) != 0 {
			t.Errorf("after the account was closed the partner sees %v, %v", titles, err)
		}
	})
}

// Rows of the audit that lie in a confidential partnership keep their titles
// from who may not view it.
func TestConfidentialAuditIsBlank(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		officer := account(t, a, "officer@example.org", "", access.Officer)
		ids := map[bool]string{}
		for _, confidential := range []bool{true, false} {
			id, err := a.Partnership.Create(t.Context(), command, partnership.NewPartnership{
				Partnership: partnership.Partnership{Title: "One", Manager: officer.ID, Confidential: confidential},
			})
			if err != nil {
				t.Fatal(err)
			}
			ids[confidential] = id
		}
		both := []string{ids[true], ids[false]}
		for _, tc := range []struct {
			who   access.Actor
			blank bool
		}{
			{access.Actor{Account: "auditor", Roles: []access.Role{access.Auditor}}, true},
			{access.Actor{Account: "admin", Roles: []access.Role{access.Admin}}, false},
			{access.Actor{Account: officer.ID, Roles: []access.Role{access.Officer}}, false},
		} {
			got, err := a.Partnership.Blank(t.Context(), tc.who, both)
			if err != nil {
				t.Fatal(err)
			}
			if got[ids[true]] != tc.blank || got[ids[false]] {
				t.Errorf("%v: %v", tc.who.Roles, got)
			}
		}
	})
}

func TestCachesFollowOtherProcesses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		a.Start(t.Context())
		beside := o
		beside.Use = Write
		other := open(t, beside)
		list := other.Ref.Lists()[slices.IndexFunc(other.Ref.Lists(), func(l refdata.List) bool { return l.Editable })].Code
		model := other.Ref.All(list)[0]
		err := other.Ref.Add(t.Context(), command, refdata.Item{
			List: list, Code: "made-here", NameEN: "a", NameFR: "b", NameES: "c", Parent: model.Parent, Source: model.Source, AsOf: "2026", Attrs: model.Attrs,
		})
		if err != nil {
			t.Fatal(err)
		}
		err = other.Access.SaveSettings(t.Context(), command, map[string]string{access.HostName: "Another host"})
		if err != nil {
			t.Fatal(err)
		}
		until(t, "the new row is known", func() bool { return a.Ref.Has(list, "made-here") })
		until(t, "the new name is known", func() bool { return a.Host() == "Another host" })
	})
}

// A change made here is known to the next request, not a second later.
func TestHostIsFreshAfterAForm(t *testing.T) {
	t.Parallel()
	a := open(t, options(t, ""))
	h := a.Handler(ServeOptions{})
	err := a.Access.SaveSettings(t.Context(), command, map[string]string{access.HostName: "New host"})
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-out", nil))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
	if a.Host() != "New host" {
		t.Errorf("the host is %q", a.Host())
	}
}

// The work of the night: what only open forms need goes after its time, files
// that nothing names are swept, journeys are checked again.
func TestNightlyWork(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		officer := account(t, a, "officer@example.org", "", access.Officer)
		_, err := a.Partnership.Create(t.Context(), command, partnership.NewPartnership{Partnership: partnership.Partnership{Title: "One", Manager: officer.ID}})
		if err != nil {
			t.Fatal(err)
		}
		stored, err := a.Files.Put(t.Context(), strings.NewReader("nobody names me\n"), 1000)
		if err != nil {
			t.Fatal(err)
		}
		err = a.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`insert into form_key (id, account, at) values ('old', 'x', $1), ('new', 'x', $2)`, tx.Now.Add(-8*24*time.Hour), tx.Now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		run := func() {
			err := a.Jobs.RunNow(t.Context())
			if err != nil {
				t.Fatal(err)
			}
		}
		run() // the schedules begin
		a.DB.Clock.Advance(9 * 24 * time.Hour)
		old := time.Now().Add(-48 * time.Hour)
		err = os.Chtimes(filepath.Join(o.Data, filesFolder, stored.Hash[:2], stored.Hash), old, old)
		if err != nil {
			t.Fatal(err)
		}
		run()
		_, err = a.Files.Open(stored.Hash)
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("the file that nothing names: %v", err)
		}
		err = a.DB.Read(t.Context(), func(tx *db.Tx) error {
			keys, err := db.All[string](tx, `select id from form_key`)
			if err != nil {
				return err
			}
			if len(keys) != 0 { // both are older than a week by now
				t.Errorf("form keys: %v", keys)
			}
			failed, err := db.All[string](tx, `select kind || ': ' || message from job where state <> 'done'`)
			if err != nil {
				return err
			}
			if len(failed) > 0 {
				t.Errorf("jobs: %v", failed)
			}
			kinds, err := db.All[string](tx, `select distinct kind from job order by kind`)
			if err != nil {
				return err
			}
			for _, kind := range []string{jobRecheck, jobPrune, jobRetain, jobSweep} {
				if !slices.Contains(kinds, kind) {
					t.Errorf("%s did not run", kind)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		faults, err := a.Check(t.Context())
		if err != nil || len(faults) > 0 {
			t.Errorf("check: %v %v", faults, err)
		}
	})
}

// What runs every second goes on after a panic, and says a fault once.
func TestLoopsGoOn(t *testing.T) {
	t.Parallel()
	var text syncBuffer
	a := &App{Options: Options{Log: NewLog(&text)}}
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	ran := 0
	a.every(ctx, time.Millisecond, "the work", func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		ran++
		switch {
		case ran == 1:
			panic("for the test")
		case ran < 5:
			return errors.New("no room")
		}
		return nil
	})
	until(t, "the work goes on", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return ran > 10
	})
	stop()
	a.loops.wait.Wait()
	log := text.String()
	for words, times := range map[string]int{`"error":"no room"`: 1, "panic: for the test": 1, "works again": 1} {
		if n := strings.Count(log, words); n != times {
			t.Errorf("%q stands %d times in the log:\n%s", words, n, log)
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

// AI4 (in part): what a path carries as a right is not in the log.
func TestLogKeepsNoSecrets(t *testing.T) {
	t.Parallel()
	o := options(t, "")
	var text syncBuffer
	o.Log = NewLog(&text)
	a := open(t, o)
	h := a.Handler(ServeOptions{})
	for _, path := range []string{"/link/canary-one", "/set-up/canary-two", "/calendar/canary-six.ics", "/organisations?q=canary-three", "/readyz", "/healthz", "/a/x/canary-four.js"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Cookie", "session=canary-five")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	log := text.String()
	if strings.Contains(log, "canary") || !strings.Contains(log, `"path":"/link/…"`) || !strings.Contains(log, `"path":"/organisations"`) || strings.Contains(log, "/readyz") {
		t.Errorf("the log:\n%s", log)
	}
	forged := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil)
	forged.URL.Path = "/x\n{\"level\":\"ERROR\"}"
	h.ServeHTTP(httptest.NewRecorder(), forged)
	if strings.Count(text.String(), "\n") != strings.Count(text.String(), `{"time"`) {
		t.Errorf("a path has made a line of its own:\n%s", text.String())
	}
}

func TestServeOptionsKeepPasswordsFromTheOpen(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		o      ServeOptions
		demo   bool
		good   bool
		secure bool
		public bool
	}{
		{ServeOptions{Addr: "127.0.0.1:8080"}, false, true, false, false},
		{ServeOptions{Addr: "localhost:8080"}, true, true, false, false},
		{ServeOptions{Addr: "[::1]:0"}, true, true, false, false},
		{ServeOptions{Addr: "127.0.0.9:0", BaseURL: "https://a.example"}, false, true, true, true},
		{ServeOptions{Addr: "0.0.0.0:80"}, false, false, false, true},
		{ServeOptions{Addr: ":80"}, false, false, false, true},
		{ServeOptions{Addr: "[::]:80"}, false, false, false, true},
		{ServeOptions{Addr: "192.0.2.1:80", BaseURL: "http://a.example"}, false, false, false, true},
		{ServeOptions{Addr: "192.0.2.1:80", BaseURL: "https://a.example/"}, false, true, true, true},
		{ServeOptions{Addr: "192.0.2.1:80", TLSCert: "c", TLSKey: "k"}, false, true, true, true},
		{ServeOptions{Addr: "192.0.2.1:80", InsecureHTTP: true}, false, true, false, true},
		{ServeOptions{Addr: "192.0.2.1:80", InsecureHTTP: true}, true, false, false, true},
		{ServeOptions{Addr: "a.example:80"}, false, false, false, true},
		{ServeOptions{Addr: "127.0.0.1"}, false, false, false, false},
		{ServeOptions{Addr: "127.0.0.1:80", TLSCert: "c"}, false, false, true, false},
		{ServeOptions{Addr: "127.0.0.1:80", BaseURL: "https://a.example/path"}, false, false, true, true},
		{ServeOptions{Addr: "127.0.0.1:80", BaseURL: "https://u:p@a.example"}, false, false, true, true},
		{ServeOptions{Addr: "127.0.0.1:80", BaseURL: "ftp://a.example"}, false, false, false, true},
	} {
		err := tc.o.Check(tc.demo)
		if (err == nil) != tc.good || (err != nil && !errs.Is(err, errs.BadRequest)) {
			t.Errorf("%+v, demo %v: %v", tc.o, tc.demo, err)
		}
		if tc.o.secure() != tc.secure || tc.o.public() != tc.public {
			t.Errorf("%+v: secure %v, public %v", tc.o, tc.o.secure(), tc.o.public())
		}
	}
}

func TestReadyTriesOnceASecond(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		for range 3 {
			err := a.Ready(t.Context())
			if err != nil {
				t.Fatal(err)
			}
		}
		left, err := filepath.Glob(filepath.Join(o.Data, ".room-*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
		first := a.probe.at
		err = a.Ready(t.Context())
		if err != nil || a.probe.at != first {
			t.Errorf("asked again within a second: %v", err)
		}
	})
}

func TestNavigationIsThatOfTheRoles(t *testing.T) {
	t.Parallel()
	a := open(t, options(t, ""))
	union, err := a.Directory.CreateOrganisation(t.Context(), command, directory.OrganisationForm{Name: "A union", Kind: "workers"})
	if err != nil {
		t.Fatal(err)
	}
	h := a.Handler(ServeOptions{})
	for role, want := range map[access.Role]struct{ persons, admin bool }{
		access.Admin: {true, true}, access.Auditor: {true, true}, access.Officer: {true, false}, access.Partner: {false, false},
	} {
		organisation := ""
		if role == access.Partner {
			organisation = union.ID
		}
		account(t, a, string(role)+"@example.org", organisation, role)
		token, _, err := a.Access.SignIn(t.Context(), string(role)+"@example.org", "a horse and a stapler", "", "")
		if err != nil {
			t.Fatal(err)
		}
		get := func(path string) string {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.AddCookie(&http.Cookie{Name: "session", Value: token})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Errorf("%s for %s: %d", path, role, w.Code)
			}
			return w.Body.String()
		}
		home := get("/")
		if strings.Contains(home, `href="/persons"`) != want.persons || strings.Contains(home, `href="/admin"`) != want.admin {
			t.Errorf("the navigation of %s is not its own", role)
		}
		if !strings.Contains(home, `href="/" aria-current="page"`) {
			t.Errorf("%s: home does not say where it is", role)
		}
		if got := get("/organisations/" + union.ID); !strings.Contains(got, `href="/organisations" aria-current="true"`) {
			t.Errorf("%s: an organisation's page does not say where it is", role)
		}
	}
}

// Every route is listed once with its permission; the list needs no database.
func TestRoutesNeedNoInstallation(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range Routes() {
		key := r.Method + " " + r.Pattern
		if seen[key] || !slices.Contains(access.Permissions, r.Perm) {
			t.Errorf("%s, permission %q", key, r.Perm)
		}
		seen[key] = true
	}
	a := open(t, options(t, ""))
	if n := len(a.Web(ServeOptions{}).Routes()); n != len(seen) {
		t.Errorf("%d routes here, %d in the list", n, len(seen))
	}
	var _ []web.Route = Routes()
}

// FA7: a clock that leaps ten years ahead, and then back, brings each periodic
// work once, leaves no lease of the past or of another age, and a queue that
// goes on.
func TestFA7_LeapsOfTheClock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		run := func() map[string]int {
			t.Helper()
			err := a.Jobs.RunNow(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ran := map[string]int{}
			err = a.DB.Read(t.Context(), func(tx *db.Tx) error {
				kinds, err := db.All[string](tx, `select kind from job where state = 'done'`)
				for _, k := range kinds {
					ran[k]++
				}
				if err != nil {
					return err
				}
				bad, err := db.One[int](tx, `select count(*) from job where state <> 'done' or locked_until < 0`)
				if bad > 0 {
					t.Errorf("%d jobs did not end well", bad)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return ran
		}
		run() // the schedules begin
		a.DB.Clock.Advance(10 * 366 * 24 * time.Hour)
		ran := run()
		if len(ran) < 5 {
			t.Errorf("ran %v", ran)
		}
		for kind, n := range ran {
			if n != 1 {
				t.Errorf("%s ran %d times after ten years", kind, n)
			}
		}
		a.DB.Clock.Advance(-10 * 366 * 24 * time.Hour)
		a.DB.Clock.Advance(-time.Hour)
		run()
		a.DB.Clock.Advance(27 * time.Hour)
		again := run()
		if again[jobRecheck] != 2 {
			t.Errorf("a day after the clock was put back %s had run %d times", jobRecheck, again[jobRecheck])
		}
		faults, err := a.Check(t.Context())
		if err != nil || len(faults) > 0 {
			t.Errorf("check: %v %v", faults, err)
		}
	})
}
