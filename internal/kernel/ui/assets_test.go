package ui_test

import (
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

func get(t testing.TB, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	ui.Assets().ServeHTTP(w, r)
	return w.Result()
}

func body(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAssetsAreServed(t *testing.T) {
	t.Parallel()
	types := map[string]string{"ui.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "icons.svg": "image/svg+xml", "favicon.svg": "image/svg+xml"}
	for name, mediaType := range types {
		plain := get(t, "GET", ui.Asset(name))
		if plain.StatusCode != http.StatusOK || plain.Header.Get("Content-Type") != mediaType {
			t.Errorf("%s: %s, %q", name, plain.Status, plain.Header.Get("Content-Type"))
		}
		if c := plain.Header.Get("Cache-Control"); c != "public, max-age=31536000, immutable" {
			t.Errorf("%s: cached as %q", name, c)
		}
		want := asset(t, name)
		if got := body(t, plain.Body); got != want {
			t.Errorf("%s: the body differs from the file", name)
		}
		packed := get(t, "GET", ui.Asset(name), "Accept-Encoding", "br, gzip")
		if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
			t.Fatalf("%s: not compressed: %v", name, packed.Header)
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got := body(t, z); got != want {
			t.Errorf("%s: the compressed body differs from the file", name)
		}
		if plain.Header.Get("ETag") == packed.Header.Get("ETag") {
			t.Errorf("%s: one tag for two encodings", name)
		}
		again := get(t, "GET", ui.Asset(name), "Accept-Encoding", "gzip", "If-None-Match", packed.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified || body(t, again.Body) != "" {
			t.Errorf("%s: asked again: %s", name, again.Status)
		}
		head := get(t, "HEAD", ui.Asset(name))
		if head.Header.Get("Content-Length") != plain.Header.Get("Content-Length") || body(t, head.Body) != "" {
			t.Errorf("%s: HEAD differs from GET", name)
		}
	}
}

func TestAssetsAtTheEdges(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/a/", "/a/x", ui.Asset("nothing.css"), ui.Asset("../assets.go"), ui.Asset("")} {
		if r := get(t, "GET", path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, r.Status)
		}
	}
	if r := get(t, "POST", ui.Asset("ui.css")); r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %s", r.Status)
	}
	if r := get(t, "GET", "/a/000000000000/ui.css"); r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("an old version: %s, %q", r.Status, r.Header.Get("Cache-Control"))
	}
	if r := get(t, "GET", ui.Asset("ui.css"), "Accept-Encoding", "gzip;q=0"); r.Header.Get("Content-Encoding") != "" {
		t.Error("gzip;q=0 is answered in gzip")
	}
	if a, b := ui.Asset("ui.css"), ui.Asset("ui.css"); a != b || !regexp.MustCompile(`^/a/[0-9a-f]{12}/ui\.css$`).MatchString(a) {
		t.Errorf("addresses %s and %s", a, b)
	}
}

// Every script is reached by relative imports from app.js.
func TestScriptsImportWhatIsThere(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	imports := regexp.MustCompile(`from "\./([a-z]+\.js)"`)
	reached := map[string]bool{"app.js": true}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".js") {
			for _, m := range imports.FindAllStringSubmatch(asset(t, e.Name()), -1) {
				reached[m[1]] = true
			}
		}
	}
	for name := range reached {
		if r := get(t, "GET", ui.Asset(name)); r.StatusCode != http.StatusOK {
			t.Errorf("%s is imported but %s", name, r.Status)
		}
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".js") && !reached[e.Name()] {
			t.Errorf("%s is imported by nothing", e.Name())
		}
	}
}

func TestPicturesAreXML(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"icons.svg", "favicon.svg"} {
		d := xml.NewDecoder(strings.NewReader(asset(t, name)))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if strings.Contains(asset(t, name), "style=") {
			t.Errorf("%s has an inline style", name)
		}
	}
}

// What a first visit loads, compressed, next to the page itself.
func TestFirstLoad(t *testing.T) {
	t.Parallel()
	sum := 0
	for _, name := range []string{"ui.css", "icons.svg", "favicon.svg", "app.js", "live.js", "forms.js", "drafts.js", "lists.js", "progress.js"} {
		sum += len(body(t, get(t, "GET", ui.Asset(name), "Accept-Encoding", "gzip").Body))
	}
	for _, g := range gallery {
		sum := sum + len(render(t, g.page(i18n.For("en"))))/4 // pages compress to less than a quarter
		if sum > 30_000 {
			t.Errorf("%s: %d bytes at the first visit, half of the budget", g.name, sum)
		}
	}
	t.Logf("styles, symbols and scripts: %d bytes compressed", sum)
}
