package refdata

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/apptest/shareddata"
	"ayni/internal/kernel/db/dbtest"
)

// shipped are the lists as the program carries them, without a database.
func shipped(t testing.TB) map[string][]Item {
	t.Helper()
	lists, err := shippedLists()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]Item{}
	for _, l := range lists {
		out[l.List.Code] = l.Items
	}
	return out
}

func TestCountsOfTheLists(t *testing.T) {
	t.Parallel()
	lists := shipped(t)
	for list, want := range map[string]int{
		"country": 249, "guide_country": 17, "guide_cell": 102, "guide_initiative": 73, "guide_area": 33, "guide_group": 4, "statement": 16, "step": 11, "element": 35,
		"challenge": 7, "roadmap": 7, "guide_story": 6, "focus_theme": 6, "mandate_theme": 5, "coalition_area": 4, "partnership_reason": 5, "partner_brings": 6,
	} {
		if n := len(lists[list]); n != want {
			t.Errorf("%s has %d rows, want %d", list, n, want)
		}
	}
	states := map[string]int{}
	for _, i := range lists["guide_cell"] {
		states[i.Attr("state")]++
		if (i.Attr("state") == "filled") != (i.TextEN != "") {
			t.Errorf("cell %s is %s and says %q", i.Code, i.Attr("state"), i.TextEN)
		}
	}
	if diff := cmp.Diff(map[string]int{"filled": 87, "empty": 13, "absent": 2}, states); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
}

func TestEveryRowIsWhole(t *testing.T) {
	t.Parallel()
	sources, err := shippedSources()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, s := range sources {
		if keys[s.Key] {
			t.Errorf("source %s stands twice", s.Key)
		}
		keys[s.Key] = true
	}
	lists, err := shippedLists()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lists {
		if !keys[l.List.Source] || l.List.Version < 1 || l.List.NameFR == "" || l.List.NameES == "" || !PartDate(l.List.AsOf) {
			t.Errorf("list %s: %+v", l.List.Code, l.List)
		}
		seen := map[string]bool{}
		for _, i := range l.Items {
			at := l.List.Code + " " + i.Code
			if seen[i.Code] {
				t.Errorf("%s stands twice", at)
			}
			seen[i.Code] = true
			if !keys[i.Source] || i.NameEN == "" || i.NameFR == "" || i.NameES == "" {
				t.Errorf("%s lacks a source or a name", at)
			}
			if i.AsOf == "" || !PartDate(i.AsOf) || !PartDate(i.ValidFrom) || !PartDate(i.ValidTo) || (i.ValidTo != "" && i.ValidTo < i.ValidFrom) {
				t.Errorf("%s: dates %q, %q to %q", at, i.AsOf, i.ValidFrom, i.ValidTo)
			}
			if (i.TextEN == "") != (i.TextFR == "") || (i.TextEN == "") != (i.TextES == "") {
				t.Errorf("%s has a text in some languages alone", at)
			}
		}
	}
}

func TestEveryCodeReferredToExists(t *testing.T) {
	t.Parallel()
	lists := shipped(t)
	codes := map[string]map[string]bool{}
	for list, items := range lists {
		codes[list] = map[string]bool{}
		for _, i := range items {
			codes[list][i.Code] = true
		}
	}
	has := func(list, code string) bool { return codes[list][code] }
	for list, columns := range references {
		for column, to := range columns {
			if lists[to] == nil {
				t.Errorf("%s.%s refers to the list %s, which there is not", list, column, to)
			}
			for _, i := range lists[list] {
				for _, code := range split(i.Attr(column)) {
					if !has(to, code) {
						t.Errorf("%s %s: %s is %q, which %s has not", list, i.Code, column, code, to)
					}
				}
			}
		}
	}
	for list, items := range lists {
		for _, i := range items {
			if i.Parent != "" && !has(list, i.Parent) {
				t.Errorf("%s %s is a part of %q, which the list has not", list, i.Code, i.Parent)
			}
		}
	}
	for _, i := range lists["guide_country"] {
		if !has("country", i.Code) {
			t.Errorf("guide_country %s is no country", i.Code)
		}
	}
	for _, i := range lists["guide_story_tag"] {
		if !has(i.Attr("list"), i.Attr("item")) {
			t.Errorf("guide_story_tag %s: %s has no %q", i.Code, i.Attr("list"), i.Attr("item"))
		}
	}
	for _, i := range lists["theme_crosswalk"] {
		if !has(i.Attr("from_list"), i.Attr("from_code")) || !has(i.Attr("to_list"), i.Attr("to_code")) {
			t.Errorf("theme_crosswalk %s: %v", i.Code, i.Attrs)
		}
	}
	for _, i := range lists["element"] {
		if !strings.HasPrefix(i.Code, i.Attr("step")+".") {
			t.Errorf("element %s is said to be of step %s", i.Code, i.Attr("step"))
		}
	}
	for _, list := range slices.Concat(guideLists, themeLists) {
		if lists[list] == nil {
			t.Errorf("the guide's pages give a file of %s, which there is not", list)
		}
	}
}

func TestPairsPointAtEachOther(t *testing.T) {
	t.Parallel()
	lists := shipped(t)
	for list, column := range map[string]string{"guide_area": "near_duplicate", "guide_initiative": "same_as"} {
		twin := map[string]string{}
		for _, i := range lists[list] {
			twin[i.Code] = i.Attr(column)
		}
		for code, other := range twin {
			if other != "" && (twin[other] != code || other == code) {
				t.Errorf("%s: %s points at %s, which points at %q", list, code, other, twin[other])
			}
		}
	}
}

// What the codes of no list may be. A page says each in words.
func TestWordsForEveryCode(t *testing.T) {
	t.Parallel()
	lists := shipped(t)
	for _, c := range []struct {
		list, column string
		may          []string
	}{
		{"guide_cell", "state", []string{"filled", "empty", "absent"}},
		{"guide_initiative", "kind", []string{"project", "programme", "ratification", "publication", "event"}},
		{"guide_initiative", "south_south", []string{"yes", "no", "unknown"}},
		{"guide_initiative", "title_language", []string{"en", "fr", "es", "mixed"}},
		{"guide_country", "group", []string{"AFRICA", "ASPAG", "GRULAC", ""}},
		{"guide_country", "group_basis", []string{"stated", "derived", "none"}},
		{"statement", "body", []string{"ILC", "GB"}},
		{"statement", "side", []string{"government", "employers", "workers", "office", "not-stated"}},
		{"statement", "group", []string{"", "EU", "ASPAG", "Africa", "GRULAC"}},
		{"statement", "cut", []string{"true", "false"}},
		{"ratification", "status", []string{"ratified", "called-for"}},
		{"instrument", "group", []string{"fundamental", "governance", "technical", "declaration"}},
		{"organisation_kind", "constituent", []string{"government", "employers", "workers", "other"}},
	} {
		for _, i := range lists[c.list] {
			if !slices.Contains(c.may, i.Attr(c.column)) {
				t.Errorf("%s %s: %s is %q", c.list, i.Code, c.column, i.Attr(c.column))
			}
		}
	}
	for _, s := range lists["guide_story"] {
		kinds := texts(s.Attr("results_kind"))
		for _, lang := range []string{"en", "fr", "es"} {
			if n := len(texts(s.In("results", lang))); n != len(kinds) {
				t.Errorf("story %s: %d results in %s, %d kinds", s.Code, n, lang, len(kinds))
			}
		}
		for _, k := range kinds {
			if k != "achieved" && k != "planned" {
				t.Errorf("story %s: a result is %q", s.Code, k)
			}
		}
	}
}

// The organisation kinds of the directory are those of IATI's list.
func TestKindsAreMappedToIATI(t *testing.T) {
	t.Parallel()
	for _, i := range shipped(t)["organisation_kind"] {
		if i.Attr("iati_type") == "" || i.Attr("constituent") == "" {
			t.Errorf("kind %s: %v", i.Code, i.Attrs)
		}
	}
}

// guideTables is the transcription of the guide's tables.
type guideTables struct {
	Groups []struct {
		Code  string   `json:"group_code"`
		Areas []string `json:"areas_of_interest_pb"`
	} `json:"groups"`
	Near      [][]string `json:"aspag_near_duplicates"`
	Countries []struct {
		Code        string             `json:"iso3"`
		Name        string             `json:"guide_name"`
		Focus       map[string]*string `json:"focus"`
		Doubts      map[string]string  `json:"focus_theme_doubts"`
		Initiatives []string           `json:"initiatives"`
	} `json:"countries"`
	Stories []struct {
		ID     string `json:"id"`
		Title  string `json:"title"`
		Start  *int   `json:"start_year"`
		End    *int   `json:"end_year"`
		Amount *int64 `json:"amount_usd"`
		Kind   string `json:"amount_kind"`
	} `json:"success_stories"`
}

func TestAgainstTheGuidesTables(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(shareddata.Path(t, "guide/guide-tables.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g guideTables
	err = json.Unmarshal(raw, &g)
	if err != nil {
		t.Fatal(err)
	}
	lists := shipped(t)
	where := func(list, column, value string) []Item {
		return slices.DeleteFunc(slices.Clone(lists[list]), func(i Item) bool { return i.Attr(column) != value })
	}

	for n, group := range g.Groups {
		ours := lists["guide_group"][n]
		if ours.Attr("group") != group.Code || len(where("guide_area", "group", ours.Code)) != len(group.Areas) {
			t.Errorf("statement %d is of %s with %d areas, ours %s of %s with %d", n+1, group.Code, len(group.Areas), ours.Code, ours.Attr("group"), len(where("guide_area", "group", ours.Code)))
		}
	}
	pairs := 0
	for _, a := range lists["guide_area"] {
		if a.Attr("near_duplicate") != "" {
			pairs++
		}
	}
	if pairs != 2*len(g.Near) {
		t.Errorf("%d areas are nearly the same as another, want %d", pairs, 2*len(g.Near))
	}

	if len(g.Countries) != len(lists["guide_country"]) {
		t.Errorf("%d countries, ours %d", len(g.Countries), len(lists["guide_country"]))
	}
	for _, country := range g.Countries {
		for column, text := range country.Focus {
			cells := slices.DeleteFunc(where("guide_cell", "country", country.Code), func(i Item) bool { return i.Attr("column") != column })
			if len(cells) != 1 {
				t.Errorf("%s, column %s: %d cells", country.Code, column, len(cells))
				continue
			}
			cell := cells[0]
			if (text != nil) != (cell.Attr("state") == "filled") {
				t.Errorf("%s, column %s is %s", country.Code, column, cell.Attr("state"))
			}
			if (country.Doubts[column] != "") != (cell.In("doubt", "en") != "") {
				t.Errorf("%s, column %s: doubt %q, ours %q", country.Code, column, country.Doubts[column], cell.In("doubt", "en"))
			}
			// Our own words: no sentence of the guide.
			if text != nil && strings.EqualFold(strings.Trim(*text, " .,"), strings.Trim(cell.TextEN, " .,")) {
				t.Errorf("%s, column %s is word for word the guide's", country.Code, column)
			}
		}
		var titles []string
		for _, i := range where("guide_initiative", "country", country.Code) {
			titles = append(titles, i.NameEN)
		}
		if diff := cmp.Diff(country.Initiatives, titles); diff != "" {
			t.Errorf("initiatives of %s (-guide +ours):\n%s", country.Code, diff)
		}
	}

	year := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	for n, story := range g.Stories {
		ours := lists["guide_story"][n]
		minor := ""
		if story.Amount != nil {
			minor = strconv.FormatInt(*story.Amount*100, 10)
		}
		got := []string{ours.Code, ours.NameEN, ours.Attr("amount_minor"), strings.ReplaceAll(ours.Attr("amount_kind"), "-", " ")}
		if diff := cmp.Diff([]string{story.ID, story.Title, minor, story.Kind}, got); diff != "" {
			t.Errorf("story %s (-guide +ours):\n%s", story.ID, diff)
		}
		if signed := ours.Attr("signed"); signed != "" {
			if !strings.HasPrefix(signed, year(story.Start)) {
				t.Errorf("story %s was signed on %s", story.ID, signed)
			}
		} else if ours.Attr("start") != year(story.Start) || ours.Attr("end") != year(story.End) {
			t.Errorf("story %s: %s to %s", story.ID, ours.Attr("start"), ours.Attr("end"))
		}
	}
}

func TestAgainstTheCountriesOfTheStandards(t *testing.T) {
	t.Parallel()
	rows := readShared(t, "data/countries/countries.csv")
	ours := map[string]Item{}
	for _, i := range shipped(t)["country"] {
		ours[i.Code] = i
	}
	if len(rows) != len(ours) {
		t.Errorf("%d countries, ours %d", len(rows), len(ours))
	}
	for _, r := range rows {
		i := ours[r["iso3"]]
		for column, want := range map[string]string{"iso2": r["iso2"], "m49": r["m49"], "region": r["region_code"], "subregion": r["subregion_code"], "intermediate": r["intermediate_code"], "un_member": r["un_member"]} {
			// The standard puts Antarctica in no region; here it is its own.
			if i.Attr(column) != want && r["iso3"] != "ATA" {
				t.Errorf("%s: %s is %q, want %q", r["iso3"], column, i.Attr(column), want)
			}
		}
	}

	names := map[string]string{"LDC": "LDC", "LLDC": "LLDC", "SIDS": "SIDS", "G77": "G77", "G20": "G20", "OECD": "OECD", "EU": "EU", "AU": "AU"}
	want, got := map[string][]string{}, map[string][]string{}
	for _, r := range readShared(t, "data/countries/memberships.csv") {
		if set := names[r["set"]]; set != "" && ours[r["iso3"]].Code != "" {
			want[set] = append(want[set], r["iso3"]+" "+r["from"]+" "+r["to"])
		}
	}
	for _, i := range shipped(t)["country_set_member"] {
		if set := i.Attr("set"); names[set] != "" {
			got[set] = append(got[set], i.Attr("country")+" "+i.ValidFrom+" "+i.ValidTo)
		}
	}
	for set := range names {
		slices.Sort(want[set])
		slices.Sort(got[set])
		if diff := cmp.Diff(want[set], got[set]); diff != "" {
			t.Errorf("members of %s (-data +ours):\n%s", set, diff)
		}
	}
}

func readShared(t *testing.T, name string) []map[string]string {
	t.Helper()
	raw, err := os.ReadFile(shareddata.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, rec := range records[1:] {
		row := map[string]string{}
		for i, v := range rec {
			row[records[0][i]] = v
		}
		out = append(out, row)
	}
	return out
}

// Loading twice changes nothing, and rows stay in the order of their files.
func TestLoadTwice(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	s := loaded(t, d)
	first := s.All("step")
	err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, s.All("step")); diff != "" {
		t.Errorf("steps (-first +second):\n%s", diff)
	}
	if first[0].Code != "prospect" || first[10].Code != "horizon" {
		t.Errorf("the steps run from %s to %s", first[0].Code, first[10].Code)
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"", "", true}, {"2026", "", true}, {"2026-11", "2026-11", true}, {"2026-11-24", "2026-11-24", true}, {"2026-11-25", "", false}, {"2027", "", false}, {"", "2025", false}, {"", "2026", true}, {"2025-07-01", "2026-06-30", false},
	} {
		if got := (Item{ValidFrom: c.from, ValidTo: c.to}).Holds("2026-11-24"); got != c.want {
			t.Errorf("%q to %q holds: %v", c.from, c.to, got)
		}
	}
}
