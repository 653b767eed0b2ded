package db

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Copying tables from one database to another of either engine, and comparing
// what they hold. Values travel in one form: text, whole numbers (true and
// false are 1 and 0, as SQLite keeps them), floating-point numbers and bytes.

// ColumnKind is what a column holds.
type ColumnKind string

// The kinds.
const (
	TextColumn ColumnKind = "text"
	IntColumn  ColumnKind = "int"
	BoolColumn ColumnKind = "bool" // PostgreSQL alone: SQLite keeps 0 and 1 in an IntColumn
	RealColumn ColumnKind = "real"
	BlobColumn ColumnKind = "blob"
)

// Column is a column of a table.
type Column struct {
	Name string
	Kind ColumnKind
	Key  int // place in the primary key, from 1; 0 outside it
}

// columnKinds are the engines' names of types, as migrations use them.
var columnKinds = map[string]ColumnKind{
	"TEXT": TextColumn, "INTEGER": IntColumn, "REAL": RealColumn, "BLOB": BlobColumn,
	"text": TextColumn, "bigint": IntColumn, "boolean": BoolColumn, "double precision": RealColumn, "bytea": BlobColumn,
}

// Tables lists the tables of the database, by name.
func Tables(t *Tx) ([]string, error) {
	query := `select name from sqlite_master where type = 'table' and name not like 'sqlite\_%' escape '\'`
	if t.DB.Engine == Postgres {
		query = `select table_name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'`
	}
	names, err := All[string](t, query)
	slices.Sort(names)
	return names, err
}

// Columns lists the columns of a table in their order.
func Columns(t *Tx, table string) ([]Column, error) {
	type row struct {
		Name string `db:"name"`
		Type string `db:"type"`
		Key  int    `db:"pk"`
	}
	query := `select name, type, pk from pragma_table_info($1) order by cid`
	if t.DB.Engine == Postgres {
		query = `select c.column_name as name, c.data_type as type, coalesce(k.ordinal_position, 0) as pk
			from information_schema.columns c
			left join information_schema.table_constraints p on p.constraint_type = 'PRIMARY KEY'
				and p.table_schema = c.table_schema and p.table_name = c.table_name
			left join information_schema.key_column_usage k on k.constraint_schema = p.constraint_schema
				and k.constraint_name = p.constraint_name and k.table_name = c.table_name and k.column_name = c.column_name
			where c.table_schema = current_schema() and c.table_name = $1 order by c.ordinal_position`
	}
	rows, err := All[row](t, query, table)
	if err != nil {
		return nil, fmt.Errorf("columns of %s: %w", table, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("columns of %s: there is no such table", table)
	}
	out := make([]Column, len(rows))
	for i, r := range rows {
		kind, ok := columnKinds[r.Type]
		if !ok {
			return nil, fmt.Errorf("column %s.%s is of type %s, which can't be copied", table, r.Name, r.Type)
		}
		out[i] = Column{r.Name, kind, r.Key}
	}
	return out, nil
}

// Order lists the tables so that each stands after those that its rows point
// at: the order in which they can be filled.
func Order(t *Tx) ([]string, error) {
	names, err := Tables(t)
	if err != nil {
		return nil, err
	}
	after := map[string][]string{}
	for _, name := range names {
		query := `select distinct "table" from pragma_foreign_key_list($1)`
		if t.DB.Engine == Postgres {
			query = `select distinct parent.relname::text from pg_constraint c join pg_class child on child.oid = c.conrelid
				join pg_class parent on parent.oid = c.confrelid join pg_namespace n on n.oid = child.relnamespace
				where c.contype = 'f' and n.nspname = current_schema() and child.relname = $1`
		}
		after[name], err = All[string](t, query, name)
		if err != nil {
			return nil, fmt.Errorf("foreign keys of %s: %w", name, err)
		}
	}
	var out []string
	for len(out) < len(names) {
		before := len(out)
		for _, name := range names {
			waits := slices.ContainsFunc(after[name], func(p string) bool { return !slices.Contains(out, p) })
			if !slices.Contains(out, name) && !waits {
				out = append(out, name)
			}
		}
		if len(out) == before {
			return nil, errors.New("tables point at each other in a circle, so none can be filled first")
		}
	}
	return out, nil
}

// ident quotes a name that came from the database's own catalogue.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func idents(columns []Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = ident(c.Name)
	}
	return strings.Join(names, ", ")
}

// byKey is the order of the primary key, the same on both engines: text by
// its bytes. A table without a key is ordered by all its columns.
func byKey(t *Tx, columns []Column) string {
	keys := slices.DeleteFunc(slices.Clone(columns), func(c Column) bool { return c.Key == 0 })
	if len(keys) == 0 {
		keys = slices.Clone(columns)
	}
	slices.SortStableFunc(keys, func(a, b Column) int { return a.Key - b.Key })
	parts := make([]string, len(keys))
	for i, c := range keys {
		parts[i] = ident(c.Name)
		if c.Kind == TextColumn && t.DB.Engine == Postgres {
			parts[i] += ` collate "C"`
		}
	}
	return " order by " + strings.Join(parts, ", ")
}

// eachRow gives every row of a query as one JSON array in the common form,
// without a line's end. The bytes are good until fn returns.
func eachRow(t *Tx, fn func(line []byte) error, query string) error {
	rows, err := t.Rows(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return t.DB.door(err)
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	var line []byte
	for rows.Next() {
		err := rows.Scan(into...)
		if err != nil {
			return t.DB.door(err)
		}
		line = append(line[:0], '[')
		for i, v := range values {
			if i > 0 {
				line = append(line, ',')
			}
			line, err = appendValue(line, v)
			if err != nil {
				return fmt.Errorf("column %s: %w", names[i], err)
			}
		}
		err = fn(append(line, ']'))
		if err != nil {
			return err
		}
	}
	return t.DB.door(rows.Err())
}

func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case bool:
		if v {
			return append(b, '1'), nil
		}
		return append(b, '0'), nil
	case []byte:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, v)
		return append(b, '"'), nil
	case float64, string:
		text, err := json.Marshal(v)
		return append(b, text...), err
	}
	return b, fmt.Errorf("a value of type %T can't be copied", v)
}

// head is the first line of a dumped table.
type head struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

// Dump writes a table: a line that names its columns, then one JSON array a
// row. It returns the number of rows.
func Dump(t *Tx, table string, w io.Writer) (int64, error) {
	columns, err := Columns(t, table)
	if err != nil {
		return 0, err
	}
	h := head{Table: table}
	for _, c := range columns {
		h.Columns = append(h.Columns, c.Name)
	}
	first, err := json.Marshal(h)
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	_, err = out.Write(append(first, '\n'))
	if err != nil {
		return 0, fmt.Errorf("dump %s: %w", table, err)
	}
	n := int64(0)
	err = eachRow(t, func(line []byte) error {
		n++
		_, err := out.Write(append(line, '\n'))
		return err
	}, "select "+idents(columns)+" from "+ident(table)+byKey(t, columns))
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return n, fmt.Errorf("dump %s: %w", table, err)
	}
	return n, nil
}

// maxLine bounds a dumped row: a text of a hundred megabytes is no row of ours.
const maxLine = 100 << 20

// Load inserts into a table what Dump wrote, and returns the number of rows.
// The table may lack no column that the dump names; columns that the dump does
// not name get their defaults.
func Load(t *Tx, table string, r io.Reader) (int64, error) {
	n, err := load(t, table, r)
	if err != nil {
		return n, fmt.Errorf("load %s: row %d: %w", table, n+1, err)
	}
	return n, nil
}

func load(t *Tx, table string, r io.Reader) (int64, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 1<<16), maxLine)
	if !in.Scan() {
		return 0, errors.Join(errors.New("nothing to read"), in.Err())
	}
	var h head
	err := json.Unmarshal(in.Bytes(), &h)
	if err != nil {
		return 0, err
	}
	if h.Table != table || len(h.Columns) == 0 {
		return 0, fmt.Errorf("these are rows of %q", h.Table)
	}
	there, err := Columns(t, table)
	if err != nil {
		return 0, err
	}
	columns := make([]Column, len(h.Columns))
	for i, name := range h.Columns {
		at := slices.IndexFunc(there, func(c Column) bool { return c.Name == name })
		if at < 0 {
			return 0, fmt.Errorf("there is no column %q", name)
		}
		columns[i] = there[at]
	}
	into := "insert into " + ident(table) + " (" + idents(columns) + ") values "
	atOnce := max(1, maxArgs/len(columns))
	var args []any
	n := int64(0)
	flush := func() error {
		if len(args) == 0 {
			return nil
		}
		_, err := t.Exec(into+tuples(len(args)/len(columns), len(columns)), args...)
		n += int64(len(args) / len(columns))
		args = args[:0]
		return err
	}
	for in.Scan() {
		args, err = appendArgs(args, columns, in.Bytes())
		if err != nil {
			return n + int64(len(args)/len(columns)), err
		}
		if len(args) >= atOnce*len(columns) {
			err := flush()
			if err != nil {
				return n, err
			}
		}
	}
	if in.Err() != nil {
		return n, in.Err()
	}
	return n, flush()
}

// appendArgs reads one row of a dump as arguments for its columns.
func appendArgs(args []any, columns []Column, line []byte) ([]any, error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var values []any
	err := dec.Decode(&values)
	if err != nil {
		return args, err
	}
	if len(values) != len(columns) {
		return args, fmt.Errorf("%d values for %d columns", len(values), len(columns))
	}
	row := make([]any, len(values))
	for i, v := range values {
		row[i], err = argument(columns[i].Kind, v)
		if err != nil {
			return args, fmt.Errorf("column %s: %w", columns[i].Name, err)
		}
	}
	return append(args, row...), nil
}

// argument turns a value of the common form into what the column takes.
func argument(kind ColumnKind, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	text, isText := v.(string)
	number, isNumber := v.(json.Number)
	switch {
	case kind == TextColumn && isText:
		return text, nil
	case kind == BlobColumn && isText:
		return base64.StdEncoding.DecodeString(text)
	case kind == IntColumn && isNumber:
		return number.Int64()
	case kind == RealColumn && isNumber:
		return number.Float64()
	case kind == BoolColumn && isNumber:
		return number != "0", nil
	}
	return nil, fmt.Errorf("a %T where a %s belongs", v, kind)
}

// Checksum is the SHA-256, in hexadecimal, of the live rows of a table in the
// order of its primary key, the same on both engines. Columns that without
// names are left out; rows that were removed (deleted_at) do not count.
func Checksum(t *Tx, table string, without func(column string) bool) (string, error) {
	columns, err := Columns(t, table)
	if err != nil {
		return "", err
	}
	kept := slices.DeleteFunc(slices.Clone(columns), func(c Column) bool { return without(c.Name) })
	if len(kept) == 0 {
		return "", fmt.Errorf("checksum of %s: no column is left", table)
	}
	// By name: a column that a later migration added stands last on one
	// database and elsewhere on another.
	slices.SortFunc(kept, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	live := ""
	if slices.ContainsFunc(columns, func(c Column) bool { return c.Name == "deleted_at" }) {
		live = " where deleted_at is null"
	}
	sum := sha256.New()
	for _, c := range kept {
		fmt.Fprintln(sum, c.Name)
	}
	err = eachRow(t, func(line []byte) error {
		_, err := sum.Write(append(line, '\n'))
		return err
	}, "select "+idents(kept)+" from "+ident(table)+live+byKey(t, columns))
	if err != nil {
		return "", fmt.Errorf("checksum of %s: %w", table, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Count counts the rows of a table, removed ones too.
func Count(t *Tx, table string) (int64, error) {
	return One[int64](t, "select count(*) from "+ident(table))
}
