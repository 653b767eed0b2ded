package mail

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/keyfile"
)

// topic wakes the senders of this process.
const topic = "mail"

// Service queues messages and sends them.
type Service struct {
	// Host is the name of the organisation whose installation this is; nil or
	// empty where none is known. Set before the first message.
	Host func() string
	// CameBack is told that the server of a person's address takes nothing for
	// it; nil where nobody wants to know.
	CameBack func(t *db.Tx, person, address string) error

	db      *db.DB
	key     *keyfile.Key
	log     *slog.Logger
	options Options
	base    atomic.Pointer[string]

	stop func() // no more messages are taken
	cut  func() // those under way are broken off
	wait sync.WaitGroup
	idle atomic.Int64 // until when nothing is tried: the server could not be reached
}

// Options say how messages leave.
type Options struct {
	SMTP string // the mail server, smtp://user:password@host:port; empty: none
	Dir  string // a folder that takes each message as a file; empty: none
	From string // the sender, "Name <address>"; empty: ayni@ the host of the base address

	Patience time.Duration  // for each answer of the server; 0: two minutes
	Roots    *x509.CertPool // that prove the server's name; nil: the system's
	// Dial connects to the server; nil: over the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Way is how messages leave.
type Way string

// The ways.
const (
	NoWay     Way = ""
	WayFolder Way = "folder"
	WayTLS    Way = "tls"   // to a mail server, and nothing is said without TLS
	WayPlain  Way = "plain" // to a mail server on this machine
)

// Way says how messages leave with these options.
func (o Options) Way() Way {
	if o.Dir != "" {
		return WayFolder
	}
	if o.SMTP == "" {
		return NoWay
	}
	v, err := parseServer(o.SMTP)
	if err == nil && v.here() && !v.implicit {
		return WayPlain
	}
	return WayTLS
}

// Check refuses options that can't be used, BadRequest.
func (o Options) Check() error {
	if o.SMTP != "" && o.Dir != "" {
		return errs.New(errs.BadRequest, i18n.M("mail.both", "--smtp and --mail-dir are two ways of sending: give one of them."))
	}
	if o.SMTP != "" {
		_, err := parseServer(o.SMTP)
		if err != nil {
			return err
		}
	}
	if o.From == "" {
		return nil
	}
	_, err := sender(o.From)
	return err
}

// defaultBase is the address of a server that was told none.
const defaultBase = "http://127.0.0.1:8080"

// New makes the service. key may be nil for a use that queues nothing.
func New(d *db.DB, key *keyfile.Key, log *slog.Logger, o Options) *Service {
	s := &Service{db: d, key: key, log: log, options: o}
	s.SetBase(defaultBase)
	return s
}

// SetBase sets the address under which people reach the installation.
func (s *Service) SetBase(base string) {
	base = strings.TrimRight(base, "/")
	s.base.Store(&base)
}

// URL is the absolute address of a path. It begins with the base address that
// was configured, never with the Host that a request names.
func (s *Service) URL(path string) string { return *s.base.Load() + path }

// On says whether a way of sending is configured. Without one messages are
// kept, and the administration says so.
func (s *Service) On() bool { return s.options.Dir != "" || s.options.SMTP != "" }

// Queue puts a message into the outbox, in the caller's transaction. by is
// access.Actor.ID(). Invalid for an address, name, subject or text that no
// message can have.
func (s *Service) Queue(t *db.Tx, by string, m Message) error {
	m, err := tidy(m)
	if err != nil {
		return err
	}
	if s.key == nil {
		return errs.Wrap(errs.Internal, errors.New("queue a message: there is no key to seal it with"))
	}
	plain, err := json.Marshal(sealedPart{Name: m.Name, Subject: m.Subject, Text: m.Text, Stop: m.Stop})
	if err != nil {
		return fmt.Errorf("queue a message: %w", err)
	}
	row := newRow{id: id.New(), by: by, state: Waiting, m: m}
	row.sealed, err = s.key.Seal(purpose, row.id, plain)
	if err != nil {
		return fmt.Errorf("seal a message: %w", err)
	}
	held, err := quarantined(t)
	if err != nil {
		return err
	}
	if held {
		row.state, row.why = Held, WhyRestore
	}
	err = insert(t, row)
	if err != nil {
		return fmt.Errorf("queue a message: %w", err)
	}
	return wake(t)
}

// wake tells the senders of this process to look, once the transaction holds.
func wake(t *db.Tx) error {
	return t.Once("mail.wake", func() error {
		t.AfterCommit(func(context.Context) error {
			t.DB.Signal(topic)
			return nil
		})
		return nil
	})
}

// Withdraw takes back messages of a kind to a person that are not sent yet: the
// person wants no more of them, or what they say holds no more.
func Withdraw(t *db.Tx, person, kind string) error {
	if person == "" {
		return nil
	}
	return withdraw(t, person, kind)
}

// from is the sender of all messages.
func (s *Service) from() mail.Address {
	if s.options.From != "" {
		a, err := sender(s.options.From)
		if err == nil {
			return a
		}
	}
	return mail.Address{Name: "Ayni", Address: "ayni@" + s.host()}
}

// host is the name in the base address.
func (s *Service) host() string {
	u, err := url.Parse(s.URL(""))
	if err != nil || u.Hostname() == "" || strings.Contains(u.Hostname(), ":") {
		return "localhost"
	}
	return u.Hostname()
}
