package directory

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
)

// anyCode is a world in which every list has every code.
func anyCode(string, string) bool { return true }

func TestWebAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://example.org": true, "http://example.org:8080/a?b=c#d": true, "https://[2001:db8::1]/": true, "HTTPS://EXAMPLE.ORG": true,
		"": false, "example.org": false, "//example.org": false, "https://": false, "https:///path": false, "https://a@example.org": false, "javascript:alert(1)": false,
		"data:text/html,x": false, "ftp://example.org": false, "https://example.org/a b": false, "https://exa mple.org": false, " https://example.org": false, "https://%zz": false,
	} {
		if got := webAddress(address); got != want {
			t.Errorf("webAddress(%q) = %v", address, got)
		}
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"", "", nil}, {"2020", "", nil}, {"", "2020-02", nil}, {"2020", "2020", nil}, {"2020-05", "2020", nil}, {" 2020 ", "2021", nil}, {"2020-02-29", "2020-02-29", nil},
		{"2021", "2020", []string{"to_on"}}, {"2020-05", "2020-04", []string{"to_on"}}, {"2020-05-02", "2020-05-01", []string{"to_on"}},
		{"2021-02-29", "", []string{"from_on"}}, {"20", "yesterday", []string{"from_on", "to_on"}}, {"2020-13", "", []string{"from_on"}}, {"02/03/2020", "", []string{"from_on"}},
	} {
		var e errs.Check
		from, to := clock.Day(c.from), clock.Day(c.to)
		checkSpan(&e, &from, &to)
		if diff := cmp.Diff(c.want, fields(e.Err())); diff != "" {
			t.Errorf("%q to %q (-want +got):\n%s", c.from, c.to, diff)
		}
	}
}

func TestIdentifierLines(t *testing.T) {
	t.Parallel()
	got := parseIdentifiers("iati XM-DAC-41302\r\n\n  ror   01 23 \nlonely\n")
	want := []Identifier{{"iati", "XM-DAC-41302"}, {"ror", "01 23"}, {"lonely", ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if lines := identifierLines(want[:2]); lines != "iati XM-DAC-41302\nror 01 23" {
		t.Errorf("lines: %q", lines)
	}
}

func TestPersonRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p    Person
		want []string
	}{
		"whole":            {Person{Name: "Ana", Email: "ANA@example.org", Lang: "fr"}, nil},
		"no name":          {Person{Name: "  "}, []string{"name"}},
		"no address":       {Person{Name: "Ana", Email: "ana"}, []string{"email"}},
		"name and address": {Person{Name: "Ana", Email: "Ana <ana@example.org>"}, []string{"email"}},
		"two addresses":    {Person{Name: "Ana", Email: "a@example.org, b@example.org"}, []string{"email"}},
		"no such language": {Person{Name: "Ana", Lang: "xx"}, []string{"lang"}},
		"long note":        {Person{Name: "Ana", Note: strings.Repeat("a", 5001)}, []string{"note"}},
	} {
		_, err := checkPerson(c.p)
		if diff := cmp.Diff(c.want, fields(err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What was tidied once stays as it is, and what passes has no blank too many.
func FuzzOrganisation(f *testing.F) {
	f.Add(" Ministério  do Trabalho ", "labour\nLabour\n", "iati 1\nIATI 1", "https://example.org", "a\r\nb")
	f.Add("—", "", "x", "javascript:x", "")
	f.Add("\u00a0Á\u0301", "\t\n", "ror \u2003", "http://[::1", "\x00")
	f.Fuzz(func(t *testing.T, name, aliases, identifiers, website, note string) {
		o := Organisation{Name: name, Aliases: parseLines(aliases), Identifiers: parseIdentifiers(identifiers), Website: website, Note: note}
		once, err := checkOrganisation(o, anyCode)
		twice, again := checkOrganisation(once, anyCode)
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Errorf("tidied twice (-once +twice):\n%s", diff)
		}
		if (err == nil) != (again == nil) {
			t.Errorf("%v, then %v", err, again)
		}
		if err == nil && (searchText(once) == "" || searchText(once)[0] != ' ' || strings.Contains(searchText(once), "  ")) {
			t.Errorf("search text %q of %q", searchText(once), once.Name)
		}
		if err == nil && once.Website != "" && !strings.HasPrefix(strings.ToLower(once.Website), "http") {
			t.Errorf("website %q", once.Website)
		}
	})
}
