package db

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"sync"

	"ayni/internal/kernel/errs"
)

// All runs a query and scans every row. T is a struct whose fields carry
// `db:"column"` tags (embedded structs are looked into), or a single value.
// NULL becomes the zero value; use sql.Null where the difference matters.
func All[T any](t *Tx, query string, args ...any) ([]T, error) {
	out := []T{}
	err := Each(t, func(v T) error {
		out = append(out, v)
		return nil
	}, query, args...)
	return out, err
}

// One scans the first row; NotFound when there is none.
func One[T any](t *Tx, query string, args ...any) (T, error) {
	v, ok, err := Maybe[T](t, query, args...)
	if err == nil && !ok {
		err = errs.Missing()
	}
	return v, err
}

// errStop ends Each after the first row.
var errStop = errors.New("stop")

// Maybe scans the first row, if there is one.
func Maybe[T any](t *Tx, query string, args ...any) (v T, ok bool, err error) {
	err = Each(t, func(row T) error {
		v, ok = row, true
		return errStop
	}, query, args...)
	if errors.Is(err, errStop) {
		err = nil
	}
	return v, ok, err
}

// Each calls fn for every row, without keeping them. fn can't run statements
// in the same transaction.
func Each[T any](t *Tx, fn func(T) error, query string, args ...any) error {
	err := t.idle(query)
	if err != nil {
		return err
	}
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return t.DB.door(err)
	}
	defer rows.Close()
	t.open = true
	defer func() { t.open = false }()
	cols, err := rows.Columns()
	if err != nil {
		return t.DB.door(err)
	}
	s, err := newScanner(reflect.TypeFor[T](), cols)
	if err != nil {
		return err
	}
	for rows.Next() {
		var v T
		err := rows.Scan(s.dests(reflect.ValueOf(&v).Elem())...)
		if err != nil {
			return t.DB.door(err)
		}
		err = fn(v)
		if err != nil {
			return err
		}
	}
	return t.DB.door(rows.Err())
}

type scanner struct {
	paths [][]int // field index a column; nil for a single value
	cells []cell
	ptrs  []any
}

var fieldCache sync.Map // reflect.Type → map[string][]int

func fieldsOf(t reflect.Type) map[string][]int {
	if m, ok := fieldCache.Load(t); ok {
		return m.(map[string][]int)
	}
	m := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		if tag := f.Tag.Get("db"); tag != "" && tag != "-" {
			m[tag] = f.Index
		}
	}
	fieldCache.Store(t, m)
	return m
}

func newScanner(t reflect.Type, cols []string) (*scanner, error) {
	s := &scanner{cells: make([]cell, len(cols)), ptrs: make([]any, len(cols))}
	for i := range s.cells {
		s.ptrs[i] = &s.cells[i]
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[sql.Scanner]()) {
		if len(cols) != 1 {
			return nil, fmt.Errorf("scan %s: %d columns for one value", t, len(cols))
		}
		return s, nil
	}
	fields := fieldsOf(t)
	s.paths = make([][]int, len(cols))
	for i, c := range cols {
		p, ok := fields[c]
		if !ok {
			return nil, fmt.Errorf("scan %s: no field for column %q", t, c)
		}
		s.paths[i] = p
	}
	return s, nil
}

func (s *scanner) dests(v reflect.Value) []any {
	if s.paths == nil {
		s.cells[0].v = v
		return s.ptrs
	}
	for i, p := range s.paths {
		s.cells[i].v = v.FieldByIndex(p)
	}
	return s.ptrs
}

// cell scans one column into a field, NULL into its zero value.
type cell struct{ v reflect.Value }

func (c *cell) Scan(src any) error {
	if sc, ok := c.v.Addr().Interface().(sql.Scanner); ok {
		return sc.Scan(src)
	}
	if src == nil {
		c.v.SetZero()
		return nil
	}
	switch c.v.Kind() {
	case reflect.String:
		switch s := src.(type) {
		case string:
			c.v.SetString(s)
			return nil
		case []byte:
			c.v.SetString(string(s))
			return nil
		case int64:
			c.v.SetString(strconv.FormatInt(s, 10))
			return nil
		}
	case reflect.Int, reflect.Int64, reflect.Int32:
		switch n := src.(type) {
		case int64:
			c.v.SetInt(n)
			return nil
		case string: // sum() of PostgreSQL is a numeric, which comes as text
			whole, err := strconv.ParseInt(n, 10, 64)
			if err == nil {
				c.v.SetInt(whole)
				return nil
			}
		}
	case reflect.Bool:
		switch b := src.(type) {
		case bool:
			c.v.SetBool(b)
			return nil
		case int64:
			c.v.SetBool(b != 0)
			return nil
		}
	case reflect.Float64:
		switch f := src.(type) {
		case float64:
			c.v.SetFloat(f)
			return nil
		case int64:
			c.v.SetFloat(float64(f))
			return nil
		case string: // and so is avg()
			number, err := strconv.ParseFloat(f, 64)
			if err == nil {
				c.v.SetFloat(number)
				return nil
			}
		}
	case reflect.Slice:
		if c.v.Type().Elem().Kind() == reflect.Uint8 {
			switch b := src.(type) {
			case []byte:
				c.v.SetBytes(append([]byte(nil), b...))
				return nil
			case string:
				c.v.SetBytes([]byte(b))
				return nil
			}
		}
	}
	return fmt.Errorf("can't scan %T into %s", src, c.v.Type())
}

// JSON is a column that holds a value as JSON text.
type JSON[T any] struct{ V T }

// Scan reads the JSON text; NULL and the empty text are the zero value.
func (j *JSON[T]) Scan(src any) error {
	var b []byte
	switch s := src.(type) {
	case nil:
	case string:
		b = []byte(s)
	case []byte:
		b = s
	default:
		return fmt.Errorf("can't read JSON from %T", src)
	}
	var zero T
	j.V = zero
	if len(b) == 0 {
		return nil
	}
	return json.Unmarshal(b, &j.V)
}

// MarshalJSON writes the value itself.
func (j JSON[T]) MarshalJSON() ([]byte, error) { return json.Marshal(j.V) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (j *JSON[T]) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &j.V) }

// AsJSON turns a value into its JSON text, for an argument of a statement.
func AsJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		// Only our own plain types come here; a type that can't be encoded is a bug.
		panic(fmt.Sprintf("db: encode %T: %v", v, err))
	}
	return string(b)
}
