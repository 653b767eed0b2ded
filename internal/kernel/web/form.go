package web

import (
	"errors"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

// formKeyField is the hidden field that makes a form take effect once; pages
// put it there.
const formKeyField = ui.FormKeyName

// Values are what a form sent.
type Values struct {
	V     url.Values
	Files map[string][]*multipart.FileHeader
}

// Get is the first value of a field, without blanks at its ends.
func (v *Values) Get(field string) string { return strings.TrimSpace(v.V.Get(field)) }

// All are the values of a field that are not empty.
func (v *Values) All(field string) []string {
	var out []string
	for _, s := range v.V[field] {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// On says whether a checkbox was checked.
func (v *Values) On(field string) bool { return v.Get(field) != "" }

// File is the first file of a field, or nil.
func (v *Values) File(field string) *multipart.FileHeader {
	if f := v.Files[field]; len(f) > 0 && f[0].Size > 0 {
		return f[0]
	}
	return nil
}

// maxFields bounds the number of values of a form.
const maxFields = 2000

// Form reads the form once. Text must be UTF-8 without NUL.
func (c *Ctx) Form() (*Values, error) {
	if c.values != nil || c.formErr != nil {
		return c.values, c.formErr
	}
	c.values, c.formErr = c.readForm()
	return c.values, c.formErr
}

func (c *Ctx) readForm() (*Values, error) {
	kind, _, err := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	if err != nil && c.R.ContentLength != 0 {
		return nil, &errs.Error{Kind: errs.BadRequest, Cause: err}
	}
	v := &Values{}
	switch kind {
	case "multipart/form-data":
		// Up to 1 MiB stays in memory, the rest lies in temporary files.
		err = c.R.ParseMultipartForm(1 << 20)
		if err != nil {
			return nil, bodyError(err)
		}
		v.V, v.Files = c.R.MultipartForm.Value, c.R.MultipartForm.File
	case "application/x-www-form-urlencoded", "":
		err = c.R.ParseForm()
		if err != nil {
			return nil, bodyError(err)
		}
		v.V = c.R.PostForm
	default:
		return nil, &errs.Error{Kind: errs.BadRequest, Msg: i18n.M("web.media", "A form is sent as application/x-www-form-urlencoded or multipart/form-data.")}
	}
	if !v.readable() {
		return nil, &errs.Error{Kind: errs.BadRequest, Msg: i18n.M("web.text", "The form holds text that is not UTF-8, or too many values.")}
	}
	for name, values := range v.V {
		if strings.Contains(name, "password") {
			continue // kept as it was typed
		}
		for i, s := range values {
			values[i] = straight(s)
		}
	}
	return v, nil
}

// straight is a text without control characters, without the marks that turn
// the direction of what follows and so make it look like something else, and
// with ordinary ends of lines. Marks that scripts need between letters stay.
func straight(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r':
			return -1
		case r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069':
			return -1
		case r == '\u2028' || r == '\u2029':
			return '\n'
		}
		return r
	}, s)
}

// readable says whether the form's text can be stored, names of files too,
// and whether there is not too much of it.
func (v *Values) readable() bool {
	n := 0
	for name, values := range v.V {
		n += len(values)
		if !text(name) || slices.ContainsFunc(values, func(s string) bool { return !text(s) }) {
			return false
		}
	}
	for name, list := range v.Files {
		n += len(list)
		if !text(name) || slices.ContainsFunc(list, func(f *multipart.FileHeader) bool { return !text(f.Filename) }) {
			return false
		}
	}
	return n <= maxFields
}

// text says whether both engines can store a string: UTF-8 without NUL.
func text(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &errs.Error{Kind: errs.TooLarge, Cause: err, Msg: i18n.M("web.large", "What was sent is larger than {limit} MB. Send a smaller file.", i18n.A{"limit": int(max(1, tooLarge.Limit>>20))})}
	}
	return &errs.Error{Kind: errs.BadRequest, Cause: err}
}

// CloseForm removes the temporary files of a form. It is called at the end of
// every request; a handler that goes on for long may call it earlier.
func (c *Ctx) CloseForm() {
	if c.R.MultipartForm != nil {
		err := c.R.MultipartForm.RemoveAll()
		if err != nil {
			c.log().WarnContext(c.R.Context(), "temporary files", "error", err)
		}
	}
}

// FormState is the state of a form that is shown again: the typed values and
// what is wrong, in the reader's language. Passwords are not given back.
func FormState(v *Values, err error, l *i18n.L) ui.Form {
	f := ui.Form{Values: map[string][]string{}}
	if v != nil {
		for name, values := range v.V {
			if !strings.Contains(name, "password") {
				f.Values[name] = values
			}
		}
	}
	if e := errs.As(err); e != nil {
		for _, field := range e.Fields {
			f.Errors = append(f.Errors, ui.FieldError{Field: field.Name, Text: l.Say(field.Msg)})
		}
		if len(e.Fields) == 0 && !e.Msg.Zero() {
			f.Errors = append(f.Errors, ui.FieldError{Text: l.Say(e.Msg)})
		}
	}
	return f
}

// Mendable says whether an error is shown on the form's own page: the input
// is wrong, or the state has moved on with a sentence that says how.
func Mendable(err error) bool {
	e := errs.As(err)
	return e != nil && (e.Kind == errs.Invalid || (e.Kind == errs.Conflict && (len(e.Fields) > 0 || !e.Msg.Zero())))
}

// Replay is the body of the form that was sent, for the sign-in page that
// comes between; empty when it held files.
func (c *Ctx) Replay() string {
	v, err := c.Form()
	if err != nil || len(v.Files) > 0 || !c.route.Changes() {
		return ""
	}
	keep := url.Values{}
	for name, values := range v.V {
		if !strings.Contains(name, "password") {
			keep[name] = values
		}
	}
	return keep.Encode()
}
