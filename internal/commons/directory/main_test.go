package directory

import (
	"context"
	"testing"

	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// Actors of the tests.
var (
	officer = access.Actor{Account: "officer", Person: "p-officer", Name: "Officer", Roles: []access.Role{access.Officer}}
	other   = access.Actor{Account: "other", Person: "p-other", Name: "Other", Roles: []access.Role{access.Specialist}}
	auditor = access.Actor{Account: "auditor", Person: "p-auditor", Name: "Auditor", Roles: []access.Role{access.Auditor}}
)

func partner(organisation string) access.Actor {
	return access.Actor{Account: "partner", Person: "p-partner", Name: "Partner", Organisation: organisation, Roles: []access.Role{access.Partner}}
}

// setUp makes the service on a database with the reference lists.
func setUp(t testing.TB, d *db.DB) *Service {
	t.Helper()
	ref := refdata.New(d)
	err := ref.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return New(d, ref)
}

// add makes an organisation.
func add(t testing.TB, s *Service, f OrganisationForm) Organisation {
	t.Helper()
	o, err := s.CreateOrganisation(t.Context(), officer, f)
	if err != nil {
		t.Fatalf("create %q: %v", f.Name, err)
	}
	return o
}

// counts tells how many rows the tables of the directory and the audit have.
func counts(t testing.TB, d *db.DB) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		for _, table := range []string{"organisation", "organisation_alias", "organisation_identifier", "organisation_standing", "organisation_member", "person", "person_role", "contact_point", "audit"} {
			n, err := db.One[int64](tx, `select count(*) from `+table)
			if err != nil {
				return err
			}
			out[table] = n
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
