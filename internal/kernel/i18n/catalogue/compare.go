package catalogue

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ayni/internal/kernel/i18n"
)

// Same are the words that a language writes as English does, by language;
// "*" holds for all.
type Same map[string]map[string]bool

// ReadSame reads lines "fr Actions"; "#" begins a remark.
func ReadSame(b []byte) (Same, error) {
	out := Same{}
	s := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		lang, text, ok := strings.Cut(line, " ")
		if !ok || !slices.Contains([]string{"fr", "es", "*"}, lang) {
			return nil, fmt.Errorf("line %d: not a language (fr, es, *) and a text: %s", n, line)
		}
		if out[lang] == nil {
			out[lang] = map[string]bool{}
		}
		out[lang][strings.TrimSpace(text)] = true
	}
	return out, s.Err()
}

func (s Same) has(lang, text string) bool { return s["*"][text] || s[lang][text] }

// Check holds a repository to its promise that whatever the code says is said
// in every language: it reads the code and the folder locale.
func Check(tree fs.FS) ([]Problem, error) {
	texts, out, err := Scan(tree)
	if err != nil {
		return nil, err
	}
	english := English(texts)
	b, err := fs.ReadFile(tree, "locale/same.txt")
	if err != nil {
		return nil, err
	}
	same, err := ReadSame(b)
	if err != nil {
		return nil, fmt.Errorf("locale/same.txt: %w", err)
	}
	for i, lang := range i18n.Langs {
		b, err := fs.ReadFile(tree, "locale/"+lang+".json")
		if err != nil {
			return nil, err
		}
		if i == 0 {
			if !bytes.Equal(b, english.Bytes()) {
				out = append(out, Problem{"locale/en.json", "is not what the code says: run make gen"})
			}
			continue
		}
		f, err := Read(b)
		if err != nil {
			return nil, fmt.Errorf("locale/%s.json: %w", lang, err)
		}
		out = append(out, Compare(lang, english, f, same)...)
	}
	return out, nil
}

// Compare says what a language lacks, has too much or has wrong, beside the
// English catalogue.
func Compare(lang string, english, other File, same Same) []Problem {
	var out []Problem
	add := func(key, format string, args ...any) {
		out = append(out, Problem{Place: lang + " " + key, Text: fmt.Sprintf(format, args...)})
	}
	for _, key := range slices.Sorted(maps.Keys(other)) {
		if _, ok := english[key]; !ok {
			add(key, "the code says no such text")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(english)) {
		en := english[key]
		e, ok := other[key]
		if !ok {
			add(key, "is not translated: %s", en.Other)
			continue
		}
		if (en.Forms == nil) != (e.Forms == nil) {
			add(key, "one language counts here and the other does not")
			continue
		}
		if en.Forms == nil {
			for _, wrong := range text(lang, en.Other, e.Other, same) {
				add(key, "%s", wrong)
			}
			for _, wrong := range places(en.Other, e.Other) {
				add(key, "%s", wrong)
			}
			continue
		}
		for _, form := range slices.Sorted(maps.Keys(e.Forms)) {
			if !slices.Contains(forms, form) {
				add(key, "no plural form is called %q", form)
			}
		}
		for _, form := range forms {
			said, ok := e.Forms[form]
			if !ok {
				if form != "many" {
					add(key, "the form %q is missing", form)
				}
				continue
			}
			source := en.Forms["other"]
			wrongs := places(source, said)
			if form == "one" {
				source = en.Forms["one"]
				wrongs = one(lang, en.Forms["other"], source, said)
			}
			for _, wrong := range append(wrongs, text(lang, source, said, same)...) {
				add(key, "%s: %s", form, wrong)
			}
		}
	}
	return out
}

// places compares the placeholders of a text with those of its English.
func places(english, said string) []string {
	var out []string
	want, have := Placeholders(english), Placeholders(said)
	for _, p := range sorted(want) {
		if !have[p] {
			out = append(out, "{"+p+"} is missing")
		}
	}
	for _, p := range sorted(have) {
		if !want[p] {
			out = append(out, "English has no {"+p+"}")
		}
	}
	return out
}

// one compares the form for one: it may say the number or a word for it, in
// either language. In French it also says zero, so it keeps the number.
func one(lang, englishOther, english, said string) []string {
	n := "{n}"
	out := places(strings.ReplaceAll(english, n, ""), strings.ReplaceAll(said, n, ""))
	if lang == "fr" && strings.Contains(englishOther, n) && !strings.Contains(said, n) {
		out = append(out, "in French this form also says zero: keep {n}")
	}
	return out
}

// text compares the words of a text with its English.
func text(lang, english, said string, same Same) []string {
	out := style(said)
	if strings.HasSuffix(english, ".") != strings.HasSuffix(said, ".") {
		out = append(out, "English and translation end differently: a full stop")
	}
	if said == english && hasWord(english) && !same.has(lang, english) {
		out = append(out, "is the English text; where the word is the same, list it in locale/same.txt")
	}
	switch lang {
	case "fr":
		out = append(out, french(said)...)
	case "es":
		out = append(out, spanish(said)...)
	}
	return out
}

// hasWord says whether anything is left to translate once places, numbers and
// signs are taken away.
func hasWord(text string) bool {
	letters := 0
	for _, r := range placeholder.ReplaceAllString(text, "") {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters > 1
}

var (
	// A colon inside an address, a time or a command is no punctuation.
	frenchBefore = regexp.MustCompile(`([^\x{00a0}\x{202f}])([:;?!»])(?:[\s\x{00a0}\x{202f},.)»]|$)`)
	frenchAfter  = regexp.MustCompile(`«([^\x{00a0}\x{202f}]|$)`)
)

// french checks what French typography asks: a no-break space before tall
// punctuation and inside guillemets, guillemets for quotes.
func french(text string) []string {
	var out []string
	for _, g := range frenchBefore.FindAllStringSubmatch(text, -1) {
		out = append(out, fmt.Sprintf("no-break space (U+00A0) missing before %q", g[2]))
	}
	if frenchAfter.MatchString(text) {
		out = append(out, "no-break space (U+00A0) missing after «")
	}
	if strings.ContainsAny(text, `"“”`) {
		out = append(out, "French quotes are « and »")
	}
	return out
}

// spanish checks that a question is opened as well as closed.
func spanish(text string) []string {
	if strings.Count(text, "?") != strings.Count(text, "¿") && !strings.Contains(text, "://") {
		return []string{"a question begins with ¿"}
	}
	return nil
}
