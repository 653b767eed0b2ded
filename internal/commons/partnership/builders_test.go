package partnership

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/mail"
)

// firstDay is the day on which the clock of a house stands at first.
const firstDay = clock.Day("2026-11-24")

// shared are the reference lists, read once: a house only asks them.
var shared struct {
	sync.Mutex
	ref *refdata.Service
}

func references(t testing.TB) *refdata.Service {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.ref == nil {
		ref := refdata.New(dbtest.SQLite(t))
		err := ref.Load(t.Context())
		if err != nil {
			t.Fatalf("load the reference lists: %v", err)
		}
		shared.ref = ref
	}
	return shared.ref
}

// house is an installation on a database of its own: the services, connected
// as in the program, and a clock that stands still.
type house struct {
	testing.TB
	d   *db.DB
	s   *Service
	dir *directory.Service
	acc *access.Service
	n   atomic.Int64

	mu      sync.Mutex
	letters []mail.Message // that were queued, the last one last
}

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	ref := references(t)
	dir := directory.New(d, ref)
	store, err := files.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	h := &house{TB: t, d: d, dir: dir, s: New(d, ref, dir, store), acc: access.New(d)}
	h.s.Post = Post{Queue: h.keepLetter, Compose: mail.New(d, nil, slog.Default(), mail.Options{}).Compose, URL: func(path string) string { return "https://ayni.example.org" + path }, On: func() bool { return true }}
	h.acc.NewPerson = dir.NewPerson
	h.acc.AccountChanged = append(h.acc.AccountChanged, h.s.AccountChanged)
	d.Clock.Set(firstDay.Ms().Add(9 * time.Hour))
	return h
}

// each runs fn with a house on either engine.
func each(t *testing.T, fn func(h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(newHouse(t, d)) })
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// refused asserts the kind of an error and, where one is named, the field it
// speaks of.
func (h *house) refused(err error, kind errs.Kind, field string) {
	h.Helper()
	switch {
	case err == nil:
		h.Fatalf("nothing was refused, want %v", kind)
	case errs.KindOf(err) != kind:
		h.Fatalf("refused with %v, want %v", err, kind)
	case field != "" && !slices.Contains(fieldsOf(err), field):
		h.Fatalf("refused with %v, want a word on %s", err, field)
	}
}

// read runs fn on one snapshot.
func (h *house) read(fn func(t *db.Tx) error) {
	h.Helper()
	h.ok(h.d.Read(h.Context(), fn))
}

// write runs fn in a transaction.
func (h *house) write(fn func(t *db.Tx) error) {
	h.Helper()
	h.ok(h.d.Write(h.Context(), fn))
}

func (h *house) today() clock.Day { return h.d.Clock.Now().Day() }

// later moves the clock.
func (h *house) later(d time.Duration) clock.Ms {
	h.d.Clock.Advance(d)
	return h.d.Clock.Now()
}

// until moves the clock to the morning of a day.
func (h *house) until(day clock.Day) { h.d.Clock.Set(day.Ms().Add(9 * time.Hour)) }

// account makes an account with roles and gives its actor.
func (h *house) account(name string, roles ...access.Role) access.Actor {
	h.Helper()
	return h.newAccount(name, "", roles...)
}

// partner makes an account of a partner organisation.
func (h *house) partner(name, organisation string) access.Actor {
	h.Helper()
	return h.newAccount(name, organisation, access.Partner)
}

func (h *house) newAccount(name, organisation string, roles ...access.Role) access.Actor {
	h.Helper()
	var grants []access.RoleGrant
	for _, r := range roles {
		grants = append(grants, access.RoleGrant{Role: r})
	}
	a := access.Actor{Name: name, Organisation: organisation, Roles: roles}
	h.write(func(t *db.Tx) error {
		var err error
		a.Account, err = h.acc.AddDemo(t, access.Command("tests"), access.NewAccount{
			Name: name, Email: fmt.Sprintf("%s%d@example.org", strings.ToLower(name), h.n.Add(1)), Organisation: organisation, Roles: grants,
		})
		if err != nil {
			return err
		}
		a.Person, err = personOf(t, a.Account)
		return err
	})
	return a
}

// organisation makes an organisation in a country.
func (h *house) organisation(name, country string) string {
	h.Helper()
	o, err := h.dir.CreateOrganisation(h.Context(), access.Command("tests"), directory.OrganisationForm{Name: name, Country: country})
	h.ok(err)
	return o.ID
}

// cast are who takes part in most tests: the manager, an officer outside the
// team, who may approve, two parties with an account each.
type cast struct {
	manager, officer, approver, admin, auditor, legal access.Actor
	brazil, india                                     string // organisations
	ana, ravi                                         access.Actor
}

func (h *house) cast() cast {
	h.Helper()
	c := cast{
		manager: h.account("Mara", access.Officer), officer: h.account("Otto", access.Officer), approver: h.account("Aya", access.Specialist),
		admin: h.account("Ada", access.Admin), auditor: h.account("Abe", access.Auditor), legal: h.account("Lena", access.Legal),
		brazil: h.organisation("Agency of Brazil", "BRA"), india: h.organisation("Agency of India", "IND"),
	}
	c.ana, c.ravi = h.partner("Ana", c.brazil), h.partner("Ravi", c.india)
	return c
}

// partnership makes a partnership of both organisations, managed by the
// manager, with the approver in its team.
func (h *house) partnership(c cast) string {
	h.Helper()
	return h.create(c.manager, NewPartnership{
		Partnership: Partnership{Title: "Cotton with trust"},
		Parties: []NewParty{
			{Party: Party{Organisation: c.india}, Roles: []PartyRole{{Role: Beneficiary}}},
			{Party: Party{Organisation: c.brazil}, Roles: []PartyRole{{Role: Pivotal}}},
		},
		Team: map[string][]access.Right{c.approver.Account: {access.Approve}},
	})
}

func (h *house) create(a access.Actor, n NewPartnership) string {
	h.Helper()
	p, err := h.s.Create(h.Context(), a, n)
	h.ok(err)
	return p
}

// record reads a partnership, removed or not.
func (h *house) record(p string) Partnership {
	h.Helper()
	var out Partnership
	h.write(func(t *db.Tx) error {
		var err error
		out, err = lock(t, p)
		return err
	})
	return out
}

// states are the stored states by element.
func (h *house) states(p string) map[string]stateRow {
	h.Helper()
	out := map[string]stateRow{}
	h.read(func(t *db.Tx) error {
		rows, err := statesOf(t, p)
		for _, r := range rows {
			out[r.Element] = r
		}
		return err
	})
	return out
}

func (h *house) state(p, element string) State {
	h.Helper()
	return h.states(p)[element].State
}

// stands asserts the state of an element and what is missing of it.
func (h *house) stands(p, element string, want State, missing string) {
	h.Helper()
	r := h.states(p)[element]
	var got []string
	for _, m := range r.Finding.V.Missing {
		what, _, _ := strings.Cut(m.What, ":")
		got = append(got, what)
	}
	if r.State != want || strings.Join(got, " ") != missing {
		h.Fatalf("%s is %s and lacks %v; want %s and %q", element, r.State, got, want, missing)
	}
}

// waits are who is waited for at an element, as "kind:id what since" without
// the ids of records.
func (h *house) waits(p, element string) []waitRow {
	h.Helper()
	var out []waitRow
	h.read(func(t *db.Tx) error {
		rows, err := waitingOf(t, p)
		for _, r := range rows {
			if r.Element == element {
				out = append(out, r)
			}
		}
		return err
	})
	return out
}

func (h *house) summary(p string) Summary {
	h.Helper()
	var out Summary
	h.read(func(t *db.Tx) error {
		var err error
		out, _, err = summaryOf(t, p)
		return err
	})
	return out
}

// actions are the actions that the product made and that are open.
func (h *house) actions(p string) []Action {
	h.Helper()
	var out []Action
	h.read(func(t *db.Tx) error {
		var err error
		out, err = systemActions(t, p)
		return err
	})
	return out
}

// count counts the rows of a query.
func (h *house) count(query string, args ...any) int {
	h.Helper()
	var n int
	h.read(func(t *db.Tx) error {
		var err error
		n, err = db.One[int](t, query, args...)
		return err
	})
	return n
}

// whole asserts what must always hold of a stored journey.
func (h *house) whole(p string) {
	h.Helper()
	states := h.states(p)
	if len(states) != len(Elements) {
		h.Fatalf("%d states, want %d", len(states), len(Elements))
	}
	now, ended := h.d.Clock.Now(), over(h.record(p).Status)
	sum := h.summary(p)
	count := map[State]int{}
	words := map[string]State{}
	first := nobody
	for _, e := range Elements {
		r := states[e.Key]
		count[r.State]++
		words[e.Key] = r.State
		if r.Since == 0 || r.Since > now {
			h.Errorf("%s is %s since %d, now is %d", e.Key, r.State, r.Since, now)
		}
		waits := h.waits(p, e.Key)
		switch {
		case ended && len(waits) > 0:
			h.Errorf("the partnership is over and %s waits for %+v", e.Key, waits)
		case !ended && (r.State == Open || r.State == Partly) && len(waits) == 0:
			h.Errorf("%s is %s and waits for nobody", e.Key, r.State)
		}
		for _, w := range waits {
			if w.ID == "" || w.Link == "" || w.Message.Zero() || w.Since == 0 || w.Since > now {
				h.Errorf("%s waits for %+v", e.Key, w)
			}
			if w.Since < first {
				first = w.Since
			}
			if !slices.ContainsFunc(r.Finding.V.Missing, func(m Missing) bool { return m.What == w.What && slices.Contains(m.Who, Who{w.Kind, w.ID}) }) {
				h.Errorf("%s waits for %s of %s %s, which its finding does not know", e.Key, w.What, w.Kind, w.ID)
			}
		}
	}
	if got := [5]int{sum.Met, sum.Attested, sum.Partly, sum.Open, sum.NotApplicable}; got != [5]int{count[Met], count[Attested], count[Partly], count[Open], count[NotApplicable]} {
		h.Errorf("the summary counts %v, the states are %v", got, count)
	}
	if sum.Strip != Strip(words) {
		h.Errorf("the strip is %q, want %q", sum.Strip, Strip(words))
	}
	if sum.WaitSince != first {
		h.Errorf("the longest wait is since %d, the summary says %d", first, sum.WaitSince)
	}
	if n := h.count(`select count(*) from journey_dirty where partnership = $1`, p); n != 0 {
		h.Error("the journey is still marked to be checked")
	}
	msgs, err := h.s.Whole(h.Context())
	h.ok(err)
	for _, m := range msgs {
		h.Error(m.English())
	}
}

// note adds a note as evidence.
func (h *house) note(a access.Actor, p, element, audience string) string {
	h.Helper()
	e, err := h.s.AddEvidence(h.Context(), a, Evidence{Partnership: p, Element: element, Kind: EvidenceNote, Title: "Note", Note: "What was seen", Audience: audience}, nil)
	h.ok(err)
	return e
}

// attested is an attestation that a form would send.
func (h *house) attested(p, element string) Attestation {
	return Attestation{
		Partnership: p, Element: element, Kind: Attests, Reason: "Signed before records began", Title: "Memorandum", Note: "Seen in the archive",
		Link: "https://example.org/memorandum", Dated: h.today().AddDays(-30), ValidUntil: h.today().AddMonths(12), Audience: access.AudienceHost,
	}
}

func (h *house) attest(a access.Actor, n Attestation) string {
	h.Helper()
	made, err := h.s.Attest(h.Context(), a, n, nil)
	h.ok(err)
	return made
}

// attestation reads one attestation.
func (h *house) attestation(p, id string) Attestation {
	h.Helper()
	var out Attestation
	h.read(func(t *db.Tx) error {
		var err error
		out, err = oneAttestation(t, access.System("test"), p, id)
		return err
	})
	return out
}

// approve approves an attestation as it stands.
func (h *house) approve(a access.Actor, p, id string) {
	h.Helper()
	h.ok(h.s.Decide(h.Context(), a, p, id, h.attestation(p, id).Content, true, ""))
}

// claim makes a statement.
func (h *house) claim(a access.Actor, p, element, by, audience string) string {
	h.Helper()
	m, err := h.s.State(h.Context(), a, Claim{Partnership: p, Element: element, Kind: "contribution", Text: "40 trainers", StatedBy: by, Audience: audience})
	h.ok(err)
	return m
}

// claimOf reads one statement.
func (h *house) claimOf(p, id string) Claim {
	h.Helper()
	var out Claim
	h.read(func(t *db.Tx) error {
		var err error
		out, err = oneClaim(t, access.System("test"), p, id)
		return err
	})
	return out
}

// answer confirms or disputes a statement as it stands.
func (h *house) answer(a access.Actor, p, claim, what, reason string) error {
	h.Helper()
	return h.s.AnswerClaim(h.Context(), a, p, Answer{Claim: claim, Answer: what, Reason: reason, Content: h.claimOf(p, claim).Content})
}

// second is the error of a call that also says what it made.
func second(_ string, err error) error { return err }
