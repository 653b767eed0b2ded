package jobs

import (
	"slices"
	"strings"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

const columns = `id, kind, state, run_at, attempt, max_attempts, progress, total, cancel, message, created_at, created_by, ended_at`

// newJob is what Enqueue stores.
type newJob struct {
	id, kind, args, key string
	runAt               clock.Ms
	attempts            int
	actor               string
}

// insert stores a job. Where an unfinished one has its key, that one is kept
// with the new arguments and the earlier time; if it is running, it runs again
// afterwards.
func insert(t *db.Tx, n newJob) (id string, err error) {
	return db.One[string](t, `insert into job (id, kind, args, run_at, max_attempts, unique_key, created_at, created_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (unique_key) do update set
			args = excluded.args,
			again = case when job.state = 'running' then true else job.again end,
			run_at = case when job.state = 'ready' and excluded.run_at < job.run_at then excluded.run_at else job.run_at end
		returning id`,
		n.id, n.kind, n.args, n.runAt, n.attempts, db.NullID(n.key), t.Now, n.actor)
}

// due says whether there is work for a queue that knows the kinds.
func due(t *db.Tx, kinds []string) (bool, error) {
	q := db.NewQ(`select count(*) from (select id from job where (state = 'running' and locked_until < $1)
		or (state = 'ready' and run_at <= $1`, t.Now)
	db.In(q, "and kind in", kinds).Add(") limit 1) found")
	n, err := db.One[int](t, q.SQL(), q.Args...)
	return n > 0, err
}

// reap takes the jobs of dead workers from them. Rows that a transaction holds
// are about to end, and are passed over.
func reap(t *db.Tx) error {
	_, err := t.Exec(`update job set
			state = case when again then 'ready' when cancel then 'cancelled' when attempt >= max_attempts then 'failed' else 'ready' end,
			unique_key = case when not again and (cancel or attempt >= max_attempts) then null else unique_key end,
			ended_at = case when not again and (cancel or attempt >= max_attempts) then $1 else 0 end,
			attempt = case when again then 0 else attempt end,
			again = false, cancel = false, run_at = $1, locked_until = 0, message = 'the worker was lost'
		where id in (select id from job where state = 'running' and locked_until < $1`+t.LockSkip()+`)`, t.Now)
	return err
}

// claimed is a job that was taken.
type claimed struct {
	ID          string   `db:"id"`
	Kind        string   `db:"kind"`
	Args        string   `db:"args"`
	Attempt     int      `db:"attempt"`
	MaxAttempts int      `db:"max_attempts"`
	Fence       int64    `db:"fence"`
	CreatedBy   string   `db:"created_by"`
	RunAt       clock.Ms `db:"run_at"`
}

// claim takes up to n jobs that are due.
func claim(t *db.Tx, kinds []string, n int) ([]claimed, error) {
	q := db.NewQ(`update job set state = 'running', attempt = attempt + 1, fence = fence + 1, locked_until = $1, ended_at = 0
		where id in (select id from job where state = 'ready' and run_at <= $2`, t.Now.Add(lease), t.Now)
	db.In(q, "and kind in", kinds)
	q.Add(`order by run_at, id limit $1`+t.LockSkip()+`)
		returning id, kind, args, attempt, max_attempts, fence, created_by, run_at`, n)
	out, err := db.All[claimed](t, q.SQL(), q.Args...)
	slices.SortFunc(out, func(a, b claimed) int {
		if a.RunAt != b.RunAt {
			return int(a.RunAt - b.RunAt)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, err
}

// extend keeps a job for its worker; false where another has it.
func extend(t *db.Tx, j *Job, progress, total int64) (bool, error) {
	n, err := t.Exec(`update job set locked_until = $1, progress = $2, total = $3 where id = $4 and fence = $5 and state = 'running'`,
		t.Now.Add(lease), progress, total, j.ID, j.fence)
	return n == 1, err
}

// hold locks the row of a job for this transaction; false where another worker has it.
func hold(t *db.Tx, j *Job) (bool, error) {
	_, ok, err := db.Maybe[string](t, `select id from job where id = $1 and fence = $2 and state = 'running'`+t.Lock(), j.ID, j.fence)
	return ok, err
}

// outcome is how an attempt ended.
type outcome struct {
	state   State
	runAt   clock.Ms // for Ready
	attempt int      // attempts that count
	message string
}

// end stores an outcome; false where another worker has the job. A job that
// was asked for again while it ran is ready at once.
func end(t *db.Tx, j *Job, o outcome, progress, total int64) (bool, error) {
	n, err := t.Exec(`update job set
			state = case when again then 'ready' else $1 end,
			run_at = case when again then $2 when $1 = 'ready' then $3 else run_at end,
			attempt = case when again then 0 else $4 end,
			unique_key = case when again or $1 = 'ready' then unique_key else null end,
			ended_at = case when again or $1 = 'ready' then 0 else $2 end,
			again = false, cancel = false, locked_until = 0, message = $5, progress = $6, total = $7
		where id = $8 and fence = $9 and state = 'running'`,
		string(o.state), t.Now, o.runAt, o.attempt, o.message, progress, total, j.ID, j.fence)
	return n == 1, err
}

// addLines appends to the log of a job.
func addLines(t *db.Tx, job string, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	n, err := db.One[int](t, `select coalesce(max(n), 0) from job_log where job = $1`, job)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if n++; n > maxLines {
			return nil
		}
		_, err := t.Exec(`insert into job_log (job, n, at, line) values ($1, $2, $3, $4)`, job, n, l.At, l.Line)
		if err != nil {
			return err
		}
	}
	return nil
}

// askedToStop returns those of the running jobs that somebody asked to stop.
func askedToStop(t *db.Tx, running []string) ([]string, error) {
	q := db.NewQ(`select id from job where state = 'running' and cancel = true`)
	db.In(q, "and id in", running)
	return db.All[string](t, q.SQL(), q.Args...)
}

func setCancel(t *db.Tx, id string) (State, error) {
	r, err := db.One[Row](t, `select `+columns+` from job where id = $1`+t.Lock(), id)
	if err != nil {
		return "", err
	}
	switch r.State {
	case Ready:
		_, err = t.Exec(`update job set state = 'cancelled', unique_key = null, ended_at = $2 where id = $1`, id, t.Now)
	case Running:
		_, err = t.Exec(`update job set cancel = true where id = $1`, id)
	}
	return r.State, err
}

func setReady(t *db.Tx, id string) (bool, error) {
	n, err := t.Exec(`update job set state = 'ready', attempt = 0, run_at = $2, ended_at = 0, message = '' where id = $1 and state in ('failed', 'cancelled')`, id, t.Now)
	return n == 1, err
}

// prune deletes up to n jobs that ended long ago.
func prune(t *db.Tx, n int) (int64, error) {
	return t.Exec(`delete from job where id in (select id from job
		where ended_at > 0 and (ended_at < $1 or (ended_at < $2 and state = 'done')) order by ended_at limit $3)`,
		t.Now.Add(-keepOthers), t.Now.Add(-keepDone), n)
}

// Find returns a job; NotFound where there is none.
func Find(t *db.Tx, id string) (Row, error) {
	return db.One[Row](t, `select `+columns+` from job where id = $1`, id)
}

// Log returns the lines of a job's log, the oldest first.
func Log(t *db.Tx, id string) ([]Line, error) {
	return db.All[Line](t, `select at, line from job_log where job = $1 order by n`, id)
}

// List returns jobs, the newest first.
func List(t *db.Tx, f Filter) ([]Row, error) {
	q := db.NewQ(`select ` + columns + ` from job where 1 = 1`)
	if f.State != "" {
		q.Add(`and state = $1`, string(f.State))
	}
	if f.Kind != "" {
		q.Add(`and kind = $1`, f.Kind)
	}
	if f.Before != "" {
		q.Add(`and id < $1`, f.Before)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	q.Add(`order by id desc limit $1`, min(limit, 200))
	return db.All[Row](t, q.SQL(), q.Args...)
}

// Kinds lists the kinds of which there are jobs.
func Kinds(t *db.Tx) ([]string, error) {
	return db.All[string](t, `select distinct kind from job order by kind`)
}

// Count returns the numbers for the state of the system.
func Count(t *db.Tx) (Overview, error) {
	return db.One[Overview](t, `select
			count(*) filter (where state = 'ready') as ready,
			count(*) filter (where state = 'running') as running,
			count(*) filter (where state = 'failed') as failed,
			min(case when state = 'ready' and run_at <= $1 then run_at end) as late
		from job`, t.Now)
}

// Schedules lists the periodic work.
func Schedules(t *db.Tx) ([]Schedule, error) {
	return db.All[Schedule](t, `select name, next_at, last_at from job_schedule order by name`)
}

// advance moves a schedule on; false where another process did so first.
func advance(t *db.Tx, name string, from, to, last clock.Ms) (bool, error) {
	if from == 0 {
		n, err := t.Exec(`insert into job_schedule (name, next_at, last_at) values ($1, $2, 0) on conflict (name) do nothing`, name, to)
		return n == 1, err
	}
	n, err := t.Exec(`update job_schedule set next_at = $1, last_at = $2 where name = $3 and next_at = $4`, to, last, name, from)
	return n == 1, err
}
