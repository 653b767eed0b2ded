package partnership

import (
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/i18n"
)

// Bounds of what a message tells.
const (
	digestMost  = 500 // records looked at
	digestNames = 6   // elements named
	digestDays  = 14  // that a digest looks ahead
)

// DigestNews says what waits for an actor and what changed since an instant,
// in the partnerships that it has a part in: numbers and names of elements
// alone, for a message is read on the way and forwarded.
func (s *Service) DigestNews(t *db.Tx, a access.Actor, l *i18n.L, since clock.Ms) (digest.News, error) {
	var out digest.News
	today, then := t.Now.Day(), since.Day()
	todos, n, err := firstMine(t, a, l.Lang, fewMine)
	if err != nil {
		return out, err
	}
	if n > 0 {
		out.Lines = append(out.Lines, s.waitingLine(l, todos, n, today))
	}
	for _, x := range todos {
		late := x.DueOn != "" && x.DueOn < today && x.DueOn >= then
		out.New = out.New || x.CreatedAt > since || late
	}
	deadlines, err := deadlinesBetween(t, a, today, today.AddDays(digestDays), digestMost)
	if err != nil {
		return out, err
	}
	if len(deadlines) > 0 {
		names := make([]string, len(deadlines))
		for i, d := range deadlines {
			names[i] = s.digestName(l, d.Element)
			out.New = out.New || d.DueOn > then.AddDays(digestDays)
		}
		out.Lines = append(out.Lines, l.N("digest.deadlines", len(deadlines), "{n} deadline by {day}: {names}.", "{n} deadlines by {day}: {names}.",
			i18n.A{"day": today.AddDays(digestDays), "names": someNames(l, names)}))
	}
	moved, err := movedSince(t, a, since, digestMost)
	if err != nil {
		return out, err
	}
	if len(moved) > 0 {
		out.New = true
		names := make([]string, len(moved))
		for i, m := range moved {
			names[i] = l.T("digest.moved.one", "{element} ({state})", i18n.A{"element": s.digestName(l, m.Element), "state": cell(m.State).InText(l)})
		}
		out.Lines = append(out.Lines, l.N("digest.moved", len(moved), "{n} element has another state than on {day}: {names}.", "{n} elements have another state than on {day}: {names}.",
			i18n.A{"day": then, "names": someNames(l, names)}))
	}
	replied, err := repliedSince(t, a, since, digestMost)
	if err != nil {
		return out, err
	}
	if len(replied) > 0 {
		out.New = true
		names := make([]string, len(replied))
		for i, element := range replied {
			names[i] = s.digestName(l, element)
		}
		out.Lines = append(out.Lines, l.N("digest.replied", len(replied), "{n} answer came by a link: {names}.", "{n} answers came by links: {names}.", i18n.A{"names": someNames(l, names)}))
	}
	return out, nil
}

// waitingLine says how many actions wait, how many of them are late, and what
// they are about.
func (s *Service) waitingLine(l *i18n.L, todos []ListedTodo, n int, today clock.Day) string {
	late := 0
	names := make([]string, len(todos))
	for i, x := range todos {
		names[i] = s.digestName(l, x.Element)
		if x.DueOn != "" && x.DueOn < today {
			late++
		}
	}
	line := l.N("digest.waiting", n, "{n} action waits for you: {names}.", "{n} actions wait for you: {names}.", i18n.A{"names": someNames(l, names)})
	if n > fewMine {
		line = l.T("digest.waiting.many", "More than {most} actions wait for you.", i18n.A{"most": fewMine})
	}
	if late > 0 {
		line += " " + l.N("digest.late", late, "{n} of them is late.", "{n} of them are late.")
	}
	return line
}

// digestName is the name of an element in a message.
func (s *Service) digestName(l *i18n.L, element string) string {
	if element == "" {
		return l.T("digest.nowhere", "the partnership as a whole")
	}
	i, ok := s.ref.Get("element", element)
	if !ok {
		return element
	}
	short := i.In("short", l.Lang)
	if short != "" {
		return short
	}
	return i.Name(l.Lang)
}

// someNames lists different names, and how many more there are.
func someNames(l *i18n.L, names []string) string {
	var out []string
	seen := map[string]bool{}
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	if more := len(out) - digestNames; more > 0 {
		out = append(out[:digestNames], l.N("digest.more", more, "{n} more", "{n} more"))
	}
	return l.Series(out)
}

// DueFor says what an actor has to do between two days, and which deadlines
// lie there in the partnerships that it has a part in.
func (s *Service) DueFor(t *db.Tx, a access.Actor, l *i18n.L, from, to clock.Day) ([]digest.Due, error) {
	todos, _, err := firstMine(t, a, l.Lang, fewMine)
	if err != nil {
		return nil, err
	}
	var out []digest.Due
	for _, x := range todos {
		if x.DueOn >= from && x.DueOn <= to {
			out = append(out, digest.Due{Item: "action " + x.ID + " " + string(x.DueOn), Day: x.DueOn, What: s.digestName(l, x.Element)})
		}
	}
	deadlines, err := deadlinesBetween(t, a, from, to, digestMost)
	if err != nil {
		return nil, err
	}
	for _, d := range deadlines {
		out = append(out, digest.Due{Item: "deadline " + d.ID + " " + string(d.DueOn), Day: d.DueOn, What: s.digestName(l, d.Element)})
	}
	return out, nil
}
