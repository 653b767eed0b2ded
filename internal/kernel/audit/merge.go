package audit

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// Merge puts two changes of one record together: base is what both began
// with, theirs is the record as it stands now, mine what a form asks for. A
// field that one side alone changed is taken from that side. A field that both
// changed to different values is taken from mine and named in clashes, by its
// column, in the order of the struct. Fields without a db tag, or tagged
// `audit:"-"`, are those of theirs.
func Merge[T any](base, theirs, mine T) (merged T, clashes []string, err error) {
	p, images, err := imagesOf(base, theirs, mine)
	if err != nil {
		return merged, nil, err
	}
	merged = theirs
	from, to := reflect.ValueOf(&mine).Elem(), reflect.ValueOf(&merged).Elem()
	for i, f := range p.fields {
		was, is, wish := images[0].field(i), images[1].field(i), images[2].field(i)
		if alike(wish, was) || alike(wish, is) {
			continue
		}
		to.FieldByIndex(f.index).Set(from.FieldByIndex(f.index))
		if !alike(was, is) {
			clashes = append(clashes, f.name)
		}
	}
	return merged, clashes, nil
}

// Differing names the audited fields in which two records differ, by their
// columns, in the order of the struct.
func Differing[T any](a, b T) ([]string, error) {
	p, images, err := imagesOf(a, b)
	if err != nil {
		return nil, err
	}
	var out []string
	for i, f := range p.fields {
		if !alike(images[0].field(i), images[1].field(i)) {
			out = append(out, f.name)
		}
	}
	return out, nil
}

// alike says whether two fields hold the same; an empty text is as missing as
// no value.
func alike(a, b []byte) bool {
	return bytes.Equal(a, b) || (missing(a) && missing(b))
}

func imagesOf[T any](records ...T) (*plan, []*image, error) {
	kind := reflect.TypeFor[T]()
	if kind.Kind() != reflect.Struct {
		return nil, nil, fmt.Errorf("%s is no struct", kind)
	}
	p := planOf(kind)
	out := make([]*image, len(records))
	for i, r := range records {
		var err error
		out[i], err = p.imageOf(reflect.ValueOf(r))
		if err != nil {
			return nil, nil, err
		}
	}
	return p, out, nil
}

// Clash is the conflict of a change with another that came between: fields
// that both changed, to different values.
type Clash[T any] struct {
	Fields []string // their columns, in the order of the struct
	Now    T        // the record as it stands
	Merged T        // what to show again: the asked values over Now's
}

func (c *Clash[T]) Error() string {
	return "changed in the meantime: " + strings.Join(c.Fields, ", ")
}

// Unwrap makes it a conflict that says what happened.
func (c *Clash[T]) Unwrap() error {
	return errs.New(errs.Conflict, i18n.M("audit.clash", "Somebody changed the same fields while this form was open. Nothing of what you sent was written yet."))
}

// Reconcile puts what a form asks for over a record that may have moved on
// since the form was opened at a version. now is the record as it stands, at
// its version present; ask puts the form's values on a record.
//
// Where the record stood still that is all. Where not, the form's changes are
// merged with the others; a *Clash[T] says that this can't be done. When what
// the form was opened with is no longer kept, every field in which form and
// record differ counts as changed by both.
func Reconcile[T any](t *db.Tx, kind, record string, opened, present int64, now T, ask func(T) T) (T, error) {
	if opened == present {
		return ask(now), nil
	}
	var zero T
	base, kept, err := Base[T](t, kind, record, opened)
	if err != nil {
		return zero, err
	}
	if !kept {
		mine := ask(now)
		fields, err := Differing(now, mine)
		if err != nil {
			return zero, err
		}
		if len(fields) > 0 {
			return zero, &Clash[T]{Fields: fields, Now: now, Merged: mine}
		}
		return now, nil
	}
	merged, fields, err := Merge(base, now, ask(base))
	if err != nil {
		return zero, err
	}
	if len(fields) > 0 {
		return zero, &Clash[T]{Fields: fields, Now: now, Merged: merged}
	}
	return merged, nil
}
