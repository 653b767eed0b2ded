package bench

import (
	"context"
	"fmt"

	"ayni/internal/app"
	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
)

// Made is what Generate left in an installation.
type Made struct {
	Email, Password string // of an officer who may sign in
	Organisations   []string
	Partnerships    int
}

// kinds and countries of the generated organisations, in turn.
var (
	kinds     = []string{"government", "workers", "employers", "academia", "ngo", "cooperation-agency"}
	countries = []string{"BRA", "IND", "KEN", "IDN", "ZAF", "COL", "CHN", "MEX", "LBN", "CPV", "TUR", "MOZ"}
)

// Generate fills an empty installation through its own services: n/20
// organisations and n partnerships with three parties in three roles, a theme,
// a place, and evidence for some elements. The same n gives the same records.
func Generate(ctx context.Context, a *app.App, n int) (Made, error) {
	made := Made{Email: "officer@example.org", Password: "a long enough passphrase", Partnerships: n}
	by := access.Command("bench")
	account, token, err := a.Access.Invite(ctx, by, access.NewAccount{
		Name: "Bench officer", Email: made.Email, Roles: []access.RoleGrant{{Role: access.Officer}},
	})
	if err != nil {
		return made, fmt.Errorf("invite: %w", err)
	}
	err = a.Access.Accept(ctx, token, made.Password)
	if err != nil {
		return made, fmt.Errorf("accept: %w", err)
	}
	err = a.DB.Write(ctx, func(t *db.Tx) error {
		made.Organisations = made.Organisations[:0]
		for i := range max(12, n/20) {
			o, err := a.Directory.InsertOrganisation(t, by, directory.Organisation{
				Name: fmt.Sprintf("Organisation %05d of labour and cooperation", i), Kind: kinds[i%len(kinds)], Country: countries[i%len(countries)],
			})
			if err != nil {
				return err
			}
			made.Organisations = append(made.Organisations, o)
		}
		return nil
	})
	if err != nil {
		return made, fmt.Errorf("organisations: %w", err)
	}
	for from := 0; from < n; from += 100 {
		err := a.DB.Write(ctx, func(t *db.Tx) error {
			for i := from; i < min(n, from+100); i++ {
				err := insert(t, a, by, made, account, i)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return made, fmt.Errorf("partnerships from %d: %w", from, err)
		}
	}
	return made, nil
}

func insert(t *db.Tx, a *app.App, by access.Actor, made Made, manager string, i int) error {
	orgs := made.Organisations
	party := func(k int, r partnership.Role) partnership.NewParty {
		return partnership.NewParty{
			Party: partnership.Party{Organisation: orgs[(i*3+k)%len(orgs)], JoinedOn: "2025"},
			Roles: []partnership.PartyRole{{Role: r, FromOn: "2025"}},
		}
	}
	_, err := a.Partnership.Insert(t, by, partnership.NewPartnership{
		Partnership: partnership.Partnership{
			Title: fmt.Sprintf("Partnership %05d: decent work in chain %d", i, i%37), Manager: manager,
			Status: partnership.Statuses[i%5], StartOn: "2025", EndOn: "2028",
		},
		Parties: []partnership.NewParty{party(0, partnership.Beneficiary), party(1, partnership.Pivotal), party(2, partnership.Facilitating)},
		About:   partnership.About{"focus_theme": {fmt.Sprint(i%6 + 1)}},
	})
	return err
}
