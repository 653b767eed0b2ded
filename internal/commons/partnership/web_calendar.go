package partnership

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
	"ayni/internal/standard/ical"
)

// FeedsPath is the page of one's calendar addresses.
const FeedsPath = "/calendar-addresses"

func (m *Room) calendarRoutes() []web.Route {
	f := &feedRoom{Room: m, pace: newPace(feedPace)}
	return []web.Route{
		{Method: "GET", Pattern: "/calendar/{token}", Perm: access.Public, Do: f.feed},
		{Method: "GET", Pattern: FeedsPath, Perm: access.SignedIn, Do: m.feeds},
		{Method: "POST", Pattern: FeedsPath, Perm: access.SignedIn, Do: m.makeFeed, Fresh: true},
		{Method: "POST", Pattern: FeedsPath + "/{id}/revoke", Perm: access.SignedIn, Do: m.revokeFeed},
	}
}

// feedRoom is the room with what is counted between two readings.
type feedRoom struct {
	*Room
	pace *pace
}

// feed is a calendar. The address alone opens it; what it tells is what the
// account behind it may see at this moment.
func (f *feedRoom) feed(c *web.Ctx) error {
	c.W.Header().Set("Referrer-Policy", "no-referrer")
	var feed Feed
	var items []feedItem
	hash := feedHash(strings.TrimSuffix(c.Path("token"), ".ics"))
	err := f.d.Read(c.Context(), func(t *db.Tx) error {
		var known bool
		var err error
		feed, known, err = feedByToken(t, hash)
		if err != nil {
			return err
		}
		err = f.pacing(c, feed, known)
		if err != nil {
			return err
		}
		if !known {
			return errs.Missing()
		}
		a, err := f.acc.ActorOf(t, feed.Account)
		if err != nil {
			return err
		}
		items, err = f.s.due(t, a, feed.Partnership)
		return err
	})
	if err != nil {
		return err
	}
	f.touch(c, feed)
	return f.answer(c, feed, items)
}

// pacing slows down who reads one calendar all the time, or tries addresses.
func (f *feedRoom) pacing(c *web.Ctx, feed Feed, known bool) error {
	key, most := "feed "+feed.ID, feedReads
	if !known {
		key, most = "wrong "+c.IP().String(), feedWrong
	}
	wait := f.pace.take(key, most, c.Now())
	if wait > 0 {
		return &errs.Error{Kind: errs.TooMany, Retry: wait}
	}
	return nil
}

// touch notes a reading. Where that fails the calendar is given all the same.
func (f *feedRoom) touch(c *web.Ctx, feed Feed) {
	before := c.Now().Add(-feedTouch)
	if feed.ReadAt >= before {
		return
	}
	err := f.d.Write(c.Context(), func(t *db.Tx) error { return touchFeed(t, feed.ID, before) })
	if err != nil {
		c.Warn("note that a calendar was read", err)
	}
}

// answer writes the calendar, or that it has not changed.
func (f *feedRoom) answer(c *web.Ctx, feed Feed, items []feedItem) error {
	cal := f.calendar(i18n.For(feed.Lang), c.BaseURL(), feed, items)
	var b bytes.Buffer
	err := ical.Write(&b, cal)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b.Bytes())
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	last := feed.CreatedAt.Time()
	for _, e := range cal.Events {
		if e.Changed.After(last) {
			last = e.Changed
		}
	}
	h := c.W.Header()
	h.Set("ETag", tag)
	h.Set("Last-Modified", last.UTC().Format(http.TimeFormat))
	h.Set("Cache-Control", "private, no-cache")
	if slices.Contains(strings.FieldsFunc(c.R.Header.Get("If-None-Match"), func(r rune) bool { return r == ',' || r == ' ' }), tag) {
		return c.Bytes(http.StatusNotModified, "text/calendar; charset=utf-8", nil)
	}
	return c.Attach("ayni.ics", "text/calendar; charset=utf-8", b.Bytes())
}

// calendar turns what is due into events, in the language of the feed.
func (m *Room) calendar(l *i18n.L, base string, feed Feed, items []feedItem) ical.Calendar {
	cal := ical.Calendar{Product: "-//Ayni//Ayni//EN", Name: l.T("calendar.name", "Ayni: what is due"), Lang: l.Lang, Refresh: feedEvery}
	for _, x := range items {
		cal.Events = append(cal.Events, m.event(l, base, x))
	}
	if feed.Partnership != "" && len(items) > 0 && !items[0].Confidential {
		cal.Name = l.T("calendar.name_of", "Ayni: {title}", i18n.A{"title": short(inLang(l.Lang, items[0].Title, items[0].TitleFR, items[0].TitleES))})
	}
	return cal
}

// event is one thing that is due. Of a confidential partnership it says that
// something is due, and where to look.
func (m *Room) event(l *i18n.L, base string, x feedItem) ical.Event {
	e := ical.Event{UID: x.uid(), Day: string(x.DueOn), Changed: max(x.UpdatedAt, x.Renamed, x.CreatedAt).Time(), Created: x.CreatedAt.Time(), Sequence: x.Sequence}
	kind := l.T("calendar.deadline", "Deadline")
	if x.Action {
		kind = l.T("calendar.action", "Action")
	}
	e.Categories = []string{kind}
	path := "/partnerships/" + x.Partnership
	if x.Confidential {
		e.Summary = l.T("calendar.confidential", "{kind}: a partnership", i18n.A{"kind": kind})
	} else {
		title := inLang(l.Lang, x.Title, x.TitleFR, x.TitleES)
		said := x.Text
		if said == "" {
			said = l.Say(x.Message.Msg)
		}
		e.Summary = l.T("calendar.summary", "{what} ({partnership})", i18n.A{"what": said, "partnership": short(title)})
		e.Description = strings.Join([]string{title, m.elementPlace(l, x.Element)}, "\n")
		path += "/actions#deadlines"
		if x.Action && strings.HasPrefix(x.Link, "/partnerships/"+x.Partnership) {
			path = x.Link
		}
	}
	if base != "" {
		e.URL = base + path
	}
	return e
}

// feedsPage are the calendar addresses of the reader.
type feedsPage struct {
	ui.Base
	Feeds  []feedLine
	Own    bool   // the address of all that is the reader's is made
	One    string // partnership whose address is asked for
	Title  string // of that partnership
	HasOne bool   // its address is made
}

type feedLine struct {
	Feed
	Title string // of the partnership; empty where the reader may no longer see it
}

func (m *Room) feeds(c *web.Ctx) error {
	l := c.L
	title := l.T("calendar.title", "Calendar addresses")
	v := &feedsPage{Base: c.Base(title, home(l), ui.Link{Text: l.T("calendar.profile", "Your profile"), Href: ui.ProfilePath}, ui.Link{Text: title})}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		list, err := feedsOf(t, c.Actor.Account)
		if err != nil {
			return err
		}
		var ids []string
		for _, f := range list {
			ids = append(ids, f.Partnership)
		}
		one := c.Query("partnership")
		titles, err := titlesAmong(t, c.Actor, append(ids, one))
		if err != nil {
			return err
		}
		if p, may := titles[one]; may {
			v.One, v.Title = one, p.TitleIn(l.Lang)
		}
		v.Feeds = nil
		for _, f := range list {
			p := titles[f.Partnership]
			v.Feeds = append(v.Feeds, feedLine{f, p.TitleIn(l.Lang)})
			v.Own = v.Own || f.Partnership == ""
			v.HasOne = v.HasOne || (f.Partnership == v.One && v.One != "")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.Page(feedsBody(v))
}

// name says what a calendar is of.
func (f feedLine) name(l *i18n.L) string {
	switch {
	case f.Partnership == "":
		return l.T("calendar.all", "All that is due for you")
	case f.Title == "":
		return l.T("calendar.lost", "A partnership that you no longer see: the address is empty")
	}
	return f.Title
}

func (v *feedsPage) table() ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("calendar.table", "Addresses that work"), Quiet: true, Cols: []ui.Col{
		{Title: l.T("calendar.of", "Calendar of")}, {Title: l.T("calendar.made", "Made")}, {Title: l.T("calendar.read", "Last read (UTC)")}, {Title: l.T("team.col.change", "Change")},
	}}
	for _, f := range v.Feeds {
		read := ui.Cell{Text: l.T("calendar.never", "never"), Soft: true}
		if f.ReadAt != 0 {
			read = ui.Cell{Text: l.DateTime(f.ReadAt), Class: "nw"}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: f.name(l)}, {Text: l.Date(f.CreatedAt.Day()), Class: "nw"}, read, {Body: revokeFeedButton(v, f)}}})
	}
	return t
}

func makeFeedText(l *i18n.L, again bool) string {
	if again {
		return l.T("calendar.make.again", "Make it anew")
	}
	return l.T("calendar.make.button", "Make the address")
}

// feedMadePage shows the address of a calendar, once: this page is its only place.
type feedMadePage struct {
	ui.Base
	Link  string
	Whole bool // with the address of the installation
}

func (m *Room) makeFeed(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	token, err := m.s.MakeFeed(c.Context(), c.Actor, v.Get("partnership"), c.L.Lang)
	if err != nil {
		return err
	}
	c.W.Header().Set("Cache-Control", "no-store")
	c.W.Header().Set("Referrer-Policy", "no-referrer")
	l := c.L
	title := l.T("calendar.made.title", "A calendar address")
	return c.Page(feedMadeBody(&feedMadePage{
		Base: c.Base(title, home(l), ui.Link{Text: l.T("calendar.title", "Calendar addresses"), Href: FeedsPath}, ui.Link{Text: title}),
		Link: c.BaseURL() + CalendarPath(token) + ".ics", Whole: c.BaseURL() != "",
	}))
}

func (m *Room) revokeFeed(c *web.Ctx) error {
	err := m.s.RevokeFeed(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("calendar.revoked", "The address no longer works."), "")
	return c.See(FeedsPath)
}
