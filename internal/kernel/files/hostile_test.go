package files_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
)

// pngOf is the beginning of a picture of a size, moving where frames > 0, with
// other pieces before its end.
func pngOf(width, height, frames int, pieces ...string) string {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	piece := func(kind string, body []byte) {
		binary.Write(&b, binary.BigEndian, uint32(len(body)))
		b.WriteString(kind)
		b.Write(body)
		binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(append([]byte(kind), body...)))
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(width))
	head = binary.BigEndian.AppendUint32(head, uint32(height))
	piece("IHDR", append(head, 8, 6, 0, 0, 0))
	for range frames {
		piece("fcTL", make([]byte, 26))
	}
	for _, text := range pieces {
		piece("tEXt", []byte(text))
	}
	piece("IEND", nil)
	return b.String()
}

// jpegOf is the beginning of a picture, behind a piece as long as a piece can be.
func jpegOf(width, height int, frame byte) string {
	b := []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
	for range 3 {
		b = append(append(b, 0xff, 0xe2, 0xff, 0xff), make([]byte, 0xfffd)...)
	}
	b = append(b, 0xff, frame, 0, 17, 8, byte(height>>8), byte(height), byte(width>>8), byte(width), 3)
	return string(append(b, make([]byte, 9)...))
}

func gifOf(width, height, frames int) string {
	b := binary.LittleEndian.AppendUint16([]byte("GIF89a"), uint16(width))
	b = append(binary.LittleEndian.AppendUint16(b, uint16(height)), 0, 0, 0)
	for range frames {
		b = append(b, 0x21, 0xf9, 4, 0, 1, 0, 0, 0)                  // how long it stays
		b = append(b, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 1, 'D', 0) // one point
	}
	return string(append(b, 0x3b))
}

func webpOf(width, height, frames int) string {
	var b bytes.Buffer
	b.WriteString("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00")
	b.Write([]byte{byte(width - 1), byte((width - 1) >> 8), byte((width - 1) >> 16), byte(height - 1), byte((height - 1) >> 8), byte((height - 1) >> 16)})
	for range frames {
		b.WriteString("ANMF\x02\x00\x00\x00xx")
	}
	return b.String()
}

// real is a picture that another program wrote.
func real(t *testing.T, encode func(io.Writer, image.Image) error) string {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.White, color.Black})
	var b bytes.Buffer
	err := encode(&b, m)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// refusedAs puts a content and returns the type, or the key of the refusal.
func refusedAs(t *testing.T, content string) string {
	t.Helper()
	s, dir := open(t)
	stored, err := s.Put(t.Context(), strings.NewReader(content), 32*megabyte)
	if err == nil {
		return stored.MediaType
	}
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("refused with %v", err)
		return "?"
	}
	if left := lying(t, dir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	return errs.As(err).Msg.Key
}

// TestUP6_Pictures: what a picture would take is told from its header, before
// anything is decoded.
func TestUP6_Pictures(t *testing.T) {
	t.Parallel()
	const large, frames, broken = "files.picture.large", "files.picture.frames", "files.picture.broken"
	for name, c := range map[string]struct{ content, want string }{
		"png of 65,500 by 65,500":      {pngOf(65_500, 65_500, 0), large},
		"png of 50 megapixels":         {pngOf(10_000, 5_000, 0), files.PNG},
		"png just beyond":              {pngOf(10_000, 5_001, 0), large},
		"png whose side overflows":     {pngOf(0xffffffff, 0xffffffff, 0), large},
		"png of no height":             {pngOf(10, 0, 0), broken},
		"png without a header":         {"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIDAT", broken},
		"png that ends in its header":  {pngOf(10, 10, 0)[:20], broken},
		"moving png":                   {pngOf(10, 10, 500), files.PNG},
		"png of 501 frames":            {pngOf(10, 10, 501), frames},
		"jpeg of 65,500 by 65,500":     {jpegOf(65_500, 65_500, 0xc0), large},
		"jpeg in passes":               {jpegOf(65_500, 65_500, 0xc2), large},
		"jpeg without a frame":         {"\xff\xd8\xff\xda\x00\x04xx", broken},
		"jpeg of nothing":              {"\xff\xd8\xff", broken},
		"jpeg whose piece has no size": {"\xff\xd8\xff\xe0\x00\x00xxxx", broken},
		"gif of 65,500 by 65,500":      {gifOf(65_500, 65_500, 1), large},
		"gif of 10,000 frames":         {gifOf(10, 10, 10_000), frames},
		"gif of 500 frames":            {gifOf(10, 10, 500), files.GIF},
		"gif of 501 frames":            {gifOf(10, 10, 501), frames},
		"gif without an end":           {strings.TrimSuffix(gifOf(10, 10, 2), ";"), files.GIF},
		"gif without a frame":          {"GIF89a\x0a\x00\x0a\x00\x00\x00\x00", broken},
		"webp of 65,500 by 65,500":     {webpOf(65_500, 65_500, 0), large},
		"webp of 501 frames":           {webpOf(10, 10, 501), frames},
		"webp of nothing":              {"RIFF\x00\x00\x00\x00WEBP", broken},
		"webp with points, lossless":   {"RIFF\x10\x00\x00\x00WEBPVP8L\x05\x00\x00\x00\x2f\xff\xff\xff\x0f", large},
		"webp with points":             {"RIFF\x10\x00\x00\x00WEBPVP8 \x0a\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x10\x00\x10\x00", files.WebP},
		"photoshop":                    {"8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\xff\xdc\x00\x00\xff\xdc", "files.type"},
		"tiff":                         {"II*\x00\x08\x00\x00\x00", "files.type"},
		"bitmap":                       {"BM\x00\x00\x00\x00\x00\x00\x00\x00", "files.type"},
		"real png":                     {real(t, png.Encode), files.PNG},
		"real jpeg":                    {real(t, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }), files.JPEG},
		"real gif":                     {real(t, func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) }), files.GIF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := refusedAs(t, c.content); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestUP5_Polyglots: the type is that of the content, whatever else it would
// pass for.
func TestUP5_Polyglots(t *testing.T) {
	t.Parallel()
	const page = "<html><script>alert(1)</script></html>"
	document := zipped(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w/>", "page.html", page)
	for name, c := range map[string]struct{ content, want string }{
		"page in a png":            {pngOf(10, 10, 0, page), files.PNG},
		"page behind a png":        {pngOf(10, 10, 0) + page, files.PNG},
		"page in a gif":            {gifOf(10, 10, 1) + page, files.GIF},
		"drawing with a script":    {`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "files.markup"},
		"pdf with a script":        {"%PDF-1.7\n<< /S /JavaScript /JS (app.alert(1)) >>", files.PDF},
		"page that is called pdf":  {"<!-- %PDF-1.7 -->" + page, "files.markup"},
		"page behind blanks":       {"\xef\xbb\xbf \t\r\n" + page, "files.markup"},
		"page in a document":       {document, files.DOCX},
		"page in front of a docx":  {page + document, "files.type"},
		"picture before a docx":    {pngOf(10, 10, 0) + document, files.PNG},
		"message with a page":      {"From: a@example.org\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\nContent-Type: text/html\r\n\r\n" + page, files.Mail},
		"program behind a message": {"From: a\x00\r\nDate: x\r\n\r\n", "files.type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := refusedAs(t, c.content); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// office packs a document that word processors take, with more entries.
func office(t testing.TB, more ...string) string {
	t.Helper()
	return zipped(t, append([]string{"[Content_Types].xml", "<Types/>", "word/document.xml", "<w/>"}, more...)...)
}

// lied changes numbers in a packed document: at the place of every mark, some
// bytes further on.
func lied(content, mark string, at int, with ...byte) string {
	b := []byte(content)
	for i := 0; ; {
		j := bytes.Index(b[i:], []byte(mark))
		if j < 0 {
			return string(b)
		}
		copy(b[i+j+at:], with)
		i += j + 4
	}
}

// TestUP3_Packed: what a packed document unpacks to is counted while it is
// read, and what its table of contents says is not believed.
func TestUP3_Packed(t *testing.T) {
	t.Parallel()
	const refused = "files.packed"
	zeros := strings.Repeat("\x00", 2<<20)
	var bomb bytes.Buffer
	w := zip.NewWriter(&bomb)
	for _, name := range []string{"[Content_Types].xml", "word/document.xml"} {
		e, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			io.WriteString(e, zeros)
		}
	}
	err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	nested := office(t)
	for range 4 {
		nested = office(t, "word/embeddings/inner.docx", nested)
	}
	good := office(t, "word/media/text.txt", strings.Repeat("words of a text ", 1000))
	packedAt := strings.Index(good, "text.txt") + len("text.txt")
	const local, central = "PK\x03\x04", "PK\x01\x02"
	// Two entries that are alike, both of which the table finds at the place of the first.
	shared := office(t, "word/1.xml", "the same", "word/2.xml", "the same")
	last := strings.LastIndex(shared, central)
	before := strings.LastIndex(shared[:last], central)
	shared = shared[:last+42] + shared[before+42:before+46] + shared[last+46:]
	var many []string
	for i := range 6000 {
		many = append(many, fmt.Sprint("word/", i), "")
	}
	half := office(t, many...)
	for name, c := range map[string]struct{ content, want string }{
		"whole":                          {good, files.DOCX},
		"a table in a document":          {office(t, "word/embeddings/table.xlsx", office(t)), files.DOCX},
		"eighty megabytes of zeros":      {bomb.String(), refused},
		"documents five deep":            {nested, refused},
		"twelve thousand entries inside": {office(t, "a.docx", half, "b.docx", half), refused},
		"more than the table says":       {lied(good, central, 24, 5, 0, 0, 0), refused},
		"less than the table says":       {lied(good, central, 24, 0xff, 0xff, 0, 0), refused},
		"entries that share bytes":       {shared, refused},
		"an entry beyond the end":        {lied(good, central, 42, 0xff, 0xff, 0xff, 0x7f), refused},
		"ciphered":                       {lied(good, central, 8, 1, 0), refused},
		"packed in another way":          {lied(good, central, 10, 12, 0), refused},
		"no header of an entry":          {good[:4] + lied(good, local, 0, 0, 0, 0, 0)[4:], refused},
		"bytes that can't be unpacked":   {good[:packedAt] + "\xff\xff\xff\xff" + good[packedAt+4:], refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := refusedAs(t, c.content); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestMailRoom: a message may be larger than other files, as what is attached
// to it is written in letters.
func TestMailRoom(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	const limit = megabyte
	message := func(size int) string {
		head := "From: a@example.org\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n\r\n"
		return head + strings.Repeat("x", size-len(head))
	}
	for _, c := range []struct {
		content string
		kind    errs.Kind
	}{
		{message(int(files.MailLimit(limit))), 0},
		{message(int(files.MailLimit(limit)) + 1), errs.TooLarge},
		{strings.Repeat("x", limit+1), errs.TooLarge},
	} {
		_, err := s.Put(t.Context(), strings.NewReader(c.content), limit)
		if (err == nil) != (c.kind == 0) || err != nil && errs.KindOf(err) != c.kind {
			t.Errorf("%d bytes: %v", len(c.content), err)
		}
	}
}
