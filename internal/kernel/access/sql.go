package access

// The pieces of SQL that others compose; they never name these tables.

// AccountName is the SQL expression for the name of the account whose id a
// column holds; null where the column names no account.
func AccountName(column string) string {
	return `(select acc.name from account acc where acc.id = ` + column + `)`
}

// AccountPerson is the SQL expression for the person of the account whose id
// a column holds; null where the column names no account.
func AccountPerson(column string) string {
	return `(select acc.person from account acc where acc.id = ` + column + `)`
}

// AccountsOf is a query of the open accounts of an organisation; the
// organisation is its only argument.
const AccountsOf = `select a.id from account a where a.organisation = $1 and a.state = 'active'`

// AccountOut is the condition that the account whose id a column holds does
// not work for the host, or no longer: it is a partner's, or closed.
func AccountOut(column string) string {
	return `exists (select 1 from account acc where acc.id = ` + column + ` and (acc.organisation <> '' or acc.state = 'closed'))`
}

// AccountRolesEnd is the SQL expression for the instant at which the last role
// of the account whose id a column holds ends; 0 where one has no end, and for
// what has no roles.
func AccountRolesEnd(column string) string {
	return `coalesce((select case when min(r.until_at) = 0 then 0 else max(r.until_at) end from account_role r where r.account = ` + column + `), 0)`
}

// Holds is the condition that the account in a column holds a right on the
// object in another.
func Holds(account, kind, object string, r Right) string {
	return "exists (select 1 from object_access oa where oa.account = " + account + " and oa.kind = '" + kind + "' and oa.object = " + object + " and oa.access_right = '" + string(r) + "')"
}

// AccountOrganisation is the SQL expression for the organisation of the
// account whose id a column holds; null where the column names no account.
func AccountOrganisation(column string) string {
	return `(select acc.organisation from account acc where acc.id = ` + column + `)`
}

// Objects is a query of the objects of a kind on which an account holds a
// right; the account is its only argument, the column is called object. It is
// for queries that begin with the few objects an account has: what may be
// seen is still decided by Where.
func Objects(kind string, r Right) string {
	return "select oa.object from object_access oa where oa.account = $1 and oa.kind = '" + kind + "' and oa.access_right = '" + string(r) + "'"
}
