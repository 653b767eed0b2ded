package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// AuditKind is the kind of the audit's rows on messages.
const AuditKind = "message"

// Decide does with a message what a person decided. by is access.Actor.ID().
// Conflict where the message has moved on since, or can't be sent any more.
func Decide(t *db.Tx, by, id string, d Decision) error {
	r, err := findForChange(t, id)
	if err != nil {
		return err
	}
	if !r.May(d) {
		return errMovedOn()
	}
	to, action := Waiting, "sent-again"
	switch d {
	case AsSent:
		to, action = Sent, "treated-as-sent"
	case Drop:
		to, action = Dropped, "dropped"
	case Again:
		held, err := quarantined(t)
		if err != nil {
			return err
		}
		if held {
			return errs.New(errs.Conflict, i18n.M("mail.held", "All messages are held since a backup was restored. Release them first."))
		}
		err = clearBounce(t, hashed(r.Address))
		if err != nil {
			return err
		}
	}
	own, err := decide(t, r, to)
	if err != nil {
		return fmt.Errorf("decide on message %s: %w", id, err)
	}
	if !own {
		return errMovedOn()
	}
	err = audit.Write(t, audit.Row{Actor: by, Action: action, Kind: AuditKind, Record: id, Title: r.Kind})
	if err != nil {
		return err
	}
	return wake(t)
}

func errMovedOn() error {
	return errs.New(errs.Conflict, i18n.M("mail.moved", "This message has moved on since. Look at the list again."))
}

// Quarantine holds all messages that are not sent, and all that are queued
// from now on, until Release. A restore does so: the backup doesn't know what
// was sent after it.
func Quarantine(t *db.Tx) error {
	err := hold(t)
	if err != nil {
		return fmt.Errorf("hold all messages: %w", err)
	}
	return nil
}

// Release ends the quarantine: the messages held are sent, or dropped. It
// returns how many there were.
func Release(t *db.Tx, by string, send bool) (int, error) {
	held, err := quarantined(t)
	if err != nil {
		return 0, err
	}
	if !held {
		return 0, errs.New(errs.Conflict, i18n.M("mail.free", "Messages are not held any more."))
	}
	to, action := Dropped, "dropped-held"
	if send {
		to, action = Waiting, "released-held"
	}
	n, err := release(t, to)
	if err != nil {
		return 0, fmt.Errorf("release the messages held: %w", err)
	}
	err = audit.Write(t, audit.Row{Actor: by, Action: action, Kind: AuditKind, Record: "quarantine", Title: fmt.Sprint(n)})
	if err != nil {
		return 0, err
	}
	return int(n), wake(t)
}

// Count returns the numbers of the outbox.
func Count(t *db.Tx) (Overview, error) { return overview(t) }

// BounceOf says whether the server of an address took nothing for it when it
// was last written to.
func BounceOf(t *db.Tx, address string) (Bounce, bool, error) { return bounceOf(t, hashed(address)) }

// ForgetBounce forgets what the server of an address said, for an erasure.
func ForgetBounce(t *db.Tx, address string) error { return clearBounce(t, hashed(address)) }

// noteBounce remembers what an attempt said of an address.
func noteBounce(t *db.Tx, address string, o outcome) error {
	switch o.state {
	case Bounced:
		return setBounce(t, hashed(address), o.why)
	case Sent:
		return clearBounce(t, hashed(address))
	}
	return nil
}

// hashed is the form in which addresses are remembered that were refused.
func hashed(address string) string {
	var c errs.Check
	sum := sha256.Sum256([]byte("ayni address " + strings.ToLower(checkAddress(&c, address))))
	return hex.EncodeToString(sum[:])
}

// Prune drops what nobody needs any more; for a job of each night.
func Prune(t *db.Tx) error { return prune(t) }
