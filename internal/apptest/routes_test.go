package apptest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"ayni/internal/app"
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/access/authenticator"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/web"
)

// This file is what the tests of all routes need to know of each: what stands
// for the parts of its address, what its form holds, and what it asks beside
// its permission. A new route fails these tests until it is here.

// inside says whether a route is about one partnership.
func inside(r web.Route) bool { return strings.HasPrefix(r.Pattern, "/partnerships/{id}") }

// fill is the address of a route, with records of the world: those of the
// partnership k where the route is about one.
func (w *World) fill(t testing.TB, r web.Route, k *Place) string {
	t.Helper()
	parts := strings.Split(strings.TrimSuffix(r.Pattern, "{$}"), "/")
	before := ""
	for i, part := range parts {
		if !strings.HasPrefix(part, "{") {
			before = part
			continue
		}
		parts[i] = w.value(t, r, before, strings.Trim(part, "{}"), k)
	}
	return strings.Join(parts, "/")
}

// value stands for one part of an address; before is the last word in front of it.
func (w *World) value(t testing.TB, r web.Route, before, name string, k *Place) string {
	t.Helper()
	key := before + "/" + name
	switch {
	case key == "evidence/record" && strings.HasSuffix(r.Pattern, "/preview"):
		return k.Picture
	case key == "actions/action" && strings.HasSuffix(r.Pattern, "/check"):
		return k.ToCheck
	case r.Pattern == "/admin/accounts/{id}/reopen":
		return w.Closed
	case r.Pattern == "/admin/accounts/{id}/second-factor":
		return w.Actor(Officer).Account
	case r.Pattern == "/admin/jobs/{id}/retry":
		return w.Failed
	case r.Pattern == "/organisations/{id}/delete":
		return w.Organisations["E"] // nothing points at it
	case name == "token":
		return id.Secret(32)
	case key == "answers/request":
		return w.Open.Request
	case inside(r):
		if v, ok := map[string]string{
			"partnerships/id": k.ID, "elements/element": Element, "steps/step": "convergence", "evidence/record": k.Evidence, "attestations/record": k.Attestation, "files/number": "1",
			"claims/record": k.Claim, "drop/what": "amount", "drop/record": k.Amount, "undrop/what": "result", "undrop/record": k.Result, "parties/party": k.Party,
			"roles/role": k.PartyRole, "team/member": k.Right, "gates/gate": "agreement.signature", "waivers/waiver": k.Waiver, "requests/request": k.Request, "replies/reply": k.Reply,
			"actions/action": k.Action, "deadlines/deadline": k.Deadline,
		}[key]; ok {
			return v
		}
	default:
		if v, ok := map[string]string{
			"organisations/id": w.Organisations["A"], "persons/id": w.Person, "standings/id": w.Standing, "members/id": w.Member, "contacts/id": w.Contact, "roles/id": w.Role,
			"accounts/id": w.Actor(Viewer).Account, "jobs/id": w.Job, "messages/id": w.Message, "countries/code": "MOZ", "stories/code": w.App.Ref.All("guide_story")[0].Code,
			"hand-over/account": w.Actor(Officer).Account, "hand-overs/id": w.HandOver, "calendar-addresses/id": w.Feed, "reference/list": "organisation_kind", "rows/code": w.App.Ref.All("organisation_kind")[0].Code, "lists/file": "focus_theme.csv",
		}[key]; ok {
			return v
		}
	}
	t.Errorf("%s: nothing stands for {%s} after %q: add it to value", r, name, before)
	return "none"
}

// form is what a reader's form of a route sends, so that whoever may send it
// gets through.
func (w *World) form(r web.Route, reader string, k *Place) url.Values {
	fields := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return v
	}
	day := func(n int) string { return string(FirstDay.AddDays(n)) }
	switch r.Pattern {
	case "/sign-in":
		return fields("email", Viewer+"@example.org", "password", Password, "next", "/", "replay", "")
	case "/sign-in/forgotten":
		return fields("email", "to-"+reader+"@example.org") // questions are counted by address
	case "/profile/email":
		return fields("email", "elsewhere@example.org", "present-password", Password, "code", "")
	case "/sign-in/again":
		return fields("password", Password, "next", "/", "replay", "")
	case "/sign-in/demo":
		return fields("as", w.Actor(Viewer).Account, "next", "/", "replay", "")
	case "/profile":
		return fields("name", "Example name", "lang", "fr", "theme", "dark")
	case "/profile/password":
		return fields("old-password", Password, "new-password", "another river stone", "again-password", "another river stone")
	case "/profile/second-factor/confirm":
		return fields("code", authenticator.Code(w.House, w.Begun, w.Clock.Now().Time()), "next", "")
	case "/profile/second-factor/start":
		return fields("next", "")
	case "/profile/second-factor/off":
		return fields("password", Password, "code", w.Recovery)
	case "/profile/messages":
		return fields("rhythm", "daily", "reminders", "1")
	case "/admin/messages/{id}/decide":
		return fields("decision", "drop")
	case "/admin/messages/release":
		return fields("held", "drop")
	case "/profile/sessions/end":
		return fields("session", w.Actor(reader).Session)
	case "/admin/accounts/new":
		return fields("name", "Example newcomer", "email", "newcomer@example.org", "lang", "en", "roles", "evaluator", "until-evaluator", "", "organisation", "")
	case "/admin/accounts/{id}/roles", "/admin/accounts/{id}/reopen":
		return fields("roles", "specialist", "until-specialist", "", "organisation", "", "version", "0")
	case "/admin/accounts/{id}/email":
		return fields("email", "moved@example.org")
	case "/admin/settings":
		return fields(access.HostName, "Example Host", access.HostAcronym, "EH", access.HostLang, "en", access.SecondFactor, access.FactorOff)
	case "/admin/privacy/retention":
		return fields("sign-in", "30", "audit-values", "0", "closed-account", "400", "trash", "45")
	case "/admin/privacy/persons/{id}/erase":
		return fields("sure", "")
	case "/reference/{list}/new":
		return fields("code", "")
	case "/reference/{list}/rows/{code}/edit":
		return fields("name_en", "")
	case "/organisations/new", "/organisations/{id}/edit":
		return fields("name", "Example Ministry", "name_fr", "", "name_es", "", "acronym", "EM", "kind", "", "country", "KEN", "website", "https://example.org", "note", "Example note",
			"source", "", "source_place", "", "aliases", "", "identifiers", "", "parent", "", "version", "1")
	case "/organisations/{id}/standings/new", "/standings/{id}/edit":
		return fields("kind", w.App.Ref.All("standing_kind")[0].Code, "source", "Example source", "from_on", "2020", "to_on", "", "version", "1")
	case "/organisations/{id}/members/new", "/members/{id}/edit":
		return fields("member", w.Organisations["C"], "country", "", "source", "Example source", "from_on", "2020", "to_on", "", "version", "1")
	case "/persons/new":
		return fields("name", "Example Human", "email", "human@example.org", "lang", "en", "note", "", "version", "0", "organisation", "", "title", "", "focal", "", "from_on", "", "to_on", "")
	case "/persons/{id}/edit":
		return fields("name", "Example Human", "email", "human@example.org", "lang", "en", "note", "", "version", "1")
	case "/persons/{id}/roles/new", "/roles/{id}/edit":
		return fields("organisation", w.Organisations["C"], "title", "Example head", "focal", "", "from_on", "2020", "to_on", "", "version", "1")
	case "/organisations/{id}/contacts/new", "/persons/{id}/contacts/new", "/contacts/{id}/edit":
		return fields("kind", "web", "value", "https://example.org/contact", "purposes", "", "basis", "public", "basis_on", "", "basis_note", "Example page", "lang", "",
			"bounced_on", "", "from_on", "", "to_on", "", "version", "1")
	case "/partnerships":
		return fields("title", "Example new partnership", "title_fr", "", "title_es", "", "summary", "", "summary_fr", "", "summary_es", "", "confidential", "",
			"need_kind", "", "need_text", "", "need_on", "", "umbrella", "", "start_on", "", "end_on", "", "version", "", "focus_theme", "",
			"beneficiary", w.Organisations["A"], "beneficiary_label", "", "pivotal", "", "pivotal_label", "", "facilitating", "", "facilitating_label", "")
	case "/partnerships/{id}/edit":
		return fields("title", "Example title", "title_fr", "", "title_es", "", "summary", "Example summary", "summary_fr", "", "summary_es", "", "confidential", "1",
			"need_kind", "", "need_text", "", "need_on", "", "umbrella", "", "start_on", "2026", "end_on", "", "version", "1")
	case "/partnerships/{id}/about":
		v := fields()
		for _, list := range partnership.TagLists {
			v.Add(list, w.App.Ref.All(list)[0].Code)
		}
		return v
	case "/partnerships/{id}/places":
		return fields("kind", "country", "code", "KEN", "region", "", "name", "", "lat", "", "lon", "")
	case "/partnerships/{id}/amounts":
		return fields("amount_kind", w.App.Ref.All("amount_kind")[0].Code, "amount", "1000", "amount-currency", "USD", "amount_note", "Example", "amount_audience", "parties")
	case "/partnerships/{id}/results":
		return fields("result_kind", "planned", "result_text", "Example", "result_audience", "parties")
	case "/partnerships/{id}/status":
		return fields("status", "formalised", "reason", "Example reason")
	case "/partnerships/{id}/modality":
		return fields("modality", "triangular")
	case "/partnerships/{id}/elements/{element}/evidence":
		return fields("kind", "note", "title", "Example", "note", "Example note", "link", "", "dated", day(-1), "audience", "parties")
	case "/partnerships/{id}/elements/{element}/evidence/{record}/edit":
		return fields("title", "Example title", "note", "Example note", "alt", "Example alt", "dated", day(-1), "audience", "parties", "version", "1")
	case "/partnerships/{id}/elements/{element}/evidence/{record}/keep":
		return fields("attached", "1")
	case "/partnerships/{id}/elements/{element}/attestations", "/partnerships/{id}/elements/{element}/attestations/{record}/edit":
		return fields("kind", "attestation", "reason", "Example", "document", "Example", "link", "", "note", "Example note", "dated", day(-1), "valid_until", day(90), "audience", "parties", "version", "1")
	case "/partnerships/{id}/elements/{element}/attestations/{record}/decide":
		return fields("decision", "approve", "content", k.Attested, "why", "")
	case "/partnerships/{id}/elements/{element}/claims":
		return fields("kind", "contribution", "text", "Example", "stated_by", w.Organisations["A"], "dated", "", "audience", "parties")
	case "/partnerships/{id}/elements/{element}/claims/{record}/edit":
		return fields("kind", "contribution", "text", "Example changed", "dated", "", "version", "1")
	case "/partnerships/{id}/elements/{element}/claims/{record}/answer":
		return fields("organisation", w.Organisations["B"], "answer", "confirmed", "reason", "", "content", k.Answered)
	case "/partnerships/{id}/parties":
		return fields("organisation", "", "label", "Example party", "country", "KEN", "joined_on", "", "left_on", "", "basis", "", "brings", w.App.Ref.All(partnership.BringsList)[0].Code, "roles", "facilitating")
	case "/partnerships/{id}/parties/{party}/edit":
		return fields("organisation", w.Organisations["A"], "label", "", "country", "", "joined_on", "2026", "left_on", "", "basis", "Example", "brings", "", "brought", "", "present", "", "version", "1")
	case "/partnerships/{id}/parties/{party}/roles":
		return fields("role", "funding", "from_on", "", "to_on", "", "role_basis", "Example")
	case "/partnerships/{id}/roles/{role}/edit":
		return fields("from_on", "2026", "to_on", "", "role_basis", "Example", "party", "", "version", "1")
	case "/partnerships/{id}/roles/{role}/delete":
		return fields("party", "")
	case "/hand-over/{account}":
		return fields("to", w.Actor(Specialist).Account, "partnership", w.Handed, "reason", "Example", "last_day", "")
	case "/calendar-addresses":
		return fields("partnership", "")
	case "/partnerships/{id}/dossier":
		return fields("text", "Example word", "version", "0")
	case "/partnerships/{id}/team":
		return fields("account", w.Actor(Officer).Account, "right", "view", "until_on", "")
	case "/partnerships/{id}/manager":
		return fields("account", w.Actor(Manager).Account)
	case "/partnerships/{id}/gates/{gate}/waive":
		return fields("reason", "Example", "until_on", "")
	case "/partnerships/{id}/actions":
		return fields("text", "Example", "element", "", "owner", "right:manage", "due_on", day(10), "high", "", "audience", "parties")
	case "/partnerships/{id}/actions/{action}/do":
		return fields("note", "Example")
	case "/partnerships/{id}/actions/{action}/check":
		return fields("good", "yes")
	case "/partnerships/{id}/requests":
		return fields("what", "claim:"+k.Claim, "whom", w.Organisations["B"]+"|"+w.Focal, "note", "Example note", "lang", "", "due_on", day(7), "days", "30", "reminders", "1")
	case "/partnerships/{id}/replies/{reply}/decline":
		return fields("why", "Example")
	case "/partnerships/{id}/deadlines":
		return fields("text", "Example", "element", "", "due_on", day(10), "audience", "parties")
	}
	return fields()
}

// ask is what a route about one partnership asks of its reader beside its
// permission: a right, and sometimes more.
type ask struct {
	right access.Right
	also  string
}

// What a route may ask beside a right.
const (
	authorOrManager = "the record's author, or manage"
	ownerOrManager  = "the action's owner, or manage"
	notItsAuthor    = "another person than its author"
	secondLook      = "manage or approve, and another person than who did it"
	adminToo        = "or an administrator who may view"
	waiverRole      = "a role that may waive the gate"
	roleOfWaiver    = "the role that waived"
	evenRemoved     = "also when it is removed"
)

// asks are the rights that changes ask for. Reading asks for the right to
// view, unless it is here.
var asks = map[string]ask{
	"GET /partnerships/{id}/edit":                                               {access.Manage, ""},
	"POST /partnerships/{id}/edit":                                              {access.Manage, ""},
	"POST /partnerships/{id}/about":                                             {access.Manage, ""},
	"POST /partnerships/{id}/places":                                            {access.Manage, ""},
	"POST /partnerships/{id}/amounts":                                           {access.Manage, ""},
	"POST /partnerships/{id}/results":                                           {access.Manage, ""},
	"POST /partnerships/{id}/drop/{what}/{record}":                              {access.Manage, ""},
	"POST /partnerships/{id}/undrop/{what}/{record}":                            {access.Manage, ""},
	"GET /partnerships/{id}/status":                                             {access.Manage, ""},
	"POST /partnerships/{id}/status":                                            {access.Manage, ""},
	"POST /partnerships/{id}/modality":                                          {access.Manage, ""},
	"POST /partnerships/{id}/delete":                                            {access.Manage, ""},
	"POST /partnerships/{id}/restore":                                           {access.Manage, evenRemoved},
	"POST /partnerships/{id}/elements/{element}/evidence":                       {access.Contribute, ""},
	"POST /partnerships/{id}/elements/{element}/evidence/{record}/delete":       {access.Contribute, authorOrManager},
	"POST /partnerships/{id}/elements/{element}/evidence/{record}/restore":      {access.Contribute, authorOrManager},
	"GET /partnerships/{id}/elements/{element}/evidence/{record}/edit":          {access.Contribute, ""},
	"POST /partnerships/{id}/elements/{element}/evidence/{record}/edit":         {access.Contribute, authorOrManager},
	"POST /partnerships/{id}/elements/{element}/evidence/{record}/keep":         {access.Contribute, ""},
	"POST /partnerships/{id}/elements/{element}/attestations":                   {access.Contribute, ""},
	"GET /partnerships/{id}/elements/{element}/attestations/{record}/edit":      {access.Contribute, ""},
	"POST /partnerships/{id}/elements/{element}/attestations/{record}/edit":     {access.Contribute, authorOrManager},
	"POST /partnerships/{id}/elements/{element}/attestations/{record}/withdraw": {access.Contribute, authorOrManager},
	"POST /partnerships/{id}/elements/{element}/attestations/{record}/decide":   {access.Approve, notItsAuthor},
	"POST /partnerships/{id}/elements/{element}/claims":                         {access.Contribute, ""},
	"POST /partnerships/{id}/elements/{element}/claims/{record}/answer":         {access.Contribute, ""},
	"POST /partnerships/{id}/elements/{element}/claims/{record}/edit":           {access.Contribute, authorOrManager},
	"POST /partnerships/{id}/elements/{element}/claims/{record}/delete":         {access.Contribute, authorOrManager},
	"POST /partnerships/{id}/parties":                                           {access.Manage, ""},
	"GET /partnerships/{id}/parties/{party}/edit":                               {access.Manage, ""},
	"POST /partnerships/{id}/parties/{party}/edit":                              {access.Manage, ""},
	"POST /partnerships/{id}/parties/{party}/delete":                            {access.Manage, ""},
	"POST /partnerships/{id}/parties/{party}/restore":                           {access.Manage, ""},
	"POST /partnerships/{id}/parties/{party}/roles":                             {access.Manage, ""},
	"POST /partnerships/{id}/roles/{role}/edit":                                 {access.Manage, ""},
	"POST /partnerships/{id}/roles/{role}/delete":                               {access.Manage, ""},
	"POST /partnerships/{id}/team":                                              {access.Manage, adminToo},
	"POST /partnerships/{id}/team/{member}/remove":                              {access.Manage, adminToo},
	"POST /partnerships/{id}/team/{member}/restore":                             {access.Manage, adminToo},
	"POST /partnerships/{id}/manager":                                           {access.Manage, adminToo},
	"POST /partnerships/{id}/gates/{gate}/waive":                                {access.View, waiverRole},
	"POST /partnerships/{id}/waivers/{waiver}/end":                              {access.View, roleOfWaiver},
	"POST /partnerships/{id}/actions":                                           {access.Contribute, ""},
	"POST /partnerships/{id}/actions/{action}/do":                               {access.Contribute, ownerOrManager},
	"POST /partnerships/{id}/actions/{action}/check":                            {access.View, secondLook},
	"POST /partnerships/{id}/actions/{action}/drop":                             {access.Contribute, ownerOrManager},
	"POST /partnerships/{id}/actions/{action}/reopen":                           {access.Contribute, ownerOrManager},
	"POST /partnerships/{id}/dossier":                                           {access.Contribute, ""},
	"POST /partnerships/{id}/deadlines":                                         {access.Contribute, ""},
	"GET /partnerships/{id}/requests/new":                                       {access.Contribute, ""},
	"POST /partnerships/{id}/requests":                                          {access.Contribute, ""},
	"POST /partnerships/{id}/requests/{request}/send":                           {access.Contribute, ""},
	"POST /partnerships/{id}/requests/{request}/revoke":                         {access.Contribute, ""},
	"POST /partnerships/{id}/replies/{reply}/take":                              {access.Manage, ""},
	"POST /partnerships/{id}/replies/{reply}/decline":                           {access.Contribute, ""},
	"POST /partnerships/{id}/deadlines/{deadline}/delete":                       {access.Contribute, authorOrManager},
	"POST /partnerships/{id}/deadlines/{deadline}/restore":                      {access.Contribute, authorOrManager},
}

// owned are routes about a record that some readers alone come to, whatever
// their roles allow: for the others it is not there, or not theirs to change.
var owned = map[string]struct {
	readers []string
	others  outcome
}{
	"POST /calendar-addresses/{id}/revoke": {[]string{Officer}, nothing},
	"GET /hand-overs/{id}":                 {[]string{Admin, Auditor, Specialist, Officer}, nothing},
	"GET /hand-overs/{id}/dossier":         {[]string{Admin, Auditor, Specialist, Officer}, nothing},
	"POST /hand-overs/{id}/undo":           {[]string{Admin, Specialist}, nothing},
	"POST /hand-overs/{id}/seen":           {[]string{Officer}, nothing},
	"POST /hand-over/{account}":            {[]string{Admin, Officer}, noRight},
}

// asked is what a route about one partnership asks.
func asked(t testing.TB, r web.Route) ask {
	t.Helper()
	a, ok := asks[key(r)]
	if !ok && r.Changes() {
		t.Errorf("%s: which right does it ask for? Add it to asks", r)
	}
	if !ok {
		a.right = access.View
	}
	return a
}

func key(r web.Route) string { return fmt.Sprintf("%s %s", r.Method, r.Pattern) }

// gone are routes whose address holds a secret that is used up, or that
// answers only in another kind of process: nobody gets through.
var gone = map[string]string{
	"GET /set-up/{token}":           "the installation is set up",
	"POST /set-up/{token}":          "the installation is set up",
	"GET /link/{token}":             "no such link",
	"POST /link/{token}":            "no such link",
	"GET /answer/{token}":           "no such link",
	"POST /answer/{token}":          "no such link",
	"POST /answer/{token}/renew":    "no such link",
	"GET /answers/{request}":        "no pass",
	"POST /answers/{request}":       "no pass",
	"POST /answers/{request}/code":  "no pass",
	"POST /answers/{request}/again": "no pass",
	"GET /stop/{token}":             "no such link",
	"POST /stop/{token}":            "no such link",
	"POST /sign-in/demo":            "this is not the demo",
	"GET /calendar/{token}":         "no such address",
}

// unsent are routes whose form is sent without what it needs: what they accept
// is kept in memory or in files at once, which a trial can’t take back.
var unsent = map[string]bool{
	"POST /admin/privacy/persons/{id}/erase":  true, // it writes files too
	"POST /reference/{list}/new":              true,
	"POST /reference/{list}/rows/{code}/edit": true,
}

// TestRouteTables: the tables of this file name routes that exist.
func TestRouteTables(t *testing.T) {
	t.Parallel()
	exists := map[string]bool{}
	for _, r := range app.Routes() {
		exists[key(r)] = true
	}
	for k := range asks {
		if !exists[k] {
			t.Errorf("no such route any more: %s", k)
		}
	}
	for k := range owned {
		if !exists[k] {
			t.Errorf("no such route any more: %s", k)
		}
	}
	for k := range gone {
		if !exists[k] {
			t.Errorf("no such route any more: %s", k)
		}
	}
}
