package files_test

import (
	"bytes"
	"encoding/base64"
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

// painted is a picture of a size, opaque or not.
func painted(width, height int, opaque bool) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	alpha := uint8(255)
	if !opaque {
		alpha = 100
	}
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = 200, 60, 20, alpha
	}
	return m
}

func encoded(t *testing.T, encode func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	err := encode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// oneWebP is a lossless picture of one point.
func oneWebP(t *testing.T) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPreview(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content, kind string
		width, height int
	}{
		"wide png":        {encoded(t, func(w io.Writer) error { return png.Encode(w, painted(1200, 300, true)) }), files.JPEG, 480, 120},
		"high jpeg":       {encoded(t, func(w io.Writer) error { return jpeg.Encode(w, painted(300, 960, true), nil) }), files.JPEG, 150, 480},
		"one shines":      {encoded(t, func(w io.Writer) error { return png.Encode(w, painted(600, 600, false)) }), files.PNG, 480, 480},
		"small stays":     {encoded(t, func(w io.Writer) error { return png.Encode(w, painted(20, 10, true)) }), files.JPEG, 20, 10},
		"a line":          {encoded(t, func(w io.Writer) error { return png.Encode(w, painted(4000, 1, true)) }), files.JPEG, 480, 1},
		"webp":            {oneWebP(t), files.PNG, 1, 1},
		"page behind png": {encoded(t, func(w io.Writer) error { return png.Encode(w, painted(20, 10, true)) }) + "<script>alert(1)</script>", files.JPEG, 20, 10},
		"moving gif": {encoded(t, func(w io.Writer) error {
			frame := image.NewPaletted(image.Rect(0, 0, 30, 20), color.Palette{color.White, color.Black})
			return gif.EncodeAll(w, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}})
		}), files.JPEG, 30, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := open(t)
			stored := put(t, s, c.content)
			if !s.HasPreview(stored.Hash, stored.MediaType) {
				t.Fatal("has none")
			}
			for range 2 { // made, then kept
				v, err := s.Preview(t.Context(), stored.Hash, stored.MediaType)
				if err != nil {
					t.Fatal(err)
				}
				m, kind, err := image.Decode(bytes.NewReader(v.Bytes))
				if err != nil {
					t.Fatal(err)
				}
				if size := m.Bounds().Size(); size.X != c.width || size.Y != c.height || "image/"+kind != c.kind || v.MediaType != c.kind {
					t.Errorf("%d × %d, %s (%s), want %d × %d, %s", size.X, size.Y, kind, v.MediaType, c.width, c.height, c.kind)
				}
				if bytes.Contains(v.Bytes, []byte("script")) {
					t.Error("bytes of the original are in it")
				}
			}
		})
	}
}

// TestUP6_NoPreview: what would take too much memory, or can't be decoded, is
// kept and not shown.
func TestUP6_NoPreview(t *testing.T) {
	t.Parallel()
	whole := encoded(t, func(w io.Writer) error { return png.Encode(w, painted(600, 600, true)) })
	for name, c := range map[string]struct {
		content string
		has     bool // by its header
	}{
		"forty megapixels":      {pngOf(8000, 5000, 0), false},
		"passes of many points": {jpegOf(5000, 5000, 0xc2), false},
		"cut":                   {whole[:len(whole)/2], true},
		"only a header":         {pngOf(30, 30, 0), true},
		"no picture":            {"%PDF-1.7\n", false},
		"text":                  {strings.Repeat("text ", 100), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := open(t)
			stored := put(t, s, c.content)
			if got := s.HasPreview(stored.Hash, stored.MediaType); got != c.has {
				t.Errorf("has one: %v", got)
			}
			_, err := s.Preview(t.Context(), stored.Hash, stored.MediaType)
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%v, want not found", err)
			}
		})
	}
	s, _ := open(t)
	_, err := s.Preview(t.Context(), sum("nothing there"), files.PNG)
	if !errs.Is(err, errs.NotFound) || s.HasPreview("../../etc/passwd", files.PNG) {
		t.Errorf("what isn't there: %v", err)
	}
}

// FuzzPreview: whatever a picture holds, it is shown or not.
func FuzzPreview(f *testing.F) {
	var b bytes.Buffer
	for _, encode := range []func(io.Writer) error{
		func(w io.Writer) error { return png.Encode(w, painted(6, 4, true)) },
		func(w io.Writer) error { return jpeg.Encode(w, painted(6, 4, true), nil) },
		func(w io.Writer) error { return gif.Encode(w, painted(6, 4, true), nil) },
	} {
		b.Reset()
		err := encode(&b)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(b.Bytes()))
	}
	f.Add([]byte(gifOf(6, 4, 3)))
	f.Add([]byte(webpOf(6, 4, 2)))
	s, err := files.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		stored, err := s.Put(t.Context(), bytes.NewReader(content), megabyte)
		if err != nil {
			return
		}
		v, err := s.Preview(t.Context(), stored.Hash, stored.MediaType)
		if err == nil && len(v.Bytes) == 0 || err != nil && !errs.Is(err, errs.NotFound) {
			t.Errorf("%d bytes, %v", len(v.Bytes), err)
		}
	})
}
