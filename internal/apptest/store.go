package apptest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/migrate"
)

// written counts the rows that were inserted, changed or deleted so far by the
// connection of the transaction that ctx belongs to.
func (h *House) written(ctx context.Context) (n int64, err error) {
	err = h.D.Write(ctx, func(t *db.Tx) error {
		var err error
		if h.D.Engine == db.Postgres {
			n, err = db.One[int64](t, `select cast(coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) as bigint) from pg_stat_xact_user_tables`)
		} else {
			n, err = db.One[int64](t, `select total_changes()`)
		}
		return err
	})
	return n, err
}

// sum puts checksums of tables into one, with the length of the audit.
func (h *House) sum(sums map[string]string) string {
	h.Helper()
	all := sha256.New()
	for _, table := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintln(all, table, sums[table])
	}
	err := h.D.Read(context.Background(), func(t *db.Tx) error {
		n, err := db.Count(t, "audit")
		fmt.Fprintln(all, n)
		return err
	})
	h.OK(err)
	return hex.EncodeToString(all.Sum(nil))
}

// undumped are tables whose rows say nothing about what a form did: reference
// lists that no test changes, and what only the way to a form needs.
var undumped = []string{"schema_migration", "ref_item", "ref_list", "ref_source", "session", "form_key", "access_link"}

// Dump is what the database holds, one row a line and sorted, under the context
// of a trial or another.
func (h *House) Dump(ctx context.Context) []string {
	h.Helper()
	var out []string
	err := h.D.Read(ctx, func(t *db.Tx) error {
		out = nil
		tables, err := db.Tables(t)
		if err != nil {
			return err
		}
		ours := migrate.Tables()
		for _, table := range tables {
			if _, known := ours[table]; !known || slices.Contains(undumped, table) {
				continue
			}
			lines, err := rows(t, table)
			if err != nil {
				return fmt.Errorf("dump %s: %w", table, err)
			}
			out = append(out, lines...)
		}
		return nil
	})
	h.OK(err)
	slices.Sort(out)
	return out
}

func rows(t *db.Tx, table string) ([]string, error) {
	r, err := t.Rows(`select * from "` + table + `"`)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	names, err := r.Columns()
	if err != nil {
		return nil, err
	}
	var out []string
	for r.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		err := r.Scan(into...)
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		b.WriteString(table)
		for i, v := range values {
			if bytes, ok := v.([]byte); ok {
				v = string(bytes)
			}
			fmt.Fprintf(&b, " %s=%v", names[i], v)
		}
		out = append(out, b.String())
	}
	return out, r.Err()
}

// blockAudit makes the audit of an SQLite database take no row any more.
func (h *House) blockAudit() {
	h.Helper()
	h.OK(h.D.Write(context.Background(), func(t *db.Tx) error {
		_, err := t.Exec(`create trigger no_audit before insert on audit begin select raise(abort, 'the audit takes no row'); end`)
		return err
	}))
}
