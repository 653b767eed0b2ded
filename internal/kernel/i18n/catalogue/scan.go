// Package catalogue keeps the texts of the product whole: it finds what the
// code says in English, writes that as locale/en.json, and compares the other
// languages with it. Only the command that generates and the tests use it.
package catalogue

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Text is one text as the code says it.
type Text struct {
	Key   string
	One   string // the form for one, where the text counts something
	Other string // the only form, or the form for several
	Count bool
	Place string // file:line of the first call
}

// Problem is one thing to mend.
type Problem struct {
	Place string // file:line, or language and key
	Text  string
}

func (p Problem) String() string { return p.Place + ": " + p.Text }

// call describes a function whose arguments are a text.
type call struct {
	texts int // number of arguments that hold the key and the words
	count bool
	words []int // indices of the English forms
	args  int   // index from which arguments are named values
}

// methods are called on a speaker (l.T, l.N), functions on the package.
var (
	methods = map[string]call{
		"T": {texts: 2, words: []int{1}, args: 2},
		"N": {texts: 4, count: true, words: []int{2, 3}, args: 4},
	}
	functions = map[string]call{
		"M":  {texts: 2, words: []int{1}, args: 2},
		"MN": {texts: 4, count: true, words: []int{2, 3}, args: 4},
	}
)

const i18nPath = "ayni/internal/kernel/i18n"

// skipped are folders that hold no source of the product.
var skipped = []string{"testdata", "node_modules", "vendor", "bin", "ayni-data"}

// Scan reads every Go file of a tree but tests, and returns the texts it says,
// sorted by key, with what is wrong in the calls.
func Scan(tree fs.FS) ([]Text, []Problem, error) {
	s := scanner{found: map[string]Text{}, set: token.NewFileSet()}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || slices.Contains(skipped, base)) {
				return fs.SkipDir
			}
			return nil
		}
		// The package i18n passes on what its callers said.
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") || path.Dir(name) == "internal/kernel/i18n" {
			return nil
		}
		src, err := fs.ReadFile(tree, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // an editor's temporary file, gone since the folder was listed
		}
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(s.set, name, src, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("read texts: %w", err)
		}
		s.file(file)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	texts := make([]Text, 0, len(s.found))
	for _, t := range s.found {
		texts = append(texts, t)
	}
	slices.SortFunc(texts, func(a, b Text) int { return strings.Compare(a.Key, b.Key) })
	return texts, s.problems, nil
}

type scanner struct {
	set      *token.FileSet
	found    map[string]Text
	problems []Problem
}

func (s *scanner) add(pos token.Pos, format string, args ...any) {
	s.problems = append(s.problems, Problem{Place: s.place(pos), Text: fmt.Sprintf(format, args...)})
}

func (s *scanner) place(pos token.Pos) string {
	p := s.set.Position(pos)
	return p.Filename + ":" + strconv.Itoa(p.Line)
}

func (s *scanner) file(f *ast.File) {
	name := importName(f)
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if name != "" && isSelector(n.Type, name, "Msg") && len(n.Elts) > 0 {
				s.add(n.Pos(), "make messages with i18n.M or i18n.MN: a message made by hand is not in the catalogue")
			}
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			c, ok := methods[sel.Sel.Name]
			if x, isIdent := sel.X.(*ast.Ident); isIdent && name != "" && x.Name == name {
				c, ok = functions[sel.Sel.Name]
			}
			if ok && len(n.Args) >= c.texts {
				s.call(n, c)
			}
		}
		return true
	})
}

// importName is the name under which a file knows the package i18n.
func importName(f *ast.File) string {
	for _, i := range f.Imports {
		if i.Path.Value == strconv.Quote(i18nPath) {
			if i.Name != nil {
				return i.Name.Name
			}
			return "i18n"
		}
	}
	return ""
}

func isSelector(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg
}

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9][a-z0-9_-]*)+$`)

func (s *scanner) call(n *ast.CallExpr, c call) {
	key, ok := literal(n.Args[0])
	if !ok {
		s.add(n.Pos(), "the key must be a literal")
		return
	}
	if !keyForm.MatchString(key) {
		s.add(n.Pos(), "key %q is not lower-case words joined by dots", key)
		return
	}
	t := Text{Key: key, Count: c.count, Place: s.place(n.Pos())}
	var words []string
	for _, i := range c.words {
		w, ok := literal(n.Args[i])
		if !ok {
			s.add(n.Pos(), "%s: the English text must be a literal", key)
			return
		}
		for _, wrong := range style(w) {
			s.add(n.Pos(), "%s: %s", key, wrong)
		}
		words = append(words, w)
	}
	if c.count {
		t.One = words[0]
	}
	t.Other = words[len(words)-1]
	s.arguments(n, c, key, words)

	before, ok := s.found[key]
	if !ok {
		s.found[key] = t
		return
	}
	if before.One != t.One || before.Other != t.Other || before.Count != t.Count {
		s.add(n.Pos(), "%s says %q here and %q at %s", key, t.Other, before.Other, before.Place)
	}
}

// arguments compares the named values of a call with the places that its
// words keep for them, where both stand in the call itself.
func (s *scanner) arguments(n *ast.CallExpr, c call, key string, words []string) {
	places := map[string]bool{}
	for _, w := range words {
		for p := range Placeholders(w) {
			places[p] = true
		}
	}
	given := map[string]bool{}
	for _, a := range n.Args[c.args:] {
		lit, ok := a.(*ast.CompositeLit)
		if !ok {
			return // made elsewhere
		}
		for _, e := range lit.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				return
			}
			k, ok := literal(kv.Key)
			if !ok {
				return
			}
			given[k] = true
		}
	}
	for _, p := range sorted(places) {
		if !given[p] && (p != "n" || !c.count) {
			s.add(n.Pos(), "%s: nothing is given for {%s}", key, p)
		}
	}
	for _, g := range sorted(given) {
		if !places[g] {
			s.add(n.Pos(), "%s: %q is given but the text has no {%s}", key, g, g)
		}
	}
}

// literal is the value of a string literal, or of several joined by "+".
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		v, err := strconv.Unquote(e.Value)
		return v, err == nil
	case *ast.ParenExpr:
		return literal(e.X)
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", false
		}
		x, okX := literal(e.X)
		y, okY := literal(e.Y)
		return x + y, okX && okY
	}
	return "", false
}

var placeholder = regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`)

// Placeholders are the names that a text keeps places for.
func Placeholders(text string) map[string]bool {
	out := map[string]bool{}
	for _, g := range placeholder.FindAllStringSubmatch(text, -1) {
		out[g[1]] = true
	}
	return out
}

var apostrophe = regexp.MustCompile(`\pL'`)

var impolite = regexp.MustCompile(`(?i)\bplease\b`)

// style says what no text in any language may have.
func style(text string) []string {
	var out []string
	if strings.TrimSpace(text) == "" {
		return []string{"the text is empty"}
	}
	if strings.TrimSpace(text) != text {
		out = append(out, "the text begins or ends with a space")
	}
	if strings.Contains(text, "  ") {
		out = append(out, "two spaces follow each other")
	}
	if strings.ContainsAny(placeholder.ReplaceAllString(text, ""), "{}") {
		out = append(out, "a brace stands alone: places are written {name}, in lower case")
	}
	if apostrophe.MatchString(text) {
		out = append(out, "the apostrophe is ’, as in the reference lists")
	}
	if strings.Contains(text, "!") {
		out = append(out, "no exclamation marks")
	}
	if impolite.MatchString(text) {
		out = append(out, `no "please"`)
	}
	return out
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
