package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/mail"
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// workers is how many messages are under way at once: as many may be in doubt
// after a power cut.
const workers = 2

// way carries messages out of the house. A worker has its own, so that a
// connection serves many messages.
type way interface {
	carry(ctx context.Context, m letter) carried
	close()
}

// carried is how an attempt ended; zero: it has arrived.
type carried struct {
	why   Why
	reply string // what the server said
	final bool   // waiting can't mend it
	doubt bool   // it may have arrived
	ours  bool   // the way itself is blocked: other messages would fare no better
	err   error  // for the log
}

// open makes a way; nil where none is configured.
func (s *Service) open() (way, error) {
	if s.options.Dir != "" {
		return folder{s.options.Dir}, nil
	}
	if s.options.SMTP == "" {
		return nil, nil
	}
	v, err := parseServer(s.options.SMTP)
	if err != nil {
		return nil, err
	}
	return &line{server: v, o: s.options, name: s.host()}, nil
}

// Start begins to send, in goroutines of its own. The end of ctx doesn't end
// them: Stop does.
func (s *Service) Start(ctx context.Context) {
	if !s.On() {
		return
	}
	whole, cut := context.WithCancel(context.WithoutCancel(ctx))
	taking, stop := context.WithCancel(whole)
	s.stop, s.cut = stop, cut
	for range workers {
		s.wait.Go(func() { s.work(taking, whole) })
	}
}

// Stop takes no more messages and waits until those under way have ended, or
// ctx has. What is broken off then may be in doubt.
func (s *Service) Stop(ctx context.Context) {
	if s.stop == nil {
		return
	}
	s.stop()
	s.stop = nil
	defer s.cut()
	ended := make(chan struct{})
	go func() {
		s.wait.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	s.cut()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		s.log.WarnContext(ctx, "messages were broken off and will be in doubt")
	}
}

// work is a worker: it takes what is due until ctx ends. A message under way
// then has until the end of whole.
func (s *Service) work(ctx, whole context.Context) {
	woken, deaf := s.db.Listen(topic)
	defer deaf()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	last := ""
	for {
		err := s.sendDue(ctx, whole)
		if ctx.Err() != nil {
			return
		}
		now := ""
		if err != nil {
			now = err.Error()
		}
		if now != "" && now != last {
			s.log.ErrorContext(ctx, "send messages", "error", now)
		}
		last = now
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-ticker.C:
		}
	}
}

// SendNow sends all that is due, in this goroutine; for tests and commands.
func (s *Service) SendNow(ctx context.Context) error {
	s.idle.Store(0)
	return s.sendDue(ctx, ctx)
}

// sendDue sends one message after the other until none is due, or the way is
// blocked. It looks first, so that an idle sender never writes.
func (s *Service) sendDue(ctx, whole context.Context) error {
	w, err := s.open()
	if w == nil || err != nil {
		return err
	}
	defer w.close()
	for ctx.Err() == nil {
		idle := clock.Ms(s.idle.Load())
		now := s.db.Clock.Now()
		if now < idle && idle <= now.Add(rest) {
			return nil
		}
		r, found, err := s.take(ctx)
		if err != nil || !found {
			return err
		}
		err = s.send(whole, w, r)
		if err != nil {
			return err
		}
	}
	return nil
}

// take claims a message.
func (s *Service) take(ctx context.Context) (r taken, found bool, err error) {
	err = s.db.Read(ctx, func(t *db.Tx) error {
		found, err = due(t)
		return err
	})
	if err != nil || !found {
		return taken{}, false, err
	}
	err = s.db.Write(ctx, func(t *db.Tx) error {
		n, err := reap(t)
		if err != nil {
			return err
		}
		if n > 0 {
			s.log.WarnContext(ctx, "messages are in doubt: their worker ended", "count", n)
		}
		err = expire(t)
		if err != nil {
			return err
		}
		held, err := quarantined(t)
		if err != nil || held {
			found = false
			return err
		}
		r, found, err = claim(t)
		return err
	})
	if err != nil {
		return taken{}, false, fmt.Errorf("take a message: %w", err)
	}
	return r, found, nil
}

// send makes one attempt and stores what became of it.
func (s *Service) send(ctx context.Context, w way, r taken) error {
	got := s.attempt(ctx, w, r)
	now := s.db.Clock.Now()
	o := outcome{state: Sent}
	switch {
	case got.err == nil:
	case got.doubt:
		o = outcome{state: Doubt, why: got.why}
	case got.final && got.why == WhyMailbox:
		o = outcome{state: Bounced, why: got.why}
	case got.final:
		o = outcome{state: GivenUp, why: got.why}
	default:
		o = after(r, got.why, now, rand.Float64())
	}
	o.reply = said(got.reply)
	if got.err != nil {
		// Neither the address nor what the server said of it is for the log.
		s.log.WarnContext(ctx, "message not sent", "message", r.ID, "state", string(o.state), "why", string(o.why), "attempt", r.Attempt)
	}
	if got.ours {
		s.idle.Store(int64(now.Add(rest)))
	}
	// Told even at the end of the program: else it would be in doubt.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var own bool
	err := s.db.Write(ctx, func(t *db.Tx) error {
		var err error
		own, err = end(t, r, o)
		if err != nil || !own {
			return err
		}
		return noteBounce(t, r.Address, o)
	})
	if err != nil {
		return fmt.Errorf("store what became of message %s: %w", r.ID, err)
	}
	if !own {
		s.log.WarnContext(ctx, "a message was decided on while it was under way", "message", r.ID)
		return nil
	}
	if o.state == Bounced {
		s.cameBack(ctx, r)
	}
	return nil
}

// cameBack tells who keeps the addresses of persons. It stands apart from the
// report of the message, which holds whatever comes of this.
func (s *Service) cameBack(ctx context.Context, r taken) {
	if s.CameBack == nil || r.Person == "" {
		return
	}
	err := s.db.Write(ctx, func(t *db.Tx) error { return s.CameBack(t, r.Person, r.Address) })
	if err != nil {
		s.log.ErrorContext(ctx, "mark the address of a message that came back", "message", r.ID, "error", err)
	}
}

// attempt opens a message and hands it over.
func (s *Service) attempt(ctx context.Context, w way, r taken) carried {
	if s.key == nil {
		return carried{why: WhySealed, ours: true, err: errors.New("there is no key file")}
	}
	plain, err := s.key.Unseal(purpose, r.ID, r.Sealed)
	if err != nil {
		return carried{why: WhySealed, err: err}
	}
	m := letter{id: r.ID, from: s.from(), to: r.Address, lang: r.Lang, at: s.db.Clock.Now(), host: s.host()}
	err = json.Unmarshal(plain, &m.said)
	if err != nil {
		return carried{why: WhySealed, final: true, err: err}
	}
	return w.carry(ctx, m)
}

// sender reads the address that messages come from.
func sender(s string) (mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err == nil {
		var c errs.Check
		a.Address = checkAddress(&c, a.Address)
		err = c.Err()
		if err == nil && oneLine(a.Name) {
			return *a, nil
		}
	}
	return mail.Address{}, &errs.Error{Kind: errs.BadRequest, Cause: err, Msg: i18n.M("mail.from",
		"The sender of messages is an address such as ayni@example.org, or a name with it: Ayni <ayni@example.org>.")}
}
