package partnership

import (
	"context"
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// Gate is a hard gate: where harm would follow, work does not go on without
// what it asks for, unless a named role waives it with a reason.
type Gate struct {
	Key     string
	Element string        // that it asks for
	Step    string        // in whose records it stops something
	Waivers []access.Role // who may waive it; none: nobody may
}

// Gates are the hard gates. What they stop comes with the steps' records.
var Gates = []Gate{
	{"agreement.signature", "convergence.values", "agreement", []access.Role{access.Legal}},
	{"project.implementation", "project.alignment", "project", []access.Role{access.Legal, access.Finance}},
	{"finance.release", "agreement.finance", "agreement", nil},
}

// Waive opens a gate of a partnership, with the reason.
func (s *Service) Waive(ctx context.Context, a access.Actor, partnership string, w Waiver) (string, error) {
	err := s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.View)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(Gates, func(g Gate) bool { return g.Key == w.Gate })
		if i < 0 {
			return errs.Missing()
		}
		j := slices.IndexFunc(Gates[i].Waivers, func(r access.Role) bool { return a.Has(r) })
		if j < 0 {
			return errs.New(errs.Forbidden, i18n.M("gate.role", "Your roles do not include the one that may waive this gate."))
		}
		var c errs.Check
		c.If(w.Reason == "", "reason", i18n.M("partnership.reason", "Say why. The reason is kept with the change."))
		tooLong(&c, "reason", w.Reason, maxText)
		c.If(w.UntilOn != "" && (!w.UntilOn.Valid() || w.UntilOn < t.Now.Day()), "until_on", i18n.M("gate.until", "Write a date after today, or leave it empty"))
		err = c.Err()
		if err != nil {
			return err
		}
		w.ID, w.Partnership, w.ByActor, w.ByRole, w.At = id.New(), p.ID, a.ID(), Gates[i].Waivers[j], t.Now
		err = insertWaiver(t, w)
		if err != nil {
			return err
		}
		err = s.note(t, a, p, changed{action: "waived", kind: "gate_waiver", record: w.ID, title: w.Gate, audience: access.AudienceHost, version: 1, after: w})
		if err != nil {
			return err
		}
		return s.MarkDirty(t, p.ID)
	})
	return w.ID, err
}

// EndWaiver closes a gate again.
func (s *Service) EndWaiver(ctx context.Context, a access.Actor, partnership, waiver string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.View)
		if err != nil {
			return err
		}
		all, err := waiversOf(t, partnership)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(w Waiver) bool { return w.ID == waiver })
		if i < 0 {
			return errs.Missing()
		}
		if !a.Has(all[i].ByRole) {
			return errs.New(errs.Forbidden, i18n.M("gate.role", "Your roles do not include the one that may waive this gate."))
		}
		err = setWaiverDeleted(t, partnership, waiver, t.Now)
		if err != nil {
			return err
		}
		err = s.note(t, a, p, changed{action: "deleted", kind: "gate_waiver", record: waiver, title: all[i].Gate, before: all[i]})
		if err != nil {
			return err
		}
		return s.MarkDirty(t, p.ID)
	})
}

// Waived says whether a gate is open by a waiver today.
func Waived(waivers []Waiver, gate string, today clock.Day) bool {
	return slices.ContainsFunc(waivers, func(w Waiver) bool { return w.Gate == gate && (w.UntilOn == "" || w.UntilOn >= today) })
}
