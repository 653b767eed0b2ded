package refdata

import (
	"testing"

	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/i18n"
)

func TestPlacesInASourceInThreeLanguages(t *testing.T) {
	t.Parallel()
	s := loaded(t, dbtest.SQLite(t))
	for _, x := range []struct {
		place, en, fr, es string
		whole             bool
	}{
		{"line 441", "line 441", "ligne 441", "línea 441", true},
		{"lines 12, 14 and 20", "lines 12, 14 and 20", "lignes 12, 14 et 20", "líneas 12, 14 y 20", true},
		{"Table 4, Kenya, column 2, lines 3-5", "Table 4, Kenya, column 2, lines 3-5", "tableau 4, Kenya, colonne 2, lignes 3-5", "cuadro 4, Kenya, columna 2, líneas 3-5", true},
		{"Success stories, Brazil, line 441", "Success stories, Brazil, line 441", "Récits de réussite, Brésil, ligne 441", "Relatos de éxito, Brasil, línea 441", true},
		{"GN column", "GN column", "GN column", "GN column", false},
		{"general knowledge, line 3", "general knowledge, line 3", "general knowledge, ligne 3", "general knowledge, línea 3", false},
		{"", "", "", "", true},
	} {
		for lang, want := range map[string]string{"en": x.en, "fr": x.fr, "es": x.es} {
			got, whole := s.PlaceIn(i18n.For(lang), x.place)
			if got != want || whole != (x.whole || lang == "en") {
				t.Errorf("%s: %q is %q (whole %v), want %q", lang, x.place, got, whole, want)
			}
		}
	}
}
