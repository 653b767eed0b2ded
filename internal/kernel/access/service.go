package access

import (
	"fmt"
	"sync"
	"time"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/mail"
)

const (
	secretBytes = 32               // of tokens: 256 bits
	touchEvery  = time.Minute      // how exactly a session's last use is kept
	visitGap    = 4 * time.Hour    // an absence after which a new visit begins
	linkLife    = 24 * time.Hour   // of sign-up, reset and set-up links
	freshFor    = 15 * time.Minute // how long a password counts as just given
)

// Service keeps accounts, sessions and links. Fields are set before use.
type Service struct {
	// Demo says that demo accounts may sign in: the process was started for the demo.
	Demo bool
	// KeyFile is the file whose key seals the seeds of second factors.
	KeyFile string
	// Mail sends links and notices; nil: nothing is sent.
	Mail *mail.Service
	// NewHost makes the organisation that runs the installation, named at the
	// first set-up, and gives its id; optional.
	NewHost func(t *db.Tx, by Actor, name, acronym string) (organisation string, err error)

	// NewPerson finds or makes the person that a new account belongs to.
	NewPerson func(t *db.Tx, by Actor, name, email string) (person string, err error)
	// Suppressed says whether an e-mail address belonged to a person who was
	// erased; nil knows of none.
	Suppressed func(t *db.Tx, email string) (bool, error)
	// CheckOrganisation says NotFound of an id that is no organisation; nil accepts any.
	CheckOrganisation func(t *db.Tx, organisation string) error
	// AccountChanged is told, in the transaction, of every account that was made
	// or whose state, roles or organisation changed.
	AccountChanged []func(t *db.Tx, account string) error

	db     *db.DB
	hashes *hasher
	limits *limits
	asks   *limits // of links for a forgotten password

	mu     sync.Mutex // guards the two below
	latest clock.Ms   // the latest instant this process has seen
	looked bool       // latest is known
}

// New makes the service.
func New(d *db.DB) *Service {
	return &Service{db: d, hashes: newHasher(), limits: newLimits(), asks: newLimits()}
}

// hashToken is what the database keeps of a token.
func hashToken(token string) string {
	return id.Hash(token)
}

// audited is an account as the audit compares it, roles included.
type audited struct {
	Account
	Granted string `db:"roles"`
}

func auditedOf(a Account) *audited { return &audited{Account: a, Granted: a.roleText()} }

// signs are what the audit keeps of an attempt to sign in.
type signs struct {
	Address string `db:"address" audit:"personal"`
	Agent   string `db:"agent" audit:"personal"`
}

// note writes an event of an account that changes none of its fields.
func note(t *db.Tx, actor, action, account string, s *signs) error {
	r := audit.Row{Actor: actor, Action: action, Kind: "account", Record: account}
	if s != nil {
		r.After = s
	}
	return audit.Write(t, r)
}

func errDemo() error {
	return errs.New(errs.Conflict, i18n.M("access.demo", "A demo account has no password and no e-mail; it is the same for everybody who tries the demo."))
}

// change reads an account, lets edit change it, and writes it with its audit.
// Where nothing changed it writes nothing.
func (s *Service) change(t *db.Tx, by Actor, account, action string, edit func(*Account) error) error {
	before, err := accountForChange(t, account)
	if err != nil {
		return err
	}
	after := before
	err = edit(&after)
	if err != nil {
		return err
	}
	if fieldsOf(before) == fieldsOf(after) {
		return nil
	}
	err = updateAccount(t, after, by.ID())
	if db.Broke(err, "uq_account_email") {
		return errTaken()
	}
	if err != nil {
		return err
	}
	if after.roleText() != before.roleText() {
		err := replaceRoles(t, account, after.Roles)
		if err != nil {
			return err
		}
	}
	return audit.Write(t, audit.Row{
		Actor: by.ID(), Action: action, Kind: "account", Record: account, Version: before.Version + 1,
		Before: auditedOf(before), After: auditedOf(after),
	})
}

// accountFields are the fields that people change, in a form that can be compared.
type accountFields struct {
	name, email, organisation, lang, theme, roles string
	state                                         State
}

func fieldsOf(a Account) accountFields {
	return accountFields{a.Name, a.Email, a.Organisation, a.Lang, a.Theme, a.roleText(), a.State}
}

func errTaken() error {
	var c errs.Check
	c.Add("email", i18n.M("access.email.taken", "Another account has this e-mail address."))
	return c.Err()
}

func (s *Service) changed(t *db.Tx, account string) error {
	for _, fn := range s.AccountChanged {
		err := fn(t, account)
		if err != nil {
			return fmt.Errorf("after a change of account %s: %w", account, err)
		}
	}
	return nil
}

func mayAdminister(by Actor) error {
	if by.May(Administer) {
		return nil
	}
	return &errs.Error{Kind: errs.Forbidden}
}
