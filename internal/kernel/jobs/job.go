package jobs

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

// Job is a job that is being run.
type Job struct {
	ID      string
	Kind    string
	Actor   string // who enqueued it
	Attempt int    // 1 for the first

	maxAttempts int
	fence       int64
	args        []byte
	clock       *clock.Clock
	cancel      context.CancelCauseFunc

	mu              sync.Mutex
	progress, total int64
	lines           []Line
	changed         bool     // since it was last stored
	extended        clock.Ms // when the lease was last extended
	cancelled       bool     // somebody asked it to stop
	finished        bool     // Finish has been committed
}

// Progress says how far the job is: n of total, 0 for a total that isn't
// known. It is stored within a second or so; it may be called as often as one
// likes, inside a transaction too.
func (j *Job) Progress(n, total int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.progress, j.total, j.changed = n, total, true
}

// Log adds a line to the job's log, which the administrator can read. No
// personal values belong there.
func (j *Job) Log(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.lines) < maxLines {
		j.lines = append(j.lines, Line{At: j.clock.Now(), Line: short(line)})
		j.changed = true
	}
}

// Cancelled says whether somebody asked the job to stop. A long job asks now
// and then, leaves things in order and returns ErrCancelled. Its context isn't
// ended by a cancellation.
func (j *Job) Cancelled() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cancelled
}

// Hold makes sure that the job is still this worker's, and stays so until the
// transaction ends; ErrLost otherwise. A job of several transactions begins
// each with it.
func (j *Job) Hold(t *db.Tx) error {
	ok, err := hold(t, j)
	if err == nil && !ok {
		err = errs.Wrap(errs.Conflict, ErrLost)
	}
	return err
}

// Finish ends the job in the transaction that holds its effect: both are
// committed or neither, so that the effect comes once whatever happens.
func (j *Job) Finish(t *db.Tx) error {
	progress, total, lines := j.take()
	ok, err := end(t, j, outcome{state: Done, attempt: j.Attempt}, progress, total)
	if err != nil {
		return err
	}
	if !ok {
		return errs.Wrap(errs.Conflict, ErrLost)
	}
	t.AfterCommit(func(context.Context) error {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.finished = true
		return nil
	})
	return addLines(t, j.ID, lines)
}

// take returns what there is to store. What isn't stored after all is lost,
// save the progress.
func (j *Job) take() (progress, total int64, lines []Line) {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines = j.lines
	j.lines, j.changed = nil, false
	return j.progress, j.total, lines
}

// panicked is the error of a job that panicked.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// call runs a handler; a panic comes back as an error.
func call(ctx context.Context, h handler, j *Job) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{value: v, stack: debug.Stack()}
		}
	}()
	return h(ctx, j, j.args)
}
