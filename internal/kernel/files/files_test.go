package files_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const megabyte = 1 << 20

func open(t *testing.T) (*files.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data", "files")
	s, err := files.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

func put(t *testing.T, s *files.Store, content string) files.Stored {
	t.Helper()
	stored, err := s.Put(t.Context(), strings.NewReader(content), megabyte)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func sum(content string) string {
	h := sha256.Sum256([]byte(content))
	return hex.EncodeToString(h[:])
}

// lying lists what the store's folder holds, without folders.
func lying(t *testing.T, dir string) []string {
	t.Helper()
	out := []string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func age(t *testing.T, path string, by time.Duration) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	then := info.ModTime().Add(-by)
	err = os.Chtimes(path, then, then)
	if err != nil {
		t.Fatal(err)
	}
}

func TestPutAndOpen(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	const content = "minutes of the meeting\n"
	stored := put(t, s, content)
	want := files.Stored{Hash: sum(content), Size: int64(len(content)), MediaType: files.Text}
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Error(diff)
	}
	f, err := s.Open(stored.Hash)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || string(got) != content {
		t.Errorf("read %q, %v", got, err)
	}
	path := filepath.Join(dir, stored.Hash[:2], stored.Hash)
	for name, mode := range map[string]fs.FileMode{path: 0o600, dir: 0o700, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v, want %v", name, info.Mode().Perm(), mode)
		}
	}
}

func TestSameContentIsStoredOnce(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := s.Put(t.Context(), strings.NewReader("the same"), megabyte)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	hash := sum("the same")
	if diff := cmp.Diff([]string{hash[:2] + "/" + hash}, lying(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// A file that a crash cut short under its final name is put right by the next Put.
func TestTornFileIsReplaced(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	hash := sum("whole content")
	path := filepath.Join(dir, hash[:2], hash)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("whole"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Verify(t.Context(), hash)
	if !errors.Is(err, files.ErrChanged) {
		t.Errorf("a torn file verifies: %v", err)
	}
	put(t, s, "whole content")
	err = s.Verify(t.Context(), hash)
	if err != nil {
		t.Error(err)
	}
}

// endless gives one and the same byte for ever and counts what was taken.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	e.read += int64(len(p))
	return len(p), nil
}

func TestUP1_LimitStopsAnEndlessBody(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	body := &endless{}
	_, err := s.Put(t.Context(), body, megabyte)
	if !errs.Is(err, errs.TooLarge) || errs.As(err).Msg.Key != "files.too-large" {
		t.Errorf("got %v", err)
	}
	if body.read > megabyte+128<<10 {
		t.Errorf("read %d bytes over the limit", body.read-megabyte)
	}
	if got := lying(t, dir); len(got) > 0 {
		t.Errorf("left %v", got)
	}
}

func TestLimitIsInclusive(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	_, err := s.Put(t.Context(), strings.NewReader(strings.Repeat("x", 1000)), 1000)
	if err != nil {
		t.Error(err)
	}
	_, err = s.Put(t.Context(), strings.NewReader(strings.Repeat("x", 1001)), 1000)
	if !errs.Is(err, errs.TooLarge) {
		t.Errorf("got %v", err)
	}
}

// A large content passes through without being held.
func TestLargeContentIsNotHeld(t *testing.T) {
	s, _ := open(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := s.Put(t.Context(), io.LimitReader(&endless{}, 200*megabyte), 200*megabyte)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16*megabyte {
		t.Errorf("allocated %d MB for a file of 200 MB", grown/megabyte)
	}
}

func TestReaderThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	broken := io.MultiReader(strings.NewReader(strings.Repeat("x", 200_000)), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err := s.Put(t.Context(), broken, megabyte)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want the reader's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Put(ctx, strings.NewReader("x"), megabyte)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if got := lying(t, dir); len(got) > 0 {
		t.Errorf("left %v", got)
	}
}

func TestDiskThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	// A file stands where the folder of this content should be.
	const content = "something"
	in := filepath.Join(dir, sum(content)[:2])
	err := os.WriteFile(in, nil, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Put(t.Context(), strings.NewReader(content), megabyte)
	if err == nil || errs.KindOf(err) != errs.Internal {
		t.Errorf("got %v, want an internal error", err)
	}
	if diff := cmp.Diff([]string{filepath.Base(in)}, lying(t, dir)); diff != "" {
		t.Error(diff)
	}
	err = os.RemoveAll(filepath.Join(dir, "tmp"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Put(t.Context(), strings.NewReader(content), megabyte)
	if err == nil {
		t.Error("stored without a folder for temporary files")
	}
}

func TestOpenRefusesWhatIsNoHash(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	err := os.WriteFile(filepath.Join(filepath.Dir(dir), "secret"), []byte("x"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{"", "../secret", "/etc/passwd", strings.Repeat("A", 64), strings.Repeat("0", 63), strings.Repeat("0", 62) + "/.", sum("never stored")} {
		f, err := s.Open(hash)
		if err == nil {
			f.Close()
		}
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("%q: got %v, want not found", hash, err)
		}
	}
}

func TestUP4_LinkOutOfTheFolderIsNotFollowed(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	outside := filepath.Join(t.TempDir(), "outside")
	hash := sum("x")
	err := errors.Join(os.WriteFile(outside, []byte("x"), 0o600), os.Mkdir(filepath.Join(dir, hash[:2]), 0o700),
		os.Symlink(outside, filepath.Join(dir, hash[:2], hash)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Open(hash)
	if err == nil {
		f.Close()
		t.Error("followed a link out of the folder")
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	known := put(t, s, "known")
	old := put(t, s, "old")
	young := put(t, s, "young")
	for _, name := range []string{"torn", "running"} {
		err := os.WriteFile(filepath.Join(dir, "tmp", name), nil, 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{known.Hash[:2] + "/" + known.Hash, old.Hash[:2] + "/" + old.Hash, "tmp/torn"} {
		age(t, filepath.Join(dir, name), 25*time.Hour)
	}
	removed, err := s.Sweep(t.Context(), func(hash string) (bool, error) { return hash == known.Hash, nil })
	if err != nil || removed != 2 {
		t.Errorf("removed %d, %v, want 2", removed, err)
	}
	left := map[string]bool{}
	for _, name := range lying(t, dir) {
		left[filepath.Base(name)] = true
	}
	want := map[string]bool{known.Hash: true, young.Hash: true, "running": true}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
}

// Content put again just before its sweep is about to be noted: it stays.
func TestSweepSparesContentPutAgain(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	old := put(t, s, "old")
	age(t, filepath.Join(dir, old.Hash[:2], old.Hash), 25*time.Hour)
	_, err := s.Sweep(t.Context(), func(string) (bool, error) {
		put(t, s, "old")
		return false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Verify(t.Context(), old.Hash)
	if err != nil {
		t.Error(err)
	}
}

func TestSweepStopsWhereItCannotAsk(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	old := put(t, s, "old")
	age(t, filepath.Join(dir, old.Hash[:2], old.Hash), 25*time.Hour)
	want := errors.New("no answer")
	_, err := s.Sweep(t.Context(), func(string) (bool, error) { return false, want })
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	err = s.Verify(t.Context(), old.Hash)
	if err != nil {
		t.Error(err)
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, _ := open(t)
		stored := put(t, s, "noted")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return errors.Join(files.Note(tx, stored), files.Note(tx, stored))
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			found, err := files.Find(tx, stored.Hash)
			if diff := cmp.Diff(stored, found); diff != "" {
				t.Error(diff)
			}
			if err != nil {
				return err
			}
			_, err = files.Find(tx, sum("other"))
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("got %v", err)
			}
			for hash, want := range map[string]bool{stored.Hash: true, sum("other"): false} {
				known, err := files.Known(tx, hash)
				if err != nil || known != want {
					t.Errorf("known: %v, %v", known, err)
				}
			}
			all, err := files.All(tx)
			if diff := cmp.Diff([]files.Stored{stored}, all); diff != "" {
				t.Error(diff)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// zipped packs entries in their order, as name, content, name, content…;
// what has no content is stored unpacked.
func zipped(t testing.TB, entries ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		h := &zip.FileHeader{Name: entries[i], Method: zip.Deflate}
		if h.Name == "mimetype" {
			// As the standard asks: unpacked, sizes in front, no extra field.
			content := entries[i+1]
			h.Method, h.UncompressedSize64, h.CompressedSize64 = zip.Store, uint64(len(content)), uint64(len(content))
			h.CRC32 = 0
			e, err := w.CreateRaw(h)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(e, content)
			continue
		}
		e, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(e, entries[i+1])
	}
	err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func utf16(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestUP5_TypeComesFromTheContent(t *testing.T) {
	t.Parallel()
	types := "[Content_Types].xml"
	mail := "Return-Path: <a@example.org>\r\nReceived: from x\r\n\tby y\r\nFrom: A <a@example.org>\r\nSubject: Agreed\r\n\r\nYes.\r\n"
	many := []string{types, "", "word/document.xml", ""}
	for i := range 10_001 {
		many = append(many, fmt.Sprint("word/", i), "")
	}
	const (
		wrongType, markup, archive, macros, empty, broken = "files.type", "files.markup", "files.packed", "files.macros", "files.empty", "files.picture.broken"
	)
	for name, c := range map[string]struct{ content, want string }{
		"pdf":                        {"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", files.PDF},
		"pdf with a script":          {"%PDF-1.7\n<< /S /JavaScript /JS (app.alert) >>", files.PDF},
		"page that calls itself pdf": {"<!DOCTYPE html><title>invoice.pdf</title>", markup},
		"png":                        {pngOf(40, 30, 0), files.PNG},
		"page inside a png":          {"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>", broken},
		"jpeg":                       {jpegOf(40, 30, 0xc0), files.JPEG},
		"gif":                        {gifOf(40, 30, 1), files.GIF},
		"webp":                       {webpOf(40, 30, 0), files.WebP},
		"other riff":                 {"RIFF\x10\x00\x00\x00WAVEfmt ", wrongType},
		"docx":                       {zipped(t, types, "<Types/>", "word/document.xml", "<w/>"), files.DOCX},
		"xlsx":                       {zipped(t, types, "<Types/>", "xl/workbook.xml", "<w/>"), files.XLSX},
		"pptx":                       {zipped(t, types, "<Types/>", "ppt/presentation.xml", "<w/>"), files.PPTX},
		"odt":                        {zipped(t, "mimetype", files.ODT, "content.xml", "<o/>"), files.ODT},
		"ods":                        {zipped(t, "mimetype", files.ODS, "content.xml", "<o/>"), files.ODS},
		"odg":                        {zipped(t, "mimetype", "application/vnd.oasis.opendocument.graphics", "content.xml", "<o/>"), archive},
		"odt template":               {zipped(t, "mimetype", files.ODT+"-template", "content.xml", "<o/>"), archive},
		"epub":                       {zipped(t, "mimetype", "application/epub+zip", "META-INF/container.xml", "<o/>"), archive},
		"binary workbook":            {zipped(t, types, "<Types/>", "xl/workbook.bin", "x"), archive},
		"no list of types":           {zipped(t, "word/document.xml", "<w/>"), archive},
		"plain zip":                  {zipped(t, "a.txt", "x", "b.exe", "MZ"), archive},
		"document with macros":       {zipped(t, types, "", "word/document.xml", "", "word/vbaProject.bin", "x"), macros},
		"ten thousand entries":       {zipped(t, many...), archive},
		"cut zip":                    {zipped(t, types, "", "word/document.xml", "<w/>")[:60], archive},
		"zip that lies":              {"PK\x03\x04" + strings.Repeat("\x00", 30) + "PK\x05\x06\x00\x00\x00\x00\xff\x00\xff\x00\xff\xff\xff\x7f\xff\xff\xff\x7f\x00\x00", archive},
		"text":                       {"Minutes\n\nPresent: five.\n", files.Text},
		"text with accents":          {"Procès-verbal, réunion du 3 février\n", files.Text},
		"Windows-1252":               {"Proc\xe8s-verbal\n", files.Text},
		"UTF-16":                     {utf16("Reunión\r\n"), files.Text},
		"one letter":                 {"x", files.Text},
		"csv":                        {"code,name\nMOZ,Mozambique\n\"AGO\",\"Angola, Republic of\"\n", files.CSV},
		"csv with semicolons":        {"\xef\xbb\xbfcode;nom\r\nMOZ;Mozambique\r\n", files.CSV},
		"csv in UTF-16":              {utf16("code\tnombre\r\nMOZ\tMozambique\r\n"), files.CSV},
		"ragged":                     {"a,b\nc,d,e\n", files.Text},
		"eml":                        {mail, files.Mail},
		"text that looks like eml":   {"From: the ministry\nWe met.\n", files.Text},
		"html":                       {"\n  <html><body>x", markup},
		"svg":                        {"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", markup},
		"xml":                        {"\xef\xbb\xbf<?xml version='1.0'?><a/>", markup},
		"html in UTF-16":             {utf16("<html>"), markup},
		"program":                    {"\x7fELF\x02\x01\x01\x00\x00", wrongType},
		"windows program":            {"MZ\x90\x00\x03\x00", wrongType},
		"old word":                   {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", wrongType},
		"photoshop":                  {"8BPS\x00\x01\x00\x00", wrongType},
		"one zero byte":              {"\x00", wrongType},
		"zero byte late":             {strings.Repeat("text\n", 40_000) + "\x00", wrongType},
		"control in UTF-16":          {utf16("a\x01b"), wrongType},
		"empty":                      {"", empty},
	} {
		for way, reader := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				s, dir := open(t)
				stored, err := s.Put(t.Context(), reader(strings.NewReader(c.content)), 8*megabyte)
				got := stored.MediaType
				if err != nil {
					if !errs.Is(err, errs.Invalid) {
						t.Fatalf("refused with %v", err)
					}
					got = errs.As(err).Msg.Key
					if left := lying(t, dir); len(left) > 0 {
						t.Errorf("left %v", left)
					}
				}
				if got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		}
	}
}

// Whatever comes in is stored as it is or refused with a word.
func FuzzPut(f *testing.F) {
	f.Add([]byte("%PDF-1.4"))
	f.Add([]byte(zipped(f, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w/>")))
	f.Add([]byte(zipped(f, "mimetype", files.ODS, "content.xml", "<o/>")))
	f.Add([]byte("a,b\nc,d\n"))
	f.Add([]byte(utf16("a\tb\r\n")))
	f.Add([]byte("From: a\nDate: b\n\n"))
	dir := f.TempDir()
	s, err := files.Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		stored, err := s.Put(t.Context(), bytes.NewReader(content), megabyte)
		if err != nil {
			if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.TooLarge {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if stored.Hash != sum(string(content)) || stored.Size != int64(len(content)) {
			t.Errorf("stored %+v", stored)
		}
		os.Remove(filepath.Join(dir, stored.Hash[:2], stored.Hash))
	})
}

func BenchmarkPut(b *testing.B) {
	s, err := files.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	content := make([]byte, 4*megabyte)
	r := rand.NewChaCha8([32]byte{})
	r.Read(content)
	copy(content, "%PDF-1.7\n")
	b.SetBytes(int64(len(content)))
	for i := 0; b.Loop(); i++ {
		copy(content[100:], fmt.Sprint(i))
		_, err := s.Put(b.Context(), bytes.NewReader(content), 8*megabyte)
		if err != nil {
			b.Fatal(err)
		}
	}
}
