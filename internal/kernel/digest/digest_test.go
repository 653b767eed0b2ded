package digest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/jobs"
	"ayni/internal/kernel/keyfile"
	"ayni/internal/kernel/mail"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// monday is six in the morning, UTC, of a Monday.
const monday = clock.Day("2026-09-21")

func at(days int) clock.Ms { return monday.AddDays(days).Ms().Add(6 * time.Hour) }

// house is an installation that has digests and mail alone.
type house struct {
	*testing.T
	d      *db.DB
	access *access.Service
	mail   *mail.Service
	s      *digest.Service
	dir    string
	news   digest.News
	due    []digest.Due
	since  []clock.Ms // that news were asked for
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	d.Clock.Set(at(0))
	key, err := keyfile.Open(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, d: d, access: access.New(d), dir: filepath.Join(t.TempDir(), "mail")}
	h.access.NewPerson = func(*db.Tx, access.Actor, string, string) (string, error) { return id.New(), nil }
	h.mail = mail.New(d, key, slog.New(slog.DiscardHandler), mail.Options{Dir: h.dir})
	h.mail.SetBase("https://ayni.example.org")
	h.s = digest.New(d, h.mail)
	h.s.News = func(_ *db.Tx, _ access.Actor, _ *i18n.L, since clock.Ms) (digest.News, error) {
		h.since = append(h.since, since)
		return h.news, nil
	}
	h.s.Due = func(_ *db.Tx, _ access.Actor, _ *i18n.L, from, to clock.Day) ([]digest.Due, error) {
		var out []digest.Due
		for _, x := range h.due {
			if x.Day >= from && x.Day <= to {
				out = append(out, x)
			}
		}
		return out, nil
	}
	return h
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// account makes an active account.
func (h *house) account(email, lang string, roles ...access.Role) access.Actor {
	h.Helper()
	n := access.NewAccount{Name: "Ana Souza", Email: email, Lang: lang}
	for _, r := range roles {
		n.Roles = append(n.Roles, access.RoleGrant{Role: r})
		if r == access.Partner {
			n.Organisation = id.New()
		}
	}
	account, token, err := h.access.Invite(h.Context(), access.Command("test"), n)
	h.ok(err)
	h.ok(h.access.Accept(h.Context(), token, "river stones in March"))
	var list []access.Account
	h.ok(h.d.Read(h.Context(), func(t *db.Tx) error {
		list, err = access.Find(t, access.Filter{IDs: []string{account}})
		return err
	}))
	return list[0].Actor(monday)
}

// run does the work of a day, as the job does, and sends what it wrote.
func (h *house) run(day int) {
	h.Helper()
	h.d.Clock.Set(at(day))
	h.ok(h.s.Run(h.Context(), nil))
	h.ok(h.mail.SendNow(h.Context()))
}

// letter is a message as it arrived.
type letter struct{ to, subject, text, stop string }

// letters are the messages that arrived since the last look, in any order.
func (h *house) letters() []letter {
	h.Helper()
	names, err := filepath.Glob(filepath.Join(h.dir, "*.eml"))
	h.ok(err)
	var out []letter
	for _, name := range names {
		b, err := os.ReadFile(name)
		h.ok(err)
		h.ok(os.Remove(name))
		m, err := netmail.ReadMessage(bytes.NewReader(b))
		h.ok(err)
		text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		h.ok(err)
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		h.ok(err)
		to, err := m.Header.AddressList("To")
		h.ok(err)
		if post := m.Header.Get("List-Unsubscribe-Post"); post != "List-Unsubscribe=One-Click" {
			h.Errorf("List-Unsubscribe-Post is %q", post)
		}
		out = append(out, letter{to[0].Address, subject, strings.ReplaceAll(string(text), "\r\n", "\n"), strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")})
	}
	return out
}

// stopToken is the token in the link that stops a message.
func (l letter) stopToken(t *testing.T) string {
	t.Helper()
	token, ok := strings.CutPrefix(l.stop, "https://ayni.example.org/stop/")
	if !ok || !strings.Contains(l.text, l.stop) {
		t.Fatalf("the link to stop is %q, in a message that says %s", l.stop, l.text)
	}
	return token
}

func (h *house) choose(a access.Actor, r digest.Rhythm, reminders bool) {
	h.Helper()
	h.ok(h.s.SetChoice(h.Context(), a, digest.Choice{Rhythm: r, Reminders: reminders}))
}

func TestDigestComesInItsRhythmAndLanguage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.choose(h.account("daily@example.org", "fr", access.Officer), digest.Daily, true)
		h.account("staff@example.org", "es", access.Legal)
		h.choose(h.account("never@example.org", "en", access.Officer), digest.Never, true)
		h.account("partner@example.org", "en", access.Partner)
		h.news = digest.News{Lines: []string{"3 things wait."}, New: true}
		got := map[string]int{}
		for day := range 14 {
			h.run(day)
			h.ok(h.s.Run(t.Context(), nil)) // a second time on the same day
			h.ok(h.mail.SendNow(t.Context()))
			for _, l := range h.letters() {
				got[l.to]++
				weekday := at(day).Time().Weekday()
				if l.to == "staff@example.org" && weekday != time.Monday {
					t.Errorf("a weekly digest on %s", weekday)
				}
				hello := map[string]string{"daily@example.org": "Bonjour Ana Souza,", "staff@example.org": "Buenos días, Ana Souza:"}[l.to]
				if !strings.HasPrefix(l.text, hello) || !strings.Contains(l.text, "\n\n3 things wait.\n\n") || !strings.Contains(l.text, "\nhttps://ayni.example.org/\n") {
					t.Errorf("%s: %s", l.to, l.text)
				}
			}
		}
		if diff := cmp.Diff(map[string]int{"daily@example.org": 14, "staff@example.org": 2}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQuietWhenNothingIsNew(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	h.choose(h.account("ana@example.org", "en", access.Officer), digest.Daily, true)
	h.news = digest.News{Lines: []string{"3 things wait."}}
	for day := range 5 {
		h.run(day)
	}
	if n := len(h.letters()); n != 0 {
		t.Errorf("%d digests without news", n)
	}
	// What is new is what is new since the last look.
	if want := []clock.Ms{at(-1), at(0), at(1), at(2), at(3)}; !slices.Equal(h.since, want) {
		t.Errorf("news asked since %v, want %v", h.since, want)
	}
}

// A program that did not run for long tells once, and looks back a month at most.
func TestOneDigestAfterALongPause(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	h.choose(h.account("ana@example.org", "en", access.Officer), digest.Weekly, true)
	h.news = digest.News{Lines: []string{"News."}, New: true}
	h.run(0)
	for _, day := range []int{101, 102, 103} { // a Thursday to a Saturday
		h.run(day)
	}
	if n := len(h.letters()); n != 2 {
		t.Errorf("%d digests, want one on Monday and one after the pause", n)
	}
	if last := h.since[len(h.since)-1]; last != at(101).Add(-31*24*time.Hour) {
		t.Errorf("looked back until %v", last.Time())
	}
}

func TestRemindersAreSaidOnceAndNotTooOften(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.account("partner@example.org", "en", access.Partner)
		for day := range 60 {
			h.due = append(h.due, digest.Due{Item: fmt.Sprint(day), Day: monday.AddDays(day), What: fmt.Sprintf("Element %d", day)})
		}
		seen, week := map[string]int{}, 0
		for day := range 28 {
			if day%7 == 0 {
				week = 0
			}
			h.run(day)
			for _, l := range h.letters() {
				week++
				for line := range strings.SplitSeq(l.text, "\n") {
					if i := strings.Index(line, "Element "); i >= 0 {
						seen[line[i:]]++
					}
				}
			}
			if week > 3 {
				t.Fatalf("%d reminders in the week of day %d", week, day)
			}
		}
		for day := range 24 {
			if n := seen[fmt.Sprintf("Element %d", day)]; n != 1 {
				t.Errorf("element %d was said %d times", day, n)
			}
		}
		if seen["Element 40"] != 0 {
			t.Error("reminded weeks ahead")
		}
	})
}

// The clock jumps ahead by a year, by ten, and back again, and the program stands still
// for a month: nobody is flooded, and nobody is forgotten for a year.
func TestFA7ClockJumpsMakeNoStorm(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	h.choose(h.account("ana@example.org", "en", access.Officer), digest.Daily, true)
	h.news = digest.News{Lines: []string{"News."}, New: true}
	for day := range 60 {
		h.due = append(h.due, digest.Due{Item: fmt.Sprint(day), Day: monday.AddDays(day), What: "Element"})
	}
	q := jobs.New(h.d, slog.New(slog.DiscardHandler))
	h.s.Register(q)
	work := func(day int) int {
		h.d.Clock.Set(at(day))
		for range 3 {
			h.ok(q.RunNow(t.Context()))
			h.ok(h.mail.SendNow(t.Context()))
		}
		for _, since := range h.since {
			if since > at(day) {
				t.Errorf("day %d: news are asked since %v, which is yet to come", day, since.Time())
			}
		}
		h.since = nil
		return len(h.letters())
	}
	work(0)
	for _, day := range []int{1, 2, 40, 41, 400, 401, 42, 43, 3700, 3701, 44, 20, 45, 46} {
		if n := work(day); n > 1 {
			t.Errorf("day %d: %d messages at once", day, n)
		}
	}
	n := 0
	for day := 47; day < 57; day++ {
		n += work(day)
	}
	if n < 9 || n > 11 {
		t.Errorf("%d messages in ten days after the jumps", n)
	}
}

func TestNobodyIsWrittenToInVain(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(h *house, a access.Actor){
		"held after a restore": func(h *house, _ access.Actor) { h.ok(h.d.Write(h.Context(), mail.Quarantine)) },
		"the mailbox bounces": func(h *house, _ access.Actor) {
			h.ok(h.d.Write(h.Context(), func(t *db.Tx) error {
				sum := sha256.Sum256([]byte("ayni address ana@example.org"))
				_, err := t.Exec(`insert into mail_bounce (address, at, why) values ($1, 1, 'mailbox')`, hex.EncodeToString(sum[:]))
				return err
			}))
		},
		"the account is closed": func(h *house, a access.Actor) {
			h.account("other@example.org", "en", access.Admin)
			h.choose(h.account("second@example.org", "en", access.Admin), digest.Never, false)
			h.ok(h.access.Close(h.Context(), access.Command("test"), a.Account))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, dbtest.SQLite(t))
			a := h.account("ana@example.org", "en", access.Officer)
			prepare(h, a)
			h.news = digest.News{Lines: []string{"News."}, New: true}
			h.run(0)
			for _, l := range h.letters() {
				if l.to == "ana@example.org" {
					t.Errorf("written to: %s", l.subject)
				}
			}
			n := 0
			h.ok(h.d.Read(t.Context(), func(t *db.Tx) error {
				rows, err := mail.List(t, mail.Filter{})
				for _, r := range rows {
					if r.Address == "ana@example.org" {
						n++
					}
				}
				return err
			}))
			if n != 0 {
				t.Errorf("%d messages wait", n)
			}
		})
	}
}

func TestDemoAccountsGetNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	h.access.Demo = true
	var account string
	h.ok(h.d.Write(t.Context(), func(t *db.Tx) error {
		var err error
		account, err = h.access.AddDemo(t, access.Command("test"), access.NewAccount{Name: "Demo", Email: "demo@example.org", Roles: []access.RoleGrant{{Role: access.Officer}}})
		return err
	}))
	h.news = digest.News{Lines: []string{"News."}, New: true}
	h.run(0)
	if n := len(h.letters()); n != 0 {
		t.Errorf("%d messages", n)
	}
	err := h.s.SetChoice(t.Context(), access.Actor{Account: account}, digest.Choice{Rhythm: digest.Daily})
	if !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
}

// A link stops its own kind, for its own account, any number of times; looking
// at it does nothing; messages that wait are taken back.
func TestPR1LinkStopsItsKind(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.choose(h.account("ana@example.org", "en", access.Officer), digest.Daily, true)
		h.choose(h.account("bo@example.org", "en", access.Officer), digest.Daily, true)
		h.news = digest.News{Lines: []string{"News."}, New: true}
		h.run(0)
		first := h.letters()
		if len(first) != 2 {
			t.Fatalf("%d digests", len(first))
		}
		token := ""
		for _, l := range first {
			if l.to == "ana@example.org" {
				token = l.stopToken(t)
			}
		}
		for range 3 {
			s, err := h.s.StopLink(t.Context(), token)
			if err != nil || s.Done || s.Kind != digest.KindDigest {
				t.Fatalf("looked at: %+v, %v", s, err)
			}
		}
		// The next digest is written and not sent yet.
		h.d.Clock.Set(at(1))
		h.ok(h.s.Run(t.Context(), nil))
		for range 3 {
			s, err := h.s.Stop(t.Context(), token)
			if err != nil || !s.Done {
				t.Fatalf("stopped: %+v, %v", s, err)
			}
		}
		h.run(1)
		h.run(2)
		for _, l := range h.letters() {
			if l.to == "ana@example.org" {
				t.Error("a digest came after it was stopped")
			}
		}
		// Reminders go on, and a year later the link still works.
		h.due = []digest.Due{{Item: "x", Day: monday.AddDays(4), What: "Element"}}
		h.news.New = false
		h.run(3)
		got := h.letters()
		slices.SortFunc(got, func(a, b letter) int { return strings.Compare(a.to, b.to) })
		if len(got) != 2 || got[0].to != "ana@example.org" || !strings.Contains(got[0].text, "Element") {
			t.Fatalf("reminders: %+v", got)
		}
		h.d.Clock.Set(at(365))
		s, err := h.s.Stop(t.Context(), got[0].stopToken(t))
		if err != nil || s.Kind != digest.KindReminder || !s.Done {
			t.Fatalf("%+v, %v", s, err)
		}
		for _, wrong := range []string{"", "x", token[:len(token)-1], token + "0"} {
			_, err := h.s.Stop(t.Context(), wrong)
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("token %q: %v", wrong, err)
			}
		}
		// The database keeps no token.
		n := 0
		h.ok(d.Read(t.Context(), func(t *db.Tx) error {
			n, err = db.One[int](t, `select count(*) from digest_stop where token = $1`, token)
			return err
		}))
		if n != 0 {
			t.Error("the token stands in the database")
		}
	})
}
