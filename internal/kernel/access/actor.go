package access

import (
	"slices"
	"strings"

	"ayni/internal/kernel/clock"
)

// Role is what an account may do in the whole installation.
type Role string

// The installation roles.
const (
	Admin      Role = "admin"
	Officer    Role = "officer"
	Specialist Role = "specialist"
	Evaluator  Role = "evaluator"
	Legal      Role = "legal"
	Finance    Role = "finance"
	Auditor    Role = "auditor" // reads all, writes nothing
	Partner    Role = "partner" // bound to one organisation
)

// Roles are all installation roles, in the order in which they are shown.
var Roles = []Role{Admin, Officer, Specialist, Evaluator, Legal, Finance, Auditor, Partner}

// Right is what an account may do with one object.
type Right string

// The rights; View < Contribute < Manage, and Approve apart.
const (
	View       Right = "view"
	Contribute Right = "contribute"
	Manage     Right = "manage"
	Approve    Right = "approve"
)

// Rights are all rights, in the order in which they are shown.
var Rights = []Right{View, Contribute, Manage, Approve}

// Implied returns the right with those it includes.
func (r Right) Implied() []Right {
	switch r {
	case Contribute:
		return []Right{View, Contribute}
	case Manage:
		return []Right{View, Contribute, Manage}
	case Approve:
		return []Right{View, Approve}
	}
	return []Right{View}
}

// Actor is who acts in a request, a command or a job.
type Actor struct {
	Account      string // empty for nobody, commands and jobs
	Person       string // the person the account belongs to
	Name         string // for the page's corner
	Organisation string // of a partner account
	Lang         string
	Theme        string // "", light or dark
	Roles        []Role
	AuthAt       clock.Ms // when the password was last given
	Session      string   // hash of the session's token
	Factor       FactorState
	Outside      string // "cli:<system user>" or "system:<job>"

	// ByLink says that the person answers by a link of its own, without an
	// account: it holds no role, and sees nothing but what the link is for.
	ByLink bool
}

// Has says whether the actor holds any of the roles.
func (a Actor) Has(roles ...Role) bool {
	for _, r := range roles {
		if slices.Contains(a.Roles, r) {
			return true
		}
	}
	return false
}

// SignedIn says whether somebody acts.
func (a Actor) SignedIn() bool { return a.Account != "" || a.Outside != "" }

// Staff says whether the actor holds a role other than partner: such a role
// sees every object that is not confidential.
func (a Actor) Staff() bool {
	return a.Outside != "" || slices.ContainsFunc(a.Roles, func(r Role) bool { return r != Partner })
}

// ReadsOnly says whether nothing the actor holds lets it write.
func (a Actor) ReadsOnly() bool {
	return a.Outside == "" && !slices.ContainsFunc(a.Roles, func(r Role) bool { return r != Auditor })
}

// ID names the actor in the audit.
func (a Actor) ID() string {
	switch {
	case a.Outside != "":
		return a.Outside
	case a.ByLink:
		return personPrefix + a.Person
	}
	return a.Account
}

// personPrefix stands before the id of a person who acted without an account.
const personPrefix = "person:"

// PersonActed is the person behind the ID of an actor who answered by a link;
// false for every other actor.
func PersonActed(actor string) (person string, ok bool) {
	return strings.CutPrefix(actor, personPrefix)
}

// ByLink is the actor of a person who answers by a link for its organisation.
func ByLink(person, name, organisation, lang string) Actor {
	return Actor{Person: person, Name: name, Organisation: organisation, Lang: lang, ByLink: true}
}

// Actor is the owner of the account as somebody who acts on a day, for work
// that is done on its behalf and shows only what it may see.
func (a Account) Actor(today clock.Day) Actor {
	out := Actor{Account: a.ID, Person: a.Person, Name: a.Name, Organisation: a.Organisation, Lang: a.Lang, Theme: a.Theme}
	for _, g := range a.Roles {
		if !g.Ended(today) {
			out.Roles = append(out.Roles, g.Role)
		}
	}
	return out
}

// System is the actor of a job.
func System(job string) Actor { return Actor{Outside: "system:" + job, Roles: []Role{Admin}} }

// Command is the actor of a command started by a system user.
func Command(user string) Actor {
	return Actor{Outside: "cli:" + strings.TrimSpace(user), Roles: []Role{Admin}}
}
