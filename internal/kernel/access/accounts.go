package access

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// SetProfile changes what the owner of an account sets.
func (s *Service) SetProfile(ctx context.Context, a Actor, p Profile) error {
	var c errs.Check
	p.Name = checkName(&c, "name", p.Name)
	checkLang(&c, "lang", p.Lang)
	c.If(p.Theme != "" && p.Theme != "light" && p.Theme != "dark", "theme", i18n.M("access.theme.unknown", "Choose one of the appearances offered."))
	err := c.Err()
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		return s.change(t, a, a.Account, "updated", func(x *Account) error {
			x.Name, x.Lang, x.Theme = p.Name, p.Lang, p.Theme
			return nil
		})
	})
}

// Invite makes an account and the link with which its owner sets the first
// password. The link's token is returned once and kept only as a hash.
func (s *Service) Invite(ctx context.Context, by Actor, n NewAccount) (account, token string, err error) {
	err = mayAdminister(by)
	if err != nil {
		return "", "", err
	}
	n.Demo = false
	n, err = s.checkNew(n)
	if err != nil {
		return "", "", err
	}
	token = id.Secret(secretBytes)
	err = s.db.Write(ctx, func(t *db.Tx) error {
		var err error
		account, err = s.add(t, by, n, Invited, "")
		if err != nil {
			return err
		}
		x, err := credentialsOf(t, account)
		if err != nil {
			return err
		}
		return s.makeLink(t, by, x.Account, linkRow{Purpose: LinkSignUp}, token, linkLife)
	})
	if err != nil {
		return "", "", err
	}
	return account, token, nil
}

// AddDemo makes a demo account in the transaction of a command that loads the
// demo: active at once, without a password.
func (s *Service) AddDemo(t *db.Tx, by Actor, n NewAccount) (account string, err error) {
	if by.Outside == "" {
		return "", &errs.Error{Kind: errs.Forbidden}
	}
	n.Demo = true
	n, err = s.checkNew(n)
	if err != nil {
		return "", err
	}
	return s.add(t, by, n, Active, "")
}

func (s *Service) checkNew(n NewAccount) (NewAccount, error) {
	var c errs.Check
	n.Name = checkName(&c, "name", n.Name)
	n.Email = checkEmail(&c, "email", n.Email)
	checkLang(&c, "lang", n.Lang)
	n.Roles = checkRoles(&c, n.Roles, n.Organisation, s.db.Clock.Now().Day())
	return n, c.Err()
}

// add writes a new account with its roles.
func (s *Service) add(t *db.Tx, by Actor, n NewAccount, state State, hash string) (string, error) {
	err := s.checkOrganisation(t, n.Organisation)
	if err != nil {
		return "", err
	}
	// Looked for before the person is made, so that the answer names the field.
	_, taken, err := credentialsByEmail(t, FoldEmail(n.Email))
	if err != nil {
		return "", err
	}
	if taken {
		return "", errTaken()
	}
	err = s.notSuppressed(t, n)
	if err != nil {
		return "", err
	}
	person := n.Person
	if person == "" {
		if s.NewPerson == nil {
			return "", errors.New("access: nothing supplies the person of a new account")
		}
		person, err = s.NewPerson(t, by, n.Name, n.Email)
		if err != nil {
			return "", fmt.Errorf("person of a new account: %w", err)
		}
	}
	a := Account{
		ID: id.New(), Person: person, Name: n.Name, Email: n.Email, Organisation: n.Organisation, Lang: n.Lang,
		State: state, Demo: n.Demo, CreatedBy: by.ID(), Roles: granted(nil, n.Roles, by, t.Now),
	}
	err = insertAccount(t, a, hash)
	switch {
	case db.Broke(err, "uq_account_email"):
		return "", errTaken()
	case db.Broke(err, "uq_account_person"):
		var c errs.Check
		c.Add("email", i18n.M("access.person.taken", "This person has an account already. A closed account can be opened again."))
		return "", c.Err()
	case err != nil:
		return "", err
	}
	err = replaceRoles(t, a.ID, a.Roles)
	if err != nil {
		return "", err
	}
	err = audit.Write(t, audit.Row{Actor: by.ID(), Action: "created", Kind: "account", Record: a.ID, Version: 1, After: auditedOf(a)})
	if err != nil {
		return "", err
	}
	return a.ID, s.changed(t, a.ID)
}

// notSuppressed warns of an address whose owner was erased: whoever invites
// says that the person agreed.
func (s *Service) notSuppressed(t *db.Tx, n NewAccount) error {
	if s.Suppressed == nil || n.Anyway {
		return nil
	}
	known, err := s.Suppressed(t, n.Email)
	var c errs.Check
	c.If(known, "anyway", i18n.M("access.suppressed", "The person with this e-mail address was erased from here. Go on only where the person has agreed to be kept again."))
	if err != nil {
		return err
	}
	return c.Err()
}

func (s *Service) checkOrganisation(t *db.Tx, organisation string) error {
	if organisation == "" || s.CheckOrganisation == nil {
		return nil
	}
	err := s.CheckOrganisation(t, organisation)
	if errs.Is(err, errs.NotFound) {
		var c errs.Check
		c.Add("organisation", i18n.M("access.organisation.unknown", "There is no such organisation. Choose one from the list."))
		return c.Err()
	}
	return err
}

// granted completes new roles: those that were held before with the same end
// keep their beginning and who granted them.
func granted(had, want []RoleGrant, by Actor, now clock.Ms) []RoleGrant {
	out := slices.Clone(want)
	for i, g := range out {
		out[i].From, out[i].By = now, by.ID()
		for _, h := range had {
			if h.Role == g.Role && h.Until == g.Until {
				out[i] = h
			}
		}
	}
	return out
}

// SetRoles replaces the roles of an account and ends its sessions, but for the
// one that the actor itself works in. The last administrator keeps the role.
func (s *Service) SetRoles(ctx context.Context, by Actor, account string, f RoleForm) error {
	err := mayAdminister(by)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		return s.keepingAnAdmin(t, account, func() error {
			before, err := accountForChange(t, account)
			if err != nil {
				return err
			}
			if f.Version != 0 && f.Version != before.Version {
				return &errs.Error{Kind: errs.Conflict}
			}
			var c errs.Check
			roles := checkRoles(&c, f.Roles, f.Organisation, t.Now.Day())
			err = c.Err()
			if err != nil {
				return err
			}
			err = s.checkOrganisation(t, f.Organisation)
			if err != nil {
				return err
			}
			err = s.change(t, by, account, "updated", func(x *Account) error {
				x.Organisation, x.Roles = f.Organisation, granted(x.Roles, roles, by, t.Now)
				return nil
			})
			if err != nil {
				return err
			}
			err = s.endElsewhere(t, account, by.Session)
			if err != nil {
				return err
			}
			return s.changed(t, account)
		})
	})
}

// keepingAnAdmin runs a change of an account. If the account was an
// administrator for good, at least one such must be left afterwards.
func (s *Service) keepingAnAdmin(t *db.Tx, account string, do func() error) error {
	x, err := credentialsOf(t, account)
	if err != nil {
		return err
	}
	before, err := lastingAdmins(t, x.Demo)
	if err != nil {
		return err
	}
	err = do()
	if err != nil || !slices.Contains(before, account) {
		return err
	}
	after, err := lastingAdmins(t, x.Demo)
	if err != nil {
		return err
	}
	if len(after) == 0 {
		return errs.New(errs.Conflict, i18n.M("access.admin.last", "This is the last account with the role of an administrator without an end. Give the role to somebody else first, then take it away here."))
	}
	return nil
}

// Close ends an account: sessions, links, password and roles go, the account
// and what it did stay.
func (s *Service) Close(ctx context.Context, by Actor, account string) error {
	err := mayAdminister(by)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error { return s.End(t, by, account) })
}

// End closes an account in the caller's transaction. Whether the actor may is
// the caller's to say; the last administrator stays.
func (s *Service) End(t *db.Tx, by Actor, account string) error {
	return s.keepingAnAdmin(t, account, func() error {
		err := s.change(t, by, account, "closed", func(x *Account) error {
			x.State, x.Roles = Closed, nil
			return nil
		})
		if err != nil {
			return err
		}
		err = s.putPassword(t, account, "", "")
		if err != nil {
			return err
		}
		_, err = deleteFactor(t, account)
		if err != nil {
			return err
		}
		return s.changed(t, account)
	})
}

// Reopen makes a closed account an invited one with the roles given, and
// returns the token of a new sign-up link.
func (s *Service) Reopen(ctx context.Context, by Actor, account string, f RoleForm) (token string, err error) {
	err = mayAdminister(by)
	if err != nil {
		return "", err
	}
	var c errs.Check
	roles := checkRoles(&c, f.Roles, f.Organisation, s.db.Clock.Now().Day())
	err = c.Err()
	if err != nil {
		return "", err
	}
	token = id.Secret(secretBytes)
	err = s.db.Write(ctx, func(t *db.Tx) error {
		err := s.checkOrganisation(t, f.Organisation)
		if err != nil {
			return err
		}
		err = s.change(t, by, account, "reopened", func(x *Account) error {
			if x.State != Closed {
				return errs.New(errs.Conflict, i18n.M("access.reopen.open", "This account is not closed."))
			}
			if x.Demo {
				return errDemo()
			}
			x.State, x.Organisation, x.Roles = Invited, f.Organisation, granted(nil, roles, by, t.Now)
			return nil
		})
		if err != nil {
			return err
		}
		x, err := credentialsOf(t, account)
		if err != nil {
			return err
		}
		err = s.makeLink(t, by, x.Account, linkRow{Purpose: LinkSignUp}, token, linkLife)
		if err != nil {
			return err
		}
		return s.changed(t, account)
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// SetEmail changes the address of an account. Links that were sent to the old
// one lose their right, and the old one is told.
func (s *Service) SetEmail(ctx context.Context, by Actor, account, email string) error {
	err := mayAdminister(by)
	if err != nil {
		return err
	}
	var c errs.Check
	email = checkEmail(&c, "email", email)
	err = c.Err()
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		x, err := accountForChange(t, account)
		if err != nil {
			return err
		}
		if x.Demo {
			return errDemo()
		}
		return s.moveTo(t, by, x, email)
	})
}

// Accounts lists accounts for an administrator.
func (s *Service) Accounts(ctx context.Context, by Actor, f Filter) ([]Account, error) {
	err := mayAdminister(by)
	if err != nil {
		return nil, err
	}
	var out []Account
	err = s.db.Read(ctx, func(t *db.Tx) error {
		var err error
		out, err = Find(t, f)
		return err
	})
	return out, err
}

// Account reads one account: any for an administrator, the own for others.
func (s *Service) Account(ctx context.Context, by Actor, account string) (Account, error) {
	if account != by.Account {
		err := mayAdminister(by)
		if err != nil {
			return Account{}, err
		}
	}
	var out Account
	err := s.db.Read(ctx, func(t *db.Tx) error {
		list, err := Find(t, Filter{IDs: []string{account}})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.Missing()
		}
		out = list[0]
		return nil
	})
	return out, err
}
