package ui

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"ayni/internal/kernel/clock"
)

func (f Field) id() string { return first(f.ID, f.Name) }

func (f Field) error(form Form) string { return form.Error(f.id()) }

// value is what was typed, or the field's own value where the form was not
// yet sent. An emptied field stays empty.
func (f Field) value(form Form) string {
	if v, ok := form.Values[f.Name]; ok {
		if len(v) > 0 {
			return v[0]
		}
		return ""
	}
	return f.Value
}

// chosen says whether a choice is taken. A sent form without the name means
// that none is, so the field's own values count only before.
func (f Form) sent() bool { return f.Values != nil }

func (f Field) chosen(form Form, value string) bool {
	if form.sent() {
		return form.Has(f.Name, value)
	}
	if f.Kind != Checks {
		return f.Value == value && value != ""
	}
	for _, v := range f.Values {
		if v == value {
			return true
		}
	}
	return false
}

// yes is the value of a single tick.
func (f Field) yes() string {
	if len(f.Options) > 0 {
		return f.Options[0].Value
	}
	return "1"
}

func (f Field) describedBy(form Form) string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.id()+"-h")
	}
	if f.error(form) != "" {
		ids = append(ids, f.id()+"-e")
	}
	return strings.Join(ids, " ")
}

func (f Field) rows() int {
	if f.Rows > 0 {
		return f.Rows
	}
	return 4
}

func (f Field) choiceType() string {
	if f.Kind == Checks {
		return "checkbox"
	}
	return "radio"
}

// choiceID gives the first choice the field's id, so that the summary of
// errors leads to it.
func (f Field) choiceID(i int) string {
	if i == 0 {
		return f.id()
	}
	return f.id() + "-" + strconv.Itoa(i+1)
}

func (f Field) currencyID() string { return first(f.Currency, f.Name+"-currency") }

func (f Field) currencyValue(form Form) string {
	if v := form.Value(f.currencyID()); v != "" {
		return v
	}
	return f.CurrencyValue
}

// attrs are the attributes of the control, all but its value.
func (f Field) attrs(form Form) templ.Attributes {
	a := templ.Attributes{"id": f.id(), "name": f.Name}
	class := f.Width
	switch f.Kind {
	case Text, "":
		a["type"] = "text"
	case Email, Password, Search, URL, File:
		a["type"] = string(f.Kind)
	case Number:
		a["type"], a["inputmode"] = "text", "numeric"
		class = first(class, "n4") + " num"
	case Amount:
		a["type"], a["inputmode"] = "text", "decimal"
		class = first(class, "n8") + " num"
	case Date:
		// A browser shows an empty date field for a value that is no day;
		// what was typed has to stay, so such a value is shown as text.
		a["type"] = "date"
		if v := f.value(form); v != "" && !clock.Day(v).Valid() {
			a["type"] = "text"
		}
		class = first(class, "n8")
	}
	if f.Kind == Email || f.Kind == URL || f.Kind == Password {
		class = first(class, "wide")
	}
	if class != "" {
		a["class"] = class
	}
	if d := f.describedBy(form); d != "" {
		a["aria-describedby"] = d
	}
	if f.error(form) != "" {
		a["aria-invalid"] = "true"
	}
	if f.Required {
		a["required"] = true
	}
	if f.Complete != "" {
		a["autocomplete"] = f.Complete
	}
	if f.Accept != "" {
		a["accept"] = f.Accept
	}
	if f.Lang != "" {
		a["lang"] = f.Lang
	}
	return a
}

type optionGroup struct {
	name    string
	options []Option
}

// groupsOf puts neighbours of one group together.
func groupsOf(options []Option) []optionGroup {
	var out []optionGroup
	for _, o := range options {
		if len(out) == 0 || out[len(out)-1].name != o.Group {
			out = append(out, optionGroup{name: o.Group})
		}
		last := &out[len(out)-1]
		last.options = append(last.options, o)
	}
	return out
}
