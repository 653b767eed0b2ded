package e2e

import (
	"cmp"
	"image"
	"image/color"
	"slices"
	"testing"
)

// pixel is a colour without transparency: red, green, blue.
type pixel [3]uint8

func pixelAt(img image.Image, x, y int) pixel {
	r, g, b, _ := img.At(x, y).RGBA()
	return pixel{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}
}

// counted is a colour and how many points of a picture have it.
type counted struct {
	pixel
	n int
}

// paletteOf finds at most n colours for a picture and the one for each of its
// colours. The colours are cut into boxes at the median of their longest side,
// the box with most points times length first, until there are enough boxes.
func paletteOf(img image.Image, n int) (color.Palette, map[pixel]uint8) {
	count := map[pixel]int{}
	box := img.Bounds()
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			count[pixelAt(img, x, y)]++
		}
	}
	all := make([]counted, 0, len(count))
	for p, k := range count {
		all = append(all, counted{p, k})
	}
	slices.SortFunc(all, func(a, b counted) int { return slices.Compare(a.pixel[:], b.pixel[:]) })
	boxes := [][]counted{all}
	for len(boxes) < n {
		widest, best := -1, 0
		for i, b := range boxes {
			if _, length := longest(b); length*points(b) > best {
				widest, best = i, length*points(b)
			}
		}
		if widest < 0 {
			break // every box is one colour
		}
		low, high := cut(boxes[widest])
		boxes[widest] = low
		boxes = append(boxes, high)
	}
	palette := make(color.Palette, len(boxes))
	index := map[pixel]uint8{}
	for i, b := range boxes {
		palette[i] = mean(b)
		for _, c := range b {
			index[c.pixel] = uint8(i)
		}
	}
	return palette, index
}

func points(box []counted) int {
	n := 0
	for _, c := range box {
		n += c.n
	}
	return n
}

// longest is the side of a box along which its colours differ most.
func longest(box []counted) (side, length int) {
	for s := range 3 {
		low, high := 255, 0
		for _, c := range box {
			low, high = min(low, int(c.pixel[s])), max(high, int(c.pixel[s]))
		}
		if high-low > length {
			side, length = s, high-low
		}
	}
	return side, length
}

// cut parts a box of several colours in two at the median of its points.
func cut(box []counted) (low, high []counted) {
	side, _ := longest(box)
	slices.SortStableFunc(box, func(a, b counted) int { return cmp.Compare(a.pixel[side], b.pixel[side]) })
	half, seen := points(box)/2, 0
	for i, c := range box[:len(box)-1] {
		seen += c.n
		if seen >= half {
			return box[:i+1], box[i+1:]
		}
	}
	return box[:len(box)-1], box[len(box)-1:]
}

// mean is the colour of most points where one has most of them, else their mean.
func mean(box []counted) color.Color {
	var sum [3]int
	n := points(box)
	for _, c := range box {
		if 2*c.n > n {
			return color.RGBA{c.pixel[0], c.pixel[1], c.pixel[2], 255}
		}
		for s := range sum {
			sum[s] += int(c.pixel[s]) * c.n
		}
	}
	return color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255}
}

func TestPalette(t *testing.T) {
	t.Parallel()
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			img.Set(x, y, color.RGBA{uint8(x * 4), uint8(y * 4), 128, 255})
		}
	}
	few, index := paletteOf(img, 16)
	if len(few) != 16 || len(index) != 64*64 {
		t.Errorf("%d colours for %d, want 16 for 4096", len(few), len(index))
	}
	for p, i := range index {
		r, g, _, _ := few[i].RGBA()
		if d := max(int(r>>8)-int(p[0]), int(p[0])-int(r>>8), int(g>>8)-int(p[1]), int(p[1])-int(g>>8)); d > 64 {
			t.Errorf("the colour %v becomes %v", p, few[i])
		}
	}
	one, _ := paletteOf(image.NewRGBA(image.Rect(0, 0, 8, 8)), 256)
	if len(one) != 1 {
		t.Errorf("a picture of one colour has a palette of %d", len(one))
	}
}
