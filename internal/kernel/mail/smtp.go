package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// Times of a conversation with a mail server.
const (
	dialTime  = 15 * time.Second
	patience  = 2 * time.Minute // for each answer
	lastTimes = 3               // as long for the answer to a whole message
	perLine   = 50              // messages over one connection
)

// server is the mail server that takes our messages.
type server struct {
	host, port     string
	implicit       bool // TLS from the first byte (smtps)
	user, password string
}

// parseServer reads smtp://user:password@host:587 or smtps://…; the error
// never holds the address, which has the password in it.
func parseServer(s string) (server, error) {
	bad := errs.New(errs.BadRequest, i18n.M("mail.smtp.form",
		"The mail server is an address such as smtp://user:password@mail.example.org:587, or smtps://… where it speaks TLS from the start (port 465). Write signs such as @ / : # % in the password as %40 %2F %3A %23 %25."))
	u, err := url.Parse(s)
	if err != nil {
		return server{}, bad
	}
	v := server{host: u.Hostname(), port: u.Port(), implicit: u.Scheme == "smtps"}
	if v.port == "" {
		v.port = map[bool]string{false: "587", true: "465"}[v.implicit]
	}
	if u.User != nil {
		v.user = u.User.Username()
		v.password, _ = u.User.Password()
	}
	wrong := (u.Scheme != "smtp" && u.Scheme != "smtps") || v.host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != ""
	if wrong || (v.user == "") != (v.password == "") || strings.ContainsAny(v.host+v.user+v.password, "\r\n\x00") {
		return server{}, bad
	}
	return v, nil
}

// here says whether the server is on this machine, where nobody listens on
// the way. Anywhere else nothing is said without TLS.
func (v server) here() bool {
	ip, err := netip.ParseAddr(v.host)
	if err != nil {
		return strings.EqualFold(v.host, "localhost")
	}
	return ip.Unmap().IsLoopback()
}

// line is a way of sending: one connection at a time to a mail server, kept
// for several messages.
type line struct {
	server server
	o      Options
	name   string // that we introduce ourselves with

	conn  net.Conn
	c     *smtp.Client
	n     int         // messages over it
	uncut func() bool // the end of the program no longer cuts it
}

// carry hands a message over, and closes the connection where it can't be
// used for another one.
func (w *line) carry(ctx context.Context, m letter) carried {
	text, err := m.bytes()
	if err != nil {
		return carried{why: WhyRefused, final: true, err: err}
	}
	if w.c == nil {
		failed := w.connect(ctx)
		if failed.err != nil {
			w.drop()
			return failed
		}
	}
	got := w.hand(ctx, m, text)
	w.n++
	if got.err != nil {
		w.reset(ctx, got)
	}
	if w.n >= perLine {
		w.close()
	}
	return got
}

// reset makes the connection ready for another message, or ends it.
func (w *line) reset(ctx context.Context, after carried) {
	if after.ours {
		w.drop()
		return
	}
	w.wait(ctx, 1)
	err := w.c.Reset()
	if err != nil {
		w.drop()
	}
}

// wait sets how long the server may take for the next answer.
func (w *line) wait(ctx context.Context, times int) {
	if ctx.Err() != nil {
		return // the deadline has been set to the past
	}
	w.conn.SetDeadline(clock.System().Add(time.Duration(times) * w.patience()))
}

func (w *line) patience() time.Duration {
	if w.o.Patience > 0 {
		return w.o.Patience
	}
	return patience
}

// connect opens the connection, encrypts it and signs in. What fails here
// would fail for every message.
func (w *line) connect(ctx context.Context) carried {
	fail := func(why Why, err error) carried {
		return carried{why: why, reply: replyOf(err), ours: true, err: err}
	}
	conn, err := w.dial(ctx)
	if err != nil {
		return fail(WhyConnect, err)
	}
	w.conn, w.n = conn, 0
	// At the end of the program the conversation is cut short, and ends as one
	// that the network cut.
	w.uncut = context.AfterFunc(ctx, func() { conn.SetDeadline(clock.System()) })
	config := &tls.Config{ServerName: w.server.host, MinVersion: tls.VersionTLS12, RootCAs: w.o.Roots}
	w.wait(ctx, 1)
	if w.server.implicit {
		encrypted := tls.Client(conn, config)
		err = encrypted.HandshakeContext(ctx)
		if err != nil {
			return fail(WhyTLS, err)
		}
		w.conn = encrypted
	}
	w.c, err = smtp.NewClient(w.conn, w.server.host)
	if err != nil {
		return fail(laterOr(err, WhyConnect), err)
	}
	err = w.c.Hello(w.name)
	if err != nil {
		return fail(laterOr(err, WhyConnect), err)
	}
	if !w.server.implicit && !w.server.here() {
		offered, _ := w.c.Extension("STARTTLS")
		if !offered {
			return fail(WhyTLS, errors.New("the server offers no STARTTLS"))
		}
		err = w.c.StartTLS(config)
		if err != nil {
			return fail(WhyTLS, err)
		}
	}
	if w.server.user == "" {
		return carried{}
	}
	way, err := w.auth()
	if err != nil {
		return fail(WhyAuth, err)
	}
	w.wait(ctx, 1)
	err = w.c.Auth(way)
	if err != nil {
		return fail(laterOr(err, WhyAuth), err)
	}
	return carried{}
}

func (w *line) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, min(dialTime, w.patience()))
	defer cancel()
	address := net.JoinHostPort(w.server.host, w.server.port)
	if w.o.Dial != nil {
		return w.o.Dial(ctx, "tcp", address)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}

// auth chooses how to sign in, among the ways that the server knows. The
// connection is encrypted, or does not leave this machine.
func (w *line) auth() (smtp.Auth, error) {
	_, known := w.c.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(known))
	v := w.server
	switch {
	case slices.Contains(ways, "PLAIN"):
		return smtp.PlainAuth("", v.user, v.password, v.host, v.here()), nil
	case slices.Contains(ways, "LOGIN"):
		return smtp.LoginAuth(v.user, v.password, v.host, v.here()), nil
	case slices.Contains(ways, "SCRAM-SHA-256"):
		return smtp.ScramSHA256Auth(v.user, v.password), nil
	}
	return nil, fmt.Errorf("the server knows none of PLAIN, LOGIN and SCRAM-SHA-256")
}

// hand gives one message to the server. Only between the end of the message
// and the server's answer can nobody say whether it has arrived.
func (w *line) hand(ctx context.Context, m letter, text []byte) carried {
	w.wait(ctx, 1)
	err := w.c.Mail("<" + m.from.Address + ">")
	if err != nil {
		return carried{why: laterOr(err, WhySender), reply: replyOf(err), ours: true, err: err}
	}
	w.wait(ctx, 1)
	err = w.c.Rcpt("<" + m.to + ">")
	if err != nil {
		return refusal(err, true)
	}
	w.wait(ctx, 1)
	data, err := w.c.Data()
	if err != nil {
		return refusal(err, false)
	}
	w.wait(ctx, lastTimes)
	_, err = data.Write(text)
	if err != nil {
		return carried{why: WhyConnect, ours: true, err: err} // without its end no server takes it
	}
	err = data.Close()
	var answer *textproto.Error
	if err != nil && !errors.As(err, &answer) {
		return carried{why: WhyLost, doubt: true, ours: true, err: err}
	}
	if err != nil {
		return refusal(err, false)
	}
	return carried{}
}

// refusal says what a server's refusal of a recipient or a message means.
func refusal(err error, recipient bool) carried {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return carried{why: WhyConnect, ours: true, err: err}
	}
	out := carried{why: WhyRefused, reply: replyOf(err), err: err}
	switch {
	case answer.Code < 500:
		out.why = WhyLater
		out.ours = answer.Code == 421 // it closes the connection: nothing more now
	case aboutMailbox(answer, recipient):
		out.why, out.final = WhyMailbox, true
	default:
		out.final = true
	}
	return out
}

// enhanced is the code of RFC 3463 at the beginning of an answer.
var enhanced = regexp.MustCompile(`^[245]\.(\d{1,3})\.(\d{1,3})\b`)

// aboutMailbox says whether a refusal for good is about the address: X.1 is
// the address and X.2 the mailbox. Without such a code the plain one decides.
func aboutMailbox(answer *textproto.Error, recipient bool) bool {
	code := enhanced.FindStringSubmatch(answer.Msg)
	if code != nil {
		return code[1] == "2" || (code[1] == "1" && code[2] != "7" && code[2] != "8") // 7 and 8 are of the sender
	}
	return recipient && (answer.Code == 550 || answer.Code == 551 || answer.Code == 553)
}

// laterOr is WhyLater where the server asks to come again, else why.
func laterOr(err error, why Why) Why {
	var answer *textproto.Error
	if errors.As(err, &answer) && answer.Code >= 400 && answer.Code < 500 {
		return WhyLater
	}
	return why
}

// replyOf is what the server said; empty where it said nothing.
func replyOf(err error) string {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return answer.Error()
	}
	return ""
}

// drop closes the connection at once.
func (w *line) drop() {
	if w.conn != nil {
		w.uncut()
		w.conn.Close()
	}
	w.conn, w.c = nil, nil
}

// close ends the conversation.
func (w *line) close() {
	if w.c != nil {
		w.conn.SetDeadline(clock.System().Add(min(5*time.Second, w.patience())))
		w.c.Quit()
	}
	w.drop()
}
