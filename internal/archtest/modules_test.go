package archtest

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// dependency is a module of others that the product may use.
type dependency struct {
	only []string // folders that may import it; none means a tool that nobody imports
	test bool     // tests may import it anywhere, programs nowhere
	why  string
}

// dependencies are all modules that go.mod may name as direct. One more is a
// decision: say here what it is for, and why own code would not do.
var dependencies = map[string]dependency{
	"github.com/a-h/templ":       {[]string{"internal", "bench"}, false, "pages as typed components, escaped, six times cheaper than html/template (docs/decisions/0002)"},
	"github.com/alecthomas/kong": {[]string{"internal/cli"}, false, "commands, flags and environment from one struct (docs/decisions/0007)"},
	"github.com/chromedp/cdproto": {[]string{"e2e", "internal/apptest"}, true,
		"the browser's protocol, comes with chromedp"},
	"github.com/chromedp/chromedp": {[]string{"e2e", "internal/apptest"}, true, "drives a real browser in tests (docs/decisions/0008)"},
	"github.com/emersion/go-sasl":  {[]string{"internal/apptest"}, true, "signing in at the mail server of tests, comes with go-smtp"},
	"github.com/emersion/go-smtp":  {[]string{"internal/apptest"}, true, "a real mail server inside tests (docs/decisions/0011)"},
	"github.com/google/go-cmp":     {[]string{"internal/apptest"}, true, "says how two values differ"},
	"github.com/google/uuid":       {[]string{"internal/kernel/id"}, false, "version 7 identifiers whose order is the order of making"},
	"github.com/jackc/pgx/v5":      {[]string{"internal/kernel/db"}, false, "PostgreSQL (docs/decisions/0001)"},
	"github.com/wneessen/go-mail":  {[]string{"internal/kernel/mail"}, false, "the conversation with a mail server: TLS and ways to sign in (docs/decisions/0011)"},
	"golang.org/x/crypto":          {[]string{"internal/kernel/access"}, false, "argon2id for passwords; the standard library has none"},
	"golang.org/x/image":           {[]string{"internal/kernel/files"}, false, "draws pictures small and reads WebP, which the standard library does not (docs/decisions/0009)"},
	"golang.org/x/net":             {[]string{"internal/kernel/mail", "internal/kernel/ui/htmlcheck", "internal/apptest", "e2e"}, true, "domains of e-mail addresses in their ASCII form (idna), as net/http has them; reads HTML in tests"},
	"golang.org/x/sys":             {[]string{"internal/kernel/files", "internal/app", "internal/cli"}, false, "file locks and free space of the disk"},
	"golang.org/x/term":            {[]string{"internal/cli"}, false, "whether a person sits before the command"},
	"golang.org/x/text":            {[]string{"internal"}, false, "languages, Unicode forms and collation"},
	"honnef.co/go/tools":           {nil, false, "staticcheck, in make check"},
	"modernc.org/sqlite":           {[]string{"internal/kernel/db"}, false, "SQLite without a C compiler (docs/decisions/0001)"},
	"rsc.io/qr":                    {[]string{"internal/kernel/pages"}, false, "draws the secret of a second factor as a QR code (docs/decisions/0012)"},
}

// modules checks the direct dependencies of go.mod, and who imports them.
func modules(s *source) []finding {
	direct, err := directModules(s.fs)
	if err != nil {
		return []finding{{"go.mod", err.Error()}}
	}
	var out []finding
	for _, m := range direct {
		if _, known := dependencies[m]; !known {
			out = append(out, finding{"go.mod", m + " is not among the dependencies that archtest allows: one more is a decision, with a reason"})
		}
	}
	for _, f := range s.files {
		paths := f.imports()
		for _, p := range slices.Sorted(maps.Keys(paths)) {
			first, _, _ := strings.Cut(p, "/")
			if !strings.Contains(first, ".") {
				continue // the standard library, or ours
			}
			name := moduleOf(p)
			d, known := dependencies[name]
			switch {
			case !known:
				out = append(out, s.find(f, paths[p], "imports %s, which archtest does not allow: one more dependency is a decision, with a reason", p))
			case f.test() && d.test:
			case !under(f.dir, d.only...):
				out = append(out, s.find(f, paths[p], "imports %s, which is for %s alone: %s", p, strings.Join(d.only, ", "), d.why))
			}
		}
	}
	return out
}

func moduleOf(importPath string) string {
	best := ""
	for m := range dependencies {
		if under(importPath, m) && len(m) > len(best) {
			best = m
		}
	}
	return best
}

// directModules are the modules that go.mod requires for our own imports, and
// those of its tools.
func directModules(tree fs.FS) ([]string, error) {
	b, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	block := ""
	for _, line := range strings.Split(string(b), "\n") {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == ")":
			block = ""
			continue
		case rest == "(":
			block = word
			continue
		case block != "":
			word, rest = block, line
		}
		switch {
		case word == "require" && rest != "" && !strings.Contains(rest, "// indirect"):
			name, _, _ := strings.Cut(rest, " ")
			found[name] = true
		case word == "tool" && rest != "":
			name := moduleOf(rest)
			if name == "" {
				name = rest
			}
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}
