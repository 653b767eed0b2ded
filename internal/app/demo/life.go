package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/id"
)

// step is one thing that is done in the life of an Example.
type step struct {
	day int // relative to the day of loading; before it
	do  act
}

// act does one thing on its day, at the instant of its context.
type act func(ctx context.Context, today clock.Day) error

// life is the life of one invented partnership, while it is played.
type life struct {
	*load
	partnership string
	attested    map[string]partnership.Attestation // by the script's own keys
	claims      map[string]partnership.Claim
	actions     map[string]string
	parties     map[string]string
	roles       map[string]partnership.PartyRole
}

func (l *load) newLife() *life {
	return &life{load: l, attested: map[string]partnership.Attestation{}, claims: map[string]partnership.Claim{},
		actions: map[string]string{}, parties: map[string]string{}, roles: map[string]partnership.PartyRole{}}
}

// play does the steps in the order of their days; those of one day in the
// order in which they are told. Then the journey is checked as of today.
func (x *life) play(ctx context.Context, script []step) error {
	script = slices.Clone(script)
	slices.SortStableFunc(script, func(a, b step) int { return a.day - b.day })
	nth := 0
	for i, s := range script {
		nth++
		if i == 0 || script[i-1].day != s.day {
			nth = 0
		}
		at := x.at(s.day, nth)
		if at > x.now {
			return fmt.Errorf("day %d of an Example lies in the future", s.day)
		}
		err := s.do(db.WithNow(ctx, at), x.day(s.day))
		if err != nil {
			return fmt.Errorf("day %d of an Example: %w", s.day, err)
		}
	}
	return x.Partnership.Recheck(ctx, x.partnership)
}

// night is what the job of each night does: it finds what time alone changed.
func (x *life) night() act {
	return func(ctx context.Context, _ clock.Day) error { return x.Partnership.Recheck(ctx, x.partnership) }
}

// begin makes the partnership.
func (x *life) begin(who string, n partnership.NewPartnership) act {
	return func(ctx context.Context, _ clock.Day) error {
		var err error
		x.partnership, err = x.Partnership.Create(ctx, x.actors[who], n)
		return err
	}
}

func (x *life) about(who string, about partnership.About) act {
	return func(ctx context.Context, _ clock.Day) error {
		return x.Partnership.SetAbout(ctx, x.actors[who], x.partnership, about)
	}
}

// join adds an organisation as a party from a day on; basis is what says so.
func (x *life) join(who, organisation string, day int, basis string, brings []string, roles ...partnership.Role) act {
	return func(ctx context.Context, _ clock.Day) error {
		n := x.member(organisation, day, basis, roles...)
		n.Brings = brings
		made, err := x.Partnership.AddParty(ctx, x.actors[who], x.partnership, n)
		x.parties[organisation] = made
		return err
	}
}

// member is an organisation as a party with roles from a day on.
func (x *life) member(organisation string, day int, basis string, roles ...partnership.Role) partnership.NewParty {
	n := partnership.NewParty{Party: partnership.Party{Organisation: x.organisations[organisation], JoinedOn: x.day(day)}}
	for _, r := range roles {
		n.Roles = append(n.Roles, partnership.PartyRole{Role: r, FromOn: x.day(day), Basis: basis})
	}
	return n
}

// role gives a party a role from a day on; key names it for ends.
func (x *life) role(who, key, organisation string, role partnership.Role, from int, basis string) act {
	return func(ctx context.Context, _ clock.Day) error {
		r := partnership.PartyRole{ID: id.New(), Party: x.parties[organisation], Role: role, FromOn: x.day(from), Basis: basis}
		x.roles[key] = r
		return x.Partnership.AddRole(ctx, x.actors[who], x.partnership, r)
	}
}

// ends gives a role its last day.
func (x *life) ends(who, key string, last int) act {
	return func(ctx context.Context, _ clock.Day) error {
		r := x.roles[key]
		r.ToOn, r.Version = x.day(last), 1 // nobody has changed it since
		return x.Partnership.EditRole(ctx, x.actors[who], x.partnership, r, false)
	}
}

func (x *life) place(who string, p partnership.Place) act {
	return func(ctx context.Context, _ clock.Day) error {
		return x.Partnership.AddPlace(ctx, x.actors[who], x.partnership, p)
	}
}

func (x *life) amount(who string, m partnership.Amount) act {
	return func(ctx context.Context, _ clock.Day) error {
		return x.Partnership.AddAmount(ctx, x.actors[who], x.partnership, m)
	}
}

func (x *life) result(who string, m partnership.Result) act {
	return func(ctx context.Context, _ clock.Day) error {
		return x.Partnership.AddResult(ctx, x.actors[who], x.partnership, m)
	}
}

func (x *life) modality(who string, m partnership.Modality) act {
	return func(ctx context.Context, _ clock.Day) error {
		return x.Partnership.ConfirmModality(ctx, x.actors[who], x.partnership, m)
	}
}

func (x *life) move(who string, to partnership.Status, why string) act {
	return func(ctx context.Context, _ clock.Day) error {
		return x.Partnership.Move(ctx, x.actors[who], x.partnership, to, why)
	}
}

func (x *life) team(who, member string, right access.Right, until int) act {
	return func(ctx context.Context, _ clock.Day) error {
		_, err := x.Partnership.AddMember(ctx, x.actors[who], x.partnership, partnership.Member{
			Account: x.actors[member].Account, Right: right, UntilOn: x.day(until),
		})
		return err
	}
}

// note links a note to an element, dated on the day it is linked.
func (x *life) note(who, element, audience, title, text string) act {
	return func(ctx context.Context, today clock.Day) error {
		_, err := x.Partnership.AddEvidence(ctx, x.actors[who], partnership.Evidence{
			Partnership: x.partnership, Element: element, Kind: partnership.EvidenceNote, Title: title, Note: text, Dated: today, Audience: audience,
		}, nil)
		return err
	}
}

func (x *life) link(who, element, title, address string) act {
	return func(ctx context.Context, today clock.Day) error {
		_, err := x.Partnership.AddEvidence(ctx, x.actors[who], partnership.Evidence{
			Partnership: x.partnership, Element: element, Kind: partnership.EvidenceLink, Title: title, Ref: address, Dated: today, Audience: access.AudienceParties,
		}, nil)
		return err
	}
}

func (x *life) file(who, element, title, name, text string) act {
	return func(ctx context.Context, today clock.Day) error {
		_, err := x.Partnership.AddEvidence(ctx, x.actors[who], partnership.Evidence{
			Partnership: x.partnership, Element: element, Title: title, Dated: today, Audience: access.AudienceParties,
		}, &partnership.Upload{Name: name, Body: strings.NewReader(text)})
		return err
	}
}

// attest makes an attestation or exemption, valid until a day. key names it
// for who decides on it.
func (x *life) attest(who, key, element string, until int, n partnership.Attestation) act {
	return x.attestFile(who, key, element, until, n, "", "")
}

// attestFile is attest with a file.
func (x *life) attestFile(who, key, element string, until int, n partnership.Attestation, name, text string) act {
	return func(ctx context.Context, today clock.Day) error {
		n.Partnership, n.Element, n.Dated, n.ValidUntil = x.partnership, element, today, x.day(until)
		if n.Kind == "" {
			n.Kind = partnership.Attests
		}
		if n.Audience == "" {
			n.Audience = access.AudienceParties
		}
		var u *partnership.Upload
		if name != "" {
			u = &partnership.Upload{Name: name, Body: strings.NewReader(text)}
			sum := sha256.Sum256([]byte(text))
			n.File = hex.EncodeToString(sum[:]) // part of what approval binds to
		}
		var err error
		n.ID, err = x.Partnership.Attest(ctx, x.actors[who], n, u)
		x.attested[key] = n
		return err
	}
}

// approve accepts an attestation as it stands.
func (x *life) approve(who, key string) act { return x.decide(who, key, true, "") }

// reject does not.
func (x *life) reject(who, key, why string) act { return x.decide(who, key, false, why) }

func (x *life) decide(who, key string, approve bool, why string) act {
	return func(ctx context.Context, _ clock.Day) error {
		n := x.attested[key]
		return x.Partnership.Decide(ctx, x.actors[who], x.partnership, n.ID, n.ContentHash(), approve, why)
	}
}

// state makes a statement of a party, who is the account's own organisation.
func (x *life) state(who, key, element, kind, text string) act {
	return func(ctx context.Context, today clock.Day) error {
		m := partnership.Claim{
			Partnership: x.partnership, Element: element, Kind: kind, Text: text, Dated: today,
			StatedBy: x.actors[who].Organisation, Audience: access.AudienceParties,
		}
		var err error
		m.ID, err = x.Partnership.State(ctx, x.actors[who], m)
		x.claims[key] = m
		return err
	}
}

// confirm confirms a statement for the account's organisation. The officer
// answers for the host.
func (x *life) confirm(key string, who ...string) act {
	return func(ctx context.Context, _ clock.Day) error {
		for _, w := range who {
			err := x.answer(ctx, w, key, partnership.Confirmed, "")
			if err != nil {
				return fmt.Errorf("%s confirms %s: %w", w, key, err)
			}
		}
		return nil
	}
}

// dispute says what is not right with a statement.
func (x *life) dispute(who, key, reason string) act {
	return func(ctx context.Context, _ clock.Day) error {
		return x.answer(ctx, who, key, partnership.Disputed, reason)
	}
}

func (x *life) answer(ctx context.Context, who, key, answer, reason string) error {
	m := x.claims[key]
	w := partnership.Answer{Claim: m.ID, Content: m.ContentHash(), Answer: answer, Reason: reason, Organisation: x.actors[who].Organisation}
	if w.Organisation == "" {
		w.Organisation = x.organisations[hostBody]
	}
	return x.Partnership.AnswerClaim(ctx, x.actors[who], x.partnership, w)
}

// ask gives somebody something to do: an account of the team, or the
// organisation of a partner's account. key names it for done.
func (x *life) ask(who, key, whom, element, text string, due int, high bool) act {
	return func(ctx context.Context, _ clock.Day) error {
		a := partnership.Action{Partnership: x.partnership, Element: element, Text: text, DueOn: x.day(due), High: high, Audience: access.AudienceHost,
			OwnerKind: partnership.WhoPerson, OwnerID: x.actors[whom].Person}
		if o := x.actors[whom].Organisation; o != "" {
			a.OwnerKind, a.OwnerID, a.Audience = partnership.WhoParty, o, access.AudienceParties
		}
		var err error
		x.actions[key], err = x.Partnership.AddAction(ctx, x.actors[who], a)
		return err
	}
}

func (x *life) done(who, key, note string) act {
	return func(ctx context.Context, _ clock.Day) error {
		return x.Partnership.Do(ctx, x.actors[who], x.partnership, x.actions[key], note)
	}
}

func (x *life) deadline(who, element, text string, due int, audience string) act {
	return func(ctx context.Context, _ clock.Day) error {
		_, err := x.Partnership.AddDeadline(ctx, x.actors[who], x.partnership, partnership.Deadline{Element: element, Text: text, DueOn: x.day(due), Audience: audience})
		return err
	}
}

func (x *life) waive(who, gate, reason string, until int) act {
	return func(ctx context.Context, _ clock.Day) error {
		_, err := x.Partnership.Waive(ctx, x.actors[who], x.partnership, partnership.Waiver{Gate: gate, Reason: reason, UntilOn: x.day(until)})
		return err
	}
}
