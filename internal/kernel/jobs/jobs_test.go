package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/jobs"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var errTest = errors.New("for the test")

// noon is an instant of the day on which the tests begin.
func noon(d time.Duration) clock.Ms { return clock.Day("2026-09-21").Ms().Add(d) }

// word is the arguments of the tests' jobs.
type word struct {
	Text string `json:"text"`
}

// queue makes a queue on a database whose clock stands at noon of some day.
func queue(t *testing.T, d *db.DB) *jobs.Queue {
	t.Helper()
	if d.Clock.Now() > noon(12*time.Hour) || d.Clock.Now() < noon(0) {
		d.Clock.Set(noon(12 * time.Hour))
	}
	return jobs.New(d, slog.New(slog.DiscardHandler))
}

func enqueue(t *testing.T, d *db.DB, kind, text string, opts ...jobs.Option) string {
	t.Helper()
	var id string
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		var err error
		id, err = jobs.Enqueue(tx, "actor", kind, word{text}, opts...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func find(t *testing.T, d *db.DB, id string) jobs.Row {
	t.Helper()
	var r jobs.Row
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		var err error
		r, err = jobs.Find(tx, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func runNow(t *testing.T, q *jobs.Queue) {
	t.Helper()
	err := q.RunNow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
}

// heard collects what jobs were run with.
type heard struct {
	mu    sync.Mutex
	words []string
}

func (h *heard) hear(_ context.Context, _ *jobs.Job, w word) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.words = append(h.words, w.Text)
	return nil
}

func (h *heard) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.words)
}

func TestJobIsEnqueuedWithItsTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q, h := queue(t, d), &heard{}
		jobs.Register(q, "hear", h.hear)
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := jobs.Enqueue(tx, "actor", "hear", word{"rolled back"})
			return errors.Join(err, errTest)
		})
		if !errors.Is(err, errTest) {
			t.Fatal(err)
		}
		id := enqueue(t, d, "hear", "kept")
		runNow(t, q)
		if diff := cmp.Diff([]string{"kept"}, h.all()); diff != "" {
			t.Error(diff)
		}
		want := jobs.Row{
			ID: id, Kind: "hear", State: jobs.Done, RunAt: d.Clock.Now(), Attempt: 1, MaxAttempts: 8,
			CreatedAt: d.Clock.Now(), CreatedBy: "actor", EndedAt: d.Clock.Now(),
		}
		if diff := cmp.Diff(want, find(t, d, id)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStartedQueueIsWokenByEnqueue(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		ran := make(chan string)
		jobs.Register(q, "tell", func(_ context.Context, j *jobs.Job, w word) error {
			if j.Actor != "actor" || j.Attempt != 1 || j.Kind != "tell" {
				t.Errorf("job is %s of %s, attempt %d", j.Kind, j.Actor, j.Attempt)
			}
			ran <- w.Text
			return nil
		})
		q.Start(t.Context())
		for _, text := range []string{"a", "b", "c"} {
			enqueue(t, d, "tell", text)
			if got := <-ran; got != text {
				t.Errorf("got %q", got)
			}
		}
		err := q.Stop(t.Context())
		if err != nil {
			t.Error(err)
		}
	})
}

func TestJobsRunInTheOrderOfTheirTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q, h := queue(t, d), &heard{}
		jobs.Register(q, "hear", h.hear)
		now := d.Clock.Now()
		enqueue(t, d, "hear", "third")
		enqueue(t, d, "hear", "second", jobs.At(now-1))
		enqueue(t, d, "hear", "later", jobs.At(now.Add(time.Hour)))
		enqueue(t, d, "hear", "first", jobs.At(now-2))
		runNow(t, q)
		if diff := cmp.Diff([]string{"first", "second", "third"}, h.all()); diff != "" {
			t.Error(diff)
		}
		d.Clock.Advance(time.Hour)
		runNow(t, q)
		if diff := cmp.Diff([]string{"first", "second", "third", "later"}, h.all()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFailedJobIsTriedAgainLaterAndLater(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		runs := 0
		jobs.Register(q, "fail", func(context.Context, *jobs.Job, word) error {
			runs++
			return errTest
		})
		id := enqueue(t, d, "fail", "", jobs.Attempts(4))
		for i, wait := range []time.Duration{10 * time.Second, 40 * time.Second, 160 * time.Second} {
			err := q.RunNow(t.Context())
			if !errors.Is(err, errTest) || runs != i+1 {
				t.Fatalf("attempt %d: ran %d times, %v", i+1, runs, err)
			}
			r := find(t, d, id)
			if r.State != jobs.Ready || r.RunAt != d.Clock.Now().Add(wait) || r.Message != errTest.Error() {
				t.Errorf("after attempt %d: %+v", i+1, r)
			}
			d.Clock.Advance(wait - time.Millisecond)
			runNow(t, q) // not yet
			d.Clock.Advance(time.Millisecond)
		}
		err := q.RunNow(t.Context())
		if !errors.Is(err, errTest) || runs != 4 {
			t.Fatalf("ran %d times, %v", runs, err)
		}
		r := find(t, d, id)
		if r.State != jobs.Failed || r.EndedAt != d.Clock.Now() {
			t.Errorf("after the last attempt: %+v", r)
		}
		d.Clock.Advance(100 * time.Hour)
		runNow(t, q)
		if runs != 4 {
			t.Errorf("a failed job ran again")
		}
	})
}

func TestWhatWaitingCannotMendIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		fail := map[string]error{
			"gone":    fmt.Errorf("find it: %w", errs.Missing()),
			"invalid": errs.New(errs.Invalid, i18n.M("test.key", "Wrong.")),
			"busy":    &errs.Error{Kind: errs.Busy, Retry: 3600},
		}
		jobs.Register(q, "fail", func(_ context.Context, _ *jobs.Job, w word) error { return fail[w.Text] })
		for text, want := range map[string]jobs.State{"gone": jobs.Failed, "invalid": jobs.Failed, "busy": jobs.Ready} {
			id := enqueue(t, d, "fail", text)
			err := q.RunNow(t.Context())
			if err == nil {
				t.Errorf("%s: no error came back", text)
			}
			r := find(t, d, id)
			if r.State != want {
				t.Errorf("%s: %s, want %s", text, r.State, want)
			}
			if text == "busy" && r.RunAt != d.Clock.Now().Add(time.Hour) {
				t.Errorf("runs at %v although the error said to wait an hour", r.RunAt.Time())
			}
		}
	})
}

func TestArgumentsThatCannotBeReadFailForGood(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	q := queue(t, d)
	jobs.Register(q, "count", func(context.Context, *jobs.Job, int) error { return nil })
	id := enqueue(t, d, "count", "no number")
	err := q.RunNow(t.Context())
	if err == nil || find(t, d, id).State != jobs.Failed {
		t.Errorf("got %v, %s", err, find(t, d, id).State)
	}
}

func TestRL5_PanicFailsTheJobAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q, h := queue(t, d), &heard{}
		jobs.Register(q, "panic", func(context.Context, *jobs.Job, word) error { panic("for the test") })
		jobs.Register(q, "hear", h.hear)
		id := enqueue(t, d, "panic", "", jobs.Attempts(1))
		enqueue(t, d, "hear", "next")
		err := q.RunNow(t.Context())
		if err == nil {
			t.Error("the panic went unsaid")
		}
		if r := find(t, d, id); r.State != jobs.Failed || r.Message != "panic: for the test" {
			t.Errorf("%+v", r)
		}
		if diff := cmp.Diff([]string{"next"}, h.all()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUniqueJobsThatWaitAreOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q, h := queue(t, d), &heard{}
		jobs.Register(q, "hear", h.hear)
		jobs.Register(q, "other", h.hear)
		later := jobs.At(d.Clock.Now().Add(time.Hour))
		first := enqueue(t, d, "hear", "old", jobs.Unique("k"), later)
		second := enqueue(t, d, "hear", "new", jobs.Unique("k"))
		if first != second {
			t.Errorf("two jobs: %s, %s", first, second)
		}
		enqueue(t, d, "hear", "another key", jobs.Unique("l"))
		enqueue(t, d, "other", "another kind", jobs.Unique("k"))
		runNow(t, q)
		got := h.all()
		slices.Sort(got)
		if diff := cmp.Diff([]string{"another key", "another kind", "new"}, got); diff != "" {
			t.Error(diff)
		}
		// The key is free once the job has ended.
		if third := enqueue(t, d, "hear", "again", jobs.Unique("k")); third == first {
			t.Error("joined a job that had ended")
		}
	})
}

// What is asked for while the job runs must be seen by a run that begins later.
func TestUniqueJobEnqueuedWhileItRunsRunsAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q, h := queue(t, d), &heard{}
		at, on := 0, make(chan error, 3)
		jobs.Register(q, "hear", func(ctx context.Context, j *jobs.Job, w word) error {
			at++
			if at == 1 {
				enqueue(t, d, "hear", "second", jobs.Unique("k"))
				enqueue(t, d, "hear", "third", jobs.Unique("k"))
			}
			h.hear(ctx, j, w)
			return <-on
		})
		id := enqueue(t, d, "hear", "first", jobs.Unique("k"))
		// Even where the first run fails for good.
		on <- errs.Missing()
		on <- nil
		err := q.RunNow(t.Context())
		if !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"first", "third"}, h.all()); diff != "" {
			t.Error(diff)
		}
		if r := find(t, d, id); r.State != jobs.Done || r.Attempt != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func TestUnknownKindsAreLeftForAnotherProgram(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		id := enqueue(t, d, "unknown", "")
		runNow(t, q)
		if r := find(t, d, id); r.State != jobs.Ready || r.Attempt != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		running, seen := make(chan bool), make(chan bool)
		jobs.Register(q, "long", func(ctx context.Context, j *jobs.Job, w word) error {
			running <- true
			for i := int64(1); !j.Cancelled(); i++ {
				j.Progress(i, 0)
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(time.Millisecond):
				}
			}
			j.Progress(7, 9)
			j.Log("put in order")
			seen <- true
			return jobs.ErrCancelled
		})
		cancel := func(id string) error {
			return d.Write(t.Context(), func(tx *db.Tx) error { return jobs.Cancel(tx, "admin", id) })
		}
		waiting := enqueue(t, d, "long", "", jobs.At(d.Clock.Now().Add(time.Hour)), jobs.Unique("k"))
		err := cancel(waiting)
		if err != nil {
			t.Fatal(err)
		}
		if r := find(t, d, waiting); r.State != jobs.Cancelled || r.EndedAt == 0 {
			t.Errorf("waiting one: %+v", r)
		}
		q.Start(t.Context())
		id := enqueue(t, d, "long", "")
		<-running
		err = cancel(id)
		if err != nil {
			t.Fatal(err)
		}
		<-seen
		err = q.Stop(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r := find(t, d, id); r.State != jobs.Cancelled || r.Progress != 7 || r.Total != 9 || r.Cancel {
			t.Errorf("running one: %+v", r)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			lines, err := jobs.Log(tx, id)
			if diff := cmp.Diff([]jobs.Line{{At: d.Clock.Now(), Line: "put in order"}}, lines); diff != "" {
				t.Error(diff)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := cancel(id); !errs.Is(err, errs.Conflict) {
			t.Errorf("cancelled twice: %v", err)
		}
		if err := cancel("none"); !errs.Is(err, errs.NotFound) {
			t.Errorf("cancelled nothing: %v", err)
		}
	})
}

func TestRetry(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		fail := true
		jobs.Register(q, "work", func(context.Context, *jobs.Job, word) error {
			if fail {
				return errTest
			}
			return nil
		})
		retry := func(id string) error {
			return d.Write(t.Context(), func(tx *db.Tx) error { return jobs.Retry(tx, "admin", id) })
		}
		id := enqueue(t, d, "work", "", jobs.Attempts(1))
		if err := retry(id); !errs.Is(err, errs.Conflict) {
			t.Errorf("retried a job that waits: %v", err)
		}
		q.RunNow(t.Context())
		err := retry(id)
		if err != nil {
			t.Fatal(err)
		}
		fail = false
		runNow(t, q)
		if r := find(t, d, id); r.State != jobs.Done || r.Attempt != 1 || r.Message != "" {
			t.Errorf("%+v", r)
		}
		if err := retry("none"); !errs.Is(err, errs.NotFound) {
			t.Errorf("retried nothing: %v", err)
		}
	})
}

// A worker that was paused for longer than its lease finds its job taken over:
// whatever it still does with it is refused.
func TestPausedWorkerLosesItsJob(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		other := dbtest.Again(t, d)
		paused, awake := queue(t, d), queue(t, other)
		in, on := make(chan *jobs.Job), make(chan bool)
		jobs.Register(paused, "work", func(_ context.Context, j *jobs.Job, _ word) error {
			in <- j
			<-on
			return nil
		})
		h := &heard{}
		jobs.Register(awake, "work", h.hear)
		id := enqueue(t, d, "work", "once")
		result := make(chan error)
		go func() { result <- paused.RunNow(t.Context()) }()
		j := <-in
		held := func(d *db.DB, fn func(*db.Tx) error) error { return d.Write(t.Context(), fn) }
		if err := held(d, j.Hold); err != nil {
			t.Errorf("doesn't hold its own job: %v", err)
		}
		runNow(t, awake) // the lease still stands
		if len(h.all()) != 0 {
			t.Fatal("took a job whose worker lives")
		}
		other.Clock.Set(d.Clock.Now().Add(61 * time.Second))
		runNow(t, awake)
		if diff := cmp.Diff([]string{"once"}, h.all()); diff != "" {
			t.Fatal(diff)
		}
		for name, fn := range map[string]func(*db.Tx) error{"Hold": j.Hold, "Finish": j.Finish} {
			if err := held(d, fn); !errors.Is(err, jobs.ErrLost) {
				t.Errorf("%s: got %v, want lost", name, err)
			}
		}
		on <- true
		if err := <-result; !errors.Is(err, jobs.ErrLost) {
			t.Errorf("the paused worker ended with %v, want lost", err)
		}
		if r := find(t, d, id); r.State != jobs.Done || r.Attempt != 2 || r.EndedAt != other.Clock.Now() {
			t.Errorf("%+v", r)
		}
	})
}

// A job whose workers die each time fails in the end, rather than killing for ever.
func TestJobThatKillsItsWorkersFails(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		jobs.Register(q, "kill", func(context.Context, *jobs.Job, word) error { return nil })
		id := enqueue(t, d, "kill", "", jobs.Attempts(3))
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			// As the third worker left it.
			_, err := tx.Exec(`update job set state = 'running', attempt = 3, fence = 3, locked_until = $1 where id = $2`, tx.Now-1, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		runNow(t, q)
		if r := find(t, d, id); r.State != jobs.Failed || r.Message == "" {
			t.Errorf("%+v", r)
		}
	})
}

func TestFinishHoldsWithTheEffect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		effect := func(tx *db.Tx, name string) error {
			_, err := tx.Exec(`insert into setting (name, value, updated_at, updated_by) values ($1, '', $2, 'test')`, name, tx.Now)
			return err
		}
		jobs.Register(q, "work", func(ctx context.Context, j *jobs.Job, w word) error {
			j.Progress(3, 3)
			j.Log("done")
			return d.Write(ctx, func(tx *db.Tx) error {
				err := errors.Join(effect(tx, w.Text), j.Finish(tx))
				if w.Text == "undone" {
					err = errors.Join(err, errTest)
				}
				return err
			})
		})
		good, bad := enqueue(t, d, "work", "good"), enqueue(t, d, "work", "undone")
		err := q.RunNow(t.Context())
		if !errors.Is(err, errTest) {
			t.Error(err)
		}
		if r := find(t, d, good); r.State != jobs.Done || r.Progress != 3 {
			t.Errorf("good: %+v", r)
		}
		if r := find(t, d, bad); r.State != jobs.Ready || r.Attempt != 1 {
			t.Errorf("undone: %+v", r)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			got, err := db.All[string](tx, `select name from setting`)
			if diff := cmp.Diff([]string{"good"}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestFA7_PeriodicWorkCatchesUpOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		runs := map[string]int{}
		for _, kind := range []string{"hourly", "nightly"} {
			jobs.Register(q, kind, func(_ context.Context, j *jobs.Job, _ struct{}) error {
				if j.Actor != "system:"+kind {
					t.Errorf("actor is %s", j.Actor)
				}
				runs[kind]++
				return nil
			})
		}
		q.Every("hourly", time.Hour, "hourly")
		q.Daily("nightly", 2, "nightly")
		check := func(what string, hourly, nightly int) {
			t.Helper()
			runNow(t, q)
			if diff := cmp.Diff(map[string]int{"hourly": hourly, "nightly": nightly}, runs); hourly+nightly > 0 && diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
		runs["hourly"], runs["nightly"] = 0, 0
		check("at the first start", 0, 0)
		d.Clock.Advance(59 * time.Minute)
		check("before an hour", 0, 0)
		d.Clock.Advance(time.Minute)
		check("after an hour", 1, 0)
		check("at once again", 1, 0)
		d.Clock.Advance(100*time.Hour + 30*time.Minute) // the program was off for days
		check("after days", 2, 1)
		check("at once again", 2, 1)
		d.Clock.Advance(30 * time.Minute) // the phase is kept
		check("at the next full step", 3, 1)
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			list, err := jobs.Schedules(tx)
			got := map[string]clock.Ms{}
			for _, s := range list {
				got[s.Name] = s.NextAt
			}
			want := map[string]clock.Ms{"hourly": noon(12*time.Hour + 103*time.Hour), "nightly": noon(5*24*time.Hour + 2*time.Hour), "jobs.prune": noon(5*24*time.Hour + 3*time.Hour)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A program with a shorter rhythm doesn't wait out the longer one of its predecessor.
func TestChangedRhythmCounts(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	monthly, hourly := queue(t, d), queue(t, d)
	h := &heard{}
	jobs.Register(hourly, "work", h.hear)
	monthly.Every("work", 30*24*time.Hour, "work")
	hourly.Every("work", time.Hour, "work")
	runNow(t, monthly)
	runNow(t, hourly)
	d.Clock.Advance(time.Hour)
	runNow(t, hourly)
	if len(h.all()) != 1 {
		t.Errorf("ran %d times", len(h.all()))
	}
}

// Several processes plan the same periodic work: one of them does.
func TestPeriodicWorkOfSeveralProcessesComesOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := &heard{}
		var queues []*jobs.Queue
		for range 3 {
			other := dbtest.Again(t, d)
			q := queue(t, other)
			jobs.Register(q, "work", h.hear)
			q.Every("work", time.Hour, "work")
			runNow(t, q)
			other.Clock.Advance(time.Hour)
			queues = append(queues, q)
		}
		var wg sync.WaitGroup
		for _, q := range queues {
			wg.Go(func() {
				err := q.RunNow(t.Context())
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(h.all()) != 1 {
			t.Errorf("ran %d times", len(h.all()))
		}
	})
}

func TestTwoQueuesShareTheWorkWithoutDoubles(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const n = 60
		other := dbtest.Again(t, d)
		other.Clock.Set(noon(12 * time.Hour))
		ran := make(chan string, 2*n)
		first := map[*db.DB]chan bool{d: make(chan bool), other: make(chan bool)}
		var queues []*jobs.Queue
		for _, at := range []*db.DB{d, other} {
			q := queue(t, at)
			q.Workers = 2
			var once sync.Once
			jobs.Register(q, "work", func(_ context.Context, _ *jobs.Job, w word) error {
				once.Do(func() { close(first[at]) })
				// Nobody goes on before both have had a job.
				<-first[d]
				<-first[other]
				ran <- w.Text
				return nil
			})
			queues = append(queues, q)
		}
		want := map[string]int{}
		for i := range n {
			text := fmt.Sprint(i)
			enqueue(t, d, "work", text)
			want[text] = 1
		}
		for _, q := range queues {
			q.Start(t.Context())
		}
		got := map[string]int{}
		for range n {
			got[<-ran]++
		}
		for _, q := range queues {
			err := q.Stop(t.Context())
			if err != nil {
				t.Error(err)
			}
		}
		close(ran)
		for text := range ran {
			got[text]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			left, err := jobs.Count(tx)
			if left.Ready+left.Running+left.Failed != 0 {
				t.Errorf("left: %+v", left)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestStopWaitsForTheRunningJobs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		running, on := make(chan bool), make(chan bool)
		jobs.Register(q, "work", func(ctx context.Context, _ *jobs.Job, _ word) error {
			running <- true
			<-on
			return ctx.Err()
		})
		ctx, end := context.WithCancel(t.Context())
		q.Start(ctx)
		id := enqueue(t, d, "work", "")
		<-running
		end() // the end of the context that it was started with isn't the jobs' end
		stopped := make(chan error)
		go func() { stopped <- q.Stop(t.Context()) }()
		close(on)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if r := find(t, d, id); r.State != jobs.Done {
			t.Errorf("%+v", r)
		}
		late := enqueue(t, d, "work", "late")
		if r := find(t, d, late); r.State != jobs.Ready {
			t.Errorf("a stopped queue took a job: %+v", r)
		}
		if err := q.Stop(t.Context()); err != nil {
			t.Errorf("stopped twice: %v", err)
		}
	})
}

func TestStopHandsBackWhatDoesNotEndInTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		running := make(chan bool)
		jobs.Register(q, "work", func(ctx context.Context, _ *jobs.Job, _ word) error {
			running <- true
			<-ctx.Done()
			return ctx.Err()
		})
		q.Start(t.Context())
		id := enqueue(t, d, "work", "", jobs.Attempts(1))
		<-running
		ctx, end := context.WithCancel(t.Context())
		end()
		err := q.Stop(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if r := find(t, d, id); r.State != jobs.Ready || r.Attempt != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestLeaseIsKeptWhileTheJobRuns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		other := dbtest.Again(t, d)
		rival, h := queue(t, other), &heard{}
		jobs.Register(rival, "work", h.hear)
		running, on := make(chan bool), make(chan bool)
		jobs.Register(q, "work", func(_ context.Context, j *jobs.Job, _ word) error {
			running <- true
			<-on
			return nil
		})
		q.Start(t.Context())
		id := enqueue(t, d, "work", "")
		<-running
		before := lockedUntil(t, d, id)
		d.Clock.Advance(50 * time.Second)
		for lockedUntil(t, d, id) == before { // the queue looks once a second
			d.Signal("jobs")
		}
		other.Clock.Set(d.Clock.Now().Add(30 * time.Second)) // past the first lease
		runNow(t, rival)
		if len(h.all()) > 0 {
			t.Error("a living worker's job was taken")
		}
		close(on)
		err := q.Stop(t.Context())
		if err != nil {
			t.Error(err)
		}
		if r := find(t, d, id); r.State != jobs.Done || r.Attempt != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func lockedUntil(t *testing.T, d *db.DB, id string) clock.Ms {
	t.Helper()
	var at clock.Ms
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		var err error
		at, err = db.One[clock.Ms](tx, `select locked_until from job where id = $1`, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestEndedJobsArePruned(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d)
		jobs.Register(q, "work", func(_ context.Context, j *jobs.Job, w word) error {
			j.Log("a line")
			if w.Text == "fail" {
				return errs.Missing()
			}
			return nil
		})
		done, failed := enqueue(t, d, "work", ""), enqueue(t, d, "work", "fail")
		waiting := enqueue(t, d, "work", "", jobs.At(d.Clock.Now().Add(1000*time.Hour*24)))
		q.RunNow(t.Context())
		there := func(want map[string]bool) {
			t.Helper()
			got := map[string]bool{}
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				for _, id := range []string{done, failed, waiting} {
					_, err := jobs.Find(tx, id)
					got[id] = err == nil
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		d.Clock.Advance(6 * 24 * time.Hour)
		runNow(t, q)
		there(map[string]bool{done: true, failed: true, waiting: true})
		d.Clock.Advance(3 * 24 * time.Hour)
		runNow(t, q)
		there(map[string]bool{done: false, failed: true, waiting: true})
		d.Clock.Advance(90 * 24 * time.Hour)
		runNow(t, q)
		there(map[string]bool{done: false, failed: false, waiting: true})
	})
}

func TestListAndCount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q, h := queue(t, d), &heard{}
		jobs.Register(q, "hear", h.hear)
		var ids []string
		for i := range 5 {
			ids = append(ids, enqueue(t, d, "hear", fmt.Sprint(i)))
		}
		runNow(t, q)
		due := d.Clock.Now()
		ids = append(ids, enqueue(t, d, "other", ""))
		d.Clock.Advance(time.Minute)
		slices.Reverse(ids)
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			for _, c := range []struct {
				filter jobs.Filter
				want   []string
			}{
				{jobs.Filter{}, ids},
				{jobs.Filter{Limit: 2}, ids[:2]},
				{jobs.Filter{Limit: 2, Before: ids[1]}, ids[2:4]},
				{jobs.Filter{State: jobs.Ready}, ids[:1]},
				{jobs.Filter{Kind: "hear", State: jobs.Done}, ids[1:]},
				{jobs.Filter{Kind: "none"}, []string{}},
			} {
				rows, err := jobs.List(tx, c.filter)
				if err != nil {
					return err
				}
				got := []string{}
				for _, r := range rows {
					got = append(got, r.ID)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%+v: %s", c.filter, diff)
				}
			}
			kinds, err := jobs.Kinds(tx)
			if diff := cmp.Diff([]string{"hear", "other"}, kinds); diff != "" || err != nil {
				t.Error(diff, err)
			}
			n, err := jobs.Count(tx)
			if diff := cmp.Diff(jobs.Overview{Ready: 1, Late: due}, n); diff != "" {
				t.Error(diff)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkJobs(b *testing.B) {
	for _, engine := range []func(testing.TB) *db.DB{dbtest.SQLite, dbtest.Postgres} {
		d := engine(b)
		b.Run(string(d.Engine), func(b *testing.B) {
			q := jobs.New(d, slog.New(slog.DiscardHandler))
			done := make(chan bool)
			jobs.Register(q, "none", func(context.Context, *jobs.Job, word) error {
				done <- true
				return nil
			})
			err := d.Write(b.Context(), func(tx *db.Tx) error {
				for range b.N {
					_, err := jobs.Enqueue(tx, "actor", "none", word{})
					if err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			q.Start(b.Context())
			for range b.N {
				<-done
			}
			q.Stop(b.Context())
		})
	}
}
