// Package access answers who may do what: accounts and their roles, rights on
// single objects, sessions, and the one policy table that routes refer to. It
// knows no kinds of objects: owners of tables give it their columns.
//
// An account belongs to exactly one person. It begins as invited, becomes
// active when its owner sets a password by a single-use link, and may be
// closed; closed accounts stay, because the audit names them, and can be
// invited again. Roles may end on a day. A partner account carries one
// organisation and no other role. At least one active account always holds the
// role admin without an end.
//
// A session is a random token of 256 bits in a cookie; the database keeps its
// hash. It ends after a time without use, after a time in all, and at once when
// the password or the roles change or the account is closed. Links for
// sign-up, reset and first set-up are tokens of the same kind that work once.
//
// Passwords are hashed with argon2id, two at a time at most, so that a flood
// of guesses costs neither the memory nor the processor of the others. Guesses
// are slowed down by account and by address; links are not, so nobody can lock
// the owner of an account out.
//
// Every change is in the audit. Names, e-mail addresses and network addresses
// are personal there; passwords and tokens are never in it.
package access
