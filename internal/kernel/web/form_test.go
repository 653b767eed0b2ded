package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

type dbTx = db.Tx

// part is a file of a multipart form.
type part struct{ field, name, kind, body string }

func multipartBody(t testing.TB, values [][2]string, files []part) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, v := range values {
		err := w.WriteField(v[0], v[1])
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", `form-data; name="`+f.field+`"; filename="`+f.name+`"`)
		h.Set("Content-Type", f.kind)
		p, err := w.CreatePart(h)
		if err == nil {
			_, err = io.WriteString(p, f.body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func TestIN11_FormLimits(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	officer := s.officer()
	const coded = "application/x-www-form-urlencoded"
	many := func(n int) string { return "name=a" + strings.Repeat("&x=1", n-1) }
	multi, multiKind := multipartBody(t, [][2]string{{"name", "a"}, {"x", "\xff"}}, nil)
	nulName, nulKind := multipartBody(t, [][2]string{{"name", "a"}}, []part{{field: "file", name: "a\xffb.txt", body: "x"}})
	cases := []struct {
		what, kind, body string
		status           int
		say              string
	}{
		{"an ordinary form", coded, "name=a", 303, ""},
		{"with a charset", coded + "; charset=utf-8", "name=a", 303, ""},
		{"with a charset that is not ours", coded + "; charset=latin1", "name=a", 303, ""},
		{"nothing", "", "", 422, ""},
		{"just below the limit", coded, "name=" + strings.Repeat("x", 1<<20-5), 303, ""},
		{"just above the limit", coded, "name=" + strings.Repeat("x", 1<<20-4), 413, "larger than 1 MB"},
		{"NUL", coded, "name=a%00b", 400, "not UTF-8"},
		{"NUL in a name", coded, "name=a&b%00=c", 400, "not UTF-8"},
		{"not UTF-8", coded, "name=%ff%fe", 400, "not UTF-8"},
		{"not UTF-8 in a name", coded, "name=a&%ff=c", 400, "not UTF-8"},
		{"overlong UTF-8", coded, "name=%c0%af", 400, "not UTF-8"},
		{"half of a pair", coded, "name=%ed%a0%80", 400, "not UTF-8"},
		{"as many values as there may be", coded, many(2000), 303, ""},
		{"too many values", coded, many(2001), 400, "too many values"},
		{"far too many values", coded, many(200_000), 400, ""},
		{"a broken escape", coded, "name=%zz", 400, ""},
		{"a semicolon", coded, "name=a;b=c", 400, ""},
		{"JSON", "application/json", `{"name":"a"}`, 400, "application/x-www-form-urlencoded"},
		{"plain text", "text/plain", "name=a", 400, "multipart/form-data"},
		{"no type", "", "name=a", 400, ""},
		{"a broken type", "application/", "name=a", 400, ""},
		{"multipart without boundary", "multipart/form-data", "name=a", 400, ""},
		{"multipart that is none", "multipart/form-data; boundary=x", "name=a", 400, ""},
		{"multipart that ends early", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na", 400, ""},
		{"multipart, not UTF-8", multiKind, multi, 400, "not UTF-8"},
		{"multipart, a file's name not UTF-8", nulKind, nulName, 400, "not UTF-8"},
		{"multipart, too large", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n" + strings.Repeat("a", 1<<20) + "\r\n--x--\r\n", 413, "larger than 1 MB"},
		{"another multipart", "multipart/mixed; boundary=x", "--x--\r\n", 400, ""},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			before := s.count("item")
			h := http.Header{}
			if c.kind != "" {
				h.Set("Content-Type", c.kind)
			}
			got := s.do(ask{method: "POST", path: "/items", token: officer, body: c.body, header: h}).is(c.status)
			if c.say != "" {
				got.page().MustSay(t, c.say)
			}
			if wrote := s.count("item") - before; (c.status == 303) != (wrote == 1) {
				t.Errorf("%d effects", wrote)
			}
		})
	}
}

// TestIN11_Duplicates: of two values of one field the first counts, in the body
// alone.
func TestIN11_Duplicates(t *testing.T) {
	t.Parallel()
	read := func(target, body string) *Values {
		r := httptest.NewRequest("POST", target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		v, err := (&Ctx{R: r}).Form()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := read("/x?name=query&role=admin&only=q", "name=+first+&name=second&on=&tag=a&tag=+&tag=b")
	if v.Get("name") != "first" || v.Get("role") != "" || v.Get("only") != "" || v.On("on") || v.On("none") || !v.On("name") {
		t.Errorf("%v", v.V)
	}
	if got := v.All("tag"); len(got) != 2 || got[1] != "b" {
		t.Errorf("all: %q", got)
	}
	if v.File("name") != nil {
		t.Error("a file out of nothing")
	}
	// Read once, however often it is asked for.
	r := httptest.NewRequest("POST", "/x", strings.NewReader("{"))
	r.Header.Set("Content-Type", "text/plain")
	c := &Ctx{R: r}
	_, first := c.Form()
	_, second := c.Form()
	if first == nil || first != second {
		t.Errorf("%v, %v", first, second)
	}
}

func TestUP1_Upload(t *testing.T) {
	// Not parallel: it looks into the folder of temporary files.
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	s := newSite(t, dbtest.SQLite(t), nil)
	officer := s.officer()
	left := func() {
		t.Helper()
		list, err := os.ReadDir(folder)
		s.ok(err)
		for _, e := range list {
			if strings.HasPrefix(e.Name(), "multipart-") {
				t.Errorf("left behind: %s", e.Name())
			}
		}
	}
	send := func(path string, files ...part) answer {
		t.Helper()
		body, kind := multipartBody(t, [][2]string{{"name", "a"}}, files)
		return s.do(ask{method: "POST", path: path, token: officer, body: body, header: http.Header{"Content-Type": {kind}}})
	}
	big := strings.Repeat("0123456789abcdef", 3<<16) // 3 MiB: a temporary file
	for _, c := range []struct {
		file part
		want string
	}{
		{part{field: "file", name: "a.txt", body: "short"}, "a.txt 5"},
		{part{field: "file", name: "a.txt", body: big}, fmt.Sprintf("a.txt %d", len(big))},
		{part{field: "file", name: "../../etc/passwd", body: "x"}, "passwd 1"},
		{part{field: "file", name: "/etc/passwd", body: big}, fmt.Sprintf("passwd %d", len(big))},
		{part{field: "file", name: "empty.txt", body: ""}, "none"},
		{part{field: "other", name: "a.txt", body: "x"}, "none"},
	} {
		if got := send("/upload", c.file).is(200).Body.String(); got != c.want {
			t.Errorf("%q: %q, want %q", c.file.name, got, c.want)
		}
		left()
	}
	// Over the limit; refused for another reason; to an address that takes less.
	send("/upload", part{field: "file", name: "a.txt", body: big + big}).is(413).page().MustSay(t, "larger than 4 MB")
	left()
	send("/items", part{field: "file", name: "a.txt", body: big}).is(413)
	left()
	send("/upload", part{field: "file", name: "a\xff.txt", body: big}).is(400)
	left()
	body, kind := multipartBody(t, nil, []part{{field: "file", name: "a.txt", body: big}})
	s.do(ask{method: "POST", path: "/upload", body: body, header: http.Header{"Content-Type": {kind}}}).is(401)
	left()
	// A panic does not leave one behind either.
	s.s.Add(Route{Method: "POST", Pattern: "/upload/panic", Perm: "signed-in", MaxBody: 4 << 20, Do: func(c *Ctx) error {
		_, err := c.Form()
		if err != nil {
			return err
		}
		list, err := os.ReadDir(folder)
		if err != nil || len(list) == 0 {
			t.Errorf("no temporary file to look for: %v", err)
		}
		panic(canary)
	}})
	send("/upload/panic", part{field: "file", name: "a.txt", body: big}).is(500)
	left()
}

// TestUP1_EndlessBody reads no more of a body than the limit.
func TestUP1_EndlessBody(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		body := &endless{start: "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"}
		if strings.HasPrefix(kind, "application") {
			body.start = "name="
		}
		r := httptest.NewRequest("POST", "/items", body)
		r.ContentLength = -1
		r.Header.Set("Content-Type", kind)
		r.AddCookie(&http.Cookie{Name: "session", Value: s.officer()})
		w := httptest.NewRecorder()
		s.s.ServeHTTP(w, r)
		if w.Code != 413 {
			t.Errorf("%s: %d", kind, w.Code)
		}
		if body.read > 1<<20+64<<10 {
			t.Errorf("%s: %d bytes were read", kind, body.read)
		}
	}
}

type endless struct {
	start string
	read  int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.start)
	e.start = e.start[n:]
	if n == 0 {
		for i := range p {
			p[i] = 'x'
		}
		n = len(p)
	}
	e.read += n
	return n, nil
}

func TestFormState(t *testing.T) {
	t.Parallel()
	l := i18n.For("en")
	v := &Values{V: url.Values{"name": {"a", "b"}, "password": {"secret"}, "new-password": {"secret"}}}
	var check errs.Check
	check.Add("name", i18n.M("test.name", "Give the name."))
	check.Add("day", i18n.M("test.day", "Give the day."))
	f := FormState(v, fmt.Errorf("save: %w", check.Err()), l)
	if f.Value("name") != "a" || !f.Has("name", "b") || len(f.Values) != 1 || len(f.Errors) != 2 || f.Error("name") != "Give the name." || f.Error("day") != "Give the day." {
		t.Errorf("%+v", f)
	}
	moved := errs.New(errs.Conflict, i18n.M("test.conflict", "It has moved on."))
	f = FormState(nil, moved, l)
	if len(f.Errors) != 1 || f.Errors[0].Field != "" || f.Errors[0].Text != "It has moved on." {
		t.Errorf("%+v", f)
	}
	if f := FormState(v, errors.New(canary), l); len(f.Errors) != 0 {
		t.Errorf("a cause is shown: %+v", f.Errors)
	}
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {errors.New("x"), false}, {check.Err(), true}, {fmt.Errorf("x: %w", check.Err()), true}, {moved, true},
		{&errs.Error{Kind: errs.Conflict}, false}, {&errs.Error{Kind: errs.Repeated}, false}, {errs.Missing(), false}, {&errs.Error{Kind: errs.Invalid}, true},
	} {
		if Mendable(c.err) != c.want {
			t.Errorf("Mendable(%v) is not %v", c.err, c.want)
		}
	}
}

func TestAddressText(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	officer := s.officer()
	for _, path := range []string{"/?q=%00", "/?%00=x", "/?q=a%00&bad=%zz", "/?bad=%zz&q=%ff", "/?q=%ff", "/?q=%ed%a0%80", "/items/%00", "/items/%ff", "/nowhere/%00", "/nowhere?q=%00"} {
		s.get(path, officer).is(400).page()
		if strings.HasPrefix(path, "/items/") {
			s.post(path, officer, url.Values{"name": {"a"}}).is(400)
		}
	}
	for _, path := range []string{"/?q=%zz", "/?q=%25%2500", "/?q=%E2%82%AC", "/?a;b", "/?q=" + strings.Repeat("x", 10_000)} {
		s.get(path, officer).is(200).page()
	}
	if s.count("item") != 0 {
		t.Error("something was written")
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	for header, want := range map[string]bool{
		"": false, "gzip": true, "gzip, deflate, br": true, "br;q=1.0, gzip;q=0.8, *;q=0.1": true, "gzip;q=0": false, "gzip; q=0.0": false, "identity": false,
		"x-gzip": false, "deflate": false, "br, gzip ;q=0.5": true, "notgzip": false,
	} {
		h := http.Header{}
		if header != "" {
			h.Set("Accept-Encoding", header)
		}
		for _, path := range []string{"/long", "/", "/short"} {
			got := s.do(ask{method: "GET", path: path, header: h}).is(200)
			zipped := got.Header().Get("Content-Encoding") == "gzip"
			if zipped != (want && path != "/short") {
				t.Errorf("Accept-Encoding %q, %s: compressed %v", header, path, zipped)
			}
			varies := strings.Contains(strings.Join(got.Header().Values("Vary"), ","), "Accept-Encoding")
			if varies != (path != "/short") {
				t.Errorf("Accept-Encoding %q, %s: Vary %q", header, path, got.Header().Values("Vary"))
			}
			text := got.Body.Bytes()
			if zipped {
				text = unzip(t, text)
			}
			if path == "/long" && string(text) != strings.Repeat("long ", 1000) {
				t.Errorf("Accept-Encoding %q: another body", header)
			}
		}
	}
	// Two pages in a row: what is kept for the next one holds nothing of the last.
	for _, path := range []string{"/long", "/", "/nowhere", "/"} {
		got := s.do(ask{method: "GET", path: path, header: http.Header{"Accept-Encoding": {"gzip"}}})
		if text := string(unzip(t, got.Body.Bytes())); path != "/long" && (!strings.HasPrefix(text, "<!doctype html>") || strings.Contains(text, "long long")) {
			t.Errorf("%s: %.100s", path, text)
		}
	}
}

func TestUP4_Disposition(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"report.pdf":             `attachment; filename="report.pdf"; filename*=UTF-8''report.pdf`,
		"Año 2026 – été.pdf":     `attachment; filename="A_o 2026 _ _t_.pdf"; filename*=UTF-8''A%C3%B1o%202026%20%E2%80%93%20%C3%A9t%C3%A9.pdf`,
		`a"b;c%d.txt`:            `attachment; filename="a_b_c_d.txt"; filename*=UTF-8''a%22b%3Bc%25d.txt`,
		`..\..\x/y.txt`:          `attachment; filename=".._.._x_y.txt"; filename*=UTF-8''.._.._x_y.txt`,
		"a\r\nSet-Cookie: b.txt": `attachment; filename="aSet-Cookie: b.txt"; filename*=UTF-8''aSet-Cookie%3A%20b.txt`,
		"invoice\u202efdp.exe":   `attachment; filename="invoicefdp.exe"; filename*=UTF-8''invoicefdp.exe`,
		"a\x00\x7f\u2028b":       `attachment; filename="ab"; filename*=UTF-8''ab`,
		"\xff.txt":               `attachment; filename="_.txt"; filename*=UTF-8''_.txt`,
		"it's (1)*,&=@.txt":      `attachment; filename="it's (1)*,&=@.txt"; filename*=UTF-8''it%27s%20%281%29%2A%2C%26%3D%40.txt`,
		"":                       `attachment; filename=""; filename*=UTF-8''`,
	} {
		if got := Disposition(name); got != want {
			t.Errorf("%q:\n got %s\nwant %s", name, got, want)
		}
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	const whole = "<script>0123456789</script>"
	cases := []struct {
		header string
		status int
		body   string
	}{
		{"", 200, whole}, {"bytes=0-7", 206, "<script>"}, {"bytes=8-", 206, whole[8:]}, {"bytes=-9", 206, "</script>"}, {"bytes=100-", 416, ""}, {"bytes=5-2", 416, ""}, {"rows=1-2", 416, ""},
	}
	for _, c := range cases {
		h := http.Header{"Accept-Encoding": {"gzip"}}
		if c.header != "" {
			h.Set("Range", c.header)
		}
		got := s.do(ask{method: "GET", path: "/file?name=a.html", header: h}).is(c.status)
		if got.Header().Get("Content-Encoding") != "" {
			t.Errorf("%q: compressed", c.header)
		}
		if c.status < 400 && got.Body.String() != c.body {
			t.Errorf("%q: %q", c.header, got.Body)
		}
		if got.Header().Get("Content-Security-Policy") != filePolicy {
			t.Errorf("%q: policy %q", c.header, got.Header().Get("Content-Security-Policy"))
		}
	}
}

func TestIN10_LogLines(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.SQLite(t), nil)
	officer := s.officer()
	evil := "x\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\x1b[31m\u202e"
	form := url.Values{"name": {"conflict"}, "secret": {canary + "form"}, "form-key": {canary + "key"}}
	h := http.Header{"User-Agent": {evil}, "Referer": {"http://example.com/" + canary + "referer"}, "Cookie": {"other=" + canary + "cookie"}}
	s.do(ask{method: "POST", path: "/items/" + canary + "path", token: officer, form: form, header: h}).is(409)
	s.do(ask{method: "GET", path: "/unclassified?q=" + canary + "query", token: officer, header: h}).is(500)
	s.do(ask{method: "GET", path: "/panic?q=" + canary + "query", token: officer, header: h}).is(500)
	s.do(ask{method: "GET", path: "/admin?q=" + canary + "query", token: officer, header: h}).is(403)
	s.do(ask{method: "GET", path: "/nowhere/" + url.PathEscape(evil), token: officer, header: h}).is(404)
	s.do(ask{method: "POST", path: "/items/" + url.PathEscape(evil), token: officer, form: url.Values{"name": {evil}}, header: http.Header{"Sec-Fetch-Site": {"cross-site"}}}).is(403)
	found := s.log.all()
	if len(found) < 5 {
		t.Fatalf("the log has %d lines", len(found))
	}
	for _, line := range found {
		if !strings.HasPrefix(line, `{"time":"`) || !strings.HasSuffix(line, "}") || strings.Contains(line, "\x1b") {
			t.Errorf("not a line of JSON: %q", line)
		}
		for _, secret := range []string{officer, canary + "form", canary + "key", canary + "cookie", canary + "referer", canary + "query", canary + "path", "forged"} {
			if strings.Contains(line, secret) {
				t.Errorf("%s is in the log: %s", secret, line)
			}
		}
	}
	if len(s.log.at(slog.LevelError)) != 3 {
		t.Errorf("errors: %v", s.log.at(slog.LevelError))
	}
}

// TestIN4_TurnedTexts: marks that turn a text are taken out of what comes by a
// form; what scripts need, and passwords, stay as they are.
func TestIN4_TurnedTexts(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/x", strings.NewReader(url.Values{
		"name": {"invoice\u202efdp.exe", "\u2066a\u2069"}, "note": {"one\u2028two\x1b[31m\x7f"}, "text": {"می\u200cخواهم \u200f(x)"}, "new-password": {"a\u202eb"},
	}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	v, err := (&Ctx{R: r}).Form()
	if err != nil {
		t.Fatal(err)
	}
	if v.Get("name") != "invoicefdp.exe" || v.All("name")[1] != "a" || v.Get("note") != "one\ntwo[31m" || v.Get("text") != "می\u200cخواهم \u200f(x)" || v.V.Get("new-password") != "a\u202eb" {
		t.Errorf("%q", v.V)
	}
}
