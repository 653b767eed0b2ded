package directory

import (
	"slices"
	"strings"

	"ayni/internal/kernel/clock"
)

// ContactKind is a way in which somebody is reached.
type ContactKind string

// The ways.
const (
	ByMail      ContactKind = "email"
	ByPhone     ContactKind = "phone"
	ByPost      ContactKind = "post"
	ByMessaging ContactKind = "messaging"
	ByWeb       ContactKind = "web"
)

// ContactKinds are all ways in the order in which they are shown.
var ContactKinds = []ContactKind{ByMail, ByPhone, ByPost, ByMessaging, ByWeb}

// Basis is why somebody may be reached there.
type Basis string

// The bases.
const (
	OnConsent  Basis = "consent"  // the person said so
	OnFunction Basis = "function" // it is the address of an official function
	OnContract Basis = "contract" // an agreement with the person or its organisation needs it
	OnPublic   Basis = "public"   // the person made it public for such purposes
)

// Bases are all bases in the order in which they are shown.
var Bases = []Basis{OnConsent, OnFunction, OnContract, OnPublic}

// Contact is a contact point: how a person or an organisation is reached, for
// what, and on which basis.
type Contact struct {
	ID           string      `db:"id" audit:"-"`
	Person       string      `db:"person"`       // whose it is, or
	Organisation string      `db:"organisation"` // of which organisation
	Kind         ContactKind `db:"kind"`
	Value        string      `db:"value" audit:"personal"`
	Purposes     string      `db:"purposes"` // codes of PurposeList, in order, a blank between; empty: every purpose
	Basis        Basis       `db:"basis"`
	BasisOn      clock.Day   `db:"basis_on"` // when the basis was given; may be a month or a year
	BasisNote    string      `db:"basis_note" audit:"personal"`
	WithdrawnOn  clock.Day   `db:"withdrawn_on"` // empty while it may be used
	BouncedOn    clock.Day   `db:"bounced_on"`   // what was sent there came back
	FromOn       clock.Day   `db:"from_on"`
	ToOn         clock.Day   `db:"to_on"`
	Preferred    bool        `db:"preferred"`
	Lang         string      `db:"lang"` // in which to write there; empty: the person's
	Meta
}

// PurposeCodes are the codes of the purposes; nil for every purpose.
func (c Contact) PurposeCodes() []string { return strings.Fields(c.Purposes) }

// Serves says whether the contact point may be used for a purpose on a day:
// not withdrawn, in its time, and nothing sent there came back.
func (c Contact) Serves(purpose string, today clock.Day) bool {
	codes := c.PurposeCodes()
	begun := c.FromOn == "" || string(c.FromOn) <= string(today)[:min(len(c.FromOn), len(today))]
	return c.WithdrawnOn == "" && c.BouncedOn == "" && begun && !Over(c.ToOn, today) && (len(codes) == 0 || slices.Contains(codes, purpose))
}

// owner is the path of the page the contact point stands on.
func (c Contact) owner() string {
	if c.Person != "" {
		return personPath(c.Person)
	}
	return organisationPath(c.Organisation)
}
