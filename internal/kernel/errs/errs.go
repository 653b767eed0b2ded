// Package errs gives an error three faces: a kind that decides the status, a
// message key for the person, and a cause for the log. The cause is never shown.
package errs

import (
	"errors"
	"fmt"
	"strings"

	"ayni/internal/kernel/i18n"
)

// Kind classifies an error. The zero value is Internal: an error nobody
// classified is the program's fault and shows only a reference number.
type Kind int

const (
	Internal        Kind = iota // something failed inside: 500
	Invalid                     // the input is wrong, see Fields: 422
	BadRequest                  // the request itself is malformed: 400
	Unauthenticated             // sign in first: 401 or a way to the sign-in page
	Forbidden                   // signed in, but not allowed: 403
	NotFound                    // no such record, or not for these eyes: 404
	Conflict                    // the state has moved on: 409
	TooLarge                    // more than the limit: 413
	TooMany                     // too often: 429
	Busy                        // try again in a moment: 503
	Full                        // no room left on the disk: 507
	Repeated                    // the same form was sent before and took effect
)

// Field is one thing to mend in the input.
type Field struct {
	Name string   // the form field, JSON key or column
	Msg  i18n.Msg // how to mend it
}

// Error carries the three faces. Build it with the functions of this package.
type Error struct {
	Kind   Kind
	Msg    i18n.Msg // for the person; zero means the kind's own sentence
	Fields []Field
	Cause  error  // for the log
	Retry  int    // seconds to wait, for TooMany and Busy
	Goto   string // where a repeated form's first sending led, for Repeated
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Kind.String())
	if e.Msg.Key != "" {
		fmt.Fprintf(&b, ": %s", e.Msg.English())
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Name, f.Msg.English())
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Cause }

var kindNames = [...]string{
	"internal", "invalid", "bad request", "unauthenticated", "forbidden",
	"not found", "conflict", "too large", "too many", "busy", "disk full", "repeated",
}

func (k Kind) String() string { return kindNames[k] }

// New makes an error of a kind with a message for the person.
func New(k Kind, msg i18n.Msg) *Error { return &Error{Kind: k, Msg: msg} }

// Wrap classifies a cause. A nil cause gives nil.
func Wrap(k Kind, cause error) error {
	if cause == nil {
		return nil
	}
	return &Error{Kind: k, Cause: cause}
}

// KindOf returns the kind of the first classified error in the chain.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is says whether err is of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// As returns the first classified error in the chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Missing is the NotFound error of a record.
func Missing() *Error { return &Error{Kind: NotFound} }

// Check collects field errors; all are reported, not the first alone.
type Check struct{ fields []Field }

// Add notes one thing to mend.
func (c *Check) Add(field string, msg i18n.Msg) { c.fields = append(c.fields, Field{field, msg}) }

// If adds the message when bad is true and says whether it did.
func (c *Check) If(bad bool, field string, msg i18n.Msg) bool {
	if bad {
		c.Add(field, msg)
	}
	return bad
}

// Has says whether the field already has an error.
func (c *Check) Has(field string) bool {
	for _, f := range c.fields {
		if f.Name == field {
			return true
		}
	}
	return false
}

// Err returns the Invalid error, or nil when nothing is wrong.
func (c *Check) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Fields: c.fields}
}
