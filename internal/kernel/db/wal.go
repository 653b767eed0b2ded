package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// WALLimit is how large the log beside an SQLite file stays, in bytes, once
// nobody reads an old state of the database any more.
const WALLimit = 32 << 20

// WALWorry is the size of that log from which somebody should look who holds
// an old state open for so long.
const WALWorry = 2 * WALLimit

// WAL is the size of the log beside an SQLite file, in bytes: what was
// committed and is not in the file itself yet. It is 0 on PostgreSQL.
func (d *DB) WAL() (int64, error) {
	if d.Engine != SQLite {
		return 0, nil
	}
	info, err := os.Stat(d.path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("log of the database: %w", err)
	}
	return info.Size(), nil
}

// Settle brings what the log beside an SQLite file holds into the file, as
// far as no reader needs the old state, and makes a log that is all brought
// over small again. It waits for nobody. The engine does so by itself after
// every few writes; this is for a log that grew under a long reader.
func (d *DB) Settle(ctx context.Context) error {
	if d.Engine != SQLite || d.readOnly {
		return nil
	}
	// The one connection for writing is held, so that no write is in the way.
	c, err := d.w.Conn(ctx)
	if err != nil {
		return d.door(fmt.Errorf("settle the log: %w", err))
	}
	defer c.Close()
	var busy, inLog, brought int64
	err = c.QueryRowContext(ctx, `pragma wal_checkpoint(passive)`).Scan(&busy, &inLog, &brought)
	if err != nil {
		return d.door(fmt.Errorf("settle the log: %w", err))
	}
	if busy != 0 || inLog != brought {
		return nil // a reader needs it, or another process is at it
	}
	_, err = c.ExecContext(ctx, `pragma busy_timeout(0)`)
	if err != nil {
		return d.door(fmt.Errorf("settle the log: %w", err))
	}
	err = c.QueryRowContext(ctx, `pragma wal_checkpoint(truncate)`).Scan(&busy, &inLog, &brought)
	_, restored := c.ExecContext(context.WithoutCancel(ctx), `pragma `+busyTimeout)
	err = errors.Join(err, restored)
	if err != nil {
		return d.door(fmt.Errorf("settle the log: %w", err))
	}
	return nil
}
