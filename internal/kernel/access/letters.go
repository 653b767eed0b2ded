package access

import (
	"cmp"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/mail"
)

// What an account's owner is told by mail. A link in a message begins with the
// address that was configured, whatever a request says.

// MailOn says whether messages leave: links for a forgotten password are then
// asked for by their owner.
func (s *Service) MailOn() bool { return s.Mail != nil && s.Mail.On() }

// letter writes one message to the owner of an account. say says it in the
// owner's language. Where no messages leave, or none can be written to the
// address, nothing is queued: what it is about holds all the same.
func (s *Service) letter(t *db.Tx, by Actor, a Account, to string, say func(l *i18n.L, m *mail.Message, b *mail.Body)) error {
	if !s.MailOn() || a.Demo {
		return nil
	}
	_, err := mail.CheckAddress("email", to)
	if err != nil {
		return nil //nolint:nilerr // an account may have an address that no mail server takes
	}
	host, err := Setting(t, HostLang)
	if err != nil {
		return err
	}
	l := i18n.For(cmp.Or(a.Lang, host, i18n.Langs[0]))
	m := mail.Message{To: to, Name: a.Name, Lang: l.Lang, Person: a.Person}
	b := mail.Body{Name: a.Name}
	say(l, &m, &b)
	m.Text, m.Expires = s.Mail.Compose(l, b), b.Until
	return s.Mail.Queue(t, by.ID(), m)
}

// sendLink writes the message with a link to set a password.
func (s *Service) sendLink(t *db.Tx, by Actor, a Account, p Purpose, token string, until clock.Ms) error {
	return s.letter(t, by, a, a.Email, func(l *i18n.L, m *mail.Message, b *mail.Body) {
		m.Kind, b.Link, b.Until = string(p), s.Mail.URL(LinkPath(token)), until
		if p == LinkSignUp {
			m.Subject = l.T("access.letter.signup.subject", "Your account in Ayni")
			b.Lines = []string{l.T("access.letter.signup.text", "An account was made for you. Its name at sign-in is your e-mail address, {email}.", i18n.A{"email": a.Email})}
			b.Ask = l.T("access.letter.signup.ask", "Set your password here; the link works once:")
			b.Why = l.T("access.letter.signup.why", "You get this because an administrator invited you. If you expect nothing of the kind, do nothing: without a password the account stays closed.")
			return
		}
		m.Subject = l.T("access.letter.reset.subject", "A link to set a new password")
		b.Lines = []string{l.T("access.letter.reset.text", "For your account a link to set a new password was asked for. Your present password works until the link is used.")}
		b.Ask = l.T("access.letter.reset.ask", "Set a new password here; the link works once:")
		b.Why = l.T("access.letter.reset.why", "You get this because somebody gave your address on the page for a forgotten password, or an administrator made the link. If it was not you, do nothing and tell your administrator.")
	})
}

// sendAddress writes to an address that the owner of an account wants to use.
func (s *Service) sendAddress(t *db.Tx, a Account, address, token string, until clock.Ms) error {
	return s.letter(t, Actor{Account: a.ID}, a, address, func(l *i18n.L, m *mail.Message, b *mail.Body) {
		m.Kind, b.Link, b.Until = string(LinkEmail), s.Mail.URL(LinkPath(token)), until
		m.Subject = l.T("access.letter.address.subject", "Confirm your new e-mail address")
		b.Lines = []string{l.T("access.letter.address.text", "This address is to become that of your account, for sign-in and for messages.")}
		b.Ask = l.T("access.letter.address.ask", "Confirm it here; the link works once:")
		b.Why = l.T("access.letter.address.why", "You get this because somebody wrote this address into the profile of an account. If it was not you, do nothing: nothing changes.")
	})
}

// notice tells the owner of an account, at an address, what happened to it.
func (s *Service) notice(t *db.Tx, by Actor, a Account, to string, what func(l *i18n.L) (subject, text string)) error {
	return s.letter(t, by, a, to, func(l *i18n.L, m *mail.Message, b *mail.Body) {
		subject, text := what(l)
		m.Kind, m.Subject, b.Lines = "notice", subject, []string{text}
		b.Why = l.T("access.letter.notice.why", "You get this because it concerns the safety of your account. If you do not know of it, change your password and tell your administrator.")
	})
}

// noticeAsked says, at the old address, that another one was asked for.
func noticeAsked(l *i18n.L) (subject, text string) {
	return l.T("access.letter.asked.subject", "Your e-mail address is to change"),
		l.T("access.letter.asked.text", "In your profile another e-mail address was given for your account. It changes once that address is confirmed.")
}

// noticeMoved says, at the old address, that it is no longer that of the account.
func noticeMoved(l *i18n.L) (subject, text string) {
	return l.T("access.letter.moved.subject", "Your e-mail address has changed"),
		l.T("access.letter.moved.text", "Your account has another e-mail address now. This one opens it no more, and links that were sent here no longer work.")
}

// noticeRemoved says that an administrator took the second factor away.
func noticeRemoved(l *i18n.L) (subject, text string) {
	return l.T("access.letter.removed.subject", "The second factor of your account was taken away"),
		l.T("access.letter.removed.text", "An administrator took the second factor of your account away. You are signed out everywhere, and sign-in asks for your password alone. Set up a new one in your profile.")
}

// noticeOff says that the second factor was turned off in the profile.
func noticeOff(l *i18n.L) (subject, text string) {
	return l.T("access.letter.off.subject", "The second factor of your account was turned off"),
		l.T("access.letter.off.text", "In your profile the second factor was turned off. Sign-in asks for your password alone.")
}
