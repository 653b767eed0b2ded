package cli

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ayni/internal/app"
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/migrate"
)

// attach stores files in an installation, as uploads do.
func attach(t testing.TB, o app.Options, contents ...string) []string {
	t.Helper()
	o.Use = app.Write
	a, err := app.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(t.Context())
	var hashes []string
	for _, text := range contents {
		s, err := a.Files.Put(t.Context(), strings.NewReader(text), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		err = a.DB.Write(t.Context(), func(tx *db.Tx) error { return files.Note(tx, s) })
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, s.Hash)
	}
	return hashes
}

// BR3: a backup taken beside a running server, restored elsewhere, is the same
// installation: records, files, audit, passwords.
func TestBR3_BackupAndRestoreElsewhere(t *testing.T) {
	t.Parallel()
	dir, file := demoFolder(t), filepath.Join(t.TempDir(), "b.zip")
	hashes := attach(t, app.Options{Data: dir}, "one file\n", "and another\n")
	attached := one[int](t, filepath.Join(dir, "ayni.db"), `select count(*) from file`)
	p := start(t, "--data", dir)
	link := decode[linkReport](t, ok(t, "user", "add", "ana@example.org", "--role", "admin", "--data", dir, "--base-url", p.url, "--json")).Link
	password := url.Values{"new-password": {"a horse and a stapler"}, "again-password": {"a horse and a stapler"}}
	if a := p.client().post(strings.TrimPrefix(link, p.url), password); a.status != http.StatusSeeOther {
		t.Fatalf("set a password: %d", a.status)
	}
	said := ok(t, "backup", file, "--data", dir)
	if !strings.Contains(said, fmt.Sprintf(" %d attached files", attached)) {
		t.Errorf("says %q", said)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup's mode: %v %v", info.Mode(), err)
	}
	want := ok(t, "check", "--checksum", "--json", "--data", dir)
	p.end(syscall.SIGTERM)

	elsewhere := filepath.Join(t.TempDir(), "a", "b", "data")
	got := decode[map[string]any](t, ok(t, "restore", file, "--json", "--data", elsewhere))
	if got["schema"] != float64(len(migrate.All())) || got["files"] != float64(attached) || got["engine"] != "sqlite" {
		t.Errorf("got %v", got)
	}
	if ok(t, "check", "--checksum", "--json", "--data", elsewhere) != want {
		t.Error("the restored records are not the same")
	}
	ok(t, "check", "--data", elsewhere)
	v := decode[verified](t, ok(t, "verify-audit", "--json", "--data", elsewhere))
	if !v.Whole || v.NoHeads || v.HeadsChecked == 0 {
		t.Errorf("the audit: %+v", v)
	}
	for _, h := range hashes {
		_, err := os.Stat(filepath.Join(elsewhere, "files", h[:2], h))
		if err != nil {
			t.Error(err)
		}
	}
	mode(t, elsewhere)
	// It serves, and the password is still good. The key file is another: the
	// log goes on with it.
	q := start(t, "--data", elsewhere)
	signIn := url.Values{"email": {"ana@example.org"}, "password": {"a horse and a stapler"}}
	if a := q.client().post("/sign-in", signIn); a.status != http.StatusSeeOther {
		t.Errorf("sign in after the restore: %d", a.status)
	}
	q.end(syscall.SIGTERM)
	v = decode[verified](t, ok(t, "verify-audit", "--json", "--data", elsewhere))
	if !v.Whole || len(v.Keys) != 2 || v.Unsigned != 0 {
		t.Errorf("the audit after another key: %+v", v)
	}
}

// mode checks that everything in a folder is for its owner alone.
func mode(t testing.TB, dir string) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode().Perm())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBackupNeverOverwrites(t *testing.T) {
	t.Parallel()
	dir, file := folder(t), filepath.Join(t.TempDir(), "b.zip")
	ok(t, "migrate", "--data", dir)
	err := os.WriteFile(file, []byte("mine"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, exitInput, file+" is there already", "backup", file, "--data", dir)
	if b, err := os.ReadFile(file); err != nil || string(b) != "mine" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	ok(t, "backup", file, "--force", "--data", dir)
	ok(t, "restore", file, "--data", folder(t))
	refused(t, exitInput, "is a folder", "backup", filepath.Dir(file), "--force", "--data", dir)
	refused(t, exitInput, "There is no file or folder", "backup", filepath.Join(dir, "none", "b.zip"), "--data", dir)
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".ayni-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestBR2_BackupSaysWhichFilesAreAmiss(t *testing.T) {
	t.Parallel()
	dir, file := demoFolder(t), filepath.Join(t.TempDir(), "b.zip")
	hashes := attach(t, app.Options{Data: dir}, "one\n", "two\n", "three\n")
	place := func(h string) string { return filepath.Join(dir, "files", h[:2], h) }
	err := os.Remove(place(hashes[0]))
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(place(hashes[1]), []byte("xxx\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	r := ayni(t, "check", "--data", dir, "--json")
	if r.code != exitInput || !strings.Contains(r.out, "The attached file "+hashes[0]+" is missing") || !strings.Contains(r.out, "The attached file "+hashes[1]+" is damaged") {
		t.Errorf("check: exit code %d\n%s", r.code, r.out)
	}
	got := decode[struct{ Missing, Damaged []string }](t, ok(t, "backup", file, "--data", dir, "--json"))
	if !slices.Equal(got.Missing, hashes[:1]) || !slices.Equal(got.Damaged, hashes[1:2]) {
		t.Errorf("got %+v", got)
	}
	// What is there comes back as it is.
	ok(t, "restore", file, "--data", folder(t))
}

func TestCheckFindsAFileThatNothingNames(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	hash := strings.Repeat("ab", 32)
	path := filepath.Join(dir, "files", "ab", hash)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(path, []byte("x"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	ok(t, "check", "--data", dir) // a request may be just storing it
	old := time.Now().Add(-30 * 24 * time.Hour)
	err = os.Chtimes(path, old, old)
	if err != nil {
		t.Fatal(err)
	}
	r := ayni(t, "check", "--data", dir)
	if r.code != exitInput || !strings.Contains(r.out, "files: The file "+hash) {
		t.Errorf("exit code %d: %s%s", r.code, r.out, r.err)
	}
}

func TestBR2_RestoreKeepsWhatWasThere(t *testing.T) {
	t.Parallel()
	dir, file := demoFolder(t), filepath.Join(t.TempDir(), "b.zip")
	ok(t, "backup", file, "--data", dir)
	sums := ok(t, "check", "--checksum", "--json", "--data", dir)
	ok(t, "user", "add", "later@example.org", "--role", "officer", "--data", dir)
	later := ok(t, "check", "--checksum", "--json", "--data", dir)

	refused(t, exitInput, "is not empty", "restore", file, "--data", dir)
	if ok(t, "check", "--checksum", "--json", "--data", dir) != later {
		t.Error("a refused restore changed something")
	}
	r := ayni(t, "restore", file, "--replace", "--data", dir, "--json")
	if r.code != exitDone {
		t.Fatalf("exit code %d: %s", r.code, r.err)
	}
	if ok(t, "check", "--checksum", "--json", "--data", dir) != sums {
		t.Error("the folder does not hold the backup")
	}
	old, err := filepath.Glob(dir + ".old-*")
	if err != nil || len(old) != 1 || !strings.Contains(r.err, old[0]) {
		t.Fatalf("moved aside: %v %v, said: %s", old, err, r.err)
	}
	if ok(t, "check", "--checksum", "--json", "--data", old[0]) != later {
		t.Error("what was there is not what was moved aside")
	}
	others, err := filepath.Glob(dir + ".*")
	if err != nil {
		t.Fatal(err)
	}
	if d := slices.DeleteFunc(others, func(s string) bool { return s == old[0] || s == dir+".key" }); len(d) > 0 {
		t.Errorf("left behind: %v", d)
	}
	// A second time in the same second.
	ok(t, "restore", file, "--replace", "--data", dir)
	ok(t, "restore", file, "--replace", "--data", dir)
	ok(t, "check", "--data", dir)
}

func TestBR2_RestoreIntoAnEmptyFolder(t *testing.T) {
	t.Parallel()
	dir, file := demoFolder(t), filepath.Join(t.TempDir(), "b.zip")
	ok(t, "backup", file, "--data", dir)
	empty := t.TempDir()
	ok(t, "restore", file, "--data", empty)
	ok(t, "check", "--data", empty)
}

// BR2: a backup of an earlier version comes back and is brought up to date.
func TestBR2_OlderBackup(t *testing.T) {
	t.Parallel()
	dir, file := folder(t), filepath.Join(t.TempDir(), "b.zip")
	keptFolder(t, dir, 8)
	ok(t, "backup", file, "--data", dir)
	elsewhere := folder(t)
	got := decode[map[string]any](t, ok(t, "restore", file, "--json", "--data", elsewhere))
	if got["schema"] != float64(len(migrate.All())) {
		t.Errorf("got %v", got)
	}
	whole(t, elsewhere)
	if n := one[int](t, filepath.Join(dir, "ayni.db"), `select count(*) from schema_migration`); n != 8 {
		t.Errorf("the backup brought its source to step %d", n)
	}
}

// pack writes a zip with the entries given, in order.
func pack(t testing.TB, entries ...[2]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.Create(e[0])
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(w, e[1])
		if err != nil {
			t.Fatal(err)
		}
	}
	err := z.Close()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "b.zip")
	err = os.WriteFile(file, b.Bytes(), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// unpack reads a zip's entries and its manifest.
func unpack(t testing.TB, file string) ([][2]string, app.Manifest) {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out [][2]string
	var m app.Manifest
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "manifest.json" {
			err := json.Unmarshal(b, &m)
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		out = append(out, [2]string{f.Name, string(b)})
	}
	return out, m
}

// BR2: what is no whole backup of ours is refused before anything is changed.
func TestBR2_BadBackupsAreRefused(t *testing.T) {
	t.Parallel()
	dir, good := demoFolder(t), filepath.Join(t.TempDir(), "b.zip")
	ok(t, "backup", good, "--data", dir)
	entries, manifest := unpack(t, good)
	manifestOf := func(change func(m *app.Manifest)) [2]string {
		m := manifest
		m.Files = slices.Clone(m.Files)
		if change != nil {
			change(&m)
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return [2]string{"manifest.json", string(b)}
	}
	with := func(change func(m *app.Manifest), more ...[2]string) string {
		return pack(t, slices.Concat(entries, more, [][2]string{manifestOf(change)})...)
	}
	named := func(name string) func(m *app.Manifest) {
		return func(m *app.Manifest) {
			m.Files = append(m.Files, app.Packed{Path: name, SHA256: strings.Repeat("0", 64)})
		}
	}
	spoilt := slices.Clone(entries)
	for i, e := range spoilt {
		if e[0] == "ayni.db" {
			spoilt[i][1] = e[1][:5000] + "x" + e[1][5001:]
		}
	}
	entries, _ = unpack(t, good)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.zip")
	err = os.WriteFile(cut, whole[:len(whole)/2], 0o600)
	if err != nil {
		t.Fatal(err)
	}
	flipped := filepath.Join(t.TempDir(), "flipped.zip")
	turned := bytes.Clone(whole)
	turned[len(turned)/2] ^= 0x10
	err = os.WriteFile(flipped, turned, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Repeat("a", 64)
	for name, tc := range map[string]struct{ file, words string }{
		"no file":             {filepath.Join(t.TempDir(), "none.zip"), "There is no file or folder"},
		"no zip":              {filepath.Join(dir, "audit-heads.log"), "is no backup that can be restored"},
		"cut":                 {cut, "is no backup that can be restored"},
		"one bit":             {flipped, "is no backup that can be restored"},
		"changed content":     {pack(t, append(spoilt, manifestOf(nil))...), "ayni.db is damaged: it does not match its hash"},
		"no manifest":         {pack(t, entries...), "it has no manifest.json"},
		"manifest no JSON":    {pack(t, [2]string{"manifest.json", "{"}), "manifest.json: "},
		"another layout":      {with(func(m *app.Manifest) { m.Format = 2 }), "its layout is version 2"},
		"a newer schema":      {with(func(m *app.Manifest) { m.Schema = 9999 }), "was made by a newer version"},
		"an unknown engine":   {with(func(m *app.Manifest) { m.Engine = "oracle" }), "of a kind that this program does not know"},
		"a file too many":     {with(nil, [2]string{"files/aa/" + hash, "x"}), "files that its manifest does not name"},
		"a file too few":      {with(named("files/aa/" + hash)), "is named and not there"},
		"the folder above":    {with(named("../evil"), [2]string{"../evil", "x"}), `holds "../evil"`},
		"far above":           {with(named("files/../../../evil"), [2]string{"files/../../../evil", "x"}), "has no place in a backup"},
		"an absolute path":    {with(named("/tmp/evil"), [2]string{"/tmp/evil", "x"}), `holds "/tmp/evil"`},
		"a backslash":         {with(named(`..\evil`), [2]string{`..\evil`, "x"}), "has no place in a backup"},
		"the lock":            {with(named("ayni.lock"), [2]string{"ayni.lock", "x"}), "has no place in a backup"},
		"a name of two":       {with(nil, [2]string{"audit-heads.log", "x"}), "twice"},
		"a database too many": {with(named("ayni.db-wal"), [2]string{"ayni.db-wal", "x"}), "has no place in a backup"},
		"no database":         {pack(t, manifestOf(func(m *app.Manifest) { m.Files = nil })), "it has no database"},
		"a database that is none": {pack(t, [2]string{"ayni.db", "nothing"}, manifestOf(func(m *app.Manifest) {
			m.Files = []app.Packed{{Path: "ayni.db", Size: 7, SHA256: "1785cfc3bc6ac7738e8b38cdccd1af12563c2b9070e07af336a1bf8c0f772b6a"}}
		})), "is damaged, or is no database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := filepath.Join(t.TempDir(), "data")
			err := os.Mkdir(target, 0o700)
			if err != nil {
				t.Fatal(err)
			}
			err = os.WriteFile(filepath.Join(target, "mine"), []byte("mine"), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			refused(t, exitInput, tc.words, "restore", tc.file, "--replace", "--data", target)
			var left []string
			err = filepath.Walk(filepath.Dir(target), func(path string, info os.FileInfo, err error) error {
				if !info.IsDir() && filepath.Base(path) != "ayni.lock" {
					left = append(left, path)
				}
				return err
			})
			if err != nil || len(left) != 1 || left[0] != filepath.Join(target, "mine") {
				t.Errorf("afterwards there is %v, %v", left, err)
			}
		})
	}
}

// A symbolic link in a backup would lead elsewhere.
func TestBR2_RestoreRefusesLinks(t *testing.T) {
	t.Parallel()
	dir, good := folder(t), filepath.Join(t.TempDir(), "b.zip")
	ok(t, "migrate", "--data", dir)
	ok(t, "backup", good, "--data", dir)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "ayni.db"}
	h.SetMode(os.ModeSymlink | 0o777)
	w, err := z.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, "/etc/passwd")
	w, err = z.Create("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, `{"format":1,"engine":"sqlite","schema":1,"files":[{"path":"ayni.db","size":11,"sha256":"x"}]}`)
	err = z.Close()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "link.zip")
	err = os.WriteFile(file, b.Bytes(), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, exitInput, "ayni.db is not a plain file", "restore", file, "--data", folder(t))
}

// BR1: while a backup is written, four writers go on, hundreds of writes a
// second: none comes late, and whatever was done before the backup began is in
// it. The limit is ten times that of the catalogue. Not beside other tests of
// the package: servers that are killed next to it would be what is late.
func TestBR1_WritersGoOnDuringABackup(t *testing.T) {
	eachEngine(t, func(t *testing.T, at place) {
		a, err := app.Open(t.Context(), app.Options{Data: at.dir, DBURL: at.db})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close(t.Context())
		// Some megabytes, so that there is something to copy.
		err = a.DB.Write(t.Context(), func(tx *db.Tx) error {
			var rows [][]any
			for i := range 4000 {
				rows = append(rows, []any{"test", fmt.Sprint(i), 1, tx.Now, strings.Repeat("x", 5000)})
			}
			return db.InsertMany(tx, `insert into record_version (kind, record, version, at, fields)`, ``, rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var written, slowest atomic.Int64
		var wait sync.WaitGroup
		for w := range 4 {
			wait.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					begun := time.Now()
					err := a.DB.Write(t.Context(), func(tx *db.Tx) error {
						_, err := tx.Exec(`insert into form_key (id, account, at) values ($1, 'test', $2)`, fmt.Sprintf("%d-%d", w, n), tx.Now)
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
					took := int64(time.Since(begun))
					for old := slowest.Load(); took > old && !slowest.CompareAndSwap(old, took); old = slowest.Load() {
					}
					written.Add(1)
					time.Sleep(2 * time.Millisecond)
				}
			})
		}
		file := filepath.Join(t.TempDir(), "b.zip")
		until(t, "some are written", func() bool { return written.Load() >= 50 })
		slowest.Store(0)
		before, begun := written.Load(), time.Now()
		ok(t, at.at("backup", file)...)
		during, took := written.Load()-before, time.Since(begun)
		stop()
		wait.Wait()
		late := time.Duration(slowest.Load())
		if late > 500*time.Millisecond {
			t.Errorf("a write came %v late", late)
		}
		if during == 0 {
			t.Error("nobody wrote during the backup")
		}
		t.Logf("%d writes in %v, the slowest %v", during, took, late)
		restored := place{dir: folder(t)}
		if at.db != "" {
			restored.db = dbtest.URL(t)
		}
		ok(t, restored.at("restore", file)...)
		var n int64
		err = restored.open(t).QueryRowContext(t.Context(), `select count(*) from form_key where account = 'test'`).Scan(&n)
		if err != nil || n < before {
			t.Errorf("the backup holds %d of %d writes that were done before it began, %v", n, before, err)
		}
		ok(t, restored.at("check")...)
		ok(t, restored.at("verify-audit")...)
	})
}

// A database of a newer program is refused by every command, and stays as it is.
func TestBR4_NewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	ok(t, "migrate", "--data", dir)
	path := filepath.Join(dir, "ayni.db")
	raw(t, path, `insert into schema_migration (number, name, sum, at) select max(number) + 1, 'later', 'x', 1 from schema_migration`)
	for _, args := range [][]string{
		{"serve", "--addr", "127.0.0.1:0"}, {"migrate"}, {"demo", "load"}, {"journey", "--list"}, {"check"}, {"verify-audit"},
		{"backup", filepath.Join(t.TempDir(), "b.zip")}, {"user", "add", "a@example.org", "--role", "admin"},
	} {
		refused(t, exitInput, "This database was written by a newer version", append(args, "--data", dir)...)
	}
	r := ayni(t, "doctor", "--data", dir)
	if r.code != exitInput || !strings.Contains(r.out, "schema: This database was written by a newer version") {
		t.Errorf("doctor: exit code %d\n%s", r.code, r.out)
	}
}

// A database that is behind is brought up to date by who owns it, after a
// copy; others say what to do.
func TestBR4_MigrateCopiesFirst(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	path := filepath.Join(dir, "ayni.db")
	last := migrate.All()[len(migrate.All())-1]
	lacking := func() {
		// As if the last step had not been made: its tables and columns go.
		var drop []string
		for table, owner := range migrate.Tables() {
			if owner == last.Owner && strings.Contains(last.SQL, "create table "+table+" ") {
				drop = append(drop, "drop table "+table)
			}
		}
		for _, m := range regexp.MustCompile(`alter table (\w+) add column (\w+)`).FindAllStringSubmatch(last.SQL, -1) {
			drop = append(drop, "alter table "+m[1]+" drop column "+m[2])
		}
		raw(t, path, append(append([]string{"pragma foreign_keys = 0"}, drop...), fmt.Sprintf("delete from schema_migration where number = %d", last.Number))...)
	}
	lacking()
	for _, args := range [][]string{{"journey", "--list"}, {"check"}, {"user", "reset", "a@example.org"}} {
		refused(t, exitInput, "1 steps behind", append(args, "--data", dir)...)
	}
	ok(t, "backup", filepath.Join(t.TempDir(), "b.zip"), "--data", dir) // before one migrates
	r := ayni(t, "doctor", "--data", dir)
	if r.code != exitInput || !strings.Contains(r.out, "The database is 1 step behind this program.") {
		t.Errorf("doctor: exit code %d\n%s", r.code, r.out)
	}
	got := decode[struct {
		Steps []string
		Copy  string
	}](t, ok(t, "migrate", "--json", "--data", dir))
	if len(got.Steps) != 1 || got.Steps[0] != last.Name || got.Copy != fmt.Sprintf("%s.before-%04d", path, last.Number) {
		t.Errorf("got %+v", got)
	}
	if n := one[int](t, got.Copy, `select count(*) from schema_migration`); n != len(migrate.All())-1 {
		t.Errorf("the copy has %d steps", n)
	}
	mode(t, dir)
	got.Steps = nil
	again := decode[map[string]any](t, ok(t, "migrate", "--json", "--data", dir))
	if len(again["steps"].([]any)) != 0 || again["copy"] != "" {
		t.Errorf("again: %v", again)
	}
	// The last three copies stay.
	for _, n := range []string{"0001", "0002", "0003"} {
		err := os.WriteFile(path+".before-"+n, nil, 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	lacking()
	start(t, "--data", dir).end(syscall.SIGTERM)
	copies, err := filepath.Glob(path + ".before-*")
	if err != nil || len(copies) != 3 || slices.Contains(copies, path+".before-0001") {
		t.Errorf("copies: %v %v", copies, err)
	}
}

func TestChecksumsSeeOneChange(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	type sums struct{ Tables map[string]string }
	before := decode[sums](t, ok(t, "check", "--checksum", "--json", "--data", dir))
	for _, left := range []string{"audit", "audit_personal", "record_version", "form_key", "session", "access_link", "job", "job_log", "job_schedule", "journey_dirty", "schema_migration"} {
		if before.Tables[left] != "" {
			t.Errorf("%s is among the business tables", left)
		}
	}
	raw(t, filepath.Join(dir, "ayni.db"), `update organisation set note = note || '.' where id = (select min(id) from organisation)`,
		`update partnership set version = version + 1, updated_at = 5`)
	after := decode[sums](t, ok(t, "check", "--checksum", "--json", "--data", dir))
	for table, sum := range before.Tables {
		if (after.Tables[table] != sum) != (table == "organisation") {
			t.Errorf("%s: %s, then %s", table, sum, after.Tables[table])
		}
	}
}

func TestCheckFindsWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ statement, words string }{
		"a state is missing":    {`delete from journey_state where rowid = (select min(rowid) from journey_state)`, "partnerships: The journey of “"},
		"a right without cause": {`insert into object_access (account, kind, object, access_right) select a.id, 'partnership', p.id, 'view' from account a, partnership p where not exists (select 1 from object_access o where o.account = a.id and o.object = p.id) limit 1`, "without being in its team or of a party"},
		"a right is gone":       {`delete from object_access where access_right = 'manage' and object = (select min(object) from object_access)`, "lacks the right “manage”"},
		"a row of nobody":       {`insert into party_role (id, partnership, party, role, created_at, created_by) values ('x', 'nothing', 'nobody', 'pivotal', 1, 'x')`, "database: party_role: row "},
		"the audit":             {`update audit set title = 'another' where seq = 40`, "audit: Row 40 was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := demoFolder(t)
			raw(t, filepath.Join(dir, "ayni.db"), tc.statement)
			r := ayni(t, "check", "--data", dir)
			if r.code != exitInput || !strings.Contains(r.out, tc.words) {
				t.Errorf("exit code %d: %s%s", r.code, r.out, r.err)
			}
			got := decode[struct {
				Findings []struct{ Check, Text string }
			}](t, ayni(t, "check", "--json", "--data", dir).out)
			if len(got.Findings) == 0 {
				t.Error("no findings in JSON")
			}
		})
	}
	if len(partnership.Elements) != 35 {
		t.Errorf("%d elements", len(partnership.Elements))
	}
}
