package mail_test

import (
	"bytes"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/keyfile"
	"ayni/internal/kernel/mail"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// noon is an instant of the day on which the tests begin.
func noon(d time.Duration) clock.Ms { return clock.Day("2026-09-21").Ms().Add(12*time.Hour + d) }

// house is an outbox with its key.
type house struct {
	t   *testing.T
	db  *db.DB
	key *keyfile.Key
	log *bytes.Buffer
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	d.Clock.Set(noon(0))
	key, err := keyfile.Open(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	return &house{t: t, db: d, key: key, log: &bytes.Buffer{}}
}

// service makes a service of the house, as each process has one.
func (h *house) service(o mail.Options) *mail.Service {
	s := mail.New(h.db, h.key, slog.New(slog.NewTextHandler(h.log, nil)), o)
	s.SetBase("https://ayni.example.org/")
	return s
}

// hello is a message with nothing wrong in it.
func hello() mail.Message {
	return mail.Message{To: "ana@example.org", Name: "Ana Souza", Lang: "en", Subject: "Set your password", Text: "Hello\n\nhttps://ayni.example.org/link/secret\n", Kind: "reset", Person: "person-1"}
}

func (h *house) queue(s *mail.Service, m mail.Message) error {
	return h.db.Write(h.t.Context(), func(t *db.Tx) error { return s.Queue(t, "account:1", m) })
}

func (h *house) mustQueue(s *mail.Service, m mail.Message) {
	h.t.Helper()
	err := h.queue(s, m)
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) send(s *mail.Service) {
	h.t.Helper()
	err := s.SendNow(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
}

// rows are all messages, the oldest first.
func (h *house) rows() []mail.Row {
	h.t.Helper()
	var out []mail.Row
	err := h.db.Read(h.t.Context(), func(t *db.Tx) error {
		list, err := mail.List(t, mail.Filter{Limit: 200})
		for _, r := range list {
			out = append([]mail.Row{r}, out...)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// only is the one message that there is.
func (h *house) only() mail.Row {
	h.t.Helper()
	rows := h.rows()
	if len(rows) != 1 {
		h.t.Fatalf("%d messages, want 1", len(rows))
	}
	return rows[0]
}

// read parses the files of a folder as a mail program would.
func read(t *testing.T, dir string) []*netmail.Message {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var out []*netmail.Message
	for _, name := range names {
		if filepath.Ext(name) != ".eml" {
			t.Errorf("%s lies in the folder", name)
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, parse(t, b))
	}
	return out
}

func parse(t *testing.T, b []byte) *netmail.Message {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	return m
}

func subject(t *testing.T, m *netmail.Message) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func body(t *testing.T, m *netmail.Message) string {
	t.Helper()
	b, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}
