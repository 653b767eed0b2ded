package audit

import (
	"encoding/json"
	"fmt"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// Filter says which rows List returns; empty fields ask nothing.
type Filter struct {
	Kind    string
	Record  string
	Context string
	Actor   string
	Since   clock.Ms // rows of this instant or later
	After   Place    // the last row of the page before
	Limit   int      // rows a page: 50 when 0, at most 200
	Only    db.Part  // a further condition on the row, whose alias is a: what the reader may see
}

// Place is where a page of List ended. The zero Place is the beginning.
type Place struct {
	At clock.Ms
	ID string
}

// Listed is one row for reading.
type Listed struct {
	ID       string
	Seq      int64 // 0 while the row is not chained
	At       clock.Ms
	Actor    string
	Action   string
	Kind     string
	Record   string
	Context  string
	Audience string
	Title    string
	Version  int64
	Changes  []Change

	// Unreadable says that the stored changes are no longer what Write wrote;
	// the other rows are still worth seeing, and Verify names this one.
	Unreadable bool
}

// Place is where a page that ends with this row ended.
func (l Listed) Place() Place { return Place{At: l.At, ID: l.ID} }

// Change is one changed field. Old and New are JSON; null where the record
// had or has no value, nil where a personal value was erased.
type Change struct {
	Field    string
	Old, New json.RawMessage
	Personal bool
	Erased   bool
}

// Rows a page of List.
const (
	pageSize = 50
	pageMost = 200
)

// List returns rows, newest first, with the personal values that were not
// erased. Who may see what is the caller's to say, in f.Only.
func List(t *db.Tx, f Filter) ([]Listed, error) {
	if f.Limit <= 0 {
		f.Limit = pageSize
	}
	f.Limit = min(f.Limit, pageMost)
	rows, err := list(t, f)
	if err != nil {
		return nil, fmt.Errorf("list the audit: %w", err)
	}
	ids := make([]string, len(rows))
	for i, e := range rows {
		ids[i] = e.ID
	}
	values, err := personalOf(t, ids)
	if err != nil {
		return nil, fmt.Errorf("list the audit: %w", err)
	}
	out := make([]Listed, len(rows))
	for i, e := range rows {
		changes, err := changesOf(e, values[e.ID])
		out[i] = Listed{
			ID: e.ID, Seq: e.Seq, At: e.At, Actor: e.Actor, Action: e.Action, Kind: e.Kind, Record: e.Record,
			Context: e.Context, Audience: e.Audience, Title: e.Title, Version: e.Version, Changes: changes, Unreadable: err != nil,
		}
	}
	return out, nil
}

// changesOf puts the personal values back into the changes of a row.
func changesOf(e entry, values []personal) ([]Change, error) {
	parsed, err := parseChanges(e.Changes)
	if err != nil {
		return nil, err
	}
	out := make([]Change, len(parsed))
	for i, c := range parsed {
		out[i] = Change{Field: c.field, Old: c.old, New: c.new}
		if c.personal == "" {
			continue
		}
		out[i].Personal, out[i].Erased = true, true
		for _, p := range values {
			if p.Field != c.field {
				continue
			}
			out[i].Old, out[i].New, err = parsePair(p.Value)
			if err != nil {
				return nil, fmt.Errorf("personal value of %s: %w", p.Field, err)
			}
			out[i].Erased = false
		}
	}
	return out, nil
}
