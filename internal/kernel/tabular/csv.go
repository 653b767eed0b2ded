package tabular

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// number is what a spreadsheet may read as it stands, sign and all.
var number = regexp.MustCompile(`^[+-]?\d+([.,]\d+)?$`)

// Safe gives a text that a spreadsheet shows and does not compute: one that
// would begin a formula gets an apostrophe before it, unless it is a number.
func Safe(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(cell)[0]) || number.MatchString(cell) {
		return cell
	}
	return "'" + cell
}

// Writer writes a table as CSV (RFC 4180, UTF-8).
type Writer struct {
	csv   *csv.Writer
	cols  int
	cells []string
	err   error
}

// NewWriter begins a table with its heading.
func NewWriter(w io.Writer, heading ...string) *Writer {
	out := &Writer{csv: csv.NewWriter(w), cols: len(heading)}
	out.Row(heading...)
	return out
}

// Row adds a row. The first error ends the table; End tells it.
func (w *Writer) Row(cells ...string) {
	if w.err != nil {
		return
	}
	if len(cells) != w.cols {
		w.err = fmt.Errorf("a row of %d cells in a table of %d columns", len(cells), w.cols)
		return
	}
	w.cells = w.cells[:0]
	for _, c := range cells {
		w.cells = append(w.cells, Safe(c))
	}
	w.err = w.csv.Write(w.cells)
}

// End writes what is left and says whether all was written.
func (w *Writer) End() error {
	w.csv.Flush()
	if w.err == nil {
		w.err = w.csv.Error()
	}
	return w.err
}
