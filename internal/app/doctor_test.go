package app

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/keyfile"
	"ayni/internal/kernel/mail"
)

// diagnosed is what Doctor says of one thing.
func diagnosed(t *testing.T, o Options, check string) Diagnosis {
	t.Helper()
	found, err := Doctor(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var out Diagnosis
	for _, d := range found {
		if d.Health != Fine && d.Mend.Zero() {
			t.Errorf("%s is %s without a word how to mend it", d.Check, d.Health)
		}
		if d.Check == check {
			out = d
		}
	}
	if out.Check == "" {
		t.Fatalf("nothing is said of %s: %v", check, found)
	}
	return out
}

func TestDoctorOfASoundInstallation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		invited(t, a, "admin@example.org", access.Admin)
		withFactor(t, a, "admin@example.org")
		_, err := Backup(t.Context(), o, filepath.Join(t.TempDir(), "b.zip"), false)
		if err != nil {
			t.Fatal(err)
		}
		found, err := Doctor(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"folder", "key", "disk", "erasures", "handles", "engine", "schema", "integrity", "clock", "audit", "accounts", "factors", "backup"}
		var got []string
		for _, d := range found {
			got = append(got, d.Check)
			// How much room and how many files this machine allows is its own affair.
			if d.Health != Fine && d.Check != "disk" && d.Check != "handles" {
				t.Errorf("%s: %s %s", d.Check, d.Health, d.Text.English())
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("looked at %v", got)
		}
	})
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, a *App, o *Options)
		check string
		want  Health
		words string
	}{
		"an open folder": {func(t *testing.T, _ *App, o *Options) { chmod(t, o.Data, 0o755) }, "folder", Trouble, "Other users of this machine can look into"},
		"an open file":   {func(t *testing.T, _ *App, o *Options) { chmod(t, o.HeadsPath(), 0o644) }, "folder", Worry, "is readable by others"},
		"an open key":    {func(t *testing.T, _ *App, o *Options) { chmod(t, o.KeyPath(), 0o640) }, "key", Trouble, "is readable by others (mode 0640)"},
		"no key": {func(t *testing.T, _ *App, o *Options) {
			err := os.Remove(o.KeyPath())
			if err != nil {
				t.Fatal(err)
			}
		}, "key", Worry, "There is no key file"},
		"the key in the folder": {func(t *testing.T, _ *App, o *Options) {
			inside := filepath.Join(o.Data, "key")
			err := os.Rename(o.KeyPath(), inside)
			if err != nil {
				t.Fatal(err)
			}
			o.KeyFile = inside
		}, "key", Trouble, "lies in the data folder"},
		"no account": {func(t *testing.T, a *App, _ *Options) { statement(t, a, `delete from account`) }, "accounts", Worry, "There is no account yet."},
		"no administrator": {func(t *testing.T, a *App, _ *Options) {
			statement(t, a, `update account_role set role = 'officer'`)
		}, "accounts", Worry, "Nobody can administer"},
		"an account of nobody": {func(t *testing.T, a *App, _ *Options) { statement(t, a, `update account set person = 'nobody'`) }, "accounts", Trouble, "1 account belongs to no person: admin@example.org"},
		"demo beside real": {func(t *testing.T, a *App, _ *Options) {
			invited(t, a, "demo@example.org", access.Officer)
			statement(t, a, `update account set demo = true where email = 'demo@example.org'`)
		}, "accounts", Worry, "1 demo account stands in an installation for real work"},
		"demo accounts served without --demo": {func(t *testing.T, a *App, _ *Options) {
			statement(t, a, `update account set demo = true`)
			a.noteServed(ServeOptions{Addr: "127.0.0.1:0"})
		}, "accounts", Worry, "1 demo account stands in"},
		"a role that ended": {func(t *testing.T, a *App, _ *Options) {
			statement(t, a, `insert into account_role (account, role, from_at, until_at, granted_by) select id, 'legal', 1, 2, '' from account`)
		}, "accounts", Worry, "holds a role that has ended: admin@example.org"},
		"an administrator by password alone": {func(*testing.T, *App, *Options) {}, "factors", Worry, "1 administrator signs in by password alone: admin@example.org"},
		"another key": {func(t *testing.T, a *App, o *Options) {
			withFactor(t, a, "admin@example.org")
			o.KeyFile = filepath.Join(t.TempDir(), "other")
			_, err := keyfile.Open(o.KeyFile)
			if err != nil {
				t.Fatal(err)
			}
		}, "factors", Trouble, "does not open the second factor of 1 account"},
		"served in the open": {func(_ *testing.T, a *App, _ *Options) {
			a.noteServed(ServeOptions{Addr: "0.0.0.0:80", InsecureHTTP: true})
		}, "serving", Trouble, "passwords cross the network in the open"},
		"served without a base address": {func(_ *testing.T, a *App, _ *Options) {
			a.noteServed(ServeOptions{Addr: "0.0.0.0:443", TLSCert: "c", TLSKey: "k"})
		}, "serving", Worry, "without --base-url"},
		"a proxy that is not trusted": {func(_ *testing.T, a *App, _ *Options) {
			a.noteServed(ServeOptions{Addr: "127.0.0.1:80", BaseURL: "https://ayni.example.org"})
		}, "serving", Worry, "behind a proxy that it was not told to trust"},
		"a note that can't be read": {func(t *testing.T, _ *App, o *Options) {
			err := os.WriteFile(o.in(servedFile), []byte("{"), 0o600)
			if err != nil {
				t.Fatal(err)
			}
		}, "serving", Worry, "It does not open"},
		"served well": {func(_ *testing.T, a *App, _ *Options) {
			a.noteServed(ServeOptions{Addr: "127.0.0.1:80", BaseURL: "https://ayni.example.org", Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
		}, "serving", Fine, "in a safe way"},
		"no messages": {func(_ *testing.T, a *App, _ *Options) {
			a.noteServed(ServeOptions{Addr: "127.0.0.1:80"})
		}, "mail", Worry, "No messages leave"},
		"mail in the clear on this machine": {func(_ *testing.T, a *App, _ *Options) {
			a.Options.Mail = mail.Options{SMTP: "smtp://127.0.0.1:25"}
			a.noteServed(ServeOptions{Addr: "127.0.0.1:80"})
		}, "mail", Fine, "without TLS on the way to it"},
		"mail over TLS": {func(_ *testing.T, a *App, _ *Options) {
			a.Options.Mail = mail.Options{SMTP: "smtp://u:p@mail.example.org"}
			a.noteServed(ServeOptions{Addr: "127.0.0.1:80"})
		}, "mail", Fine, "over TLS"},
		"no backup":    {func(*testing.T, *App, *Options) {}, "backup", Worry, "No backup was made here"},
		"an early now": {func(_ *testing.T, _ *App, o *Options) { o.Clock = at("2019-01-01") }, "clock", Trouble, "The machine’s clock says"},
		"a clock put back": {func(t *testing.T, a *App, o *Options) {
			now := a.DB.Clock.Now().Day()
			o.Clock = at(string(now.AddDays(-1)))
		}, "clock", Trouble, "it went back, or went wrong before"},
		"an old backup": {func(t *testing.T, a *App, o *Options) {
			noteBackup(*o, a.DB.Clock.Now().Add(-30*24*time.Hour))
		}, "backup", Worry, "The last backup ended"},
		"no log of heads": {func(t *testing.T, _ *App, o *Options) {
			err := os.Remove(o.HeadsPath())
			if err != nil {
				t.Fatal(err)
			}
		}, "audit", Worry, "there is no log of signed heads"},
		"no log at all": {func(t *testing.T, _ *App, o *Options) {
			err := os.WriteFile(o.HeadsPath(), []byte("something else\n"), 0o600)
			if err != nil {
				t.Fatal(err)
			}
		}, "audit", Trouble, "is no log of signed heads"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, "")
			a := open(t, o)
			invited(t, a, "admin@example.org", access.Admin)
			tc.spoil(t, a, &o)
			got := diagnosed(t, o, tc.check)
			if got.Health != tc.want || !strings.Contains(got.Text.English(), tc.words) {
				t.Errorf("%s: %s", got.Health, got.Text.English())
			}
		})
	}
}

// invited makes an account that is active without a password: hashing one
// takes long.
func invited(t *testing.T, a *App, email string, role access.Role) {
	t.Helper()
	_, _, err := a.Access.Invite(t.Context(), command, access.NewAccount{Name: email, Email: email, Roles: []access.RoleGrant{{Role: role}}})
	if err != nil {
		t.Fatal(err)
	}
	statement(t, a, `update account set state = 'active'`)
}

// withFactor gives an account a second factor.
func withFactor(t *testing.T, a *App, email string) {
	t.Helper()
	list, err := a.Access.Accounts(t.Context(), command, access.Filter{Text: email})
	if err != nil || len(list) != 1 {
		t.Fatalf("accounts %v, %v", list, err)
	}
	err = a.Access.StartFactor(t.Context(), access.Actor{Account: list[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	statement(t, a, `update account_factor set confirmed_at = 1`)
}

func at(day string) *clock.Clock {
	c := &clock.Clock{}
	c.Set(clock.Day(day).Ms())
	return c
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	err := os.Chmod(path, mode)
	if err != nil {
		t.Fatal(err)
	}
}

func statement(t *testing.T, a *App, text string) {
	t.Helper()
	err := a.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
