package apptest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ayni/internal/app"
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
)

// protected are actions that ask again who somebody is, however the routes
// stand in their rooms.
var protected = []string{
	"POST /partnerships/{id}/elements/{element}/attestations/{record}/decide", "POST /partnerships/{id}/team", "POST /partnerships/{id}/team/{member}/remove",
	"POST /partnerships/{id}/manager", "POST /admin/accounts/new", "POST /admin/accounts/{id}/roles", "POST /admin/accounts/{id}/email", "POST /admin/accounts/{id}/link",
	"POST /admin/accounts/{id}/second-factor", "POST /admin/accounts/{id}/close", "POST /admin/accounts/{id}/reopen", "POST /admin/settings",
	"POST /profile/second-factor/start", "POST /profile/second-factor/recovery",
	"POST /admin/privacy/persons/{id}/erase", "POST /hand-over/{account}", "POST /hand-overs/{id}/undo",
}

// TestAU7_protected: with a session that is alive and a password given more
// than 15 minutes ago, protected actions ask for it and do nothing.
func TestAU7_protected(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	readers := map[string]string{}
	for _, r := range app.Routes() {
		if r.Fresh {
			readers[key(r)] = w.reader(t, r)
		}
	}
	for _, k := range protected {
		if readers[k] == "" {
			t.Errorf("%s does not ask again", k)
		}
	}
	w.Clock.Advance(16 * time.Minute)
	for name, session := range w.tokens {
		w.signed(name, session) // that it is used is noted once a minute: now, not in a trial
	}
	before := w.Fingerprint()
	for _, r := range app.Routes() {
		if !r.Fresh {
			continue
		}
		reader := readers[key(r)]
		var reply *Reply
		rows := w.Trial(func(ctx context.Context) {
			reply = w.send(ctx, r, reader, w.fill(t, r, w.Open), w.form(r, reader, w.Open))
		})
		if reply.Code != http.StatusUnauthorized || rows != 0 || !strings.Contains(reply.Body.String(), "Confirm that it is you") {
			t.Errorf("%s as %s: status %d, %d rows written: %s", r, reader, reply.Code, rows, reply.Brief())
		}
	}
	if w.Fingerprint() != before {
		t.Error("something was written")
	}
}

// TestSE5_nothingIsKept: what a signed-in person sees is kept by no browser
// and by nothing between.
func TestSE5_nothingIsKept(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	n := 0
	for _, r := range app.Routes() {
		if r.Changes() {
			continue
		}
		reader := w.reader(t, r)
		if reader == Nobody {
			reader = Admin
		}
		n++
		reply := w.As(reader).Get(w.fill(t, r, w.Open))
		if got := reply.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", r, got)
		}
	}
	if n < 40 {
		t.Errorf("only %d pages", n)
	}
}

// TestAC4_lapsed: rights that were taken away while a page was open, roles that
// have ended, and invitations that nobody has taken up give nothing.
func TestAC4_lapsed(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := NewWorld(New(t, engine))
			ctx, place := context.Background(), w.Confidential
			path := "/partnerships/" + place.ID
			note := path + "/elements/" + Element + "/evidence"
			form := url.Values{"kind": {"note"}, "title": {"Example"}, "note": {"Example note"}, "audience": {access.AudienceParties}}

			// A member that is removed.
			w.As(Contributor).Get(path + "/elements/" + Element).Is(200)
			w.As(Manager).Post(path+"/team/"+w.right(place.ID, Contributor)+"/remove", nil).Is(303)
			w.nothing(func() {
				w.As(Contributor).Post(note, form).Is(404)
				w.As(Contributor).Get(path).Is(404)
			})

			// A party's account that is closed: its rights on objects go at once.
			w.As(PartnerB).Get(path).Is(200)
			if w.granted(PartnerB) == 0 {
				t.Fatal("the partner had no right")
			}
			w.OK(w.App.Access.Close(ctx, w.Actor(Admin), w.Actor(PartnerB).Account))
			if n := w.granted(PartnerB); n != 0 {
				t.Errorf("%d rights are left of a closed account", n)
			}
			w.nothing(func() { w.As(PartnerB).Post(note, form).Is(401) })

			// A role until today, tomorrow.
			roles := []access.RoleGrant{{Role: access.Partner, Until: FirstDay}}
			w.OK(w.App.Access.SetRoles(ctx, w.Actor(Admin), w.Actor(PartnerA).Account, access.RoleForm{Organisation: w.Organisations["A"], Roles: roles}))
			session, _, err := w.App.Access.SignIn(ctx, PartnerA+"@example.org", Password, "", "")
			w.OK(err)
			w.signed(PartnerA, session)
			w.As(PartnerA).Get(path).Is(200)
			w.Clock.Set(FirstDay.AddDays(1).Ms().Add(time.Second))
			session, _, err = w.App.Access.SignIn(ctx, PartnerA+"@example.org", Password, "", "")
			w.OK(err)
			w.signed(PartnerA, session)
			w.nothing(func() {
				w.As(PartnerA).Get(path).Is(403)
				w.As(PartnerA).Post(note, form).Is(403)
			})

			// An administrator that was invited.
			_, link, err := w.App.Access.Invite(ctx, w.Actor(Admin), access.NewAccount{Name: "Example new", Email: "new@example.org", Roles: []access.RoleGrant{{Role: access.Admin}}})
			w.OK(err)
			w.nothing(func() {
				for _, token := range []string{link, w.As(Nobody).cookies["session"]} {
					c := w.As(Nobody)
					c.cookies["session"] = token
					c.Get("/admin/accounts").Is(401)
				}
			})
			w.As(Nobody).Post("/sign-in", url.Values{"email": {"new@example.org"}, "password": {Password}}).Is(422)
		})
	}
}

// nothing asserts that what is tried writes no business record.
func (w *World) nothing(try func()) {
	w.Helper()
	before := w.Fingerprint()
	try()
	if w.Fingerprint() != before {
		w.Error("a refusal changed something")
	}
}

// granted counts the rights of one of the cast on partnerships.
func (w *World) granted(name string) int {
	w.Helper()
	var rights []access.Granted
	w.OK(w.D.Read(context.Background(), func(t *db.Tx) error {
		rights = nil
		return access.EachGranted(t, partnership.Kind, func(g access.Granted) error {
			rights = append(rights, g)
			return nil
		})
	}))
	rights = slices.DeleteFunc(rights, func(g access.Granted) bool { return g.Account != w.Actor(name).Account })
	return len(rights)
}
