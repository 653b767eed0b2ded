package demo

import (
	"context"
	"fmt"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
)

// Keys of the Example's organisations.
const (
	ministry  = "example-ministry"
	union     = "example-union"
	institute = "example-institute"
	agency    = "example-agency"
	hostBody  = "example-host"
)

// invented are the organisations that are made up. Their countries have no
// code, so they stand in words.
var invented = []struct {
	key string
	directory.Organisation
}{
	{ministry, directory.Organisation{
		Name: "Example Ministry of Labour", NameFR: "Ministère du Travail (Exemple)", NameES: "Ministerio de Trabajo (Ejemplo)",
		Kind: "government", Note: "Invented. Of Country A, which asked for help."}},
	{union, directory.Organisation{
		Name: "Example Garment Workers’ Union", NameFR: "Syndicat des travailleurs de la confection (Exemple)", NameES: "Sindicato de Trabajadores de la Confección (Ejemplo)",
		Kind: "workers", Note: "Invented. Of Country A."}},
	{institute, directory.Organisation{
		Name: "Example Institute for Safe Work", NameFR: "Institut pour la sécurité au travail (Exemple)", NameES: "Instituto para el Trabajo Seguro (Ejemplo)",
		Kind: "training-centre", Note: "Invented. Of Country B, which made its own garment factories safer."}},
	{agency, directory.Organisation{
		Name: "Example Cooperation Agency", NameFR: "Agence de coopération (Exemple)", NameES: "Agencia de Cooperación (Ejemplo)",
		Kind: "cooperation-agency", Note: "Invented. Of Country C."}},
	{hostBody, directory.Organisation{
		Name: "Example Host Organisation", NameFR: "Organisation hôte (Exemple)", NameES: "Organización Anfitriona (Ejemplo)",
		Kind: "un-agency", Note: "Invented. Stands for whoever runs an installation, so that nothing is made up about the one that runs this."}},
}

// Keys of the demo's accounts.
const (
	officer     = "officer"
	specialist  = "specialist"
	evaluator   = "evaluator"
	legal       = "legal"
	finance     = "finance"
	auditor     = "auditor"
	admin       = "admin"
	ofInstitute = "institute"
	ofMinistry  = "ministry"
	ofUnion     = "union"
	ofAgency    = "agency"
)

// accounts are the ready-made ones. They have no password: see access.SignInDemo.
var accounts = []struct {
	key, name    string
	role         access.Role
	organisation string // of a partner
}{
	{officer, "Demo officer", access.Officer, ""},
	{specialist, "Demo specialist", access.Specialist, ""},
	{ofInstitute, "Demo partner, Example Institute", access.Partner, institute},
	{ofMinistry, "Demo partner, Example Ministry", access.Partner, ministry},
	{ofUnion, "Demo partner, Example Union", access.Partner, union},
	{ofAgency, "Demo partner, Example Agency", access.Partner, agency},
	{evaluator, "Demo evaluator", access.Evaluator, ""},
	{legal, "Demo legal clearance", access.Legal, ""},
	{finance, "Demo finance clearance", access.Finance, ""},
	{auditor, "Demo auditor", access.Auditor, ""},
	{admin, "Demo administrator", access.Admin, ""},
}

func (l *load) exampleOrganisations(ctx context.Context) error {
	return l.DB.Write(ctx, func(t *db.Tx) error {
		for _, x := range invented {
			o := x.Organisation
			o.Example = true
			made, err := l.Directory.InsertOrganisation(t, l.By, o)
			if err != nil {
				return fmt.Errorf("organisation %s: %w", x.key, err)
			}
			l.organisations[x.key] = made
		}
		return nil
	})
}

func (l *load) accounts(ctx context.Context) error {
	return l.DB.Write(ctx, func(t *db.Tx) error {
		for _, x := range accounts {
			err := l.account(t, x.key, x.name, x.role, l.organisations[x.organisation])
			if err != nil {
				return fmt.Errorf("account %s: %w", x.key, err)
			}
		}
		return nil
	})
}

// account makes an account with its person, and the actor that it acts as.
func (l *load) account(t *db.Tx, key, name string, role access.Role, organisation string) error {
	email := "demo-" + key + "@example.org"
	person, err := l.Directory.InsertPerson(t, l.By, directory.Person{Name: name, Email: email, Example: true})
	if err != nil {
		return err
	}
	if organisation != "" {
		_, err := l.Directory.InsertRole(t, l.By, directory.Role{
			Person: person, Organisation: organisation, Title: "Focal point", Focal: true, FromOn: t.Now.Day(),
		})
		if err != nil {
			return err
		}
	}
	account, err := l.Access.AddDemo(t, l.By, access.NewAccount{
		Name: name, Email: email, Person: person, Organisation: organisation, Roles: []access.RoleGrant{{Role: role}},
	})
	if err != nil {
		return err
	}
	l.actors[key] = access.Actor{Account: account, Person: person, Name: name, Organisation: organisation, Roles: []access.Role{role}}
	return nil
}
