package partnership

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/mail"
)

// What a person without an account does with a link. Nothing here asks who is
// signed in: the link, and then the code, say who answers.

// replyRecord is the kind of replies in the audit.
const replyRecord = "answer_reply"

// Linked is what a link leads to, before the code: nothing of what is asked.
type Linked struct {
	Request   string
	Lang      string
	State     RequestState
	ExpiresAt clock.Ms
	WantedAt  clock.Ms // when a new link was asked for
}

// errLinkGone is the answer to a link that leads nowhere.
func errLinkGone() error {
	return errs.New(errs.NotFound, i18n.M("answer.link.gone", "This link leads nowhere. Open it from the letter once more, whole; if it stays so, ask who sent it."))
}

// AnswerLink tells where a link leads, without using it: reading changes
// nothing, whoever reads.
func (s *Service) AnswerLink(ctx context.Context, token string) (Linked, error) {
	var out Linked
	err := s.d.Read(ctx, func(t *db.Tx) error {
		r, err := linked(t, token, requestByID)
		if err != nil {
			return err
		}
		out, err = s.linkedTo(t, r)
		return err
	})
	return out, err
}

// linked reads the request of a link. A link that a newer letter replaced
// leads nowhere.
func linked(t *db.Tx, token string, read func(*db.Tx, string) (Request, error)) (Request, error) {
	if len(token) != 2*linkBytes {
		return Request{}, errLinkGone()
	}
	k, err := requestLinkOf(t, secretHash(token))
	if errs.Is(err, errs.NotFound) || (err == nil && k.EndedAt != 0) {
		return Request{}, errLinkGone()
	}
	if err != nil {
		return Request{}, err
	}
	return read(t, k.Request)
}

func (s *Service) linkedTo(t *db.Tx, r Request) (Linked, error) {
	out := Linked{Request: r.ID, Lang: r.Lang, ExpiresAt: r.ExpiresAt, WantedAt: r.WantedAt}
	p, err := plain(t, r.Partnership)
	if err != nil {
		return out, err
	}
	st, _, err := s.standing(t, p, r)
	out.State = requestState(r, st, t.Now)
	return out, err
}

// SendCode sends a code to the address that the link was sent to, and gives
// the browser an unproven pass. A link that no longer opens gives none.
func (s *Service) SendCode(ctx context.Context, token string) (request, pass string, err error) {
	pass = id.Secret(linkBytes)
	err = s.d.Write(ctx, func(t *db.Tx) error {
		r, err := linked(t, token, lockRequest)
		if err != nil {
			return err
		}
		request = r.ID
		err = s.code(t, r, secretHash(pass))
		if err != nil {
			return err
		}
		return insertPass(t, passRow{Token: secretHash(pass), Request: r.ID, ExpiresAt: t.Now.Add(passLife)})
	})
	return request, pass, err
}

// CodeAgain sends another code to the same address, for a pass that was not
// proven yet; the code before it loses its right.
func (s *Service) CodeAgain(ctx context.Context, request, pass string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		r, err := lockRequest(t, request)
		if err != nil {
			return err
		}
		_, found, err := passOf(t, secretHash(pass), request)
		if err != nil {
			return err
		}
		if !found {
			return errPass()
		}
		return s.code(t, r, secretHash(pass))
	})
}

// errPass says that the page was open too long, or in another browser.
func errPass() error {
	return errs.New(errs.NotFound, i18n.M("answer.pass.gone", "This page was open for too long, or it is another browser. Open the link in the letter again: it sends you a new code."))
}

// code makes a code for a pass and queues the letter with it.
func (s *Service) code(t *db.Tx, r Request, pass string) error {
	p, err := plain(t, r.Partnership)
	if err != nil {
		return err
	}
	st, whom, err := s.standing(t, p, r)
	if err != nil {
		return err
	}
	if !requestState(r, st, t.Now).Opens() {
		return errs.New(errs.Conflict, i18n.M("answer.closed", "This link no longer opens."))
	}
	sent, err := codesSince(t, r.ID, t.Now.Add(-time.Hour))
	if err != nil {
		return err
	}
	if len(sent) >= codesAnHour {
		wait := time.Duration(sent[0].Add(time.Hour)-t.Now) * time.Millisecond
		return &errs.Error{Kind: errs.TooMany, Retry: int(wait/time.Second) + 1, Msg: i18n.MN("answer.codes", int(wait/time.Minute)+1,
			"Five codes were sent within an hour. Wait {n} minute, then ask for another; the last one may still be on its way.",
			"Five codes were sent within an hour. Wait {n} minutes, then ask for another; the last one may still be on its way.")}
	}
	code, err := newCode()
	if err != nil {
		return err
	}
	err = insertCode(t, id.New(), r.ID, pass, codeHash(pass, code), t.Now.Add(codeLife))
	if err != nil {
		return err
	}
	host, err := access.Setting(t, access.HostName)
	if err != nil {
		return err
	}
	l := i18n.For(r.Lang)
	return s.Post.Queue(t, personActor(whom, r).ID(), mail.Message{
		To: whom.Email, Name: whom.Name, Lang: r.Lang, Kind: letterCode, Person: r.Person, Expires: t.Now.Add(codeLife),
		Subject: l.T("letter.code.subject", "{code} is your code for {host}", i18n.A{"code": code, "host": host}),
		Text: s.Post.Compose(l, mail.Body{
			Name: whom.Name,
			Lines: []string{
				l.T("letter.code.text", "Your code: {code}", i18n.A{"code": code}),
				l.T("letter.code.use", "It works once, for {n} minutes, on the page on which you asked for it. Nobody from {host} will ask you for it.", i18n.A{"n": int(codeLife / time.Minute), "host": host}),
			},
			Why: l.T("letter.code.ignore", "If you did not ask for a code, leave this letter: nothing happens without it."),
		}),
	})
}

// newCode is six digits, each as likely as any other.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return fmt.Sprintf("%06d", n.Int64()), nil
}

func personActor(whom directory.Correspondent, r Request) access.Actor {
	return access.ByLink(r.Person, whom.Name, r.Organisation, r.Lang)
}

// Prove compares a code. Right, it gives a proven pass in the place of the
// unproven one; wrong, it is counted, and the request closes after too many.
func (s *Service) Prove(ctx context.Context, request, pass, code string) (proven string, err error) {
	var refused error
	proven = id.Secret(linkBytes)
	err = s.d.Write(ctx, func(t *db.Tx) error {
		refused = nil
		r, err := lockRequest(t, request)
		if err != nil {
			return err
		}
		p, found, err := passOf(t, secretHash(pass), request)
		if err != nil {
			return err
		}
		if !found || p.ProvenAt != 0 {
			return errPass()
		}
		k, found, err := lastCode(t, request, p.Token)
		if err != nil {
			return err
		}
		if !found || k.UsedAt != 0 || k.ExpiresAt <= t.Now || k.Tries >= triesOfCode {
			refused = errCode(i18n.M("answer.code.over", "This code no longer works: it is older than {n} minutes, or was tried too often. Ask for another one.", i18n.A{"n": int(codeLife / time.Minute)}))
			return nil
		}
		w, err := plain(t, r.Partnership)
		if err != nil {
			return err
		}
		st, whom, err := s.standing(t, w, r)
		if err != nil {
			return err
		}
		if !requestState(r, st, t.Now).Opens() {
			return errs.New(errs.Conflict, i18n.M("answer.closed", "This link no longer opens."))
		}
		next := r
		if codeHash(p.Token, code) != k.Code {
			refused = errCode(i18n.M("answer.code.wrong", "This is not the code of the latest letter. Look again; six digits."))
			next.Wrong++
			err = countTry(t, k.ID)
			if err != nil {
				return err
			}
			return updateRequest(t, next)
		}
		err = useCode(t, k.ID)
		if err != nil {
			return err
		}
		err = deletePass(t, p.Token)
		if err != nil {
			return err
		}
		err = insertPass(t, passRow{Token: secretHash(proven), Request: request, ExpiresAt: t.Now.Add(passLife), ProvenAt: t.Now})
		if err != nil || r.OpenedAt != 0 {
			return err
		}
		next.OpenedAt = t.Now
		return s.saveRequest(t, personActor(whom, r), w, "opened", r, next)
	})
	if err == nil {
		err = refused
	}
	return proven, err
}

func errCode(m i18n.Msg) error {
	return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "code", Msg: m}}}
}

// Asked is what a person sees behind link and code: what is asked, and nothing
// else of the partnership.
type Asked struct {
	Request
	State        RequestState
	Partnership  Partnership
	Name         string // of the person
	Email        string
	Officer      string // who asked
	Host         string
	Organisation string   // name of the person's
	Claim        Claim    // of a request about a statement
	StatedBy     string   // name of the party that states it
	Was          *Claim   // the statement as the person last saw it, where it has changed and is still kept
	Moved        bool     // it has changed
	Evidence     []string // titles of what is linked to the element and meant for the party
	Reply        *Reply   // the latest answer
	Roles        []Role   // that the party holds today, as the host has it
}

// WhatIsAsked reads the page behind a link. The pass must be proven: without
// it proven is false, and nothing is told. pick chooses the language of names,
// given the one that the request has for the person.
func (s *Service) WhatIsAsked(ctx context.Context, request, pass string, pick func(lang string) string) (out Asked, proven bool, err error) {
	err = s.d.Read(ctx, func(t *db.Tx) error {
		p, found, err := passOf(t, secretHash(pass), request)
		if err != nil {
			return err
		}
		if !found {
			return errPass()
		}
		r, err := requestByID(t, request)
		if err != nil {
			return err
		}
		lang := pick(r.Lang)
		if p.ProvenAt == 0 {
			return nil
		}
		proven = true
		out, err = s.asked(t, r, lang)
		return err
	})
	return out, proven, err
}

func (s *Service) asked(t *db.Tx, r Request, lang string) (Asked, error) {
	out := Asked{Request: r}
	var err error
	out.Partnership, err = plain(t, r.Partnership)
	if err != nil {
		return out, err
	}
	st, whom, err := s.standing(t, out.Partnership, r)
	if err != nil {
		return out, err
	}
	out.State = requestState(r, st, t.Now)
	if !out.State.Opens() {
		return Asked{Request: Request{ID: r.ID, Lang: r.Lang}, State: out.State}, nil
	}
	out.Name, out.Email = whom.Name, whom.Email
	out.Host, err = access.Setting(t, access.HostName)
	if err != nil {
		return out, err
	}
	out.Officer, err = s.officer(t, r, out.Host)
	if err != nil {
		return out, err
	}
	known := []string{r.Organisation}
	if st.claim != nil {
		out.Claim = *st.claim
		known = append(known, st.claim.StatedBy)
		err = s.askedAbout(t, &out, personActor(whom, r))
		if err != nil {
			return out, err
		}
	}
	names, err := s.dir.Names(t, lang, known)
	if err != nil {
		return out, err
	}
	out.Organisation, out.StatedBy = names[r.Organisation], names[out.Claim.StatedBy]
	if r.Kind == AskRole {
		out.Roles, err = rolesToday(t, r)
		if err != nil {
			return out, err
		}
	}
	replies, err := repliesTo(t, r.ID)
	if err == nil && len(replies) > 0 && r.AnsweredAt != 0 {
		out.Reply = &replies[0]
	}
	return out, err
}

// askedAbout adds to a statement how it stood when it was last put to the
// person, and what is linked to its element and meant for the party.
func (s *Service) askedAbout(t *db.Tx, out *Asked, by access.Actor) error {
	out.Moved = out.Claim.Content != out.Request.Content
	if out.Moved {
		was, kept, err := audit.Base[Claim](t, "claim", out.Claim.ID, out.Request.ClaimVersion)
		if err != nil {
			return err
		}
		if kept {
			out.Was = &was
		}
	}
	list, err := evidenceFor(t, by, out.Partnership.ID, []string{out.Claim.Element})
	for _, e := range list {
		title := e.Title
		if e.Kind == EvidenceGuide {
			title = s.ref.Name("guide_passage", e.Ref, by.Lang)
		}
		out.Evidence = append(out.Evidence, title)
	}
	return err
}

// rolesToday are the roles that the host has of the party of a request.
func rolesToday(t *db.Tx, r Request) ([]Role, error) {
	parties, err := partiesOf(t, r.Partnership)
	if err != nil {
		return nil, err
	}
	all, err := rolesOf(t, r.Partnership)
	if err != nil {
		return nil, err
	}
	var out []Role
	today := t.Now.Day()
	for _, y := range parties {
		for _, x := range all {
			if y.Organisation == r.Organisation && x.Party == y.ID && x.Holds(today) {
				out = append(out, x.Role)
			}
		}
	}
	return out, nil
}

// Reply records what a person answers. It binds to the statement as it was
// shown: where that has changed since, the person reads it again first.
func (s *Service) Reply(ctx context.Context, request, pass string, form Reply) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		known, err := requestByID(t, request)
		if err != nil {
			return err
		}
		p, err := lock(t, known.Partnership)
		if err != nil {
			return err
		}
		r, err := lockRequest(t, request)
		if err != nil {
			return err
		}
		k, found, err := passOf(t, secretHash(pass), request)
		if err != nil {
			return err
		}
		if !found || k.ProvenAt == 0 {
			return errPass()
		}
		st, whom, err := s.standing(t, p, r)
		if err != nil {
			return err
		}
		state := requestState(r, st, t.Now)
		if state == RequestAnswered {
			return errs.New(errs.Conflict, i18n.M("answer.twice", "This was answered before. The answer that is kept stands below."))
		}
		if !state.Answers() {
			return errs.New(errs.Conflict, i18n.M("answer.closed", "This link no longer opens."))
		}
		return s.reply(t, personActor(whom, r), p, r, st.claim, form)
	})
}

// reply writes an answer: in the person's name, and for the party.
func (s *Service) reply(t *db.Tx, by access.Actor, p Partnership, r Request, k *Claim, form Reply) error {
	w := form
	w.ID, w.Request, w.Partnership, w.Organisation, w.Person, w.At = id.New(), r.ID, p.ID, r.Organisation, r.Person, t.Now
	if r.Kind != AskClaim {
		w.Said = Stated
	}
	err := checkReply(r, w, s.ref.Has)
	if err != nil {
		return err
	}
	next := r
	switch r.Kind {
	case AskClaim:
		if form.Content != k.Content {
			return errs.New(errs.Conflict, i18n.M("answer.changed", "The statement has changed since you opened this page. Nothing was recorded: read it as it stands now, then answer."))
		}
		w.Claim = k.ID
		next.Content, next.ClaimVersion = k.Content, k.Version
		if w.Said == Commented {
			w.State = ReplyWaits
			break
		}
		err = s.answer(t, by, p, Answer{Claim: k.ID, Organisation: r.Organisation, Answer: w.Said, Reason: w.Words, Content: k.Content})
	case AskContribution:
		w.Claim, err = s.addClaim(t, by, p, Claim{Element: r.Element, Kind: "contribution", Text: s.contributionText(i18n.For(r.Lang), w), StatedBy: r.Organisation, Audience: access.AudienceParties})
	case AskRole, AskContact:
		w.State = ReplyWaits
	}
	if err != nil {
		return err
	}
	err = insertReply(t, w)
	if err != nil {
		return err
	}
	next.AnsweredAt, next.Reply = t.Now, w.ID
	err = s.saveRequest(t, by, p, "answered", r, next)
	if err != nil {
		return err
	}
	err = s.note(t, by, p, changed{action: w.Said, kind: replyRecord, record: w.ID, version: 1, after: w})
	if err != nil {
		return err
	}
	return s.MarkDirty(t, p.ID)
}

// contributionText is a contribution in one sentence, as the statement of the
// party says it.
func (s *Service) contributionText(l *i18n.L, w Reply) string {
	stage := l.Say(stageMsg(w.Stage))
	if w.Given == "money" {
		return l.T("contribution.money", "{words} ({amount}, {stage})", i18n.A{"words": w.Words, "amount": s.money(l, w), "stage": stage})
	}
	return l.T("contribution.kind", "{words} (in kind: {quantity} {unit}, {stage})", i18n.A{"words": w.Words, "quantity": l.Decimal(w.Quantity.V, 2), "unit": w.Unit, "stage": stage})
}

// money is the amount of a contribution with its currency.
func (s *Service) money(l *i18n.L, w Reply) string {
	return l.Money(w.Minor.V, s.digits(w.Currency), w.Currency)
}

// digits are the decimals of a currency; two where the list does not say.
func (s *Service) digits(currency string) int {
	i, ok := s.ref.Get("currency", currency)
	if !ok || i.Attr("digits") == "" {
		return 2
	}
	return int(parseInt(i.Attr("digits")))
}

func stageMsg(stage string) i18n.Msg {
	switch stage {
	case "pledged":
		return i18n.M("contribution.pledged", "pledged")
	case "committed":
		return i18n.M("contribution.committed", "committed")
	}
	return i18n.M("contribution.delivered", "delivered")
}

// Leave ends a pass: the page is closed on this device.
func (s *Service) Leave(ctx context.Context, pass string) error {
	return s.d.Write(ctx, func(t *db.Tx) error { return deletePass(t, secretHash(pass)) })
}

// WantLink asks the host for a new link in the place of one whose time is
// over, once a day at most. It becomes an action of who sent it.
func (s *Service) WantLink(ctx context.Context, token string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		known, err := linked(t, token, requestByID)
		if err != nil {
			return err
		}
		p, err := lock(t, known.Partnership)
		if err != nil {
			return err
		}
		r, err := lockRequest(t, known.ID)
		if err != nil {
			return err
		}
		st, whom, err := s.standing(t, p, r)
		if err != nil {
			return err
		}
		if state := requestState(r, st, t.Now); state != RequestExpired && state != RequestLocked {
			return errs.New(errs.Conflict, i18n.M("answer.no_want", "There is no new link to ask for."))
		}
		if r.WantedAt != 0 && t.Now < r.WantedAt.Add(wantedEvery) {
			return nil // it was asked for already
		}
		next := r
		next.WantedAt = t.Now
		err = s.saveRequest(t, personActor(whom, r), p, "wanted", r, next)
		if err != nil {
			return err
		}
		return s.MarkDirty(t, p.ID)
	})
}
