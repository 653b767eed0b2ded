package privacy

import (
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/personal"
)

// Entry is an erasure as the list keeps it: no value of the person.
type Entry struct {
	Person string   `json:"person"`
	At     clock.Ms `json:"at"`
	Hashes []string `json:"hashes"` // keyed, of the e-mail addresses
}

// Plan is what erasing a person would do.
type Plan struct {
	Person   string                `json:"person"`
	Accounts []string              `json:"accounts"`
	Erased   clock.Ms              `json:"erased_at"` // 0: not yet
	Rows     []Counted             `json:"rows"`      // about the person: emptied or deleted
	Named    []personal.Pointed    `json:"named"`     // rows that name the person by id, and stay
	Words    []personal.Occurrence `json:"words"`     // where the name occurs in words
	Copies   []string              `json:"copies"`    // copies of the database beside it, erased too
	Beside   []string              `json:"beside"`    // what lies outside and is not reached
}

// Counted says how many rows of a table are about a person.
type Counted struct {
	Table   string `json:"table"`
	Label   string `json:"-"`
	Rows    int64  `json:"rows"`
	Deleted bool   `json:"deleted"` // erasing deletes them, else it takes the values out
}

// Done is what erasing a person did.
type Done struct {
	Person  string                `json:"person"`
	Changes []personal.Change     `json:"changes"`
	Words   []personal.Occurrence `json:"words"`  // where the name still occurs in words that somebody wrote
	Hashed  bool                  `json:"hashed"` // the addresses are known again if they come back
	Copies  []string              `json:"copies"` // copies of the database that were erased too
	Left    []string              `json:"left"`   // files of the installation that still hold the name or address
	Beside  []string              `json:"beside"` // what lies outside and was not reached

	traces  []string
	subject personal.Subject
}

// Traces are the names and addresses that were erased.
func (d Done) Traces() []string { return d.traces }

// Export is everything that is kept of a person.
type Export struct {
	Person  string          `json:"person"`
	At      string          `json:"at"` // RFC 3339
	About   []personal.Held `json:"about"`
	Named   []personal.Held `json:"named"`
	History []Event         `json:"history"`
}

// Event is a row of the audit of the person's own records, or of what the
// person did.
type Event struct {
	At     string            `json:"at"` // RFC 3339
	Action string            `json:"action"`
	Kind   string            `json:"kind"`
	Record string            `json:"record"`
	Own    bool              `json:"own"`              // it is about a record of the person, else the person did it
	Values map[string]string `json:"values,omitempty"` // of own records: field and its new value
}
