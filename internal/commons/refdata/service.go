package refdata

import (
	"context"
	"fmt"
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

// Add adds a row to an editable list, or a new version of a row it has.
func (s *Service) Add(ctx context.Context, by access.Actor, i Item) error {
	if !by.May(access.Administer) {
		return &errs.Error{Kind: errs.Forbidden}
	}
	l, ok := s.List(i.List)
	if !ok {
		return errs.Missing()
	}
	if !l.Editable {
		return errs.New(errs.Conflict, i18n.M("refdata.fixed", "This list follows its source and takes no rows of your own."))
	}
	err := checkItem(i)
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
	i.ID, i.Current, i.CreatedBy, i.Version = id.New(), true, by, 1
	row := audit.Row{Actor: by, Action: "created", Kind: "ref_item", Record: i.ID, Title: i.List + " " + i.Code, Version: 1, After: i}
	if len(old) > 0 {
		i.Version = old[0].Version + 1
		i.Position = old[0].Position
		row.Action, row.Version, row.Before = "new-version", i.Version, old[0]
	}
	row.After = i
	err = supersede(t, i.List, i.Code)
	if err != nil {
		return err
	}
	err = insertItem(t, i)
	if err != nil {
		return err
	}
	return audit.Write(t, row)
}
