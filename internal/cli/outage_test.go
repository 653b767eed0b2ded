package cli

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"ayni/internal/kernel/db/dbtest"
)

// PG1: the database server falls under eight writers and comes back: nothing
// acknowledged is lost, what was sent again took effect once, and the pool
// recovers by itself.
func TestPG1_FallenDatabaseServer(t *testing.T) {
	t.Parallel()
	server := dbtest.OwnServer(t)
	place := demoPlace(t, server.URL(t, "ayni"))
	p := start(t, place.at("--demo")...)
	c, watcher := p.client(), p.client()
	c.signInDemo()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	w := writers{outages: true}
	w.start(ctx, p, "pg1")
	for range 2 {
		before := w.count()
		until(t, "writes are acknowledged", func() bool { return w.count() >= before+20 })
		server.Stop(t, "immediate")
		until(t, "/readyz says that the database is away", func() bool {
			a := watcher.get("/readyz")
			return a.status == http.StatusServiceUnavailable && strings.Contains(a.body, "busy or away")
		})
		if a := c.get("/organisations"); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("a page without a database: %d", a.status)
		}
		if a := watcher.get("/healthz"); a.status != http.StatusOK {
			t.Errorf("/healthz: %d", a.status)
		}
		before = w.count()
		server.Start(t)
		back := time.Now()
		until(t, "writes are acknowledged again", func() bool { return w.count() > before })
		if took := time.Since(back); took > 20*time.Second {
			t.Errorf("the pool took %v to recover", took)
		}
		until(t, "/readyz is ready again", func() bool { return watcher.get("/readyz").status == http.StatusOK })
	}
	stop()
	w.wait.Wait()
	if code := p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.stderr())
	}
	w.holds(t, place)
	if w.busy == 0 {
		t.Error("no writer noticed that the database was away")
	}
	t.Logf("%d acknowledged, %d answers said that the database is away", w.count(), w.busy)
}
