package apptest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"ayni/internal/app"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

// Password is every account's.
const Password = "river stones in March"

// FirstDay is the day on which a house's clock stands at first.
const FirstDay = clock.Day("2026-11-24")

// The cast: an account for each installation role, without a part in any
// partnership; and accounts that have a part in those of a World.
const (
	Nobody      = "" // not signed in
	Admin       = "admin"
	Officer     = "officer"
	Specialist  = "specialist"
	Evaluator   = "evaluator"
	Legal       = "legal"
	Finance     = "finance"
	Auditor     = "auditor"
	Viewer      = "viewer"      // may view, by right
	Contributor = "contributor" // may contribute
	Manager     = "manager"     // manages
	Approver    = "approver"    // may approve
	PartnerA    = "partner-a"   // of the organisation A, a party
	PartnerB    = "partner-b"   // of the organisation B, another party
	Outsider    = "outsider"    // of the organisation C, no party
	Keeper      = "keeper"      // manages what the others have no part in
	Counsel     = "counsel"     // legal, may view everywhere
)

// cast says which installation roles the accounts hold. Those of a team hold
// the role that gives least beside it.
var cast = []struct {
	name string
	role access.Role
	of   string // organisation of a partner
}{
	{Officer, access.Officer, ""}, {Specialist, access.Specialist, ""}, {Evaluator, access.Evaluator, ""}, {Legal, access.Legal, ""},
	{Finance, access.Finance, ""}, {Auditor, access.Auditor, ""}, {Viewer, access.Evaluator, ""}, {Contributor, access.Evaluator, ""},
	{Manager, access.Evaluator, ""}, {Approver, access.Evaluator, ""}, {Keeper, access.Evaluator, ""}, {Counsel, access.Legal, ""},
	{PartnerA, access.Partner, "A"}, {PartnerB, access.Partner, "B"}, {Outsider, access.Partner, "C"},
}

// House is an installation in which the application runs.
type House struct {
	testing.TB
	App   *app.App
	D     *db.DB
	Clock *clock.Clock
	// Organisations are A to E; A, B and C have partner accounts.
	Organisations map[string]string

	handler http.Handler
	actors  map[string]access.Actor
	tokens  map[string]string
}

// Options change a house before it is opened.
type Options struct {
	App   func(*app.Options)
	Serve app.ServeOptions
}

// New opens a house of its own on an engine, with the cast signed in. No job
// runs by itself: h.App.Jobs.RunNow does what is due.
func New(t testing.TB, engine db.Engine, edit ...func(*Options)) *House {
	t.Helper()
	m, err := model()
	if err != nil {
		t.Fatalf("make the model of all houses: %v", err)
	}
	h := &House{TB: t, Clock: firstMorning(), Organisations: maps.Clone(m.organisations), actors: map[string]access.Actor{}, tokens: map[string]string{}}
	o := Options{Serve: app.ServeOptions{Addr: "127.0.0.1:0"}}
	ao := optionsIn(filepath.Join(t.TempDir(), "data"), h.Clock)
	if engine == db.Postgres {
		d := dbtest.Postgres(t)
		h.OK(m.load(d))
		ao.DBURL = dbtest.Address(d)
	} else {
		h.OK(os.Mkdir(ao.Data, 0o700))
		h.OK(os.WriteFile(ao.DatabasePath(), m.file, 0o600))
	}
	o.App = func(*app.Options) {}
	for _, fn := range edit {
		fn(&o)
	}
	o.App(&ao)
	h.App, err = app.Open(context.Background(), ao)
	h.OK(err)
	t.Cleanup(func() {
		err := h.App.Close(context.Background())
		if err != nil {
			t.Errorf("close the application: %v", err)
		}
	})
	h.D = h.App.DB
	h.handler = h.App.Handler(o.Serve)
	for name, session := range m.sessions {
		h.signed(name, session)
	}
	return h
}

// Each runs fn in a house on SQLite and in one on PostgreSQL, as parallel
// subtests.
func Each(t *testing.T, fn func(h *House)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			fn(New(t, engine))
		})
	}
}

// OK fails the test where there is an error.
func (h *House) OK(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *House) signed(name, session string) {
	h.Helper()
	a, err := h.App.Access.Identify(context.Background(), session)
	h.OK(err)
	h.tokens[name], h.actors[name] = session, a
}

// Actor is one of the cast, as services know it.
func (h *House) Actor(name string) access.Actor {
	h.Helper()
	a, ok := h.actors[name]
	if !ok && name != Nobody {
		h.Fatalf("nobody is called %q", name)
	}
	return a
}

// errUndo takes a trial back.
var errUndo = errors.New("a trial is taken back")

// Trial runs fn in one transaction that is taken back at the end, so that one
// house serves for many requests. What fn does on the database must be done
// under the context that it is given. It returns how many rows of any table fn
// wrote; -1 where a statement failed on PostgreSQL, which then counts no more.
func (h *House) Trial(fn func(ctx context.Context)) (rows int64) {
	h.Helper()
	err := h.D.Together(context.Background(), func(ctx context.Context) error {
		before, err := h.written(ctx)
		if err != nil {
			return err
		}
		fn(ctx)
		after, err := h.written(ctx)
		rows = after - before
		if err != nil {
			rows = -1
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		h.Fatalf("trial: %v", err)
	}
	return rows
}

// Writes returns how many rows fn wrote to an SQLite database; 0 on PostgreSQL,
// whose other connections can't be asked.
func (h *House) Writes(fn func()) (rows int64) {
	h.Helper()
	if h.D.Engine == db.Postgres {
		fn()
		return 0
	}
	before, err := h.written(context.Background())
	h.OK(err)
	fn()
	after, err := h.written(context.Background())
	h.OK(err)
	return after - before
}

// Fingerprint changes when a live row of a table changes that is not about
// sessions, forms and jobs: business records, accounts, and the audit.
func (h *House) Fingerprint() string {
	h.Helper()
	sums, err := h.App.Checksums(context.Background())
	h.OK(err)
	return h.sum(sums)
}
