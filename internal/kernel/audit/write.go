package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/id"
)

// Write notes a change of one record in the transaction of the change: a row
// of the audit, the values of personal fields beside it, and, for a record
// with a version, what it was before and after (see Base). An error must end
// the transaction: no change stands without its row.
func Write(t *db.Tx, r Row) error {
	err := write(t, r)
	if err != nil {
		return fmt.Errorf("audit of %s %s %s: %w", r.Action, r.Kind, r.Record, err)
	}
	return nil
}

func write(t *db.Tx, r Row) error {
	if r.Action == "" || r.Kind == "" {
		return errors.New("a row needs an action and a kind")
	}
	p, before, after, err := images(r.Before, r.After)
	if err != nil {
		return err
	}
	changes, personal := p.diff(before, after)
	e := entry{
		ID: id.New(), At: t.Now, Actor: clean(r.Actor), Action: clean(r.Action), Kind: clean(r.Kind), Record: clean(r.Record),
		Context: clean(r.Context), Audience: clean(r.Audience), Title: clean(r.Title), Version: r.Version, Changes: changes,
	}
	if e.Audience == "" {
		e.Audience = Host
	}
	err = insertChained(t, e)
	if err != nil {
		return err
	}
	err = insertPersonal(t, e.ID, personal)
	if err != nil {
		return err
	}
	if r.Version < 1 || after == nil {
		return nil
	}
	if before == nil || r.Version == 1 {
		return keepVersion(t, e.Kind, e.Record, e.Version, p.json(after))
	}
	return keepVersions(t, e.Kind, e.Record, e.Version, p.json(before), p.json(after))
}

// clean makes s fit for both engines: PostgreSQL takes neither bytes that are
// no UTF-8 nor the character zero.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// headKey is where a transaction on SQLite keeps the head it has reached.
const headKey = "audit.head"

// insertChained inserts the row: chained on SQLite, where nobody else writes
// until this transaction ends; without a number on PostgreSQL.
func insertChained(t *db.Tx, e entry) error {
	if t.DB.Engine != db.SQLite {
		return insertEntry(t, e)
	}
	kept, ok := t.Memo(headKey)
	head, _ := kept.(Head)
	if !ok {
		var err error
		head, err = Last(t)
		if err != nil {
			return err
		}
	}
	e.chain(head)
	err := insertEntry(t, e)
	if err != nil {
		return err
	}
	t.SetMemo(headKey, e.head())
	return nil
}

// chain makes e the row that follows head.
func (e *entry) chain(head Head) {
	e.Seq = head.Seq + 1
	e.Prev = head.Hash
	e.Hash = e.sum()
}

func (e *entry) head() Head { return Head{Seq: e.Seq, Hash: e.Hash} }

// sum is the hash that the row should have: see the package's comment.
func (e *entry) sum() string {
	b := make([]byte, 0, 512+len(e.Changes))
	b = append(b, '[')
	b = appendText(b, e.Prev)
	b = appendNumber(b, e.Seq)
	b = appendNext(b, e.ID)
	b = appendNumber(b, int64(e.At))
	for _, s := range []string{e.Actor, e.Action, e.Kind, e.Record, e.Context, e.Audience, e.Title} {
		b = appendNext(b, s)
	}
	b = appendNumber(b, e.Version)
	b = appendNext(b, e.Changes)
	b = append(b, ']')
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func appendNext(b []byte, s string) []byte { return appendText(append(b, ','), s) }

func appendNumber(b []byte, n int64) []byte { return strconv.AppendInt(append(b, ','), n, 10) }

// Erase deletes the personal values of a record from the audit, and what the
// record was at its versions. The chain stays whole: its rows hold only the
// values' hashes.
func Erase(t *db.Tx, kind, record string) error {
	err := deletePersonal(t, kind, record)
	if err != nil {
		return fmt.Errorf("erase %s %s from the audit: %w", kind, record, err)
	}
	err = deleteVersions(t, kind, record)
	if err != nil {
		return fmt.Errorf("erase the versions of %s %s: %w", kind, record, err)
	}
	return nil
}

// Naming gives the records of some kinds of which a change said an id, such as
// the roles of a person that are there no more: pairs of kind and record.
func Naming(t *db.Tx, kinds []string, id string) ([][2]string, error) {
	found, err := naming(t, kinds, id)
	if err != nil {
		return nil, fmt.Errorf("records that name %s: %w", id, err)
	}
	out := make([][2]string, len(found))
	for i, f := range found {
		out[i] = [2]string{f.Kind, f.Record}
	}
	return out, nil
}

// Earlier are the texts that personal fields of a record held at any time,
// as far as they were not erased.
func Earlier(t *db.Tx, kind, record string, fields ...string) ([]string, error) {
	values, err := earlier(t, kind, record, fields)
	if err != nil {
		return nil, fmt.Errorf("earlier values of %s %s: %w", kind, record, err)
	}
	var out []string
	for _, p := range values {
		old, now, err := parsePair(p.Value)
		if err != nil {
			continue // no text can be made of it, so none is looked for
		}
		for _, raw := range []json.RawMessage{old, now} {
			var text string
			err := json.Unmarshal(raw, &text)
			if err == nil && text != "" {
				out = append(out, text)
			}
		}
	}
	return out, nil
}

// Prune deletes the versions of records kept for Base that were written
// before the instant (now less Keep), and returns how many.
func Prune(t *db.Tx, before clock.Ms) (int64, error) {
	n, err := pruneVersions(t, before)
	if err != nil {
		return 0, fmt.Errorf("prune versions of records: %w", err)
	}
	return n, nil
}
