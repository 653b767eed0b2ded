package ui

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"ayni/internal/kernel/i18n"
)

// BarsView is a picture of spans on one scale: how long each step took, or
// from when to when it ran. Its figures stand below it as a table.
type BarsView struct {
	ID      string
	Title   string // names the picture
	Desc    string // the finding in one sentence
	Caption string // source and year
	Head    string // heading of the rows, such as "Step"
	Value   string // heading of the values, such as "Days"
	Unit    string // at the end of the scale, such as "days"
	Rows    []Bar
}

// Bar is a span in whole units. None says that there is nothing to draw:
// missing is a word, not a bar of no length.
type Bar struct {
	Label    string
	From, To int
	Text     string // the value in words, such as "41" or "not started"
	Running  bool   // not at its end yet: drawn open
	None     bool
}

// The pictures are drawn at the size at which they are read, in pixels.
const (
	wideWidth   = 640
	narrowWidth = 300
	wideRow     = 24
	narrowRow   = 38
	barHeight   = 12
	axisRoom    = 24
	charWidth   = 6.6 // of 12 px text, on average
	wideTicks   = 6   // parts of the scale at most
	narrowTicks = 3
)

// barsPicture is one of the two drawings.
type barsPicture struct {
	class, id     string
	width, height int
	x0, x1        int // the ends of the scale
	base          int // the line of the axis
	rows          []barShape
	ticks         []tickShape
}

type barShape struct {
	label, text        string
	labelX, labelY     int
	x, y, width        int
	textX, textY       int
	running, none, bar bool
}

type tickShape struct {
	x    int
	text string
}

func (v BarsView) pictures(l *i18n.L) [2]barsPicture {
	return [2]barsPicture{v.draw(l, "w", wideWidth), v.draw(l, "n", narrowWidth)}
}

// draw puts labels before the bars where there is room, above them where not.
func (v BarsView) draw(l *i18n.L, class string, width int) barsPicture {
	wide := class == "w"
	labels, texts, most := 0, 0, 1
	for _, r := range v.Rows {
		labels = max(labels, textWidth(r.Label))
		texts = max(texts, textWidth(r.Text))
		most = max(most, r.To)
	}
	p := barsPicture{class: class, id: v.ID + "-" + class, width: width}
	row, barTop, labelX, parts := narrowRow, 20, 6, narrowTicks
	p.x0, p.x1 = 1, width-texts-12
	if wide {
		row, barTop, labelX, parts = wideRow, (wideRow-barHeight)/2, 0, wideTicks
		p.x0 = min(labels+12, width/2)
	}
	step := niceStep(most, parts)
	end := (most + step - 1) / step * step
	at := func(n int) int { return p.x0 + (p.x1-p.x0)*n/end }
	for i, r := range v.Rows {
		s := barShape{label: r.Label, text: r.Text, running: r.Running, none: r.None, bar: !r.None}
		s.y = i*row + barTop
		s.labelX, s.labelY = labelX, i*row+14
		if wide {
			s.labelY = s.y + barHeight - 2
		}
		s.x = at(r.From)
		s.width = max(at(r.To)-s.x, 2)
		s.textX, s.textY = s.x+s.width+6, s.y+barHeight-2
		if r.None {
			s.textX = p.x0
		}
		p.rows = append(p.rows, s)
	}
	p.base = len(v.Rows)*row + 4
	p.height = p.base + axisRoom
	for n := 0; n <= end; n += step {
		text := l.Num(int64(n))
		if n == end {
			text += " " + v.Unit
		}
		p.ticks = append(p.ticks, tickShape{at(n), text})
	}
	return p
}

func textWidth(s string) int {
	return int(math.Ceil(float64(utf8.RuneCountInString(s)) * charWidth))
}

// niceStep is a step of 1, 2 or 5 times a power of ten that divides a scale
// into few parts.
func niceStep(most, parts int) int {
	for power := 1; ; power *= 10 {
		for _, lead := range [3]int{1, 2, 5} {
			if step := lead * power; most <= step*parts {
				return step
			}
		}
	}
}

func px(n int) string { return strconv.Itoa(n) }

func (p barsPicture) viewBox() string { return fmt.Sprintf("0 0 %d %d", p.width, p.height) }

// tickClass keeps the words at both ends of the scale inside the picture.
func (p barsPicture) tickClass(i int) string {
	switch i {
	case 0:
		return "tick"
	case len(p.ticks) - 1:
		return "tick e"
	}
	return "tick m"
}

func (s barShape) class() string {
	if s.running {
		return "box dash"
	}
	return "v"
}

func (v BarsView) table() TableView {
	t := TableView{Caption: v.Title, Tight: true, Keep: true, Cols: []Col{{Title: v.Head}, {Title: v.Value, Num: true}}}
	for _, r := range v.Rows {
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: r.Label}, {Text: r.Text, Soft: r.None}}})
	}
	return t
}
