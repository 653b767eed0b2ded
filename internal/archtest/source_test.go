package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "ayni"

// source is a tree of the product's code, the real one or one made up to
// break a rule.
type source struct {
	fs     fs.FS
	set    *token.FileSet
	files  []*file
	tables map[string]string // owner by table
}

// file is one Go file.
type file struct {
	name string // internal/kernel/db/db.go
	dir  string // internal/kernel/db
	base string // db.go
	ast  *ast.File
	src  string
}

func (f *file) test() bool      { return strings.HasSuffix(f.base, "_test.go") }
func (f *file) generated() bool { return strings.HasSuffix(f.base, "_templ.go") }

// is says whether the file is the room's file of that name, or one of the
// files that a large room splits it into: service.go, service_actions.go.
func (f *file) is(what string) bool {
	return f.base == what+".go" || strings.HasPrefix(f.base, what+"_") && !f.test()
}

// imports are the paths a file imports, each with its place.
func (f *file) imports() map[string]token.Pos {
	out := map[string]token.Pos{}
	for _, i := range f.ast.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			out[p] = i.Pos()
		}
	}
	return out
}

// importName is the name under which the file knows a package, "" if it does not.
func (f *file) importName(importPath string) string {
	for _, i := range f.ast.Imports {
		if i.Path.Value == strconv.Quote(importPath) {
			if i.Name != nil {
				return i.Name.Name
			}
			return path.Base(importPath)
		}
	}
	return ""
}

// finding is one place that breaks a rule.
type finding struct {
	place string // file:line
	text  string
}

func (f finding) String() string { return f.place + ": " + f.text }

func (s *source) find(f *file, pos token.Pos, format string, args ...any) finding {
	return finding{place: f.name + ":" + strconv.Itoa(s.set.Position(pos).Line), text: fmt.Sprintf(format, args...)}
}

// read reads every Go file of a tree.
func read(tree fs.FS, tables map[string]string) (*source, error) {
	s := &source{fs: tree, set: token.NewFileSet(), tables: tables}
	skipped := []string{"testdata", "node_modules", "vendor", "bin", "ayni-data", "docs"}
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
		if !strings.HasSuffix(base, ".go") || strings.HasPrefix(base, ".") {
			return nil
		}
		src, err := fs.ReadFile(tree, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // an editor's temporary file, gone since the folder was listed
		}
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(s.set, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s.files = append(s.files, &file{name: name, dir: path.Dir(name), base: base, ast: parsed, src: string(src)})
		return nil
	})
	return s, err
}

// code are the files that become part of a program.
func (s *source) code() []*file {
	return slices.DeleteFunc(slices.Clone(s.files), (*file).test)
}

// under says whether a folder is one of the prefixes or lies in one.
func under(dir string, prefixes ...string) bool {
	for _, p := range prefixes {
		if dir == p || strings.HasPrefix(dir, p+"/") {
			return true
		}
	}
	return false
}

// called is the name of the function or method that a call calls, with the
// package or receiver in front where it is a plain name: "time.Now", "panic".
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return selector(f)
	}
	return ""
}

func selector(sel *ast.SelectorExpr) string {
	if x, ok := sel.X.(*ast.Ident); ok {
		return x.Name + "." + sel.Sel.Name
	}
	return "." + sel.Sel.Name
}
