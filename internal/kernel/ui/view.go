package ui

import (
	"github.com/a-h/templ"

	"ayni/internal/kernel/clock"
)

// State is a cell as the page draws it: shape first, then word, then colour.
type State string

// The five cells.
const (
	Met  State = "met"  // filled, with a check
	Part State = "part" // half filled
	Open State = "open" // outline
	Att  State = "att"  // notched corner and seal: a document stands in for records
	NA   State = "na"   // dash: does not apply
)

// States are the five cells in the order of the key.
var States = [5]State{Met, Part, Att, Open, NA}

// Role is a corner of the triangle.
type Role string

// The three corners.
const (
	Beneficiary  Role = "b" // circle
	Pivotal      Role = "p" // diamond
	Facilitating Role = "f" // square
)

// Roles are the three corners in the order of lists.
var Roles = [3]Role{Beneficiary, Pivotal, Facilitating}

// Mark is the confirmation of something stated, in its own round family.
type Mark string

// The three marks.
const (
	Claimed   Mark = "claim"
	Confirmed Mark = "conf"
	Disputed  Mark = "disp"
)

// Button is a link (with Href) or a submit button. A button that cannot be
// taken back names what it asks first in Confirm.
type Button struct {
	Text    string
	Href    string // a link; empty for a submit button
	Name    string // submit button only
	Value   string
	Alt     bool   // second in rank
	Danger  bool   // cannot be taken back
	Confirm string // the question asked first, where scripts run
	Icon    string // symbol, such as "i-undo"
}

// Head is the top of a page: what it is, its state in one sentence, at most
// one main button.
type Head struct {
	Title   string // empty: the title of the base
	Lead    string // the first words of the sentence, strong
	Sub     string // the rest of the sentence
	More    templ.Component
	Buttons []Button
}

// Fact is a term with its value: a text, a link, or a body of its own.
type Fact struct {
	Term  string
	Text  string
	Href  string
	Small string // second line
	Lang  string // of the text, when it is not the page's
	Big   bool   // a count
	Body  templ.Component
}

// Caption is the head of a section: heading at the start, one quiet fact or
// links at the end.
type Caption struct {
	ID    string // id of the heading
	Title string
	Fact  string
	Links []Link
}

// Next is the next action, once a page, at the top.
type Next struct {
	ID      string
	Title   string
	Text    string
	Buttons []Button
	Links   []Link
}

// NoteKind is the weight of a note.
type NoteKind string

// Three weights.
const (
	Remark NoteKind = ""
	Hold   NoteKind = "hold"
	Stop   NoteKind = "stop"
)

// JourneyCell is one step in the navigation of a journey.
type JourneyCell struct {
	No      int
	Name    string // short: below eleven letters, or with a soft hyphen
	Href    string
	State   State
	Current bool
}

// StepRow is one step with its elements and who is waited for.
type StepRow struct {
	No    int
	ID    string // empty: "s" and the number
	Name  string
	Href  string
	Els   []ElementCell
	Who   string // who is waited for; empty: nobody
	Since string // such as "since 12 Oct"
	Late  bool
	Soft  bool // Who is a remark, such as "not started"
}

// ElementCell is one element of a step.
type ElementCell struct {
	Name  string
	Href  string
	State State
}

// Corners says which roles are held.
type Corners struct {
	B, P, F bool
}

// Party is a line of the parties by role.
type Party struct {
	Role Role // empty: not stated
	Text string
	Soft bool // a remark, such as "not stated in the guide"
}

// WorkRow is a row of the list of partnerships.
type WorkRow struct {
	Roles   Corners
	Title   string
	Lang    string // of the title, when it is not the page's
	Href    string
	Sub     string
	Parties []Party
	Cells   []State
	Count   string // "15 of 35 done, 2 attested"
	Who     string
	What    string
	Since   clock.Day // the day the wait began; empty: nobody is waited for
	Days    int
}

// CheckLine is a line of evidence, or of something that waits.
type CheckLine struct {
	Icon  string // symbol, such as "k-conf"; empty: i-doc
	Class string // colour of the symbol: att, disp, …
	Text  string
	Href  string
	Lang  string
	Small string
	End   string // the word at the end of the line
	Late  bool   // of the word at the end
	Soft  bool   // of the word at the end
	Mark  Mark   // sets symbol and word, unless given
}

// HistLine is an entry of a history.
type HistLine struct {
	At   clock.Ms
	Day  clock.Day // when only the day is known
	Text string
	Body templ.Component // instead of the text
}

// TableView is a table of data. The caption names it.
type TableView struct {
	ID      string
	Caption string
	Quiet   bool // the caption is for readers who do not see the page
	Cols    []Col
	Rows    []Row
	Foot    []Cell
	HeadCol int    // which column names the row; -1: none
	Tight   bool   // low rows
	Keep    bool   // keeps its columns on a phone
	Select  string // name of the checkboxes before each row; empty: none
}

// Col is a column of a table.
type Col struct {
	Title string
	Href  string // sorts by this column
	Sort  string // "ascending" or "descending" when the list is sorted by it
	Num   bool
}

// Row is a row of a table.
type Row struct {
	ID     string
	Cells  []Cell
	Select string // value of the checkbox
	Name   string // what the checkbox selects
}

// Cell is a cell of a table: a text, a link, or a body of its own.
type Cell struct {
	Text  string
	Href  string
	Small string
	Lang  string
	Class string // nw, code, soft, …
	Soft  bool   // a remark, such as "missing"
	Body  templ.Component
}

// MatrixView is a grid of signs: rows and columns that keep their place on a phone.
type MatrixView struct {
	ID      string
	Label   string // id of the heading that names it
	Caption string
	Corner  string // heading of the first column
	Cols    []MatrixCol
	Rows    []MatrixRow
	Foot    []MatrixCell
	FootRow string // heading of the last row
}

// MatrixCol is a column: a number that always shows, and its name.
type MatrixCol struct {
	No   string
	Name string
}

// MatrixRow is a row.
type MatrixRow struct {
	Name  string
	Href  string
	Cells []MatrixCell
}

// MatrixCell is a sign with its meaning.
type MatrixCell struct {
	Href   string
	Symbol string // m-pres, m-miss, …
	Text   string // beside the sign on wide pages
	Says   string // for readers who do not see the sign
	Soft   bool
}

// Tools is the filter over a list: a plain GET form.
type Tools struct {
	Action string
	Label  string
	Fields []Field
	Hidden map[string]string // what stays in the address: sort, view
	Clear  string            // address without a filter; empty when none is in force
	Count  int               // filters in force
}

// Chip is one thing in force; its link takes it away.
type Chip struct {
	Text string
	Href string
}

// Stretch is the part of a list that a page shows.
type Stretch struct {
	From, To int    // first and last row shown; zero To: nothing shown
	Total    string // "2,087" or "10,000+"; empty: not counted
	Prev     string
	Next     string
}

// Blank says what would be here, or why nothing is.
type Blank struct {
	ID       string
	Title    string
	Text     string
	Small    string
	Triangle bool // with the picture of three vacant corners
	Buttons  []Button
	Body     templ.Component
}

// Kind is the kind of a form field.
type Kind string

// Kinds of fields.
const (
	Text     Kind = "text" // the zero kind is a text, too
	Email    Kind = "email"
	Password Kind = "password"
	Search   Kind = "search"
	URL      Kind = "url"
	Number   Kind = "number" // digits in a text field
	Date     Kind = "date"
	TextArea Kind = "textarea"
	Select   Kind = "select"
	Radios   Kind = "radios"
	Checks   Kind = "checks" // several of a list
	Check    Kind = "check"  // one yes
	File     Kind = "file"
	Amount   Kind = "amount" // money: amount and currency
)

// Field is a question of a form. What was typed and what is wrong come from
// the Form it is drawn with.
type Field struct {
	Kind     Kind
	Name     string
	ID       string // empty: the name. Errors name this id
	Label    string
	Hint     string
	Value    string   // when the form has none
	Values   []string // for Checks, when the form has none
	Options  []Option
	Width    string // n2, n4, n8 or wide
	Unit     string // behind the field
	Role     Role   // the corner's shape before the label
	Optional bool   // says so behind the label
	Required bool
	Hide     bool // the label is for readers who do not see the page
	Rows     int  // of a TextArea; zero: four
	Accept   string
	Complete string // autocomplete
	Lang     string // language of what is typed, when it is not the page's
	// Amount only: the field of the currency; Options are the currencies.
	Currency      string // name and id of the field; empty: Name + "-currency"
	CurrencyValue string // when the form has none
}

// Option is a choice of a field.
type Option struct {
	Value string
	Text  string
	Hint  string
	Group string // heading in a select; neighbours of one group stand together
	Lang  string
}

// FormView is a form that changes something.
type FormView struct {
	ID     string
	Action string
	Label  string // names the form where the page has several
	Class  string // empty: "form"
	Form   Form
	Draft  string // keeps a draft on the device under this name; empty: none
	Files  bool
	Forget bool // drops every draft on the device when sent: signing out
}

// PostAction is a form of one button.
type PostAction struct {
	Action string
	Button
	Hidden map[string]string
	Forget bool
}

// ProgressView is long work as it stands.
type ProgressView struct {
	ID     string
	Title  string
	Done   int64
	Total  int64 // zero: not known
	Facts  []Fact
	Again  string // address of this page
	Cancel string // a POST here stops it; empty: it cannot be stopped
	Note   string // what stopping does
	Live   string // address of {"done","total","text","state"}, read by the script
}

// TaskView is an element: its name and its state.
type TaskView struct {
	ID    string
	Title string
	Href  string
	State State
}
