// Command extract writes locale/en.json from the texts that the code says
// (make gen), and helps the translator:
//
//	go run ./internal/kernel/i18n/extract                writes locale/en.json
//	go run ./internal/kernel/i18n/extract -missing fr    prints what French lacks, as JSON
//	go run ./internal/kernel/i18n/extract -fill fr FILE  merges translations, "-" for standard input
//	go run ./internal/kernel/i18n/extract -prune fr      drops what the code no longer says
//	go run ./internal/kernel/i18n/extract -check         compares all, writes nothing
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/i18n/catalogue"
)

func main() {
	dir, err := root()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(failed)
	}
	os.Exit(runIn(dir, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit codes of every command of the project.
const (
	done   = 0
	wrong  = 1
	usage  = 2
	failed = 3
)

// runIn does what the arguments ask in the repository at dir.
func runIn(dir string, args []string, in io.Reader, out, words io.Writer) int {
	flags := flag.NewFlagSet("extract", flag.ContinueOnError)
	flags.SetOutput(words)
	missing := flags.String("missing", "", "print the texts that a language (fr, es) lacks")
	fill := flags.String("fill", "", "merge a file of translations into a language (fr, es)")
	prune := flags.String("prune", "", "drop from a language (fr, es) what the code no longer says")
	check := flags.Bool("check", false, "compare everything, write nothing")
	err := flags.Parse(args)
	if err != nil {
		return usage
	}
	for _, lang := range []string{*missing, *fill, *prune} {
		if lang != "" && (lang == i18n.Langs[0] || !i18n.Known(lang)) {
			fmt.Fprintf(words, "%s is not a language to translate into: %s\n", lang, strings.Join(i18n.Langs[1:], ", "))
			return usage
		}
	}
	switch {
	case *fill != "" && flags.NArg() != 1:
		fmt.Fprintln(words, "name one file of translations, or - for standard input")
		return usage
	case *fill == "" && flags.NArg() > 0:
		fmt.Fprintln(words, strings.Join(flags.Args(), " "), "is not understood")
		return usage
	}
	t := tool{root: dir, out: out, words: words}
	texts, problems, err := catalogue.Scan(os.DirFS(dir))
	if err == nil {
		t.english = catalogue.English(texts)
		switch {
		case len(problems) > 0:
			err = t.list(problems)
		case *missing != "":
			err = t.missing(*missing)
		case *fill != "":
			err = t.fill(*fill, flags.Arg(0), in)
		case *prune != "":
			err = t.prune(*prune)
		case *check:
			err = t.check()
		default:
			err = t.write()
		}
	}
	switch {
	case errors.Is(err, errWrong):
		return wrong
	case err != nil:
		fmt.Fprintln(words, err)
		return failed
	}
	return done
}

// errWrong says that what is wrong has been listed.
var errWrong = errors.New("something is to be mended")

// root is the folder of the repository: the nearest one up that holds go.mod.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod here or above: run this inside the repository")
		}
		dir = filepath.Dir(dir)
	}
}

type tool struct {
	root       string
	english    catalogue.File
	out, words io.Writer
}

func (t tool) path(lang string) string { return filepath.Join(t.root, "locale", lang+".json") }

func (t tool) read(lang string) (catalogue.File, error) {
	b, err := os.ReadFile(t.path(lang))
	if err != nil {
		return nil, err
	}
	f, err := catalogue.Read(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", lang, err)
	}
	return f, nil
}

func (t tool) save(lang string, f catalogue.File) error {
	b, err := os.ReadFile(t.path(lang))
	if err == nil && bytes.Equal(b, f.Bytes()) {
		return nil
	}
	return os.WriteFile(t.path(lang), f.Bytes(), 0o644)
}

func (t tool) list(problems []catalogue.Problem) error {
	for _, p := range problems {
		fmt.Fprintln(t.words, p)
	}
	return errWrong
}

// write writes en.json and names the texts whose English changed, since a
// translation of the old words may no longer fit.
func (t tool) write() error {
	before, err := t.read("en")
	if errors.Is(err, os.ErrNotExist) {
		before, err = catalogue.File{}, nil
	}
	if err != nil {
		return err
	}
	for _, key := range catalogue.Changed(before, t.english) {
		fmt.Fprintf(t.words, "changed, look at its translations: %s\n", key)
	}
	return t.save("en", t.english)
}

func (t tool) missing(lang string) error {
	have, err := t.read(lang)
	if err != nil {
		return err
	}
	_, err = t.out.Write(catalogue.Missing(t.english, have).Bytes())
	return err
}

func (t tool) same() (catalogue.Same, error) {
	b, err := os.ReadFile(filepath.Join(t.root, "locale", "same.txt"))
	if err != nil {
		return nil, err
	}
	return catalogue.ReadSame(b)
}

func (t tool) fill(lang, name string, in io.Reader) error {
	var b []byte
	var err error
	if name == "-" {
		b, err = io.ReadAll(in)
	} else {
		b, err = os.ReadFile(name)
	}
	if err != nil {
		return err
	}
	given, err := catalogue.Read(b)
	if err != nil {
		fmt.Fprintln(t.words, err)
		return errWrong
	}
	same, err := t.same()
	if err != nil {
		return err
	}
	source := catalogue.File{}
	for key := range given {
		if e, ok := t.english[key]; ok {
			source[key] = e
		}
	}
	problems := catalogue.Compare(lang, source, given, same)
	if len(problems) > 0 {
		return t.list(problems)
	}
	have, err := t.read(lang)
	if err != nil {
		return err
	}
	for key, e := range given {
		have[key] = e
	}
	err = t.save(lang, have)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.words, "%d texts taken, %d missing\n", len(given), len(catalogue.Missing(t.english, have)))
	return nil
}

func (t tool) prune(lang string) error {
	have, err := t.read(lang)
	if err != nil {
		return err
	}
	before := len(have)
	for key := range have {
		if _, ok := t.english[key]; !ok {
			delete(have, key)
		}
	}
	fmt.Fprintf(t.words, "%d texts dropped\n", before-len(have))
	return t.save(lang, have)
}

func (t tool) check() error {
	problems, err := catalogue.Check(os.DirFS(t.root))
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return t.list(problems)
	}
	return nil
}
