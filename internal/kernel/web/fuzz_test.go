package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/ui/htmlcheck"
)

func unzip(t testing.TB, b []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzLocalPath: whatever is taken as a path of this site, no browser leaves
// the site by it.
func FuzzLocalPath(f *testing.F) {
	for _, s := range elsewhere {
		f.Add(s)
	}
	f.Add("/a/b?c=d#e")
	f.Add("/..//evil.example")
	f.Fuzz(func(t *testing.T, to string) {
		if !localPath(to) {
			if Local(to) != "/" {
				t.Fatalf("Local(%q) = %q", to, Local(to))
			}
			return
		}
		w := httptest.NewRecorder()
		c := &Ctx{W: w, R: httptest.NewRequest("GET", "/x/y", nil)}
		err := c.See(to)
		if err != nil {
			t.Fatal(err)
		}
		got := w.Header().Get("Location")
		for _, s := range []string{to, got} {
			if asBrowser(s) != "ayni.example" {
				t.Fatalf("%q leads to the host %q (location %q)", to, asBrowser(s), got)
			}
		}
		if strings.ContainsAny(got, "\r\n\x00") {
			t.Fatalf("%q breaks the header: %q", to, got)
		}
	})
}

// asBrowser is the host to which a browser at https://ayni.example/x follows
// a link, after the WHATWG standard: tabs and line ends are dropped, blanks
// and controls at the ends too, and a backslash is a slash.
func asBrowser(to string) string {
	to = strings.Trim(to, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	to = strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(to)
	scheme, rest, found := strings.Cut(to, ":")
	if found && scheme != "" && !strings.ContainsAny(scheme, "/?#") {
		if strings.EqualFold(scheme, "https") && !strings.HasPrefix(rest, "/") {
			return "ayni.example"
		}
		return strings.Trim(rest, "/")
	}
	if strings.HasPrefix(to, "//") {
		return strings.TrimLeft(to, "/")
	}
	return "ayni.example"
}

// FuzzDisposition: the header is one line, can be read back, and the name
// lies in no folder.
func FuzzDisposition(f *testing.F) {
	for _, s := range []string{"a.pdf", "Año.pdf", `a"b`, "a\r\nb", "../../x", `C:\x`, "\u202e", "\xff", "", "it's.txt", "%41.txt", strings.Repeat("x", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := Disposition(name)
		for i := range len(got) {
			if got[i] < 32 || got[i] > 126 {
				t.Fatalf("%q: %q", name, got)
			}
		}
		kind, params, err := mime.ParseMediaType(got)
		if err != nil || kind != "attachment" {
			t.Fatalf("%q: %s: %v", name, got, err)
		}
		back := params["filename"]
		if !utf8.ValidString(back) || strings.ContainsAny(back, "/\\\x00\r\n") {
			t.Fatalf("%q comes out as %q", name, back)
		}
		plain := utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool {
			return r == utf8.RuneError || !i18nPrintable(r) || r == '/' || r == '\\'
		})
		if plain && name != "" && back != name {
			t.Fatalf("%q comes out as %q", name, back)
		}
		if path.Base(back) != back && back != "" {
			t.Fatalf("%q lies in a folder", back)
		}
	})
}

// i18nPrintable says whether a letter neither controls nor hides.
func i18nPrintable(r rune) bool { return Disposition(string(r)) != Disposition("") }

// FuzzFlash: whatever the cookie holds, the page is whole, escaped, and leads
// nowhere else.
func FuzzFlash(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"m":{"k":"a"}}`, `{"m":{"k":"web.repeated"},"u":"/x"}`, `{"m":{"k":"a","n":3,"a":{"x":"y","d":{"d":"2026-01-01"},"t":{"ms":5},"l":["a",1]}},"u":"//evil"}`,
		`{"m":{"k":"<script>","a":{"x":{"k":"y","a":{"x":{"k":"z"}}}}}}`, `{"m":{"k":"a","a":{"x":null}}}`, `{"m":{"k":"a","a":{"x":1e99}}}`, `{"m":null}`, `[]`,
		`{"m":{"k":"web.429.text","n":-5}}`, `{"m":{"k":"a","a":{"t":{"ms":9223372036854775807}}}}`, `{"m":{"k":"a"},"u":"/\\evil"}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		for _, value := range []string{base64.RawURLEncoding.EncodeToString([]byte(cookie)), cookie} {
			flash, ok := readFlash(value)
			if !ok {
				continue
			}
			if flash.U != "" && asBrowser(flash.U) != "ayni.example" {
				t.Fatalf("%q leads to %q", cookie, flash.U)
			}
			for _, lang := range i18n.Langs {
				l := i18n.For(lang)
				b := ui.Base{L: l, Title: "x", Path: "/", FormKey: "k", Flash: &ui.Flash{Text: l.Say(flash.M), Undo: flash.U}}
				var page bytes.Buffer
				err := ui.ErrorPage(b, ui.ErrorView{Status: 404, Title: "x", Text: "x"}).Render(context.Background(), &page)
				if err != nil {
					t.Fatal(err)
				}
				if utf8.ValidString(flash.M.Key) && strings.Contains(page.String(), "<script>") {
					t.Fatalf("%q is not escaped", cookie)
				}
				if problems := htmlcheck.Problems(page.String()); flash.U != "" && len(problems) > 0 && utf8.ValidString(cookie) {
					t.Fatalf("%q: %v", cookie, problems)
				}
			}
		}
	})
}

// FuzzForm: a form is read or refused, with text that can be stored.
func FuzzForm(f *testing.F) {
	const coded, multi = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
	f.Add(coded, "a=b&c=%00")
	f.Add(coded, "a=%ff;b")
	f.Add(multi, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n")
	f.Add(multi, "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"../b\"\r\n\r\nb\r\n--x--\r\n")
	f.Add(multi, "--x\r\nContent-Disposition: form-data; name=\"a\"; filename*=UTF-8''%00\r\n\r\nb\r\n--x--\r\n")
	f.Add("text/plain", "a")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequest("POST", "/x", strings.NewReader(body))
		r.Header["Content-Type"] = []string{kind}
		r.Body = http.MaxBytesReader(nil, r.Body, 1<<16)
		c := &Ctx{R: r}
		v, err := c.Form()
		if err != nil {
			if status := Status(err); status != 400 && status != 413 {
				t.Fatalf("status %d: %v", status, err)
			}
			return
		}
		n := 0
		for name, values := range v.V {
			for _, s := range append(values, name) {
				if !text(s) {
					t.Fatalf("%q", s)
				}
			}
			n += len(values)
		}
		for name, list := range v.Files {
			for _, h := range list {
				if !text(name) || !text(h.Filename) || strings.ContainsAny(h.Filename, "/") {
					t.Fatalf("file %q of %q", h.Filename, name)
				}
			}
		}
		if n > maxFields {
			t.Fatalf("%d values", n)
		}
		c.route = Route{Method: "POST"}
		back, err := url.ParseQuery(c.Replay())
		if err != nil {
			t.Fatal(err)
		}
		for name := range back {
			if strings.Contains(name, "password") {
				t.Fatalf("replays %q", name)
			}
		}
		c.CloseForm()
	})
}

// FuzzRemoteIP: an address, whatever the header says, and never with a zone.
func FuzzRemoteIP(f *testing.F) {
	f.Add("1.2.3.4, 10.0.0.1")
	f.Add("fe80::1%x")
	f.Add("::ffff:127.0.0.1")
	s := New(Options{Trusted: trustAll})
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "10.0.0.1:80"
		r.Header["X-Forwarded-For"] = []string{header}
		ip := s.RemoteIP(r)
		if !ip.IsValid() || ip.Zone() != "" || ip.Is4In6() {
			t.Fatalf("%q: %s", header, ip)
		}
	})
}
