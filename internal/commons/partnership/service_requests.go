package partnership

import (
	"context"
	"slices"
	"time"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/mail"
)

// Post is how letters leave: queued in the caller's transaction.
type Post struct {
	Queue   func(t *db.Tx, by string, m mail.Message) error
	Compose func(l *i18n.L, b mail.Body) string // sets words in the frame of all letters
	URL     func(path string) string            // whole address of a path of this installation
	On      func() bool                         // whether a way of sending is set up
}

// Kinds of letters about requests.
const (
	letterAsks = "answer"
	letterCode = "code"
)

// LinkPrefix begins the addresses that carry the right to answer: what follows
// it is a secret.
const LinkPrefix = "/answer/"

// requestRecord is the kind of requests in the audit.
const requestRecord = "answer_request"

// Ask sends a request to a person of a party, who answers by a link. The
// host's staff with the right to contribute may.
func (s *Service) Ask(ctx context.Context, a access.Actor, form Request) (string, error) {
	var made string
	err := s.asking(ctx, a, form.Partnership, func(t *db.Tx, p Partnership) error {
		r, whom, err := readyRequest(t, a, p, form)
		if err != nil {
			return err
		}
		err = insertRequest(t, r)
		if err != nil {
			return err
		}
		made = r.ID
		err = s.note(t, a, p, changed{action: "created", kind: requestRecord, record: r.ID, version: 1, after: r})
		if err != nil {
			return err
		}
		return s.send(t, a, p, r, whom)
	})
	return made, err
}

// asking runs what the host's staff does with requests: a partner's account
// asks nobody.
func (s *Service) asking(ctx context.Context, a access.Actor, partnership string, fn func(t *db.Tx, p Partnership) error) error {
	if !a.Staff() {
		return &errs.Error{Kind: errs.Forbidden}
	}
	return s.inside(ctx, a, partnership, access.Contribute, fn)
}

// readyRequest completes a request with what it is about and whom it goes to.
func readyRequest(t *db.Tx, a access.Actor, p Partnership, form Request) (Request, directory.Correspondent, error) {
	r := Request{
		Partnership: p.ID, Kind: form.Kind, Claim: form.Claim, Organisation: form.Organisation, Person: form.Person,
		Lang: form.Lang, Note: form.Note, DueOn: form.DueOn, Days: form.Days, Reminders: form.Reminders,
	}
	whom, reached, err := directory.CorrespondentIn(t, r.Person, r.Organisation)
	if err != nil {
		return r, whom, err
	}
	if r.Lang == "" {
		r.Lang = whom.Lang
	}
	if r.Lang == "" {
		r.Lang = firstOf(a.Lang, i18n.Langs[0])
	}
	err = checkRequest(r, t.Now.Day())
	if err != nil {
		return r, whom, err
	}
	present, err := takesPart(t, p.ID, r.Organisation)
	if err != nil {
		return r, whom, err
	}
	var c errs.Check
	c.If(!present || !reached, "whom", i18n.M("request.whom", "Choose whom to ask"))
	err = c.Err()
	if err != nil {
		return r, whom, err
	}
	_, err = mail.CheckAddress("whom", whom.Email)
	if err != nil {
		return r, whom, err
	}
	r.Element = askedElement[r.Kind]
	if r.Kind == AskClaim {
		k, err := oneClaim(t, a, p.ID, r.Claim)
		if err != nil {
			return r, whom, err
		}
		err = askable(k, r.Organisation)
		if err != nil {
			return r, whom, err
		}
		r.Element, r.Content, r.ClaimVersion = k.Element, k.Content, k.Version
	}
	err = notAskedTwice(t, r)
	if err != nil {
		return r, whom, err
	}
	r.ID, r.Version, r.CreatedAt, r.CreatedBy = id.New(), 1, t.Now, a.ID()
	r.AddressHash = addressHash(r.ID, access.FoldEmail(whom.Email))
	r.SentAt, r.ExpiresAt = t.Now, t.Now.Add(time.Duration(r.Days)*24*time.Hour)
	return r, whom, nil
}

// takesPart says whether an organisation is a party today.
func takesPart(t *db.Tx, partnership, organisation string) (bool, error) {
	parties, err := partiesOf(t, partnership)
	if err != nil {
		return false, err
	}
	today := t.Now.Day()
	return slices.ContainsFunc(parties, func(y Party) bool { return y.Organisation == organisation && organisation != "" && y.Present(today) }), nil
}

// notAskedTwice refuses a request that is out already: it can be sent again.
func notAskedTwice(t *db.Tx, r Request) error {
	all, err := requestsOf(t, r.Partnership)
	if err != nil {
		return err
	}
	for _, o := range all {
		same := o.Kind == r.Kind && o.Claim == r.Claim && o.Person == r.Person && o.Organisation == r.Organisation
		if same && o.AnsweredAt == 0 && o.RevokedAt == 0 && o.ExpiresAt > t.Now {
			return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "whom", Msg: i18n.M("request.twice", "This person was asked on {date} and has not answered yet: send that request again", i18n.A{"date": o.SentAt.Day()})}}}
		}
	}
	return nil
}

// send makes a link of a request and queues the letter with it.
func (s *Service) send(t *db.Tx, a access.Actor, p Partnership, r Request, whom directory.Correspondent) error {
	token := id.Secret(linkBytes)
	err := insertRequestLink(t, secretHash(token), r.ID)
	if err != nil {
		return err
	}
	words, err := s.letterFacts(t, p, r, whom)
	if err != nil {
		return err
	}
	words.link = s.Post.URL(LinkPrefix + token)
	l := i18n.For(r.Lang)
	return s.Post.Queue(t, a.ID(), mail.Message{
		To: whom.Email, Name: whom.Name, Lang: r.Lang, Subject: words.subject(l), Text: s.Post.Compose(l, words.body(l)),
		Kind: letterAsks, Person: r.Person, Key: "request:" + secretHash(token), Expires: r.ExpiresAt,
	})
}

// letterFacts reads what a letter says. It says that something waits and where
// to answer; what it is stands behind the link and the code.
func (s *Service) letterFacts(t *db.Tx, p Partnership, r Request, whom directory.Correspondent) (requestLetter, error) {
	w := requestLetter{kind: r.Kind, person: whom.Name, due: r.DueOn, until: r.ExpiresAt, reminds: r.RemindedAt != 0}
	if !p.Confidential {
		w.title = p.TitleIn(r.Lang)
	}
	var err error
	w.host, err = access.Setting(t, access.HostName)
	if err != nil {
		return w, err
	}
	w.officer, err = s.officer(t, r, w.host)
	if err != nil {
		return w, err
	}
	names, err := s.dir.Names(t, r.Lang, []string{r.Organisation})
	w.organisation = names[r.Organisation]
	return w, err
}

// officer is the name of who asked; the host's, where the account is gone.
func (s *Service) officer(t *db.Tx, r Request, host string) (string, error) {
	names, err := access.Names(t, []string{r.CreatedBy})
	return firstOf(names[r.CreatedBy], host), err
}

// changeRequest changes a request by the host's staff.
func (s *Service) changeRequest(ctx context.Context, a access.Actor, partnership, request, action string, fn func(t *db.Tx, p Partnership, r *Request, state RequestState) error) error {
	return s.asking(ctx, a, partnership, func(t *db.Tx, p Partnership) error {
		_, err := requestIn(t, p.ID, request)
		if err != nil {
			return err
		}
		was, err := lockRequest(t, request)
		if err != nil {
			return err
		}
		st, _, err := s.standing(t, p, was)
		if err != nil {
			return err
		}
		next := was
		err = fn(t, p, &next, requestState(was, st, t.Now))
		if err != nil {
			return err
		}
		return s.saveRequest(t, a, p, action, was, next)
	})
}

func (s *Service) saveRequest(t *db.Tx, a access.Actor, p Partnership, action string, was, next Request) error {
	next.Version, next.UpdatedAt, next.UpdatedBy = was.Version+1, t.Now, a.ID()
	err := updateRequest(t, next)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: action, kind: requestRecord, record: next.ID, version: next.Version, before: was, after: next})
}

// Revoke takes a request back: its links and the pages behind them end at once.
func (s *Service) Revoke(ctx context.Context, a access.Actor, partnership, request string) error {
	return s.changeRequest(ctx, a, partnership, request, "revoked", func(t *db.Tx, _ Partnership, r *Request, state RequestState) error {
		if state == RequestRevoked {
			return errs.New(errs.Conflict, i18n.M("request.revoked", "This request was taken back. Ask anew."))
		}
		r.RevokedAt = t.Now
		return endRequest(t, r.ID)
	})
}

// endRequest takes the right of what was given out for a request.
func endRequest(t *db.Tx, request string) error {
	err := endRequestLinks(t, request)
	if err != nil {
		return err
	}
	return deletePasses(t, request)
}

// SendAgain sends a request anew, to the address that the person has now: the
// links before it lose their right, and an answer may be given once more.
func (s *Service) SendAgain(ctx context.Context, a access.Actor, partnership, request string) error {
	return s.changeRequest(ctx, a, partnership, request, "sent", func(t *db.Tx, p Partnership, r *Request, state RequestState) error {
		whom, reached, err := directory.CorrespondentIn(t, r.Person, r.Organisation)
		if err != nil {
			return err
		}
		r.AddressHash = addressHash(r.ID, access.FoldEmail(whom.Email))
		st, _, err := s.standing(t, p, *r)
		if err != nil {
			return err
		}
		switch {
		case state == RequestRevoked:
			return errs.New(errs.Conflict, i18n.M("request.revoked", "This request was taken back. Ask anew."))
		case !reached || !requestState(*r, st, t.Now).Again():
			return errs.New(errs.Conflict, i18n.M("request.over", "What this asked for is over: the person, the party or the statement is no longer there. Ask anew."))
		}
		if st.claim != nil {
			r.Content, r.ClaimVersion = st.claim.Content, st.claim.Version
		}
		r.SentAt, r.ExpiresAt = t.Now, t.Now.Add(time.Duration(r.Days)*24*time.Hour)
		r.RemindedAt, r.Wrong, r.WantedAt, r.AnsweredAt, r.Reply = 0, 0, 0, 0, ""
		if r.DueOn < t.Now.Day() {
			r.DueOn = "" // that day is over
		}
		err = endRequest(t, r.ID)
		if err != nil {
			return err
		}
		return s.send(t, a, p, *r, whom)
	})
}

// standing reads what the state of a request depends on, and the person as a
// contact of the party.
func (s *Service) standing(t *db.Tx, p Partnership, r Request) (standing, directory.Correspondent, error) {
	st := standing{removed: p.DeletedAt != 0}
	var err error
	st.present, err = takesPart(t, p.ID, r.Organisation)
	if err != nil {
		return st, directory.Correspondent{}, err
	}
	whom, reached, err := directory.CorrespondentIn(t, r.Person, r.Organisation)
	if err != nil {
		return st, whom, err
	}
	st.reached = reached && addressHash(r.ID, access.FoldEmail(whom.Email)) == r.AddressHash
	if r.Kind != AskClaim {
		return st, whom, nil
	}
	k, err := claimBehind(t, p.ID, r.Claim)
	if err == nil {
		st.claim = &k
	}
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return st, whom, err
}

// Remind sends the requests again that are due for it, a bounded number in one
// transaction. step is told how many were sent.
func (s *Service) Remind(ctx context.Context, step func(n int) error) error {
	by, after, n := access.System("reminders"), "", 0
	for {
		var some []Request
		err := s.d.Write(ctx, func(t *db.Tx) error {
			var err error
			some, err = requestsToRemind(t, after, 100)
			if err != nil {
				return err
			}
			for _, r := range some {
				sent, err := s.remind(t, by, r)
				if err != nil {
					return err
				}
				n += sent
			}
			return nil
		})
		if err != nil || len(some) == 0 {
			return err
		}
		after = some[len(some)-1].ID
		err = step(n)
		if err != nil {
			return err
		}
	}
}

// remind sends one request again, where its day has come and it still waits.
func (s *Service) remind(t *db.Tx, by access.Actor, r Request) (int, error) {
	if !remindNow(r, t.Now.Day()) {
		return 0, nil
	}
	p, err := lock(t, r.Partnership)
	if err != nil {
		return 0, err
	}
	was, err := lockRequest(t, r.ID)
	if err != nil {
		return 0, err
	}
	st, whom, err := s.standing(t, p, was)
	if err != nil || requestState(was, st, t.Now) != RequestOpen || over(p.Status) {
		return 0, err
	}
	next := was
	next.RemindedAt = t.Now
	err = s.send(t, by, p, next, whom)
	if errs.Is(err, errs.Invalid) {
		return 0, nil // a letter that can't be written holds up no other
	}
	if err != nil {
		return 0, err
	}
	return 1, s.saveRequest(t, by, p, "reminded", was, next)
}

// PruneRequests forgets codes and passes that are long over.
func (s *Service) PruneRequests(ctx context.Context) error {
	return s.d.Write(ctx, pruneRequests)
}

// Take accepts what a person stated, or notes that a comment was read. What is
// taken becomes the host's record: a role of the party, a contact in the
// directory.
func (s *Service) Take(ctx context.Context, a access.Actor, partnership, reply string) error {
	return s.decide(ctx, a, partnership, reply, "accepted", func(t *db.Tx, p Partnership, w *Reply) error {
		w.State = ReplyTaken
		switch {
		case w.Role != "":
			return s.takeRole(t, a, p, *w)
		case w.ContactEmail != "":
			return s.takeContact(t, a, *w)
		}
		return nil
	})
}

// Decline does not take over what a person stated; the reason is kept.
func (s *Service) Decline(ctx context.Context, a access.Actor, partnership, reply, why string) error {
	return s.decide(ctx, a, partnership, reply, "declined", func(t *db.Tx, _ Partnership, w *Reply) error {
		if w.Said == Commented {
			return errs.New(errs.Conflict, i18n.M("reply.comment.read", "A comment is read, not taken over."))
		}
		var c errs.Check
		c.If(why == "", "why", i18n.M("reply.why", "Say why it is not taken over"))
		tooLong(&c, "why", why, maxText)
		w.State, w.DecidedWhy = ReplyDeclined, why
		return c.Err()
	})
}

func (s *Service) decide(ctx context.Context, a access.Actor, partnership, reply, action string, fn func(t *db.Tx, p Partnership, w *Reply) error) error {
	return s.asking(ctx, a, partnership, func(t *db.Tx, p Partnership) error {
		was, err := replyIn(t, p.ID, reply)
		if err != nil {
			return err
		}
		if was.State != ReplyWaits {
			return errs.New(errs.Conflict, i18n.M("reply.decided", "Somebody has looked at this answer in the meantime."))
		}
		next := was
		next.DecidedBy, next.DecidedAt, next.Version = a.ID(), t.Now, was.Version+1
		err = fn(t, p, &next)
		if err != nil {
			return err
		}
		// A contact that was named is in the directory now, or nowhere.
		next.ContactName, next.ContactEmail, next.ContactPhone, next.Purpose, next.Consent = "", "", "", "", ""
		err = decideReply(t, next)
		if err != nil {
			return err
		}
		return s.note(t, a, p, changed{action: action, kind: replyRecord, record: was.ID, version: next.Version, before: was, after: next})
	})
}

// takeRole gives the party the role that its person stated, unless it holds it.
func (s *Service) takeRole(t *db.Tx, a access.Actor, p Partnership, w Reply) error {
	_, err := need(t, a, p.ID, access.Manage)
	if err != nil {
		return err
	}
	parties, err := partiesOf(t, p.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(parties, func(y Party) bool { return y.Organisation == w.Organisation })
	if i < 0 {
		return errs.New(errs.Conflict, i18n.M("reply.no_party", "The organisation is no longer a party."))
	}
	held, err := rolesOf(t, p.ID)
	if err != nil {
		return err
	}
	today := t.Now.Day()
	if slices.ContainsFunc(held, func(r PartyRole) bool { return r.Party == parties[i].ID && r.Role == w.Role && r.Holds(today) }) {
		return nil
	}
	return s.addRole(t, a, p, PartyRole{Party: parties[i].ID, Role: w.Role, FromOn: w.FromOn, Basis: w.Words})
}

// takeContact brings the contact that a party named into the directory, as a
// focal point.
func (s *Service) takeContact(t *db.Tx, a access.Actor, w Reply) error {
	if !a.May(access.Create) {
		return errs.New(errs.Forbidden, i18n.M("reply.directory", "Your account’s roles do not include the directory of persons. An officer can take this over."))
	}
	there, err := directory.PersonsOf(t, w.ContactEmail)
	if err != nil {
		return err
	}
	if len(there) == 0 && s.dir.Suppressed != nil {
		erased, err := s.dir.Suppressed(t, w.ContactEmail)
		if err != nil {
			return err
		}
		if erased {
			return errs.New(errs.Conflict, i18n.M("reply.suppressed", "The person with this e-mail address was erased from here. Add the person under Persons first, if the person has agreed to be kept again."))
		}
	}
	person, err := s.dir.NewPerson(t, a, w.ContactName, w.ContactEmail)
	if err != nil {
		return err
	}
	known, listed, err := directory.CorrespondentIn(t, person, w.Organisation)
	if err != nil {
		return err
	}
	if !listed || !known.Focal {
		_, err = s.dir.InsertRole(t, a, directory.Role{Person: person, Organisation: w.Organisation, Focal: true, FromOn: t.Now.Day()})
		if err != nil {
			return err
		}
	}
	for _, point := range []directory.Contact{{Kind: directory.ByMail, Value: w.ContactEmail}, {Kind: directory.ByPhone, Value: w.ContactPhone}} {
		if point.Value == "" {
			continue
		}
		point.Person, point.Purposes, point.Basis, point.BasisOn, point.BasisNote = person, directory.ForPartnership, directory.OnConsent, w.At.Day(), w.Consent
		err := s.dir.RenewContact(t, a, point)
		if err != nil {
			return err
		}
	}
	return nil
}

// requestLetter is what a mail about a request says.
type requestLetter struct {
	kind                                             RequestKind
	person, officer, host, organisation, title, link string
	due                                              clock.Day
	until                                            clock.Ms
	reminds                                          bool
}

func (w requestLetter) subject(l *i18n.L) string {
	if w.reminds {
		return l.T("letter.subject.again", "{host}: your answer is still awaited", i18n.A{"host": w.host})
	}
	return l.T("letter.subject", "{host}: your answer is asked for", i18n.A{"host": w.host})
}

// body is what the letter says. It names no statement, and the partnership only
// where it is not confidential.
func (w requestLetter) body(l *i18n.L) mail.Body {
	who := i18n.A{"officer": w.officer, "host": w.host, "organisation": w.organisation}
	b := mail.Body{Name: w.person, Ask: l.T("letter.answer", "Answer here, without an account:"), Link: w.link, Until: w.until}
	switch w.kind {
	case AskClaim:
		b.Lines = append(b.Lines, l.T("letter.claim", "{officer} ({host}) asks you to confirm or to dispute a statement, for {organisation}.", who))
	case AskRole:
		b.Lines = append(b.Lines, l.T("letter.role", "{officer} ({host}) asks you which role {organisation} holds in a partnership.", who))
	case AskContribution:
		b.Lines = append(b.Lines, l.T("letter.contribution", "{officer} ({host}) asks you what {organisation} contributes to a partnership.", who))
	case AskContact:
		b.Lines = append(b.Lines, l.T("letter.contact", "{officer} ({host}) asks you whom to write to at {organisation} about a partnership.", who))
	}
	if w.title != "" {
		b.Lines = append(b.Lines, l.T("letter.title", "The partnership: {title}", i18n.A{"title": w.title}))
	}
	if w.due != "" {
		b.Lines = append(b.Lines, l.T("letter.due", "An answer is hoped for by {date}.", i18n.A{"date": w.due}))
	}
	b.Lines = append(b.Lines, l.T("letter.code", "The page behind the link first sends a code to this address, so that nobody else can answer for you."))
	b.Why = l.T("letter.ignore", "If you did not expect this letter, leave it: nothing happens.")
	return b
}
