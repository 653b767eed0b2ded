package audit

import (
	"strconv"
	"strings"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

const entryColumns = `a.id, a.seq, a.at, a.actor, a.action, a.kind, a.record, a.context, a.audience, a.title, a.version, a.changes, a.prev, a.hash`

func insertEntry(t *db.Tx, e entry) error {
	var seq any
	if e.Seq != 0 {
		seq = e.Seq
	}
	return t.ExecOne(`insert into audit (id, seq, at, actor, action, kind, record, context, audience, title, version, changes, prev, hash)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		e.ID, seq, e.At, e.Actor, e.Action, e.Kind, e.Record, e.Context, e.Audience, e.Title, e.Version, e.Changes, e.Prev, e.Hash)
}

// insertPersonal writes the personal values of one row, in one statement.
func insertPersonal(t *db.Tx, entry string, values []personal) error {
	if len(values) == 0 {
		return nil
	}
	q := db.NewQ(`insert into audit_personal (audit_id, field, salt, value) values`)
	for i, p := range values {
		if i > 0 {
			q.Add(`,`)
		}
		q.Add(`($1, $2, $3, $4)`, entry, p.Field, p.Salt, p.Value)
	}
	_, err := t.Exec(q.SQL(), q.Args...)
	return err
}

func keepVersion(t *db.Tx, kind, record string, version int64, after string) error {
	_, err := t.Exec(`insert into record_version (kind, record, version, at, fields) values ($1, $2, $3, $4, $5)
		on conflict (kind, record, version) do update set at = excluded.at, fields = excluded.fields`,
		kind, record, version, t.Now, after)
	return err
}

// keepVersions also writes the version that is now superseded again: its time
// starts here, and it may have been pruned while it was the present one.
func keepVersions(t *db.Tx, kind, record string, version int64, before, after string) error {
	_, err := t.Exec(`insert into record_version (kind, record, version, at, fields) values ($1, $2, $3, $5, $6), ($1, $2, $4, $5, $7)
		on conflict (kind, record, version) do update set at = excluded.at, fields = excluded.fields`,
		kind, record, version-1, version, t.Now, before, after)
	return err
}

func fieldsAt(t *db.Tx, kind, record string, version int64) (string, bool, error) {
	return db.Maybe[string](t, `select fields from record_version where kind = $1 and record = $2 and version = $3`, kind, record, version)
}

func pruneVersions(t *db.Tx, before clock.Ms) (int64, error) {
	return t.Exec(`delete from record_version where at < $1`, before)
}

func deleteVersions(t *db.Tx, kind, record string) error {
	_, err := t.Exec(`delete from record_version where kind = $1 and record = $2`, kind, record)
	return err
}

func deletePersonal(t *db.Tx, kind, record string) error {
	_, err := t.Exec(`delete from audit_personal where audit_id in (select id from audit where kind = $1 and record = $2)`, kind, record)
	return err
}

// naming are the records of some kinds whose changes say an id.
func naming(t *db.Tx, kinds []string, id string) ([]recordKey, error) {
	q := db.In(db.NewQ(`select distinct a.kind, a.record from audit a where`), "a.kind in", kinds)
	q.Add(`and a.changes like $1`, `%"`+id+`"%`)
	return db.All[recordKey](t, q.SQL(), q.Args...)
}

// ValueKey names a personal value.
type ValueKey struct {
	AuditID string `db:"audit_id"`
	Field   string `db:"field"`
}

// ValuesBefore are personal values of rows written before an instant, the
// oldest first: of some fields, or of all where none is named.
func ValuesBefore(t *db.Tx, before clock.Ms, fields []string, limit int) ([]ValueKey, error) {
	q := db.NewQ(`select p.audit_id, p.field from audit a join audit_personal p on p.audit_id = a.id where a.at < $1`, before)
	if fields != nil {
		db.In(q, "and p.field in", fields)
	}
	q.Add(`order by a.at, p.audit_id, p.field limit $1`, limit)
	return db.All[ValueKey](t, q.SQL(), q.Args...)
}

// DropValues deletes personal values. The chain stays whole: its rows hold
// only their hashes.
func DropValues(t *db.Tx, values []ValueKey) error {
	for _, v := range values {
		_, err := t.Exec(`delete from audit_personal where audit_id = $1 and field = $2`, v.AuditID, v.Field)
		if err != nil {
			return err
		}
	}
	return nil
}

// recordKey names a record.
type recordKey struct {
	Kind   string `db:"kind"`
	Record string `db:"record"`
}

// earlier are the stored personal values of some fields of a record.
func earlier(t *db.Tx, kind, record string, fields []string) ([]personal, error) {
	q := db.NewQ(`select p.audit_id, p.field, p.salt, p.value from audit_personal p join audit a on a.id = p.audit_id
		where a.kind = $1 and a.record = $2`, kind, record)
	q = db.In(q, "and p.field in", fields)
	return db.All[personal](t, q.SQL(), q.Args...)
}

// Last returns the head of the chain.
func Last(t *db.Tx) (Head, error) {
	head, _, err := db.Maybe[Head](t, `select seq, hash from audit where seq is not null order by seq desc limit 1`)
	return head, err
}

func headAt(t *db.Tx, seq int64) (Head, error) {
	head, _, err := db.Maybe[Head](t, `select seq, hash from audit where seq = $1`, seq)
	return head, err
}

func countUnsealed(t *db.Tx) (int64, error) {
	return db.One[int64](t, `select count(*) from audit where seq is null`)
}

// unsealed returns rows without a number, oldest first.
func unsealed(t *db.Tx, limit int) ([]entry, error) {
	return db.All[entry](t, `select `+entryColumns+` from audit a where a.seq is null order by a.at, a.id limit $1`, limit)
}

// setChain writes number, prev and hash of rows, several in a statement.
func setChain(t *db.Tx, rows []entry) (int64, error) {
	var b strings.Builder
	b.WriteString(`update audit set seq = v.column2, prev = v.column3, hash = v.column4 from (values `)
	args := make([]any, 0, 4*len(rows))
	for i, e := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		for j, cast := range []string{"(cast($", " as text), cast($", " as bigint), cast($", " as text), cast($"} {
			b.WriteString(cast)
			b.WriteString(strconv.Itoa(4*i + j + 1))
		}
		b.WriteString(" as text))")
		args = append(args, e.ID, e.Seq, e.Prev, e.Hash)
	}
	b.WriteString(`) as v where audit.id = v.column1 and audit.seq is null`)
	return t.Exec(b.String(), args...)
}

// entriesAfter returns chained rows in the order of their numbers. The id is
// part of the place, so that a number that stands twice is seen twice.
func entriesAfter(t *db.Tx, seq int64, id string, limit int) ([]entry, error) {
	return db.All[entry](t, `select `+entryColumns+` from audit a
		where a.seq is not null and (a.seq, a.id) > ($1, $2) order by a.seq, a.id limit $3`, seq, id, limit)
}

// personalBetween returns the personal values of the rows with these numbers.
func personalBetween(t *db.Tx, first, last int64) (map[string][]personal, error) {
	return byEntry(t, db.NewQ(`select p.audit_id, p.field, p.salt, p.value from audit_personal p
		join audit a on a.id = p.audit_id where a.seq between $1 and $2`, first, last))
}

// personalOf returns the personal values of rows.
func personalOf(t *db.Tx, ids []string) (map[string][]personal, error) {
	return byEntry(t, db.In(db.NewQ(`select p.audit_id, p.field, p.salt, p.value from audit_personal p where`), "p.audit_id in", ids))
}

func byEntry(t *db.Tx, q *db.Q) (map[string][]personal, error) {
	out := map[string][]personal{}
	err := db.Each(t, func(p personal) error {
		out[p.AuditID] = append(out[p.AuditID], p)
		return nil
	}, q.SQL(), q.Args...)
	return out, err
}

func list(t *db.Tx, f Filter) ([]entry, error) {
	q := db.NewQ(`select ` + entryColumns + ` from audit a where 1 = 1`)
	for _, is := range []struct{ column, value string }{
		{"a.kind", f.Kind}, {"a.record", f.Record}, {"a.context", f.Context}, {"a.actor", f.Actor},
	} {
		if is.value != "" {
			q.Add(`and `+is.column+` = $1`, is.value)
		}
	}
	if f.Since != 0 {
		q.Add(`and a.at >= $1`, f.Since)
	}
	if f.After != (Place{}) {
		q.Add(`and (a.at, a.id) < ($1, $2)`, f.After.At, f.After.ID)
	}
	if f.Only.SQL != "" {
		q.Add(`and (`).AddPart(f.Only).Add(`)`)
	}
	q.Add(`order by a.at desc, a.id desc limit $1`, f.Limit)
	return db.All[entry](t, q.SQL(), q.Args...)
}
