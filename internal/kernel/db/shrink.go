package db

import (
	"context"
	"database/sql"
	"fmt"
)

// Shrink makes SQLite give its page caches back, on every connection that is
// free at the moment; the next query fills them again. PostgreSQL keeps its
// own memory and is left alone.
func (d *DB) Shrink(ctx context.Context) error {
	if d.Engine != SQLite {
		return nil
	}
	for _, pool := range []*sql.DB{d.w, d.r} {
		if pool == nil {
			continue
		}
		// All free connections are held at once, so that each is met.
		var held []*sql.Conn
		for range pool.Stats().Idle {
			c, err := pool.Conn(ctx)
			if err != nil {
				break
			}
			held = append(held, c)
		}
		var failed error
		for _, c := range held {
			_, err := c.ExecContext(ctx, `pragma shrink_memory`)
			if err != nil {
				failed = fmt.Errorf("shrink: %w", err)
			}
			err = c.Close()
			if err != nil {
				failed = fmt.Errorf("shrink: %w", err)
			}
		}
		if failed != nil {
			return d.door(failed)
		}
	}
	return nil
}
