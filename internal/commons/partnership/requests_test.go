package partnership

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/mail"
)

// keepLetter stands for the outbox: a letter is there once its transaction is.
func (h *house) keepLetter(t *db.Tx, _ string, m mail.Message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.letters = append(h.letters, m)
	return nil
}

// letter is the last letter of a kind to somebody.
func (h *house) letter(kind, to string) mail.Message {
	h.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range slices.Backward(h.letters) {
		if m.Kind == kind && m.To == to {
			return m
		}
	}
	h.Fatalf("no letter %q to %s", kind, to)
	return mail.Message{}
}

var (
	linkIn = regexp.MustCompile(`https://ayni\.example\.org/answer/([0-9a-f]{64})\b`)
	codeIn = regexp.MustCompile(`\b[0-9]{6}\b`)
)

// token is the secret of the last link sent to somebody.
func (h *house) token(to string) string {
	h.Helper()
	m := linkIn.FindStringSubmatch(h.letter("answer", to).Text)
	if m == nil {
		h.Fatal("the letter holds no link")
	}
	return m[1]
}

func (h *house) codeFor(to string) string {
	h.Helper()
	return codeIn.FindString(h.letter("code", to).Text)
}

// focal makes a person with a role in an organisation.
func (h *house) focal(name, email, lang, organisation string) string {
	h.Helper()
	p, err := h.dir.CreatePerson(h.Context(), access.Command("tests"), directory.PersonForm{Name: name, Email: email, Lang: lang}, directory.Role{Organisation: organisation, Focal: true})
	h.ok(err)
	return p.ID
}

// asking is a request that is out: Brazil states something, Priya of India is
// asked about it.
type asking struct {
	cast
	p, claim, request, person string
	email                     string
}

const askedAt = "strategy.resources"

func (h *house) asking() asking {
	h.Helper()
	a := asking{cast: h.cast(), email: "priya@example.org"}
	a.p = h.partnership(a.cast)
	a.person = h.focal("Priya", a.email, "fr", a.india)
	a.claim = h.claim(a.manager, a.p, askedAt, a.brazil, access.AudienceParties)
	var err error
	a.request, err = h.s.Ask(h.Context(), a.manager, h.about(a))
	h.ok(err)
	return a
}

func (h *house) about(a asking) Request {
	return Request{Partnership: a.p, Kind: AskClaim, Claim: a.claim, Organisation: a.india, Person: a.person, Note: "As agreed on the telephone", Days: 30, Reminders: 2}
}

// proven follows the link and types the code.
func (h *house) proven(a asking) string {
	h.Helper()
	request, pass, err := h.s.SendCode(h.Context(), h.token(a.email))
	h.ok(err)
	if request != a.request {
		h.Fatalf("the link leads to %s, want %s", request, a.request)
	}
	pass, err = h.s.Prove(h.Context(), request, pass, h.codeFor(a.email))
	h.ok(err)
	return pass
}

func (h *house) page(a asking, pass string) Asked {
	h.Helper()
	out, proven, err := h.s.WhatIsAsked(h.Context(), a.request, pass, inEnglish)
	h.ok(err)
	if !proven {
		h.Fatal("the pass is not proven")
	}
	return out
}

func inEnglish(string) string { return "en" }

// says answers the statement as the page shows it.
func (h *house) says(a asking, pass, said, words string) error {
	h.Helper()
	return h.s.Reply(h.Context(), a.request, pass, Reply{Said: said, Words: words, Content: h.page(a, pass).Claim.Content})
}

func (h *house) requestNow(p, id string) Request {
	h.Helper()
	var r Request
	h.read(func(t *db.Tx) error {
		var err error
		r, err = requestIn(t, p, id)
		return err
	})
	return r
}

func (h *house) state2(token string) RequestState {
	h.Helper()
	k, err := h.s.AnswerLink(h.Context(), token)
	h.ok(err)
	return k.State
}

// waitsFor are the stable keys of what an element waits for, without ids.
func (h *house) waitsFor(p, element string) string {
	h.Helper()
	var out []string
	for _, w := range h.waits(p, element) {
		what, _, _ := strings.Cut(w.What, ":")
		out = append(out, what+" of "+string(w.Kind))
	}
	return strings.Join(out, ", ")
}

func TestRequestIsConfirmedByLink(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		h.stands(a.p, askedAt, Open, "evidence confirm")
		m := h.letter("answer", a.email)
		if m.Lang != "fr" || m.Name != "Priya" || m.Person != a.person || m.Expires != h.d.Clock.Now().Add(30*24*time.Hour) {
			t.Errorf("the letter is %+v", m)
		}
		for _, secret := range []string{"40 trainers", "telephone"} {
			if strings.Contains(m.Text+m.Subject, secret) {
				t.Errorf("the letter says %q", secret)
			}
		}
		if !strings.Contains(m.Text, "Cotton with trust") || !strings.Contains(m.Text, "Mara") {
			t.Errorf("the letter does not say who asks in which partnership:\n%s", m.Text)
		}
		pass := h.proven(a)
		page := h.page(a, pass)
		if page.Claim.Text != "40 trainers" || page.StatedBy != "Agency of Brazil" || page.Organisation != "Agency of India" || page.Officer != "Mara" || page.Note != "As agreed on the telephone" {
			t.Errorf("the page shows %+v", page)
		}
		h.ok(h.says(a, pass, Confirmed, ""))
		h.stands(a.p, askedAt, Partly, "attest")
		if got := h.page(a, pass); got.State != RequestAnswered || got.Reply == nil || got.Reply.Said != Confirmed {
			t.Errorf("afterwards the page shows %+v", got)
		}
		h.read(func(tx *db.Tx) error {
			all, err := answersOf(tx, a.p)
			h.ok(err)
			want := []Answer{{Claim: a.claim, Organisation: a.india, Answer: Confirmed, Content: h.claimOf(a.p, a.claim).Content, At: tx.Now, ByActor: "person:" + a.person}}
			if diff := cmp.Diff(want, all); diff != "" {
				t.Error(diff)
			}
			rows, err := audit.List(tx, audit.Filter{Actor: "person:" + a.person})
			h.ok(err)
			var did []string
			for _, r := range rows {
				did = append(did, r.Kind+" "+r.Action)
			}
			slices.Sort(did)
			if diff := cmp.Diff([]string{"answer_reply confirmed", "answer_request answered", "answer_request opened", "claim confirmed"}, did); diff != "" {
				t.Error(diff)
			}
			news, err := repliesSince(tx, a.manager, tx.Now-1, 10)
			if err != nil || len(news) != 1 || news[0].Said != Confirmed {
				t.Errorf("what changed: %+v, %v", news, err)
			}
			return err
		})
		h.whole(a.p)
	})
}

func TestRequestIsDisputedAndCommented(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		pass := h.proven(a)
		h.refused(h.says(a, pass, Disputed, ""), errs.Invalid, "words")
		h.refused(h.says(a, pass, Commented, ""), errs.Invalid, "words")
		h.refused(h.says(a, pass, "maybe", "x"), errs.Invalid, "answer")
		h.ok(h.says(a, pass, Commented, "We look for the list"))
		h.stands(a.p, askedAt, Open, "evidence confirm reply")
		if got := h.waitsFor(a.p, askedAt); got != "confirm of party, evidence of right, reply of person" {
			t.Errorf("it waits for %s", got)
		}
		reply := h.page(a, pass).Reply
		h.refused(h.s.Decline(h.Context(), a.manager, a.p, reply.ID, "No"), errs.Conflict, "")
		h.ok(h.s.Take(h.Context(), a.manager, a.p, reply.ID))
		h.refused(h.s.Take(h.Context(), a.manager, a.p, reply.ID), errs.Conflict, "")
		h.stands(a.p, askedAt, Open, "evidence confirm")

		h.ok(h.s.SendAgain(h.Context(), a.manager, a.p, a.request))
		_, _, err := h.s.WhatIsAsked(h.Context(), a.request, pass, inEnglish)
		h.refused(err, errs.NotFound, "") // what was given out before has ended
		pass = h.proven(a)
		h.ok(h.says(a, pass, Disputed, "We count 38"))
		h.stands(a.p, askedAt, Open, "evidence dispute")
		if got := h.waitsFor(a.p, askedAt); got != "dispute of right, evidence of right" {
			t.Errorf("it waits for %s", got)
		}
		h.whole(a.p)
	})
}

func TestRequestUsedTwice(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		pass := h.proven(a)
		h.ok(h.says(a, pass, Confirmed, ""))
		h.refused(h.says(a, pass, Disputed, "No"), errs.Conflict, "")
		again := h.proven(a)
		if got := h.page(a, again); got.State != RequestAnswered || got.Reply.Said != Confirmed {
			t.Errorf("opened once more it shows %+v", got)
		}
		h.refused(h.says(a, again, Disputed, "No"), errs.Conflict, "")
		h.ok(h.s.Leave(h.Context(), again))
		_, _, err := h.s.WhatIsAsked(h.Context(), a.request, again, inEnglish)
		h.refused(err, errs.NotFound, "")
	})
}

// TestAC8AnswerLink: whoever holds a link, and whoever is signed in, needs the
// code that goes to the person's own address.
func TestAC8AnswerLink(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		token := h.token(a.email)
		sent := len(h.letters)
		_, err := h.s.AnswerLink(h.Context(), token)
		h.ok(err)
		if len(h.letters) != sent {
			t.Error("looking at a link sends something")
		}
		request, pass, err := h.s.SendCode(h.Context(), token)
		h.ok(err)
		if to := h.letters[len(h.letters)-1].To; to != a.email {
			t.Errorf("the code goes to %s", to)
		}
		_, proven, err := h.s.WhatIsAsked(h.Context(), request, pass, inEnglish)
		h.ok(err)
		if proven {
			t.Fatal("the page opens without the code")
		}
		h.refused(h.s.Reply(h.Context(), request, pass, Reply{Said: Confirmed, Content: h.claimOf(a.p, a.claim).Content}), errs.NotFound, "")
		h.refused(second(h.s.Prove(h.Context(), request, token, h.codeFor(a.email))), errs.NotFound, "")

		// The code belongs to the browser that asked for it.
		_, other, err := h.s.SendCode(h.Context(), token)
		h.ok(err)
		h.refused(second(h.s.Prove(h.Context(), request, pass, h.codeFor(a.email))), errs.Invalid, "code")
		h.ok(second(h.s.Prove(h.Context(), request, other, h.codeFor(a.email))))
		h.refused(second(h.s.Prove(h.Context(), request, other, h.codeFor(a.email))), errs.NotFound, "")

		for _, bad := range []string{"", "x", strings.Repeat("0", 64), strings.ToUpper(token)} {
			h.refused(second2(h.s.AnswerLink(h.Context(), bad)), errs.NotFound, "")
		}
		// Neither the token nor the pass nor the code stands in the database.
		code := h.codeFor(a.email)
		for table, columns := range map[string]string{"answer_link": "token || request", "answer_pass": "token || request", "answer_code": "code || pass", "answer_request": "address_hash || note", "form_key": "id || location"} {
			for _, secret := range []string{token, pass, other} {
				if n := h.count(`select count(*) from ` + table + ` where ` + columns + ` like '%` + secret + `%'`); n != 0 {
					t.Errorf("%s holds a secret", table)
				}
			}
		}
		if n := h.count(`select count(*) from answer_code where code = $1`, code); n != 0 {
			t.Error("a code is stored as it is")
		}
	})
}

func second2(_ Linked, err error) error { return err }

func TestCodesAreLimited(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		token := h.token(a.email)
		request, pass, err := h.s.SendCode(h.Context(), token)
		h.ok(err)
		right := h.codeFor(a.email)
		wrong := "000000"
		if right == wrong {
			wrong = "000001"
		}
		for range triesOfCode {
			h.refused(second(h.s.Prove(h.Context(), request, pass, wrong)), errs.Invalid, "code")
		}
		h.refused(second(h.s.Prove(h.Context(), request, pass, right)), errs.Invalid, "code") // tried too often
		for range codesAnHour - 1 {
			h.ok(h.s.CodeAgain(h.Context(), request, pass))
		}
		h.refused(h.s.CodeAgain(h.Context(), request, pass), errs.TooMany, "")
		_, _, err = h.s.SendCode(h.Context(), token)
		h.refused(err, errs.TooMany, "")
		h.later(codeLife + time.Second)
		h.refused(second(h.s.Prove(h.Context(), request, pass, h.codeFor(a.email))), errs.Invalid, "code") // too old
		h.later(time.Hour)
		request, pass, err = h.s.SendCode(h.Context(), token)
		h.ok(err)
		h.ok(second(h.s.Prove(h.Context(), request, pass, h.codeFor(a.email))))

		// Twenty wrong ones in all close the link, until it is sent again.
		for h.requestNow(a.p, a.request).Wrong < wrongMost {
			h.later(time.Hour)
			_, pass, err = h.s.SendCode(h.Context(), token)
			h.ok(err)
			for range triesOfCode {
				if second(h.s.Prove(h.Context(), request, pass, wrong)) == nil {
					t.Fatal("a wrong code opens the link")
				}
			}
		}
		if got := h.state2(token); got != RequestLocked {
			t.Errorf("after %d wrong codes the link is %s", wrongMost, got)
		}
		_, _, err = h.s.SendCode(h.Context(), token)
		h.refused(err, errs.Conflict, "")
		h.ok(h.s.SendAgain(h.Context(), a.manager, a.p, a.request))
		h.refused(second2(h.s.AnswerLink(h.Context(), token)), errs.NotFound, "")
		h.proven(a)
	})
}

func TestRequestExpires(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		token := h.token(a.email)
		h.refused(h.s.WantLink(h.Context(), token), errs.Conflict, "")
		h.later(30*24*time.Hour - time.Second)
		pass := h.proven(a)
		h.later(time.Second)
		h.refused(h.s.Reply(h.Context(), a.request, pass, Reply{Said: Confirmed, Content: h.claimOf(a.p, a.claim).Content}), errs.Conflict, "")
		if got := h.state2(token); got != RequestExpired {
			t.Fatalf("the link is %s", got)
		}
		h.ok(h.s.WantLink(h.Context(), token))
		wanted := h.requestNow(a.p, a.request).WantedAt
		h.later(time.Hour)
		h.ok(h.s.WantLink(h.Context(), token)) // once a day
		if got := h.requestNow(a.p, a.request).WantedAt; got != wanted {
			t.Error("a second request on the same day counts")
		}
		i := slices.IndexFunc(h.actions(a.p), func(x Action) bool { return x.OwnerID == a.manager.Person && strings.Contains(x.Link, a.request) })
		if i < 0 {
			t.Errorf("the officer has no action: %+v", h.actions(a.p))
		}
		h.ok(h.s.SendAgain(h.Context(), a.manager, a.p, a.request))
		if got := h.waitsFor(a.p, askedAt); strings.Contains(got, "link") {
			t.Errorf("sent again, it waits for %s", got)
		}
		h.proven(a)
	})
}

// TestRequestEnds: what the request was sent to is no longer so; the link, and
// the page that is open, lead nowhere.
func TestRequestEnds(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		for name, end := range map[string]func(a asking){
			"revoked": func(a asking) { h.ok(h.s.Revoke(h.Context(), a.manager, a.p, a.request)) },
			"the person left the organisation": func(a asking) {
				profile, err := h.dir.Person(h.Context(), a.admin, "en", a.person)
				h.ok(err)
				r := profile.Roles[0].Role
				r.ToOn = h.today().AddDays(-1)
				_, err = h.dir.SaveRole(h.Context(), a.admin, r)
				h.ok(err)
			},
			"the person has another address": func(a asking) {
				_, err := h.dir.UpdatePerson(h.Context(), a.admin, a.person, directory.PersonForm{Name: "Priya", Email: "other@example.org", Version: 1})
				h.ok(err)
			},
			"the party left": func(a asking) {
				h.read(func(t *db.Tx) error {
					all, err := partiesOf(t, a.p)
					h.ok(err)
					i := slices.IndexFunc(all, func(y Party) bool { return y.Organisation == a.india })
					y := all[i]
					y.LeftOn = h.today().AddDays(-1)
					defer func() { h.ok(h.s.EditParty(h.Context(), a.manager, a.p, y)) }()
					return nil
				})
			},
			"the statement is withdrawn": func(a asking) {
				h.ok(h.s.EditClaim(h.Context(), a.manager, Claim{ID: a.claim, Partnership: a.p}, true))
			},
			"the partnership is removed": func(a asking) { h.ok(h.s.Remove(h.Context(), a.manager, a.p)) },
		} {
			a := h.asking()
			a.email = h.letters[len(h.letters)-1].To
			pass := h.proven(a)
			token := h.token(a.email)
			content := h.claimOf(a.p, a.claim).Content
			end(a)
			k, err := h.s.AnswerLink(h.Context(), token)
			if err == nil && k.State.Opens() || err != nil && !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: the link is %v, %v", name, k.State, err)
			}
			if _, _, err := h.s.SendCode(h.Context(), token); err == nil {
				t.Errorf("%s: a code is sent", name)
			}
			if err := h.s.Reply(h.Context(), a.request, pass, Reply{Said: Confirmed, Content: content}); err == nil {
				t.Errorf("%s: the answer is taken", name)
			}
			page, _, err := h.s.WhatIsAsked(h.Context(), a.request, pass, inEnglish)
			if err == nil && (page.Claim.Text != "" || page.Partnership.Title != "") {
				t.Errorf("%s: the page still tells %+v", name, page)
			}
			// Each time another person: the address is taken.
			h.write(func(t *db.Tx) error { return t.ExecOne(`update person set email = '' where id = $1`, a.person) })
		}
	})
}

func TestStatementChangesWhileAsked(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		pass := h.proven(a)
		seen := h.page(a, pass).Claim
		changed := h.claimOf(a.p, a.claim)
		changed.Text = "38 trainers"
		h.ok(h.s.EditClaim(h.Context(), a.manager, changed, false))
		h.refused(h.s.Reply(h.Context(), a.request, pass, Reply{Said: Confirmed, Content: seen.Content}), errs.Conflict, "")
		page := h.page(a, pass)
		if !page.Moved || page.Was == nil || page.Was.Text != "40 trainers" || page.Claim.Text != "38 trainers" || page.State != RequestOpen {
			t.Fatalf("the page shows %+v", page)
		}
		if diff := cmp.Diff([]string{"text"}, changedFields(*page.Was, page.Claim)); diff != "" {
			t.Error(diff)
		}
		h.ok(h.says(a, pass, Confirmed, ""))
		if got := h.page(a, pass).State; got != RequestAnswered {
			t.Errorf("answered, it is %s", got)
		}
		// Changed after the answer it asks again, and shows what was answered.
		changed = h.claimOf(a.p, a.claim)
		changed.Text = "37 trainers"
		h.ok(h.s.EditClaim(h.Context(), a.manager, changed, false))
		h.stands(a.p, askedAt, Open, "evidence confirm")
		page = h.page(a, pass)
		if page.State != RequestChanged || page.Reply == nil || page.Was.Text != "38 trainers" {
			t.Errorf("the page shows %+v", page)
		}
		h.ok(h.says(a, pass, Disputed, "We count 36"))
		h.stands(a.p, askedAt, Open, "evidence dispute")
	})
}

func TestTwoAnswersAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		pass := h.proven(a)
		content := h.claimOf(a.p, a.claim).Content
		var wait sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			wait.Go(func() {
				w := Reply{Said: Confirmed, Content: content}
				if i%2 == 1 {
					w.Said, w.Words = Disputed, "No"
				}
				results[i] = h.s.Reply(h.Context(), a.request, pass, w)
			})
		}
		wait.Wait()
		taken := 0
		for _, err := range results {
			if err == nil {
				taken++
				continue
			}
			h.refused(err, errs.Conflict, "")
		}
		if taken != 1 || h.count(`select count(*) from answer_reply`) != 1 || h.count(`select count(*) from claim_answer`) != 1 {
			t.Errorf("%d answers were taken", taken)
		}
	})
}

func TestWhoMayAskWhom(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		ask := func(by access.Actor, edit func(r *Request)) error {
			r := h.about(a)
			edit(&r)
			return second(h.s.Ask(h.Context(), by, r))
		}
		outsider := h.focal("Olga", "olga@example.org", "", h.organisation("Elsewhere", ""))
		silent := h.focal("Sina", "", "", a.india)
		rita := h.focal("Rita", "rita@example.org", "", a.india)
		bruno := h.focal("Bruno", "bruno@example.org", "", a.brazil)
		host := h.claim(a.manager, a.p, askedAt, a.brazil, access.AudienceHost)
		own := h.claim(a.manager, a.p, askedAt, a.brazil, access.PartyAudience(a.brazil))
		mine := h.claim(a.manager, a.p, askedAt, a.brazil, access.PartyAudience(a.india))
		for name, c := range map[string]struct {
			by    access.Actor
			edit  func(r *Request)
			kind  errs.Kind
			field string
		}{
			"twice":                       {a.manager, func(*Request) {}, errs.Invalid, "whom"},
			"of no party":                 {a.manager, func(r *Request) { r.Person, r.Organisation = outsider, a.india }, errs.Invalid, "whom"},
			"without an address":          {a.manager, func(r *Request) { r.Person = silent }, errs.Invalid, "whom"},
			"about its own":               {a.manager, func(r *Request) { r.Person, r.Organisation = bruno, a.brazil }, errs.Invalid, "whom"},
			"for the host":                {a.manager, func(r *Request) { r.Person, r.Claim = rita, host }, errs.Invalid, "whom"},
			"for another party":           {a.manager, func(r *Request) { r.Person, r.Claim = rita, own }, errs.Invalid, "whom"},
			"a kind that is none":         {a.manager, func(r *Request) { r.Person, r.Kind = rita, "story" }, errs.Invalid, "what"},
			"a role with a statement":     {a.manager, func(r *Request) { r.Person, r.Kind = rita, AskRole }, errs.Invalid, "what"},
			"due after the link":          {a.manager, func(r *Request) { r.Person, r.DueOn = rita, h.today().AddDays(31) }, errs.Invalid, "due_on"},
			"in no language":              {a.manager, func(r *Request) { r.Person, r.Lang = rita, "de" }, errs.Invalid, "lang"},
			"too often":                   {a.manager, func(r *Request) { r.Person, r.Reminders = rita, 9 }, errs.Invalid, "reminders"},
			"by an officer without right": {a.officer, func(r *Request) { r.Person = rita }, errs.Forbidden, ""},
			"by an auditor":               {a.auditor, func(r *Request) { r.Person = rita }, errs.Forbidden, ""},
			"by a partner":                {a.ana, func(r *Request) { r.Person = rita }, errs.Forbidden, ""},
		} {
			err := ask(c.by, c.edit)
			if err == nil {
				t.Errorf("%s: asked", name)
				continue
			}
			h.refused(err, c.kind, c.field)
		}
		h.ok(ask(a.manager, func(r *Request) { r.Person, r.Claim = rita, mine }))
		h.refused(h.s.Revoke(h.Context(), a.ana, a.p, a.request), errs.Forbidden, "")
		h.refused(h.s.SendAgain(h.Context(), a.officer, a.p, a.request), errs.Forbidden, "")
		h.refused(h.s.Revoke(h.Context(), a.manager, h.partnership(a.cast), a.request), errs.NotFound, "")
		if got := h.letter("answer", "rita@example.org").Lang; got != "en" {
			t.Errorf("a person without a language is written to in %s", got)
		}
	})
}

func TestConfidentialLetter(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		was := h.record(a.p)
		was.Confidential = true
		h.ok(h.s.Edit(h.Context(), a.manager, was))
		h.ok(h.s.SendAgain(h.Context(), a.manager, a.p, a.request))
		if m := h.letter("answer", a.email); strings.Contains(m.Text+m.Subject, "Cotton") {
			t.Errorf("the letter names a confidential partnership:\n%s", m.Text)
		}
		if page := h.page(a, h.proven(a)); page.Partnership.Title != "Cotton with trust" {
			t.Error("behind the code the party is told which partnership it is")
		}
	})
}

func TestOwnStatements(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		out := func(kind RequestKind) asking {
			r := h.about(a)
			r.Kind, r.Claim = kind, ""
			b := a
			var err error
			b.request, err = h.s.Ask(h.Context(), a.manager, r)
			h.ok(err)
			return b
		}
		reply := func(b asking, w Reply) (string, error) {
			pass := h.proven(b)
			err := h.s.Reply(h.Context(), b.request, pass, w)
			if err != nil {
				return "", err
			}
			return h.page(b, pass).Reply.ID, nil
		}
		// A role is proposed, and does not change the host's record by itself.
		b := out(AskRole)
		if got := h.waitsFor(a.p, "strategy.scope"); got != "evidence of right, state of party" {
			t.Errorf("it waits for %s", got)
		}
		h.refused(second(reply(b, Reply{Role: "boss"})), errs.Invalid, "role")
		id, err := reply(b, Reply{Role: Technical, FromOn: "2026-03", Words: "By letter of March"})
		h.ok(err)
		if got := h.waitsFor(a.p, "strategy.scope"); got != "evidence of right, reply of person" {
			t.Errorf("it waits for %s", got)
		}
		roles := func() (n int) {
			h.read(func(t *db.Tx) error {
				all, err := rolesOf(t, a.p)
				for _, r := range all {
					if r.Role == Technical && r.FromOn == "2026-03" && r.Basis == "By letter of March" {
						n++
					}
				}
				return err
			})
			return n
		}
		h.refused(h.s.Decline(h.Context(), a.manager, a.p, id, ""), errs.Invalid, "why")
		if roles() != 0 {
			t.Error("a stated role is the host's before it is taken over")
		}
		h.ok(h.s.Take(h.Context(), a.manager, a.p, id))
		if roles() != 1 {
			t.Error("the role is not taken over")
		}
		// A contribution is a claim of the party, which the others confirm.
		b = out(AskContribution)
		h.refused(second(reply(b, Reply{Given: "kind", Stage: "committed", Words: "Experts", Unit: "days"})), errs.Invalid, "quantity")
		w := Reply{Given: "kind", Stage: "committed", Words: "Experts", Unit: "jours d’expert"}
		w.Quantity.V, w.Quantity.Valid = 4050, true
		_, err = reply(b, w)
		h.ok(err)
		h.stands(a.p, "agreement.finance", Open, "evidence confirm")
		h.read(func(tx *db.Tx) error {
			all, err := claimsOf(tx, a.p)
			h.ok(err)
			i := slices.IndexFunc(all, func(k Claim) bool { return k.Element == "agreement.finance" })
			k := all[i]
			if k.StatedBy != a.india || k.CreatedBy != "person:"+a.person || k.Audience != access.AudienceParties || !strings.Contains(k.Text, "40,5") || !strings.Contains(k.Text, "Experts") {
				t.Errorf("the contribution is %+v", k)
			}
			return nil
		})
		// A contact is proposed, with the consent that was given.
		b = out(AskContact)
		contact := Reply{ContactName: "Nila", ContactEmail: "nila@example.org", ContactPhone: "+91 11 5550 0000", Purpose: "The training plan"}
		h.refused(second(reply(b, contact)), errs.Invalid, "consent")
		contact.Consent = "She agreed on the telephone."
		id, err = reply(b, contact)
		h.ok(err)
		people := func() (out []directory.Correspondent) {
			h.read(func(t *db.Tx) error {
				var err error
				out, err = directory.Correspondents(t, []string{a.india})
				return err
			})
			return out
		}
		if len(people()) != 1 {
			t.Error("a stated contact is in the directory before it is taken over")
		}
		h.ok(h.s.Take(h.Context(), a.manager, a.p, id))
		if got := people(); len(got) != 2 || got[0].Name != "Nila" || !got[0].Focal {
			t.Errorf("the contacts are %+v", got)
		}
		if n := h.count(`select count(*) from contact_point where basis = 'consent' and basis_note = 'She agreed on the telephone.' and purposes = 'partnership'`); n != 2 {
			t.Errorf("%d contact points keep the consent", n)
		}
		h.whole(a.p)
	})
}

func TestReminders(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		first := h.token(a.email)
		remind := func() (n int) {
			h.ok(h.s.Remind(h.Context(), func(sent int) error { n = sent; return nil }))
			return n
		}
		if remind() != 0 {
			t.Error("reminded on the day it was sent")
		}
		h.later(7 * 24 * time.Hour)
		if remind() != 1 || remind() != 0 {
			t.Error("after a week one reminder goes out, and no second on that day")
		}
		if !strings.Contains(h.letter("answer", a.email).Subject, "toujours") {
			t.Errorf("the reminder’s subject is %q", h.letter("answer", a.email).Subject)
		}
		if h.state2(first) != RequestOpen || h.state2(h.token(a.email)) != RequestOpen {
			t.Error("both links work")
		}
		h.later(7 * 24 * time.Hour)
		h.ok(h.says(a, h.proven(a), Confirmed, ""))
		if remind() != 0 {
			t.Error("reminded although it was answered")
		}
	})
}

func TestRemindOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sent, due, last clock.Day
		most            int
		want            []clock.Day
	}{
		{"2026-11-01", "", "2026-12-01", 0, nil},
		{"2026-11-01", "", "2026-12-01", 2, []clock.Day{"2026-11-08", "2026-11-15"}},
		{"2026-11-01", "", "2026-11-08", 3, nil}, // the link's last day is too late
		{"2026-11-01", "2026-11-20", "2026-12-01", 1, []clock.Day{"2026-11-18"}},
		{"2026-11-01", "2026-11-20", "2026-12-01", 3, []clock.Day{"2026-11-06", "2026-11-13", "2026-11-18"}},
		{"2026-11-01", "2026-11-03", "2026-12-01", 3, nil},
		{"2026-11-01", "2026-11-09", "2026-12-01", 3, []clock.Day{"2026-11-02", "2026-11-07"}},
	} {
		if diff := cmp.Diff(c.want, remindOn(c.sent, c.due, c.last, c.most)); diff != "" {
			t.Errorf("sent %s, due %q, %d at most:\n%s", c.sent, c.due, c.most, diff)
		}
	}
}

func TestRequestState(t *testing.T) {
	t.Parallel()
	k := Claim{ID: "k", StatedBy: "brazil", Audience: access.AudienceParties, Content: "c"}
	host, moved := k, k
	host.Audience, moved.Content = access.AudienceHost, "d"
	out := Request{Kind: AskClaim, Claim: "k", Content: "c", Organisation: "india", ExpiresAt: 100}
	there := standing{present: true, reached: true, claim: &k}
	with := func(r Request, edit func(*Request)) Request { edit(&r); return r }
	for _, c := range []struct {
		name string
		r    Request
		s    standing
		now  clock.Ms
		want RequestState
	}{
		{"open", out, there, 99, RequestOpen},
		{"at its end", out, there, 100, RequestExpired},
		{"revoked wins", with(out, func(r *Request) { r.RevokedAt, r.AnsweredAt = 1, 1 }), there, 200, RequestRevoked},
		{"answered", with(out, func(r *Request) { r.AnsweredAt = 5 }), there, 99, RequestAnswered},
		{"answered, then changed", with(out, func(r *Request) { r.AnsweredAt = 5 }), standing{present: true, reached: true, claim: &moved}, 99, RequestChanged},
		{"changed", out, standing{present: true, reached: true, claim: &moved}, 99, RequestOpen},
		{"an answered one's link ends too", with(out, func(r *Request) { r.AnsweredAt = 5 }), there, 100, RequestExpired},
		{"guessed at", with(out, func(r *Request) { r.Wrong = wrongMost }), there, 99, RequestLocked},
		{"the partnership is removed", out, standing{removed: true, present: true, reached: true, claim: &k}, 99, RequestOver},
		{"the party left", out, standing{reached: true, claim: &k}, 99, RequestOver},
		{"the person left", out, standing{present: true, claim: &k}, 99, RequestOver},
		{"the statement is withdrawn", out, standing{present: true, reached: true}, 99, RequestOver},
		{"the statement is the host's now", out, standing{present: true, reached: true, claim: &host}, 99, RequestOver},
		{"its own statement", with(out, func(r *Request) { r.Organisation = "brazil" }), there, 99, RequestOver},
		{"a role", Request{Kind: AskRole, ExpiresAt: 100}, standing{present: true, reached: true}, 99, RequestOpen},
	} {
		if got := requestState(c.r, c.s, c.now); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCheckReply(t *testing.T) {
	t.Parallel()
	known := func(list, code string) bool { return list == "currency" && code == "USD" }
	money := func(edit func(w *Reply)) Reply {
		w := Reply{Given: "money", Stage: "pledged", Words: "Travel", Currency: "USD"}
		w.Minor.V, w.Minor.Valid = 100, true
		edit(&w)
		return w
	}
	contact := func(edit func(w *Reply)) Reply {
		w := Reply{ContactName: "Nila", ContactEmail: "nila@example.org", Purpose: "Plan", Consent: "Yes"}
		edit(&w)
		return w
	}
	for _, c := range []struct {
		kind RequestKind
		w    Reply
		want []string
	}{
		{AskClaim, Reply{Said: Confirmed}, nil},
		{AskClaim, Reply{}, []string{"answer"}},
		{AskClaim, Reply{Said: Stated}, []string{"answer"}},
		{AskClaim, Reply{Said: Disputed}, []string{"words"}},
		{AskClaim, Reply{Said: Confirmed, Words: strings.Repeat("x", maxText+1)}, []string{"words"}},
		{AskRole, Reply{Role: Pivotal}, nil},
		{AskRole, Reply{FromOn: "soon"}, []string{"role", "from_on"}},
		{AskContribution, money(func(*Reply) {}), nil},
		{AskContribution, money(func(w *Reply) { w.Minor.V = 0 }), []string{"amount"}},
		{AskContribution, money(func(w *Reply) { w.Minor.Valid = false }), []string{"amount"}},
		{AskContribution, money(func(w *Reply) { w.Currency = "XYZ" }), []string{"amount"}},
		{AskContribution, Reply{}, []string{"given", "stage", "words"}},
		{AskContribution, Reply{Given: "kind", Stage: "delivered", Words: "Rooms"}, []string{"quantity", "unit"}},
		{AskContact, contact(func(*Reply) {}), nil},
		{AskContact, contact(func(w *Reply) { w.ContactEmail = "nila" }), []string{"contact_email"}},
		{AskContact, contact(func(w *Reply) { w.ContactPhone = "call me" }), []string{"contact_phone"}},
		{AskContact, Reply{}, []string{"contact_name", "contact_email", "purpose", "consent"}},
	} {
		var got []string
		if err := checkReply(Request{Kind: c.kind}, c.w, known); err != nil {
			got = fieldsOf(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %+v:\n%s", c.kind, c.w, diff)
		}
	}
}

// TestDigestTellsOfAnswers: what was answered by a link reaches who works in
// the partnership, by the names of elements alone.
func TestDigestTellsOfAnswers(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a := h.asking()
		before := h.later(time.Minute)
		h.later(time.Minute)
		h.ok(h.says(a, h.proven(a), Disputed, "Canary words"))
		n := h.news(a.manager, "en", before)
		text := strings.Join(n.Lines, "\n")
		if !n.New || !strings.Contains(text, "1 answer came by a link:") || !strings.Contains(text, "action") {
			t.Errorf("the officer is told %q", n.Lines)
		}
		for _, hidden := range []string{"Canary", "Priya", "trainers", "Cotton"} {
			if strings.Contains(text, hidden) {
				t.Errorf("the digest says %q", hidden)
			}
		}
		for _, other := range []access.Actor{a.officer, a.ana, a.ravi} {
			if got := strings.Join(h.news(other, "en", before).Lines, " "); strings.Contains(got, "link") {
				t.Errorf("%s is told %q", other.Name, got)
			}
		}
		if got := strings.Join(h.news(a.manager, "en", h.later(time.Minute)).Lines, " "); strings.Contains(got, "link") {
			t.Errorf("told twice: %q", got)
		}
	})
}
