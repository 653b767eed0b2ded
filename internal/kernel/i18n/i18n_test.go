package i18n

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/clock"
)

// speaker is a language with texts of its own.
func speaker(lang string, cat map[string]Entry) *L { return &L{Lang: lang, cat: cat} }

func TestMatch(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"":                          "en",
		"fr":                        "fr",
		"fr-CH, fr;q=0.9, en;q=0.8": "fr",
		"es-419":                    "es",
		"de, es;q=0.5":              "es",
		"zh":                        "en",
		"not a header;;;":           "en",
	} {
		if got := Match(header); got != want {
			t.Errorf("Match(%q) = %s, want %s", header, got, want)
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for _, lang := range Langs {
		if !Known(lang) || For(lang).Lang != lang {
			t.Errorf("%s is not known", lang)
		}
	}
	if Known("xx") || Known("") || For("xx").Lang != "en" {
		t.Error("an unknown language should speak English")
	}
}

func TestCategory(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		n          int
		en, fr, es string
	}{
		{0, "other", "one", "other"},
		{1, "one", "one", "one"},
		{-1, "one", "one", "one"},
		{2, "other", "other", "other"},
		{21, "other", "other", "other"},
		{999_999, "other", "other", "other"},
		{1_000_000, "other", "many", "many"},
		{1_000_001, "other", "other", "other"},
		{3_000_000, "other", "many", "many"},
	} {
		got := []string{category("en", tc.n), category("fr", tc.n), category("es", tc.n)}
		if diff := cmp.Diff([]string{tc.en, tc.fr, tc.es}, got); diff != "" {
			t.Errorf("%d: %s", tc.n, diff)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	fr := speaker("fr", map[string]Entry{"x.people": {Other: "{n} personnes", Forms: map[string]string{
		"one": "{n} personne", "many": "{n} de personnes", "other": "{n} personnes"}}})
	es := speaker("es", map[string]Entry{"x.people": {Other: "{n} personas", Forms: map[string]string{
		"one": "{n} persona", "other": "{n} personas"}}})
	en := speaker("en", nil)
	for _, tc := range []struct {
		l    *L
		n    int
		want string
	}{
		{en, 0, "0 people"}, {en, 1, "1 person"}, {en, 2500, "2,500 people"},
		{fr, 0, "0 personne"}, {fr, 1, "1 personne"}, {fr, 2, "2 personnes"}, {fr, 1_000_000, "1\u202f000\u202f000 de personnes"},
		{es, 0, "0 personas"}, {es, 1, "1 persona"}, {es, 1_000_000, "1.000.000 personas"}, // no form "many": "other" stands in
	} {
		if got := tc.l.N("x.people", tc.n, "{n} person", "{n} people"); got != tc.want {
			t.Errorf("%s %d: %q, want %q", tc.l.Lang, tc.n, got, tc.want)
		}
	}
	if got := en.N("x.none", 1, "", "{n} of them"); got != "1 of them" {
		t.Errorf("a count without a form for one says %q", got)
	}
}

func TestSay(t *testing.T) {
	t.Parallel()
	fr := speaker("fr", map[string]Entry{"x.to": {Other: "À {who}"}})
	who := A{"who": "Ana {n}"}
	for _, tc := range []struct {
		name, got, want string
	}{
		{"translated", fr.T("x.to", "To {who}", who), "À Ana {n}"},
		{"a value is not filled again", fr.T("x.to", "To {who}", who, A{"n": 3}), "À Ana {n}"},
		{"the default where the language lacks it", fr.T("x.none", "To {who}", who), "To Ana {n}"},
		{"a place without a value stays", fr.T("x.to", "To {who}", A{"whom": 1}), "À {who}"},
		{"nothing to say", fr.Say(Msg{}), ""},
		{"a stored message without words", fr.Say(Msg{Key: "x.to", Args: who}), "À Ana {n}"},
		{"a stored message that nobody knows", fr.Say(Msg{Key: "x.gone"}), "x.gone"},
		{"message in a message", fr.Say(M("x.say", "He says: {what}", A{"what": M("x.to", "To {who}", who)})), "He says: À Ana {n}"},
		{"English", M("x.to", "To {who}", who).English(), "To Ana {n}"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, tc.got, tc.want)
		}
	}
	if !(Msg{}).Zero() || M("x.to", "To").Zero() {
		t.Error("Zero")
	}
}

func TestMsgRoundTrip(t *testing.T) {
	t.Parallel()
	at := clock.Day("2026-11-23").Ms().Add(9*3600e9 + 12*60e9)
	for name, m := range map[string]Msg{
		"plain":  M("x.a", "A"),
		"values": M("x.a", "{s} {i} {d} {m}", A{"s": "\"é\" <b>", "i": int64(-12345), "d": clock.Day("2026-11-23"), "m": at}),
		"count":  MN("x.a", 1, "One", "{n}"),
		"zero":   MN("x.a", 0, "One", "{n}"),
		"nested": M("x.a", "{m}", A{"m": M("x.b", "{k}", A{"k": MN("x.c", 2, "one", "{n} on {d}", A{"d": clock.Day("2014")})})}),
		"lists": M("x.a", "{names} {days} {msgs}", A{
			"names": []string{"A", "B"},
			"days":  []any{clock.Day("2026-01-02"), at, "C", M("x.d", "D")},
			"msgs":  []Msg{M("x.e", "E"), MN("x.f", 3, "one", "{n} F")},
		}),
		"empty": M("x.a", "{s}{l}", A{"s": "", "l": []string{}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			var back Msg
			err = json.Unmarshal(b, &back)
			if err != nil {
				t.Fatal(err)
			}
			// The words are looked up anew: give them to the catalogue of each language.
			cat := map[string]Entry{}
			collect(m, cat)
			for _, lang := range Langs {
				l := speaker(lang, cat)
				if diff := cmp.Diff(l.Say(m), l.Say(back)); diff != "" {
					t.Errorf("%s %s: %s", lang, b, diff)
				}
			}
			again, err := json.Marshal(back)
			if err != nil {
				t.Fatal(err)
			}
			if string(again) != string(b) {
				t.Errorf("stored again as %s, was %s", again, b)
			}
		})
	}
}

func collect(v any, cat map[string]Entry) {
	switch v := v.(type) {
	case Msg:
		e := Entry{Other: v.Text}
		if v.N != nil {
			e.Forms = map[string]string{"one": v.One, "other": v.Text}
		}
		cat[v.Key] = e
		for _, a := range v.Args {
			collect(a, cat)
		}
	case []Msg:
		for _, m := range v {
			collect(m, cat)
		}
	case []any:
		for _, p := range v {
			collect(p, cat)
		}
	}
}

func TestMsgRefusesOtherJSON(t *testing.T) {
	t.Parallel()
	for _, b := range []string{`1`, `{"k": 1}`, `{"k":"x","a":{"v":1.5}}`, `{"k":"x","a":{"v":true}}`, `{"k":"x","a":{"v":[true]}}`, `{"k":"x","a":{"v":{"d":1}}}`} {
		var m Msg
		err := json.Unmarshal([]byte(b), &m)
		if err == nil {
			t.Errorf("%s was read as %v", b, m)
		}
	}
}

func TestCataloguesAreRead(t *testing.T) {
	t.Parallel()
	for _, lang := range Langs {
		_, err := Catalogue(lang)
		if err != nil {
			t.Error(err)
		}
	}
	_, err := Catalogue("xx")
	if err == nil {
		t.Error("a language without a catalogue was read")
	}
	var e Entry
	err = json.Unmarshal([]byte(`3`), &e)
	if err == nil {
		t.Error("a number was read as a text")
	}
}

func FuzzFill(f *testing.F) {
	for _, s := range []string{"", "plain", "{a}", "To {a} and {b}", "{", "}", "{}", "{{a}}", "{a", "a}", "{a}{a}{a}", "é{a}ß", "{A}", "{ a }"} {
		f.Add(s, "x{a}", 7)
	}
	l := speaker("en", nil)
	f.Fuzz(func(t *testing.T, text, a string, n int) {
		got := l.fill(text, A{"a": a, "n": n})
		if utf8.ValidString(text) && utf8.ValidString(a) && !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		if !strings.Contains(text, "{a}") && !strings.Contains(text, "{n}") && got != text {
			t.Errorf("%q became %q", text, got)
		}
		if l.fill(text, nil) != text {
			t.Errorf("without values %q became %q", text, l.fill(text, nil))
		}
		// Between places that hold no brace, every value stands as it is.
		if !strings.ContainsAny(strings.NewReplacer("{a}", "", "{n}", "").Replace(text), "{}") {
			want := strings.NewReplacer("{a}", a, "{n}", l.Num(int64(n))).Replace(text)
			if got != want {
				t.Errorf("%q became %q, want %q", text, got, want)
			}
		}
	})
}

func FuzzMsgJSON(f *testing.F) {
	f.Add([]byte(`{"k":"x.a","n":3,"a":{"d":{"d":"2026-11-23"},"m":{"k":"x.b"},"l":["a",1,{"ms":5}]}}`))
	f.Add([]byte(`{"k":"","a":{"":null}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m Msg
		err := json.Unmarshal(b, &m)
		if err != nil {
			return
		}
		first, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var again Msg
		err = json.Unmarshal(first, &again)
		if err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		second, err := json.Marshal(again)
		if err != nil || string(second) != string(first) {
			t.Errorf("%s became %s (%v)", first, second, err)
		}
		m.English()
	})
}
