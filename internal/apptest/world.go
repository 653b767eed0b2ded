package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"regexp"
	"strings"
	"time"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/access/authenticator"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/jobs"
	"ayni/internal/kernel/mail"
)

// Element is the element of the journey to which a World adds its records;
// OtherElement has none.
const (
	Element      = "convergence.values"
	OtherElement = "convergence.stakeholders"
)

// World is what a house holds for tests of rights: records of the directory,
// and partnerships of each kind with a record of every sort in each.
type World struct {
	*House
	Person   string // of the directory
	Role     string // of that person in organisation A
	Standing string // of organisation A
	Member   string // organisation B in the network A
	Contact  string // of organisation A
	Job      string // waiting to be run
	Message  string // held, as all are after a restore
	Failed   string // a job that failed
	Closed   string // an account
	Handed   string // a partnership that the specialist handed over to the officer
	HandOver string // the hand-over
	Focal    string // a person of organisation B, without an account
	keeping  string // such a person of organisation D
	Feed     string // calendar address of the officer

	Begun    string // the secret of a second factor that the approver has begun to set up
	Recovery string // a recovery code of the officer, who has a second factor

	Open         *Place // all staff may view it; the cast's team and the parties A and B
	Confidential *Place // the same, and confidential
	Foreign      *Place // confidential, of others: the party D
	Deleted      *Place // of the cast's team, and removed
	Second       *Place // open, and the cast's team and parties again
}

// Place is a partnership with a record of every sort.
type Place struct {
	ID          string
	Evidence    string // a message with a file, by the contributor, for all parties
	Picture     string // a file, by the contributor, for all parties
	Attestation string // with a file, by the contributor, for all parties
	Claim       string // of the party A, by the contributor, for all parties
	Answered    string // the content that an answer to the claim names
	Attested    string // the content that a decision on the attestation names
	Action      string // open, for the contributor
	ToCheck     string // done by the contributor, to be looked at
	Deadline    string // by the contributor
	Amount      string
	Result      string
	Spot        string // the place where it works
	Party       string // of the organisation A
	PartyRole   string
	Right       string // the viewer's in the team
	Request     string // to a focal point, about the role of its party
	Reply       string // to it, not yet looked at
	Waiver      string // by the counsel
}

// who does the work in a partnership.
type who struct{ manager, contributor, viewer string }

// NewWorld fills a house.
func NewWorld(h *House) *World {
	h.Helper()
	w := &World{House: h}
	ctx := context.Background()
	admin := h.Actor(Admin)
	p, err := h.App.Directory.CreatePerson(ctx, admin, directory.PersonForm{Name: "Example Person", Email: "person@example.org"},
		directory.Role{Organisation: h.Organisations["A"], Title: "Example Director"})
	h.OK(err)
	w.Person = p.ID
	profile, err := h.App.Directory.Person(ctx, admin, "en", p.ID)
	h.OK(err)
	w.Role = profile.Roles[0].ID
	s, err := h.App.Directory.SaveStanding(ctx, admin, directory.Standing{Organisation: h.Organisations["A"], Kind: h.App.Ref.All(directory.StandingList)[0].Code, Source: "Example source"})
	h.OK(err)
	w.Standing = s.ID
	w.Focal, w.keeping = w.focal("B", "focal-b@example.org"), w.focal("D", "focal-d@example.org")
	m, err := h.App.Directory.SaveMember(ctx, admin, directory.Member{Organisation: h.Organisations["A"], Body: h.Organisations["B"], Source: "Example source"})
	h.OK(err)
	w.Member = m.ID
	contact, err := h.App.Directory.SaveContact(ctx, admin, directory.Contact{Organisation: h.Organisations["A"], Kind: directory.ByPhone, Value: "+254 20 1234567", Basis: directory.OnFunction})
	h.OK(err)
	w.Contact = contact.ID
	jobs.Register(h.App.Jobs, failing, func(context.Context, *jobs.Job, struct{}) error { return errors.New("meant to fail") })
	w.Failed = w.enqueue(failing)
	err = h.App.Jobs.RunNow(ctx)
	if err == nil {
		h.Fatal("the job that is meant to fail did not")
	}
	w.Job = w.enqueue("app.prune")
	w.Message = w.held()
	w.Closed, _, err = h.App.Access.Invite(ctx, admin, access.NewAccount{Name: "Example closed", Email: "closed@example.org", Roles: []access.RoleGrant{{Role: access.Evaluator}}})
	h.OK(err)
	h.OK(h.App.Access.Close(ctx, admin, w.Closed))

	w.Begun = w.begin(Approver)
	codes, err := h.App.Access.ConfirmFactor(ctx, h.Actor(Officer), authenticator.Code(h, w.begin(Officer), h.Clock.Now().Time()), "")
	h.OK(err)
	w.Recovery = codes[0]

	team := who{Manager, Contributor, Viewer}
	w.Open = w.partnership("Example open partnership", false, team, "A", "B")
	w.Confidential = w.partnership("Example confidential partnership", true, team, "A", "B")
	w.Second = w.partnership("Example second partnership", false, team, "A", "B")
	w.Deleted = w.partnership("Example removed partnership", false, team, "A", "B")
	h.OK(h.App.Partnership.Remove(ctx, h.Actor(Manager), w.Deleted.ID))
	w.Foreign = w.partnership("Example foreign partnership", true, who{Keeper, Keeper, Counsel}, "D", "")
	w.handOver()
	_, err = h.App.Partnership.MakeFeed(ctx, h.Actor(Officer), "", "en")
	h.OK(err)
	feeds, err := h.App.Partnership.Feeds(ctx, h.Actor(Officer))
	h.OK(err)
	w.Feed = feeds[0].ID
	for name := range h.tokens {
		h.signed(name, h.tokens[name]) // a session is noted as used once a minute: now, not in a trial
	}
	return w
}

// begin begins to set up a second factor, and returns its secret.
func (w *World) begin(name string) string {
	w.Helper()
	ctx := context.Background()
	w.OK(w.App.Access.StartFactor(ctx, w.Actor(name)))
	f, err := w.App.Access.Factor(ctx, w.Actor(name))
	w.OK(err)
	return f.Secret
}

// handOver makes a partnership and hands it over.
func (w *World) handOver() {
	w.Helper()
	ctx := context.Background()
	from := w.Actor(Specialist)
	var err error
	w.Handed, err = w.App.Partnership.Create(ctx, from, partnership.NewPartnership{Partnership: partnership.Partnership{Title: "Example handed partnership"}})
	w.OK(err)
	w.HandOver, err = w.App.Partnership.HandOver(ctx, from, partnership.HandForm{
		From: from.Account, To: w.Actor(Officer).Account, Partnerships: []string{w.Handed}, Reason: "Example rotation",
	})
	w.OK(err)
}

// failing is a kind of jobs that always fail.
const failing = "apptest.failing"

func (w *World) enqueue(kind string) (id string) {
	w.Helper()
	w.OK(w.D.Write(context.Background(), func(t *db.Tx) error {
		var err error
		id, err = jobs.Enqueue(t, w.Actor(Admin).Account, kind, struct{}{}, jobs.Attempts(1))
		return err
	}))
	return id
}

// held queues a message and holds all of them.
func (w *World) held() (id string) {
	w.Helper()
	w.OK(w.D.Write(context.Background(), func(t *db.Tx) error {
		err := w.App.Mail.Queue(t, w.Actor(Admin).ID(), mail.Message{To: "held@example.org", Lang: "en", Subject: "Example subject", Text: "Example text", Kind: "reset"})
		if err != nil {
			return err
		}
		rows, err := mail.List(t, mail.Filter{Limit: 1})
		if err != nil {
			return err
		}
		id = rows[0].ID
		return mail.Quarantine(t)
	}))
	return id
}

// Places are the partnerships that are there, by name.
func (w *World) Places() map[string]*Place {
	return map[string]*Place{"open": w.Open, "confidential": w.Confidential, "foreign": w.Foreign, "deleted": w.Deleted, "second": w.Second}
}

func (w *World) partnership(title string, confidential bool, by who, first, second string) *Place {
	w.Helper()
	ctx, s := context.Background(), w.App.Partnership
	manager, contributor := w.Actor(by.manager), w.Actor(by.contributor)
	parties := []partnership.NewParty{{Party: partnership.Party{Organisation: w.Organisations[first]}, Roles: []partnership.PartyRole{{Role: partnership.Beneficiary}}}}
	if second != "" {
		parties = append(parties, partnership.NewParty{Party: partnership.Party{Organisation: w.Organisations[second]}, Roles: []partnership.PartyRole{{Role: partnership.Pivotal}}})
	}
	team := map[string][]access.Right{w.Actor(by.viewer).Account: {access.View}, w.Actor(Counsel).Account: {access.View}}
	if by.manager == Manager {
		team[contributor.Account] = []access.Right{access.Contribute}
		team[w.Actor(Approver).Account] = []access.Right{access.Approve}
	}
	id, err := s.Create(ctx, access.Command("tests"), partnership.NewPartnership{
		Partnership: partnership.Partnership{Title: title, Confidential: confidential, Manager: manager.Account}, Parties: parties, Team: team,
	})
	w.OK(err)
	k := &Place{ID: id}
	file := func() *partnership.Upload {
		return &partnership.Upload{Name: "example.txt", Body: strings.NewReader("Example file of " + id)}
	}
	evidence := partnership.Evidence{Partnership: id, Element: Element, Title: "Example evidence", Audience: access.AudienceParties}
	k.Evidence, err = s.AddEvidence(ctx, contributor, evidence, &partnership.Upload{Name: "example.eml", Body: strings.NewReader(message(id))})
	w.OK(err)
	evidence.Title, evidence.Alt = "Example picture", "Example square"
	k.Picture, err = s.AddEvidence(ctx, contributor, evidence, w.picture())
	w.OK(err)
	k.Attestation, err = s.Attest(ctx, contributor, partnership.Attestation{
		Partnership: id, Element: Element, Kind: partnership.Attests, Reason: "Example reason", Title: "Example document",
		Dated: FirstDay.AddDays(-30), ValidUntil: FirstDay.AddMonths(6), Audience: access.AudienceParties,
	}, file())
	w.OK(err)
	claim := partnership.Claim{Partnership: id, Element: Element, Kind: "contribution", Text: "Example statement", StatedBy: w.Organisations[first], Audience: access.AudienceParties}
	k.Claim, err = s.State(ctx, contributor, claim)
	w.OK(err)
	k.Answered, k.Attested = claim.ContentHash(), w.content(id, k.Attestation)
	owned := partnership.Action{Partnership: id, Text: "Example action", OwnerKind: partnership.WhoPerson, OwnerID: contributor.Person, Audience: access.AudienceParties}
	k.Action, err = s.AddAction(ctx, contributor, owned)
	w.OK(err)
	owned.Text, owned.High = "Example action to look at", true
	k.ToCheck, err = s.AddAction(ctx, contributor, owned)
	w.OK(err)
	w.OK(s.Do(ctx, contributor, id, k.ToCheck, "Example note"))
	k.Deadline, err = s.AddDeadline(ctx, contributor, id, partnership.Deadline{Partnership: id, Text: "Example deadline", DueOn: FirstDay.AddDays(30), Audience: access.AudienceParties})
	w.OK(err)
	w.OK(s.AddPlace(ctx, manager, id, partnership.Place{Kind: partnership.PlaceCountry, Code: "MOZ"}))
	w.OK(s.AddAmount(ctx, manager, id, partnership.Amount{Kind: w.App.Ref.All("amount_kind")[0].Code, StatedAs: "240000", Note: "Example amount", Audience: access.AudienceParties}))
	w.OK(s.AddResult(ctx, manager, id, partnership.Result{Kind: "planned", Text: "Example result", Audience: access.AudienceParties}))
	w.answered(k, manager, first, second)
	k.Waiver, err = s.Waive(ctx, w.Actor(Counsel), id, partnership.Waiver{Gate: "agreement.signature", Reason: "Example waiver"})
	w.OK(err)
	k.Spot, k.Amount, k.Result = w.made(id, "partnership_place"), w.made(id, "partnership_amount"), w.made(id, "partnership_result")
	k.Party, k.PartyRole, k.Right = w.made(id, "party"), w.made(id, "party_role"), w.right(id, by.viewer)
	w.Clock.Advance(time.Minute)
	return k
}

// message is an e-mail message with a file.
func message(of string) string {
	return "From: Example Sender <sender@example.org>\r\nTo: office@example.net\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nSubject: Example message of " + of +
		"\r\nContent-Type: multipart/mixed; boundary=example\r\n\r\n--example\r\n\r\nExample text.\r\n" +
		"--example\r\nContent-Type: text/plain; name=example.txt\r\n\r\nExample attachment of " + of + "\r\n--example--\r\n"
}

// picture is a small one.
func (w *World) picture() *partnership.Upload {
	w.Helper()
	var b bytes.Buffer
	w.OK(png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))))
	return &partnership.Upload{Name: "example.png", Body: &b}
}

// focal makes a person of an organisation whom one can write to.
func (w *World) focal(of, email string) string {
	w.Helper()
	p, err := w.App.Directory.CreatePerson(context.Background(), w.Actor(Admin), directory.PersonForm{Name: "Example Focal " + of, Email: email},
		directory.Role{Organisation: w.Organisations[of], Focal: true})
	w.OK(err)
	return p.ID
}

// answered asks a focal point by a link which role its party holds, and has it
// answer.
func (w *World) answered(k *Place, manager access.Actor, first, second string) {
	w.Helper()
	ctx, s := context.Background(), w.App.Partnership
	ask := partnership.Request{Partnership: k.ID, Kind: partnership.AskRole, Organisation: w.Organisations[second], Person: w.Focal, Note: "Example note", Days: 30}
	if second == "" {
		ask.Organisation, ask.Person = w.Organisations[first], w.keeping
	}
	last := ""
	post := s.Post
	s.Post.Queue = func(t *db.Tx, by string, m mail.Message) error {
		last = m.Text
		return post.Queue(t, by, m)
	}
	defer func() { s.Post = post }()
	var err error
	k.Request, err = s.Ask(ctx, manager, ask)
	w.OK(err)
	request, pass, err := s.SendCode(ctx, regexp.MustCompile(`[0-9a-f]{64}`).FindString(last))
	w.OK(err)
	pass, err = s.Prove(ctx, request, pass, regexp.MustCompile(`\b[0-9]{6}\b`).FindString(last))
	w.OK(err)
	w.OK(s.Reply(ctx, request, pass, partnership.Reply{Role: partnership.Funding, Words: "Example words"}))
	k.Reply = w.made(k.ID, "answer_reply")
}

// made is the first record of a kind that was made in a partnership, as the
// audit has it.
func (w *World) made(partnership, kind string) string {
	w.Helper()
	rows := w.audited(partnership, kind)
	if len(rows) == 0 {
		w.Fatalf("no %s in partnership %s", kind, partnership)
	}
	return rows[len(rows)-1].Record
}

// right is the record of an account's right in a team.
func (w *World) right(partnership, account string) string {
	w.Helper()
	of := w.Actor(account).Account
	for _, r := range w.audited(partnership, "partnership_team") {
		if changedTo(r, "account") == of {
			return r.Record
		}
	}
	w.Fatalf("%s has no right in partnership %s", account, partnership)
	return ""
}

func (w *World) audited(partnership, kind string) []audit.Listed {
	w.Helper()
	var out []audit.Listed
	w.OK(w.D.Read(context.Background(), func(t *db.Tx) error {
		var err error
		out, err = audit.List(t, audit.Filter{Kind: kind, Context: partnership, Limit: 200})
		return err
	}))
	return out
}

// content is what a decision on an attestation names: the hash of it as the
// audit keeps it.
func (w *World) content(partnership, attestation string) string {
	w.Helper()
	for _, r := range w.audited(partnership, "attestation") {
		if r.Record == attestation && changedTo(r, "content") != "" {
			return changedTo(r, "content")
		}
	}
	w.Fatalf("no content of attestation %s", attestation)
	return ""
}

// changedTo is the text that a change gave a field; empty where it did not.
func changedTo(r audit.Listed, field string) string {
	for _, c := range r.Changes {
		var s string
		if c.Field == field && json.Unmarshal(c.New, &s) == nil {
			return s
		}
	}
	return ""
}
