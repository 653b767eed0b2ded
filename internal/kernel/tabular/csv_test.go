package tabular

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSafe(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                        "",
		"Ministry":                "Ministry",
		"=HYPERLINK(\"x\")":       "'=HYPERLINK(\"x\")",
		"+1+cmd|' /C calc'!A0":    "'+1+cmd|' /C calc'!A0",
		"-2+3":                    "'-2+3",
		"@SUM(A1)":                "'@SUM(A1)",
		"\t=1":                    "'\t=1",
		"\r=1":                    "'\r=1",
		"＝1":                      "'＝1",
		"-12.52":                  "-12.52",
		"+4":                      "+4",
		"12":                      "12",
		"a=b":                     "a=b",
		"'=1":                     "'=1",
		"%0A=1":                   "'%0A=1",
		"|x":                      "'|x",
		"-":                       "'-",
		"\xff=1":                  "\xff=1",
		strings.Repeat("=", 3):    "'===",
		"–12 is a dash, no minus": "–12 is a dash, no minus",
	} {
		if got := Safe(in); got != want {
			t.Errorf("Safe(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWriter(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := NewWriter(&b, "code", "name")
	w.Row("a", "One, \"two\"\nthree")
	w.Row("b", "=1")
	err := w.End()
	if err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"code", "name"}, {"a", "One, \"two\"\nthree"}, {"b", "'=1"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWriterTellsItsErrors(t *testing.T) {
	t.Parallel()
	w := NewWriter(&bytes.Buffer{}, "code", "name")
	w.Row("only one")
	w.Row("a", "b")
	if w.End() == nil {
		t.Error("a row that is too short was taken")
	}
	w = NewWriter(brokenPipe{}, "code")
	w.Row("a")
	if err := w.End(); !errors.Is(err, errBroken) {
		t.Errorf("End = %v, want the writer's error", err)
	}
}

var errBroken = errors.New("broken")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken }
