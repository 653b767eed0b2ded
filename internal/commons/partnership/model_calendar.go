package partnership

import (
	"strings"

	"ayni/internal/kernel/clock"
)

// Feed is an address at which a calendar program reads what is due for an
// account, over all partnerships or in one.
type Feed struct {
	ID          string   `db:"id" audit:"-"`
	Account     string   `db:"account"`
	Partnership string   `db:"partnership"` // empty: all in which the account has a part
	Lang        string   `db:"lang"`
	CreatedAt   clock.Ms `db:"created_at" audit:"-"`
	ReadAt      clock.Ms `db:"read_at" audit:"-"` // to the hour
	RevokedAt   clock.Ms `db:"revoked_at"`
}

// CalendarPath is the address of a feed. What follows the word is a right.
func CalendarPath(token string) string { return "/calendar/" + token }

// feedItem is something due: an action, or another day that matters.
type feedItem struct {
	ID           string    `db:"id"`
	Partnership  string    `db:"partnership"`
	Element      string    `db:"element"`
	Text         string    `db:"text"`
	Message      StoredMsg `db:"message"`
	Link         string    `db:"link"`
	DueOn        clock.Day `db:"due_on"`
	SystemKey    string    `db:"system_key"`
	CreatedAt    clock.Ms  `db:"created_at"`
	UpdatedAt    clock.Ms  `db:"updated_at"`
	Sequence     int64     `db:"sequence"`
	Title        string    `db:"ptitle"`
	TitleFR      string    `db:"ptitle_fr"`
	TitleES      string    `db:"ptitle_es"`
	Confidential bool      `db:"confidential"`
	Renamed      clock.Ms  `db:"renamed"` // when the partnership was last changed
	Action       bool      `db:"-"`
}

// uid is the same in every reading. A day that the product keeps is known by
// what it is about: it stays one event when that day moves.
func (x feedItem) uid() string {
	if x.Action {
		return "action-" + x.ID
	}
	if x.SystemKey != "" {
		return strings.ReplaceAll(x.SystemKey, ":", "-")
	}
	return "deadline-" + x.ID
}
