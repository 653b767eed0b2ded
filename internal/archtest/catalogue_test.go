package archtest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"go/ast"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"ayni/internal/kernel/migrate"
)

// dangers are the rows of the catalogue of attacks and faults that hold for
// what the product has so far. Each has at least one test whose name begins
// with its id: TestAU6_…, TestAU6Codes, t.Run("AU6 …").
var dangers = strings.Fields(`
	AU1 AU2 AU3 AU4 AU5 AU6 AU7 AU8 AU9 AU10 AU11
	SE1 SE2 SE3 SE4 SE5 SE6
	AC1 AC2 AC3 AC4 AC5 AC7 AC8 AC9
	IN1 IN4 IN5 IN7 IN8 IN10 IN11 IN12
	UP1 UP3 UP4 UP5 UP6
	RL2 RL5
	PR1 PR3 PR4 PR5 PR7
	AI1 AI2 AI4
	FA1 FA2 FA3 FA4 FA5 FA6 FA7 FA8 FA9 FA11
	BR1 BR2 BR3 BR4 BR5 BR7
	CO2 CO6
	PG1 PG2 PG4 PG5 PG6 PG7`)

// rowOf finds the ids that the name of a test carries.
var rowOf = regexp.MustCompile(`(?:^Test|_|^)((?:AU|SE|AC|IN|UP|RL|PR|AI|FA|BR|CO|PG|SS)[0-9]+)(?:[^0-9]|$)`)

// testNames are the names of all tests and of the subtests that are named in
// the code.
func testNames(s *source) []string {
	var out []string
	for _, f := range s.files {
		if !f.test() {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && regexp.MustCompile(`^(Test|Fuzz)`).MatchString(n.Name.Name) {
					out = append(out, n.Name.Name)
				}
			case *ast.CallExpr:
				sel, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || sel.Sel.Name != "Run" || len(n.Args) != 2 {
					return true
				}
				if name, ok := n.Args[0].(*ast.BasicLit); ok {
					out = append(out, strings.Trim(name.Value, "\"`"))
				}
			}
			return true
		})
	}
	return out
}

// untested are the rows that no test's name carries.
func untested(names []string) []string {
	has := map[string]bool{}
	for _, name := range names {
		for _, m := range rowOf.FindAllStringSubmatch(strings.ReplaceAll(name, "_", "__"), -1) {
			has[m[1]] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(dangers), func(row string) bool { return has[row] })
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	s, err := read(os.DirFS("../.."), migrate.Tables())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range untested(testNames(s)) {
		t.Errorf("no test's name carries %s", row)
	}
	report(t, asvs(s))
	report(t, commands(s))
}

// asvsFile says for each requirement of OWASP ASVS 5.0, levels 1 and 2, where
// it is met and which test shows it.
const asvsFile = "docs/asvs.csv"

// asvs checks that each requirement that applies has a file and, unless that
// is a document, a test; and that both exist.
func asvs(s *source) []finding {
	f, err := s.fs.Open(asvsFile)
	if err != nil {
		return []finding{{asvsFile, err.Error()}}
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return []finding{{asvsFile, err.Error()}}
	}
	known := map[string]bool{}
	for _, name := range testNames(s) {
		known[name] = true
	}
	var out []finding
	seen := map[string]bool{}
	for i, row := range rows {
		at := fmt.Sprintf("%s:%d", asvsFile, i+1)
		if i == 0 {
			if !slices.Equal(row, []string{"id", "applies", "where", "test", "about"}) {
				out = append(out, finding{at, "the columns are id, applies, where, test, about"})
			}
			continue
		}
		id, applies, where, test := row[0], row[1], row[2], row[3]
		if seen[id] || where == "" {
			out = append(out, finding{at, id + " stands twice, or says neither where nor why not"})
		}
		seen[id] = true
		for _, name := range strings.Fields(test) {
			if !known[name] {
				out = append(out, finding{at, id + ": there is no test " + name})
			}
		}
		switch applies {
		case "yes":
			_, err := fs.Stat(s.fs, where)
			if errors.Is(err, fs.ErrNotExist) {
				out = append(out, finding{at, id + ": there is no file " + where})
			}
			if test == "" && !evident(where) {
				out = append(out, finding{at, id + " applies, and has neither a test nor a document"})
			}
		case "no", "gap":
		default:
			out = append(out, finding{at, id + " applies, or does not, or is a gap: yes, no, gap"})
		}
	}
	return out
}

// evident are documents, and code that is read by whoever wants to know.
func evident(where string) bool {
	return strings.HasSuffix(where, ".md") || where == "internal/app/server.go" || where == "internal/kernel/ui/assets/drafts.js"
}

// commands finds programs that run others: what people typed never reaches a
// shell.
func commands(s *source) []finding {
	var out []finding
	for _, f := range s.code() {
		if under(f.dir, testOnly...) || under(f.dir, "scripts") {
			continue
		}
		if pos, ok := f.imports()["os/exec"]; ok {
			out = append(out, s.find(f, pos, "may not import os/exec: the product runs no other program"))
		}
	}
	return out
}

// TestCatalogueFails: the checks find what they are for.
func TestCatalogueFails(t *testing.T) {
	t.Parallel()
	missing := untested([]string{"TestAU1_x", "TestAU10Headers", "TestBR4_FA4_Full", "AU6 codes", "TestPRESENT", "TestSE12_x"})
	for _, row := range []string{"AU1", "AU10", "BR4", "FA4", "AU6"} {
		if slices.Contains(missing, row) {
			t.Errorf("%s is not found", row)
		}
	}
	for _, row := range []string{"AU11", "SE1", "PR3"} {
		if !slices.Contains(missing, row) {
			t.Errorf("%s is found in another's name", row)
		}
	}
	tree := fstest.MapFS{
		asvsFile: {Data: []byte("id,applies,where,test,about\n1.1.1,yes,a.go,TestOne,x\n1.1.1,yes,a.go,TestOne,x\n1.1.2,yes,b.go,TestOne,x\n1.1.3,yes,a.go,TestTwo,x\n1.1.4,perhaps,a.go,,x\n1.1.5,yes,a.go,,x\n1.1.6,no,,,\n")},
		"a.go":   {Data: []byte("package a\n\nimport \"os/exec\"\n\nvar _ = exec.Command\n")}, "a_test.go": {Data: []byte("package a\n\nimport \"testing\"\n\nfunc TestOne(t *testing.T) {}\n")},
	}
	s, err := read(tree, maps.Clone(migrate.Tables()))
	if err != nil {
		t.Fatal(err)
	}
	if found := asvs(s); len(found) != 6 {
		t.Errorf("found %v", found)
	}
	if found := commands(s); len(found) != 1 {
		t.Errorf("found %v", found)
	}
}
