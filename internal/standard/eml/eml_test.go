package eml_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/standard/eml"
)

// crlf writes a message with the line ends of the standard.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func parse(t *testing.T, s string) eml.Message {
	t.Helper()
	m, err := eml.Parse(strings.NewReader(s), eml.Default)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// agreed is a message with a text in two forms, a picture in it, a document
// and another message that has a file of its own.
const agreed = `Return-Path: <joao@example.org>
Received: from mail.example.org
	by mx.example.net; Tue, 24 Nov 2026 09:00:02 +0000
From: =?utf-8?q?Jo=C3=A3o_Silva?= <joao@example.org>
To: "Ministry, Health" <health@example.net>, =?iso-8859-1?q?Jos=E9?= <jose@example.net>
Cc: office@example.com
Date: Tue, 24 Nov 2026 11:00:00 +0200
Subject: =?windows-1252?q?Agreed_=96_the?= =?windows-1252?q?_plan?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

This is a message in parts.
--outer
Content-Type: multipart/related; boundary=related

--related
Content-Type: multipart/alternative; boundary=alt

--alt
Content-Type: text/plain; charset=windows-1252
Content-Transfer-Encoding: quoted-printable

We agree =96 as of to=
day.



R=E9union on Friday.
--alt
Content-Type: text/html; charset=utf-8

<html><head><title>x</title></head><body><p>We agree</p><script>alert(1)</script></body></html>
--alt--
--related
Content-Type: image/png
Content-ID: <logo>
Content-Transfer-Encoding: base64

aGVsbG8=
--related--
--outer
Content-Type: application/pdf
Content-Disposition: attachment; filename*=UTF-8''plan%20d%E2%80%99action.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjcK
aGVsbG8=
--outer
Content-Type: message/rfc822

From: ana@example.org
Subject: Before that
Content-Type: multipart/mixed; boundary=inner

--inner

The first text.
--inner
Content-Type: text/csv; name="=?utf-8?b?ZG9ubsOpZXMuY3N2?="

a,b
1,2
--inner--
--outer--
`

func TestParse(t *testing.T) {
	t.Parallel()
	inner := agreed[strings.Index(agreed, "From: ana@"):strings.Index(agreed, "\n--outer--")]
	want := eml.Message{
		From:    eml.Person{Name: "João Silva", Address: "joao@example.org"},
		To:      []eml.Person{{Name: "Ministry, Health", Address: "health@example.net"}, {Name: "José", Address: "jose@example.net"}, {Address: "office@example.com"}},
		Subject: "Agreed – the plan", Date: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC),
		Text: "We agree – as of today.\n\nRéunion on Friday.",
		Attached: []eml.Attached{
			{Number: 1, Type: "image/png", Size: 5, Hash: sum("hello")},
			{Number: 2, Name: "plan d’action.pdf", Type: "application/pdf", Size: 14, Hash: sum("%PDF-1.7\nhello")},
			{Number: 3, Name: "message.eml", Type: "message/rfc822"},
			{Number: 4, Name: "données.csv", Type: "text/csv", Inside: 3},
		},
	}
	for name, c := range map[string]struct {
		text func(string) string
		read func(io.Reader) io.Reader
	}{
		"line ends of the standard": {crlf, func(r io.Reader) io.Reader { return r }},
		"line ends of a file":       {func(s string) string { return s }, func(r io.Reader) io.Reader { return r }},
		"byte by byte":              {crlf, iotest.OneByteReader},
		"of a mailbox":              {func(s string) string { return "From joao@example.org Tue Nov 24 09:00:00 2026\n" + s }, func(r io.Reader) io.Reader { return r }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := eml.Parse(c.read(strings.NewReader(c.text(agreed))), eml.Default)
			if err != nil {
				t.Fatal(err)
			}
			content := c.text(inner)
			if name == "of a mailbox" {
				content = inner
			}
			csv := c.text("a,b\n1,2")
			if name == "of a mailbox" {
				csv = "a,b\n1,2"
			}
			w := want
			w.Attached = append([]eml.Attached{}, want.Attached...)
			w.Attached[2].Size, w.Attached[2].Hash = int64(len(content)), sum(content)
			w.Attached[3].Size, w.Attached[3].Hash = int64(len(csv)), sum(csv)
			if diff := cmp.Diff(w, m, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
				t.Errorf("(-want, +got)\n%s", diff)
			}
			for number, want := range map[int]string{1: "hello", 2: "%PDF-1.7\nhello", 3: content, 4: csv} {
				var b bytes.Buffer
				err := eml.Extract(c.read(strings.NewReader(c.text(agreed))), eml.Default, number, &b)
				if err != nil || b.String() != want {
					t.Errorf("attachment %d: %q, %v, want %q", number, b.String(), err, want)
				}
			}
			err = eml.Extract(strings.NewReader(c.text(agreed)), eml.Default, 5, io.Discard)
			if !errors.Is(err, eml.ErrNoPart) {
				t.Errorf("attachment 5: %v", err)
			}
		})
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, want string }{
		"no type":             {"\n\nPlain words.", "Plain words."},
		"iso-8859-15":         {"Content-Type: text/plain; charset=ISO-8859-15\n\n10 \xa4", "10 €"},
		"iso-8859-5":          {"Content-Type: text/plain; charset=iso-8859-5\n\n\xb4\xd0", "Да"},
		"koi8-r":              {"Content-Type: text/plain; charset=koi8-r\n\n\xe4\xc1", "Да"},
		"gb2312":              {"Content-Type: text/plain; charset=gb2312\n\n\xc4\xe3", "你"},
		"utf-8":               {"Content-Type: text/plain; charset=utf-8\n\nhéllo", "héllo"},
		"not what it says":    {"Content-Type: text/plain; charset=utf-8\n\nR\xe9union", "Réunion"},
		"unknown set":         {"Content-Type: text/plain; charset=x-unknown\n\nR\xe9union", "Réunion"},
		"a page":              {"Content-Type: text/html\n\n<style>p{}</style><p>First &amp; last</p><!-- <p>no</p> --><SCRIPT>alert(1)</Script><div>a < b<br>c</div>", "First & last\n\na < b\nc"},
		"a page without end":  {"Content-Type: text/html\n\n<p>Words<script>alert(1)", "Words"},
		"a page in entities":  {"Content-Type: text/html\n\n&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"},
		"hiding characters":   {"\n\nreport\u202etxt.exe\u200b\x07", "reporttxt.exe"},
		"encoding not known":  {"Content-Transfer-Encoding: x-uue\n\nwords", "words"},
		"letters in between":  {"Content-Transfer-Encoding: base64\n\naGVs !\n bG8=", "hello"},
		"type not readable":   {"Content-Type: ;;;\n\nwords", ""},
		"text as an attached": {"Content-Type: text/plain; name=a.txt\n\nwords", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, "From: a@example.org\n"+c.content).Text; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	long := parse(t, "From: a\n\n"+strings.Repeat("né ", 100_000))
	if n := len([]rune(long.Text)); n > 4000 || n < 3990 || !long.Cut {
		t.Errorf("%d characters, cut: %v", n, long.Cut)
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		head string
		want eml.Message
	}{
		"8-bit name":        {"From: Jos\xe9 <jose@example.org>", eml.Message{From: eml.Person{Name: "José", Address: "jose@example.org"}}},
		"not an address":    {"From: the ministry", eml.Message{From: eml.Person{Name: "the ministry"}}},
		"two who wrote":     {"From: a@example.org, b@example.org", eml.Message{From: eml.Person{Address: "a@example.org"}}},
		"undisclosed":       {"From: a@example.org\nTo: undisclosed-recipients:;", eml.Message{From: eml.Person{Address: "a@example.org"}}},
		"no date":           {"From: a@example.org\nDate: in spring", eml.Message{From: eml.Person{Address: "a@example.org"}}},
		"folded":            {"From: a@example.org\nSubject: one\n two\n\tthree", eml.Message{From: eml.Person{Address: "a@example.org"}, Subject: "one two three"}},
		"two subjects":      {"From: a@example.org\nSubject: one\nSubject: two", eml.Message{From: eml.Person{Address: "a@example.org"}, Subject: "one"}},
		"turned subject":    {"From: a@example.org\nSubject: =?utf-8?b?4oCuZXhlLnBkZg==?=", eml.Message{From: eml.Person{Address: "a@example.org"}, Subject: "exe.pdf"}},
		"line in a subject": {"From: a@example.org\nSubject: =?utf-8?q?one=0D=0ABcc:_two?=", eml.Message{From: eml.Person{Address: "a@example.org"}, Subject: "one Bcc: two"}},
		"markup":            {"From: \"<script>\" <a@example.org>\nSubject: <img src=x>", eml.Message{From: eml.Person{Name: "<script>", Address: "a@example.org"}, Subject: "<img src=x>"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, parse(t, c.head+"\n\n")); diff != "" {
				t.Errorf("(-want, +got)\n%s", diff)
			}
		})
	}
	many := parse(t, "From: a@example.org\nTo: "+strings.Repeat("b@example.org, ", 69)+"c@example.org\n\n")
	if len(many.To) != 50 || many.More != 20 {
		t.Errorf("%d recipients and %d more", len(many.To), many.More)
	}
}

// deep is a message with parts in parts, or messages in messages.
func deep(n int, message bool) string {
	inner := "From: a@example.org\n\nwords\n"
	for i := range n {
		if message {
			inner = fmt.Sprintf("From: a@example.org\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\nContent-Type: message/rfc822\n\n%s\n--b%d--\n", i, i, inner, i)
			continue
		}
		inner = strings.TrimPrefix(inner, "From: a@example.org\n")
		inner = fmt.Sprintf("From: a@example.org\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\n%s\n--b%d--\n", i, i, inner, i)
	}
	return inner
}

func TestLimits(t *testing.T) {
	t.Parallel()
	parts := func(n int) string {
		return "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: image/png\n\nx\n", n) + "--b--\n"
	}
	for name, c := range map[string]struct {
		content string
		want    error
	}{
		"nothing":                     {"", eml.ErrNotMessage},
		"no header":                   {"\n\nwords", eml.ErrNotMessage},
		"no field":                    {"words and words\n\nmore", eml.ErrNotMessage},
		"parts five deep":             {deep(5, false), nil},
		"parts six deep":              {deep(6, false), eml.ErrDepth},
		"parts a hundred deep":        {deep(100, false), eml.ErrDepth},
		"messages five deep":          {deep(4, true), nil},
		"messages six deep":           {deep(5, true), eml.ErrDepth},
		"two hundred parts":           {parts(198), nil},
		"two hundred and two":         {parts(201), eml.ErrParts},
		"fifty thousand":              {parts(50_000), eml.ErrParts},
		"a long header":               {"From: a@example.org\nX: " + strings.Repeat("x", 200<<10) + "\n\n", nil},
		"a header too long":           {"From: a@example.org\nX: " + strings.Repeat("x", 300<<10) + "\n\n", eml.ErrHeader},
		"a header of many lines":      {"From: a@example.org\n" + strings.Repeat("X: xxxxxxxxxxxxxx\n", 30_000) + "\n", eml.ErrHeader},
		"a header without an end":     {"From: " + strings.Repeat("x", 300<<10), eml.ErrHeader},
		"a part's header too long":    {"From: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nX: " + strings.Repeat("x", 300<<10) + "\n\nx\n--b--\n", eml.ErrHeader},
		"thirty megabytes":            {"From: a@example.org\n\n" + strings.Repeat("words\n", 5<<20), nil},
		"more than it may be":         {"From: a@example.org\n\n" + strings.Repeat("words\n", 7<<20), eml.ErrTooLarge},
		"an attachment more than may": {"From: a@example.org\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat("aGVsbG8h\n", 5<<20), eml.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := eml.Parse(strings.NewReader(c.content), eml.Default)
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if err == nil && m.Incomplete {
				t.Errorf("incomplete: %+v", m)
			}
		})
	}
	broken := errors.New("the line is cut")
	_, err := eml.Parse(io.MultiReader(strings.NewReader("From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx"), iotest.ErrReader(broken)), eml.Default)
	if !errors.Is(err, broken) {
		t.Errorf("what the reader fails with: %v", err)
	}
}

func TestBroken(t *testing.T) {
	t.Parallel()
	const head = "From: a@example.org\nSubject: Broken\nContent-Type: multipart/mixed; boundary=b\n\n"
	for name, c := range map[string]struct {
		content  string
		attached int
	}{
		"no boundary":            {"From: a@example.org\nSubject: Broken\nContent-Type: multipart/mixed\n\n--b\n\nwords", 0},
		"a boundary too long":    {"From: a@example.org\nSubject: Broken\nContent-Type: multipart/mixed; boundary=" + strings.Repeat("b", 5000) + "\n\n--b\n\nwords", 0},
		"no part":                {head + "words", 0},
		"no end":                 {head + "--b\nContent-Type: image/png\n\nx", 1},
		"a header that is none":  {head + "--b\nContent-Type: image/png\n\nx\n--b\nthis is no header\n\nx\n--b--\n", 1},
		"letters that are none":  {head + "--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\naGVsbG8==aaa=\n--b--\n", 1},
		"signs that are none":    {head + "--b\nContent-Type: image/png\nContent-Transfer-Encoding: quoted-printable\n\n=ZZ\x00\n--b--\n", 1},
		"an attached message":    {head + "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\naGVsbG8==aaa=\n--b--\n", 1},
		"text that can't be had": {head + "--b\nContent-Transfer-Encoding: base64\n\n=a=a=a\n--b--\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := parse(t, c.content)
			if !m.Incomplete || m.Subject != "Broken" || len(m.Attached) != c.attached {
				t.Errorf("incomplete: %v, %q, %d attached", m.Incomplete, m.Subject, len(m.Attached))
			}
		})
	}
}

// TestLargeAttachment: thirty megabytes of attachments are not held.
func TestLargeAttachment(t *testing.T) {
	t.Parallel()
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 57)) + "\n"
	size := 30 << 20 / len(line)
	content := "From: a@example.org\nContent-Type: application/zip; name=big.zip\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat(line, size)
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			m, err := eml.Parse(strings.NewReader(content), eml.Default)
			if err != nil || len(m.Attached) != 1 || m.Attached[0].Size != int64(57*size) {
				b.Fatalf("%v, %+v", err, m.Attached)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 4<<20 {
		t.Errorf("%d bytes were allocated", allocated)
	}
}

// FuzzParse: whatever comes in is read or refused, and what was listed can be
// taken out and is what was listed.
func FuzzParse(f *testing.F) {
	f.Add(agreed)
	f.Add(crlf(agreed))
	f.Add(deep(3, true))
	f.Add(deep(6, false))
	f.Add("From: a\n\n")
	f.Add("From: a\nContent-Type: text/html\n\n<p>x</p><script>a</script>")
	f.Add("From: =?utf-8?q?a=?= <a@example.org>\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Transfer-Encoding: base64\nContent-Type: message/rfc822\n\naGVsbG8=\n--b--")
	f.Fuzz(func(t *testing.T, content string) {
		limits := eml.Default
		limits.Bytes = 1 << 20
		m, err := eml.Parse(strings.NewReader(content), limits)
		if err != nil {
			return
		}
		for _, s := range []string{m.Subject, m.Text, m.From.Name, m.From.Address} {
			if strings.ToValidUTF8(s, "") != s || strings.ContainsAny(s, "\x00\r\u202e") {
				t.Errorf("kept as %q", s)
			}
		}
		if len([]rune(m.Text)) > 4000 {
			t.Errorf("%d characters of text", len([]rune(m.Text)))
		}
		for _, a := range m.Attached[:min(3, len(m.Attached))] {
			var b bytes.Buffer
			err := eml.Extract(strings.NewReader(content), limits, a.Number, &b)
			if err == nil && !a.Broken && (int64(b.Len()) != a.Size || sum(b.String()) != a.Hash) {
				t.Errorf("attachment %d: %d bytes, listed %d", a.Number, b.Len(), a.Size)
			}
			if err != nil && !a.Broken {
				t.Errorf("attachment %d: %v", a.Number, err)
			}
		}
	})
}
