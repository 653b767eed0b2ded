package archtest

import (
	"go/ast"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ayni/internal/kernel/i18n/catalogue"
)

const webPath = module + "/internal/kernel/web"

// routes checks that every route names its permission.
func routes(s *source) []finding {
	var out []finding
	for _, f := range s.files {
		name := f.importName(webPath)
		isRoute := func(t ast.Expr) bool {
			switch t := t.(type) {
			case *ast.SelectorExpr:
				return name != "" && selector(t) == name+".Route"
			case *ast.Ident:
				return module+"/"+f.dir == webPath && t.Name == "Route"
			}
			return false
		}
		check := func(lit *ast.CompositeLit) {
			if wrong := permission(lit); wrong != "" {
				out = append(out, s.find(f, lit.Pos(), "a route %s: who may come is said where the route is", wrong))
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || f.test() {
				return true
			}
			if isRoute(lit.Type) && len(lit.Elts) > 0 {
				check(lit)
			}
			if list, ok := lit.Type.(*ast.ArrayType); ok && isRoute(list.Elt) {
				for _, e := range lit.Elts {
					if inner, ok := e.(*ast.CompositeLit); ok && inner.Type == nil {
						check(inner)
					}
				}
			}
			return true
		})
	}
	return out
}

// permission says what is wrong with the permission of a route.
func permission(lit *ast.CompositeLit) string {
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return "without field names"
		}
		if key, ok := kv.Key.(*ast.Ident); !ok || key.Name != "Perm" {
			continue
		}
		if v, ok := kv.Value.(*ast.BasicLit); ok {
			return "with the permission " + v.Value + " made here; use those of kernel/access"
		}
		return ""
	}
	return "without a permission"
}

// texts checks that the product says everything in all its languages.
func texts(s *source) []finding {
	problems, err := catalogue.Check(s.fs)
	if err != nil {
		return []finding{{"locale", err.Error()}}
	}
	var out []finding
	for _, p := range problems {
		out = append(out, finding{p.Place, p.Text})
	}
	return out
}

// said are attributes whose value a person reads or hears.
var said = regexp.MustCompile(`\s(aria-label|aria-description|aria-roledescription|title|alt|placeholder|label)="([^"<>\x00]*)"`)

// names are words that stand in a page as they are, in every language.
var names = []string{"Ayni", "ayni"}

// words checks that no page holds a word that is not in the catalogue: it
// reads the HTML that the generated code writes.
func words(s *source) []finding {
	var out []finding
	for _, f := range s.files {
		if !f.generated() {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			page := written(fn)
			for _, w := range visible(page) {
				out = append(out, s.find(f, fn.Pos(), "%s writes %q into the page: words go through the catalogue, l.T(key, English)", fn.Name.Name, w))
			}
		}
	}
	return out
}

// written is the HTML that a generated function writes, with a NUL for each
// value put in.
func written(fn *ast.FuncDecl) string {
	var b strings.Builder
	ast.Inspect(fn, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := called(c)
		if name == "templruntime.WriteString" && len(c.Args) == 3 {
			if lit, ok := c.Args[2].(*ast.BasicLit); ok {
				v, err := strconv.Unquote(lit.Value)
				if err == nil {
					b.WriteString(v)
				}
			}
			return false
		}
		if strings.HasSuffix(name, ".WriteString") || strings.HasSuffix(name, ".Render") {
			b.WriteByte(0)
		}
		return true
	})
	return b.String()
}

// visible are the words outside tags and in attributes that people read.
func visible(page string) []string {
	var out []string
	add := func(s string) {
		s = strings.TrimSpace(html.UnescapeString(s))
		letters := 0
		for _, r := range s {
			if unicode.IsLetter(r) {
				letters++
			}
		}
		if letters > 1 && !slices.Contains(names, s) {
			out = append(out, s)
		}
	}
	var text, tag strings.Builder
	inTag := false
	var quote rune
	for _, r := range page {
		switch {
		case !inTag && r == '<':
			add(text.String())
			text.Reset()
			inTag = true
		case !inTag && r == 0:
			add(text.String())
			text.Reset()
		case !inTag:
			text.WriteRune(r)
		case quote != 0:
			tag.WriteRune(r)
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
			tag.WriteRune(r)
		case r == '>':
			for _, g := range said.FindAllStringSubmatch(tag.String(), -1) {
				add(g[2])
			}
			tag.Reset()
			inTag = false
		default:
			tag.WriteRune(r)
		}
	}
	add(text.String())
	return out
}
