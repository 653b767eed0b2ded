package access

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// Names of the settings that the kernel knows. Others may keep their own
// beside them.
const (
	HostName         = "host.name"              // the organisation that runs the installation
	HostAcronym      = "host.acronym"           // may be empty
	HostOrganisation = "host.organisation"      // its record in the directory; empty where there is none
	HostLang         = "host.lang"              // the language of the installation
	SessionIdle      = "session.idle_minutes"   // a session ends after this time without a request
	SessionAbsolute  = "session.absolute_hours" // a session ends after this time in any case
	SecondFactor     = "second_factor"          // who is asked for a second factor: one of FactorRules
)

// Adjustable are the settings on the administrator's page.
var Adjustable = []string{HostName, HostAcronym, HostLang, SessionIdle, SessionAbsolute, SecondFactor}

// The session limits: what holds where nothing is set, and the longest that
// may be set.
const (
	idleDefault     = 8 * 60 // minutes
	idleLeast       = 5
	idleMost        = 24 * 60
	absoluteDefault = 7 * 24 // hours
	absoluteLeast   = 1
	absoluteMost    = 30 * 24
)

// maxSetting is the length of a setting, in characters.
const maxSetting = 200

// limitsFrom reads the limits of sessions; what is missing or wrong is the default.
func limitsFrom(idle, absolute string) sessionLimits {
	return sessionLimits{
		idle:     time.Duration(number(idle, idleDefault, idleLeast, idleMost)) * time.Minute,
		absolute: time.Duration(number(absolute, absoluteDefault, absoluteLeast, absoluteMost)) * time.Hour,
	}
}

func number(s string, otherwise, least, most int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return otherwise
	}
	return n
}

// SessionTimes are the minutes without a request and the hours in all after
// which a session ends, as they are set or by default.
func SessionTimes(t *db.Tx) (idleMinutes, absoluteHours int, err error) {
	idle, err := Setting(t, SessionIdle)
	if err != nil {
		return 0, 0, err
	}
	absolute, err := Setting(t, SessionAbsolute)
	if err != nil {
		return 0, 0, err
	}
	return number(idle, idleDefault, idleLeast, idleMost), number(absolute, absoluteDefault, absoluteLeast, absoluteMost), nil
}

// Setting reads what an administrator has set; empty where nothing is set.
func Setting(t *db.Tx, name string) (string, error) {
	row, _, err := settingOf(t, name)
	return row.Value, err
}

// SetSetting writes a setting and its audit. Where it has that value already
// it writes nothing. Whether the actor may is for the caller to say.
func SetSetting(t *db.Tx, by Actor, name, value string) error {
	before, found, err := settingOf(t, name)
	if err != nil || (found && before.Value == value) || (!found && value == "") {
		return err
	}
	err = putSetting(t, name, value, by.ID())
	if err != nil {
		return err
	}
	r := audit.Row{Actor: by.ID(), Action: "updated", Kind: "setting", Record: name, Title: name, After: &settingRow{Value: value}}
	if found {
		r.Before = &before
	}
	return audit.Write(t, r)
}

// checkSetting tidies the value of a setting and notes what is wrong with it.
func checkSetting(c *errs.Check, name, value string) string {
	value = strings.TrimSpace(value)
	switch name {
	case HostName:
		return checkName(c, name, value)
	case HostLang:
		c.If(!i18n.Known(value), name, i18n.M("access.lang.unknown", "Choose one of the languages offered."))
	case SessionIdle:
		checkNumber(c, name, value, idleLeast, idleMost)
	case SessionAbsolute:
		checkNumber(c, name, value, absoluteLeast, absoluteMost)
	case SecondFactor:
		c.If(!slices.Contains(FactorRules, value), name, i18n.M("access.factor.rule", "Choose one of the answers offered."))
	default:
		c.If(utf8.RuneCountInString(value) > maxSetting || strings.ContainsFunc(value, unicode.IsControl), name,
			i18n.M("access.setting.long", "Use at most {n} characters, on one line.", i18n.A{"n": maxSetting}))
	}
	return value
}

func checkNumber(c *errs.Check, name, value string, least, most int) {
	n, err := strconv.Atoi(value)
	c.If(err != nil || n < least || n > most, name,
		i18n.M("access.setting.number", "Give a whole number from {least} to {most}.", i18n.A{"least": least, "most": most}))
}

// Settings reads the settings that an administrator sees, session limits with
// their defaults.
func (s *Service) Settings(ctx context.Context, by Actor) (map[string]string, error) {
	err := mayAdminister(by)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	err = s.db.Read(ctx, func(t *db.Tx) error {
		for _, name := range []string{HostName, HostAcronym, HostLang} {
			value, err := Setting(t, name)
			if err != nil {
				return err
			}
			out[name] = value
		}
		rule, err := Setting(t, SecondFactor)
		if err != nil {
			return err
		}
		out[SecondFactor] = factorRule(rule)
		idle, absolute, err := SessionTimes(t)
		out[SessionIdle], out[SessionAbsolute] = strconv.Itoa(idle), strconv.Itoa(absolute)
		return err
	})
	return out, err
}

// SaveSettings checks and writes settings; errors carry the settings' names as fields.
func (s *Service) SaveSettings(ctx context.Context, by Actor, values map[string]string) error {
	err := mayAdminister(by)
	if err != nil {
		return err
	}
	var c errs.Check
	tidy := map[string]string{}
	for _, name := range Adjustable {
		if value, ok := values[name]; ok {
			tidy[name] = checkSetting(&c, name, value)
		}
	}
	err = c.Err()
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		for _, name := range Adjustable {
			value, ok := tidy[name]
			if !ok {
				continue
			}
			err := SetSetting(t, by, name, value)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// SetUpToken makes the token with which the first account is made, when there
// is no account yet. It is kept as a hash: each call makes a new one and takes
// the right of those before.
func (s *Service) SetUpToken(ctx context.Context) (token string, needed bool, err error) {
	err = s.db.Write(ctx, func(t *db.Tx) error {
		token, needed = "", false
		any, err := anyAccount(t)
		if err != nil {
			return err
		}
		err = dropLinks(t, LinkSetUp, "")
		if err != nil || any {
			return err
		}
		token, needed = id.Secret(secretBytes), true
		return insertLink(t, linkRow{Token: hashToken(token), Purpose: LinkSetUp, CreatedAt: t.Now, ExpiresAt: t.Now.Add(linkLife)})
	})
	return token, needed, err
}

// SetUpOpen says whether a set-up token may still be used; NotFound otherwise.
func (s *Service) SetUpOpen(ctx context.Context, token string) error {
	return s.db.Read(ctx, func(t *db.Tx) error {
		l, found, err := openLink(t, hashToken(token))
		if err != nil {
			return err
		}
		any, err := anyAccount(t)
		if err != nil {
			return err
		}
		if !found || l.Purpose != LinkSetUp || any {
			return errSetUp()
		}
		return nil
	})
}

func errSetUp() error {
	return errs.New(errs.NotFound, i18n.M("access.setup.gone", "This link was used before, or its 24 hours are over. Where there is no account yet, start the program again: it prints a new one."))
}

// SetUp makes the first account, an administrator, and says whose installation
// this is. It begins a session and returns its token.
func (s *Service) SetUp(ctx context.Context, token string, f SetUpForm, ip, agent string) (session string, err error) {
	_, err = s.now(ctx)
	if err != nil {
		return "", err
	}
	err = s.SetUpOpen(ctx, token)
	if err != nil {
		return "", err
	}
	var c errs.Check
	n := NewAccount{Lang: f.Lang, Roles: []RoleGrant{{Role: Admin}}}
	f.HostName = checkName(&c, "host-name", f.HostName)
	f.HostAcronym = checkAcronym(&c, "host-acronym", f.HostAcronym)
	c.If(!i18n.Known(f.Lang), "lang", i18n.M("access.lang.unknown", "Choose one of the languages offered."))
	n.Name = checkName(&c, "name", f.Name)
	n.Email = checkEmail(&c, "email", f.Email)
	err = checkPassword(&c, "new-password", f.Password, f.Email)
	if err != nil {
		return "", err
	}
	err = c.Err()
	if err != nil {
		return "", err
	}
	hash, err := s.hashes.hash(ctx, f.Password)
	if err != nil {
		return "", err
	}
	session = id.Secret(secretBytes)
	err = s.db.Write(ctx, func(t *db.Tx) error {
		err := useLink(t, hashToken(token))
		if errs.Is(err, errs.NotFound) {
			return errSetUp()
		}
		if err != nil {
			return err
		}
		// The link's row is held now: a second set-up with it waits, then finds
		// it used. Accounts made otherwise meanwhile end the need for it.
		any, err := anyAccount(t)
		if err != nil {
			return err
		}
		if any {
			return errSetUp()
		}
		by := System("set-up")
		for _, x := range [][2]string{{HostName, f.HostName}, {HostAcronym, f.HostAcronym}, {HostLang, f.Lang}} {
			err := SetSetting(t, by, x[0], x[1])
			if err != nil {
				return err
			}
		}
		if s.NewHost != nil {
			host, err := s.NewHost(t, by, f.HostName, f.HostAcronym)
			if err != nil {
				return err
			}
			err = SetSetting(t, by, HostOrganisation, host)
			if err != nil {
				return err
			}
		}
		account, err := s.add(t, by, n, Active, hash)
		if err != nil {
			return err
		}
		return s.open(t, account, session, &signs{Address: ip, Agent: clip(agent, maxAgent)})
	})
	if err != nil {
		return "", err
	}
	return session, nil
}

// checkAcronym tidies the short name of the host, which may be left out.
func checkAcronym(c *errs.Check, field, s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return s
	}
	return checkName(c, field, s)
}

// NoAccounts says whether first set-up has still to be done.
func (s *Service) NoAccounts(ctx context.Context) (bool, error) {
	var any bool
	err := s.db.Read(ctx, func(t *db.Tx) error {
		var err error
		any, err = anyAccount(t)
		return err
	})
	return !any, err
}
