package files

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"io"
	"os"
	"slices"
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

// mediaType tells the type from the content.
func (w *intake) mediaType() (string, error) {
	head := w.head
	if len(head) == 0 {
		return "", refuse(i18n.M("files.empty", "The file is empty. Choose one with content."))
	}
	for _, m := range []struct{ mark, mediaType string }{
		{"%PDF-", PDF}, {"\x89PNG\r\n\x1a\n", PNG}, {"\xff\xd8\xff", JPEG}, {"GIF87a", GIF}, {"GIF89a", GIF},
	} {
		if bytes.HasPrefix(head, []byte(m.mark)) {
			return m.mediaType, nil
		}
	}
	if len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP" {
		return WebP, nil
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return packed(w.file, w.size)
	}
	if w.text.binary || len(head) == 1 && control(uint16(head[0])) {
		return "", refuse(i18n.M("files.type",
			"This kind of file is not accepted. Use PDF, an image (PNG, JPEG, GIF, WebP), a document (DOCX, XLSX, PPTX, ODT, ODS), text (TXT, CSV) or an e-mail (EML)."))
	}
	text := plain(head)
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) {
		return "", refuse(i18n.M("files.markup",
			"Web pages, drawings in SVG and other files made of markup are not accepted. Save it as PDF and send that."))
	}
	if isMail(text) {
		return Mail, nil
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

// Bounds of a packed document's table of contents; real ones have some dozens
// of entries.
const (
	maxEntries   = 10_000
	maxDirectory = 4 << 20
)

// packed tells the type of a ZIP file from the names in its table of
// contents. Nothing is unpacked.
func packed(f *os.File, size int64) (string, error) {
	bad := func() error {
		return refuse(i18n.M("files.packed",
			"Archives are not accepted, and this file is not a whole document of a kind that is (DOCX, XLSX, PPTX, ODT, ODS). Send the documents one by one."))
	}
	names, err := entryNames(f, size)
	if err != nil {
		return "", disk("read a packed file", err)
	}
	found := ""
	for i, name := range names {
		switch name {
		case "word/document.xml":
			found = DOCX
		case "xl/workbook.xml":
			found = XLSX
		case "ppt/presentation.xml":
			found = PPTX
		case "mimetype":
			if i > 0 {
				return "", bad()
			}
			// OpenDocument puts it first and unpacked, so that it can be read in place.
			declared := make([]byte, 80)
			n, err := f.ReadAt(declared, 30+int64(len(name)))
			if err != nil && err != io.EOF {
				return "", disk("read a packed file", err)
			}
			for _, t := range []string{ODT, ODS} {
				if rest, ok := bytes.CutPrefix(declared[:n], []byte(t)); ok && bytes.HasPrefix(rest, []byte("PK")) {
					found = t
				}
			}
		}
		if strings.HasSuffix(name, "/vbaProject.bin") {
			return "", refuse(i18n.M("files.macros", "The document holds macros, which are not accepted. Save it without macros and send that."))
		}
	}
	office := found == DOCX || found == XLSX || found == PPTX
	if found == "" || office && !slices.Contains(names, "[Content_Types].xml") {
		return "", bad()
	}
	return found, nil
}

// entryNames lists the names in a ZIP file's table of contents; none where it
// is broken or too large.
func entryNames(f *os.File, size int64) ([]string, error) {
	const endSize = 22
	tail := make([]byte, min(size, endSize+1<<16))
	_, err := f.ReadAt(tail, size-int64(len(tail)))
	if err != nil && err != io.EOF {
		return nil, err
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || at+endSize > len(tail) {
		return nil, nil
	}
	end := tail[at:]
	count := int(binary.LittleEndian.Uint16(end[10:]))
	length := int64(binary.LittleEndian.Uint32(end[12:]))
	offset := int64(binary.LittleEndian.Uint32(end[16:]))
	if count == 0 || count > maxEntries || length > maxDirectory || offset+length > size {
		return nil, nil
	}
	directory := make([]byte, length)
	_, err = f.ReadAt(directory, offset)
	if err != nil && err != io.EOF {
		return nil, err
	}
	var names []string
	for range count {
		if len(directory) < 46 || string(directory[:4]) != "PK\x01\x02" {
			return nil, nil
		}
		nameLen := int(binary.LittleEndian.Uint16(directory[28:]))
		entry := 46 + nameLen + int(binary.LittleEndian.Uint16(directory[30:])) + int(binary.LittleEndian.Uint16(directory[32:]))
		if entry > len(directory) {
			return nil, nil
		}
		names = append(names, string(directory[46:46+nameLen]))
		directory = directory[entry:]
	}
	return names, nil
}
