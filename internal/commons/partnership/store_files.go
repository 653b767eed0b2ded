package partnership

import (
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/id"
	"ayni/internal/standard/eml"
)

// fileRow is a version of a file with what a message says of itself.
type fileRow struct {
	FileVersion
	Message db.JSON[*eml.Message] `db:"message"`
}

const fileColumns = `f.id, f.partnership, f.record_kind, f.record, f.number, f.file, f.file_name, f.media_type, f.size, f.message, f.created_at, f.created_by`

// insertFile notes the next version of a record's file.
func insertFile(t *db.Tx, f FileVersion, m *eml.Message) error {
	says := ""
	if m != nil {
		says = db.AsJSON(m)
	}
	_, err := t.Exec(`insert into file_version (id, partnership, record_kind, record, number, file, file_name, media_type, size, message, created_at, created_by)
		values ($1, $2, $3, $4, (select coalesce(max(number), 0) + 1 from file_version where record = $4), $5, $6, $7, $8, $9, $10, $11)`,
		id.New(), f.Partnership, f.RecordKind, f.Record, f.File, f.FileName, f.MediaType, f.Size, says, t.Now, f.CreatedBy)
	return err
}

// filesOf are the versions of some records' files, the newest first. Who asks
// has read the records.
func filesOf(t *db.Tx, partnership string, records []string) (map[string][]fileRow, error) {
	q := db.NewQ(`select `+fileColumns+` from file_version f where f.partnership = $1`, partnership)
	db.In(q, `and f.record in`, records).Add(`order by f.number desc`)
	rows, err := db.All[fileRow](t, q.SQL(), q.Args...)
	if err != nil {
		return nil, err
	}
	out := map[string][]fileRow{}
	for _, f := range rows {
		out[f.Record] = append(out[f.Record], f)
	}
	return out, nil
}

// oneFile is a version of a record's file by its number.
func oneFile(t *db.Tx, partnership, record string, number int64) (fileRow, error) {
	return db.One[fileRow](t, `select `+fileColumns+` from file_version f where f.partnership = $1 and f.record = $2 and f.number = $3`, partnership, record, number)
}
