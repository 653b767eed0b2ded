package eml

import (
	"html"
	"io"
	"mime"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// inCharset decodes a text; one of an unknown character set is read as UTF-8,
// and else as Windows-1252, which has a character for almost every byte.
func inCharset(charset string, b []byte) string {
	charset = strings.ToLower(strings.TrimSpace(charset))
	if charset == "" || charset == "utf-8" || charset == "us-ascii" || charset == "utf8" {
		return guessed(b)
	}
	e, err := htmlindex.Get(charset)
	if err != nil {
		return guessed(b)
	}
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return guessed(b)
	}
	return string(out)
}

func guessed(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "�")
	}
	return string(out)
}

// decoder reads encoded words (RFC 2047).
func decoder() *mime.WordDecoder {
	return &mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
		b, err := io.ReadAll(in)
		return strings.NewReader(inCharset(charset, b)), err
	}}
}

// decodeWords reads a field of free text.
func decodeWords(s string) string {
	s = guessed([]byte(s))
	out, err := decoder().DecodeHeader(s)
	if err != nil {
		return s
	}
	return out
}

// clean is a text in one line, without what hides, turns or moves other
// characters, and not longer than a number of characters.
func clean(s string, limit int) string {
	s = strings.Join(strings.Fields(strings.Map(visible, strings.ToValidUTF8(s, "�"))), " ")
	out, _ := cut(s, limit)
	return out
}

// visible drops controls and marks of direction; blanks stay blanks.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
		return -1
	}
	return r
}

// cut keeps the first characters of a text.
func cut(s string, limit int) (string, bool) {
	n := 0
	for i := range s {
		if n == limit {
			return s[:i], true
		}
		n++
	}
	return s, false
}

// date reads a date as messages write it; zero where it can't be read.
func date(s string) time.Time {
	t, err := mail.ParseDate(s)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// people reads who wrote and to whom, those in copy among them.
func people(h header) (from Person, to []Person, more int) {
	if all := addresses(h.first("from")); len(all) > 0 {
		from = all[0]
	}
	for _, field := range []string{"to", "cc"} {
		for _, value := range h[field] {
			to = append(to, addresses(value)...)
		}
	}
	if len(to) > maxPeople {
		return from, to[:maxPeople], len(to) - maxPeople
	}
	return from, to, 0
}

// addresses reads a list of addresses; one that can't be read is kept as the
// text that stands there.
func addresses(s string) []Person {
	s = guessed([]byte(s))
	if strings.TrimSpace(s) == "" {
		return nil
	}
	parser := mail.AddressParser{WordDecoder: decoder()}
	list, err := parser.ParseList(s)
	if err != nil {
		return []Person{{Name: clean(decodeWords(s), maxField)}}
	}
	var out []Person
	for _, a := range list {
		out = append(out, Person{Name: clean(a.Name, maxField), Address: clean(a.Address, maxField)})
	}
	return out
}

// preview is the beginning of the text, lines kept.
func (p *parser) preview() (string, bool) {
	t := p.plain
	s := inCharset(t.charset, t.bytes)
	if strings.TrimSpace(s) == "" && p.html.found {
		t = p.html
		s = textOf(inCharset(t.charset, t.bytes))
	}
	var lines []string
	blank := true
	for line := range strings.Lines(strings.ReplaceAll(s, "\r", "\n")) {
		line = clean(line, maxPreview)
		if line == "" && blank {
			continue // one empty line stands for many
		}
		blank = line == ""
		lines = append(lines, line)
	}
	out, short := cut(strings.TrimSpace(strings.Join(lines, "\n")), maxPreview)
	return out, short || t.cut
}

// breaks are elements that begin a new line.
var breaks = map[string]bool{"br": true, "p": true, "div": true, "tr": true, "li": true, "ul": true, "ol": true, "table": true, "h1": true, "h2": true, "h3": true, "h4": true, "blockquote": true, "hr": true}

// hidden are elements whose content is no text.
var hidden = []string{"script", "style", "head", "title", "template", "noscript", "svg"}

// textOf is the text of a page without its markup. It is for reading, not for
// showing as a page: it is escaped like any other text.
func textOf(page string) string {
	var out strings.Builder
	for page != "" {
		before, rest, found := strings.Cut(page, "<")
		out.WriteString(oneLine(before))
		if !found {
			break
		}
		if comment, ok := strings.CutPrefix(rest, "!--"); ok {
			_, page, _ = strings.Cut(comment, "-->")
			continue
		}
		name := tagName(rest)
		if name == "" && !strings.HasPrefix(rest, "/") && !strings.HasPrefix(rest, "!") && !strings.HasPrefix(rest, "?") {
			out.WriteByte('<') // as in “a < b”
			page = rest
			continue
		}
		_, page, _ = strings.Cut(rest, ">")
		for _, h := range hidden {
			if name == h {
				page = after(page, "</"+h)
			}
		}
		if breaks[name] {
			out.WriteByte('\n')
		}
	}
	return html.UnescapeString(out.String())
}

// after is what follows the end tag that begins with mark, whatever its case.
func after(page, mark string) string {
	for {
		i := strings.Index(page, "</")
		if i < 0 {
			return ""
		}
		page = page[i:]
		if len(page) >= len(mark) && strings.EqualFold(page[:len(mark)], mark) {
			_, rest, _ := strings.Cut(page, ">")
			return rest
		}
		page = page[2:]
	}
}

// oneLine makes line breaks of the source blanks, as a browser does.
func oneLine(s string) string { return strings.Map(newlineBlank, s) }

func newlineBlank(r rune) rune {
	if r == '\n' || r == '\r' {
		return ' '
	}
	return r
}

// tagName is the name of the tag that a text begins with, in lower case.
func tagName(s string) string {
	s = strings.TrimPrefix(s, "/")
	end := strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
	if end >= 0 {
		s = s[:end]
	}
	return strings.ToLower(s)
}
