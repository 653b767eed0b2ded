package pages

import "ayni/internal/kernel/db"

// The engine's own tables; no table of ours is named here.

// engineVersion is the version of the database engine as it says it, and as
// numbers that can be compared: 3.51.3 is 3051003, PostgreSQL 15.4 is 150004.
func engineVersion(t *db.Tx) (text string, number int, err error) {
	if t.DB.Engine == db.Postgres {
		text, err = db.One[string](t, `select current_setting('server_version')`)
		if err != nil {
			return "", 0, err
		}
		number, err = db.One[int](t, `select cast(current_setting('server_version_num') as bigint)`)
		return text, number, err
	}
	text, err = db.One[string](t, `select sqlite_version()`)
	if err != nil {
		return "", 0, err
	}
	return text, versionNumber(text), nil
}

// databaseSize is the size of the database in bytes.
func databaseSize(t *db.Tx) (int64, error) {
	if t.DB.Engine == db.Postgres {
		return db.One[int64](t, `select pg_database_size(current_database())`)
	}
	return db.One[int64](t, `select c.page_count * s.page_size from pragma_page_count() c, pragma_page_size() s`)
}
