package partnership

import (
	"slices"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// standing is what a request's state is read from, beside the request itself.
type standing struct {
	removed bool   // the partnership is
	present bool   // the party takes part today
	reached bool   // the person speaks for the party today, at the address that was written to
	claim   *Claim // the statement asked about; nil where it was withdrawn
}

// requestState decides where a request stands at an instant. What is over for
// good comes first, then what the officer can mend by sending it again.
func requestState(r Request, s standing, now clock.Ms) RequestState {
	changed := r.Kind == AskClaim && s.claim != nil && s.claim.Content != r.Content
	switch {
	case r.RevokedAt != 0:
		return RequestRevoked
	case s.removed || !s.present || !s.reached:
		return RequestOver
	case r.Kind == AskClaim && (s.claim == nil || askable(*s.claim, r.Organisation) != nil):
		return RequestOver
	case now >= r.ExpiresAt:
		return RequestExpired
	case r.Wrong >= wrongMost:
		return RequestLocked
	case r.AnsweredAt != 0 && changed:
		return RequestChanged
	case r.AnsweredAt != 0:
		return RequestAnswered
	}
	return RequestOpen
}

// Answers says whether the person may answer in a state.
func (s RequestState) Answers() bool { return s == RequestOpen || s == RequestChanged }

// Opens says whether a link still leads to the page of its request.
func (s RequestState) Opens() bool { return s.Answers() || s == RequestAnswered }

// Again says whether the officer may send the request again.
func (s RequestState) Again() bool { return s != RequestRevoked && s != RequestOver }

// askable says why a party can't be asked about a statement: it is its own, or
// not for its eyes.
func askable(k Claim, organisation string) error {
	switch {
	case k.StatedBy == organisation:
		return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "whom", Msg: i18n.M("claim.self", "Who states it does not confirm it")}}}
	case k.Audience != access.AudienceParties && k.Audience != access.AudiencePublic && k.Audience != access.PartyAudience(organisation):
		return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "whom", Msg: i18n.M("request.audience", "The statement is not for this party: choose another one, or state it anew for all parties")}}}
	}
	return nil
}

// checkRequest says what is wrong with a request.
func checkRequest(r Request, today clock.Day) error {
	var c errs.Check
	c.If(!slices.Contains(RequestKinds, r.Kind) || (r.Kind == AskClaim) != (r.Claim != ""), "what", i18n.M("request.what", "Choose what to ask"))
	c.If(r.Person == "" || r.Organisation == "", "whom", i18n.M("request.whom", "Choose whom to ask"))
	tooLong(&c, "note", r.Note, maxText)
	c.If(!i18n.Known(r.Lang), "lang", i18n.M("form.choose", "Choose one of the list"))
	c.If(!slices.Contains(linkDays, r.Days), "days", i18n.M("form.choose", "Choose one of the list"))
	c.If(r.Reminders < 0 || r.Reminders > remindersMost, "reminders", i18n.M("form.choose", "Choose one of the list"))
	last := today.AddDays(r.Days)
	switch {
	case r.DueOn == "":
	case !r.DueOn.Valid():
		c.Add("due_on", msgDate())
	case r.DueOn < today || r.DueOn > last:
		c.Add("due_on", i18n.M("request.due", "Write a day from today to {date}, while the link works", i18n.A{"date": last}))
	}
	return c.Err()
}

// remindOn are the days on which a request that is not answered is sent again
// by itself: with a day that it is due, up to a fortnight, a week and two days
// before it; else every week. Never on the day it was sent, nor after its link.
func remindOn(sent, due, last clock.Day, most int) []clock.Day {
	var out []clock.Day
	add := func(d clock.Day) {
		if d > sent && d < last && len(out) < most {
			out = append(out, d)
		}
	}
	if due == "" {
		for week := 1; week <= most; week++ {
			add(sent.AddDays(7 * week))
		}
		return out
	}
	before := []int{14, 7, 2}
	for _, n := range before[len(before)-min(most, len(before)):] {
		add(due.AddDays(-n))
	}
	return out
}

// remindNow says whether a request is to be sent again by itself today.
func remindNow(r Request, today clock.Day) bool {
	last := max(r.SentAt, r.RemindedAt).Day()
	return slices.ContainsFunc(remindOn(r.SentAt.Day(), r.DueOn, r.ExpiresAt.Day(), r.Reminders), func(d clock.Day) bool {
		return d > last && d <= today
	})
}

// checkReply says what is wrong with what a person answered. known tells
// whether a list of reference data has a code.
func checkReply(r Request, w Reply, known func(list, code string) bool) error {
	var c errs.Check
	tooLong(&c, "words", w.Words, maxText)
	switch r.Kind {
	case AskClaim:
		c.If(w.Said != Confirmed && w.Said != Disputed && w.Said != Commented, "answer", i18n.M("reply.answer", "Confirm it, dispute it or comment on it"))
		c.If(w.Said == Disputed && w.Words == "", "words", i18n.M("claim.reason", "Say what is not right, so that it can be mended"))
		c.If(w.Said == Commented && w.Words == "", "words", i18n.M("reply.comment", "Write your comment"))
	case AskRole:
		c.If(!slices.Contains(Roles, w.Role), "role", i18n.M("form.choose", "Choose one of the list"))
		c.If(!knownDate(w.FromOn), "from_on", msgPartDate())
	case AskContribution:
		checkContribution(&c, w, known)
	case AskContact:
		checkContact(&c, w)
	}
	return c.Err()
}

func checkContribution(c *errs.Check, w Reply, known func(list, code string) bool) {
	c.If(!slices.Contains(givenAs, w.Given), "given", i18n.M("reply.given", "Say whether it is money or given in kind"))
	c.If(!slices.Contains(stages, w.Stage), "stage", i18n.M("reply.stage", "Say whether it is pledged, committed or delivered"))
	c.If(w.Words == "", "words", i18n.M("claim.text", "Say what was given, reached or measured"))
	switch w.Given {
	case "money":
		c.If(!w.Minor.Valid, "amount", i18n.M("reply.amount", "Write the amount, such as 12,500"))
		c.If(w.Minor.Valid && w.Minor.V <= 0, "amount", i18n.M("reply.positive", "Write a number above zero"))
		c.If(w.Minor.Valid && !known("currency", w.Currency), "amount", i18n.M("amount.currency", "Choose a currency"))
	case "kind":
		c.If(!w.Quantity.Valid, "quantity", i18n.M("reply.quantity", "Write how much, such as 40"))
		c.If(w.Quantity.Valid && w.Quantity.V <= 0, "quantity", i18n.M("reply.positive", "Write a number above zero"))
		c.If(w.Unit == "", "unit", i18n.M("reply.unit", "Write the unit, such as expert days or places"))
		tooLong(c, "unit", w.Unit, 60)
	}
}

func checkContact(c *errs.Check, w Reply) {
	c.If(w.ContactName == "", "contact_name", i18n.M("reply.name", "Write the name"))
	tooLong(c, "contact_name", w.ContactName, maxTitle)
	c.If(!directory.ValidEmail(w.ContactEmail), "contact_email", i18n.M("reply.email", "Write one address, such as name@example.org"))
	c.If(w.ContactPhone != "" && !directory.ValidPhone(w.ContactPhone), "contact_phone", i18n.M("reply.phone", "Write the number with its country, such as +258 21 000 000"))
	c.If(w.Purpose == "", "purpose", i18n.M("reply.purpose", "Say what this person is to be written to for"))
	tooLong(c, "purpose", w.Purpose, maxTitle)
	c.If(w.Consent == "", "consent", i18n.M("reply.consent", "Without this agreement the contact is not kept"))
}

// changedFields are what a statement says otherwise than it did.
func changedFields(was, now Claim) []string {
	var out []string
	if was.Text != now.Text {
		out = append(out, "text")
	}
	if was.Kind != now.Kind {
		out = append(out, "kind")
	}
	if was.Dated != now.Dated {
		out = append(out, "dated")
	}
	if was.StatedBy != now.StatedBy {
		out = append(out, "stated_by")
	}
	return out
}
