package cli

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

type linkReport struct{ Account, Email, Link string }

func TestUserAddBesideARunningServer(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	p := start(t, "--data", dir)
	r := ayni(t, "user", "add", "Ana@Example.org", "--role", "officer", "--role=legal", "--name", "Ana Souza", "--data", dir, "--base-url", p.url+"/", "--json")
	if r.code != exitDone || r.err != "" {
		t.Fatalf("exit code %d: %s", r.code, r.err)
	}
	added := decode[linkReport](t, r.out)
	path, found := strings.CutPrefix(added.Link, p.url+"/link/")
	if !found || len(path) != 64 || added.Email != "Ana@Example.org" || added.Account == "" {
		t.Fatalf("got %+v", added)
	}
	// The link opens, sets a password once, and that password signs in.
	c := p.client()
	page := strings.TrimPrefix(added.Link, p.url)
	if a := c.get(page); a.status != http.StatusOK {
		t.Fatalf("the link's page: %d", a.status)
	}
	password := url.Values{"new-password": {"a horse and a stapler"}, "again-password": {"a horse and a stapler"}}
	if a := c.post(page, password); a.status != http.StatusSeeOther {
		t.Fatalf("set a password: %d\n%s", a.status, a.body)
	}
	if a := c.get(page); a.status != http.StatusNotFound {
		t.Errorf("a used link answers %d", a.status)
	}
	signIn := url.Values{"email": {"ana@example.org"}, "password": {"a horse and a stapler"}}
	if a := p.client().post("/sign-in", signIn); a.status != http.StatusSeeOther {
		t.Errorf("sign in: %d\n%s", a.status, a.body)
	}
	// Its owner has forgotten it.
	reset := decode[linkReport](t, ok(t, "user", "reset", "ana@example.org", "--data", dir, "--base-url", p.url, "--json"))
	if a := p.client().get(strings.TrimPrefix(reset.Link, p.url)); a.status != http.StatusOK {
		t.Errorf("the reset link's page: %d", a.status)
	}
	// Who did it, and no secret beside it.
	if by := one[string](t, filepath.Join(dir, "ayni.db"), `select actor from audit where kind = 'account' and action = 'created'`); !strings.HasPrefix(by, "cli:") {
		t.Errorf("the audit says that %q made the account", by)
	}
	until(t, "the log names the page of links without its token", func() bool { return strings.Count(p.stderr(), `"path":"/link/…"`) >= 4 })
	for _, secret := range []string{path, reset.Link[strings.LastIndex(reset.Link, "/")+1:], "stapler"} {
		if strings.Contains(p.stderr(), secret) {
			t.Errorf("the log holds a secret:\n%s", p.stderr())
		}
	}
}

func TestUserAddSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	ok(t, "migrate", "--data", dir)
	ok(t, "user", "add", "ana@example.org", "--role", "admin", "--data", dir)
	for words, args := range map[string][]string{
		"The roles are: admin, officer, specialist, evaluator, legal, finance, auditor, partner": {"user", "add", "b@example.org", "--role", "oficer"},
		"EMAIL: ": {"user", "add", "no address", "--role", "admin"},
		"EMAIL: Another account has this e-mail address.": {"user", "add", "ANA@example.org", "--role", "admin"},
		"--organisation: ": {"user", "add", "c@example.org", "--role", "partner"},
		"--organisation: There is no such organisation.":        {"user", "add", "c@example.org", "--role", "partner", "--organisation", "nobody"},
		"No account has the e-mail address nobody@example.org.": {"user", "reset", "nobody@example.org"},
	} {
		refused(t, exitInput, words, append(args, "--data", dir)...)
	}
	if n := one[int](t, filepath.Join(dir, "ayni.db"), `select count(*) from account`); n != 1 {
		t.Errorf("%d accounts", n)
	}
}
