package directory

import (
	"slices"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/search"
)

const organisationColumns = `o.id, o.name, o.name_fr, o.name_es, o.acronym, o.kind, o.constituent, o.country, o.parent, o.website, o.note,
	o.example, o.source, o.source_place, o.version, o.created_at, o.created_by, o.updated_at, o.updated_by, o.deleted_at`

// organisationByID reads an organisation with its aliases and identifiers,
// removed or not; lock keeps it for this transaction.
func organisationByID(t *db.Tx, id string, lock bool) (Organisation, error) {
	query := `select ` + organisationColumns + ` from organisation o where o.id = $1`
	if lock {
		query += t.Lock()
	}
	o, err := db.One[Organisation](t, query, id)
	if err != nil {
		return o, err
	}
	list := []Organisation{o}
	err = fillNames(t, list)
	return list[0], err
}

// organisationsByID are organisations in the order of their ids given.
func organisationsByID(t *db.Tx, ids []string) ([]Organisation, error) {
	at := map[string]int{}
	for i, id := range ids {
		at[id] = i
	}
	q := db.In(db.NewQ(`select `+organisationColumns+` from organisation o where`), "o.id in", ids)
	list, err := db.All[Organisation](t, q.SQL(), q.Args...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Organisation) int { return at[a.ID] - at[b.ID] })
	return list, fillNames(t, list)
}

// fillNames reads the aliases and identifiers of organisations.
func fillNames(t *db.Tx, list []Organisation) error {
	at := make(map[string]int, len(list))
	ids := make([]string, len(list))
	for i, o := range list {
		at[o.ID], ids[i] = i, o.ID
	}
	type named struct {
		Organisation string `db:"organisation"`
		Name         string `db:"name"`
		Value        string `db:"value"`
	}
	q := db.In(db.NewQ(`select a.organisation, a.name from organisation_alias a where`), "a.organisation in", ids).Add(`order by a.organisation, a.name`)
	err := db.Each(t, func(n named) error {
		o := &list[at[n.Organisation]]
		o.Aliases = append(o.Aliases, n.Name)
		return nil
	}, q.SQL(), q.Args...)
	if err != nil {
		return err
	}
	q = db.In(db.NewQ(`select i.organisation, i.scheme as name, i.value from organisation_identifier i where`), "i.organisation in", ids).
		Add(`order by i.organisation, i.scheme, i.value`)
	return db.Each(t, func(n named) error {
		o := &list[at[n.Organisation]]
		o.Identifiers = append(o.Identifiers, Identifier{Scheme: n.Name, Value: n.Value})
		return nil
	}, q.SQL(), q.Args...)
}

func insertOrganisation(t *db.Tx, o Organisation) error {
	err := t.ExecOne(`insert into organisation (id, name, name_fr, name_es, name_folded, search_folded, acronym, kind, constituent, country, parent,
			website, note, example, source, source_place, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		o.ID, o.Name, o.NameFR, o.NameES, search.Fold(o.Name), searchText(o), o.Acronym, o.Kind, string(o.Constituent), o.Country, db.NullID(o.Parent),
		o.Website, o.Note, o.Example, o.Source, o.SourcePlace, o.Version, o.CreatedAt, o.CreatedBy, o.UpdatedAt, o.UpdatedBy)
	if err != nil {
		return err
	}
	return insertNames(t, o)
}

func insertNames(t *db.Tx, o Organisation) error {
	for _, a := range o.Aliases {
		_, err := t.Exec(`insert into organisation_alias (organisation, name, name_folded) values ($1, $2, $3)`, o.ID, a, search.Fold(a))
		if err != nil {
			return err
		}
	}
	for _, i := range o.Identifiers {
		_, err := t.Exec(`insert into organisation_identifier (organisation, scheme, value) values ($1, $2, $3)`, o.ID, i.Scheme, i.Value)
		if err != nil {
			return err
		}
	}
	return nil
}

func updateOrganisation(t *db.Tx, before, o Organisation) error {
	err := t.ExecOne(`update organisation set name = $2, name_fr = $3, name_es = $4, name_folded = $5, search_folded = $6, acronym = $7, kind = $8,
			constituent = $9, country = $10, parent = $11, website = $12, note = $13, example = $14, source = $15, source_place = $16,
			version = $17, updated_at = $18, updated_by = $19
		where id = $1`,
		o.ID, o.Name, o.NameFR, o.NameES, search.Fold(o.Name), searchText(o), o.Acronym, o.Kind, string(o.Constituent), o.Country, db.NullID(o.Parent),
		o.Website, o.Note, o.Example, o.Source, o.SourcePlace, o.Version, o.UpdatedAt, o.UpdatedBy)
	if err != nil || (slices.Equal(before.Aliases, o.Aliases) && slices.Equal(before.Identifiers, o.Identifiers)) {
		return err
	}
	_, err = t.Exec(`delete from organisation_alias where organisation = $1`, o.ID)
	if err != nil {
		return err
	}
	_, err = t.Exec(`delete from organisation_identifier where organisation = $1`, o.ID)
	if err != nil {
		return err
	}
	return insertNames(t, o)
}

// markOrganisation sets when an organisation was removed; 0 brings it back.
func markOrganisation(t *db.Tx, o Organisation) error {
	err := t.ExecOne(`update organisation set deleted_at = $2, version = $3, updated_at = $4, updated_by = $5 where id = $1`,
		o.ID, nullMs(o.DeletedAt), o.Version, o.UpdatedAt, o.UpdatedBy)
	if err != nil {
		return err
	}
	_, err = t.Exec(`update organisation_identifier set deleted_at = $2 where organisation = $1`, o.ID, nullMs(o.DeletedAt))
	return err
}

func nullMs(m clock.Ms) any {
	if m == 0 {
		return nil
	}
	return m
}

// parentOf is the whole that an organisation is a part of, kept for this
// transaction: two moves at once can't close a ring between them.
func parentOf(t *db.Tx, id string) (string, error) {
	return db.One[string](t, `select o.parent from organisation o where o.id = $1`+t.Lock(), id)
}

func there(t *db.Tx, id string) (bool, error) {
	n, err := db.One[int](t, `select count(*) from organisation o where o.id = $1 and o.deleted_at is null`, id)
	return n > 0, err
}

func identifierOwner(t *db.Tx, i Identifier) (Found, bool, error) {
	return db.Maybe[Found](t, `select o.id, o.name, o.acronym, o.kind, o.country from organisation_identifier i join organisation o on o.id = i.organisation
		where i.scheme = $1 and i.value = $2 and i.deleted_at is null`, i.Scheme, i.Value)
}

func foundColumns(lang string) string {
	return `o.id, ` + OrganisationName("o", lang) + ` as name, o.acronym, o.kind, o.country`
}

// wholesOf are the organisations that one is a part of, the nearest first.
func wholesOf(t *db.Tx, lang, id string) ([]Found, error) {
	return db.All[Found](t, `with recursive up (id, depth) as (
			select o.parent, 1 from organisation o where o.id = $1 and o.parent is not null
			union all
			select o.parent, up.depth + 1 from up join organisation o on o.id = up.id where o.parent is not null and up.depth < $2
		)
		select `+foundColumns(lang)+` from up join organisation o on o.id = up.id order by up.depth`, id, maxDepth)
}

// partsOf are the direct parts of an organisation, by name.
func partsOf(t *db.Tx, lang, id string, limit int) ([]Found, error) {
	return db.All[Found](t, `select `+foundColumns(lang)+` from organisation o
		where o.parent = $1 and o.deleted_at is null order by o.name_folded, o.id limit $2`, id, limit)
}

// countParts counts the direct parts of organisations that have any.
func countParts(t *db.Tx, ids []string) (map[string]int, error) {
	q := db.In(db.NewQ(`select o.parent as id, count(*) as n from organisation o where o.deleted_at is null and`), "o.parent in", ids).Add(`group by o.parent`)
	out := map[string]int{}
	err := db.Each(t, func(c counted) error {
		out[c.ID] = c.N
		return nil
	}, q.SQL(), q.Args...)
	return out, err
}

type counted struct {
	ID string `db:"id"`
	N  int    `db:"n"`
}

// named are names by id, of organisations that were removed too.
func named(t *db.Tx, lang string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	q := db.In(db.NewQ(`select o.id, `+OrganisationName("o", lang)+` as name from organisation o where`), "o.id in", ids)
	err := db.Each(t, func(f Found) error {
		out[f.ID] = f.Name
		return nil
	}, q.SQL(), q.Args...)
	return out, err
}

// startingWith are organisations whose name begins with a folded text.
func startingWith(t *db.Tx, lang, folded string, limit int) ([]Found, error) {
	return db.All[Found](t, `select `+foundColumns(lang)+` from organisation o
		where o.deleted_at is null and o.name_folded >= $1 and o.name_folded < $2 order by o.name_folded, o.id limit $3`,
		folded, search.PrefixEnd(folded), limit)
}

// withWord are organisations of which some name or acronym has words that
// begin with those of a folded text.
func withWord(t *db.Tx, lang, folded string, limit int) ([]Found, error) {
	q := db.NewQ(`select ` + foundColumns(lang) + ` from organisation o where o.deleted_at is null`)
	addWords(q, "o.search_folded", folded)
	q.Add(`order by o.name_folded, o.id limit $1`, limit)
	return db.All[Found](t, q.SQL(), q.Args...)
}

// calledSo are organisations of which some name, alias or acronym is exactly
// the folded text.
func calledSo(t *db.Tx, lang, folded string, limit int) ([]Found, error) {
	all, err := withWord(t, lang, folded, 10*limit)
	if err != nil {
		return nil, err
	}
	full := make([]Organisation, len(all))
	for i, f := range all {
		full[i], err = organisationByID(t, f.ID, false)
		if err != nil {
			return nil, err
		}
	}
	var out []Found
	for i, o := range full {
		for _, name := range append([]string{o.Name, o.NameFR, o.NameES, o.Acronym}, o.Aliases...) {
			if search.Fold(name) == folded && len(out) < limit {
				out = append(out, all[i])
				break
			}
		}
	}
	return out, nil
}

// addWords narrows a query to rows in whose text each word begins some word.
// The text begins with a blank; folded words hold no sign of LIKE.
func addWords(q *db.Q, column, folded string) {
	for i, w := range search.Words(folded) {
		if i == maxWords {
			return
		}
		q.Add(`and `+column+` like $1`, "% "+w+"%")
	}
}

// maxWords bounds the words of a search in a list.
const maxWords = 8

func addFilter(q *db.Q, f Filter) {
	for _, is := range []struct{ column, value string }{
		{"o.country", f.Country}, {"o.kind", f.Kind}, {"o.constituent", string(f.Constituent)},
	} {
		if is.value != "" {
			q.Add(`and `+is.column+` = $1`, is.value)
		}
	}
	if f.nowhere {
		q.Add(`and o.country = ''`)
	}
	addWords(q, "o.search_folded", search.Fold(f.Text))
}

// countOrganisations counts what the filter leaves, no further than most.
func countOrganisations(t *db.Tx, f Filter, most int) (int, error) {
	q := countQuery(f, most)
	return db.One[int](t, q.SQL(), q.Args...)
}

func countQuery(f Filter, most int) *db.Q {
	q := db.NewQ(`select count(*) from (select o.id from organisation o where o.deleted_at is null`)
	addFilter(q, f)
	if f.Text != "" {
		// It changes nothing but the index that is walked: the list's own,
		// which holds the words too.
		q.Add(`order by o.name_folded, o.id`)
	}
	return q.Add(`limit $1) x`, most)
}

// placesOf are the places of all that a filter leaves, in the order of names,
// no more than most.
func placesOf(t *db.Tx, f Filter, most int) ([]place, error) {
	q := db.NewQ(`select o.id, o.name_folded, o.country from organisation o where o.deleted_at is null`)
	addFilter(q, f)
	q.Add(`order by o.name_folded, o.id limit $1`, most)
	return db.All[place](t, q.SQL(), q.Args...)
}

// listedByID are rows of the list in the order of the ids given.
func listedByID(t *db.Tx, lang string, ids []string) ([]Listed, error) {
	at := map[string]int{}
	for i, id := range ids {
		at[id] = i
	}
	q := db.In(db.NewQ(listColumns(lang)), "where o.id in", ids)
	rows, err := db.All[Listed](t, q.SQL(), q.Args...)
	slices.SortFunc(rows, func(a, b Listed) int { return at[a.ID] - at[b.ID] })
	return rows, err
}

func listColumns(lang string) string {
	return `select o.id, ` + OrganisationName("o", lang) + ` as name, o.acronym, o.kind, o.constituent, o.country, o.example,
			coalesce(p.id, '') as parent, coalesce(` + OrganisationName("p", lang) + `, '') as parent_name
		from organisation o left join organisation p on p.id = o.parent and p.deleted_at is null`
}

// place is where a row stands in the order of names.
type place struct {
	ID      string `db:"id"`
	Folded  string `db:"name_folded"`
	Country string `db:"country"`
}

func placeOf(t *db.Tx, id string) (place, bool, error) {
	return db.Maybe[place](t, `select o.id, o.name_folded, o.country from organisation o where o.id = $1`, id)
}

// organisationsFrom are rows in the order of names, from after a place on.
func organisationsFrom(t *db.Tx, f Filter, from *place, down bool, limit int) ([]Listed, error) {
	q := listQuery(f, from, down, limit)
	return db.All[Listed](t, q.SQL(), q.Args...)
}

// listQuery walks an index in the order of names: it never sorts.
func listQuery(f Filter, from *place, down bool, limit int) *db.Q {
	q := db.NewQ(listColumns(f.Lang) + ` where o.deleted_at is null`)
	addFilter(q, f)
	sign, direction := ">", ""
	if down {
		sign, direction = "<", " desc"
	}
	if from != nil {
		q.Add(`and (o.name_folded, o.id) `+sign+` ($1, $2)`, from.Folded, from.ID)
	}
	return q.Add(`order by o.name_folded`+direction+`, o.id`+direction+` limit $1`, limit)
}

// countriesPresent are the countries that organisations have, the missing one
// as the empty text: one step of an index a country, however many rows.
func countriesPresent(t *db.Tx) ([]string, error) {
	return db.All[string](t, `with recursive c (country) as (
			select min(o.country) from organisation o where o.deleted_at is null
			union all
			select (select min(o.country) from organisation o where o.deleted_at is null and o.country > c.country) from c where c.country is not null
		)
		select c.country from c where c.country is not null`)
}

// removedSince are organisations removed at an instant or later, the last first.
func removedSince(t *db.Tx, lang string, since clock.Ms, limit int) ([]removed, error) {
	return db.All[removed](t, `select o.id, `+OrganisationName("o", lang)+` as name, o.deleted_at from organisation o
		where o.deleted_at is not null and o.deleted_at >= $1 order by o.deleted_at desc, o.id limit $2`, since, limit)
}

// removed is a record that can still come back.
type removed struct {
	ID        string   `db:"id"`
	Name      string   `db:"name"`
	DeletedAt clock.Ms `db:"deleted_at"`
}

// The rows around an organisation and a person: standings, members, roles.

const standingColumns = `s.id, s.organisation, s.kind, s.from_on, s.to_on, s.source, s.version, s.created_at, s.created_by, s.updated_at, s.updated_by, s.deleted_at`

func standingByID(t *db.Tx, id string) (Standing, error) {
	return db.One[Standing](t, `select `+standingColumns+` from organisation_standing s where s.id = $1`+t.Lock(), id)
}

func standingsOf(t *db.Tx, organisation string) ([]Standing, error) {
	return db.All[Standing](t, `select `+standingColumns+` from organisation_standing s
		where s.organisation = $1 and s.deleted_at is null order by s.kind, s.from_on, s.id`, organisation)
}

func insertStanding(t *db.Tx, s Standing) error {
	return t.ExecOne(`insert into organisation_standing (id, organisation, kind, from_on, to_on, source, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		s.ID, s.Organisation, s.Kind, string(s.FromOn), string(s.ToOn), s.Source, s.Version, s.CreatedAt, s.CreatedBy, s.UpdatedAt, s.UpdatedBy)
}

func updateStanding(t *db.Tx, s Standing) error {
	return t.ExecOne(`update organisation_standing set kind = $2, from_on = $3, to_on = $4, source = $5, version = $6, updated_at = $7, updated_by = $8, deleted_at = $9
		where id = $1`, s.ID, s.Kind, string(s.FromOn), string(s.ToOn), s.Source, s.Version, s.UpdatedAt, s.UpdatedBy, nullMs(s.DeletedAt))
}

const memberColumns = `m.id, m.organisation, m.member, m.country, m.from_on, m.to_on, m.source, m.version, m.created_at, m.created_by, m.updated_at, m.updated_by, m.deleted_at`

func memberByID(t *db.Tx, id string) (Member, error) {
	return db.One[Member](t, `select `+memberColumns+` from organisation_member m where m.id = $1`+t.Lock(), id)
}

// membersOf are the members of a network, and membershipsOf the networks that
// an organisation is a member of; those whose other side was removed are left out.
func membersOf(t *db.Tx, lang, organisation string, limit int) ([]MemberShown, error) {
	return db.All[MemberShown](t, `select `+memberColumns+`, coalesce(`+OrganisationName("o", lang)+`, '') as member_name
		from organisation_member m left join organisation o on o.id = m.member
		where m.organisation = $1 and m.deleted_at is null and (m.member is null or o.deleted_at is null)
		order by o.name_folded, m.country, m.from_on, m.id limit $2`, organisation, limit)
}

func membershipsOf(t *db.Tx, lang, organisation string, limit int) ([]MemberShown, error) {
	return db.All[MemberShown](t, `select `+memberColumns+`, `+OrganisationName("o", lang)+` as network_name
		from organisation_member m join organisation o on o.id = m.organisation
		where m.member = $1 and m.deleted_at is null and o.deleted_at is null
		order by o.name_folded, m.from_on, m.id limit $2`, organisation, limit)
}

func insertMember(t *db.Tx, m Member) error {
	return t.ExecOne(`insert into organisation_member (id, organisation, member, country, from_on, to_on, source, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		m.ID, m.Organisation, db.NullID(m.Body), m.Country, string(m.FromOn), string(m.ToOn), m.Source, m.Version, m.CreatedAt, m.CreatedBy, m.UpdatedAt, m.UpdatedBy)
}

func updateMember(t *db.Tx, m Member) error {
	return t.ExecOne(`update organisation_member set member = $2, country = $3, from_on = $4, to_on = $5, source = $6, version = $7, updated_at = $8, updated_by = $9, deleted_at = $10
		where id = $1`, m.ID, db.NullID(m.Body), m.Country, string(m.FromOn), string(m.ToOn), m.Source, m.Version, m.UpdatedAt, m.UpdatedBy, nullMs(m.DeletedAt))
}

const roleColumns = `r.id, r.person, r.organisation, r.title, r.focal, r.from_on, r.to_on, r.version, r.created_at, r.created_by, r.updated_at, r.updated_by, r.deleted_at`

func roleByID(t *db.Tx, id string) (Role, error) {
	return db.One[Role](t, `select `+roleColumns+` from person_role r where r.id = $1`+t.Lock(), id)
}

// rolesIn are the roles that persons have or had in an organisation: present
// ones first, focal points before others.
func rolesIn(t *db.Tx, organisation string, limit int) ([]RoleShown, error) {
	return db.All[RoleShown](t, `select `+roleColumns+`, p.name as person_name, p.email as person_email
		from person_role r join person p on p.id = r.person
		where r.organisation = $1 and r.deleted_at is null and p.deleted_at is null
		order by case when r.to_on = '' then 0 else 1 end, r.to_on desc, case when r.focal then 0 else 1 end, p.name_folded, r.id limit $2`, organisation, limit)
}

// rolesOf are the roles of persons, the newest first.
func rolesOf(t *db.Tx, lang string, persons []string) ([]RoleShown, error) {
	q := db.In(db.NewQ(`select `+roleColumns+`, `+OrganisationName("o", lang)+` as organisation_name
		from person_role r join organisation o on o.id = r.organisation
		where r.deleted_at is null and`), "r.person in", persons)
	q.Add(`order by r.person, case when r.to_on = '' then 0 else 1 end, r.to_on desc, r.from_on desc, r.id`)
	return db.All[RoleShown](t, q.SQL(), q.Args...)
}

func insertRole(t *db.Tx, r Role) error {
	return t.ExecOne(`insert into person_role (id, person, organisation, title, focal, from_on, to_on, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		r.ID, r.Person, r.Organisation, r.Title, r.Focal, string(r.FromOn), string(r.ToOn), r.Version, r.CreatedAt, r.CreatedBy, r.UpdatedAt, r.UpdatedBy)
}

func updateRole(t *db.Tx, r Role) error {
	return t.ExecOne(`update person_role set organisation = $2, title = $3, focal = $4, from_on = $5, to_on = $6, version = $7, updated_at = $8, updated_by = $9, deleted_at = $10
		where id = $1`, r.ID, r.Organisation, r.Title, r.Focal, string(r.FromOn), string(r.ToOn), r.Version, r.UpdatedAt, r.UpdatedBy, nullMs(r.DeletedAt))
}

// Persons.

const personColumns = `p.id, p.name, p.email, p.lang, p.note, p.example, p.version, p.created_at, p.created_by, p.updated_at, p.updated_by, p.deleted_at, p.erased_at`

func personByID(t *db.Tx, id string, lock bool) (Person, error) {
	query := `select ` + personColumns + ` from person p where p.id = $1`
	if lock {
		query += t.Lock()
	}
	return db.One[Person](t, query, id)
}

func personByEmail(t *db.Tx, email string) (string, bool, error) {
	return db.Maybe[string](t, `select p.id from person p where p.email = $1 and p.email <> '' and p.deleted_at is null order by p.id limit 1`, email)
}

func insertPerson(t *db.Tx, p Person) error {
	return t.ExecOne(`insert into person (id, name, name_folded, email, lang, note, example, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		p.ID, p.Name, search.Fold(p.Name), p.Email, p.Lang, p.Note, p.Example, p.Version, p.CreatedAt, p.CreatedBy, p.UpdatedAt, p.UpdatedBy)
}

func updatePerson(t *db.Tx, p Person) error {
	return t.ExecOne(`update person set name = $2, name_folded = $3, email = $4, lang = $5, note = $6, example = $7, version = $8, updated_at = $9, updated_by = $10, deleted_at = $11
		where id = $1`, p.ID, p.Name, search.Fold(p.Name), p.Email, p.Lang, p.Note, p.Example, p.Version, p.UpdatedAt, p.UpdatedBy, nullMs(p.DeletedAt))
}

func addPersonFilter(q *db.Q, f PersonFilter, today clock.Day) {
	for i, w := range search.Words(search.Fold(f.Text)) {
		if i == maxWords {
			break
		}
		q.Add(`and (p.name_folded like $1 or p.name_folded like $2)`, w+"%", "% "+w+"%")
	}
	if f.Organisation != "" {
		q.Add(`and exists (select 1 from person_role r where r.person = p.id and r.organisation = $1 and r.deleted_at is null
			and (r.to_on = '' or r.to_on >= substr(cast($2 as text), 1, length(r.to_on))))`, f.Organisation, string(today))
	}
}

func countPersons(t *db.Tx, f PersonFilter, most int) (int, error) {
	q := db.NewQ(`select count(*) from (select p.id from person p where p.deleted_at is null`)
	addPersonFilter(q, f, t.Now.Day())
	q.Add(`limit $1) x`, most)
	return db.One[int](t, q.SQL(), q.Args...)
}

func personPlace(t *db.Tx, id string) (place, bool, error) {
	return db.Maybe[place](t, `select p.id, p.name_folded from person p where p.id = $1`, id)
}

func personsFrom(t *db.Tx, f PersonFilter, from *place, down bool, limit int) ([]ListedPerson, error) {
	q := db.NewQ(`select p.id, p.name, p.email, p.example from person p where p.deleted_at is null`)
	addPersonFilter(q, f, t.Now.Day())
	sign, direction := ">", ""
	if down {
		sign, direction = "<", " desc"
	}
	if from != nil {
		q.Add(`and (p.name_folded, p.id) `+sign+` ($1, $2)`, from.Folded, from.ID)
	}
	q.Add(`order by p.name_folded`+direction+`, p.id`+direction+` limit $1`, limit)
	return db.All[ListedPerson](t, q.SQL(), q.Args...)
}

func removedPersons(t *db.Tx, since clock.Ms, limit int) ([]removed, error) {
	return db.All[removed](t, `select p.id, p.name, p.deleted_at from person p
		where p.deleted_at is not null and p.deleted_at >= $1 and p.erased_at is null order by p.deleted_at desc, p.id limit $2`, since, limit)
}

// Purging: records whose time to come back is over.

// purgeable are rows that were removed before an instant. An erased person
// stays, without a name, for what points at it, and an organisation for as
// long as a person has a role in it.
func purgeable(t *db.Tx, table string, before clock.Ms, limit int) ([]string, error) {
	kept := ""
	switch table {
	case "person":
		kept = ` and x.erased_at is null`
	case "organisation":
		kept = ` and not exists (select 1 from person_role r where r.organisation = x.id and (r.deleted_at is null or r.deleted_at >= $1))`
	}
	return db.All[string](t, `select x.id from `+table+` x where x.deleted_at is not null and x.deleted_at < $1`+kept+` order by x.deleted_at, x.id limit $2`, before, limit)
}

func purge(t *db.Tx, table, id string, before clock.Ms) (int64, error) {
	return t.Exec(`delete from `+table+` where id = $1 and deleted_at is not null and deleted_at < $2`, id, before)
}
