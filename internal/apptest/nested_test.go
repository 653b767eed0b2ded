package apptest

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/web"
)

// notRecords are parts of addresses inside a partnership that name no record
// of its own.
var notRecords = []string{"{id}", "{element}", "{step}", "{gate}", "{what}"}

func records(r web.Route) []string {
	if !inside(r) {
		return nil
	}
	return slices.DeleteFunc(regexp.MustCompile(`\{\w+\}`).FindAllString(r.Pattern, -1), func(p string) bool { return slices.Contains(notRecords, p) })
}

// able is somebody to whom a route gives everything in the cast's partnerships.
func able(t *testing.T, r web.Route) string {
	t.Helper()
	switch a := asked(t, r); {
	case a.right == "approve":
		return Approver
	case a.also == waiverRole || a.also == roleOfWaiver:
		return Counsel
	}
	return Manager
}

// TestAC2_nested puts a record of one partnership under the address of
// another, and one of an element under another element. The reader may do in
// both what the route does; there is no such page, and nothing is written.
func TestAC2_nested(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := NewWorld(New(t, engine))
			n := 0
			for _, r := range app.Routes() {
				if len(records(r)) == 0 {
					continue
				}
				n++
				mixed := *w.Second
				mixed.ID = w.Open.ID
				w.noSuch(t, r, w.fill(t, r, &mixed))
				unknown := *w.Open
				for _, part := range []*string{&unknown.Evidence, &unknown.Picture, &unknown.Attestation, &unknown.Claim, &unknown.Action, &unknown.ToCheck, &unknown.Deadline, &unknown.Amount,
					&unknown.Result, &unknown.Party, &unknown.PartyRole, &unknown.Right, &unknown.Waiver, &unknown.Request, &unknown.Reply} {
					*part = "01900000-0000-7000-8000-000000000000"
				}
				w.noSuch(t, r, w.fill(t, r, &unknown))
				if strings.Contains(r.Pattern, "/elements/{element}/") {
					w.noSuch(t, r, strings.Replace(w.fill(t, r, w.Open), "/"+Element+"/", "/"+OtherElement+"/", 1))
				}
			}
			if n < 25 {
				t.Errorf("only %d nested routes", n)
			}
		})
	}
}

// noSuch asserts that an address leads nowhere and that nothing is written.
func (w *World) noSuch(t *testing.T, r web.Route, path string) {
	t.Helper()
	reader := able(t, r)
	var reply *Reply
	rows := w.Trial(func(ctx context.Context) { reply = w.send(ctx, r, reader, path, w.form(r, reader, w.Open)) })
	if reply.Code != http.StatusNotFound {
		t.Errorf("%s at %s: status %d, want 404: %s", r, path, reply.Code, reply.Brief())
	}
	if rows > 0 {
		t.Errorf("%s at %s: %d rows were written", r, path, rows)
	}
}

func (w *World) send(ctx context.Context, r web.Route, reader, path string, form url.Values) *Reply {
	c := w.As(reader).In(ctx)
	if r.Changes() {
		return c.Post(path, form)
	}
	return c.Get(path)
}

// TestAC5_massAssignment sends every form once as it is and once with fields
// that it does not have: what is in the database afterwards is the same.
func TestAC5_massAssignment(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	admin, other := w.Actor(Admin), w.Actor(Officer)
	extras := map[string]string{
		"id": w.Second.ID, "partnership": w.Second.ID, "record": w.Second.Evidence, "party": w.Second.Party, "organisation": w.Organisations["C"], "stated_by": w.Organisations["B"],
		"tenant_id": "1", "account": admin.Account, "person": admin.Person, "manager": other.Account, "author": other.Account, "author_person": other.Person, "owner_id": other.Person,
		"owner_kind": "person", "role": "admin", "roles": "admin", "right": "manage", "access_right": "manage", "rights": "manage",
		"state": "approved", "status": "active", "status_since": "1", "approved": "1", "approved_by": admin.Account, "decided_by": admin.Account, "decider": admin.Person, "decided_at": "1",
		"done_by": other.Account, "done_at": "1", "checked_by": other.Account, "content": "0", "audience": "public", "confidential": "1", "example": "1", "demo": "1",
		"modality": "regional-interregional", "modality_by": admin.Account, "umbrella": w.Second.ID, "source": "mine", "source_place": "p. 1", "system_key": "mine", "high": "1", "inferred": "1",
		"created_by": admin.Account, "created_at": "1", "updated_by": admin.Account, "updated_at": "1", "deleted_at": "1", "version": "99", "verified": "1", "password": "another river stone",
		"email": "evil@example.org", "lang": "es", "theme": "dark", "seen_at": "1", "ID": w.Second.ID, "CreatedBy": admin.Account, "State": "approved", "created_by[]": admin.Account, "role[0]": "admin",
	}
	known := map[string]bool{}
	for _, line := range w.Dump(context.Background()) {
		for _, s := range made.FindAllString(line, -1) {
			known[s] = uuid.MatchString(s)
		}
	}
	n := 0
	for _, r := range app.Routes() {
		if !r.Changes() || gone[key(r)] != "" || unsent[key(r)] {
			continue
		}
		n++
		path, reader := w.fill(t, r, w.Open), w.through(t, r)
		plain := w.form(r, reader, w.Open)
		more := url.Values{}
		maps.Copy(more, plain)
		for name, value := range extras {
			if !plain.Has(name) {
				more.Set(name, value)
			}
		}
		first, plainRows := w.outcome(r, reader, path, plain, known)
		second, moreRows := w.outcome(r, reader, path, more, known)
		if first.Code != second.Code || alikeRow(first.Header().Get("Location"), known) != alikeRow(second.Header().Get("Location"), known) {
			t.Errorf("%s as %s: status %d to %q, with more fields %d to %q", r, reader, first.Code, first.Header().Get("Location"), second.Code, second.Header().Get("Location"))
		}
		if diff := cmp.Diff(plainRows, moreRows); diff != "" {
			t.Errorf("%s as %s: more fields made other rows (-without, +with):\n%s", r, reader, diff)
		}
	}
	if n < 50 {
		t.Errorf("only %d forms", n)
	}
}

// through is somebody whose form gets through.
func (w *World) through(t *testing.T, r web.Route) string {
	t.Helper()
	var found string
	for _, reader := range []string{Admin, Manager, Contributor, Approver, Counsel, Officer, Nobody} {
		w.Trial(func(ctx context.Context) {
			reply := w.send(ctx, r, reader, w.fill(t, r, w.Open), w.form(r, reader, w.Open))
			if reply.Code == http.StatusOK || reply.Code == http.StatusSeeOther {
				found = reader
			}
		})
		if found != "" {
			return found
		}
	}
	t.Errorf("%s: nobody's form gets through", r)
	return Admin
}

// outcome is the answer to a form, and the rows that it made or changed.
func (w *World) outcome(r web.Route, reader, path string, form url.Values, known map[string]bool) (reply *Reply, changed []string) {
	w.Trial(func(ctx context.Context) {
		before := w.Dump(ctx)
		reply = w.send(ctx, r, reader, path, form)
		for _, line := range w.Dump(ctx) {
			if _, same := slices.BinarySearch(before, line); !same {
				changed = append(changed, alikeRow(line, known))
			}
		}
	})
	slices.Sort(changed)
	return reply, changed
}

// alikeRow is a row without what differs between two runs of the same form.
// Identifiers that were there before stay: whose they are matters.
func alikeRow(line string, known map[string]bool) string {
	return made.ReplaceAllStringFunc(line, func(s string) string {
		if known[s] {
			return s
		}
		return "·"
	})
}

// made are parts of a row that a form makes: identifiers, hashes, sealed texts, and numbers
// of rows in the order of writing.
var made = regexp.MustCompile(`\bv1\.[A-Za-z0-9+/]+| seq=\d+|\$argon2id\$\S+|\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32,64}\b`)
