package access

import (
	"context"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// ChangePassword sets the actor's password and ends all other sessions. Links
// to set one lose their right.
func (s *Service) ChangePassword(ctx context.Context, a Actor, old, password, ip string) error {
	known, err := s.owns(ctx, a, old, ip, "old-password")
	if err != nil {
		return err
	}
	if known.Demo {
		return errDemo()
	}
	var c errs.Check
	err = checkPassword(&c, "new-password", password, known.Email)
	if err != nil {
		return err
	}
	err = c.Err()
	if err != nil {
		return err
	}
	hash, err := s.hashes.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		_, err := accountForChange(t, a.Account)
		if err != nil {
			return err
		}
		err = s.putPassword(t, a.Account, hash, a.Session)
		if err != nil {
			return err
		}
		// With a second factor the password alone does not count as being asked again.
		if a.Factor != FactorOn {
			err = setAuthAt(t, a.Session, t.Now)
			if err != nil {
				return err
			}
		}
		return note(t, a.Account, "changed-password", a.Account, nil)
	})
}

// putPassword writes a password; sessions but one, and links, end with the old one.
func (s *Service) putPassword(t *db.Tx, account, hash, but string) error {
	err := setPassword(t, account, hash)
	if err != nil {
		return err
	}
	_, err = deleteSessions(t, account, but)
	if err != nil {
		return err
	}
	return s.dropAccountLinks(t, account)
}

func (s *Service) dropAccountLinks(t *db.Tx, account string) error {
	for _, p := range []Purpose{LinkSignUp, LinkReset, LinkEmail, linkHalf} {
		err := dropLinks(t, p, account)
		if err != nil {
			return err
		}
	}
	return nil
}

// NewLink makes a new link for an account, with which its owner sets a
// password: the first one, or another in the place of a forgotten one. Links
// made before lose their right.
func (s *Service) NewLink(ctx context.Context, by Actor, account string) (token string, err error) {
	err = mayAdminister(by)
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(t *db.Tx) error {
		token, err = s.newLink(t, by, account)
		return err
	})
	return token, err
}

// Reset is NewLink by e-mail address, for the command line.
func (s *Service) Reset(ctx context.Context, by Actor, email string) (token string, err error) {
	err = mayAdminister(by)
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(t *db.Tx) error {
		a, found, err := credentialsByEmail(t, FoldEmail(email))
		if err != nil {
			return err
		}
		if !found {
			return errs.New(errs.NotFound, i18n.M("access.reset.unknown", "No account has the e-mail address {email}.", i18n.A{"email": clip(email, maxEmail)}))
		}
		token, err = s.newLink(t, by, a.ID)
		return err
	})
	return token, err
}

func (s *Service) newLink(t *db.Tx, by Actor, account string) (string, error) {
	a, err := accountForChange(t, account)
	if err != nil {
		return "", err
	}
	purpose := LinkReset
	switch {
	case a.Demo:
		return "", errDemo()
	case a.State == Closed:
		return "", errs.New(errs.Conflict, i18n.M("access.link.closed", "This account is closed. Open it again first."))
	case a.State == Invited:
		purpose = LinkSignUp
	}
	err = s.dropAccountLinks(t, account)
	if err != nil {
		return "", err
	}
	token := id.Secret(secretBytes)
	err = s.makeLink(t, by, a, linkRow{Purpose: purpose}, token, linkLife)
	if err != nil {
		return "", err
	}
	return token, note(t, by.ID(), "made-link", account, nil)
}

// errLink is the answer to a link that opens nothing, whatever the cause.
func errLink() error {
	return errs.New(errs.NotFound, i18n.M("access.link.over", "This link was used before, or its time is over. Ask for a new one on the sign-in page, or ask an administrator."))
}

// Link tells what a link for sign-up, reset or a new address is for, without using it; NotFound
// when it opens nothing any more.
func (s *Service) Link(ctx context.Context, token string) (Link, error) {
	var out Link
	err := s.db.Read(ctx, func(t *db.Tx) error {
		l, found, err := openLink(t, hashToken(token))
		if err != nil {
			return err
		}
		if !found || (l.Purpose != LinkSignUp && l.Purpose != LinkReset && l.Purpose != LinkEmail) {
			return errLink()
		}
		a, err := credentialsOf(t, l.Account)
		if err != nil {
			return err
		}
		if a.State != stateFor(l.Purpose) {
			return errLink()
		}
		out = Link{Purpose: l.Purpose, Account: a.Account, Address: l.Address, ExpiresAt: l.ExpiresAt}
		return nil
	})
	return out, err
}

// stateFor is the state that an account must have for a link to open it.
func stateFor(p Purpose) State {
	if p == LinkSignUp {
		return Invited
	}
	return Active
}

// Accept uses a sign-up or reset link: it sets the password, makes an invited
// account active and ends all sessions. The link works once.
func (s *Service) Accept(ctx context.Context, token, password string) error {
	_, err := s.now(ctx)
	if err != nil {
		return err
	}
	l, err := s.Link(ctx, token)
	if err != nil {
		return err
	}
	if l.Purpose == LinkEmail {
		return errLink()
	}
	var c errs.Check
	err = checkPassword(&c, "new-password", password, l.Account.Email)
	if err != nil {
		return err
	}
	err = c.Err()
	if err != nil {
		return err
	}
	// Hashed outside the transaction: nobody else's write waits for it.
	hash, err := s.hashes.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		// Accounts are locked before links, as everywhere.
		a, err := accountForChange(t, l.Account.ID)
		if err != nil {
			return err
		}
		err = useLink(t, hashToken(token))
		if errs.Is(err, errs.NotFound) || (err == nil && a.State != stateFor(l.Purpose)) {
			return errLink()
		}
		if err != nil {
			return err
		}
		err = s.putPassword(t, a.ID, hash, "")
		if err != nil {
			return err
		}
		if a.State == Active {
			return note(t, a.ID, "reset-password", a.ID, nil)
		}
		err = s.change(t, Actor{Account: a.ID}, a.ID, "activated", func(x *Account) error {
			x.State = Active
			return nil
		})
		if err != nil {
			return err
		}
		return s.changed(t, a.ID)
	})
}
