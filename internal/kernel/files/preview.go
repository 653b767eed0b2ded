package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"sync"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

const (
	previewSide   = 480      // points of the longer side
	previewMemory = 96 << 20 // bytes that decoding may take; one picture at a time
	previewsKept  = 64       // in memory; each is some ten kilobytes
)

// Preview is a small picture, made anew: nothing of the original's bytes is in it.
type Preview struct {
	MediaType string
	Bytes     []byte
}

// previews are the small pictures that were made lately. They are kept in
// memory alone: what is erased leaves no copy.
type previews struct {
	one   chan struct{} // held by who decodes
	mu    sync.Mutex
	order []string // of hashes, the oldest first
	by    map[string]Preview
}

func newPreviews() *previews {
	return &previews{one: make(chan struct{}, 1), by: map[string]Preview{}}
}

func (p *previews) find(hash string) (Preview, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.by[hash]
	return v, ok
}

func (p *previews) keep(hash string, v Preview) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.by[hash]; ok {
		return
	}
	p.by[hash] = v
	p.order = append(p.order, hash)
	if len(p.order) > previewsKept {
		delete(p.by, p.order[0])
		p.order = slices.Delete(p.order, 0, 1)
	}
}

// HasPreview says whether Preview has something to show of a content: of a
// picture that can be decoded in bounded memory.
func (s *Store) HasPreview(hash, mediaType string) bool {
	f, p, err := s.picture(hash, mediaType)
	if err != nil {
		return false
	}
	f.Close()
	return p.Memory <= previewMemory
}

// picture opens a picture and reads its header; NotFound where it is none.
func (s *Store) picture(hash, mediaType string) (io.ReadSeekCloser, Picture, error) {
	if !slices.Contains([]string{PNG, JPEG, GIF, WebP}, mediaType) {
		return nil, Picture{}, errs.Missing()
	}
	f, err := s.Open(hash)
	if err != nil {
		return nil, Picture{}, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, Picture{}, disk("look at "+hash, err)
	}
	p, err := look(mediaType, f, info.Size())
	if err != nil {
		f.Close()
		return nil, Picture{}, err
	}
	return f, p, nil
}

// Preview makes a small picture of a stored one, at most 480 points wide and
// high; NotFound where there is none.
func (s *Store) Preview(ctx context.Context, hash, mediaType string) (Preview, error) {
	if v, ok := s.previews.find(hash); ok {
		return v, nil
	}
	select {
	case s.previews.one <- struct{}{}:
		defer func() { <-s.previews.one }()
	case <-ctx.Done():
		return Preview{}, ctx.Err()
	}
	if v, ok := s.previews.find(hash); ok {
		return v, nil // made while this one waited
	}
	f, p, err := s.picture(hash, mediaType)
	if errors.Is(err, errPicture) || err == nil && p.Memory > previewMemory {
		err = noPreview(err)
	}
	if err != nil {
		return Preview{}, err
	}
	defer f.Close()
	v, err := small(f, mediaType)
	if err != nil {
		return Preview{}, noPreview(err)
	}
	s.previews.keep(hash, v)
	return v, nil
}

func noPreview(cause error) error {
	return &errs.Error{Kind: errs.NotFound, Cause: cause, Msg: i18n.M("files.preview.none", "There is no small picture of this file. It can be downloaded.")}
}

// small decodes a picture and draws it small. A decoder that panics has met a
// file that it can't read.
func small(r io.Reader, mediaType string) (v Preview, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decode %s: %v", mediaType, p)
		}
	}()
	decode := map[string]func(io.Reader) (image.Image, error){PNG: png.Decode, JPEG: jpeg.Decode, GIF: gif.Decode, WebP: webp.Decode}[mediaType]
	whole, err := decode(r)
	if err != nil {
		return Preview{}, fmt.Errorf("decode %s: %w", mediaType, err)
	}
	size := whole.Bounds().Size()
	longer := max(size.X, size.Y)
	if longer > previewSide {
		size = image.Pt(max(1, size.X*previewSide/longer), max(1, size.Y*previewSide/longer))
	}
	drawn := image.NewRGBA(image.Rectangle{Max: size})
	draw.BiLinear.Scale(drawn, drawn.Bounds(), whole, whole.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	if drawn.Opaque() {
		err = jpeg.Encode(&b, drawn, &jpeg.Options{Quality: 82})
		return Preview{JPEG, b.Bytes()}, err
	}
	err = png.Encode(&b, drawn)
	return Preview{PNG, b.Bytes()}, err
}
