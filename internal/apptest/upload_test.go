package apptest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// fileForm is the form that links a file to an element.
func fileForm(title string) url.Values {
	return url.Values{"kind": {"file"}, "title": {title}, "note": {""}, "link": {""}, "dated": {""}, "alt": {""}, "audience": {"parties"}}
}

// leftovers are files under a folder that are younger than the test.
func leftovers(t *testing.T, folder, prefix string) []string {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		if strings.HasPrefix(e.Name(), prefix) {
			out = append(out, e.Name())
		}
	}
	return out
}

// TestUP1_endlessUpload sends a gigabyte in pieces, without saying how much it
// will be, slowly at first: the answer comes at the limit, little memory is
// used, and no temporary file stays.
func TestUP1_endlessUpload(t *testing.T) {
	// Not parallel: it looks into the folder of temporary files, and at memory.
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	w := NewWorld(New(t, db.SQLite))
	server := httptest.NewServer(w.handler)
	defer server.Close()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	w.OK(err)
	defer c.Close()
	path := "/partnerships/" + w.Open.ID + "/elements/" + Element + "/evidence"
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session=%s\r\nSec-Fetch-Site: same-origin\r\nContent-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n",
		path, w.tokens[Contributor])
	chunk := func(b []byte) error {
		_, err := fmt.Fprintf(c, "%x\r\n%s\r\n", len(b), b)
		return err
	}
	w.OK(chunk([]byte("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n")))
	var before, most runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	sent, ended := int64(0), make(chan struct{})
	go func() {
		defer close(ended)
		piece := bytes.Repeat([]byte("some text\n"), 6553)
		for i := 0; sent < 1<<30; i++ {
			if i < 5 {
				time.Sleep(20 * time.Millisecond)
			}
			if chunk(piece) != nil {
				return // the server has had enough
			}
			sent += int64(len(piece))
		}
	}()
	reply, err := http.ReadResponse(bufio.NewReader(c), nil)
	runtime.ReadMemStats(&most)
	w.OK(err)
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", reply.StatusCode)
	}
	c.Close()
	<-ended
	limit := w.App.Partnership.MaxUpload()
	if sent > limit+16<<20 {
		t.Errorf("%d MB were taken, the limit is %d", sent>>20, limit>>20)
	}
	if grown := int64(most.HeapInuse) - int64(before.HeapInuse); grown > 64<<20 {
		t.Errorf("memory grew by %d MB", grown>>20)
	}
	for range 100 { // the handler ends after its answer
		if len(leftovers(t, folder, "multipart-")) == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if left := leftovers(t, folder, "multipart-"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if left := leftovers(t, filepath.Join(w.App.Options.Data, "files", "tmp"), ""); len(left) > 0 {
		t.Errorf("left in the store: %v", left)
	}
}

// linked sends a file, and returns the answer and the path of the evidence.
func (w *World) linked(t *testing.T, name, content string) (*Reply, string) {
	t.Helper()
	element := "/partnerships/" + w.Open.ID + "/elements/" + Element
	reply := w.As(Contributor).PostFile(element+"/evidence", fileForm(""), name, []byte(content))
	_, made, ok := strings.Cut(reply.Header().Get("Location"), "#evidence-")
	if !ok {
		return reply, ""
	}
	return reply, "/partnerships/" + w.Open.ID + "/evidence/" + made
}

// TestUP4_names: a file lies under the hash of its content, whatever it calls
// itself; the name is shown and given back in a form that no system takes
// otherwise.
func TestUP4_names(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	for i, c := range []struct{ name, want string }{
		{"../../etc/passwd", "passwd.txt"}, {"/etc/passwd", "passwd.txt"}, {`C:\Windows\system.ini`, "system.ini.txt"}, {`..\..\x.txt`, "x.txt"},
		{"CON", "_CON.txt"}, {"con.txt", "_con.txt"}, {strings.Repeat("n", 300) + ".txt", strings.Repeat("n", 116) + ".txt"},
		{"report\u202etxt.exe", "reporttxt.exe.txt"}, {"invoice.pdf.exe", "invoice.pdf.exe.txt"}, {"a.php", "a.php.txt"}, {"a\r\nSet-Cookie: b", "a%0D%0ASet-Cookie_ b.txt"},
		{".htaccess", "htaccess.txt"}, {"  . ", "file.txt"}, {"<script>alert(1)<script>.txt", "_script_alert(1)_script_.txt"}, {"réunion à Maputo.txt", "réunion à Maputo.txt"},
	} {
		reply, path := w.linked(t, c.name, fmt.Sprintf("content %d", i))
		if path == "" {
			t.Errorf("%q: status %d: %s", c.name, reply.Code, reply.Brief())
			continue
		}
		got := w.As(Contributor).Get(path + "/file").Is(200)
		if want := web.Disposition(c.want); got.Header().Get("Content-Disposition") != want {
			t.Errorf("%q is given as %q, want %q", c.name, got.Header().Get("Content-Disposition"), want)
		}
		w.As(Contributor).Get(path).Is(200).Page().MustSay(t, c.want)
	}
	// NUL is refused with the form; nothing lies outside the store.
	reply, _ := w.linked(t, "a\x00b.txt", "content with NUL in its name")
	if reply.Code != http.StatusBadRequest && reply.Code != http.StatusSeeOther {
		t.Errorf("NUL in a name: status %d", reply.Code)
	}
	w.OK(filepath.WalkDir(w.App.Options.Data, func(path string, e os.DirEntry, err error) error {
		for _, bad := range []string{"passwd", "system.ini", "CON", "htaccess", ".php", "Maputo"} {
			if err == nil && strings.Contains(filepath.Base(path), bad) {
				t.Errorf("stored as %s", path)
			}
		}
		return err
	}))
}

// TestUP5_served: whatever else a file would pass for, it is sent as a thing
// to keep, of the type that its content has.
func TestUP5_served(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	const page = "<html><script>alert(1)</script></html>"
	var square bytes.Buffer
	_, err := io.Copy(&square, w.picture().Body)
	w.OK(err)
	for name, c := range map[string]struct{ content, kind string }{
		"page.html":   {square.String() + page, "image/png"},
		"script.svg":  {"%PDF-1.7\n<< /S /JavaScript /JS (app.alert(1)) >>" + page, "application/pdf"},
		"mail.html":   {"From: a@example.org\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nContent-Type: text/html\r\n\r\n" + page, "message/rfc822"},
		"minutes.htm": {"Minutes\n" + page, "text/plain"},
	} {
		_, path := w.linked(t, name, c.content)
		if path == "" {
			t.Fatalf("%s is not taken", name)
		}
		for _, path := range []string{path + "/file", path + "/files/1"} {
			got := w.As(PartnerA).Get(path).Is(200)
			h := got.Header()
			if h.Get("Content-Type") != c.kind || got.Body.String() != c.content {
				t.Errorf("%s: %s of %d bytes", path, h.Get("Content-Type"), got.Body.Len())
			}
			if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; ") || h.Get("X-Content-Type-Options") != "nosniff" ||
				h.Get("Content-Security-Policy") != "default-src 'none'; sandbox; frame-ancestors 'none'" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" {
				t.Errorf("%s: headers %v", path, h)
			}
		}
		page := w.As(PartnerA).Get(path).Is(200).Body.String()
		if strings.Contains(page, "<script>alert") || strings.Contains(page, `src="`+path+`/file"`) {
			t.Errorf("%s: the file itself is in the page", path)
		}
		if c.kind != "image/png" {
			w.As(PartnerA).Get(path + "/preview").Is(404)
			continue
		}
		small := w.As(PartnerA).Get(path + "/preview").Is(200)
		if !strings.HasPrefix(small.Header().Get("Content-Type"), "image/") || strings.Contains(small.Body.String(), "script") || !strings.Contains(small.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("the small picture: %v", small.Header())
		}
	}
	for name, content := range map[string]string{"x.pdf": page, "x.png": "<svg onload='alert(1)'/>", "x.txt": "  <!doctype html>", "x.jpg": "GIF89a", "x.docx": "MZ\x90\x00"} {
		reply, path := w.linked(t, name, content)
		if path != "" || reply.Code != http.StatusUnprocessableEntity || len(reply.Page().Errors()) == 0 {
			t.Errorf("%s is answered with %d", name, reply.Code)
		}
	}
}

// TestMaxFile: the size of a file can be set, and the page says it.
func TestMaxFile(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite, func(o *Options) { o.App = func(a *app.Options) { a.MaxFile = 2 << 20 } }))
	if reply, path := w.linked(t, "a.txt", strings.Repeat("words and ", 200_000)); path == "" {
		t.Errorf("a smaller one: status %d", reply.Code)
	}
	if reply, _ := w.linked(t, "b.txt", strings.Repeat("words and ", 250_000)); reply.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a larger one: status %d", reply.Code)
	}
	w.As(Contributor).Get("/partnerships/"+w.Open.ID+"/elements/"+Element).Is(200).Page().MustSay(t, "2 MB at most")
}

// TestMessagePage shows what a message says of itself, escaped, as said by it.
func TestMessagePage(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	_, path := w.linked(t, "a.eml", "From: \"<script>alert(1)</script>\" <evil@example.org>\r\nTo: a@example.net\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nSubject: <img src=x onerror=alert(3)>\r\n"+
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Agreed</p><script>alert(1)</script>&lt;script&gt;alert(4)&lt;/script&gt;\r\n--b\r\nContent-Type: text/csv; name=\"../a.csv\"\r\n\r\na,b\r\n1,2\r\n--b--\r\n")
	reply := w.As(Contributor).Get(path).Is(200)
	inert(t, path, reply)
	p := reply.Page()
	p.MustSay(t, "<script>alert(1)</script> <evil@example.org>")
	p.MustSay(t, "as the message states it; nobody has checked it")
	p.MustSay(t, "Agreed")
	p.MustSay(t, "a.csv")
	inert(t, "the element", w.As(Contributor).Get("/partnerships/"+w.Open.ID+"/elements/"+Element).Is(200))
	keep := "/partnerships/" + w.Open.ID + "/elements/" + Element + strings.TrimPrefix(path, "/partnerships/"+w.Open.ID) + "/keep"
	form := p.Form(keep)
	if form == nil || form.Get(ui.FormKeyName) == "" {
		t.Fatal("no form to keep what is attached")
	}
	w.As(Contributor).Post(keep, form).Is(422).Page().MustSay(t, "Choose what to keep")
	form.Set("attached", "1")
	w.As(Contributor).Post(keep, form).Leads(path)
	w.As(Contributor).Get(path).Is(200).Page().MustSay(t, "kept as evidence")
}
