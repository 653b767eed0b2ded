package mail

import (
	"time"

	"ayni/internal/kernel/clock"
)

// Message is what one person is told.
type Message struct {
	To      string   // the person's e-mail address
	Name    string   // the person's name, may be empty
	Lang    string   // one of i18n.Langs
	Subject string   // one line
	Text    string   // the whole message as plain text; links are absolute (Service.URL)
	Kind    string   // "reset", "sign-up", "answer", "code", "digest", "reminder"
	Person  string   // id of the person, empty for none: erasure finds the rows by it
	Key     string   // empty, or: one message a key, the same again does nothing
	Stop    string   // absolute address at which a mail program stops this kind of message (RFC 8058), empty for none
	Expires clock.Ms // not sent after this instant, such as that of the link in it; 0 for never
}

// State is where a message stands.
type State string

// The states.
const (
	Waiting State = "waiting"
	Sending State = "sending"
	Sent    State = "sent"
	Bounced State = "bounced"
	GivenUp State = "given-up"
	Doubt   State = "doubt"
	Held    State = "held"
	Dropped State = "dropped"
)

// States are all states, in the order in which they are shown: those that wait
// for a person first.
var States = []State{Doubt, Held, Bounced, GivenUp, Waiting, Sending, Dropped, Sent}

// over says whether a message in this state is never sent any more by itself.
func (s State) over() bool {
	switch s {
	case Sent, Bounced, GivenUp, Dropped:
		return true
	}
	return false
}

// said says whether what a message says is of no use any more: it has
// arrived, or a person or its time has ended it.
func (o outcome) done() bool {
	return o.state == Sent || o.state == Dropped || o.why == WhyExpired
}

// Decision is what a person decides on a message.
type Decision string

// The decisions.
const (
	Again  Decision = "again" // send it, from the beginning
	AsSent Decision = "sent"  // it has arrived
	Drop   Decision = "drop"  // it is not sent
)

// May says whether a decision fits the message.
func (r Row) May(d Decision) bool {
	switch d {
	case Again:
		return r.Whole && (r.State == Doubt || r.State == Bounced || r.State == GivenUp || r.State == Held)
	case AsSent:
		return r.State == Doubt
	case Drop:
		return r.State == Doubt || r.State == Held || r.State == Waiting
	}
	return false
}

// Bounce says that the server of an address takes nothing for it.
type Bounce struct {
	At  clock.Ms `db:"at"`
	Why Why      `db:"why"`
}

// Overview counts the messages for the administration.
type Overview struct {
	ByState map[State]int
	Late    clock.Ms // since when the oldest that is due has waited; 0 for none
	Held    clock.Ms // since when all mail is held; 0 where it is not
}

// Why is the reason for which a message is not sent, or not yet.
type Why string

// The reasons.
const (
	NoWhy      Why = ""
	WhyConnect Why = "connect" // the server can't be reached, or broke off before it had the message
	WhyTLS     Why = "tls"     // no encryption, or a certificate that proves nothing
	WhyAuth    Why = "auth"    // the server refuses our user or password
	WhyLater   Why = "later"   // the server asks to come again (4xx: greylisting, a full mailbox, too many)
	WhySender  Why = "sender"  // the server does not let us send under our address
	WhyMailbox Why = "mailbox" // the server takes nothing for this address (5xx)
	WhyRefused Why = "refused" // the server refuses the message or the sender (5xx)
	WhyLost    Why = "lost"    // the connection ended between the message and the server's answer
	WhyDied    Why = "died"    // the worker ended in the middle
	WhyExpired Why = "expired" // what it leads to works no more
	WhyRestore Why = "restore" // a backup was restored
	WhySealed  Why = "sealed"  // the key does not open it: another key file
	WhyFolder  Why = "folder"  // the folder can't be written
	WhyPerson  Why = "person"  // a person decided so
)

// Row is a message as the administration shows it, without what it says.
type Row struct {
	ID        string   `db:"id"`
	Kind      string   `db:"kind"`
	Person    string   `db:"person"`
	Address   string   `db:"address"`
	Lang      string   `db:"lang"`
	State     State    `db:"state"`
	Why       Why      `db:"why"`
	Reply     string   `db:"reply"` // what the server said, cut and on one line
	Attempt   int      `db:"attempt"`
	Whole     bool     `db:"whole"`  // what it says is kept, so that it can be sent
	RunAt     clock.Ms `db:"run_at"` // of the next attempt
	ExpiresAt clock.Ms `db:"expires_at"`
	CreatedAt clock.Ms `db:"created_at"`
	CreatedBy string   `db:"created_by"` // who acted when it was queued
	EndedAt   clock.Ms `db:"ended_at"`   // 0 while it may still be sent
}

// Filter narrows List. Empty fields narrow nothing.
type Filter struct {
	State  State
	Kind   string
	Before string // id of the last row of the page before
	Limit  int    // at most 200; 0 means 50
}

// sealedPart is what stands sealed in a row.
type sealedPart struct {
	Name    string `json:"name,omitempty"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Stop    string `json:"stop,omitempty"`
}

// Times of the outbox.
const (
	lease     = 30 * time.Minute    // for how long a worker takes a message: longer than any attempt lasts
	giveUp    = 4 * 24 * time.Hour  // after its queueing; RFC 5321 section 4.5.4.1 asks for four to five days
	firstWait = time.Minute         // after the first failed attempt; doubled with each
	maxWait   = 4 * time.Hour       // between two attempts
	rest      = 20 * time.Second    // of all sending, after the server could not be reached
	poll      = 5 * time.Second     // how often a sender looks by itself
	grace     = 2 * time.Second     // for what is broken off at the end to be noted
	keepSaid  = 7 * 24 * time.Hour  // what a message says that failed, for somebody to send it again
	keep      = 90 * 24 * time.Hour // a row after its end

	keepBounce = 365 * 24 * time.Hour // that an address takes nothing: then it is tried again
)

// Lengths.
const (
	maxAddress = 254       // bytes (RFC 5321 section 4.5.3.1.3, without the brackets)
	maxLocal   = 64        // bytes before the @ (section 4.5.3.1.1)
	maxName    = 200       // characters
	maxSubject = 200       // characters
	maxText    = 100 << 10 // bytes
	maxReply   = 300       // characters
)

// purpose is what the key seals messages for.
const purpose = "mail"
