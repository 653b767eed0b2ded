package app

import (
	"context"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/privacy"
)

// trashDays is how long what was removed can come back; it is kept no shorter.
const trashDays = 30

// addRules adds the rules of retention of the rooms.
func (a *App) addRules() {
	a.Privacy.AddRule(privacy.Rule{
		Code: "trash", Days: trashDays, Least: trashDays,
		Label: i18n.M("app.rule.trash", "What was removed: partnerships, organisations, persons, contact points and the like"),
		Why:   i18n.M("app.rule.trash.why", "So that a mistake can be undone. What something else still points at stays longer."),
		List:  a.trash, Run: a.emptyTrash,
	})
}

// trash lists what emptyTrash deletes.
func (a *App) trash(t *db.Tx, before clock.Ms) ([]privacy.Item, error) {
	var out []privacy.Item
	partnerships, err := a.Partnership.Expired(t, before)
	if err != nil {
		return nil, err
	}
	for _, p := range partnerships {
		out = append(out, privacy.Item{Table: "partnership", Record: p})
	}
	rest, err := a.Directory.Expired(t, before)
	for _, r := range rest {
		out = append(out, privacy.Item{Table: r[0], Record: r[1]})
	}
	return out, err
}

// emptyTrash deletes for good what was removed before an instant. The
// directory goes first: what only a partnership of this night still points at
// goes the next night, so that the list says exactly what goes.
func (a *App) emptyTrash(ctx context.Context, before clock.Ms) (int, error) {
	n, err := a.Directory.Purge(ctx, before)
	if err != nil {
		return n, err
	}
	m, err := a.Partnership.Purge(ctx, before)
	return n + m, err
}
