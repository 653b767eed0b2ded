package e2e

import "testing"

func TestSmoke(t *testing.T) {
	s := serveDemo(t)
	r := readerOf(t, s, "en")
	r.Visit("/sign-in")
	r.HeadingIs(r.T("pages.signin.title"))
	t.Log(r.traffic.weight())
	r.SignInDemo("officer")
	t.Log(r.digest())
}
