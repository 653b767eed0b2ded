package audit

import (
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
)

// Host is the audience of a row that names none.
const Host = "host"

// Keep is how long a superseded version of a record stays readable by Base.
const Keep = 30 * 24 * time.Hour

// Row is what a service says of one changed record.
//
// Before and After are structs (or pointers to them) of one type whose fields
// carry db tags. The tag `audit:"-"` keeps a field out of the audit wholly,
// `audit:"personal"` keeps its value in the table that erasure empties. A nil
// Before is a creation, a nil After a deletion; with neither the row only
// says that something was done.
type Row struct {
	Actor    string // access.Actor.ID(); empty for nobody
	Action   string // created, updated, deleted, restored, approved, signed-in, …
	Kind     string // "organisation"
	Record   string // the record's id
	Context  string // id of the object the record lies in; empty otherwise
	Audience string // who may see the row; empty means Host
	Title    string // what a list shows; never a personal value
	Version  int64  // the record's version after the change; 0 for records without
	Before   any
	After    any
}

// Head is the end of the chain: the last row's number and hash. The zero Head
// is that of an empty chain.
type Head struct {
	Seq  int64  `db:"seq"`
	Hash string `db:"hash"` // lower-case hexadecimal
}

// Report is what Verify found.
type Report struct {
	Rows         int64    // chained rows that were checked and are good
	LastSeq      int64    // number of the last good row
	Unsealed     int64    // rows not chained yet: no failure
	Unsigned     int64    // good rows after the last signed head: no failure
	HeadsChecked int      // signed heads that were compared with their rows
	Keys         []string // public keys of the log in their order, base64
	Torn         bool     // the log's last line was not written whole and is ignored
	NoHeads      bool     // there is no log: only the chain was checked
	BadSeq       int64    // number of the first bad row
	Reason       i18n.Msg // what is wrong with it; zero when all is whole
}

// Whole says whether nothing wrong was found.
func (r Report) Whole() bool { return r.Reason.Zero() }

// entry is a row of the table audit.
type entry struct {
	ID       string   `db:"id"`
	Seq      int64    `db:"seq"` // 0 while the row is not chained
	At       clock.Ms `db:"at"`
	Actor    string   `db:"actor"`
	Action   string   `db:"action"`
	Kind     string   `db:"kind"`
	Record   string   `db:"record"`
	Context  string   `db:"context"`
	Audience string   `db:"audience"`
	Title    string   `db:"title"`
	Version  int64    `db:"version"`
	Changes  string   `db:"changes"`
	Prev     string   `db:"prev"`
	Hash     string   `db:"hash"`
}

// personal is a row of the table audit_personal.
type personal struct {
	AuditID string `db:"audit_id"`
	Field   string `db:"field"`
	Salt    string `db:"salt"`
	Value   string `db:"value"` // JSON [old,new]
}
