package access

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/keyfile"
)

// sealedFor is the purpose for which seeds are sealed with the key file.
const sealedFor = "totp"

const (
	enrolLife = time.Hour        // of a seed that was shown and not confirmed
	halfLife  = 10 * time.Minute // between the password and the code
)

// FactorState is how an account stands to the second factor.
type FactorState string

// The states.
const (
	FactorNone  FactorState = ""      // it has none, and none is asked for
	FactorOn    FactorState = "on"    // sign-in asks for a code
	FactorAsked FactorState = "asked" // it has none, and is asked to set one up
	FactorDue   FactorState = "due"   // it has none, and can do nothing else before it has
)

// Who is asked for a second factor (SecondFactor): the values of the setting.
const (
	FactorOff    = "off"            // nobody; who wants one has one
	FactorAsk    = "ask"            // administrators are asked at sign-in; the default
	FactorAdmins = "administrators" // administrators must have one
	FactorStaff  = "staff"          // all who work for the host must have one
	FactorAll    = "all"            // everybody must have one
)

// FactorRules are the values of the setting, in the order in which they are shown.
var FactorRules = []string{FactorOff, FactorAsk, FactorAdmins, FactorStaff, FactorAll}

// factorRule is the rule in force; what is missing or wrong is the default.
func factorRule(setting string) string {
	if slices.Contains(FactorRules, setting) {
		return setting
	}
	return FactorAsk
}

// factorState says how an account without a factor, or with one, stands under
// a rule. Demo accounts have no password either.
func factorState(rule string, on, demo bool, roles []Role) FactorState {
	admin := slices.Contains(roles, Admin)
	staff := slices.ContainsFunc(roles, func(r Role) bool { return r != Partner })
	switch {
	case on:
		return FactorOn
	case demo:
		return FactorNone
	case rule == FactorAll, rule == FactorStaff && staff, rule == FactorAdmins && admin:
		return FactorDue
	case rule == FactorAsk && admin:
		return FactorAsked
	}
	return FactorNone
}

// Factor is the second factor of an account, for its owner.
type Factor struct {
	State    FactorState
	Since    clock.Ms // when it was confirmed
	Codes    int      // recovery codes that are left
	Secret   string   // of the one being set up, for typing into an app; empty otherwise
	Address  string   // the same as an otpauth: address
	Unopened bool     // the key file does not open the one being set up
}

// Factor reads the second factor of the actor's own account.
func (s *Service) Factor(ctx context.Context, a Actor) (Factor, error) {
	if a.Account == "" {
		return Factor{}, &errs.Error{Kind: errs.Unauthenticated}
	}
	out := Factor{State: a.Factor}
	var row factorRow
	var found bool
	var email, acronym string
	err := s.db.Read(ctx, func(t *db.Tx) error {
		x, err := credentialsOf(t, a.Account)
		if err != nil {
			return err
		}
		email = x.Email
		acronym, err = Setting(t, HostAcronym)
		if err != nil {
			return err
		}
		row, found, err = factorOf(t, a.Account)
		if err != nil {
			return err
		}
		out.Codes, err = recoveryLeft(t, a.Account)
		return err
	})
	if err != nil || !found {
		return out, err
	}
	if row.ConfirmedAt != 0 {
		out.Since = row.ConfirmedAt
		return out, nil
	}
	if row.CreatedAt.Add(enrolLife) < s.db.Clock.Now() {
		return out, nil
	}
	seed, err := s.unseal(row)
	if err != nil {
		out.Unopened = true
		return out, nil
	}
	out.Secret = grouped(base32Text.EncodeToString(seed), " ")
	out.Address = otpauth(seed, strings.TrimSpace("Ayni "+acronym), email)
	return out, nil
}

// StartFactor makes the seed of a second factor, to be confirmed with a code.
// One that was shown before and not confirmed ends.
func (s *Service) StartFactor(ctx context.Context, a Actor) error {
	key, err := keyfile.Open(s.KeyFile)
	if err != nil {
		return errKeyFile(err)
	}
	sealed, err := key.Seal(sealedFor, a.Account, newSeed())
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		x, err := accountForChange(t, a.Account)
		if err != nil {
			return err
		}
		if x.Demo {
			return errDemo()
		}
		row, found, err := factorForChange(t, a.Account)
		if err != nil {
			return err
		}
		if found && row.ConfirmedAt != 0 {
			return errs.New(errs.Conflict, i18n.M("access.factor.on", "This account has a second factor. Turn it off first, then set up another."))
		}
		err = putFactor(t, a.Account, sealed)
		if err != nil {
			return err
		}
		return note(t, a.Account, "started-factor", a.Account, nil)
	})
}

// ConfirmFactor ends the setting up with a code from the device: from now on
// sign-in asks for one. All other sessions end. It returns the recovery codes,
// which are kept as hashes and can't be read again.
func (s *Service) ConfirmFactor(ctx context.Context, a Actor, code, ip string) ([]string, error) {
	plain, err := typedCode(code, "code")
	if err != nil {
		return nil, err
	}
	now, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	sign := &signs{Address: ip}
	err = s.guess(ctx, a.Account, codeKey(a.Account), sign)
	if err != nil {
		return nil, err
	}
	codes := newRecovery()
	right := false
	err = s.db.Write(ctx, func(t *db.Tx) error {
		right = false
		_, err := accountForChange(t, a.Account)
		if err != nil {
			return err
		}
		row, found, err := factorForChange(t, a.Account)
		if err != nil {
			return err
		}
		if !found || row.ConfirmedAt != 0 || row.CreatedAt.Add(enrolLife) < now {
			return errs.New(errs.Conflict, i18n.M("access.factor.nothing", "There is no second factor to confirm, or its hour is over. Begin again."))
		}
		seed, err := s.unseal(row)
		if err != nil {
			return err
		}
		step := stepOf(seed, plain, now, 0)
		if step == 0 {
			return note(t, a.Account, "code-failed", a.Account, sign)
		}
		right = true
		err = confirmFactor(t, a.Account, step)
		if err != nil {
			return err
		}
		err = s.putRecovery(t, a.Account, codes)
		if err != nil {
			return err
		}
		err = s.endElsewhere(t, a.Account, a.Session)
		if err != nil {
			return err
		}
		return note(t, a.Account, "factor-on", a.Account, nil)
	})
	if err != nil {
		s.limits.cancel(codeKey(a.Account), ip, s.db.Clock.Now())
		return nil, err
	}
	if !right {
		return nil, errCode("code")
	}
	s.limits.forgive(codeKey(a.Account), ip, s.db.Clock.Now())
	return codes, nil
}

// NewRecovery makes the recovery codes anew; those before no longer work.
func (s *Service) NewRecovery(ctx context.Context, a Actor) ([]string, error) {
	codes := newRecovery()
	err := s.db.Write(ctx, func(t *db.Tx) error {
		_, err := accountForChange(t, a.Account)
		if err != nil {
			return err
		}
		row, found, err := factorForChange(t, a.Account)
		if err != nil {
			return err
		}
		if !found || row.ConfirmedAt == 0 {
			return errNoFactor()
		}
		err = s.putRecovery(t, a.Account, codes)
		if err != nil {
			return err
		}
		return note(t, a.Account, "made-recovery", a.Account, nil)
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

func (s *Service) putRecovery(t *db.Tx, account string, codes []string) error {
	hashes := make([]string, len(codes))
	for i, c := range codes {
		hashes[i] = hashRecovery(account, plainCode(c))
	}
	return replaceRecovery(t, account, hashes)
}

// TurnOffFactor takes the actor's own second factor away, after password and
// code. All other sessions end.
func (s *Service) TurnOffFactor(ctx context.Context, a Actor, password, code, ip string) error {
	known, err := s.owns(ctx, a, password, ip, "password")
	if err != nil {
		return err
	}
	err = s.spend(ctx, known, code, &signs{Address: ip})
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		return s.dropFactor(t, a, a.Account, "factor-off", noticeOff)
	})
}

// RemoveFactor takes the second factor of an account away whose owner has lost
// the device and the recovery codes. All its sessions end.
func (s *Service) RemoveFactor(ctx context.Context, by Actor, account string) error {
	err := mayAdminister(by)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		return s.dropFactor(t, by, account, "factor-removed", noticeRemoved)
	})
}

func (s *Service) dropFactor(t *db.Tx, by Actor, account, action string, say func(l *i18n.L) (subject, text string)) error {
	x, err := accountForChange(t, account)
	if err != nil {
		return err
	}
	had, err := deleteFactor(t, account)
	if err != nil {
		return err
	}
	if !had {
		return errNoFactor()
	}
	err = s.endElsewhere(t, account, by.Session)
	if err != nil {
		return err
	}
	err = s.notice(t, by, x, x.Email, say)
	if err != nil {
		return err
	}
	return note(t, by.ID(), action, account, nil)
}

// endElsewhere ends all sessions of an account but one, and sign-ins that wait
// for their code.
func (s *Service) endElsewhere(t *db.Tx, account, but string) error {
	_, err := deleteSessions(t, account, but)
	if err != nil {
		return err
	}
	return dropLinks(t, linkHalf, account)
}

// Guarded says which accounts have a second factor.
func (s *Service) Guarded(ctx context.Context, by Actor, accounts []string) (map[string]bool, error) {
	err := mayAdminister(by)
	if err != nil {
		return nil, err
	}
	var sealed map[string]string
	err = s.db.Read(ctx, func(t *db.Tx) error {
		var err error
		sealed, err = WithFactor(t)
		return err
	})
	out := map[string]bool{}
	for _, a := range accounts {
		_, out[a] = sealed[a]
	}
	return out, err
}

// unseal opens the seed of a factor with the key file.
func (s *Service) unseal(row factorRow) ([]byte, error) {
	key, err := keyfile.Read(s.KeyFile)
	if err != nil {
		return nil, errKeyFile(err)
	}
	seed, err := key.Unseal(sealedFor, row.Account, row.Seed)
	if err != nil {
		return nil, errKeyFile(err)
	}
	return seed, nil
}

// SeedOpens says whether a key opens the sealed seed of an account.
func SeedOpens(key *keyfile.Key, account, sealed string) bool {
	_, err := key.Unseal(sealedFor, account, sealed)
	return err == nil
}

// errKeyFile is the answer where the key file does not do what is asked of it.
// Anything else that fails stays what it is.
func errKeyFile(err error) error {
	missing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, keyfile.ErrSealed)
	if !missing && errs.As(err) == nil {
		return err
	}
	return &errs.Error{Kind: errs.Invalid, Cause: err, Fields: []errs.Field{{
		Name: "code", Msg: i18n.M("access.factor.key", "Codes can’t be checked at present: the key file of the installation is missing, or is not the one they were set up with. Use a recovery code. An administrator can put the key file back, or take the second factor of this account away."),
	}}}
}

func errNoFactor() error {
	return errs.New(errs.Conflict, i18n.M("access.factor.none", "This account has no second factor."))
}

// errCode is the one answer to a code that is not right, whatever the cause.
func errCode(field string) error {
	var c errs.Check
	c.Add(field, i18n.M("access.code.wrong", "This code is not right now. A code from the app holds for half a minute and works once: wait for the next one, and look whether the clock of your device is right. A recovery code works once too."))
	return c.Err()
}

// maxCode is the length of what is typed as a code, in bytes.
const maxCode = 100

// typedCode tidies what was typed as a code.
func typedCode(code, field string) (string, error) {
	var c errs.Check
	plain := ""
	if len(code) <= maxCode {
		plain = plainCode(code)
	}
	c.If(plain == "", field, i18n.M("access.code.missing", "Give the code that the app shows, or a recovery code."))
	return plain, c.Err()
}

// codeKey is the key under which guesses at an account's codes are counted:
// a right password must not forgive them.
func codeKey(account string) string { return "code " + account }

// spend uses a one-time or recovery code of an account up, if it has a second
// factor; a code that is wrong, used or late is Invalid. Guesses are limited
// as those at passwords are. The code is used up also where what it was given
// for fails afterwards.
func (s *Service) spend(ctx context.Context, x credentials, code string, sign *signs) error {
	var on bool
	err := s.db.Read(ctx, func(t *db.Tx) error {
		row, found, err := factorOf(t, x.ID)
		on = found && row.ConfirmedAt != 0
		return err
	})
	if err != nil || !on {
		return err
	}
	plain, err := typedCode(code, "code")
	if err != nil {
		return err
	}
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	err = s.guess(ctx, x.ID, codeKey(x.ID), sign)
	if err != nil {
		return err
	}
	right := false
	err = s.db.Write(ctx, func(t *db.Tx) error {
		var err error
		right, err = s.useCode(t, x.ID, plain, now)
		if err != nil {
			return err
		}
		switch {
		case !right:
			return note(t, "", "code-failed", x.ID, sign)
		case len(plain) != codeDigits:
			return note(t, x.ID, "used-recovery", x.ID, sign)
		}
		return nil
	})
	if err != nil {
		s.limits.cancel(codeKey(x.ID), sign.Address, s.db.Clock.Now())
		return err
	}
	if !right {
		return errCode("code")
	}
	s.limits.forgive(codeKey(x.ID), sign.Address, s.db.Clock.Now())
	return nil
}

// useCode says whether a code is right, and uses it up. Six digits come from
// the app; all else is a recovery code, which needs no key file.
func (s *Service) useCode(t *db.Tx, account, plain string, now clock.Ms) (bool, error) {
	var err error
	if len(plain) != codeDigits {
		err = useRecovery(t, account, hashRecovery(account, plain))
	} else {
		err = s.useOneTime(t, account, plain, now)
	}
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// useOneTime uses a code of the app up; NotFound where it is not right.
func (s *Service) useOneTime(t *db.Tx, account, plain string, now clock.Ms) error {
	row, found, err := factorForChange(t, account)
	if err != nil {
		return err
	}
	if !found || row.ConfirmedAt == 0 {
		return errs.Missing()
	}
	seed, err := s.unseal(row)
	if err != nil {
		return err
	}
	step := stepOf(seed, plain, now, row.LastStep)
	if step == 0 {
		return errs.Missing()
	}
	return useStep(t, account, step)
}

// half makes the token of a sign-in whose password was right and whose code
// is still to come. It opens nothing but SignInCode.
func (s *Service) half(t *db.Tx, account, token string, sign *signs) error {
	err := insertLink(t, linkRow{Token: hashToken(token), Purpose: linkHalf, Account: account, CreatedAt: t.Now, ExpiresAt: t.Now.Add(halfLife)})
	if err != nil {
		return err
	}
	return note(t, account, "gave-password", account, sign)
}

// HalfSignedIn says whether a token is that of a sign-in that waits for its
// code; NotFound otherwise.
func (s *Service) HalfSignedIn(ctx context.Context, token string) error {
	_, err := s.waiting(ctx, token)
	return err
}

// waiting is the account whose sign-in waits for a code.
func (s *Service) waiting(ctx context.Context, token string) (credentials, error) {
	var x credentials
	_, err := s.now(ctx)
	if err != nil {
		return x, err
	}
	err = s.db.Read(ctx, func(t *db.Tx) error {
		l, found, err := openLink(t, hashToken(token))
		if err != nil {
			return err
		}
		if !found || l.Purpose != linkHalf {
			return errHalf()
		}
		x, err = credentialsOf(t, l.Account)
		if err == nil && x.State != Active {
			return errHalf()
		}
		return err
	})
	return x, err
}

func errHalf() error {
	return errs.New(errs.NotFound, i18n.M("access.half.gone", "This sign-in took longer than ten minutes, or has ended. Sign in again."))
}

// SignInCode ends a sign-in with a one-time or recovery code and begins the
// session. token is what SignIn returned; NotFound when its time is over.
func (s *Service) SignInCode(ctx context.Context, token, code, ip, agent string) (session string, a Actor, err error) {
	x, err := s.waiting(ctx, token)
	if err != nil {
		return "", Actor{}, err
	}
	sign := &signs{Address: ip, Agent: clip(agent, maxAgent)}
	err = s.spend(ctx, x, code, sign)
	if err != nil {
		return "", Actor{}, err
	}
	session = id.Secret(secretBytes)
	err = s.db.Write(ctx, func(t *db.Tx) error {
		now, err := credentialsForChange(t, x.ID)
		if err != nil {
			return err
		}
		err = useLink(t, hashToken(token))
		if errs.Is(err, errs.NotFound) || (err == nil && (now.State != Active || now.Password != x.Password)) {
			return errHalf()
		}
		if err != nil {
			return err
		}
		return s.open(t, x.ID, session, sign)
	})
	if err != nil {
		return "", Actor{}, err
	}
	a, err = s.Identify(ctx, session)
	return session, a, err
}
