package audit

import (
	"bufio"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
)

// verifyBatch is how many rows are held at once.
const verifyBatch = 500

// Verify walks the chain from its first row and compares it with the personal
// values beside it and with the log of signed heads, until the first thing
// that is wrong. It only reads, the database and the log alone. Where the
// file is missing, empty or unnamed the chain is checked by itself.
//
// An error means that the check could not be made; what it found wrong is in
// the Report.
func Verify(ctx context.Context, d *db.DB, headsFile string) (Report, error) {
	// The log is read first: a head that is signed meanwhile belongs to rows
	// that the snapshot below may not have.
	log, err := readLog(headsFile)
	if err != nil {
		return Report{}, fmt.Errorf("verify the audit: %w", err)
	}
	var v verifier
	err = d.Read(ctx, func(t *db.Tx) error {
		v = verifier{heads: log.heads, report: Report{Keys: log.keys, Torn: log.torn, NoHeads: len(log.keys) == 0}}
		return v.run(t)
	})
	if err != nil {
		return Report{}, fmt.Errorf("verify the audit: %w", err)
	}
	return v.report, nil
}

// verifier walks the chain.
type verifier struct {
	report Report
	head   Head         // of the last good row
	heads  []signedHead // not yet compared, by number
	signed int64        // number of the last head compared
}

func (v *verifier) run(t *db.Tx) error {
	var err error
	v.report.Unsealed, err = countUnsealed(t)
	if err != nil {
		return err
	}
	whole, err := v.walk(t)
	if err != nil {
		return err
	}
	if whole {
		v.rest()
	}
	v.report.LastSeq = v.head.Seq
	v.report.Unsigned = v.head.Seq - v.signed
	return nil
}

// walk checks all rows; false at the first bad one.
func (v *verifier) walk(t *db.Tx) (bool, error) {
	seq, id := int64(math.MinInt64), ""
	for {
		rows, err := entriesAfter(t, seq, id, verifyBatch)
		if err != nil || len(rows) == 0 {
			return true, err
		}
		seq, id = rows[len(rows)-1].Seq, rows[len(rows)-1].ID
		values, err := personalBetween(t, rows[0].Seq, seq)
		if err != nil {
			return false, err
		}
		for i := range rows {
			if !v.row(&rows[i], values[rows[i].ID]) {
				return false, nil
			}
		}
	}
}

// bad notes the first bad row; it returns false, for the caller to return.
func (v *verifier) bad(seq int64, why i18n.Msg) bool {
	v.report.BadSeq, v.report.Reason = seq, why
	return false
}

// row checks the next row: number, link, contents, personal values, heads.
func (v *verifier) row(e *entry, values []personal) bool {
	next := v.head.Seq + 1
	switch {
	case e.Seq < next:
		return v.bad(e.Seq, i18n.M("audit.bad.number", "Row number {seq} stands twice, or is below 1: the row was put in.", i18n.A{"seq": e.Seq}))
	case e.Seq > next:
		return v.bad(next, i18n.M("audit.bad.missing", "Row {seq} is missing.", i18n.A{"seq": next}))
	case e.Prev != v.head.Hash:
		return v.bad(next, i18n.M("audit.bad.order", "Row {seq} does not follow from the row before it: rows were changed, moved, removed or put in.", i18n.A{"seq": next}))
	case e.Hash != e.sum():
		return v.bad(next, i18n.M("audit.bad.changed", "Row {seq} was changed: its contents do not match its hash.", i18n.A{"seq": next}))
	}
	if field, ok := personalMatch(e, values); !ok {
		return v.bad(next, i18n.M("audit.bad.personal", "The personal value of field {field} in row {seq} was changed: it does not match its hash.",
			i18n.A{"seq": next, "field": field}))
	}
	for len(v.heads) > 0 && v.heads[0].seq <= next {
		if !v.compare(v.heads[0], e.head()) {
			return false
		}
		v.heads = v.heads[1:]
	}
	v.head = e.head()
	v.report.Rows++
	return true
}

// compare checks one line of the log against the row it names.
func (v *verifier) compare(h signedHead, head Head) bool {
	switch {
	case h.fault != faultNone:
		return v.faulty(h)
	case hex.EncodeToString(h.hash[:]) != head.Hash:
		return v.bad(head.Seq, i18n.M("audit.bad.head", "Row {seq} is not the row that was signed: the rows after row {signed} were written anew.",
			i18n.A{"seq": head.Seq, "signed": v.signed}))
	}
	v.signed = h.seq
	v.report.HeadsChecked++
	return true
}

func (v *verifier) faulty(h signedHead) bool {
	if h.fault == faultSignature {
		return v.bad(h.seq, i18n.M("audit.bad.signature", "The signature of row {seq} is wrong, in line {line} of the log: the log was changed.",
			i18n.A{"seq": h.seq, "line": int64(h.line)}))
	}
	return v.bad(h.seq, i18n.M("audit.bad.line", "Line {line} of the log of signed heads cannot be read: the log was changed or damaged. Rows from {seq} on rest on it.",
		i18n.A{"seq": h.seq, "line": int64(h.line)}))
}

// rest says what the log has signed beyond the last row.
func (v *verifier) rest() {
	if len(v.heads) == 0 {
		return
	}
	if v.heads[0].fault != faultNone {
		v.faulty(v.heads[0])
		return
	}
	next := v.head.Seq + 1
	v.bad(next, i18n.M("audit.bad.cut", "The audit was cut: row {signed} was signed, but the rows from {seq} on are gone.",
		i18n.A{"seq": next, "signed": v.heads[len(v.heads)-1].seq}))
}

// personalMatch says whether every personal value beside the row matches the
// hash in it; where not, which field. A value that is gone was erased.
func personalMatch(e *entry, values []personal) (string, bool) {
	if len(values) == 0 {
		return "", true
	}
	changes, err := parseChanges(e.Changes)
	if err != nil {
		return values[0].Field, false
	}
	for _, p := range values {
		if !slices.ContainsFunc(changes, func(c change) bool { return c.field == p.Field && c.personal == p.hash() }) {
			return p.Field, false
		}
	}
	return "", true
}

// fault is what is wrong with a line of the log.
type fault uint8

const (
	faultNone fault = iota
	faultSignature
	faultLine
)

// signedHead is one line of the log; for a line that can't be read seq is the
// first number that the line before it doesn't cover.
type signedHead struct {
	seq   int64
	hash  [32]byte
	line  int32
	fault fault
}

// signedLog is the log as read: no keys means that there is none.
type signedLog struct {
	keys  []string
	heads []signedHead // by number
	torn  bool
}

// readLog reads and checks the log of signed heads.
func readLog(path string) (signedLog, error) {
	var log signedLog
	if path == "" {
		return log, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return log, nil
	}
	if err != nil {
		return log, fmt.Errorf("read the log of signed heads: %w", err)
	}
	defer f.Close()
	err = log.read(f)
	if err != nil {
		return log, fmt.Errorf("read the log of signed heads %s: %w", path, err)
	}
	// Processes that sign at the same moment may append in any order.
	slices.SortStableFunc(log.heads, func(a, b signedHead) int { return cmp.Compare(a.seq, b.seq) })
	return log, nil
}

func (log *signedLog) read(f *os.File) error {
	r := bufio.NewReaderSize(f, headsTail)
	var public ed25519.PublicKey
	last := int64(0)
	for n := int32(1); ; n++ {
		line, whole, err := readLine(r)
		if err != nil {
			return err
		}
		if !whole {
			log.torn = len(line) > 0
			return nil
		}
		header, head, err := parseLine(line)
		if n == 1 && (err != nil || header == nil) {
			return notALog(f.Name(), err)
		}
		switch {
		case header != nil:
			key, err := header.key()
			if err != nil {
				return notALog(f.Name(), err)
			}
			public = key
			log.keys = append(log.keys, header.Public)
		case head != nil:
			s := signedHead{seq: head.Seq, line: n}
			b, err := hex.DecodeString(head.Hash)
			if err != nil || !head.good(public) || copy(s.hash[:], b) != len(s.hash) {
				s.fault = faultSignature
			}
			log.heads = append(log.heads, s)
			last = max(last, head.Seq)
		default:
			log.heads = append(log.heads, signedHead{seq: last + 1, line: n, fault: faultLine})
		}
	}
}

// readLine returns the next line without its end, cut at the buffer's size;
// whole is false for what stands after the last line's end.
func readLine(r *bufio.Reader) (line []byte, whole bool, err error) {
	line, err = r.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], true, nil
	}
	line = slices.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice('\n')
	}
	if errors.Is(err, io.EOF) {
		return line, false, nil
	}
	return line, err == nil, err
}
