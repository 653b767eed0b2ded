package directory

// The pieces of SQL that others compose; they never name these tables.

// JoinOrganisation joins the organisation that a column points at under an
// alias. One that was removed is joined too: what it took part in keeps its name.
func JoinOrganisation(alias, on string) string {
	return "left join organisation " + alias + " on " + alias + ".id = " + on
}

// OrganisationName is the name of a joined organisation in a language, or its
// first name where it has none in that language.
func OrganisationName(alias, lang string) string {
	switch lang {
	case "fr", "es":
		return "coalesce(nullif(" + alias + ".name_" + lang + ", ''), " + alias + ".name)"
	}
	return alias + ".name"
}

// OrganisationAcronym is the acronym of a joined organisation; may be empty.
func OrganisationAcronym(alias string) string { return alias + ".acronym" }

// OrganisationKind is the code of a joined organisation's kind; may be empty.
func OrganisationKind(alias string) string { return alias + ".kind" }

// OrganisationConstituent is the constituent that a joined organisation speaks
// for (government, employers, workers or other); empty where its kind is missing.
func OrganisationConstituent(alias string) string { return alias + ".constituent" }

// OrganisationCountry is the code of a joined organisation's country; may be empty.
func OrganisationCountry(alias string) string { return alias + ".country" }

// OrganisationThere is the condition that a joined organisation was not removed.
func OrganisationThere(alias string) string {
	return "(" + alias + ".id is not null and " + alias + ".deleted_at is null)"
}

// JoinPerson joins the person that a column points at under an alias.
func JoinPerson(alias, on string) string {
	return "left join person " + alias + " on " + alias + ".id = " + on
}

// PersonName is the name of a joined person.
func PersonName(alias string) string { return alias + ".name" }

// PersonEmail is the e-mail address of a joined person; may be empty.
func PersonEmail(alias string) string { return alias + ".email" }
