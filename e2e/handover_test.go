package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ayni/internal/app"
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
)

// TestHandOverByKeyboard: an officer with forty partnerships and more hands
// all of them over, with a choice, a reason and three times Enter, and takes
// it back, without a mouse. Afterwards the partnerships are as they were.
func TestHandOverByKeyboard(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	from, to := s.forty(t)
	before := s.managed(t, from)
	if len(before) < 40 {
		t.Fatalf("%s manages %d partnerships", from.Name, len(before))
	}
	confidential := strings.Count(strings.Join(before, "\n"), "confidential")
	for _, lang := range inTurn(0) {
		r := readerOf(t, s, lang)
		r.Visit("/sign-in")
		r.tabTo("button", r.T("pages.role.officer"))
		r.enter()
		r.tabTo("a", r.T("handover.mine"))
		r.enter()
		r.tabTo("field", r.T("handover.receiver"))
		r.Key(to.Name)
		r.tabTo("button", r.T("handover.look"))
		r.enter()
		r.SeesText(r.T("handover.means"))
		r.tabTo("field", r.T("handover.reason.label"))
		r.Key("Rotation")
		r.enter()
		r.SeesText(r.T("handover.done"))
		r.SeesText(spaces(r.T("handover.from_to", i18n.A{"from": from.Name, "to": to.Name})))
		// A confidential one is not ticked by itself: who may see it is a
		// decision of its own.
		if left := s.managed(t, from); len(left) != confidential {
			t.Errorf("%d partnerships are still with %s, want %d", len(left), from.Name, confidential)
		}
		r.tabTo("button", r.T("handover.undo"))
		r.enter()
		r.SeesText(r.T("handover.undone"))
		if after := s.managed(t, from); !slices.Equal(before, after) {
			t.Errorf("%d partnerships came back of %d", len(after), len(before))
		}
	}
}

// beside opens the installation beside its server.
func (s *server) beside(t testing.TB, fn func(a *app.App) error) {
	t.Helper()
	a, err := app.Open(context.Background(), app.Options{Data: s.place[1], Use: app.Write, Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(context.Background())
	err = fn(a)
	if err != nil {
		t.Fatal(err)
	}
}

// forty gives the demo's officer forty partnerships more, each with an action.
// The other account may take them over.
func (s *server) forty(t testing.TB) (officer, other access.Account) {
	t.Helper()
	s.beside(t, func(a *app.App) error {
		ctx := context.Background()
		var by access.Actor
		err := a.DB.Read(ctx, func(tx *db.Tx) error {
			for role, into := range map[access.Role]*access.Account{access.Officer: &officer, access.Specialist: &other} {
				found, err := access.Find(tx, access.Filter{Role: role, Demo: true, Limit: 1})
				if err != nil {
					return err
				}
				*into = found[0]
			}
			var err error
			by, err = a.Access.ActorOf(tx, officer.ID)
			return err
		})
		if err != nil {
			return err
		}
		for i := range 40 {
			p, err := a.Partnership.Create(ctx, by, partnership.NewPartnership{Partnership: partnership.Partnership{Title: fmt.Sprintf("Example partnership %02d", i)}})
			if err != nil {
				return err
			}
			_, err = a.Partnership.AddAction(ctx, by, partnership.Action{Partnership: p, Text: "Call the focal point", OwnerKind: partnership.WhoPerson, OwnerID: by.Person, Audience: access.AudienceHost})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return officer, other
}

// managed are the partnerships that an account has a place in.
func (s *server) managed(t testing.TB, account access.Account) []string {
	t.Helper()
	var out []string
	s.beside(t, func(a *app.App) error {
		return a.DB.Read(context.Background(), func(tx *db.Tx) error {
			looks, _, err := a.Partnership.LookHandOver(tx, access.Command("e2e"), account, access.Account{})
			for _, x := range looks {
				out = append(out, fmt.Sprintf("%s %v %v %d %s", x.Place.Partnership, x.Manager, x.Rights, x.Actions, map[bool]string{true: "confidential"}[x.Place.Confidential]))
			}
			return err
		})
	})
	return out
}
