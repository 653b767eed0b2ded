package ui

import (
	"net/url"
	"sort"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
)

// LateAfter is the wait in days from which a page marks it as late.
const LateAfter = 30

// SoonWithin is the number of days before a date within which a page marks it.
const SoonWithin = 3

// first is a, or b where a is empty.
func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func tabTitle(b Base) string {
	title := Product
	if b.Title != "" {
		title = b.Title + " · " + Product
	}
	if b.Invalid {
		return b.L.T("ui.error.prefix", "Error:") + " " + title
	}
	return title
}

func failed(b Base) Base {
	b.Failed = true
	return b
}

// direction is the writing direction of a language.
func direction(lang string) string {
	switch lang {
	case "ar", "fa", "he", "ur":
		return "rtl"
	}
	return "ltr"
}

// languageName is the name of a language in that language: it is the same on
// every page and so no text of the catalogue.
func languageName(lang string) string {
	switch lang {
	case "en":
		return "English"
	case "fr":
		return "Français"
	case "es":
		return "Español"
	}
	return lang
}

func languageHref(b Base, lang string) templ.SafeURL {
	q := b.Query
	if q != "" {
		q += "&"
	}
	return templ.SafeURL(first(b.Path, HomePath) + "?" + q + "lang=" + url.QueryEscape(lang))
}

// Word is the state alone, as a heading or a cell says it.
func (s State) Word(l *i18n.L) string {
	switch s {
	case Met:
		return l.T("ui.state.met", "Done")
	case Part:
		return l.T("ui.state.part", "Partly")
	case Att:
		return l.T("ui.state.att", "Attested")
	case NA:
		return l.T("ui.state.na", "Not applicable")
	}
	return l.T("ui.state.open", "Open")
}

// InText is the state within a sentence.
func (s State) InText(l *i18n.L) string {
	switch s {
	case Met:
		return l.T("ui.state.in.met", "done")
	case Part:
		return l.T("ui.state.in.part", "partly")
	case Att:
		return l.T("ui.state.in.att", "attested")
	case NA:
		return l.T("ui.state.in.na", "not applicable")
	}
	return l.T("ui.state.in.open", "open")
}

// Symbol is the state's cell among the symbols.
func (s State) Symbol() string {
	switch s {
	case Met, Part, Att, NA:
		return "j-" + string(s)
	}
	return "j-" + string(Open)
}

// Word is the name of the role within a sentence.
func (r Role) Word(l *i18n.L) string {
	switch r {
	case Beneficiary:
		return l.T("ui.role.b", "beneficiary")
	case Pivotal:
		return l.T("ui.role.p", "pivotal")
	case Facilitating:
		return l.T("ui.role.f", "facilitating")
	}
	return l.T("ui.role.none", "role not stated")
}

// Word is the mark's meaning within a sentence.
func (m Mark) Word(l *i18n.L) string {
	switch m {
	case Confirmed:
		return l.T("ui.mark.conf", "confirmed")
	case Disputed:
		return l.T("ui.mark.disp", "disputed")
	}
	return l.T("ui.mark.claim", "claimed")
}

// Symbol is the mark among the symbols.
func (m Mark) Symbol() string {
	switch m {
	case Confirmed, Disputed:
		return "k-" + string(m)
	}
	return "k-" + string(Claimed)
}

func (m Mark) class() string {
	if m == Confirmed {
		return string(Met)
	}
	return string(m)
}

// StripText says a journey in words: which steps are in which state.
func StripText(l *i18n.L, cells []State) string {
	var parts []string
	for _, s := range States {
		var steps []string
		for i, c := range cells {
			if c == s {
				steps = append(steps, l.Num(int64(i+1)))
			}
		}
		if len(steps) > 0 {
			parts = append(parts, l.N("ui.strip.part", len(steps), "step {steps}: {state}", "steps {steps}: {state}",
				i18n.A{"steps": steps, "state": s.InText(l)}))
		}
	}
	said := ""
	for i, p := range parts {
		if i == 0 {
			said = p
			continue
		}
		said = l.T("ui.semicolon", "{before}; {after}", i18n.A{"before": said, "after": p})
	}
	return l.T("ui.strip", "Journey: {parts}", i18n.A{"parts": said})
}

// colon puts a value behind a name that stands before it as a component;
// languages differ in what stands around the sign.
func colon(l *i18n.L, value string) string {
	return l.T("ui.colon", ": {value}", i18n.A{"value": value})
}

// TriangleText says which roles are held and which are vacant.
func TriangleText(l *i18n.L, c Corners) string {
	switch c {
	case Corners{true, true, true}:
		return l.T("ui.tri.all", "All three roles are held")
	case Corners{false, true, true}:
		return l.T("ui.tri.b", "The beneficiary role is vacant")
	case Corners{true, false, true}:
		return l.T("ui.tri.p", "The pivotal role is vacant")
	case Corners{true, true, false}:
		return l.T("ui.tri.f", "The facilitating role is vacant")
	case Corners{true, false, false}:
		return l.T("ui.tri.pf", "The pivotal and the facilitating roles are vacant")
	case Corners{false, true, false}:
		return l.T("ui.tri.bf", "The beneficiary and the facilitating roles are vacant")
	case Corners{false, false, true}:
		return l.T("ui.tri.bp", "The beneficiary and the pivotal roles are vacant")
	}
	return l.T("ui.tri.none", "All three roles are vacant")
}

// edges are dashed as long as a corner is vacant.
func (c Corners) edges() string {
	if c.B && c.P && c.F {
		return "tri-e"
	}
	return "tri-d"
}

func (c Corners) corner(r Role) string {
	held := map[Role]bool{Beneficiary: c.B, Pivotal: c.P, Facilitating: c.F}[r]
	if held {
		return "tri-" + string(r)
	}
	return "tri-" + string(r) + "0"
}

// SinceText says since when somebody is waited for, and how many days.
func SinceText(l *i18n.L, since, today clock.Day) string {
	return l.N("ui.since", since.DaysUntil(today), "since {date}, {n} day", "since {date}, {n} days", i18n.A{"date": since})
}

// DueText says until when something is due, or how long ago it was.
func DueText(l *i18n.L, due, today clock.Day) string {
	if past := due.DaysUntil(today); past > 0 {
		return l.N("ui.overdue", past, "was due {date}, {n} day ago", "was due {date}, {n} days ago", i18n.A{"date": due})
	}
	return l.T("ui.due", "due {date}", i18n.A{"date": due})
}

func lateOr(class string, late bool) string {
	if late {
		return "late"
	}
	return class
}

// ProgressText says how much of the work is done.
func ProgressText(l *i18n.L, done, total int64) string {
	return l.T("ui.progress.of", "{done} of {total}", i18n.A{"done": done, "total": total})
}

// StretchText says which rows of a list are shown.
func StretchText(l *i18n.L, s Stretch) string {
	switch {
	case s.To == 0 && s.Total == "":
		return l.T("ui.pager.none", "Nothing here")
	case s.To == 0:
		return l.T("ui.pager.noneof", "None of {total}", i18n.A{"total": s.Total})
	case s.Total == "":
		return l.T("ui.pager.range", "{from} to {to}", i18n.A{"from": s.From, "to": s.To})
	}
	return l.T("ui.pager.of", "{from} to {to} of {total}", i18n.A{"from": s.From, "to": s.To, "total": s.Total})
}

// Anchor is the id of the step's row.
func (r StepRow) Anchor() string {
	return first(r.ID, "s"+strconv.Itoa(r.No))
}

func (c CheckLine) symbol() string {
	switch {
	case c.Icon != "":
		return c.Icon
	case c.Mark != "":
		return c.Mark.Symbol()
	}
	return "i-doc"
}

func (c CheckLine) class() string {
	if c.Class == "" && c.Mark != "" {
		return c.Mark.class()
	}
	return c.Class
}

func (c CheckLine) end(l *i18n.L) string {
	if c.End == "" && c.Mark != "" {
		return c.Mark.Word(l)
	}
	return c.End
}

func (c CheckLine) endClass() string {
	switch {
	case c.Late:
		return "late"
	case c.Mark == Disputed:
		return string(Disputed)
	case c.Soft, c.Mark != "":
		return "soft"
	}
	return ""
}

func arrow(sort string) string {
	if sort == "descending" {
		return "↓"
	}
	return "↑"
}

func (c Cell) empty() bool { return c.Text == "" && c.Small == "" && c.Body == nil }

func (v TableView) colTitle(i int) string {
	if i < len(v.Cols) {
		return v.Cols[i].Title
	}
	return ""
}

func (v TableView) numClass(i int) string {
	if i < len(v.Cols) && v.Cols[i].Num {
		return "num"
	}
	return ""
}

// classOf is a class attribute, left out where there is nothing in it.
func classOf(parts ...string) templ.Attributes {
	class := strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
	if class == "" {
		return nil
	}
	return templ.Attributes{"class": class}
}

func classIf(set bool, class string) templ.Attributes {
	if set {
		return classOf(class)
	}
	return nil
}

func plain(n int64) string { return strconv.FormatInt(n, 10) }

type hidden struct{ name, value string }

// hiddenOf puts the values in a steady order, so that a page is the same
// whenever it is made.
func hiddenOf(m map[string]string) []hidden {
	out := make([]hidden, 0, len(m))
	for k, v := range m {
		out = append(out, hidden{k, v})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out
}

// Address is a path with its query, for the links of a list: filters, order
// and pages are all in the address.
type Address struct {
	Path  string
	Query url.Values
}

// With is the address with one value set, beginning again at the first page.
func (a Address) With(name, value string) string {
	return a.change(func(q url.Values) { q.Set(name, value) })
}

// Without is the address without a value of a name, or without the name
// where value is empty, beginning again at the first page.
func (a Address) Without(name, value string) string {
	return a.change(func(q url.Values) {
		if value == "" {
			q.Del(name)
			return
		}
		var keep []string
		for _, v := range q[name] {
			if v != value {
				keep = append(keep, v)
			}
		}
		q[name] = keep
		if len(keep) == 0 {
			q.Del(name)
		}
	})
}

// At is the address of another page of the same list.
func (a Address) At(name, cursor string) string {
	return a.change(func(q url.Values) { q.Set(name, cursor) })
}

// PageNames are the names in an address that say which page of a list is
// shown; a changed filter or order begins again without them.
var PageNames = [2]string{"after", "before"}

func (a Address) change(f func(url.Values)) string {
	q := url.Values{}
	for k, v := range a.Query {
		q[k] = append([]string(nil), v...)
	}
	for _, name := range PageNames {
		q.Del(name)
	}
	f(q)
	if len(q) == 0 {
		return a.Path
	}
	return a.Path + "?" + q.Encode()
}

// SortCol is a column heading that sorts by key: a second click turns the
// order. The order stands in the address as sort=key or sort=-key.
func (a Address) SortCol(title, key string, numeric bool) Col {
	c := Col{Title: title, Num: numeric}
	switch a.Query.Get("sort") {
	case key:
		c.Sort, c.Href = "ascending", a.With("sort", "-"+key)
	case "-" + key:
		c.Sort, c.Href = "descending", a.With("sort", key)
	default:
		c.Href = a.With("sort", key)
	}
	return c
}
