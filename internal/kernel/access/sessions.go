package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// errSignIn is the one answer to a sign-in that fails, whatever the cause.
func errSignIn() error {
	return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{
		Name: "email", Msg: i18n.M("access.signin.wrong", "This e-mail address and this password do not belong together. Check both, or ask an administrator for a link to set a new password."),
	}}}
}

// SignIn checks e-mail address and password and begins a session. It answers
// Invalid when they do not belong together, TooMany when to wait first, Busy
// when too many are signing in. ip is the address of the socket's other side.
// Where the account has a second factor nobody is signed in yet: the actor is
// nobody, and the token opens nothing but SignInCode.
func (s *Service) SignIn(ctx context.Context, email, password, ip, agent string) (token string, a Actor, err error) {
	if len(password) > maxPasswordBytes || len(email) > maxPasswordBytes {
		return "", Actor{}, errTooLong()
	}
	var c errs.Check
	folded := FoldEmail(email)
	c.If(folded == "", "email", i18n.M("access.email.missing", "Give the e-mail address."))
	c.If(password == "", "password", i18n.M("access.password.missing", "Give the password."))
	err = c.Err()
	if err != nil {
		return "", Actor{}, err
	}
	sign := &signs{Address: ip, Agent: clip(agent, maxAgent)}
	var known credentials
	var found bool
	err = s.db.Read(ctx, func(t *db.Tx) error {
		var err error
		known, found, err = credentialsByEmail(t, folded)
		return err
	})
	if err != nil {
		return "", Actor{}, err
	}
	err = s.guess(ctx, known.ID, folded, sign)
	if err != nil {
		return "", Actor{}, err
	}
	stored := known.Password
	if !found || known.State != Active || known.Demo {
		stored = ""
	}
	right, err := s.hashes.verify(ctx, stored, password)
	if err != nil {
		s.limits.cancel(folded, ip, s.db.Clock.Now())
		return "", Actor{}, err
	}
	if !right {
		err := s.db.Write(ctx, func(t *db.Tx) error { return note(t, "", "sign-in-failed", known.ID, sign) })
		if err != nil {
			return "", Actor{}, err
		}
		return "", Actor{}, errSignIn()
	}
	token, whole, err := s.begin(ctx, known, sign)
	if err != nil {
		return "", Actor{}, err
	}
	s.limits.forgive(folded, ip, s.db.Clock.Now())
	if !whole {
		return token, Actor{}, nil
	}
	a, err = s.Identify(ctx, token)
	return token, a, err
}

// guess asks the limits whether a password may be tried, and notes a refusal.
func (s *Service) guess(ctx context.Context, account, folded string, sign *signs) error {
	refused := s.limits.take(folded, sign.Address, s.db.Clock.Now())
	if refused == nil {
		return nil
	}
	if refused.Note {
		err := s.db.Write(ctx, func(t *db.Tx) error { return note(t, "", "sign-in-refused", account, sign) })
		if err != nil {
			return err
		}
	}
	return &errs.Error{Kind: errs.TooMany, Retry: refused.Retry}
}

// begin makes a session for an account whose password was just found right, or
// half of one where a code is still to come. The account is read again: the
// password may have changed meanwhile.
func (s *Service) begin(ctx context.Context, known credentials, sign *signs) (token string, whole bool, err error) {
	_, err = s.now(ctx)
	if err != nil {
		return "", false, err
	}
	token = id.Secret(secretBytes)
	err = s.db.Write(ctx, func(t *db.Tx) error {
		now, err := credentialsForChange(t, known.ID)
		if err != nil {
			return err
		}
		if now.State != Active || now.Password != known.Password {
			return errSignIn()
		}
		row, found, err := factorOf(t, known.ID)
		if err != nil {
			return err
		}
		whole = !found || row.ConfirmedAt == 0
		if !whole {
			return s.half(t, known.ID, token, sign)
		}
		return s.open(t, known.ID, token, sign)
	})
	return token, whole, err
}

// open writes a session and who began it.
func (s *Service) open(t *db.Tx, account, token string, sign *signs) error {
	err := insertSession(t, Session{ID: hashToken(token), Account: account, CreatedAt: t.Now, SeenAt: t.Now, AuthAt: t.Now, Agent: sign.Agent})
	if err != nil {
		return err
	}
	err = touchAccount(t, account, t.Now)
	if err != nil {
		return err
	}
	return note(t, account, "signed-in", account, sign)
}

// SignInDemo begins a session of a demo account, without a password. The
// caller has checked that the request comes from this machine.
func (s *Service) SignInDemo(ctx context.Context, account, agent string) (string, error) {
	if !s.Demo {
		return "", errs.Missing()
	}
	_, err := s.now(ctx)
	if err != nil {
		return "", err
	}
	token := id.Secret(secretBytes)
	err = s.db.Write(ctx, func(t *db.Tx) error {
		a, err := accountForChange(t, account)
		if err != nil {
			return err
		}
		if !a.Demo || a.State != Active {
			return errs.Missing()
		}
		return s.open(t, account, token, &signs{Agent: clip(agent, maxAgent)})
	})
	return token, err
}

// Identify tells whose session a token is. Unauthenticated when it is none, or
// when it has ended. Roles that have ended are not among the actor's.
func (s *Service) Identify(ctx context.Context, token string) (Actor, error) {
	if len(token) != 2*secretBytes {
		return Actor{}, &errs.Error{Kind: errs.Unauthenticated}
	}
	now, err := s.now(ctx)
	if err != nil {
		return Actor{}, err
	}
	var rows []sessionRow
	err = s.db.Read(ctx, func(t *db.Tx) error {
		var err error
		rows, err = sessionRows(t, hashToken(token), now)
		return err
	})
	if err != nil {
		return Actor{}, err
	}
	if len(rows) == 0 {
		return Actor{}, &errs.Error{Kind: errs.Unauthenticated}
	}
	r := rows[0]
	if r.State != Active || (r.Demo && !s.Demo) || !limitsFrom(r.Idle, r.Absolute).hold(r.Session, now) {
		return Actor{}, &errs.Error{Kind: errs.Unauthenticated}
	}
	a := Actor{
		Account: r.Account, Person: r.Person, Name: r.Name, Organisation: r.Organisation,
		Lang: r.Lang, Theme: r.Theme, AuthAt: r.AuthAt, Session: r.ID,
	}
	for _, role := range Roles {
		if slices.ContainsFunc(rows, func(r sessionRow) bool { return r.Role == role }) {
			a.Roles = append(a.Roles, role)
		}
	}
	a.Factor = factorState(factorRule(r.Rule), r.FactorAt != 0, r.Demo, a.Roles)
	s.touch(ctx, r, now)
	return a, nil
}

// ActorOf is an account as it may act at this moment, for what it has left a
// right to do without signing in. NotFound where the account is not active.
func (s *Service) ActorOf(t *db.Tx, account string) (Actor, error) {
	found, err := Find(t, Filter{IDs: []string{account}, State: Active})
	if err != nil {
		return Actor{}, err
	}
	if len(found) == 0 || (found[0].Demo && !s.Demo) {
		return Actor{}, errs.Missing()
	}
	x := found[0]
	a := Actor{Account: x.ID, Person: x.Person, Name: x.Name, Organisation: x.Organisation, Lang: x.Lang}
	for _, r := range Roles {
		if x.Holds(r, t.Now.Day()) {
			a.Roles = append(a.Roles, r)
		}
	}
	return a, nil
}

// touch notes a request, once a minute. Where that fails, on a full disk for
// instance, reading goes on: the session then ends earlier, never later.
func (s *Service) touch(ctx context.Context, r sessionRow, now clock.Ms) {
	before := now.Add(-touchEvery)
	if r.SeenAt > before {
		return
	}
	err := s.db.Write(ctx, func(t *db.Tx) error {
		first, err := touchSession(t, r.ID, now, before)
		if err != nil || !first {
			return err
		}
		return touchAccount(t, r.Account, now)
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		slog.WarnContext(ctx, "note the use of a session", "error", err)
	}
}

// sessionLimits are how long a session may last.
type sessionLimits struct {
	idle, absolute time.Duration
}

// hold says whether a session is inside the limits. One that begins in the
// future is not: its times come from another clock than ours.
func (l sessionLimits) hold(x Session, now clock.Ms) bool {
	ahead := now.Add(touchEvery)
	return x.SeenAt <= ahead && x.CreatedAt <= ahead && x.AuthAt <= ahead &&
		now <= x.SeenAt.Add(l.idle) && now <= x.CreatedAt.Add(l.absolute)
}

// now is the present instant for sessions and links. A clock that was put back
// would let them last longer than they may: the service notices it, against
// the latest instant it has seen, and moves them back by as much.
func (s *Service) now(ctx context.Context) (clock.Ms, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.db.Clock.Now()
	if !s.looked {
		var last clock.Ms
		err := s.db.Read(ctx, func(t *db.Tx) error {
			var err error
			last, err = lastSeen(t)
			return err
		})
		if err != nil {
			return 0, err
		}
		// Another instance's clock may run ahead of ours a little.
		if last > now.Add(touchEvery) {
			s.latest = last
		}
		s.looked = true
	}
	back := time.Duration(s.latest-now) * time.Millisecond
	if back <= time.Second {
		// Clocks are set right by parts of a second all the time.
		s.latest = max(s.latest, now)
		return now, nil
	}
	err := s.db.Write(ctx, func(t *db.Tx) error { return shiftBack(t, back.Milliseconds()) })
	if err != nil {
		return 0, fmt.Errorf("clock was put back by %s: %w", back, err)
	}
	slog.WarnContext(ctx, "the clock was put back; sessions and links keep their age", "by", back.String())
	s.latest = now
	return now, nil
}

// Tick is called once a minute: it deletes sessions that have ended and links
// long past, and looks at the clock.
func (s *Service) Tick(ctx context.Context) error {
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		idle, err := Setting(t, SessionIdle)
		if err != nil {
			return err
		}
		absolute, err := Setting(t, SessionAbsolute)
		if err != nil {
			return err
		}
		l := limitsFrom(idle, absolute)
		_, err = deleteStale(t, now.Add(-l.idle), now.Add(-l.absolute))
		if err != nil {
			return err
		}
		return pruneLinks(t, now.Add(-30*24*time.Hour))
	})
}

// SignOut ends the session of a token. A token that is none is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.db.Write(ctx, func(t *db.Tx) error {
		x, found, err := sessionByID(t, hashToken(token))
		if err != nil || !found {
			return err
		}
		err = deleteSession(t, x.Account, x.ID)
		if err != nil {
			return err
		}
		return note(t, x.Account, "signed-out", x.Account, nil)
	})
}

// Reauthenticate checks the password of who is signed in, and the code where
// the account has a second factor, with the limits of sign-in, and notes that
// they were just given. Demo accounts have none: for them it notes the
// confirmation alone.
func (s *Service) Reauthenticate(ctx context.Context, a Actor, password, code, ip string) error {
	known, err := s.owns(ctx, a, password, ip, "password")
	if err != nil {
		return err
	}
	err = s.spend(ctx, known, code, &signs{Address: ip})
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		err := setAuthAt(t, a.Session, t.Now)
		if err != nil {
			return err
		}
		return note(t, a.Account, "confirmed-password", a.Account, nil)
	})
}

// owns checks the password of who is signed in. A wrong one is an error of the field.
func (s *Service) owns(ctx context.Context, a Actor, password, ip, field string) (credentials, error) {
	if a.Account == "" {
		return credentials{}, &errs.Error{Kind: errs.Unauthenticated}
	}
	if len(password) > maxPasswordBytes {
		return credentials{}, errTooLong()
	}
	var known credentials
	err := s.db.Read(ctx, func(t *db.Tx) error {
		var err error
		known, err = credentialsOf(t, a.Account)
		return err
	})
	if err != nil {
		return known, err
	}
	if known.Demo && s.Demo {
		return known, nil
	}
	sign := &signs{Address: ip}
	folded := FoldEmail(known.Email)
	err = s.guess(ctx, known.ID, folded, sign)
	if err != nil {
		return known, err
	}
	right, err := s.hashes.verify(ctx, known.Password, password)
	if err != nil {
		s.limits.cancel(folded, ip, s.db.Clock.Now())
		return known, err
	}
	if !right {
		err := s.db.Write(ctx, func(t *db.Tx) error { return note(t, a.Account, "confirm-failed", a.Account, sign) })
		if err != nil {
			return known, err
		}
		var c errs.Check
		c.Add(field, i18n.M("access.password.wrong", "This is not the password of your account."))
		return known, c.Err()
	}
	s.limits.forgive(folded, ip, s.db.Clock.Now())
	return known, nil
}

// Fresh says whether the actor's password was given just now.
func (s *Service) Fresh(a Actor) bool {
	now := s.db.Clock.Now()
	return a.Outside != "" || (a.AuthAt <= now.Add(touchEvery) && now <= a.AuthAt.Add(freshFor))
}

// Sessions lists where the actor is signed in, the latest first.
func (s *Service) Sessions(ctx context.Context, a Actor) ([]Session, error) {
	var out []Session
	err := s.db.Read(ctx, func(t *db.Tx) error {
		all, err := sessionsOf(t, a.Account)
		if err != nil {
			return err
		}
		idle, err := Setting(t, SessionIdle)
		if err != nil {
			return err
		}
		absolute, err := Setting(t, SessionAbsolute)
		if err != nil {
			return err
		}
		l := limitsFrom(idle, absolute)
		out = slices.DeleteFunc(all, func(x Session) bool { return !l.hold(x, t.Now) })
		return nil
	})
	return out, err
}

// EndSession ends one of the actor's own sessions; NotFound for any other.
func (s *Service) EndSession(ctx context.Context, a Actor, session string) error {
	return s.db.Write(ctx, func(t *db.Tx) error {
		err := deleteSession(t, a.Account, session)
		if err != nil {
			return err
		}
		return note(t, a.Account, "ended-session", a.Account, nil)
	})
}

// EndOtherSessions ends all of the actor's sessions but the present one, and
// says how many.
func (s *Service) EndOtherSessions(ctx context.Context, a Actor) (int, error) {
	var n int64
	err := s.db.Write(ctx, func(t *db.Tx) error {
		var err error
		n, err = deleteSessions(t, a.Account, a.Session)
		if err != nil || n == 0 {
			return err
		}
		return note(t, a.Account, "ended-sessions", a.Account, nil)
	})
	return int(n), err
}

// DemoAccounts lists the accounts that the sign-in page of the demo offers;
// none in a process that was not started for the demo.
func (s *Service) DemoAccounts(ctx context.Context) ([]Account, error) {
	if !s.Demo {
		return nil, nil
	}
	var out []Account
	err := s.db.Read(ctx, func(t *db.Tx) error {
		var err error
		out, err = Find(t, Filter{Demo: true, State: Active})
		return err
	})
	return out, err
}
