package audit

import (
	"bytes"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/id"
)

// plan says how the fields of a type go into the audit.
type plan struct {
	fields []field
}

type field struct {
	name     string // the column
	index    []int
	personal bool
	how      encoding
}

// encoding is how a field's value becomes JSON.
type encoding int

const (
	asJSON   encoding = iota // by encoding/json
	asText                   // a string
	asInt                    // a whole number
	asBool                   // true or false
	asMs                     // an instant; none is null
	asColumn                 // by the value it has in the database, such as sql.Null
)

var plans sync.Map // reflect.Type → *plan

// planOf reads the tags of a struct type, once.
func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{}
	for _, f := range reflect.VisibleFields(t) {
		column, tag := f.Tag.Get("db"), f.Tag.Get("audit")
		if column == "" || column == "-" || tag == "-" || !f.IsExported() {
			continue
		}
		p.fields = append(p.fields, field{name: column, index: f.Index, personal: tag == "personal", how: encodingOf(f.Type)})
	}
	plans.Store(t, p)
	return p
}

func encodingOf(t reflect.Type) encoding {
	switch {
	case t == reflect.TypeFor[clock.Ms]():
		return asMs
	case t.Implements(reflect.TypeFor[json.Marshaler]()):
		return asJSON
	case t.Implements(reflect.TypeFor[driver.Valuer]()):
		return asColumn
	}
	switch t.Kind() {
	case reflect.String:
		return asText
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return asInt
	case reflect.Bool:
		return asBool
	}
	return asJSON
}

// image holds the JSON of every field of one struct, one after the other.
type image struct {
	buf  []byte
	ends []int
}

// imageOf encodes the fields of a struct.
func (p *plan) imageOf(v reflect.Value) (*image, error) {
	m := &image{buf: make([]byte, 0, 32*len(p.fields)), ends: make([]int, len(p.fields))}
	for i, f := range p.fields {
		var err error
		m.buf, err = f.append(m.buf, v.FieldByIndex(f.index))
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.name, err)
		}
		m.ends[i] = len(m.buf)
	}
	return m, nil
}

var null = []byte("null")

// field returns the JSON of field i; null when there is no record.
func (m *image) field(i int) []byte {
	if m == nil {
		return null
	}
	start := 0
	if i > 0 {
		start = m.ends[i-1]
	}
	return m.buf[start:m.ends[i]]
}

func (f field) append(b []byte, v reflect.Value) ([]byte, error) {
	switch f.how {
	case asText:
		return appendText(b, strings.ToValidUTF8(v.String(), "\uFFFD")), nil
	case asInt:
		return strconv.AppendInt(b, v.Int(), 10), nil
	case asBool:
		return strconv.AppendBool(b, v.Bool()), nil
	case asMs:
		if v.Int() == 0 {
			return append(b, null...), nil
		}
		return strconv.AppendInt(b, v.Int(), 10), nil
	case asColumn:
		return appendColumn(b, v)
	case asJSON:
		return appendJSON(b, v.Interface())
	}
	return nil, fmt.Errorf("unknown encoding %d", f.how)
}

func appendColumn(b []byte, v reflect.Value) ([]byte, error) {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return append(b, null...), nil
	}
	value, err := v.Interface().(driver.Valuer).Value()
	if err != nil {
		return nil, err
	}
	switch value := value.(type) {
	case string:
		return appendText(b, strings.ToValidUTF8(value, "\uFFFD")), nil
	case []byte:
		return appendText(b, strings.ToValidUTF8(string(value), "\uFFFD")), nil
	}
	return appendJSON(b, value)
}

func appendJSON(b []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append(b, text...), nil
}

const hexDigits = "0123456789abcdef"

// appendText writes s as a JSON text, escaping what RFC 8785 escapes and
// nothing else. Bytes that are no UTF-8 stay as they are, so that two texts
// never come out alike.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\t':
			b = append(b, '\\', 't')
		case '\n':
			b = append(b, '\\', 'n')
		case '\f':
			b = append(b, '\\', 'f')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// missing says whether a field's JSON stands for no value. A creation does
// not list the fields that were left empty; 0 and false are values.
func missing(text []byte) bool {
	return bytes.Equal(text, null) || string(text) == `""`
}

// images encodes both sides of a row. Either may be nil, and the plan with them.
func images(before, after any) (*plan, *image, *image, error) {
	b, err := structOf(before)
	if err != nil {
		return nil, nil, nil, err
	}
	a, err := structOf(after)
	if err != nil {
		return nil, nil, nil, err
	}
	var p *plan
	switch {
	case b.IsValid() && a.IsValid() && b.Type() != a.Type():
		return nil, nil, nil, fmt.Errorf("before is a %s, after a %s", b.Type(), a.Type())
	case b.IsValid():
		p = planOf(b.Type())
	case a.IsValid():
		p = planOf(a.Type())
	default:
		return &plan{}, nil, nil, nil
	}
	var bi, ai *image
	if b.IsValid() {
		bi, err = p.imageOf(b)
		if err != nil {
			return nil, nil, nil, err
		}
	}
	if a.IsValid() {
		ai, err = p.imageOf(a)
		if err != nil {
			return nil, nil, nil, err
		}
	}
	return p, bi, ai, nil
}

// structOf returns the struct in v; the zero Value for nil.
func structOf(v any) (reflect.Value, error) {
	if v == nil {
		return reflect.Value{}, nil
	}
	r := reflect.ValueOf(v)
	for r.Kind() == reflect.Pointer {
		if r.IsNil() {
			return reflect.Value{}, nil
		}
		r = r.Elem()
	}
	if r.Kind() != reflect.Struct {
		return reflect.Value{}, fmt.Errorf("%T is no struct", v)
	}
	return r, nil
}

// diff returns the JSON of the changed fields and what goes beside the chain
// for the personal ones.
func (p *plan) diff(before, after *image) (string, []personal) {
	b := []byte{'{'}
	var out []personal
	for i, f := range p.fields {
		was, is := before.field(i), after.field(i)
		if alike(was, is) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendText(b, f.name)
		b = append(b, ':')
		if !f.personal {
			b = appendPair(b, was, is)
			continue
		}
		v := personal{Field: f.name, Salt: id.Secret(16), Value: string(appendPair(nil, was, is))}
		b = append(b, `{"personal":"`...)
		b = append(b, v.hash()...)
		b = append(b, `"}`...)
		out = append(out, v)
	}
	return string(append(b, '}')), out
}

func appendPair(b, was, is []byte) []byte {
	b = append(b, '[')
	b = append(b, was...)
	b = append(b, ',')
	b = append(b, is...)
	return append(b, ']')
}

// hash is what the chained row holds in the place of the value. The salt, as
// its text stands in the table, makes a guess of a short value worthless once
// it is erased.
func (p personal) hash() string {
	sum := sha256.Sum256([]byte(p.Salt + p.Value))
	return hex.EncodeToString(sum[:])
}

// json returns all fields of an image as one object.
func (p *plan) json(m *image) string {
	b := []byte{'{'}
	for i, f := range p.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, f.name)
		b = append(b, ':')
		b = append(b, m.field(i)...)
	}
	return string(append(b, '}'))
}

// change is one field of the stored JSON of changes.
type change struct {
	field    string
	old, new json.RawMessage
	personal string // the hash, for a personal field
}

// parseChanges reads what diff wrote, in the order in which it was written.
func parseChanges(text string) ([]change, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	token, err := dec.Token()
	if err != nil || token != json.Delim('{') {
		return nil, errors.Join(errors.New("changes are no JSON object"), err)
	}
	out := []change{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("changes: %w", err)
		}
		name, _ := token.(string)
		var raw json.RawMessage
		err = dec.Decode(&raw)
		if err != nil {
			return nil, fmt.Errorf("changes of %s: %w", name, err)
		}
		c, err := parseChange(name, raw)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	_, err = dec.Token()
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	return out, nil
}

func parseChange(name string, raw json.RawMessage) (change, error) {
	c := change{field: name}
	if raw[0] == '{' {
		var marker struct {
			Personal string `json:"personal"`
		}
		err := json.Unmarshal(raw, &marker)
		if err != nil {
			return c, fmt.Errorf("changes of %s: %w", name, err)
		}
		c.personal = marker.Personal
		return c, nil
	}
	var err error
	c.old, c.new, err = parsePair(string(raw))
	if err != nil {
		return c, fmt.Errorf("changes of %s: %w", name, err)
	}
	return c, nil
}

func parsePair(text string) (was, is json.RawMessage, err error) {
	var pair []json.RawMessage
	err = json.Unmarshal([]byte(text), &pair)
	if err != nil {
		return nil, nil, err
	}
	if len(pair) != 2 {
		return nil, nil, fmt.Errorf("%d values where old and new should be", len(pair))
	}
	return pair[0], pair[1], nil
}
