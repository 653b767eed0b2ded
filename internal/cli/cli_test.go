package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

func TestExitCodesOfFaultyCommandLines(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args  []string
		words string
	}{
		{[]string{"--nope"}, "There is no flag --nope here."},
		{[]string{"bakup", "x.zip"}, `bakup is not expected here. Perhaps "backup"?`},
		{[]string{"user"}, "One of these words is missing: add, reset"},
		{[]string{"user", "add", "a@example.org"}, "This is missing: --role R"},
		{[]string{"backup"}, "This is missing: FILE"},
		{[]string{"journey"}, "Give the id of one partnership, or --list."},
		{[]string{"journey", "x", "--list"}, "Give the id of one partnership, or --list."},
		{[]string{"check", "--checksum=perhaps"}, "--checksum"},
		{[]string{"check", "more", "words"}, "more is not expected here."},
		{[]string{"check", "--data"}, "--data needs a value."},
		{[]string{"serve", "--trusted-proxy", "here"}, "--trusted-proxy is a network"},
		{[]string{"serve", "--max-file", "0"}, "--max-file is a number of megabytes"},
		{[]string{"serve", "--max-file", "1001"}, "--max-file is a number of megabytes"},
		{[]string{"serve", "--addr", "8080"}, "--addr is an address with a port"},
		{[]string{"serve", "--tls-cert", "x"}, "go together"},
		{[]string{"serve", "--base-url", "ayni.example.org"}, "--base-url is an address"},
		{[]string{"serve", "--addr", "0.0.0.0:0"}, "can be reached from other machines"},
		{[]string{"serve", "--addr", ":0"}, "can be reached from other machines"},
		{[]string{"serve", "--demo", "--addr", "0.0.0.0:0", "--insecure-http"}, "answers on this machine alone"},
		{[]string{"help", "bakup"}, "There is no command “bakup”."},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			t.Parallel()
			refused(t, exitUsage, tc.words, append(slices.Clone(tc.args), "--data="+folder(t))...)
		})
	}
}

func TestNothingAskedShowsTheCommands(t *testing.T) {
	t.Parallel()
	r := ayni(t)
	if r.code != exitUsage || r.out != "" || !strings.Contains(r.err, "ayni serve") {
		t.Errorf("code %d, out %q, err %q", r.code, r.out, r.err)
	}
}

// every command of the catalogue that exists so far.
var every = []string{"serve", "demo load", "user add", "user reset", "migrate", "doctor", "routes", "journey", "backup", "restore", "check", "verify-audit", "erase", "version", "help"}

func TestHelpExplainsEveryCommandAndFlag(t *testing.T) {
	t.Parallel()
	type help struct {
		Commands []struct {
			Name, Form, Text, Example string
			Flags                     []struct{ Name, Variable, Text string }
		}
	}
	h := decode[help](t, ok(t, "help", "--json"))
	var names []string
	for _, c := range h.Commands {
		names = append(names, c.Name)
		if len(strings.Fields(c.Text)) < 5 || !strings.HasPrefix(c.Example, "ayni "+c.Name) {
			t.Errorf("%s: text %q, example %q", c.Name, c.Text, c.Example)
		}
		var flags []string
		for _, f := range c.Flags {
			flags = append(flags, f.Name)
			if f.Text == "" {
				t.Errorf("%s %s: no word of help", c.Name, f.Name)
			}
			want := "AYNI_" + strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(f.Name, "--"), "-", "_"))
			if f.Variable != want && f.Name != "--help" {
				t.Errorf("%s %s: variable %q, want %q", c.Name, f.Name, f.Variable, want)
			}
		}
		for _, f := range []string{"--data", "--db", "--key-file", "--json"} {
			if !slices.Contains(flags, f) {
				t.Errorf("%s lacks %s", c.Name, f)
			}
		}
	}
	if d := cmp.Diff(every, names); d != "" {
		t.Errorf("commands:\n%s", d)
	}
}

func TestHelpIsProseOnALine(t *testing.T) {
	t.Parallel()
	for _, c := range every {
		long := ok(t, append(strings.Fields(c), "--help")...)
		if long != ok(t, append([]string{"help"}, strings.Fields(c)...)...) {
			t.Errorf("%s: --help and help say different things", c)
		}
		for line := range strings.Lines(long) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > lineWidth && !strings.HasPrefix(line, "ayni ") && !strings.HasPrefix(line, "  ayni ") {
				t.Errorf("%s: a line of %d characters: %s", c, n, line)
			}
		}
	}
	if general := ok(t, "help"); !strings.Contains(general, "verify-audit") {
		t.Error("help lists no commands")
	}
	if group := ok(t, "user", "--help"); !strings.Contains(group, "user add EMAIL --role R") {
		t.Errorf("help of a group: %s", group)
	}
}

func TestFlagsStandBeforeAndAfter(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	want := ok(t, "journey", "--list", "--json", "--data", dir)
	for _, args := range [][]string{
		{"--data", dir, "journey", "--list", "--json"},
		{"--json", "journey", "--data=" + dir, "--list"},
	} {
		if got := ok(t, args...); got != want {
			t.Errorf("%v prints something else", args)
		}
	}
	id := decode[struct{ Partnerships []struct{ ID string } }](t, want).Partnerships[0].ID
	if ok(t, "journey", "--data", dir, id, "--json") != ok(t, "journey", id, "--json", "--data", dir) {
		t.Error("a flag before an argument reads differently")
	}
}

func TestFlagsAreVariablesToo(t *testing.T) {
	dir := demoFolder(t)
	t.Setenv("AYNI_DATA", dir)
	t.Setenv("AYNI_LIST", "true")
	t.Setenv("AYNI_JSON", "true")
	if got := decode[struct{ Partnerships []any }](t, ok(t, "journey")); len(got.Partnerships) == 0 {
		t.Error("no partnership in the demo")
	}
}

func TestLanguageOfTheTerminal(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ all, messages, lang, want string }{
		{"", "", "", "en"}, {"", "", "fr_FR.UTF-8", "fr"}, {"es_MX", "", "fr_FR", "es"}, {"C", "", "fr_FR", "en"},
		{"", "es", "fr", "es"}, {"", "", "de_DE", "en"}, {"", "", "FR", "fr"}, {"", "", "es.UTF-8", "es"},
	} {
		env := map[string]string{"LC_ALL": tc.all, "LC_MESSAGES": tc.messages, "LANG": tc.lang}
		if got := language(func(k string) string { return env[k] }); got != tc.want {
			t.Errorf("%v: %s, want %s", env, got, tc.want)
		}
	}
}

func TestExitCodesByKind(t *testing.T) {
	t.Parallel()
	for kind, want := range map[errs.Kind]int{
		errs.Internal: 3, errs.Busy: 3, errs.Full: 3, errs.TooMany: 3, errs.BadRequest: 2,
		errs.Invalid: 1, errs.NotFound: 1, errs.Conflict: 1, errs.Forbidden: 1, errs.TooLarge: 1,
	} {
		if got := exitCode(errs.New(kind, i18n.Msg{})); got != want {
			t.Errorf("%s: %d, want %d", kind, got, want)
		}
	}
}

func TestMissingInstallationIsSaid(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	for _, args := range [][]string{
		{"journey", "--list"}, {"check"}, {"check", "--checksum"}, {"verify-audit"}, {"doctor"}, {"backup", dir + ".zip"},
		{"user", "add", "a@example.org", "--role", "admin"}, {"user", "reset", "a@example.org"},
	} {
		refused(t, exitInput, "There is no data folder "+dir, append(args, "--data", dir)...)
		refused(t, exitInput, "There is no data folder "+dir, append(args, "--data", dir, "--json")...)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if got := ok(t, "version"); got != "ayni "+Version+"\n" {
		t.Errorf("prints %q", got)
	}
	if got := decode[struct{ Version string }](t, ok(t, "version", "--json")); got.Version != Version {
		t.Errorf("got %+v", got)
	}
}

func TestRoutesNameTheirPermission(t *testing.T) {
	t.Parallel()
	type list struct {
		Routes []struct{ Method, Pattern, Permission string }
	}
	got := decode[list](t, ok(t, "routes", "--json"))
	if len(got.Routes) < 50 {
		t.Fatalf("only %d routes", len(got.Routes))
	}
	for _, r := range got.Routes {
		if r.Method == "" || !strings.HasPrefix(r.Pattern, "/") || r.Permission == "" {
			t.Errorf("a route without its parts: %+v", r)
		}
	}
	text := ok(t, "routes")
	if lines := strings.Count(text, "\n"); lines != len(got.Routes) {
		t.Errorf("%d lines for %d routes", lines, len(got.Routes))
	}
	if !regexp.MustCompile(`(?m)^GET  /readyz +public$`).MatchString(text) {
		t.Errorf("no line for /readyz:\n%s", text)
	}
}
