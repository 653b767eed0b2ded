package refdata

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// Service gives the reference lists to everybody. Reading is from memory.
type Service struct {
	d    *db.DB
	snap atomic.Pointer[snapshot]
}

type snapshot struct {
	lists   map[string]List
	order   []List
	items   map[string][]Item         // current rows by list
	byCode  map[string]map[string]int // position in items
	sources map[string]Source
	byName  sync.Map // language and list → rows by name, made at first need
}

// New makes the service; Load fills it.
func New(d *db.DB) *Service {
	s := &Service{d: d}
	s.snap.Store(&snapshot{})
	return s
}

// Load brings the shipped rows into the database where they are new, and
// reads the current rows into memory.
func (s *Service) Load(ctx context.Context) error {
	err := seed(ctx, s.d)
	if err != nil {
		return fmt.Errorf("load reference lists: %w", err)
	}
	return s.Reload(ctx)
}

// Reload reads the current rows into memory again.
func (s *Service) Reload(ctx context.Context) error {
	next := &snapshot{lists: map[string]List{}, items: map[string][]Item{}, byCode: map[string]map[string]int{}, sources: map[string]Source{}}
	err := s.d.Read(ctx, func(t *db.Tx) error {
		lists, err := allLists(t)
		if err != nil {
			return err
		}
		next.order = lists
		for _, l := range lists {
			next.lists[l.Code] = l
		}
		items, err := currentItems(t)
		if err != nil {
			return err
		}
		for _, i := range items {
			if next.byCode[i.List] == nil {
				next.byCode[i.List] = map[string]int{}
			}
			next.byCode[i.List][i.Code] = len(next.items[i.List])
			next.items[i.List] = append(next.items[i.List], i)
		}
		sources, err := allSources(t)
		if err != nil {
			return err
		}
		for _, src := range sources {
			next.sources[src.Key] = src
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.snap.Store(next)
	return nil
}

// Lists are all lists, by code.
func (s *Service) Lists() []List { return s.snap.Load().order }

// List is what is known of one list.
func (s *Service) List(list string) (List, bool) {
	l, ok := s.snap.Load().lists[list]
	return l, ok
}

// All are the current rows of a list in its order. The slice is shared: read only.
func (s *Service) All(list string) []Item { return s.snap.Load().items[list] }

// Get is the current row of a code.
func (s *Service) Get(list, code string) (Item, bool) {
	snap := s.snap.Load()
	i, ok := snap.byCode[list][code]
	if !ok {
		return Item{}, false
	}
	return snap.items[list][i], true
}

// Has says whether a list has a current row of that code.
func (s *Service) Has(list, code string) bool {
	_, ok := s.Get(list, code)
	return ok
}

// Name is the short name of a code in a language; the code itself where the
// list does not have it.
func (s *Service) Name(list, code, lang string) string {
	i, ok := s.Get(list, code)
	if !ok {
		return code
	}
	return i.Name(lang)
}

// Where are the current rows of a list whose column has a value.
func (s *Service) Where(list, column, value string) []Item {
	var out []Item
	for _, i := range s.All(list) {
		if i.Attrs[column] == value {
			out = append(out, i)
		}
	}
	return out
}

// Source is where a row's facts come from.
func (s *Service) Source(key string) (Source, bool) {
	src, ok := s.snap.Load().sources[key]
	return src, ok
}

// Versions are all versions of a code, the newest first.
func (s *Service) Versions(ctx context.Context, list, code string) ([]Item, error) {
	var out []Item
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		out, err = versionsOf(t, list, code)
		return err
	})
	return out, err
}

// Sources are all sources, by key.
func (s *Service) Sources() []Source {
	snap := s.snap.Load()
	out := make([]Source, 0, len(snap.sources))
	for _, src := range snap.sources {
		out = append(out, src)
	}
	slices.SortFunc(out, func(a, b Source) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// fixedList is why a list takes no rows of one's own.
var fixedList = i18n.M("refdata.fixed", "This list follows its source and takes no rows of your own.")

// Add adds a row to an editable list, or a new version of a row it has. The
// row's Version is that of the row which the form was opened with, 0 for a new
// one. Where the row moved on since, the changes are merged; an
// *audit.Clash[Item] says that both changed the same.
func (s *Service) Add(ctx context.Context, by access.Actor, i Item) error {
	if !by.May(access.Administer) {
		return &errs.Error{Kind: errs.Forbidden}
	}
	l, ok := s.List(i.List)
	if !ok {
		return errs.Missing()
	}
	if !l.Editable {
		return errs.New(errs.Conflict, fixedList)
	}
	err := checkItem(i, s.Has)
	if err != nil {
		return err
	}
	err = s.d.Write(ctx, func(t *db.Tx) error {
		return addVersion(t, by.ID(), i)
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// addVersion adds a row as the newest version of its code.
func addVersion(t *db.Tx, by string, i Item) error {
	old, err := versionsOf(t, i.List, i.Code)
	if err != nil {
		return err
	}
	row := audit.Row{Actor: by, Action: "created", Kind: ItemRecord, Title: i.List + " " + i.Code}
	if len(old) == 0 {
		if i.Version != 0 {
			return errs.Missing()
		}
		i.Version = 1
		i.Position, err = nextPosition(t, i.List)
	} else {
		i, err = over(old, i)
		row.Action, row.Before = "new-version", old[0]
	}
	if err != nil || (len(old) > 0 && i.Version == old[0].Version) {
		return err
	}
	i.ID, i.Current, i.CreatedBy = id.New(), true, by
	err = supersede(t, i.List, i.Code)
	if err != nil {
		return err
	}
	err = insertItem(t, i)
	if err != nil {
		return err
	}
	row.Record, row.Version, row.After = i.ID, i.Version, i
	return audit.Write(t, row)
}

// over puts what a form asks for over the newest of a row's versions. The
// result has the next version, or the newest one where nothing was changed.
func over(old []Item, asked Item) (Item, error) {
	now := old[0]
	at := slices.IndexFunc(old, func(v Item) bool { return v.Version == asked.Version })
	if at < 0 {
		var c errs.Check
		c.Add("code", i18n.M("refdata.exists", "The list has a row of this code. Add a new version of that row instead."))
		return asked, c.Err()
	}
	out, fields, err := audit.Merge(old[at], now, asked)
	if err != nil {
		return asked, err
	}
	if len(fields) > 0 {
		return asked, &audit.Clash[Item]{Fields: fields, Now: now, Merged: out}
	}
	changed, err := audit.Differing(now, out)
	if err == nil && len(changed) > 0 {
		out.Version++
	}
	return out, err
}
