package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The command beside a running server: the dry run changes nothing, the
// erasure empties every file, the server goes on.
func TestPR4EraseBesideAServer(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	p := start(t, "--demo", "--data", dir)
	email := one[string](t, filepath.Join(dir, "ayni.db"), `select email from account where demo = 1 and id not in (select account from account_role where role = 'admin') order by email limit 1`)
	name := one[string](t, filepath.Join(dir, "ayni.db"), `select name from account where email = '`+email+`'`)
	refused(t, exitUsage, "--dry-run", "erase", email, "--data", dir)
	refused(t, exitInput, "Nobody here", "erase", "nobody@example.org", "--yes", "--data", dir)
	type document struct {
		Person string `json:"person"`
		DryRun bool   `json:"dry_run"`
		Rows   []struct {
			Table string `json:"table"`
			Rows  int    `json:"rows"`
		} `json:"rows"`
		Changes []struct {
			Table string `json:"table"`
		} `json:"changes"`
		Left []string `json:"left"`
	}
	plan := decode[document](t, ok(t, "erase", email, "--dry-run", "--json", "--data", dir))
	if !plan.DryRun || plan.Person == "" || len(plan.Rows) < 2 {
		t.Errorf("the plan: %+v", plan)
	}
	if one[string](t, filepath.Join(dir, "ayni.db"), `select email from account where person = '`+plan.Person+`'`) != email {
		t.Error("the dry run erased")
	}
	if out := ok(t, "erase", plan.Person, "--dry-run", "--data", dir); !strings.Contains(out, "account: 1 would be emptied") {
		t.Errorf("in words: %s", out)
	}
	done := decode[document](t, ok(t, "erase", plan.Person, "--yes", "--json", "--data", dir))
	if done.Person != plan.Person || len(done.Changes) == 0 {
		t.Errorf("done: %+v", done)
	}
	for _, path := range []string{"ayni.db", "ayni.db-wal", "audit-heads.log", "erasures.log"} {
		b, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(email)) {
			t.Errorf("%s holds the address of %s", path, name)
		}
	}
	if a := p.client().get("/sign-in"); a.status != 200 || strings.Contains(a.body, email) {
		t.Errorf("the server: %d", a.status)
	}
	ok(t, "verify-audit", "--data", dir)
	p.end(os.Interrupt)
	ok(t, "check", "--data", dir)
}
