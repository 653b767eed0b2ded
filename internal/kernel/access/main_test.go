package access

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/keyfile"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/mail/mailbox"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const goodPassword = "river stones in March"

// house is a service on a database of its own with its first administrator.
type house struct {
	*testing.T
	*Service
	d     *db.DB
	admin Actor
	token string // of the administrator's session
	n     atomic.Int64
	box   string // the folder into which messages are sent
}

func newService(d *db.DB) *Service {
	s := New(d)
	s.NewPerson = func(*db.Tx, Actor, string, string) (string, error) { return id.New(), nil }
	return s
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{T: t, Service: newService(d), d: d}
	h.KeyFile = filepath.Join(t.TempDir(), "key")
	key, err := keyfile.Open(h.KeyFile)
	h.ok(err)
	h.box = t.TempDir()
	h.Mail = mail.New(d, key, slog.New(slog.DiscardHandler), mail.Options{Dir: h.box})
	h.Mail.SetBase("https://ayni.example.org")
	setUp, needed, err := h.SetUpToken(t.Context())
	h.ok(err)
	if !needed {
		t.Fatal("a database without accounts needs no set-up")
	}
	h.token, err = h.SetUp(t.Context(), setUp, SetUpForm{
		Name: "Ada Admin", Email: "ada@example.org", Password: goodPassword, HostName: "Example Organisation", HostAcronym: "EO", Lang: "en",
	}, "", "test")
	h.ok(err)
	h.admin = h.who(h.token)
	return h
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// refused asserts the kind of an error, and the field it names.
func (h *house) refused(err error, kind errs.Kind, field string) {
	h.Helper()
	e := errs.As(err)
	switch {
	case e == nil || e.Kind != kind:
		h.Fatalf("got %v, want a refusal of the kind %v", err, kind)
	case field != "" && (len(e.Fields) == 0 || e.Fields[0].Name != field):
		h.Fatalf("got %v, want a word about the field %s", err, field)
	}
}

func (h *house) who(token string) Actor {
	h.Helper()
	a, err := h.Identify(h.Context(), token)
	h.ok(err)
	return a
}

// gone asserts that a session has ended.
func (h *house) gone(token string) {
	h.Helper()
	_, err := h.Identify(h.Context(), token)
	h.refused(err, errs.Unauthenticated, "")
}

// person invites somebody and lets them set the good password.
func (h *house) person(email string, roles ...Role) string {
	h.Helper()
	n := NewAccount{Name: "Person " + email, Email: email}
	for _, r := range roles {
		n.Roles = append(n.Roles, RoleGrant{Role: r})
		if r == Partner {
			n.Organisation = "11111111-1111-7111-8111-111111111111"
		}
	}
	account, link, err := h.Invite(h.Context(), h.admin, n)
	h.ok(err)
	h.ok(h.Accept(h.Context(), link, goodPassword))
	return account
}

// in signs somebody in from an address that nobody else uses.
func (h *house) in(email string) string {
	h.Helper()
	token, _, err := h.SignIn(h.Context(), email, goodPassword, h.ip(), "test")
	h.ok(err)
	return token
}

// letters are the messages that were queued since it was asked last.
func (h *house) letters() []mailbox.Letter {
	h.Helper()
	h.ok(h.Mail.SendNow(h.Context()))
	return mailbox.Take(h, h.box)
}

// linkIn is the token of the link in the only message, to an address.
func (h *house) linkIn(to string) string {
	h.Helper()
	list := h.letters()
	if len(list) != 1 || list[0].To != to {
		h.Fatalf("messages %+v, want one to %s", list, to)
	}
	_, rest, found := strings.Cut(list[0].Text, "\nhttps://ayni.example.org"+LinkPath(""))
	if !found {
		h.Fatalf("no link in %s", list[0].Text)
	}
	return rest[:2*secretBytes]
}

func (h *house) ip() string {
	n := h.n.Add(1)
	return fmt.Sprintf("10.1.%d.%d", n/250, n%250)
}

// dump is every row that the package owns, to compare before and after.
func (h *house) dump() string {
	h.Helper()
	var out string
	err := h.d.Read(context.Background(), func(t *db.Tx) error {
		out = ""
		for _, q := range []string{
			`select id || name || email || password || organisation || lang || theme || state || cast(version as text) from account order by 1`,
			`select account || role || cast(until_at as text) from account_role order by 1`,
			`select token || account || cast(auth_at as text) from session order by 1`,
			`select account || seed || cast(confirmed_at as text) || cast(last_step as text) from account_factor order by 1`,
			`select code || account || cast(used_at as text) from account_recovery order by 1`,
			`select token || purpose || account || cast(used_at as text) from access_link order by 1`,
			`select name || value from setting order by 1`,
		} {
			rows, err := db.All[string](t, q)
			if err != nil {
				return err
			}
			out += fmt.Sprintln(rows)
		}
		return nil
	})
	h.ok(err)
	return out
}

// audited counts the rows of the audit with an action on a record.
func (h *house) audited(action, record string) int {
	h.Helper()
	var n int
	err := h.d.Read(context.Background(), func(t *db.Tx) error {
		var err error
		n, err = db.One[int](t, `select count(*) from audit where action = $1 and record = $2`, action, record)
		return err
	})
	h.ok(err)
	return n
}
