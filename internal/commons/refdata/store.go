package refdata

import (
	"ayni/internal/kernel/db"
)

const itemColumns = `id, list, code, version, position, name_en, name_fr, name_es, text_en, text_fr, text_es,
	parent, valid_from, valid_to, source, place, as_of, verified, attrs, current, created_at, created_by`

const listColumns = `list, name_en, name_fr, name_es, text_en, text_fr, text_es, version, source, as_of, verified, editable, digest`

func allLists(t *db.Tx) ([]List, error) {
	return db.All[List](t, `select `+listColumns+` from ref_list order by list`)
}

func currentItems(t *db.Tx) ([]Item, error) {
	return db.All[Item](t, `select `+itemColumns+` from ref_item where current = true order by list, position, code`)
}

func currentOf(t *db.Tx, list string) ([]Item, error) {
	return db.All[Item](t, `select `+itemColumns+` from ref_item where list = $1 and current = true order by position, code`, list)
}

func versionsOf(t *db.Tx, list, code string) ([]Item, error) {
	return db.All[Item](t, `select `+itemColumns+` from ref_item where list = $1 and code = $2 order by version desc`, list, code)
}

func allSources(t *db.Tx) ([]Source, error) {
	return db.All[Source](t, `select source, title, publisher, date, address, licence, note from ref_source order by source`)
}

func saveSource(t *db.Tx, s Source) error {
	_, err := t.Exec(`insert into ref_source (source, title, publisher, date, address, licence, note) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (source) do update set title = excluded.title, publisher = excluded.publisher, date = excluded.date,
			address = excluded.address, licence = excluded.licence, note = excluded.note`,
		s.Key, s.Title, s.Publisher, s.Date, s.Address, s.Licence, s.Note)
	return err
}

func saveList(t *db.Tx, l List) error {
	_, err := t.Exec(`insert into ref_list (`+listColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		on conflict (list) do update set name_en = excluded.name_en, name_fr = excluded.name_fr, name_es = excluded.name_es,
			text_en = excluded.text_en, text_fr = excluded.text_fr, text_es = excluded.text_es, version = excluded.version,
			source = excluded.source, as_of = excluded.as_of, verified = excluded.verified, editable = excluded.editable, digest = excluded.digest`,
		l.Code, l.NameEN, l.NameFR, l.NameES, l.TextEN, l.TextFR, l.TextES, l.Version, l.Source, l.AsOf, l.Verified, l.Editable, l.Digest)
	return err
}

func insertItem(t *db.Tx, i Item) error {
	_, err := t.Exec(`insert into ref_item (`+itemColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		i.ID, i.List, i.Code, i.Version, i.Position, i.NameEN, i.NameFR, i.NameES, i.TextEN, i.TextFR, i.TextES,
		i.Parent, i.ValidFrom, i.ValidTo, i.Source, i.Place, i.AsOf, i.Verified, db.AsJSON(i.Attrs), i.Current, t.Now, i.CreatedBy)
	return err
}

func supersede(t *db.Tx, list, code string) error {
	_, err := t.Exec(`update ref_item set current = false where list = $1 and code = $2 and current = true`, list, code)
	return err
}

func nextPosition(t *db.Tx, list string) (int64, error) {
	return db.One[int64](t, `select coalesce(max(position), 0) + 1 from ref_item where list = $1`, list)
}
