package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
)

// TestJourney takes a partnership from an empty installation to approved
// elements, as people do it: with scripts, without, and on PostgreSQL; each
// in the language whose turn it is, under torture in all of them.
func TestJourney(t *testing.T) {
	t.Parallel()
	for turn, way := range []struct {
		name  string
		serve func(*testing.T) *server
		with  []func(*reader)
	}{
		{"scripts", serveNew, nil},
		{"no-scripts", serveNew, []func(*reader){withoutScripts}},
		{"postgres", servePostgres, nil},
	} {
		for _, lang := range inTurn(turn) {
			t.Run(way.name+"-"+lang, func(t *testing.T) {
				t.Parallel()
				s := way.serve(t)
				j := &journey{t: t, s: s, lang: lang, with: way.with}
				j.people()
				j.create()
				j.evidence()
				j.attest()
				j.exempt()
				j.statements()
				j.accounted()
			})
		}
	}
}

// journey is one run of the journey, with the people who make it.
type journey struct {
	t    *testing.T
	s    *server
	lang string
	with []func(*reader)

	officer *reader // the first administrator, who makes the partnership
	second  *reader // the second person, who approves
	partner *reader // the focal point of the pivotal party
	title   string
	id      string
}

var (
	first   = person{"Example Officer", "officer@example.org"}
	another = person{"Renée Exemple", "approver@example.org"}
	focal   = person{"Iñaki Ejemplo", "focal@example.org"}
)

// The three parties.
const (
	ministry  = "Example Ministry of Labour"
	institute = "Example Training Institute"
	agency    = "Example United Nations Body"
)

func (j *journey) reader() *reader { return readerOf(j.t, j.s, j.lang, j.with...) }

// people sets the installation up and brings three people in.
func (j *journey) people() {
	j.officer, j.second, j.partner = j.reader(), j.reader(), j.reader()
	r := j.officer
	r.SetUp(first)
	r.SeesText(r.T("home.none"))
	r.AddOrganisation(ministry, "government", "MOZ")
	r.AddOrganisation(institute, "training-centre", "BRA")
	r.AddOrganisation(agency, "un-agency", "")
	j.second.Accept(r.Invite(another, "", "specialist"), another)
	j.partner.Accept(r.Invite(focal, institute, "partner"), focal)
	j.partner.SeesText(r.T("home.none.partner"))
}

// create makes a partnership of three parties in three roles, first with
// something to mend.
func (j *journey) create() {
	r := j.officer
	j.title = "Example: safe harvest, with «quotes» & ünïcödé"
	r.Click(r.T("nav.home"))
	r.Click(r.T("partnership.new"))
	// A draft is kept by a script, where scripts run.
	if kept := eval[bool](r, `!!document.querySelector(".kept")`); kept != r.scripts {
		j.t.Errorf("scripts run: %v, wanted: %v", kept, r.scripts)
	}
	r.Choose(r.T("role.beneficiary.label"), ministry)
	r.Choose(r.T("role.pivotal.label"), institute)
	r.Choose(r.T("role.facilitating.label"), agency)
	r.Refused(r.T("partnership.create"))
	r.page().Part(".errsum").Has(r.N("ui.errors", 1))
	r.Fill(r.T("partnership.name"), j.title)
	r.Submit(r.T("partnership.create"))
	r.HeadingIs(j.title)
	r.SeesText(r.T("partnership.created"))
	j.id = strings.TrimPrefix(r.path, "/partnerships/")
	for _, name := range []string{ministry, institute, agency} {
		r.page().Section(r.T("parties.title")).Row(name)
	}
	r.GiveRight(another, "approve", "specialist")
	j.stands("prospect.geography", "open", first.name)
}

// evidence links a note, a link and a file: the element is then partly done.
func (j *journey) evidence() {
	r := j.officer
	const element = "prospect.geography"
	file := filepath.Join(j.t.TempDir(), "besoins & présence.txt")
	const content = "Districts with the need, and where the institute works.\n"
	err := os.WriteFile(file, []byte(content), 0o600)
	if err != nil {
		j.t.Fatal(err)
	}
	for _, kind := range []string{"note", "link", "file"} {
		j.open(r, element)
		f := r.page().Fold(r.T("evidence.add"))
		f.Answer(r.T("evidence.kind"), r.T("evidence.option."+kind))
		f.Fill(r.T("evidence.title.label"), "Evidence: "+kind)
		switch kind {
		case "note":
			f.Fill(r.T("attest.note"), "Seen on the mission.\nTwo districts have no labour inspector.")
		case "link":
			f.Fill(r.T("attest.link"), "https://example.org/needs?of=2024")
		case "file":
			f.Attach(r.T("attest.file"), file)
		}
		f.Fill(r.T("evidence.dated"), r.day("2024-05-02"))
		f.Submit(r.T("evidence.add.button"))
		r.SeesText(r.T("evidence.added"))
		r.page().Section(r.T("evidence.heading")).Row("Evidence: " + kind).Has(r.day("2024-05-02"))
	}
	got := r.Fetch("/evidence/")
	if got != content {
		j.t.Errorf("the file comes back as %q", got)
	}
	j.stands(element, "part", first.name)
}

// attest lets documents stand in for records in several steps; the second
// person decides.
func (j *journey) attest() {
	r, second := j.officer, j.second
	for i, element := range []string{"prospect.geography", "strategy.scope", "agreement.agreement", "capacity.training"} {
		j.open(r, element)
		f := r.page().Fold(r.T("attest.add"))
		document := fmt.Sprintf("Signed record %d", i+1)
		f.Fill(r.T("attest.document.label"), document)
		f.Fill(r.T("attest.note"), "Kept in the registry.")
		f.Fill(r.T("attest.dated"), r.day("2024-05-02"))
		if i == 0 {
			f.Refused(r.T("attest.button"))
			f = r.page().Fold(r.T("attest.add"))
			if f.Value(r.T("attest.document.label")) != document {
				j.t.Error("the refused attestation lost what was typed")
			}
		}
		f.Fill(r.T("attest.reason.attest"), "The work was done before the installation began.")
		f.Submit(r.T("attest.button"))
		r.SeesText(r.T("attest.made"))
		r.SeesText(r.T("attest.author"))
		r.LacksText(r.T("attest.decide"))
		was := "open"
		if i == 0 {
			was = "part"
		}
		j.stands(element, was, another.name)

		second.Visit("/")
		asked := second.page().Section(second.T("home.you"))
		asked.Row(second.element(element)).Click(second.T("journey.approve"))
		second.page().Part("main").Has(document)
		second.Submit(second.T("attest.approve"))
		second.SeesText(second.T("attest.approved_flash"))
		j.stands(element, "att", "")
		j.open(r, element)
		r.page().Part(".sealed").Has(another.name)
	}
	second.Visit("/")
	second.SeesText(second.T("home.you.none"))
}

// exempt says that an element does not apply; that, too, needs the second person.
func (j *journey) exempt() {
	r, second := j.officer, j.second
	const element = "horizon.innovation"
	j.open(r, element)
	f := r.page().Fold(r.T("attest.exempt"))
	f.Fill(r.T("attest.reason.exempt"), "The partnership ends before.")
	f.Fill(r.T("attest.dated.exempt"), r.day("2024-05-02"))
	f.Submit(r.T("attest.exempt.button"))
	j.stands(element, "open", another.name)
	j.open(second, element)
	second.Submit(second.T("attest.approve"))
	second.SeesText(second.T("attest.state.exempt"))
	j.stands(element, "na", "")
}

// statements are confirmed by one party and disputed by it, and answered for
// another that has no account.
func (j *journey) statements() {
	r, partner := j.officer, j.partner
	const element = "project.progress"
	for _, text := range []string{"240 inspectors trained", "12 districts reached"} {
		j.open(r, element)
		f := r.page().Fold(r.T("claim.add"))
		f.Choose(r.T("claim.by.label"), ministry)
		f.Choose(r.T("claim.kind"), r.T("claim.option.milestone"))
		f.Fill(r.T("claim.text.label"), text)
		f.Submit(r.T("claim.add.button"))
		r.page().Row(text).Has(r.T("ui.mark.claim"))
	}
	j.stands(element, "open", institute)

	partner.Visit("/")
	partner.page().Section(partner.T("home.you")).Row(j.title)
	partner.Click(j.title)
	partner.ClickTo("/elements/" + element)
	partner.page().Row("240 inspectors trained").Submit(partner.T("claim.confirm"))
	partner.SeesText(partner.T("claim.answered"))
	partner.page().Row("240 inspectors trained").Has(partner.T("claim.confirms", i18n.A{"who": institute}))
	partner.page().Row("12 districts reached").Refused(partner.T("claim.dispute"))
	disputed := partner.page().Row("12 districts reached")
	disputed.Fill(partner.T("claim.reason.label"), "We count ten.")
	disputed.Submit(partner.T("claim.dispute"))
	partner.page().Row("12 districts reached").Has(partner.T("claim.says", i18n.A{"who": institute, "reason": "We count ten."}))

	j.open(r, element)
	other := r.page().Row("240 inspectors trained").Fold(r.T("claim.record_answer"))
	other.Choose(r.T("claim.answer.for"), agency)
	other.Submit(r.T("claim.confirm"))
	r.page().Row("240 inspectors trained").Has(r.T("ui.mark.conf"))
	r.page().Row("12 districts reached").Has(r.T("ui.mark.disp"))
	j.stands(element, "part", first.name) // what all confirm is evidence
	r.Click(r.T("nav.home"))
	r.page().Section(r.T("home.you")).Row(r.T("journey.dispute"))

	// What is for the host alone is not for a partner.
	partner.Visit("/partnerships/" + j.id + "/elements/prospect.geography")
	partner.LacksText("Evidence: note")
	partner.VisitRefused("/partnerships/"+j.id+"/team", 403)
}

// accounted says that all thirty-five elements stand where the command says.
func (j *journey) accounted() {
	r := j.officer
	r.Visit("/partnerships/" + j.id)
	found := j.s.findings(j.t, j.id)
	if len(found) != 35 {
		j.t.Fatalf("the command tells of %d elements, not of 35", len(found))
	}
	shown := in[map[string]string](r.page(), `return Object.fromEntries([...root.querySelectorAll(".steps .els a")].map((a) => [a.getAttribute("href").split("/").pop(), a.classList[1]]))`)
	if len(shown) != 35 {
		j.t.Errorf("the page shows %d elements, not 35", len(shown))
	}
	count := map[string]int{}
	for _, f := range found {
		count[f.State]++
		if shown[f.Key] != cells[f.State] {
			j.t.Errorf("%s: the page shows %q, the command says %q", f.Key, shown[f.Key], f.State)
		}
		if f.State == "open" && len(f.Missing) == 0 {
			j.t.Errorf("%s is open and nobody is waited for", f.Key)
		}
	}
	r.SeesText(r.T("journey.count", i18n.A{"done": 0, "all": 35, "attested": count["attested"], "partly": count["partly"]}))
	if count["attested"] != 4 || count["not_applicable"] != 1 || count["met"] != 0 {
		j.t.Errorf("the elements stand so: %v; wanted are four attested and one that does not apply", count)
	}
	r.Click(r.T("tab.history"))
	r.page().Section(r.T("history.elements")).Row(r.element("capacity.training"))
	j.s.run(j.t, "verify-audit")
	j.s.run(j.t, "check")
}

// cells are the states as the pages' cells name them.
var cells = map[string]string{"met": "met", "partly": "part", "open": "open", "attested": "att", "not_applicable": "na"}

// open goes to an element by the partnership's own page.
func (j *journey) open(r *reader, element string) {
	j.t.Helper()
	r.Visit("/partnerships/" + j.id)
	r.ClickTo("/elements/" + element)
	r.HeadingIs(r.task(element))
}

// stands checks that an element stands in a state, since the day the command
// says, waiting on somebody (or nobody, where who is empty): on the pages of
// the element, the step and the partnership, on home and in the list.
func (j *journey) stands(element, cell, who string) {
	j.t.Helper()
	r := j.officer
	var f finding
	attested, partly, without := 0, 0, 0
	for _, x := range j.s.findings(j.t, j.id) {
		switch x.State {
		case "attested":
			attested++
		case "partly":
			partly++
		case "not_applicable":
			without++
		}
		if x.Key == element {
			f = x
		}
	}
	if cells[f.State] != cell {
		j.t.Fatalf("%s: the command says %q, not %q", element, f.State, cell)
	}
	since := r.day(f.Since[:len("2006-01-02")])
	step, _, _ := strings.Cut(element, ".")

	j.open(r, element)
	head := r.page().Part(".head .sub")
	head.Has(r.T("ui.state."+cell) + ".")
	head.Has(r.T("element.since", i18n.A{"date": clock.Day(f.Since[:len("2006-01-02")])}))
	if who != "" {
		r.page().Part("main .go").Has(who)
	}
	r.page().Part("nav.jn").ClickTo("/steps/" + step)
	task := r.page().Section(r.task(element))
	task.Has(r.T("ui.state." + cell))
	if who == "" {
		if waits := r.page().Section(r.T("step.waited")).Text(); strings.Contains(waits, r.element(element)+",") {
			r.fail("the step still waits for %s", element)
		}
	} else {
		r.page().Section(r.T("step.waited")).Has(who + " " + r.element(element) + ",")
	}
	r.page().Part(".crumbs").ClickTo("/partnerships/" + j.id)
	class := in[string](r.page().Part(".steps"), fmt.Sprintf(`return linkTo(root, %s).className`, js("/elements/"+element)))
	if !strings.HasSuffix(class, " "+cell) {
		r.fail("the partnership shows %s as %q, not as %q", element, class, cell)
	}
	count := r.T("list.partly", i18n.A{"n": partly, "all": 35 - without})
	if partly == 0 {
		count = r.T("list.nothing", i18n.A{"all": 35 - without})
	}
	if attested > 0 {
		count = r.N("list.attested", attested)
	}
	for _, place := range []string{"nav.home", "nav.partnerships"} {
		r.page().Part("header nav").Click(r.T(place))
		row := r.page().Part(".rows").Row(j.title)
		row.Has(count)
		row.Has(first.name) // the open elements wait for whoever manages
		row.Has(since)
	}
}

// day is a date as the reader writes it.
func (r *reader) day(d string) string { return r.l.Date(clock.Day(d)) }
