package personal

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ayni/internal/kernel/db"
)

// The statements of this file are made from the map; its names are those of
// the schema, which a test compares.

func quoted(name string) string { return `"` + name + `"` }

// where is the condition that a row belongs to the subject, by the columns of
// some sorts; false where the subject can have no such row.
func (t Table) where(q *db.Q, s Subject, sorts ...Is) bool {
	any := false
	for _, c := range t.of(sorts...) {
		values := s.values(c.Is)
		if len(values) == 0 {
			continue
		}
		if any {
			q.Add("or")
		} else {
			q.Add("where")
		}
		any = true
		db.In(q, quoted(c.Name)+" in", values)
	}
	return any
}

var about = []Is{ThePerson, TheAccount, TheAddress}

// shown are the columns of a table without its secrets.
func (t Table) shown(tx *db.Tx) ([]string, error) {
	all, err := db.Columns(tx, t.Name)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, c := range all {
		if !slices.ContainsFunc(t.of(Secret), func(s Column) bool { return s.Name == c.Name }) {
			out = append(out, quoted(c.Name))
		}
	}
	return out, nil
}

// Collect gives the rows about the subject, whole but for secrets, and of the
// rows that only name it the key, the columns that do, and when.
func (m Map) Collect(tx *db.Tx, s Subject) (held, named []Held, err error) {
	for _, t := range m {
		rows, err := t.rows(tx, s)
		if err != nil {
			return nil, nil, fmt.Errorf("rows about a person in %s: %w", t.Name, err)
		}
		if len(rows) > 0 {
			held = append(held, Held{t.Name, t.Label, rows})
		}
		rows, err = t.naming(tx, s)
		if err != nil {
			return nil, nil, fmt.Errorf("rows that name a person in %s: %w", t.Name, err)
		}
		if len(rows) > 0 {
			named = append(named, Held{t.Name, t.Label, rows})
		}
	}
	return held, named, nil
}

func (t Table) rows(tx *db.Tx, s Subject) ([]Row, error) {
	names, err := t.shown(tx)
	if err != nil {
		return nil, err
	}
	q := db.NewQ(`select ` + strings.Join(names, ", ") + ` from ` + quoted(t.Name))
	if !t.where(q, s, about...) {
		return nil, nil
	}
	return read(tx, q)
}

// naming are the rows that name the subject, with nothing of what they say.
func (t Table) naming(tx *db.Tx, s Subject) ([]Row, error) {
	pointers := t.of(Pointer)
	if len(pointers) == 0 {
		return nil, nil
	}
	var names []string
	for _, k := range t.key() {
		names = append(names, quoted(k))
	}
	for _, c := range pointers {
		if !slices.Contains(names, quoted(c.Name)) {
			names = append(names, quoted(c.Name))
		}
	}
	q := db.NewQ(`select ` + strings.Join(names, ", ") + ` from ` + quoted(t.Name))
	if !t.where(q, s, Pointer) {
		return nil, nil
	}
	rows, err := read(tx, q)
	ours := s.values(Pointer)
	for _, r := range rows {
		// Whoever else the row names is not told.
		maps.DeleteFunc(r, func(column string, v any) bool {
			text, _ := v.(string)
			return !slices.Contains(t.key(), column) && !slices.Contains(ours, text)
		})
	}
	return rows, err
}

// read gives rows of whatever columns a query has.
func read(tx *db.Tx, q *db.Q) ([]Row, error) {
	rows, err := tx.Rows(q.SQL(), q.Args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []Row
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		err := rows.Scan(into...)
		if err != nil {
			return nil, err
		}
		r := Row{}
		for i, name := range names {
			if b, ok := values[i].([]byte); ok {
				values[i] = string(b)
			}
			r[name] = values[i]
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Pointing counts the rows that name the subject, by table and column.
func (m Map) Pointing(tx *db.Tx, s Subject) ([]Pointed, error) {
	out := []Pointed{}
	for _, t := range m {
		for _, c := range t.of(Pointer) {
			q := db.In(db.NewQ(`select count(*) from `+quoted(t.Name)+` where`), quoted(c.Name)+" in", s.values(Pointer))
			n, err := db.One[int64](tx, q.SQL(), q.Args...)
			if err != nil {
				return nil, fmt.Errorf("rows that name a person in %s: %w", t.Name, err)
			}
			if n > 0 {
				out = append(out, Pointed{t.Name, t.Label, c.Name, n})
			}
		}
	}
	return out, nil
}

// Traces are the values by which the subject is recognised, of its rows.
func (m Map) Traces(tx *db.Tx, s Subject) ([]string, error) {
	var out []string
	for _, t := range m {
		names := t.of(Name)
		if len(names) == 0 {
			continue
		}
		var columns []string
		for _, c := range names {
			columns = append(columns, quoted(c.Name))
		}
		q := db.NewQ(`select ` + strings.Join(columns, ", ") + ` from ` + quoted(t.Name))
		if !t.where(q, s, about...) {
			continue
		}
		rows, err := read(tx, q)
		if err != nil {
			return nil, fmt.Errorf("names of a person in %s: %w", t.Name, err)
		}
		for _, r := range rows {
			for _, v := range r {
				if text, ok := v.(string); ok {
					out = append(out, text)
				}
			}
		}
	}
	return out, nil
}

// Occurring gives the rows in whose words one of the traces occurs, at most
// limit of a column.
func (m Map) Occurring(tx *db.Tx, traces []string, limit int) ([]Occurrence, error) {
	out := []Occurrence{}
	for _, t := range m {
		for _, c := range t.of(Words) {
			found, err := t.occurring(tx, c, traces, limit)
			if err != nil {
				return nil, fmt.Errorf("words that name a person in %s: %w", t.Name, err)
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

func (t Table) occurring(tx *db.Tx, c Column, traces []string, limit int) ([]Occurrence, error) {
	var keys []string
	for _, k := range t.key() {
		keys = append(keys, quoted(k))
	}
	rows, err := tx.Rows(`select ` + quoted(c.Name) + `, ` + strings.Join(keys, ", ") + ` from ` + quoted(t.Name))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Occurrence
	for rows.Next() {
		var text *string
		key := make([]any, len(keys))
		into := []any{&text}
		for i := range key {
			into = append(into, &key[i])
		}
		err := rows.Scan(into...)
		if err != nil {
			return nil, err
		}
		if text == nil || !Names(*text, traces) {
			continue
		}
		parts := make([]string, len(key))
		for i, k := range key {
			if b, ok := k.([]byte); ok {
				key[i] = string(b)
			}
			parts[i] = fmt.Sprint(key[i])
		}
		out = append(out, Occurrence{Table: t.Name, Label: t.Label, Record: strings.Join(parts, "/"), Column: c.Name, Drops: c.Fate == Dropped, key: key})
		if limit > 0 && len(out) == limit {
			break
		}
	}
	return out, rows.Err()
}

// Erase takes the subject's values out of its rows, deletes the rows about it
// alone and those in whose passing words a trace occurs. It returns what it
// did. Call it on what Present says of the database.
func (m Map) Erase(tx *db.Tx, s Subject, traces []string, marker string) ([]Change, error) {
	changes := []Change{}
	for _, t := range m {
		change, err := t.erase(tx, s, marker)
		if err != nil {
			return nil, fmt.Errorf("erase a person from %s: %w", t.Name, err)
		}
		dropped, err := t.dropNamed(tx, traces)
		if err != nil {
			return nil, fmt.Errorf("erase a name from %s: %w", t.Name, err)
		}
		for _, c := range []Change{change, dropped} {
			if c.Rows > 0 {
				changes = append(changes, c)
			}
		}
	}
	return changes, nil
}

// Present is the map of what a database has: an old copy lacks the tables and
// columns of later steps.
func (m Map) Present(tx *db.Tx) (Map, error) {
	there, err := db.Tables(tx)
	if err != nil {
		return nil, err
	}
	var out Map
	for _, t := range m {
		if !slices.Contains(there, t.Name) {
			continue
		}
		have, err := db.Columns(tx, t.Name)
		if err != nil {
			return nil, err
		}
		t.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c Column) bool {
			return !slices.ContainsFunc(have, func(h db.Column) bool { return h.Name == c.Name })
		})
		out = append(out, t)
	}
	return out, nil
}

// Records are the records of the audit that are about the subject: their
// personal values are the subject's.
func (m Map) Records(tx *db.Tx, s Subject) ([]Record, error) {
	var out []Record
	for _, t := range m {
		if t.Record == "" {
			continue
		}
		q := db.NewQ(`select ` + quoted(t.key()[0]) + ` from ` + quoted(t.Name))
		if !t.where(q, s, about...) {
			continue
		}
		ids, err := db.All[string](tx, q.SQL(), q.Args...)
		if err != nil {
			return nil, fmt.Errorf("records about a person in %s: %w", t.Name, err)
		}
		for _, id := range ids {
			out = append(out, Record{t.Record, id})
		}
	}
	return out, nil
}

func (t Table) erase(tx *db.Tx, s Subject, marker string) (Change, error) {
	change := Change{Table: t.Name, Gone: t.Drop}
	q, sets := db.NewQ(`update `+quoted(t.Name)+` set`), 0
	if t.Drop {
		q = db.NewQ(`delete from ` + quoted(t.Name))
	} else {
		for _, c := range t.of(Name, Value, Secret) {
			set, args := c.set(t, tx, marker)
			if set == "" {
				continue
			}
			if sets > 0 {
				q.Add(",")
			}
			sets++
			q.Add(set, args...)
		}
		if sets == 0 {
			return change, nil
		}
	}
	if !t.where(q, s, about...) {
		return change, nil
	}
	n, err := tx.Exec(q.SQL(), q.Args...)
	change.Rows = n
	return change, err
}

// set is the assignment that takes a value away; empty where it stays.
func (c Column) set(t Table, tx *db.Tx, marker string) (string, []any) {
	name := quoted(c.Name)
	switch c.Fate {
	case Emptied:
		return name + ` = ''`, nil
	case Marked:
		return name + ` = $1`, []any{marker}
	case Own:
		return name + ` = 'erased:' || ` + quoted(t.key()[0]), nil
	case Zeroed:
		return name + ` = 0`, nil
	case Dated:
		return name + ` = $1`, []any{tx.Now}
	case Stays, Dropped:
	}
	return "", nil
}

// dropNamed deletes the rows in whose passing words a trace occurs.
func (t Table) dropNamed(tx *db.Tx, traces []string) (Change, error) {
	change := Change{Table: t.Name, Gone: true}
	for _, c := range t.of(Words) {
		if c.Fate != Dropped {
			continue
		}
		found, err := t.occurring(tx, c, traces, 0)
		if err != nil {
			return change, err
		}
		for _, o := range found {
			q := db.NewQ(`delete from ` + quoted(t.Name) + ` where 1 = 1`)
			for i, k := range t.key() {
				q.Add(`and `+quoted(k)+` = $1`, o.key[i])
			}
			n, err := tx.Exec(q.SQL(), q.Args...)
			if err != nil {
				return change, err
			}
			change.Rows += n
		}
	}
	return change, nil
}
