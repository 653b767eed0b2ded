package access

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
)

// The vectors of RFC 6238, appendix B, for SHA-1: the seed is the ASCII text
// 12345678901234567890, the codes have eight digits.
func TestOneTimeCodesOfRFC6238(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		step := stepAt(clock.Ms(seconds * 1000))
		if got := oneTimeCode([]byte("12345678901234567890"), step, 8); got != want {
			t.Errorf("at %d: %s, want %s", seconds, got, want)
		}
		if got := oneTimeCode([]byte("12345678901234567890"), step, codeDigits); got != want[2:] {
			t.Errorf("six digits at %d: %s, want %s", seconds, got, want[2:])
		}
	}
}

// The counter's vectors of RFC 4226, appendix D.
func TestOneTimeCodesOfRFC4226(t *testing.T) {
	t.Parallel()
	for counter, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if got := oneTimeCode([]byte("12345678901234567890"), int64(counter), codeDigits); got != want {
			t.Errorf("counter %d: %s, want %s", counter, got, want)
		}
	}
}

func TestCodesAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"123 456": "123456", " 123-456\t": "123456", "012345": "012345",
		"ABCD-efgh 2345-6777": "abcdefgh23456777", "o0o0-l1l1-aaaa-bbbb": "oooollllaaaabbbb", "": "", "--": "",
	} {
		if got := plainCode(typed); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}

// device is an app that shows the codes of an account.
type device struct {
	h    *house
	seed []byte
}

// code is what the device shows at present, some steps away.
func (d *device) code(steps int64) string {
	return oneTimeCode(d.seed, stepAt(d.h.d.Clock.Now())+steps, codeDigits)
}

// next waits for a code that was not used.
func (d *device) next() string {
	d.h.d.Clock.Advance(codePeriod)
	return d.code(0)
}

// enrol sets up the second factor of who works in a session.
func (h *house) enrol(token string) (*device, []string) {
	h.Helper()
	a := h.who(token)
	h.ok(h.StartFactor(h.Context(), a))
	f, err := h.Factor(h.Context(), a)
	h.ok(err)
	seed, err := base32Text.DecodeString(strings.ReplaceAll(f.Secret, " ", ""))
	h.ok(err)
	d := &device{h, seed}
	codes, err := h.ConfirmFactor(h.Context(), a, d.code(0), h.ip())
	h.ok(err)
	if len(codes) != recoveryCodes {
		h.Fatalf("%d recovery codes", len(codes))
	}
	return d, codes
}

// half gives the password and returns the token that waits for the code.
func (h *house) gavePassword(email string) string {
	h.Helper()
	token, a, err := h.SignIn(h.Context(), email, goodPassword, h.ip(), "test")
	h.ok(err)
	if a.SignedIn() {
		h.Fatal("signed in by the password alone")
	}
	return token
}

func (h *house) inWith(email, code string) string {
	h.Helper()
	token, a, err := h.SignInCode(h.Context(), h.gavePassword(email), code, h.ip(), "test")
	h.ok(err)
	if !a.SignedIn() || a.Factor != FactorOn {
		h.Fatalf("signed in as %+v", a)
	}
	return token
}

func (h *house) wrongCode(email, code, why string) {
	h.Helper()
	_, _, err := h.SignInCode(h.Context(), h.gavePassword(email), code, h.ip(), "test")
	if !errs.Is(err, errs.Invalid) {
		h.Errorf("%s: got %v, want a refusal", why, err)
	}
	h.limits.forgive(codeKey(h.account(email)), "", h.d.Clock.Now()) // what is asked here is the answer, not the wait
}

// account is the id of the account with an address.
func (h *house) account(email string) string {
	h.Helper()
	list, err := h.Accounts(h.Context(), h.admin, Filter{Text: email})
	h.ok(err)
	if len(list) != 1 {
		h.Fatalf("%d accounts are like %s", len(list), email)
	}
	return list[0].ID
}

func TestAU6_OneTimeCodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.Clock.Set(clock.Ms(1_800_000_000_000))
		h := newHouse(t, d)
		const olga = "olga@example.org"
		account := h.person(olga, Officer)
		session, other := h.in(olga), h.in(olga)
		app, _ := h.enrol(session)
		h.who(session)
		h.gone(other)
		h.wrongCode(olga, app.code(0), "the code that confirmed it")
		h.wrongCode(olga, app.code(-1), "an earlier one")
		d.Clock.Advance(10 * codePeriod)
		h.wrongCode(olga, app.code(-2), "two steps ago")
		h.wrongCode(olga, app.code(2), "in two steps")
		h.wrongCode(olga, "000", "three digits")
		h.inWith(olga, app.code(-1)) // a slow clock
		h.wrongCode(olga, app.code(-1), "used in its window")
		h.inWith(olga, " "+app.code(0)[:3]+" "+app.code(0)[3:])
		h.inWith(olga, app.code(1)) // a fast clock
		h.wrongCode(olga, app.code(0), "earlier than the last one used")
		h.wrongCode(olga, app.code(1), "used in its window")
		if strings.Contains(h.dump(), base32Text.EncodeToString(app.seed)) || strings.Contains(h.dump(), string(app.seed)) {
			t.Error("the seed stands in the database")
		}
		d.Clock.Advance(guessWindow)
		for i := range 10 {
			_, _, err := h.SignInCode(t.Context(), h.gavePassword(olga), "123"+"45"+string(rune('0'+i)), h.ip(), "guesser")
			if i < guessByAccount {
				h.refused(err, errs.Invalid, "code")
			} else {
				h.refused(err, errs.TooMany, "")
			}
		}
		_, _, err := h.SignInCode(t.Context(), h.gavePassword(olga), app.next(), h.ip(), "")
		if !errs.Is(err, errs.TooMany) {
			d.Clock.Advance(guessLongest)
		}
		h.inWith(olga, app.next())
		if n := h.audited("code-failed", account); n < guessByAccount {
			t.Errorf("%d wrong codes in the audit", n)
		}
	})
}

func TestAU6_RecoveryCodesWorkOnceEach(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		account := h.person(olga, Officer)
		session := h.in(olga)
		_, codes := h.enrol(session)
		for _, c := range codes {
			if strings.Contains(h.dump(), plainCode(c)) {
				t.Fatal("a recovery code stands in the database")
			}
		}
		h.inWith(olga, strings.ToUpper(codes[0]))
		h.wrongCode(olga, codes[0], "a recovery code a second time")
		h.inWith(olga, strings.ReplaceAll(codes[1], "-", " "))
		h.person("otto@example.org", Officer)
		h.enrol(h.in("otto@example.org"))
		h.wrongCode("otto@example.org", codes[2], "another account's recovery code")
		f, err := h.Factor(t.Context(), h.who(session))
		h.ok(err)
		if f.Codes != recoveryCodes-2 || f.State != FactorOn || f.Secret != "" || f.Address != "" {
			t.Errorf("the factor is %+v", f)
		}
		again, err := h.NewRecovery(t.Context(), h.who(session))
		h.ok(err)
		h.wrongCode(olga, codes[2], "a recovery code made before the new ones")
		h.inWith(olga, again[9])
		if n := h.audited("used-recovery", account); n != 3 {
			t.Errorf("%d uses in the audit", n)
		}
	})
}

func TestAU6_ACodeSentTwiceAtOnceWorksOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		h.person(olga, Officer)
		app, _ := h.enrol(h.in(olga))
		code := app.next()
		halves := []string{h.gavePassword(olga), h.gavePassword(olga), h.gavePassword(olga)}
		results := make([]error, len(halves))
		var wait sync.WaitGroup
		for i := range halves {
			wait.Go(func() { _, _, results[i] = h.SignInCode(context.Background(), halves[i], code, "", "") })
		}
		wait.Wait()
		done := 0
		for _, err := range results {
			if err == nil {
				done++
			} else if !errs.Is(err, errs.Invalid) {
				t.Errorf("got %v", err)
			}
		}
		if done != 1 {
			t.Errorf("the code worked %d times", done)
		}
	})
}

func TestASignInThatWaitsForItsCodeOpensNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		account := h.person(olga, Officer)
		session := h.in(olga)
		app, _ := h.enrol(session)
		half := h.gavePassword(olga)
		h.gone(half)
		_, err := h.Link(t.Context(), half)
		h.refused(err, errs.NotFound, "")
		h.refused(h.Accept(t.Context(), half, "another good password"), errs.NotFound, "")
		h.refused(h.SetUpOpen(t.Context(), half), errs.NotFound, "")
		link, err := h.NewLink(t.Context(), h.admin, account)
		h.ok(err)
		for _, other := range []string{"", session, link, strings.Repeat("0", 64)} {
			_, _, err = h.SignInCode(t.Context(), other, app.next(), h.ip(), "")
			h.refused(err, errs.NotFound, "")
		}
		half = h.gavePassword(olga) // the new link ended the one before
		_, _, err = h.SignInCode(t.Context(), half, "", h.ip(), "")
		h.refused(err, errs.Invalid, "code")
		d.Clock.Advance(halfLife)
		_, _, err = h.SignInCode(t.Context(), half, app.next(), h.ip(), "")
		h.refused(err, errs.NotFound, "")
		half = h.gavePassword(olga)
		_, _, err = h.SignInCode(t.Context(), half, app.next(), h.ip(), "")
		h.ok(err)
		_, _, err = h.SignInCode(t.Context(), half, app.next(), h.ip(), "")
		h.refused(err, errs.NotFound, "")
		for why, end := range map[string]func(){
			"the roles changed": func() {
				h.ok(h.SetRoles(t.Context(), h.admin, account, RoleForm{Roles: []RoleGrant{{Role: Legal}, {Role: Finance}}}))
			},
			"the password changed": func() {
				h.ok(h.ChangePassword(t.Context(), h.who(h.inWith(olga, app.next())), goodPassword, goodPassword+"!", h.ip()))
				h.ok(h.ChangePassword(t.Context(), h.who(h.reset(account, olga, app)), goodPassword, goodPassword, h.ip()))
			},
		} {
			half = h.gavePassword(olga)
			end()
			_, _, err = h.SignInCode(t.Context(), half, app.next(), h.ip(), "")
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("after %s: %v", why, err)
			}
		}
		half = h.gavePassword(olga)
		h.ok(h.Close(t.Context(), h.admin, account))
		_, _, err = h.SignInCode(t.Context(), half, app.next(), h.ip(), "")
		h.refused(err, errs.NotFound, "")
	})
}

// reset sets the good password by a link and signs in.
func (h *house) reset(account, email string, app *device) string {
	h.Helper()
	link, err := h.NewLink(h.Context(), h.admin, account)
	h.ok(err)
	h.ok(h.Accept(h.Context(), link, goodPassword))
	return h.inWith(email, app.next())
}

func TestAU9_AResetDoesNotTakeTheSecondFactorAway(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		account := h.person(olga, Officer)
		app, _ := h.enrol(h.in(olga))
		link, err := h.NewLink(t.Context(), h.admin, account)
		h.ok(err)
		h.ok(h.Accept(t.Context(), link, "another good password"))
		token, a, err := h.SignIn(t.Context(), olga, "another good password", h.ip(), "")
		h.ok(err)
		if a.SignedIn() {
			t.Fatal("after a reset the password alone signs in")
		}
		h.gone(token)
		session, _, err := h.SignInCode(t.Context(), token, app.next(), h.ip(), "")
		h.ok(err)
		if h.who(session).Account != account {
			t.Error("somebody else is signed in")
		}
	})
}

func TestAU7_AskingAgainAsksForTheCodeToo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		h.person(olga, Officer)
		app, codes := h.enrol(h.in(olga))
		session := h.inWith(olga, app.next())
		d.Clock.Advance(freshFor + time.Minute)
		a := h.who(session)
		h.refused(h.Reauthenticate(t.Context(), a, goodPassword, "", h.ip()), errs.Invalid, "code")
		h.refused(h.Reauthenticate(t.Context(), a, "wrong password", app.code(0), h.ip()), errs.Invalid, "password")
		h.refused(h.Reauthenticate(t.Context(), a, goodPassword, app.code(-3), h.ip()), errs.Invalid, "code")
		if h.Fresh(h.who(session)) {
			t.Error("a refusal counts as being asked")
		}
		h.ok(h.Reauthenticate(t.Context(), a, goodPassword, app.code(0), h.ip())) // the wrong password did not use it up
		if !h.Fresh(h.who(session)) {
			t.Error("password and code do not count")
		}
		d.Clock.Advance(freshFor + time.Minute)
		h.ok(h.ChangePassword(t.Context(), h.who(session), goodPassword, goodPassword+"!", h.ip()))
		if h.Fresh(h.who(session)) {
			t.Error("with a second factor the password alone counts")
		}
		h.ok(h.ChangePassword(t.Context(), h.who(session), goodPassword+"!", goodPassword, h.ip()))
		for range guessByAccount {
			h.refused(h.Reauthenticate(t.Context(), h.who(session), goodPassword, "123456", h.ip()), errs.Invalid, "code")
		}
		h.refused(h.Reauthenticate(t.Context(), h.who(session), goodPassword, codes[0], h.ip()), errs.TooMany, "")
		d.Clock.Advance(guessFirstWait)
		h.ok(h.Reauthenticate(t.Context(), h.who(session), goodPassword, codes[0], h.ip()))
	})
}

func TestSE2_AChangeOfTheSecondFactorEndsOtherSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		account := h.person(olga, Officer)
		mine, other := h.in(olga), h.in(olga)
		h.ok(h.StartFactor(t.Context(), h.who(mine)))
		h.who(other) // what is not confirmed changes nothing
		h.in(olga)
		app, _ := h.enrol(mine)
		h.who(mine)
		h.gone(other)

		other = h.inWith(olga, app.next())
		h.refused(h.TurnOffFactor(t.Context(), h.who(mine), "wrong password", app.next(), h.ip()), errs.Invalid, "password")
		h.refused(h.TurnOffFactor(t.Context(), h.who(mine), goodPassword, "", h.ip()), errs.Invalid, "code")
		h.refused(h.TurnOffFactor(t.Context(), h.who(mine), goodPassword, app.code(-1), h.ip()), errs.Invalid, "code")
		h.who(other)
		h.ok(h.TurnOffFactor(t.Context(), h.who(mine), goodPassword, app.next(), h.ip()))
		h.who(mine)
		h.gone(other)
		h.refused(h.TurnOffFactor(t.Context(), h.who(mine), goodPassword, "", h.ip()), errs.Conflict, "")
		if n := h.audited("factor-on", account) + h.audited("factor-off", account); n != 2 {
			t.Errorf("%d rows in the audit", n)
		}
	})
}

func TestAnAdministratorTakesALostSecondFactorAway(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		account := h.person(olga, Officer)
		h.enrol(h.in(olga))
		session, _, err := h.SignIn(t.Context(), olga, goodPassword, h.ip(), "")
		h.ok(err)
		otto := h.person("otto@example.org", Officer)
		h.refused(h.RemoveFactor(t.Context(), h.who(h.in("otto@example.org")), account), errs.Forbidden, "")
		h.refused(h.RemoveFactor(t.Context(), h.admin, otto), errs.Conflict, "")
		h.refused(h.RemoveFactor(t.Context(), h.admin, "11111111-1111-7111-8111-111111111111"), errs.NotFound, "")
		h.ok(h.RemoveFactor(t.Context(), h.admin, account))
		h.gone(session)
		_, _, err = h.SignInCode(t.Context(), session, "123456", h.ip(), "")
		h.refused(err, errs.NotFound, "")
		h.who(h.in(olga)) // the password alone again
		if n := h.audited("factor-removed", account); n != 1 {
			t.Errorf("%d rows in the audit", n)
		}
		f, err := h.Factor(t.Context(), h.who(h.in(olga)))
		h.ok(err)
		if f.Codes != 0 || f.State == FactorOn {
			t.Errorf("left: %+v", f)
		}
	})
}

func TestWithoutItsKeyFileRecoveryCodesStillWork(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const olga = "olga@example.org"
		h.person(olga, Officer)
		session := h.in(olga)
		app, codes := h.enrol(session)
		kept := h.KeyFile + ".kept"
		h.ok(os.Rename(h.KeyFile, kept))
		for i, key := range []string{"missing", "another"} {
			for range 2 * guessByAccount { // what can't be checked is no guess
				_, _, err := h.SignInCode(t.Context(), h.gavePassword(olga), app.next(), h.ip(), "")
				h.refused(err, errs.Invalid, "code")
				if word := errs.As(err).Fields[0].Msg.Key; word != "access.factor.key" {
					t.Fatalf("with the key %s it says %s", key, word)
				}
			}
			h.inWith(olga, codes[i])
			// A new one is set up with the key that is there; a missing one is made.
			h.ok(h.StartFactor(t.Context(), h.admin))
			f, err := h.Factor(t.Context(), h.admin)
			h.ok(err)
			if f.Secret == "" || f.Unopened {
				t.Errorf("with the key %s nothing new can be set up: %+v", key, f)
			}
		}
		h.ok(os.Rename(kept, h.KeyFile))
		h.inWith(olga, app.next())
	})
}

func TestAFactorThatIsNotConfirmedInTimeEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	h.person("olga@example.org", Officer)
	a := h.who(h.in("olga@example.org"))
	h.refused(func() error { _, err := h.ConfirmFactor(t.Context(), a, "123456", h.ip()); return err }(), errs.Conflict, "")
	h.ok(h.StartFactor(t.Context(), a))
	f, err := h.Factor(t.Context(), a)
	h.ok(err)
	for _, part := range []string{"otpauth://totp/Ayni%20EO:olga@example.org?", "algorithm=SHA1", "digits=6", "period=30", "issuer=Ayni%20EO", "secret=" + strings.ReplaceAll(f.Secret, " ", "")} {
		if !strings.Contains(f.Address, part) {
			t.Errorf("%s lacks %s", f.Address, part)
		}
	}
	seed, err := base32Text.DecodeString(strings.ReplaceAll(f.Secret, " ", ""))
	h.ok(err)
	_, err = h.ConfirmFactor(t.Context(), a, "12345", h.ip())
	h.refused(err, errs.Invalid, "code")
	_, err = h.ConfirmFactor(t.Context(), a, strings.Repeat("1", 1000), h.ip())
	h.refused(err, errs.Invalid, "code")
	h.d.Clock.Advance(enrolLife + time.Second)
	_, err = h.ConfirmFactor(t.Context(), a, (&device{h, seed}).code(0), h.ip())
	h.refused(err, errs.Conflict, "")
	f, err = h.Factor(t.Context(), a)
	h.ok(err)
	if f.Secret != "" {
		t.Error("the secret is still shown")
	}
	h.KeyFile = filepath.Join(t.TempDir(), "no", "such", "folder")
	h.refused(h.StartFactor(t.Context(), a), errs.Invalid, "code")
}

func TestWhoNeedsASecondFactor(t *testing.T) {
	t.Parallel()
	staff, partner, admin := []Role{Legal}, []Role{Partner}, []Role{Officer, Admin}
	for _, c := range []struct {
		rule                  string
		admin, staff, partner FactorState
	}{
		{"", FactorAsked, FactorNone, FactorNone},
		{"nonsense", FactorAsked, FactorNone, FactorNone},
		{FactorOff, FactorNone, FactorNone, FactorNone},
		{FactorAsk, FactorAsked, FactorNone, FactorNone},
		{FactorAdmins, FactorDue, FactorNone, FactorNone},
		{FactorStaff, FactorDue, FactorDue, FactorNone},
		{FactorAll, FactorDue, FactorDue, FactorDue},
	} {
		for _, x := range []struct {
			roles []Role
			want  FactorState
		}{{admin, c.admin}, {staff, c.staff}, {partner, c.partner}} {
			if got := factorState(factorRule(c.rule), false, false, x.roles); got != x.want {
				t.Errorf("rule %q, roles %v: %q, want %q", c.rule, x.roles, got, x.want)
			}
			if got := factorState(factorRule(c.rule), false, true, x.roles); got != FactorNone {
				t.Errorf("rule %q, demo: %q", c.rule, got)
			}
			if got := factorState(factorRule(c.rule), true, false, x.roles); got != FactorOn {
				t.Errorf("rule %q, set up: %q", c.rule, got)
			}
		}
	}
	h := newHouse(t, dbtest.SQLite(t))
	if got := h.who(h.token).Factor; got != FactorAsked {
		t.Errorf("an administrator of a new installation: %q", got)
	}
	h.refused(h.SaveSettings(t.Context(), h.admin, map[string]string{SecondFactor: "some"}), errs.Invalid, SecondFactor)
	h.ok(h.SaveSettings(t.Context(), h.admin, map[string]string{SecondFactor: FactorAll}))
	if got := h.who(h.token).Factor; got != FactorDue {
		t.Errorf("where everybody must: %q", got)
	}
	settings, err := h.Settings(t.Context(), h.admin)
	h.ok(err)
	if settings[SecondFactor] != FactorAll {
		t.Errorf("saved as %q", settings[SecondFactor])
	}
}
