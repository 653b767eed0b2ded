package mail_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/mail"
)

const (
	mailHost = "mail.example.org"
	password = "canary-p@ss/w:rd"
	smtpURL  = "smtp://ayni:canary-p%40ss%2Fw%3Ard@" + mailHost
)

// post is a mail server that keeps what it takes. The functions are asked
// first; what they return is the answer.
type post struct {
	onMail, onRcpt func() error
	onData         func(s *postSession) error

	address string
	roots   *x509.CertPool

	mu       sync.Mutex
	took     [][]byte
	to       []string
	sessions int
	plain    bool // something was said without TLS
}

type postSession struct {
	p    *post
	conn *smtp.Conn
	to   []string
	auth bool
}

func (s *postSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *postSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		if user != "ayni" || pass != password {
			return smtp.ErrAuthFailed
		}
		s.auth = true
		return nil
	}), nil
}

func (s *postSession) Mail(string, *smtp.MailOptions) error {
	_, encrypted := s.conn.TLSConnectionState()
	s.p.mu.Lock()
	s.p.plain = s.p.plain || !encrypted
	s.p.mu.Unlock()
	if !s.auth {
		return smtp.ErrAuthRequired
	}
	if s.p.onMail != nil {
		return s.p.onMail()
	}
	return nil
}

func (s *postSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.p.onRcpt != nil {
		err := s.p.onRcpt()
		if err != nil {
			return err
		}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *postSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.p.onData != nil {
		err := s.p.onData(s)
		if err != nil {
			return err
		}
	}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.took = append(s.p.took, b)
	s.p.to = append(s.p.to, s.to...)
	return nil
}

func (s *postSession) Reset()        { s.to = nil }
func (s *postSession) Logout() error { return nil }

// open starts the server; with names it has a certificate for them.
func (p *post) open(t *testing.T, implicit bool, names ...string) *post {
	t.Helper()
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sessions++
		return &postSession{p: p, conn: c}, nil
	}))
	server.Domain, server.AllowInsecureAuth = mailHost, true
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = listener.Addr().String()
	if len(names) > 0 {
		server.TLSConfig, p.roots = certificate(t, names...)
	}
	if implicit {
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return p
}

// certificate makes one that proves names, and the roots that believe it.
func certificate(t *testing.T, names ...string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.System()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

// options are those of an installation whose mail server is p.
func (p *post) options() mail.Options {
	return mail.Options{SMTP: smtpURL, Roots: p.roots, Patience: 20 * time.Second, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, p.address)
	}}
}

func (p *post) letters() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.took
}

func refuse(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

func TestSentOverSMTP(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		p := (&post{}).open(t, false, mailHost)
		s := h.service(p.options())
		const n = 60 // more than one connection carries
		for range n {
			h.mustQueue(s, hello())
		}
		h.send(s)
		got := p.letters()
		if len(got) != n || p.sessions > 4 || p.plain {
			t.Fatalf("%d messages in %d sessions, without TLS: %v", len(got), p.sessions, p.plain)
		}
		m := parse(t, got[0])
		if m.Header.Get("To") != `"Ana Souza" <ana@example.org>` || body(t, m) != hello().Text || p.to[0] != "ana@example.org" {
			t.Errorf("to %s and %s, text %q", m.Header.Get("To"), p.to[0], body(t, m))
		}
		for _, name := range []string{"X-Mailer", "User-Agent", "Bcc", "Received"} {
			if m.Header.Get(name) != "" {
				t.Errorf("it has a header %s", name)
			}
		}
		for _, r := range h.rows() {
			if r.State != mail.Sent || r.Whole {
				t.Errorf("state %s, body kept: %v", r.State, r.Whole)
			}
		}
	})
}

func TestSentOverImplicitTLS(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	p := (&post{}).open(t, true, mailHost)
	o := p.options()
	o.SMTP = strings.Replace(smtpURL, "smtp:", "smtps:", 1)
	s := h.service(o)
	h.mustQueue(s, hello())
	h.send(s)
	if len(p.letters()) != 1 || p.plain {
		t.Errorf("%d messages, without TLS: %v, row %+v", len(p.letters()), p.plain, h.only())
	}
}

// On this machine alone a mail server is spoken to without TLS.
func TestSentToAServerOnThisMachine(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	p := (&post{}).open(t, false)
	o := p.options()
	o.SMTP = strings.Replace(smtpURL, mailHost, p.address, 1)
	o.Dial = nil
	s := h.service(o)
	h.mustQueue(s, hello())
	h.send(s)
	if len(p.letters()) != 1 {
		t.Errorf("%d messages, row %+v", len(p.letters()), h.only())
	}
}

// What the body of a message looks like can't end the message or begin
// another one.
func TestIN8NothingIsSmuggledIntoTheConversation(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	p := (&post{}).open(t, false, mailHost)
	s := h.service(p.options())
	m := hello()
	m.Text = "first\n.\nMAIL FROM:<x@example.org>\r\n.\r\nRCPT TO:<y@example.org>\r.\rDATA\n\n.\n..\n.dot\n"
	h.mustQueue(s, m)
	h.send(s)
	got := p.letters()
	if len(got) != 1 || len(p.to) != 1 {
		t.Fatalf("%d messages to %v", len(got), p.to)
	}
	if text := body(t, parse(t, got[0])); text != "first\n.\nMAIL FROM:<x@example.org>\n.\nRCPT TO:<y@example.org>\n.\nDATA\n\n.\n..\n.dot\n" {
		t.Errorf("text %q", text)
	}
}

func TestFA9SMTPFaults(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	hang := func() error { <-over; return errors.New("the test is over") }
	once := func(first error) func() error {
		asked := false
		return func() error {
			if !asked {
				asked = true
				return first
			}
			return nil
		}
	}
	again := func(err error) func() error { return func() error { return err } }
	for name, tc := range map[string]struct {
		make    func(p *post)         // what the server does
		options func(o *mail.Options) // what is configured
		names   []string              // of the certificate
		first   mail.State            // after the first attempt
		why     mail.Why              //
		then    mail.State            // four days of attempts later
		letters int                   // that arrived in the end
		bounce  bool                  // the address is marked
	}{
		"refuses the connection": {options: func(o *mail.Options) {
			o.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
			}
		}, first: mail.Waiting, why: mail.WhyConnect, then: mail.GivenUp},
		"never greets": {options: func(o *mail.Options) {
			o.Patience = 200 * time.Millisecond
			o.Dial = func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				_ = theirs
				return ours, nil
			}
		}, first: mail.Waiting, why: mail.WhyConnect, then: mail.GivenUp},
		"hangs before the message": {make: func(p *post) { p.onRcpt = hang }, options: func(o *mail.Options) { o.Patience = 300 * time.Millisecond },
			first: mail.Waiting, why: mail.WhyConnect, then: "-"},
		"hangs at DATA": {make: func(p *post) { p.onData = func(*postSession) error { return hang() } }, options: func(o *mail.Options) { o.Patience = 300 * time.Millisecond },
			first: mail.Doubt, why: mail.WhyLost, then: mail.Doubt},
		"drops after DATA": {make: func(p *post) {
			p.onData = func(s *postSession) error { s.conn.Conn().Close(); return nil }
		}, first: mail.Doubt, why: mail.WhyLost, then: mail.Doubt, letters: 1},
		"drops before DATA": {make: func(p *post) {
			dropped := false
			p.onRcpt = func() error { return nil }
			p.onMail = func() error {
				if !dropped {
					dropped = true
					return refuse(421, smtp.EnhancedCode{4, 3, 2}, "going down")
				}
				return nil
			}
		}, first: mail.Waiting, why: mail.WhyLater, then: mail.Sent, letters: 1},
		"greylists": {make: func(p *post) { p.onRcpt = once(refuse(451, smtp.EnhancedCode{4, 7, 1}, "greylisted, come again")) },
			first: mail.Waiting, why: mail.WhyLater, then: mail.Sent, letters: 1},
		"4xx after the message": {make: func(p *post) {
			f := once(refuse(452, smtp.EnhancedCode{4, 3, 1}, "disk full"))
			p.onData = func(*postSession) error { return f() }
		}, first: mail.Waiting, why: mail.WhyLater, then: mail.Sent, letters: 1},
		"421 after the message": {make: func(p *post) {
			f := once(refuse(421, smtp.EnhancedCode{4, 3, 0}, "shutting down"))
			p.onData = func(*postSession) error { return f() }
		}, first: mail.Waiting, why: mail.WhyLater, then: mail.Sent, letters: 1},
		"4xx for ever": {make: func(p *post) { p.onRcpt = again(refuse(450, smtp.EnhancedCode{4, 2, 1}, "mailbox busy")) },
			first: mail.Waiting, why: mail.WhyLater, then: mail.GivenUp},
		"no such mailbox": {make: func(p *post) { p.onRcpt = again(refuse(550, smtp.EnhancedCode{5, 1, 1}, "no such user")) },
			first: mail.Bounced, why: mail.WhyMailbox, then: mail.Bounced, bounce: true},
		"the mailbox is closed": {make: func(p *post) {
			p.onData = func(*postSession) error { return refuse(554, smtp.EnhancedCode{5, 2, 1}, "mailbox disabled") }
		}, first: mail.Bounced, why: mail.WhyMailbox, then: mail.Bounced, bounce: true},
		"relaying denied": {make: func(p *post) { p.onRcpt = again(refuse(550, smtp.EnhancedCode{5, 7, 1}, "relaying denied")) },
			first: mail.GivenUp, why: mail.WhyRefused, then: mail.GivenUp},
		"5xx after the message": {make: func(p *post) {
			p.onData = func(*postSession) error { return refuse(554, smtp.EnhancedCode{5, 6, 0}, "looks like spam") }
		}, first: mail.GivenUp, why: mail.WhyRefused, then: mail.GivenUp},
		"sender refused": {make: func(p *post) { p.onMail = once(refuse(553, smtp.EnhancedCode{5, 7, 1}, "sender not owned")) },
			first: mail.Waiting, why: mail.WhySender, then: mail.Sent, letters: 1},
		"STARTTLS stripped": {names: []string{}, first: mail.Waiting, why: mail.WhyTLS, then: mail.GivenUp},
		"wrong certificate": {names: []string{"evil.example.org"}, first: mail.Waiting, why: mail.WhyTLS, then: mail.GivenUp},
		"certificate nobody vouches for": {options: func(o *mail.Options) { o.Roots = x509.NewCertPool() },
			first: mail.Waiting, why: mail.WhyTLS, then: mail.GivenUp},
		"wrong password": {options: func(o *mail.Options) { o.SMTP = "smtp://ayni:canary-wrong@" + mailHost },
			first: mail.Waiting, why: mail.WhyAuth, then: mail.GivenUp},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, dbtest.SQLite(t))
			p := &post{}
			if tc.make != nil {
				tc.make(p)
			}
			names := tc.names
			if names == nil {
				names = []string{mailHost}
			}
			p.open(t, false, names...)
			o := p.options()
			if tc.options != nil {
				tc.options(&o)
			}
			s := h.service(o)
			h.mustQueue(s, hello())
			h.send(s)
			row := h.only()
			if row.State != tc.first || row.Why != tc.why {
				t.Fatalf("state %s, why %s, want %s, %s; reply %q", row.State, row.Why, tc.first, tc.why, row.Reply)
			}
			if row.State == mail.Waiting && row.RunAt < noon(time.Minute) {
				t.Errorf("tried again at once: %v", row.RunAt.Time())
			}
			if tc.then != "-" {
				for range 200 {
					h.db.Clock.Advance(time.Hour)
					h.send(s)
				}
				row = h.only()
				if row.State != tc.then {
					t.Errorf("in the end %s, want %s (%s)", row.State, tc.then, row.Why)
				}
				if n := len(p.letters()); n != tc.letters {
					t.Errorf("%d messages arrived, want %d", n, tc.letters)
				}
				if row.Attempt > 50 {
					t.Errorf("%d attempts", row.Attempt)
				}
			}
			var marked bool
			err := h.db.Read(t.Context(), func(t *db.Tx) error {
				var err error
				_, marked, err = mail.BounceOf(t, "Ana@Example.org")
				return err
			})
			if err != nil || marked != tc.bounce {
				t.Errorf("the address is marked: %v, %v", marked, err)
			}
			if p.plain {
				t.Error("something was said without TLS")
			}
			for _, canary := range []string{"canary", "ana@", "link/secret", "Set your password"} {
				if strings.Contains(h.log.String(), canary) {
					t.Errorf("the log holds %q: %s", canary, h.log)
				}
			}
		})
	}
}

// While the server can't be reached it is asked once, not once a message.
func TestServerThatIsAwayIsAskedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	p := (&post{}).open(t, false, mailHost)
	o := p.options()
	asked := 0
	o.Dial = func(context.Context, string, string) (net.Conn, error) {
		asked++
		return nil, errors.New("away")
	}
	s := h.service(o)
	for range 20 {
		h.mustQueue(s, hello())
	}
	h.send(s)
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// A message that fares badly does not keep the others.
func TestOthersAreSentBesideOneThatIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	p := &post{}
	n := 0
	p.onRcpt = func() error {
		n++
		if n == 2 {
			return refuse(550, smtp.EnhancedCode{5, 1, 1}, "no such user")
		}
		return nil
	}
	p.open(t, false, mailHost)
	s := h.service(p.options())
	for range 3 {
		h.mustQueue(s, hello())
	}
	h.send(s)
	if len(p.letters()) != 2 || p.sessions != 2 { // one before and one after STARTTLS, of one connection
		t.Errorf("%d messages in %d sessions", len(p.letters()), p.sessions)
	}
}

func TestAI4AddressOfTheServerInNoMessage(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"http://ayni:canary@mail.example.org", "smtp://ayni:canary@", "smtp://ayni:can ary%zz@mail.example.org", "smtp://ayni:canary@mail.example.org/path",
		"smtp://canary@mail.example.org", "canary", "smtp://ayni:canary@mail.example.org?x=y", "smtp://ayni:can\ncanary@mail.example.org",
	} {
		err := mail.Options{SMTP: bad}.Check()
		if !errs.Is(err, errs.BadRequest) || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "can ary") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, good := range []string{smtpURL, "smtps://mail.example.org", "smtp://127.0.0.1:25", "smtp://ayni:x@[::1]:2525/"} {
		err := mail.Options{SMTP: good}.Check()
		if err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	err := mail.Options{SMTP: smtpURL, Dir: "x"}.Check()
	if !errs.Is(err, errs.BadRequest) {
		t.Errorf("two ways: %v", err)
	}
}
