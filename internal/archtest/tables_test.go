package archtest

import (
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	tablesWhy = "a table is its owner's own affair: others call the owner or compose the pieces of SQL that it gives out"
	storeWhy  = "all SQL of a package stands in store.go (and sql.go for pieces that others compose), where both engines test it"
)

// storeFiles may hold SQL.
var storeFiles = regexp.MustCompile(`^(store|store_\w+|\w+_store|sql)\.go$`)

// sqlElsewhere are other places that may hold SQL.
var sqlElsewhere = map[string]string{
	"internal/kernel/db":               "the door to the engines",
	"internal/kernel/db/dbtest":        "makes and empties databases for tests",
	"internal/kernel/migrate/keep":     "makes small what is kept of a database",
	"internal/kernel/migrate":          "keeps the list of applied steps",
	"internal/kernel/access/policy.go": "holds the one condition that every query of objects has",
	"bench":                            "measures a bare query beside the page",
}

// sql checks that SQL stands where it belongs and names the tables of its
// own package alone. Tests may look into any table.
func sql(s *source) []finding {
	var out []finding
	for _, f := range s.code() {
		_, here := sqlElsewhere[f.name]
		_, folder := sqlElsewhere[f.dir]
		for _, l := range literals(f.ast) {
			if f.generated() && strings.Contains(l.text, "<") {
				continue // a page
			}
			if looksLikeSQL(l.text) && !storeFiles.MatchString(f.base) && !here && !folder {
				out = append(out, s.find(f, l.pos, "SQL stands here (%s): %s", excerpt(l.text), storeWhy))
			}
			if folder {
				continue
			}
			for _, table := range tablesIn(l.text, s.tables) {
				if owner := s.tables[table]; !owns(f.dir, owner) {
					out = append(out, s.find(f, l.pos, "names the table %s of %s: %s", table, owner, tablesWhy))
				}
			}
		}
	}
	return out
}

// owns says whether a folder is, or lies in, the package of that name in the
// kernel, the commons or the steps.
func owns(dir, owner string) bool {
	for _, floor := range []string{"internal/kernel", "internal/commons", "internal/step"} {
		if under(dir, path.Join(floor, owner)) {
			return true
		}
	}
	return false
}

type text struct {
	pos  token.Pos
	text string
}

// notSQL are calls whose texts are words for people.
var notSQL = []string{"T", "N", "M", "MN", "Errorf", "New", "Debug", "Info", "Warn", "Error", "InfoContext", "WarnContext", "ErrorContext", "DebugContext"}

// literals are the texts of a file: strings joined by "+" as one, with "?" for
// what is not a literal. Import paths, field tags and words for people are
// left out.
func literals(f *ast.File) []text {
	var out []text
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if n.Type != nil {
				ast.Inspect(n.Type, visit)
			}
			return false
		case *ast.CallExpr:
			name := called(n)
			if slices.Contains(notSQL, name[strings.LastIndexByte(name, '.')+1:]) {
				for _, a := range n.Args {
					if !isText(a) {
						ast.Inspect(a, visit)
					}
				}
				ast.Inspect(n.Fun, visit)
				return false
			}
		case *ast.BinaryExpr:
			if joined, ok := join(n); ok {
				out = append(out, text{n.Pos(), joined})
				return false
			}
		case *ast.BasicLit:
			if joined, ok := join(n); ok {
				out = append(out, text{n.Pos(), joined})
			}
		}
		return true
	}
	ast.Inspect(f, visit)
	return out
}

func isText(e ast.Expr) bool {
	_, ok := join(e)
	return ok
}

// join puts a sum of texts together; ok says whether it holds any literal.
func join(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "?", false
		}
		v, err := strconv.Unquote(e.Value)
		return v, err == nil
	case *ast.ParenExpr:
		return join(e.X)
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "?", false
		}
		x, okX := join(e.X)
		y, okY := join(e.Y)
		return x + y, okX || okY
	}
	return "?", false
}

// sqlShape is what only SQL says: the house writes it in lower case.
var sqlShape = regexp.MustCompile(`\bselect\s[\s\S]*\bfrom\s|\bselect 1\b|\binsert into \w|\bupdate \w+ set\b|\bdelete from \w|` +
	`\bjoin \w+ (as )?(\w+ )?on\b|\border by [\w.]+|\bgroup by [\w.]+|\b(create|alter|drop) (unique )?(table|index|view) \w|\bon conflict\b`)

func looksLikeSQL(text string) bool { return sqlShape.MatchString(text) }

// sqlWord splits SQL into words, commas and parentheses.
var sqlWord = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*|[,()?]`)

// tablesIn are the known tables that a text reads or writes: the names after
// from, join, into, update, table and references, and after their commas.
func tablesIn(text string, known map[string]string) []string {
	if !looksLikeSQL(text) && !fragment.MatchString(text) {
		return nil
	}
	found := map[string]bool{}
	words := sqlWord.FindAllString(text, -1)
	for i, w := range words {
		if !slices.Contains(beforeTable, strings.ToLower(w)) {
			continue
		}
		for _, name := range named(words[i+1:]) {
			if _, ok := known[name]; ok {
				found[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

var (
	beforeTable = []string{"from", "join", "into", "update", "table", "references"}
	passedOver  = []string{"if", "not", "exists", "only"} // drop table if exists x
)

// named are the names at the beginning of words: a name, perhaps an alias,
// perhaps a comma and another name.
func named(words []string) []string {
	var out []string
	for len(words) > 0 {
		if slices.Contains(passedOver, strings.ToLower(words[0])) {
			words = words[1:]
			continue
		}
		out = append(out, words[0])
		words = words[1:]
		if len(words) > 1 && strings.EqualFold(words[0], "as") {
			words = words[1:]
		}
		if len(words) > 1 && words[1] == "," {
			words = words[1:] // an alias
		}
		if len(words) == 0 || words[0] != "," {
			return out
		}
		words = words[1:]
	}
	return out
}

// fragment is the beginning of a piece of SQL that is added to a query.
var fragment = regexp.MustCompile(`^\s*(from|join|left join|inner join|cross join|where|exists|and exists|union) `)

func excerpt(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
