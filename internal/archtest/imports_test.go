package archtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// layer is a floor of the house: the folders under prefix, and the floors that
// they may import.
type layer struct {
	name   string
	prefix string
	may    []string // names of layers; "*" is every layer
	why    string
}

// below is what all rooms stand on.
var below = []string{"commons", "method", "standard", "kernel", "reference"}

var layers = []layer{
	{"cmd", "cmd", []string{"cli"},
		"main holds signals and the exit code; all that a command does is tested without a process"},
	{"cli", "internal/cli", append([]string{"app", "portal", "report", "api", "step"}, below...),
		"commands call what the pages call"},
	{"app", "internal/app", append([]string{"portal", "report", "api", "step"}, below...),
		"the one place where everything is wired, by hand and in order"},
	{"portal", "internal/portal", append([]string{"step"}, below...),
		"the public site reads the rooms and none of them knows it"},
	{"report", "internal/report", append([]string{"step"}, below...),
		"reports read across rooms and none of them knows it"},
	{"api", "internal/api", append([]string{"step"}, below...),
		"the API is put together from what the rooms offer"},
	{"step", "internal/step", append([]string{"step"}, below...),
		"a step builds on earlier steps; an earlier one declares a hook where it must react to a later one"},
	{"commons", "internal/commons", below,
		"nouns that several steps share know no step"},
	{"method", "internal/method", nil,
		"computations know no partnership and do no I/O, so anybody can check them with a pencil"},
	{"standard", "internal/standard", nil,
		"codecs know no partnership and do no I/O, so they can be tested against the standard alone"},
	{"kernel", "internal/kernel", []string{"kernel", "locale"},
		"the kernel knows no partnership: it would serve another house as well"},
	{"locale", "locale", nil, "texts are data"},
	{"reference", "reference", nil, "reference lists are data"},
	{"archtest", "internal/archtest", []string{"*"}, "looks at everything"},
	{"apptest", "internal/apptest", []string{"*"}, "runs the whole application"},
	{"e2e", "e2e", []string{"*"}, "runs the whole application"},
	{"bench", "bench", []string{"*"}, "runs the whole application"},
	{"scripts", "scripts", nil, "tools of the repository stand alone"},
}

// order is a row of packages in which a later one may import an earlier one.
type order struct {
	prefix string
	names  []string
	why    string
}

var orders = []order{
	{"internal/step", []string{
		"prospect", "convergence", "strategy", "outreach", "agreement", "project",
		"capacity", "sustainability", "evaluation", "practice", "horizon",
	}, "the rooms stand in the order of the guide's eleven steps; nothing else lies here"},
	{"internal/commons", []string{"refdata", "directory", "partnership"},
		"what a noun is made of comes before the noun; a new one takes its place in this row"},
}

// kernelUses says which kernel packages a kernel package uses. What those use
// it may use too.
var kernelUses = map[string][]string{
	"clock":          nil,
	"id":             nil,
	"i18n":           {"clock"},
	"i18n/catalogue": {"i18n"},
	"i18n/extract":   {"i18n/catalogue"},
	"errs":           {"i18n"},
	"db":             {"errs", "id"},
	"migrate":        {"db"},
	"migrate/keep":   {"db"},
	"keyfile":        {"errs"},
	"personal":       {"db"},
	"audit":          {"db", "keyfile", "personal"},
	"access":         {"audit", "mail"},
	"jobs":           {"audit"},
	"mail":           {"jobs", "keyfile"},
	"digest":         {"access"},
	"files":          {"db", "personal"},
	"search":         {"db"},
	"tabular":        {"errs"},
	"ui":             {"i18n", "id"},
	"web":            {"ui", "access"},
	"privacy":        {"web", "jobs"},
	"pages":          {"web", "jobs", "files", "digest", "migrate"},
}

const kernelWhy = "the kernel has a bottom (clock, i18n, errs, db) and a top (web, pages); a circle would tie them into one"

// testOnly are packages for tests: no program is built from them.
var testOnly = []string{
	"internal/archtest", "internal/apptest", "e2e", "bench", "internal/kernel/db/dbtest", "internal/kernel/ui/htmlcheck", "internal/kernel/access/authenticator", "internal/kernel/mail/mailbox",
}

// forbidden are imports that certain files may not have.
type forbidden struct {
	what    string // "model" for model.go and model_noun.go, "" for every file
	prefix  string // folder, "" for all
	imports []string
	why     string
}

var forbiddens = []forbidden{
	{"model", "", []string{"net/http", module + "/internal/kernel/db", module + "/internal/kernel/web", module + "/internal/kernel/ui"},
		"types are known to all files of a room, so they know neither the wire nor the database nor the page"},
	{"rules", "", []string{"net/http", "os", "database/sql", module + "/internal/kernel/db", module + "/internal/kernel/web", module + "/internal/kernel/ui"},
		"rules are pure, so a table of cases tests them"},
	{"", "internal/method", []string{"net", "net/http", "os", "os/exec", "database/sql"}, "computations do no I/O"},
	{"", "internal/standard", []string{"net", "net/http", "os", "os/exec", "database/sql"}, "codecs read from io.Reader and write to io.Writer"},
	{"", "", []string{"log"}, "there is one log: log/slog"},
	{"", "", []string{"io/ioutil", "math/rand"}, "superseded in the standard library"},
}

func layerOf(dir string) (layer, bool) {
	for _, l := range layers {
		if under(dir, l.prefix) {
			return l, true
		}
	}
	return layer{}, false
}

// imports checks every import of a package of ours.
func imports(s *source) []finding {
	var out []finding
	placed := map[string]bool{}
	for _, f := range s.files {
		from, ok := layerOf(f.dir)
		if !placed[f.dir] {
			placed[f.dir] = true
			out = append(out, place(s, f)...)
		}
		if !ok {
			continue
		}
		paths := f.imports()
		for _, p := range slices.Sorted(maps.Keys(paths)) {
			for _, rule := range forbiddens {
				if (rule.what == "" || f.is(rule.what)) && (rule.prefix == "" || under(f.dir, rule.prefix)) && slices.Contains(rule.imports, p) {
					out = append(out, s.find(f, paths[p], "may not import %s: %s", p, rule.why))
				}
			}
			dir, ours := strings.CutPrefix(p, module+"/")
			if !ours || dir == f.dir {
				continue
			}
			if wrong := may(f, from, dir); wrong != "" {
				out = append(out, s.find(f, paths[p], "may not import %s: %s", dir, wrong))
			}
		}
	}
	return out
}

// place checks that the file's package has its place where places are listed.
func place(s *source, f *file) []finding {
	if _, ok := layerOf(f.dir); !ok {
		return []finding{s.find(f, f.ast.Package, "lies in no part of the house (ARCHITECTURE.md)")}
	}
	for _, o := range orders {
		rest, inside := strings.CutPrefix(f.dir+"/", o.prefix+"/")
		if !inside {
			continue
		}
		name, _, _ := strings.Cut(rest, "/")
		if !slices.Contains(o.names, name) {
			return []finding{s.find(f, f.ast.Package, "%s has no place in %s: %s", f.dir, o.prefix, o.why)}
		}
	}
	if rest, inside := strings.CutPrefix(f.dir, "internal/kernel/"); inside && !under(f.dir, testOnly...) {
		if _, listed := kernelUses[rest]; !listed {
			return []finding{s.find(f, f.ast.Package, "%s has no place in the kernel's order: %s", f.dir, kernelWhy)}
		}
	}
	return nil
}

// may says why a file may not import a folder, "" when it may.
func may(f *file, from layer, dir string) string {
	if under(dir, testOnly...) {
		if f.test() || under(f.dir, testOnly...) {
			return ""
		}
		return "a package for tests is no part of a program"
	}
	to, ok := layerOf(dir)
	if !ok {
		return "it lies in no part of the house"
	}
	if !slices.Contains(from.may, to.name) && !slices.Contains(from.may, "*") && from.name != to.name {
		return from.why
	}
	for _, o := range orders {
		a, aIn := position(o, f.dir)
		b, bIn := position(o, dir)
		if aIn && bIn && b > a {
			return o.why
		}
	}
	if from.name == "kernel" && to.name == "kernel" && !f.test() && !under(f.dir, testOnly...) {
		mine, its := strings.TrimPrefix(f.dir, "internal/kernel/"), strings.TrimPrefix(dir, "internal/kernel/")
		if !slices.Contains(kernelClosure(mine), its) {
			return kernelWhy
		}
	}
	if (from.name == "method" || from.name == "standard" || from.name == "scripts") && !sameRoom(f.dir, dir) {
		return from.why
	}
	return ""
}

// sameRoom says whether two folders lie under the same package of a layer.
func sameRoom(a, b string) bool {
	room := func(dir string) string {
		parts := strings.SplitN(dir, "/", 4)
		return fmt.Sprint(parts[:min(3, len(parts))])
	}
	return room(a) == room(b)
}

func position(o order, dir string) (int, bool) {
	rest, inside := strings.CutPrefix(dir, o.prefix+"/")
	if !inside {
		return 0, false
	}
	name, _, _ := strings.Cut(rest, "/")
	i := slices.Index(o.names, name)
	return i, i >= 0
}

// kernelClosure is all that a kernel package may use.
func kernelClosure(name string) []string {
	var out []string
	var walk func(string)
	walk = func(n string) {
		for _, used := range kernelUses[n] {
			if !slices.Contains(out, used) {
				out = append(out, used)
				walk(used)
			}
		}
	}
	walk(name)
	return out
}
