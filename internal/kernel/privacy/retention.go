package privacy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
)

// Item is one thing that a rule would delete: a row, named by its table and key.
type Item struct {
	Table  string `json:"table"`
	Record string `json:"record"`
}

// Rule says how long something is kept. What a rule lists before an instant is
// what it deletes.
type Rule struct {
	Code  string
	Label i18n.Msg // what is kept
	Why   i18n.Msg // what for
	Days  int      // unless the administrator sets another number
	Least int      // fewer days are refused
	Never bool     // 0 days may be set: it is kept without an end

	List func(t *db.Tx, before clock.Ms) ([]Item, error)
	Run  func(ctx context.Context, before clock.Ms) (int, error)
}

// RuleFor is a rule with the number of days in force.
type RuleFor struct {
	Rule
	InForce int // days; 0 without an end
}

// Due is what a rule would delete now.
type Due struct {
	Rule  string `json:"rule"`
	Days  int    `json:"days"` // 0: kept without an end
	Items []Item `json:"items"`

	Label i18n.Msg `json:"-"`
}

// mostDays is the longest time that can be set.
const mostDays = 36_500

// AddRule adds a rule of another package; the privacy service brings its own.
func (s *Service) AddRule(r Rule) { s.rules = append(s.rules, r) }

// own are the rules of this package: what the audit keeps of persons, and
// closed accounts.
func (s *Service) own() []Rule {
	signs := func(t *db.Tx, before clock.Ms) ([]Item, error) {
		return valueItems(audit.ValuesBefore(t, before, []string{"address", "agent"}, nightly))
	}
	values := func(t *db.Tx, before clock.Ms) ([]Item, error) {
		return valueItems(audit.ValuesBefore(t, before, nil, nightly))
	}
	return []Rule{
		{Code: "sign-in", Days: 90, Least: 7, Label: i18n.M("privacy.rule.signin", "Network address and browser of sign-ins"),
			Why: i18n.M("privacy.rule.signin.why", "To notice that somebody else uses an account."), List: signs, Run: s.dropValues([]string{"address", "agent"})},
		{Code: "audit-values", Days: 1095, Least: 30, Never: true, Label: i18n.M("privacy.rule.values", "Earlier values of personal fields in the audit"),
			Why: i18n.M("privacy.rule.values.why", "To see what was changed, and to undo a mistake. That a field was changed stays."), List: values, Run: s.dropValues(nil)},
		{Code: "closed-account", Days: 1095, Least: 30, Never: true, Label: i18n.M("privacy.rule.closed", "Name and address of closed accounts"),
			Why: i18n.M("privacy.rule.closed.why", "So that what the account did has a name for a time. The person stays in the directory."), List: s.closed, Run: s.emptyClosed},
	}
}

// nightly bounds what a rule lists and what one night deletes by it.
const nightly = 10_000

func valueItems(rows []audit.ValueKey, err error) ([]Item, error) {
	out := make([]Item, len(rows))
	for i, r := range rows {
		out[i] = Item{Table: "audit_personal", Record: r.AuditID + "/" + r.Field}
	}
	return out, err
}

// dropValues deletes personal values of the audit, in steps that let others
// write in between.
func (s *Service) dropValues(fields []string) func(ctx context.Context, before clock.Ms) (int, error) {
	return func(ctx context.Context, before clock.Ms) (int, error) {
		const step = 500
		total := 0
		for total < nightly {
			n := 0
			err := s.d.Write(ctx, func(t *db.Tx) error {
				rows, err := audit.ValuesBefore(t, before, fields, min(step, nightly-total))
				n = len(rows)
				if err != nil {
					return err
				}
				return audit.DropValues(t, rows)
			})
			total += n
			if err != nil || n < step {
				return total, err
			}
		}
		return total, nil
	}
}

func (s *Service) closed(t *db.Tx, before clock.Ms) ([]Item, error) {
	accounts, err := access.ClosedBefore(t, before, nightly)
	out := make([]Item, len(accounts))
	for i, a := range accounts {
		out[i] = Item{Table: "account", Record: a}
	}
	return out, err
}

// emptyClosed takes the name and the address out of accounts that were closed
// long ago.
func (s *Service) emptyClosed(ctx context.Context, before clock.Ms) (int, error) {
	var accounts []string
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		accounts, err = access.ClosedBefore(t, before, nightly)
		return err
	})
	if err != nil {
		return 0, err
	}
	for n, account := range accounts {
		err := s.d.Write(ctx, func(t *db.Tx) error {
			closed, err := access.StillClosed(t, account, before)
			if err != nil || !closed {
				return err // opened again in the meantime
			}
			marker, err := s.marker(t)
			if err != nil {
				return err
			}
			_, err = access.Personal().Erase(t, personal.Subject{Accounts: []string{account}}, nil, marker)
			if err != nil {
				return err
			}
			err = audit.Erase(t, "account", account)
			if err != nil {
				return err
			}
			return audit.Write(t, audit.Row{Actor: access.System("retention").ID(), Action: "emptied", Kind: "account", Record: account})
		})
		if err != nil {
			return n, fmt.Errorf("empty account %s: %w", account, err)
		}
	}
	return len(accounts), nil
}

// Rules are the rules with the days in force, in their order.
func (s *Service) Rules(t *db.Tx) ([]RuleFor, error) {
	set, err := ruleDays(t)
	if err != nil {
		return nil, err
	}
	var out []RuleFor
	for _, r := range slices.Concat(s.own(), s.rules) {
		days, ok := set[r.Code]
		if !ok {
			days = r.Days
		}
		out = append(out, RuleFor{r, days})
	}
	return out, nil
}

// before is the instant before which a rule deletes; false where it deletes
// nothing.
func (r RuleFor) before(now clock.Ms) (clock.Ms, bool) {
	return now.Add(-time.Duration(r.InForce) * 24 * time.Hour), r.InForce > 0
}

// Due lists exactly what Retain would delete now.
func (s *Service) Due(ctx context.Context, by access.Actor) ([]Due, error) {
	err := mayAdminister(by)
	if err != nil {
		return nil, err
	}
	out := []Due{}
	err = s.d.Read(ctx, func(t *db.Tx) error {
		rules, err := s.Rules(t)
		if err != nil {
			return err
		}
		for _, r := range rules {
			d := Due{Rule: r.Code, Days: r.InForce, Label: r.Label, Items: []Item{}}
			if before, ends := r.before(t.Now); ends {
				items, err := r.List(t, before)
				if err != nil {
					return fmt.Errorf("what rule %s deletes: %w", r.Code, err)
				}
				d.Items = append(d.Items, items...)
			}
			out = append(out, d)
		}
		return nil
	})
	return out, err
}

// Retain deletes what was kept long enough, and returns how much. A job does
// it every night.
func (s *Service) Retain(ctx context.Context) (int, error) {
	var rules []RuleFor
	var now clock.Ms
	err := s.d.Read(ctx, func(t *db.Tx) error {
		now = t.Now
		var err error
		rules, err = s.Rules(t)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("rules of retention: %w", err)
	}
	total := 0
	for _, r := range rules {
		before, ends := r.before(now)
		if !ends {
			continue
		}
		n, err := r.Run(ctx, before)
		total += n
		if err != nil {
			return total, fmt.Errorf("retention of %s: %w", r.Code, err)
		}
	}
	return total, nil
}

// kept is a rule's days as the audit compares them.
type kept struct {
	Days int `db:"days"`
}

// SetDays sets how long something is kept, for several rules at once.
func (s *Service) SetDays(ctx context.Context, by access.Actor, days map[string]int) error {
	err := mayAdminister(by)
	if err != nil {
		return err
	}
	return s.d.Write(ctx, func(t *db.Tx) error {
		rules, err := s.Rules(t)
		if err != nil {
			return err
		}
		var c errs.Check
		for _, r := range rules {
			n, asked := days[r.Code]
			if !asked {
				continue
			}
			c.If(n > mostDays || n < 0 || (n < r.Least && (n != 0 || !r.Never)), r.Code, dayWord(r.Rule))
		}
		err = c.Err()
		if err != nil {
			return err
		}
		for _, r := range rules {
			n, asked := days[r.Code]
			if !asked || n == r.InForce {
				continue
			}
			err := putRule(t, r.Code, n, by.ID())
			if err != nil {
				return err
			}
			err = audit.Write(t, audit.Row{Actor: by.ID(), Action: "updated", Kind: "retention_rule", Record: r.Code, Title: r.Code, Before: kept{r.InForce}, After: kept{n}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// dayWord says which numbers of days a rule takes.
func dayWord(r Rule) i18n.Msg {
	if r.Never {
		return i18n.M("privacy.rule.days.never", "Write a number of days from {least} to {most}, or 0 to keep it without an end", i18n.A{"least": r.Least, "most": mostDays})
	}
	return i18n.M("privacy.rule.days", "Write a number of days from {least} to {most}", i18n.A{"least": r.Least, "most": mostDays})
}
