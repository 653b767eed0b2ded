package cli

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/migrate"
)

// keptFolder is a data folder as an earlier program left it.
func keptFolder(t testing.TB, dir string, number int) {
	t.Helper()
	err := os.MkdirAll(dir, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), db.Options{Path: filepath.Join(dir, "ayni.db")})
	if err != nil {
		t.Fatal(err)
	}
	dbtest.MakeKept(t, d, number)
	err = d.Close()
	if err != nil {
		t.Fatal(err)
	}
}

// whole checks that an upgraded folder is an installation that serves.
func whole(t *testing.T, dir string) {
	t.Helper()
	if n := one[int](t, filepath.Join(dir, "ayni.db"), `select count(*) from schema_migration`); n != len(migrate.All()) {
		t.Errorf("%d steps", n)
	}
	// A server loads the reference lists, which the kept database has not.
	p := start(t, "--data", dir, "--demo")
	c := p.client()
	c.signInDemo()
	for _, page := range []string{"/", "/partnerships", "/organisations", "/persons"} {
		if a := c.get(page); a.status != 200 {
			t.Errorf("%s: %d", page, a.status)
		}
	}
	p.end(syscall.SIGTERM)
	for _, name := range []string{"check", "verify-audit"} {
		r := ayni(t, name, "--data", dir)
		// The two files of the demo are not kept with its rows.
		text := strings.Join(strings.FieldsFunc(r.out, func(c rune) bool { return c == '\n' }), "|")
		for _, line := range strings.Split(text, "|") {
			if r.code != exitDone && !strings.Contains(line, "is missing. It may come back") {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

// BR4: an upgrade that is killed at any instant goes on at the next start, and
// the copy made before it is the database as it was.
func TestBR4_KilledUpgradeGoesOn(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range dbtest.Kept(t) {
		killed := 0
		for round := range 12 {
			dir := folder(t)
			keptFolder(t, dir, number)
			c := exec.Command(path, "migrate", "--data", dir)
			err := c.Start()
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(20+rand.IntN(120)) * time.Millisecond)
			c.Process.Kill()
			if c.Wait() != nil {
				killed++
			}
			ok(t, "migrate", "--data", dir)
			if n := one[int](t, filepath.Join(dir, "ayni.db"), `select count(*) from schema_migration`); n != len(migrate.All()) {
				t.Errorf("round %d: %d steps", round, n)
			}
			if s := one[string](t, filepath.Join(dir, "ayni.db"), `pragma integrity_check`); s != "ok" {
				t.Errorf("round %d: %s", round, s)
			}
			copies, err := filepath.Glob(filepath.Join(dir, "ayni.db.before-*"))
			if err != nil || len(copies) == 0 {
				t.Fatalf("round %d: no copy was made before the upgrade: %v", round, err)
			}
			first := copies[0] // of the lowest step
			if n := one[int](t, first, `select count(*) from schema_migration`); !strings.HasSuffix(first, fmt.Sprintf("before-%04d", n+1)) || n < number {
				t.Errorf("round %d: %s has %d steps", round, first, n)
			}
			if round == 0 {
				whole(t, dir)
			}
		}
		if killed == 0 {
			t.Error("no upgrade was killed on its way")
		}
		t.Logf("%04d: %d of 12 upgrades killed on their way", number, killed)
	}
}

// BR4 and FA4: an upgrade for which the disk has no room, neither for the copy
// nor for the steps, says so and leaves the database as it was; with room it
// goes through.
func TestBR4_FA4_FullDiskInAnUpgrade(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "16m")
	dir := filepath.Join(disk, "data")
	keptFolder(t, dir, 8)
	info, err := os.Stat(filepath.Join(dir, "ayni.db"))
	if err != nil {
		t.Fatal(err)
	}
	for name, room := range map[string]int64{"not even the copy": info.Size() / 2, "the copy alone": info.Size() + 48<<10} {
		filler := fill(t, disk, room)
		refused(t, exitFault, "There is no room left on the disk", "migrate", "--data", dir)
		n := one[int](t, filepath.Join(dir, "ayni.db"), `select count(*) from schema_migration`)
		if n < 8 || n == len(migrate.All()) {
			t.Errorf("%s: %d steps after an upgrade without room", name, n)
		}
		if s := one[string](t, filepath.Join(dir, "ayni.db"), `pragma integrity_check`); s != "ok" {
			t.Errorf("%s: %s", name, s)
		}
		left, err := filepath.Glob(filepath.Join(dir, "*.new"))
		if err != nil || len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
		err = os.Remove(filler)
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(t, "migrate", "--data", dir)
	whole(t, dir)
}

// smallDisk is a disk of its own, which only root can make.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	disk := t.TempDir()
	err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "mode=700,size="+size)
	if err != nil {
		t.Skipf("a small disk can't be made here: %v", err)
	}
	t.Cleanup(func() {
		err := syscall.Unmount(disk, syscall.MNT_DETACH)
		if err != nil {
			t.Error(err)
		}
	})
	return disk
}

// fill writes a file until only so many bytes are left on a small disk.
func fill(t *testing.T, disk string, left int64) string {
	t.Helper()
	path := filepath.Join(disk, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var s syscall.Statfs_t
	err = syscall.Statfs(disk, &s)
	if err != nil {
		t.Fatal(err)
	}
	if room := int64(s.Bavail)*s.Bsize - left; room > 0 {
		_, err = f.Write(make([]byte, room))
	}
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if left > 0 {
		return path
	}
	for size := 1 << 16; size > 0; size /= 2 { // to the last byte
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	return path
}
