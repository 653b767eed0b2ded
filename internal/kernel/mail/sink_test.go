package mail_test

import (
	"log/slog"
	"math/rand/v2"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/mail"
)

// sink is a mail server that delivers nothing: the one of the system where
// scripts/with-mailserver has started it, else one inside the test. arrived
// says how often each message came, by its Message-ID.
func sink(t *testing.T) (o mail.Options, arrived func(domain string) map[string]int) {
	t.Helper()
	address := os.Getenv("AYNI_SMTP_SINK")
	if address == "" {
		p := (&post{}).open(t, false, mailHost)
		return p.options(), func(domain string) map[string]int { return byID(t, p.letters(), domain) }
	}
	dir := os.Getenv("AYNI_SMTP_SINK_DIR")
	return mail.Options{SMTP: address}, func(domain string) map[string]int {
		names, err := filepath.Glob(filepath.Join(dir, "new", "*"))
		if err != nil {
			t.Fatal(err)
		}
		var letters [][]byte
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			letters = append(letters, b)
		}
		return byID(t, letters, domain)
	}
}

func byID(t *testing.T, letters [][]byte, domain string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, b := range letters {
		m, err := netmail.ReadMessage(strings.NewReader(string(b)))
		if err != nil {
			t.Fatal(err)
		}
		id := strings.Trim(m.Header.Get("Message-ID"), "<>")
		if name, ours := strings.CutSuffix(id, "@"+domain); ours {
			out[name]++
		}
	}
	return out
}

// Processes that are killed at any moment lose nothing and double nothing: a
// message that is said to be sent has arrived, one that is not has not, and
// what nobody can say is in doubt, one message a kill at most.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		o, arrived := sink(t)
		domain := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name())) + ".example.org"
		service := func(d *db.DB) *mail.Service {
			s := mail.New(d, h.key, slog.New(slog.DiscardHandler), o)
			s.SetBase("https://" + domain)
			return s
		}
		rounds, each := 10, 12
		if os.Getenv("AYNI_TORTURE") != "" {
			rounds = 100
		}
		for range rounds {
			numbered(h, service(d), each)
			victim := dbtest.Again(t, d)
			victim.Clock.Set(d.Clock.Now())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				service(victim).SendNow(t.Context()) // how it ends is not its to say any more
			}()
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond) // any moment: the point of the test
			victim.Close()
			<-ended
		}
		d.Clock.Advance(31 * time.Minute)
		survivor := service(d)
		for range 3 {
			h.send(survivor)
			d.Clock.Advance(time.Hour)
		}
		came := arrived(domain)
		n, doubt := 0, 0
		for after := (mail.Filter{Limit: 200}); ; {
			var rows []mail.Row
			err := d.Read(t.Context(), func(t *db.Tx) error {
				var err error
				rows, err = mail.List(t, after)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				n++
				switch {
				case came[r.ID] > 1:
					t.Errorf("a message arrived %d times", came[r.ID])
				case r.State == mail.Sent && came[r.ID] != 1:
					t.Error("a message that is said to be sent did not arrive")
				case r.State == mail.Doubt:
					doubt++
				case r.State != mail.Sent:
					t.Errorf("a message is %s (%s)", r.State, r.Why)
				}
			}
			if len(rows) < 200 {
				break
			}
			after.Before = rows[len(rows)-1].ID
		}
		if n != rounds*each || doubt > rounds {
			t.Errorf("%d messages, %d in doubt, after %d rounds of %d", n, doubt, rounds, each)
		}
		t.Logf("%d messages, %d kills, %d in doubt, %d arrived", n, rounds, doubt, len(came))
	})
}
