package mail_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/mail"
)

func TestQueuedMessageReachesTheFolderOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		dir := filepath.Join(t.TempDir(), "mail")
		s := h.service(mail.Options{Dir: dir})
		m := hello()
		m.Key = "reset account-1"
		h.mustQueue(s, m)
		h.mustQueue(s, m)
		h.send(s)
		h.send(s)
		got := read(t, dir)
		if len(got) != 1 {
			t.Fatalf("%d files, want 1", len(got))
		}
		if s := subject(t, got[0]); s != m.Subject {
			t.Errorf("subject %q", s)
		}
		if text := body(t, got[0]); text != m.Text {
			t.Errorf("text %q", text)
		}
		row := h.only()
		want := mail.Row{ID: row.ID, Kind: "reset", Person: "person-1", Address: "ana@example.org", Lang: "en", State: mail.Sent, Attempt: 1, RunAt: noon(0), CreatedAt: noon(0), CreatedBy: "account:1", EndedAt: noon(0)}
		if diff := cmp.Diff(want, row); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMessageOfATransactionThatFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	s := h.service(mail.Options{})
	failed := errors.New("for the test")
	err := h.db.Write(t.Context(), func(t *db.Tx) error {
		err := s.Queue(t, "account:1", hello())
		if err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if n := len(h.rows()); n != 0 {
		t.Errorf("%d messages of a transaction that failed", n)
	}
}

func TestWithoutAWayMessagesAreKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	s := h.service(mail.Options{})
	h.mustQueue(s, hello())
	h.send(s)
	if s.On() || h.only().State != mail.Waiting {
		t.Errorf("on %v, state %s", s.On(), h.only().State)
	}
	dir := t.TempDir()
	h.send(h.service(mail.Options{Dir: dir}))
	if n := len(read(t, dir)); n != 1 {
		t.Errorf("%d messages sent once there is a way", n)
	}
}

func TestMessageWhoseLinkHasExpiredIsNotSent(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	dir := t.TempDir()
	s := h.service(mail.Options{Dir: dir})
	m := hello()
	m.Expires = noon(time.Hour)
	h.mustQueue(s, m)
	h.db.Clock.Set(noon(time.Hour + time.Second))
	h.send(s)
	row := h.only()
	if len(read(t, dir)) != 0 || row.State != mail.GivenUp || row.Why != mail.WhyExpired {
		t.Errorf("state %s, why %s", row.State, row.Why)
	}
}

// Without a way of sending, the nightly work ends what is of no use any more.
func TestExpiredMessagesEndWithoutAWay(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	m := hello()
	m.Expires = noon(time.Hour)
	h.mustQueue(h.service(mail.Options{}), m)
	h.db.Clock.Set(noon(2 * time.Hour))
	err := h.db.Write(t.Context(), mail.Prune)
	if err != nil {
		t.Fatal(err)
	}
	if r := h.only(); r.State != mail.GivenUp || r.Whole {
		t.Errorf("state %s, its text kept: %v", r.State, r.Whole)
	}
}

// A message waits while its folder can't be written, and is sent when it can.
func TestFolderThatCanNotBeWritten(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	dir := filepath.Join(t.TempDir(), "mail")
	err := os.WriteFile(dir, nil, 0o600) // a file in the folder's place
	if err != nil {
		t.Fatal(err)
	}
	s := h.service(mail.Options{Dir: dir})
	h.mustQueue(s, hello())
	h.send(s)
	row := h.only()
	if row.State != mail.Waiting || row.Why != mail.WhyFolder || row.RunAt < noon(time.Minute) {
		t.Errorf("state %s, why %s, next %v", row.State, row.Why, row.RunAt.Time())
	}
	err = os.Remove(dir)
	if err != nil {
		t.Fatal(err)
	}
	h.db.Clock.Advance(5 * time.Minute)
	h.send(s)
	if n := len(read(t, dir)); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// What a message says stands in no file, and after sending nowhere at all.
func TestAI4BodiesAreSealed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	s := h.service(mail.Options{Dir: t.TempDir()})
	m := hello()
	m.Subject, m.Text = "canary-subject", "canary-text https://ayni.example.org/link/canary-token"
	h.mustQueue(s, m)
	look := func(when string) {
		t.Helper()
		files, err := filepath.Glob(dbtest.Address(h.db) + "*")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, []byte("canary")) {
				t.Errorf("%s: %s holds what the message says", when, filepath.Base(f))
			}
		}
	}
	look("before it is sent")
	h.send(s)
	look("after")
	sealed := ""
	err := h.db.Read(t.Context(), func(t *db.Tx) error {
		var err error
		sealed, err = db.One[string](t, `select sealed from mail_outbox`)
		return err
	})
	if err != nil || sealed != "" {
		t.Errorf("sealed is %d bytes long after sending, %v", len(sealed), err)
	}
	if strings.Contains(h.log.String(), "canary") || strings.Contains(h.log.String(), "ana@") {
		t.Errorf("the log has it: %s", h.log)
	}
}

func TestIN7HeadersThatAMessageCanNotHave(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	s := h.service(mail.Options{})
	long := strings.Repeat("x", 999)
	fields := map[string]func(m *mail.Message, v string){
		"name":    func(m *mail.Message, v string) { m.Name = v },
		"subject": func(m *mail.Message, v string) { m.Subject = v },
		"to":      func(m *mail.Message, v string) { m.To = v },
		"stop":    func(m *mail.Message, v string) { m.Stop = v },
		"kind":    func(m *mail.Message, v string) { m.Kind = v },
	}
	values := []string{"a\r\nBcc: b@example.org", "a\nBcc: b@example.org", "a\rb", "a\x00b", "a\u2028b", "a\u2029b", "a\u0085b", "a\u202eb", "a\xffb", "a\x7fb", "=?utf-8?q?=0d=0aBcc:_b@example.org?="}
	for field, set := range fields {
		for _, v := range append(slices.Clone(values), long) {
			if field == "kind" && v == long {
				continue
			}
			for _, form := range []string{v, v + "@example.org", "ana@" + v, "https://example.org/" + v} {
				m := hello()
				set(&m, form)
				err := h.queue(s, m)
				e := errs.As(err)
				if e == nil || e.Kind != errs.Invalid || e.Fields[0].Name != field {
					t.Errorf("%s %.40q: %v", field, form, err)
				}
			}
		}
	}
	for _, to := range []string{
		"", "ana", "@example.org", "ana@", "ana@example", "ana@example..org", "ana@-example.org", "ana@exa mple.org",
		"ana@example.org, bo@example.org", "ana@example.org,bo@example.org", "Ana <ana@example.org>", "<ana@example.org>",
		"ana%0d%0aBcc:bo@example.org", "ana%bo.org@example.org", "bo.org!ana@example.org", `"a b"@example.org`, `"a@b"@example.org`,
		"ana(bo)@example.org", "ana@[127.0.0.1]", "ana@example.org>", "ana;bo@example.org", "añá@example.org", "ana@example.org\u200b.evil",
		strings.Repeat("a", 65) + "@example.org", "a@" + strings.Repeat("b.", 130) + "org", "-oQ/tmp ana@example.org", "ana@bo@example.org",
	} {
		m := hello()
		m.To = to
		err := h.queue(s, m)
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("address %q: %v", to, err)
		}
	}
	for _, text := range []string{"", " \n ", "a\x00b", "a\x1bb", "a\u202eb", "\xff", strings.Repeat("x", 200<<10)} {
		m := hello()
		m.Text = text
		err := h.queue(s, m)
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("text %.40q: %v", text, err)
		}
	}
	if n := len(h.rows()); n != 0 {
		t.Errorf("%d messages were kept", n)
	}
}

// What is allowed, however odd, is one message with its own headers and one
// recipient.
func TestIN7MessageHasExactlyItsHeaders(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	want := []string{
		"Auto-Submitted", "Content-Language", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "List-Unsubscribe",
		"List-Unsubscribe-Post", "Message-Id", "Mime-Version", "Subject", "To",
	}
	names := []string{"", "Ana", "Ána Šouza", `O"Brien, Bo <x@example.org>`, "Ana, bo@example.org", "%0d%0aBcc: bo@example.org", "a=b?c",
		"Μαρία", "محمد", "李", strings.Repeat("é", 196), strings.Repeat("x y ", 49), "{{.}} ${7*7} <script>"}
	for i, name := range names {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(i))
		s := h.service(mail.Options{Dir: dir, From: "Ayni, the <house> <ayni@example.org>"})
		if i%2 == 0 {
			s = h.service(mail.Options{Dir: dir})
		}
		m := hello()
		m.Name, m.Subject, m.Stop = name, "Re: "+name, "https://ayni.example.org/stop/x"
		m.To = "ana.b+c_d-e@MÜNCHEN.example"
		m.Text = ".\n..\n\nFrom me\n.\r\n.\rlast: " + name + "\n"
		h.mustQueue(s, m)
		h.send(s)
		got := read(t, dir)
		if len(got) != 1 {
			t.Fatalf("%q: %d messages", name, len(got))
		}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got[0].Header))); diff != "" {
			t.Errorf("%q: headers: %s", name, diff)
		}
		for field, values := range got[0].Header {
			if len(values) != 1 {
				t.Errorf("%q: %s stands %d times", name, field, len(values))
			}
		}
		to, err := got[0].Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != "ana.b+c_d-e@xn--mnchen-3ya.example" || to[0].Name != strings.TrimSpace(name) {
			t.Errorf("%q: to %v, %v", name, to, err)
		}
		if s := subject(t, got[0]); s != strings.TrimSpace("Re: "+name) {
			t.Errorf("subject %q", s)
		}
		if text := body(t, got[0]); text != ".\n..\n\nFrom me\n.\n.\nlast: "+name+"\n" {
			t.Errorf("text %q", text)
		}
		raw, err := os.ReadFile(firstOf(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
				t.Errorf("%q: a line of %d bytes: %.80q", name, len(line), line)
			}
		}
	}
}

func firstOf(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	return names[0]
}

func TestSenderThatCanNotBe(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"x", "a@b", "a@example.org\r\nBcc: c@example.org", "a@example.org, b@example.org"} {
		err := mail.Options{From: from}.Check()
		if !errs.Is(err, errs.BadRequest) {
			t.Errorf("%q: %v", from, err)
		}
	}
	err := mail.Options{From: "Ayni <ayni@example.org>"}.Check()
	if err != nil {
		t.Error(err)
	}
}

// Links begin with the configured address.
func TestLinksBeginWithTheConfiguredAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	if got := h.service(mail.Options{}).URL("/link/x"); got != "https://ayni.example.org/link/x" {
		t.Error(got)
	}
}
