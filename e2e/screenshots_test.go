package e2e

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// maxPicture is what one picture of the documentation may weigh.
const maxPicture = 150_000

// TestScreenshots takes the pictures of docs/screenshots from the demo, into
// the folder that $AYNI_SCREENSHOTS names; without it they are taken, weighed
// and thrown away.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("AYNI_SCREENSHOTS")
	switch {
	case dir == "":
		dir = t.TempDir()
	case !filepath.IsAbs(dir):
		dir = filepath.Join("..", dir) // from the top of the repository
	}
	err := os.MkdirAll(dir, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	s := serveDemo(t)
	example, story := "", ""
	for _, p := range read[struct{ Partnerships []struct{ ID, Title string } }](t, s, "journey", "--list").Partnerships {
		switch {
		case strings.HasPrefix(p.Title, "Example: safer"):
			example = "/partnerships/" + p.ID
		case strings.Contains(p.Title, "cotton"):
			story = "/partnerships/" + p.ID
		}
	}
	phone := look{width: 360, height: 780}
	pictures := []struct {
		name, lang, role, path string
		look                   look
		most                   int64
	}{
		{"sign-in", "en", "", "/sign-in", desktop, 0},
		{"home", "en", "officer", "/", desktop, 1600},
		{"home-phone", "en", "officer", "/", phone, 2400},
		{"home-phone-dark", "en", "officer", "/", phone.inDark(), 2400},
		{"partnership", "en", "officer", example, desktop, 2000},
		{"partnership-dark", "en", "officer", example, desktop.inDark(), 2000},
		{"partnership-french", "fr", "officer", story, desktop, 2000},
		{"element", "en", "officer", example + "/elements/capacity.training", desktop, 1800},
		{"parties", "en", "officer", example + "/parties", desktop, 1600},
		{"guide-countries", "en", "officer", "/guide/countries", desktop, 2000},
	}
	readers := map[string]*reader{}
	for _, p := range pictures {
		r := readers[p.lang+p.role]
		if r == nil {
			r = readerOf(t, s, p.lang)
			readers[p.lang+p.role] = r
			if p.role != "" {
				r.SignInDemo(p.role)
			}
		}
		r.Look(p.look)
		r.Visit(p.path)
		b, err := smaller(r.Screenshot(p.look.width, p.most))
		if err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		if len(b) > maxPicture {
			t.Errorf("%s weighs %d bytes, more than %d", p.name, len(b), maxPicture)
		}
		err = os.WriteFile(filepath.Join(dir, p.name+".png"), b, 0o644)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (l look) inDark() look {
	l.dark = true
	return l
}

// smaller writes a picture with a palette of 256 colours.
func smaller(picture []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	box := img.Bounds()
	palette, index := paletteOf(img, 256)
	out := image.NewPaletted(box, palette)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			out.SetColorIndex(x, y, index[pixelAt(img, x, y)])
		}
	}
	var b bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, out)
	return b.Bytes(), err
}
