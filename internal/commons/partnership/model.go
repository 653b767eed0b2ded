package partnership

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
)

// Kind is the name of partnerships in object access and audit.
const Kind = "partnership"

// Status is where a partnership stands as a whole.
type Status string

// The statuses; Paused and Declined may come at any time, with a reason.
const (
	Exploring   Status = "exploring"
	Formalised  Status = "formalised"
	Active      Status = "active"
	UnderReview Status = "under-review"
	Renewed     Status = "renewed"
	Closed      Status = "closed"
	Paused      Status = "paused"
	Declined    Status = "declined"
)

// Statuses are all statuses in their order.
var Statuses = []Status{Exploring, Formalised, Active, UnderReview, Renewed, Closed, Paused, Declined}

// Role is what a party does in a partnership.
type Role string

// The roles. The first three make the triangle.
const (
	Beneficiary  Role = "beneficiary"
	Pivotal      Role = "pivotal"
	Facilitating Role = "facilitating"
	Managing     Role = "managing"
	Funding      Role = "funding"
	Technical    Role = "technical"
)

// Roles are all roles in their order.
var Roles = []Role{Beneficiary, Pivotal, Facilitating, Managing, Funding, Technical}

// Triangle are the three roles of triangular cooperation.
var Triangle = []Role{Beneficiary, Pivotal, Facilitating}

// Modality is the form of cooperation.
type Modality string

// The modalities.
const (
	BilateralSouth Modality = "bilateral-south-south"
	Triangular     Modality = "triangular"
	AllSouth       Modality = "all-south-trilateral"
	Regional       Modality = "regional-interregional"
)

// Modalities are all modalities in their order.
var Modalities = []Modality{BilateralSouth, Triangular, AllSouth, Regional}

// Meta is what every business row carries beside its facts.
type Meta struct {
	Version   int64    `db:"version" audit:"-"`
	CreatedAt clock.Ms `db:"created_at" audit:"-"`
	CreatedBy string   `db:"created_by" audit:"-"`
	UpdatedAt clock.Ms `db:"updated_at" audit:"-"`
	UpdatedBy string   `db:"updated_by" audit:"-"`
	DeletedAt clock.Ms `db:"deleted_at" audit:"-"`
}

// Partnership is one partnership. Dates are days, months or years as far as
// they are known; empty is missing.
type Partnership struct {
	ID           string    `db:"id" audit:"-"`
	Title        string    `db:"title"`
	TitleFR      string    `db:"title_fr"`
	TitleES      string    `db:"title_es"`
	Summary      string    `db:"summary"`
	SummaryFR    string    `db:"summary_fr"`
	SummaryES    string    `db:"summary_es"`
	Status       Status    `db:"status"`
	StatusSince  clock.Ms  `db:"status_since" audit:"-"`
	Confidential bool      `db:"confidential"`
	Example      bool      `db:"example"` // fictitious
	StartOn      clock.Day `db:"start_on"`
	EndOn        clock.Day `db:"end_on"`
	Modality     Modality  `db:"modality"` // confirmed by a person; empty until then
	ModalityBy   string    `db:"modality_by" audit:"-"`
	ModalityAt   clock.Ms  `db:"modality_at" audit:"-"`
	Umbrella     string    `db:"umbrella"`
	NeedKind     NeedKind  `db:"need_kind"`
	NeedText     string    `db:"need_text"`
	NeedOn       clock.Day `db:"need_on"`
	Manager      string    `db:"manager"` // account
	Source       string    `db:"source"`  // key of a reference source, where the record comes from one
	SourcePlace  string    `db:"source_place"`
	Meta
}

// TitleIn is the title in a language, where it was given in it.
func (p Partnership) TitleIn(lang string) string {
	return inLang(lang, p.Title, p.TitleFR, p.TitleES)
}

// SummaryIn is the summary in a language, where it was given in it.
func (p Partnership) SummaryIn(lang string) string {
	return inLang(lang, p.Summary, p.SummaryFR, p.SummaryES)
}

func inLang(lang, first, fr, es string) string {
	switch {
	case lang == "fr" && fr != "":
		return fr
	case lang == "es" && es != "":
		return es
	}
	return first
}

// NeedKind says what a partnership's need rests on.
type NeedKind string

// The kinds of need; empty means not stated.
const (
	NeedConfirmed NeedKind = "confirmed" // the country asked
	NeedSignal    NeedKind = "signal"    // an analytic signal, not a request
)

// Party is an organisation in a partnership, or one that is described but not
// yet named.
type Party struct {
	ID           string    `db:"id" audit:"-"`
	Partnership  string    `db:"partnership"`
	Organisation string    `db:"organisation"` // empty: not yet named
	Label        string    `db:"label"`        // what is said of one that is not named
	LabelFR      string    `db:"label_fr"`
	LabelES      string    `db:"label_es"`
	Country      string    `db:"country"` // of one that is not named
	JoinedOn     clock.Day `db:"joined_on"`
	LeftOn       clock.Day `db:"left_on"`
	Inferred     bool      `db:"inferred"` // read between the lines of the source
	Basis        string    `db:"basis"`    // what the source says of it
	BasisFR      string    `db:"basis_fr"`
	BasisES      string    `db:"basis_es"`
	SourcePlace  string    `db:"source_place"`
	Meta
}

// PartyRole is a role that a party holds between two days.
type PartyRole struct {
	ID          string    `db:"id" audit:"-"`
	Partnership string    `db:"partnership"`
	Party       string    `db:"party"`
	Role        Role      `db:"role"`
	FromOn      clock.Day `db:"from_on"`
	ToOn        clock.Day `db:"to_on"`
	Inferred    bool      `db:"inferred"`
	Basis       string    `db:"basis"`
	BasisFR     string    `db:"basis_fr"`
	BasisES     string    `db:"basis_es"`
	SourcePlace string    `db:"source_place"`
	Version     int64     `db:"version" audit:"-"`
	CreatedAt   clock.Ms  `db:"created_at" audit:"-"`
	CreatedBy   string    `db:"created_by" audit:"-"`
	DeletedAt   clock.Ms  `db:"deleted_at" audit:"-"`
}

// Holds says whether the role is held on a day. A date not given does not limit.
func (r PartyRole) Holds(on clock.Day) bool { return within(r.FromOn, r.ToOn, on) }

// Present says whether the party takes part on a day.
func (p Party) Present(on clock.Day) bool { return within(p.JoinedOn, p.LeftOn, on) }

// within compares a day with dates that may be a year or a month alone.
func within(from, to, on clock.Day) bool {
	cut := func(n int) clock.Day { return on[:min(len(on), n)] }
	if from != "" && cut(len(from)) < from {
		return false
	}
	return to == "" || cut(len(to)) <= to
}

// BasisIn is what the source says of the party, in a language.
func (p Party) BasisIn(lang string) string { return inLang(lang, p.Basis, p.BasisFR, p.BasisES) }

// BasisIn is what the source says of the role, in a language.
func (r PartyRole) BasisIn(lang string) string { return inLang(lang, r.Basis, r.BasisFR, r.BasisES) }

// Place is where a partnership works.
type Place struct {
	ID          string            `db:"id" audit:"-"`
	Partnership string            `db:"partnership"`
	Kind        PlaceKind         `db:"kind"`
	Code        string            `db:"code"` // country (ISO 3166-1 alpha-3) or region (M49)
	Name        string            `db:"name"` // of a finer place, or what is said of one not yet named
	NameFR      string            `db:"name_fr"`
	NameES      string            `db:"name_es"`
	Lat         sql.Null[float64] `db:"lat"` // degrees north
	Lon         sql.Null[float64] `db:"lon"` // degrees east
	Inferred    bool              `db:"inferred"`
	SourcePlace string            `db:"source_place"`
	CreatedAt   clock.Ms          `db:"created_at" audit:"-"`
	CreatedBy   string            `db:"created_by" audit:"-"`
	DeletedAt   clock.Ms          `db:"deleted_at" audit:"-"`
}

// PlaceKind says how finely a place is known.
type PlaceKind string

// The kinds of place.
const (
	PlaceCountry PlaceKind = "country"
	PlaceRegion  PlaceKind = "region"
	PlacePoint   PlaceKind = "point"
	PlaceUnnamed PlaceKind = "unnamed"
)

// Tag is a code of a reference list that a partnership carries; of a party,
// where the list is about parties.
type Tag struct {
	Partnership string   `db:"partnership"`
	List        string   `db:"list"`
	Code        string   `db:"code"`
	Party       string   `db:"party"`
	Basis       string   `db:"basis"`
	BasisFR     string   `db:"basis_fr"`
	BasisES     string   `db:"basis_es"`
	SourcePlace string   `db:"source_place"`
	CreatedAt   clock.Ms `db:"created_at" audit:"-"`
	CreatedBy   string   `db:"created_by" audit:"-"`
}

// BasisIn is what the source says of it, in a language.
func (g Tag) BasisIn(lang string) string { return inLang(lang, g.Basis, g.BasisFR, g.BasisES) }

// TagLists are the reference lists a partnership carries codes of, in the
// order of its form.
var TagLists = []string{
	"focus_theme", "mandate_theme", "functional_area", "population_group", "economic_sector", "supply_chain",
	"challenge", "roadmap", "partnership_reason", "framework", "sdg_target", "sstc_principle",
}

// BringsList is the reference list of what a party brings.
const BringsList = "partner_brings"

// Amount is money as it was stated. Amounts of different kind are never summed.
type Amount struct {
	ID          string          `db:"id" audit:"-"`
	Partnership string          `db:"partnership"`
	Kind        string          `db:"kind"`     // row of amount_kind
	Minor       sql.Null[int64] `db:"minor"`    // minor units of the currency; null: not stated
	Currency    string          `db:"currency"` // ISO 4217
	StatedAs    string          `db:"stated_as"`
	Note        string          `db:"note"`
	NoteFR      string          `db:"note_fr"`
	NoteES      string          `db:"note_es"`
	SourcePlace string          `db:"source_place"`
	Audience    string          `db:"audience"`
	CreatedAt   clock.Ms        `db:"created_at" audit:"-"`
	CreatedBy   string          `db:"created_by" audit:"-"`
	DeletedAt   clock.Ms        `db:"deleted_at" audit:"-"`
}

// NoteIn is the note in a language.
func (a Amount) NoteIn(lang string) string { return inLang(lang, a.Note, a.NoteFR, a.NoteES) }

// Result is a result as somebody stated it.
type Result struct {
	ID          string   `db:"id" audit:"-"`
	Partnership string   `db:"partnership"`
	Position    int64    `db:"position"`
	Kind        string   `db:"kind"` // achieved or planned
	Text        string   `db:"text"`
	TextFR      string   `db:"text_fr"`
	TextES      string   `db:"text_es"`
	SourcePlace string   `db:"source_place"`
	Audience    string   `db:"audience"`
	CreatedAt   clock.Ms `db:"created_at" audit:"-"`
	CreatedBy   string   `db:"created_by" audit:"-"`
	DeletedAt   clock.Ms `db:"deleted_at" audit:"-"`
}

// TextIn is the result in a language.
func (r Result) TextIn(lang string) string { return inLang(lang, r.Text, r.TextFR, r.TextES) }

// Member is a right that an account holds in a partnership's team.
type Member struct {
	ID          string       `db:"id" audit:"-"`
	Partnership string       `db:"partnership"`
	Account     string       `db:"account"`
	Right       access.Right `db:"access_right"`
	UntilOn     clock.Day    `db:"until_on"`
	CreatedAt   clock.Ms     `db:"created_at" audit:"-"`
	CreatedBy   string       `db:"created_by" audit:"-"`
	DeletedAt   clock.Ms     `db:"deleted_at" audit:"-"`
	Person      string       `db:"person" audit:"-"`
	Name        string       `db:"name" audit:"-"`
	Away        bool         `db:"away" audit:"-"`      // the account is closed or went over to a partner
	RolesEnd    clock.Ms     `db:"roles_end" audit:"-"` // when the account's last role ends; 0 never
}

// Holds says whether the right is held on a day: the account still works for
// the host, in some role.
func (m Member) Holds(on clock.Day) bool {
	return !m.Away && (m.RolesEnd == 0 || m.RolesEnd > on.Ms()) && (m.UntilOn == "" || m.UntilOn >= on)
}

// Evidence links something to an element: a file, a link, a note, a passage
// of the guide, or a record of the product.
type Evidence struct {
	ID          string       `db:"id" audit:"-"`
	Partnership string       `db:"partnership"`
	Element     string       `db:"element"`
	Kind        EvidenceKind `db:"kind"`
	Title       string       `db:"title"`
	Ref         string       `db:"ref"` // hash of a file, address of a link, code of a passage, path of a record
	Note        string       `db:"note"`
	Dated       clock.Day    `db:"dated"`
	FileName    string       `db:"file_name"` // under which the file came
	Alt         string       `db:"alt"`       // what a picture shows, for who can't see it
	Origin      string       `db:"origin"`    // the evidence whose message this file was attached to; empty for none
	MediaType   string       `db:"media_type"`
	Size        int64        `db:"size"`
	Audience    string       `db:"audience"`
	Meta
}

// FileVersion is a file that was given for an evidence or an attestation. The
// one with the highest number is the present one; none is ever changed.
type FileVersion struct {
	ID          string   `db:"id"`
	Partnership string   `db:"partnership"`
	RecordKind  string   `db:"record_kind"` // evidence or attestation
	Record      string   `db:"record"`
	Number      int      `db:"number"` // from 1
	File        string   `db:"file"`   // SHA-256 of the content
	FileName    string   `db:"file_name"`
	MediaType   string   `db:"media_type"`
	Size        int64    `db:"size"`
	CreatedAt   clock.Ms `db:"created_at"`
	CreatedBy   string   `db:"created_by"`
}

// EvidenceKind says what an evidence is.
type EvidenceKind string

// The kinds of evidence.
const (
	EvidenceFile   EvidenceKind = "file"
	EvidenceLink   EvidenceKind = "link"
	EvidenceNote   EvidenceKind = "note"
	EvidenceGuide  EvidenceKind = "guide" // row of the list guide_passage
	EvidenceRecord EvidenceKind = "record"
)

// Attestation stands in for records, or exempts an element.
type Attestation struct {
	ID           string          `db:"id" audit:"-"`
	Partnership  string          `db:"partnership"`
	Element      string          `db:"element"`
	Kind         AttestationKind `db:"kind"`
	Reason       string          `db:"reason"`
	Title        string          `db:"title"`
	Link         string          `db:"link"`
	Note         string          `db:"note"`
	File         string          `db:"file"` // hash
	FileName     string          `db:"file_name"`
	MediaType    string          `db:"media_type"`
	Size         int64           `db:"size"`
	Dated        clock.Day       `db:"dated"`
	ValidUntil   clock.Day       `db:"valid_until"`
	Content      string          `db:"content"` // hash of what approval binds to
	Author       string          `db:"author"`  // account
	AuthorPerson string          `db:"author_person"`
	State        Decision        `db:"state"`
	DecidedBy    string          `db:"decided_by"`
	Decider      string          `db:"decider"` // person
	DecidedAt    clock.Ms        `db:"decided_at"`
	DecidedWhy   string          `db:"decided_why"`
	Approved     string          `db:"approved"` // the content hash that was approved
	Audience     string          `db:"audience"`
	Meta
}

// AttestationKind says what an attestation claims.
type AttestationKind string

// The kinds of attestation.
const (
	Attests AttestationKind = "attestation"
	Exempts AttestationKind = "exemption"
)

// Decision is where an attestation stands.
type Decision string

// The decisions.
const (
	Pending   Decision = "pending"
	Approved  Decision = "approved"
	Rejected  Decision = "rejected"
	Withdrawn Decision = "withdrawn"
)

// ContentHash is what approval binds to: any change of it makes an approved
// attestation pending again.
func (a Attestation) ContentHash() string {
	return hashOf(string(a.Kind), a.Element, a.Reason, a.Title, a.Link, a.Note, a.File, string(a.Dated), string(a.ValidUntil))
}

// Stands says whether the attestation is approved as it is and not expired.
func (a Attestation) Stands(today clock.Day) bool {
	return a.State == Approved && a.Approved == a.Content && a.ValidUntil >= today
}

// Overdue says whether an attestation that waits for approval can no longer be
// approved: its last day has come.
func (a Attestation) Overdue(today clock.Day) bool {
	return a.State == Pending && a.ValidUntil <= today
}

// Claim is a statement that the other parties confirm or dispute.
type Claim struct {
	ID          string    `db:"id" audit:"-"`
	Partnership string    `db:"partnership"`
	Element     string    `db:"element"`
	Kind        string    `db:"kind"`   // contribution, milestone, value, statement
	Record      string    `db:"record"` // path of the record it is about
	Text        string    `db:"text"`
	Dated       clock.Day `db:"dated"`
	StatedBy    string    `db:"stated_by"` // organisation
	Content     string    `db:"content"`
	Audience    string    `db:"audience"`
	Meta
}

// ClaimKinds are the kinds of claim in their order.
var ClaimKinds = []string{"contribution", "milestone", "value", "statement"}

// ContentHash is what an answer binds to.
func (c Claim) ContentHash() string {
	return hashOf(c.Kind, c.Record, c.Text, string(c.Dated), c.StatedBy)
}

// Answer is what a party says of a claim.
type Answer struct {
	Claim        string   `db:"claim"`
	Organisation string   `db:"organisation"`
	Answer       string   `db:"answer"` // confirmed or disputed
	Reason       string   `db:"reason"`
	Content      string   `db:"content"`
	At           clock.Ms `db:"at"`
	ByActor      string   `db:"by_actor"`
}

// The answers.
const (
	Confirmed = "confirmed"
	Disputed  = "disputed"
)

// Action is something somebody has to do.
type Action struct {
	ID          string      `db:"id" audit:"-"`
	Partnership string      `db:"partnership"`
	Element     string      `db:"element"`
	Text        string      `db:"text"`    // of an action that a person made
	Message     StoredMsg   `db:"message"` // of one that the product made
	Link        string      `db:"link"`
	OwnerKind   WhoKind     `db:"owner_kind"`
	OwnerID     string      `db:"owner_id"`
	NotPerson   string      `db:"not_person"` // four eyes: this person may not do it
	DueOn       clock.Day   `db:"due_on"`
	High        bool        `db:"high"` // needs evidence to close, and a second person checks
	State       ActionState `db:"state"`
	SystemKey   string      `db:"system_key" audit:"-"`
	DoneNote    string      `db:"done_note"`
	DoneBy      string      `db:"done_by"`
	DonePerson  string      `db:"done_person"`
	DoneAt      clock.Ms    `db:"done_at"`
	CheckedBy   string      `db:"checked_by"`
	CheckedAt   clock.Ms    `db:"checked_at"`
	Audience    string      `db:"audience"`
	Meta
}

// Say is the action's text in a language.
func (a Action) Say(l *i18n.L) string {
	if a.Text != "" {
		return a.Text
	}
	return l.Say(a.Message.Msg)
}

// ActionState is where an action stands.
type ActionState string

// The states of an action.
const (
	ActionOpen    ActionState = "open"
	ActionToCheck ActionState = "to-check" // done, and a second person has to look
	ActionDone    ActionState = "done"
	ActionDropped ActionState = "dropped"
)

// Deadline is a day that matters.
type Deadline struct {
	ID          string    `db:"id"`
	Partnership string    `db:"partnership"`
	Element     string    `db:"element"`
	Text        string    `db:"text"`
	Message     StoredMsg `db:"message"`
	DueOn       clock.Day `db:"due_on"`
	SystemKey   string    `db:"system_key" audit:"-"`
	DoneAt      clock.Ms  `db:"done_at"`
	Audience    string    `db:"audience"`
	CreatedAt   clock.Ms  `db:"created_at" audit:"-"`
	CreatedBy   string    `db:"created_by" audit:"-"`
	DeletedAt   clock.Ms  `db:"deleted_at" audit:"-"`
}

// Say is the deadline's text in a language.
func (d Deadline) Say(l *i18n.L) string {
	if d.Text != "" {
		return d.Text
	}
	return l.Say(d.Message.Msg)
}

// Waiver opens a hard gate by a named role, with a reason that is shown.
type Waiver struct {
	ID          string      `db:"id" audit:"-"`
	Partnership string      `db:"partnership"`
	Gate        string      `db:"gate"`
	Reason      string      `db:"reason"`
	UntilOn     clock.Day   `db:"until_on"`
	ByActor     string      `db:"by_actor"`
	ByRole      access.Role `db:"by_role"`
	At          clock.Ms    `db:"at" audit:"-"`
	DeletedAt   clock.Ms    `db:"deleted_at" audit:"-"`
}

// StoredMsg is a message in a column: it is said in the reader's language.
type StoredMsg struct{ i18n.Msg }

// Scan reads the message; the empty text is no message.
func (m *StoredMsg) Scan(src any) error {
	m.Msg = i18n.Msg{}
	s, ok := src.(string)
	if b, isBytes := src.([]byte); isBytes {
		s, ok = string(b), true
	}
	if !ok || s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), &m.Msg)
}

// Text is the message as the column holds it.
func (m StoredMsg) Text() string {
	if m.Zero() {
		return ""
	}
	b, err := json.Marshal(m.Msg)
	if err != nil {
		return ""
	}
	return string(b)
}

// hashOf is SHA-256 over the values, each closed by a byte that no text holds.
func hashOf(values ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(values, "\x00") + "\x00"))
	return hex.EncodeToString(sum[:])
}
