package digest

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/jobs"
	"ayni/internal/kernel/mail"
)

// JobSend is the kind of the job that writes digests and reminders.
const JobSend = "digest.send"

// Register adds the job to a queue: each day, at a fixed hour UTC.
func (s *Service) Register(q *jobs.Queue) {
	jobs.Register(q, JobSend, func(ctx context.Context, j *jobs.Job, _ struct{}) error {
		return s.Run(ctx, func(n int) error {
			j.Progress(int64(n), 0)
			if j.Cancelled() {
				return jobs.ErrCancelled
			}
			return nil
		})
	})
	q.Daily(JobSend, hour, JobSend)
}

// Run looks at every account and writes what is due to it. Run twice on a day
// it writes nothing twice. tick is told how many accounts were looked at; nil
// for none.
func (s *Service) Run(ctx context.Context, tick func(n int) error) error {
	ready, err := s.ready(ctx)
	if err != nil || !ready {
		return err
	}
	const atOnce = 200
	f, n := access.Filter{State: access.Active, Limit: atOnce}, 0
	for {
		var some []access.Account
		err := s.db.Read(ctx, func(t *db.Tx) error {
			var err error
			some, err = access.Find(t, f)
			return err
		})
		if err != nil {
			return err
		}
		for _, a := range some {
			err := s.tell(ctx, a)
			if err != nil {
				return fmt.Errorf("digest of account %s: %w", a.ID, err)
			}
		}
		n += len(some)
		if tick != nil {
			err := tick(n)
			if err != nil {
				return err
			}
		}
		if len(some) < atOnce {
			return nil
		}
		f.After = some[len(some)-1].ID
	}
}

// ready says whether messages leave at all: what waited for weeks is news no
// more.
func (s *Service) ready(ctx context.Context) (bool, error) {
	if !s.mail.On() {
		return false, nil
	}
	var o mail.Overview
	err := s.db.Read(ctx, func(t *db.Tx) error {
		var err error
		o, err = mail.Count(t)
		return err
	})
	return o.Held == 0, err
}

// told is what one account is to be told today.
type told struct {
	digest bool // it is the day of its digest
	news   News
	due    []Due
	lang   string
}

// tell finds out what an account is to be told, and queues it.
func (s *Service) tell(ctx context.Context, a access.Account) error {
	var x told
	err := s.db.Read(ctx, func(t *db.Tx) error {
		var err error
		x, err = s.look(t, a)
		return err
	})
	if err != nil || (!x.digest && len(x.due) == 0) {
		return err
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		stopped, err := s.stoppedSince(t, a, x)
		if err != nil || stopped {
			return err
		}
		if x.digest {
			err := setTold(t, a.ID)
			if err != nil {
				return err
			}
		}
		if len(x.due) == 0 && !x.news.New {
			return nil // quiet
		}
		items := make([]string, len(x.due))
		for i, d := range x.due {
			items[i] = d.Item
		}
		err = noteReminded(t, a.ID, items)
		if err != nil {
			return err
		}
		return s.queue(t, a, x)
	})
}

// stoppedSince says whether the account was stopped from being told what was
// found for it a moment ago; the next run finds what holds then.
func (s *Service) stoppedSince(t *db.Tx, a access.Account, x told) (bool, error) {
	err := lockChoice(t, a.ID)
	if err != nil {
		return false, err
	}
	c, err := s.Choice(t, a)
	return (x.digest && c.Rhythm == Never) || (len(x.due) > 0 && !c.Reminders), err
}

// look reads what an account is to be told.
func (s *Service) look(t *db.Tx, a access.Account) (told, error) {
	x := told{}
	row, err := choiceOf(t, a.ID)
	if err != nil {
		return x, err
	}
	c := row.choice(a)
	x.digest = digestDue(c.Rhythm, row.ToldAt, t.Now)
	if !x.digest && !c.Reminders {
		return x, nil
	}
	_, bounced, err := mail.BounceOf(t, a.Email)
	if err != nil || bounced {
		return told{}, err
	}
	lang, err := access.Setting(t, access.HostLang)
	if err != nil {
		return x, err
	}
	x.lang = cmp.Or(a.Lang, lang, i18n.Langs[0])
	l, actor := i18n.For(x.lang), a.Actor(t.Now.Day())
	if c.Reminders && s.Due != nil {
		x.due, err = s.dueNow(t, actor, l)
		if err != nil {
			return x, err
		}
	}
	if x.digest && s.News != nil {
		x.news, err = s.News(t, actor, l, lookBack(c.Rhythm, row.ToldAt, t.Now))
	}
	return x, err
}

// digestDue says whether a digest is due: once on its day, or once where its
// day went by while the program did not run. An instant in the future, noted
// under a clock that was put back since, hinders nothing.
func digestDue(r Rhythm, last, now clock.Ms) bool {
	day := now.Day()
	switch r {
	case Daily:
		return last.Day() != day
	case Weekly:
		monday := now.Time().Weekday() == time.Monday
		return (monday && last.Day() != day) || (last != 0 && now > last.Add(8*24*time.Hour))
	}
	return false
}

// lookBack is since when a digest looks for what is new.
func lookBack(r Rhythm, last, now clock.Ms) clock.Ms {
	if last == 0 || last > now {
		if r == Daily {
			return now.Add(-24 * time.Hour)
		}
		return now.Add(-7 * 24 * time.Hour)
	}
	return max(last, now.Add(-longest))
}

// dueNow is what an account is reminded of now: what it was not reminded of
// before, if there is room left this week.
func (s *Service) dueNow(t *db.Tx, a access.Actor, l *i18n.L) ([]Due, error) {
	n, err := countReminders(t, a.Account)
	if err != nil || n >= perWeek {
		return nil, err
	}
	today := t.Now.Day()
	all, err := s.Due(t, a, l, today.AddDays(-behind), today.AddDays(ahead))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	items := make([]string, len(all))
	for i, d := range all {
		items[i] = d.Item
	}
	before, err := remindedOf(t, a.Account, items)
	if err != nil {
		return nil, err
	}
	var out []Due
	for _, d := range all {
		if !before[d.Item] {
			out = append(out, d)
		}
	}
	return out, nil
}

// queue writes one message: a digest, with what is due before it, or a
// reminder alone.
func (s *Service) queue(t *db.Tx, a access.Account, x told) error {
	l := i18n.For(x.lang)
	kind := KindReminder
	if x.news.New {
		kind = KindDigest
	}
	token := id.Secret(secretBytes)
	err := s.Link(t, a.ID, kind, token)
	if err != nil {
		return err
	}
	stop := s.mail.URL(StopPath(token))
	m := mail.Message{
		To: a.Email, Name: a.Name, Lang: x.lang, Kind: kind, Person: a.Person, Stop: stop,
		Key:     kind + " " + a.ID + " " + string(t.Now.Day()),
		Expires: t.Now.Add(6 * 24 * time.Hour), // older ones are no news
	}
	body := mail.Body{Name: a.Name, Ask: l.T("digest.ask", "Sign in to see it:"), Link: s.mail.URL("/"), Stop: stop}
	body.Lines = dueLines(l, x.due, t.Now.Day())
	if kind == KindDigest {
		body.Lines = append(body.Lines, x.news.Lines...)
		m.Subject = l.T("digest.subject", "What waits for you, and what changed")
		body.Why = l.T("digest.why", "You get this because you have an account. In your profile you choose how often it comes, if at all.")
	} else {
		m.Subject = l.N("digest.reminder.subject", len(x.due), "{n} thing is due", "{n} things are due")
		body.Why = l.T("digest.reminder.why", "You get this because you have an account. In your profile you choose whether you are reminded.")
	}
	m.Text = s.mail.Compose(l, body)
	err = s.mail.Queue(t, access.System(JobSend).ID(), m)
	if errs.Is(err, errs.Invalid) {
		// An address that no message can have is for the administrator to mend,
		// and keeps nobody else's message.
		return nil
	}
	return err
}

// dueLines say what is due, one a line.
func dueLines(l *i18n.L, due []Due, today clock.Day) []string {
	if len(due) == 0 {
		return nil
	}
	out := l.N("digest.due", len(due), "{n} thing is due where you take part:", "{n} things are due where you take part:")
	for i, d := range due {
		if i == linesMost {
			out += "\n" + l.N("digest.due.more", len(due)-i, "and {n} more", "and {n} more")
			break
		}
		line := l.T("digest.due.line", "- {day}: {what}", i18n.A{"day": d.Day, "what": d.What})
		if d.Day < today {
			line = l.T("digest.due.late", "- {day}, late: {what}", i18n.A{"day": d.Day, "what": d.What})
		}
		out += "\n" + line
	}
	return []string{out}
}
