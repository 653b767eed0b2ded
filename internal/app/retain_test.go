package app

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/privacy"
)

// lines are the rows of every table, "table: row".
func lines(t *testing.T, d *db.DB) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		tables, err := db.Tables(tx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			var b bytes.Buffer
			_, err := db.Dump(tx, table, &b)
			if err != nil {
				return err
			}
			for line := range strings.Lines(b.String()) {
				out[table+": "+line] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPR7Retention(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		o.Clock = &clock.Clock{}
		o.Clock.Set(clock.Day("2026-01-05").Ms().Add(9 * time.Hour))
		a := open(t, o)
		w := toRetain(t, a)
		due := func() map[string][]privacy.Item {
			t.Helper()
			list, err := a.Privacy.Due(t.Context(), command)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string][]privacy.Item{}
			for _, d := range list {
				out[d.Rule] = d.Items
			}
			return out
		}
		for rule, items := range due() {
			if len(items) > 0 {
				t.Errorf("%s deletes on the first day: %v", rule, items)
			}
		}
		o.Clock.Advance(31 * 24 * time.Hour)
		// Removed only now: it stays.
		late, err := a.Directory.CreateOrganisation(t.Context(), command, directory.OrganisationForm{Name: "Example Late"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Directory.DeleteOrganisation(t.Context(), command, late.ID)
		if err != nil {
			t.Fatal(err)
		}
		trash := due()["trash"]
		want := []privacy.Item{{Table: "partnership", Record: w.partnership}, {Table: "contact_point", Record: w.contact}, {Table: "organisation", Record: w.free}}
		for _, item := range want {
			if !slices.Contains(trash, item) {
				t.Errorf("the trash lacks %v: %v", item, trash)
			}
		}
		if len(trash) != len(want) {
			t.Errorf("the trash is %v, want %v", trash, want)
		}
		exactly(t, a, due())
		if err := a.Partnership.Restore(t.Context(), w.manager, w.partnership); !errs.Is(err, errs.NotFound) {
			t.Errorf("a purged partnership comes back: %v", err)
		}

		o.Clock.Advance(60 * 24 * time.Hour) // day 91: network addresses
		if n := len(due()["sign-in"]); n == 0 {
			t.Error("no address is due after 91 days")
		}
		exactly(t, a, due())
		o.Clock.Advance(1010 * 24 * time.Hour) // three years: earlier values, closed accounts
		if !slices.Contains(due()["closed-account"], privacy.Item{Table: "account", Record: w.closed}) {
			t.Errorf("closed accounts: %v", due()["closed-account"])
		}
		exactly(t, a, due())
		err = a.prune(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if left := holding(t, a.DB, "leaver@example.org"); len(left) > 0 && !slices.Equal(left, []string{"person: leaver@example.org"}) {
			t.Errorf("of the closed account there is still %v", left)
		}
		for rule, items := range due() {
			if len(items) > 0 {
				t.Errorf("%s lists what it has deleted: %v", rule, items)
			}
		}
		faults, err := a.Check(t.Context())
		if err != nil || len(faults) > 0 {
			t.Errorf("check: %+v, %v", faults, err)
		}
	})
}

// exactly runs the night's deletion and compares what is gone with what was
// listed: nothing else of these tables, and all of it.
func exactly(t *testing.T, a *App, due map[string][]privacy.Item) {
	t.Helper()
	before := lines(t, a.DB)
	_, err := a.Privacy.Retain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after := lines(t, a.DB)
	listed, purged := map[string]bool{}, ""
	for _, items := range due {
		for _, i := range items {
			listed[i.Table+" "+i.Record] = true
			if i.Table == "partnership" {
				purged += i.Record + " "
			}
		}
	}
	for row := range before {
		if after[row] {
			continue
		}
		table, rest, _ := strings.Cut(row, ": ")
		if !expected(table, rest, listed, purged) {
			t.Errorf("gone, and not listed: %s", row)
		}
	}
	for item := range listed {
		table, record, _ := strings.Cut(item, " ")
		for row := range after {
			if table != "account" && strings.HasPrefix(row, table+": ") && strings.Contains(row, `"`+strings.Join(strings.Split(record, "/"), `","`)+`"`) {
				t.Errorf("listed, and still there: %s", row)
			}
		}
	}
}

// expected says whether a row that is gone, or was changed, was listed, or
// belongs to what was.
func expected(table, row string, listed map[string]bool, purged string) bool {
	ids := strings.Split(row, `"`)
	for _, id := range ids {
		if len(id) == 36 && strings.Contains(purged, id) {
			return true
		}
		if listed[table+" "+id] || listed["account "+id] || listed["organisation "+id] {
			return true
		}
	}
	// A personal value: its key has two parts.
	return len(ids) > 3 && listed[fmt.Sprintf("%s %s/%s", table, ids[1], ids[3])]
}

// retained is what the test of retention looks after.
type retained struct {
	partnership, contact, free, closed string
	manager                            access.Actor
}

// toRetain makes what goes by a rule, and beside it what stays: an
// organisation that is still a party.
func toRetain(t *testing.T, a *App) retained {
	t.Helper()
	ctx := t.Context()
	var w retained
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	x := account(t, a, "manager@example.org", "", access.Admin)
	w.manager = access.Actor{Account: x.ID, Person: x.Person, Roles: []access.Role{access.Admin}}
	leaver := account(t, a, "leaver@example.org", "", access.Officer)
	w.closed = leaver.ID
	check(a.Access.Close(ctx, command, leaver.ID))
	party, err := a.Directory.CreateOrganisation(ctx, command, directory.OrganisationForm{Name: "Example Party"})
	check(err)
	free, err := a.Directory.CreateOrganisation(ctx, command, directory.OrganisationForm{Name: "Example Free"})
	check(err)
	w.free = free.ID
	c, err := a.Directory.SaveContact(ctx, command, directory.Contact{Person: leaver.Person, Kind: directory.ByPhone, Value: "+254 20 1234567", Basis: directory.OnPublic})
	check(err)
	w.contact = c.ID
	_, err = a.Directory.DeleteContact(ctx, command, c.ID)
	check(err)
	_, err = a.Directory.DeleteOrganisation(ctx, command, free.ID)
	check(err)
	w.partnership, err = a.Partnership.Create(ctx, w.manager, partnership.NewPartnership{Partnership: partnership.Partnership{Title: "Example to go"}, Parties: []partnership.NewParty{
		{Party: partnership.Party{Organisation: party.ID}, Roles: []partnership.PartyRole{{Role: partnership.Beneficiary}}}}})
	check(err)
	_, err = a.Partnership.Create(ctx, w.manager, partnership.NewPartnership{Partnership: partnership.Partnership{Title: "Example to stay"}, Parties: []partnership.NewParty{
		{Party: partnership.Party{Organisation: party.ID}, Roles: []partnership.PartyRole{{Role: partnership.Beneficiary}}}}})
	check(err)
	check(a.Partnership.Remove(ctx, w.manager, w.partnership))
	_, _, err = a.Access.SignIn(ctx, "manager@example.org", "a horse and a stapler", "198.51.100.9", "Example browser")
	check(err)
	return w
}

// The days of a rule are checked, kept and audited.
func TestRetentionRules(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		for _, bad := range []map[string]int{{"trash": 29}, {"trash": 0}, {"sign-in": 0}, {"sign-in": -1}, {"audit-values": 40_000}} {
			err := a.Privacy.SetDays(t.Context(), command, bad)
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		err := a.Privacy.SetDays(t.Context(), access.Actor{Account: "x", Roles: []access.Role{access.Officer}}, map[string]int{"trash": 60})
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("an officer: %v", err)
		}
		err = a.Privacy.SetDays(t.Context(), command, map[string]int{"trash": 60, "audit-values": 0})
		if err != nil {
			t.Fatal(err)
		}
		due, err := a.Privacy.Due(t.Context(), command)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, d := range due {
			got[d.Rule] = d.Days
		}
		if got["trash"] != 60 || got["audit-values"] != 0 || got["sign-in"] != 90 {
			t.Errorf("in force: %v", got)
		}
	})
}
