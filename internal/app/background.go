package app

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/jobs"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/web"
)

// keepForms is how long the keys of forms that were sent are kept.
const keepForms = 7 * 24 * time.Hour

// Names of the jobs. Rows of the queue outlive the program: a name stays.
const (
	jobRecheck = "journey.recheck"
	jobPrune   = "app.prune"
	jobRetain  = "privacy.retain"
	jobSweep   = "files.sweep"
	jobRemind  = "answer.remind"
)

// registerJobs says what the work of each night and week does.
func (a *App) registerJobs() {
	q := a.Jobs
	jobs.Register(q, jobRecheck, func(ctx context.Context, j *jobs.Job, _ struct{}) error {
		return a.Partnership.RecheckAll(ctx, func(n int) error {
			j.Progress(int64(n), 0)
			if j.Cancelled() {
				return jobs.ErrCancelled
			}
			return nil
		})
	})
	jobs.Register(q, jobPrune, func(ctx context.Context, _ *jobs.Job, _ struct{}) error { return a.prune(ctx) })
	jobs.Register(q, jobRetain, func(ctx context.Context, j *jobs.Job, _ struct{}) error {
		n, err := a.Privacy.Retain(ctx)
		j.Progress(int64(n), int64(n))
		return err
	})
	jobs.Register(q, jobSweep, func(ctx context.Context, j *jobs.Job, _ struct{}) error {
		n, err := a.sweep(ctx)
		j.Progress(int64(n), int64(n))
		return err
	})
	jobs.Register(q, jobRemind, func(ctx context.Context, j *jobs.Job, _ struct{}) error {
		return a.Partnership.Remind(ctx, func(n int) error {
			j.Progress(int64(n), 0)
			if j.Cancelled() {
				return jobs.ErrCancelled
			}
			return nil
		})
	})
	a.Digest.Register(q)
	q.Daily(jobRecheck, 1, jobRecheck)
	q.Daily(jobRemind, 6, jobRemind)
	q.Daily(jobPrune, 2, jobPrune)
	q.Daily(jobRetain, 3, jobRetain)
	q.Every(jobSweep, 7*24*time.Hour, jobSweep)
}

// prune deletes what only open forms need: the keys of forms sent long ago
// and the values that records had at earlier versions; and messages that are
// done with.
func (a *App) prune(ctx context.Context) error {
	err := a.Partnership.PruneRequests(ctx)
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, func(t *db.Tx) error {
		err := web.PruneFormKeys(t, t.Now.Add(-keepForms))
		if err != nil {
			return err
		}
		_, err = audit.Prune(t, t.Now.Add(-audit.Keep))
		if err != nil {
			return err
		}
		err = mail.Prune(t)
		if err != nil {
			return err
		}
		return digest.Prune(t)
	})
}

// sweep removes files that no record points at.
func (a *App) sweep(ctx context.Context) (int, error) {
	return a.Files.Sweep(ctx, func(hash string) (bool, error) {
		var known bool
		err := a.DB.Read(ctx, func(t *db.Tx) error {
			var err error
			known, err = files.Known(t, hash)
			return err
		})
		return known, err
	})
}

// loops are the goroutines that Start began.
type loops struct {
	stop func()
	wait sync.WaitGroup
}

// Start begins the work beside the requests: the queue of jobs, and what is
// looked at every second and every minute.
func (a *App) Start(ctx context.Context) {
	a.Jobs.Start(ctx)
	a.Mail.Start(ctx)
	a.served.Add(1)
	ctx, a.loops.stop = context.WithCancel(context.WithoutCancel(ctx))
	a.every(ctx, time.Second, "seal the audit", a.seal)
	a.every(ctx, time.Second, "look what other processes wrote", a.follow)
	a.every(ctx, restAfter, "give memory back", a.rest)
	a.every(ctx, logStep, "keep the database’s log small", a.keepLogSmall)
	a.every(ctx, time.Minute, "sessions and links", a.Access.Tick)
	a.every(ctx, time.Minute, "journeys left unchecked", func(ctx context.Context) error {
		_, err := a.Partnership.ClearDirty(ctx)
		return err
	})
}

// logStep is how often the log beside an SQLite file is looked at.
const logStep = 5 * time.Second

// errHeld says who is to look: it is logged once, not at every step.
var errHeld = errors.New("the log of the database stays large: another program holds an old state of it open, such as a query that was left, or a backup of the file by other means than ayni backup")

// keepLogSmall brings the log beside an SQLite file back to its size after a
// long reader let it grow. The product's own readers end within half a minute.
func (a *App) keepLogSmall(ctx context.Context) error {
	size, err := a.DB.WAL()
	if err != nil || size <= db.WALLimit {
		return err
	}
	err = a.DB.Settle(ctx)
	if err != nil {
		return err
	}
	size, err = a.DB.WAL()
	if err == nil && size > db.WALWorry {
		err = errHeld
	}
	return err
}

// Stop ends what Start began; jobs that run are waited for until ctx ends,
// then handed back to be run again.
func (a *App) Stop(ctx context.Context) {
	if a.loops.stop == nil {
		return
	}
	err := a.Jobs.Stop(ctx)
	if err != nil {
		a.Options.Log.WarnContext(ctx, "jobs were broken off and will be run again", "error", err)
	}
	a.Mail.Stop(ctx)
	a.loops.stop()
	a.loops.wait.Wait()
	a.loops.stop = nil
}

// every runs fn at once and then in steps, until ctx ends. What it fails with
// is logged when it changes: a full disk does not fill the log too.
func (a *App) every(ctx context.Context, step time.Duration, what string, fn func(context.Context) error) {
	a.loops.wait.Go(func() {
		ticker := time.NewTicker(step)
		defer ticker.Stop()
		last := ""
		for {
			now := ""
			err := guarded(ctx, fn)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				now = err.Error()
			}
			switch {
			case now != "" && now != last:
				a.Options.Log.ErrorContext(ctx, what, "error", now)
			case now == "" && last != "":
				a.Options.Log.InfoContext(ctx, what+": works again")
			}
			last = now
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// guarded turns a panic into an error: the other work goes on.
func guarded(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.Wrap(errs.Internal, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	return fn(ctx)
}

// follow drops the caches when another process has written to the database.
func (a *App) follow(ctx context.Context) error {
	mark, err := a.databaseMark(ctx)
	if err != nil {
		return err
	}
	if mark == a.mark {
		return nil
	}
	a.mark = mark
	return errors.Join(a.Ref.Reload(ctx), a.loadHost(ctx))
}

// databaseMark changes when another process has written what is cached here.
func (a *App) databaseMark(ctx context.Context) (string, error) {
	if a.DB.Engine == db.SQLite {
		n, err := a.DB.Foreign(ctx)
		return "n" + strconv.FormatInt(n, 10), err
	}
	mark, err := a.Ref.Mark(ctx)
	if err != nil {
		return "", err
	}
	// The host's name is read anew in any case: it is one row.
	return "r" + mark, a.loadHost(ctx)
}
