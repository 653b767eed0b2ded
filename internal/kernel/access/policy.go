package access

import (
	"ayni/internal/kernel/db"
)

// Permission is what a route asks of the account's roles. What a single
// object asks is in its query, by Where.
type Permission string

// The permissions. Every route names one.
const (
	Public     Permission = "public"     // nobody need be signed in
	SignedIn   Permission = "signed-in"  // any account
	StaffOnly  Permission = "staff"      // every role but partner
	Take       Permission = "take-part"  // may write where the object's rights allow it
	Create     Permission = "create"     // create partnerships, organisations, persons; import
	ReadAudit  Permission = "read-audit" // the audit and the jobs
	Administer Permission = "administer" // accounts, reference data, settings
	SetUp      Permission = "set-up"     // the first account, once, with a single-use token
)

// policy is the one table of permissions. Public and SetUp are not in it:
// they ask for no account.
var policy = map[Permission][]Role{
	SignedIn:   Roles,
	StaffOnly:  {Admin, Officer, Specialist, Evaluator, Legal, Finance, Auditor},
	Take:       {Admin, Officer, Specialist, Evaluator, Legal, Finance, Partner},
	Create:     {Admin, Officer, Specialist},
	ReadAudit:  {Admin, Auditor},
	Administer: {Admin},
}

// Permissions lists the permissions for the matrix of routes and roles.
var Permissions = []Permission{Public, SignedIn, StaffOnly, Take, Create, ReadAudit, Administer, SetUp}

// Open says whether a permission asks for no account.
func (p Permission) Open() bool { return p == Public || p == SetUp }

// Allows says whether a role holds a permission.
func (p Permission) Allows(r Role) bool {
	if p.Open() {
		return true
	}
	for _, have := range policy[p] {
		if have == r {
			return true
		}
	}
	return false
}

// May says whether the actor holds a permission.
func (a Actor) May(p Permission) bool {
	if p.Open() {
		return true
	}
	return a.SignedIn() && a.Has(policy[p]...)
}

// Object tells Where how an owner of tables keeps a kind of objects.
type Object struct {
	Kind string // "partnership"
	ID   string // the column that holds the object's id, "p.id"
	Open string // condition under which every staff role may view it, "p.confidential = false"
}

// Where is the SQL condition under which the actor holds a right on an
// object. Every query that reads or changes an object has it; there are no
// checks row by row in the program.
func Where(a Actor, o Object, r Right) db.Part {
	if !a.SignedIn() || (r != View && a.ReadsOnly()) {
		return db.Part{SQL: "(1 = 0)"}
	}
	if a.Outside != "" || (r == View && a.Has(Admin)) {
		return db.Part{SQL: "(1 = 1)"}
	}
	mine := `exists (select 1 from object_access oa where oa.account = $1 and oa.kind = $2 and oa.object = ` + o.ID + ` and oa.access_right = $3)`
	args := []any{a.Account, o.Kind, string(r)}
	if r == View && a.Staff() && o.Open != "" {
		return db.Part{SQL: "(" + o.Open + " or " + mine + ")", Args: args}
	}
	return db.Part{SQL: "(" + mine + ")", Args: args}
}

// Audiences of a row inside an object. PartyAudience is "party:" and an
// organisation's id.
const (
	AudienceHost    = "host"    // every account that may see the object, except partner accounts
	AudienceParties = "parties" // all parties
	AudiencePublic  = "public"
)

// PartyAudience is the audience "host and that organisation".
func PartyAudience(organisation string) string { return "party:" + organisation }

// Audience is the SQL condition under which a row inside an object that the
// actor may view is also meant for the actor. column holds the row's audience.
func Audience(a Actor, column string) db.Part {
	if a.Staff() {
		return db.Part{SQL: "(1 = 1)"}
	}
	if a.SignedIn() || a.ByLink {
		return db.Part{SQL: "(" + column + " in ('parties', 'public', $1))", Args: []any{PartyAudience(a.Organisation)}}
	}
	return db.Part{SQL: "(" + column + " = 'public')"}
}

// SetObjectAccess replaces who holds what on an object. The owner of the
// object calls it in the transaction that changes teams or parties.
func SetObjectAccess(t *db.Tx, kind, object string, rights map[string][]Right) error {
	_, err := t.Exec(`delete from object_access where kind = $1 and object = $2`, kind, object)
	if err != nil {
		return err
	}
	for account, list := range rights {
		seen := map[Right]bool{}
		for _, r := range list {
			for _, implied := range r.Implied() {
				if seen[implied] {
					continue
				}
				seen[implied] = true
				_, err := t.Exec(`insert into object_access (account, kind, object, access_right) values ($1, $2, $3, $4)`,
					account, kind, object, string(implied))
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}
