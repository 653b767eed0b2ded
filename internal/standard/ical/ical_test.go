package ical

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

//go:embed testdata/example.ics
var golden string

func example() Calendar {
	at := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	return Calendar{
		Product: "-//Example//Calendar//EN", Name: "Échéances, Ayni", Lang: "fr", Refresh: 12 * time.Hour,
		Events: []Event{
			{UID: "deadline-1@example.org", Day: "2027-02-28", Summary: "Expire\u00a0: mémorandum; première partie, annexe A", Description: "Un partenariat\nhttps://example.org/p/1",
				URL: "https://example.org/p/1#deadlines", Categories: []string{"Échéance", "a,b"}, Changed: at, Created: at.Add(-time.Hour), Sequence: 2},
			{UID: "action-2@example.org", Day: "2028-02-29", Summary: strings.Repeat("南南合作 ", 12), Changed: at},
		},
	}
}

func written(t *testing.T, c Calendar) string {
	t.Helper()
	var b strings.Builder
	err := Write(&b, c)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteGolden(t *testing.T) {
	t.Parallel()
	got := written(t, example())
	if diff := cmp.Diff(golden, got); diff != "" {
		t.Error(diff)
	}
}

// prop is a line of a calendar as a reader of our own takes it: name,
// parameters, value.
type prop struct{ name, params, value string }

// readBack is a second reader, written from the grammar of RFC 5545 alone: it
// unfolds, splits and checks what the standard asks of a feed.
func readBack(data string) ([]prop, error) {
	if !strings.HasSuffix(data, "\r\n") || strings.Contains(strings.ReplaceAll(data, "\r\n", ""), "\n") || strings.Contains(strings.ReplaceAll(data, "\r\n", ""), "\r") {
		return nil, fmt.Errorf("a line does not end with CR LF")
	}
	var lines []string
	for _, raw := range strings.Split(strings.TrimSuffix(data, "\r\n"), "\r\n") {
		switch {
		case len(raw) > 75:
			return nil, fmt.Errorf("a line of %d octets: %q", len(raw), raw)
		case !utf8.ValidString(raw):
			return nil, fmt.Errorf("a line breaks a character: %q", raw)
		case strings.HasPrefix(raw, " ") && len(lines) > 0:
			lines[len(lines)-1] += raw[1:]
		case raw == "" || raw[0] == ' ':
			return nil, fmt.Errorf("an empty line, or a continuation of nothing: %q", raw)
		default:
			lines = append(lines, raw)
		}
	}
	var out []prop
	var open []string
	for _, l := range lines {
		head, value, ok := strings.Cut(l, ":")
		if !ok {
			return nil, fmt.Errorf("no value: %q", l)
		}
		name, params, _ := strings.Cut(head, ";")
		if name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
			return nil, fmt.Errorf("no name of a property: %q", l)
		}
		switch name {
		case "BEGIN":
			open = append(open, value)
		case "END":
			if len(open) == 0 || open[len(open)-1] != value {
				return nil, fmt.Errorf("%s ends and is not open", value)
			}
			open = open[:len(open)-1]
		default:
			if len(open) == 0 {
				return nil, fmt.Errorf("%s outside a component", name)
			}
		}
		out = append(out, prop{name, params, value})
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("%v is not closed", open)
	}
	return out, nil
}

// unescape reads a text value.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] == 'n' || s[i] == 'N' {
				b.WriteByte('\n')
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// values are the values of a property, unescaped.
func values(list []prop, name string) []string {
	var out []string
	for _, p := range list {
		if p.name == name {
			out = append(out, unescape(p.value))
		}
	}
	return out
}

func TestASecondReaderReadsTheSame(t *testing.T) {
	t.Parallel()
	c := example()
	list, err := readBack(written(t, c))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"SUMMARY": {c.Events[0].Summary, c.Events[1].Summary}, "DESCRIPTION": {c.Events[0].Description}, "NAME": {c.Name}, "X-WR-CALNAME": {c.Name},
		"UID": {"deadline-1@example.org", "action-2@example.org"}, "DTSTART": {"20270228", "20280229"}, "DTEND": {"20270301", "20280301"},
		"URL": {c.Events[0].URL}, "SEQUENCE": {"2", "0"}, "LAST-MODIFIED": {"20261124T093000Z", "20261124T093000Z"}, "VERSION": {"2.0"}, "REFRESH-INTERVAL": {"PT43200S"},
	} {
		if diff := cmp.Diff(want, values(list, name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for _, p := range list {
		if (p.name == "DTSTART" || p.name == "DTEND") && p.params != "VALUE=DATE" {
			t.Errorf("%s has the parameters %q", p.name, p.params)
		}
	}
}

func TestIN4TitlesOfACalendarAreInert(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{
		"x\r\nEND:VEVENT\r\nBEGIN:VALARM\r\nACTION:PROCEDURE", "x\nATTACH:file:///etc/passwd", "x\rURL:javascript:alert(1)", "x\u2028BEGIN:VEVENT", "x\u0085END:VCALENDAR",
		"<script>alert(1)</script>", "{{.}} ${7*7}", "data:text/html,x", "a\x00b\x1b[31m", "\u202egnp.exe", "\\nBEGIN:VEVENT", `\`, `a\`, ";;,,::", "\xff\xfe broken", strings.Repeat("\n", 300),
	} {
		c := example()
		c.Name = hostile
		e := &c.Events[0]
		e.UID, e.Summary, e.Description, e.Categories = "uid "+hostile, "s "+hostile, hostile, []string{hostile}
		list, err := readBack(written(t, c))
		if err != nil {
			t.Errorf("%q: %v", hostile, err)
			continue
		}
		if n := len(values(list, "BEGIN")); n != 3 {
			t.Errorf("%q begins %d components, want 3", hostile, n)
		}
		for _, name := range []string{"ATTACH", "ACTION"} {
			if len(values(list, name)) > 0 {
				t.Errorf("%q adds the property %s", hostile, name)
			}
		}
		if got := strings.Join(values(list, "SUMMARY"), ""); strings.ContainsAny(got, "\x00\x1b\u202e") {
			t.Errorf("%q: the summary holds what turns or ends it: %q", hostile, got)
		}
	}
	for _, address := range []string{"javascript:alert(1)", "https://example.org/\r\nATTACH:x", "file:///etc/passwd", "https://", "https://example.org/a b", "data:text/html,x"} {
		c := example()
		c.Events[0].URL = address
		err := Write(&strings.Builder{}, c)
		if err == nil {
			t.Errorf("the address %q is written", address)
		}
	}
}

func TestWriteRefusesWhatIsIncomplete(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(e *Event){
		"uid": func(e *Event) { e.UID = "" }, "summary": func(e *Event) { e.Summary = "" }, "day": func(e *Event) { e.Day = "2027-02-30" }, "no day": func(e *Event) { e.Day = "" },
		"changed": func(e *Event) { e.Changed = time.Time{} }, "sequence": func(e *Event) { e.Sequence = -1 },
	} {
		c := example()
		edit(&c.Events[0])
		err := Write(&strings.Builder{}, c)
		if err == nil {
			t.Errorf("written without a proper %s", name)
		}
	}
}

// unfold puts a folded line together again.
func unfold(s string) string {
	return strings.TrimSuffix(strings.ReplaceAll(s, "\r\n ", ""), "\r\n")
}

func checkFold(s string) error {
	s = strings.ToValidUTF8(strings.NewReplacer("\r", "", "\n", "").Replace(s), "\ufffd")
	folded := Fold(s)
	for _, l := range strings.Split(strings.TrimSuffix(folded, "\r\n"), "\r\n") {
		if len(l) > 75 || !utf8.ValidString(l) {
			return fmt.Errorf("a line of %d octets: %q", len(l), l)
		}
	}
	if got := unfold(folded); got != s {
		return fmt.Errorf("unfolded %q, want %q", got, s)
	}
	return nil
}

func TestFoldingNeverBreaksACharacter(t *testing.T) {
	t.Parallel()
	for n := range 90 {
		for _, r := range []string{"é", "南", "𓂀", "a"} {
			err := checkFold(strings.Repeat("x", n) + strings.Repeat(r, 60))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	err := quick.Check(func(s string) bool { return checkFold(s) == nil }, nil)
	if err != nil {
		t.Error(err)
	}
}

func FuzzCalendar(f *testing.F) {
	for _, s := range []string{"", "Échéance", "x\r\nEND:VEVENT", strings.Repeat("南", 100), "\\;,:\n", "\xff"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		err := checkFold(a)
		if err != nil {
			t.Fatal(err)
		}
		c := example()
		c.Name, c.Events[0].Summary, c.Events[0].Description, c.Events[0].Categories = a, "x"+a, b, []string{b}
		list, err := readBack(written(t, c))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(values(list, "BEGIN")); n != 3 {
			t.Fatalf("%d components, want 3", n)
		}
	})
}
