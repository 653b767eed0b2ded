// Package shareddata finds the reference material that lies beside the
// repository, for tests that compare the project's own tables with it.
package shareddata

import (
	"os"
	"path/filepath"
	"testing"
)

// Path is the path of a file of the material, such as
// "data/countries/countries.csv". Where the material is not there the test is
// skipped; in continuous integration ($CI is set) it fails.
func Path(t testing.TB, name string) string {
	t.Helper()
	root, err := repository()
	if err != nil {
		t.Fatalf("find the repository: %v", err)
	}
	path := filepath.Join(root, "..", "shared", filepath.FromSlash(name))
	_, err = os.Stat(path)
	if err == nil {
		return path
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("the reference material is not beside the repository: %v", err)
	}
	t.Skipf("no reference material at ../shared/%s: this comparison is left out", name)
	return ""
}

// repository is the folder with go.mod, above the package under test.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", os.ErrNotExist
		}
		dir = parent
	}
}
