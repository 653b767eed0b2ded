package partnership

import (
	"strconv"
	"strings"

	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/standard/eml"
)

// evidenceName is the title of an evidence; that of a passage of the guide is
// in the reader's language.
func evidenceName(ref *refdata.Service, l *i18n.L, e Evidence) string {
	if e.Kind == EvidenceGuide {
		return ref.Name("guide_passage", e.Ref, l.Lang)
	}
	return e.Title
}

// fileKind is a media type in a word.
func fileKind(l *i18n.L, mediaType string) string {
	switch mediaType {
	case files.PDF, files.PNG, files.JPEG, files.GIF, files.WebP, files.DOCX, files.XLSX, files.PPTX, files.ODT, files.ODS, files.CSV:
		return strings.ToUpper(files.Ending(mediaType))
	case files.Mail:
		return l.T("file.kind.mail", "e-mail message")
	case files.Text:
		return l.T("file.kind.text", "text")
	}
	return mediaType
}

func kilobytes(l *i18n.L, size int64) string {
	return l.T("size.kb", "{n} kB", i18n.A{"n": int(max(1, size>>10))})
}

func personText(p eml.Person) string {
	switch {
	case p.Name == "":
		return p.Address
	case p.Address == "":
		return p.Name
	}
	return p.Name + " <" + p.Address + ">"
}

// messageDate is the date that a message states; missing where it states none.
func messageDate(l *i18n.L, m *eml.Message) string {
	if m.Date.IsZero() {
		return l.T("ui.missing", "missing")
	}
	return l.DateTime(clock.Ms(m.Date.UnixMilli()))
}

// messageLine says in a line who wrote, when, about what.
func messageLine(l *i18n.L, m *eml.Message) string {
	from := firstOf(personText(m.From), l.T("ui.missing", "missing"))
	line := l.T("message.line", "Message from {from}, {date} as it states, {subject}.", i18n.A{
		"from": from, "date": messageDate(l, m), "subject": l.Quote(firstOf(m.Subject, l.T("message.subject.none", "no subject"))),
	})
	if n := len(m.Attached); n > 0 {
		line += " " + l.N("message.attached.count", n, "{n} file is attached.", "{n} files are attached.")
	}
	return line
}

// messageFacts is what a message says of itself.
func messageFacts(l *i18n.L, m *eml.Message) []ui.Fact {
	missing := l.T("ui.missing", "missing")
	var to []string
	for _, p := range m.To {
		to = append(to, personText(p))
	}
	if m.More > 0 {
		to = append(to, l.N("message.more", m.More, "{n} more", "{n} more"))
	}
	return []ui.Fact{
		{Term: l.T("message.from", "From"), Text: firstOf(personText(m.From), missing)},
		{Term: l.T("message.to", "To"), Text: firstOf(l.Series(to), missing)},
		{Term: l.T("message.date", "Date"), Text: messageDate(l, m), Small: l.T("message.date.stated", "as the message states it; nobody has checked it")},
		{Term: l.T("message.subject", "Subject"), Text: firstOf(m.Subject, missing)},
	}
}

// attachedName is the name under which an attached file would be kept.
func attachedName(a eml.Attached) string { return files.SafeName(firstOf(a.Name, a.Type)) }

// attachedOptions are the attached files that can be kept, and were not yet.
func (v *evidencePage) attachedOptions(m *eml.Message) []ui.Option {
	var out []ui.Option
	for _, a := range m.Attached {
		if a.Broken || v.keptAs(a) != "" {
			continue
		}
		out = append(out, ui.Option{Value: strconv.Itoa(a.Number), Text: v.L.T("message.attached.option", "{name} ({type}, {size} kB)", i18n.A{
			"name": attachedName(a), "type": a.Type, "size": int(max(1, a.Size>>10)),
		})})
	}
	return out
}

// keptAs is the evidence as which an attached file was kept; empty for none.
func (v *evidencePage) keptAs(a eml.Attached) string {
	for _, k := range v.Kept {
		if k.Ref == a.Hash {
			return k.ID
		}
	}
	return ""
}

// attachedLines are the attached files, and what became of them.
func (v *evidencePage) attachedLines(m *eml.Message) []ui.CheckLine {
	l := v.L
	var out []ui.CheckLine
	for _, a := range m.Attached {
		parts := []string{a.Type, kilobytes(l, a.Size)}
		if a.Inside > 0 && a.Inside <= len(m.Attached) {
			parts = append(parts, l.T("message.attached.inside", "inside {name}", i18n.A{"name": attachedName(m.Attached[a.Inside-1])}))
		}
		if a.Broken {
			parts = append(parts, l.T("message.attached.broken", "can’t be read to its end"))
		}
		line := ui.CheckLine{Icon: "k-conf", Text: attachedName(a), Small: strings.Join(parts, " · "), Soft: true}
		if id := v.keptAs(a); id != "" {
			line.Href, line.End = evidencePath(v.P.ID, id), l.T("message.attached.kept", "kept as evidence")
		}
		if a.Hash != "" {
			line.Small += " · SHA-256 " + a.Hash
		}
		out = append(out, line)
	}
	return out
}

func (v *evidencePage) head() ui.Head {
	l := v.L
	h := ui.Head{Sub: l.T("evidence.page.sub", "Linked by {name} on {date} to “{element}”.", i18n.A{
		"name": firstOf(v.Persons[v.E.CreatedBy], l.T("partnership.somebody", "somebody")), "date": v.E.CreatedAt.Day(), "element": v.room.taskName(v.E.Element, l.Lang),
	})}
	if v.mayChange() {
		h.Buttons = append(h.Buttons, ui.Button{Text: l.T("evidence.edit", "Change it"), Href: elementPath(v.P.ID, v.E.Element) + "/evidence/" + v.E.ID + "/edit", Alt: true})
	}
	return h
}

// mayChange: its author, or who manages, and not what is kept elsewhere.
func (v *evidencePage) mayChange() bool {
	return v.E.Kind != EvidenceGuide && v.E.Kind != EvidenceRecord && v.May(access.Contribute) && (v.May(access.Manage) || v.E.CreatedBy == v.Actor.ID())
}

func (v *evidencePage) facts() []ui.Fact {
	l := v.L
	out := []ui.Fact{{Term: l.T("evidence.kind", "What it is"), Text: v.ref.Name("evidence_kind", string(v.E.Kind), l.Lang)}}
	if v.E.Dated != "" {
		out = append(out, ui.Fact{Term: l.T("evidence.dated", "Its date"), Text: l.Date(v.E.Dated)})
	}
	switch v.E.Kind {
	case EvidenceLink:
		out = append(out, ui.Fact{Term: l.T("attest.link", "Link"), Text: hostOf(v.E.Ref), Href: v.E.Ref})
	case EvidenceFile:
		out = append(out,
			ui.Fact{Term: l.T("attest.file", "File"), Text: firstOf(v.E.FileName, v.E.Title), Href: evidencePath(v.P.ID, v.E.ID) + "/file", Small: fileKind(l, v.E.MediaType) + ", " + kilobytes(l, v.E.Size)},
			ui.Fact{Term: "SHA-256", Text: v.E.Ref})
	}
	if v.Origin.ID != "" {
		out = append(out, ui.Fact{Term: l.T("evidence.origin", "Came with"), Text: v.Origin.Title, Href: evidencePath(v.P.ID, v.Origin.ID)})
	}
	if v.Actor.Staff() {
		out = append(out, ui.Fact{Term: l.T("form.audience.label", "Who may see it"), Text: l.Say(audienceMsg(v.E.Audience, firstOf(v.Party, l.T("who.party", "a party"))))})
	}
	return out
}

// versionLines are the files that were given, the newest first.
func versionLines(l *i18n.L, versions []fileRow, path string, persons map[string]string) []ui.CheckLine {
	var out []ui.CheckLine
	for i, f := range versions {
		line := ui.CheckLine{Icon: "k-conf", Text: l.T("file.version", "Version {n}: {name}", i18n.A{"n": f.Number, "name": f.FileName}), Href: path + "/files/" + strconv.Itoa(f.Number), Soft: true}
		line.Small = l.T("file.version.by", "given by {name} on {date}", i18n.A{"name": firstOf(persons[f.CreatedBy], l.T("partnership.somebody", "somebody")), "date": f.CreatedAt.Day()}) +
			" · " + fileKind(l, f.MediaType) + ", " + kilobytes(l, f.Size) + " · SHA-256 " + f.File
		if i == 0 {
			line.End = l.T("file.version.now", "the present one")
		}
		out = append(out, line)
	}
	return out
}

// altOf says what a picture shows, as far as somebody has said it.
func altOf(l *i18n.L, e Evidence) string {
	return firstOf(e.Alt, l.T("evidence.picture", "Picture of “{title}”; nobody has described it.", i18n.A{"title": e.Title}))
}

func fileHint(l *i18n.L, s *Service) string {
	return l.T("form.file.hint", "PDF, picture, office document, text or mail; {n} MB at most, a mail with what is attached {m} MB.", i18n.A{"n": int(s.MaxFile >> 20), "m": int(files.MailLimit(s.MaxFile) >> 20)})
}

func altHint(l *i18n.L) string {
	return l.T("evidence.alt.hint", "For readers who can’t see the picture")
}
