package directory

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/search"
)

// Lengths of what people type, in characters, and numbers of what they list.
const (
	maxName        = 300
	maxAcronym     = 40
	maxTitle       = 200
	maxAddress     = 500
	maxNote        = 5000
	maxSource      = 300
	maxEmail       = 254
	maxAliases     = 50
	maxIdentifiers = 20
	maxDepth       = 30 // of the tree
)

var schemeForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,31}$`)

// known answers whether a list of reference data has a code.
type known func(list, code string) bool

// tooLong notes a text that is longer than n characters.
func tooLong(c *errs.Check, field, s string, n int) bool {
	return c.If(utf8.RuneCountInString(s) > n, field, i18n.M("directory.long", "Write at most {n} characters", i18n.A{"n": n}))
}

// checkOrganisation tidies an organisation and says what is to be mended.
func checkOrganisation(o Organisation, has known) (Organisation, error) {
	var c errs.Check
	for _, f := range []struct {
		field string
		text  *string
		most  int
	}{
		{"name", &o.Name, maxName}, {"name_fr", &o.NameFR, maxName}, {"name_es", &o.NameES, maxName}, {"acronym", &o.Acronym, maxAcronym},
		{"website", &o.Website, maxAddress}, {"source", &o.Source, maxSource}, {"source_place", &o.SourcePlace, maxSource},
	} {
		*f.text = oneLine(*f.text)
		tooLong(&c, f.field, *f.text, f.most)
	}
	o.Note = strings.TrimSpace(strings.ReplaceAll(o.Note, "\r\n", "\n"))
	tooLong(&c, "note", o.Note, maxNote)
	c.If(search.Fold(o.Name) == "" && !c.Has("name"), "name", i18n.M("directory.name.missing", "Write the organisation’s name"))
	c.If(o.Kind != "" && !has(KindList, o.Kind), "kind", i18n.M("directory.choose", "Choose one from the list"))
	c.If(o.Country != "" && !has(CountryList, o.Country), "country", i18n.M("directory.choose", "Choose one from the list"))
	c.If(o.Website != "" && !webAddress(o.Website), "website", i18n.M("directory.website", "Write the whole address, beginning with https:// or http://"))
	o.Aliases = tidyAliases(&c, o.Aliases)
	o.Identifiers = tidyIdentifiers(&c, o.Identifiers)
	return o, c.Err()
}

// oneLine makes every run of blanks one, and drops those at the ends.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// webAddress says whether a text is a whole address of a page: http or https,
// a host, nobody's name or password in it.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && !strings.ContainsAny(s, " \t\r\n")
}

func tidyAliases(c *errs.Check, aliases []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, a := range aliases {
		a = oneLine(a)
		folded := search.Fold(a)
		if folded == "" || seen[folded] {
			continue
		}
		seen[folded] = true
		tooLong(c, "aliases", a, maxName)
		out = append(out, a)
	}
	c.If(len(out) > maxAliases, "aliases", i18n.M("directory.many", "Write at most {n} lines", i18n.A{"n": maxAliases}))
	// In a steady order, so that the same names in another order are no change.
	slices.Sort(out)
	return out
}

func tidyIdentifiers(c *errs.Check, ids []Identifier) []Identifier {
	var out []Identifier
	for _, i := range ids {
		i = Identifier{Scheme: strings.ToLower(strings.TrimSpace(i.Scheme)), Value: oneLine(i.Value)}
		if i == (Identifier{}) || slices.Contains(out, i) {
			continue
		}
		c.If(!c.Has("identifiers") && (!schemeForm.MatchString(i.Scheme) || i.Value == "" || utf8.RuneCountInString(i.Value) > 120),
			"identifiers", i18n.M("directory.identifier", "Write one identifier a line: the register, a blank, the identifier, such as “iati XM-DAC-41302”"))
		out = append(out, i)
	}
	c.If(len(out) > maxIdentifiers && !c.Has("identifiers"), "identifiers", i18n.M("directory.many", "Write at most {n} lines", i18n.A{"n": maxIdentifiers}))
	slices.SortFunc(out, func(a, b Identifier) int { return strings.Compare(a.Scheme+" "+a.Value, b.Scheme+" "+b.Value) })
	return out
}

// parseLines reads a field of one entry a line.
func parseLines(s string) []string {
	var out []string
	for _, line := range strings.Split(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// parseIdentifiers reads one identifier a line: register, blank, identifier.
func parseIdentifiers(s string) []Identifier {
	var out []Identifier
	for _, line := range parseLines(s) {
		scheme, value, _ := strings.Cut(line, " ")
		out = append(out, Identifier{Scheme: scheme, Value: strings.TrimSpace(value)})
	}
	return out
}

// identifierLines is the reverse of parseIdentifiers.
func identifierLines(ids []Identifier) string {
	lines := make([]string, len(ids))
	for i, d := range ids {
		lines[i] = d.Scheme + " " + d.Value
	}
	return strings.Join(lines, "\n")
}

// searchText is the text in which words are found: a blank, then the folded
// words of every name.
func searchText(o Organisation) string {
	var b strings.Builder
	for _, s := range append([]string{o.Name, o.NameFR, o.NameES, o.Acronym}, o.Aliases...) {
		if folded := search.Fold(s); folded != "" {
			b.WriteByte(' ')
			b.WriteString(folded)
		}
	}
	return b.String()
}

// checkSpan says what is wrong with the first and the last day of something,
// which may be a day, a month or a year each.
func checkSpan(c *errs.Check, from, to *clock.Day) {
	*from, *to = clock.Day(strings.TrimSpace(string(*from))), clock.Day(strings.TrimSpace(string(*to)))
	for _, f := range []struct {
		field string
		day   clock.Day
	}{{"from_on", *from}, {"to_on", *to}} {
		c.If(!partDay(f.day), f.field, i18n.M("directory.date", "Write a date such as 2026-11-23, a month such as 2026-11 or a year"))
	}
	c.If(!c.Has("from_on") && !c.Has("to_on") && *from != "" && Over(*to, *from), "to_on", i18n.M("directory.to", "Write a date that is not before the first one, or leave it empty"))
}

// partDay says whether a day, a month or a year is one of the calendar.
func partDay(d clock.Day) bool {
	return refdata.PartDate(string(d)) && (len(d) != len("2026-11-23") || d.Valid())
}

func checkStanding(s Standing, has known) (Standing, error) {
	var c errs.Check
	c.If(!has(StandingList, s.Kind), "kind", i18n.M("directory.choose", "Choose one from the list"))
	checkSpan(&c, &s.FromOn, &s.ToOn)
	s.Source = oneLine(s.Source)
	tooLong(&c, "source", s.Source, maxSource)
	return s, c.Err()
}

func checkMember(m Member, has known) (Member, error) {
	var c errs.Check
	switch {
	case m.Body == "" && m.Country == "":
		c.Add("member", i18n.M("directory.member.none", "Name an organisation, or choose a country"))
	case m.Body != "" && m.Country != "":
		c.Add("member", i18n.M("directory.member.both", "A member is an organisation or a country: take one of the two away"))
	case m.Body == m.Organisation:
		c.Add("member", i18n.M("directory.member.self", "An organisation is not a member of itself"))
	}
	c.If(m.Country != "" && !has(CountryList, m.Country), "country", i18n.M("directory.choose", "Choose one from the list"))
	checkSpan(&c, &m.FromOn, &m.ToOn)
	m.Source = oneLine(m.Source)
	tooLong(&c, "source", m.Source, maxSource)
	return m, c.Err()
}

func checkPerson(p Person) (Person, error) {
	var c errs.Check
	p.Name, p.Email = oneLine(p.Name), access.FoldEmail(p.Email)
	p.Note = strings.TrimSpace(strings.ReplaceAll(p.Note, "\r\n", "\n"))
	c.If(search.Fold(p.Name) == "", "name", i18n.M("directory.person.missing", "Write the person’s name"))
	tooLong(&c, "name", p.Name, maxName)
	tooLong(&c, "note", p.Note, maxNote)
	c.If(p.Email != "" && !emailAddress(p.Email), "email", i18n.M("directory.email", "Write one address, such as name@example.org"))
	c.If(p.Lang != "" && !i18n.Known(p.Lang), "lang", i18n.M("directory.choose", "Choose one from the list"))
	return p, c.Err()
}

func emailAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= maxEmail
}

func checkRole(r Role) (Role, error) {
	var c errs.Check
	r.Title = oneLine(r.Title)
	tooLong(&c, "title", r.Title, maxTitle)
	c.If(r.Organisation == "", "organisation", i18n.M("directory.role.organisation", "Name the organisation"))
	checkSpan(&c, &r.FromOn, &r.ToOn)
	return r, c.Err()
}
