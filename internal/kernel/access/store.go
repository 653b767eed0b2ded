package access

import (
	"strings"
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

const accountColumns = `a.id, a.person, a.name, a.email, a.organisation, a.lang, a.theme, a.state, a.demo,
	a.seen_at, a.seen_before, a.version, a.created_at, a.created_by, a.updated_at, a.updated_by`

// credentials are an account with what sign-in compares.
type credentials struct {
	Account
	Password string `db:"password"`
}

func credentialsByEmail(t *db.Tx, folded string) (credentials, bool, error) {
	return db.Maybe[credentials](t, `select `+accountColumns+`, a.password from account a where a.email_folded = $1`, folded)
}

func credentialsOf(t *db.Tx, account string) (credentials, error) {
	return db.One[credentials](t, `select `+accountColumns+`, a.password from account a where a.id = $1`, account)
}

// credentialsForChange is credentialsOf, kept for this transaction.
func credentialsForChange(t *db.Tx, account string) (credentials, error) {
	return db.One[credentials](t, `select `+accountColumns+`, a.password from account a where a.id = $1`+t.Lock(), account)
}

// accountForChange reads an account with its roles and keeps it for this transaction.
func accountForChange(t *db.Tx, account string) (Account, error) {
	a, err := db.One[Account](t, `select `+accountColumns+` from account a where a.id = $1`+t.Lock(), account)
	if err != nil {
		return a, err
	}
	return withRoles(t, a)
}

func withRoles(t *db.Tx, a Account) (Account, error) {
	list := []Account{a}
	err := fillRoles(t, list)
	return list[0], err
}

// roleRow is a row of account_role.
type roleRow struct {
	Account   string   `db:"account"`
	Role      Role     `db:"role"`
	FromAt    clock.Ms `db:"from_at"`
	UntilAt   clock.Ms `db:"until_at"`
	GrantedBy string   `db:"granted_by"`
}

// fillRoles reads the roles of accounts.
func fillRoles(t *db.Tx, list []Account) error {
	ids := make([]string, len(list))
	at := map[string]int{}
	for i, a := range list {
		ids[i] = a.ID
		at[a.ID] = i
		list[i].Roles = nil
	}
	q := db.In(db.NewQ(`select r.account, r.role, r.from_at, r.until_at, r.granted_by from account_role r where`), "r.account in", ids)
	held := map[string]map[Role]RoleGrant{}
	err := db.Each(t, func(r roleRow) error {
		if held[r.Account] == nil {
			held[r.Account] = map[Role]RoleGrant{}
		}
		g := RoleGrant{Role: r.Role, From: r.FromAt, By: r.GrantedBy}
		if r.UntilAt != 0 {
			g.Until = r.UntilAt.Day().AddDays(-1)
		}
		held[r.Account][r.Role] = g
		return nil
	}, q.SQL(), q.Args...)
	if err != nil {
		return err
	}
	for account, grants := range held {
		a := &list[at[account]]
		for _, role := range Roles {
			if g, ok := grants[role]; ok {
				a.Roles = append(a.Roles, g)
			}
		}
	}
	return nil
}

// untilAt is the instant at which a role ends: the midnight after its last day.
func untilAt(d clock.Day) clock.Ms { return d.AddDays(1).Ms() }

// Find lists accounts with their roles, by name. Text is compared as typed and
// in lower case, for SQLite folds ASCII letters alone.
func Find(t *db.Tx, f Filter) ([]Account, error) {
	q := db.NewQ(`select ` + accountColumns + ` from account a where 1 = 1`)
	if f.Text != "" {
		part := func(s string) string { return "%" + db.Like(s) + "%" }
		q.Add(`and (a.name like $1 escape '\' or lower(a.name) like $2 escape '\' or a.email_folded like $3 escape '\')`,
			part(f.Text), part(strings.ToLower(f.Text)), part(FoldEmail(f.Text)))
	}
	if f.Role != "" {
		q.Add(`and exists (select 1 from account_role r where r.account = a.id and r.role = $1 and (r.until_at = 0 or r.until_at > $2))`, string(f.Role), t.Now)
	}
	if f.State != "" {
		q.Add(`and a.state = $1`, string(f.State))
	}
	if f.Organisation != "" {
		q.Add(`and a.organisation = $1`, f.Organisation)
	}
	if f.Person != "" {
		q.Add(`and a.person = $1`, f.Person)
	}
	if f.IDs != nil {
		db.In(q, "and a.id in", f.IDs)
	}
	if f.Demo {
		q.Add(`and a.demo = true`)
	}
	if f.After != "" {
		q.Add(`and (lower(a.name), a.id) > (select lower(l.name), l.id from account l where l.id = $1)`, f.After)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	q.Add(`order by lower(a.name), a.id limit $1`, limit)
	list, err := db.All[Account](t, q.SQL(), q.Args...)
	if err != nil || len(list) == 0 {
		return list, err
	}
	return list, fillRoles(t, list)
}

// ClosedBefore are the accounts that were closed before an instant and still
// have a name and an address.
func ClosedBefore(t *db.Tx, before clock.Ms, limit int) ([]string, error) {
	return db.All[string](t, `select a.id from account a where a.state = 'closed' and a.updated_at < $1 and a.email not like 'erased:%' order by a.updated_at, a.id limit $2`, before, limit)
}

// StillClosed holds an account until the transaction ends, and says whether it
// is closed and has not changed since an instant.
func StillClosed(t *db.Tx, account string, before clock.Ms) (bool, error) {
	_, err := accountForChange(t, account)
	if err != nil {
		return false, err
	}
	n, err := db.One[int](t, `select count(*) from account a where a.id = $1 and a.state = 'closed' and a.updated_at < $2`, account, before)
	return n == 1, err
}

// Names gives the names of accounts by id; ids that are no accounts are left out.
func Names(t *db.Tx, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	q := db.In(db.NewQ(`select a.id, a.name from account a where`), "a.id in", ids)
	err := db.Each(t, func(a Account) error {
		out[a.ID] = a.Name
		return nil
	}, q.SQL(), q.Args...)
	return out, err
}

// SeenBefore is when an account's owner was last here before the present
// visit; 0 when this is the first.
func SeenBefore(t *db.Tx, account string) (clock.Ms, error) {
	at, _, err := db.Maybe[clock.Ms](t, `select seen_before from account where id = $1`, account)
	return at, err
}

// anyAccount says whether there is an account, in whatever state.
func anyAccount(t *db.Tx) (bool, error) {
	_, found, err := db.Maybe[string](t, `select id from account limit 1`)
	return found, err
}

func insertAccount(t *db.Tx, a Account, password string) error {
	return t.ExecOne(`insert into account (id, person, name, email, email_folded, password, organisation, lang, theme, state, demo,
			seen_at, seen_before, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, 1, $12, $13, $12, $13)`,
		a.ID, a.Person, a.Name, a.Email, FoldEmail(a.Email), password, a.Organisation, a.Lang, a.Theme, string(a.State), a.Demo, t.Now, a.CreatedBy)
}

// updateAccount writes what people set, and counts the version up.
func updateAccount(t *db.Tx, a Account, by string) error {
	return t.ExecOne(`update account set name = $2, email = $3, email_folded = $4, organisation = $5, lang = $6, theme = $7, state = $8,
			version = version + 1, updated_at = $9, updated_by = $10 where id = $1`,
		a.ID, a.Name, a.Email, FoldEmail(a.Email), a.Organisation, a.Lang, a.Theme, string(a.State), t.Now, by)
}

func setPassword(t *db.Tx, account, hash string) error {
	return t.ExecOne(`update account set password = $2 where id = $1`, account, hash)
}

// replaceRoles writes the roles of an account.
func replaceRoles(t *db.Tx, account string, grants []RoleGrant) error {
	_, err := t.Exec(`delete from account_role where account = $1`, account)
	if err != nil {
		return err
	}
	for _, g := range grants {
		err := t.ExecOne(`insert into account_role (account, role, from_at, until_at, granted_by) values ($1, $2, $3, $4, $5)`,
			account, string(g.Role), g.From, untilAt(g.Until), g.By)
		if err != nil {
			return err
		}
	}
	return nil
}

// lastingAdmins lists the active accounts that hold the role admin without an
// end, and keeps them for this transaction: two administrators who take the
// role from each other at once come one after the other. Demo accounts are
// among them when asked for: no real account may count on them.
func lastingAdmins(t *db.Tx, demo bool) ([]string, error) {
	return db.All[string](t, `select r.account from account_role r join account a on a.id = r.account
		where r.role = 'admin' and r.until_at = 0 and a.state = 'active' and (a.demo = false or a.demo = $1) order by r.account`+t.Lock(), demo)
}

// sessionRow is what Identify reads in one query: a session, its account, one
// role and the settings.
type sessionRow struct {
	Session
	Person       string   `db:"person"`
	Name         string   `db:"name"`
	Organisation string   `db:"organisation"`
	Lang         string   `db:"lang"`
	Theme        string   `db:"theme"`
	State        State    `db:"state"`
	Demo         bool     `db:"demo"`
	Role         Role     `db:"role"`
	FactorAt     clock.Ms `db:"factor_at"`
	Idle         string   `db:"idle"`
	Absolute     string   `db:"absolute"`
	Rule         string   `db:"rule"`
}

func sessionRows(t *db.Tx, token string, now clock.Ms) ([]sessionRow, error) {
	return db.All[sessionRow](t, `select s.token, s.account, s.created_at, s.seen_at, s.auth_at, s.agent,
			a.person, a.name, a.organisation, a.lang, a.theme, a.state, a.demo, r.role, coalesce(f.confirmed_at, 0) as factor_at,
			(select value from setting where name = 'session.idle_minutes') as idle,
			(select value from setting where name = 'session.absolute_hours') as absolute,
			(select value from setting where name = 'second_factor') as rule
		from session s join account a on a.id = s.account
		left join account_factor f on f.account = a.id
		left join account_role r on r.account = a.id and (r.until_at = 0 or r.until_at > $2)
		where s.token = $1`, token, now)
}

func insertSession(t *db.Tx, s Session) error {
	return t.ExecOne(`insert into session (token, account, created_at, seen_at, auth_at, agent) values ($1, $2, $3, $4, $5, $6)`,
		s.ID, s.Account, s.CreatedAt, s.SeenAt, s.AuthAt, s.Agent)
}

// touchSession notes a request; false when another one of this minute has.
func touchSession(t *db.Tx, token string, now, before clock.Ms) (bool, error) {
	n, err := t.Exec(`update session set seen_at = $2 where token = $1 and seen_at <= $3`, token, now, before)
	return n > 0, err
}

// touchAccount notes that somebody is here. A visit begins after an absence;
// then the visit before it becomes the one that news are told since.
func touchAccount(t *db.Tx, account string, now clock.Ms) error {
	_, err := t.Exec(`update account set seen_before = case when seen_at < $3 then seen_at else seen_before end, seen_at = $2
		where id = $1`, account, now, now.Add(-visitGap))
	return err
}

func setAuthAt(t *db.Tx, token string, now clock.Ms) error {
	return t.ExecOne(`update session set auth_at = $2, seen_at = $2 where token = $1`, token, now)
}

// sessionsOf lists where an account is signed in, the latest first.
func sessionsOf(t *db.Tx, account string) ([]Session, error) {
	return db.All[Session](t, `select token, account, created_at, seen_at, auth_at, agent from session
		where account = $1 order by seen_at desc, token`, account)
}

func sessionByID(t *db.Tx, token string) (Session, bool, error) {
	return db.Maybe[Session](t, `select token, account, created_at, seen_at, auth_at, agent from session where token = $1`, token)
}

func deleteSession(t *db.Tx, account, token string) error {
	return t.ExecOne(`delete from session where account = $1 and token = $2`, account, token)
}

// deleteSessions ends all sessions of an account but one.
func deleteSessions(t *db.Tx, account, but string) (int64, error) {
	return t.Exec(`delete from session where account = $1 and token <> $2`, account, but)
}

// EndAll ends all sessions and takes all unused links away: of a backup nobody
// knows which of them were ended since.
func EndAll(t *db.Tx) error {
	_, err := t.Exec(`delete from session`)
	if err != nil {
		return err
	}
	_, err = t.Exec(`delete from access_link where used_at = 0`)
	return err
}

// deleteStale ends the sessions that are past one of the limits.
func deleteStale(t *db.Tx, seenBefore, createdBefore clock.Ms) (int64, error) {
	return t.Exec(`delete from session where seen_at < $1 or created_at < $2`, seenBefore, createdBefore)
}

// lastSeen is the latest instant that any session knows.
func lastSeen(t *db.Tx) (clock.Ms, error) {
	return db.One[clock.Ms](t, `select coalesce(max(seen_at), 0) from session`)
}

// shiftBack moves sessions and links with a clock that was put back, so that
// each keeps its age.
func shiftBack(t *db.Tx, ms int64) error {
	_, err := t.Exec(`update session set created_at = created_at - $1, seen_at = seen_at - $1, auth_at = auth_at - $1`, ms)
	if err != nil {
		return err
	}
	_, err = t.Exec(`update access_link set created_at = created_at - $1, expires_at = expires_at - $1 where used_at = 0`, ms)
	return err
}

// linkRow is a row of access_link.
type linkRow struct {
	Token     string   `db:"token"` // hash
	Purpose   Purpose  `db:"purpose"`
	Account   string   `db:"account"`
	Address   string   `db:"address"` // the e-mail address that it confirms
	CreatedAt clock.Ms `db:"created_at"`
	ExpiresAt clock.Ms `db:"expires_at"`
	UsedAt    clock.Ms `db:"used_at"`
}

func insertLink(t *db.Tx, l linkRow) error {
	return t.ExecOne(`insert into access_link (token, purpose, account, address, created_at, expires_at, used_at) values ($1, $2, $3, $4, $5, $6, 0)`,
		l.Token, string(l.Purpose), l.Account, l.Address, l.CreatedAt, l.ExpiresAt)
}

// openLink finds a link that may still be used.
func openLink(t *db.Tx, token string) (linkRow, bool, error) {
	return db.Maybe[linkRow](t, `select token, purpose, account, address, created_at, expires_at, used_at from access_link
		where token = $1 and used_at = 0 and expires_at > $2`, token, t.Now)
}

// useLink takes the right of a link; NotFound when it was used or has ended.
func useLink(t *db.Tx, token string) error {
	return t.ExecOne(`update access_link set used_at = $2 where token = $1 and used_at = 0 and expires_at > $2`, token, t.Now)
}

// dropLinks takes the unused links of an account away.
func dropLinks(t *db.Tx, purpose Purpose, account string) error {
	_, err := t.Exec(`delete from access_link where purpose = $1 and account = $2 and used_at = 0`, string(purpose), account)
	return err
}

// askedSince counts the reset links of an account that were made since an
// instant and live no longer than those that owners ask for.
func askedSince(t *db.Tx, account string, since clock.Ms, life time.Duration) (int, error) {
	return db.One[int](t, `select count(*) from access_link where account = $1 and purpose = 'reset' and created_at > $2 and expires_at - created_at <= $3`,
		account, since, life.Milliseconds())
}

func pruneLinks(t *db.Tx, before clock.Ms) error {
	_, err := t.Exec(`delete from access_link where expires_at < $1`, before)
	return err
}

// settingRow is a setting as the audit compares it.
type settingRow struct {
	Value string `db:"value"`
}

func settingOf(t *db.Tx, name string) (settingRow, bool, error) {
	return db.Maybe[settingRow](t, `select value from setting where name = $1`, name)
}

func putSetting(t *db.Tx, name, value, by string) error {
	return t.ExecOne(`insert into setting (name, value, updated_at, updated_by) values ($1, $2, $3, $4)
		on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
		name, value, t.Now, by)
}
