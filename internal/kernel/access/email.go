package access

import (
	"context"
	"time"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/mail"
)

const (
	resetLife  = 10 * time.Minute // of a link that its owner asked for
	resetsHour = 3                // such links an account and hour
)

// AskReset sends the owner of an account a link to set a new password. The
// answer is the same whether there is such an account or not, and so is what
// is counted and noted; TooMany when to wait first.
func (s *Service) AskReset(ctx context.Context, email, ip, agent string) error {
	var c errs.Check
	email = checkEmail(&c, "email", email)
	err := c.Err()
	if err != nil {
		return err
	}
	if !s.MailOn() {
		return errNoMail("email")
	}
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	folded := FoldEmail(email)
	sign := &signs{Address: ip, Agent: clip(agent, maxAgent)}
	refused := s.asks.take(folded, ip, now)
	if refused != nil {
		return &errs.Error{Kind: errs.TooMany, Retry: refused.Retry}
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		known, found, err := credentialsByEmail(t, folded)
		if err != nil {
			return err
		}
		err = note(t, "", "asked-reset", known.ID, sign)
		if err != nil || !found || known.State != Active || known.Demo {
			return err
		}
		// Links that an administrator made, and those asked for before, go on:
		// whoever asks again and again takes nobody's link away.
		n, err := askedSince(t, known.ID, t.Now.Add(-time.Hour), resetLife)
		if err != nil || n >= resetsHour {
			return err
		}
		return s.makeLink(t, Actor{Account: known.ID}, known.Account, linkRow{Purpose: LinkReset}, id.Secret(secretBytes), resetLife)
	})
}

// makeLink writes a link of an account and sends it to its owner.
func (s *Service) makeLink(t *db.Tx, by Actor, a Account, l linkRow, token string, life time.Duration) error {
	l.Token, l.Account, l.CreatedAt, l.ExpiresAt = hashToken(token), a.ID, t.Now, t.Now.Add(life)
	err := insertLink(t, l)
	if err != nil {
		return err
	}
	if l.Purpose == LinkEmail {
		return s.sendAddress(t, a, l.Address, token, l.ExpiresAt)
	}
	return s.sendLink(t, by, a, l.Purpose, token, l.ExpiresAt)
}

func errNoMail(field string) error {
	var c errs.Check
	c.Add(field, i18n.M("access.mail.off", "This installation sends no messages. Ask an administrator."))
	return c.Err()
}

// AskEmail sends a link to an address that is to become that of the actor's
// account, after password and code, and tells the old address. Whether another
// account has it is said only to who can read what is sent there.
func (s *Service) AskEmail(ctx context.Context, a Actor, email, password, code, ip string) error {
	var c errs.Check
	email = checkEmail(&c, "email", email)
	err := c.Err()
	if err != nil {
		return err
	}
	if !s.MailOn() {
		return errNoMail("email")
	}
	_, err = mail.CheckAddress("email", email)
	if err != nil {
		return err
	}
	known, err := s.owns(ctx, a, password, ip, "present-password")
	if err != nil {
		return err
	}
	if known.Demo {
		return errDemo()
	}
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	// By account alone: colleagues share an address.
	refused := s.asks.take("email "+known.ID, "", now)
	if refused != nil {
		return &errs.Error{Kind: errs.TooMany, Retry: refused.Retry}
	}
	c.If(email == known.Email, "email", i18n.M("access.email.same", "This is the address that your account has."))
	err = c.Err()
	if err != nil {
		return err
	}
	err = s.spend(ctx, known, code, &signs{Address: ip})
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		x, err := accountForChange(t, a.Account)
		if err != nil {
			return err
		}
		err = dropLinks(t, LinkEmail, x.ID)
		if err != nil {
			return err
		}
		err = s.makeLink(t, a, x, linkRow{Purpose: LinkEmail, Address: email}, id.Secret(secretBytes), linkLife)
		if err != nil {
			return err
		}
		err = s.notice(t, a, x, x.Email, noticeAsked)
		if err != nil {
			return err
		}
		return note(t, a.Account, "asked-email", x.ID, nil)
	})
}

// ConfirmEmail uses the link that was sent to a new address: the account has it
// from now on. Links that were sent to the old one lose their right, and the
// old one is told.
func (s *Service) ConfirmEmail(ctx context.Context, token string) error {
	l, err := s.Link(ctx, token)
	if err != nil {
		return err
	}
	if l.Purpose != LinkEmail {
		return errLink()
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		x, err := accountForChange(t, l.Account.ID)
		if err != nil {
			return err
		}
		err = useLink(t, hashToken(token))
		if errs.Is(err, errs.NotFound) || (err == nil && x.State != Active) {
			return errLink()
		}
		if err != nil {
			return err
		}
		return s.moveTo(t, Actor{Account: x.ID}, x, l.Address)
	})
}

// moveTo gives an account another address.
func (s *Service) moveTo(t *db.Tx, by Actor, x Account, email string) error {
	err := s.change(t, by, x.ID, "updated", func(x *Account) error {
		x.Email = email
		return nil
	})
	if err != nil {
		return err
	}
	err = s.dropAccountLinks(t, x.ID)
	if err != nil || email == x.Email {
		return err
	}
	return s.notice(t, by, x, x.Email, noticeMoved)
}
