package archtest

import (
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// ban is a call or value that the product does without.
type ban struct {
	pkg   string // import path
	names []string
	only  []string // folders that may
	why   string
}

// mains are commands of the repository itself.
var mains = []string{"cmd", "internal/kernel/i18n/extract", "internal/kernel/migrate/keep", "scripts", "bench"}

var bans = []ban{
	{"time", []string{"Now"}, []string{"internal/kernel/clock", "bench", "e2e", "internal/apptest", "internal/kernel/db/dbtest", "scripts"},
		"one clock tells the time, so that a test can set it (kernel/clock; t.Now in a transaction)"},
	{"fmt", []string{"Print", "Printf", "Println"}, append([]string{"internal/cli"}, mains...),
		"commands print, everything else returns or logs"},
	{"net/http", []string{"DefaultClient", "DefaultTransport", "DefaultServeMux", "Get", "Head", "Post", "PostForm", "Handle", "HandleFunc", "ListenAndServe"}, nil,
		"shared by the whole process and without time limits"},
	{"os", []string{"Exit"}, append([]string{"internal/kernel/db/dbtest", "internal/apptest"}, mains...),
		"main decides the exit code; deferred work is skipped by os.Exit"},
	{"context", []string{"TODO"}, nil,
		"the caller's context says when to stop"},
}

// panics are the panics of the product, by file and declaration. A panic is
// for a broken build or a broken program, never for input.
var panics = map[string]string{
	"internal/commons/partnership/recheck.go Register": "a room offers a check for an element that the guide does not have: a broken program",
	"internal/kernel/i18n/i18n.go catalogues":          "the embedded texts can't be read: a broken build",
	"internal/kernel/migrate/migrate.go All":           "an embedded migration is misnamed: a broken build",
	"internal/kernel/db/scan.go AsJSON":                "a type of ours can't be encoded: a broken program",
	"internal/kernel/ui/assets.go loadAssets":          "an embedded file can't be read: a broken build",
	"internal/kernel/web/ctx.go zippers":               "the level of compression is a constant of ours",
	"internal/kernel/web/server.go Add":                "a route without permission, or two of one pattern: a broken program",
}

// waiver excuses one line: the linter's name and a reason.
var waiver = regexp.MustCompile(`^//nolint:(\w+(?:,\w+)*) // .{10,}`)

var todo = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)
var todoWithReason = regexp.MustCompile(`\bTODO\([^)]{10,}\): `)

// calls checks what no code may call, and the marks that excuse something.
func calls(s *source) []finding {
	var out []finding
	for _, f := range s.files {
		excused, marks := comments(s, f)
		out = append(out, marks...)
		if f.test() || f.generated() {
			continue
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				out = append(out, s.find(f, fn.Pos(), "init(): what happens at start is wired in internal/app, where it can be read"))
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if !ok {
					return true
				}
				for _, b := range bans {
					if f.importName(b.pkg) == x.Name && slices.Contains(b.names, n.Sel.Name) && !under(f.dir, b.only...) && !excused[s.line(n.Pos())] {
						out = append(out, s.find(f, n.Pos(), "%s.%s: %s", path.Base(b.pkg), n.Sel.Name, b.why))
					}
				}
			case *ast.CallExpr:
				switch called(n) {
				case "print", "println":
					out = append(out, s.find(f, n.Pos(), "%s: commands print, everything else returns or logs", called(n)))
				case "panic":
					if _, known := panics[f.name+" "+declaration(f.ast, n.Pos())]; !known {
						out = append(out, s.find(f, n.Pos(), "panic in %s: return an error, or list the reason in archtest", declaration(f.ast, n.Pos())))
					}
				}
			}
			return true
		})
	}
	return append(out, checksOnlyRead(s)...)
}

func (s *source) line(pos token.Pos) int { return s.set.Position(pos).Line }

// comments returns the lines that a mark excuses, and the marks and to-dos
// that give no reason.
func comments(s *source, f *file) (excused map[int]bool, out []finding) {
	excused = map[int]bool{}
	for _, g := range f.ast.Comments {
		for _, c := range g.List {
			if strings.HasPrefix(c.Text, "//nolint") || strings.HasPrefix(c.Text, "// nolint") {
				m := waiver.FindStringSubmatch(c.Text)
				if m == nil {
					out = append(out, s.find(f, c.Pos(), "a mark without a reason: write //nolint:name // why"))
				} else if slices.Contains(strings.Split(m[1], ","), "forbidigo") {
					excused[s.line(c.Pos())] = true
				}
			}
			if todo.MatchString(c.Text) && !todoWithReason.MatchString(c.Text) && !under(f.dir, "internal/archtest") {
				out = append(out, s.find(f, c.Pos(), "a to-do without a reason: do it, or write TODO(what it waits for): …"))
			}
		}
	}
	return excused, out
}

// declaration is the name of the top declaration that holds pos.
func declaration(f *ast.File, pos token.Pos) string {
	for _, d := range f.Decls {
		if pos < d.Pos() || pos > d.End() {
			continue
		}
		switch d := d.(type) {
		case *ast.FuncDecl:
			return d.Name.Name
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && pos >= v.Pos() && pos <= v.End() {
					return v.Names[0].Name
				}
			}
		}
	}
	return ""
}

// stalePanics are entries of the list above that no code needs any more.
func stalePanics(s *source) []finding {
	seen := map[string]bool{}
	for _, f := range s.code() {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok && called(c) == "panic" {
				seen[f.name+" "+declaration(f.ast, c.Pos())] = true
			}
			return true
		})
	}
	var out []finding
	for _, key := range slices.Sorted(maps.Keys(panics)) {
		if !seen[key] {
			out = append(out, finding{"internal/archtest", "no such panic any more: " + key})
		}
	}
	return out
}

// changing are methods that change something.
var changing = []string{"Exec", "ExecOne", "Write", "Enqueue"}

// checksOnlyRead: a check of the journey finds, it does not change.
func checksOnlyRead(s *source) []finding {
	var out []finding
	for _, f := range s.code() {
		if !f.is("check") || !under(f.dir, "internal/step", "internal/commons") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if sel, ok := c.Fun.(*ast.SelectorExpr); ok && slices.Contains(changing, sel.Sel.Name) {
				out = append(out, s.find(f, c.Pos(), "a check calls %s: checks run at any time and change nothing", sel.Sel.Name))
			}
			return true
		})
	}
	return out
}

// documented checks that every package says what it is, rooms in doc.go.
func documented(s *source) []finding {
	type pkg struct {
		first *file
		doc   string // file that holds the package's comment
	}
	pkgs := map[string]*pkg{}
	for _, f := range s.code() {
		p := pkgs[f.dir]
		if p == nil {
			p = &pkg{first: f}
			pkgs[f.dir] = p
		}
		if f.ast.Doc != nil && !f.generated() {
			p.doc = f.base
		}
	}
	var out []finding
	for _, dir := range slices.Sorted(maps.Keys(pkgs)) {
		p := pkgs[dir]
		switch {
		case p.doc == "":
			out = append(out, s.find(p.first, p.first.ast.Package, "the package has no comment that says what it is"))
		case under(dir, "internal/step", "internal/commons") && p.doc != "doc.go":
			out = append(out, s.find(p.first, p.first.ast.Package, "the package's comment belongs into doc.go, where every room has it"))
		}
	}
	return out
}
