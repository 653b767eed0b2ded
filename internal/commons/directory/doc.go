// Package directory keeps organisations and persons.
//
// Organisations form a tree: each may be a part of another, and no part holds
// its own whole. An organisation has a kind from the reference list
// organisation_kind, which also says which constituent of the ILO it speaks
// for, names in up to three languages, aliases, identifiers that belong to one
// organisation at a time, and a country. Standings (Coalition partner, standing
// at the International Labour Conference), members of a network and roles of
// persons are rows of their own with a first and a last day, as far as these
// are known; empty is missing, never "always".
//
// Persons have a name, an address and dated roles in organisations; a role may
// be that of a focal point. Their values are personal in the audit.
//
// Contact points say how a person or an organisation is reached, for which
// purposes and on which basis; a withdrawn one is used for nothing. A person's
// main address stays with the person, for it is what an invitation and an
// import find the person by; what it may be used for is said by a contact
// point with the same address. Others ask MailAddress and read neither.
//
// What is removed can come back for 30 days. An organisation that has parts,
// or that another package still uses (KeepOrganisation), is not removed.
//
// A form carries the version it was opened with. Where somebody else changed
// the record in between, changes of different fields are merged; a field that
// both changed is a conflict, shown with what it was changed to.
//
// Who may what: everybody signed in reads organisations; staff reads persons,
// and a partner account the names of its own organisation's persons. Officers,
// specialists and administrators write.
//
// Other packages compose the pieces of sql.go and never name these tables.
package directory
