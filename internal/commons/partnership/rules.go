package partnership

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/search"
)

// maxValidity is how far ahead an attestation or exemption may reach, in months.
const maxValidity = 24

// Lengths of texts, in characters.
const (
	maxTitle = 200
	maxText  = 4000
)

// moves are the statuses that may follow a status. Every partnership that is
// not over may be paused, and goes on from there wherever it then stands; one
// that has not become active may be declined, an active one is closed.
var moves = map[Status][]Status{
	Exploring:   {Formalised, Active, Paused, Declined, Closed},
	Formalised:  {Active, Exploring, Paused, Declined, Closed},
	Active:      {UnderReview, Paused, Closed},
	UnderReview: {Renewed, Active, Paused, Closed},
	Renewed:     {Active, UnderReview, Paused, Closed},
	Paused:      {Exploring, Formalised, Active, UnderReview, Renewed, Closed, Declined},
	Declined:    {Exploring},
	Closed:      {UnderReview},
}

// Next are the statuses that may follow.
func Next(s Status) []Status { return moves[s] }

// checkMove says whether a partnership may go from a status to another.
func checkMove(from, to Status, reason string) error {
	var c errs.Check
	if !slices.Contains(moves[from], to) {
		c.Add("status", i18n.M("partnership.move", "From “{from}” a partnership does not go to “{to}”.", i18n.A{"from": statusMsg(from), "to": statusMsg(to)}))
	}
	c.If(reason == "", "reason", i18n.M("partnership.reason", "Say why. The reason is kept with the change."))
	tooLong(&c, "reason", reason, maxText)
	return c.Err()
}

func statusMsg(s Status) i18n.Msg {
	switch s {
	case Exploring:
		return i18n.M("status.exploring", "exploring")
	case Formalised:
		return i18n.M("status.formalised", "formalised")
	case Active:
		return i18n.M("status.active", "active")
	case UnderReview:
		return i18n.M("status.under_review", "under review")
	case Renewed:
		return i18n.M("status.renewed", "renewed")
	case Closed:
		return i18n.M("status.closed", "closed")
	case Paused:
		return i18n.M("status.paused", "paused")
	case Declined:
		return i18n.M("status.declined", "declined")
	}
	return i18n.Msg{}
}

// ParseDate reads a date as people write it: 2027-02-01, 1 Feb 2027, 1er févr.
// 2027, 1 de febrero de 2027, 01/02/2027 (day first), and where part is allowed
// a month or a year. The empty text is a date that is missing.
func ParseDate(s string, part bool) (clock.Day, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return "", true
	}
	if d := clock.Day(s); d.Valid() {
		return d, true
	}
	f := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("/-.,", r) })
	f = slices.DeleteFunc(f, func(w string) bool { return w == "de" || w == "del" })
	var d clock.Day
	switch {
	case len(f) == 1 && part && isYear(f[0]):
		return clock.Day(f[0]), true
	case len(f) == 2 && part && isYear(f[1]):
		d = clock.Day(f[1] + "-" + month(f[0]))
		return d, knownDate(d)
	case len(f) == 2 && part && isYear(f[0]):
		d = clock.Day(f[0] + "-" + month(f[1]))
		return d, knownDate(d)
	case len(f) == 3 && isYear(f[2]):
		day := f[0]
		if day == "1er" {
			day = "1"
		}
		if len(day) == 1 {
			day = "0" + day
		}
		d = clock.Day(f[2] + "-" + month(f[1]) + "-" + day)
		return d, d.Valid()
	}
	return "", false
}

func isYear(s string) bool { return len(s) == 4 && digits(s) }

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// knownDate says whether a date is missing, a day, a month or a year.
func knownDate(d clock.Day) bool {
	switch len(d) {
	case 0:
		return true
	case 4, 7:
		return (d + clock.Day("-01-01"[:10-len(d)])).Valid()
	}
	return d.Valid()
}

// monthNames are the names of the months in the three languages, folded.
var monthNames = [12][]string{
	{"january", "janvier", "enero"}, {"february", "fevrier", "febrero"}, {"march", "mars", "marzo"}, {"april", "avril", "abril"},
	{"may", "mai", "mayo"}, {"june", "juin", "junio"}, {"july", "juillet", "julio"}, {"august", "aout", "agosto"},
	{"september", "septembre", "septiembre", "setiembre"}, {"october", "octobre", "octubre"}, {"november", "novembre", "noviembre"},
	{"december", "decembre", "diciembre"},
}

// month reads a month by number or by the beginning of its name, three letters
// or more, as two digits; empty where it is none.
func month(s string) string {
	if digits(s) && len(s) <= 2 {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 12 {
			return ""
		}
		return twoDigits(n)
	}
	s = search.Fold(s)
	if len(s) < 3 {
		return ""
	}
	found := ""
	for i, names := range monthNames {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, s) }) {
			continue
		}
		if found != "" {
			return "" // "jui" begins two
		}
		found = twoDigits(i + 1)
	}
	return found
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

// dateBefore compares dates that may be a year or a month alone; where one
// contains the other it is not before.
func dateBefore(a, b clock.Day) bool {
	n := min(len(a), len(b))
	return n > 0 && a[:n] < b[:n]
}

var (
	msgDate     = func() i18n.Msg { return i18n.M("form.date", "Write a date such as 1 Feb 2027 or 2027-02-01") }
	msgPartDate = func() i18n.Msg {
		return i18n.M("form.part_date", "Write a date such as 1 Feb 2027, a month such as 2027-02 or a year")
	}
)

func tooLong(c *errs.Check, field, text string, limit int) {
	c.If(utf8.RuneCountInString(text) > limit, field, i18n.M("form.long", "Write at most {n} characters", i18n.A{"n": limit}))
}

func checkAudience(c *errs.Check, audience string) {
	if audience != access.AudienceHost && audience != access.AudienceParties && audience != access.AudiencePublic && !strings.HasPrefix(audience, "party:") {
		c.Add("audience", i18n.M("form.audience", "Choose who may see it"))
	}
}

// CheckLink says whether an address may be kept as evidence: http or https,
// with a host. It is stored and never fetched.
func CheckLink(s string) bool {
	if len(s) > 2000 {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// checkPartnership says what is wrong with what was typed of a partnership.
func checkPartnership(p Partnership) error {
	var c errs.Check
	c.If(p.Title == "", "title", i18n.M("partnership.title", "Write a name: what, with whom, where"))
	tooLong(&c, "title", p.Title, maxTitle)
	tooLong(&c, "title_fr", p.TitleFR, maxTitle)
	tooLong(&c, "title_es", p.TitleES, maxTitle)
	tooLong(&c, "summary", p.Summary, maxText)
	tooLong(&c, "summary_fr", p.SummaryFR, maxText)
	tooLong(&c, "summary_es", p.SummaryES, maxText)
	tooLong(&c, "need_text", p.NeedText, maxText)
	c.If(!knownDate(p.StartOn), "start_on", msgPartDate())
	c.If(!knownDate(p.EndOn), "end_on", msgPartDate())
	c.If(!knownDate(p.NeedOn), "need_on", msgDate())
	if p.StartOn != "" && p.EndOn != "" && dateBefore(p.EndOn, p.StartOn) {
		c.Add("end_on", i18n.M("form.after", "Write a date after {date}", i18n.A{"date": p.StartOn}))
	}
	c.If(p.NeedKind == "" && p.NeedText != "", "need_kind", i18n.M("partnership.need_kind", "Say whether the country confirmed the need or it is an analytic signal"))
	c.If(p.NeedKind != "" && p.NeedKind != NeedConfirmed && p.NeedKind != NeedSignal, "need_kind", i18n.M("form.choose", "Choose one of the list"))
	c.If(p.Modality != "" && !slices.Contains(Modalities, p.Modality), "modality", i18n.M("form.choose", "Choose one of the list"))
	return c.Err()
}

// checkAttestation says what is wrong with an attestation or exemption.
func checkAttestation(a Attestation, today clock.Day) error {
	var c errs.Check
	_, known := ElementOf(a.Element)
	if !known || (a.Kind != Attests && a.Kind != Exempts) {
		return errs.Missing()
	}
	c.If(a.Reason == "", "reason", i18n.M("attest.reason", "Say why the document stands in for records, or why the element does not apply"))
	tooLong(&c, "reason", a.Reason, maxText)
	tooLong(&c, "note", a.Note, maxText)
	tooLong(&c, "document", a.Title, maxTitle)
	if a.Kind == Attests {
		c.If(a.File == "" && a.Link == "" && a.Note == "", "document", i18n.M("attest.document", "Give a file, a link or a note that stands in for the records"))
	}
	c.If(a.Link != "" && !CheckLink(a.Link), "link", i18n.M("form.link", "Write a link that begins with https:// or http://"))
	c.If(!a.Dated.Valid(), "dated", msgDate())
	if a.Dated.Valid() {
		c.If(a.Dated > today, "dated", i18n.M("form.not_future", "This date lies in the future; write the document’s own"))
	}
	last := today.AddMonths(maxValidity)
	switch {
	case !a.ValidUntil.Valid():
		c.Add("valid_until", msgDate())
	case a.ValidUntil <= today || a.ValidUntil > last:
		c.Add("valid_until", i18n.M("attest.valid", "Write a date after today and not later than {date}", i18n.A{"date": last}))
	}
	checkAudience(&c, a.Audience)
	return c.Err()
}

// checkEvidence says what is wrong with an evidence.
func checkEvidence(e Evidence, today clock.Day) error {
	var c errs.Check
	if _, known := ElementOf(e.Element); !known {
		return errs.Missing()
	}
	c.If(e.Title == "", "title", i18n.M("evidence.title", "Say what it is, in a few words"))
	tooLong(&c, "title", e.Title, maxTitle)
	tooLong(&c, "note", e.Note, maxText)
	tooLong(&c, "alt", e.Alt, maxTitle)
	switch e.Kind {
	case EvidenceFile:
		c.If(e.Ref == "", "file", i18n.M("evidence.file", "Choose a file"))
	case EvidenceLink:
		c.If(!CheckLink(e.Ref), "link", i18n.M("form.link", "Write a link that begins with https:// or http://"))
	case EvidenceNote:
		c.If(e.Note == "", "note", i18n.M("evidence.note", "Write what was seen or agreed"))
	case EvidenceGuide, EvidenceRecord:
	default:
		c.Add("kind", i18n.M("form.choose", "Choose one of the list"))
	}
	if e.Dated != "" {
		c.If(!e.Dated.Valid(), "dated", msgDate())
		c.If(e.Dated.Valid() && e.Dated > today, "dated", i18n.M("form.not_future", "This date lies in the future; write the document’s own"))
	}
	checkAudience(&c, e.Audience)
	return c.Err()
}

// checkClaim says what is wrong with a statement.
func checkClaim(m Claim) error {
	var c errs.Check
	if _, known := ElementOf(m.Element); !known {
		return errs.Missing()
	}
	c.If(!slices.Contains(ClaimKinds, m.Kind), "kind", i18n.M("form.choose", "Choose one of the list"))
	c.If(m.Text == "", "text", i18n.M("claim.text", "Say what was given, reached or measured"))
	tooLong(&c, "text", m.Text, maxText)
	c.If(m.StatedBy == "", "stated_by", i18n.M("claim.by", "Choose the party that states it"))
	c.If(m.Dated != "" && !m.Dated.Valid(), "dated", msgDate())
	checkAudience(&c, m.Audience)
	return c.Err()
}

// Region of the world economy in the guide's sense, for the proposal of a
// modality. Whether a country counts as South is a person's judgement per
// partnership: the proposal only reads what is known of the parties.
type partyKind int

const (
	kindSouth partyKind = iota
	kindNorth
	kindMultilateral
	kindUnknown
)

// propose reads the modality from parties and roles by the guide's
// definitions: South-South among two or more developing countries; triangular
// when a Northern partner or a multilateral organisation supports it; some
// agencies call three or more developing countries trilateral. Regional where
// the place is a region. It is a proposal that a person confirms; empty where
// the parties do not allow one: what is not known of them is not taken for
// the South, nor a third party for none.
func propose(beneficiary, pivotal, facilitating []partyKind, region bool) Modality {
	all := func(kinds []partyKind, of ...partyKind) bool {
		return len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k partyKind) bool { return !slices.Contains(of, k) })
	}
	has := func(kinds []partyKind, of ...partyKind) bool {
		return slices.ContainsFunc(kinds, func(k partyKind) bool { return slices.Contains(of, k) })
	}
	partners := slices.Concat(beneficiary, pivotal)
	// Both sides of what is supported may be of the South, and one is.
	south := has(beneficiary, kindSouth, kindUnknown) && has(pivotal, kindSouth, kindUnknown) && has(partners, kindSouth)
	switch {
	case south && has(facilitating, kindNorth, kindMultilateral):
		return Triangular
	case all(beneficiary, kindSouth) && all(pivotal, kindSouth) && all(facilitating, kindSouth):
		return AllSouth
	case region && (has(partners, kindSouth) || len(facilitating) > 0):
		return Regional
	case all(beneficiary, kindSouth) && all(pivotal, kindSouth) && len(facilitating) == 0:
		return BilateralSouth
	}
	return ""
}

// ParseMoney reads an amount as people write it ("240000", "240,000.00",
// "240 000,50") into minor units of a currency with that many decimals. A
// single sign before exactly three digits at the end groups thousands where
// the currency has other decimals than three.
func ParseMoney(s string, digitsOf int) (minor int64, ok bool) {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\'' || r == '’' {
			return ' '
		}
		return r
	}, s))
	if s == "" || strings.Trim(s, "0123456789., ") != "" {
		return 0, false
	}
	whole, part := s, ""
	if i := strings.LastIndexAny(s, ".,"); i >= 0 {
		once := strings.Count(s, s[i:i+1]) == 1
		only := !strings.ContainsAny(strings.ReplaceAll(s, s[i:i+1], ""), "., ")
		switch {
		case once && (len(s)-i-1 != 3 || digitsOf == 3 || !only):
			whole, part = s[:i], s[i+1:]
			if part == "" {
				return 0, false
			}
		case !only:
			return 0, false // one sign can't group thousands and part decimals
		}
	}
	whole, ok = ungroup(whole)
	// Eighteen digits are below the largest number that is kept.
	if !ok || len(part) > digitsOf || len(whole)+digitsOf > 18 {
		return 0, false
	}
	for _, r := range whole + part + strings.Repeat("0", digitsOf-len(part)) {
		if r < '0' || r > '9' {
			return 0, false
		}
		minor = minor*10 + int64(r-'0')
	}
	return minor, true
}

// ungroup takes the one sign out that groups the digits of a number by three.
func ungroup(s string) (string, bool) {
	i := strings.IndexAny(s, "., ")
	if i < 0 {
		return s, s != ""
	}
	groups := strings.Split(s, s[i:i+1])
	if strings.HasPrefix(groups[0], "0") {
		return "", false // "0.001" groups no thousands
	}
	for j, g := range groups {
		if (j > 0 && len(g) != 3) || len(g) == 0 || len(g) > 3 || strings.ContainsAny(g, "., ") {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}
