package eml

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
)

// Parse reads a message. What it says is checked by nobody. Its errors are
// those of this package, and what r fails with.
func Parse(r io.Reader, limits Limits) (Message, error) {
	p := &parser{limits: limits}
	err := p.whole(r)
	if err != nil {
		return Message{}, err
	}
	p.m.Text, p.m.Cut = p.preview()
	return p.m, nil
}

// Extract writes the decoded bytes of an attachment; ErrNoPart where the
// message has none of this number.
func Extract(r io.Reader, limits Limits, number int, w io.Writer) error {
	p := &parser{limits: limits, want: number, into: w}
	err := p.whole(r)
	switch {
	case errors.Is(err, errFound):
		return nil
	case err != nil:
		return err
	}
	return ErrNoPart
}

// errFound ends the reading where the attachment was written that is wanted.
var errFound = errors.New("found")

// parser reads one message.
type parser struct {
	limits Limits
	m      Message
	parts  int
	plain  text // of the message itself
	html   text

	want int // number of the attachment to be written; 0 for none
	into io.Writer
}

// text is the beginning of a text as it came.
type text struct {
	found   bool
	charset string
	bytes   []byte
	cut     bool
}

func (p *parser) whole(r io.Reader) error {
	in := &counted{r: r, left: p.limits.Bytes}
	err := p.message(in, 1, 0)
	if in.err != nil {
		return in.err
	}
	return err
}

// counted ends a stream that is larger than it may be, and keeps what it
// failed with: a reader in between may take that for the end.
type counted struct {
	r    io.Reader
	left int64
	err  error
}

func (c *counted) Read(b []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(b)
	c.left -= int64(n)
	if c.left < 0 {
		err = ErrTooLarge
	}
	if err != nil && err != io.EOF {
		c.err = err
		return 0, err
	}
	return n, err
}

// message reads a message: the outermost (inside 0), or one that is attached
// with a number.
func (p *parser) message(r io.Reader, depth, inside int) error {
	if depth > p.limits.Depth {
		return ErrDepth
	}
	in := bufio.NewReader(r)
	h, err := readHeader(in, p.limits.Header)
	if err != nil {
		return err
	}
	if inside == 0 {
		if len(h) == 0 {
			return ErrNotMessage
		}
		p.m.From, p.m.To, p.m.More = people(h)
		p.m.Subject, p.m.Date = clean(decodeWords(h.first("subject")), maxField), date(h.first("date"))
	}
	return p.part(part{header: h, body: in, depth: depth, inside: inside, top: true})
}

// part is a piece of a message with a header.
type part struct {
	header header
	body   io.Reader
	depth  int
	inside int  // number of the attached message that holds it; 0 for the message itself
	top    bool // it is the body of a message, not a piece of one
}

func (p *parser) part(x part) error {
	p.parts++
	if p.parts > p.limits.Parts {
		return ErrParts
	}
	kind, params := mediaType(x.header.first("content-type"))
	if strings.HasPrefix(kind, "multipart/") {
		return p.pieces(x, params["boundary"])
	}
	name := fileName(x.header, params)
	disposition, _, _ := strings.Cut(x.header.first("content-disposition"), ";")
	attached := strings.EqualFold(strings.TrimSpace(disposition), "attachment") || name != ""
	body := decoded(x.body, x.header.first("content-transfer-encoding"))
	words := !attached && (kind == "text/plain" || kind == "text/html")
	if words && x.inside != 0 {
		return p.drain(body) // the text of an attached message is in that message
	}
	if words {
		return p.words(kind, params["charset"], body)
	}
	return p.attach(x, kind, name, body)
}

// maxBoundary is more than the 70 characters that the standard allows.
const maxBoundary = 200

// pieces reads the parts of a part.
func (p *parser) pieces(x part, boundary string) error {
	if x.depth+1 > p.limits.Depth && !x.top {
		return ErrDepth
	}
	if boundary == "" || len(boundary) > maxBoundary {
		p.m.Incomplete = true
		return p.drain(x.body)
	}
	depth := x.depth
	if !x.top {
		depth++
	}
	r := multipart.NewReader(x.body, boundary)
	for {
		next, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			p.m.Incomplete = true // no more parts can be told apart
			return nil
		}
		h, err := headerOf(next.Header, p.limits.Header)
		if err != nil {
			return err
		}
		err = p.part(part{header: h, body: next, depth: depth, inside: x.inside})
		if err != nil {
			return err
		}
	}
}

// words keeps the beginning of the message's own text.
func (p *parser) words(kind, charset string, body io.Reader) error {
	t := &p.plain
	if kind == "text/html" {
		t = &p.html
	}
	if t.found || p.want != 0 {
		return p.drain(body)
	}
	t.found, t.charset = true, charset
	var err error
	t.bytes, err = io.ReadAll(io.LimitReader(body, int64(p.limits.Text)+1))
	if len(t.bytes) > p.limits.Text {
		t.bytes, t.cut = t.bytes[:p.limits.Text], true
	}
	if err != nil {
		p.m.Incomplete = true
		return nil
	}
	return p.drain(body)
}

// attach counts and hashes an attachment, and reads what is attached to an
// attached message.
func (p *parser) attach(x part, kind, name string, body io.Reader) error {
	a := Attached{Number: len(p.m.Attached) + 1, Name: clean(name, maxField), Type: kind, Inside: x.inside}
	p.m.Attached = append(p.m.Attached, a)
	at := len(p.m.Attached) - 1
	hash := sha256.New()
	size := &tally{}
	to := io.MultiWriter(hash, size)
	wanted := p.want == a.Number
	if wanted {
		to = io.MultiWriter(hash, size, p.into)
	}
	in := &kept{r: io.TeeReader(body, to)}
	if kind == "message/rfc822" && !wanted {
		inner := bufio.NewReader(in)
		err := p.message(inner, x.depth+1, a.Number)
		if err != nil && in.err == nil {
			return err
		}
		p.m.Attached[at].Name = nameOfMessage(p.m.Attached[at].Name)
	}
	_, err := io.Copy(io.Discard, in)
	if wanted && err == nil {
		return errFound
	}
	if wanted {
		return err
	}
	p.m.Attached[at].Size, p.m.Attached[at].Hash = size.n, hex.EncodeToString(hash.Sum(nil))
	if err != nil || in.err != nil {
		p.m.Attached[at].Broken, p.m.Incomplete = true, true
	}
	return nil
}

// nameOfMessage is the name of an attached message, which often has none.
func nameOfMessage(name string) string {
	if name == "" {
		return "message.eml"
	}
	return name
}

// drain reads to the end of a part.
func (p *parser) drain(body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	if err != nil {
		p.m.Incomplete = true
	}
	return nil
}

// kept keeps what reading failed with, which a reader in between may swallow.
type kept struct {
	r   io.Reader
	err error
}

func (k *kept) Read(b []byte) (int, error) {
	n, err := k.r.Read(b)
	if err != nil && err != io.EOF {
		k.err = err
	}
	return n, err
}

type tally struct{ n int64 }

func (t *tally) Write(b []byte) (int, error) {
	t.n += int64(len(b))
	return len(b), nil
}

// decoded undoes a transfer encoding; an unknown one leaves the bytes as they are.
func decoded(r io.Reader, encoding string) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, &letters{r: r})
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	}
	return r
}

// letters leaves out what is no letter of base64, as RFC 2045 asks.
type letters struct{ r io.Reader }

func (l *letters) Read(b []byte) (int, error) {
	for {
		n, err := l.r.Read(b)
		kept := b[:0]
		for _, c := range b[:n] {
			if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '+' || c == '/' || c == '=' {
				kept = append(kept, c)
			}
		}
		if len(kept) > 0 || err != nil {
			return len(kept), err
		}
	}
}

// header is the fields of a header by their names in lower case.
type header map[string][]string

func (h header) first(name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// headerOf takes over the header of a part.
func headerOf(h textproto.MIMEHeader, limit int) (header, error) {
	out, size := header{}, 0
	for name, values := range h {
		for _, v := range values {
			size += len(name) + len(v)
			out[strings.ToLower(name)] = append(out[strings.ToLower(name)], v)
		}
	}
	if size > limit {
		return nil, ErrHeader
	}
	return out, nil
}

// readHeader reads a header up to the empty line. A line that is no field is
// passed over, such as the first one of a mailbox file.
func readHeader(in *bufio.Reader, limit int) (header, error) {
	out, size, last := header{}, 0, ""
	for {
		line, err := in.ReadSlice('\n')
		whole := string(line)
		for errors.Is(err, bufio.ErrBufferFull) && size+len(whole) <= limit {
			line, err = in.ReadSlice('\n')
			whole += string(line)
		}
		size += len(whole)
		if size > limit || errors.Is(err, bufio.ErrBufferFull) {
			return nil, ErrHeader
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		field := strings.TrimRight(whole, "\r\n")
		name, value, ok := strings.Cut(field, ":")
		switch {
		case field == "":
			return out, nil
		case field[0] == ' ' || field[0] == '\t':
			if v := out[last]; len(v) > 0 {
				v[len(v)-1] += " " + strings.TrimSpace(field)
			}
		case ok && name != "" && !strings.ContainsAny(name, " \t"):
			last = strings.ToLower(name)
			out[last] = append(out[last], strings.TrimSpace(value))
		default:
			last = ""
		}
		if err == io.EOF {
			return out, nil
		}
	}
}

// mediaType reads a Content-Type; plain text where there is none.
func mediaType(s string) (string, map[string]string) {
	if s == "" {
		return "text/plain", nil
	}
	kind, params, err := mime.ParseMediaType(s)
	if err != nil && kind == "" {
		kind, _, _ = strings.Cut(s, ";")
	}
	kind = strings.ToLower(strings.TrimSpace(kind))
	if !strings.Contains(kind, "/") || len(kind) > 100 || strings.ContainsFunc(kind, func(r rune) bool { return r <= ' ' || r > '~' }) {
		kind = "application/octet-stream"
	}
	return kind, params
}

// fileName is the name that a part gives itself; empty for none.
func fileName(h header, params map[string]string) string {
	_, disposition, err := mime.ParseMediaType(h.first("content-disposition"))
	name := disposition["filename"]
	if err != nil || name == "" {
		name = params["name"]
	}
	return decodeWords(name)
}
