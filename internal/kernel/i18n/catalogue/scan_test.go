package catalogue

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const head = "package x\n\nimport \"ayni/internal/kernel/i18n\"\n\n"

func tree(files ...string) fstest.MapFS {
	out := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		out[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return out
}

func TestScanFindsEveryKindOfCall(t *testing.T) {
	t.Parallel()
	texts, problems, err := Scan(tree(
		"internal/a/a.go", head+`
func f(l *i18n.L, n int) {
	l.T("a.plain", "Plain")
	l.T("a.joined", "One sentence. "+
		"Another with {who}.", i18n.A{"who": "x"})
	l.N("a.count", n, "{n} party", "{n} parties")
	_ = i18n.M("a.later", "Later")
	_ = i18n.MN("a.laters", n, "One day", "{n} days of {what}", i18n.A{"what": 1})
	p.L.T("a.deep", "Deep {x}", made(n))
}
`,
		"internal/a/page_templ.go", "package a\n\nfunc g() { write(p.L.T(\"a.page\", `Page`)) }\n",
		"internal/a/a_test.go", head+`func h(l *i18n.L) { l.T("a.test", "Test") }`,
		"internal/a/testdata/x.go", head+`func h(l *i18n.L) { l.T("a.data", "Data") }`,
		"internal/kernel/i18n/i18n.go", "package i18n\n\nfunc (l *L) N(key string) { l.T(key, one); MN(key, n, one, other) }\n",
	))
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	want := []Text{
		{Key: "a.count", One: "{n} party", Other: "{n} parties", Count: true, Place: "internal/a/a.go:10"},
		{Key: "a.deep", Other: "Deep {x}", Place: "internal/a/a.go:13"},
		{Key: "a.joined", Other: "One sentence. Another with {who}.", Place: "internal/a/a.go:8"},
		{Key: "a.later", Other: "Later", Place: "internal/a/a.go:11"},
		{Key: "a.laters", One: "One day", Other: "{n} days of {what}", Count: true, Place: "internal/a/a.go:12"},
		{Key: "a.page", Other: "Page", Place: "internal/a/page_templ.go:3"},
		{Key: "a.plain", Other: "Plain", Place: "internal/a/a.go:7"},
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
}

func TestScanNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ line, want string }{
		"key":          {`l.T(key, "Text")`, "the key must be a literal"},
		"text":         {`l.T("a.x", english)`, "a.x: the English text must be a literal"},
		"one":          {`l.N("a.x", 1, one, "{n} days")`, "a.x: the English text must be a literal"},
		"form of key":  {`l.T("Save", "Save")`, `key "Save" is not lower-case words joined by dots`},
		"sentence key": {`l.T("a. b", "Save")`, `key "a. b" is not lower-case words joined by dots`},
		"by hand":      {`_ = i18n.Msg{Key: "a.x", Text: "Text"}`, "make messages with i18n.M or i18n.MN: a message made by hand is not in the catalogue"},
		"not given":    {`l.T("a.x", "To {who}")`, "a.x: nothing is given for {who}"},
		"not used":     {`l.T("a.x", "To all", i18n.A{"who": 1})`, `a.x: "who" is given but the text has no {who}`},
		"message":      {`_ = i18n.M("a.x", "To {who}", i18n.A{"whom": 1}, i18n.A{"who": 2})`, `a.x: "whom" is given but the text has no {whom}`},
		"brace":        {`l.T("a.x", "Open { brace")`, "a.x: a brace stands alone: places are written {name}, in lower case"},
		"capital":      {`l.T("a.x", "To {Who}", args)`, "a.x: a brace stands alone: places are written {name}, in lower case"},
		"empty":        {`l.T("a.x", "")`, "a.x: the text is empty"},
		"space":        {`l.T("a.x", "by ")`, "a.x: the text begins or ends with a space"},
		"spaces":       {`l.T("a.x", "by  hand")`, "a.x: two spaces follow each other"},
		"shout":        {`l.T("a.x", "Done!")`, "a.x: no exclamation marks"},
		"apostrophe":   {`l.T("a.x", "Can't be read")`, "a.x: the apostrophe is ’, as in the reference lists"},
		"please":       {`l.T("a.x", "Please sign in")`, `a.x: no "please"`},
		"two Englishes": {`l.T("a.x", "One"); l.T("a.x", "Two")`,
			`a.x says "Two" here and "One" at internal/a/a.go:5`},
		"counts or not": {`l.T("a.x", "{n} days", args); l.N("a.x", 1, "{n} days", "{n} days")`,
			`a.x says "{n} days" here and "{n} days" at internal/a/a.go:5`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems, err := Scan(tree("internal/a/a.go", head+"func f() { "+tc.line+" }"))
			if err != nil {
				t.Fatal(err)
			}
			want := []Problem{{Place: "internal/a/a.go:5", Text: tc.want}}
			if diff := cmp.Diff(want, problems); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScanLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	texts, problems, err := Scan(tree("internal/a/a.go", head+`
func f(l *i18n.L) {
	rand.N(10)
	testing.T()
	l.Say(i18n.Msg{})
	t.T(x)
}
`))
	if err != nil || len(texts) > 0 || len(problems) > 0 {
		t.Error(texts, problems, err)
	}
}

func TestScanRefusesBrokenSource(t *testing.T) {
	t.Parallel()
	_, _, err := Scan(tree("a.go", "package"))
	if err == nil || !strings.Contains(err.Error(), "a.go") {
		t.Error(err)
	}
}
