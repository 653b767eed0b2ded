// Package jobs runs work beside the requests. A job is a row in the same
// database, enqueued in the transaction that makes it necessary: both hold or
// neither does. Several processes may share the work of one database.
//
// A worker takes a job for a minute and keeps extending that while it lives.
// When it dies another takes the job over, under a higher fence number, and
// whatever the first still reports is refused. So a job may run more than
// once: either what it does can be repeated, or it does it in one transaction
// together with Job.Finish, which holds only while the job is still its own.
//
// A job that fails is tried again, later and later. What waiting can't mend
// (invalid input, a missing record, no permission) isn't tried again.
//
// The arguments are a struct kept as JSON. Rows outlive the program that wrote
// them: fields of arguments are added, never renamed or given another meaning,
// and the name of a kind stays.
package jobs
