package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The password of the mail server, and the addresses that carry a right, stand
// in no log and in no file of the installation.
func TestAI4MailSecretsInNoLogAndNoFile(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	p := start(t, "--data", dir, "--smtp", "smtp://ayni:canary-password@127.0.0.1:1", "--mail-from", "Ayni <ayni@example.org>")
	c := p.client()
	for _, path := range []string{"/stop/canary-token", "/link/canary-token"} {
		if a := c.get(path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if code := p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.stderr())
	}
	if said := p.stdout() + p.stderr(); strings.Contains(said, "canary") {
		t.Errorf("said: %s", said)
	}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "canary") {
			t.Errorf("%s holds it", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for _, flags := range [][]string{
		{"--smtp", "smtp://ayni:canary@"}, {"--smtp", "ftp://ayni:canary@mail.example.org"}, {"--smtp", "smtp://ayni:canary%zz@mail.example.org"},
		{"--smtp", "smtp://ayni:canary@mail.example.org", "--mail-dir", dir},
	} {
		r := ayni(t, append([]string{"serve", "--data", folder(t)}, flags...)...)
		if r.code != exitUsage || strings.Contains(r.out+r.err, "canary") {
			t.Errorf("%q: %+v", flags, r)
		}
	}
}
