package partnership

import (
	"slices"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// Numbers of hand-overs.
const (
	handMost = 500                 // partnerships in one hand-over
	handUndo = 30 * 24 * time.Hour // how long it can be taken back
)

// HandForm is what a hand-over is made of.
type HandForm struct {
	From, To     string // accounts
	Partnerships []string
	Reason       string
	LastDay      clock.Day // of who leaves, in the teams; empty: at once
}

// checkHandOver says what is wrong with a hand-over.
func checkHandOver(f HandForm, from, to access.Account, today clock.Day) error {
	var c errs.Check
	switch {
	case !mayReceive(to, today):
		c.Add("to", i18n.M("team.account", "Choose an account of the list"))
	case to.ID == from.ID:
		c.Add("to", i18n.M("handover.same", "Choose another account than the one that hands over"))
	}
	c.If(f.Reason == "", "reason", i18n.M("handover.reason", "Say why, such as: leaves the office; takes over Asia. The reason stays with each partnership."))
	tooLong(&c, "reason", f.Reason, maxText)
	c.If(f.LastDay != "" && !f.LastDay.Valid(), "last_day", msgDate())
	c.If(f.LastDay.Valid() && f.LastDay < today, "last_day", i18n.M("team.until", "Write a day that is not over, or leave it empty"))
	c.If(len(f.Partnerships) == 0, "partnership", i18n.M("handover.none", "Tick at least one partnership"))
	c.If(len(f.Partnerships) > handMost, "partnership", i18n.M("handover.many", "Hand over at most {n} partnerships at a time; the others can follow", i18n.A{"n": handMost}))
	return c.Err()
}

// mayReceive says whether an account may be given places in teams: an active
// one of the host with a role that writes.
func mayReceive(a access.Account, today clock.Day) bool {
	return a.State == access.Active && a.Organisation == "" &&
		slices.ContainsFunc(access.Roles, func(r access.Role) bool {
			return r != access.Auditor && r != access.Partner && a.Holds(r, today)
		})
}

// mayUndoHandOver says whether an actor may take a hand-over back: who made
// it, and an administrator, for thirty days.
func mayUndoHandOver(a access.Actor, k HandOver, now clock.Ms) bool {
	return k.UndoneAt == 0 && !a.ReadsOnly() && now < k.At.Add(handUndo) && (k.ByActor == a.ID() || a.Has(access.Admin))
}

// placeData is what an item of a place keeps: the rights of who leaves, and
// what became of them.
type placeData struct {
	Manager bool         `json:"manager,omitempty"` // the partnership named it as its manager
	Rights  []placeRight `json:"rights"`
	Waits   []waitRow    `json:"waits,omitempty"` // who was waited for before
	Asked   []askedKept  `json:"asked,omitempty"` // what was asked before
}

// askedKept is an action that the product had made, by what it was asked for.
type askedKept struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

// placeRight is one right that goes over.
type placeRight struct {
	Right    access.Right `json:"right"`
	Row      string       `json:"row"`                 // the right of who leaves
	Until    clock.Day    `json:"until,omitempty"`     // its last day before
	Ends     clock.Day    `json:"ends,omitempty"`      // its last day now; empty where it ended at once
	Kept     bool         `json:"kept,omitempty"`      // it was not touched: it ends before anyway
	Given    string       `json:"given,omitempty"`     // the receiver's right that was made or prolonged
	Longer   bool         `json:"longer,omitempty"`    // it was prolonged
	GivenWas clock.Day    `json:"given_was,omitempty"` // until when it held before
}

// laterDay says whether one last day is after another; none is after every day.
func laterDay(a, b clock.Day) bool { return b != "" && (a == "" || a > b) }
