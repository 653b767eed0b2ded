package db

import (
	"context"
	"errors"
	"fmt"

	"ayni/internal/kernel/errs"
)

// Vacuum writes an SQLite database anew, so that its file holds its rows and
// nothing of what rows held before. Writers wait meanwhile, readers do not.
// On PostgreSQL it does nothing: the server clears up by itself.
func (d *DB) Vacuum(ctx context.Context) error {
	if d.Engine != SQLite {
		return nil
	}
	_, err := d.w.ExecContext(ctx, `vacuum`)
	if err != nil {
		return d.door(fmt.Errorf("vacuum: %w", err))
	}
	return nil
}

// Checkpoint brings everything from the write-ahead log of an SQLite database
// into its file and empties the log. Busy where a reader still needs the log.
func (d *DB) Checkpoint(ctx context.Context) error {
	if d.Engine != SQLite {
		return nil
	}
	var busy, frames, moved int
	err := d.w.QueryRowContext(ctx, `pragma wal_checkpoint(truncate)`).Scan(&busy, &frames, &moved)
	if err != nil {
		return d.door(fmt.Errorf("checkpoint: %w", err))
	}
	if busy != 0 {
		return &errs.Error{Kind: errs.Busy, Cause: errors.New("checkpoint: a reader still needs the log")}
	}
	return nil
}
