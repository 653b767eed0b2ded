package files

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"io"
	"strings"
	"unicode/utf8"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// headSize is how much of a content's beginning is looked at.
const headSize = 64 << 10

// The types that are accepted.
const (
	PDF  = "application/pdf"
	PNG  = "image/png"
	JPEG = "image/jpeg"
	GIF  = "image/gif"
	WebP = "image/webp"
	DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	ODT  = "application/vnd.oasis.opendocument.text"
	ODS  = "application/vnd.oasis.opendocument.spreadsheet"
	Text = "text/plain"
	CSV  = "text/csv"
	Mail = "message/rfc822"
)

// extensions are the usual endings of the types, the first the one that is added.
var extensions = map[string][]string{
	PDF: {".pdf"}, PNG: {".png"}, JPEG: {".jpg", ".jpeg"}, GIF: {".gif"}, WebP: {".webp"},
	DOCX: {".docx"}, XLSX: {".xlsx"}, PPTX: {".pptx"}, ODT: {".odt"}, ODS: {".ods"},
	Text: {".txt"}, CSV: {".csv"}, Mail: {".eml"},
}

func refuse(m i18n.Msg) error { return errs.New(errs.Invalid, m) }

// mediaType tells the type from the content. Of a picture the header is read,
// a packed document is read through; nothing else is looked into.
func (w *intake) mediaType(ctx context.Context) (string, error) {
	head := w.head
	if len(head) == 0 {
		return "", refuse(i18n.M("files.empty", "The file is empty. Choose one with content."))
	}
	if bytes.HasPrefix(head, []byte("%PDF-")) {
		return PDF, nil
	}
	if picture := isPicture(head); picture != "" {
		return picture, checkPicture(picture, w.file, w.size)
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return packedType(ctx, w.file, w.size)
	}
	text := plain(head)
	if isMail(text) {
		return Mail, nil // whatever its parts hold
	}
	if w.text.binary || len(head) == 1 && control(uint16(head[0])) {
		return "", refuse(i18n.M("files.type",
			"This kind of file is not accepted. Use PDF, an image (PNG, JPEG, GIF, WebP), a document (DOCX, XLSX, PPTX, ODT, ODS), text (TXT, CSV) or an e-mail (EML)."))
	}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) {
		return "", refuse(i18n.M("files.markup",
			"Web pages, drawings in SVG and other files made of markup are not accepted. Save it as PDF and send that."))
	}
	if isCSV(text, w.size > headSize) {
		return CSV, nil
	}
	return Text, nil
}

// textCheck notes characters that no text has.
type textCheck struct {
	binary bool
	begun  bool
	order  binary.ByteOrder // of UTF-16, told by its mark; nil for one byte a character
	half   []byte           // what waits for the next part: the first byte of all, or of a wide character
}

func (c *textCheck) add(part []byte) {
	if len(c.half) > 0 {
		part = append(c.half, part...)
		c.half = nil
	}
	if !c.begun {
		if len(part) < 2 {
			c.half = bytes.Clone(part)
			return
		}
		c.begun = true
		switch string(part[:2]) {
		case "\xff\xfe":
			c.order = binary.LittleEndian
		case "\xfe\xff":
			c.order = binary.BigEndian
		}
	}
	if c.order == nil {
		for _, b := range part {
			c.binary = c.binary || control(uint16(b))
		}
		return
	}
	for len(part) >= 2 {
		c.binary = c.binary || control(c.order.Uint16(part))
		part = part[2:]
	}
	c.half = bytes.Clone(part)
}

// control says whether a character is one that no text has.
func control(r uint16) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' || r == 0x7f
}

// plain returns the text's beginning without marks: one byte a character
// where it is UTF-16, which is enough to see what it is.
func plain(head []byte) []byte {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return head[3:]
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return bytes.ReplaceAll(head[2:], []byte{0}, nil)
	}
	return head
}

// isMail says whether a text begins as a message (RFC 5322): header fields,
// among them From and one that only messages have.
func isMail(text []byte) bool {
	from, only := false, false
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimRight(line, "\r\n")
		if len(trimmed) == 0 {
			break
		}
		if bytes.ContainsFunc(trimmed, func(r rune) bool { return r < 0x20 && r != '\t' }) {
			return false
		}
		if trimmed[0] == ' ' || trimmed[0] == '\t' {
			continue // the field before goes on
		}
		name, _, ok := bytes.Cut(trimmed, []byte(":"))
		if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t") || !utf8.Valid(name) {
			return false
		}
		switch strings.ToLower(string(name)) {
		case "from":
			from = true
		case "date", "message-id", "received", "return-path", "mime-version":
			only = true
		}
	}
	return from && only
}

// isCSV says whether the first lines have the same number of cells, and more
// than one, by one of the usual separators.
func isCSV(text []byte, cut bool) bool {
	if cut { // the last line isn't whole
		if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
			text = text[:i+1]
		}
	}
	for _, separator := range ",;\t" {
		r := csv.NewReader(bytes.NewReader(text))
		r.Comma, r.ReuseRecord = separator, true
		lines := 0
		for lines < 20 {
			cells, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil || len(cells) < 2 {
				lines = 0
				break
			}
			lines++
		}
		if lines >= 2 {
			return true
		}
	}
	return false
}
