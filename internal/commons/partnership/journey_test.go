package partnership

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
)

func TestStepsAreTheGuides(t *testing.T) {
	t.Parallel()
	if len(Steps) != 11 || len(Elements) != 35 {
		t.Fatalf("%d steps with %d elements, want 11 with 35", len(Steps), len(Elements))
	}
	seen := map[string]bool{}
	for i, s := range Steps {
		if s.Number != i+1 {
			t.Errorf("step %s has the number %d", s.Key, s.Number)
		}
		for _, e := range s.Elements {
			if e.Key != s.Key+"."+e.Name || e.Step != s.Key || seen[e.Key] {
				t.Errorf("element %+v", e)
			}
			seen[e.Key] = true
			if got, ok := ElementOf(e.Key); !ok || got != e {
				t.Errorf("ElementOf(%q) = %+v, %v", e.Key, got, ok)
			}
		}
	}
	if _, ok := ElementOf("prospect"); ok {
		t.Error("a step is taken for an element")
	}
	for _, g := range Gates {
		if _, ok := ElementOf(g.Element); !ok {
			t.Errorf("gate %s stands at no element", g.Key)
		}
	}
}

const (
	theDay    = clock.Day("2026-11-24")
	dayBefore = clock.Day("2026-11-23")
)

// stands of an attestation, for the truth table.
var stands = []struct {
	name string
	with func(a *Attestation)
	ok   bool
}{
	{"approved", func(a *Attestation) { a.State, a.Approved, a.ValidUntil = Approved, a.Content, "2027-11-24" }, true},
	{"approved until today", func(a *Attestation) { a.State, a.Approved, a.ValidUntil = Approved, a.Content, theDay }, true},
	{"expired", func(a *Attestation) { a.State, a.Approved, a.ValidUntil = Approved, a.Content, dayBefore }, false},
	{"pending", func(a *Attestation) { a.State = Pending }, false},
	{"pending again", func(a *Attestation) { a.State, a.Approved = Pending, "older" }, false},
	{"changed since", func(a *Attestation) { a.State, a.Approved = Approved, "older" }, false},
	{"rejected", func(a *Attestation) { a.State = Rejected }, false},
	{"withdrawn", func(a *Attestation) { a.State, a.Approved = Withdrawn, a.Content }, false},
	{"none", nil, false},
	{"of another element", func(a *Attestation) { a.Element, a.State, a.Approved = "project.flexibility", Approved, a.Content }, false},
}

func TestStoredState(t *testing.T) {
	t.Parallel()
	const element = "project.progress"
	made := func(kind AttestationKind, with func(a *Attestation)) []Attestation {
		if with == nil {
			return nil
		}
		a := Attestation{ID: string(kind), Element: element, Kind: kind, Content: "now", ValidUntil: "2027-11-24"}
		with(&a)
		return []Attestation{a}
	}
	// A check may also answer what it may not: nothing, or attested.
	for _, check := range []State{Met, Partly, Open, NotApplicable, Attested, ""} {
		for _, att := range stands {
			for _, exe := range stands {
				want := Open
				switch {
				case check == NotApplicable || exe.ok:
					want = NotApplicable
				case check == Met:
					want = Met
				case att.ok:
					want = Attested
				case check == Partly:
					want = Partly
				}
				all := slices.Concat(made(Attests, att.with), made(Exempts, exe.with))
				for range 2 {
					got := storedState(Finding{State: check}, all, element, theDay)
					if got != want {
						t.Errorf("check %q, attestation %s, exemption %s: %q, want %q", check, att.name, exe.name, got, want)
					}
					slices.Reverse(all)
				}
			}
		}
	}
}

func TestStepState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string // letters of the strip
		want State
	}{
		{"mm", Met}, {"mn", Met}, {"nm", Met}, {"m", Met},
		{"nn", NotApplicable}, {"n", NotApplicable},
		{"am", Attested}, {"aa", Attested}, {"an", Attested}, {"amn", Attested},
		{"oo", Open}, {"on", Open}, {"o", Open}, {"onno", Open},
		{"om", Partly}, {"oa", Partly}, {"op", Partly}, {"p", Partly}, {"pp", Partly}, {"pm", Partly}, {"pa", Partly}, {"pn", Partly}, {"omn", Partly}, {"mmmo", Partly},
	} {
		if got := stepState(StripStates(c.in)); got != c.want {
			t.Errorf("%s: %s, want %s", c.in, got, c.want)
		}
	}
}

// The cell of a step says of its elements what the design says it says,
// whichever they are.
func TestStepStateSaysWhatHolds(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		in := make([]State, 1+rnd.IntN(5))
		for i := range in {
			in[i] = States[rnd.IntN(len(States))]
		}
		count := func(of ...State) int {
			n := 0
			for _, s := range in {
				if slices.Contains(of, s) {
					n++
				}
			}
			return n
		}
		n := len(in)
		holds := map[State]bool{
			NotApplicable: count(NotApplicable) == n,
			Met:           count(Met, NotApplicable) == n && count(Met) > 0,
			Attested:      count(Met, Attested, NotApplicable) == n && count(Attested) > 0,
			Open:          count(Open, NotApplicable) == n && count(Open) > 0,
		}
		holds[Partly] = !holds[NotApplicable] && !holds[Met] && !holds[Attested] && !holds[Open]
		got := stepState(in)
		for s, h := range holds {
			if h != (s == got) {
				t.Fatalf("%v is %s; %s holds: %v", in, got, s, h)
			}
		}
	}
}

func TestStripThereAndBack(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(9, 10))
	for range 2000 {
		states := map[string]State{}
		for _, e := range Elements {
			states[e.Key] = States[rnd.IntN(len(States))]
		}
		strip := Strip(states)
		if len(strip) != len(Steps) {
			t.Fatalf("strip %q", strip)
		}
		back := StripStates(strip)
		for i, s := range Steps {
			var in []State
			for _, e := range s.Elements {
				in = append(in, states[e.Key])
			}
			if back[i] != stepState(in) {
				t.Fatalf("step %s of %q is %s, want %s", s.Key, strip, back[i], stepState(in))
			}
		}
	}
	if got := StripStates("x"); len(got) != 1 || got[0] != "" {
		t.Errorf("an unknown letter is %v", got)
	}
}

func TestCommonCheck(t *testing.T) {
	t.Parallel()
	d := &Dossier{Partnership: Partnership{ID: "p"}, Today: theDay}
	e, _ := ElementOf("outreach.channels")
	f := common(d, e)
	if f.State != Open || len(f.Evidence) != 0 || len(f.Missing) != 1 || f.Missing[0].What != "evidence" {
		t.Fatalf("without evidence: %+v", f)
	}
	d.Evidence = []Evidence{{ID: "1", Element: "outreach.messages"}, {ID: "2", Element: e.Key, Kind: EvidenceNote, Title: "Note", Dated: "2026-01-02", Audience: access.AudienceHost}}
	f = common(d, e)
	if f.State != Partly || len(f.Evidence) != 1 || len(f.Missing) != 1 || f.Missing[0].What != "attest" {
		t.Fatalf("with evidence: %+v", f)
	}
	want := EvidenceRef{Kind: "note", Title: "Note", Date: "2026-01-02", Audience: access.AudienceHost, Link: "/partnerships/p/elements/outreach.channels#evidence-2"}
	if f.Evidence[0] != want {
		t.Errorf("evidence %+v, want %+v", f.Evidence[0], want)
	}
}

// missed are the keys of what is missing.
func missed(f Finding) string {
	var out []string
	for _, m := range f.Missing {
		out = append(out, m.What)
	}
	return strings.Join(out, " ")
}

func TestStructureFindings(t *testing.T) {
	t.Parallel()
	party := func(id string) Party { return Party{ID: id, Organisation: "o-" + id} }
	role := func(party string, r Role) PartyRole { return PartyRole{Party: party, Role: r} }
	for _, c := range []struct {
		name string
		d    Dossier
		want map[string]string
	}{
		{"nobody", Dossier{}, map[string]string{"prospect.geography": "role.beneficiary", "prospect.expertise": "parties role.pivotal"}},
		{"one party without a role", Dossier{Parties: []Party{party("a")}},
			map[string]string{"prospect.geography": "role.beneficiary", "prospect.expertise": "parties role.pivotal", "strategy.scope": "role.unstated"}},
		{"two parties with roles", Dossier{Parties: []Party{party("a"), party("b")}, Roles: []PartyRole{role("a", Beneficiary), role("b", Pivotal)}}, map[string]string{}},
		{"a role that is over", Dossier{Parties: []Party{party("a"), party("b")}, Roles: []PartyRole{{Party: "a", Role: Beneficiary, ToOn: dayBefore}, role("b", Pivotal)}},
			map[string]string{"prospect.geography": "role.beneficiary", "strategy.scope": "role.unstated"}},
		{"a role of a month that is under way", Dossier{Parties: []Party{party("a"), party("b")}, Roles: []PartyRole{{Party: "a", Role: Beneficiary, ToOn: "2026-11"}, {Party: "b", Role: Pivotal, FromOn: "2026"}}},
			map[string]string{}},
		{"a party that has left", Dossier{Parties: []Party{{ID: "a", LeftOn: dayBefore}, party("b")}, Roles: []PartyRole{role("a", Beneficiary), role("b", Pivotal)}},
			map[string]string{"prospect.geography": "role.beneficiary", "prospect.expertise": "parties"}},
		{"a party that is to come", Dossier{Parties: []Party{party("a"), {ID: "b", JoinedOn: "2027"}}, Roles: []PartyRole{role("a", Beneficiary), role("b", Pivotal)}},
			map[string]string{"prospect.expertise": "parties role.pivotal"}},
		{"a role beside the triangle", Dossier{Parties: []Party{party("a"), party("b")}, Roles: []PartyRole{role("a", Beneficiary), role("b", Funding)}},
			map[string]string{"prospect.expertise": "role.pivotal"}},
		{"one party in both roles", Dossier{Parties: []Party{party("a")}, Roles: []PartyRole{role("a", Beneficiary), role("a", Pivotal)}}, map[string]string{"prospect.expertise": "parties"}},
	} {
		c.d.Today = theDay
		for _, e := range Elements {
			var f Finding
			structure(&c.d, e, &f)
			if missed(f) != c.want[e.Key] {
				t.Errorf("%s, %s: %q is missing, want %q", c.name, e.Key, missed(f), c.want[e.Key])
			}
			if f.State != "" {
				t.Errorf("%s, %s: roles changed the state to %s", c.name, e.Key, f.State)
			}
		}
	}
}

func TestPending(t *testing.T) {
	t.Parallel()
	const el = "agreement.finance"
	e, _ := ElementOf(el)
	att := func(id string, kind AttestationKind, state Decision, until clock.Day) Attestation {
		return Attestation{ID: id, Element: el, Kind: kind, State: state, Content: "c", Approved: "c", ValidUntil: until, AuthorPerson: "author", Audience: access.AudienceHost}
	}
	for _, c := range []struct {
		name string
		atts []Attestation
		want string
	}{
		{"none", nil, "evidence"},
		{"pending takes the place of the common word", []Attestation{att("1", Attests, Pending, "2027-01-01")}, "approve:1"},
		{"pending exemption", []Attestation{att("1", Exempts, Pending, "2027-01-01")}, "approve:1"},
		{"two pending", []Attestation{att("1", Attests, Pending, "2027-01-01"), att("2", Exempts, Pending, "2027-01-01")}, "approve:1 approve:2"},
		{"approved: the step's own records are still missing", []Attestation{att("1", Attests, Approved, "2027-01-01")}, "records"},
		{"an approved exemption", []Attestation{att("1", Exempts, Approved, "2027-01-01")}, "evidence"},
		{"rejected", []Attestation{att("1", Attests, Rejected, "2027-01-01")}, "evidence"},
		{"withdrawn", []Attestation{att("1", Attests, Withdrawn, "2027-01-01")}, "evidence"},
		{"valid until today", []Attestation{att("1", Attests, Approved, theDay)}, "records"},
		{"expired", []Attestation{att("1", Attests, Approved, dayBefore)}, "evidence renew:1"},
		{"expired and renewed", []Attestation{att("1", Attests, Approved, dayBefore), att("2", Attests, Approved, "2027-01-01")}, "records"},
		{"expired, its renewal pending", []Attestation{att("1", Attests, Approved, dayBefore), att("2", Attests, Pending, "2027-01-01")}, "approve:2"},
		{"expired, its renewal rejected", []Attestation{att("1", Attests, Approved, dayBefore), att("2", Attests, Rejected, "2027-01-01")}, "evidence renew:1"},
		{"an expired one that was withdrawn", []Attestation{att("1", Attests, Withdrawn, dayBefore)}, "evidence"},
		{"of another element", []Attestation{{ID: "1", Element: "agreement.agreement", State: Pending}}, "evidence"},
	} {
		d := &Dossier{Attestations: c.atts, Today: theDay}
		f := common(d, e)
		pending(d, e, &f)
		if missed(f) != c.want {
			t.Errorf("%s: %q, want %q", c.name, missed(f), c.want)
		}
		for _, m := range f.Missing {
			if strings.HasPrefix(m.What, "approve:") && (m.Not != "author" || !m.Ask || !slices.Equal(m.Who, holder(access.Approve))) {
				t.Errorf("%s: %+v", c.name, m)
			}
		}
	}
}

func TestAwaited(t *testing.T) {
	t.Parallel()
	parties := []Party{{ID: "1", Organisation: "a"}, {ID: "2", Organisation: "b"}, {ID: "3", Organisation: "c"}, {ID: "4", Label: "not yet named"}, {ID: "5", Organisation: "gone", LeftOn: dayBefore}, {ID: "6", Organisation: "later", JoinedOn: "2027"}}
	claim := Claim{ID: "k", StatedBy: "a", Content: "now", Audience: access.AudienceParties}
	answer := func(org, what, content string) Answer {
		return Answer{Claim: "k", Organisation: org, Answer: what, Content: content}
	}
	for _, c := range []struct {
		name     string
		with     func(c *Claim)
		answers  []Answer
		want     string // who is awaited
		disputed bool
	}{
		{"each other party", func(*Claim) {}, nil, "b c", false},
		{"one has confirmed", func(*Claim) {}, []Answer{answer("b", Confirmed, "now")}, "c", false},
		{"all have confirmed", func(*Claim) {}, []Answer{answer("b", Confirmed, "now"), answer("c", Confirmed, "now")}, "", false},
		{"one disputes", func(*Claim) {}, []Answer{answer("b", Disputed, "now")}, "c", true},
		{"what was confirmed has changed", func(*Claim) {}, []Answer{answer("b", Confirmed, "before"), answer("c", Confirmed, "now")}, "b", false},
		{"what was disputed has changed", func(*Claim) {}, []Answer{answer("b", Disputed, "before")}, "b c", false},
		{"an answer to another statement", func(*Claim) {}, []Answer{{Claim: "other", Organisation: "b", Answer: Confirmed, Content: "now"}}, "b c", false},
		{"an answer of who has left does not stand in", func(*Claim) {}, []Answer{answer("gone", Disputed, "now")}, "b c", false},
		{"the host's alone asks nobody", func(c *Claim) { c.Audience = access.AudienceHost }, []Answer{answer("b", Disputed, "now")}, "", false},
		{"for one party", func(c *Claim) { c.Audience = access.PartyAudience("c") }, nil, "c", false},
		{"for who states it", func(c *Claim) { c.Audience = access.PartyAudience("a") }, nil, "", false},
		{"for the public", func(c *Claim) { c.Audience = access.AudiencePublic }, nil, "b c", false},
		{"stated by who is no party any more", func(c *Claim) { c.StatedBy = "gone" }, nil, "a b c", false},
	} {
		k := claim
		c.with(&k)
		who, disputed := awaited(&Dossier{Parties: parties, Answers: c.answers, Today: theDay}, k)
		var got []string
		for _, w := range who {
			if w.Kind != WhoParty {
				t.Errorf("%s: waits for %+v", c.name, w)
			}
			got = append(got, w.ID)
		}
		if strings.Join(got, " ") != c.want || disputed != c.disputed {
			t.Errorf("%s: waits for %v, disputed %v; want %q, %v", c.name, got, disputed, c.want, c.disputed)
		}
		d := &Dossier{Parties: parties, Answers: c.answers, Today: theDay}
		if want := c.want == "" && !c.disputed && slices.ContainsFunc(c.answers, func(a Answer) bool { return a.Claim == k.ID && a.Content == k.Content }); confirmed(d, k) != want {
			t.Errorf("%s: confirmed is %v", c.name, !want)
		}
	}
	// What is for one party is for the host too: where the host is a party, it
	// is asked as well.
	k := claim
	k.Audience = access.PartyAudience("c")
	who, _ := awaited(&Dossier{Parties: parties, Host: "b", Today: theDay}, k)
	if len(who) != 2 || who[0].ID != "b" || who[1].ID != "c" {
		t.Errorf("with the host among the parties %v are asked", who)
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	manager := Member{Account: "m", Person: "pm", Right: access.Manage}
	team := func(members ...Member) []Member { return members }
	approver := Member{Account: "a", Person: "pa", Right: access.Approve}
	for _, c := range []struct {
		name string
		team []Member
		m    Missing
		want string
	}{
		{"nobody named", nil, Missing{}, "person:pm"},
		{"a right that somebody holds", team(manager, approver), Missing{Who: holder(access.Approve)}, "right:approve"},
		{"a right that nobody holds", team(manager), Missing{Who: holder(access.Approve)}, "person:pm"},
		{"only the one who may not", team(manager, approver), Missing{Who: holder(access.Approve), Not: "pa"}, "person:pm"},
		{"the one who may not, and another", team(manager, approver, Member{Person: "pb", Right: access.Approve}), Missing{Who: holder(access.Approve), Not: "pa"}, "right:approve"},
		{"a right that has lapsed", team(manager, Member{Person: "pa", Right: access.Approve, UntilOn: dayBefore}), Missing{Who: holder(access.Approve)}, "person:pm"},
		{"an account that is closed or a partner's", team(manager, Member{Person: "pa", Right: access.Approve, Away: true}), Missing{Who: holder(access.Approve)}, "person:pm"},
		{"a right that lapses today", team(manager, Member{Person: "pa", Right: access.Approve, UntilOn: theDay}), Missing{Who: holder(access.Approve)}, "right:approve"},
		{"who manages contributes", team(manager), Missing{Who: holder(access.Contribute)}, "right:contribute"},
		{"who contributes does not manage", team(Member{Person: "pc", Right: access.Contribute}), Missing{Who: holder(access.Manage)}, "person:pm"},
		{"an empty team", nil, Missing{Who: holder(access.Manage)}, "person:pm"},
		{"parties stay", nil, Missing{Who: []Who{{WhoParty, "x"}, {WhoParty, "y"}}}, "party:x party:y"},
		{"nobody twice", nil, Missing{Who: []Who{{WhoRight, "approve"}, {WhoRight, "manage"}, {WhoPerson, "pm"}}}, "person:pm"},
	} {
		d := &Dossier{Team: c.team, Manager: manager, Today: theDay}
		var got []string
		who, fell := resolve(d, c.m)
		if want := c.want == "person:pm" && c.m.Who != nil; fell != want {
			t.Errorf("%s: it fell to the manager: %v", c.name, fell)
		}
		for _, w := range who {
			got = append(got, string(w.Kind)+":"+w.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %q", c.name, got, c.want)
		}
	}
}

// Whatever is missing and whoever is there, somebody is waited for, nobody
// twice, and no right that nobody may use.
func TestResolveIsNeverEmpty(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(11, 12))
	persons := []string{"p1", "p2", "p3"}
	untils := []clock.Day{"", dayBefore, theDay, "2027-01-01"}
	for range 20_000 {
		d := &Dossier{Manager: Member{Person: "p1"}, Today: theDay}
		for range rnd.IntN(4) {
			d.Team = append(d.Team, Member{Person: persons[rnd.IntN(3)], Right: access.Rights[rnd.IntN(4)], UntilOn: untils[rnd.IntN(4)]})
		}
		m := Missing{Not: append(persons, "")[rnd.IntN(4)]}
		for range rnd.IntN(4) {
			m.Who = append(m.Who, []Who{{WhoParty, "o"}, {WhoPerson, "p2"}, {WhoRight, "manage"}, {WhoRight, "approve"}, {WhoRight, "contribute"}}[rnd.IntN(5)])
		}
		got, _ := resolve(d, m)
		if len(got) == 0 {
			t.Fatalf("nobody is waited for: %+v of %+v", m, d.Team)
		}
		for i, w := range got {
			if slices.Contains(got[:i], w) {
				t.Fatalf("%+v twice in %+v", w, got)
			}
			if w.ID == "" {
				t.Fatalf("waits for nobody in %+v", got)
			}
			if w.Kind == WhoRight && !slices.ContainsFunc(d.Team, func(x Member) bool {
				return (x.UntilOn == "" || x.UntilOn >= theDay) && x.Person != m.Not && slices.Contains(x.Right.Implied(), access.Right(w.ID))
			}) {
				t.Fatalf("waits for %s, which nobody holds: %+v not %q", w.ID, d.Team, m.Not)
			}
		}
	}
}

func TestCycleTimes(t *testing.T) {
	t.Parallel()
	day := func(n int) clock.Ms { return clock.Day("2026-01-01").AddDays(n).Ms() }
	move := func(n int, element string, to State) Change { return Change{Element: element, To: to, At: day(n)} }
	const geo, exp = "prospect.geography", "prospect.expertise"
	one := func(began, ended, days int) []CycleTime {
		c := CycleTime{Step: "prospect", Began: day(began), Days: days}
		if ended >= 0 {
			c.Ended = day(ended)
		}
		return []CycleTime{c}
	}
	const now = 100
	for _, c := range []struct {
		name    string
		history []Change
		want    []CycleTime
	}{
		{"nothing happened", nil, nil},
		{"under way", []Change{move(10, geo, Partly)}, one(10, -1, 90)},
		{"one of two is done", []Change{move(10, geo, Met)}, one(10, -1, 90)},
		{"done", []Change{move(10, geo, Partly), move(20, geo, Met), move(40, exp, Attested)}, one(10, 40, 30)},
		{"attested is an end", []Change{move(10, geo, Attested), move(12, exp, Attested)}, one(10, 12, 2)},
		{"not applicable alone", []Change{move(5, geo, NotApplicable), move(9, exp, NotApplicable)}, one(5, 9, 4)},
		{"opened again", []Change{move(10, geo, Met), move(20, exp, Met), move(30, exp, Partly)}, one(10, -1, 90)},
		{"opened and done again", []Change{move(10, geo, Met), move(20, exp, Met), move(30, exp, Open), move(50, exp, Attested)}, one(10, 50, 40)},
		{"settled otherwise is no new end", []Change{move(10, geo, Attested), move(20, exp, Attested), move(60, exp, Met)}, one(10, 20, 10)},
		{"within one day", []Change{move(10, geo, Met), move(10, exp, Met)}, one(10, 10, 0)},
		{"began and fell back", []Change{move(10, geo, Partly), move(20, geo, Open)}, one(10, -1, 90)},
		{"to open is no beginning", []Change{move(10, geo, Open)}, nil},
		{"steps overlap", []Change{move(10, geo, Met), move(15, "agreement.finance", Met), move(20, exp, Met), move(25, "agreement.agreement", Met)},
			[]CycleTime{{Step: "prospect", Began: day(10), Ended: day(20), Days: 10}, {Step: "agreement", Began: day(15), Ended: day(25), Days: 10}}},
		{"an element of a later version", []Change{move(10, "prospect.moon", Met)}, nil},
	} {
		got := cycleTimes(c.history, day(now))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// A stored message is said again in every language, with what it speaks of.
func TestFindingsAreSaidInEveryLanguage(t *testing.T) {
	t.Parallel()
	d := &Dossier{
		Partnership: Partnership{ID: "p"}, Today: theDay, Parties: []Party{{ID: "1", Organisation: "a"}},
		Attestations: []Attestation{{ID: "1", Element: "prospect.geography", State: Approved, ValidUntil: dayBefore}},
	}
	for _, e := range Elements {
		f := common(d, e)
		structure(d, e, &f)
		pending(d, e, &f)
		for _, m := range f.Missing {
			var back StoredMsg
			if err := back.Scan((StoredMsg{m.Text}).Text()); err != nil {
				t.Fatal(err)
			}
			for _, lang := range i18n.Langs {
				l := i18n.For(lang)
				said := l.Say(m.Text)
				if said == "" || strings.Contains(said, "{") {
					t.Errorf("%s in %s: %q", m.What, lang, said)
				}
			}
			if back.Key != m.Text.Key {
				t.Errorf("%s is stored as %q", m.Text.Key, back.Key)
			}
		}
	}
}

func TestWaived(t *testing.T) {
	t.Parallel()
	all := []Waiver{{Gate: "a"}, {Gate: "b", UntilOn: theDay}, {Gate: "c", UntilOn: dayBefore}}
	for gate, want := range map[string]bool{"a": true, "b": true, "c": false, "d": false} {
		if Waived(all, gate, theDay) != want {
			t.Errorf("gate %s is open: %v", gate, !want)
		}
	}
}
