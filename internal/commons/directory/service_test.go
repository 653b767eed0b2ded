package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

func fields(err error) []string {
	var out []string
	if e := errs.As(err); e != nil {
		for _, f := range e.Fields {
			out = append(out, f.Name)
		}
	}
	return out
}

func TestCreateAndRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		whole := add(t, s, OrganisationForm{Name: "Ministry"})
		o := add(t, s, OrganisationForm{
			Name: "  Ministério  do Trabalho ", NameFR: "Ministère du Travail", Acronym: "MTE", Kind: "government", Country: "BRA", Parent: whole.ID,
			Website: "https://www.example.org/trabalho", Aliases: []string{"Labour ministry", " labour  Ministry", ""}, Identifiers: []Identifier{{"IATI", "BR-1"}},
		})
		got, err := s.Organisation(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != "Ministério do Trabalho" || got.NameIn("fr") != "Ministère du Travail" || got.NameIn("es") != got.Name {
			t.Errorf("names: %q, %q, %q", got.Name, got.NameIn("fr"), got.NameIn("es"))
		}
		if got.Constituent != Government {
			t.Errorf("the constituent of a government is %q", got.Constituent)
		}
		if diff := cmp.Diff([]string{"Labour ministry"}, got.Aliases); diff != "" {
			t.Errorf("aliases (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]Identifier{{"iati", "BR-1"}}, got.Identifiers); diff != "" {
			t.Errorf("identifiers (-want +got):\n%s", diff)
		}
		if got.Version != 1 || got.CreatedBy != officer.ID() || got.CreatedAt == 0 {
			t.Errorf("meta: %+v", got.Meta)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			names, err := s.Names(tx, "fr", []string{o.ID, id.New()})
			if diff := cmp.Diff(map[string]string{o.ID: "Ministère du Travail"}, names); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			rows, listed := audit.List(tx, audit.Filter{Kind: OrganisationRecord, Record: o.ID})
			if listed != nil {
				return listed
			}
			if len(rows) != 1 || rows[0].Action != "created" || rows[0].Title != got.Name {
				t.Errorf("audit: %+v", rows)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRefusedForms(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	s := setUp(t, d)
	taken := add(t, s, OrganisationForm{Name: "First", Identifiers: []Identifier{{"ror", "01"}}})
	before := counts(t, d)
	for name, c := range map[string]struct {
		form OrganisationForm
		want []string
	}{
		"no name":              {OrganisationForm{Name: " — "}, []string{"name"}},
		"long name":            {OrganisationForm{Name: strings.Repeat("é", 301)}, []string{"name"}},
		"unknown codes":        {OrganisationForm{Name: "A", Kind: "club", Country: "XXX"}, []string{"kind", "country"}},
		"script in website":    {OrganisationForm{Name: "A", Website: "javascript:alert(1)"}, []string{"website"}},
		"website without host": {OrganisationForm{Name: "A", Website: "https://"}, []string{"website"}},
		"password in website":  {OrganisationForm{Name: "A", Website: "https://a:b@example.org"}, []string{"website"}},
		"bare domain":          {OrganisationForm{Name: "A", Website: "www.example.org"}, []string{"website"}},
		"broken identifier":    {OrganisationForm{Name: "A", Identifiers: []Identifier{{"iati", ""}}}, []string{"identifiers"}},
		"taken identifier":     {OrganisationForm{Name: "A", Identifiers: []Identifier{{"ROR", "01"}}}, []string{"identifiers"}},
		"unknown parent":       {OrganisationForm{Name: "A", Parent: id.New()}, []string{"parent"}},
	} {
		_, err := s.CreateOrganisation(t.Context(), officer, c.form)
		if !errs.Is(err, errs.Invalid) || !slices.Equal(fields(err), c.want) {
			t.Errorf("%s: %v, want errors at %v", name, err, c.want)
		}
	}
	for name, write := range map[string]func() error{
		"create": func() error {
			_, err := s.CreateOrganisation(t.Context(), auditor, OrganisationForm{Name: "A"})
			return err
		},
		"update": func() error {
			_, err := s.UpdateOrganisation(t.Context(), partner(taken.ID), taken.ID, OrganisationForm{Name: "A", Version: 1})
			return err
		},
		"delete": func() error { _, err := s.DeleteOrganisation(t.Context(), auditor, taken.ID); return err },
		"standing": func() error {
			_, err := s.SaveStanding(t.Context(), partner(taken.ID), Standing{Organisation: taken.ID, Kind: "coalition-partner"})
			return err
		},
		"person": func() error {
			_, err := s.CreatePerson(t.Context(), auditor, PersonForm{Name: "A"}, Role{})
			return err
		},
		"read persons": func() error { _, err := s.Persons(t.Context(), partner(taken.ID), PersonFilter{}); return err },
	} {
		if err := write(); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s by somebody who may not: %v", name, err)
		}
	}
	if diff := cmp.Diff(before, counts(t, d)); diff != "" {
		t.Errorf("refused forms left something (-before +after):\n%s", diff)
	}
}

func TestTreeHasNoRing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		a := add(t, s, OrganisationForm{Name: "A"})
		b := add(t, s, OrganisationForm{Name: "B", Parent: a.ID})
		c := add(t, s, OrganisationForm{Name: "C", Parent: b.ID})
		for _, parent := range []string{a.ID, b.ID, c.ID} {
			_, err := s.UpdateOrganisation(t.Context(), officer, a.ID, OrganisationForm{Name: "A", Parent: parent, Version: 1})
			if !slices.Equal(fields(err), []string{"parent"}) {
				t.Errorf("A under %s: %v", parent, err)
			}
		}
		p, err := s.Profile(t.Context(), officer, "en", c.ID)
		if err != nil {
			t.Fatal(err)
		}
		var up []string
		for _, w := range p.Wholes {
			up = append(up, w.Name)
		}
		if diff := cmp.Diff([]string{"B", "A"}, up); diff != "" {
			t.Errorf("wholes of C (-want +got):\n%s", diff)
		}
		p, err = s.Profile(t.Context(), officer, "en", a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Parts) != 1 || p.Parts[0].ID != b.ID || p.PartCount != 1 || p.PartsOf[b.ID] != 1 {
			t.Errorf("parts of A: %+v, %d, %v", p.Parts, p.PartCount, p.PartsOf)
		}
		_, err = s.UpdateOrganisation(t.Context(), officer, b.ID, OrganisationForm{Name: "B", Version: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.UpdateOrganisation(t.Context(), officer, a.ID, OrganisationForm{Name: "A", Parent: c.ID, Version: 1})
		if err != nil {
			t.Errorf("A under C once B is no part of A: %v", err)
		}
	})
}

// Two moves at once must not close a ring between them.
func TestTwoMovesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		for round := range 5 {
			a := add(t, s, OrganisationForm{Name: fmt.Sprintf("A%d", round)})
			b := add(t, s, OrganisationForm{Name: fmt.Sprintf("B%d", round)})
			done := make(chan error, 2)
			move := func(o, under Organisation) {
				_, err := s.UpdateOrganisation(t.Context(), officer, o.ID, OrganisationForm{Name: o.Name, Parent: under.ID, Version: 1})
				done <- err
			}
			go move(a, b)
			go move(b, a)
			refused := 0
			for range 2 {
				err := <-done
				if err != nil && !slices.Equal(fields(err), []string{"parent"}) {
					t.Errorf("move: %v", err)
				}
				if err != nil {
					refused++
				}
			}
			if refused != 1 {
				t.Errorf("%d of two moves that close a ring were refused", refused)
			}
		}
	})
}

func TestUpdateMergesAndClashes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		o := add(t, s, OrganisationForm{Name: "Union", Country: "BRA", Aliases: []string{"U"}})
		base := OrganisationForm{Name: "Union", Country: "BRA", Aliases: []string{"U"}, Version: o.Version}

		theirs := base
		theirs.Country, theirs.Acronym = "IND", "UN"
		_, err := s.UpdateOrganisation(t.Context(), other, o.ID, theirs)
		if err != nil {
			t.Fatal(err)
		}
		mine := base
		mine.Name, mine.Aliases = "Union of workers", []string{"U", "Uw"}
		merged, err := s.UpdateOrganisation(t.Context(), officer, o.ID, mine)
		if err != nil {
			t.Fatalf("different fields: %v", err)
		}
		if merged.Name != "Union of workers" || merged.Country != "IND" || merged.Acronym != "UN" || len(merged.Aliases) != 2 || merged.Version != 3 {
			t.Errorf("merged: %+v", merged)
		}

		late := base
		late.Country, late.Website = "KEN", "https://example.org"
		_, err = s.UpdateOrganisation(t.Context(), officer, o.ID, late)
		var clash *audit.Clash[Organisation]
		if !errors.As(err, &clash) || !errs.Is(err, errs.Conflict) {
			t.Fatalf("the same field: %v, want a clash", err)
		}
		if diff := cmp.Diff([]string{"country"}, clash.Fields); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
		if clash.Now.Country != "IND" || clash.Now.Version != 3 || clash.Merged.Country != "KEN" || clash.Merged.Website != "https://example.org" || clash.Merged.Name != "Union of workers" {
			t.Errorf("now %+v, merged %+v", clash.Now, clash.Merged)
		}

		again := OrganisationForm{Name: clash.Merged.Name, Country: "KEN", Acronym: "UN", Aliases: clash.Merged.Aliases, Website: clash.Merged.Website, Version: clash.Now.Version}
		saved, err := s.UpdateOrganisation(t.Context(), officer, o.ID, again)
		if err != nil || saved.Country != "KEN" || saved.Version != 4 {
			t.Errorf("sent again: %+v, %v", saved, err)
		}
		same, err := s.UpdateOrganisation(t.Context(), officer, o.ID, OrganisationForm{Name: " " + saved.Name, Country: "KEN", Acronym: "UN", Aliases: saved.Aliases, Website: saved.Website, Version: 4})
		if err != nil || same.Version != 4 {
			t.Errorf("a form that changes nothing: version %d, %v", same.Version, err)
		}
	})
}

func TestDeleteAndRestore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		whole := add(t, s, OrganisationForm{Name: "Whole"})
		part := add(t, s, OrganisationForm{Name: "Part", Parent: whole.ID, Identifiers: []Identifier{{"ror", "1"}}})
		_, err := s.DeleteOrganisation(t.Context(), officer, whole.ID)
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("removing what has parts: %v", err)
		}
		_, err = s.DeleteOrganisation(t.Context(), officer, part.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Organisation(t.Context(), part.ID)
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("a removed organisation is still read: %v", err)
		}
		_, err = s.UpdateOrganisation(t.Context(), officer, part.ID, OrganisationForm{Name: "Part", Version: 2})
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("a removed organisation is still changed: %v", err)
		}
		gone, err := s.Removed(t.Context(), officer, "en")
		if err != nil || len(gone) != 1 || gone[0].ID != part.ID {
			t.Errorf("removed: %+v, %v", gone, err)
		}
		taker := add(t, s, OrganisationForm{Name: "Taker", Identifiers: []Identifier{{"ror", "1"}}})
		_, err = s.RestoreOrganisation(t.Context(), officer, part.ID)
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("coming back with a taken identifier: %v", err)
		}
		_, err = s.UpdateOrganisation(t.Context(), officer, taker.ID, OrganisationForm{Name: "Taker", Version: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.DeleteOrganisation(t.Context(), officer, whole.ID)
		if err != nil {
			t.Fatalf("removing what has no parts left: %v", err)
		}
		_, err = s.RestoreOrganisation(t.Context(), officer, part.ID)
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("coming back under what is gone: %v", err)
		}
		_, err = s.RestoreOrganisation(t.Context(), officer, whole.ID)
		if err != nil {
			t.Fatal(err)
		}
		back, err := s.RestoreOrganisation(t.Context(), officer, part.ID)
		if err != nil || back.Version != 3 || back.Identifiers[0].Value != "1" {
			t.Errorf("restored: %+v, %v", back, err)
		}

		_, err = s.DeleteOrganisation(t.Context(), officer, part.ID)
		if err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(Keep + time.Hour)
		_, err = s.RestoreOrganisation(t.Context(), officer, part.ID)
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("coming back after 30 days: %v", err)
		}
	})
}

func TestWhatIsUsedStays(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	s := setUp(t, d)
	o := add(t, s, OrganisationForm{Name: "Party"})
	p, err := s.CreatePerson(t.Context(), officer, PersonForm{Name: "Person"}, Role{})
	if err != nil {
		t.Fatal(err)
	}
	why := func(*db.Tx, string) (i18n.Msg, error) { return i18n.M("directory.test.used", "It is used."), nil }
	s.KeepOrganisation, s.KeepPerson = []InUse{why}, []InUse{why}
	_, err = s.DeleteOrganisation(t.Context(), officer, o.ID)
	if !errs.Is(err, errs.Conflict) {
		t.Errorf("organisation: %v", err)
	}
	_, err = s.DeletePerson(t.Context(), officer, p.ID)
	if !errs.Is(err, errs.Conflict) {
		t.Errorf("person: %v", err)
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		network := add(t, s, OrganisationForm{Name: "Network", Kind: "network"})
		union := add(t, s, OrganisationForm{Name: "Union", Kind: "workers"})
		ctx := t.Context()

		standing, err := s.SaveStanding(ctx, officer, Standing{Organisation: union.ID, Kind: "coalition-partner", FromOn: "2024-01"})
		if err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string]Standing{
			"no kind":        {Organisation: union.ID},
			"backwards":      {Organisation: union.ID, Kind: "coalition-partner", FromOn: "2024-05", ToOn: "2023"},
			"no such day":    {Organisation: union.ID, Kind: "coalition-partner", FromOn: "2023-02-30"},
			"no date at all": {Organisation: union.ID, Kind: "coalition-partner", ToOn: "soon"},
		} {
			_, err := s.SaveStanding(ctx, officer, bad)
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("standing, %s: %v", name, err)
			}
		}
		_, err = s.SaveStanding(ctx, officer, Standing{Organisation: union.ID, Kind: "coalition-partner", FromOn: "2024-05", ToOn: "2024"})
		if err != nil {
			t.Errorf("from May 2024 to 2024 is no contradiction: %v", err)
		}

		member, err := s.SaveMember(ctx, officer, Member{Organisation: network.ID, Body: union.ID, FromOn: "2020"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.SaveMember(ctx, officer, Member{Organisation: network.ID, Country: "KEN"})
		if err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string]Member{
			"nobody": {Organisation: network.ID}, "both": {Organisation: network.ID, Body: union.ID, Country: "KEN"},
			"itself": {Organisation: network.ID, Body: network.ID}, "unknown": {Organisation: network.ID, Body: id.New()},
		} {
			_, err := s.SaveMember(ctx, officer, bad)
			if !slices.Equal(fields(err), []string{"member"}) {
				t.Errorf("member, %s: %v", name, err)
			}
		}

		person, err := s.CreatePerson(ctx, officer, PersonForm{Name: "Ana", Email: " Ana@Example.org "}, Role{Organisation: union.ID, Title: "Secretary", Focal: true})
		if err != nil {
			t.Fatal(err)
		}
		profile, err := s.Profile(ctx, officer, "en", union.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(profile.Standings) != 2 || len(profile.Memberships) != 1 || profile.Memberships[0].NetworkName != "Network" {
			t.Errorf("standings %+v, memberships %+v", profile.Standings, profile.Memberships)
		}
		if len(profile.Persons) != 1 || profile.Persons[0].PersonName != "Ana" || profile.Persons[0].PersonEmail != "ana@example.org" || !profile.Persons[0].Focal {
			t.Errorf("persons %+v", profile.Persons)
		}
		profile, err = s.Profile(ctx, partner(union.ID), "en", union.ID)
		if err != nil || len(profile.Persons) != 1 || profile.Persons[0].PersonName != "Ana" || profile.Persons[0].PersonEmail != "" {
			t.Errorf("a partner sees of its own organisation's persons %+v, %v", profile.Persons, err)
		}
		profile, err = s.Profile(ctx, partner(network.ID), "en", union.ID)
		if err != nil || profile.Persons != nil {
			t.Errorf("a partner sees of another organisation's persons %+v, %v", profile.Persons, err)
		}

		// A change, a clash, a removal and the way back.
		moved := standing
		moved.ToOn = "2025"
		moved, err = s.SaveStanding(ctx, officer, moved)
		if err != nil || moved.Version != 2 || moved.ToOn != "2025" || moved.Organisation != union.ID {
			t.Errorf("changed standing: %+v, %v", moved, err)
		}
		clashing := standing
		clashing.ToOn = "2026"
		_, err = s.SaveStanding(ctx, other, clashing)
		var clash *audit.Clash[Standing]
		if !errors.As(err, &clash) || !slices.Equal(clash.Fields, []string{"to_on"}) {
			t.Errorf("clash of a standing: %v", err)
		}
		_, err = s.DeleteMember(ctx, officer, member.ID)
		if err != nil {
			t.Fatal(err)
		}
		profile, err = s.Profile(ctx, officer, "en", network.ID)
		if err != nil || len(profile.Members) != 1 || profile.Members[0].Country != "KEN" {
			t.Errorf("members after a removal: %+v, %v", profile.Members, err)
		}
		_, err = s.RestoreMember(ctx, officer, member.ID)
		if err != nil {
			t.Fatal(err)
		}
		role := profileRole(t, s, person.ID)
		role.Title = "President"
		_, err = s.SaveRole(ctx, officer, role)
		if err != nil {
			t.Fatal(err)
		}
		if got := profileRole(t, s, person.ID); got.Title != "President" || got.Version != 2 {
			t.Errorf("changed role: %+v", got)
		}
		_, err = s.DeletePerson(ctx, officer, person.ID)
		if err != nil {
			t.Fatal(err)
		}
		page, err := s.Persons(ctx, auditor, PersonFilter{})
		if err != nil || len(page.Rows) != 0 {
			t.Errorf("persons after a removal: %+v, %v", page.Rows, err)
		}
		_, err = s.RestorePerson(ctx, officer, person.ID)
		if err != nil {
			t.Fatal(err)
		}
		page, err = s.Persons(ctx, auditor, PersonFilter{Text: "an", Organisation: union.ID})
		if err != nil || len(page.Rows) != 1 || len(page.Rows[0].Roles) != 1 || page.Rows[0].Roles[0].OrganisationName != "Union" {
			t.Errorf("persons: %+v, %v", page.Rows, err)
		}
	})
}

func profileRole(t *testing.T, s *Service, person string) Role {
	t.Helper()
	p, err := s.Person(t.Context(), auditor, "en", person)
	if err != nil || len(p.Roles) != 1 {
		t.Fatalf("roles of the person: %+v, %v", p.Roles, err)
	}
	return p.Roles[0].Role
}

// A person's name is nowhere in the rows of the audit that are chained.
func TestPersonsArePersonalInTheAudit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		o := add(t, s, OrganisationForm{Name: "Union"})
		p, err := s.CreatePerson(t.Context(), officer, PersonForm{Name: "Zaruhi Petrosyan", Email: "zaruhi@example.org", Note: "speaks Armenian"}, Role{Organisation: o.ID, Title: "Archivist"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.UpdatePerson(t.Context(), officer, p.ID, PersonForm{Name: "Zaruhi Petrosyan-Lopez", Version: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.DeletePerson(t.Context(), officer, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			rows, err := db.All[string](tx, `select title || ' ' || changes from audit`)
			for _, r := range rows {
				for _, word := range []string{"aruhi", "Armenian", "Archivist"} {
					if strings.Contains(r, word) {
						t.Errorf("the audit says %q: %s", word, r)
					}
				}
			}
			if len(rows) < 5 {
				t.Errorf("only %d rows of audit", len(rows))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestNewPersonFindsByAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		var first, second, third string
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			var err error
			first, err = s.NewPerson(tx, officer, "Ana", "ana@example.org")
			if err != nil {
				return err
			}
			second, err = s.NewPerson(tx, officer, "Ana Lopez", "ANA@example.org")
			if err != nil {
				return err
			}
			third, err = s.NewPerson(tx, officer, "Ana", "other@example.org")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if first != second || first == third {
			t.Errorf("persons %s, %s, %s", first, second, third)
		}
	})
}

func TestPurge(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		o := add(t, s, OrganisationForm{Name: "Gone", Aliases: []string{"G"}, Identifiers: []Identifier{{"ror", "1"}}})
		held := add(t, s, OrganisationForm{Name: "Held by a person"})
		add(t, s, OrganisationForm{Name: "There"})
		p, err := s.CreatePerson(t.Context(), officer, PersonForm{Name: "Ana"}, Role{Organisation: held.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, organisation := range []string{o.ID, held.ID} {
			_, err := s.DeleteOrganisation(t.Context(), officer, organisation)
			if err != nil {
				t.Fatal(err)
			}
		}
		n, err := s.Purge(t.Context(), d.Clock.Now())
		if err != nil || n != 0 {
			t.Errorf("purged %d at once, %v", n, err)
		}
		d.Clock.Advance(Keep + time.Hour)
		n, err = s.Purge(t.Context(), d.Clock.Now())
		if err != nil || n != 1 {
			t.Errorf("purged %d, %v, want the one that nothing holds", n, err)
		}
		got := counts(t, d)
		if got["organisation"] != 2 || got["organisation_alias"] != 0 || got["organisation_identifier"] != 0 {
			t.Errorf("left: %v", got)
		}
		_, err = s.Person(t.Context(), auditor, "en", p.ID)
		if err != nil {
			t.Error(err)
		}
	})
}

func TestFindAndPick(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		ilo := add(t, s, OrganisationForm{Name: "International Labour Organization", NameFR: "Organisation internationale du Travail", Acronym: "ILO", Aliases: []string{"OIT"}})
		add(t, s, OrganisationForm{Name: "Labour Foundation"})
		twin := add(t, s, OrganisationForm{Name: "Ministry of Labour", Country: "KEN"})
		add(t, s, OrganisationForm{Name: "Ministry of Labour", Country: "IND"})
		found := func(text string) []string {
			list, err := s.Find(t.Context(), "fr", text, 10)
			if err != nil {
				t.Fatal(err)
			}
			out := []string{}
			for _, f := range list {
				out = append(out, f.Name)
			}
			return out
		}
		for text, want := range map[string][]string{
			"labour":       {"Labour Foundation", "Organisation internationale du Travail", "Ministry of Labour", "Ministry of Labour"},
			"lab found":    {"Labour Foundation"},
			"TRÁVAIL":      {"Organisation internationale du Travail"},
			"oit":          {"Organisation internationale du Travail"},
			"our":          {},
			"%":            {},
			"100_% labour": {},
		} {
			if diff := cmp.Diff(want, found(text)); diff != "" {
				t.Errorf("find %q (-want +got):\n%s", text, diff)
			}
		}
		picked, pick, err := s.Picked(t.Context(), "en", "parent", "oit", "")
		if err != nil || picked != ilo.ID || pick.name() != "International Labour Organization (ILO)" {
			t.Errorf("picked %s, %+v, %v", picked, pick, err)
		}
		_, pick, err = s.Picked(t.Context(), "en", "parent", "ministry of labour", "")
		if !slices.Equal(fields(err), []string{"parent"}) || len(pick.Options) != 2 {
			t.Errorf("a name of two: %+v, %v", pick, err)
		}
		picked, _, err = s.Picked(t.Context(), "en", "parent", "ministry of labour", twin.ID)
		if err != nil || picked != twin.ID {
			t.Errorf("the name of the present one: %s, %v", picked, err)
		}
		_, pick, err = s.Picked(t.Context(), "en", "parent", "Nobody", "")
		if !slices.Equal(fields(err), []string{"parent"}) || pick.Options != nil || pick.Value != "Nobody" {
			t.Errorf("a name of none: %+v, %v", pick, err)
		}
		options, whole, err := s.Options(t.Context(), "en")
		if err != nil || !whole || len(options) != 4 {
			t.Errorf("options %+v, %v, %v", options, whole, err)
		}
	})
}

// Every page of a list, forwards and backwards, in every order, gives the
// whole list once.
func TestPagingGivesEveryRowOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		countries := []string{"", "BRA", "EGY", "ZAF", "CHE"}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for i := range 53 {
				_, err := s.InsertOrganisation(tx, officer, Organisation{Name: fmt.Sprintf("Name %d", i%17), Country: countries[i%len(countries)], Kind: "ngo"})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, sort := range []Sort{ByName, ByNameDown, ByCountry, ByCountryDown, ByCountry, ByCountryDown} {
			text := ""
			if i > 3 {
				text = "name" // few enough to be sorted
			}
			f := Filter{Sort: sort, Lang: "fr", Limit: 10, Kind: "ngo", Text: text}
			var all []Listed
			var last Page[Listed]
			for pages := 0; ; pages++ {
				page, err := s.List(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, page.Rows...)
				last = page
				if !page.Next || pages > 10 {
					break
				}
				f.After = page.Rows[len(page.Rows)-1].ID
			}
			seen := map[string]bool{}
			for _, o := range all {
				seen[o.ID] = true
			}
			if len(all) != 53 || len(seen) != 53 {
				t.Errorf("%s: %d rows, %d of them different", sort, len(all), len(seen))
			}
			ordered := slices.IsSortedFunc(all, func(a, b Listed) int {
				rank := map[string]int{"CHE": 4, "ZAF": 1, "BRA": 2, "EGY": 3, "": 9} // Afrique du Sud, Brésil, Égypte, Suisse
				switch sort {
				case ByName:
					return strings.Compare(a.Name, b.Name)
				case ByNameDown:
					return strings.Compare(b.Name, a.Name)
				case ByCountry:
					return rank[a.Country] - rank[b.Country]
				}
				return rank[b.Country] - rank[a.Country]
			})
			if !ordered {
				t.Errorf("%s: out of order", sort)
			}
			// Back to the first page.
			back := []Listed{}
			f.After, f.Before = "", last.Rows[0].ID
			for pages := 0; ; pages++ {
				page, err := s.List(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				back = append(append([]Listed{}, page.Rows...), back...)
				if !page.Prev || pages > 10 {
					break
				}
				f.Before = page.Rows[0].ID
			}
			if diff := cmp.Diff(all[:len(all)-len(last.Rows)], back); diff != "" {
				t.Errorf("%s, backwards (-want +got):\n%s", sort, diff)
			}
		}
		n, more, err := s.Count(t.Context(), Filter{Country: "BRA"})
		if err != nil || n != 11 || more {
			t.Errorf("count %d, %v, %v", n, more, err)
		}
		exported := 0
		err = s.Export(t.Context(), officer, Filter{Lang: "en", Country: "BRA"}, func(o Organisation) {
			exported++
			if o.Country != "BRA" {
				t.Errorf("exported %+v", o)
			}
		})
		if err != nil || exported != 11 {
			t.Errorf("exported %d, %v", exported, err)
		}
	})
}
