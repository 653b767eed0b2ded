package refdata

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/search"
	"ayni/internal/kernel/tabular"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// listsPage is the list of lists.
type listsPage struct {
	ui.Base
	Head  ui.Head
	Views []ui.NavItem
	Table ui.TableView
}

// views are the tabs of the administration, for whom may open them.
func (r *Room) views(c *web.Ctx) []ui.NavItem {
	if r.AdminViews == nil {
		return nil
	}
	items := r.AdminViews(c)
	if len(items) < 2 {
		return nil
	}
	return items
}

func (r *Room) lists(c *web.Ctx) error {
	l := c.L
	all := r.s.Lists()
	p := listsPage{Base: c.Base(l.T("refdata.lists", "Reference data")), Views: r.views(c)}
	p.Head = ui.Head{Lead: l.N("refdata.lists.count", len(all), "{n} list.", "{n} lists."), Sub: l.T("refdata.lists.lead", "Nothing here is edited in place: a correction is a new version, and the old one stays readable.")}
	p.Table = ui.TableView{Caption: p.Title, Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("refdata.list", "List")}, {Title: l.T("refdata.rows", "Rows"), Num: true}, {Title: l.T("refdata.version", "Version"), Num: true}, {Title: l.T("refdata.asof", "As of")},
		{Title: l.T("refdata.checked", "Checked")}, {Title: l.T("refdata.source", "Source")}, {Title: l.T("refdata.editable", "Own rows")}}}
	byName := slices.SortedFunc(slices.Values(all), func(a, b List) int {
		return strings.Compare(search.Fold(a.Name(l.Lang)), search.Fold(b.Name(l.Lang)))
	})
	for _, list := range byName {
		src := r.source(l, list.Source, "")
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []ui.Cell{
			{Text: list.Name(l.Lang), Href: listPath(list.Code), Small: list.Text(l.Lang)}, {Text: l.Num(int64(len(r.s.All(list.Code))))}, {Text: l.Num(list.Version)}, {Text: partDateText(l, list.AsOf)},
			{Text: verifiedText(l, list.Verified), Soft: !list.Verified}, {Text: src.Text, Href: src.Href, Lang: src.Lang}, {Text: yesNo(l, list.Editable)}}})
	}
	return c.Page(listsView(p))
}

// rowsShown is the number of rows of a list on a page.
const rowsShown = 100

// listPage is one list with its rows.
type listPage struct {
	ui.Base
	Head    ui.Head
	Facts   []ui.Fact
	Tools   ui.Tools
	Chips   []ui.Chip
	Table   ui.TableView
	Stretch ui.Stretch
	Exports []ui.Link
	Blank   *ui.Blank
}

// listOf is the list of the address.
func (r *Room) listOf(c *web.Ctx) (List, error) {
	list, ok := r.s.List(c.Path("list"))
	if !ok {
		return list, errs.Missing()
	}
	return list, nil
}

// crumbsOf lead to a list.
func crumbsOf(l *i18n.L, list List, more ...ui.Link) []ui.Link {
	crumbs := []ui.Link{{Text: l.T("refdata.lists", "Reference data"), Href: "/reference"}}
	if len(more) == 0 {
		return append(crumbs, ui.Link{Text: list.Name(l.Lang)})
	}
	return append(append(crumbs, ui.Link{Text: list.Name(l.Lang), Href: listPath(list.Code)}), more...)
}

func (r *Room) list(c *web.Ctx) error {
	list, err := r.listOf(c)
	if err != nil {
		return err
	}
	l, text := c.L, clip(c.Query("q"))
	var rows []Item
	for _, i := range r.s.All(list.Code) {
		if matches(i, text) {
			rows = append(rows, i)
		}
	}
	from, err := strconv.Atoi(c.Query("after"))
	if err != nil || from < 0 || from >= len(rows) {
		from = 0
	}
	to := min(from+rowsShown, len(rows))
	a := ui.Address{Path: listPath(list.Code), Query: map[string][]string{}}
	if text != "" {
		a.Query.Set("q", text)
	}
	p := listPage{Base: c.Base(list.Name(l.Lang), crumbsOf(l, list)...), Exports: []ui.Link{{Text: "CSV", Href: a.Path + "/rows.csv"}, {Text: "JSON", Href: a.Path + "/rows.json"}}}
	p.Head = ui.Head{Sub: list.Text(l.Lang)}
	if list.Editable && c.Actor.May(access.Administer) {
		p.Head.Buttons = []ui.Button{{Text: l.T("refdata.row.new", "Add a row"), Href: a.Path + "/new"}}
	}
	p.Facts = []ui.Fact{{Term: l.T("refdata.code", "Code"), Text: list.Code}, {Term: l.T("refdata.rows", "Rows"), Text: l.Num(int64(len(r.s.All(list.Code))))}, {Term: l.T("refdata.version", "Version"), Text: l.Num(list.Version)},
		{Term: l.T("refdata.asof", "As of"), Text: partDateText(l, list.AsOf)}, {Term: l.T("refdata.checked", "Checked"), Text: verifiedText(l, list.Verified)}, {Term: l.T("refdata.source", "Source"), Body: sourceText(l, r.source(l, list.Source, ""))}}
	p.Tools = ui.Tools{Action: a.Path, Fields: []ui.Field{{Kind: ui.Search, Name: "q", Label: l.T("refdata.countries.text", "Name or code"), Value: text, Width: "n8"}}}
	if text != "" {
		p.Tools.Count, p.Tools.Clear = 1, a.Path
		p.Chips = []ui.Chip{{Text: l.T("refdata.chip.text", "“{text}”", i18n.A{"text": text}), Href: a.Path}}
	}
	if len(rows) == 0 {
		p.Blank = &ui.Blank{ID: "none", Title: l.T("refdata.nothing", "Nothing found"), Text: l.T("refdata.rows.nothing", "No row of this list has such a name or code."), Buttons: []ui.Button{{Text: l.T("refdata.clear", "Clear the filter"), Href: a.Path, Alt: true}}}
		return c.Page(rowsView(p))
	}
	p.Table = r.rowTable(l, list, rows[from:to])
	p.Stretch = ui.Stretch{From: from + 1, To: to, Total: l.Num(int64(len(rows)))}
	if from > 0 {
		p.Stretch.Prev = a.At("after", strconv.Itoa(max(0, from-rowsShown)))
	}
	if to < len(rows) {
		p.Stretch.Next = a.At("after", strconv.Itoa(to))
	}
	return c.Page(rowsView(p))
}

func (r *Room) rowTable(l *i18n.L, list List, rows []Item) ui.TableView {
	t := ui.TableView{Caption: l.T("refdata.rows.of", "Rows of {name}", i18n.A{"name": list.Name(l.Lang)}), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("refdata.code", "Code")}, {Title: l.T("refdata.name", "Name")}, {Title: l.T("refdata.when", "When")}, {Title: l.T("refdata.asof", "As of")}, {Title: l.T("refdata.checked", "Checked")}, {Title: l.T("refdata.version", "Version"), Num: true}}}
	for _, i := range rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Text: i.Code, Href: rowPath(list.Code, i.Code)}, {Text: i.Name(l.Lang), Small: i.Text(l.Lang)}, {Text: periodText(l, i.ValidFrom, i.ValidTo)}, {Text: partDateText(l, i.AsOf)},
			{Text: verifiedText(l, i.Verified), Soft: !i.Verified}, {Text: l.Num(i.Version)}}})
	}
	return t
}

func (r *Room) rowsCSV(c *web.Ctx) error {
	list, err := r.listOf(c)
	if err != nil {
		return err
	}
	return r.listCSV(c, list.Code)
}

func (r *Room) rowsJSON(c *web.Ctx) error {
	list, err := r.listOf(c)
	if err != nil {
		return err
	}
	return r.listJSON(c, list.Code)
}

// attributes are the further columns of a list, by name.
func (s *Service) attributes(list string) []string {
	seen := map[string]bool{}
	for _, i := range s.All(list) {
		for name := range i.Attrs {
			seen[name] = true
		}
	}
	for name := range references[list] {
		seen[name] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func (r *Room) listCSV(c *web.Ctx, list string) error {
	more := r.s.attributes(list)
	var b bytes.Buffer
	w := tabular.NewWriter(&b, append(append(slices.Clone(common), "version"), more...)...)
	for _, i := range r.s.All(list) {
		row := []string{i.Code, i.NameEN, i.NameFR, i.NameES, i.TextEN, i.TextFR, i.TextES, i.Parent, i.ValidFrom, i.ValidTo, i.Source, i.Place, i.AsOf, strconv.FormatBool(i.Verified), strconv.FormatInt(i.Version, 10)}
		for _, name := range more {
			row = append(row, i.Attr(name))
		}
		w.Row(row...)
	}
	return attachCSV(c, list+".csv", w, &b)
}

func (r *Room) listJSON(c *web.Ctx, list string) error {
	out := []exportedItem{}
	for _, i := range r.s.All(list) {
		out = append(out, exportItem(i))
	}
	return attachJSON(c, list+".json", out)
}

// rowViewPage is one row with its versions.
type rowViewPage struct {
	ui.Base
	Head     ui.Head
	Facts    []ui.Fact
	Names    []ui.Fact
	Texts    []ui.Fact
	Further  []ui.Fact
	Versions ui.TableView
}

func (r *Room) row(c *web.Ctx) error {
	list, err := r.listOf(c)
	if err != nil {
		return err
	}
	i, ok := r.s.Get(list.Code, c.Path("code"))
	if !ok {
		return errs.Missing()
	}
	versions, err := r.s.Versions(c.Context(), list.Code, i.Code)
	if err != nil {
		return err
	}
	l := c.L
	p := rowViewPage{Base: c.Base(i.Name(l.Lang), crumbsOf(l, list, ui.Link{Text: i.Code})...)}
	p.Head = ui.Head{Lead: i.Code, Sub: list.Name(l.Lang)}
	if list.Editable && c.Actor.May(access.Administer) {
		p.Head.Buttons = []ui.Button{{Text: l.T("refdata.row.edit", "New version"), Href: rowPath(list.Code, i.Code) + "/edit", Alt: true}}
	}
	orSoft := func(f ui.Fact) ui.Fact {
		if f.Text == "" && f.Body == nil {
			f.Body = ui.Missing(l)
		}
		return f
	}
	p.Facts = []ui.Fact{{Term: l.T("refdata.version", "Version"), Text: l.Num(i.Version)}, {Term: l.T("refdata.asof", "As of"), Text: partDateText(l, i.AsOf)}, {Term: l.T("refdata.checked", "Checked"), Text: verifiedText(l, i.Verified)},
		orSoft(ui.Fact{Term: l.T("refdata.when", "When"), Text: periodText(l, i.ValidFrom, i.ValidTo)}), {Term: l.T("refdata.source", "Source"), Body: sourceText(l, r.source(l, i.Source, i.Place))}}
	for _, n := range []struct{ lang, term, name, text string }{
		{"en", l.T("lang.en", "English"), i.NameEN, i.TextEN}, {"fr", l.T("lang.fr", "French"), i.NameFR, i.TextFR}, {"es", l.T("lang.es", "Spanish"), i.NameES, i.TextES},
	} {
		p.Names = append(p.Names, ui.Fact{Term: n.term, Text: n.name, Lang: otherLang(l, n.lang)})
		if n.text != "" {
			p.Texts = append(p.Texts, ui.Fact{Term: n.term, Text: n.text, Lang: otherLang(l, n.lang)})
		}
	}
	if i.Parent != "" {
		p.Further = append(p.Further, ui.Fact{Term: l.T("refdata.parent", "Part of"), Text: r.s.Name(list.Code, i.Parent, l.Lang), Href: rowPath(list.Code, i.Parent)})
	}
	for _, name := range r.s.attributes(list.Code) {
		f := orSoft(ui.Fact{Term: columnName(l, name), Text: i.Attr(name)})
		if to := references[list.Code][name]; r.s.Has(to, i.Attr(name)) {
			f.Text, f.Href = i.Attr(name)+" "+r.s.Name(to, i.Attr(name), l.Lang), rowPath(to, i.Attr(name))
		}
		p.Further = append(p.Further, f)
	}
	p.Versions = ui.TableView{Caption: l.T("refdata.versions", "Versions"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("refdata.version", "Version")}, {Title: l.T("refdata.name", "Name")}, {Title: l.T("refdata.changes", "Changed")}, {Title: l.T("refdata.when", "When")}, {Title: l.T("refdata.asof", "As of")}, {Title: l.T("refdata.checked", "Checked")}, {Title: l.T("refdata.source", "Source")}, {Title: l.T("refdata.added", "Added")}}}
	for n, v := range versions {
		changed := ""
		if n+1 < len(versions) {
			fields, err := audit.Differing(versions[n+1], v)
			if err != nil {
				return err
			}
			changed = strings.Join(slices.DeleteFunc(fields, func(f string) bool { return f == "version" }), ", ")
		}
		p.Versions.Rows = append(p.Versions.Rows, ui.Row{Cells: []ui.Cell{
			{Text: l.Num(v.Version)}, {Text: v.Name(l.Lang)}, {Text: changed}, {Text: periodText(l, v.ValidFrom, v.ValidTo)}, {Text: partDateText(l, v.AsOf)}, {Text: verifiedText(l, v.Verified), Soft: !v.Verified}, r.sourceCell(l, v), {Text: l.DateTime(v.CreatedAt)}}})
	}
	return c.Page(rowView(p))
}

// rowFormPage is the form of a new row or a new version.
type rowFormPage struct {
	ui.Base
	Head    ui.Head
	Form    ui.Form
	Action  string
	Back    string
	New     bool
	Version int64
	Clash   bool
	Code    string
	Further []ui.Field // the list's own columns
	Submit  string
}

func (r *Room) rowForm(c *web.Ctx, status int, list List, was Item, form ui.Form, clash bool) error {
	l := c.L
	p := rowFormPage{Form: form, New: was.Version == 0, Version: was.Version, Clash: clash, Code: was.Code, Back: listPath(list.Code), Action: listPath(list.Code) + "/new", Submit: l.T("refdata.row.add", "Add the row")}
	title := l.T("refdata.row.new", "Add a row")
	crumbs := crumbsOf(l, list, ui.Link{Text: title})
	if !p.New {
		p.Back = rowPath(list.Code, was.Code)
		p.Action, p.Submit = p.Back+"/edit", l.T("refdata.row.version", "Add this version")
		title = l.T("refdata.row.edit.title", "New version of {name}", i18n.A{"name": was.Name(l.Lang)})
		crumbs = crumbsOf(l, list, ui.Link{Text: was.Code, Href: p.Back}, ui.Link{Text: l.T("refdata.row.edit", "New version")})
	}
	p.Head = ui.Head{Sub: l.T("refdata.row.lead", "The present version stays readable. Say where the new facts come from and when they were true.")}
	for _, name := range r.s.attributes(list.Code) {
		f := ui.Field{Name: "attr-" + name, Label: columnName(l, name), Width: "wide", Optional: true}
		if to := references[list.Code][name]; to != "" && !severalCodes(r.s.All(list.Code), name) {
			f.Kind, f.Width, f.Optional = ui.Select, "", false
			f.Options = append([]ui.Option{{Text: l.T("refdata.none", "None")}}, r.s.Options(to, l.Lang)...)
		}
		p.Further = append(p.Further, f)
	}
	p.Base = c.Base(title, crumbs...).With(form)
	return c.PageStatus(status, rowFormView(p))
}

// severalCodes says whether some row has more than one code in a column.
func severalCodes(items []Item, column string) bool {
	return slices.ContainsFunc(items, func(i Item) bool { return len(split(i.Attr(column))) > 1 })
}

// valuesOf are the values of a row in its form.
func valuesOf(i Item) ui.Form {
	f := ui.Form{Values: map[string][]string{
		"code": {i.Code}, "name_en": {i.NameEN}, "name_fr": {i.NameFR}, "name_es": {i.NameES}, "text_en": {i.TextEN}, "text_fr": {i.TextFR}, "text_es": {i.TextES},
		"parent": {i.Parent}, "valid_from": {i.ValidFrom}, "valid_to": {i.ValidTo}, "source": {i.Source}, "place": {i.Place}, "as_of": {i.AsOf},
	}}
	if i.Verified {
		f.Values["verified"] = []string{"1"}
	}
	for name, v := range i.Attrs {
		f.Values["attr-"+name] = []string{v}
	}
	return f
}

// readRow reads the form of a row.
func (r *Room) readRow(c *web.Ctx, list List) (Item, *web.Values, error) {
	v, err := c.Form()
	if err != nil {
		return Item{}, nil, err
	}
	i := Item{List: list.Code, Code: v.Get("code"), NameEN: v.Get("name_en"), NameFR: v.Get("name_fr"), NameES: v.Get("name_es"), TextEN: v.Get("text_en"), TextFR: v.Get("text_fr"), TextES: v.Get("text_es"),
		Parent: v.Get("parent"), ValidFrom: v.Get("valid_from"), ValidTo: v.Get("valid_to"), Source: v.Get("source"), Place: v.Get("place"), AsOf: v.Get("as_of"), Verified: v.On("verified"), Attrs: Attrs{}}
	for _, name := range r.s.attributes(list.Code) {
		if value := v.Get("attr-" + name); value != "" {
			i.Attrs[name] = value
		}
	}
	i.Version, err = strconv.ParseInt(v.Get("version"), 10, 64)
	if err != nil && v.Get("version") != "" {
		return i, v, &errs.Error{Kind: errs.BadRequest, Cause: err}
	}
	return i, v, nil
}

func (r *Room) newRow(c *web.Ctx) error {
	list, err := r.editable(c)
	if err != nil {
		return err
	}
	return r.rowForm(c, http.StatusOK, list, Item{}, ui.Form{}, false)
}

// editable is the list of the address, where it takes rows of one's own.
func (r *Room) editable(c *web.Ctx) (List, error) {
	list, err := r.listOf(c)
	if err == nil && !list.Editable {
		return list, errs.New(errs.Conflict, fixedList)
	}
	return list, err
}

func (r *Room) doNewRow(c *web.Ctx) error {
	list, err := r.editable(c)
	if err != nil {
		return err
	}
	i, v, err := r.readRow(c, list)
	if err != nil {
		return err
	}
	i.Version = 0
	err = r.s.Add(c.Context(), c.Actor, i)
	if web.Mendable(err) {
		return r.rowForm(c, http.StatusUnprocessableEntity, list, Item{}, web.FormState(v, err, c.L), false)
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("refdata.row.added", "{code} was added.", i18n.A{"code": i.Code}), "")
	return c.See(rowPath(list.Code, i.Code))
}

func (r *Room) editRow(c *web.Ctx) error {
	list, err := r.editable(c)
	if err != nil {
		return err
	}
	i, ok := r.s.Get(list.Code, c.Path("code"))
	if !ok {
		return errs.Missing()
	}
	return r.rowForm(c, http.StatusOK, list, i, valuesOf(i), false)
}

func (r *Room) doEditRow(c *web.Ctx) error {
	list, err := r.editable(c)
	if err != nil {
		return err
	}
	was, ok := r.s.Get(list.Code, c.Path("code"))
	if !ok {
		return errs.Missing()
	}
	i, v, err := r.readRow(c, list)
	if err != nil {
		return err
	}
	i.Code = was.Code
	if i.Version < 1 {
		return &errs.Error{Kind: errs.BadRequest}
	}
	err = r.s.Add(c.Context(), c.Actor, i)
	var clash *audit.Clash[Item]
	if errors.As(err, &clash) {
		form, now := valuesOf(clash.Merged), valuesOf(clash.Now)
		for _, field := range clash.Fields {
			form.Errors = append(form.Errors, clashError(c.L, field, now.Value(field)))
		}
		return r.rowForm(c, http.StatusConflict, list, clash.Now, form, true)
	}
	if web.Mendable(err) {
		was.Version = i.Version
		return r.rowForm(c, http.StatusUnprocessableEntity, list, was, web.FormState(v, err, c.L), false)
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("refdata.row.versioned", "A new version of {code} was added.", i18n.A{"code": i.Code}), "")
	return c.See(rowPath(list.Code, i.Code))
}

// clashError says what a field was changed to in the meantime. The columns of
// a list that are its own are one field of the record and several of the form.
func clashError(l *i18n.L, field, value string) ui.FieldError {
	if field == "attrs" {
		return ui.FieldError{Text: l.T("refdata.clash.attrs", "Somebody changed the list’s own columns in the meantime. Compare them with the present version.")}
	}
	if value == "" {
		return ui.FieldError{Field: field, Text: l.T("refdata.clash.empty", "Somebody emptied this field in the meantime")}
	}
	return ui.FieldError{Field: field, Text: l.T("refdata.clash", "Somebody changed this in the meantime to: {value}", i18n.A{"value": value})}
}
