package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// AI1: a row of the audit that was changed, deleted, moved, put in or cut off
// is named, and the exit code says so.
func TestAI1_ChangedAuditIsNamed(t *testing.T) {
	t.Parallel()
	last := 0
	{
		dir := demoFolder(t)
		last = one[int](t, filepath.Join(dir, "ayni.db"), `select max(seq) from audit`)
	}
	if last < 100 {
		t.Fatalf("only %d rows in the demo's audit", last)
	}
	for name, tc := range map[string]struct {
		statements []string
		bad        int64
	}{
		"changed":        {[]string{`update audit set actor = 'somebody' where seq = 50`}, 50},
		"time changed":   {[]string{`update audit set at = at + 1 where seq = 77`}, 77},
		"deleted":        {[]string{`delete from audit where seq = 60`}, 60},
		"deleted, moved": {[]string{`delete from audit where seq = 60`, `update audit set seq = -seq where seq > 60`, `update audit set seq = -seq - 1 where seq < 0`}, 60},
		"exchanged":      {[]string{`update audit set seq = -1 where seq = 30`, `update audit set seq = 30 where seq = 31`, `update audit set seq = 31 where seq = -1`}, 30},
		"the first":      {[]string{`delete from audit where seq = 1`}, 1},
		"cut":            {[]string{`delete from audit where seq > 90`}, 91},
		"personal":       {[]string{`update audit_personal set value = '["x","y"]' where audit_id = (select a.id from audit a join audit_personal p on p.audit_id = a.id where a.seq is not null order by a.seq limit 1)`}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := demoFolder(t)
			if got := decode[verified](t, ok(t, "verify-audit", "--json", "--data", dir)); !got.Whole || got.Unsigned != 0 {
				t.Fatalf("before: %+v", got)
			}
			raw(t, filepath.Join(dir, "ayni.db"), tc.statements...)
			r := ayni(t, "verify-audit", "--json", "--data", dir)
			got := decode[verified](t, r.out)
			if r.code != exitInput || got.Whole || got.Reason == "" || (tc.bad != 0 && got.Bad != tc.bad) || got.Bad == 0 {
				t.Errorf("exit code %d: %+v", r.code, got)
			}
			if got.Rows != got.Bad-1 && tc.bad != 0 {
				t.Errorf("%d good rows before row %d", got.Rows, got.Bad)
			}
			text := ayni(t, "verify-audit", "--data", dir)
			if text.code != exitInput || !strings.Contains(text.out, got.Reason) {
				t.Errorf("in words: %+v", text)
			}
			// A server says so in its log and signs nothing more of it.
			if doctor := ayni(t, "doctor", "--data", dir); doctor.code != exitInput || !strings.Contains(doctor.out, "audit: "+got.Reason) {
				t.Errorf("doctor: %+v", doctor)
			}
		})
	}
}

func TestAuditWithoutALogOfHeads(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	log := filepath.Join(dir, "audit-heads.log")
	safe := filepath.Join(t.TempDir(), "safe.log")
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(safe, b, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	err = os.Remove(log)
	if err != nil {
		t.Fatal(err)
	}
	if r := ayni(t, "verify-audit", "--data", dir); r.code != exitDone || !strings.Contains(r.out, "There is no log of signed heads") {
		t.Errorf("without the log: %+v", r)
	}
	if r := ayni(t, "verify-audit", "--data", dir); !strings.Contains(r.out, "the log was removed or lost") {
		t.Errorf("the log was there once: %+v", r)
	}
	if v := decode[verified](t, ok(t, "verify-audit", "--data", dir, "--json")); !v.NoHeads || !v.HeadsLost {
		t.Errorf("without the log: %+v", v)
	}
	// A cut audit is seen with the copy alone.
	raw(t, filepath.Join(dir, "ayni.db"), `delete from audit where seq > 100`)
	if r := ayni(t, "verify-audit", "--data", dir); r.code != exitDone {
		t.Errorf("a cut chain without a log: %+v", r)
	}
	r := ayni(t, "verify-audit", "--data", dir, "--heads", safe, "--json")
	if got := decode[verified](t, r.out); r.code != exitInput || got.Bad != 101 {
		t.Errorf("with the copy: %+v", r)
	}
	refused(t, exitInput, "There is no log of signed heads", "verify-audit", "--data", dir, "--heads", safe+".none")
	refused(t, exitInput, "is no log of signed heads that this program can read", "verify-audit", "--data", dir, "--heads", filepath.Join(dir, "ayni.db"))
}

func TestUnsignedEndIsNamedAndNoFault(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	ok(t, "user", "add", "ana@example.org", "--role", "officer", "--data", dir) // no server signs it
	got := decode[verified](t, ok(t, "verify-audit", "--json", "--data", dir))
	if !got.Whole || got.Unsigned == 0 {
		t.Errorf("got %+v", got)
	}
	if text := ok(t, "verify-audit", "--data", dir); !strings.Contains(text, "at the end are not signed yet") && !strings.Contains(text, "at the end is not signed yet") {
		t.Errorf("says %q", text)
	}
}
