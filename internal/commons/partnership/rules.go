package partnership

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// maxValidity is how far ahead an attestation or exemption may reach, in months.
const maxValidity = 24

// Lengths of texts, in characters.
const (
	maxTitle = 200
	maxText  = 4000
)

// moves are the statuses that may follow a status. Paused and declined may
// follow every one that is not closed; what was paused goes on where it was or
// earlier.
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

// ParseDate reads a date as people write it: 2027-02-01, 1 Feb 2027, 1 févr.
// 2027, 01/02/2027 (day first), and where part is allowed a month or a year.
func ParseDate(s string, part bool) (clock.Day, bool) {
	s = strings.ToLower(strings.TrimSpace(strings.NewReplacer(" ", " ", ",", " ", ".", " ").Replace(s)))
	if s == "" {
		return "", true
	}
	if d := clock.Day(s); d.Valid() {
		return d, true
	}
	f := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '/' || r == '-' })
	switch {
	case len(f) == 1 && part && len(f[0]) == 4 && digits(f[0]):
		return clock.Day(f[0]), true
	case len(f) == 2 && part && digits(f[1]) && len(f[1]) == 4:
		if m, ok := month(f[0]); ok {
			return clock.Day(f[1] + "-" + m), true
		}
	case len(f) == 2 && part && digits(f[0]) && len(f[0]) == 4:
		if m, ok := month(f[1]); ok {
			return clock.Day(f[0] + "-" + m), true
		}
	case len(f) == 3 && len(f[2]) == 4 && digits(f[2]):
		m, ok := month(f[1])
		day := strings.TrimSuffix(f[0], "er")
		if ok && digits(day) && len(day) <= 2 {
			if len(day) == 1 {
				day = "0" + day
			}
			d := clock.Day(f[2] + "-" + m + "-" + day)
			return d, d.Valid()
		}
	}
	return "", false
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// monthStarts are the beginnings of month names in the three languages.
var monthStarts = [12][]string{
	{"jan", "ene"}, {"feb", "fév", "fev"}, {"mar"}, {"apr", "avr", "abr"}, {"may", "mai"}, {"jun", "juin"},
	{"jul", "juil"}, {"aug", "aoû", "aou", "ago"}, {"sep"}, {"oct"}, {"nov"}, {"dec", "déc", "dic"},
}

func month(s string) (string, bool) {
	two := func(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }
	if digits(s) && len(s) <= 2 {
		n := 0
		for _, r := range s {
			n = n*10 + int(r-'0')
		}
		return two(n), n >= 1 && n <= 12
	}
	for i, starts := range monthStarts {
		for _, st := range starts {
			if strings.HasPrefix(s, st) && utf8.RuneCountInString(s) <= 10 {
				return two(i + 1), true
			}
		}
	}
	return "", false
}

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
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// checkPartnership says what is wrong with what was typed of a partnership.
func checkPartnership(p Partnership) error {
	var c errs.Check
	c.If(p.Title == "", "title", i18n.M("partnership.title", "Write a name: what, with whom, where"))
	tooLong(&c, "title", p.Title, maxTitle)
	tooLong(&c, "title_fr", p.TitleFR, maxTitle)
	tooLong(&c, "title_es", p.TitleES, maxTitle)
	tooLong(&c, "summary", p.Summary, maxText)
	tooLong(&c, "need_text", p.NeedText, maxText)
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
		c.If(a.Dated > today, "dated", i18n.M("form.not_future", "Write the document’s date; it lies in the future"))
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
		c.If(e.Dated.Valid() && e.Dated > today, "dated", i18n.M("form.not_future", "Write the document’s date; it lies in the future"))
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
// the place is a region, or where no country is named. It is a proposal that
// a person confirms; empty where the parties do not allow one.
func propose(beneficiary, pivotal, facilitating []partyKind, region bool) Modality {
	south := 0
	for _, k := range slices.Concat(beneficiary, pivotal) {
		if k == kindSouth {
			south++
		}
	}
	if len(beneficiary) == 0 || len(pivotal) == 0 {
		if region && south+len(facilitating) > 0 {
			return Regional
		}
		return ""
	}
	for _, k := range facilitating {
		if k == kindNorth || k == kindMultilateral {
			return Triangular
		}
	}
	for _, k := range facilitating {
		if k == kindSouth {
			return AllSouth
		}
	}
	if region {
		return Regional
	}
	return BilateralSouth
}

// ParseMoney reads an amount as people write it ("240000", "240,000.00",
// "240 000,50") into minor units of a currency with that many decimals. A
// single sign before exactly three digits at the end groups thousands where
// the currency has other decimals than three.
func ParseMoney(s string, digitsOf int) (minor int64, ok bool) {
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\'', '’':
			return -1
		}
		return r
	}, s)
	if s == "" || len(s) > 18 || strings.Trim(s, "0123456789.,") != "" {
		return 0, false
	}
	whole, part := s, ""
	if i := strings.LastIndexAny(s, ".,"); i >= 0 && (len(s)-i-1 != 3 || digitsOf == 3) {
		whole, part = s[:i], s[i+1:]
		if strings.ContainsRune(whole, rune(s[i])) {
			return 0, false // one sign can't group thousands and part decimals
		}
	}
	for i, group := range strings.FieldsFunc(whole, func(r rune) bool { return r == '.' || r == ',' }) {
		if i > 0 && len(group) != 3 {
			return 0, false
		}
	}
	whole = strings.NewReplacer(".", "", ",", "").Replace(whole)
	if whole == "" || len(part) > digitsOf || (part == "" && strings.HasSuffix(s, ".")) || strings.HasSuffix(s, ",") {
		return 0, false
	}
	for len(part) < digitsOf {
		part += "0"
	}
	for _, r := range whole + part {
		minor = minor*10 + int64(r-'0')
	}
	return minor, true
}
