package directory

import (
	"ayni/internal/kernel/clock"
)

// Names of the kinds of record in the audit.
const (
	OrganisationRecord = "organisation"
	StandingRecord     = "organisation_standing"
	MemberRecord       = "organisation_member"
	PersonRecord       = "person"
	RoleRecord         = "person_role"
	ContactRecord      = "contact_point"
)

// Lists of reference data that organisations refer to.
const (
	KindList     = "organisation_kind"
	StandingList = "standing_kind"
	CountryList  = "country"
	PurposeList  = "contact_purpose"
)

// Constituent is whom an organisation speaks for in the ILO's terms.
type Constituent string

// The constituents; empty where the organisation's kind is missing.
const (
	Government Constituent = "government"
	Employers  Constituent = "employers"
	Workers    Constituent = "workers"
	Others     Constituent = "other"
)

// Constituents are all constituents in the order in which they are shown.
var Constituents = []Constituent{Government, Employers, Workers, Others}

// Meta is what every row carries beside its facts.
type Meta struct {
	Version   int64    `db:"version" audit:"-"`
	CreatedAt clock.Ms `db:"created_at" audit:"-"`
	CreatedBy string   `db:"created_by" audit:"-"`
	UpdatedAt clock.Ms `db:"updated_at" audit:"-"`
	UpdatedBy string   `db:"updated_by" audit:"-"`
	DeletedAt clock.Ms `db:"deleted_at" audit:"-"` // 0 while it is there
}

// Organisation is a body: a ministry, a union, an agency, a network.
type Organisation struct {
	ID          string       `db:"id" audit:"-"`
	Name        string       `db:"name"` // in the language it was written in
	NameFR      string       `db:"name_fr"`
	NameES      string       `db:"name_es"`
	Acronym     string       `db:"acronym"`
	Kind        string       `db:"kind"` // of KindList; empty is missing
	Constituent Constituent  `db:"constituent"`
	Country     string       `db:"country"` // of CountryList; empty is missing
	Parent      string       `db:"parent"`  // the organisation it is a part of
	Website     string       `db:"website"`
	Note        string       `db:"note"`    // for staff
	Example     bool         `db:"example"` // fictitious
	Source      string       `db:"source"`  // key of a reference source, or words
	SourcePlace string       `db:"source_place"`
	Aliases     []string     `db:"aliases"`     // rows of their own; nil for none
	Identifiers []Identifier `db:"identifiers"` // rows of their own; nil for none
	Meta
}

// NameIn is the name in a language, or the first name where it has none.
func (o Organisation) NameIn(lang string) string {
	switch {
	case lang == "fr" && o.NameFR != "":
		return o.NameFR
	case lang == "es" && o.NameES != "":
		return o.NameES
	}
	return o.Name
}

// Identifier is a name that a register gives to one organisation.
type Identifier struct {
	Scheme string `json:"scheme"` // the register, such as iati, ror, br-cnpj
	Value  string `json:"value"`
}

// OrganisationForm is what a person says of an organisation.
type OrganisationForm struct {
	Name        string
	NameFR      string
	NameES      string
	Acronym     string
	Kind        string
	Country     string
	Parent      string
	Website     string
	Note        string
	Source      string
	SourcePlace string
	Aliases     []string
	Identifiers []Identifier
	Version     int64 // of the record when the form was opened
}

// on is the organisation with what the form says.
func (f OrganisationForm) on(o Organisation) Organisation {
	o.Name, o.NameFR, o.NameES, o.Acronym = f.Name, f.NameFR, f.NameES, f.Acronym
	o.Kind, o.Country, o.Parent, o.Website, o.Note = f.Kind, f.Country, f.Parent, f.Website, f.Note
	o.Source, o.SourcePlace = f.Source, f.SourcePlace
	o.Aliases, o.Identifiers = f.Aliases, f.Identifiers
	return o
}

// Standing is a standing of an organisation. Days may be known to the month or
// the year alone.
type Standing struct {
	ID           string    `db:"id" audit:"-"`
	Organisation string    `db:"organisation"`
	Kind         string    `db:"kind"` // of StandingList
	FromOn       clock.Day `db:"from_on"`
	ToOn         clock.Day `db:"to_on"`
	Source       string    `db:"source"`
	Meta
}

// Member is a member of a network: an organisation or a country.
type Member struct {
	ID           string    `db:"id" audit:"-"`
	Organisation string    `db:"organisation"` // the network
	Body         string    `db:"member"`       // an organisation, or
	Country      string    `db:"country"`      // a country
	FromOn       clock.Day `db:"from_on"`
	ToOn         clock.Day `db:"to_on"`
	Source       string    `db:"source"`
	Meta
}

// Person is a human being whom the work knows.
type Person struct {
	ID      string `db:"id" audit:"-"`
	Name    string `db:"name" audit:"personal"`
	Email   string `db:"email" audit:"personal"`
	Lang    string `db:"lang"` // in which the person is written to; empty is missing
	Note    string `db:"note" audit:"personal"`
	Example bool   `db:"example"` // fictitious
	Meta

	ErasedAt clock.Ms `db:"erased_at" audit:"-"` // 0 for persons who were not; an erased one never comes back
}

// PersonForm is what is said of a person.
type PersonForm struct {
	Name    string
	Email   string
	Lang    string
	Note    string
	Version int64 // of the record when the form was opened
	Anyway  bool  // though the address belonged to a person who was erased
}

func (f PersonForm) on(p Person) Person {
	p.Name, p.Email, p.Lang, p.Note = f.Name, f.Email, f.Lang, f.Note
	return p
}

// Role is what a person is in an organisation, for a time.
type Role struct {
	ID           string    `db:"id" audit:"-"`
	Person       string    `db:"person"`
	Organisation string    `db:"organisation"`
	Title        string    `db:"title" audit:"personal"`
	Focal        bool      `db:"focal"` // the one to turn to
	FromOn       clock.Day `db:"from_on"`
	ToOn         clock.Day `db:"to_on"`
	Meta
}

// Over says whether what ended on a day, a month or a year is over.
func Over(to, today clock.Day) bool {
	return to != "" && string(to) < string(today)[:min(len(to), len(today))]
}

// Filter narrows and orders a list of organisations. Empty fields do not narrow.
type Filter struct {
	Text        string // words, each the beginning of a word of a name, alias or acronym
	Kind        string
	Country     string
	Constituent Constituent
	Sort        Sort
	Lang        string // of names
	After       string // id of the last row of the page before, or
	Before      string // id of the first row of the page after
	Limit       int    // 0: PageSize

	nowhere bool // only rows whose country is missing
}

// Sort is the order of a list.
type Sort string

// The orders. A minus turns one round.
const (
	ByName        Sort = "name"
	ByNameDown    Sort = "-name"
	ByCountry     Sort = "country" // by the country's name in the reader's language
	ByCountryDown Sort = "-country"
)

// Sorts are the orders of organisations.
var Sorts = []Sort{ByName, ByNameDown, ByCountry, ByCountryDown}

// PageSize is the number of rows of a page of a list.
const PageSize = 50

// CountMost is how far a list counts.
const CountMost = 10_000

// Listed is a row of the list of organisations.
type Listed struct {
	ID          string      `db:"id"`
	Name        string      `db:"name"`
	Acronym     string      `db:"acronym"`
	Kind        string      `db:"kind"`
	Constituent Constituent `db:"constituent"`
	Country     string      `db:"country"`
	ParentID    string      `db:"parent"`
	ParentName  string      `db:"parent_name"`
	Example     bool        `db:"example"`
}

// Page is a stretch of a list.
type Page[T any] struct {
	Rows []T
	Prev bool // there are rows before
	Next bool // there are rows after
}

// PersonFilter narrows a list of persons.
type PersonFilter struct {
	Text         string
	Organisation string // with a role there that is not over
	Sort         Sort   // ByName or ByNameDown
	Lang         string
	After        string
	Before       string
	Limit        int
}

// ListedPerson is a row of the list of persons.
type ListedPerson struct {
	ID      string `db:"id"`
	Name    string `db:"name"`
	Email   string `db:"email"`
	Example bool   `db:"example"`
	Roles   []RoleShown
}

// RoleShown is a role with the names of both sides.
type RoleShown struct {
	Role
	PersonName       string `db:"person_name"`
	PersonEmail      string `db:"person_email"`
	OrganisationName string `db:"organisation_name"`
}

// MemberShown is a member with its name, where it is an organisation.
type MemberShown struct {
	Member
	NetworkName string `db:"network_name"`
	MemberName  string `db:"member_name"`
}

// Found is an organisation that a search by name found.
type Found struct {
	ID      string `db:"id"`
	Name    string `db:"name"`
	Acronym string `db:"acronym"`
	Kind    string `db:"kind"`
	Country string `db:"country"`
}
