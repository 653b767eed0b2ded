package partnership

import (
	"errors"
	"slices"
	"strconv"

	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

func (m *Room) elementRoutes() []web.Route {
	const element = "/partnerships/{id}/elements/{element}"
	upload := m.s.MaxUpload()
	return []web.Route{
		{Method: "GET", Pattern: "/partnerships/{id}/steps/{step}", Perm: access.SignedIn, Do: m.step},
		{Method: "GET", Pattern: element, Perm: access.SignedIn, Do: m.element},
		{Method: "POST", Pattern: element + "/evidence", Perm: access.Take, Do: m.addEvidence, MaxBody: upload},
		{Method: "POST", Pattern: element + "/evidence/{record}/delete", Perm: access.Take, Do: m.under(evidenceElement, m.removeEvidence)},
		{Method: "POST", Pattern: element + "/evidence/{record}/restore", Perm: access.Take, Do: m.under(evidenceElement, m.restoreEvidence)},
		{Method: "GET", Pattern: element + "/evidence/{record}/edit", Perm: access.Take, Do: m.under(evidenceElement, m.evidenceForm)},
		{Method: "POST", Pattern: element + "/evidence/{record}/edit", Perm: access.Take, Do: m.under(evidenceElement, m.editEvidence), MaxBody: upload},
		{Method: "POST", Pattern: element + "/evidence/{record}/keep", Perm: access.Take, Do: m.under(evidenceElement, m.keepAttached)},
		{Method: "GET", Pattern: "/partnerships/{id}/evidence/{record}", Perm: access.SignedIn, Do: m.evidence},
		{Method: "GET", Pattern: "/partnerships/{id}/evidence/{record}/file", Perm: access.SignedIn, Do: m.evidenceFile},
		{Method: "GET", Pattern: "/partnerships/{id}/evidence/{record}/preview", Perm: access.SignedIn, Do: m.evidencePreview},
		{Method: "GET", Pattern: "/partnerships/{id}/evidence/{record}/files/{number}", Perm: access.SignedIn, Do: m.evidenceVersion},
		{Method: "POST", Pattern: element + "/attestations", Perm: access.Take, Do: m.attest, MaxBody: upload},
		{Method: "GET", Pattern: element + "/attestations/{record}/edit", Perm: access.Take, Do: m.under(attestationElement, m.attestationForm)},
		{Method: "POST", Pattern: element + "/attestations/{record}/edit", Perm: access.Take, Do: m.under(attestationElement, m.editAttestation), MaxBody: upload},
		{Method: "POST", Pattern: element + "/attestations/{record}/withdraw", Perm: access.Take, Do: m.under(attestationElement, m.withdraw)},
		{Method: "POST", Pattern: element + "/attestations/{record}/decide", Perm: access.Take, Do: m.under(attestationElement, m.decide), Fresh: true},
		{Method: "GET", Pattern: "/partnerships/{id}/attestations/{record}/file", Perm: access.SignedIn, Do: m.attestationFile},
		{Method: "GET", Pattern: "/partnerships/{id}/attestations/{record}/files/{number}", Perm: access.SignedIn, Do: m.attestationVersion},
		{Method: "POST", Pattern: element + "/claims", Perm: access.Take, Do: m.state},
		{Method: "POST", Pattern: element + "/claims/{record}/answer", Perm: access.Take, Do: m.under(claimElement, m.answerClaim)},
		{Method: "POST", Pattern: element + "/claims/{record}/edit", Perm: access.Take, Do: m.under(claimElement, m.editClaim)},
		{Method: "POST", Pattern: element + "/claims/{record}/delete", Perm: access.Take, Do: m.under(claimElement, m.removeClaim)},
	}
}

// Elements of records.
func evidenceElement(t *db.Tx, a access.Actor, partnership, id string) (string, error) {
	e, err := oneEvidence(t, a, partnership, id)
	return e.Element, err
}

func attestationElement(t *db.Tx, a access.Actor, partnership, id string) (string, error) {
	n, err := oneAttestation(t, a, partnership, id)
	return n.Element, err
}

func claimElement(t *db.Tx, a access.Actor, partnership, id string) (string, error) {
	m, err := oneClaim(t, a, partnership, id)
	return m.Element, err
}

// under is a handler of a record of an element: under the address of another
// element there is no such record.
func (m *Room) under(elementOf func(*db.Tx, access.Actor, string, string) (string, error), do web.Handler) web.Handler {
	return func(c *web.Ctx) error {
		err := m.d.Read(c.Context(), func(t *db.Tx) error {
			element, err := elementOf(t, c.Actor, c.Path("id"), c.Path("record"))
			if err == nil && element != c.Path("element") {
				return errs.Missing()
			}
			return err
		})
		if err != nil {
			return err
		}
		return do(c)
	}
}

// elementPage is one element, or one step with its elements.
type elementPage struct {
	view
	Step     Step
	Only     *Element // the element of the page; nil on the page of a step
	Journey  JourneyView
	Evidence []Evidence
	Attested []Attestation
	Claims   []claimView
	Requests []shownRequest // to persons of the parties, for the host alone
	Parties  []ui.Option    // named parties, by organisation
	History  []Change
	Form     ui.Form
	Which    string // the form that was sent
	Persons  map[string]string
	Files    map[string][]fileRow // versions of files, by the record
	Actor    access.Actor
	room     *Room
	ref      *refdata.Service
	today    clock.Day
}

// claimView is a statement with its answers.
type claimView struct {
	Claim
	By      string
	Answers []answerView
	Waiting []string
	Asked   []ui.Option // parties that have not answered, by organisation
}

type answerView struct {
	Answer
	Name string
}

func (m *Room) loadElements(c *web.Ctx, step Step, only *Element) (*elementPage, error) {
	v := &elementPage{Step: step, Only: only, room: m, ref: m.ref, today: c.Today(), Actor: c.Actor, Persons: map[string]string{}}
	l := c.L
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		stepTitle := l.T("step.title", "Step {n}: {name}", i18n.A{"n": step.Number, "name": m.stepName(step.Key, l.Lang)})
		var keys []string
		if only != nil {
			keys = []string{only.Key}
			v.view = m.page(c, p, rights, m.taskName(only.Key, l.Lang), "-",
				ui.Link{Text: l.T("step.crumb", "Step {n}", i18n.A{"n": step.Number}), Href: stepPath(p.ID, step.Key)}, ui.Link{Text: m.elementName(only.Key, l.Lang)})
		} else {
			for _, e := range step.Elements {
				keys = append(keys, e.Key)
			}
			v.view = m.page(c, p, rights, stepTitle, "-", ui.Link{Text: l.T("step.crumb", "Step {n}", i18n.A{"n": step.Number})})
		}
		v.Journey, err = m.s.journey(t, c.Actor, p, l.Lang)
		if err != nil {
			return err
		}
		v.Evidence, err = evidenceFor(t, c.Actor, p.ID, keys)
		if err != nil {
			return err
		}
		v.Attested, err = attestationsFor(t, c.Actor, p.ID, keys)
		if err != nil {
			return err
		}
		err = m.loadFiles(t, v)
		if err != nil {
			return err
		}
		err = m.nameAuthors(t, v)
		if err != nil {
			return err
		}
		err = m.loadClaims(t, c, v, p, keys)
		if err != nil {
			return err
		}
		all, err := historyOf(t, p.ID)
		if err != nil {
			return err
		}
		for _, h := range slices.Backward(all) {
			if slices.Contains(keys, h.Element) {
				v.History = append(v.History, h)
			}
		}
		return nil
	})
	return v, err
}

// loadFiles reads the versions of the files of the page's records.
func (m *Room) loadFiles(t *db.Tx, v *elementPage) error {
	var records []string
	for _, a := range v.Attested {
		records = append(records, a.ID)
	}
	for _, e := range v.Evidence {
		records = append(records, e.ID)
	}
	var err error
	v.Files, err = filesOf(t, v.P.ID, records)
	return err
}

// nameAuthors reads the names of who attested and decided.
func (m *Room) nameAuthors(t *db.Tx, v *elementPage) error {
	var accounts []string
	for _, a := range v.Attested {
		accounts = append(accounts, a.Author, a.DecidedBy)
	}
	for _, e := range v.Evidence {
		accounts = append(accounts, e.CreatedBy)
	}
	for _, versions := range v.Files {
		for _, f := range versions {
			accounts = append(accounts, f.CreatedBy)
		}
	}
	names, err := access.Names(t, accounts)
	v.Persons = names
	return err
}

func (m *Room) loadClaims(t *db.Tx, c *web.Ctx, v *elementPage, p Partnership, keys []string) error {
	claims, err := claimsFor(t, c.Actor, p.ID)
	if err != nil {
		return err
	}
	d, err := dossier(t, p)
	if err != nil {
		return err
	}
	var orgs []string
	for _, y := range d.Present() {
		if y.Organisation != "" {
			orgs = append(orgs, y.Organisation)
		}
	}
	names, err := m.dir.Names(t, c.L.Lang, orgs)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		v.Parties = append(v.Parties, ui.Option{Value: o, Text: names[o]})
	}
	for _, k := range claims {
		if !slices.Contains(keys, k.Element) {
			continue
		}
		cv := claimView{Claim: k, By: names[k.StatedBy]}
		for _, a := range d.Answers {
			if a.Claim == k.ID && a.Content == k.Content {
				cv.Answers = append(cv.Answers, answerView{a, names[a.Organisation]})
			}
		}
		waiting, _ := awaited(d, k)
		for _, w := range waiting {
			cv.Waiting = append(cv.Waiting, names[w.ID])
			cv.Asked = append(cv.Asked, ui.Option{Value: w.ID, Text: names[w.ID]})
		}
		v.Claims = append(v.Claims, cv)
	}
	if !c.Actor.Staff() {
		return nil
	}
	v.Requests, err = m.shownRequests(t, c.L, p, d.Requests)
	return err
}

func (m *Room) step(c *web.Ctx) error {
	s, ok := StepOf(c.Path("step"))
	if !ok {
		return errs.Missing()
	}
	v, err := m.loadElements(c, s, nil)
	if err != nil {
		return err
	}
	return c.Page(stepBody(v))
}

func (m *Room) element(c *web.Ctx) error { return m.showElement(c, ui.Form{}, "") }

// showElement draws the page of an element; which names the form that was
// sent and is shown again.
func (m *Room) showElement(c *web.Ctx, f ui.Form, which string) error {
	e, ok := ElementOf(c.Path("element"))
	if !ok {
		return errs.Missing()
	}
	s, _ := StepOf(e.Step)
	v, err := m.loadElements(c, s, &e)
	if err != nil {
		return err
	}
	v.Form, v.Which = f, which
	return c.PageStatus(statusOf(f), elementBody(v))
}

func (m *Room) back(c *web.Ctx, anchor string) error {
	return c.See(elementPath(c.Path("id"), c.Path("element")) + anchor)
}

func (m *Room) addEvidence(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	defer c.CloseForm()
	u, closer, err := upload(v, "file")
	if err != nil {
		return err
	}
	defer closer.Close()
	var check errs.Check
	e := Evidence{
		Partnership: c.Path("id"), Element: c.Path("element"), Kind: EvidenceKind(v.Get("kind")), Title: v.Get("title"), Note: v.Get("note"),
		Dated: day(&check, v, "dated", false), Audience: v.Get("audience"),
	}
	if e.Kind == EvidenceFile {
		e.Alt = v.Get("alt")
	}
	if e.Kind == EvidenceLink {
		e.Ref = v.Get("link")
	}
	if e.Kind != EvidenceFile {
		u = nil
	}
	if e.Kind == EvidenceGuide || e.Kind == EvidenceRecord {
		return &errs.Error{Kind: errs.BadRequest} // these are linked where they lie
	}
	err = check.Err()
	var made string
	if err == nil {
		made, err = m.s.AddEvidence(c.Context(), c.Actor, e, u)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showElement(c, f, "evidence") })
	}
	c.Flash(i18n.M("evidence.added", "The evidence is linked."), elementPath(e.Partnership, e.Element)+"/evidence/"+made+"/delete")
	return m.back(c, "#evidence-"+made)
}

func (m *Room) removeEvidence(c *web.Ctx) error {
	err := m.s.RemoveEvidence(c.Context(), c.Actor, c.Path("id"), c.Path("record"), true)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("evidence.removed", "The evidence is no longer linked."), elementPath(c.Path("id"), c.Path("element"))+"/evidence/"+c.Path("record")+"/restore")
	return m.back(c, "")
}

func (m *Room) restoreEvidence(c *web.Ctx) error {
	err := m.s.RemoveEvidence(c.Context(), c.Actor, c.Path("id"), c.Path("record"), false)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("form.restored", "It is back."), "")
	return m.back(c, "#evidence-"+c.Path("record"))
}

// readAttestation reads the fields of an attestation's form.
func readAttestation(c *web.Ctx, v *web.Values, check *errs.Check) Attestation {
	return Attestation{
		ID: c.Path("record"), Partnership: c.Path("id"), Element: c.Path("element"), Kind: AttestationKind(v.Get("kind")),
		Reason: v.Get("reason"), Title: v.Get("document"), Link: v.Get("link"), Note: v.Get("note"),
		Dated: day(check, v, "dated", false), ValidUntil: day(check, v, "valid_until", false), Audience: v.Get("audience"), Meta: Meta{Version: parseInt(v.Get("version"))},
	}
}

func (m *Room) attest(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	defer c.CloseForm()
	u, closer, err := upload(v, "file")
	if err != nil {
		return err
	}
	defer closer.Close()
	var check errs.Check
	a := readAttestation(c, v, &check)
	err = check.Err()
	var made string
	if err == nil {
		made, err = m.s.Attest(c.Context(), c.Actor, a, u)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showElement(c, f, string(a.Kind)) })
	}
	c.Flash(i18n.M("attest.made", "It is kept and waits for a second person’s approval."), "")
	return m.back(c, "#attestation-"+made)
}

// attestationPage is the form of an attestation that exists.
type attestationPage struct {
	view
	A    Attestation
	Form ui.Form
	room *Room
}

func (m *Room) attestationForm(c *web.Ctx) error { return m.showAttestation(c, ui.Form{}) }

func (m *Room) showAttestation(c *web.Ctx, f ui.Form) error {
	l := c.L
	v := attestationPage{Form: f, room: m}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, err := need(t, c.Actor, c.Path("id"), access.Contribute)
		if err != nil {
			return err
		}
		v.A, err = oneAttestation(t, c.Actor, p.ID, c.Path("record"))
		if err != nil {
			return err
		}
		v.view = m.page(c, p, map[access.Right]bool{access.Contribute: true}, l.T("attest.edit.title", "Change what was attested"), "-",
			ui.Link{Text: m.elementName(v.A.Element, l.Lang), Href: elementPath(p.ID, v.A.Element)}, ui.Link{Text: l.T("form.edit.crumb", "Edit")})
		return nil
	})
	if err != nil {
		return err
	}
	if v.Form.Values == nil {
		a := v.A
		v.Form.Values = map[string][]string{
			"kind": {string(a.Kind)}, "reason": {a.Reason}, "document": {a.Title}, "link": {a.Link}, "note": {a.Note},
			"dated": {string(a.Dated)}, "valid_until": {string(a.ValidUntil)}, "audience": {a.Audience},
			"version": {strconv.FormatInt(a.Version, 10)},
		}
	}
	return c.PageStatus(statusOf(f), attestationBody(v))
}

func (m *Room) editAttestation(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	defer c.CloseForm()
	u, closer, err := upload(v, "file")
	if err != nil {
		return err
	}
	defer closer.Close()
	var check errs.Check
	a := readAttestation(c, v, &check)
	err = check.Err()
	if err == nil {
		err = m.s.EditAttestation(c.Context(), c.Actor, a, u)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showAttestation(c, f) })
	}
	c.Flash(i18n.M("attest.changed_flash", "Saved. What changed waits for approval again."), "")
	return m.back(c, "#attestation-"+a.ID)
}

func (m *Room) withdraw(c *web.Ctx) error {
	err := m.s.Withdraw(c.Context(), c.Actor, c.Path("id"), c.Path("record"))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("attest.withdrawn_flash", "It is withdrawn. Its history stays."), "")
	return m.back(c, "")
}

func (m *Room) decide(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	approve := v.Get("decision") == "approve"
	if !approve && v.Get("decision") != "reject" {
		return &errs.Error{Kind: errs.BadRequest}
	}
	err = m.s.Decide(c.Context(), c.Actor, c.Path("id"), c.Path("record"), v.Get("content"), approve, v.Get("why"))
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showElement(c, f, "decide:"+c.Path("record")) })
	}
	if approve {
		c.Flash(i18n.M("attest.approved_flash", "Approved. The element’s state is checked again."), "")
	} else {
		c.Flash(i18n.M("attest.rejected_flash", "Not accepted. Its author sees why."), "")
	}
	return m.back(c, "#attestation-"+c.Path("record"))
}

func (m *Room) state(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	var check errs.Check
	k := Claim{
		Partnership: c.Path("id"), Element: c.Path("element"), Kind: v.Get("kind"), Text: v.Get("text"), StatedBy: v.Get("stated_by"),
		Dated: day(&check, v, "dated", false), Audience: v.Get("audience"),
	}
	err = check.Err()
	var made string
	if err == nil {
		made, err = m.s.State(c.Context(), c.Actor, k)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showElement(c, f, "claim") })
	}
	c.Flash(i18n.M("claim.made", "The statement is kept. The other parties are asked to confirm or dispute it."), "")
	return m.back(c, "#claim-"+made)
}

func (m *Room) answerClaim(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	w := Answer{Claim: c.Path("record"), Organisation: v.Get("organisation"), Answer: v.Get("answer"), Reason: v.Get("reason"), Content: v.Get("content")}
	err = m.s.AnswerClaim(c.Context(), c.Actor, c.Path("id"), w)
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showElement(c, f, "answer:"+w.Claim) })
	}
	c.Flash(i18n.M("claim.answered", "The answer is kept."), "")
	return m.back(c, "#claim-"+w.Claim)
}

func (m *Room) editClaim(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	var check errs.Check
	k := Claim{ID: c.Path("record"), Partnership: c.Path("id"), Kind: v.Get("kind"), Text: v.Get("text"), Dated: day(&check, v, "dated", false), Meta: Meta{Version: parseInt(v.Get("version"))}}
	err = check.Err()
	if err == nil {
		err = m.s.EditClaim(c.Context(), c.Actor, k, false)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error {
			var clash *Clashed[Claim]
			if errors.As(err, &clash) {
				n := clash.Merged
				f.Values["kind"], f.Values["text"], f.Values["dated"] = []string{n.Kind}, []string{n.Text}, []string{string(n.Dated)}
				f.Values["version"] = []string{strconv.FormatInt(n.Version, 10)}
			}
			return m.showElement(c, f, "edit:"+k.ID)
		})
	}
	c.Flash(i18n.M("claim.changed_flash", "Saved. All who answered are asked again."), "")
	return m.back(c, "#claim-"+k.ID)
}

func (m *Room) removeClaim(c *web.Ctx) error {
	err := m.s.EditClaim(c.Context(), c.Actor, Claim{ID: c.Path("record"), Partnership: c.Path("id")}, true)
	if err != nil {
		return err
	}
	c.Flash(i18n.M("claim.removed", "The statement is withdrawn."), "")
	return m.back(c, "")
}
