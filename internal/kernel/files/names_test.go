package files_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"ayni/internal/kernel/files"
)

func TestUP4_SafeName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"report.pdf":                          "report.pdf",
		"  Procès-verbal   2026.docx ":        "Procès-verbal 2026.docx",
		"../../etc/passwd":                    "passwd",
		"/etc/shadow":                         "shadow",
		`C:\Users\x\plan.xlsx`:                "plan.xlsx",
		`..\..\x`:                             "x",
		"a\x00b\nc.txt":                       "abc.txt",
		"CON":                                 "_CON",
		"con.txt":                             "_con.txt",
		"Lpt1.tar.gz":                         "_Lpt1.tar.gz",
		"console.txt":                         "console.txt",
		"invoice\u202efdp.exe":                "invoicefdp.exe",
		"zero\u200bwidth.txt":                 "zerowidth.txt",
		"invoice.pdf.exe":                     "invoice.pdf.exe",
		"":                                    "file",
		"...":                                 "file",
		"/":                                   "file",
		".hidden":                             "hidden",
		"trailing. . .":                       "trailing",
		`a<b>c:d"e|f?g*h.txt`:                 "a_b_c_d_e_f_g_h.txt",
		"bad\xff\xfeutf8.txt":                 "badutf8.txt",
		"南南合作.pdf":                            "南南合作.pdf",
		strings.Repeat("é", 300) + ".docx":    strings.Repeat("é", 115) + ".docx",
		"x." + strings.Repeat("y", 300):       "x." + strings.Repeat("y", 118),
		strings.Repeat("a", 118) + ". . .pdf": strings.Repeat("a", 116) + ".pdf",
	} {
		if got := files.SafeName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestUP4_NameForHasAnEndingThatFitsTheType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, mediaType, want string }{
		{"report.pdf", files.PDF, "report.pdf"},
		{"REPORT.PDF", files.PDF, "REPORT.PDF"},
		{"photo.jpeg", files.JPEG, "photo.jpeg"},
		{"page.html", files.Text, "page.html.txt"},
		{"invoice.pdf.exe", files.PDF, "invoice.pdf.exe.pdf"},
		{"", files.Mail, "file.eml"},
		{"x", "other/type", "x"},
	} {
		if got := files.NameFor(c.name, c.mediaType); got != c.want {
			t.Errorf("%q as %s: got %q, want %q", c.name, c.mediaType, got, c.want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"a.pdf", "../x", `C:\x`, "con", "\u202e", "a\x00b", strings.Repeat("é", 200), "a . . ."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := files.SafeName(s)
		if got == "" || !utf8.ValidString(got) || utf8.RuneCountInString(got) > 121 || !filepath.IsLocal(got) || strings.ContainsAny(got, `/\:*?"<>|`) {
			t.Errorf("%q gives %q", s, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Errorf("%q keeps %U", s, r)
			}
		}
		if files.SafeName(got) != got {
			t.Errorf("%q gives %q, which gives %q", s, got, files.SafeName(got))
		}
	})
}
