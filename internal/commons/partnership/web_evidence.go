package partnership

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
	"ayni/internal/standard/eml"
)

// MaxUpload is the size of a form with a file, in bytes: that of the largest
// message, and the form's own fields.
func (s *Service) MaxUpload() int64 { return files.MailLimit(s.MaxFile) + 1<<20 }

// upload opens the file of a form, if there is one.
func upload(v *web.Values, field string) (*Upload, io.Closer, error) {
	h := v.File(field)
	if h == nil {
		return nil, io.NopCloser(nil), nil
	}
	f, err := h.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("open upload: %w", err)
	}
	return &Upload{Name: files.SafeName(h.Filename), Body: f}, f, nil
}

// evidencePage is one evidence with all that is known of it.
type evidencePage struct {
	view
	E       Evidence
	Element Element
	Files   []fileRow // the newest first
	Kept    []Evidence
	Origin  Evidence // the message that the file came with; without an id for none
	Persons map[string]string
	Party   string // name of the party that it is meant for
	Picture bool   // there is a small one
	Actor   access.Actor
	Form    ui.Form
	room    *Room
	ref     *refdata.Service
	today   clock.Day
}

func evidencePath(partnership, evidence string) string {
	return "/partnerships/" + partnership + "/evidence/" + evidence
}

func (m *Room) evidence(c *web.Ctx) error { return m.showEvidence(c, ui.Form{}) }

// showEvidence draws the page of an evidence; f is the form of what is kept
// from a message, when it is shown again.
func (m *Room) showEvidence(c *web.Ctx, f ui.Form) error {
	v := &evidencePage{Form: f, Actor: c.Actor, room: m, ref: m.ref, today: c.Today()}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		v.E, err = linkedEvidence(t, c.Actor, p.ID, c.Path("record"))
		if err != nil {
			return err
		}
		v.Element, _ = ElementOf(v.E.Element)
		v.view = m.page(c, p, rights, evidenceName(m.ref, c.L, v.E), "-",
			ui.Link{Text: m.elementName(v.E.Element, c.L.Lang), Href: elementPath(p.ID, v.E.Element)}, ui.Link{Text: c.L.T("evidence.crumb", "Evidence")})
		return m.loadEvidence(t, c, v)
	})
	if err != nil {
		return err
	}
	v.Picture = v.E.Kind == EvidenceFile && m.files.HasPreview(v.E.Ref, v.E.MediaType)
	return c.PageStatus(statusOf(f), evidenceBody(v))
}

// loadEvidence reads what belongs to the page's evidence.
func (m *Room) loadEvidence(t *db.Tx, c *web.Ctx, v *evidencePage) error {
	all, err := filesOf(t, v.P.ID, []string{v.E.ID})
	if err != nil {
		return err
	}
	v.Files = all[v.E.ID]
	v.Kept, err = keptFrom(t, c.Actor, v.P.ID, v.E.ID)
	if err != nil {
		return err
	}
	if v.E.Origin != "" {
		v.Origin, err = linkedEvidence(t, c.Actor, v.P.ID, v.E.Origin)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	accounts := []string{v.E.CreatedBy}
	for _, f := range v.Files {
		accounts = append(accounts, f.CreatedBy)
	}
	v.Persons, err = access.Names(t, accounts)
	if err != nil {
		return err
	}
	if org, ok := strings.CutPrefix(v.E.Audience, access.PartyAudience("")); ok {
		names, err := m.dir.Names(t, c.L.Lang, []string{org})
		if err != nil {
			return err
		}
		v.Party = names[org]
	}
	return nil
}

// message is what the present file says of itself, where it is a message.
func (v *evidencePage) message() *eml.Message {
	if len(v.Files) == 0 {
		return nil
	}
	return v.Files[0].Message.V
}

func (m *Room) evidenceFile(c *web.Ctx) error {
	e, err := m.fileOf(c)
	if err != nil {
		return err
	}
	return m.send(c, e.Ref, firstOf(e.FileName, e.Title), e.MediaType)
}

// fileOf reads an evidence that is a file.
func (m *Room) fileOf(c *web.Ctx) (e Evidence, err error) {
	err = m.d.Read(c.Context(), func(t *db.Tx) error {
		_, err := need(t, c.Actor, c.Path("id"), access.View)
		if err != nil {
			return err
		}
		e, err = linkedEvidence(t, c.Actor, c.Path("id"), c.Path("record"))
		if err == nil && e.Kind != EvidenceFile {
			return errs.Missing()
		}
		return err
	})
	return e, err
}

// evidencePreview answers with the small picture of a file. It is made anew,
// so nothing of what was sent is in it.
func (m *Room) evidencePreview(c *web.Ctx) error {
	e, err := m.fileOf(c)
	if err != nil {
		return err
	}
	v, err := m.files.Preview(c.Context(), e.Ref, e.MediaType)
	if err != nil {
		return err
	}
	return c.Picture(v.MediaType, v.Bytes)
}

func (m *Room) evidenceVersion(c *web.Ctx) error {
	return m.sendVersion(c, func(t *db.Tx) error {
		_, err := linkedEvidence(t, c.Actor, c.Path("id"), c.Path("record"))
		return err
	})
}

func (m *Room) attestationVersion(c *web.Ctx) error {
	return m.sendVersion(c, func(t *db.Tx) error {
		_, err := oneAttestation(t, c.Actor, c.Path("id"), c.Path("record"))
		return err
	})
}

// sendVersion answers with an older file of a record that the actor may see.
func (m *Room) sendVersion(c *web.Ctx, see func(t *db.Tx) error) error {
	var f fileRow
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		_, err := need(t, c.Actor, c.Path("id"), access.View)
		if err != nil {
			return err
		}
		err = see(t)
		if err != nil {
			return err
		}
		f, err = oneFile(t, c.Path("id"), c.Path("record"), parseInt(c.Path("number")))
		return err
	})
	if err != nil {
		return err
	}
	return m.send(c, f.File, f.FileName, f.MediaType)
}

func (m *Room) attestationFile(c *web.Ctx) error {
	var a Attestation
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		_, err := need(t, c.Actor, c.Path("id"), access.View)
		if err != nil {
			return err
		}
		a, err = oneAttestation(t, c.Actor, c.Path("id"), c.Path("record"))
		if err == nil && a.File == "" {
			return errs.Missing()
		}
		return err
	})
	if err != nil {
		return err
	}
	return m.send(c, a.File, a.FileName, a.MediaType)
}

// send answers with a stored file, as something to keep, under a name whose
// ending fits what it is.
func (m *Room) send(c *web.Ctx, hash, name, mediaType string) error {
	f, err := m.files.Open(hash)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.SendFile(files.NameFor(name, mediaType), mediaType, f)
}

// evidenceEditPage is the form of an evidence that exists.
type evidenceEditPage struct {
	view
	E         Evidence
	Form      ui.Form
	Audiences []ui.Option
	room      *Room
}

func (m *Room) evidenceForm(c *web.Ctx) error { return m.showEvidenceForm(c, ui.Form{}) }

func (m *Room) showEvidenceForm(c *web.Ctx, f ui.Form) error {
	l := c.L
	v := evidenceEditPage{Form: f, room: m}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, err := need(t, c.Actor, c.Path("id"), access.Contribute)
		if err != nil {
			return err
		}
		v.E, err = linkedEvidence(t, c.Actor, p.ID, c.Path("record"))
		if err != nil {
			return err
		}
		if v.E.Kind == EvidenceGuide || v.E.Kind == EvidenceRecord {
			return errs.Missing()
		}
		v.view = m.page(c, p, map[access.Right]bool{access.Contribute: true}, l.T("evidence.edit.title", "Change the evidence"), "-",
			ui.Link{Text: m.elementName(v.E.Element, l.Lang), Href: elementPath(p.ID, v.E.Element)}, ui.Link{Text: l.T("form.edit.crumb", "Edit")})
		return nil
	})
	if err != nil {
		return err
	}
	e := v.E
	v.Audiences = audiencesFor(l, c.Actor, e.Audience)
	if v.Form.Values == nil {
		v.Form.Values = map[string][]string{
			"title": {e.Title}, "link": {e.Ref}, "note": {e.Note}, "alt": {e.Alt}, "dated": {string(e.Dated)}, "audience": {e.Audience},
			"version": {strconv.FormatInt(e.Version, 10)},
		}
	}
	return c.PageStatus(statusOf(f), evidenceEditBody(v))
}

func (m *Room) editEvidence(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	defer c.CloseForm()
	u, closer, err := upload(v, "file")
	if err != nil {
		return err
	}
	defer closer.Close()
	var check errs.Check
	e := Evidence{
		ID: c.Path("record"), Partnership: c.Path("id"), Title: v.Get("title"), Ref: v.Get("link"), Note: v.Get("note"), Alt: v.Get("alt"),
		Dated: day(&check, v, "dated", false), Audience: v.Get("audience"), Meta: Meta{Version: parseInt(v.Get("version"))},
	}
	err = check.Err()
	if err == nil {
		err = m.s.EditEvidence(c.Context(), c.Actor, e, u)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showEvidenceForm(c, f) })
	}
	c.Flash(i18n.M("form.saved", "Saved."), "")
	return c.See(evidencePath(e.Partnership, e.ID))
}

func (m *Room) keepAttached(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	var numbers []int
	for _, s := range v.All("attached") {
		numbers = append(numbers, int(parseInt(s)))
	}
	n, err := m.s.KeepAttached(c.Context(), c.Actor, c.Path("id"), c.Path("record"), numbers)
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showEvidence(c, f) })
	}
	c.Flash(i18n.MN("message.kept", n, "{n} file is evidence of its own now.", "{n} files are evidence of their own now."), "")
	return c.See(evidencePath(c.Path("id"), c.Path("record")))
}
