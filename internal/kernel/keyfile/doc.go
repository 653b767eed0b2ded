// Package keyfile keeps the installation's key: one Ed25519 key in a file outside
// the data folder, in no backup. It signs the audit's head, and what is secret
// at rest (the seeds of one-time codes, messages that carry a link, the mail
// server's password) is sealed with keys derived from it, one for each
// purpose. Without the key file what is sealed can't be read again, which is
// the point: a copy of the data folder alone opens nothing.
package keyfile
