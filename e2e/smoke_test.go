package e2e

import (
	"os"
	"testing"
)

func TestSmoke(t *testing.T) {
	s := serveDemo(t)
	r := readerOf(t, s, "en")
	r.SignInDemo("officer")
	r.Click("Example: safer work in garment factories")
	r.Click("Team")
	os.WriteFile("/tmp/ayni/e2e/team.png", r.Screenshot(1280, 3000), 0o600)
	r.page().Answer(r.T("team.col.right"), r.T("right.approve"))
}
