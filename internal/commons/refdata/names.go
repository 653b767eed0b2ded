package refdata

import (
	"slices"
	"strings"

	"ayni/internal/kernel/search"
	"ayni/internal/kernel/ui"
)

// ByName are the current rows of a list in the order of their names in a
// language, whatever accents and case. The slice is shared: read only.
func (s *Service) ByName(list, lang string) []Item {
	snap := s.snap.Load()
	key := lang + "/" + list
	if sorted, ok := snap.byName.Load(key); ok {
		return sorted.([]Item)
	}
	type folded struct {
		name string
		item Item
	}
	rows := make([]folded, len(snap.items[list]))
	for i, item := range snap.items[list] {
		rows[i] = folded{search.Fold(item.Name(lang)), item}
	}
	slices.SortStableFunc(rows, func(a, b folded) int { return strings.Compare(a.name, b.name) })
	out := make([]Item, len(rows))
	for i, r := range rows {
		out[i] = r.item
	}
	snap.byName.Store(key, out)
	return out
}

// Options are the rows of a list as choices of a field, by name.
func (s *Service) Options(list, lang string) []ui.Option {
	return optionsOf(s.ByName(list, lang), lang)
}

// InOrder are the rows of a list as choices of a field, in the list's order.
func (s *Service) InOrder(list, lang string) []ui.Option { return optionsOf(s.All(list), lang) }

func optionsOf(items []Item, lang string) []ui.Option {
	out := make([]ui.Option, len(items))
	for i, item := range items {
		out[i] = ui.Option{Value: item.Code, Text: item.Name(lang)}
	}
	return out
}
