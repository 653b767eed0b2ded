package partnership

import (
	"slices"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
)

// State is where an element stands.
type State string

// The states. Attested is never counted as met. The word on screen for met is
// "done".
const (
	Met           State = "met"
	Partly        State = "partly"
	Open          State = "open"
	Attested      State = "attested"
	NotApplicable State = "not_applicable"
)

// States are all states in the order of the key.
var States = []State{Met, Partly, Attested, Open, NotApplicable}

// Finding is what a Check says of one element of one partnership.
type Finding struct {
	State    State         `json:"state"` // met, partly, open, or not_applicable by a rule the check states
	Evidence []EvidenceRef `json:"evidence,omitempty"`
	Missing  []Missing     `json:"missing,omitempty"`
}

// EvidenceRef names a record that speaks for an element.
type EvidenceRef struct {
	Kind     string    `json:"kind"`
	Ref      string    `json:"ref"`
	Title    string    `json:"title"`
	Date     clock.Day `json:"date"`
	Link     string    `json:"link,omitempty"`
	Audience string    `json:"audience"`
}

// Missing is one thing that an element lacks, and who can mend it.
type Missing struct {
	What string   `json:"what"` // stable key: while it stays, the wait goes on
	Text i18n.Msg `json:"text"`
	Who  []Who    `json:"who"`
	Link string   `json:"link"` // the place to do it
	Ask  bool     `json:"ask"`  // becomes an action for who is waited for
	Due  int      `json:"due"`  // days until an asked action is due
	Not  string   `json:"not"`  // a person who may not do it: four eyes

	// Audience is that of the record it is about; empty where all who see the
	// element may read it.
	Audience string `json:"audience,omitempty"`
}

// Who is somebody who is waited for.
type Who struct {
	Kind WhoKind `json:"kind"`
	ID   string  `json:"id"`
}

// WhoKind says what a Who is: a party (by organisation), a right in the team,
// or a person.
type WhoKind string

// The kinds of who.
const (
	WhoParty  WhoKind = "party"
	WhoRight  WhoKind = "right"
	WhoPerson WhoKind = "person"
)

func holder(r access.Right) []Who { return []Who{{WhoRight, string(r)}} }

// Dossier is a partnership with what every check looks at.
type Dossier struct {
	Partnership  Partnership
	Parties      []Party
	Roles        []PartyRole
	Team         []Member
	Manager      Member // the partnership's manager, the last one to wait for
	Evidence     []Evidence
	Attestations []Attestation
	Claims       []Claim
	Answers      []Answer
	Requests     []Request
	Replies      []Reply
	Host         string // organisation of the installation's host, where it is known
	Today        clock.Day
	Now          clock.Ms
}

// Present are the parties that take part today.
func (d *Dossier) Present() []Party {
	return slices.DeleteFunc(slices.Clone(d.Parties), func(p Party) bool { return !p.Present(d.Today) })
}

// Holding are the parties that hold a role today.
func (d *Dossier) Holding(role Role) []Party {
	var out []Party
	for _, p := range d.Present() {
		if slices.ContainsFunc(d.Roles, func(r PartyRole) bool {
			return r.Party == p.ID && r.Role == role && r.Holds(d.Today)
		}) {
			out = append(out, p)
		}
	}
	return out
}

// Unstated are the parties without any role today.
func (d *Dossier) Unstated() []Party {
	var out []Party
	for _, p := range d.Present() {
		if !slices.ContainsFunc(d.Roles, func(r PartyRole) bool { return r.Party == p.ID && r.Holds(d.Today) }) {
			out = append(out, p)
		}
	}
	return out
}

// common is the check of an element whose step keeps no records of its own:
// open without linked evidence, partly with it. Only an attestation goes
// further.
func common(d *Dossier, e Element) Finding {
	f := Finding{State: Open}
	for _, ev := range d.Evidence {
		if ev.Element != e.Key {
			continue
		}
		f.State = Partly
		f.Evidence = append(f.Evidence, EvidenceRef{
			Kind: string(ev.Kind), Ref: ev.Ref, Title: ev.Title, Date: ev.Dated, Audience: ev.Audience,
			Link: elementPath(d.Partnership.ID, e.Key) + "#evidence-" + ev.ID,
		})
	}
	// What one party states and every other confirms is a record, too.
	for _, c := range d.Claims {
		if c.Element != e.Key || !confirmed(d, c) {
			continue
		}
		f.State = Partly
		f.Evidence = append(f.Evidence, EvidenceRef{
			Kind: string(EvidenceRecord), Ref: c.ID, Title: c.Text, Date: c.Dated, Audience: c.Audience,
			Link: elementPath(d.Partnership.ID, e.Key) + "#claim-" + c.ID,
		})
	}
	link := elementPath(d.Partnership.ID, e.Key)
	switch {
	case f.State == Open:
		f.Missing = append(f.Missing, Missing{What: "evidence", Who: holder(access.Manage), Link: link + "#add",
			Text: i18n.M("journey.no_evidence", "No evidence is linked yet.")})
	default:
		f.Missing = append(f.Missing, Missing{What: "attest", Who: holder(access.Manage), Link: link + "#attest",
			Text: i18n.M("journey.not_attested", "Evidence is linked; a document that stands in for the records is not attested yet.")})
	}
	return f
}

// structure adds what the parties and roles lack to the elements where it
// belongs: the need's country to geography, the proven experience to
// expertise, the roles to scope. These are findings, never errors.
func structure(d *Dossier, e Element, f *Finding) {
	link := partiesPath(d.Partnership.ID)
	add := func(what string, text i18n.Msg) {
		f.Missing = append(f.Missing, Missing{What: what, Who: holder(access.Manage), Link: link, Text: text})
	}
	switch e.Key {
	case "prospect.geography":
		if len(d.Holding(Beneficiary)) == 0 {
			add("role.beneficiary", i18n.M("journey.no_beneficiary", "No party holds the beneficiary role."))
		}
	case "prospect.expertise":
		if len(d.Present()) < 2 {
			add("parties", i18n.M("journey.few_parties", "A partnership has two parties or more; fewer are recorded."))
		}
		if len(d.Holding(Pivotal)) == 0 {
			add("role.pivotal", i18n.M("journey.no_pivotal", "No party holds the pivotal role."))
		}
	case "strategy.scope":
		if n := len(d.Unstated()); n > 0 {
			add("role.unstated", i18n.MN("journey.no_role", n, "The role of {n} party is not stated.", "The roles of {n} parties are not stated."))
		}
	}
}

// pending adds what waits for somebody's answer: approvals, confirmations,
// disputes. It is the same for every element, whatever its check.
func pending(d *Dossier, e Element, f *Finding) {
	link := elementPath(d.Partnership.ID, e.Key)
	if slices.ContainsFunc(d.Attestations, func(a Attestation) bool {
		return a.Element == e.Key && a.Kind == Attests && a.Stands(d.Today)
	}) {
		// What the common check asked for is there; what the step's own records
		// would say stays listed beneath.
		for i, m := range f.Missing {
			if m.What == "attest" || m.What == "evidence" {
				f.Missing[i].What, f.Missing[i].Text = "records", i18n.M("journey.no_records", "The step’s own records are missing.")
			}
		}
	}
	for _, a := range d.Attestations {
		if a.Element != e.Key {
			continue
		}
		switch {
		case a.Overdue(d.Today):
			if another(d, a) {
				continue
			}
			f.Missing = append(f.Missing, Missing{What: "renew:" + a.ID, Who: authorOf(d, a), Link: link + "#attestation-" + a.ID, Ask: true, Due: 14, Audience: a.Audience,
				Text: i18n.M("journey.overdue", "What was attested reached its last day, {date}, before anybody approved it: its author gives a later day or attests anew.", i18n.A{"date": a.ValidUntil})})
		case a.State == Pending:
			f.Missing = slices.DeleteFunc(f.Missing, func(m Missing) bool { return m.What == "attest" || m.What == "evidence" })
			text := i18n.M("journey.approve", "An attestation waits for a second person’s approval.")
			if a.Kind == Exempts {
				text = i18n.M("journey.approve_exemption", "The statement that this element does not apply waits for a second person’s approval.")
			}
			f.Missing = append(f.Missing, Missing{What: "approve:" + a.ID, Text: text, Who: holder(access.Approve), Link: link + "#attestation-" + a.ID, Ask: true, Due: 7, Not: a.AuthorPerson, Audience: a.Audience})
		case a.State == Approved && a.ValidUntil < d.Today:
			if another(d, a) {
				continue
			}
			f.Missing = append(f.Missing, Missing{What: "renew:" + a.ID, Who: holder(access.Manage), Link: link + "#attest", Ask: true, Due: 14, Audience: a.Audience,
				Text: i18n.M("journey.expired", "What stood in for the records expired on {date}.", i18n.A{"date": a.ValidUntil})})
		}
	}
	for _, c := range d.Claims {
		if c.Element != e.Key {
			continue
		}
		waiting, disputed := awaited(d, c)
		if len(waiting) > 0 {
			f.Missing = append(f.Missing, Missing{What: "confirm:" + c.ID, Who: waiting, Link: link + "#claim-" + c.ID, Ask: true, Due: 14, Audience: c.Audience,
				Text: i18n.M("journey.confirm", "A statement waits to be confirmed or disputed.")})
		}
		if disputed {
			f.Missing = append(f.Missing, Missing{What: "dispute:" + c.ID, Who: holder(access.Manage), Link: link + "#claim-" + c.ID, Ask: true, Due: 14, Audience: c.Audience,
				Text: i18n.M("journey.dispute", "A statement is disputed and waits for an answer.")})
		}
	}
}

// requested adds what waits about requests to persons without an account: for the
// party what it was asked to state, for the host the answers that want a look
// and the links that are to be sent again.
func requested(d *Dossier, e Element, f *Finding) {
	for _, r := range d.Requests {
		if r.Element != e.Key || r.RevokedAt != 0 {
			continue
		}
		there := slices.ContainsFunc(d.Present(), func(p Party) bool { return p.Organisation == r.Organisation })
		link := requestPath(d.Partnership.ID, r.ID)
		switch {
		case !there:
		case r.WantedAt > r.SentAt:
			f.Missing = append(f.Missing, Missing{What: "link:" + r.ID, Who: d.asker(r), Link: link, Ask: true, Due: 3, Audience: access.AudienceHost,
				Text: i18n.M("journey.link", "A partner asks for a new link in the place of one whose time is over.")})
		case r.Kind != AskClaim && r.AnsweredAt == 0 && r.ExpiresAt > d.Now:
			f.Missing = append(f.Missing, Missing{What: "state:" + r.ID, Who: []Who{{WhoParty, r.Organisation}}, Link: elementPath(d.Partnership.ID, e.Key),
				Audience: access.PartyAudience(r.Organisation), Text: askedMsg(r.Kind)})
		}
		for _, w := range d.Replies {
			if w.Request == r.ID && w.State == ReplyWaits {
				f.Missing = append(f.Missing, Missing{What: "reply:" + w.ID, Who: d.asker(r), Link: link, Ask: true, Due: 7, Audience: access.AudienceHost,
					Text: i18n.M("journey.reply", "A partner answered, and the answer waits to be looked at.")})
			}
		}
	}
}

// asker is who sent a request, while in the team; else who may contribute.
func (d *Dossier) asker(r Request) []Who {
	i := slices.IndexFunc(d.Team, func(m Member) bool {
		return m.Account == r.CreatedBy && m.Person != "" && m.Holds(d.Today) && (m.Right == access.Contribute || m.Right == access.Manage)
	})
	if i < 0 {
		return holder(access.Contribute)
	}
	return []Who{{WhoPerson, d.Team[i].Person}}
}

func askedMsg(k RequestKind) i18n.Msg {
	switch k {
	case AskRole:
		return i18n.M("journey.asked.role", "The party was asked which role it holds.")
	case AskContribution:
		return i18n.M("journey.asked.contribution", "The party was asked what it contributes.")
	}
	return i18n.M("journey.asked.contact", "The party was asked whom to write to.")
}

// another says whether a further attestation of the same element stands, or
// can still be approved.
func another(d *Dossier, a Attestation) bool {
	return slices.ContainsFunc(d.Attestations, func(b Attestation) bool {
		return b.Element == a.Element && b.ID != a.ID && ((b.State == Pending && !b.Overdue(d.Today)) || b.Stands(d.Today))
	})
}

// authorOf is who is asked for what an attestation lacks: its author while
// the author is in the team, else who manages.
func authorOf(d *Dossier, a Attestation) []Who {
	if slices.ContainsFunc(d.Team, func(m Member) bool { return m.Person == a.AuthorPerson && m.Person != "" && m.Holds(d.Today) }) {
		return []Who{{WhoPerson, a.AuthorPerson}}
	}
	return holder(access.Manage)
}

// confirmed says whether a claim is confirmed: somebody answered, nobody who
// was asked has not, and nobody disputes it.
func confirmed(d *Dossier, c Claim) bool {
	waiting, disputed := awaited(d, c)
	return len(waiting) == 0 && !disputed && slices.ContainsFunc(d.Answers, func(a Answer) bool {
		return a.Claim == c.ID && a.Content == c.Content
	})
}

// awaited says which other named parties have not answered a claim as it
// stands, and whether one disputes it.
func awaited(d *Dossier, c Claim) (waiting []Who, disputed bool) {
	if c.Audience == access.AudienceHost {
		return nil, false // nobody else may see it
	}
	for _, p := range d.Present() {
		if p.Organisation == "" || p.Organisation == c.StatedBy {
			continue
		}
		if party, ok := strings.CutPrefix(c.Audience, "party:"); ok && party != p.Organisation && p.Organisation != d.Host {
			continue // it is for that party and the host
		}
		answered := false
		for _, a := range d.Answers {
			if a.Claim == c.ID && a.Organisation == p.Organisation && a.Content == c.Content {
				answered = true
				disputed = disputed || a.Answer == Disputed
			}
		}
		if !answered {
			waiting = append(waiting, Who{WhoParty, p.Organisation})
		}
	}
	return waiting, disputed
}

// storedState is the one place that decides the state of an element: not
// applicable by rule or approved exemption, else met, else attested while an
// approved attestation stands, else partly, else open.
func storedState(f Finding, attestations []Attestation, element string, today clock.Day) State {
	stands := func(k AttestationKind) bool {
		return slices.ContainsFunc(attestations, func(a Attestation) bool {
			return a.Element == element && a.Kind == k && a.Stands(today)
		})
	}
	switch {
	case f.State == NotApplicable || stands(Exempts):
		return NotApplicable
	case f.State == Met:
		return Met
	case stands(Attests):
		return Attested
	case f.State == Partly:
		return Partly
	}
	return Open
}

// stepState is the state of a step's cell.
func stepState(states []State) State {
	count := map[State]int{}
	for _, s := range states {
		count[s]++
	}
	n := len(states)
	switch {
	case count[NotApplicable] == n:
		return NotApplicable
	case count[Met]+count[NotApplicable] == n:
		return Met
	case count[Met]+count[Attested]+count[NotApplicable] == n:
		return Attested
	case count[Open]+count[NotApplicable] == n:
		return Open
	}
	return Partly
}

var stripLetters = map[State]byte{Met: 'm', Partly: 'p', Open: 'o', Attested: 'a', NotApplicable: 'n'}

// Strip is the state of the eleven steps as eleven letters.
func Strip(states map[string]State) string {
	var b strings.Builder
	for _, s := range Steps {
		in := make([]State, len(s.Elements))
		for i, e := range s.Elements {
			in[i] = states[e.Key]
		}
		b.WriteByte(stripLetters[stepState(in)])
	}
	return b.String()
}

// StripStates reads what Strip wrote.
func StripStates(strip string) []State {
	out := make([]State, len(strip))
	for i := range strip {
		for s, l := range stripLetters {
			if l == strip[i] {
				out[i] = s
			}
		}
	}
	return out
}

// resolve replaces who is waited for by who is really there: a right that
// nobody (or only the person who may not) holds falls to the partnership's
// manager, and fell says so. So nobody is never the answer.
func resolve(d *Dossier, m Missing) (out []Who, fell bool) {
	for _, w := range m.Who {
		if w.Kind == WhoRight && !slices.ContainsFunc(d.Team, func(t Member) bool {
			return (string(t.Right) == w.ID || (w.ID == string(access.Contribute) && t.Right == access.Manage)) &&
				t.Holds(d.Today) && (m.Not == "" || t.Person != m.Not)
		}) {
			w, fell = Who{WhoPerson, d.Manager.Person}, true
		}
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		out = append(out, Who{WhoPerson, d.Manager.Person})
	}
	return out, fell
}

// CycleTime is how long a step took, or has been under way.
type CycleTime struct {
	Step  string
	Began clock.Ms // the first move of one of its elements away from open
	Ended clock.Ms // when the last one was met, attested or not applicable; 0 while it is under way
	Days  int
}

// cycleTimes reads the history of an element's states: a step begins when one
// of its elements leaves open, and ends when none is open or partly. Steps
// that have not begun are left out.
func cycleTimes(history []Change, now clock.Ms) []CycleTime {
	var out []CycleTime
	for _, s := range Steps {
		states := map[string]State{}
		for _, e := range s.Elements {
			states[e.Key] = Open
		}
		var t CycleTime
		for _, h := range history {
			if _, mine := states[h.Element]; !mine {
				continue
			}
			states[h.Element] = h.To
			settled := true
			for _, st := range states {
				settled = settled && st != Open && st != Partly
			}
			if t.Began == 0 && h.To != Open {
				t.Began = h.At
			}
			switch {
			case !settled:
				t.Ended = 0
			case t.Ended == 0:
				t.Ended = h.At
			}
		}
		if t.Began == 0 {
			continue
		}
		until := now
		if t.Ended != 0 {
			until = t.Ended
		}
		t.Step, t.Days = s.Key, t.Began.DaysUntil(until)
		out = append(out, t)
	}
	return out
}

// Change is one move of an element from a state to another.
type Change struct {
	ID          string   `db:"id"`
	Partnership string   `db:"partnership"`
	Element     string   `db:"element"`
	From        State    `db:"from_state"`
	To          State    `db:"to_state"`
	At          clock.Ms `db:"at"`
}

func elementPath(partnership, element string) string {
	return "/partnerships/" + partnership + "/elements/" + element
}

func requestPath(partnership, request string) string {
	return requestsPath(partnership) + "/" + request
}

func requestsPath(partnership string) string { return "/partnerships/" + partnership + "/requests" }

func partiesPath(partnership string) string { return "/partnerships/" + partnership + "/parties" }
