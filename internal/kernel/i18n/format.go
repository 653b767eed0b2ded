package i18n

import (
	"strconv"
	"strings"

	"ayni/internal/kernel/clock"
)

var months = map[string][12]string{
	"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	"fr": {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	"es": {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"},
}

var weekdays = map[string][7]string{
	"en": {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	"fr": {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	"es": {"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
}

// nbsp keeps the parts of a date or an amount on one line.
const nbsp = "\u00a0"

// Date says a day, "23 Nov 2026"; a year or a month alone is said as such
// ("2014", "Mar 2014"); a missing day is said as the empty text.
func (l *L) Date(d clock.Day) string {
	s := string(d)
	switch len(s) {
	case 4:
		return s
	case 7:
		m, err := strconv.Atoi(s[5:])
		if err != nil || m < 1 || m > 12 {
			return s
		}
		return months[l.Lang][m-1] + nbsp + s[:4]
	}
	if !d.Valid() {
		return s
	}
	return l.DayMonth(d) + nbsp + s[:4]
}

// DayMonth says a day without its year, "23 Nov".
func (l *L) DayMonth(d clock.Day) string {
	if !d.Valid() {
		return string(d)
	}
	t := d.Ms().Time()
	day := strconv.Itoa(t.Day())
	if l.Lang == "fr" && t.Day() == 1 {
		day = "1er"
	}
	return day + nbsp + months[l.Lang][t.Month()-1]
}

// Weekday says the day of the week, "Monday".
func (l *L) Weekday(d clock.Day) string {
	if !d.Valid() {
		return ""
	}
	return weekdays[l.Lang][d.Ms().Time().Weekday()]
}

// DateTime says an instant in UTC, "23 Nov 2026, 09:12".
func (l *L) DateTime(m clock.Ms) string {
	if m == 0 {
		return ""
	}
	sep := ", "
	if l.Lang == "fr" {
		sep = " à "
	}
	return l.Date(m.Day()) + sep + m.Time().Format("15:04")
}

// separators are the thousands and decimal signs of a language.
func (l *L) separators() (thousands, decimal string) {
	switch l.Lang {
	case "fr":
		// The narrow no-break space, as French typography has it.
		return "\u202f", ","
	case "es":
		return ".", ","
	}
	return ",", "."
}

// Num says a whole number with the thousands of the language.
func (l *L) Num(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "−", s[1:]
	}
	return sign + l.group(s)
}

func (l *L) group(digits string) string {
	// Spanish leaves four digits together (Real Academia Española).
	if len(digits) <= 3 || (l.Lang == "es" && len(digits) == 4) {
		return digits
	}
	thousands, _ := l.separators()
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(thousands)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Decimal says minor units as a number with that many decimals: 123450 with
// two digits is "1,234.50"; zero decimals are left out ("1,234").
func (l *L) Decimal(minor int64, digits int) string {
	sign := ""
	if minor < 0 {
		sign, minor = "−", -minor
	}
	s := strconv.FormatInt(minor, 10)
	for len(s) <= digits {
		s = "0" + s
	}
	whole, part := s[:len(s)-digits], s[len(s)-digits:]
	if strings.Trim(part, "0") == "" {
		return sign + l.group(whole)
	}
	_, decimal := l.separators()
	return sign + l.group(whole) + decimal + part
}

// Money says an amount with its ISO 4217 code, "USD 746,014" or
// "746 014 USD" as the language has it.
func (l *L) Money(minor int64, digits int, currency string) string {
	n := l.Decimal(minor, digits)
	if l.Lang == "en" {
		return currency + nbsp + n
	}
	return n + nbsp + currency
}

// List joins names: "A, B and C".
func (l *L) List(parts []string) string {
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	last := parts[len(parts)-1]
	and := map[string]string{"en": " and ", "fr": " et ", "es": " y "}[l.Lang]
	if l.Lang == "es" && startsWithI(last) {
		and = " e "
	}
	return strings.Join(parts[:len(parts)-1], ", ") + and + last
}

// startsWithI says whether a Spanish word begins with the sound "i", before
// which "y" becomes "e".
func startsWithI(s string) bool {
	s = strings.ToLower(s)
	return strings.HasPrefix(s, "i") || strings.HasPrefix(s, "í") || (strings.HasPrefix(s, "hi") && !strings.HasPrefix(s, "hie") && !strings.HasPrefix(s, "hia"))
}

// Colon joins a name and what is said of it, "Budget: USD 8,000,000". French
// has a no-break space before the sign.
func (l *L) Colon(name, said string) string {
	if l.Lang == "fr" {
		return name + nbsp + ": " + said
	}
	return name + ": " + said
}

// Series joins longer things, "A; B; C".
func (l *L) Series(parts []string) string {
	if l.Lang == "fr" {
		return strings.Join(parts, nbsp+"; ")
	}
	return strings.Join(parts, "; ")
}

// Quote puts a text that somebody wrote into quotation marks.
func (l *L) Quote(s string) string {
	switch l.Lang {
	case "fr":
		return "«" + nbsp + s + nbsp + "»"
	case "es":
		return "«" + s + "»"
	}
	return "“" + s + "”"
}
