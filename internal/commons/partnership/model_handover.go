package partnership

import "ayni/internal/kernel/clock"

// HandOver is what moved from one account to another in one action.
type HandOver struct {
	ID       string    `db:"id" audit:"-"`
	From     string    `db:"from_account"`
	To       string    `db:"to_account"`
	Reason   string    `db:"reason"`
	LastDay  clock.Day `db:"last_day"` // on which what was handed over still held
	At       clock.Ms  `db:"at" audit:"-"`
	ByActor  string    `db:"by_actor" audit:"-"`
	SeenAt   clock.Ms  `db:"seen_at" audit:"-"` // the receiver put the notice away
	UndoneAt clock.Ms  `db:"undone_at"`
	UndoneBy string    `db:"undone_by"`
}

// HandItem is one thing that a hand-over moves, or leaves with the reason why.
type HandItem struct {
	ID          string    `db:"id"`
	HandOver    string    `db:"handover"`
	Position    int64     `db:"position"`
	Kind        string    `db:"kind"`        // of the Mover that knows it
	Partnership string    `db:"partnership"` // empty for what belongs to none
	Record      string    `db:"record"`
	Title       string    `db:"title"` // of the record, as it was typed
	Data        string    `db:"data"`  // JSON of the mover: what it needs to take the item back
	State       HandState `db:"state"`
	Why         StoredMsg `db:"why"` // why it stays, or was not taken back
}

// HandState is where an item of a hand-over stands.
type HandState string

// The states of an item.
const (
	HandMoved HandState = "moved"
	HandStays HandState = "stays" // was never moved
	HandBack  HandState = "back"  // taken back
	HandKept  HandState = "kept"  // not taken back: it has changed since
)

// HandNote is what the next person should know of a partnership.
type HandNote struct {
	Partnership string   `db:"partnership"`
	Text        string   `db:"text"`
	Version     int64    `db:"version" audit:"-"`
	UpdatedAt   clock.Ms `db:"updated_at" audit:"-"`
	UpdatedBy   string   `db:"updated_by" audit:"-"`
}
