package db

import (
	"database/sql"
	"strconv"
	"strings"
)

// The few places where the engines differ.

// readOptions: PostgreSQL needs to be told that all queries see one snapshot;
// SQLite's deferred transaction does so by itself.
func (d *DB) readOptions() *sql.TxOptions {
	if d.Engine == Postgres {
		return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return nil
}

// Lock is the clause that keeps a selected row for this transaction. SQLite
// needs none: its one writer holds the whole database. Nor does a transaction
// that only reads: its snapshot stays as it is, and PostgreSQL would refuse.
func (t *Tx) Lock() string {
	if t.DB.Engine == Postgres && t.write {
		return " for update"
	}
	return ""
}

// LockSkip is Lock for a queue: rows that another transaction holds are passed over.
func (t *Tx) LockSkip() string {
	if t.DB.Engine == Postgres {
		return " for update skip locked"
	}
	return ""
}

// Q builds a query from fragments. Each fragment numbers its own placeholders
// from $1; Add renumbers them.
type Q struct {
	sql  strings.Builder
	Args []any
}

// NewQ begins a query.
func NewQ(fragment string, args ...any) *Q {
	q := &Q{}
	return q.Add(fragment, args...)
}

// Add appends a fragment with its arguments.
func (q *Q) Add(fragment string, args ...any) *Q {
	if q.sql.Len() > 0 {
		q.sql.WriteByte('\n')
	}
	base := len(q.Args)
	for i := 0; i < len(fragment); i++ {
		c := fragment[i]
		if c != '$' || i+1 == len(fragment) || fragment[i+1] < '0' || fragment[i+1] > '9' {
			q.sql.WriteByte(c)
			continue
		}
		n := 0
		for i+1 < len(fragment) && fragment[i+1] >= '0' && fragment[i+1] <= '9' {
			i++
			n = n*10 + int(fragment[i]-'0')
		}
		q.sql.WriteByte('$')
		q.sql.WriteString(strconv.Itoa(base + n))
	}
	q.Args = append(q.Args, args...)
	return q
}

// AddPart appends a part made elsewhere, such as access.Where.
func (q *Q) AddPart(p Part) *Q { return q.Add(p.SQL, p.Args...) }

// In appends "prefix (…)" with one placeholder a value; no value matches nothing.
func In[T any](q *Q, prefix string, values []T) *Q {
	if len(values) == 0 {
		return q.Add(prefix + " (null)")
	}
	var b strings.Builder
	b.WriteString(prefix)
	b.WriteString(" (")
	args := make([]any, len(values))
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(i + 1))
		args[i] = v
	}
	b.WriteByte(')')
	return q.Add(b.String(), args...)
}

// SQL is the text so far.
func (q *Q) SQL() string { return q.sql.String() }

// Part is a fragment that an owner of tables gives to others to compose: its
// placeholders are numbered from $1.
type Part struct {
	SQL  string
	Args []any
}

// Like escapes a text for LIKE … ESCAPE '\': the text stands for itself.
func Like(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// NullID turns an empty identifier into NULL, for optional references.
func NullID(id string) any {
	if id == "" {
		return nil
	}
	return id
}
