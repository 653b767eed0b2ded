package audit

import (
	"context"
	"fmt"

	"ayni/internal/kernel/db"
)

// Rows that one transaction of the sealer chains, and that one statement of
// it writes: few enough that nobody waits for long.
const (
	sealBatch     = 4000
	sealStatement = 500
)

// sealLock is the advisory lock of PostgreSQL that the sealer holds: any
// number that nobody else uses in this database.
const sealLock = 0x41796e69_0001

// Seal chains the committed rows that have no number yet, oldest first, and
// returns how many. Any number of processes may call it: they take turns. On
// SQLite Write has chained every row, and only rows that another engine left
// unchained are found.
func Seal(ctx context.Context, d *db.DB) (int, error) {
	total := 0
	for {
		n := 0
		err := d.Write(ctx, func(t *db.Tx) error {
			var err error
			n, err = seal(t)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("seal the audit: %w", err)
		}
		total += n
		if n < sealBatch {
			return total, nil
		}
	}
}

func seal(t *db.Tx) (int, error) {
	if t.DB.Engine == db.Postgres {
		// The statements after this one see what the holder before us has committed.
		_, err := t.Exec(`select pg_advisory_xact_lock($1)`, int64(sealLock))
		if err != nil {
			return 0, err
		}
	}
	rows, err := unsealed(t, sealBatch)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	head, err := Last(t)
	if err != nil {
		return 0, err
	}
	for i := range rows {
		rows[i].chain(head)
		head = rows[i].head()
	}
	for start := 0; start < len(rows); start += sealStatement {
		some := rows[start:min(start+sealStatement, len(rows))]
		n, err := setChain(t, some)
		if err != nil {
			return 0, err
		}
		if n != int64(len(some)) {
			return 0, fmt.Errorf("chained %d rows of %d", n, len(some))
		}
	}
	return len(rows), nil
}
