package partnership

import (
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/standard/eml"
)

// counts of states within the page's step.
func (v *elementPage) count(s State) int {
	n := 0
	for _, e := range v.Step.Elements {
		if v.Journey.Elements[e.Key].State == s {
			n++
		}
	}
	return n
}

func (v *elementPage) stepHead() ui.Head {
	l := v.L
	states := StripStates(v.Journey.Summary.Strip)
	h := ui.Head{}
	if len(states) >= v.Step.Number {
		h.Lead = cell(states[v.Step.Number-1]).Word(l) + "."
	}
	h.Sub = l.N("step.sub", len(v.Step.Elements), "Of {n} element {met} is done, {att} attested, {part} partly, {open} open.", "Of {n} elements {met} are done, {att} attested, {part} partly, {open} open.",
		i18n.A{"met": v.count(Met), "att": v.count(Attested), "part": v.count(Partly), "open": v.count(Open)})
	if n := v.count(NotApplicable); n > 0 {
		h.Sub += " " + l.N("step.sub.na", n, "{n} does not apply.", "{n} do not apply.")
	}
	if w := v.waits(); len(w) > 0 {
		h.Sub += " " + l.T("step.sub.wait", "Waiting on {who} since {date}.", i18n.A{"who": w[0].who, "date": w[0].since})
	}
	return h
}

func (v *elementPage) elementHead() ui.Head {
	l := v.L
	el := v.Journey.Elements[v.Only.Key]
	h := ui.Head{Lead: cell(el.State).Word(l) + ".", Sub: l.T("element.since", "Since {date}.", i18n.A{"date": el.Since.Day()})}
	if w := v.waits(); len(w) > 0 {
		h.Sub += " " + l.T("element.wait", "Waiting on {who} since {date}, {days}.", i18n.A{"who": w[0].who, "date": w[0].since, "days": i18n.MN("wait.days", w[0].days, "{n} day", "{n} days")})
	}
	return h
}

// shownWait is who is waited for, as the page says it.
type shownWait struct {
	who, what string
	since     clock.Day
	days      int
}

// waits are the waits of the page's elements, the longest first.
func (v *elementPage) waits() []shownWait {
	var out []shownWait
	for _, w := range v.Journey.Waits {
		if v.Only != nil && w.Element != v.Only.Key {
			continue
		}
		if v.Only == nil && !strings.HasPrefix(w.Element, v.Step.Key+".") {
			continue
		}
		out = append(out, shownWait{
			who: v.Journey.Names.say(Who{w.Kind, w.ID}), what: v.room.elementName(w.Element, v.L.Lang),
			since: w.Since.Day(), days: w.Since.Day().DaysUntil(v.today),
		})
	}
	return out
}

func (v *elementPage) stepText() string {
	if i, ok := v.ref.Get("step", v.Step.Key); ok {
		return i.Text(v.L.Lang)
	}
	return ""
}

func (v *elementPage) elementText(which string) string {
	if i, ok := v.ref.Get("element", v.Only.Key); ok {
		return i.In(which, v.L.Lang)
	}
	return ""
}

func (v *elementPage) stepNeighbours() []ui.Link {
	var out []ui.Link
	for _, s := range Steps {
		if s.Number == v.Step.Number-1 || s.Number == v.Step.Number+1 {
			out = append(out, ui.Link{Text: v.L.T("step.number", "{n} {name}", i18n.A{"n": s.Number, "name": v.room.stepName(s.Key, v.L.Lang)}), Href: stepPath(v.P.ID, s.Key)})
		}
	}
	return out
}

func (v *elementPage) neighbours() []ui.Link {
	var out []ui.Link
	for i, e := range Elements {
		if e.Key != v.Only.Key {
			continue
		}
		for _, j := range []int{i - 1, i + 1} {
			if j >= 0 && j < len(Elements) {
				out = append(out, ui.Link{Text: v.room.taskName(Elements[j].Key, v.L.Lang), Href: elementPath(v.P.ID, Elements[j].Key)})
			}
		}
	}
	return out
}

// shownMissing is what is missing, as the page says it.
type shownMissing struct{ text, who, link string }

func (v *elementPage) missing(element string) []shownMissing {
	l := v.L
	el := v.Journey.Elements[element]
	if el.State == Met || el.State == NotApplicable {
		return nil
	}
	var out []shownMissing
	for _, m := range el.Missing {
		var names []string
		for _, w := range m.Who {
			for _, n := range v.Journey.Names.each(w) {
				if !contains(names, n) {
					names = append(names, n)
				}
			}
		}
		s := shownMissing{text: l.Say(m.Text), link: m.Link}
		if !v.May(access.Contribute) && (strings.HasSuffix(m.Link, "#add") || strings.HasSuffix(m.Link, "#attest")) {
			s.link = "" // the form it leads to is not for this reader
		}
		if el.State == Attested && !m.Ask {
			s.who = l.T("missing.attested", "What is attested stands in for it.")
			s.link = ""
		} else {
			s.who = l.T("missing.who", "{who} can mend it; waited for since {date}.", i18n.A{"who": l.List(names), "date": m.Since.Day()})
		}
		out = append(out, s)
	}
	return out
}

func (v *elementPage) attestations(element string) []Attestation {
	var out []Attestation
	for _, a := range v.Attested {
		if a.Element == element {
			out = append(out, a)
		}
	}
	return out
}

func (v *elementPage) attestationTitle(a Attestation) string {
	switch {
	case a.Kind == Exempts:
		return v.L.T("attest.exemption", "Does not apply")
	case a.Title != "":
		return a.Title
	case a.FileName != "":
		return a.FileName
	}
	return v.L.T("attest.heading", "Attestation")
}

func (v *elementPage) attestationCell(a Attestation) ui.State {
	if a.Kind == Exempts {
		return ui.NA
	}
	return ui.Att
}

func (v *elementPage) attestationFacts(a Attestation) []ui.Fact {
	l := v.L
	var out []ui.Fact
	if a.Kind == Attests {
		f := ui.Fact{Term: l.T("attest.fact.document", "Document"), Text: v.attestationTitle(a), Small: l.Date(a.Dated)}
		switch {
		case a.File != "":
			f.Href = "/partnerships/" + v.P.ID + "/attestations/" + a.ID + "/file"
			f.Small = l.T("attest.fact.file", "{name}, {size} kB, {date}", i18n.A{"name": a.FileName, "size": int(max(1, a.Size>>10)), "date": a.Dated})
		case a.Link != "":
			f.Href = a.Link
		}
		out = append(out, f)
	}
	out = append(out, ui.Fact{Term: l.T("attest.fact.by", "Attested by"), Text: firstOf(v.Persons[a.Author], l.T("partnership.somebody", "somebody")), Small: l.Date(a.CreatedAt.Day())})
	switch a.State {
	case Approved:
		out = append(out, ui.Fact{Term: l.T("attest.fact.approved", "Approved by"), Text: firstOf(v.Persons[a.DecidedBy], l.T("partnership.somebody", "somebody")), Small: l.T("attest.fact.second", "{date}, a second person", i18n.A{"date": a.DecidedAt.Day()})})
	case Rejected:
		out = append(out, ui.Fact{Term: l.T("attest.fact.rejected", "Not accepted by"), Text: firstOf(v.Persons[a.DecidedBy], l.T("partnership.somebody", "somebody")), Small: a.DecidedWhy})
	}
	until := ui.Fact{Term: l.T("attest.until", "Valid until"), Text: l.Date(a.ValidUntil)}
	if days := v.today.DaysUntil(a.ValidUntil); days >= 0 {
		until.Small = l.N("attest.fact.left", days, "in {n} day, then open again", "in {n} days, then open again")
	} else {
		until.Small = l.T("attest.fact.over", "its time is over")
	}
	return append(out, until)
}

func (v *elementPage) decisionText(a Attestation) string {
	l := v.L
	switch {
	case a.State == Approved && a.ValidUntil < v.today:
		return l.T("attest.state.expired", "Expired")
	case a.State == Approved && a.Kind == Exempts:
		return l.T("attest.state.exempt", "Approved: does not apply")
	case a.State == Approved:
		return l.T("attest.state.approved", "Approved")
	case a.State == Rejected:
		return l.T("attest.state.rejected", "Not accepted")
	case a.State == Withdrawn:
		return l.T("attest.state.withdrawn", "Withdrawn")
	}
	return l.T("attest.state.pending", "Waits for a second person’s approval")
}

func (v *elementPage) evidenceLines(element string) []ui.CheckLine {
	var out []ui.CheckLine
	for _, e := range v.Evidence {
		if e.Element != element {
			continue
		}
		line := ui.CheckLine{Icon: "k-conf", Text: e.Title, Href: elementPath(v.P.ID, element) + "#evidence-" + e.ID, Small: v.evidenceNote(e), End: v.ref.Name("evidence_kind", string(e.Kind), v.L.Lang), Soft: true}
		if e.Kind == EvidenceGuide {
			line.Text = v.ref.Name("guide_passage", e.Ref, v.L.Lang)
		}
		out = append(out, line)
	}
	return out
}

func (v *elementPage) evidenceNote(e Evidence) string {
	l := v.L
	var parts []string
	if e.Kind == EvidenceGuide {
		if i, ok := v.ref.Get("guide_passage", e.Ref); ok {
			parts = append(parts, l.T("evidence.guide", "the guide (2023), {place}", i18n.A{"place": i.Place}))
		}
	}
	if e.Dated != "" {
		parts = append(parts, l.Date(e.Dated))
	}
	if e.Kind == EvidenceLink {
		parts = append(parts, hostOf(e.Ref))
	}
	if e.Size > 0 {
		parts = append(parts, kilobytes(l, e.Size))
	}
	if n := len(v.Files[e.ID]); n > 1 {
		parts = append(parts, l.T("file.version.n", "version {n}", i18n.A{"n": n}))
	}
	if name := v.Persons[e.CreatedBy]; name != "" && e.Kind != EvidenceGuide {
		parts = append(parts, l.T("evidence.by", "linked by {name}, {date}", i18n.A{"name": name, "date": e.CreatedAt.Day()}))
	}
	if v.Actor.Staff() {
		parts = append(parts, l.T("evidence.audience", "for {who}", i18n.A{"who": audienceMsg(e.Audience, v.partyName(e.Audience))}))
	}
	return strings.Join(parts, " · ")
}

func (v *elementPage) partyName(audience string) string {
	org, _ := strings.CutPrefix(audience, "party:")
	for _, o := range v.Parties {
		if o.Value == org {
			return o.Text
		}
	}
	return v.L.T("who.party", "a party")
}

func hostOf(link string) string {
	_, rest, _ := strings.Cut(link, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

func (v *elementPage) evidenceText(e Evidence) string {
	if e.Kind == EvidenceGuide {
		if i, ok := v.ref.Get("guide_passage", e.Ref); ok {
			return i.Text(v.L.Lang)
		}
	}
	return e.Note
}

func evidenceOptions(l *i18n.L) []ui.Option {
	return []ui.Option{
		{Value: string(EvidenceNote), Text: l.T("evidence.option.note", "A note of what was seen or agreed")},
		{Value: string(EvidenceLink), Text: l.T("evidence.option.link", "A link")},
		{Value: string(EvidenceFile), Text: l.T("evidence.option.file", "A file")},
	}
}

func claimOptions(l *i18n.L) []ui.Option {
	return []ui.Option{
		{Value: "contribution", Text: l.T("claim.option.contribution", "A contribution")},
		{Value: "milestone", Text: l.T("claim.option.milestone", "A milestone")},
		{Value: "value", Text: l.T("claim.option.value", "A value of an indicator")},
		{Value: "statement", Text: l.T("claim.option.statement", "Something else")},
	}
}

// audiences are those the reader may choose, the given one first.
func (v *elementPage) audiences(first string) []ui.Option {
	return audiencesFor(v.L, v.Actor, first)
}

func audiencesFor(l *i18n.L, a access.Actor, first string) []ui.Option {
	if a.Staff() {
		return audienceOptions(l, first)
	}
	return []ui.Option{
		{Value: access.AudienceParties, Text: l.T("audience.option.parties", "All parties")},
		{Value: access.PartyAudience(a.Organisation), Text: l.T("audience.option.mine", "The host’s staff and my organisation")},
	}
}

// messageOf is what an evidence's file says of itself, where it is a message.
func (v *elementPage) messageOf(e Evidence) *eml.Message {
	if versions := v.Files[e.ID]; len(versions) > 0 {
		return versions[0].Message.V
	}
	return nil
}

// attestedMessage is what an attestation's file says of itself, where it is a message.
func (v *elementPage) attestedMessage(a Attestation) *eml.Message {
	if versions := v.Files[a.ID]; len(versions) > 0 && a.File != "" {
		return versions[0].Message.V
	}
	return nil
}

// hasPicture says whether there is a small picture of an evidence's file.
func (v *elementPage) hasPicture(e Evidence) bool {
	return e.Kind == EvidenceFile && v.room.files.HasPreview(e.Ref, e.MediaType)
}

// mark is the confirmation of a statement.
func (k claimView) mark() ui.Mark {
	for _, a := range k.Answers {
		if a.Answer.Answer == Disputed {
			return ui.Disputed
		}
	}
	if len(k.Waiting) == 0 && len(k.Answers) > 0 {
		return ui.Confirmed
	}
	return ui.Claimed
}

func (v *elementPage) claimNote(k claimView) string {
	l := v.L
	parts := []string{l.T("claim.stated", "stated by {who}, {date}", i18n.A{"who": firstOf(k.By, l.T("who.party", "a party")), "date": k.CreatedAt.Day()})}
	if k.Dated != "" {
		parts = append([]string{l.Date(k.Dated)}, parts...)
	}
	if len(k.Waiting) > 0 {
		parts = append(parts, l.T("claim.waiting", "not yet answered by {who}", i18n.A{"who": k.Waiting}))
	}
	if v.Actor.Staff() {
		parts = append(parts, l.T("evidence.audience", "for {who}", i18n.A{"who": audienceMsg(k.Audience, v.partyName(k.Audience))}))
	}
	return strings.Join(parts, " · ")
}

func (v *elementPage) claimLines(element string) []ui.CheckLine {
	var out []ui.CheckLine
	for _, k := range v.Claims {
		if k.Element == element {
			out = append(out, ui.CheckLine{Mark: k.mark(), Text: k.Text, Href: elementPath(v.P.ID, element) + "#claim-" + k.ID, Small: v.claimNote(k)})
		}
	}
	return out
}

func (v *elementPage) answerText(w answerView) string {
	if w.Answer.Answer == Disputed {
		return v.L.T("claim.says", "{who} disputes it: {reason}", i18n.A{"who": w.Name, "reason": w.Reason})
	}
	return v.L.T("claim.confirms", "{who} confirms it", i18n.A{"who": w.Name})
}

func answerIcon(answer string) string {
	if answer == Disputed {
		return "k-disp"
	}
	return "k-conf"
}

func answerClass(answer string) string {
	if answer == Disputed {
		return "disp"
	}
	return ""
}

// mayAnswer: a partner answers for its organisation as long as it has not
// confirmed what stands; staff record an answer given otherwise.
func (v *elementPage) mayAnswer(k claimView) bool {
	if v.Actor.Staff() {
		return len(k.Asked) > 0
	}
	if k.StatedBy == v.Actor.Organisation {
		return false
	}
	for _, o := range v.Parties {
		if o.Value == v.Actor.Organisation {
			return true
		}
	}
	return false
}

func (v *elementPage) mayEdit(k claimView) bool {
	if v.Actor.Staff() {
		return v.May(access.Manage) || k.CreatedBy == v.Actor.ID()
	}
	return k.StatedBy == v.Actor.Organisation
}

// formOf gives a form of the page its state: of several forms only the one
// that was sent has any.
func (v *elementPage) formOf(which string) ui.Form {
	if v.Which == which {
		return v.Form
	}
	return ui.Form{}
}

// fieldID keeps ids apart where several forms of a page have the same field;
// the form that was sent has the plain ones, which its errors name.
func (v *elementPage) fieldID(name, which, suffix string) string {
	if v.Which == which {
		return name
	}
	return name + "-" + suffix
}

// idOf is fieldID for the attestation's fields.
func idOf(f ui.Form, prefix, name string) string {
	if f.Values != nil || prefix == "" {
		return name
	}
	return prefix + name
}

func reasonLabel(l *i18n.L, kind AttestationKind) string {
	if kind == Exempts {
		return l.T("attest.reason.exempt", "Why it does not apply")
	}
	return l.T("attest.reason.attest", "Why it stands in for records")
}

func datedLabel(l *i18n.L, kind AttestationKind) string {
	if kind == Exempts {
		return l.T("attest.dated.exempt", "Decided on")
	}
	return l.T("attest.dated", "Date of the document")
}

func (v *elementPage) historyLines() []ui.HistLine {
	var out []ui.HistLine
	for _, h := range v.History {
		out = append(out, ui.HistLine{At: h.At, Text: v.L.T("element.moved", "{element} went from {from} to {to}.", i18n.A{
			"element": v.room.taskName(h.Element, v.L.Lang), "from": cell(h.From).InText(v.L), "to": cell(h.To).InText(v.L),
		})})
	}
	return out
}

// besideWords are the roles beside the triangle, after the first of a party.
func besideWords(l *i18n.L, roles []Role) string {
	var names []Role
	for i, r := range roles {
		if _, corner := corners[r]; !corner && i > 0 {
			names = append(names, r)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return l.T("role.and", "and {roles}", i18n.A{"roles": roleWords(l, names)})
}

// shareText is how many of a party's statements are confirmed.
func shareText(l *i18n.L, p partyView) string {
	return l.T("claim.share", "{n} of {all}", i18n.A{"n": p.Confirmed, "all": p.Stated})
}
