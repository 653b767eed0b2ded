package partnership

import (
	"context"
	"errors"
	"io"
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/i18n"
	"ayni/internal/standard/eml"
)

// DefaultMaxFile is the size of a file given as evidence, in bytes, where
// nobody sets another.
const DefaultMaxFile = 25 << 20

// Upload is a file that comes with a form.
type Upload struct {
	Name string
	Body io.Reader
}

// given is a file that was stored, and not yet noted.
type given struct {
	files.Stored
	name    string
	message *eml.Message // nil where it is none
}

// keep stores a file before the transaction that notes it; one that is not
// noted in the end is swept later. It is nil where no file came.
func (s *Service) keep(ctx context.Context, u *Upload) (*given, error) {
	if u == nil {
		return nil, nil
	}
	stored, err := s.files.Put(ctx, u.Body, s.MaxFile)
	if err != nil {
		return nil, atField("file", err)
	}
	return s.read(stored, u.Name)
}

// read looks into a stored file where it is a message.
func (s *Service) read(stored files.Stored, name string) (*given, error) {
	g := &given{Stored: stored, name: files.NameFor(name, stored.MediaType)}
	if stored.MediaType != files.Mail {
		return g, nil
	}
	f, err := s.files.Open(stored.Hash)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := eml.Parse(f, s.messageLimits())
	if err != nil {
		return nil, atField("file", messageError(err))
	}
	g.message = &m
	return g, nil
}

func (s *Service) messageLimits() eml.Limits {
	l := eml.Default
	l.Bytes = files.MailLimit(s.MaxFile)
	return l
}

// messageError says why a message is not taken.
func messageError(err error) error {
	l := eml.Default
	for cause, m := range map[error]i18n.Msg{
		eml.ErrNotMessage: i18n.M("message.none", "The file has no header of a message. Save the message anew from the mail program and send that."),
		eml.ErrTooLarge:   i18n.M("message.large", "The message is larger than it may be. Send what is attached to it one by one."),
		eml.ErrHeader:     i18n.M("message.header", "A header of the message is longer than {limit} kB. Save the message anew from the mail program, or send it as PDF.", i18n.A{"limit": l.Header >> 10}),
		eml.ErrDepth:      i18n.M("message.depth", "Messages or parts lie in each other more than {limit} deep. Send the inner message by itself.", i18n.A{"limit": l.Depth}),
		eml.ErrParts:      i18n.M("message.parts", "The message has more than {limit} parts. Send what is attached to it one by one.", i18n.A{"limit": l.Parts}),
	} {
		if errors.Is(err, cause) {
			return &errs.Error{Kind: errs.Invalid, Cause: err, Msg: m}
		}
	}
	return err
}

// atField makes a refusal of a file one of the field it came in.
func atField(field string, err error) error {
	e := errs.As(err)
	if e == nil || e.Kind != errs.Invalid || len(e.Fields) > 0 {
		return err
	}
	return &errs.Error{Kind: errs.Invalid, Cause: err, Fields: []errs.Field{{Name: field, Msg: e.Msg}}}
}

// noteFile notes a file that was given for a record, as its next version.
func (s *Service) noteFile(t *db.Tx, a access.Actor, partnership, kind, record string, g *given) error {
	err := files.Note(t, g.Stored)
	if err != nil {
		return err
	}
	return insertFile(t, FileVersion{Partnership: partnership, RecordKind: kind, Record: record, File: g.Hash, FileName: g.name, MediaType: g.MediaType, Size: g.Size, CreatedBy: a.ID()}, g.message)
}

// takes gives an evidence a file.
func (e *Evidence) takes(g *given) {
	e.Kind, e.Ref, e.FileName, e.MediaType, e.Size = EvidenceFile, g.Hash, g.name, g.MediaType, g.Size
	if e.Title == "" {
		e.Title = g.name
	}
}

// takes gives an attestation a file.
func (n *Attestation) takes(g *given) {
	n.File, n.FileName, n.MediaType, n.Size = g.Hash, g.name, g.MediaType, g.Size
}

// KeepAttached keeps files that are attached to an evidence's message as
// evidence of their own, for the same readers; those that were kept before
// stay as they are. It returns how many are new.
func (s *Service) KeepAttached(ctx context.Context, a access.Actor, partnership, evidence string, numbers []int) (int, error) {
	numbers = slices.Compact(slices.Sorted(slices.Values(numbers)))
	var e Evidence
	err := s.d.Read(ctx, func(t *db.Tx) error {
		_, err := need(t, a, partnership, access.Contribute)
		if err != nil {
			return err
		}
		e, err = linkedEvidence(t, a, partnership, evidence)
		return err
	})
	if err != nil {
		return 0, err
	}
	if e.Kind != EvidenceFile || e.MediaType != files.Mail {
		return 0, errs.Missing()
	}
	if len(numbers) == 0 {
		return 0, &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "attached", Msg: i18n.M("message.choose", "Choose what to keep")}}}
	}
	all, err := s.takeOut(ctx, e.Ref, numbers)
	if err != nil {
		return 0, err
	}
	made := 0
	err = s.inside(ctx, a, partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		made = 0
		e, err := linkedEvidence(t, a, partnership, evidence)
		if err != nil {
			return err
		}
		before, err := keptFrom(t, a, partnership, evidence)
		if err != nil {
			return err
		}
		for _, g := range all {
			if slices.ContainsFunc(before, func(k Evidence) bool { return k.Ref == g.Hash }) {
				continue
			}
			_, err := s.addWithFile(t, a, p, Evidence{Element: e.Element, Audience: e.Audience, Origin: e.ID}, g)
			if err != nil {
				return err
			}
			made++
		}
		return nil
	})
	return made, err
}

// takeOut stores files that are attached to a stored message.
func (s *Service) takeOut(ctx context.Context, hash string, numbers []int) ([]*given, error) {
	f, err := s.files.Open(hash)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := eml.Parse(f, s.messageLimits())
	if err != nil {
		return nil, messageError(err)
	}
	var out []*given
	for _, n := range numbers {
		if n < 1 || n > len(m.Attached) {
			return nil, errs.Missing()
		}
		name := m.Attached[n-1].Name
		stored, err := s.files.PutBy(ctx, s.MaxFile, func(w io.Writer) error {
			_, err := f.Seek(0, io.SeekStart)
			if err != nil {
				return err
			}
			return eml.Extract(f, s.messageLimits(), n, w)
		})
		var g *given
		if err == nil {
			g, err = s.read(stored, name)
		}
		if err != nil {
			return nil, refusedAttached(name, err)
		}
		out = append(out, g)
	}
	return out, nil
}

// refusedAttached says which attachment is not taken, and why.
func refusedAttached(name string, err error) error {
	e := errs.As(err)
	if e == nil || e.Kind != errs.Invalid && e.Kind != errs.TooLarge {
		return err
	}
	why := e.Msg
	if len(e.Fields) > 0 {
		why = e.Fields[0].Msg
	}
	return &errs.Error{Kind: errs.Invalid, Cause: err, Fields: []errs.Field{{Name: "attached", Msg: i18n.M("message.refused", "“{name}” can’t be kept. {why}", i18n.A{"name": files.SafeName(name), "why": why})}}}
}
