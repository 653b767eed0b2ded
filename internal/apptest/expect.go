package apptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ayni/internal/app"
	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/mail"
)

// houseModel is a house with its cast, of which all others are copies: hashing
// a password for each account takes longer than most tests.
type houseModel struct {
	file          []byte            // the SQLite database
	tables        []table           // the same, for the other engine
	organisations map[string]string // ids by name
	sessions      map[string]string // tokens by account
}

type table struct {
	name string
	rows []byte
}

// model is made once a process.
var model = sync.OnceValues(makeModel)

func firstMorning() *clock.Clock {
	c := &clock.Clock{}
	c.Set(FirstDay.Ms().Add(9 * time.Hour))
	return c
}

func optionsIn(data string, c *clock.Clock) app.Options {
	return app.Options{
		Data: data, Version: "test", Clock: c, Log: slog.New(slog.DiscardHandler),
		// Messages are queued; nothing sends them by itself.
		Mail: mail.Options{Dir: data + ".sent"},
	}
}

func makeModel() (*houseModel, error) {
	dir, err := os.MkdirTemp("", "ayni-apptest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	o := optionsIn(filepath.Join(dir, "data"), firstMorning())
	a, err := app.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	m := &houseModel{organisations: map[string]string{}, sessions: map[string]string{}}
	err = m.people(ctx, a)
	if err == nil {
		err = m.dump(ctx, a.DB)
	}
	err = errors.Join(err, a.Close(ctx))
	if err != nil {
		return nil, err
	}
	m.file, err = os.ReadFile(o.DatabasePath())
	return m, err
}

// people sets an installation up and makes the cast.
func (m *houseModel) people(ctx context.Context, a *app.App) error {
	token, _, err := a.Access.SetUpToken(ctx)
	if err != nil {
		return err
	}
	m.sessions[Admin], err = a.Access.SetUp(ctx, token, access.SetUpForm{
		Name: "Ada " + Admin, Email: Admin + "@example.org", Password: Password, HostName: "Example Host Organisation", Lang: "en",
	}, "", "")
	if err != nil {
		return err
	}
	admin, err := a.Access.Identify(ctx, m.sessions[Admin])
	if err != nil {
		return err
	}
	for name, country := range map[string]string{"A": "BRA", "B": "IND", "C": "KEN", "D": "ZAF", "E": "PER"} {
		o, err := a.Directory.CreateOrganisation(ctx, admin, directory.OrganisationForm{Name: "Example Agency " + name, Country: country})
		if err != nil {
			return err
		}
		m.organisations[name] = o.ID
	}
	for _, x := range cast {
		_, link, err := a.Access.Invite(ctx, admin, access.NewAccount{
			Name: "Example " + x.name, Email: x.name + "@example.org", Organisation: m.organisations[x.of], Roles: []access.RoleGrant{{Role: x.role}},
		})
		if err == nil {
			err = a.Access.Accept(ctx, link, Password)
		}
		if err == nil {
			m.sessions[x.name], _, err = a.Access.SignIn(ctx, x.name+"@example.org", Password, "", "")
		}
		if err != nil {
			return fmt.Errorf("account %s: %w", x.name, err)
		}
	}
	return nil
}

// kept is what a migrated database holds by itself.
const kept = "schema_migration"

func (m *houseModel) dump(ctx context.Context, d *db.DB) error {
	return d.Read(ctx, func(t *db.Tx) error {
		m.tables = nil
		names, err := db.Order(t)
		if err != nil {
			return err
		}
		for _, name := range names {
			if name == kept {
				continue
			}
			var b bytes.Buffer
			_, err := db.Dump(t, name, &b)
			if err != nil {
				return err
			}
			m.tables = append(m.tables, table{name, b.Bytes()})
		}
		return nil
	})
}

// load fills a migrated and empty database.
func (m *houseModel) load(d *db.DB) error {
	return d.Write(context.Background(), func(t *db.Tx) error {
		for _, k := range m.tables {
			_, err := db.Load(t, k.name, bytes.NewReader(k.rows))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
