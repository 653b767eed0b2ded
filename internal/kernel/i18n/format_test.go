package i18n

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/clock"
)

// said is what the three languages say, with a blank for every no-break space
// and "_" for the narrow one of French numbers.
func said(say func(*L) string) []string {
	var out []string
	for _, lang := range Langs {
		var b []rune
		for _, r := range say(For(lang)) {
			switch r {
			case '\u00a0':
				r = ' '
			case '\u202f':
				r = '_'
			}
			b = append(b, r)
		}
		out = append(out, string(b))
	}
	return out
}

func TestDates(t *testing.T) {
	t.Parallel()
	for d, want := range map[clock.Day][]string{
		"2026-11-23": {"23 Nov 2026", "23 nov. 2026", "23 nov 2026"},
		"2026-05-01": {"1 May 2026", "1er mai 2026", "1 may 2026"},
		"2024-02-29": {"29 Feb 2024", "29 févr. 2024", "29 feb 2024"},
		"2014-03":    {"Mar 2014", "mars 2014", "mar 2014"},
		"2014":       {"2014", "2014", "2014"},
		"":           {"", "", ""},
		"2014-13":    {"2014-13", "2014-13", "2014-13"},
		"2023-02-29": {"2023-02-29", "2023-02-29", "2023-02-29"}, // what is no day is said as it was written
	} {
		if diff := cmp.Diff(want, said(func(l *L) string { return l.Date(d) })); diff != "" {
			t.Errorf("%q: %s", d, diff)
		}
	}
	if diff := cmp.Diff([]string{"23 Nov", "23 nov.", "23 nov"}, said(func(l *L) string { return l.DayMonth("2026-11-23") })); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Monday", "lundi", "lunes"}, said(func(l *L) string { return l.Weekday("2026-11-23") })); diff != "" {
		t.Error(diff)
	}
	if got := For("en").Weekday("2026"); got != "" {
		t.Errorf("a year has the weekday %q", got)
	}
	if got := For("en").DayMonth("2026"); got != "2026" {
		t.Errorf("a year has the day %q", got)
	}
	at := clock.Day("2026-11-23").Ms().Add(9*3600e9 + 5*60e9)
	if diff := cmp.Diff([]string{"23 Nov 2026, 09:05", "23 nov. 2026 à 09:05", "23 nov 2026, 09:05"}, said(func(l *L) string { return l.DateTime(at) })); diff != "" {
		t.Error(diff)
	}
	if got := For("en").DateTime(0); got != "" {
		t.Errorf("no instant is %q", got)
	}
}

// TestDateKeepsTogether: a day is never broken at the end of a line.
func TestDateKeepsTogether(t *testing.T) {
	t.Parallel()
	if got := For("en").Date("2026-11-23"); got != "23\u00a0Nov\u00a02026" {
		t.Errorf("%q", got)
	}
	if got := For("fr").Money(74601400, 2, "USD"); got != "746\u202f014\u00a0USD" {
		t.Errorf("%q", got)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64][]string{
		0:             {"0", "0", "0"},
		999:           {"999", "999", "999"},
		1000:          {"1,000", "1_000", "1000"},
		12345:         {"12,345", "12_345", "12.345"},
		1234567:       {"1,234,567", "1_234_567", "1.234.567"},
		-1234567:      {"−1,234,567", "−1_234_567", "−1.234.567"},
		math.MinInt64: {"−9,223,372,036,854,775,808", "−9_223_372_036_854_775_808", "−9.223.372.036.854.775.808"},
	} {
		if diff := cmp.Diff(want, said(func(l *L) string { return l.Num(n) })); diff != "" {
			t.Errorf("%d: %s", n, diff)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		minor  int64
		digits int
		code   string
		want   []string
	}{
		{74601400, 2, "USD", []string{"USD 746,014", "746_014 USD", "746.014 USD"}},
		{74601450, 2, "USD", []string{"USD 746,014.50", "746_014,50 USD", "746.014,50 USD"}},
		{5, 2, "EUR", []string{"EUR 0.05", "0,05 EUR", "0,05 EUR"}},
		{-123450, 2, "EUR", []string{"EUR −1,234.50", "−1_234,50 EUR", "−1234,50 EUR"}},
		{1500, 0, "JPY", []string{"JPY 1,500", "1_500 JPY", "1500 JPY"}},
		{1234567, 3, "KWD", []string{"KWD 1,234.567", "1_234,567 KWD", "1234,567 KWD"}},
		{0, 2, "USD", []string{"USD 0", "0 USD", "0 USD"}},
	} {
		got := said(func(l *L) string { return l.Money(tc.minor, tc.digits, tc.code) })
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%d %s: %s", tc.minor, tc.code, diff)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		parts []string
		want  []string
	}{
		{nil, []string{"", "", ""}},
		{[]string{"A"}, []string{"A", "A", "A"}},
		{[]string{"A", "B"}, []string{"A and B", "A et B", "A y B"}},
		{[]string{"A", "B", "C"}, []string{"A, B and C", "A, B et C", "A, B y C"}},
		{[]string{"Brasil", "India"}, []string{"Brasil and India", "Brasil et India", "Brasil e India"}},
		{[]string{"Cuba", "Hungría"}, []string{"Cuba and Hungría", "Cuba et Hungría", "Cuba y Hungría"}},
		{[]string{"agua", "hierro"}, []string{"agua and hierro", "agua et hierro", "agua y hierro"}},
		{[]string{"madre", "hija"}, []string{"madre and hija", "madre et hija", "madre e hija"}},
		{[]string{"A", "Índice"}, []string{"A and Índice", "A et Índice", "A e Índice"}},
	} {
		got := said(func(l *L) string { return l.List(tc.parts) })
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%v: %s", tc.parts, diff)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	l := For("en")
	for _, tc := range []struct {
		v    any
		want string
	}{
		{"text", "text"}, {1234, "1,234"}, {int64(1234), "1,234"}, {true, "true"}, {nil, "<nil>"},
		{[]string{"A", "B"}, "A and B"},
		{[]any{"A", 2}, "A and 2"},
		{[]Msg{M("x.a", "One"), M("x.b", "Two")}, "One and Two"},
		{M("x.a", "Inner"), "Inner"},
		{clock.Day("2014"), "2014"},
	} {
		if got := l.Value(tc.v); got != tc.want {
			t.Errorf("%#v: %q, want %q", tc.v, got, tc.want)
		}
	}
}
