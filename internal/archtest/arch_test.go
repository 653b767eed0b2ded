package archtest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"ayni/internal/kernel/migrate"
)

// rules are all rules of the house.
var rules = map[string]func(*source) []finding{
	"imports":    imports,
	"tables":     sql,
	"calls":      calls,
	"documented": documented,
	"routes":     routes,
	"texts":      texts,
	"words":      words,
	"modules":    modules,
}

// shown bounds what one rule prints: the first dozen says what is wrong.
const shown = 12

func TestHouse(t *testing.T) {
	t.Parallel()
	s, err := read(os.DirFS("../.."), migrate.Tables())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.files) < 20 {
		t.Fatalf("only %d files found: this is not the repository", len(s.files))
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report(t, rule(s))
		})
	}
	t.Run("panics listed", func(t *testing.T) {
		t.Parallel()
		report(t, stalePanics(s))
	})
}

func report(t *testing.T, found []finding) {
	t.Helper()
	for i, f := range found {
		if i == shown {
			t.Errorf("and %d more", len(found)-shown)
			return
		}
		t.Error(f)
	}
}

// broken are small trees, each breaking one rule, with the beginning of what
// the rule says. An empty want is a tree in which all is well.
var broken = []struct {
	name, rule string
	files      []string // name, text, name, text, …
	want       []string // "place: beginning of the text"
}{
	{"a room imports an earlier room", "imports", []string{
		"internal/step/horizon/service.go", `package horizon; import _ "ayni/internal/step/prospect"`}, nil},
	{"a room imports a later room", "imports", []string{
		"internal/step/prospect/service.go", `package prospect; import _ "ayni/internal/step/horizon"`},
		[]string{"internal/step/prospect/service.go:1: may not import internal/step/horizon: the rooms stand in the order"}},
	{"a room's test imports a later room", "imports", []string{
		"internal/step/prospect/service_test.go", `package prospect; import _ "ayni/internal/step/horizon"`},
		[]string{"internal/step/prospect/service_test.go:1: may not import internal/step/horizon"}},
	{"something else lies among the rooms", "imports", []string{
		"internal/step/shared/x.go", `package shared`},
		[]string{"internal/step/shared/x.go:1: internal/step/shared has no place in internal/step"}},
	{"a noun imports an earlier noun", "imports", []string{
		"internal/commons/partnership/service.go", `package partnership; import (_ "ayni/internal/commons/directory"; _ "ayni/internal/commons/refdata"; _ "ayni/internal/kernel/web")`}, nil},
	{"a noun imports a later noun", "imports", []string{
		"internal/commons/directory/service.go", `package directory; import _ "ayni/internal/commons/partnership"`},
		[]string{"internal/commons/directory/service.go:1: may not import internal/commons/partnership: what a noun is made of"}},
	{"a noun imports a step", "imports", []string{
		"internal/commons/partnership/service.go", `package partnership; import _ "ayni/internal/step/prospect"`},
		[]string{"internal/commons/partnership/service.go:1: may not import internal/step/prospect: nouns that several steps share know no step"}},
	{"the kernel imports a noun", "imports", []string{
		"internal/kernel/pages/web.go", `package pages; import _ "ayni/internal/commons/partnership"`},
		[]string{"internal/kernel/pages/web.go:1: may not import internal/commons/partnership: the kernel knows no partnership"}},
	{"the kernel's bottom imports its top", "imports", []string{
		"internal/kernel/db/db.go", `package db; import (_ "ayni/internal/kernel/clock"; _ "ayni/internal/kernel/access")`},
		[]string{"internal/kernel/db/db.go:1: may not import internal/kernel/access: the kernel has a bottom"}},
	{"two sides of the kernel", "imports", []string{
		"internal/kernel/access/web.go", `package access; import _ "ayni/internal/kernel/web"`},
		[]string{"internal/kernel/access/web.go:1: may not import internal/kernel/web: the kernel has a bottom"}},
	{"a kernel package without a place", "imports", []string{
		"internal/kernel/extra/x.go", `package extra`},
		[]string{"internal/kernel/extra/x.go:1: internal/kernel/extra has no place in the kernel's order"}},
	{"a computation imports the kernel", "imports", []string{
		"internal/method/rank/rank.go", `package rank; import (_ "ayni/internal/kernel/clock"; _ "os")`},
		[]string{
			"internal/method/rank/rank.go:1: may not import internal/kernel/clock: computations know no partnership",
			"internal/method/rank/rank.go:1: may not import os: computations do no I/O"}},
	{"a codec imports a codec", "imports", []string{
		"internal/standard/iati/x.go", `package iati; import _ "ayni/internal/standard/sdmx"`},
		[]string{"internal/standard/iati/x.go:1: may not import internal/standard/sdmx: codecs know no partnership"}},
	{"main wires by itself", "imports", []string{
		"cmd/ayni/main.go", `package main; import (_ "ayni/internal/cli"; _ "ayni/internal/app")`},
		[]string{"cmd/ayni/main.go:1: may not import internal/app: main holds signals"}},
	{"a room imports the application", "imports", []string{
		"internal/step/project/room.go", `package project; import _ "ayni/internal/app"`},
		[]string{"internal/step/project/room.go:1: may not import internal/app: a step builds on earlier steps"}},
	{"reports and the API stand side by side", "imports", []string{
		"internal/api/x.go", `package api; import _ "ayni/internal/report"`},
		[]string{"internal/api/x.go:1: may not import internal/report"}},
	{"a program imports a package for tests", "imports", []string{
		"internal/app/x.go", `package app; import _ "ayni/internal/kernel/db/dbtest"`},
		[]string{"internal/app/x.go:1: may not import internal/kernel/db/dbtest: a package for tests"}},
	{"a test imports a package for tests", "imports", []string{
		"internal/app/x_test.go", `package app; import _ "ayni/internal/kernel/db/dbtest"`}, nil},
	{"a folder outside the house", "imports", []string{
		"internal/util/x.go", `package util`},
		[]string{"internal/util/x.go:1: lies in no part of the house"}},
	{"a model knows the wire", "imports", []string{
		"internal/step/project/model.go", `package project; import (_ "net/http"; _ "ayni/internal/kernel/db"; _ "ayni/internal/kernel/clock")`},
		[]string{
			"internal/step/project/model.go:1: may not import ayni/internal/kernel/db: types are known",
			"internal/step/project/model.go:1: may not import net/http: types are known"}},
	{"a rule reads the database", "imports", []string{
		"internal/step/project/rules.go", `package project; import _ "ayni/internal/kernel/db"`},
		[]string{"internal/step/project/rules.go:1: may not import ayni/internal/kernel/db: rules are pure"}},
	{"the other log", "imports", []string{
		"internal/app/x.go", `package app; import _ "log"`},
		[]string{"internal/app/x.go:1: may not import log: there is one log"}},

	{"an owner names its tables", "tables", []string{
		"internal/kernel/access/store.go", "package access\n\nconst q = `select a.id from account a join session s on s.account = a.id`"}, nil},
	{"a table outside its owner", "tables", []string{
		"internal/commons/directory/store.go", "package directory\n\nconst q = `select o.id from organisation o\n\tjoin account a on a.person = o.id`"},
		[]string{"internal/commons/directory/store.go:3: names the table account of access"}},
	{"a table outside its owner, in a sum", "tables", []string{
		"internal/commons/directory/store.go", "package directory\n\nvar q = `select ` + cols + ` from organisation o, account` + where"},
		[]string{"internal/commons/directory/store.go:3: names the table account of access"}},
	{"a table outside its owner, in a piece", "tables", []string{
		"internal/commons/directory/store.go", "package directory\n\nvar q = add(`left join account x on x.id = o.id`)"},
		[]string{"internal/commons/directory/store.go:3: names the table account of access"}},
	{"a table outside its owner, written", "tables", []string{
		"internal/commons/directory/store.go", "package directory\n\nvar (\n\ta = `insert into account (id) values ($1)`\n\tb = `update session set x = $1`\n\tc = `delete from account where id = $1`\n)"},
		[]string{
			"internal/commons/directory/store.go:4: names the table account of access",
			"internal/commons/directory/store.go:5: names the table session of access",
			"internal/commons/directory/store.go:6: names the table account of access"}},
	{"a table after a comma", "tables", []string{
		"internal/kernel/access/store.go", "package access\n\nconst q = `select 1 from account a, organisation as o where o.id = a.organisation`"},
		[]string{"internal/kernel/access/store.go:3: names the table organisation of directory"}},
	{"a column that is called like a table", "tables", []string{
		"internal/kernel/access/store.go", "package access\n\nconst q = `select a.organisation, organisation from account a where a.organisation = $1 order by organisation`"}, nil},
	{"SQL outside the store", "tables", []string{
		"internal/kernel/access/service.go", "package access\n\nconst q = `select id from account`"},
		[]string{"internal/kernel/access/service.go:3: SQL stands here (select id from account)"}},
	{"words for people are no SQL", "tables", []string{
		"internal/kernel/access/web.go", "package access\n\nvar a = l.T(`x.y`, `you may select a name from account`)\nvar b = fmt.Errorf(`join session on %w`, err)\ntype c struct{ d string `help:\"select a name from account\"` }"}, nil},
	{"a test may look into any table", "tables", []string{
		"internal/step/project/store_test.go", "package project\n\nconst q = `update account set name = ''`"}, nil},

	{"another clock", "calls", []string{
		"internal/step/project/service.go", "package project\n\nimport \"time\"\n\nvar f = time.Now\n\nvar g = time.Now().Unix()"},
		[]string{
			"internal/step/project/service.go:5: time.Now: one clock tells the time",
			"internal/step/project/service.go:7: time.Now: one clock tells the time"}},
	{"the clock itself, and a reason on the line", "calls", []string{
		"internal/kernel/clock/clock.go", "package clock\n\nimport \"time\"\n\nvar f = time.Now",
		"internal/kernel/web/ctx.go", "package web\n\nimport \"time\"\n\nvar f = time.Now() //nolint:forbidigo // the socket's clock, not the product's"}, nil},
	{"a mark without a reason", "calls", []string{
		"internal/kernel/web/ctx.go", "package web\n\nimport \"time\"\n\nvar f = time.Now() //nolint:forbidigo"},
		[]string{
			"internal/kernel/web/ctx.go:5: a mark without a reason",
			"internal/kernel/web/ctx.go:5: time.Now"}},
	{"printing", "calls", []string{
		"internal/app/x.go", "package app\n\nimport \"fmt\"\n\nfunc f() {\n\tfmt.Println(1)\n\tprintln(2)\n}",
		"internal/cli/x.go", "package cli\n\nimport \"fmt\"\n\nfunc f() { fmt.Println(1) }"},
		[]string{
			"internal/app/x.go:6: fmt.Println: commands print",
			"internal/app/x.go:7: println: commands print"}},
	{"the shared client", "calls", []string{
		"internal/app/x.go", "package app\n\nimport h \"net/http\"\n\nvar c = h.DefaultClient\n\nvar d, e = h.Get(\"x\")"},
		[]string{
			"internal/app/x.go:5: http.DefaultClient: shared by the whole process",
			"internal/app/x.go:7: http.Get: shared by the whole process"}},
	{"a panic", "calls", []string{
		"internal/step/project/service.go", "package project\n\nfunc plan() { panic(1) }"},
		[]string{"internal/step/project/service.go:3: panic in plan: return an error"}},
	{"a listed panic", "calls", []string{
		"internal/kernel/db/scan.go", "package db\n\nfunc AsJSON() { panic(1) }"}, nil},
	{"a start that nobody sees", "calls", []string{
		"internal/step/project/room.go", "package project\n\nfunc init() {}\n\nfunc (r Room) init() {}"},
		[]string{"internal/step/project/room.go:3: init(): what happens at start is wired in internal/app"}},
	{"a to-do without a reason", "calls", []string{
		"internal/step/project/room.go", "package project\n\n// TODO: later\n\n// TODO(the ledger's first instalment): link it\n"},
		[]string{"internal/step/project/room.go:3: a to-do without a reason"}},
	{"a check that changes", "calls", []string{
		"internal/step/project/check.go", "package project\n\nfunc f() { t.Exec(q) }"},
		[]string{"internal/step/project/check.go:3: a check calls Exec"}},

	{"a package without a comment", "documented", []string{
		"internal/app/x.go", "package app",
		"internal/step/project/room.go", "// Package project does.\npackage project"},
		[]string{
			"internal/app/x.go:1: the package has no comment",
			"internal/step/project/room.go:2: the package's comment belongs into doc.go"}},

	{"routes with permissions", "routes", []string{
		"internal/step/project/room.go", `package project; import "ayni/internal/kernel/web"
var a = []web.Route{{Method: "GET", Pattern: "/x", Perm: access.Take, Do: f}, web.Route{Perm: access.Public}}
var none web.Route = web.Route{}`}, nil},
	{"a route without permission", "routes", []string{
		"internal/step/project/room.go", `package project; import "ayni/internal/kernel/web"
var a = []web.Route{
	{Method: "GET", Pattern: "/x", Do: f},
	{Method: "GET", Pattern: "/x", Perm: "", Do: f},
	{"GET", "/x", access.Take, f, false, 0, false},
}
var b = web.Route{Method: "POST", Pattern: "/y", Do: f}`},
		[]string{
			"internal/step/project/room.go:3: a route without a permission",
			`internal/step/project/room.go:4: a route with the permission "" made here`,
			"internal/step/project/room.go:5: a route without field names",
			"internal/step/project/room.go:7: a route without a permission"}},

	{"a text in all languages", "texts", []string{
		"internal/app/x.go", `package app; var a = l.T("app.save", "Save")`,
		"locale/en.json", "{\n  \"app.save\": \"Save\"\n}\n", "locale/fr.json", `{"app.save": "Enregistrer"}`, "locale/es.json", `{"app.save": "Guardar"}`, "locale/same.txt", ""}, nil},
	{"a text without translation", "texts", []string{
		"internal/app/x.go", `package app; var a = l.T("app.save", "Save")`,
		"locale/en.json", "{\n  \"app.save\": \"Save\"\n}\n", "locale/fr.json", `{"app.save": "Enregistrer"}`, "locale/es.json", `{}`, "locale/same.txt", ""},
		[]string{"es app.save: is not translated: Save"}},

	{"words of the catalogue", "words", []string{
		"internal/app/x_templ.go", generatedPage("<a title=\"", "\" href=\"/x?a>b\">", "</a> · <b>Ayni</b> &nbsp;<input type=\"text\" value=\"abc\"><script src=\"/x.js\"></script>")}, nil},
	{"words outside the catalogue", "words", []string{
		"internal/app/x_templ.go", generatedPage("<a title=\"Go there\" href=\"", "\">Open</a>", "<p>Of ", " parties</p>")},
		[]string{
			`internal/app/x_templ.go:5: Page writes "Go there" into the page`,
			`internal/app/x_templ.go:5: Page writes "Open" into the page`,
			`internal/app/x_templ.go:5: Page writes "Of" into the page`,
			`internal/app/x_templ.go:5: Page writes "parties" into the page`}},

	{"known modules in their places", "modules", []string{
		"go.mod", "module ayni\n\ngo 1.26.0\n\nrequire github.com/google/uuid v1.6.0\n\nrequire (\n\tmodernc.org/sqlite v1.62.0\n\texample.org/deep v1.0.0 // indirect\n)\n\ntool honnef.co/go/tools/cmd/staticcheck\n",
		"internal/kernel/id/id.go", `package id; import _ "github.com/google/uuid"`,
		"internal/app/x_test.go", `package app; import _ "github.com/google/go-cmp/cmp"`}, nil},
	{"one more module", "modules", []string{
		"go.mod", "module ayni\n\nrequire (\n\texample.org/new v1.0.0\n)\n\ntool (\n\texample.org/tool/cmd/x\n)\n",
		"internal/app/x.go", `package app; import _ "example.org/new/part"`},
		[]string{
			"go.mod: example.org/new is not among the dependencies",
			"go.mod: example.org/tool/cmd/x is not among the dependencies",
			"internal/app/x.go:1: imports example.org/new/part, which archtest does not allow"}},
	{"a module outside its place", "modules", []string{
		"go.mod", "module ayni\n",
		"internal/step/project/store.go", `package project; import (_ "modernc.org/sqlite"; _ "github.com/google/go-cmp/cmp")`},
		[]string{
			"internal/step/project/store.go:1: imports github.com/google/go-cmp/cmp, which is for",
			"internal/step/project/store.go:1: imports modernc.org/sqlite, which is for internal/kernel/db alone"}},
}

// generatedPage is code such as templ generates: pieces of HTML with a value
// between each two.
func generatedPage(pieces ...string) string {
	var b strings.Builder
	b.WriteString("package app\n\nimport templruntime \"github.com/a-h/templ/runtime\"\n\nfunc Page() {\n")
	for i, p := range pieces {
		if i > 0 {
			b.WriteString("\t_, err = buf.WriteString(templ.EscapeString(v))\n")
		}
		b.WriteString("\terr = templruntime.WriteString(buf, 1, `" + p + "`)\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func TestEachRuleCatches(t *testing.T) {
	t.Parallel()
	tables := map[string]string{"account": "access", "session": "access", "organisation": "directory"}
	caught := map[string]bool{}
	for _, tc := range broken {
		if len(tc.want) > 0 {
			caught[tc.rule] = true
		}
		t.Run(tc.rule+"/"+tc.name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{}
			for i := 0; i < len(tc.files); i += 2 {
				tree[tc.files[i]] = &fstest.MapFile{Data: []byte(tc.files[i+1])}
			}
			s, err := read(tree, tables)
			if err != nil {
				t.Fatal(err)
			}
			got := rules[tc.rule](s)
			for i, want := range tc.want {
				if i >= len(got) || !strings.HasPrefix(got[i].String(), want) {
					t.Errorf("finding %d is not %q", i+1, want)
				}
			}
			if len(got) != len(tc.want) || t.Failed() {
				t.Errorf("found %d, want %d:\n%v", len(got), len(tc.want), got)
			}
		})
	}
	for name := range rules {
		if !caught[name] {
			t.Errorf("no tree breaks the rule %s", name)
		}
	}
}
