package jobs

import (
	"context"
	"fmt"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// Option changes how a job is enqueued.
type Option func(*newJob)

// At lets the job wait until an instant.
func At(at clock.Ms) Option { return func(n *newJob) { n.runAt = at } }

// Unique joins the job with an unfinished one of the same kind and key: one
// that waits takes the new arguments and the earlier time, one that runs is
// run again afterwards. So two of them never run at once, and none is missed.
func Unique(key string) Option { return func(n *newJob) { n.key = n.kind + ":" + key } }

// Attempts sets how often the job is tried before it has failed for good.
func Attempts(n int) Option { return func(j *newJob) { j.attempts = n } }

// Enqueue stores a job in the caller's transaction and returns its id, which
// with Unique may be that of an earlier one. It runs once the transaction has
// been committed. actor is access.Actor.ID(); args is the struct that the kind
// was registered with.
func Enqueue(t *db.Tx, actor, kind string, args any, opts ...Option) (string, error) {
	n := newJob{id: id.New(), kind: kind, args: db.AsJSON(args), runAt: t.Now, attempts: maxAttempts, actor: actor}
	for _, o := range opts {
		o(&n)
	}
	stored, err := insert(t, n)
	if err != nil {
		return "", fmt.Errorf("enqueue %s: %w", kind, err)
	}
	return stored, wake(t)
}

// wake tells the queues of this process to look, once the transaction holds.
func wake(t *db.Tx) error {
	return t.Once("jobs.wake", func() error {
		t.AfterCommit(func(context.Context) error {
			t.DB.Signal(topic)
			return nil
		})
		return nil
	})
}

// Cancel stops a job: one that waits at once, one that runs is asked to. A job
// that has ended is a Conflict.
func Cancel(t *db.Tx, actor, id string) error {
	state, err := setCancel(t, id)
	if err != nil {
		return fmt.Errorf("cancel job %s: %w", id, err)
	}
	if state != Ready && state != Running {
		return errs.New(errs.Conflict, i18n.M("jobs.ended", "The job has ended already."))
	}
	err = note(t, actor, "cancelled", id)
	if err != nil {
		return err
	}
	return wake(t)
}

// Retry makes a job that failed or was cancelled ready again, with all its
// attempts. Any other state is a Conflict.
func Retry(t *db.Tx, actor, id string) error {
	ok, err := setReady(t, id)
	if err != nil {
		return fmt.Errorf("retry job %s: %w", id, err)
	}
	if !ok {
		_, err := Find(t, id)
		if err != nil {
			return err
		}
		return errs.New(errs.Conflict, i18n.M("jobs.not-ended", "Only a job that failed or was cancelled can be run again."))
	}
	err = note(t, actor, "retried", id)
	if err != nil {
		return err
	}
	return wake(t)
}

func note(t *db.Tx, actor, action, id string) error {
	r, err := Find(t, id)
	if err != nil {
		return err
	}
	return audit.Write(t, audit.Row{Actor: actor, Action: action, Kind: "job", Record: id, Title: r.Kind})
}
