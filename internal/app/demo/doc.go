// Package demo fills an empty installation with the demo.
//
// Facts of real organisations are read from the guide's reference lists and
// from nowhere else: the organisations that the guide names, and its six
// success stories as partnerships. A role is set only where the guide states
// it; one that can only be read between its lines is left out, and the
// journey shows what is missing. Passages of the guide that speak to an
// element are linked as evidence. Nothing is attested, approved or waived on a
// real story.
//
// Everything named "Example" is invented. The life of one Example partnership
// is played from its first day: every step of it is done by the account that
// would do it, through the service that a page would call, at the instant at
// which it would be done. So its history, its clocks, its four eyes and its
// confirmations came about as they would in life. All days are relative to
// the day of loading.
//
// The demo is loaded in one transaction, and only into an installation that
// holds no records of others.
package demo
