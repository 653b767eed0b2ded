package files

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"ayni/internal/kernel/i18n"
)

// Bounds of a picture, told from its header before anything is decoded.
const (
	maxPixels = 50_000_000 // width × height
	maxFrames = 500        // of a moving picture
)

// Picture is what the header of a picture says.
type Picture struct {
	Width, Height int
	Frames        int   // 1 where it does not move
	Memory        int64 // bytes that decoding it takes, at most
}

// errPicture is a header that can't be read.
var errPicture = errors.New("no whole header of a picture")

// look reads the header of a picture of a type; errPicture where there is none.
func look(mediaType string, r io.ReaderAt, size int64) (Picture, error) {
	in := &source{r: r, size: size}
	var p Picture
	switch mediaType {
	case PNG:
		p = in.png()
	case JPEG:
		p = in.jpeg()
	case GIF:
		p = in.gif()
	case WebP:
		p = in.webp()
	}
	switch {
	case in.err != nil:
		return Picture{}, in.err
	case in.short || p.Width <= 0 || p.Height <= 0:
		return Picture{}, errPicture
	}
	return p, nil
}

// checkPicture refuses a picture that is too large to be shown, or none.
func checkPicture(mediaType string, r io.ReaderAt, size int64) error {
	p, err := look(mediaType, r, size)
	if errors.Is(err, errPicture) {
		return refuse(i18n.M("files.picture.broken", "The picture has no whole header: no program could show it. Save it anew and send that."))
	}
	if err != nil {
		return disk("read the header of a picture", err)
	}
	if p.Width > maxPixels || p.Height > maxPixels || int64(p.Width)*int64(p.Height) > maxPixels {
		return refuse(i18n.M("files.picture.large",
			"The picture has {width} × {height} points; {limit} million are the most. Make it smaller and send that.",
			i18n.A{"width": p.Width, "height": p.Height, "limit": maxPixels / 1_000_000}))
	}
	if p.Frames > maxFrames {
		return refuse(i18n.M("files.picture.frames",
			"The moving picture has more than {limit} frames. Send a shorter one, or a single picture.", i18n.A{"limit": maxFrames}))
	}
	return nil
}

// source reads pieces of a content. What lies beyond its end is short.
type source struct {
	r     io.ReaderAt
	size  int64
	short bool
	err   error
	buf   [32]byte
}

// at reads n bytes, 32 at most; zeros where there are none.
func (s *source) at(offset int64, n int) []byte {
	b := s.buf[:n]
	clear(b)
	if s.err != nil || s.short {
		return b
	}
	if offset < 0 || offset+int64(n) > s.size {
		s.short = true
		return b
	}
	_, err := s.r.ReadAt(b, offset)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return b
}

func (s *source) u16(offset int64) int { return int(binary.BigEndian.Uint16(s.at(offset, 2))) }
func (s *source) u32(offset int64) int64 {
	return int64(binary.BigEndian.Uint32(s.at(offset, 4)))
}
func (s *source) over() bool { return s.short || s.err != nil }

// png reads IHDR, which is first, and counts the frames of a moving one (fcTL).
func (s *source) png() Picture {
	if s.u32(8) != 13 || string(s.at(12, 4)) != "IHDR" {
		s.short = true
		return Picture{}
	}
	p := Picture{Width: int(s.u32(16)), Height: int(s.u32(20)), Frames: 1}
	depth, colour := int64(s.at(24, 1)[0]), s.at(25, 1)[0]
	bytes := int64(4)
	if depth == 16 {
		bytes = 8
	} else if colour == 3 || colour == 0 {
		bytes = 1 // a palette, or grey
	}
	p.Memory = int64(p.Width) * int64(p.Height) * bytes
	frames := 0
	for at := int64(8); at+8 <= s.size && !s.over(); {
		length := s.u32(at)
		if string(s.at(at+4, 4)) == "fcTL" {
			frames++
		}
		if frames > maxFrames {
			break
		}
		at += 12 + length
	}
	p.Frames = max(1, frames)
	return p
}

// jpeg looks for the start of the frame (SOF), past what programs put before
// it: a profile of colours, a small picture.
func (s *source) jpeg() Picture {
	for at := int64(2); !s.over(); {
		b := s.at(at, 2)
		if b[0] != 0xff {
			break
		}
		marker := b[1]
		switch {
		case marker == 0xff: // filling
			at++
			continue
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd8:
			at += 2 // stands alone
			continue
		case marker == 0xda || marker == 0xd9:
			s.short = true // the picture begins, or ends, without a frame
			continue
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			p := Picture{Height: s.u16(at + 5), Width: s.u16(at + 7), Frames: 1}
			bytes := int64(s.at(at+9, 1)[0])
			if marker != 0xc0 && marker != 0xc1 {
				bytes *= 5 // the coefficients of all scans are held
			}
			p.Memory = int64(p.Width) * int64(p.Height) * bytes
			return p
		}
		length := s.u16(at + 2)
		if length < 2 {
			break
		}
		at += 2 + int64(length)
	}
	s.short = s.err == nil
	return Picture{}
}

// gif walks its blocks and counts the frames; nothing is decoded.
func (s *source) gif() Picture {
	b := s.at(6, 5)
	p := Picture{Width: int(binary.LittleEndian.Uint16(b)), Height: int(binary.LittleEndian.Uint16(b[2:]))}
	p.Memory = int64(p.Width) * int64(p.Height)
	at := int64(13) + table(b[4])
	blocks := func() { // sub-blocks, up to an empty one
		for !s.over() {
			n := int64(s.at(at, 1)[0])
			at += 1 + n
			if n == 0 {
				return
			}
		}
	}
	for !s.over() && p.Frames <= maxFrames {
		switch s.at(at, 1)[0] {
		case 0x21: // an extension
			at += 2
			blocks()
		case 0x2c: // a frame
			flags := s.at(at+9, 1)[0]
			at += 10 + table(flags) + 1
			p.Frames++
			blocks()
		case 0x3b: // the end
			return p
		default:
			s.short = true
		}
	}
	if s.short && p.Frames > 0 {
		s.short = false // cut, or without an end: what is there can be shown
	}
	return p
}

// table is the size of a table of colours that flags announce.
func table(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// webp reads the canvas or the first frame, and counts the frames (ANMF).
func (s *source) webp() Picture {
	p := Picture{}
	bytes, frames := int64(3), 0
	for at := int64(12); at+8 <= s.size && !s.over() && frames <= maxFrames; {
		kind := string(s.at(at, 4))
		length := int64(binary.LittleEndian.Uint32(s.at(at+4, 4)))
		body := at + 8
		switch kind {
		case "VP8X":
			p.Width = 1 + int(s.u24(body+4))
			p.Height = 1 + int(s.u24(body+7))
		case "VP8 ":
			if p.Width == 0 {
				b := s.at(body+6, 4)
				p.Width = int(binary.LittleEndian.Uint16(b) & 0x3fff)
				p.Height = int(binary.LittleEndian.Uint16(b[2:]) & 0x3fff)
			}
		case "VP8L":
			bytes = 8 // held twice while it is undone
			if p.Width == 0 {
				v := binary.LittleEndian.Uint32(s.at(body+1, 4))
				p.Width, p.Height = 1+int(v&0x3fff), 1+int(v>>14&0x3fff)
			}
		case "ANMF":
			frames++
		}
		at = body + length + length&1
	}
	p.Frames = max(1, frames)
	p.Memory = int64(p.Width) * int64(p.Height) * bytes
	return p
}

func (s *source) u24(offset int64) uint32 {
	b := s.at(offset, 3)
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
}

// isPicture is told from the first bytes.
func isPicture(head []byte) string {
	for _, m := range []struct{ mark, mediaType string }{
		{"\x89PNG\r\n\x1a\n", PNG}, {"\xff\xd8\xff", JPEG}, {"GIF87a", GIF}, {"GIF89a", GIF},
	} {
		if bytes.HasPrefix(head, []byte(m.mark)) {
			return m.mediaType
		}
	}
	if len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP" {
		return WebP
	}
	return ""
}
