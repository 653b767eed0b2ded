package jobs

import (
	"errors"
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
)

// State is where a job stands.
type State string

// The states.
const (
	Ready     State = "ready" // waits for its time or for a worker
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed" // not tried again
	Cancelled State = "cancelled"
)

// States are all states, in the order in which they are shown.
var States = []State{Running, Ready, Failed, Cancelled, Done}

const (
	lease       = time.Minute // for how long a worker takes a job
	beat        = lease / 3   // how often it extends that
	poll        = time.Second // how often a queue looks by itself
	grace       = time.Second // for jobs to hand themselves back when Stop's time is up
	maxAttempts = 8           // unless Attempts says otherwise
	keepDone    = 7 * 24 * time.Hour
	keepOthers  = 90 * 24 * time.Hour
	maxLines    = 1000 // of a job's log
	maxLine     = 1000 // characters of a line or message
)

// Row is a job as the administration shows it.
type Row struct {
	ID          string   `db:"id"`
	Kind        string   `db:"kind"`
	State       State    `db:"state"`
	RunAt       clock.Ms `db:"run_at"` // when it may run next
	Attempt     int      `db:"attempt"`
	MaxAttempts int      `db:"max_attempts"`
	Progress    int64    `db:"progress"`
	Total       int64    `db:"total"`   // 0 where the job doesn't say
	Cancel      bool     `db:"cancel"`  // somebody asked it to stop
	Message     string   `db:"message"` // what the last attempt failed with, for the administrator
	CreatedAt   clock.Ms `db:"created_at"`
	CreatedBy   string   `db:"created_by"` // access.Actor.ID()
	EndedAt     clock.Ms `db:"ended_at"`   // 0 while it hasn't ended
}

// Line is a line of a job's log.
type Line struct {
	At   clock.Ms `db:"at"`
	Line string   `db:"line"`
}

// Schedule is when periodic work is due.
type Schedule struct {
	Name   string   `db:"name"`
	NextAt clock.Ms `db:"next_at"`
	LastAt clock.Ms `db:"last_at"` // 0 where it was never due
}

// Filter narrows List. Empty fields narrow nothing.
type Filter struct {
	State  State
	Kind   string
	Before string // the last row of the page before
	Limit  int    // at most 200; 0 means 50
}

// Overview counts the jobs for the state of the system.
type Overview struct {
	Ready   int      `db:"ready"`
	Running int      `db:"running"`
	Failed  int      `db:"failed"`
	Late    clock.Ms `db:"late"` // since when the oldest job that is due has waited; 0 for none
}

// Errors of a job's end.
var (
	// ErrCancelled is what a job returns that stopped because Cancelled said so.
	ErrCancelled = errors.New("cancelled")
	// ErrLost says that another worker has taken the job over.
	ErrLost = errors.New("another worker has taken the job over")

	errStopped = errors.New("the queue stops")
)

// backoff is how long a job waits after its nth attempt failed: 10 seconds,
// then four times as long each time, at most 6 hours.
func backoff(attempt int) time.Duration {
	wait := 10 * time.Second
	for range attempt - 1 {
		wait = min(4*wait, 6*time.Hour)
	}
	return wait
}

// retryAfter is backoff, or longer where the error itself says so.
func retryAfter(attempt int, err error) time.Duration {
	wait := backoff(attempt)
	if e := errs.As(err); e != nil {
		wait = max(wait, time.Duration(e.Retry)*time.Second)
	}
	return wait
}

// permanent says whether waiting can't mend an error.
func permanent(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.BadRequest, errs.Unauthenticated, errs.Forbidden, errs.NotFound, errs.TooLarge:
		return true
	}
	return false
}

// schedule is periodic work.
type schedule struct {
	name, kind string
	// after is when the work is due next, once it was due at old (0 for never).
	after func(old, now clock.Ms) clock.Ms
}

// every is due in steps of a fixed length that keep their phase; steps that
// were missed are not made up for.
func every(step time.Duration) func(old, now clock.Ms) clock.Ms {
	ms := clock.Ms(step.Milliseconds())
	return func(old, now clock.Ms) clock.Ms {
		if old == 0 || old > now {
			return now + ms
		}
		return old + ((now-old)/ms+1)*ms
	}
}

// daily is due at a full hour, UTC.
func daily(hour int) func(old, now clock.Ms) clock.Ms {
	return func(_, now clock.Ms) clock.Ms {
		next := now.Day().Ms().Add(time.Duration(hour) * time.Hour)
		if next <= now {
			next = next.Add(24 * time.Hour)
		}
		return next
	}
}

// short cuts a text for a column.
func short(s string) string {
	n := 0
	for i := range s {
		if n == maxLine {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
