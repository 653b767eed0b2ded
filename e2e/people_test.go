package e2e

// SignInDemo comes in as the demo's account of a role.
func (r *reader) SignInDemo(role string) {
	r.t.Helper()
	r.Visit("/sign-in")
	line := r.page().Section(r.T("pages.demo.title")).Row(r.T("pages.role." + role))
	r.goes(func() { line.press(`root.querySelector("button")`) })
	r.well()
}
