package files

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"

	"ayni/internal/kernel/i18n"
)

// Bounds of a packed document, counted while it is read: what its table of
// contents says is not believed. Real ones have some dozens of entries and
// unpack to some ten times their size.
const (
	maxEntries   = 10_000    // with those of documents inside
	maxDirectory = 4 << 20   // bytes of a table of contents
	maxUnpacked  = 300 << 20 // bytes, all entries together
	maxRatio     = 200       // unpacked bytes for one packed, beyond the first
	freeUnpacked = 4 << 20   // bytes, whatever the ratio
	maxDepth     = 3         // documents in documents
	maxInner     = 16 << 20  // bytes of a packed document inside another
)

// errPacked is a document that is broken, lies, or unpacks beyond the bounds.
var errPacked = errors.New("not a whole packed document")

// entry is a line of a table of contents.
type entry struct {
	name         string
	flags        int
	method       int
	packed, size int64
	offset       int64 // of its own header
	body         int64 // of its packed bytes
}

// tally counts what unpacking gave so far.
type tally struct {
	ctx      context.Context
	packed   int64 // size of the outermost document
	entries  int
	unpacked int64
}

func refusePacked() error {
	return refuse(i18n.M("files.packed",
		"Archives are not accepted, and this file is not a whole document of a kind that is (DOCX, XLSX, PPTX, ODT, ODS). Send the documents one by one."))
}

// packedType tells the type of a ZIP file from its table of contents, and
// reads every entry to its end to see that it is what the table says.
func packedType(ctx context.Context, r io.ReaderAt, size int64) (string, error) {
	entries, err := entriesOf(r, size)
	if err != nil {
		return "", packedError(err)
	}
	found, err := documentOf(r, entries)
	if err != nil {
		return "", packedError(err)
	}
	if found == "" {
		return "", refusePacked()
	}
	for _, e := range entries {
		if strings.HasSuffix(e.name, "/vbaProject.bin") {
			return "", refuse(i18n.M("files.macros", "The document holds macros, which are not accepted. Save it without macros and send that."))
		}
	}
	t := &tally{ctx: ctx, packed: size}
	err = t.count(r, entries, 1)
	if err != nil {
		return "", packedError(err)
	}
	return found, nil
}

func packedError(err error) error {
	if errors.Is(err, errPacked) {
		return refusePacked()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return disk("read a packed file", err)
}

// documentOf tells the kind of document from the names; empty for none.
func documentOf(r io.ReaderAt, entries []entry) (string, error) {
	found, listed := "", false
	for i, e := range entries {
		switch e.name {
		case "[Content_Types].xml":
			listed = true
		case "word/document.xml":
			found = DOCX
		case "xl/workbook.xml":
			found = XLSX
		case "ppt/presentation.xml":
			found = PPTX
		case "mimetype":
			// OpenDocument puts it first and unpacked, so that it can be read in place.
			if i > 0 || e.method != 0 || e.size > 80 {
				return "", nil
			}
			declared := make([]byte, e.size)
			_, err := r.ReadAt(declared, e.body)
			if err != nil && err != io.EOF {
				return "", err
			}
			if t := string(declared); t == ODT || t == ODS {
				return t, nil
			}
			return "", nil
		}
	}
	if !listed {
		return "", nil
	}
	return found, nil
}

// count reads all entries of a document and, down to a depth, of documents in it.
func (t *tally) count(r io.ReaderAt, entries []entry, depth int) error {
	t.entries += len(entries)
	if t.entries > maxEntries || depth > maxDepth {
		return errPacked
	}
	for _, e := range entries {
		err := t.read(r, e, depth)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tally) read(r io.ReaderAt, e entry, depth int) error {
	var body io.Reader = io.NewSectionReader(r, e.body, e.packed)
	if e.method == 8 {
		body = flate.NewReader(body)
	}
	var inner []byte // of a document inside this one
	buf := make([]byte, 32<<10)
	read := int64(0)
	for {
		err := t.ctx.Err()
		if err != nil {
			return err
		}
		n, err := body.Read(buf)
		if read == 0 && bytes.HasPrefix(buf[:n], []byte("PK\x03\x04")) {
			inner = []byte{}
		}
		read += int64(n)
		t.unpacked += int64(n)
		if t.unpacked > maxUnpacked || read > e.size || t.unpacked > freeUnpacked+t.packed*maxRatio {
			return errPacked
		}
		if inner != nil {
			inner = append(inner, buf[:n]...)
			if len(inner) > maxInner {
				return errPacked
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return unpackError(err)
		}
	}
	if read != e.size {
		return errPacked
	}
	if inner == nil {
		return nil
	}
	in := bytes.NewReader(inner)
	entries, err := entriesOf(in, in.Size())
	if err != nil {
		return err
	}
	return t.count(in, entries, depth+1)
}

// unpackError tells bytes that can't be unpacked from a disk that can't be read.
func unpackError(err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errPacked
	}
	return err
}

// entriesOf reads a ZIP file's table of contents; errPacked where it is
// broken, too large, or names what overlaps, is ciphered or packed otherwise
// than documents are.
func entriesOf(r io.ReaderAt, size int64) ([]entry, error) {
	const endSize = 22
	tail := make([]byte, min(size, endSize+1<<16))
	_, err := r.ReadAt(tail, size-int64(len(tail)))
	if err != nil && err != io.EOF {
		return nil, err
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || at+endSize > len(tail) {
		return nil, errPacked
	}
	end := tail[at:]
	count := int(binary.LittleEndian.Uint16(end[10:]))
	length := int64(binary.LittleEndian.Uint32(end[12:]))
	offset := int64(binary.LittleEndian.Uint32(end[16:]))
	if count == 0 || count > maxEntries || length > maxDirectory || offset+length > size {
		return nil, errPacked
	}
	directory := make([]byte, length)
	_, err = r.ReadAt(directory, offset)
	if err != nil && err != io.EOF {
		return nil, err
	}
	var out []entry
	for range count {
		e, rest, ok := entryOf(directory)
		if !ok {
			return nil, errPacked
		}
		directory = rest
		err := e.locate(r, offset)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if overlap(out) {
		return nil, errPacked
	}
	return out, nil
}

// entryOf reads the first line of a table of contents.
func entryOf(b []byte) (e entry, rest []byte, ok bool) {
	if len(b) < 46 || string(b[:4]) != "PK\x01\x02" {
		return entry{}, nil, false
	}
	nameLen := int(binary.LittleEndian.Uint16(b[28:]))
	whole := 46 + nameLen + int(binary.LittleEndian.Uint16(b[30:])) + int(binary.LittleEndian.Uint16(b[32:]))
	if whole > len(b) {
		return entry{}, nil, false
	}
	e = entry{
		name: string(b[46 : 46+nameLen]), flags: int(binary.LittleEndian.Uint16(b[8:])), method: int(binary.LittleEndian.Uint16(b[10:])),
		packed: int64(binary.LittleEndian.Uint32(b[20:])), size: int64(binary.LittleEndian.Uint32(b[24:])), offset: int64(binary.LittleEndian.Uint32(b[42:])),
	}
	const ciphered = 1
	if e.flags&ciphered != 0 || e.method != 0 && e.method != 8 || e.method == 0 && e.packed != e.size {
		return entry{}, nil, false
	}
	return e, b[whole:], true
}

// locate finds an entry's packed bytes, which end before the table of contents.
func (e *entry) locate(r io.ReaderAt, end int64) error {
	head := make([]byte, 30)
	_, err := r.ReadAt(head, e.offset)
	if err == io.EOF {
		return errPacked
	}
	if err != nil {
		return err
	}
	if string(head[:4]) != "PK\x03\x04" {
		return errPacked
	}
	e.body = e.offset + 30 + int64(binary.LittleEndian.Uint16(head[26:])) + int64(binary.LittleEndian.Uint16(head[28:]))
	if e.body+e.packed > end {
		return errPacked
	}
	return nil
}

// overlap says whether two entries share bytes: one packed content would
// count many times.
func overlap(entries []entry) bool {
	sorted := slices.SortedFunc(slices.Values(entries), func(a, b entry) int { return int(a.offset - b.offset) })
	for i := 1; i < len(sorted); i++ {
		if before := sorted[i-1]; before.body+before.packed > sorted[i].offset {
			return true
		}
	}
	return false
}
