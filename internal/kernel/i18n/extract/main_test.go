package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// repo makes a small repository and returns the tool's way to run in it.
func repo(t *testing.T, source, french string) tool {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module ayni\n",
		"a/a.go":          "package a\n\n" + source,
		"locale/en.json":  "{}\n",
		"locale/fr.json":  french,
		"locale/es.json":  "{}\n",
		"locale/same.txt": "* IATI\n",
	} {
		err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755)
		if err != nil {
			t.Fatal(err)
		}
		err = os.WriteFile(filepath.Join(root, name), []byte(text), 0o644)
		if err != nil {
			t.Fatal(err)
		}
	}
	return tool{root: root, out: &bytes.Buffer{}, words: &bytes.Buffer{}}
}

const two = `func f() { l.T("a.save", "Save"); l.N("a.days", n, "{n} day", "{n} days") }`

func (t tool) do(args ...string) (code int, out, words string) {
	var o, w bytes.Buffer
	code = runIn(t.root, args, strings.NewReader(`{"a.save": "Enregistrer"}`), &o, &w)
	return code, o.String(), w.String()
}

func TestGenerateAndTranslate(t *testing.T) {
	t.Parallel()
	r := repo(t, two, `{"a.old": "Vieux"}`)

	code, _, words := r.do()
	if code != done || words != "" {
		t.Fatal(code, words)
	}
	b, err := os.ReadFile(r.path("en"))
	if err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"a.days\": {\"one\": \"{n} day\", \"other\": \"{n} days\"},\n  \"a.save\": \"Save\"\n}\n"
	if string(b) != want {
		t.Errorf("en.json is %s", b)
	}

	code, out, _ := r.do("-missing", "fr")
	if code != done || out != want {
		t.Error(code, out)
	}
	code, _, words = r.do("-fill", "fr", "-")
	if code != done || words != "1 texts taken, 1 missing\n" {
		t.Error(code, words)
	}
	code, _, words = r.do("-prune", "fr")
	if code != done || words != "1 texts dropped\n" {
		t.Error(code, words)
	}
	b, err = os.ReadFile(r.path("fr"))
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != "{\n  \"a.save\": \"Enregistrer\"\n}\n" {
		t.Errorf("fr.json is %s", b)
	}
	code, _, words = r.do("-check")
	if code != wrong || words != "fr a.days: is not translated: {n} days\nes a.days: is not translated: {n} days\nes a.save: is not translated: Save\n" {
		t.Error(code, words)
	}
}

func TestChangedEnglishIsNamed(t *testing.T) {
	t.Parallel()
	r := repo(t, two, "{}")
	err := os.WriteFile(r.path("en"), []byte(`{"a.save": "Keep"}`), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	code, _, words := r.do()
	if code != done || words != "changed, look at its translations: a.save\n" {
		t.Error(code, words)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.json")
	err := os.WriteFile(bad, []byte(`{"a.save": "Save", "a.none": "Rien"}`), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		source string
		args   []string
		code   int
		words  string
	}{
		"language":    {two, []string{"-missing", "de"}, usage, "de is not a language to translate into: fr, es\n"},
		"English":     {two, []string{"-fill", "en", bad}, usage, "en is not a language to translate into: fr, es\n"},
		"no file":     {two, []string{"-fill", "fr"}, usage, "name one file of translations, or - for standard input\n"},
		"bad texts":   {two, []string{"-fill", "fr", bad}, wrong, "fr a.none: the code says no such text\nfr a.save: is the English text; where the word is the same, list it in locale/same.txt\n"},
		"bad calls":   {`func f() { l.T(key, "Save") }`, nil, wrong, "a/a.go:3: the key must be a literal\n"},
		"bad flag":    {two, []string{"-nonsense"}, usage, ""},
		"other words": {two, []string{"nonsense"}, usage, "nonsense is not understood\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := repo(t, tc.source, "{}")
			code, _, words := r.do(tc.args...)
			if code != tc.code || (tc.words != "" && words != tc.words) {
				t.Errorf("%d %s", code, words)
			}
			b, err := os.ReadFile(r.path("fr"))
			if err != nil || string(b) != "{}" {
				t.Errorf("fr.json was touched: %s %v", b, err)
			}
		})
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	got, err := root()
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(filepath.Join(got, "internal", "kernel", "i18n", "extract", "main.go"))
	if err != nil {
		t.Error(err)
	}
}
