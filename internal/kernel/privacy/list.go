package privacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/keyfile"
)

// ListFile is the name of the list of erasures in the data folder: one JSON
// object a line.
const ListFile = "erasures.log"

// ReadList reads a list of erasures; none where the file is missing. A last
// line that was not written whole is ignored: its erasure was not committed.
func ReadList(path string) ([]Entry, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of erasures: %w", err)
	}
	var out []Entry
	lines := bytes.Split(b, []byte("\n"))
	for i, line := range lines {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e Entry
		err := json.Unmarshal(line, &e)
		if err == nil && !id.Valid(e.Person) {
			err = errors.New("no person")
		}
		if err != nil && i == len(lines)-1 {
			break
		}
		if err != nil {
			return nil, &errs.Error{Kind: errs.Invalid, Cause: fmt.Errorf("%s line %d: %w", path, i+1, err), Msg: i18n.M("privacy.list.bad",
				"{file} is no list of erasures: line {n} can’t be read. Give the file erasures.log of the data folder.", i18n.A{"file": path, "n": i + 1})}
		}
		out = append(out, e)
	}
	return out, nil
}

// AppendList adds erasures to a list, through to the disk.
func AppendList(path string, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the list of erasures: %w", err)
	}
	defer f.Close()
	var b bytes.Buffer
	torn, err := endsTorn(f)
	if err != nil {
		return fmt.Errorf("read the list of erasures: %w", err)
	}
	if torn {
		b.WriteByte('\n')
	}
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write the list of erasures: %w", err)
		}
		b.Write(append(line, '\n'))
	}
	_, err = f.Write(b.Bytes())
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = keyfile.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write the list of erasures: %w", err)
	}
	return nil
}

// endsTorn says whether the last line of a file lacks its end.
func endsTorn(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return last[0] != '\n', err
}

// JoinLists puts the erasures of some lists into another, each person once.
func JoinLists(into string, from ...string) error {
	have, err := ReadList(into)
	if err != nil {
		return err
	}
	var fresh []Entry
	for _, path := range from {
		more, err := ReadList(path)
		if err != nil {
			return err
		}
		fresh = append(fresh, Missing(more, append(have, fresh...))...)
	}
	return AppendList(into, fresh)
}

// Missing are the entries whose person stands in no other list.
func Missing(entries, other []Entry) []Entry {
	known := map[string]bool{}
	for _, e := range other {
		known[e.Person] = true
	}
	var out []Entry
	for _, e := range entries {
		if !known[e.Person] {
			known[e.Person] = true
			out = append(out, e)
		}
	}
	return out
}
