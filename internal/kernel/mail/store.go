package mail

import (
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

const columns = `id, kind, person, address, lang, state, why, reply, attempt, sealed <> '' as whole, run_at, expires_at, created_at, created_by, ended_at`

// newRow is what Queue stores.
type newRow struct {
	id, by, sealed string
	state          State
	why            Why
	m              Message
}

func insert(t *db.Tx, n newRow) error {
	_, err := t.Exec(`insert into mail_outbox (id, kind, person, address, lang, sealed, once_key, state, why, run_at, expires_at, created_at, created_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, $12)
		on conflict (once_key) do nothing`,
		n.id, n.m.Kind, n.m.Person, n.m.To, n.m.Lang, n.sealed, db.NullID(n.m.Key), n.state, n.why, t.Now, n.m.Expires, n.by)
	return err
}

// taken is a message that a worker has taken.
type taken struct {
	ID        string   `db:"id"`
	Address   string   `db:"address"`
	Person    string   `db:"person"`
	Lang      string   `db:"lang"`
	Sealed    string   `db:"sealed"`
	Attempt   int      `db:"attempt"`
	Fence     int64    `db:"fence"`
	ExpiresAt clock.Ms `db:"expires_at"`
	CreatedAt clock.Ms `db:"created_at"`
}

// dueNow is the condition of what is to be sent: its time has come, or lies so
// far ahead that the clock must have been set back since.
const dueNow = `state = 'waiting' and (run_at <= $1 or run_at > $2)`

// deadNow is the same of what a worker took and never reported.
const deadNow = `state = 'sending' and (locked_until < $1 or locked_until > $2)`

// due says whether there is anything to do.
func due(t *db.Tx) (bool, error) {
	n, err := db.One[int](t, `select count(*) from (select id from mail_outbox
		where (`+dueNow+`) or (state = 'sending' and (locked_until < $1 or locked_until > $3)) limit 1) found`,
		t.Now, t.Now.Add(2*maxWait), t.Now.Add(2*lease))
	return n > 0, err
}

// reap puts in doubt what dead workers were sending. Rows that another
// transaction holds are about to be reported, and are passed over.
func reap(t *db.Tx) (int64, error) {
	return t.Exec(`update mail_outbox set state = 'doubt', why = 'died', locked_until = 0
		where id in (select id from mail_outbox where `+deadNow+t.LockSkip()+`)`, t.Now, t.Now.Add(2*lease))
}

// expire ends messages whose time is over.
func expire(t *db.Tx) error {
	_, err := t.Exec(`update mail_outbox set state = 'given-up', why = 'expired', sealed = '', ended_at = $1
		where id in (select id from mail_outbox where state = 'waiting' and expires_at > 0 and expires_at < $1`+t.LockSkip()+`)`, t.Now)
	return err
}

// claim takes the message that has waited longest.
func claim(t *db.Tx) (taken, bool, error) {
	return db.Maybe[taken](t, `update mail_outbox set state = 'sending', attempt = attempt + 1, fence = fence + 1, locked_until = $3
		where id in (select id from mail_outbox where `+dueNow+` order by run_at, id limit 1`+t.LockSkip()+`)
		returning id, address, person, lang, sealed, attempt, fence, expires_at, created_at`,
		t.Now, t.Now.Add(2*maxWait), t.Now.Add(lease))
}

// outcome is what became of an attempt.
type outcome struct {
	state State
	why   Why
	reply string
	runAt clock.Ms // for Waiting
}

// end stores an outcome; false where the row is this worker's no more. A
// worker that was thought dead still says what became of the message.
func end(t *db.Tx, r taken, o outcome) (bool, error) {
	ended, runAt := t.Now, t.Now
	if !o.state.over() {
		ended = 0
	}
	if o.state == Waiting {
		runAt = o.runAt
	}
	n, err := t.Exec(`update mail_outbox set state = $3, why = $4, reply = $5, run_at = $6, ended_at = $7, locked_until = 0,
			sealed = case when $8 then '' else sealed end
		where id = $1 and fence = $2 and state in ('sending', 'doubt')`, r.ID, r.Fence, o.state, o.why, o.reply, runAt, ended, o.done())
	return n == 1, err
}

func withdraw(t *db.Tx, person, kind string) error {
	_, err := t.Exec(`update mail_outbox set state = 'dropped', why = 'person', sealed = '', ended_at = $3, fence = fence + 1
		where person = $1 and kind = $2 and state in ('waiting', 'held', 'doubt', 'bounced', 'given-up')`, person, kind, t.Now)
	if err != nil {
		return err
	}
	// One that is on its way may arrive; it is not tried again.
	_, err = t.Exec(`update mail_outbox set expires_at = $3 where person = $1 and kind = $2 and state = 'sending'`, person, kind, t.Now)
	return err
}

func quarantined(t *db.Tx) (bool, error) {
	n, err := db.One[int](t, `select count(*) from mail_quarantine`)
	return n > 0, err
}

// Find returns a message; NotFound where there is none.
func Find(t *db.Tx, id string) (Row, error) {
	return db.One[Row](t, `select `+columns+` from mail_outbox where id = $1`, id)
}

// List returns messages, the newest first.
func List(t *db.Tx, f Filter) ([]Row, error) {
	q := db.NewQ(`select ` + columns + ` from mail_outbox where 1 = 1`)
	if f.State != "" {
		q.Add(`and state = $1`, f.State)
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

// decide stores a decision under a new fence, so that a worker that comes
// late changes nothing of it; false where the row has moved on.
func decide(t *db.Tx, r Row, to State) (bool, error) {
	ended := clock.Ms(0)
	if to.over() {
		ended = t.Now
	}
	n, err := t.Exec(`update mail_outbox set state = $3, why = $4, run_at = $5, ended_at = $6, fence = fence + 1, locked_until = 0,
			attempt = case when $7 then 0 else attempt end, sealed = case when $7 then sealed else '' end
		where id = $1 and state = $2`, r.ID, r.State, to, WhyPerson, t.Now, ended, to == Waiting)
	return n == 1, err
}

// findForChange is Find, with the row kept for this transaction.
func findForChange(t *db.Tx, id string) (Row, error) {
	return db.One[Row](t, `select `+columns+` from mail_outbox where id = $1`+t.Lock(), id)
}

// hold holds all that is not sent, and what a worker may have been sending
// when the backup was made.
func hold(t *db.Tx) error {
	_, err := t.Exec(`update mail_outbox set state = 'held', why = 'restore', fence = fence + 1, locked_until = 0 where state in ('waiting', 'sending')`)
	if err != nil {
		return err
	}
	_, err = t.Exec(`insert into mail_quarantine (id, since) values ('restore', $1) on conflict (id) do nothing`, t.Now)
	return err
}

// release ends the quarantine.
func release(t *db.Tx, to State) (int64, error) {
	_, err := t.Exec(`delete from mail_quarantine`)
	if err != nil {
		return 0, err
	}
	if to == Waiting {
		return t.Exec(`update mail_outbox set state = 'waiting', why = '', run_at = $1, attempt = 0 where state = 'held'`, t.Now)
	}
	return t.Exec(`update mail_outbox set state = 'dropped', why = 'person', sealed = '', ended_at = $1 where state = 'held'`, t.Now)
}

// count is a number of messages in a state.
type count struct {
	State State `db:"state"`
	N     int   `db:"n"`
}

func overview(t *db.Tx) (Overview, error) {
	o := Overview{ByState: map[State]int{}}
	counts, err := db.All[count](t, `select state, count(*) as n from mail_outbox group by state`)
	if err != nil {
		return o, err
	}
	for _, c := range counts {
		o.ByState[c.State] = c.N
	}
	o.Late, err = db.One[clock.Ms](t, `select min(created_at) from mail_outbox where state = 'waiting' and run_at <= $1`, t.Now)
	if err != nil {
		return o, err
	}
	o.Held, err = db.One[clock.Ms](t, `select min(since) from mail_quarantine`)
	return o, err
}

// Kinds lists the kinds of which there are messages.
func Kinds(t *db.Tx) ([]string, error) {
	return db.All[string](t, `select distinct kind from mail_outbox order by kind`)
}

func setBounce(t *db.Tx, hash string, why Why) error {
	_, err := t.Exec(`insert into mail_bounce (address, at, why) values ($1, $2, $3)
		on conflict (address) do update set at = excluded.at, why = excluded.why`, hash, t.Now, why)
	return err
}

func clearBounce(t *db.Tx, hash string) error {
	_, err := t.Exec(`delete from mail_bounce where address = $1`, hash)
	return err
}

func bounceOf(t *db.Tx, hash string) (Bounce, bool, error) {
	return db.Maybe[Bounce](t, `select at, why from mail_bounce where address = $1`, hash)
}

// prune ends messages whose time is over, drops what failed ones say once
// nobody sent them again, and rows whose end lies long ago.
func prune(t *db.Tx) error {
	err := expire(t)
	if err != nil {
		return err
	}
	_, err = t.Exec(`update mail_outbox set sealed = '' where sealed <> '' and state <> 'sending'
		and ((ended_at > 0 and ended_at < $1) or (expires_at > 0 and expires_at < $2))`, t.Now.Add(-keepSaid), t.Now)
	if err != nil {
		return err
	}
	_, err = t.Exec(`delete from mail_outbox where ended_at > 0 and ended_at < $1`, t.Now.Add(-keep))
	if err != nil {
		return err
	}
	_, err = t.Exec(`delete from mail_bounce where at < $1`, t.Now.Add(-keepBounce))
	return err
}
