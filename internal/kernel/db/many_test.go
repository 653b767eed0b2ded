package db_test

import (
	"fmt"
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

func TestInsertManyTakesAnyNumberOfRows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const head, tail = `insert into job_schedule (name, next_at, last_at)`, `on conflict (name) do update set next_at = job_schedule.next_at + excluded.next_at`
		for _, count := range []int{0, 1, 2, 3, 35, 64, 1500} {
			write(t, d, func(tx *db.Tx) error {
				_, err := tx.Exec(`delete from job_schedule`)
				if err != nil {
					return err
				}
				rows := make([][]any, count)
				for i := range rows {
					rows[i] = []any{fmt.Sprintf("%05d", i), i, 0}
				}
				err = db.InsertMany(tx, head, ``, rows)
				if err != nil {
					return err
				}
				// A second time each row is there already.
				return db.InsertMany(tx, head, tail, rows)
			})
			var sum int64
			read(t, d, func(tx *db.Tx) error {
				var err error
				sum, err = db.One[int64](tx, `select coalesce(sum(next_at), 0) from job_schedule`)
				return err
			})
			if sum != int64(count*(count-1)) {
				t.Errorf("%d rows: sum %d", count, sum)
			}
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return db.InsertMany(tx, head, ``, [][]any{{"a", 1, 0}, {"b"}})
		})
		if err == nil {
			t.Error("rows of different length are taken")
		}
	})
}
