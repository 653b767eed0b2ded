// Package audit keeps one row for every record that was changed, written in
// the transaction of the change: who did what to which record, and the fields
// that changed. The rows form a chain. Each holds the hash of the row before
// it, so that a row that was changed, removed, moved or put in later is found
// by walking the chain again (Verify).
//
// On SQLite, where there is one writer, Write chains the row at once. On
// PostgreSQL transactions commit in any order, so a row has no number at
// first and Seal chains the committed ones, under an advisory lock.
//
// A chain alone does not show that its end was cut off or that all of it was
// computed anew. The head (number and hash of the last row) is therefore
// signed from time to time into the log audit-heads.log (Heads), with an
// Ed25519 key whose file lies outside the data folder. The log begins with
// the public key: Verify needs the log and nothing else.
//
// Values of fields tagged personal stand in a table of their own; the chained
// row holds only their salted hashes. Erasing a person deletes value and salt
// (Erase) and leaves the chain whole.
//
// What this does not prove: rows after the last signed head can be rewritten
// unseen, and who holds the key file, or can put another log and key in the
// place of the first, can make a chain that verifies. The public keys and the
// head that a backup or a certificate states are the remedy: compare them.
//
// The hash of a row is SHA-256, in lower-case hexadecimal, over the JSON array
//
//	[prev, seq, id, at, actor, action, kind, record, context, audience, title, version, changes]
//
// with no blanks, numbers as decimal digits, and texts (changes is the stored
// text) with nothing escaped but the quotation mark, the backslash and the
// control characters below U+0020, as RFC 8785 has it. The first row is
// number 1 and its prev is the empty text.
package audit
