package catalogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"ayni/internal/kernel/i18n"
)

// File is the catalogue of one language: texts by key.
type File map[string]i18n.Entry

// English is the catalogue that the texts make.
func English(texts []Text) File {
	out := File{}
	for _, t := range texts {
		e := i18n.Entry{Other: t.Other}
		if t.Count {
			e.Forms = map[string]string{"one": t.One, "other": t.Other}
		}
		out[t.Key] = e
	}
	return out
}

// Read reads a catalogue and refuses a key that stands twice.
func Read(b []byte) (File, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	tok, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	if tok != json.Delim('{') {
		return nil, fmt.Errorf("catalogue: begins with %v, not with an object", tok)
	}
	out := File{}
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
		key := fmt.Sprint(tok)
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("catalogue: %s stands twice", key)
		}
		var e i18n.Entry
		err = d.Decode(&e)
		if err != nil {
			return nil, fmt.Errorf("catalogue: %s: %w", key, err)
		}
		out[key] = e
	}
	_, err = d.Token() // the closing brace
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	return out, nil
}

// forms is the order in which plural forms are written.
var forms = []string{"one", "many", "other"}

// Bytes writes the catalogue: one key a line, sorted, so that a change of one
// text is a change of one line.
func (f File) Bytes() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(f)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  ")
		write(&b, key)
		b.WriteString(": ")
		e := f[key]
		if e.Forms == nil {
			write(&b, e.Other)
			continue
		}
		b.WriteByte('{')
		first := true
		for _, form := range forms {
			text, ok := e.Forms[form]
			if !ok {
				continue
			}
			if !first {
				b.WriteString(", ")
			}
			first = false
			write(&b, form)
			b.WriteString(": ")
			write(&b, text)
		}
		b.WriteByte('}')
	}
	if len(f) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// write appends a JSON string without the escapes meant for HTML.
func write(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.Encode(s) // a string never fails
	b.Truncate(b.Len() - 1)
}

// Missing are the English texts that a language lacks, for its translator.
func Missing(english, other File) File {
	out := File{}
	for key, e := range english {
		if _, ok := other[key]; !ok {
			out[key] = e
		}
	}
	return out
}

// Changed are the keys that both catalogues hold with different English.
func Changed(before, after File) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(before)) {
		a, ok := after[key]
		if ok && (a.Other != before[key].Other || !maps.Equal(a.Forms, before[key].Forms)) {
			out = append(out, key)
		}
	}
	return out
}
