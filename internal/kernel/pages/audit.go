package pages

import (
	"context"
	"maps"
	"net/url"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// auditPage is the list of what was done.
type auditPage struct {
	frame
	Tools ui.Tools
	Chips []ui.Chip
	Note  string // why the filter is not as it was asked for
	Table ui.TableView
	Page  ui.Stretch
}

// changeLine is one changed field. An empty Old says that there was nothing before.
type changeLine struct{ Field, Old, New string }

func (p *Pages) audit(c *web.Ctx) error {
	l, q := c.L, c.R.URL.Query()
	v := auditPage{frame: p.frame(c, l.T("pages.audit.title", "Audit"))}
	f := audit.Filter{
		Kind: q.Get("kind"), Record: q.Get("record"), Context: q.Get("context"),
		Since: clock.Day(q.Get("since")).Ms(), After: placeOf(q.Get("after")), Limit: rowsShown + 1,
	}
	who := q.Get("actor")
	none := false
	var rows []audit.Listed
	var names map[string]string
	err := p.inRead(c, func(t *db.Tx) error {
		var err error
		f.Actor, v.Note, err = findActor(t, l, who)
		if err != nil {
			return err
		}
		none = v.Note != ""
		if none {
			return nil
		}
		rows, err = audit.List(t, f)
		if err != nil {
			return err
		}
		names, err = p.actorNames(t, l, rows)
		return err
	})
	if err != nil {
		return err
	}
	v.Page, rows = stretch(c, rows, func(r audit.Listed) string { return placeText(r.Place()) })
	rows, err = p.blanked(c, rows)
	if err != nil {
		return err
	}
	v.Tools, v.Chips = p.auditTools(l, q)
	v.Table = ui.TableView{Caption: l.T("pages.audit.caption", "What was done, latest first"), Quiet: true, HeadCol: -1, Cols: []ui.Col{
		{Title: l.T("pages.audit.when", "When (UTC)")}, {Title: l.T("pages.audit.who", "Who")}, {Title: l.T("pages.audit.what", "What")},
		{Title: l.T("pages.audit.record", "Record")}, {Title: l.T("pages.audit.changes", "Changes")},
	}}
	for _, r := range rows {
		v.Table.Rows = append(v.Table.Rows, ui.Row{Cells: p.auditCells(c, r, names)})
	}
	return c.Page(auditView(v))
}

func (p *Pages) auditCells(c *web.Ctx, r audit.Listed, names map[string]string) []ui.Cell {
	l := c.L
	seq := ""
	if r.Seq != 0 {
		seq = l.T("pages.audit.seq", "no. {n}", i18n.A{"n": r.Seq})
	}
	record := ui.Cell{Text: r.Title, Small: p.kindName(l, r.Kind)}
	if record.Text == "" {
		record.Text = names[r.Record]
	}
	if record.Text == "" {
		record.Text, record.Class = r.Record, "code"
	}
	if record.Text == "" {
		record.Text, record.Soft = l.T("pages.audit.norecord", "no record"), true
	}
	switch {
	case r.Kind == "account" && id.Valid(r.Record):
		if c.Actor.May(access.Administer) {
			record.Href = accountPath(r.Record)
		}
	case r.Kind == "job" && id.Valid(r.Record):
		record.Href = jobPath(r.Record)
	case r.Kind == mail.AuditKind && id.Valid(r.Record):
		if c.Actor.May(access.Administer) {
			record.Href = messagePath(r.Record)
		}
	case p.o.RecordLink != nil && r.Record != "":
		record.Href = p.o.RecordLink(r.Kind, r.Record)
	}
	return []ui.Cell{
		{Text: l.DateTime(r.At), Small: seq, Class: "nw"},
		{Text: names[r.Actor]},
		{Text: actionName(l, r.Action)},
		record,
		{Body: changesView(l, p.changeLines(l, r.Kind, r.Changes))},
	}
}

// blanked takes titles, values and the way to the record out of the rows that
// lie in contexts whose contents the reader may not see.
func (p *Pages) blanked(c *web.Ctx, rows []audit.Listed) ([]audit.Listed, error) {
	if p.o.Blank == nil {
		return rows, nil
	}
	var contexts []string
	seen := map[string]bool{}
	for _, r := range rows {
		if r.Context != "" && !seen[r.Context] {
			seen[r.Context] = true
			contexts = append(contexts, r.Context)
		}
	}
	if len(contexts) == 0 {
		return rows, nil
	}
	blank, err := p.o.Blank(c.Context(), c.Actor, contexts)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		if r.Context == "" || !blank[r.Context] {
			continue
		}
		rows[i].Title = c.L.T("pages.audit.confidential", "confidential")
		rows[i].Record, rows[i].Changes = "", nil
	}
	return rows, nil
}

func (p *Pages) auditTools(l *i18n.L, q url.Values) (ui.Tools, []ui.Chip) {
	kinds := []ui.Option{{Value: "", Text: l.T("pages.filter.any", "any")}}
	for _, kind := range append([]string{"account", "job", mail.AuditKind, "setting"}, p.o.AuditKinds...) {
		kinds = append(kinds, ui.Option{Value: kind, Text: p.kindName(l, kind)})
	}
	tools := ui.Tools{Action: "/admin/audit", Hidden: map[string]string{}, Fields: []ui.Field{
		{Kind: ui.Select, Name: "kind", Label: l.T("pages.audit.kind", "Kind of record"), Value: q.Get("kind"), Options: kinds},
		{Kind: ui.Search, Name: "actor", Label: l.T("pages.audit.who", "Who"), Value: q.Get("actor")},
		{Kind: ui.Date, Name: "since", Label: l.T("pages.audit.since", "Since"), Value: q.Get("since")},
	}}
	q.Del("from")
	q.Del("lang")
	here := ui.Address{Path: "/admin/audit", Query: q}
	var chips []ui.Chip
	// What a link asked for and no field shows.
	for name, text := range map[string]string{
		"record":  l.T("pages.audit.onerecord", "one record"),
		"context": l.T("pages.audit.onecontext", "one partnership or other whole"),
	} {
		if q.Get(name) != "" {
			tools.Hidden[name] = q.Get(name)
			chips = append(chips, ui.Chip{Text: text, Href: here.Without(name, "")})
		}
	}
	tools.Count = count(q.Get("kind") != "", q.Get("actor") != "", q.Get("since") != "", len(chips) > 0)
	if tools.Count > 0 {
		tools.Clear = "/admin/audit"
	}
	return tools, chips
}

// findActor reads the filter "who": an account's id or name, or an actor that
// is no account, such as "cli:root". The note says why nobody was found.
func findActor(t *db.Tx, l *i18n.L, who string) (actor, note string, err error) {
	who = strings.TrimSpace(who)
	if who == "" || id.Valid(who) || strings.Contains(who, ":") {
		return who, "", nil
	}
	found, err := access.Find(t, access.Filter{Text: who, Limit: 2})
	if err != nil {
		return "", "", err
	}
	switch len(found) {
	case 0:
		return "", l.T("pages.audit.nobody", "No account has a name or an e-mail address like “{who}”.", i18n.A{"who": who}), nil
	case 1:
		return found[0].ID, "", nil
	}
	return "", l.T("pages.audit.several", "Several accounts have a name or an e-mail address like “{who}”. Write more of it.", i18n.A{"who": who}), nil
}

// changeLines are the changes of a row as they are read.
func (p *Pages) changeLines(l *i18n.L, kind string, changes []audit.Change) []changeLine {
	var out []changeLine
	for _, c := range changes {
		line := changeLine{Field: p.fieldName(l, kind, c.Field)}
		if c.Erased {
			line.New = l.T("pages.change.erased", "erased")
		} else {
			line.New = fieldValue(l, kind, c.Field, c.New)
			if old := string(c.Old); old != "null" && old != `""` {
				line.Old = fieldValue(l, kind, c.Field, c.Old)
			}
		}
		out = append(out, line)
	}
	return out
}

func changeText(l *i18n.L, c changeLine) string {
	if c.Old == "" {
		return l.T("pages.change.new", "{field}: {new}", i18n.A{"field": c.Field, "new": c.New})
	}
	return l.T("pages.change.both", "{field}: {old} → {new}", i18n.A{"field": c.Field, "old": c.Old, "new": c.New})
}

// changesText is the changes of a row in one line.
func changesText(l *i18n.L, changes []changeLine) string {
	parts := make([]string, len(changes))
	for i, c := range changes {
		parts[i] = changeText(l, c)
	}
	return strings.Join(parts, " · ")
}

// actorNames says who acted in rows, and the names of accounts that are their records.
func (p *Pages) actorNames(t *db.Tx, l *i18n.L, rows []audit.Listed) (map[string]string, error) {
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.Actor)
		if r.Kind == "account" {
			ids = append(ids, r.Record)
		}
	}
	names, err := access.Names(t, ids)
	if err != nil {
		return nil, err
	}
	byLink, err := p.personsActed(t, rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if person, ok := access.PersonActed(r.Actor); ok {
			names[r.Actor] = l.T("pages.actor.link", "{name} (by a link)", i18n.A{"name": byLink[person]})
			continue
		}
		names[r.Actor] = actorText(l, r.Actor, names)
	}
	return names, nil
}

// personsActed are the names of the persons who acted by a link; the id where
// nobody knows the name any more.
func (p *Pages) personsActed(t *db.Tx, rows []audit.Listed) (map[string]string, error) {
	names, ids := map[string]string{}, []string{}
	for _, r := range rows {
		person, ok := access.PersonActed(r.Actor)
		if ok {
			names[person] = person
			ids = append(ids, person)
		}
	}
	if len(ids) == 0 {
		return names, nil
	}
	known, err := p.o.PersonNames(t, ids)
	maps.Copy(names, known)
	return names, err
}

// namesOf gives the names of accounts outside a transaction.
func (p *Pages) namesOf(ctx context.Context, ids []string) (map[string]string, error) {
	var names map[string]string
	err := p.o.DB.Read(ctx, func(t *db.Tx) error {
		var err error
		names, err = access.Names(t, ids)
		return err
	})
	return names, err
}

// actorText says who acted: a name, a command's user, a job, or nobody known.
func actorText(l *i18n.L, actor string, names map[string]string) string {
	if name := names[actor]; name != "" {
		return name
	}
	if actor == "" {
		return l.T("pages.actor.nobody", "somebody not signed in")
	}
	if user, ok := strings.CutPrefix(actor, "cli:"); ok {
		return l.T("pages.actor.command", "command line ({user})", i18n.A{"user": user})
	}
	if job, ok := strings.CutPrefix(actor, "system:"); ok {
		return l.T("pages.actor.system", "the system ({job})", i18n.A{"job": job})
	}
	return actor
}

// placeText and placeOf carry the place where a page of the audit ended.
func placeText(p audit.Place) string {
	return strings.Join([]string{formatMs(p.At), p.ID}, ".")
}

func placeOf(s string) audit.Place {
	at, row, ok := strings.Cut(s, ".")
	if !ok || !id.Valid(row) {
		return audit.Place{}
	}
	return audit.Place{At: clock.Ms(positive(at, 0)), ID: row}
}
