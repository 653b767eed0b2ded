package directory

import (
	"net/http"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// Room is the directory's part of the house: its pages.
type Room struct {
	*Service

	// Partnerships are the partnerships that an organisation takes part in, as
	// lines of its page; nil: the page says nothing of them.
	Partnerships func(c *web.Ctx, organisation string) ([]ui.CheckLine, error)
	// DataPath is the page of what is kept of a person, for administrators; nil
	// or empty: there is none.
	DataPath func(person string) string
}

// NewRoom makes the room.
func NewRoom(s *Service) *Room { return &Room{Service: s} }

// Routes are the routes of the room.
func (r *Room) Routes() []web.Route {
	get := func(pattern string, perm access.Permission, do web.Handler) web.Route {
		return web.Route{Method: http.MethodGet, Pattern: pattern, Perm: perm, Do: do}
	}
	list := func(pattern string, perm access.Permission, do web.Handler, sorts ...Sort) web.Route {
		out := get(pattern, perm, do)
		for _, s := range sorts {
			out.Sorts = append(out.Sorts, string(s))
		}
		return out
	}
	post := func(pattern string, do web.Handler) web.Route {
		return web.Route{Method: http.MethodPost, Pattern: pattern, Perm: access.Create, Do: do}
	}
	return []web.Route{
		list("/organisations", access.SignedIn, r.organisations, Sorts...),
		list("/organisations.csv", access.SignedIn, r.organisationsCSV, Sorts...),
		list("/organisations.json", access.SignedIn, r.organisationsJSON, Sorts...),
		get("/organisations/removed", access.Create, r.removedOrganisations),
		get("/organisations/new", access.Create, r.newOrganisation),
		post("/organisations/new", r.doNewOrganisation),
		get("/organisations/{id}", access.SignedIn, r.organisation),
		get("/organisations/{id}/edit", access.Create, r.editOrganisation),
		post("/organisations/{id}/edit", r.doEditOrganisation),
		post("/organisations/{id}/delete", r.doDeleteOrganisation),
		post("/organisations/{id}/restore", r.doRestoreOrganisation),

		get("/organisations/{id}/standings/new", access.Create, r.newStanding),
		post("/organisations/{id}/standings/new", r.doNewStanding),
		get("/standings/{id}/edit", access.Create, r.editStanding),
		post("/standings/{id}/edit", r.doEditStanding),
		post("/standings/{id}/delete", r.doDeleteStanding),
		post("/standings/{id}/restore", r.doRestoreStanding),

		get("/organisations/{id}/members/new", access.Create, r.newMember),
		post("/organisations/{id}/members/new", r.doNewMember),
		get("/members/{id}/edit", access.Create, r.editMember),
		post("/members/{id}/edit", r.doEditMember),
		post("/members/{id}/delete", r.doDeleteMember),
		post("/members/{id}/restore", r.doRestoreMember),

		list("/persons", access.StaffOnly, r.persons, ByName, ByNameDown),
		list("/persons.csv", access.StaffOnly, r.personsCSV, ByName, ByNameDown),
		list("/persons.json", access.StaffOnly, r.personsJSON, ByName, ByNameDown),
		get("/persons/removed", access.Create, r.removedPersons),
		get("/persons/new", access.Create, r.newPerson),
		post("/persons/new", r.doNewPerson),
		get("/persons/{id}", access.StaffOnly, r.person),
		get("/persons/{id}/edit", access.Create, r.editPerson),
		post("/persons/{id}/edit", r.doEditPerson),
		post("/persons/{id}/delete", r.doDeletePerson),
		post("/persons/{id}/restore", r.doRestorePerson),

		get("/persons/{id}/roles/new", access.Create, r.newRole),
		post("/persons/{id}/roles/new", r.doNewRole),
		get("/roles/{id}/edit", access.Create, r.editRole),
		post("/roles/{id}/edit", r.doEditRole),
		post("/roles/{id}/delete", r.doDeleteRole),
		post("/roles/{id}/restore", r.doRestoreRole),

		get("/organisations/{id}/contacts/new", access.Create, r.newContactOfOrganisation),
		post("/organisations/{id}/contacts/new", r.doNewContactOfOrganisation),
		get("/persons/{id}/contacts/new", access.Create, r.newContactOfPerson),
		post("/persons/{id}/contacts/new", r.doNewContactOfPerson),
		get("/contacts/{id}/edit", access.Create, r.editContact),
		post("/contacts/{id}/edit", r.doEditContact),
		post("/contacts/{id}/withdraw", r.doWithdrawContact),
		post("/contacts/{id}/allow", r.doAllowContact),
		post("/contacts/{id}/delete", r.doDeleteContact),
		post("/contacts/{id}/restore", r.doRestoreContact),
	}
}

// AuditKinds are the kinds of records of the room in the audit.
var AuditKinds = []string{OrganisationRecord, StandingRecord, MemberRecord, PersonRecord, RoleRecord, ContactRecord}

// KindName is the name of a kind of records; empty for kinds of others.
func KindName(l *i18n.L, kind string) string {
	switch kind {
	case OrganisationRecord:
		return l.T("directory.record.organisation", "Organisation")
	case StandingRecord:
		return l.T("directory.record.standing", "Standing")
	case MemberRecord:
		return l.T("directory.record.member", "Member")
	case PersonRecord:
		return l.T("directory.record.person", "Person")
	case RoleRecord:
		return l.T("directory.record.role", "Role of a person")
	case ContactRecord:
		return l.T("directory.record.contact", "Contact point")
	}
	return ""
}

// RecordLink is the address of a record's page; empty for kinds of others.
func RecordLink(kind, record string) string {
	switch kind {
	case OrganisationRecord:
		return organisationPath(record)
	case PersonRecord:
		return personPath(record)
	}
	return ""
}

func organisationPath(id string) string { return "/organisations/" + id }

func personPath(id string) string { return "/persons/" + id }
