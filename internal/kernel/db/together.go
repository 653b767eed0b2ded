package db

import (
	"context"
	"database/sql"

	"ayni/internal/kernel/clock"
)

type nowKey struct{}

// WithNow returns a context under which the Now of transactions is the given
// instant. It is for what is brought in after it happened and is kept as of
// its day: the life of the demo's example, a history from elsewhere. Whether
// somebody may come in is not asked under such a context, and the audit's
// chain keeps the order of writing whatever the instants say.
func WithNow(ctx context.Context, at clock.Ms) context.Context {
	return context.WithValue(ctx, nowKey{}, at)
}

// now is the instant at which a transaction under a context begins.
func (d *DB) now(ctx context.Context) clock.Ms {
	if at, ok := ctx.Value(nowKey{}).(clock.Ms); ok {
		return at
	}
	return d.Clock.Now()
}

type togetherKey struct{}

// together is one transaction that the reads and writes under a context are
// parts of.
type together struct {
	d    *DB
	tx   *sql.Tx
	fail error // of the first part that failed
}

// Together runs fn so that whatever is read and written on this database under
// the context fn is given belongs to one write transaction: all of it is there
// in the end or none. What a part asks for after its commit runs at the part's
// end, before the next one. A part that fails fails the whole, even if fn goes
// on: PostgreSQL would let nothing more in. fn may be run again, see Write.
func (d *DB) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	return d.Write(ctx, func(t *Tx) error {
		whole := &together{d: d, tx: t.tx}
		err := fn(context.WithValue(ctx, togetherKey{}, whole))
		if err == nil {
			err = whole.fail
		}
		return err
	})
}

// part returns the transaction that ctx belongs to, nil for none on this database.
func (d *DB) part(ctx context.Context) *together {
	whole, ok := ctx.Value(togetherKey{}).(*together)
	if !ok || whole.d != d {
		return nil
	}
	return whole
}

func (p *together) write(ctx context.Context, fn func(*Tx) error) error {
	t := &Tx{Now: p.d.now(ctx), DB: p.d, ctx: ctx, tx: p.tx, write: true}
	err := fn(t)
	for _, after := range t.after {
		if err != nil {
			break
		}
		err = after(ctx)
	}
	if err != nil && p.fail == nil {
		p.fail = err
	}
	return p.d.door(err)
}

func (p *together) read(ctx context.Context, fn func(*Tx) error) error {
	return p.d.door(fn(&Tx{Now: p.d.now(ctx), DB: p.d, ctx: ctx, tx: p.tx}))
}
