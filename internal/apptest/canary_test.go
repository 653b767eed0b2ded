package apptest

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ayni/internal/app"
	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
)

// tag is a text that tells for whom it was written: TAG-HOST-…, TAG-PARTYB-…
var tag = regexp.MustCompile(`TAG-([A-Z]+)-[a-z-]+`)

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// audiences are those of rows inside a partnership, by the word in the tag.
func (h *House) audiences() map[string]string {
	return map[string]string{
		"HOST": access.AudienceHost, "PARTYA": access.PartyAudience(h.Organisations["A"]), "PARTYB": access.PartyAudience(h.Organisations["B"]),
		"PARTIES": access.AudienceParties, "PUBLIC": access.AudiencePublic,
	}
}

// planted is a partnership of the parties A and B in which every row that has
// an audience says for whom it is.
type planted struct {
	*House
	id   string
	gone string              // a partnership that was removed
	rows map[string][]string // addresses of forms on rows, by the word in the tag
	ids  map[string]string   // the word in the tag, by the id of a row
}

func plant(h *House) *planted {
	h.Helper()
	ctx, s := context.Background(), h.App.Partnership
	manager, approver := h.Actor(Manager), h.Actor(Approver)
	orgs := h.Organisations
	create := func(title string, confidential bool, manager string, of ...string) string {
		n := partnership.NewPartnership{Partnership: partnership.Partnership{Title: title, Summary: title + "-summary", NeedKind: partnership.NeedSignal, NeedText: title + "-need", Confidential: confidential,
			Manager: h.Actor(manager).Account}, Team: map[string][]access.Right{approver.Account: {access.Approve}, h.Actor(Counsel).Account: {access.View}}}
		for _, o := range of {
			n.Parties = append(n.Parties, partnership.NewParty{Party: partnership.Party{Organisation: orgs[o], Basis: title + "-basis"}, Roles: []partnership.PartyRole{{Role: partnership.Pivotal, Basis: title + "-role"}}})
		}
		id, err := s.Create(ctx, access.Command("tests"), n)
		h.OK(err)
		h.OK(s.AddPlace(ctx, h.Actor(manager), id, partnership.Place{Kind: partnership.PlaceCountry, Code: "MOZ"}))
		return id
	}
	p := &planted{House: h, id: create("Shared work", false, Manager, "A", "B"), rows: map[string][]string{}, ids: map[string]string{}}
	// What A has no part in: open to staff, confidential, removed, under and over ours.
	over := create("TAG-OTHER-over", false, Manager, "B", "C")
	create("TAG-SECRET-title", true, Keeper, "B")
	p.gone = create("TAG-GONE-title", false, Manager, "A", "B")
	h.OK(s.Remove(ctx, manager, p.gone))
	h.OK(s.Edit(ctx, manager, partnership.Partnership{ID: p.id, Title: "Shared work", Umbrella: over, Meta: partnership.Meta{Version: 1}}))
	part := create("TAG-OTHER-part", false, Manager, "B")
	_, err := s.AddAction(ctx, manager, partnership.Action{Partnership: part, Text: "TAG-OTHER-action", OwnerKind: partnership.WhoParty, OwnerID: orgs["B"], Audience: access.AudienceParties})
	h.OK(err)
	// What is for staff alone.
	o, err := h.App.Directory.Organisation(ctx, orgs["A"])
	h.OK(err)
	_, err = h.App.Directory.UpdateOrganisation(ctx, h.Actor(Admin), o.ID, directory.OrganisationForm{Name: o.Name, Country: o.Country, Note: "TAG-HOST-organisation", Version: o.Version})
	h.OK(err)
	_, err = h.App.Directory.CreatePerson(ctx, h.Actor(Admin), directory.PersonForm{Name: "TAG-HOST-person", Email: "tag-host@example.org", Note: "TAG-HOST-person-note"},
		directory.Role{Organisation: orgs["B"], Title: "TAG-HOST-person-title"})
	h.OK(err)
	_, err = s.Waive(ctx, h.Actor(Counsel), p.id, partnership.Waiver{Gate: "agreement.signature", Reason: "TAG-HOST-waiver"})
	h.OK(err)
	elements := partnership.Elements
	n := 0
	for _, word := range []string{"HOST", "PARTYA", "PARTYB", "PARTIES", "PUBLIC"} {
		p.rowsFor(word, elements[n].Key, elements[n+1].Key)
		n += 2
	}
	h.OK(s.Recheck(ctx, p.id))
	return p
}

// rowsFor adds a row of each sort for one audience, to two elements.
func (p *planted) rowsFor(word, element, second string) {
	p.Helper()
	ctx, s := context.Background(), p.App.Partnership
	manager, orgs := p.Actor(Manager), p.Organisations
	audience := p.audiences()[word]
	text := func(of string) string { return "TAG-" + word + "-" + of }
	file := func(of string) *partnership.Upload {
		return &partnership.Upload{Name: text(of) + ".txt", Body: strings.NewReader(text(of) + "-content")}
	}
	row := func(path string) {
		p.rows[word] = append(p.rows[word], "/partnerships/"+p.id+path)
		for _, id := range uuid.FindAllString(path, -1) {
			p.ids[id] = word
		}
	}
	evidence := func(e partnership.Evidence, u *partnership.Upload) string {
		e.Partnership, e.Element, e.Audience = p.id, element, audience
		id, err := s.AddEvidence(ctx, manager, e, u)
		p.OK(err)
		return id
	}
	id := evidence(partnership.Evidence{Kind: partnership.EvidenceNote, Title: text("note-title"), Note: text("note")}, nil)
	row("/elements/" + element + "/evidence/" + id + "/delete")
	evidence(partnership.Evidence{Kind: partnership.EvidenceLink, Title: text("link-title"), Ref: "https://example.org/" + text("link")}, nil)
	id = evidence(partnership.Evidence{Title: text("file-title")}, file("file"))
	p.rows[word] = append(p.rows[word], "GET /partnerships/"+p.id+"/evidence/"+id+"/file", "GET /partnerships/"+p.id+"/evidence/"+id, "GET /partnerships/"+p.id+"/evidence/"+id+"/files/1")
	id = evidence(partnership.Evidence{Kind: partnership.EvidenceNote, Title: text("removed-title"), Note: text("removed")}, nil)
	p.OK(s.RemoveEvidence(ctx, manager, p.id, id, true))
	row("/elements/" + element + "/evidence/" + id + "/restore")

	attest := func(of, element string) partnership.Attestation {
		n := partnership.Attestation{
			Partnership: p.id, Element: element, Kind: partnership.Attests, Reason: text(of + "-reason"), Title: text(of + "-title"), Note: text(of + "-note"),
			Link: "https://example.org/" + text(of+"-link"), Dated: FirstDay.AddDays(-3), ValidUntil: FirstDay.AddDays(40), Audience: audience,
		}
		var err error
		n.ID, err = s.Attest(ctx, manager, n, file(of))
		p.OK(err)
		w := World{House: p.House}
		n.Content = w.content(p.id, n.ID)
		return n
	}
	approved, rejected, waiting := attest("approved", element), attest("rejected", second), attest("waiting", second)
	p.OK(s.Decide(ctx, p.Actor(Approver), p.id, approved.ID, approved.Content, true, ""))
	p.OK(s.Decide(ctx, p.Actor(Approver), p.id, rejected.ID, rejected.Content, false, text("rejected-why")))
	row("/elements/" + second + "/attestations/" + waiting.ID + "/edit")
	row("/elements/" + second + "/attestations/" + waiting.ID + "/withdraw")
	p.rows[word] = append(p.rows[word], "GET /partnerships/"+p.id+"/attestations/"+waiting.ID+"/file", "GET /partnerships/"+p.id+"/attestations/"+waiting.ID+"/files/1", "GET /partnerships/"+p.id+"/elements/"+second+"/attestations/"+waiting.ID+"/edit")

	for _, by := range []string{"A", "B"} {
		of := "claim-by-" + strings.ToLower(by)
		m := partnership.Claim{Partnership: p.id, Element: second, Kind: "contribution", Text: text(of), StatedBy: orgs[by], Audience: audience}
		id, err := s.State(ctx, manager, m)
		p.OK(err)
		row("/elements/" + second + "/claims/" + id + "/answer")
		row("/elements/" + second + "/claims/" + id + "/delete")
		other := map[string]string{"A": "B", "B": "A"}[by]
		if by == "A" {
			p.OK(s.AnswerClaim(ctx, manager, p.id, partnership.Answer{Claim: id, Organisation: orgs[other], Answer: partnership.Disputed, Reason: text(of + "-dispute"), Content: m.ContentHash()}))
		}
	}

	for _, owner := range []partnership.Who{{Kind: partnership.WhoRight, ID: "manage"}, {Kind: partnership.WhoParty, ID: orgs["B"]}} {
		x := partnership.Action{Partnership: p.id, Element: element, Text: text("action-of-" + string(owner.Kind)), OwnerKind: owner.Kind, OwnerID: owner.ID, Audience: audience, High: true}
		if owner.Kind == partnership.WhoParty && (word == "PARTYA" || word == "HOST") {
			continue // a party that could not see it, or that would be shown it
		}
		id, err := s.AddAction(ctx, manager, x)
		p.OK(err)
		row("/actions/" + id + "/do")
		row("/actions/" + id + "/drop")
		if owner.Kind == partnership.WhoRight {
			p.OK(s.Do(ctx, manager, p.id, id, text("action-done")))
			row("/actions/" + id + "/check")
		}
	}
	id, err := s.AddDeadline(ctx, manager, p.id, partnership.Deadline{Partnership: p.id, Text: text("deadline"), DueOn: FirstDay.AddDays(9), Audience: audience})
	p.OK(err)
	row("/deadlines/" + id + "/delete")
	p.OK(s.AddAmount(ctx, manager, p.id, partnership.Amount{Kind: p.App.Ref.All("amount_kind")[0].Code, StatedAs: text("amount-stated"), Note: text("amount"), Audience: audience}))
	p.OK(s.AddResult(ctx, manager, p.id, partnership.Result{Kind: "planned", Text: text("result"), Audience: audience}))
}

// starts are the addresses from which the crawls begin: all that lead to
// lists, in every format, and our partnership's own.
func (p *planted) starts() []string {
	here := "/partnerships/" + p.id
	out := []string{"/", here, here + "/brief", here + "/about", here + "/parties", here + "/actions", here + "/team", here + "/history", here + "/history?format=csv", here + "/history?format=elements", here + "/edit", here + "/status"}
	for _, e := range partnership.Elements {
		out = append(out, here+"/elements/"+e.Key)
	}
	for _, s := range partnership.Steps {
		out = append(out, here+"/steps/"+s.Key)
	}
	for _, list := range []string{"/partnerships", "/actions", "/organisations", "/persons", "/countries"} {
		out = append(out, list, list+"?format=csv", list+"?format=json", list+"?q=tag", list+".csv", list+".json")
	}
	for _, o := range p.Organisations {
		out = append(out, "/organisations/"+o)
	}
	for _, view := range []string{"all", "late", "mine"} {
		out = append(out, "/actions?view="+view, "/partnerships?view="+view, "/actions?format=csv&view="+view, "/partnerships?format=json&view="+view)
	}
	return append(out, "/countries/MOZ", "/admin", "/admin/audit", "/profile", "/reference")
}

// TestAudiences: a partner never comes to what is for the host, for another
// partner, or of a partnership in which it has no part: not on a page, in a
// file or an export, nor by the address of a row.
func TestAudiences(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			p := plant(New(t, engine))
			mayRead := map[string][]string{
				PartnerA: {"PARTYA", "PARTIES", "PUBLIC"},
				Manager:  {"HOST", "PARTYA", "PARTYB", "PARTIES", "PUBLIC", "OTHER", "GONE"}, // who may bring back what is gone
				Outsider: {"OTHER"},                                                          // a party of the partnership over ours
				Officer:  {"HOST", "PARTYA", "PARTYB", "PARTIES", "PUBLIC", "OTHER"},
				Auditor:  {"HOST", "PARTYA", "PARTYB", "PARTIES", "PUBLIC", "OTHER", "GONE"}, // the audit keeps what is gone
				Keeper:   {"HOST", "PARTYA", "PARTYB", "PARTIES", "PUBLIC", "OTHER", "SECRET"},
			}
			if engine == db.Postgres {
				delete(mayRead, Officer)
				delete(mayRead, Keeper)
			}
			told := map[string]map[string]bool{}
			for reader, words := range mayRead {
				told[reader] = p.tags(t, reader, words)
			}
			// What the manager was told shows that each text is said somewhere: then
			// the same crawl as a partner proves something.
			for _, of := range []string{
				"note-title", "note", "link-title", "link", "file-title", "file-content", "removed-title", "approved-title", "approved-reason", "approved-note", "approved-content", "rejected-why", "waiting-reason",
				"claim-by-a", "claim-by-b", "claim-by-a-dispute", "action-of-right", "action-done", "deadline", "amount", "result",
			} {
				for _, word := range []string{"HOST", "PARTYA", "PARTYB", "PARTIES", "PUBLIC"} {
					text := "TAG-" + word + "-" + of
					if !told[Manager][text] {
						t.Errorf("the manager came across %s nowhere", text)
					}
					if slices.Contains(mayRead[PartnerA], word) && !told[PartnerA][text] {
						t.Errorf("the partner, whom it is for, came across %s nowhere", text)
					}
				}
			}
			if engine == db.SQLite && !told[Keeper]["TAG-SECRET-title"] {
				t.Error("the keeper came across its own partnership nowhere")
			}
			for _, text := range []string{"TAG-HOST-organisation", "TAG-HOST-person", "TAG-HOST-person-title", "TAG-HOST-waiver", "TAG-OTHER-over", "TAG-OTHER-part", "TAG-OTHER-action"} {
				if !told[Manager][text] {
					t.Errorf("the manager came across %s nowhere", text)
				}
			}
			p.strangeRows(t)
		})
	}
}

// tags crawls as a reader and returns all tagged texts it was told; those that
// are not for it are errors.
func (p *planted) tags(t *testing.T, reader string, words []string) map[string]bool {
	t.Helper()
	pages := p.Crawl(reader, p.starts()...)
	told, wrong := map[string]bool{}, map[string]bool{}
	for _, page := range pages {
		said := page.Reply.Body.String() + " " + page.Reply.Header().Get("Location") + " " + page.Reply.Header().Get("Content-Disposition")
		for _, m := range tag.FindAllStringSubmatch(said, -1) {
			told[m[0]] = true
			if !slices.Contains(words, m[1]) && !wrong[m[0]] {
				wrong[m[0]] = true
				t.Errorf("%s reads %s at %s (from %s)", reader, m[0], page.Path, page.From)
			}
		}
		for _, id := range uuid.FindAllString(said, -1) {
			if word := p.ids[id]; word != "" && !slices.Contains(words, word) && !wrong[id] {
				wrong[id] = true
				t.Errorf("%s reads of the row %s for %s at %s (from %s)", reader, id, word, page.Path, page.From)
			}
		}
		if reader == PartnerA || reader == Outsider {
			for _, m := range cast {
				if m.name != reader && strings.Contains(said, m.name+"@example.org") {
					t.Errorf("%s reads the address of %s at %s", reader, m.name, page.Path)
				}
			}
		}
		if page.Status >= 500 {
			t.Errorf("%s: %s answers %d", reader, page.Path, page.Status)
		}
	}
	if len(pages) < 100 {
		t.Errorf("%s read only %d pages", reader, len(pages))
	}
	t.Logf("%s read %d pages and %d tagged texts", reader, len(pages), len(told))
	return told
}

// strangeRows: rows that are not for a partner are not there for its forms
// either, and those that are are.
func (p *planted) strangeRows(t *testing.T) {
	t.Helper()
	for word, list := range p.rows {
		own := word == "PARTYA" || word == "PARTIES" || word == "PUBLIC"
		for _, address := range list {
			path, isGet := strings.CutPrefix(address, "GET ")
			var reply *Reply
			rows := p.Trial(func(ctx context.Context) {
				c := p.As(PartnerA).In(ctx)
				if isGet {
					reply = c.Get(path)
				} else {
					reply = c.Post(path, nil)
				}
			})
			if (reply.Code == http.StatusNotFound) == own {
				t.Errorf("a partner's form on a row for %s (%s): status %d", word, path, reply.Code)
			}
			if !own && rows != 0 {
				t.Errorf("a partner's form on a row for %s (%s): %d rows were written", word, path, rows)
			}
		}
	}
}

// TestPartnerWrites: what a partner writes is for the parties or for itself
// and the host, whatever its form says.
func TestPartnerWrites(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	foreign := []string{access.AudienceHost, access.AudiencePublic, access.PartyAudience(w.Organisations["B"]), access.PartyAudience(""), "party:" + w.Organisations["A"] + " ", "", "everybody"}
	n := 0
	for _, r := range app.Routes() {
		if !r.Changes() || !inside(r) || w.due(t, r, PartnerA, &stands[0]) != allowed {
			continue
		}
		form := w.form(r, PartnerA, w.Open)
		if !form.Has("audience") {
			continue
		}
		n++
		for _, audience := range append(foreign, access.AudienceParties, access.PartyAudience(w.Organisations["A"])) {
			form.Set("audience", audience)
			var reply *Reply
			w.Trial(func(ctx context.Context) { reply = w.send(ctx, r, PartnerA, w.fill(t, r, w.Open), form) })
			want := http.StatusSeeOther
			// Blanks at its ends do not belong to a value.
			if slices.Contains(foreign, audience) && strings.TrimSpace(audience) != access.PartyAudience(w.Organisations["A"]) {
				want = http.StatusUnprocessableEntity
			}
			if reply.Code != want {
				t.Errorf("%s for %q: status %d, want %d", r, audience, reply.Code, want)
			}
		}
	}
	if n < 4 {
		t.Errorf("only %d forms ask for whom it is", n)
	}
}
