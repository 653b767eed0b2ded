package demo

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
)

// Reference lists in which the guide's stories stand.
const (
	actorList   = "guide_actor"
	storyList   = "guide_story"
	partyList   = "guide_story_party"
	placeList   = "guide_story_place"
	tagList     = "guide_story_tag"
	passageList = "guide_passage"
)

// guideOrganisations makes a record of each body that the guide names. What it
// only describes ("not named") is no organisation, unless a body that it names
// is a part of it; nor is a summit or a call to action.
func (l *load) guideOrganisations(ctx context.Context) error {
	return l.DB.Write(ctx, func(t *db.Tx) error {
		for _, row := range l.Refdata.All(actorList) {
			if row.Attr("kind") == "other" || (l.onlyDescribed(row.Code) && len(l.parts(row.Code)) == 0) {
				continue
			}
			parent := l.organisations[row.Parent]
			if row.Parent != "" && parent == "" {
				return fmt.Errorf("%s of %s stands before the body %s that it is a part of", row.Code, actorList, row.Parent)
			}
			made, err := l.Directory.InsertOrganisation(t, l.By, directory.Organisation{
				Name: row.NameEN, NameFR: row.NameFR, NameES: row.NameES, Acronym: row.Attr("acronym"), Kind: row.Attr("kind"), Country: row.Attr("country"),
				Parent: parent, Source: row.Source, SourcePlace: row.Place, Aliases: acronyms(row),
			})
			if err != nil {
				return fmt.Errorf("organisation %s: %w", row.Code, err)
			}
			l.organisations[row.Code] = made
		}
		return nil
	})
}

// acronyms are those of other languages, by which a body is found too.
func acronyms(row refdata.Item) []string {
	var out []string
	for _, a := range []string{row.Attr("acronym_fr"), row.Attr("acronym_es")} {
		if a != "" && a != row.Attr("acronym") {
			out = append(out, a)
		}
	}
	return out
}

func (l *load) parts(actor string) []refdata.Item {
	return slices.DeleteFunc(slices.Clone(l.Refdata.All(actorList)), func(i refdata.Item) bool { return i.Parent != actor })
}

// onlyDescribed says whether an actor takes part in the stories without ever
// being named in one. A body that one story names is the same body in another.
func (l *load) onlyDescribed(actor string) bool {
	rows := l.Refdata.Where(partyList, "organisation", actor)
	return len(rows) > 0 && !slices.ContainsFunc(rows, func(r refdata.Item) bool { return r.Attr("named") == "true" })
}

// stories makes a partnership of each success story.
func (l *load) stories(ctx context.Context) error {
	return l.DB.Write(ctx, func(t *db.Tx) error {
		for _, row := range l.Refdata.All(storyList) {
			n, err := l.story(row)
			if err != nil {
				return fmt.Errorf("story %s: %w", row.Code, err)
			}
			_, err = l.Partnership.Insert(t, l.By, n)
			if err != nil {
				return fmt.Errorf("story %s: %w", row.Code, err)
			}
		}
		return nil
	})
}

// story is what the guide says of a story, as a partnership begins with it.
func (l *load) story(row refdata.Item) (partnership.NewPartnership, error) {
	n := partnership.NewPartnership{
		Partnership: partnership.Partnership{
			Title: row.NameEN, TitleFR: row.NameFR, TitleES: row.NameES, Summary: row.TextEN, SummaryFR: row.TextFR, SummaryES: row.TextES,
			StartOn: clock.Day(row.Attr("start")), EndOn: clock.Day(row.Attr("end")),
			Manager: l.actors[officer].Account, Source: row.Source, SourcePlace: row.Place,
		},
		Team: map[string][]access.Right{
			l.actors[specialist].Account: {access.Contribute},
			l.actors[legal].Account:      {access.Approve},
		},
	}
	n.Status, n.Why = statusOf(row)
	for _, p := range l.Refdata.Where(partyList, "story", row.Code) {
		party, err := l.party(p, clock.Day(row.Attr("signed")))
		if err != nil {
			return n, fmt.Errorf("party %s: %w", p.Code, err)
		}
		n.Parties = append(n.Parties, party)
	}
	for _, p := range l.Refdata.Where(placeList, "story", row.Code) {
		n.Places = append(n.Places, place(p))
	}
	for _, g := range l.Refdata.Where(tagList, "story", row.Code) {
		n.Tags = append(n.Tags, partnership.Tag{List: g.Attr("list"), Code: g.Attr("item"), Basis: g.Attr("basis_en"), BasisFR: g.Attr("basis_fr"), BasisES: g.Attr("basis_es"), SourcePlace: g.Place})
	}
	for _, e := range l.Refdata.Where(passageList, "story", row.Code) {
		n.Evidence = append(n.Evidence, passage(e, clock.Day(row.Attr("signed"))))
	}
	var err error
	n.Amounts, err = amounts(row)
	if err != nil {
		return n, err
	}
	n.Results, err = results(row)
	return n, err
}

// statusOf reads where a story stands from what the guide says, at the guide's
// own date: what happened later it does not say.
func statusOf(row refdata.Item) (partnership.Status, partnership.Why) {
	start, end, signed := row.Attr("start"), row.Attr("end"), row.Attr("signed")
	switch {
	case signed != "":
		return partnership.Formalised, said(i18n.M("demo.status.signed", "The guide (2023) says that an agreement was signed on {date}.", i18n.A{"date": clock.Day(signed)}))
	case end != "" && end < row.AsOf[:len(end)]:
		return partnership.Closed, said(i18n.M("demo.status.done", "The guide (2023) gives the years {start} to {end} and tells what was done.", i18n.A{"start": start, "end": end}))
	}
	return partnership.Active, said(i18n.M("demo.status.active", "The guide (2023) tells of it as under way and gives the years {start} to {end}.", i18n.A{"start": start, "end": end}))
}

// said is a message in each language.
func said(m i18n.Msg) partnership.Why {
	return partnership.Why{EN: i18n.For("en").Say(m), FR: i18n.For("fr").Say(m), ES: i18n.For("es").Say(m)}
}

// party is a party of a story. Of the roles only those are set that the guide
// states.
func (l *load) party(row refdata.Item, signed clock.Day) (partnership.NewParty, error) {
	n := partnership.NewParty{Party: partnership.Party{Inferred: row.Attr("inferred") == "true", SourcePlace: row.Place}}
	actor := row.Attr("organisation")
	if l.onlyDescribed(actor) {
		n.Label, n.LabelFR, n.LabelES, n.Country = row.NameEN, row.NameFR, row.NameES, row.Attr("country")
	} else {
		n.Organisation = l.organisations[actor]
		if n.Organisation == "" {
			return n, fmt.Errorf("no such organisation: %s", actor)
		}
	}
	if row.Attr("named") == "true" {
		n.JoinedOn = signed // those whom the guide names are those who signed
	}
	implied := strings.Fields(row.Attr("roles_inferred"))
	for _, role := range strings.Fields(row.Attr("roles")) {
		if !slices.Contains(implied, role) {
			n.Roles = append(n.Roles, partnership.PartyRole{Role: partnership.Role(role), Basis: row.Attr("role_basis_en"), BasisFR: row.Attr("role_basis_fr"), BasisES: row.Attr("role_basis_es"), SourcePlace: row.Attr("role_place")})
		}
	}
	if len(n.Roles) == 0 {
		n.Basis, n.BasisFR, n.BasisES = row.Attr("role_basis_en"), row.Attr("role_basis_fr"), row.Attr("role_basis_es") // why none is set
	}
	return n, nil
}

func place(row refdata.Item) partnership.Place {
	p := partnership.Place{Kind: partnership.PlaceKind(row.Attr("kind")), Inferred: row.Attr("inferred") == "true", SourcePlace: row.Place}
	switch p.Kind {
	case partnership.PlaceCountry:
		p.Code = row.Attr("country")
	case partnership.PlaceRegion:
		p.Code = row.Attr("region")
	default:
		p.Name, p.NameFR, p.NameES = row.NameEN, row.NameFR, row.NameES
	}
	return p
}

// passage links a passage of the guide to the element it speaks to. The
// passage about an agreement has the day of the signature.
func passage(row refdata.Item, signed clock.Day) partnership.Evidence {
	e := partnership.Evidence{Element: row.Attr("element"), Kind: partnership.EvidenceGuide, Ref: row.Code, Title: row.NameEN, Audience: access.AudienceParties}
	if e.Element == "agreement.agreement" {
		e.Dated = signed
	}
	return e
}

// amounts is the amount that a story states; none where it states none.
func amounts(row refdata.Item) ([]partnership.Amount, error) {
	if row.Attr("amount_minor") == "" {
		return nil, nil
	}
	minor, err := strconv.ParseInt(row.Attr("amount_minor"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("amount: %w", err)
	}
	note := func(lang string) string {
		return strings.TrimSpace(row.In("amount_note", lang) + " " + row.In("funding_note", lang))
	}
	return []partnership.Amount{{
		Kind: row.Attr("amount_kind"), Minor: sql.Null[int64]{V: minor, Valid: true}, Currency: row.Attr("amount_currency"), StatedAs: row.Attr("amount_stated_as"),
		Note: note("en"), NoteFR: note("fr"), NoteES: note("es"), SourcePlace: row.Place, Audience: access.AudienceParties,
	}}, nil
}

// results are the results that a story states.
func results(row refdata.Item) ([]partnership.Result, error) {
	kinds := entries(row.Attr("results_kind"))
	en, fr, es := entries(row.In("results", "en")), entries(row.In("results", "fr")), entries(row.In("results", "es"))
	if len(en) != len(kinds) || len(fr) != len(kinds) || len(es) != len(kinds) {
		return nil, fmt.Errorf("%d kinds for %d, %d and %d results", len(kinds), len(en), len(fr), len(es))
	}
	var out []partnership.Result
	for i, kind := range kinds {
		out = append(out, partnership.Result{Kind: kind, Text: en[i], TextFR: fr[i], TextES: es[i], SourcePlace: row.Place, Audience: access.AudienceParties})
	}
	return out, nil
}

// entries are the parts of a cell that holds several.
func entries(cell string) []string {
	if cell == "" {
		return nil
	}
	return strings.Split(cell, " | ")
}
