package access

import (
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/mail/mailbox"
)

func TestAU8_AResetLinkIsSentToItsOwnerAndLivesTenMinutes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		account := h.person(olga, Officer)
		h.letters()
		ask := func() { h.ok(h.AskReset(t.Context(), " OLGA@Example.org", h.ip(), "test")) }
		dead := func(token, why string) {
			t.Helper()
			err := h.Accept(t.Context(), token, goodPassword)
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: the link still works: %v", why, err)
			}
		}
		session := h.in(olga)
		ask()
		h.who(session) // asking changes nothing
		used := h.linkIn(olga)
		h.ok(h.Accept(t.Context(), used, "another good password"))
		h.gone(session)
		dead(used, "used")
		h.ok(h.ChangePassword(t.Context(), h.who(second(h.SignIn(t.Context(), olga, "another good password", h.ip(), ""))), "another good password", goodPassword, h.ip()))

		ask()
		late := h.linkIn(olga)
		d.Clock.Advance(resetLife - time.Second)
		_, err := h.Link(t.Context(), late)
		h.ok(err)
		d.Clock.Advance(time.Second)
		dead(late, "after ten minutes")

		ask()
		moved := h.linkIn(olga)
		h.ok(h.SetEmail(t.Context(), h.admin, account, "olga.new@example.org"))
		dead(moved, "after the address changed")
		h.ok(h.SetEmail(t.Context(), h.admin, account, olga))
		h.letters()

		// Whoever asks again and again takes nobody's link away, and sends no storm.
		d.Clock.Advance(time.Hour)
		made, err := h.NewLink(t.Context(), h.admin, account)
		h.ok(err)
		h.letters()
		for range 2 * resetsHour {
			ask()
			d.Clock.Advance(10 * time.Second)
		}
		list := h.letters()
		if len(list) != resetsHour {
			t.Errorf("%d messages for %d questions", len(list), 2*resetsHour)
		}
		_, err = h.Link(t.Context(), made)
		h.ok(err)
		if n := h.audited("asked-reset", account); n != 3+2*resetsHour {
			t.Errorf("%d rows in the audit", n)
		}
	})
}

// second is the token of a sign-in.
func second(token string, _ Actor, err error) string {
	if err != nil {
		return err.Error()
	}
	return token
}

// The answer, and what is counted and written, tell nothing of whether there
// is an account.
func TestAU8_AskingForALinkTellsNothingOfAccounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.person("olga@example.org", Officer)
		_, _, err := h.Invite(t.Context(), h.admin, NewAccount{Name: "In", Email: "invited@example.org", Roles: []RoleGrant{{Role: Legal}}})
		h.ok(err)
		h.ok(h.Close(t.Context(), h.admin, h.person("closed@example.org", Legal)))
		h.letters()
		for _, email := range []string{"olga@example.org", "nobody@example.org", "invited@example.org", "closed@example.org"} {
			before := h.audited("asked-reset", "") + h.audited("asked-reset", h.idOf(email))
			for i := range guessByAccount + 1 {
				err := h.AskReset(t.Context(), email, h.ip(), "test")
				if i < guessByAccount {
					h.ok(err)
				} else {
					h.refused(err, errs.TooMany, "")
				}
			}
			if n := h.audited("asked-reset", "") + h.audited("asked-reset", h.idOf(email)) - before; n != guessByAccount {
				t.Errorf("%s: %d rows in the audit", email, n)
			}
		}
		for _, l := range h.letters() {
			if l.To != "olga@example.org" {
				t.Errorf("a message to %s", l.To)
			}
		}
		ip := h.ip()
		tooMany := 0
		for i := range 2 * guessByAddress {
			err := h.AskReset(t.Context(), strings.Repeat("x", i+1)+"@example.org", ip, "")
			if errs.Is(err, errs.TooMany) {
				tooMany++
			}
		}
		if tooMany != guessByAddress {
			t.Errorf("%d of %d questions from one address were refused", tooMany, 2*guessByAddress)
		}
		h.refused(h.AskReset(t.Context(), "no address", h.ip(), ""), errs.Invalid, "email")
		h.refused(h.AskReset(t.Context(), "a@example.org\r\nBcc: b@example.org", h.ip(), ""), errs.Invalid, "email")
		h.Mail = nil
		h.refused(h.AskReset(t.Context(), "olga@example.org", h.ip(), ""), errs.Invalid, "email")
	})
}

// idOf is the account of an address, or none.
func (h *house) idOf(email string) string {
	h.Helper()
	list, err := h.Accounts(h.Context(), h.admin, Filter{Text: email})
	h.ok(err)
	if len(list) == 0 {
		return "none"
	}
	return list[0].ID
}

func TestAU1_TheOwnersResetMailOpensAnAccountThatIsGuessedAt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		h.person(olga, Officer)
		h.letters()
		for range 20 {
			_, _, err := h.SignIn(t.Context(), olga, "wrong password", h.ip(), "guesser")
			if err == nil {
				t.Fatal("let in")
			}
		}
		h.ok(h.AskReset(t.Context(), olga, h.ip(), ""))
		h.ok(h.Accept(t.Context(), h.linkIn(olga), "another good password"))
	})
}

func TestInvitationsGoByMail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		roles := []RoleGrant{{Role: Legal}}
		account, link, err := h.Invite(t.Context(), h.admin, NewAccount{Name: "Ève Marin", Email: "eve@example.org", Lang: "fr", Roles: roles})
		h.ok(err)
		list := h.letters()
		if len(list) != 1 || list[0].To != "eve@example.org" || !strings.Contains(list[0].Text, "https://ayni.example.org"+LinkPath(link)+"\n") {
			t.Fatalf("sent %+v", list)
		}
		if strings.Contains(list[0].Text, "works once") {
			t.Errorf("in English to a reader of French: %s", list[0].Text)
		}
		again, err := h.NewLink(t.Context(), h.admin, account)
		h.ok(err)
		if got := h.linkIn("eve@example.org"); got != again {
			t.Error("the message has another link than the page")
		}
		h.ok(h.Accept(t.Context(), again, goodPassword))
		h.ok(h.Close(t.Context(), h.admin, account))
		again, err = h.Reopen(t.Context(), h.admin, account, RoleForm{Roles: roles})
		h.ok(err)
		if got := h.linkIn("eve@example.org"); got != again {
			t.Error("the message has another link than the page")
		}
		// An address that no mail server takes has an account all the same.
		_, _, err = h.Invite(t.Context(), h.admin, NewAccount{Name: "O", Email: "o%x@example.org", Roles: roles})
		h.ok(err)
		if list := h.letters(); len(list) != 0 {
			t.Errorf("sent %+v", list)
		}
	})
}

func TestTheOwnerChangesTheAddressOfAnAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga, moved = "olga@example.org", "olga.new@example.org"
		account := h.person(olga, Officer)
		session := h.in(olga)
		app, _ := h.enrol(session)
		a := h.who(session)
		h.letters()
		before := h.dump()
		for _, c := range []struct{ email, password, code, field string }{
			{"no address", goodPassword, app.next(), "email"},
			{"o%x@example.org", goodPassword, app.code(0), "email"},
			{olga, goodPassword, app.code(0), "email"},
			{moved, "wrong password", app.code(0), "present-password"},
			{moved, goodPassword, "", "code"},
			{moved, goodPassword, app.code(-1), "code"},
		} {
			h.refused(h.AskEmail(t.Context(), a, c.email, c.password, c.code, h.ip()), errs.Invalid, c.field)
		}
		if h.dump() != before || len(h.letters()) != 0 {
			t.Error("a refusal changed something")
		}
		reset, err := h.NewLink(t.Context(), h.admin, account)
		h.ok(err)
		h.letters()
		h.ok(h.AskEmail(t.Context(), a, moved, goodPassword, app.next(), h.ip()))
		byTo := map[string]mailbox.Letter{}
		for _, l := range h.letters() {
			byTo[l.To] = l
		}
		_, rest, found := strings.Cut(byTo[moved].Text, "https://ayni.example.org"+LinkPath(""))
		if !found || len(byTo) != 2 || strings.Contains(byTo[olga].Text, LinkPath("")) || strings.Contains(byTo[olga].Text, moved) {
			t.Fatalf("sent %+v", byTo)
		}
		token := rest[:2*secretBytes]
		l, err := h.Link(t.Context(), token)
		h.ok(err)
		if l.Purpose != LinkEmail || l.Address != moved || l.Account.Email != olga {
			t.Errorf("the link says %+v", l)
		}
		h.refused(h.Accept(t.Context(), token, goodPassword), errs.NotFound, "") // it sets no password
		h.refused(h.ConfirmEmail(t.Context(), reset), errs.NotFound, "")
		h.ok(h.ConfirmEmail(t.Context(), token))
		h.refused(h.ConfirmEmail(t.Context(), token), errs.NotFound, "")
		_, err = h.Link(t.Context(), reset)
		h.refused(err, errs.NotFound, "")
		if list := h.letters(); len(list) != 1 || list[0].To != olga {
			t.Errorf("told %+v", list)
		}
		h.who(session)
		h.inWith(moved, app.next())

		// An address that another account has is refused to who can read it.
		h.person("otto@example.org", Legal)
		h.letters()
		h.ok(h.AskEmail(t.Context(), a, "otto@example.org", goodPassword, app.next(), h.ip()))
		for _, l := range h.letters() {
			if l.To == "otto@example.org" {
				_, rest, _ = strings.Cut(l.Text, LinkPath(""))
			}
		}
		h.refused(h.ConfirmEmail(t.Context(), rest[:2*secretBytes]), errs.Invalid, "email")
		h.ok(h.ChangePassword(t.Context(), a, goodPassword, "another good password", h.ip()))
		h.refused(h.ConfirmEmail(t.Context(), rest[:2*secretBytes]), errs.NotFound, "")

		// Nobody sends letters without end to addresses that are not theirs.
		var refused error
		for range 4 * guessByAccount {
			refused = h.AskEmail(t.Context(), a, "otto@example.org", "another good password", app.next(), h.ip())
			if refused != nil {
				break
			}
		}
		h.refused(refused, errs.TooMany, "")
	})
}

func TestTheOwnerIsToldWhatConcernsTheSafetyOfTheAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		account := h.person(olga, Officer)
		h.letters()
		told := func(to, about string) {
			t.Helper()
			list := h.letters()
			if len(list) != 1 || list[0].To != to || list[0].Subject != about {
				t.Errorf("told %+v, want %q to %s", list, about, to)
			}
		}
		h.enrol(h.in(olga))
		h.ok(h.RemoveFactor(t.Context(), h.admin, account))
		told(olga, "The second factor of your account was taken away")
		session := h.in(olga)
		app, _ := h.enrol(session)
		h.ok(h.TurnOffFactor(t.Context(), h.who(session), goodPassword, app.next(), h.ip()))
		told(olga, "The second factor of your account was turned off")
		h.ok(h.SetEmail(t.Context(), h.admin, account, "olga.new@example.org"))
		told(olga, "Your e-mail address has changed")
	})
}
