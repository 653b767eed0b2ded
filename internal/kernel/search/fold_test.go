package search

import (
	"strings"
	"testing"
	"unicode"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                   "",
		"  Ministério do Trabalho  ":         "ministerio do trabalho",
		"Côte d’Ivoire":                      "cote d ivoire",
		"ÅLAND-Islands (Åland)":              "aland islands aland",
		"İstanbul":                           "istanbul",
		"São Tomé & Príncipe":                "sao tome principe",
		"ﬁnance № 4":                         "finance no 4",
		"ILO/PARTNERSHIPS":                   "ilo partnerships",
		"— … —":                              "",
		"मंत्रालय":                           "मतरालय",
		"国際労働機関 ILO":                         "国際労働機関 ilo",
		"Ελλάδα":                             "ελλαδα",
		"Fédération  générale\tdu travail\n": "federation generale du travail",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Ayni", "Côte d’Ivoire", "İ", "ǅ ℡ ﬃ", "मंत्रालय", "\xff a", "한국어 x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
		if again := Fold(folded); again != folded {
			t.Errorf("Fold(%q) = %q, folded again %q", s, folded, again)
		}
		if strings.TrimSpace(folded) != folded || strings.Contains(folded, "  ") {
			t.Errorf("Fold(%q) = %q has blanks too many", s, folded)
		}
		for _, r := range folded {
			if unicode.Is(unicode.Mn, r) {
				t.Errorf("Fold(%q) = %q keeps the mark %U", s, folded, r)
			}
		}
		if folded != "" && !(folded < PrefixEnd(folded) && folded+" z" < PrefixEnd(folded)) {
			t.Errorf("PrefixEnd(%q) does not bound what begins with it", folded)
		}
	})
}
