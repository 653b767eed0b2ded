package partnership

import (
	"context"
	"fmt"
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
)

// maxUnwhole bounds what Whole says.
const maxUnwhole = 100

// Whole looks whether what is kept of partnerships beside their records fits
// them: thirty-five states and a summary for each, and the rights of accounts.
// A partnership whose journey still waits to be checked again is left out.
// It reads only.
func (s *Service) Whole(ctx context.Context) ([]i18n.Msg, error) {
	var out []i18n.Msg
	err := s.d.Read(ctx, func(t *db.Tx) error {
		out = nil
		rows, err := incomplete(t, len(Elements))
		if err != nil {
			return err
		}
		for _, r := range rows {
			out = append(out, i18n.M("partnership.whole.states",
				"The journey of “{title}” ({id}) has {n} states and {summaries} summaries; it should have {want} and 1.",
				i18n.A{"title": r.Title, "id": r.ID, "n": r.States, "summaries": r.Summaries, "want": len(Elements)}))
		}
		rights, err := unwholeRights(t)
		out = append(out, rights...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look whether partnerships are whole: %w", err)
	}
	return out[:min(len(out), maxUnwhole)], nil
}

// unwholeRights compares the rights kept by access with what teams and
// parties give. A right that has only just run out is no fault: the next
// night takes it.
func unwholeRights(t *db.Tx) ([]i18n.Msg, error) {
	due, ground, err := groundsOfRights(t)
	if err != nil {
		return nil, err
	}
	var out []i18n.Msg
	err = access.EachGranted(t, Kind, func(g access.Granted) error {
		delete(due, g)
		if !ground[access.Granted{Account: g.Account, Object: g.Object}] {
			out = append(out, i18n.M("partnership.whole.extra", "Account {account} holds the right “{right}” on partnership {id} without being in its team or of a party.",
				i18n.A{"account": g.Account, "id": g.Object, "right": string(g.Right)}))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var missing []access.Granted
	for g := range due {
		missing = append(missing, g)
	}
	slices.SortFunc(missing, func(a, b access.Granted) int {
		return slices.Compare([]string{a.Object, a.Account, string(a.Right)}, []string{b.Object, b.Account, string(b.Right)})
	})
	for _, g := range missing {
		out = append(out, i18n.M("partnership.whole.lacks", "Account {account} lacks the right “{right}” on partnership {id}, which team or parties give it.",
			i18n.A{"account": g.Account, "id": g.Object, "right": string(g.Right)}))
	}
	return out, nil
}

// groundsOfRights says which rights must be there today, and which accounts
// may have rights on which partnerships at all.
func groundsOfRights(t *db.Tx) (due, ground map[access.Granted]bool, err error) {
	due, ground = map[access.Granted]bool{}, map[access.Granted]bool{}
	today := t.Now.Day()
	give := func(account, partnership string, right access.Right, holds bool) {
		ground[access.Granted{Account: account, Object: partnership}] = true
		if !holds {
			return
		}
		for _, r := range right.Implied() {
			due[access.Granted{Account: account, Object: partnership, Right: r}] = true
		}
	}
	team, err := everyMember(t)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range team {
		give(m.Account, m.Partnership, m.Right, (m.UntilOn == "" || m.UntilOn >= today) && (m.RolesEnd == 0 || m.RolesEnd > today.Ms()))
	}
	parties, err := everyPartner(t)
	if err != nil {
		return nil, nil, err
	}
	accounts := map[string][]string{}
	for _, p := range parties {
		if _, known := accounts[p.Organisation]; !known {
			accounts[p.Organisation], err = openAccountsOf(t, p.Organisation)
			if err != nil {
				return nil, nil, err
			}
		}
		for _, a := range accounts[p.Organisation] {
			give(a, p.Partnership, access.Contribute, within(p.JoinedOn, p.LeftOn, today))
		}
	}
	return due, ground, nil
}

// Blank says in which of some partnerships the actor may not see titles and
// values in the audit: the confidential ones that it may not view.
func (s *Service) Blank(ctx context.Context, a access.Actor, partnerships []string) (map[string]bool, error) {
	out := map[string]bool{}
	if len(partnerships) == 0 {
		return out, nil
	}
	err := s.d.Read(ctx, func(t *db.Tx) error {
		hidden, err := hiddenFrom(t, a, partnerships)
		for _, p := range hidden {
			out[p] = true
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("confidential partnerships: %w", err)
	}
	return out, nil
}
