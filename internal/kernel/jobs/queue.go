package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

// topic wakes the queues of this process.
const topic = "jobs"

type handler func(ctx context.Context, j *Job, args []byte) error

// Queue runs the jobs of a database.
type Queue struct {
	Workers int // how many jobs run at once; set before Start

	db        *db.DB
	log       *slog.Logger
	handlers  map[string]handler
	kinds     []string
	schedules []schedule

	mu      sync.Mutex
	running map[*Job]bool

	freed chan struct{} // a worker has become free
	quit  chan struct{} // closed by Stop
	ended chan struct{} // closed when the last job has ended after Stop
	kill  context.CancelCauseFunc
}

// New makes the queue of a database. Kinds and schedules are registered before
// it is started.
func New(d *db.DB, log *slog.Logger) *Queue {
	q := &Queue{Workers: 4, db: d, log: log, handlers: map[string]handler{}, running: map[*Job]bool{}, freed: make(chan struct{}, 1)}
	Register(q, "jobs.prune", q.prune)
	q.Daily("jobs.prune", 3, "jobs.prune")
	return q
}

// Register says what runs the jobs of a kind. A is the struct of its arguments.
func Register[A any](q *Queue, kind string, fn func(ctx context.Context, j *Job, args A) error) {
	q.handlers[kind] = func(ctx context.Context, j *Job, raw []byte) error {
		var args A
		err := json.Unmarshal(raw, &args)
		if err != nil {
			return errs.Wrap(errs.Invalid, fmt.Errorf("arguments of %s: %w", kind, err))
		}
		return fn(ctx, j, args)
	}
	if !slices.Contains(q.kinds, kind) {
		q.kinds = append(q.kinds, kind)
	}
}

// Every enqueues a job of a kind, without arguments, each time step has
// passed, first after one step. If the program didn't run when it was due it
// is done once at the next start.
func (q *Queue) Every(name string, step time.Duration, kind string) {
	q.schedules = append(q.schedules, schedule{name: name, kind: kind, after: every(step)})
}

// Daily enqueues a job of a kind, without arguments, at a full hour UTC each
// day. If the program didn't run then it is done once at the next start.
func (q *Queue) Daily(name string, hourUTC int, kind string) {
	q.schedules = append(q.schedules, schedule{name: name, kind: kind, after: daily(hourUTC)})
}

// Start begins to run jobs in goroutines of its own. The end of ctx doesn't
// end them: Stop does.
func (q *Queue) Start(ctx context.Context) {
	ctx, kill := context.WithCancelCause(context.WithoutCancel(ctx))
	quit, ended := make(chan struct{}), make(chan struct{})
	q.kill, q.quit, q.ended = kill, quit, ended
	woken, deaf := q.db.Listen(topic)
	go func() {
		defer close(ended)
		defer deaf()
		q.loop(ctx, woken, quit)
	}()
}

// Stop takes no more jobs and waits for the running ones until ctx ends. Then
// it ends their contexts; those that return within a second are handed back,
// as if this attempt hadn't been. It says what ctx ended with if any job had
// to be broken off.
func (q *Queue) Stop(ctx context.Context) error {
	if q.quit == nil {
		return nil
	}
	close(q.quit)
	q.quit = nil
	select {
	case <-q.ended:
		return nil
	case <-ctx.Done():
	}
	q.kill(errStopped)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-q.ended:
	case <-timer.C:
	}
	return ctx.Err()
}

// loop looks for work whenever it is woken, a worker becomes free or a second
// has passed; for periodic work once a second.
func (q *Queue) loop(ctx context.Context, woken, quit <-chan struct{}) {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for stopping, ticked := false, true; ; {
		select {
		case <-quit:
			stopping, quit = true, nil
		default:
		}
		err := q.tend(ctx)
		if err == nil && !stopping {
			if ticked {
				err = q.plan(ctx)
			}
			err = errors.Join(err, q.startDue(ctx))
		}
		ticked = false
		if err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "jobs: look for work", "error", err)
		}
		if stopping && q.count() == 0 {
			return
		}
		select {
		case <-quit:
			stopping, quit = true, nil
		case <-woken:
		case <-q.freed:
		case <-ticker.C:
			ticked = true
		}
	}
}

func (q *Queue) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.running)
}

// startDue starts as many due jobs as there are free workers.
func (q *Queue) startDue(ctx context.Context) error {
	free := q.Workers - q.count()
	if free <= 0 {
		return nil
	}
	jobs, err := q.claim(ctx, free)
	if err != nil {
		return err
	}
	for _, c := range jobs {
		jobCtx, j := q.begin(ctx, c)
		go func() {
			q.run(jobCtx, j)
			select {
			case q.freed <- struct{}{}:
			default:
			}
		}()
	}
	return nil
}

// RunNow runs everything that is due, and what that enqueues, in this
// goroutine, one job after the other; for tests and commands. It returns what
// the jobs failed with.
func (q *Queue) RunNow(ctx context.Context) error {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // keeps the leases
		defer close(stopped)
		ticker := time.NewTicker(poll)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				err := q.tend(ctx)
				if err != nil {
					q.log.WarnContext(ctx, "jobs: keep a job", "error", err)
				}
			}
		}
	}()
	defer func() {
		close(stop)
		<-stopped
	}()
	var failed []error
	for {
		err := q.plan(ctx)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		jobs, err := q.claim(ctx, 1)
		if err != nil || len(jobs) == 0 {
			return errors.Join(append(failed, err)...)
		}
		jobCtx, j := q.begin(ctx, jobs[0])
		err = q.run(jobCtx, j)
		if err != nil {
			failed = append(failed, fmt.Errorf("job %s %s: %w", j.Kind, j.ID, err))
		}
	}
}

// claim takes up to n due jobs. It looks first, so that an idle queue never writes.
func (q *Queue) claim(ctx context.Context, n int) (jobs []claimed, err error) {
	var found bool
	err = q.db.Read(ctx, func(t *db.Tx) error {
		found, err = due(t, q.kinds)
		return err
	})
	if err != nil || !found {
		return nil, err
	}
	err = q.db.Write(ctx, func(t *db.Tx) error {
		err := reap(t)
		if err != nil {
			return err
		}
		jobs, err = claim(t, q.kinds, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	return jobs, nil
}

// begin notes a claimed job as running here.
func (q *Queue) begin(ctx context.Context, c claimed) (context.Context, *Job) {
	ctx, cancel := context.WithCancelCause(ctx)
	j := &Job{
		ID: c.ID, Kind: c.Kind, Actor: c.CreatedBy, Attempt: c.Attempt, maxAttempts: c.MaxAttempts,
		fence: c.Fence, args: []byte(c.Args), clock: q.db.Clock, cancel: cancel, extended: q.db.Clock.Now(),
	}
	q.mu.Lock()
	q.running[j] = true
	q.mu.Unlock()
	return ctx, j
}

// run runs a job to its end and stores how it ended.
func (q *Queue) run(ctx context.Context, j *Job) error {
	defer func() {
		q.mu.Lock()
		delete(q.running, j)
		q.mu.Unlock()
		j.cancel(nil)
	}()
	err := call(ctx, q.handlers[j.Kind], j)
	log := q.log.With("kind", j.Kind, "job", j.ID, "attempt", j.Attempt)
	var p *panicked
	if errors.As(err, &p) {
		log.ErrorContext(ctx, "job panicked", "panic", p.value, "stack", string(p.stack))
	}
	j.mu.Lock()
	finished, cancelled := j.finished, j.cancelled
	j.mu.Unlock()
	if finished {
		if err != nil {
			log.ErrorContext(ctx, "job failed after it had finished", "error", err)
		}
		return err
	}
	var o outcome
	o.attempt = j.Attempt
	switch {
	case err == nil:
		o.state = Done
	case errors.Is(err, ErrCancelled), cancelled:
		o.state = Cancelled
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), ErrLost):
		// Broken off from outside: this attempt doesn't count.
		o.state, o.attempt, o.runAt = Ready, j.Attempt-1, q.db.Clock.Now()
	case j.Attempt >= j.maxAttempts, permanent(err):
		o.state, o.message = Failed, short(err.Error())
		log.ErrorContext(ctx, "job failed for good", "error", err)
	default:
		o.state, o.message, o.runAt = Ready, short(err.Error()), q.db.Clock.Now().Add(retryAfter(j.Attempt, err))
		log.WarnContext(ctx, "job failed", "error", err, "next", o.runAt.Time())
	}
	// The outcome is stored even when the job's own context has ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	progress, total, lines := j.take()
	own := false
	storeErr := q.db.Write(ctx, func(t *db.Tx) error {
		var err error
		own, err = end(t, j, o, progress, total)
		if err != nil || !own {
			return err
		}
		return addLines(t, j.ID, lines)
	})
	if storeErr != nil {
		// The lease runs out and the job is run again.
		log.ErrorContext(ctx, "store how a job ended", "error", storeErr)
		return errors.Join(err, storeErr)
	}
	if !own {
		log.WarnContext(ctx, "job was taken over by another worker")
		return errors.Join(err, ErrLost)
	}
	return err
}

// tend looks after the running jobs: it extends their leases, stores their
// progress, and tells them when somebody asked them to stop.
func (q *Queue) tend(ctx context.Context) error {
	q.mu.Lock()
	byID := map[string]*Job{}
	var ids []string
	for j := range q.running {
		byID[j.ID] = j
		ids = append(ids, j.ID)
	}
	q.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	var asked []string
	err := q.db.Read(ctx, func(t *db.Tx) error {
		var err error
		asked, err = askedToStop(t, ids)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range asked {
		j := byID[id]
		j.mu.Lock()
		j.cancelled = true
		j.mu.Unlock()
	}
	now := q.db.Clock.Now()
	for _, j := range byID {
		j.mu.Lock()
		needed := j.changed || now >= j.extended.Add(beat)
		j.mu.Unlock()
		if !needed {
			continue
		}
		err := q.keep(ctx, j)
		if err != nil {
			return err
		}
	}
	return nil
}

// keep extends one job's lease and stores what it said of itself.
func (q *Queue) keep(ctx context.Context, j *Job) error {
	progress, total, lines := j.take()
	var at clock.Ms
	own := false
	err := q.db.Write(ctx, func(t *db.Tx) error {
		at = t.Now
		var err error
		own, err = extend(t, j, progress, total)
		if err != nil || !own {
			return err
		}
		return addLines(t, j.ID, lines)
	})
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.extended = at
	if !own {
		j.cancel(ErrLost)
	}
	return nil
}

// plan enqueues the periodic work that is due.
func (q *Queue) plan(ctx context.Context) error {
	var have []Schedule
	var now clock.Ms
	err := q.db.Read(ctx, func(t *db.Tx) error {
		now = t.Now
		var err error
		have, err = Schedules(t)
		return err
	})
	if err != nil {
		return err
	}
	next := map[string]Schedule{}
	for _, h := range have {
		next[h.Name] = h
	}
	for _, s := range q.schedules {
		h := next[s.name]
		// Later than it can be, it is of an earlier program with another rhythm.
		if h.NextAt != 0 && h.NextAt > now && h.NextAt <= s.after(0, now) {
			continue
		}
		err := q.db.Write(ctx, func(t *db.Tx) error { return s.move(t, h) })
		if err != nil {
			return fmt.Errorf("schedule %s: %w", s.name, err)
		}
	}
	return nil
}

// move moves a schedule on and enqueues its work if that is due. Of several
// processes one does it.
func (s schedule) move(t *db.Tx, h Schedule) error {
	isDue := h.NextAt != 0 && h.NextAt <= t.Now
	last := h.LastAt
	if isDue {
		last = t.Now
	}
	ok, err := advance(t, s.name, h.NextAt, s.after(h.NextAt, t.Now), last)
	if err != nil || !ok || !isDue {
		return err
	}
	_, err = Enqueue(t, "system:"+s.kind, s.kind, struct{}{}, Unique("schedule "+s.name))
	return err
}

// prune is the job that deletes the jobs that ended long ago.
func (q *Queue) prune(ctx context.Context, j *Job, _ struct{}) error {
	const step = 500
	for {
		var n int64
		err := q.db.Write(ctx, func(t *db.Tx) error {
			var err error
			n, err = prune(t, step)
			return err
		})
		if err != nil || n < step {
			return err
		}
	}
}
