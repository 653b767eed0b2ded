package mail_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/mail"
)

// numbered queues n messages that differ.
func numbered(h *house, s *mail.Service, n int) {
	h.t.Helper()
	for i := range n {
		m := hello()
		m.Subject = fmt.Sprintf("message %d", i)
		h.mustQueue(s, m)
	}
}

// times counts how often each message arrived.
func times(t *testing.T, p *post) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, b := range p.letters() {
		out[parse(t, b).Header.Get("Subject")]++
	}
	return out
}

// A process that is killed while it sends loses its connection to the
// database too: what the server took stays unreported.
func TestKilledWorkerLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const n, kills = 30, 3
		p := &post{}
		var victim *db.DB
		taken := 0
		p.onData = func(*postSession) error {
			taken++
			if victim != nil && taken%7 == 0 {
				victim.Close() // the process ends here: nothing more is written by it
			}
			return nil
		}
		p.open(t, false, mailHost)
		numbered(h, h.service(p.options()), n)
		for range kills {
			victim = dbtest.Again(t, d)
			victim.Clock.Set(d.Clock.Now())
			s := mail.New(victim, h.key, slog.New(slog.DiscardHandler), p.options())
			err := s.SendNow(t.Context())
			if err == nil {
				t.Fatal("the killed process did not notice")
			}
		}
		victim = nil
		survivor := h.service(p.options())
		h.send(survivor)
		if got := states(h); got[mail.Sending] != kills || got[mail.Doubt] != 0 {
			t.Fatalf("before the leases run out: %v", got)
		}
		d.Clock.Advance(31 * time.Minute)
		h.send(survivor)
		for range 50 {
			d.Clock.Advance(time.Hour)
			h.send(survivor)
		}
		if got := states(h); got[mail.Sent] != n-kills || got[mail.Doubt] != kills || len(got) != 2 {
			t.Errorf("in the end: %v", got)
		}
		arrived := times(t, p)
		if len(arrived) != n {
			t.Errorf("%d of %d messages arrived", len(arrived), n)
		}
		for subject, k := range arrived {
			if k != 1 {
				t.Errorf("%s arrived %d times", subject, k)
			}
		}
		for _, r := range h.rows() {
			if r.State == mail.Doubt && (r.Why != mail.WhyDied || !r.Whole) {
				t.Errorf("in doubt: why %s, can be sent: %v", r.Why, r.Whole)
			}
		}
	})
}

func states(h *house) map[mail.State]int {
	h.t.Helper()
	var o mail.Overview
	err := h.db.Read(h.t.Context(), func(t *db.Tx) error {
		var err error
		o, err = mail.Count(t)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return o.ByState
}

// Several processes share the work, and no message goes out twice.
func TestProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		const n = 60
		p := (&post{}).open(t, false, mailHost)
		numbered(h, h.service(p.options()), n)
		var wg sync.WaitGroup
		for range 3 {
			other := dbtest.Again(t, d)
			other.Clock.Set(d.Clock.Now())
			s := mail.New(other, h.key, slog.New(slog.DiscardHandler), p.options())
			wg.Go(func() {
				err := s.SendNow(t.Context())
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		h.send(h.service(p.options()))
		arrived := times(t, p)
		if len(arrived) != n || len(p.letters()) != n {
			t.Errorf("%d messages, %d different ones", len(p.letters()), len(arrived))
		}
	})
}

// A worker that was thought dead and comes back says what became of the
// message, unless a person has decided meanwhile.
func TestWorkerThatComesLate(t *testing.T) {
	t.Parallel()
	for name, decided := range map[string]bool{"nobody decided": false, "a person decided": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, dbtest.SQLite(t))
			p := &post{}
			p.onData = func(*postSession) error {
				// While the server thinks, the lease runs out and another process looks.
				h.db.Clock.Advance(35 * time.Minute)
				other := h.service(mail.Options{Dir: t.TempDir()})
				err := other.SendNow(context.Background())
				if err != nil {
					t.Error(err)
				}
				if decided {
					decide(h, h.only().ID, mail.AsSent)
				}
				return refuse(550, [3]int{5, 1, 1}, "no such user")
			}
			p.open(t, false, mailHost)
			s := h.service(p.options())
			h.mustQueue(s, hello())
			h.send(s)
			want := mail.Bounced
			if decided {
				want = mail.Sent
			}
			if got := h.only().State; got != want {
				t.Errorf("state %s, want %s", got, want)
			}
		})
	}
}

func decide(h *house, id string, d mail.Decision) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(t *db.Tx) error { return mail.Decide(t, "account:1", id, d) })
	if err != nil {
		h.t.Error(err)
	}
}

// The end of the program breaks off what takes too long, and says of it what
// can be known.
func TestStopBreaksOff(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		atData bool
		want   mail.State
	}{"before the message": {false, mail.Waiting}, "after the message": {true, mail.Doubt}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, dbtest.SQLite(t))
			begun, over := make(chan struct{}), make(chan struct{})
			t.Cleanup(func() { close(over) })
			hang := func() error { close(begun); <-over; return errors.New("over") }
			p := &post{}
			if tc.atData {
				p.onData = func(*postSession) error { return hang() }
			} else {
				p.onRcpt = hang
			}
			p.open(t, false, mailHost)
			s := h.service(p.options())
			h.mustQueue(s, hello())
			s.Start(t.Context())
			<-begun
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			s.Stop(ctx)
			if got := h.only().State; got != tc.want {
				t.Errorf("state %s, want %s", got, tc.want)
			}
		})
	}
}

// What is queued while the sender runs goes out at once, without waiting for
// it to look by itself.
func TestQueueWakesTheSender(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	arrived := make(chan struct{}, 1)
	p := &post{}
	p.onData = func(*postSession) error { arrived <- struct{}{}; return nil }
	p.open(t, false, mailHost)
	s := h.service(p.options())
	s.Start(t.Context())
	defer s.Stop(t.Context())
	h.mustQueue(s, hello())
	<-arrived
}

func TestDecisionsOnMessages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		p := &post{}
		answer := func() error { return nil }
		p.onData = func(s *postSession) error { s.conn.Conn().Close(); return nil }
		p.onRcpt = func() error { return answer() }
		p.open(t, false, mailHost)
		s := h.service(p.options())
		one := func(m mail.Message) mail.Row {
			h.mustQueue(s, m)
			h.send(s)
			rows := h.rows()
			return rows[len(rows)-1]
		}
		find := func(id string) mail.Row {
			rows := h.rows()
			return rows[slices.IndexFunc(rows, func(r mail.Row) bool { return r.ID == id })]
		}
		// In doubt: taken as sent, and sent again.
		asSent, twice := one(hello()), one(hello())
		decide(h, asSent.ID, mail.AsSent)
		if r := find(asSent.ID); r.State != mail.Sent || r.Whole {
			t.Errorf("taken as sent: %s, body kept %v", r.State, r.Whole)
		}
		p.onData = nil
		decide(h, twice.ID, mail.Again)
		h.send(s)
		if r := find(twice.ID); r.State != mail.Sent || r.Attempt != 1 {
			t.Errorf("sent again: %s after %d attempts", r.State, r.Attempt)
		}
		// Bounced: kept for a week to be sent again, and the address's mark goes with it.
		answer = func() error { return refuse(550, [3]int{5, 1, 1}, "no such user") }
		bounced := one(hello())
		answer = func() error { return nil }
		if !bounced.Whole || !bounced.May(mail.Again) {
			t.Errorf("a bounced message can't be sent again: %+v", bounced)
		}
		decide(h, bounced.ID, mail.Again)
		err := d.Read(t.Context(), func(t *db.Tx) error {
			_, marked, err := mail.BounceOf(t, "ana@example.org")
			if marked {
				err = errors.Join(err, errors.New("the address is still marked"))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		h.send(s)
		if r := find(bounced.ID); r.State != mail.Sent {
			t.Errorf("a bounced message sent again: %s", r.State)
		}
		// What has moved on can't be decided.
		for _, dec := range []mail.Decision{mail.Again, mail.AsSent, mail.Drop, "other"} {
			err := d.Write(t.Context(), func(t *db.Tx) error { return mail.Decide(t, "account:1", bounced.ID, dec) })
			if !errs.Is(err, errs.Conflict) {
				t.Errorf("%s of a sent message: %v", dec, err)
			}
		}
	})
}

func TestWhatFailedKeepsItsTextForAWeek(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	p := &post{}
	p.onRcpt = func() error { return refuse(550, [3]int{5, 1, 1}, "no such user") }
	p.open(t, false, mailHost)
	s := h.service(p.options())
	h.mustQueue(s, hello())
	h.send(s)
	for _, days := range []int{6, 8} {
		h.db.Clock.Set(noon(time.Duration(days) * 24 * time.Hour))
		err := h.db.Write(t.Context(), mail.Prune)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.only().Whole; got != (days == 6) {
			t.Errorf("after %d days its text is kept: %v", days, got)
		}
	}
	h.db.Clock.Set(noon(100 * 24 * time.Hour))
	err := h.db.Write(t.Context(), mail.Prune)
	if err != nil || len(h.rows()) != 0 {
		t.Errorf("%d rows after 100 days, %v", len(h.rows()), err)
	}
}

func TestQuarantine(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]bool{"sent": true, "dropped": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				h := newHouse(t, d)
				p := (&post{}).open(t, false, mailHost)
				s := h.service(p.options())
				h.mustQueue(s, hello())
				err := d.Write(t.Context(), mail.Quarantine)
				if err != nil {
					t.Fatal(err)
				}
				h.mustQueue(s, hello())
				h.send(s)
				d.Clock.Advance(24 * time.Hour)
				h.send(s)
				if got := states(h); got[mail.Held] != 2 || len(p.letters()) != 0 {
					t.Fatalf("%v, %d arrived", got, len(p.letters()))
				}
				err = d.Write(t.Context(), func(t *db.Tx) error {
					n, err := mail.Release(t, "account:1", send)
					if n != 2 {
						err = errors.Join(err, fmt.Errorf("%d released", n))
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				h.send(s)
				want, arrived := mail.Dropped, 0
				if send {
					want, arrived = mail.Sent, 2
				}
				if got := states(h); got[want] != 2 || len(p.letters()) != arrived {
					t.Errorf("%v, %d arrived", got, len(p.letters()))
				}
				h.mustQueue(s, hello())
				h.send(s)
				if len(p.letters()) != arrived+1 {
					t.Error("what is queued afterwards is not sent")
				}
			})
		})
	}
}

// FA7: the clock jumps. A message whose next attempt lies far ahead, because
// the clock was set back since, does not wait for that day.
func TestFA7ClockSetBackDoesNotKeepMessages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	p := &post{}
	wrong := true
	p.onRcpt = func() error {
		if wrong {
			return refuse(451, [3]int{4, 7, 1}, "later")
		}
		return nil
	}
	p.open(t, false, mailHost)
	s := h.service(p.options())
	h.db.Clock.Set(clock.Day("2031-01-01").Ms())
	h.mustQueue(s, hello())
	h.send(s)
	h.db.Clock.Set(noon(0))
	wrong = false
	h.send(s)
	if got := h.only().State; got != mail.Sent {
		t.Errorf("state %s", got)
	}
}

// The audit says who decided, and never whom the message was to.
func TestDecisionsAreInTheAudit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	s := h.service(mail.Options{})
	h.mustQueue(s, hello())
	decide(h, h.only().ID, mail.Drop)
	rows := []string{}
	err := h.db.Read(t.Context(), func(t *db.Tx) error {
		var err error
		rows, err = db.All[string](t, `select actor || ' ' || action || ' ' || kind || ' ' || title || ' ' || changes from audit`)
		return err
	})
	if err != nil || len(rows) != 1 || !strings.HasPrefix(rows[0], "account:1 dropped message reset") || strings.Contains(rows[0], "ana@") {
		t.Errorf("%q, %v", rows, err)
	}
}
