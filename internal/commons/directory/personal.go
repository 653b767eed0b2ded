package directory

import (
	"slices"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
)

// Personal is the directory's part of the map of personal data. An erased
// person stays as a row without a name, that others may go on pointing at it.
func Personal() personal.Map {
	persons, organisations := i18n.M("directory.personal.person", "Person"), i18n.M("directory.personal.organisation", "Organisations")
	touched := personal.By("created_by", "updated_by")
	return personal.Map{
		{Name: "person", Label: persons, Record: PersonRecord, Columns: slices.Concat(
			personal.Person("id"), personal.Named(personal.Marked, "name"), personal.Named(personal.Emptied, "name_folded", "email"),
			personal.Values(personal.Emptied, "lang", "note"), personal.Values(personal.Dated, "deleted_at", "erased_at"), touched)},
		{Name: "person_role", Label: persons, Record: RoleRecord, Drop: true, Columns: slices.Concat(
			personal.Person("person"), personal.Values(personal.Emptied, "title"), touched)},
		{Name: "contact_point", Label: persons, Record: ContactRecord, Drop: true, Columns: slices.Concat(
			personal.Person("person"), personal.Named(personal.Emptied, "value"), personal.Values(personal.Emptied, "basis_note"),
			personal.Not("a code", "basis", "basis_on"), touched)},
		{Name: "organisation", Label: organisations, Columns: slices.Concat(
			touched, personal.Text("name", "name_fr", "name_es", "acronym", "note", "source", "website"), personal.Not("names of an organisation, folded", "name_folded", "search_folded"))},
		{Name: "organisation_alias", Label: organisations, Key: []string{"organisation", "name_folded"}, Columns: slices.Concat(
			personal.Text("name"), personal.Not("a name of an organisation, folded", "name_folded"))},
		{Name: "organisation_identifier", Label: organisations, Key: []string{"organisation", "scheme", "value"}, Columns: personal.Not("an identifier of an organisation", "value")},
		{Name: "organisation_standing", Label: organisations, Columns: append(personal.Text("source"), touched...)},
		{Name: "organisation_member", Label: organisations, Columns: append(personal.Text("source"), touched...)},
	}
}
