package apptest

import (
	"testing"
	"time"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestWorld(t *testing.T) {
	t.Parallel()
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		begun := time.Now()
		h := New(t, e)
		t.Logf("%s house %s", e, time.Since(begun))
		begun = time.Now()
		w := NewWorld(h)
		t.Logf("%s world %s %+v", e, time.Since(begun), w.Open)
		begun = time.Now()
		h.As(Manager).Get("/partnerships/" + w.Open.ID).Is(200).Page()
		t.Logf("page %s", time.Since(begun))
		begun = time.Now()
		h.Fingerprint()
		t.Logf("fingerprint %s", time.Since(begun))
	}
}
