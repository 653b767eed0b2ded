package db_test

import (
	"context"
	"fmt"
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

type listed struct {
	ID    string `db:"id"`
	Name  string `db:"name"`
	Email string `db:"email"`
	Roles int    `db:"roles"`
}

// The shapes of query that a page runs: one row by key, and a list with the
// conditions of access.
var pageQueries = []struct{ name, text string }{
	{"key", `select id, name, email, 0 as roles from account where id = $1 and $2 <> $3`},
	{"list", `select a.id, a.name, a.email,
			(select count(*) from account_role r where r.account = a.id and (r.until_at = 0 or r.until_at > 5)) as roles
		from account a
		left join session s on s.account = a.id and s.seen_at > 3
		where (a.organisation = '' or exists (select 1 from object_access oa
			where oa.account = $1 and oa.kind = 'x' and oa.object = a.id and oa.access_right = 'view'))
			and a.id > $2 and a.state in ($3, 'active')
		order by a.id limit 50`},
}

func BenchmarkRead(b *testing.B) {
	for _, engine := range []func(testing.TB) *db.DB{dbtest.SQLite, dbtest.Postgres} {
		d := engine(b)
		err := d.Write(b.Context(), func(t *db.Tx) error {
			for i := range 1000 {
				_, err := t.Exec(`insert into account (id, person, name, email, email_folded, created_at, created_by, updated_at, updated_by)
					values ($1, $1, 'Name', $1, $1, $2, 'x', $2, 'x')`, fmt.Sprintf("a%03d", i), t.Now)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		for _, q := range pageQueries {
			b.Run(fmt.Sprintf("%s/%s", d.Engine, q.name), func(b *testing.B) {
				ctx, cancel := context.WithCancel(b.Context())
				defer cancel()
				for b.Loop() {
					err := d.Read(ctx, func(t *db.Tx) error {
						for range 6 { // a page runs several
							_, err := db.All[listed](t, q.text, "a077", "a003", "invited")
							if err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
