package partnership

import (
	"cmp"
	"context"
	"slices"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
)

// JourneyReport is a journey as `ayni journey ID --json` prints it; scripts
// rely on its keys.
type JourneyReport struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Findings []FindingReport `json:"findings"`
}

// FindingReport is one element. Step is the number 1 to 11; times are RFC 3339
// in UTC.
type FindingReport struct {
	Key      string           `json:"key"`
	Step     int              `json:"step"`
	State    State            `json:"state"`
	Since    string           `json:"since"`
	Missing  []MissingReport  `json:"missing"`
	Evidence []EvidenceReport `json:"evidence"`
}

// MissingReport is one thing that is missing, and who is waited for.
type MissingReport struct {
	Text  string      `json:"text"`
	Who   []WhoReport `json:"who"`
	Since string      `json:"since"`
	Link  string      `json:"link"`
}

// WhoReport is who is waited for; Kind is party, right or person.
type WhoReport struct {
	Kind WhoKind `json:"kind"`
	ID   string  `json:"id"`
	Name string  `json:"name"`
}

// EvidenceReport is a record that speaks for an element.
type EvidenceReport struct {
	Kind  string `json:"kind"`
	Ref   string `json:"ref"`
	Title string `json:"title"`
	Date  string `json:"date"`
}

// TitleReport is a partnership in `ayni journey --list --json`.
type TitleReport struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Status Status `json:"status"`
}

func stamp(m clock.Ms) string {
	if m == 0 {
		return ""
	}
	return m.Time().Format(time.RFC3339)
}

// Journey reports the thirty-five elements of a partnership from its stored
// rows, in a language.
func (s *Service) Journey(ctx context.Context, a access.Actor, partnership, lang string) (JourneyReport, error) {
	var out JourneyReport
	err := s.d.Read(ctx, func(t *db.Tx) error {
		p, err := need(t, a, partnership, access.View)
		if err != nil {
			return err
		}
		j, err := s.journey(t, a, p, lang)
		if err != nil {
			return err
		}
		out = JourneyReport{ID: p.ID, Title: p.TitleIn(lang), Findings: []FindingReport{}}
		l := i18n.For(lang)
		for _, st := range Steps {
			for _, e := range st.Elements {
				el := j.Elements[e.Key]
				f := FindingReport{Key: e.Key, Step: st.Number, State: el.State, Since: stamp(el.Since), Missing: []MissingReport{}, Evidence: []EvidenceReport{}}
				for _, m := range el.Missing {
					r := MissingReport{Text: l.Say(m.Text), Since: stamp(m.Since), Link: m.Link, Who: []WhoReport{}}
					for _, w := range m.Who {
						r.Who = append(r.Who, WhoReport{Kind: w.Kind, ID: w.ID, Name: j.Names.say(w)})
					}
					f.Missing = append(f.Missing, r)
				}
				for _, ev := range el.Evidence {
					f.Evidence = append(f.Evidence, EvidenceReport{Kind: ev.Kind, Ref: ev.Ref, Title: ev.Title, Date: string(ev.Date)})
				}
				out.Findings = append(out.Findings, f)
			}
		}
		return nil
	})
	return out, err
}

// Titles are all partnerships that the actor may view, by title.
func (s *Service) Titles(ctx context.Context, a access.Actor, lang string) ([]TitleReport, error) {
	out := []TitleReport{}
	err := s.d.Read(ctx, func(t *db.Tx) error {
		for after := ""; ; {
			rows, more, err := listed(t, a, ListFilter{Sort: "title", Limit: 500}, after, "")
			if err != nil {
				return err
			}
			for _, r := range rows {
				out = append(out, TitleReport{ID: r.ID, Title: r.TitleIn(lang), Status: r.Status})
				after = r.ID
			}
			if !more {
				return nil
			}
		}
	})
	return out, err
}

// ElementView is an element of a journey as its pages show it.
type ElementView struct {
	Element  Element
	State    State
	Since    clock.Ms
	Missing  []MissingView
	Evidence []EvidenceRef
	Own      bool // its step keeps records of its own
}

// MissingView is one thing missing with since when each is waited for.
type MissingView struct {
	Missing
	Since clock.Ms // since the first of them is waited for
}

// JourneyView is a journey as its pages show it.
type JourneyView struct {
	Elements map[string]ElementView
	Names    whoNames
	Waits    []waitRow
	Summary  Summary
}

// journey reads the stored journey of a partnership. Evidence, what is missing
// and who is waited for are cut down to what is meant for the actor.
func (s *Service) journey(t *db.Tx, a access.Actor, p Partnership, lang string) (JourneyView, error) {
	j := JourneyView{Elements: map[string]ElementView{}}
	states, err := statesOf(t, p.ID)
	if err != nil {
		return j, err
	}
	waits, err := waitingOf(t, p.ID)
	if err != nil {
		return j, err
	}
	var checked bool
	j.Summary, checked, err = summaryOf(t, p.ID)
	if err != nil {
		return j, err
	}
	// Until the first check, which only a crash can put off, all is open.
	begin := map[string]State{}
	for _, e := range Elements {
		begin[e.Key] = Open
		j.Elements[e.Key] = ElementView{Element: e, State: Open, Since: p.CreatedAt, Own: s.Own(e.Key)}
	}
	if !checked {
		j.Summary = Summary{Partnership: p.ID, Strip: Strip(begin), Open: len(Elements), WaitSince: nobody}
	}
	var who []Who
	for _, st := range states {
		e, known := ElementOf(st.Element)
		if !known {
			continue // a database of a later version, opened for reading
		}
		v := ElementView{Element: e, State: st.State, Since: st.Since, Own: s.Own(e.Key)}
		for _, ev := range st.Finding.V.Evidence {
			if mayRead(a, ev.Audience) {
				v.Evidence = append(v.Evidence, ev)
			}
		}
		for _, m := range st.Finding.V.Missing {
			if m.Audience != "" && !mayRead(a, m.Audience) {
				continue
			}
			mv := MissingView{Missing: m, Since: st.Since}
			waited := false
			for _, w := range waits { // the longest first
				if w.Element != e.Key || w.What != m.What || !slices.Contains(m.Who, Who{w.Kind, w.ID}) {
					continue
				}
				if !waited {
					mv.Since, waited = w.Since, true
				}
				j.Waits = append(j.Waits, w)
			}
			who = append(who, m.Who...)
			v.Missing = append(v.Missing, mv)
		}
		j.Elements[e.Key] = v
	}
	slices.SortStableFunc(j.Waits, func(a, b waitRow) int { return cmp.Compare(a.Since, b.Since) })
	j.Names, err = s.names(t, i18n.For(lang), p, who)
	return j, err
}

// mayRead is access.Audience for a row that lies in a stored finding.
func mayRead(a access.Actor, audience string) bool {
	return a.Staff() || audience == access.AudienceParties || audience == access.AudiencePublic || audience == access.PartyAudience(a.Organisation)
}
