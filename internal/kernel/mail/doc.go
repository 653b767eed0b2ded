// Package mail sends messages to people. A message is a row of the outbox,
// written in the transaction that makes it necessary: both hold or neither
// does. What it says is sealed with the installation's key and dropped once it
// is sent or given up.
//
// A message stands in one of these states:
//
//	waiting   for its first attempt, or for the next one
//	sending   a worker has taken it
//	sent      the mail server, or the folder, has it
//	bounced   the server takes nothing for this address
//	given up  tried for days, or what it leads to has expired
//	in doubt  handed over, and nobody said that it arrived
//	held      a backup was restored: a person decides
//	dropped   a person decided that it is not sent
//
// A message in doubt is never sent again by itself: that would be how
// somebody gets it twice. A worker that dies leaves the one message that it
// was sending in doubt. A worker reports under the fence number with which it
// took the row, so that one that comes late changes nothing that was decided
// meanwhile.
//
// After a restore all that was not sent is held, and so is what is added,
// until an administrator releases or drops it: the backup doesn't know what
// was sent after it was made, and it may stand on another machine.
package mail
