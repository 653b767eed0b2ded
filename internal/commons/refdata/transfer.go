package refdata

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/id"
	"ayni/reference"
)

// common are the columns that every list has; all others are attributes.
var common = []string{"code", "name_en", "name_fr", "name_es", "text_en", "text_fr", "text_es", "parent", "valid_from", "valid_to", "source", "place", "as_of", "verified"}

// shippedBy is the actor of the rows that come with the program.
const shippedBy = "system:reference"

// seed loads the shipped lists whose content is new to this database.
func seed(ctx context.Context, d *db.DB) error {
	lists, err := shippedLists()
	if err != nil {
		return err
	}
	sources, err := shippedSources()
	if err != nil {
		return err
	}
	have := map[string]string{}
	err = d.Read(ctx, func(t *db.Tx) error {
		known, err := allLists(t)
		for _, l := range known {
			have[l.Code] = l.Digest
		}
		return err
	})
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(lists, func(l shippedList) bool { return have[l.List.Code] == l.List.Digest })
	if len(fresh) == 0 {
		return nil
	}
	return d.Write(ctx, func(t *db.Tx) error {
		for _, s := range sources {
			err := saveSource(t, s)
			if err != nil {
				return err
			}
		}
		for _, l := range fresh {
			err := loadList(t, l)
			if err != nil {
				return fmt.Errorf("list %s: %w", l.List.Code, err)
			}
		}
		return nil
	})
}

// loadList adds the rows of a shipped list that are new or changed. The audit
// has one row a list: its rows are facts of the program, named by its digest.
func loadList(t *db.Tx, l shippedList) error {
	err := saveList(t, l.List)
	if err != nil {
		return err
	}
	old, err := currentOf(t, l.List.Code)
	if err != nil {
		return err
	}
	known := map[string]Item{}
	for _, i := range old {
		known[i.Code] = i
	}
	for _, i := range l.Items {
		was, ok := known[i.Code]
		if ok && sameFacts(was, i) {
			continue
		}
		i.ID, i.Current, i.CreatedBy, i.Version = id.New(), true, shippedBy, 1
		if ok {
			i.Version = was.Version + 1
			err := supersede(t, i.List, i.Code)
			if err != nil {
				return err
			}
		}
		err := insertItem(t, i)
		if err != nil {
			return fmt.Errorf("row %s: %w", i.Code, err)
		}
	}
	return audit.Write(t, audit.Row{Actor: shippedBy, Action: "loaded", Kind: ListRecord, Record: l.List.Code, Title: l.List.NameEN, Version: l.List.Version, After: l.List})
}

func sameFacts(a, b Item) bool {
	a.ID, a.Version, a.Current, a.CreatedAt, a.CreatedBy = "", 0, false, 0, ""
	b.ID, b.Version, b.Current, b.CreatedAt, b.CreatedBy = "", 0, false, 0, ""
	if len(a.Attrs) == 0 && len(b.Attrs) == 0 {
		a.Attrs, b.Attrs = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

type shippedList struct {
	List  List
	Items []Item
}

func shippedLists() ([]shippedList, error) {
	rows, err := table("lists.csv")
	if err != nil {
		return nil, err
	}
	var out []shippedList
	for _, r := range rows {
		version, err := strconv.ParseInt(r["version"], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("lists.csv, %s: version: %w", r["list"], err)
		}
		l := shippedList{List: List{
			Code: r["list"], NameEN: r["name_en"], NameFR: r["name_fr"], NameES: r["name_es"],
			TextEN: r["text_en"], TextFR: r["text_fr"], TextES: r["text_es"], Version: version,
			Source: r["source"], AsOf: r["as_of"], Verified: r["verified"] == "true", Editable: r["editable"] == "true",
		}}
		l.Items, err = shippedItems(l.List.Code)
		if err != nil {
			return nil, err
		}
		raw, err := reference.FS.ReadFile(l.List.Code + ".csv")
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(append(raw, fmt.Sprint(r)...))
		l.List.Digest = hex.EncodeToString(sum[:])
		out = append(out, l)
	}
	return out, nil
}

func shippedItems(list string) ([]Item, error) {
	rows, err := table(list + ".csv")
	if err != nil {
		return nil, err
	}
	var out []Item
	for n, r := range rows {
		i := Item{
			List: list, Code: r["code"], Position: int64(n + 1), NameEN: r["name_en"], NameFR: r["name_fr"], NameES: r["name_es"],
			TextEN: r["text_en"], TextFR: r["text_fr"], TextES: r["text_es"], Parent: r["parent"],
			ValidFrom: r["valid_from"], ValidTo: r["valid_to"], Source: r["source"], Place: r["place"],
			AsOf: r["as_of"], Verified: r["verified"] == "true", Attrs: Attrs{},
		}
		for k, v := range r {
			if v != "" && !slices.Contains(common, k) {
				i.Attrs[k] = v
			}
		}
		out = append(out, i)
	}
	return out, nil
}

func shippedSources() ([]Source, error) {
	rows, err := table("sources.csv")
	if err != nil {
		return nil, err
	}
	var out []Source
	for _, r := range rows {
		out = append(out, Source{Key: r["key"], Title: r["title"], Publisher: r["publisher"], Date: r["date"], Address: r["address"], Licence: r["licence"], Note: r["note"]})
	}
	return out, nil
}

// table reads an embedded CSV file as rows by column name.
func table(name string) ([]map[string]string, error) {
	raw, err := reference.FS.ReadFile(name)
	if err != nil {
		return nil, err
	}
	records, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var out []map[string]string
	for _, rec := range records[1:] {
		row := make(map[string]string, len(rec))
		for i, v := range rec {
			row[records[0][i]] = v
		}
		out = append(out, row)
	}
	return out, nil
}
