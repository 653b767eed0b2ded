package personal

import "testing"

func TestNamesStandAsWords(t *testing.T) {
	t.Parallel()
	traces := Tidy([]string{"Ana Li", " é. Noël ", "ana@example.org", "Li", ""})
	if len(traces) != 3 {
		t.Errorf("looked for: %q", traces)
	}
	for text, want := range map[string]bool{
		"":                          false,
		"Ana Li":                    true,
		"asked ANA LI, who agreed":  true,
		"Ana Lima":                  false,
		"Ana Lima and Ana Li":       true,
		"Mariana Li":                false,
		"mail to <ana@example.org>": true,
		"mail to jana@example.org":  false,
		"chez É. NOËL":              true,
		`{"note":"Ana Li"}`:         true,
		"ana@example.organisation":  false,
		"Li":                        false,
	} {
		if got := Names(text, traces); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
