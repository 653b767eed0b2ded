package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/apptest/shareddata"
	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/i18n"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// services are those of an installation, wired as internal/app does it.
func services(t testing.TB, d *db.DB) Services {
	t.Helper()
	store, err := files.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	ref := refdata.New(d)
	err = ref.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s := Services{DB: d, Refdata: ref, Directory: directory.New(d, ref), Access: access.New(d)}
	s.Partnership = partnership.New(d, ref, s.Directory, store)
	s.Access.NewPerson = s.Directory.NewPerson
	s.Access.AccountChanged = append(s.Access.AccountChanged, s.Partnership.AccountChanged)
	return s
}

// loaded are the services of an installation with the demo.
func loaded(t testing.TB, d *db.DB) Services {
	t.Helper()
	s := services(t, d)
	err := Load(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// all runs a query of the whole database.
func all[T any](t testing.TB, d *db.DB, query string, args ...any) []T {
	t.Helper()
	var out []T
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		var err error
		out, err = db.All[T](tx, query, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}

// none asserts that a query finds nothing.
func none(t testing.TB, d *db.DB, what, query string) {
	t.Helper()
	if found := all[string](t, d, query); len(found) > 0 {
		t.Errorf("%s: %v", what, found)
	}
}

// sums are the checksums of all tables.
func sums(t testing.TB, d *db.DB) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		tables, err := db.Tables(tx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			out[table], err = db.Checksum(tx, table, func(string) bool { return false })
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// inStories is the list of partnerships that are not invented.
const inStories = `(select p.id from partnership p where p.example = false)`

func TestDemo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := loaded(t, d)
		t.Run("thirty-five findings", func(t *testing.T) { journeys(t, s) })
		t.Run("real stories claim nothing", func(t *testing.T) { realStories(t, s) })
		t.Run("roles as stated", func(t *testing.T) { statedRoles(t, s) })
		t.Run("as in the lists", func(t *testing.T) { storyRows(t, s) })
		t.Run("status as told", func(t *testing.T) { statuses(t, s) })
		t.Run("amounts as in the guide", func(t *testing.T) { guideAmounts(t, s) })
		t.Run("organisations of the guide", func(t *testing.T) { guideBodies(t, s) })
		t.Run("the Example shows it all", func(t *testing.T) { exampleShows(t, s) })
		t.Run("four eyes", func(t *testing.T) { fourEyes(t, s) })
		t.Run("confidential", func(t *testing.T) { confidential(t, s) })
		t.Run("accounts", func(t *testing.T) { readyAccounts(t, s) })
		t.Run("settings", func(t *testing.T) { settings(t, s) })
		t.Run("audit", func(t *testing.T) { audited(t, s) })
	})
}

func journeys(t *testing.T, s Services) {
	titles, err := s.Partnership.Titles(t.Context(), access.System("test"), "en")
	if err != nil {
		t.Fatal(err)
	}
	if len(titles) != 8 {
		t.Errorf("%d partnerships, want six stories and two Examples", len(titles))
	}
	for _, p := range titles {
		j, err := s.Partnership.Journey(t.Context(), access.System("test"), p.ID, "en")
		if err != nil {
			t.Fatal(err)
		}
		if len(j.Findings) != 35 {
			t.Errorf("%s: %d findings", p.Title, len(j.Findings))
		}
		for _, f := range j.Findings {
			if f.State == "" || f.Since == "" {
				t.Errorf("%s, %s: state %q since %q", p.Title, f.Key, f.State, f.Since)
			}
			for _, m := range f.Missing {
				if len(m.Who) == 0 || m.Who[0].Name == "" {
					t.Errorf("%s, %s: nobody is waited for", p.Title, f.Key)
				}
			}
		}
	}
	whole, err := s.Partnership.Whole(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range whole {
		t.Error(m.English())
	}
	none(t, s.DB, "not checked", `select partnership from journey_dirty`)
}

func realStories(t *testing.T, s Services) {
	none(t, s.DB, "attested on a real story", `select id from attestation where partnership in `+inStories)
	none(t, s.DB, "waived on a real story", `select id from gate_waiver where partnership in `+inStories)
	none(t, s.DB, "stated on a real story", `select id from claim where partnership in `+inStories)
	none(t, s.DB, "asked on a real story", `select id from action where partnership in `+inStories)
	none(t, s.DB, "confirmed modality of a real story", `select id from partnership where modality <> '' and id in `+inStories)
	none(t, s.DB, "state of a real story", `select state from journey_state where state not in ('open', 'partly') and partnership in `+inStories)
	none(t, s.DB, "evidence of a real story", `select title from evidence where (kind <> 'guide' or audience <> 'parties') and partnership in `+inStories)
	none(t, s.DB, "invented organisation in a real story", `select o.name from party y join organisation o on o.id = y.organisation where o.example = true and y.partnership in `+inStories)
	none(t, s.DB, "real organisation in an Example", `select o.name from party y join organisation o on o.id = y.organisation where o.example = false and y.partnership not in `+inStories)
	none(t, s.DB, "a real story without its source", `select title from partnership where (source <> 'guide' or source_place = '') and id in `+inStories)
	none(t, s.DB, "an Example by another name", `select title from partnership where title not like 'Example: %' and id not in `+inStories)
}

// statedRoles compares the roles with the list, without those that are
// implied.
func statedRoles(t *testing.T, s Services) {
	type row struct {
		Title string `db:"title"`
		Role  string `db:"role"`
		Place string `db:"source_place"`
	}
	var want []string
	title := map[string]string{}
	for _, story := range s.Refdata.All(storyList) {
		title[story.Code] = story.NameEN
	}
	for _, p := range s.Refdata.All(partyList) {
		implied := strings.Fields(p.Attr("roles_inferred"))
		for _, role := range strings.Fields(p.Attr("roles")) {
			if !slices.Contains(implied, role) {
				want = append(want, title[p.Attr("story")]+", "+role+", "+p.Attr("role_place"))
			}
		}
	}
	var got []string
	for _, r := range all[row](t, s.DB, `select p.title, r.role, r.source_place from party_role r join partnership p on p.id = r.partnership
			where p.example = false and r.inferred = false and r.basis <> ''`) {
		got = append(got, r.Title+", "+r.Role+", "+r.Place)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	none(t, s.DB, "an implied role", `select id from party_role where inferred = true`)
	none(t, s.DB, "a party without role and without a word why", `select y.id from party y where y.basis = ''
		and not exists (select 1 from party_role r where r.party = y.id) and y.partnership in `+inStories)
}

// storyRows compares numbers of rows and marks with the lists.
func storyRows(t *testing.T, s Services) {
	count := func(table string) int {
		return all[int](t, s.DB, `select count(*) from `+table+` where partnership in `+inStories)[0]
	}
	for table, list := range map[string]string{"party": partyList, "partnership_place": placeList, "partnership_tag": tagList, "evidence": passageList} {
		if got, want := count(table), len(s.Refdata.All(list)); got != want || want == 0 {
			t.Errorf("%s: %d rows, %s has %d", table, got, list, want)
		}
	}
	marked := func(list string) int {
		return len(s.Refdata.Where(list, "inferred", "true"))
	}
	for table, list := range map[string]string{"party": partyList, "partnership_place": placeList} {
		got := all[int](t, s.DB, `select count(*) from `+table+` where inferred = true and partnership in `+inStories)[0]
		if want := marked(list); got != want || want == 0 {
			t.Errorf("%s: %d marked as inferred, %s has %d", table, got, list, want)
		}
	}
	results := 0
	for _, story := range s.Refdata.All(storyList) {
		results += len(entries(story.Attr("results_kind")))
	}
	if got := count("partnership_result"); got != results {
		t.Errorf("%d results, the stories state %d", got, results)
	}
	none(t, s.DB, "a party that is neither linked nor described", `select y.id from party y
		where (y.organisation is null and (y.label = '' or y.label_fr = '' or y.label_es = '')) or (y.organisation is not null and y.label <> '')`)
	none(t, s.DB, "a result in one language alone", `select text from partnership_result where text_fr = '' or text_es = ''`)
	none(t, s.DB, "a title or summary in one language alone", `select title from partnership where title_fr = '' or title_es = '' or summary_fr = '' or summary_es = ''`)
}

func statuses(t *testing.T, s Services) {
	type row struct {
		Title string             `db:"title"`
		To    partnership.Status `db:"to_status"`
		Now   partnership.Status `db:"status"`
		Why   string             `db:"reason"`
		Start string             `db:"start_on"`
		End   string             `db:"end_on"`
	}
	want := map[string]partnership.Status{
		"SS1": partnership.Active, "SS2": partnership.Active, "SS3": partnership.Active, "SS4": partnership.Closed, "SS5": partnership.Active, "SS6": partnership.Formalised,
	}
	rows := all[row](t, s.DB, `select p.title, c.to_status, p.status, c.reason, p.start_on, p.end_on from partnership p join partnership_status c on c.partnership = p.id
		where p.id in `+inStories)
	if len(rows) != len(want) {
		t.Errorf("%d statuses of six stories", len(rows))
	}
	for _, story := range s.Refdata.All(storyList) {
		i := slices.IndexFunc(rows, func(r row) bool { return r.Title == story.NameEN })
		if i < 0 {
			t.Errorf("no story %s", story.Code)
			continue
		}
		r := rows[i]
		if r.To != want[story.Code] || r.Now != r.To || !strings.HasPrefix(r.Why, "The guide (2023)") {
			t.Errorf("%s is %s since it was %s: %q", story.Code, r.Now, r.To, r.Why)
		}
		if r.Start != story.Attr("start") || r.End != story.Attr("end") {
			t.Errorf("%s runs from %q to %q", story.Code, r.Start, r.End)
		}
	}
}

// guideAmounts compares with the tables read from the guide.
func guideAmounts(t *testing.T, s Services) {
	raw, err := os.ReadFile(shareddata.Path(t, "guide/guide-tables.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tables struct {
		Stories []struct {
			Title string `json:"title"`
			USD   *int64 `json:"amount_usd"`
			Kind  string `json:"amount_kind"`
			Text  string `json:"amount_text"`
		} `json:"success_stories"`
	}
	err = json.Unmarshal(raw, &tables)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	missing := 0
	for _, x := range tables.Stories {
		if x.USD == nil {
			missing++
			continue
		}
		// The tables write a kind of two words so, and put it behind one of the texts.
		kind := strings.ReplaceAll(x.Kind, " ", "-")
		want[strings.ToLower(x.Title)] = fmt.Sprintf("%s %d USD %s", kind, *x.USD*100, strings.TrimSuffix(x.Text, " ("+x.Kind+")"))
	}
	type row struct {
		Title    string `db:"title"`
		Kind     string `db:"kind"`
		Minor    int64  `db:"minor"`
		Currency string `db:"currency"`
		Stated   string `db:"stated_as"`
	}
	got := map[string]string{}
	for _, r := range all[row](t, s.DB, `select p.title, m.kind, m.minor, m.currency, m.stated_as from partnership_amount m join partnership p on p.id = m.partnership where p.example = false`) {
		got[strings.ToLower(r.Title)] = fmt.Sprintf("%s %d %s %s", r.Kind, r.Minor, r.Currency, r.Stated)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if missing != 2 || len(got) != 4 {
		t.Errorf("%d amounts, %d missing", len(got), missing)
	}
}

func guideBodies(t *testing.T, s Services) {
	type row struct {
		Name   string `db:"name"`
		Kind   string `db:"kind"`
		Parent string `db:"parent"`
		Place  string `db:"source_place"`
		Source string `db:"source"`
		FR     string `db:"name_fr"`
	}
	rows := all[row](t, s.DB, `select o.name, o.kind, u.name as parent, o.source_place, o.source, o.name_fr from organisation o left join organisation u on u.id = o.parent where o.example = false`)
	seen := map[string]row{}
	for _, r := range rows {
		if _, twice := seen[r.Name]; twice {
			t.Errorf("%s stands twice", r.Name)
		}
		if r.Kind == "" || r.Source != "guide" || r.Place == "" || r.FR == "" {
			t.Errorf("%s: %+v", r.Name, r)
		}
		seen[r.Name] = r
	}
	left := 0
	for _, a := range s.Refdata.All(actorList) {
		r, there := seen[a.NameEN]
		switch described := strings.Contains(a.NameEN, "(not named)") || a.Attr("kind") == "other"; {
		case described && there:
			t.Errorf("%s is no organisation", a.NameEN)
		case described:
			left++
		case !there:
			t.Errorf("%s is missing", a.NameEN)
		case a.Parent != "" && r.Parent == "":
			t.Errorf("%s is a part of nothing", a.NameEN)
		}
	}
	if len(rows)+left != len(s.Refdata.All(actorList)) {
		t.Errorf("%d organisations and %d that are none, of %d", len(rows), left, len(s.Refdata.All(actorList)))
	}
	none(t, s.DB, "a person who is not invented", `select id from person where example = false`)
}

func exampleShows(t *testing.T, s Services) {
	d := s.DB
	const of = ` from partnership p where p.title = 'Example: safer work in garment factories'`
	const here = ` and partnership = (select p.id` + of + `)`
	today := string(d.Clock.Now().Day())
	shows := func(what, query string, args ...any) {
		t.Helper()
		if all[int](t, d, query, args...)[0] == 0 {
			t.Errorf("the Example shows no %s", what)
		}
	}
	states := map[string]int{}
	type counted struct {
		Key string `db:"key"`
		N   int    `db:"n"`
	}
	for _, r := range all[counted](t, d, `select state as key, count(*) as n from journey_state where 1 = 1`+here+` group by state`) {
		states[r.Key] = r.N
	}
	want := []string{"attested", "not_applicable", "open", "partly"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(states))); diff != "" {
		t.Error(diff)
	}
	for _, r := range partnership.Roles {
		shows("role "+string(r), `select count(*) from party_role where role = $1 and to_on = ''`+here, string(r))
	}
	none(t, d, "a role without a word what says so", `select id from party_role where basis = ''`)
	shows("role that ended", `select count(*) from party_role where to_on <> '' and to_on < $1`+here, today)
	shows("confirmed need", `select count(*)`+of+` and p.need_kind = 'confirmed' and p.need_on < p.start_on and p.modality = 'triangular'`)
	if got := all[int](t, d, `select count(*) from party where 1 = 1`+here)[0]; got != 5 {
		t.Errorf("%d parties", got)
	}
	for _, list := range partnership.TagLists {
		n := all[int](t, d, `select count(*) from partnership_tag where list = $1`+here, list)[0]
		if empty := list == "framework" || list == "sdg_target"; (n == 0) != empty {
			t.Errorf("%d codes of %s", n, list)
		}
	}
	for _, kind := range []partnership.EvidenceKind{partnership.EvidenceFile, partnership.EvidenceLink, partnership.EvidenceNote} {
		shows("evidence: "+string(kind), `select count(*) from evidence where kind = $1`+here, string(kind))
	}
	for _, audience := range []string{"host", "parties", "party:%"} {
		shows("evidence for "+audience, `select count(*) from evidence where audience like $1`+here, audience)
	}
	soon := string(clock.Day(today).AddDays(3))
	shows("attestation that expires soon", `select count(*) from attestation where state = 'approved' and valid_until >= $1 and valid_until <= $2`+here, today, soon)
	shows("expired attestation", `select count(*) from attestation where state = 'approved' and valid_until < $1`+here, today)
	shows("pending attestation", `select count(*) from attestation where state = 'pending' and kind = 'attestation'`+here)
	shows("pending exemption", `select count(*) from attestation where state = 'pending' and kind = 'exemption'`+here)
	shows("rejected attestation", `select count(*) from attestation where state = 'rejected' and decided_why <> ''`+here)
	shows("attested file", `select count(*) from attestation where file <> '' and state = 'approved'`+here)
	shows("dispute", `select count(*) from claim_answer w join claim c on c.id = w.claim where w.answer = 'disputed' and w.reason <> ''`)
	shows("claim confirmed by all", `select count(*) from claim c where 4 = (select count(*) from claim_answer w where w.claim = c.id and w.answer = 'confirmed')`)
	shows("claim that waits", `select count(*) from claim c where 3 = (select count(*) from claim_answer w where w.claim = c.id)`)
	shows("late action", `select count(*) from action where state = 'open' and due_on < $1`+here, today)
	shows("action with time left", `select count(*) from action where state = 'open' and due_on > $1`+here, today)
	shows("high action to check", `select count(*) from action where state = 'to-check' and high = true`+here)
	shows("action that a person did", `select count(*) from action where state = 'done' and text <> ''`+here)
	shows("waiver", `select count(*) from gate_waiver where until_on > $1 and by_role = 'legal'`+here, today)
	shows("right in the team that ends", `select count(*) from partnership_team where until_on > $1`+here, today)
	shows("coming deadline that a person set", `select count(*) from deadline where system_key is null and due_on > $1`+here, today)
	for _, kind := range []partnership.WhoKind{partnership.WhoParty, partnership.WhoRight} {
		shows("wait for a "+string(kind), `select count(*) from journey_waiting where who_kind = $1`+here, string(kind))
	}
	if diff := cmp.Diff([]string{"exploring", "formalised", "active"}, all[string](t, d, `select to_status from partnership_status where 1 = 1`+here+` order by at`)); diff != "" {
		t.Error(diff)
	}
	history := all[int](t, d, `select count(distinct at) from journey_history where 1 = 1`+here)[0]
	if history < 20 {
		t.Errorf("the journey moved at %d instants: its history is not played", history)
	}
	none(t, d, "an instant in the future", `select id from audit where at > `+fmt.Sprint(int64(d.Clock.Now())))
	for _, table := range []string{"evidence", "attestation", "claim", "party"} {
		none(t, d, "an invented "+table+" that is as old as the loading", `select id from `+table+` where created_at > (select max(created_at) - 86400000 from partnership) and partnership not in `+inStories)
	}
}

func fourEyes(t *testing.T, s Services) {
	none(t, s.DB, "approved by its author", `select id from attestation where decider = author_person`)
	none(t, s.DB, "approved as something else", `select id from attestation where state = 'approved' and approved <> content`)
	none(t, s.DB, "decided without a right", `select n.id from attestation n where n.decided_by <> '' and not exists (
		select 1 from partnership_team m where m.partnership = n.partnership and m.account = n.decided_by and m.access_right = 'approve')`)
}

func confidential(t *testing.T, s Services) {
	sees := map[access.Role]int{}
	for _, a := range demoAccounts(t, s) {
		actor := access.Actor{Account: a.ID, Person: a.Person, Organisation: a.Organisation, Roles: []access.Role{a.Roles[0].Role}}
		titles, err := s.Partnership.Titles(t.Context(), actor, "en")
		if err != nil {
			t.Fatal(err)
		}
		sees[a.Roles[0].Role] = len(titles)
	}
	want := map[access.Role]int{
		access.Admin: 8, access.Officer: 8, access.Legal: 8, access.Specialist: 7, access.Evaluator: 7, access.Finance: 7, access.Auditor: 7, access.Partner: 1,
	}
	if diff := cmp.Diff(want, sees); diff != "" {
		t.Error(diff)
	}
}

func demoAccounts(t *testing.T, s Services) []access.Account {
	t.Helper()
	var list []access.Account
	err := s.DB.Read(t.Context(), func(tx *db.Tx) error {
		var err error
		list, err = access.Find(tx, access.Filter{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func readyAccounts(t *testing.T, s Services) {
	list := demoAccounts(t, s)
	held := map[access.Role]int{}
	bodies := map[string]bool{}
	for _, a := range list {
		if !a.Demo || a.State != access.Active || len(a.Roles) != 1 || !strings.HasPrefix(a.Name, "Demo ") || !strings.HasSuffix(a.Email, "@example.org") {
			t.Errorf("account %+v", a)
		}
		held[a.Roles[0].Role]++
		bodies[a.Organisation] = true
	}
	for _, r := range access.Roles {
		if held[r] == 0 {
			t.Errorf("no account has the role %s", r)
		}
	}
	if held[access.Partner] != 4 || len(bodies) != 5 {
		t.Errorf("%d partner accounts of %d organisations", held[access.Partner], len(bodies)-1)
	}
	none(t, s.DB, "a password", `select id from account where password <> ''`)
	none(t, s.DB, "a link", `select token from access_link`)
	_, err := s.Access.SignInDemo(t.Context(), list[0].ID, "test")
	if err == nil {
		t.Error("a demo account comes in where the process is not for the demo")
	}
	none(t, s.DB, "a partner without a role in its organisation", `select a.id from account a where a.organisation <> '' and not exists (
		select 1 from person_role r where r.person = a.person and r.organisation = a.organisation and r.focal = true)`)
}

func settings(t *testing.T, s Services) {
	err := s.DB.Read(t.Context(), func(tx *db.Tx) error {
		for name, want := range map[string]string{access.HostName: "International Labour Organization", access.HostAcronym: "ILO", settingVersion: Version} {
			got, err := access.Setting(tx, name)
			if err != nil {
				return err
			}
			if got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		host, err := access.Setting(tx, access.HostOrganisation)
		if err != nil {
			return err
		}
		for lang, want := range map[string]string{"en": "International Labour Organization", "fr": "Organisation internationale du Travail", "es": "Organización Internacional del Trabajo"} {
			names, err := s.Directory.Names(tx, lang, []string{host})
			if err != nil {
				return err
			}
			if names[host] != want {
				t.Errorf("the host is %q in %s", names[host], lang)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func audited(t *testing.T, s Services) {
	for table, kind := range map[string]string{
		"partnership": "partnership", "party": "party", "party_role": "party_role", "partnership_tag": "partnership_tag", "partnership_place": "partnership_place",
		"partnership_amount": "partnership_amount", "partnership_result": "partnership_result", "partnership_team": "partnership_team", "evidence": "evidence",
		"attestation": "attestation", "claim": "claim", "organisation": "organisation", "person": "person", "account": "account", "setting": "setting",
	} {
		rows := all[int](t, s.DB, `select count(*) from `+table)[0]
		noted := all[int](t, s.DB, `select count(*) from audit where (action = 'created' or kind = 'setting') and kind = $1`, kind)[0]
		if rows != noted || rows == 0 {
			t.Errorf("%s: %d rows, %d in the audit", table, rows, noted)
		}
	}
	none(t, s.DB, "an audit row of nobody", `select id from audit where actor = ''`)
	if s.DB.Engine == db.Postgres {
		_, err := audit.Seal(t.Context(), s.DB)
		if err != nil {
			t.Fatal(err)
		}
	}
	r, err := audit.Verify(t.Context(), s.DB, "")
	if err != nil {
		t.Fatal(err)
	}
	if r.BadSeq != 0 || r.Unsealed != 0 || r.Rows == 0 {
		t.Errorf("the audit does not hold: %+v", r)
	}
}

func TestLoadedTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := services(t, d)
		is := func(want bool) {
			t.Helper()
			got, err := Loaded(t.Context(), s)
			if err != nil || got != want {
				t.Errorf("loaded: %v, %v; want %v", got, err, want)
			}
		}
		is(false)
		err := Load(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		is(true)
		before := sums(t, d)
		err = Load(t.Context(), s)
		if err != nil {
			t.Errorf("the second time: %v", err)
		}
		if diff := cmp.Diff(before, sums(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

// strangers make one record each that is not the demo's, and are told by the
// word of the refusal.
var strangers = map[string]func(ctx context.Context, s Services) error{
	"organisation": func(ctx context.Context, s Services) error {
		_, err := s.Directory.CreateOrganisation(ctx, access.System("test"), directory.OrganisationForm{Name: "A real one"})
		return err
	},
	"removed organisation": func(ctx context.Context, s Services) error {
		o, err := s.Directory.CreateOrganisation(ctx, access.System("test"), directory.OrganisationForm{Name: "A real one"})
		if err != nil {
			return err
		}
		_, err = s.Directory.DeleteOrganisation(ctx, access.System("test"), o.ID)
		return err
	},
	"person": func(ctx context.Context, s Services) error {
		_, err := s.Directory.CreatePerson(ctx, access.System("test"), directory.PersonForm{Name: "Ada"}, directory.Role{})
		return err
	},
	"account": func(ctx context.Context, s Services) error {
		_, _, err := s.Access.Invite(ctx, access.System("test"), access.NewAccount{Name: "Ada", Email: "ada@example.net", Roles: []access.RoleGrant{{Role: access.Officer}}})
		return err
	},
}

var told = map[string]string{
	"organisation": "demo.foreign.directory", "removed organisation": "demo.foreign.directory", "person": "demo.foreign.directory",
	"account": "demo.foreign.accounts", "partnership": "demo.foreign.partnerships",
}

func TestRefusesRecordsOfOthers(t *testing.T) {
	t.Parallel()
	for what, add := range strangers {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := services(t, dbtest.SQLite(t))
			err := add(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			refused(t, s, told[what])
			got, err := Loaded(t.Context(), s)
			if err != nil || got {
				t.Errorf("loaded: %v, %v", got, err)
			}
		})
	}
}

func TestRefusesRecordsOfOthersAfterwards(t *testing.T) {
	t.Parallel()
	later := maps.Clone(strangers)
	later["partnership"] = func(ctx context.Context, s Services) error {
		officers, err := s.Access.Accounts(ctx, access.System("test"), access.Filter{Role: access.Officer})
		if err != nil {
			return err
		}
		_, err = s.Partnership.Create(ctx, access.Actor{Account: officers[0].ID, Person: officers[0].Person, Roles: []access.Role{access.Officer}},
			partnership.NewPartnership{Partnership: partnership.Partnership{Title: "A real one"}})
		return err
	}
	for what, add := range later {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := loaded(t, dbtest.SQLite(t))
			s.DB.Clock.Advance(time.Second) // the demo's own records are of the instant of loading at the latest
			err := add(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			refused(t, s, told[what])
			got, err := Loaded(t.Context(), s)
			if err != nil || !got {
				t.Errorf("loaded: %v, %v", got, err)
			}
		})
	}
}

func TestRefusesAnotherVersion(t *testing.T) {
	t.Parallel()
	s := loaded(t, dbtest.SQLite(t))
	err := s.DB.Write(t.Context(), func(tx *db.Tx) error {
		return access.SetSetting(tx, access.System("test"), settingVersion, "0")
	})
	if err != nil {
		t.Fatal(err)
	}
	refused(t, s, "")
}

// refused asserts that the demo is not loaded, with a word, and that nothing
// was changed. what is the key of the word for the records that are in the way.
func refused(t *testing.T, s Services, what string) {
	t.Helper()
	before := sums(t, s.DB)
	err := Load(t.Context(), s)
	if !errs.Is(err, errs.Conflict) || errs.As(err).Msg.Zero() {
		t.Fatalf("got %v, want a conflict with a word", err)
	}
	if word, ok := errs.As(err).Msg.Args["what"].(i18n.Msg); what != "" && (!ok || word.Key != what) {
		t.Errorf("it says %q, want %s", errs.As(err).Msg.English(), what)
	}
	if diff := cmp.Diff(before, sums(t, s.DB)); diff != "" {
		t.Error(diff)
	}
}

// The days of the Example are relative to the day of loading, whichever it is.
func TestAnyDayWillDo(t *testing.T) {
	t.Parallel()
	for _, day := range []clock.Day{"2027-01-01", "2028-02-29", "2031-12-31"} {
		for name, at := range map[string]clock.Ms{"first instant": 0, "last instant": 86_399_999} {
			t.Run(string(day)+" "+name, func(t *testing.T) {
				t.Parallel()
				d := dbtest.SQLite(t)
				d.Clock.Set(day.Ms() + at)
				s := loaded(t, d)
				exampleShows(t, s)
			})
		}
	}
}
