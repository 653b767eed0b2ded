package partnership

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// fieldsOf are the names of the fields that a refusal speaks of.
func fieldsOf(err error) []string {
	e := errs.As(err)
	if e == nil {
		return nil
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, f.Name)
	}
	return out
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		part bool
		want clock.Day
		ok   bool
	}{
		{"", false, "", true},
		{"  ", true, "", true},
		{"2027-02-01", false, "2027-02-01", true},
		{" 2027-02-01 ", false, "2027-02-01", true},
		{"1 Feb 2027", false, "2027-02-01", true},
		{"01 February 2027", false, "2027-02-01", true},
		{"1 FEB, 2027", false, "2027-02-01", true},
		{"1er févr. 2027", false, "2027-02-01", true},
		{"1er février 2027", false, "2027-02-01", true},
		{"1 fevrier 2027", false, "2027-02-01", true},
		{"1 fe\u0301vrier 2027", false, "2027-02-01", true}, // the accent as a mark of its own
		{"14 juil. 2027", false, "2027-07-14", true},
		{"14 juin 2027", false, "2027-06-14", true},
		{"15 août 2027", false, "2027-08-15", true},
		{"24 déc. 2027", false, "2027-12-24", true},
		{"1 feb 2027", false, "2027-02-01", true},
		{"1 de febrero de 2027", false, "2027-02-01", true},
		{"31 de enero del 2027", false, "2027-01-31", true},
		{"3 ago 2027", false, "2027-08-03", true},
		{"12 de setiembre de 2027", false, "2027-09-12", true},
		{"1\u00a0Feb\u00a02027", false, "2027-02-01", true},
		{"1\u202ffévr.\u202f2027", false, "2027-02-01", true},
		{"01/02/2027", false, "2027-02-01", true}, // the day first
		{"1-2-2027", false, "2027-02-01", true},
		{"01.02.2027", false, "2027-02-01", true},
		{"29/02/2028", false, "2028-02-29", true},

		{"2027", true, "2027", true},
		{"2027-02", true, "2027-02", true},
		{"02/2027", true, "2027-02", true},
		{"Feb 2027", true, "2027-02", true},
		{"février 2027", true, "2027-02", true},
		{"febrero de 2027", true, "2027-02", true},
		{"2027 feb", true, "2027-02", true},
		{"2027-2", true, "2027-02", true},

		{"2027", false, "", false},
		{"2027-02", false, "", false},
		{"29/02/2027", false, "", false},
		{"2027-02-30", false, "", false},
		{"31 Apr 2027", false, "", false},
		{"31 avr. 2027", false, "", false},
		{"0/1/2027", false, "", false},
		{"1/0/2027", false, "", false},
		{"1/13/2027", false, "", false},
		{"13/2027", true, "", false},
		{"2027-13", true, "", false},
		{"2027-00", true, "", false},
		{"1 Foo 2027", false, "", false},
		{"1 ja 2027", false, "", false},
		{"1 jui 2027", false, "", false}, // juin and juillet
		{"1 maybe 2027", false, "", false},
		{"1 Feb 27", false, "", false},
		{"er Feb 2027", false, "", false},
		{"100 Feb 2027", false, "", false},
		{"1 Feb 2027 10:00", false, "", false},
		{"+1/2/2027", false, "", false},
		{"-", true, "", false},
		{".", true, "", false},
		{"soon", true, "", false},
		{"２０２７", true, "", false}, // digits of another script
		{"12027", true, "", false},
	} {
		got, ok := ParseDate(c.in, c.part)
		if ok != c.ok || (ok && got != c.want) {
			t.Errorf("ParseDate(%q, %v) = %q, %v; want %q, %v", c.in, c.part, got, ok, c.want, c.ok)
		}
	}
}

// What a page says of a date can be typed back into a form, in each language.
func TestParseDateReadsWhatIsShown(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs {
		l := i18n.For(lang)
		for day := clock.Day("2027-01-01"); day < "2029-01-01"; day = day.AddDays(1) {
			got, ok := ParseDate(l.Date(day), false)
			if !ok || got != day {
				t.Fatalf("%s: %q reads as %q, %v; want %s", lang, l.Date(day), got, ok, day)
			}
		}
		for m := 1; m <= 12; m++ {
			month := clock.Day(fmt.Sprintf("2027-%02d", m))
			got, ok := ParseDate(l.Date(month), true)
			if !ok || got != month {
				t.Errorf("%s: %q reads as %q, %v; want %s", lang, l.Date(month), got, ok, month)
			}
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"", "2027", "2027-02", "1 Feb 2027", "1er févr. 2027", "1 de febrero de 2027", "01/02/2027", "31/02/2027", "1/2", "--", "\xff 2027"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, part bool) {
		d, ok := ParseDate(s, part)
		if !ok {
			return
		}
		if !knownDate(d) || (!part && d != "" && !d.Valid()) {
			t.Fatalf("ParseDate(%q, %v) accepts %q, which is no date", s, part, d)
		}
		if d == "" && strings.TrimSpace(s) != "" {
			t.Fatalf("ParseDate(%q) takes a text for a missing date", s)
		}
		again, ok := ParseDate(string(d), part)
		if !ok || again != d {
			t.Fatalf("ParseDate(%q) = %q, which reads as %q, %v", s, d, again, ok)
		}
	})
}

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in     string
		digits int
		want   int64
		ok     bool
	}{
		{"240000", 2, 24000000, true},
		{"240,000.00", 2, 24000000, true},
		{"240.000,00", 2, 24000000, true},
		{"240 000,50", 2, 24000050, true},
		{"240\u00a0000,5", 2, 24000050, true},
		{"240\u202f000", 2, 24000000, true},
		{"240'000.00", 2, 24000000, true},
		{"240’000", 2, 24000000, true},
		{"1,234", 2, 123400, true},
		{"1.234", 2, 123400, true},
		{"1.234.567", 2, 123456700, true},
		{"1,234,567.8", 2, 123456780, true},
		{"0", 2, 0, true},
		{"0.01", 2, 1, true},
		{"0,1", 2, 10, true},
		{"00012", 2, 1200, true},
		{" 12 ", 2, 1200, true},
		{"5000", 0, 5000, true},
		{"5,000", 0, 5000, true},
		{"5.000.000", 0, 5000000, true},
		{"5 000", 0, 5000, true},
		{"12.345", 3, 12345, true}, // three decimals: the sign parts them
		{"12,345", 3, 12345, true},
		{"1,234.567", 3, 1234567, true},
		{"1 234,5", 3, 1234500, true},
		{"1,234,567", 3, 1234567000, true}, // twice: it groups
		{"1234.567", 3, 1234567, true},
		{"9999999999999999", 2, 999999999999999900, true},

		{"", 2, 0, false},
		{" ", 2, 0, false},
		{"-5", 2, 0, false},
		{"−5", 2, 0, false},
		{"5.", 2, 0, false},
		{"5,", 2, 0, false},
		{",5", 2, 0, false},
		{".50", 2, 0, false},
		{",234", 2, 0, false},
		{"5 USD", 2, 0, false},
		{"USD 5", 2, 0, false},
		{"1e6", 2, 0, false},
		{"1.2345", 2, 0, false},
		{"1234.567", 2, 0, false}, // neither three decimals nor thousands
		{"1.234,567", 2, 0, false},
		{"1,234.567", 2, 0, false},
		{"0.001", 2, 0, false},
		{"0,234", 0, 0, false},
		{"012,345", 2, 0, false},
		{"12,34,567", 2, 0, false},
		{"1,23,456", 2, 0, false},
		{"1,,234", 2, 0, false},
		{"1.,234", 2, 0, false},
		{"1,234,56", 2, 0, false},
		{"1.234.567,89.1", 2, 0, false},
		{"1,50 000", 2, 0, false},
		{"1 23", 2, 0, false},
		{"1 234.567", 2, 0, false},
		{"5,5", 0, 0, false},
		{"5.00", 0, 0, false},
		{"1.2345", 3, 0, false},
		{"99999999999999999", 2, 0, false}, // larger than what can be kept
		{"999999999999999999", 2, 0, false},
		{"999999999999999999999999", 0, 0, false},
		{"12٣", 2, 0, false},
	} {
		got, ok := ParseMoney(c.in, c.digits)
		if ok != c.ok || (ok && got != c.want) {
			t.Errorf("ParseMoney(%q, %d) = %d, %v; want %d, %v", c.in, c.digits, got, ok, c.want, c.ok)
		}
	}
}

// An amount as a page shows it can be typed back, in each language, for
// currencies of none, two and three decimals. The one exception is known: of
// three decimals that are all zero the page shows none, and a single sign
// before three digits then parts decimals.
func TestParseMoneyReadsWhatIsShown(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		digits := []int{0, 2, 3}[rnd.IntN(3)]
		minor := rnd.Int64N(1_000_000_000_000_000) >> rnd.IntN(50)
		if rnd.IntN(3) == 0 {
			minor = minor / 1000 * 1000
		}
		for _, lang := range i18n.Langs {
			shown := i18n.For(lang).Decimal(minor, digits)
			if digits == 3 && minor%1000 == 0 && strings.Count(shown, ",")+strings.Count(shown, ".") == 1 {
				continue
			}
			got, ok := ParseMoney(shown, digits)
			if !ok || got != minor {
				t.Fatalf("%s: %d with %d decimals is shown as %q and reads as %d, %v", lang, minor, digits, shown, got, ok)
			}
		}
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"240,000.00", "1.234,5", "999999999999999999", "", "1 234", "0.001", "1’000"} {
		f.Add(s, 2)
		f.Add(s, 3)
		f.Add(s, 0)
	}
	f.Fuzz(func(t *testing.T, s string, digits int) {
		if digits < 0 || digits > 4 {
			return
		}
		minor, ok := ParseMoney(s, digits)
		if !ok {
			return
		}
		if minor < 0 {
			t.Fatalf("ParseMoney(%q, %d) = %d", s, digits, minor)
		}
		// The same digits in the same order, whatever stands between them.
		var typed strings.Builder
		for _, r := range s {
			if r >= '0' && r <= '9' {
				typed.WriteRune(r)
			}
		}
		bare := strings.TrimLeft(typed.String(), "0")
		kept := strings.TrimLeft(fmt.Sprint(minor), "0")
		if !strings.HasPrefix(kept, bare) || strings.Trim(kept[len(bare):], "0") != "" || len(kept)-len(bare) > digits {
			t.Fatalf("ParseMoney(%q, %d) = %d", s, digits, minor)
		}
	})
}

func TestCheckMove(t *testing.T) {
	t.Parallel()
	// One line a status: where it may go.
	may := map[Status][]Status{
		Exploring:   {Formalised, Active, Paused, Declined, Closed},
		Formalised:  {Exploring, Active, Paused, Declined, Closed},
		Active:      {UnderReview, Paused, Closed},
		UnderReview: {Renewed, Active, Paused, Closed},
		Renewed:     {Active, UnderReview, Paused, Closed},
		Closed:      {UnderReview},
		Paused:      {Exploring, Formalised, Active, UnderReview, Renewed, Closed, Declined},
		Declined:    {Exploring},
	}
	for _, from := range Statuses {
		for _, to := range Statuses {
			err := checkMove(from, to, "because")
			if want := slices.Contains(may[from], to); (err == nil) != want {
				t.Errorf("from %s to %s: %v; want allowed = %v", from, to, err, want)
			}
			if slices.Contains(Next(from), to) != (err == nil) {
				t.Errorf("from %s to %s: offered and allowed differ", from, to)
			}
			if err := checkMove(from, to, ""); !slices.Contains(fieldsOf(err), "reason") {
				t.Errorf("from %s to %s without a reason: %v", from, to, err)
			}
		}
		if len(Next(from)) == 0 {
			t.Errorf("%s is a dead end", from)
		}
		if slices.Contains(Next(from), from) {
			t.Errorf("%s may follow itself", from)
		}
		if statusMsg(from).Zero() {
			t.Errorf("%s has no word", from)
		}
	}
	if err := checkMove(Exploring, "gone", "because"); !slices.Contains(fieldsOf(err), "status") {
		t.Errorf("an unknown status: %v", err)
	}
	if err := checkMove(Exploring, Active, strings.Repeat("é", maxText+1)); !slices.Contains(fieldsOf(err), "reason") {
		t.Errorf("a reason that is too long: %v", err)
	}
	if err := checkMove(Exploring, Active, strings.Repeat("é", maxText)); err != nil {
		t.Errorf("a reason of the greatest length: %v", err)
	}
}

func TestCheckLink(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in string
		ok bool
	}{
		{"https://www.ilo.org/x?y=1#z", true},
		{"http://example.org", true},
		{"HTTPS://EXAMPLE.ORG/", true},
		{"https://例え.jp/", true},
		{"https://example.org:8443/a b", true}, // stored as typed, escaped when shown
		{"", false},
		{"example.org", false},
		{"//example.org", false},
		{"javascript:alert(1)", false},
		{"JavaScript:alert(1)", false},
		{" javascript:alert(1)", false},
		{"java\tscript:alert(1)", false},
		{"data:text/html,<b>", false},
		{"file:///etc/passwd", false},
		{"ftp://example.org/", false},
		{"https:example.org", false},
		{"https:///path", false},
		{"https://", false},
		{"https://:443/", false},
		{"https://user@example.org/", false},
		{"https://user:word@example.org/", false},
		{"https://@example.org/", false},
		{"https://example.org\n/", false},
		{"https://exa mple.org/", false},
		{"https://example.org/" + strings.Repeat("a", 2000), false},
	} {
		if got := CheckLink(c.in); got != c.ok {
			t.Errorf("CheckLink(%.60q) = %v", c.in, got)
		}
	}
}

func goodAttestation() Attestation {
	return Attestation{
		Element: "agreement.agreement", Kind: Attests, Reason: "Signed before records began", Title: "Memorandum", Note: "Seen",
		Dated: "2026-05-01", ValidUntil: "2027-05-01", Audience: access.AudienceHost,
	}
}

func TestCheckAttestation(t *testing.T) {
	t.Parallel()
	const today = clock.Day("2026-11-24")
	for _, c := range []struct {
		name  string
		with  func(a *Attestation)
		today clock.Day
		field string // empty: it is good
	}{
		{"good", func(*Attestation) {}, today, ""},
		{"no reason", func(a *Attestation) { a.Reason = "" }, today, "reason"},
		{"nothing that stands in", func(a *Attestation) { a.Note = "" }, today, "document"},
		{"a title alone stands in for nothing", func(a *Attestation) { a.Note, a.Title = "", "Memorandum" }, today, "document"},
		{"a link", func(a *Attestation) { a.Note, a.Link = "", "https://example.org/mou" }, today, ""},
		{"a file", func(a *Attestation) { a.Note, a.File = "", "abc" }, today, ""},
		{"an exemption needs no document", func(a *Attestation) { a.Kind, a.Note = Exempts, "" }, today, ""},
		{"an exemption needs a reason", func(a *Attestation) { a.Kind, a.Reason = Exempts, "" }, today, "reason"},
		{"javascript", func(a *Attestation) { a.Link = "javascript:alert(1)" }, today, "link"},
		{"data", func(a *Attestation) { a.Link = "data:text/html,x" }, today, "link"},
		{"user in the link", func(a *Attestation) { a.Link = "https://ilo.org@example.org/" }, today, "link"},
		{"document of today", func(a *Attestation) { a.Dated = today }, today, ""},
		{"document of tomorrow", func(a *Attestation) { a.Dated = today.AddDays(1) }, today, "dated"},
		{"document without a date", func(a *Attestation) { a.Dated = "" }, today, "dated"},
		{"document of a month", func(a *Attestation) { a.Dated = "2026-05" }, today, "dated"},
		{"a day that is none", func(a *Attestation) { a.Dated = "2026-02-30" }, today, "dated"},
		{"valid until today", func(a *Attestation) { a.ValidUntil = today }, today, "valid_until"},
		{"valid until tomorrow", func(a *Attestation) { a.ValidUntil = today.AddDays(1) }, today, ""},
		{"24 months", func(a *Attestation) { a.ValidUntil = "2028-11-24" }, today, ""},
		{"24 months and a day", func(a *Attestation) { a.ValidUntil = "2028-11-25" }, today, "valid_until"},
		{"no end", func(a *Attestation) { a.ValidUntil = "" }, today, "valid_until"},
		{"from 31 August two years on", func(a *Attestation) { a.ValidUntil = "2028-08-31" }, "2026-08-31", ""},
		{"from 29 February", func(a *Attestation) { a.Dated, a.ValidUntil = "2028-01-01", "2030-02-28" }, "2028-02-29", ""},
		{"from 29 February and a day", func(a *Attestation) { a.Dated, a.ValidUntil = "2028-01-01", "2030-03-01" }, "2028-02-29", "valid_until"},
		{"to 29 February, from the 28th", func(a *Attestation) { a.Dated, a.ValidUntil = "2026-01-01", "2028-02-29" }, "2026-02-28", "valid_until"},
		{"no audience", func(a *Attestation) { a.Audience = "" }, today, "audience"},
		{"unknown audience", func(a *Attestation) { a.Audience = "everybody" }, today, "audience"},
		{"one party", func(a *Attestation) { a.Audience = access.PartyAudience("x") }, today, ""},
		{"long reason", func(a *Attestation) { a.Reason = strings.Repeat("x", maxText+1) }, today, "reason"},
		{"long note", func(a *Attestation) { a.Note = strings.Repeat("x", maxText+1) }, today, "note"},
		{"long title", func(a *Attestation) { a.Title = strings.Repeat("x", maxTitle+1) }, today, "document"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := goodAttestation()
			c.with(&a)
			got := fieldsOf(checkAttestation(a, c.today))
			if c.field == "" && len(got) > 0 || c.field != "" && !slices.Equal(got, []string{c.field}) {
				t.Errorf("fields %v, want %q", got, c.field)
			}
		})
	}
	for _, with := range []func(a *Attestation){
		func(a *Attestation) { a.Element = "agreement.nothing" },
		func(a *Attestation) { a.Kind = "blessing" },
	} {
		a := goodAttestation()
		with(&a)
		if err := checkAttestation(a, today); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s %s: %v", a.Element, a.Kind, err)
		}
	}
	// All that is wrong is said at once.
	all := fieldsOf(checkAttestation(Attestation{Element: "agreement.agreement", Kind: Attests, Link: "x"}, today))
	for _, f := range []string{"reason", "link", "dated", "valid_until", "audience"} {
		if !slices.Contains(all, f) {
			t.Errorf("nothing said of %s in %v", f, all)
		}
	}
}

func TestCheckEvidence(t *testing.T) {
	t.Parallel()
	const today = clock.Day("2026-11-24")
	good := Evidence{Element: "prospect.geography", Kind: EvidenceNote, Title: "Mission", Note: "What was seen", Audience: access.AudienceHost}
	for _, c := range []struct {
		name  string
		with  func(e *Evidence)
		field string
	}{
		{"a note", func(*Evidence) {}, ""},
		{"no title", func(e *Evidence) { e.Title = "" }, "title"},
		{"no note", func(e *Evidence) { e.Note = "" }, "note"},
		{"a link", func(e *Evidence) { e.Kind, e.Ref = EvidenceLink, "https://example.org" }, ""},
		{"no link", func(e *Evidence) { e.Kind = EvidenceLink }, "link"},
		{"a bad link", func(e *Evidence) { e.Kind, e.Ref = EvidenceLink, "javascript:x" }, "link"},
		{"a file", func(e *Evidence) { e.Kind, e.Ref = EvidenceFile, "hash" }, ""},
		{"no file", func(e *Evidence) { e.Kind = EvidenceFile }, "file"},
		{"unknown kind", func(e *Evidence) { e.Kind = "rumour" }, "kind"},
		{"of today", func(e *Evidence) { e.Dated = today }, ""},
		{"of tomorrow", func(e *Evidence) { e.Dated = "2026-11-25" }, "dated"},
		{"no date", func(e *Evidence) { e.Dated = "" }, ""},
		{"not a day", func(e *Evidence) { e.Dated = "2026" }, "dated"},
		{"no audience", func(e *Evidence) { e.Audience = "" }, "audience"},
	} {
		e := good
		c.with(&e)
		got := fieldsOf(checkEvidence(e, today))
		if c.field == "" && len(got) > 0 || c.field != "" && !slices.Equal(got, []string{c.field}) {
			t.Errorf("%s: fields %v, want %q", c.name, got, c.field)
		}
	}
	good.Element = "prospect"
	if err := checkEvidence(good, today); !errs.Is(err, errs.NotFound) {
		t.Errorf("an element that is none: %v", err)
	}
}

func TestCheckPartnership(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		with  func(p *Partnership)
		field string
	}{
		{"a title is enough", func(*Partnership) {}, ""},
		{"no title", func(p *Partnership) { p.Title = "" }, "title"},
		{"long title", func(p *Partnership) { p.TitleES = strings.Repeat("ñ", maxTitle+1) }, "title_es"},
		{"long French summary", func(p *Partnership) { p.SummaryFR = strings.Repeat("é", maxText+1) }, "summary_fr"},
		{"ends before it begins", func(p *Partnership) { p.StartOn, p.EndOn = "2027-05-01", "2027-04-30" }, "end_on"},
		{"begins and ends in one year", func(p *Partnership) { p.StartOn, p.EndOn = "2027-05-01", "2027" }, ""},
		{"ends in the year before", func(p *Partnership) { p.StartOn, p.EndOn = "2027-05", "2026" }, "end_on"},
		{"a start that is no date", func(p *Partnership) { p.StartOn = "spring" }, "start_on"},
		{"a month that is none", func(p *Partnership) { p.StartOn = "2027-13" }, "start_on"},
		{"an end that is no date", func(p *Partnership) { p.EndOn = "2027-02-30" }, "end_on"},
		{"a need that nobody called one", func(p *Partnership) { p.NeedText = "Seeds" }, "need_kind"},
		{"a need that the country confirmed", func(p *Partnership) { p.NeedKind, p.NeedText = NeedConfirmed, "Seeds" }, ""},
		{"an unknown kind of need", func(p *Partnership) { p.NeedKind = "felt" }, "need_kind"},
		{"an unknown modality", func(p *Partnership) { p.Modality = "circular" }, "modality"},
	} {
		p := Partnership{Title: "Cotton"}
		c.with(&p)
		got := fieldsOf(checkPartnership(p))
		if c.field == "" && len(got) > 0 || c.field != "" && !slices.Equal(got, []string{c.field}) {
			t.Errorf("%s: fields %v, want %q", c.name, got, c.field)
		}
	}
}

func TestCheckRole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		r     PartyRole
		field string
	}{
		{PartyRole{Role: Pivotal}, ""},
		{PartyRole{Role: "donor"}, "role"},
		{PartyRole{Role: Pivotal, FromOn: "2027", ToOn: "2027-02"}, ""},
		{PartyRole{Role: Pivotal, FromOn: "2027-03", ToOn: "2027-02-28"}, "to_on"},
		{PartyRole{Role: Pivotal, FromOn: "once"}, "from_on"},
		{PartyRole{Role: Pivotal, ToOn: "2027-00"}, "to_on"},
	} {
		got := fieldsOf(checkRole(c.r))
		if c.field == "" && len(got) > 0 || c.field != "" && !slices.Equal(got, []string{c.field}) {
			t.Errorf("%+v: fields %v, want %q", c.r, got, c.field)
		}
	}
}

func TestKnownDate(t *testing.T) {
	t.Parallel()
	for d, want := range map[clock.Day]bool{
		"": true, "2027": true, "2027-12": true, "2028-02-29": true,
		"2027-13": false, "2027-02-29": false, "20": false, "202a": false, "2027-1": false, "2027-1-1": false, "2027-01-01T00": false,
	} {
		if knownDate(d) != want {
			t.Errorf("knownDate(%q) = %v", d, !want)
		}
	}
}

func TestDateBefore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b clock.Day
		want bool
	}{
		{"2026", "2027", true},
		{"2027", "2026", false},
		{"2027", "2027-05-01", false}, // one contains the other
		{"2027-05-01", "2027", false},
		{"2027-04", "2027-05-01", true},
		{"2027-05-01", "2027-05-01", false},
		{"", "2027", false},
		{"2027", "", false},
	} {
		if got := dateBefore(c.a, c.b); got != c.want {
			t.Errorf("dateBefore(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestWithinPartialDates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to, on clock.Day
		want         bool
	}{
		{"", "", "2027-05-01", true},
		{"2027", "", "2027-01-01", true},
		{"2027", "", "2026-12-31", false},
		{"2027-05", "", "2027-05-01", true},
		{"2027-05", "", "2027-04-30", false},
		{"2027-05-02", "", "2027-05-01", false},
		{"", "2027", "2027-12-31", true},
		{"", "2027", "2028-01-01", false},
		{"", "2027-05", "2027-05-31", true},
		{"", "2027-05", "2027-06-01", false},
		{"", "2027-05-01", "2027-05-01", true},
		{"2026", "2027-03", "2027-03-31", true},
		{"2026-06", "2026", "2026-08-01", true},
		{"2027-05-01", "2027-05-01", "2027-05-01", true},
		{"", "", "", true},
		{"2027", "", "", false},
	} {
		if got := within(c.from, c.to, c.on); got != c.want {
			t.Errorf("within(%q, %q, %q) = %v", c.from, c.to, c.on, got)
		}
	}
}

func TestPropose(t *testing.T) {
	t.Parallel()
	const s, n, m, u = kindSouth, kindNorth, kindMultilateral, kindUnknown
	k := func(kinds ...partyKind) []partyKind { return kinds }
	for _, c := range []struct {
		name    string
		b, p, f []partyKind
		region  bool
		want    Modality
	}{
		{"nobody", nil, nil, nil, false, ""},
		{"two of the South", k(s), k(s), nil, false, BilateralSouth},
		{"several of the South on each side", k(s, s), k(s, s), nil, false, BilateralSouth},
		{"supported by the North", k(s), k(s), k(n), false, Triangular},
		{"supported by a multilateral organisation", k(s), k(s), k(m), false, Triangular},
		{"supported by the South and the North", k(s), k(s), k(s, n), false, Triangular},
		{"three of the South", k(s), k(s), k(s), false, AllSouth},
		{"a Northern pivotal party is no South-South", k(s), k(n), nil, false, ""},
		{"a Northern pivotal party, though supported", k(s), k(n), k(m), false, ""},
		{"a multilateral pivotal party", k(s), k(m), k(n), false, ""},
		{"a Northern beneficiary", k(n), k(s), nil, false, ""},
		{"a Northern party among the pivotal ones", k(s), k(s, n), nil, false, ""},
		{"no beneficiary", nil, k(s), k(n), false, ""},
		{"no pivotal party", k(s), nil, k(m), false, ""},
		{"unknown alone", k(u), k(u), nil, false, ""},
		{"an unknown third party may be of the North", k(s), k(s), k(u), false, ""},
		{"one unknown among facilitators of the South", k(s), k(s), k(s, u), false, ""},
		{"an unknown pivotal party is not taken for the South", k(s), k(u), nil, false, ""},
		{"an unknown beneficiary is not taken for the South", k(u), k(s), k(s), false, ""},
		{"a beneficiary not yet known, supported by a multilateral organisation", k(u), k(s), k(m), false, Triangular},
		{"nothing known but the support", k(u), k(u), k(m), false, ""},
		{"in a region", k(s), k(s), nil, true, Regional},
		{"in a region, supported by the North", k(s), k(s), k(n), true, Triangular},
		{"in a region, three of the South", k(s), k(s), k(s), true, AllSouth},
		{"in a region without a pivotal party", k(s), nil, nil, true, Regional},
		{"in a region, through a body", nil, nil, k(m), true, Regional},
		{"in a region, nobody known", k(u), nil, nil, true, ""},
		{"a region alone", nil, nil, nil, true, ""},
	} {
		if got := propose(c.b, c.p, c.f, c.region); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	// Whatever the parties are, their order does not matter, and what is
	// proposed is a modality.
	rnd := rand.New(rand.NewPCG(3, 4))
	some := func() []partyKind {
		out := make([]partyKind, rnd.IntN(4))
		for i := range out {
			out[i] = partyKind(rnd.IntN(4))
		}
		return out
	}
	for range 5000 {
		b, p, f, region := some(), some(), some(), rnd.IntN(2) == 0
		got := propose(b, p, f, region)
		if got != "" && !slices.Contains(Modalities, got) {
			t.Fatalf("propose(%v, %v, %v) = %q", b, p, f, got)
		}
		if got == BilateralSouth && len(f) > 0 {
			t.Fatalf("bilateral with a third party: %v, %v, %v", b, p, f)
		}
		for _, l := range [][]partyKind{b, p, f} {
			rnd.Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
		}
		if again := propose(b, p, f, region); again != got {
			t.Fatalf("the order of parties matters: %q and %q", got, again)
		}
	}
}

// Who answers or approves is bound to every part of the content.
func TestContentHashTellsContentsApart(t *testing.T) {
	t.Parallel()
	attestation := func(f []string) string {
		return Attestation{
			Kind: AttestationKind(f[0]), Element: f[1], Reason: f[2], Title: f[3], Link: f[4], Note: f[5], File: f[6], Dated: clock.Day(f[7]), ValidUntil: clock.Day(f[8]),
		}.ContentHash()
	}
	claim := func(f []string) string {
		return Claim{Kind: f[0], Record: f[1], Text: f[2], Dated: clock.Day(f[3]), StatedBy: f[4]}.ContentHash()
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	text := func() string {
		const letters = "ab |,;:\x01é"
		r := []rune(letters)
		out := make([]rune, rnd.IntN(5))
		for i := range out {
			out[i] = r[rnd.IntN(len(r))]
		}
		return string(out)
	}
	for _, c := range []struct {
		name   string
		hash   func([]string) string
		fields int
	}{{"attestation", attestation, 9}, {"claim", claim, 5}} {
		seen := map[string]string{}
		for range 20_000 {
			f := make([]string, c.fields)
			for i := range f {
				f[i] = text()
			}
			h, key := c.hash(f), strings.Join(f, "\x00")
			if other, known := seen[h]; known && other != key {
				t.Fatalf("%s: %q and %q have one hash", c.name, other, key)
			}
			seen[h] = key
			// A byte that moves from the end of a field to the beginning of the next.
			i := rnd.IntN(c.fields - 1)
			if f[i] == "" {
				continue
			}
			moved := slices.Clone(f)
			cut := len(f[i]) - 1
			moved[i], moved[i+1] = f[i][:cut], f[i][cut:]+f[i+1]
			if c.hash(moved) == h {
				t.Fatalf("%s: a byte moved from field %d to the next and the hash is the same: %q", c.name, i, f)
			}
		}
		for i := range c.fields {
			f := make([]string, c.fields)
			plain := c.hash(f)
			f[i] = "x"
			if c.hash(f) == plain {
				t.Errorf("%s: field %d does not count", c.name, i)
			}
		}
	}
}

func TestEveryRefusalSaysSomething(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		checkPartnership(Partnership{}), checkRole(PartyRole{}), checkMove(Exploring, Exploring, ""),
		checkAttestation(Attestation{Element: "project.progress", Kind: Attests}, "2026-11-24"),
		checkEvidence(Evidence{Element: "project.progress"}, "2026-11-24"), checkClaim(Claim{Element: "project.progress"}),
	} {
		e := errs.As(err)
		if e == nil || e.Kind != errs.Invalid {
			t.Fatalf("not a refusal: %v", err)
		}
		for _, f := range e.Fields {
			for _, lang := range i18n.Langs {
				if said := i18n.For(lang).Say(f.Msg); said == "" || strings.Contains(said, "{") {
					t.Errorf("%s of %s says %q in %s", f.Name, f.Msg.Key, said, lang)
				}
			}
		}
	}
}

func TestCheckClaim(t *testing.T) {
	t.Parallel()
	good := Claim{Element: "project.progress", Kind: "value", Text: "40 trained", StatedBy: "o", Audience: access.AudienceParties}
	for _, c := range []struct {
		name  string
		with  func(m *Claim)
		field string
	}{
		{"good", func(*Claim) {}, ""},
		{"unknown kind", func(m *Claim) { m.Kind = "promise" }, "kind"},
		{"no text", func(m *Claim) { m.Text = "" }, "text"},
		{"nobody states it", func(m *Claim) { m.StatedBy = "" }, "stated_by"},
		{"not a day", func(m *Claim) { m.Dated = "2026-13-01" }, "dated"},
		{"no audience", func(m *Claim) { m.Audience = "" }, "audience"},
	} {
		m := good
		c.with(&m)
		got := fieldsOf(checkClaim(m))
		if c.field == "" && len(got) > 0 || c.field != "" && !slices.Equal(got, []string{c.field}) {
			t.Errorf("%s: fields %v, want %q", c.name, got, c.field)
		}
	}
	good.Element = ""
	if err := checkClaim(good); !errs.Is(err, errs.NotFound) {
		t.Errorf("a statement of no element: %v", err)
	}
}
