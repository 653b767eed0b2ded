package digest

import (
	"time"

	"ayni/internal/kernel/clock"
)

// Rhythm is how often somebody gets a digest.
type Rhythm string

// The rhythms.
const (
	Daily  Rhythm = "daily"
	Weekly Rhythm = "weekly" // on Monday
	Never  Rhythm = "never"
)

// Rhythms are all rhythms, in the order in which they are offered.
var Rhythms = []Rhythm{Daily, Weekly, Never}

// Kinds of messages, as mail.Message has them.
const (
	KindDigest   = "digest"
	KindReminder = "reminder"
)

// Choice is what an account is sent.
type Choice struct {
	Rhythm    Rhythm `db:"digest"`
	Reminders bool   `db:"reminders"`
}

// News is what an account is told.
type News struct {
	Lines []string // sentences in the person's language
	New   bool     // something is new since the last digest
}

// Due is something that is due.
type Due struct {
	Item string    // what it is, with the day: said once
	Day  clock.Day // when it is due
	What string    // in the person's language, such as the name of an element
}

// Stopped says what a link stops.
type Stopped struct {
	Kind string
	Done bool // it is stopped
}

// StopPath is the address of the page that stops messages.
func StopPath(token string) string { return "/stop/" + token }

const (
	hour        = 5                   // of the day, UTC, at which messages are written
	perWeek     = 3                   // reminders to one person
	ahead       = 3                   // days before it is due that somebody is reminded
	behind      = 14                  // days after it, where nobody was reminded in time
	longest     = 31 * 24 * time.Hour // that a digest looks back
	keepStop    = 2 * 365 * 24 * time.Hour
	keepItems   = 180 * 24 * time.Hour
	linesMost   = 12 // of a reminder
	secretBytes = 32
)
