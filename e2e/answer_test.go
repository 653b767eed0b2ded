package e2e

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ayni/internal/kernel/i18n"
)

// phone is the smallest screen that people answer on.
var phone = look{width: 320, height: 640}

// The two focal points, who have no account.
var (
	renee = person{"Renée Exemple", "renee@example.org"}
	inaki = person{"Iñaki Ejemplo", "inaki@example.org"}
)

// TestAnswerWithoutAccount: an officer asks one focal point to confirm a
// contribution and another to dispute one. Both answer on a phone, one in
// French and without scripts, one in Spanish. The element, who is waited for,
// and the officer's pages change; from neither link anything else is reached.
func TestAnswerWithoutAccount(t *testing.T) {
	t.Parallel()
	letters := filepath.Join(t.TempDir(), "letters")
	s := serve(t, "", "--mail-dir", letters)
	j := &journey{t: t, s: s, lang: "en"}
	r := j.reader()
	j.officer = r
	r.SetUp(first)
	for _, o := range []struct{ name, kind, country string }{{ministry, "government", "MOZ"}, {institute, "training-centre", "BRA"}, {agency, "un-agency", ""}} {
		r.AddOrganisation(o.name, o.kind, o.country)
	}
	r.AddFocal(renee, "fr", institute)
	r.AddFocal(inaki, "es", agency)
	r.Click(r.T("nav.home"))
	r.Click(r.T("partnership.new"))
	j.title = "Example: places and experts"
	r.Fill(r.T("partnership.name"), j.title)
	r.Choose(r.T("role.beneficiary.label"), ministry)
	r.Choose(r.T("role.pivotal.label"), institute)
	r.Choose(r.T("role.facilitating.label"), agency)
	r.Submit(r.T("partnership.create"))
	j.id = strings.TrimPrefix(r.path, "/partnerships/")

	const places, experts = "strategy.resources", "agreement.finance"
	j.state(places, "40 training places")
	j.state(experts, "12 expert days")
	// The agency has told its answer to the first otherwise.
	j.open(r, places)
	other := r.page().Row("40 training places").Fold(r.T("claim.record_answer"))
	other.Choose(r.T("claim.answer.for"), agency)
	other.Submit(r.T("claim.confirm"))
	j.stands(places, "open", institute)
	j.ask(places, "40 training places", renee, institute)
	j.ask(experts, "12 expert days", inaki, agency)

	fr := readerOf(t, s, "fr", withoutScripts)
	es := readerOf(t, s, "es")
	fr.Look(phone)
	es.Look(phone)
	frLetter, esLetter := lettersTo(t, letters, renee.email, 1)[0], lettersTo(t, letters, inaki.email, 1)[0]
	for _, l := range []string{frLetter, esLetter} {
		if strings.Contains(l, "training places") || strings.Contains(l, "expert days") {
			t.Errorf("a letter says what is asked:\n%s", l)
		}
	}

	frPage := fr.openLink(frLetter, letters, renee)
	fr.page().Part("main").Has("40 training places")
	fr.page().Part("main").Has(ministry)
	for _, hidden := range []string{"12 expert days", agency, inaki.name} {
		fr.LacksText(hidden)
	}
	fr.Refused(fr.T("answer.dispute")) // a dispute says why
	fr.Submit(fr.T("answer.confirm"))
	fr.SeesText(fr.T("answer.kept"))
	fr.LacksText(fr.T("answer.dispute"))

	esPage := es.openLink(esLetter, letters, inaki)
	es.page().Part("main").Has("12 expert days")
	for _, hidden := range []string{"40 training places", institute, renee.name} {
		es.LacksText(hidden)
	}
	es.Fill(es.T("answer.words"), "Contamos diez.")
	es.Submit(es.T("answer.dispute"))
	es.SeesText(es.T("answer.kept"))
	es.page().Part("main").Has("Contamos diez.")

	// What the answers changed.
	j.stands(places, "part", first.name)
	j.open(r, places)
	r.page().Row("40 training places").Has(r.T("ui.mark.conf"))
	j.open(r, experts)
	r.page().Row("12 expert days").Has(r.T("claim.says", i18n.A{"who": agency, "reason": "Contamos diez."}))
	r.page().Part("main .go").Has(r.T("journey.dispute"))
	r.Click(r.T("nav.home"))
	r.page().Section(r.T("home.you")).Row(r.T("journey.dispute"))
	r.Visit("/partnerships/" + j.id + "/requests")
	r.page().Row(renee.name).Has(r.T("history.confirmed"))
	r.page().Row(inaki.name).Has(r.T("history.disputed"))
	r.Visit("/partnerships/" + j.id + "/history")
	r.page().Section(r.T("history.records")).Has(renee.name)

	// Neither link leads anywhere else.
	for _, x := range []struct {
		r     *reader
		own   string
		other string
	}{{fr, frPage, esPage}, {es, esPage, frPage}} {
		x.r.Visit(x.own)
		for path, status := range map[string]int{
			x.other: 404, "/partnerships/" + j.id: 401, "/partnerships/" + j.id + "/requests": 401, "/partnerships/" + j.id + "/elements/" + places: 401,
			"/persons": 401, "/organisations": 401, "/": 401, strings.Replace(x.own, "/answers/", "/partnerships/", 1): 401,
		} {
			x.r.VisitRefused(path, status)
			for _, hidden := range []string{"40 training places", "12 expert days", j.title, ministry, renee.name, inaki.name} {
				x.r.LacksText(hidden)
			}
		}
	}
	// Closed on the device, the page is gone until another code.
	fr.Visit(frPage)
	fr.Submit(fr.T("answer.leave"))
	fr.HeadingIs(fr.T("answer.left.title"))
	fr.VisitRefused(frPage, 404)
	s.run(t, "verify-audit")
}

// AddFocal records a focal point of an organisation, with a language.
func (r *reader) AddFocal(p person, lang, organisation string) {
	r.t.Helper()
	r.Visit("/persons/new")
	r.Fill(r.T("directory.form.name"), p.name)
	r.Fill(r.T("directory.mail"), p.email)
	r.Choose(r.T("directory.person.lang"), r.T("lang."+lang))
	r.Choose(r.T("directory.organisation"), organisation)
	r.Check(r.T("directory.role.focal"))
	r.Submit(r.T("directory.person.create"))
}

// state makes a statement of the ministry for all parties.
func (j *journey) state(element, text string) {
	j.t.Helper()
	r := j.officer
	j.open(r, element)
	f := r.page().Fold(r.T("claim.add"))
	f.Choose(r.T("claim.by.label"), ministry)
	f.Choose(r.T("claim.kind"), r.T("claim.option.contribution"))
	f.Fill(r.T("claim.text.label"), text)
	f.Submit(r.T("claim.add.button"))
	r.page().Row(text).Has(r.T("ui.mark.claim"))
}

// ask sends a request about a statement to a focal point.
func (j *journey) ask(element, text string, p person, organisation string) {
	j.t.Helper()
	r := j.officer
	j.open(r, element)
	r.page().Row(text).Click(r.T("request.new"))
	r.Choose(r.T("request.whom.label"), r.T("directory.correspondent.focal", i18n.A{"name": p.name}))
	r.Submit(r.T("request.send"))
	r.SeesText(r.T("request.made"))
	r.page().Part("main").Has(organisation)
}

var (
	linkIn = regexp.MustCompile(`http://[^ \n]+(/answer/[0-9a-f]{64})`)
	codeIn = regexp.MustCompile(`\b[0-9]{6}\b`)
)

// openLink follows the link of a letter, asks for the code and types it; it
// returns the address of the page behind.
func (r *reader) openLink(letter, folder string, p person) string {
	r.t.Helper()
	m := linkIn.FindStringSubmatch(letter)
	if m == nil {
		r.t.Fatalf("the letter holds no link:\n%s", letter)
	}
	r.Visit(m[1])
	r.HeadingIs(r.T("answer.link.title"))
	r.Submit(r.T("answer.link.button"))
	r.HeadingIs(r.T("answer.code.title"))
	code := codeIn.FindString(lettersTo(r.t, folder, p.email, 2)[1])
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	r.Fill(r.T("answer.code.label"), wrong)
	r.Refused(r.T("answer.code.button"))
	r.Fill(r.T("answer.code.label"), code)
	r.Submit(r.T("answer.code.button"))
	r.HeadingIs(r.T("answer.title.claim"))
	if strings.Contains(r.path, m[1][len("/answer/"):]) {
		r.t.Error("the page behind the code has the link's secret in its address")
	}
	return r.path
}

// lettersTo waits until somebody was sent n letters, and reads them in order.
func lettersTo(t testing.TB, folder, address string, n int) []string {
	t.Helper()
	var out []string
	until(t, "letters to "+address, func() bool {
		out = nil
		files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			to, text := readLetter(t, name)
			if to == address {
				out = append(out, text)
			}
		}
		return len(out) >= n
	})
	return out
}

// readLetter is whom a letter goes to, its subject and its text.
func readLetter(t testing.TB, name string) (to, text string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := mail.ReadMessage(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	whom, err := m.Header.AddressList("To")
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return whom[0].Address, subject + "\n\n" + strings.ReplaceAll(string(body), "\r\n", "\n")
}
