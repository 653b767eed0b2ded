package audit

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"

	"ayni/internal/kernel/db"
)

// Base returns what the audited fields of a record were at a version: what a
// form that was opened then began with. Fields tagged `audit:"-"` are zero.
//
// It is false where the version is not kept: it was superseded more than Keep
// ago, or a program whose fields had other types kept it. The present version
// may be missing too once it has stood for long, for the record itself has
// it; Write puts it back when the record moves on.
func Base[T any](t *db.Tx, kind, record string, version int64) (T, bool, error) {
	var v, zero T
	text, ok, err := fieldsAt(t, kind, record, version)
	if err != nil {
		return zero, false, fmt.Errorf("%s %s at version %d: %w", kind, record, version, err)
	}
	if !ok || !fill(reflect.ValueOf(&v).Elem(), text) {
		return zero, false, nil
	}
	return v, true, nil
}

// fill sets the fields of a struct from their JSON; false where they don't fit.
func fill(v reflect.Value, text string) bool {
	var fields map[string]json.RawMessage
	err := json.Unmarshal([]byte(text), &fields)
	if err != nil {
		return false
	}
	for _, f := range planOf(v.Type()).fields {
		raw, ok := fields[f.name]
		if !ok {
			continue
		}
		err := f.read(raw, v.FieldByIndex(f.index))
		if err != nil {
			return false
		}
	}
	return true
}

// read is the reverse of append.
func (f field) read(raw json.RawMessage, v reflect.Value) error {
	target := v.Addr().Interface()
	scanner, ok := target.(sql.Scanner)
	if f.how != asColumn || !ok {
		return json.Unmarshal(raw, target)
	}
	value, err := columnOf(raw)
	if err != nil {
		return err
	}
	return scanner.Scan(value)
}

// columnOf turns JSON into what a driver would give for the column.
func columnOf(raw json.RawMessage) (any, error) {
	var n int64
	err := json.Unmarshal(raw, &n)
	if err == nil && string(raw) != "null" {
		return n, nil
	}
	var v any
	err = json.Unmarshal(raw, &v)
	return v, err
}
