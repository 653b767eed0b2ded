package partnership

import (
	"database/sql"
	"time"

	"ayni/internal/kernel/clock"
)

// Request asks a person of a party, who needs no account, to answer by a link:
// to confirm, dispute or comment on a statement, or to say its organisation's
// own role, contribution or contact.
type Request struct {
	ID           string      `db:"id" audit:"-"`
	Partnership  string      `db:"partnership"`
	Kind         RequestKind `db:"kind"`
	Element      string      `db:"element"`       // where in the journey the answer belongs
	Claim        string      `db:"claim"`         // of a request about a statement
	ClaimVersion int64       `db:"claim_version"` // of the statement as it was last put to the person
	Content      string      `db:"content"`       // of the same
	Organisation string      `db:"organisation"`
	Person       string      `db:"person"`
	AddressHash  string      `db:"address_hash" audit:"-"` // of the address that was written to
	Lang         string      `db:"lang"`
	Note         string      `db:"note" audit:"personal"`
	DueOn        clock.Day   `db:"due_on"`
	Days         int         `db:"days"`      // for which a link works
	Reminders    int         `db:"reminders"` // at most
	SentAt       clock.Ms    `db:"sent_at" audit:"-"`
	RemindedAt   clock.Ms    `db:"reminded_at" audit:"-"`
	ExpiresAt    clock.Ms    `db:"expires_at" audit:"-"`
	OpenedAt     clock.Ms    `db:"opened_at" audit:"-"`   // when the code was first typed
	Wrong        int         `db:"wrong" audit:"-"`       // codes in all, since it was sent
	WantedAt     clock.Ms    `db:"wanted_at" audit:"-"`   // when the person asked for a new link
	AnsweredAt   clock.Ms    `db:"answered_at" audit:"-"` // 0 while there is no answer
	Reply        string      `db:"reply" audit:"-"`       // the answer
	RevokedAt    clock.Ms    `db:"revoked_at" audit:"-"`
	Version      int64       `db:"version" audit:"-"`
	CreatedAt    clock.Ms    `db:"created_at" audit:"-"`
	CreatedBy    string      `db:"created_by" audit:"-"`
	UpdatedAt    clock.Ms    `db:"updated_at" audit:"-"`
	UpdatedBy    string      `db:"updated_by" audit:"-"`
}

// RequestKind is what is asked.
type RequestKind string

// The kinds of request.
const (
	AskClaim        RequestKind = "claim"
	AskRole         RequestKind = "role"
	AskContribution RequestKind = "contribution"
	AskContact      RequestKind = "contact"
)

// RequestKinds are all kinds in their order.
var RequestKinds = []RequestKind{AskClaim, AskRole, AskContribution, AskContact}

// askedElement is where in the journey the answer to a request belongs, for
// those that are about no statement.
var askedElement = map[RequestKind]string{
	AskRole: "strategy.scope", AskContribution: "agreement.finance", AskContact: "outreach.channels",
}

// RequestState is where a request stands.
type RequestState string

// The states of a request. A request that is over leads nowhere: it was taken
// back, or the person, the party, the statement or the partnership is no
// longer what it was sent to.
const (
	RequestOpen     RequestState = "open"
	RequestAnswered RequestState = "answered"
	RequestChanged  RequestState = "changed" // answered, and the statement has changed since
	RequestExpired  RequestState = "expired"
	RequestLocked   RequestState = "locked" // too many wrong codes
	RequestRevoked  RequestState = "revoked"
	RequestOver     RequestState = "over"
)

// Link lives, codes and passes: how long and how often.
const (
	linkBytes     = 32 // 256 bits
	codeLife      = 10 * time.Minute
	codesAnHour   = 5
	triesOfCode   = 5
	wrongMost     = 20 // codes of one request in all, until it is sent again
	passLife      = time.Hour
	wantedEvery   = 24 * time.Hour
	remindersMost = 3
)

// linkDays are the days for which a link may work, the first one by default.
var linkDays = []int{30, 7, 14, 60}

// Reply is what a person answered to a request.
type Reply struct {
	ID           string          `db:"id" audit:"-"`
	Request      string          `db:"request"`
	Partnership  string          `db:"partnership"`
	Organisation string          `db:"organisation"`
	Person       string          `db:"person"`
	Said         string          `db:"said"` // confirmed, disputed, commented or stated
	Words        string          `db:"words"`
	Claim        string          `db:"claim"`   // what it is about, or the statement that it became
	Content      string          `db:"content"` // of the statement as it was answered
	Role         Role            `db:"role"`
	FromOn       clock.Day       `db:"from_on"`
	Given        string          `db:"given"` // money or kind
	Stage        string          `db:"stage"` // pledged, committed or delivered
	Minor        sql.Null[int64] `db:"minor"` // of the currency's units
	Currency     string          `db:"currency"`
	Quantity     sql.Null[int64] `db:"quantity"` // in hundredths of the unit
	Unit         string          `db:"unit"`
	ContactName  string          `db:"contact_name" audit:"-"`
	ContactEmail string          `db:"contact_email" audit:"-"`
	ContactPhone string          `db:"contact_phone" audit:"-"`
	Purpose      string          `db:"purpose" audit:"-"`
	Consent      string          `db:"consent" audit:"-"` // the sentence that was agreed to
	State        ReplyState      `db:"state"`
	DecidedBy    string          `db:"decided_by"`
	DecidedAt    clock.Ms        `db:"decided_at"`
	DecidedWhy   string          `db:"decided_why"`
	Version      int64           `db:"version" audit:"-"`
	At           clock.Ms        `db:"at" audit:"-"`
}

// What a reply says, beside Confirmed and Disputed.
const (
	Commented = "commented"
	Stated    = "stated"
)

// How a contribution is given, and how far it is.
var (
	givenAs = []string{"money", "kind"}
	stages  = []string{"pledged", "committed", "delivered"}
)

// ReplyState says whether the host still has to look at a reply.
type ReplyState string

// The states of a reply: most need nobody's look.
const (
	ReplyNoted    ReplyState = ""
	ReplyWaits    ReplyState = "waits"
	ReplyTaken    ReplyState = "taken"
	ReplyDeclined ReplyState = "declined"
)

// addressHash is what a request keeps of the address it was sent to: enough to
// see that it is no longer the person's, and not the address.
func addressHash(request, folded string) string { return hashOf("address", request, folded) }

// secretHash is what is kept of a token.
func secretHash(token string) string { return hashOf("answer", token) }

// codeHash binds a code to the pass that asked for it: whoever reads the
// database can't try the million codes.
func codeHash(pass, code string) string { return hashOf("code", pass, code) }
