// Package i18n says things in the reader's language: texts by key with their
// English default at the call, plural forms, dates, numbers and money.
package i18n

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"ayni/internal/kernel/clock"
	"ayni/locale"
)

// Langs are the languages of the product, the first being the default.
var Langs = []string{"en", "fr", "es"}

var matcher = language.NewMatcher([]language.Tag{language.English, language.French, language.Spanish})

// Match picks one of Langs for an Accept-Language header.
func Match(acceptLanguage string) string {
	_, i := language.MatchStrings(matcher, acceptLanguage)
	return Langs[i]
}

// Known says whether lang is one of Langs.
func Known(lang string) bool {
	for _, l := range Langs {
		if l == lang {
			return true
		}
	}
	return false
}

// A names the arguments of a text: "{name}" in the text is replaced by the
// value under "name". Values may be text, whole numbers, clock.Day, clock.Ms,
// Msg, or a list of these.
type A map[string]any

// Msg is a text not yet said: it can be stored and is said later in the
// reader's language. The zero Msg is "nothing to say".
type Msg struct {
	Key  string
	One  string // English, where the text counts something and the count is one
	Text string // English
	N    *int   // the count, for texts with plural forms
	Args A
}

// M makes a message. The key and the English text must be literals: the
// catalogue is generated from these calls.
func M(key, english string, args ...A) Msg {
	return Msg{Key: key, Text: english, Args: merge(args)}
}

// MN makes a message that counts n things; "{n}" in the text is the count.
func MN(key string, n int, one, other string, args ...A) Msg {
	return Msg{Key: key, One: one, Text: other, N: &n, Args: merge(args)}
}

func merge(args []A) A {
	switch len(args) {
	case 0:
		return nil
	case 1:
		return args[0]
	}
	out := A{}
	for _, a := range args {
		for k, v := range a {
			out[k] = v
		}
	}
	return out
}

// Zero says whether there is nothing to say.
func (m Msg) Zero() bool { return m.Key == "" }

// English says the message in English, for logs and errors.
func (m Msg) English() string { return For("en").Say(m) }

// storedMsg is the JSON form of a message: key, count and arguments. The
// words themselves are looked up when it is read.
type storedMsg struct {
	K string         `json:"k"`
	N *int           `json:"n,omitempty"`
	A map[string]any `json:"a,omitempty"`
}

// MarshalJSON stores the message as key and arguments.
func (m Msg) MarshalJSON() ([]byte, error) {
	s := storedMsg{K: m.Key, N: m.N}
	if len(m.Args) > 0 {
		s.A = map[string]any{}
		for k, v := range m.Args {
			s.A[k] = storeArg(v)
		}
	}
	return json.Marshal(s)
}

func storeArg(v any) any {
	switch v := v.(type) {
	case clock.Day:
		return map[string]any{"d": string(v)}
	case clock.Ms:
		return map[string]any{"ms": int64(v)}
	case []any:
		out := make([]any, len(v))
		for i, part := range v {
			out[i] = storeArg(part)
		}
		return out
	}
	return v
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Msg) UnmarshalJSON(b []byte) error {
	var s struct {
		K string                     `json:"k"`
		N *int                       `json:"n"`
		A map[string]json.RawMessage `json:"a"`
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("message: %w", err)
	}
	*m = Msg{Key: s.K, N: s.N}
	if len(s.A) > 0 {
		m.Args = A{}
	}
	for k, raw := range s.A {
		v, err := loadArg(raw)
		if err != nil {
			return err
		}
		m.Args[k] = v
	}
	return nil
}

func loadArg(raw json.RawMessage) (any, error) {
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case '[':
		var parts []json.RawMessage
		if err := json.Unmarshal(raw, &parts); err != nil {
			return nil, err
		}
		out := make([]any, len(parts))
		for i, p := range parts {
			v, err := loadArg(p)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	case '{':
		var o struct {
			D  *string `json:"d"`
			Ms *int64  `json:"ms"`
		}
		if err := json.Unmarshal(raw, &o); err != nil {
			return nil, err
		}
		if o.D != nil {
			return clock.Day(*o.D), nil
		}
		if o.Ms != nil {
			return clock.Ms(*o.Ms), nil
		}
		var m Msg
		err := json.Unmarshal(raw, &m)
		return m, err
	}
	var n int64
	if err := json.Unmarshal(raw, &n); err != nil {
		return nil, fmt.Errorf("message argument %s: %w", raw, err)
	}
	return n, nil
}

// L says texts in one language. Get one with For.
type L struct {
	Lang string
	cat  map[string]Entry
}

// Entry is a text of the catalogue: one form, or a form per plural category.
type Entry struct {
	Other string            // the only form, or the form "other"
	Forms map[string]string // one, many, other; nil for texts that count nothing
}

// UnmarshalJSON reads a text or an object of plural forms.
func (e *Entry) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &e.Other)
	}
	if err := json.Unmarshal(b, &e.Forms); err != nil {
		return err
	}
	e.Other = e.Forms["other"]
	return nil
}

var catalogues = sync.OnceValue(func() map[string]*L {
	out := map[string]*L{}
	for _, lang := range Langs {
		cat, err := Catalogue(lang)
		if err != nil {
			// The files are embedded at build time and tested: this is a broken build.
			panic(err)
		}
		out[lang] = &L{Lang: lang, cat: cat}
	}
	return out
})

// Catalogue reads the embedded texts of a language.
func Catalogue(lang string) (map[string]Entry, error) {
	b, err := locale.FS.ReadFile(lang + ".json")
	if err != nil {
		return nil, fmt.Errorf("texts of %s: %w", lang, err)
	}
	cat := map[string]Entry{}
	if err := json.Unmarshal(b, &cat); err != nil {
		return nil, fmt.Errorf("texts of %s: %w", lang, err)
	}
	return cat, nil
}

// For returns the speaker of a language; an unknown language speaks English.
func For(lang string) *L {
	c := catalogues()
	if l, ok := c[lang]; ok {
		return l
	}
	return c["en"]
}

// T says a text. Key and English text must be literals.
func (l *L) T(key, english string, args ...A) string {
	return l.say(key, english, merge(args))
}

// N says a text that counts n things; "{n}" in the text is the count.
func (l *L) N(key string, n int, one, other string, args ...A) string {
	return l.Say(MN(key, n, one, other, args...))
}

// Say says a message.
func (l *L) Say(m Msg) string {
	if m.N == nil {
		return l.say(m.Key, m.Text, m.Args)
	}
	n := *m.N
	args := A{"n": n}
	for k, v := range m.Args {
		args[k] = v
	}
	e, ok := l.cat[m.Key]
	if !ok {
		e, ok = For("en").cat[m.Key]
	}
	if !ok || e.Forms == nil {
		if n == 1 && m.One != "" {
			return l.fill(m.One, args)
		}
		return l.fill(m.Text, args)
	}
	if f, ok := e.Forms[category(l.Lang, n)]; ok {
		return l.fill(f, args)
	}
	return l.fill(e.Other, args)
}

func (l *L) say(key, english string, args A) string {
	if key == "" {
		return ""
	}
	if e, ok := l.cat[key]; ok && e.Other != "" {
		return l.fill(e.Other, args)
	}
	if english == "" {
		// A stored message carries no words of its own.
		if e, ok := For("en").cat[key]; ok {
			english = e.Other
		} else {
			english = key
		}
	}
	return l.fill(english, args)
}

// category is the CLDR plural category of a whole number. The rules of our
// three languages stand here because golang.org/x/text carries an edition of
// CLDR that has no "many" for French and Spanish ("1 000 000 de personnes").
func category(lang string, n int) string {
	if n < 0 {
		n = -n
	}
	switch lang {
	case "fr":
		if n <= 1 {
			return "one"
		}
	case "es", "en":
		if n == 1 {
			return "one"
		}
	}
	if lang != "en" && n != 0 && n%1_000_000 == 0 {
		return "many"
	}
	return "other"
}

// fill replaces {name} by the argument; a name without argument stays.
func (l *L) fill(text string, args A) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		j := strings.IndexByte(text[i:], '}')
		if j < 0 {
			break
		}
		b.WriteString(text[:i])
		if v, ok := args[text[i+1:i+j]]; ok {
			b.WriteString(l.Value(v))
		} else {
			b.WriteString(text[i : i+j+1])
		}
		text = text[i+j+1:]
	}
	b.WriteString(text)
	return b.String()
}

// Value says one argument in the language.
func (l *L) Value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case Msg:
		return l.Say(v)
	case clock.Day:
		return l.Date(v)
	case clock.Ms:
		return l.DateTime(v)
	case int:
		return l.Num(int64(v))
	case int64:
		return l.Num(v)
	case []string:
		return l.List(v)
	case []Msg:
		parts := make([]string, len(v))
		for i, m := range v {
			parts[i] = l.Say(m)
		}
		return l.List(parts)
	case []any:
		parts := make([]string, len(v))
		for i, p := range v {
			parts[i] = l.Value(p)
		}
		return l.List(parts)
	case fmt.Stringer:
		return v.String()
	}
	return fmt.Sprint(v)
}
