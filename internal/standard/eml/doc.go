// Package eml reads e-mail messages (RFC 5322 with MIME, RFC 2045 to 2049 and
// 2231) as far as a reader wants to know of one: who wrote to whom, when, about
// what, the beginning of its text, and what is attached. It reads from a
// stream and holds no attachment in memory.
//
// A message says all of this of itself: nothing here proves that it is true.
// A message that is broken is read as far as it goes, and says what is broken;
// one that goes beyond the bounds (Limits) is refused.
package eml
