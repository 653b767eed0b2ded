package catalogue

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/i18n"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	code := head + `func f(l *i18n.L) { l.T("a.save", "Save") }`
	good := []string{"a/a.go", code, "locale/en.json", "{\n  \"a.save\": \"Save\"\n}\n", "locale/fr.json", `{"a.save": "Enregistrer"}`,
		"locale/es.json", `{"a.save": "Guardar"}`, "locale/same.txt", ""}
	for name, tc := range map[string]struct {
		file, text, want string
	}{
		"all said":        {"locale/same.txt", "", ""},
		"en.json is old":  {"locale/en.json", `{}`, "locale/en.json: is not what the code says: run make gen"},
		"not translated":  {"locale/fr.json", `{}`, "fr a.save: is not translated: Save"},
		"not as the code": {"locale/es.json", `{"a.save": "Guardar", "a.x": "X"}`, "es a.x: the code says no such text"},
		"a bad call":      {"a/a.go", head + `func f(l *i18n.L) { l.T(key, "Save") }`, "a/a.go:5: the key must be a literal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := tree(good...)
			files[tc.file] = &fstest.MapFile{Data: []byte(tc.text)}
			problems, err := Check(files)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tc.want == "" && len(problems) > 0, tc.want != "" && (len(problems) == 0 || problems[0].String() != tc.want):
				t.Errorf("%v, want %s", problems, tc.want)
			}
		})
	}
	for _, file := range []string{"locale/en.json", "locale/fr.json", "locale/same.txt"} {
		files := tree(good...)
		delete(files, file)
		_, err := Check(files)
		if err == nil {
			t.Errorf("without %s all is well", file)
		}
	}
}

func plain(text string) i18n.Entry { return i18n.Entry{Other: text} }

func count(one, other string) i18n.Entry {
	return i18n.Entry{Other: other, Forms: map[string]string{"one": one, "other": other}}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	same := Same{"*": {"IATI": true}, "fr": {"Actions": true}}
	for name, tc := range map[string]struct {
		lang      string
		en, other i18n.Entry
		want      string // empty: nothing is wrong
	}{
		"good":             {"fr", plain("To {who}"), plain("À {who}"), ""},
		"empty":            {"fr", plain("Save"), plain(""), "the text is empty"},
		"lost place":       {"fr", plain("To {who}"), plain("À lui"), "{who} is missing"},
		"lost number":      {"fr", plain("Wait {n} seconds"), plain("Attendez"), "{n} is missing"},
		"new place":        {"es", plain("To her"), plain("A {who}"), "English has no {who}"},
		"not translated":   {"es", plain("Save"), plain("Save"), "is the English text; where the word is the same, list it in locale/same.txt"},
		"same everywhere":  {"es", plain("IATI"), plain("IATI"), ""},
		"same in French":   {"fr", plain("Actions"), plain("Actions"), ""},
		"not in Spanish":   {"es", plain("Actions"), plain("Actions"), "is the English text; where the word is the same, list it in locale/same.txt"},
		"nothing to say":   {"es", plain("{n} %"), plain("{n} %"), ""},
		"full stop":        {"es", plain("Saved."), plain("Guardado"), "English and translation end differently: a full stop"},
		"counts":           {"es", count("{n} day", "{n} days"), plain("{n} días"), "one language counts here and the other does not"},
		"counts not":       {"es", plain("Days"), count("{n} día", "{n} días"), "one language counts here and the other does not"},
		"count":            {"es", count("{n} day", "{n} days"), count("{n} día", "{n} días"), ""},
		"one in words":     {"es", count("{n} day", "{n} days"), count("Un día", "{n} días"), ""},
		"zero in French":   {"fr", count("One day", "{n} days"), count("Un jour", "{n} jours"), "one: in French this form also says zero: keep {n}"},
		"number lost":      {"es", count("{n} day", "{n} days"), count("{n} día", "días"), "other: {n} is missing"},
		"place of one":     {"es", count("{n} of {x}", "{n} of {x}"), count("{n}", "{n} de {x}"), "one: {x} is missing"},
		"colon":            {"fr", plain("Name:"), plain("Nom:"), `no-break space (U+00A0) missing before ":"`},
		"ordinary space":   {"fr", plain("Why?"), plain("Pourquoi ?"), `no-break space (U+00A0) missing before "?"`},
		"no-break space":   {"fr", plain("Why?"), plain("Pourquoi\u00a0?"), ""},
		"narrow":           {"fr", plain("Why?"), plain("Pourquoi\u202f?"), ""},
		"before a place":   {"fr", plain("{a}: {b}"), plain("{a} : {b}"), `no-break space (U+00A0) missing before ":"`},
		"time":             {"fr", plain("at 10:30"), plain("à 10:30"), ""},
		"address":          {"fr", plain("An address https://a.org/?b"), plain("Une adresse https://a.org/?b"), ""},
		"guillemets":       {"fr", plain("a “b” c"), plain("a «\u00a0b\u00a0» c"), ""},
		"tight guillemets": {"fr", plain("a “b” c"), plain("a « b\u00a0» c"), "no-break space (U+00A0) missing after «"},
		"open guillemets":  {"fr", plain("a “b” c"), plain("a «\u00a0b » c"), `no-break space (U+00A0) missing before "»"`},
		"English quotes":   {"fr", plain("a “b” c"), plain("un “b” c"), "French quotes are « and »"},
		"question":         {"es", plain("Why?"), plain("Por qué?"), "a question begins with ¿"},
		"opened question":  {"es", plain("Why?"), plain("¿Por qué?"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []Problem
			if tc.want != "" {
				want = []Problem{{Place: tc.lang + " a.x", Text: tc.want}}
			}
			got := Compare(tc.lang, File{"a.x": tc.en}, File{"a.x": tc.other}, same)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompareKeys(t *testing.T) {
	t.Parallel()
	got := Compare("fr", File{"a.x": plain("New"), "a.y": count("{n} day", "{n} days")},
		File{"a.old": plain("Vieux"), "a.y": {Forms: map[string]string{"one": "{n} jour", "few": "{n} jours"}}}, nil)
	want := []Problem{
		{"fr a.old", "the code says no such text"},
		{"fr a.x", "is not translated: New"},
		{"fr a.y", `no plural form is called "few"`},
		{"fr a.y", `the form "other" is missing`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFileRoundTrip(t *testing.T) {
	t.Parallel()
	f := File{
		"b.count": {Other: "{n} <b> & \"q\"", Forms: map[string]string{"one": "un", "many": "mucho", "other": "{n} <b> & \"q\""}},
		"a.text":  plain("Line\nand tab\t«\u00a0é\u00a0»"),
	}
	want := "{\n  \"a.text\": \"Line\\nand tab\\t«\u00a0é\u00a0»\",\n" +
		"  \"b.count\": {\"one\": \"un\", \"many\": \"mucho\", \"other\": \"{n} <b> & \\\"q\\\"\"}\n}\n"
	if diff := cmp.Diff(want, string(f.Bytes())); diff != "" {
		t.Error(diff)
	}
	back, err := Read(f.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, back); diff != "" {
		t.Error(diff)
	}
	if got := string(File{}.Bytes()); got != "{}\n" {
		t.Errorf("empty catalogue is %q", got)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, b := range []string{``, `[]`, `{"a.x": "one", "a.x": "two"}`, `{"a.x": 1}`, `{"a.x": "y"`} {
		_, err := Read([]byte(b))
		if err == nil {
			t.Errorf("%s was read", b)
		}
	}
}

func TestMissingAndChanged(t *testing.T) {
	t.Parallel()
	before := File{"a.x": plain("Old"), "a.y": plain("Same"), "a.z": count("1", "2")}
	after := File{"a.x": plain("New"), "a.y": plain("Same"), "a.z": count("one", "2"), "a.w": plain("More")}
	if diff := cmp.Diff([]string{"a.x", "a.z"}, Changed(before, after)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(File{"a.w": plain("More")}, Missing(after, before)); diff != "" {
		t.Error(diff)
	}
}

func TestReadSame(t *testing.T) {
	t.Parallel()
	got, err := ReadSame([]byte("# remark\n\nfr Actions\n* A b\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Same{"fr": {"Actions": true}, "*": {"A b": true}}, got); diff != "" {
		t.Error(diff)
	}
	_, err = ReadSame([]byte("Actions"))
	if err == nil {
		t.Error("a line without a language was read")
	}
}
