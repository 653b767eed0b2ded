package access

import (
	"ayni/internal/kernel/db"
)

// Granted is a right that an account holds on an object.
type Granted struct {
	Account string `db:"account"`
	Object  string `db:"object"`
	Right   Right  `db:"access_right"`
}

// EachGranted gives every right on the objects of a kind, for the check that
// they are what the objects' owner would write. fn can't run statements.
func EachGranted(t *db.Tx, kind string, fn func(Granted) error) error {
	return db.Each(t, fn, `select account, object, access_right from object_access where kind = $1 order by object, account, access_right`, kind)
}
