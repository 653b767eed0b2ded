// Package partnership keeps partnerships and their journey.
//
// A partnership has parties with dated roles: beneficiary, pivotal and
// facilitating make the triangle; managing, funding and technical stand beside
// them. It may be saved with one party: what is missing is a finding with who
// can mend it, never an error.
//
// The journey has eleven steps and thirty-five elements. Each element has a
// Check that finds, from records, whether it is met, partly met or open, what
// is missing, and who is waited for. A document may stand in for records
// (attestation), a person may say that an element does not apply (exemption);
// both need a second person's approval and expire. What is stored of the
// journey is decided here alone (rules.go, storedState) and never by hand.
//
// A write that may change a finding calls MarkDirty in its own transaction;
// the journey is checked again before the request answers, by a job after a
// crash, and every night for what time alone changes.
//
// Who may what: everybody who may view a partnership reads what its audience
// allows; contribute adds evidence, attestations, statements and actions;
// manage changes the partnership, its parties, team and status; approve
// decides on attestations of other persons.
package partnership
