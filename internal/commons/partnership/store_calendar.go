package partnership

import (
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// The queries of calendar feeds.

const feedColumns = `f.id, f.account, f.partnership, f.lang, f.created_at, f.read_at, f.revoked_at`

func insertFeed(t *db.Tx, f Feed, hash string) error {
	_, err := t.Exec(`insert into calendar_feed (id, token, account, partnership, lang, created_at) values ($1, $2, $3, $4, $5, $6)`,
		f.ID, hash, f.Account, f.Partnership, f.Lang, f.CreatedAt)
	return err
}

// feedByToken reads a feed that was not revoked.
func feedByToken(t *db.Tx, hash string) (Feed, bool, error) {
	return db.Maybe[Feed](t, `select `+feedColumns+` from calendar_feed f where f.token = $1 and f.revoked_at = 0`, hash)
}

// feedsOf are the feeds of an account that were not revoked.
func feedsOf(t *db.Tx, account string) ([]Feed, error) {
	return db.All[Feed](t, `select `+feedColumns+` from calendar_feed f where f.account = $1 and f.revoked_at = 0 order by f.partnership, f.id`, account)
}

func setFeedRevoked(t *db.Tx, id string) error {
	return t.ExecOne(`update calendar_feed set revoked_at = $2 where id = $1 and revoked_at = 0`, id, t.Now)
}

// touchFeed notes a reading, once an hour.
func touchFeed(t *db.Tx, id string, before clock.Ms) error {
	_, err := t.Exec(`update calendar_feed set read_at = $2 where id = $1 and read_at < $3`, id, t.Now, before)
	return err
}

// feedMost bounds the days of one kind in a feed.
const feedMost = 1000

const feedTitles = `, p.title as ptitle, p.title_fr as ptitle_fr, p.title_es as ptitle_es, p.confidential, p.updated_at as renamed`

// feedOnly narrows a query to one partnership, or to those in which the
// account has a part.
func feedOnly(q *db.Q, a access.Actor, partnership string) {
	if partnership != "" {
		q.Add(`and p.id = $1`, partnership)
		return
	}
	q.Add(`and p.id in (`+access.Objects(Kind, access.View)+`)`, a.Account)
}

// feedDeadlines are the days that matter from a day on. How often a day that
// the product keeps has moved is the number of the rows it had before.
func feedDeadlines(t *db.Tx, a access.Actor, partnership string, from clock.Day) ([]feedItem, error) {
	q := db.NewQ(`select g.id, g.partnership, g.element, g.text, g.message, '' as link, g.due_on, g.system_key, g.created_at, g.created_at as updated_at,
			(select count(*) from deadline o where o.partnership = g.partnership and o.system_key = g.system_key and o.deleted_at is not null) as sequence`+feedTitles+`
		from deadline g join partnership p on p.id = g.partnership
		where g.deleted_at is null and g.done_at is null and p.deleted_at is null and g.due_on >= $1 and`, string(from)).
		AddPart(Where(a, access.View)).Add(`and`).AddPart(access.Audience(a, "g.audience"))
	feedOnly(q, a, partnership)
	q.Add(`order by g.due_on, g.id limit $1`, feedMost)
	return db.All[feedItem](t, q.SQL(), q.Args...)
}

// feedActions are the open actions with a day: those that wait for the
// account, or all of one partnership.
func feedActions(t *db.Tx, a access.Actor, partnership string, from clock.Day) ([]feedItem, error) {
	q := fromTodos(db.NewQ(`select x.id, x.partnership, x.element, x.text, x.message, x.link, x.due_on, x.system_key, x.created_at, x.updated_at, x.version - 1 as sequence`+feedTitles),
		a, TodoFilter{Mine: partnership == ""})
	q.Add(`and x.due_on <> '' and x.due_on >= $1`, string(from))
	feedOnly(q, a, partnership)
	q.Add(`order by x.due_on, x.id limit $1`, feedMost)
	list, err := db.All[feedItem](t, q.SQL(), q.Args...)
	for i := range list {
		list[i].Action = true
	}
	return list, err
}
