package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
)

func readLines(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(string(b), "\n")
}

func writeLines(t *testing.T, path string, lines []string) {
	t.Helper()
	err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600)
	if err != nil {
		t.Fatal(err)
	}
}

func TestHeadsFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := filepath.Join(dir, "some.key")
	h, err := OpenHeads(dir, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{key, h.Path()} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("%d files, want key and log", len(entries))
	}
	if got, want := readLines(t, h.Path())[0], `{"ayni-audit-heads":1,"public":"`+h.Public()+"\"}\n"; got != want {
		t.Errorf("the log begins with %s, want %s", got, want)
	}
	again, err := OpenHeads(dir, key)
	if err != nil {
		t.Fatal(err)
	}
	if again.Public() != h.Public() || len(readLines(t, h.Path())) != 2 {
		t.Error("opened again, the key or the log changed")
	}
}

func TestKeyFileRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty": "", "no key": "hello\n",
		"broken": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "k")
		writeLines(t, path, []string{text})
		_, err := OpenHeads(dir, path)
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
		if got := strings.Join(readLines(t, path), ""); got != text {
			t.Errorf("%s: the file was written over", name)
		}
	}
}

func TestSignOnlyWhenMoved(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	h := openHeads(t, t.TempDir())
	lines := func(want int) {
		t.Helper()
		if n := len(readLines(t, h.Path())) - 1; n != want {
			t.Errorf("%d lines, want %d", n, want)
		}
	}
	sign(t, h, d)
	lines(1)
	fillRows(t, d, 2)
	sign(t, h, d)
	sign(t, h, d)
	lines(2)
	h = openHeads(t, filepath.Dir(h.Path()))
	sign(t, h, d)
	lines(2)
	fillRows(t, d, 1)
	sign(t, h, d)
	lines(3)
	r := verify(t, d, h.Path())
	wantWhole(t, r, 3)
	if r.HeadsChecked != 2 {
		t.Errorf("got %+v", r)
	}
}

func TestTornHeads(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	dir := t.TempDir()
	h := openHeads(t, dir)
	fillRows(t, d, 2)
	sign(t, h, d)
	good := strings.Join(readLines(t, h.Path()), "")
	fillRows(t, d, 2)
	sign(t, h, d)
	all := strings.Join(readLines(t, h.Path()), "")
	for cut := len(good); cut < len(all); cut += 7 {
		writeLines(t, h.Path(), []string{all[:cut]})
		r := verify(t, d, h.Path())
		wantWhole(t, r, 4)
		if r.Torn != (cut > len(good)) || r.HeadsChecked != 1 || r.Unsigned != 2 {
			t.Fatalf("cut at %d: got %+v", cut, r)
		}
		// The next head stands on a line of its own, with or without a restart.
		if cut%2 == 0 {
			h = openHeads(t, dir)
		}
		sign(t, h, d)
		r = verify(t, d, h.Path())
		wantWhole(t, r, 4)
		if r.Torn || r.HeadsChecked != 2 || r.Unsigned != 0 {
			t.Fatalf("cut at %d, signed again: got %+v", cut, r)
		}
	}
	// A crash while the log was begun leaves nothing that was signed.
	for _, start := range []string{"", `{"ayni-au`, strings.TrimSuffix(readLines(t, h.Path())[0], "\n")} {
		writeLines(t, h.Path(), []string{start})
		r := verify(t, d, h.Path())
		wantWhole(t, r, 4)
		if !r.NoHeads || r.Torn != (start != "") {
			t.Errorf("log %q: got %+v", start, r)
		}
		h = openHeads(t, dir)
		sign(t, h, d)
		r = verify(t, d, h.Path())
		wantWhole(t, r, 4)
		if r.HeadsChecked != 1 || len(r.Keys) != 1 {
			t.Errorf("log %q, signed again: got %+v", start, r)
		}
	}
}

// What was changed in the log itself is found.
func TestAI1_TamperedLogIsNamed(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	h := openHeads(t, t.TempDir())
	for range 3 {
		fillRows(t, d, 2)
		sign(t, h, d)
	}
	lines := readLines(t, h.Path())
	with := func(i int, line string) []string {
		out := append([]string(nil), lines...)
		out[i] = line
		return out
	}
	for name, c := range map[string]struct {
		lines []string
		seq   int64
		key   string
	}{
		"another number":    {with(2, strings.Replace(lines[2], `"seq":4`, `"seq":3`, 1)), 3, "audit.bad.signature"},
		"a number too high": {with(3, strings.Replace(lines[3], `"seq":6`, `"seq":60`, 1)), 60, "audit.bad.signature"},
		"another time":      {with(1, strings.Replace(lines[1], `"at":1`, `"at":2`, 1)), 2, "audit.bad.signature"},
		"no signature":      {with(2, strings.Replace(lines[2], `"sig":"`, `"sig":"A`, 1)), 4, "audit.bad.signature"},
		"garbled":           {with(2, "garbled\n"), 3, "audit.bad.line"},
		"garbled last":      {with(3, strings.Replace(lines[3], `"seq"`, `"sex"`, 1)), 5, "audit.bad.line"},
		"very long":         {with(2, strings.Repeat("x", 5*headsTail)+"\n"), 3, "audit.bad.line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "log")
			writeLines(t, path, c.lines)
			wantBad(t, verify(t, d, path), c.seq, c.key)
		})
	}
	t.Run("no log", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), HeadsFile)
		for _, text := range []string{"something else\n", lines[1], `{"ayni-audit-heads":2,"public":"x"}` + "\n"} {
			writeLines(t, path, []string{text})
			_, err := Verify(t.Context(), d, path)
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%q: got %v", text, err)
			}
			_, err = OpenHeads(filepath.Dir(path), filepath.Join(filepath.Dir(path), "k"))
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%q: opened: %v", text, err)
			}
			if got := strings.Join(readLines(t, path), ""); got != text {
				t.Errorf("%q: written over", text)
			}
		}
	})
}

// Restored on another machine, without its key file, the log goes on with
// another key and says so.
func TestAnotherKeySignsOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dir := t.TempDir()
		first := openHeads(t, dir)
		fillRows(t, d, 2)
		sign(t, first, d)
		second, err := OpenHeads(dir, filepath.Join(dir, "other.key"))
		if err != nil {
			t.Fatal(err)
		}
		sign(t, second, d)
		fillRows(t, d, 2)
		sign(t, second, d)
		again, err := OpenHeads(dir, filepath.Join(dir, "other.key"))
		if err != nil {
			t.Fatal(err)
		}
		sign(t, again, d)
		r := verify(t, d, first.Path())
		wantWhole(t, r, 4)
		if len(r.Keys) != 2 || r.Keys[0] != first.Public() || r.Keys[1] != second.Public() || r.HeadsChecked != 2 {
			t.Errorf("got %+v", r)
		}
	})
}

// A log that was taken over by two processes at once holds their heads in any order.
func TestHeadsInAnyOrder(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	h := openHeads(t, t.TempDir())
	for range 2 {
		fillRows(t, d, 2)
		sign(t, h, d)
	}
	lines := readLines(t, h.Path())
	lines[1], lines[2] = lines[2], lines[1]
	writeLines(t, h.Path(), append(lines, lines[1]))
	r := verify(t, d, h.Path())
	wantWhole(t, r, 4)
	if r.HeadsChecked != 3 {
		t.Errorf("got %+v", r)
	}
}

func TestSignRefusesAShorterChain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openHeads(t, t.TempDir())
		fillRows(t, d, 3)
		sign(t, h, d)
		exec(t, d, `delete from audit where seq = 3`)
		err := h.Sign(t.Context(), d)
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("got %v", err)
		}
		if n := len(readLines(t, h.Path())) - 1; n != 2 {
			t.Errorf("%d lines, want 2", n)
		}
	})
}
