package e2e

import (
	"encoding/csv"
	"sync"
	"testing"

	"ayni/internal/kernel/i18n"
	"ayni/reference"
)

// langs are the languages of the product.
var langs = i18n.Langs

// words say what stands on the pages in one language.
type words struct {
	t    testing.TB
	lang string
	l    *i18n.L
}

func wordsIn(t testing.TB, lang string) words { return words{t, lang, i18n.For(lang)} }

// T is a text of the catalogue. The code has the English words at the call;
// tests name the key alone, so that they need not change when words do.
func (w words) T(key string, args ...i18n.A) string {
	w.t.Helper()
	return w.say(key, i18n.Msg{Key: key, Args: merged(args)})
}

// N is a text that counts n things.
func (w words) N(key string, n int, args ...i18n.A) string {
	w.t.Helper()
	return w.say(key, i18n.MN(key, n, "", "", args...))
}

func (w words) say(key string, m i18n.Msg) string {
	w.t.Helper()
	texts, err := english()
	if err != nil {
		w.t.Fatal(err)
	}
	if _, ok := texts[key]; !ok {
		w.t.Fatalf("no page says %q any more (locale/en.json, written by make gen)", key)
	}
	return w.l.Say(m)
}

func merged(args []i18n.A) i18n.A {
	out := i18n.A{}
	for _, a := range args {
		for k, v := range a {
			out[k] = v
		}
	}
	return out
}

var english = sync.OnceValues(func() (map[string]i18n.Entry, error) { return i18n.Catalogue("en") })

// name is what a reference list calls a thing; column is "name", "short" or
// another that has a column for each language.
func (w words) name(list, code, column string) string {
	w.t.Helper()
	rows, err := rowsOf(list)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range rows {
		if r["code"] == code {
			return r[column+"_"+w.lang]
		}
	}
	w.t.Fatalf("the list %s has no row %s", list, code)
	return ""
}

// element is an element's short name, as the cells of a journey have it.
func (w words) element(key string) string {
	w.t.Helper()
	if short := w.name("element", key, "short"); short != "" {
		return short
	}
	return w.name("element", key, "name")
}

// task is an element as the heading of its page.
func (w words) task(key string) string {
	w.t.Helper()
	if task := w.name("element", key, "task"); task != "" {
		return task
	}
	return w.name("element", key, "name")
}

// rowsOf reads a reference list: a row is a map by column.
func rowsOf(list string) ([]map[string]string, error) {
	f, err := reference.FS.Open(list + ".csv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	var out []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range line {
			row[lines[0][i]] = cell
		}
		out = append(out, row)
	}
	return out, nil
}
