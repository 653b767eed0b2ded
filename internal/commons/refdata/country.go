package refdata

import (
	"slices"
	"strings"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/search"
)

// incomePrefix begins the codes of the sets that are income groups: they are
// of one fiscal year each.
const incomePrefix = "INCOME_"

// Membership is a country's membership of a set.
type Membership struct {
	Item
	Set    Item
	Now    bool // it holds today, as far as its dates say
	Income bool // an income group, which is of one year
	Latest bool // an income group of the newest year known
}

// shownToday says whether a membership stands among those of today: it holds,
// or it is the newest income group known.
func (m Membership) shownToday() bool { return m.Now || m.Latest }

// Memberships are the memberships of all countries, by country: in the order
// of the sets, income groups last, the newest of a set first.
func (s *Service) Memberships(today clock.Day) map[string][]Membership {
	rank := map[string]int{}
	sets := map[string]Item{}
	for i, set := range s.All("country_set") {
		sets[set.Code] = set
		rank[set.Code] = i
		if strings.HasPrefix(set.Code, incomePrefix) {
			rank[set.Code] += 1000
		}
	}
	newest := ""
	for _, i := range s.All("country_set_member") {
		if strings.HasPrefix(i.Attr("set"), incomePrefix) && i.ValidFrom > newest && i.ValidFrom <= string(today) {
			newest = i.ValidFrom
		}
	}
	out := map[string][]Membership{}
	for _, i := range s.All("country_set_member") {
		m := Membership{Item: i, Set: sets[i.Attr("set")], Now: i.Holds(today), Income: strings.HasPrefix(i.Attr("set"), incomePrefix)}
		m.Latest = m.Income && i.ValidFrom == newest
		out[i.Attr("country")] = append(out[i.Attr("country")], m)
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b Membership) int {
			if a.Set.Code != b.Set.Code {
				return rank[a.Set.Code] - rank[b.Set.Code]
			}
			return strings.Compare(b.ValidFrom, a.ValidFrom)
		})
	}
	return out
}

// CountryFilter narrows the list of countries. Empty fields do not narrow.
type CountryFilter struct {
	Text   string // words of a name in any language, or a code
	Region string // a region, sub-region or intermediate region
	Set    string // a member today
	Lang   string // of the order
	Down   bool   // the order turned round
}

// CountryRow is a country with its memberships of today.
type CountryRow struct {
	Item
	Sets []Membership
}

// Countries are the countries that a filter leaves, by name in its language.
func (s *Service) Countries(f CountryFilter, today clock.Day) []CountryRow {
	members := s.Memberships(today)
	var out []CountryRow
	for _, c := range s.ByName("country", f.Lang) {
		if !matches(c, f.Text) || !In(c, f.Region) {
			continue
		}
		row := CountryRow{Item: c}
		in := f.Set == ""
		for _, m := range members[c.Code] {
			if m.shownToday() {
				row.Sets = append(row.Sets, m)
				in = in || m.Set.Code == f.Set
			}
		}
		if in {
			out = append(out, row)
		}
	}
	if f.Down {
		slices.Reverse(out)
	}
	return out
}

// In says whether a country lies in a region; every country lies in the world
// and in the empty region.
func In(country Item, region string) bool {
	return region == "" || region == "001" || country.Attr("region") == region || country.Attr("subregion") == region || country.Attr("intermediate") == region
}

// matches says whether each word of a text begins a word of some name or code.
func matches(c Item, text string) bool {
	names := " " + search.Fold(strings.Join([]string{c.NameEN, c.NameFR, c.NameES, c.Code, c.Attr("iso2"), c.Attr("m49")}, " "))
	for _, w := range search.Words(search.Fold(text)) {
		if !strings.Contains(names, " "+w) {
			return false
		}
	}
	return true
}

// Regions are the regions that countries of the standard lie in, each followed
// by those within it.
func (s *Service) Regions() []Item {
	used := map[string]bool{}
	for _, c := range s.All("country") {
		for _, level := range []string{"region", "subregion", "intermediate"} {
			used[c.Attr(level)] = true
		}
	}
	var out []Item
	for _, r := range s.All("region") {
		if used[r.Code] {
			out = append(out, r)
		}
	}
	return out
}

// Frameworks are the frameworks of a country, and those of a region that it
// lies in; those of the whole world are left out.
func (s *Service) Frameworks(country Item) []Item {
	var out []Item
	for _, f := range s.All("framework") {
		region := f.Attr("region")
		if f.Attr("country") == country.Code || (region != "" && region != "001" && In(country, region)) {
			out = append(out, f)
		}
	}
	return out
}

// split reads a column that holds several codes with blanks between them.
func split(codes string) []string { return strings.Fields(codes) }

// texts reads a column that holds several texts.
func texts(s string) []string {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, "|")
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return parts
}

// references says which columns of the lists hold codes of other lists. A
// column may hold several, with blanks between them.
var references = map[string]map[string]string{
	"country":            {"region": "region", "subregion": "region", "intermediate": "region"},
	"country_set_member": {"set": "country_set", "country": "country"},
	"element":            {"step": "step"},
	"framework":          {"kind": "framework_kind", "country": "country", "region": "region", "priorities": "sdg_target"},
	"guide_actor":        {"kind": "organisation_kind", "country": "country"},
	"guide_area":         {"group": "guide_group", "themes": "focus_theme", "near_duplicate": "guide_area"},
	"guide_cell":         {"country": "guide_country", "column": "focus_theme", "themes": "focus_theme"},
	"guide_initiative":   {"country": "guide_country", "themes": "focus_theme", "same_as": "guide_initiative"},
	"guide_passage":      {"story": "guide_story", "element": "element"},
	"guide_story":        {"provider": "country", "amount_currency": "currency", "amount_kind": "amount_kind", "countries": "country", "region": "region"},
	"guide_story_party":  {"story": "guide_story", "kind": "organisation_kind", "country": "country", "roles": "partner_role", "roles_inferred": "partner_role", "organisation": "guide_actor"},
	"guide_story_place":  {"story": "guide_story", "country": "country", "region": "region"},
	"guide_story_tag":    {"story": "guide_story"},
	"instrument":         {"category": "instrument_category"},
	"organisation_kind":  {"iati_type": "iati_organisation_type"},
	"ratification":       {"instrument": "instrument", "country": "country"},
	"statement":          {"country": "country"},
	"supply_chain":       {"sector": "economic_sector"},
}
