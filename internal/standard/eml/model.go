package eml

import (
	"errors"
	"time"
)

// Limits bound the reading of a message.
type Limits struct {
	Bytes  int64 // of the whole message
	Header int   // bytes of the header of the message, or of one part
	Depth  int   // parts in parts and messages in messages, the message itself being 1
	Parts  int   // all parts together
	Text   int   // bytes of text that are read for the preview, before they are decoded
}

// Default are limits that hold what people send.
var Default = Limits{Bytes: 35 << 20, Header: 256 << 10, Depth: 5, Parts: 200, Text: 64 << 10}

// What makes a message be refused.
var (
	ErrNotMessage = errors.New("no header of a message")
	ErrTooLarge   = errors.New("the message is too large")
	ErrHeader     = errors.New("a header of the message is too large")
	ErrDepth      = errors.New("the parts of the message lie too deep in each other")
	ErrParts      = errors.New("the message has too many parts")
	// ErrNoPart is what Extract says of a number that no attachment has.
	ErrNoPart = errors.New("no such attachment")
)

// Bounds of what is kept of a message.
const (
	maxPeople  = 50
	maxField   = 500  // characters of a subject, a name, an address
	maxPreview = 4000 // characters
)

// Message is what a message says of itself. Texts are UTF-8 without control
// characters; they are not safe as HTML.
type Message struct {
	From       Person     `json:"from"`
	To         []Person   `json:"to,omitempty"`   // with those in copy
	More       int        `json:"more,omitempty"` // recipients beyond those in To
	Subject    string     `json:"subject,omitempty"`
	Date       time.Time  `json:"date,omitzero"`  // as the message states it; zero where it states none that can be read
	Text       string     `json:"text,omitempty"` // beginning of the text
	Cut        bool       `json:"cut,omitempty"`  // the text goes on
	Attached   []Attached `json:"attached,omitempty"`
	Incomplete bool       `json:"incomplete,omitempty"` // a part can't be read, or the message ends too early
}

// Person is a name with an address, either of which may be empty.
type Person struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
}

// Attached is a part that is not the message's own text.
type Attached struct {
	Number int    `json:"number"`           // in the order of the message, from 1
	Name   string `json:"name,omitempty"`   // as the message has it: not a path, and not safe as one
	Type   string `json:"type"`             // as the message has it
	Size   int64  `json:"size"`             // bytes, decoded
	Hash   string `json:"hash"`             // SHA-256 of the decoded bytes, lower-case hexadecimal
	Inside int    `json:"inside,omitempty"` // number of the attached message that holds it; 0 for the message itself
	Broken bool   `json:"broken,omitempty"` // it could not be decoded to its end
}
