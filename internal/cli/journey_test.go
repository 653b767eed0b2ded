package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/commons/partnership"
)

// Scripts rely on these keys: one more or one less breaks them.
func TestJourneyAsJSON(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	list := decode[map[string][]map[string]any](t, ok(t, "journey", "--list", "--json", "--data", dir))
	if d := cmp.Diff([]string{"partnerships"}, slices.Sorted(maps.Keys(list))); d != "" {
		t.Error(d)
	}
	if len(list["partnerships"]) < 7 {
		t.Fatalf("only %d partnerships in the demo", len(list["partnerships"]))
	}
	for _, p := range list["partnerships"] {
		keys(t, p, "id", "title", "status")
		j := decode[map[string]any](t, ok(t, "journey", p["id"].(string), "--json", "--data", dir))
		keys(t, j, "id", "title", "findings")
		findings := j["findings"].([]any)
		if len(findings) != 35 {
			t.Errorf("%s: %d findings", p["title"], len(findings))
		}
		for i, f := range findings {
			finding(t, f.(map[string]any), partnership.Elements[i])
		}
	}
}

func finding(t *testing.T, f map[string]any, e partnership.Element) {
	t.Helper()
	keys(t, f, "key", "step", "state", "since", "missing", "evidence")
	s, _ := partnership.StepOf(e.Step)
	if f["key"] != e.Key || f["step"] != float64(s.Number) {
		t.Errorf("finding %v of step %v where %s of step %d belongs", f["key"], f["step"], e.Key, s.Number)
	}
	if !slices.Contains(partnership.States, partnership.State(f["state"].(string))) {
		t.Errorf("%s: state %v", e.Key, f["state"])
	}
	stamp(t, f["since"])
	for _, m := range f["missing"].([]any) {
		m := m.(map[string]any)
		keys(t, m, "text", "who", "since", "link")
		stamp(t, m["since"])
		who := m["who"].([]any)
		if len(who) == 0 {
			t.Errorf("%s: nobody is waited for", e.Key)
		}
		for _, w := range who {
			w := w.(map[string]any)
			keys(t, w, "kind", "id", "name")
			if !slices.Contains([]any{"party", "right", "person"}, w["kind"]) || w["name"] == "" {
				t.Errorf("%s: who is %v", e.Key, w)
			}
		}
	}
	for _, ev := range f["evidence"].([]any) {
		keys(t, ev.(map[string]any), "kind", "ref", "title", "date")
	}
}

func keys(t *testing.T, m map[string]any, want ...string) {
	t.Helper()
	slices.Sort(want)
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(m))); d != "" {
		text, _ := json.Marshal(m)
		t.Errorf("keys of %.200s:\n%s", text, d)
	}
}

func stamp(t *testing.T, v any) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, v.(string))
	if err != nil || at.Location() != time.UTC {
		t.Errorf("%v is no instant in UTC", v)
	}
}

func TestJourneyOfNobody(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	ok(t, "migrate", "--data", dir)
	if got := ok(t, "journey", "--list", "--json", "--data", dir); decode[map[string]any](t, got)["partnerships"] == nil {
		t.Errorf("an empty list is %s", got)
	}
	refused(t, exitInput, "There is no partnership with the id nothing.", "journey", "nothing", "--data", dir)
}
