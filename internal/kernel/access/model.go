package access

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// State is where an account stands.
type State string

// The states.
const (
	Invited State = "invited" // has a link and no password yet
	Active  State = "active"
	Closed  State = "closed" // can't sign in; kept, because the audit names it
)

// States are all states, in the order in which they are shown.
var States = []State{Invited, Active, Closed}

// Account is one person's way into the installation.
type Account struct {
	ID           string      `db:"id" audit:"-"`
	Person       string      `db:"person"`
	Name         string      `db:"name" audit:"personal"`
	Email        string      `db:"email" audit:"personal"`
	Organisation string      `db:"organisation"` // of a partner account
	Lang         string      `db:"lang"`         // empty: as the browser asks
	Theme        string      `db:"theme"`        // "", light or dark
	State        State       `db:"state"`
	Demo         bool        `db:"demo"`                  // signs in without a password, only in a process for the demo
	SeenAt       clock.Ms    `db:"seen_at" audit:"-"`     // last request, to the minute
	SeenBefore   clock.Ms    `db:"seen_before" audit:"-"` // last request of the visit before this one
	Version      int64       `db:"version" audit:"-"`
	CreatedAt    clock.Ms    `db:"created_at" audit:"-"`
	CreatedBy    string      `db:"created_by" audit:"-"`
	UpdatedAt    clock.Ms    `db:"updated_at" audit:"-"`
	UpdatedBy    string      `db:"updated_by" audit:"-"`
	Roles        []RoleGrant // in the order of Roles; those that have ended too
}

// RoleGrant is a role that an account holds, for good or until a day.
type RoleGrant struct {
	Role  Role
	Until clock.Day // the last day (UTC) on which it holds; empty: without end
	From  clock.Ms  // when it was granted; set by the service
	By    string    // who granted it; set by the service
}

// Ended says whether the role no longer holds on a day.
func (g RoleGrant) Ended(today clock.Day) bool { return g.Until != "" && g.Until < today }

// Holds says whether the account is active and holds a role on a day.
func (a Account) Holds(r Role, today clock.Day) bool {
	if a.State != Active {
		return false
	}
	for _, g := range a.Roles {
		if g.Role == r && !g.Ended(today) {
			return true
		}
	}
	return false
}

// roleText is the roles as the audit keeps them: "finance until 2026-12-31, legal".
func (a Account) roleText() string {
	parts := make([]string, len(a.Roles))
	for i, g := range a.Roles {
		parts[i] = string(g.Role)
		if g.Until != "" {
			parts[i] += " until " + string(g.Until)
		}
	}
	return strings.Join(parts, ", ")
}

// NewAccount is what an invitation says.
type NewAccount struct {
	Name         string
	Email        string
	Person       string // an existing person; empty: NewPerson finds or makes one
	Lang         string
	Organisation string // of a partner account
	Roles        []RoleGrant
	Demo         bool // active at once, no password; only commands make such accounts
	Anyway       bool // though the address belonged to a person who was erased
}

// RoleForm is what an administrator sets on an account.
type RoleForm struct {
	Organisation string // of a partner account
	Roles        []RoleGrant
	Version      int64 // of the account when the form was opened; 0: as it is
}

// Profile is what the owner of an account sets.
type Profile struct {
	Name  string
	Lang  string // empty: as the browser asks
	Theme string // "", light or dark
}

// SetUpForm is what the first person says at first set-up.
type SetUpForm struct {
	Name        string
	Email       string
	Password    string
	HostName    string // the organisation that runs the installation
	HostAcronym string // may be empty
	Lang        string // of the installation and of this account
}

// Filter narrows a list of accounts. Zero fields do not narrow.
type Filter struct {
	Text         string // part of the name or of the e-mail address
	Role         Role   // held today
	State        State
	Organisation string
	Person       string
	IDs          []string
	Demo         bool   // demo accounts alone
	After        string // id of the last account of the page before
	Limit        int    // 0: 1,000
}

// Session is one place where an account is signed in.
type Session struct {
	ID        string   `db:"token"` // hash of the token, which alone opens nothing
	Account   string   `db:"account"`
	CreatedAt clock.Ms `db:"created_at"`
	SeenAt    clock.Ms `db:"seen_at"`
	AuthAt    clock.Ms `db:"auth_at"` // when the password was last given
	Agent     string   `db:"agent"`   // the browser, as it names itself
}

// Purpose is what a link is for.
type Purpose string

// The purposes.
const (
	LinkSignUp Purpose = "sign-up" // set the first password
	LinkReset  Purpose = "reset"   // set a new password
	LinkSetUp  Purpose = "set-up"  // make the first account
	LinkEmail  Purpose = "address" // confirm another e-mail address
	linkHalf   Purpose = "half"    // a sign-in that waits for its code
)

// Link is a single-use right that a token carries.
type Link struct {
	Purpose   Purpose
	Account   Account // zero for first set-up
	Address   string  // the e-mail address to confirm
	ExpiresAt clock.Ms
}

// LinkPath is the address of a page that a sign-up or reset link opens.
func LinkPath(token string) string { return "/link/" + token }

// SetUpPath is the address of the page that a set-up token opens.
func SetUpPath(token string) string { return "/set-up/" + token }

// Lengths of what people type.
const (
	maxName  = 200 // characters
	maxEmail = 254 // bytes (RFC 5321, a path without its brackets)
	maxAgent = 200 // bytes
)

// FoldEmail is the form in which e-mail addresses are compared.
func FoldEmail(s string) string {
	return norm.NFC.String(strings.ToLower(strings.TrimSpace(s)))
}

// checkName tidies a name and notes what is wrong with it.
func checkName(c *errs.Check, field, s string) string {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		c.Add(field, i18n.M("access.name.missing", "Give the name."))
	case utf8.RuneCountInString(s) > maxName:
		c.Add(field, i18n.M("access.name.long", "Use at most {n} characters.", i18n.A{"n": maxName}))
	case strings.ContainsFunc(s, unicode.IsControl):
		c.Add(field, i18n.M("access.name.control", "Use letters, digits and punctuation alone, on one line."))
	}
	return s
}

// checkEmail tidies an address and notes what is wrong with it.
func checkEmail(c *errs.Check, field, s string) string {
	s = strings.TrimSpace(s)
	a, err := mail.ParseAddress(s)
	switch {
	case s == "":
		c.Add(field, i18n.M("access.email.missing", "Give the e-mail address."))
	case len(s) > maxEmail:
		c.Add(field, i18n.M("access.email.long", "This address is longer than any e-mail address can be."))
	case err != nil || a.Name != "" || a.Address != s:
		c.Add(field, i18n.M("access.email.form", "Give one address such as name@example.org, without a name or brackets."))
	}
	return s
}

func checkLang(c *errs.Check, field, s string) {
	c.If(s != "" && !i18n.Known(s), field, i18n.M("access.lang.unknown", "Choose one of the languages offered."))
}

// checkRoles notes what is wrong with a set of roles, and returns it in the
// order of Roles.
func checkRoles(c *errs.Check, grants []RoleGrant, organisation string, today clock.Day) []RoleGrant {
	byRole := map[Role]RoleGrant{}
	for _, g := range grants {
		byRole[g.Role] = g
	}
	var out []RoleGrant
	for _, r := range Roles {
		g, ok := byRole[r]
		if !ok {
			continue
		}
		field := "until-" + string(r)
		if g.Until != "" && !g.Until.Valid() {
			c.Add(field, i18n.M("access.until.form", "Give a day such as 2027-12-31, or nothing."))
		} else if g.Ended(today) {
			c.Add(field, i18n.M("access.until.past", "This day is over. Give a later one, or take the role away."))
		}
		out = append(out, g)
	}
	_, partner := byRole[Partner]
	switch {
	case len(out) != len(grants):
		c.Add("roles", i18n.M("access.roles.unknown", "Choose roles from the list, each once."))
	case len(out) == 0:
		c.Add("roles", i18n.M("access.roles.none", "Choose at least one role."))
	case partner && len(out) > 1:
		c.Add("roles", i18n.M("access.roles.partner", "The role of a partner stands alone: a person of a partner organisation holds no role of the host."))
	}
	c.If(partner && organisation == "", "organisation", i18n.M("access.organisation.missing", "Name the organisation that this partner account belongs to."))
	c.If(!partner && organisation != "", "organisation", i18n.M("access.organisation.staff", "Only a partner account belongs to an organisation. Leave this empty, or choose the role of a partner."))
	return out
}

// clip shortens a text to n bytes, at the border of a character, and drops
// what is not printable.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
