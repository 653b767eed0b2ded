// Package db opens the database and runs transactions on either engine:
// SQLite (embedded, one writer, few readers) or PostgreSQL. One SQL text with
// $1 placeholders serves both; what differs stands in dialect.go.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
)

// Engine names a database engine.
type Engine string

// The two engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// readers bounds the read connections of SQLite: each holds its own cache.
const readers = 4

// maxWaiting bounds the reads that wait for a connection; beyond it the
// answer is Busy at once, so that a flood can't pile up.
const maxWaiting = 128

// Options say what to open. Exactly one of Path and URL is set.
type Options struct {
	Path     string            // the SQLite file
	URL      string            // postgres://…
	Clock    *clock.Clock      // nil means the system's clock
	ReadOnly bool              // open beside a running server; Write fails
	Uniques  map[string]string // unique index by "table.column, table.column" (see migrate.Uniques)
	Log      *slog.Logger      // for what fails after a commit; nil means slog.Default
}

// DB is an open database.
type DB struct {
	Engine   Engine
	Clock    *clock.Clock
	w, r     *sql.DB
	slots    chan struct{}
	waiting  chan struct{}
	uniques  map[string]string
	readOnly bool
	path     string // of an SQLite file
	log      *slog.Logger
	signals  signals
}

// Open opens the database; it does not migrate it.
func Open(ctx context.Context, o Options) (*DB, error) {
	d := &DB{Clock: o.Clock, uniques: o.Uniques, readOnly: o.ReadOnly, log: o.Log}
	if d.Clock == nil {
		d.Clock = &clock.Clock{}
	}
	if d.log == nil {
		d.log = slog.Default()
	}
	d.waiting = make(chan struct{}, maxWaiting)
	var err error
	if o.URL != "" {
		err = d.openPostgres(o.URL)
	} else {
		err = d.openSQLite(o.Path, o.ReadOnly)
	}
	if err != nil {
		return nil, err
	}
	err = d.r.PingContext(ctx)
	if err != nil {
		d.Close()
		return nil, d.door(fmt.Errorf("open database: %w", err))
	}
	return d, nil
}

// How long PostgreSQL is waited for: a lock that another transaction holds, as
// long as SQLite waits for its writer, and an answer to a new connection.
const (
	lockTimeout    = "5s"
	connectTimeout = 5 * time.Second
)

func (d *DB) openPostgres(address string) error {
	d.Engine = Postgres
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	if c.RuntimeParams["lock_timeout"] == "" {
		c.RuntimeParams["lock_timeout"] = lockTimeout
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	w := stdlib.OpenDB(*c)
	w.SetMaxOpenConns(24)
	w.SetMaxIdleConns(8)
	w.SetConnMaxIdleTime(5 * time.Minute)
	d.w, d.r = w, w
	d.slots = make(chan struct{}, 16)
	return nil
}

func (d *DB) openSQLite(path string, readOnly bool) error {
	d.Engine = SQLite
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	d.path = abs
	if !readOnly {
		// Made here so that the file and its WAL are for the owner alone.
		f, err := os.OpenFile(abs, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("open %s: %w", path, err)
		}
		f.Close()
	}
	r, err := openLite(d.dsn("&_pragma=query_only(1)" + still(readOnly, abs)))
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	r.SetMaxOpenConns(readers)
	r.SetMaxIdleConns(readers)
	d.r = r
	d.slots = make(chan struct{}, readers)
	if readOnly {
		return nil
	}
	w, err := openLite(d.dsn("&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)&_pragma=journal_size_limit(" + strconv.Itoa(WALLimit) + ")&_txlock=immediate"))
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	w.SetMaxOpenConns(1)
	w.SetMaxIdleConns(1)
	d.w = w
	// The writer opens first: it turns the file to WAL, which readers need.
	err = w.Ping()
	if err != nil {
		return d.door(fmt.Errorf("open %s: %w", path, err))
	}
	return nil
}

// still says to SQLite that nobody changes the file, where it lies on a disk
// that only lets read and nothing is left in its log: otherwise it wants to
// make a file beside it, even for reading.
func still(readOnly bool, path string) string {
	const mayWrite = 2
	if !readOnly || !errors.Is(syscall.Access(filepath.Dir(path), mayWrite), syscall.EROFS) {
		return ""
	}
	info, err := os.Stat(path + "-wal")
	if err == nil && info.Size() > 0 {
		return ""
	}
	return "&immutable=1"
}

// busyTimeout is how long a connection to an SQLite file waits for another
// process that writes, in milliseconds.
const busyTimeout = "busy_timeout(5000)"

// dsn is how a connection to the SQLite file is opened.
func (d *DB) dsn(extra string) string {
	// mode=rw: a file that isn't there is an error, not an empty database.
	return "file:" + (&url.URL{Path: d.path}).EscapedPath() + "?mode=rw&_pragma=" + busyTimeout + "&_pragma=foreign_keys(1)&_pragma=cache_size(-8192)" + extra
}

// Close closes all connections.
func (d *DB) Close() error {
	var err error
	if d.w != nil {
		err = d.w.Close()
	}
	if d.r != nil && d.r != d.w {
		err = errors.Join(err, d.r.Close())
	}
	return err
}

// Tx is one transaction. Now is the same instant throughout.
type Tx struct {
	Now   clock.Ms
	DB    *DB
	ctx   context.Context
	tx    *sql.Tx
	write bool
	after []func(context.Context) error
	memo  map[string]any
	open  bool // rows of a query are being read
}

// Context is the context the transaction runs under.
func (t *Tx) Context() context.Context { return t.ctx }

// AfterCommit runs fn once the transaction has been committed, before Write
// returns. What fn fails with is logged; the commit stands.
func (t *Tx) AfterCommit(fn func(context.Context) error) { t.after = append(t.after, fn) }

// Once runs fn the first time it is asked for key in this transaction.
func (t *Tx) Once(key string, fn func() error) error {
	if _, done := t.memo[key]; done {
		return nil
	}
	if t.memo == nil {
		t.memo = map[string]any{}
	}
	t.memo[key] = true
	return fn()
}

// Memo returns what SetMemo kept under key in this transaction.
func (t *Tx) Memo(key string) (any, bool) {
	v, ok := t.memo[key]
	return v, ok
}

// SetMemo keeps v under key until this transaction ends.
func (t *Tx) SetMemo(key string, v any) {
	if t.memo == nil {
		t.memo = map[string]any{}
	}
	t.memo[key] = v
}

type onWriteKey struct{}

// OnWrite returns a context under which the first write transaction begins by
// running fn; the web uses it to note the idempotency key of a form together
// with the form's effect.
func OnWrite(ctx context.Context, fn func(*Tx) error) context.Context {
	return context.WithValue(ctx, onWriteKey{}, &fn)
}

// maxAttempts bounds how often a transaction is run that the engine could not
// bring to its end beside others, or that could not begin.
const maxAttempts = 5

// Write runs fn in a write transaction: committed when fn returns nil, rolled
// back otherwise. A serialisation failure is tried again, so fn must set what
// it returns from scratch.
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if d.readOnly {
		return errs.Wrap(errs.Internal, errors.New("write on a database opened for reading"))
	}
	if whole := d.part(ctx); whole != nil {
		return whole.write(ctx, fn)
	}
	hook, _ := ctx.Value(onWriteKey{}).(*func(*Tx) error)
	for attempt := 0; ; attempt++ {
		t := &Tx{Now: d.now(ctx), DB: d, ctx: ctx, write: true}
		err := d.run(ctx, d.w, nil, t, func(t *Tx) error {
			if hook != nil && *hook != nil {
				err := (*hook)(t)
				if err != nil {
					return err
				}
			}
			return fn(t)
		})
		if err == nil {
			if hook != nil {
				*hook = nil // once a request
			}
			for _, after := range t.after {
				err := after(ctx)
				if err != nil {
					d.log.ErrorContext(ctx, "after commit", "error", err)
				}
			}
			return nil
		}
		if attempt < maxAttempts-1 && retriable(err) && ctx.Err() == nil {
			time.Sleep(time.Duration(rand.IntN(20)+10*(attempt+1)) * time.Millisecond)
			continue
		}
		return d.door(err)
	}
}

// Read runs fn on one snapshot of the database. At most a few reads run at
// once; when too many wait, the answer is Busy.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	if whole := d.part(ctx); whole != nil {
		return whole.read(ctx, fn)
	}
	release, err := d.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	for attempt := 0; ; attempt++ {
		t := &Tx{Now: d.now(ctx), DB: d, ctx: ctx}
		err := d.run(ctx, d.r, d.readOptions(), t, fn)
		if attempt < maxAttempts-1 && notBegun(err) && ctx.Err() == nil {
			continue // a connection of the pool that the server has closed
		}
		return d.door(err)
	}
}

func (d *DB) slot(ctx context.Context) (release func(), err error) {
	select {
	case d.slots <- struct{}{}:
		return func() { <-d.slots }, nil
	default:
	}
	select {
	case d.waiting <- struct{}{}:
		defer func() { <-d.waiting }()
	default:
		return nil, &errs.Error{Kind: errs.Busy, Retry: 1}
	}
	select {
	case d.slots <- struct{}{}:
		return func() { <-d.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *DB) run(ctx context.Context, pool *sql.DB, o *sql.TxOptions, t *Tx, fn func(*Tx) error) error {
	tx, err := pool.BeginTx(ctx, o)
	if err != nil {
		return &beginError{err}
	}
	t.tx = tx
	done := false
	defer func() {
		if !done {
			tx.Rollback() // fn panicked or failed; the panic goes on
		}
	}()
	err = fn(t)
	if err != nil {
		return err
	}
	err = tx.Commit()
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		err = ctx.Err() // the context's end has rolled it back
	}
	if err != nil {
		return commitError(err)
	}
	done = true
	return nil
}

// Exec runs a statement and returns the number of rows it touched.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	err := t.idle(query)
	if err != nil {
		return 0, err
	}
	res, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, t.DB.door(err)
	}
	n, err := res.RowsAffected()
	return n, t.DB.door(err)
}

// ExecOne runs a statement that must touch exactly one row; NotFound otherwise.
func (t *Tx) ExecOne(query string, args ...any) error {
	n, err := t.Exec(query, args...)
	if err != nil {
		return err
	}
	if n != 1 {
		return errs.Missing()
	}
	return nil
}

// Rows runs a query for callers that need the bare rows (dump, checksum).
func (t *Tx) Rows(query string, args ...any) (*sql.Rows, error) {
	err := t.idle(query)
	if err != nil {
		return nil, err
	}
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	return rows, t.DB.door(err)
}

// idle refuses a statement while rows of another are being read: PostgreSQL
// can't, and what only SQLite can must not creep in.
func (t *Tx) idle(query string) error {
	if t.open {
		return fmt.Errorf("statement inside Each: %s", query)
	}
	return nil
}
