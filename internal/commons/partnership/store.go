package partnership

import (
	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// object tells access how partnerships are kept.
var object = access.Object{Kind: Kind, ID: "p.id", Open: "p.confidential = false"}

// Where is the condition under which an actor holds a right on the
// partnership whose table is joined as p.
func Where(a access.Actor, r access.Right) db.Part { return access.Where(a, object, r) }

const columns = `p.id, p.title, p.title_fr, p.title_es, p.summary, p.summary_fr, p.summary_es, p.status, p.status_since, p.confidential, p.example,
	p.start_on, p.end_on, p.modality, p.modality_by, p.modality_at, p.umbrella, p.need_kind, p.need_text, p.need_on, p.manager, p.source, p.source_place,
	p.version, p.created_at, p.created_by, p.updated_at, p.updated_by, p.deleted_at`

// get reads one partnership that the actor holds a right on.
func get(t *db.Tx, a access.Actor, id string, r access.Right) (Partnership, error) {
	q := db.NewQ(`select `+columns+` from partnership p where p.id = $1 and p.deleted_at is null and`, id).AddPart(Where(a, r))
	return db.One[Partnership](t, q.SQL(), q.Args...)
}

// lock reads one partnership and keeps it for this transaction; removed ones too.
func lock(t *db.Tx, id string) (Partnership, error) {
	return db.One[Partnership](t, `select `+columns+` from partnership p where p.id = $1`+t.Lock(), id)
}

// held says whether the actor holds a right on a partnership.
func held(t *db.Tx, a access.Actor, id string, r access.Right) (bool, error) {
	q := db.NewQ(`select count(*) from partnership p where p.id = $1 and p.deleted_at is null and`, id).AddPart(Where(a, r))
	n, err := db.One[int](t, q.SQL(), q.Args...)
	return n > 0, err
}

func insert(t *db.Tx, p Partnership, folded string) error {
	_, err := t.Exec(`insert into partnership (id, title, title_fr, title_es, title_folded, summary, summary_fr, summary_es, status, status_since,
			confidential, example, start_on, end_on, modality, modality_by, modality_at, umbrella, need_kind, need_text, need_on, manager, source, source_place,
			version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, 1, $25, $26, $25, $26)`,
		p.ID, p.Title, p.TitleFR, p.TitleES, folded, p.Summary, p.SummaryFR, p.SummaryES, string(p.Status), p.StatusSince,
		p.Confidential, p.Example, string(p.StartOn), string(p.EndOn), string(p.Modality), p.ModalityBy, p.ModalityAt, db.NullID(p.Umbrella),
		string(p.NeedKind), p.NeedText, string(p.NeedOn), p.Manager, p.Source, p.SourcePlace, p.CreatedAt, p.CreatedBy)
	return err
}

func update(t *db.Tx, p Partnership, folded string) error {
	return t.ExecOne(`update partnership set title = $2, title_fr = $3, title_es = $4, title_folded = $5, summary = $6, summary_fr = $7, summary_es = $8,
			status = $9, status_since = $10, confidential = $11, start_on = $12, end_on = $13, modality = $14, modality_by = $15, modality_at = $16,
			umbrella = $17, need_kind = $18, need_text = $19, need_on = $20, manager = $21, version = $22, updated_at = $23, updated_by = $24
		where id = $1`,
		p.ID, p.Title, p.TitleFR, p.TitleES, folded, p.Summary, p.SummaryFR, p.SummaryES, string(p.Status), p.StatusSince, p.Confidential,
		string(p.StartOn), string(p.EndOn), string(p.Modality), p.ModalityBy, p.ModalityAt, db.NullID(p.Umbrella),
		string(p.NeedKind), p.NeedText, string(p.NeedOn), p.Manager, p.Version, p.UpdatedAt, p.UpdatedBy)
}

func setDeleted(t *db.Tx, id string, at any, by string) error {
	return t.ExecOne(`update partnership set deleted_at = $2, version = version + 1, updated_at = $3, updated_by = $4 where id = $1`, id, at, t.Now, by)
}

func insertStatus(t *db.Tx, id, partnership string, from, to Status, why Why, by string) error {
	_, err := t.Exec(`insert into partnership_status (id, partnership, from_status, to_status, reason, reason_fr, reason_es, at, by_actor) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		id, partnership, string(from), string(to), why.EN, why.FR, why.ES, t.Now, by)
	return err
}

// StatusChange is one move of a partnership from a status to another.
type StatusChange struct {
	From   Status   `db:"from_status"`
	To     Status   `db:"to_status"`
	Reason string   `db:"reason"`
	FR     string   `db:"reason_fr"`
	ES     string   `db:"reason_es"`
	At     clock.Ms `db:"at"`
	By     string   `db:"by_name"`
}

// ReasonIn is the reason in a language, where it was given in it.
func (c StatusChange) ReasonIn(lang string) string { return inLang(lang, c.Reason, c.FR, c.ES) }

func statusChanges(t *db.Tx, partnership string) ([]StatusChange, error) {
	return db.All[StatusChange](t, `select s.from_status, s.to_status, s.reason, s.reason_fr, s.reason_es, s.at, `+access.AccountName("s.by_actor")+` as by_name
		from partnership_status s where s.partnership = $1 order by s.at desc, s.id desc`, partnership)
}

const partyColumns = `y.id, y.partnership, y.organisation, y.label, y.label_fr, y.label_es, y.country, y.joined_on, y.left_on, y.inferred, y.basis, y.basis_fr, y.basis_es, y.source_place,
	y.version, y.created_at, y.created_by, y.updated_at, y.updated_by, y.deleted_at`

func partiesOf(t *db.Tx, partnership string) ([]Party, error) {
	return db.All[Party](t, `select `+partyColumns+` from party y where y.partnership = $1 and y.deleted_at is null order by y.created_at, y.id`, partnership)
}

func partyOf(t *db.Tx, partnership, id string) (Party, error) {
	return db.One[Party](t, `select `+partyColumns+` from party y where y.partnership = $1 and y.id = $2`, partnership, id)
}

func insertParty(t *db.Tx, p Party) error {
	_, err := t.Exec(`insert into party (id, partnership, organisation, label, label_fr, label_es, country, joined_on, left_on, inferred, basis, basis_fr, basis_es, source_place,
			version, created_at, created_by, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $16, $15, $16)`,
		p.ID, p.Partnership, db.NullID(p.Organisation), p.Label, p.LabelFR, p.LabelES, p.Country, string(p.JoinedOn), string(p.LeftOn), p.Inferred, p.Basis, p.BasisFR, p.BasisES, p.SourcePlace,
		p.CreatedAt, p.CreatedBy)
	return err
}

func updateParty(t *db.Tx, p Party) error {
	return t.ExecOne(`update party set organisation = $2, label = $3, label_fr = $4, label_es = $5, country = $6, joined_on = $7, left_on = $8, basis = $9, basis_fr = $10, basis_es = $11,
			version = version + 1, updated_at = $12, updated_by = $13 where id = $1`,
		p.ID, db.NullID(p.Organisation), p.Label, p.LabelFR, p.LabelES, p.Country, string(p.JoinedOn), string(p.LeftOn), p.Basis, p.BasisFR, p.BasisES, t.Now, p.UpdatedBy)
}

func setPartyDeleted(t *db.Tx, id string, at any, by string) error {
	return t.ExecOne(`update party set deleted_at = $2, version = version + 1, updated_at = $3, updated_by = $4 where id = $1`, id, at, t.Now, by)
}

const roleColumns = `r.id, r.partnership, r.party, r.role, r.from_on, r.to_on, r.inferred, r.basis, r.basis_fr, r.basis_es, r.source_place, r.version, r.created_at, r.created_by, r.deleted_at`

func rolesOf(t *db.Tx, partnership string) ([]PartyRole, error) {
	return db.All[PartyRole](t, `select `+roleColumns+` from party_role r where r.partnership = $1 and r.deleted_at is null order by r.from_on, r.created_at, r.id`, partnership)
}

func insertRole(t *db.Tx, r PartyRole) error {
	_, err := t.Exec(`insert into party_role (id, partnership, party, role, from_on, to_on, inferred, basis, basis_fr, basis_es, source_place, created_at, created_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		r.ID, r.Partnership, r.Party, string(r.Role), string(r.FromOn), string(r.ToOn), r.Inferred, r.Basis, r.BasisFR, r.BasisES, r.SourcePlace, r.CreatedAt, r.CreatedBy)
	return err
}

func updateRole(t *db.Tx, r PartyRole) error {
	return t.ExecOne(`update party_role set from_on = $2, to_on = $3, basis = $4, basis_fr = $5, basis_es = $6, version = version + 1 where id = $1`, r.ID, string(r.FromOn), string(r.ToOn), r.Basis, r.BasisFR, r.BasisES)
}

func setRoleDeleted(t *db.Tx, id string, at any) error {
	return t.ExecOne(`update party_role set deleted_at = $2 where id = $1`, id, at)
}

func placesOf(t *db.Tx, partnership string) ([]Place, error) {
	return db.All[Place](t, `select id, partnership, kind, code, name, name_fr, name_es, lat, lon, inferred, source_place, created_at, created_by, deleted_at
		from partnership_place where partnership = $1 and deleted_at is null order by created_at, id`, partnership)
}

func insertPlace(t *db.Tx, p Place) error {
	_, err := t.Exec(`insert into partnership_place (id, partnership, kind, code, name, name_fr, name_es, lat, lon, inferred, source_place, created_at, created_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		p.ID, p.Partnership, string(p.Kind), p.Code, p.Name, p.NameFR, p.NameES, p.Lat, p.Lon, p.Inferred, p.SourcePlace, p.CreatedAt, p.CreatedBy)
	return err
}

func setPlaceDeleted(t *db.Tx, partnership, id string, at any) error {
	return t.ExecOne(`update partnership_place set deleted_at = $3 where partnership = $1 and id = $2`, partnership, id, at)
}

func tagsOf(t *db.Tx, partnership string) ([]Tag, error) {
	return db.All[Tag](t, `select partnership, list, code, party, basis, basis_fr, basis_es, source_place, created_at, created_by
		from partnership_tag where partnership = $1 order by list, code, party`, partnership)
}

func insertTag(t *db.Tx, g Tag) error {
	_, err := t.Exec(`insert into partnership_tag (partnership, list, code, party, basis, basis_fr, basis_es, source_place, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		g.Partnership, g.List, g.Code, g.Party, g.Basis, g.BasisFR, g.BasisES, g.SourcePlace, g.CreatedAt, g.CreatedBy)
	return err
}

func deleteTag(t *db.Tx, g Tag) error {
	_, err := t.Exec(`delete from partnership_tag where partnership = $1 and list = $2 and code = $3 and party = $4`, g.Partnership, g.List, g.Code, g.Party)
	return err
}

func amountsOf(t *db.Tx, a access.Actor, partnership string) ([]Amount, error) {
	q := db.NewQ(`select m.id, m.partnership, m.kind, m.minor, m.currency, m.stated_as, m.note, m.note_fr, m.note_es, m.source_place, m.audience, m.created_at, m.created_by, m.deleted_at
		from partnership_amount m where m.partnership = $1 and m.deleted_at is null and`, partnership).AddPart(access.Audience(a, "m.audience")).Add(`order by m.created_at, m.id`)
	return db.All[Amount](t, q.SQL(), q.Args...)
}

func insertAmount(t *db.Tx, m Amount) error {
	_, err := t.Exec(`insert into partnership_amount (id, partnership, kind, minor, currency, stated_as, note, note_fr, note_es, source_place, audience, created_at, created_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		m.ID, m.Partnership, m.Kind, m.Minor, m.Currency, m.StatedAs, m.Note, m.NoteFR, m.NoteES, m.SourcePlace, m.Audience, m.CreatedAt, m.CreatedBy)
	return err
}

func setAmountDeleted(t *db.Tx, partnership, id string, at any) error {
	return t.ExecOne(`update partnership_amount set deleted_at = $3 where partnership = $1 and id = $2`, partnership, id, at)
}

func resultsOf(t *db.Tx, a access.Actor, partnership string) ([]Result, error) {
	q := db.NewQ(`select m.id, m.partnership, m.position, m.kind, m.text, m.text_fr, m.text_es, m.source_place, m.audience, m.created_at, m.created_by, m.deleted_at
		from partnership_result m where m.partnership = $1 and m.deleted_at is null and`, partnership).AddPart(access.Audience(a, "m.audience")).Add(`order by m.position, m.id`)
	return db.All[Result](t, q.SQL(), q.Args...)
}

func insertResult(t *db.Tx, m Result) error {
	_, err := t.Exec(`insert into partnership_result (id, partnership, position, kind, text, text_fr, text_es, source_place, audience, created_at, created_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		m.ID, m.Partnership, m.Position, m.Kind, m.Text, m.TextFR, m.TextES, m.SourcePlace, m.Audience, m.CreatedAt, m.CreatedBy)
	return err
}

func setResultDeleted(t *db.Tx, partnership, id string, at any) error {
	return t.ExecOne(`update partnership_result set deleted_at = $3 where partnership = $1 and id = $2`, partnership, id, at)
}

var memberColumns = `m.id, m.partnership, m.account, m.access_right, m.until_on, m.created_at, m.created_by, m.deleted_at, ` +
	access.AccountPerson("m.account") + ` as person, ` + access.AccountName("m.account") + ` as name, ` + access.AccountOut("m.account") + ` as away, ` + access.AccountRolesEnd("m.account") + ` as roles_end`

func teamOf(t *db.Tx, partnership string) ([]Member, error) {
	return db.All[Member](t, `select `+memberColumns+` from partnership_team m where m.partnership = $1 and m.deleted_at is null order by m.created_at, m.id`, partnership)
}

func managerOf(t *db.Tx, account string) (Member, error) {
	m, ok, err := db.Maybe[Member](t, `select cast($1 as text) as account, `+access.AccountPerson("$1")+` as person, `+access.AccountName("$1")+` as name`, account)
	if err == nil && !ok {
		m.Account = account
	}
	return m, err
}

func insertMember(t *db.Tx, m Member) error {
	_, err := t.Exec(`insert into partnership_team (id, partnership, account, access_right, until_on, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7)`,
		m.ID, m.Partnership, m.Account, string(m.Right), string(m.UntilOn), t.Now, m.CreatedBy)
	return err
}

func setMemberDeleted(t *db.Tx, partnership, id string, at any) error {
	return t.ExecOne(`update partnership_team set deleted_at = $3 where partnership = $1 and id = $2`, partnership, id, at)
}

// partnersSince are the organisations that are parties, or were on a day or
// after it. One that left in a month or a year may have left at its end.
func partnersSince(t *db.Tx, partnership string, day clock.Day) ([]string, error) {
	return db.All[string](t, `select distinct y.organisation from party y
		where y.partnership = $1 and y.organisation is not null and (y.left_on = '' or y.left_on >= substr(cast($2 as text), 1, length(y.left_on)))
			and (y.joined_on = '' or y.joined_on <= substr(cast($3 as text), 1, length(y.joined_on)))
			and y.deleted_at is null`, partnership, string(day), string(t.Now.Day()))
}

// partnershipsOf are the partnerships in which an organisation is or was a party.
func partnershipsOf(t *db.Tx, organisation string) ([]string, error) {
	return db.All[string](t, `select distinct y.partnership from party y where y.organisation = $1`, organisation)
}

// partnershipsOfMember are the partnerships in whose team an account is.
func partnershipsOfMember(t *db.Tx, account string) ([]string, error) {
	return db.All[string](t, `select distinct m.partnership from partnership_team m where m.account = $1 and m.deleted_at is null`, account)
}

// partnershipsHeld are the partnerships on which an account holds a right.
func partnershipsHeld(t *db.Tx, account string) ([]string, error) {
	return db.All[string](t, access.Objects(Kind, access.View), account)
}

func openAccountsOf(t *db.Tx, organisation string) ([]string, error) {
	return db.All[string](t, access.AccountsOf, organisation)
}

const evidenceColumns = `e.id, e.partnership, e.element, e.kind, e.title, e.ref, e.note, e.dated, e.file_name, e.alt, e.origin, e.media_type, e.size, e.audience,
	e.version, e.created_at, e.created_by, e.updated_at, e.updated_by, e.deleted_at`

func evidenceOf(t *db.Tx, partnership string) ([]Evidence, error) {
	return db.All[Evidence](t, `select `+evidenceColumns+` from evidence e where e.partnership = $1 and e.deleted_at is null order by e.dated desc, e.created_at desc`, partnership)
}

// evidenceFor reads the evidence of some elements that is meant for the actor.
func evidenceFor(t *db.Tx, a access.Actor, partnership string, elements []string) ([]Evidence, error) {
	q := db.NewQ(`select `+evidenceColumns+` from evidence e where e.partnership = $1 and e.deleted_at is null and`, partnership).AddPart(access.Audience(a, "e.audience"))
	db.In(q, `and e.element in`, elements).Add(`order by e.dated desc, e.created_at desc`)
	return db.All[Evidence](t, q.SQL(), q.Args...)
}

func oneEvidence(t *db.Tx, a access.Actor, partnership, id string) (Evidence, error) {
	q := db.NewQ(`select `+evidenceColumns+` from evidence e where e.partnership = $1 and e.id = $2 and`, partnership, id).AddPart(access.Audience(a, "e.audience"))
	return db.One[Evidence](t, q.SQL(), q.Args...)
}

func insertEvidence(t *db.Tx, e Evidence) error {
	_, err := t.Exec(`insert into evidence (id, partnership, element, kind, title, ref, note, dated, file_name, alt, origin, media_type, size, audience, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $16, $15, $16)`,
		e.ID, e.Partnership, e.Element, string(e.Kind), e.Title, e.Ref, e.Note, string(e.Dated), e.FileName, e.Alt, e.Origin, e.MediaType, e.Size, e.Audience, e.CreatedAt, e.CreatedBy)
	return err
}

func updateEvidence(t *db.Tx, e Evidence) error {
	return t.ExecOne(`update evidence set title = $2, ref = $3, note = $4, dated = $5, file_name = $6, alt = $7, media_type = $8, size = $9, audience = $10,
			version = $11, updated_at = $12, updated_by = $13 where id = $1`,
		e.ID, e.Title, e.Ref, e.Note, string(e.Dated), e.FileName, e.Alt, e.MediaType, e.Size, e.Audience, e.Version, e.UpdatedAt, e.UpdatedBy)
}

// keptFrom are the files that were kept from an evidence's message and are
// still linked.
func keptFrom(t *db.Tx, a access.Actor, partnership, evidence string) ([]Evidence, error) {
	q := db.NewQ(`select `+evidenceColumns+` from evidence e where e.partnership = $1 and e.origin = $2 and e.deleted_at is null and`, partnership, evidence).
		AddPart(access.Audience(a, "e.audience")).Add(`order by e.created_at, e.id`)
	return db.All[Evidence](t, q.SQL(), q.Args...)
}

func setEvidenceDeleted(t *db.Tx, id string, at any, by string) error {
	return t.ExecOne(`update evidence set deleted_at = $2, version = version + 1, updated_at = $3, updated_by = $4 where id = $1`, id, at, t.Now, by)
}

const attestationColumns = `n.id, n.partnership, n.element, n.kind, n.reason, n.title, n.link, n.note, n.file, n.file_name, n.media_type, n.size, n.dated, n.valid_until,
	n.content, n.author, n.author_person, n.state, n.decided_by, n.decider, n.decided_at, n.decided_why, n.approved, n.audience,
	n.version, n.created_at, n.created_by, n.updated_at, n.updated_by, n.deleted_at`

func attestationsOf(t *db.Tx, partnership string) ([]Attestation, error) {
	return db.All[Attestation](t, `select `+attestationColumns+` from attestation n where n.partnership = $1 and n.deleted_at is null order by n.created_at desc, n.id desc`, partnership)
}

// attestationsFor reads the attestations of some elements that are meant for the actor.
func attestationsFor(t *db.Tx, a access.Actor, partnership string, elements []string) ([]Attestation, error) {
	q := db.NewQ(`select `+attestationColumns+` from attestation n where n.partnership = $1 and n.deleted_at is null and`, partnership).AddPart(access.Audience(a, "n.audience"))
	db.In(q, `and n.element in`, elements).Add(`order by n.created_at desc, n.id desc`)
	return db.All[Attestation](t, q.SQL(), q.Args...)
}

func oneAttestation(t *db.Tx, a access.Actor, partnership, id string) (Attestation, error) {
	q := db.NewQ(`select `+attestationColumns+` from attestation n where n.partnership = $1 and n.id = $2 and n.deleted_at is null and`, partnership, id).AddPart(access.Audience(a, "n.audience"))
	return db.One[Attestation](t, q.SQL(), q.Args...)
}

func insertAttestation(t *db.Tx, n Attestation) error {
	_, err := t.Exec(`insert into attestation (id, partnership, element, kind, reason, title, link, note, file, file_name, media_type, size, dated, valid_until,
			content, author, author_person, state, audience, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 1, $20, $21, $20, $21)`,
		n.ID, n.Partnership, n.Element, string(n.Kind), n.Reason, n.Title, n.Link, n.Note, n.File, n.FileName, n.MediaType, n.Size, string(n.Dated), string(n.ValidUntil),
		n.Content, n.Author, n.AuthorPerson, string(n.State), n.Audience, n.CreatedAt, n.CreatedBy)
	return err
}

func updateAttestation(t *db.Tx, n Attestation) error {
	return t.ExecOne(`update attestation set reason = $2, title = $3, link = $4, note = $5, file = $6, file_name = $7, media_type = $8, size = $9, dated = $10, valid_until = $11,
			content = $12, author = $13, author_person = $14, state = $15, decided_by = $16, decider = $17, decided_at = $18, decided_why = $19, approved = $20, audience = $21,
			version = $22, updated_at = $23, updated_by = $24 where id = $1`,
		n.ID, n.Reason, n.Title, n.Link, n.Note, n.File, n.FileName, n.MediaType, n.Size, string(n.Dated), string(n.ValidUntil),
		n.Content, n.Author, n.AuthorPerson, string(n.State), n.DecidedBy, n.Decider, n.DecidedAt, n.DecidedWhy, n.Approved, n.Audience,
		n.Version, n.UpdatedAt, n.UpdatedBy)
}

const claimColumns = `c.id, c.partnership, c.element, c.kind, c.record, c.text, c.dated, c.stated_by, c.content, c.audience,
	c.version, c.created_at, c.created_by, c.updated_at, c.updated_by, c.deleted_at`

func claimsOf(t *db.Tx, partnership string) ([]Claim, error) {
	return db.All[Claim](t, `select `+claimColumns+` from claim c where c.partnership = $1 and c.deleted_at is null order by c.created_at desc, c.id desc`, partnership)
}

// claimsFor reads the claims that are meant for the actor.
func claimsFor(t *db.Tx, a access.Actor, partnership string) ([]Claim, error) {
	q := db.NewQ(`select `+claimColumns+` from claim c where c.partnership = $1 and c.deleted_at is null and`, partnership).AddPart(access.Audience(a, "c.audience")).Add(`order by c.created_at desc, c.id desc`)
	return db.All[Claim](t, q.SQL(), q.Args...)
}

func oneClaim(t *db.Tx, a access.Actor, partnership, id string) (Claim, error) {
	q := db.NewQ(`select `+claimColumns+` from claim c where c.partnership = $1 and c.id = $2 and c.deleted_at is null and`, partnership, id).AddPart(access.Audience(a, "c.audience"))
	return db.One[Claim](t, q.SQL(), q.Args...)
}

func insertClaim(t *db.Tx, c Claim) error {
	_, err := t.Exec(`insert into claim (id, partnership, element, kind, record, text, dated, stated_by, content, audience, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $11, $12)`,
		c.ID, c.Partnership, c.Element, c.Kind, c.Record, c.Text, string(c.Dated), c.StatedBy, c.Content, c.Audience, c.CreatedAt, c.CreatedBy)
	return err
}

func updateClaim(t *db.Tx, c Claim) error {
	return t.ExecOne(`update claim set kind = $2, text = $3, dated = $4, content = $5, version = $6, updated_at = $7, updated_by = $8, deleted_at = $9 where id = $1`,
		c.ID, c.Kind, c.Text, string(c.Dated), c.Content, c.Version, c.UpdatedAt, c.UpdatedBy, nullMs(c.DeletedAt))
}

// nullMs turns no instant into NULL, as deleted_at has it.
func nullMs(m clock.Ms) any {
	if m == 0 {
		return nil
	}
	return m
}

func answersOf(t *db.Tx, partnership string) ([]Answer, error) {
	return db.All[Answer](t, `select w.claim, w.organisation, w.answer, w.reason, w.content, w.at, w.by_actor
		from claim_answer w join claim c on c.id = w.claim where c.partnership = $1 and c.deleted_at is null order by w.at`, partnership)
}

func saveAnswer(t *db.Tx, w Answer) error {
	_, err := t.Exec(`insert into claim_answer (claim, organisation, answer, reason, content, at, by_actor) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (claim, organisation) do update set answer = excluded.answer, reason = excluded.reason, content = excluded.content, at = excluded.at, by_actor = excluded.by_actor`,
		w.Claim, w.Organisation, w.Answer, w.Reason, w.Content, w.At, w.ByActor)
	return err
}

const actionColumns = `x.id, x.partnership, x.element, x.text, x.message, x.link, x.owner_kind, x.owner_id, x.not_person, x.due_on, x.high, x.state, x.system_key,
	x.done_note, x.done_by, x.done_person, x.done_at, x.checked_by, x.checked_at, x.audience, x.version, x.created_at, x.created_by, x.updated_at, x.updated_by, x.deleted_at`

func insertAction(t *db.Tx, x Action) error { return insertActions(t, []Action{x}) }

func insertActions(t *db.Tx, list []Action) error {
	rows := make([][]any, len(list))
	for i, x := range list {
		rows[i] = []any{
			x.ID, x.Partnership, x.Element, x.Text, x.Message.Text(), x.Link, string(x.OwnerKind), x.OwnerID, x.NotPerson, string(x.DueOn), x.High, string(x.State),
			db.NullID(x.SystemKey), x.Audience, 1, x.CreatedAt, x.CreatedBy, x.CreatedAt, x.CreatedBy,
		}
	}
	return db.InsertMany(t, `insert into action (id, partnership, element, text, message, link, owner_kind, owner_id, not_person, due_on, high, state, system_key, audience,
			version, created_at, created_by, updated_at, updated_by)`, ``, rows)
}

func updateAction(t *db.Tx, x Action) error {
	return t.ExecOne(`update action set text = $2, owner_kind = $3, owner_id = $4, due_on = $5, high = $6, state = $7, system_key = $8, done_note = $9, done_by = $10, done_person = $11,
			done_at = $12, checked_by = $13, checked_at = $14, audience = $15, version = $16, updated_at = $17, updated_by = $18 where id = $1`,
		x.ID, x.Text, string(x.OwnerKind), x.OwnerID, string(x.DueOn), x.High, string(x.State), db.NullID(x.SystemKey), x.DoneNote, x.DoneBy, x.DonePerson,
		x.DoneAt, x.CheckedBy, x.CheckedAt, x.Audience, x.Version, x.UpdatedAt, x.UpdatedBy)
}

func oneAction(t *db.Tx, a access.Actor, partnership, id string) (Action, error) {
	q := db.NewQ(`select `+actionColumns+` from action x where x.partnership = $1 and x.id = $2 and x.deleted_at is null and`, partnership, id).AddPart(access.Audience(a, "x.audience"))
	return db.One[Action](t, q.SQL(), q.Args...)
}

// systemActions are the open actions that the product made of a partnership.
func systemActions(t *db.Tx, partnership string) ([]Action, error) {
	return db.All[Action](t, `select `+actionColumns+` from action x where x.partnership = $1 and x.system_key is not null and x.deleted_at is null`, partnership)
}

// Todo is an action with the partnership it is of.
type Todo struct {
	Action
	Title   string `db:"ptitle"`
	TitleFR string `db:"ptitle_fr"`
	TitleES string `db:"ptitle_es"`
	Maker   string `db:"maker"` // who made it, empty for the product
}

// PartnershipTitle is the title of the action's partnership in a language.
func (x Todo) PartnershipTitle(lang string) string {
	return inLang(lang, x.Title, x.TitleFR, x.TitleES)
}

var todoColumns = actionColumns + `, p.title as ptitle, p.title_fr as ptitle_fr, p.title_es as ptitle_es, coalesce(` + access.AccountName("x.created_by") + `, '') as maker`

func insertDeadline(t *db.Tx, d Deadline) error {
	_, err := t.Exec(`insert into deadline (id, partnership, element, text, message, due_on, system_key, audience, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		d.ID, d.Partnership, d.Element, d.Text, d.Message.Text(), string(d.DueOn), db.NullID(d.SystemKey), d.Audience, t.Now, d.CreatedBy)
	return err
}

func setDeadlineDeleted(t *db.Tx, partnership, id string, at any) error {
	return t.ExecOne(`update deadline set deleted_at = $3 where partnership = $1 and id = $2`, partnership, id, at)
}

const deadlineColumns = `g.id, g.partnership, g.element, g.text, g.message, g.due_on, g.system_key, g.done_at, g.audience, g.created_at, g.created_by, g.deleted_at`

func systemDeadlines(t *db.Tx, partnership string) ([]Deadline, error) {
	return db.All[Deadline](t, `select `+deadlineColumns+` from deadline g where g.partnership = $1 and g.system_key is not null and g.deleted_at is null`, partnership)
}

func deadlinesFor(t *db.Tx, a access.Actor, partnership string) ([]Deadline, error) {
	q := db.NewQ(`select `+deadlineColumns+` from deadline g where g.partnership = $1 and g.deleted_at is null and g.done_at is null and`, partnership).
		AddPart(access.Audience(a, "g.audience")).Add(`order by g.due_on, g.id limit 100`)
	return db.All[Deadline](t, q.SQL(), q.Args...)
}

// Due is a deadline with the partnership it is of.
type Due struct {
	Deadline
	Title   string `db:"ptitle"`
	TitleFR string `db:"ptitle_fr"`
	TitleES string `db:"ptitle_es"`
}

// PartnershipTitle is the title of the deadline's partnership in a language.
func (d Due) PartnershipTitle(lang string) string { return inLang(lang, d.Title, d.TitleFR, d.TitleES) }

func nextDeadlines(t *db.Tx, a access.Actor, from clock.Day, limit int) ([]Due, error) {
	q := db.NewQ(`select `+deadlineColumns+`, p.title as ptitle, p.title_fr as ptitle_fr, p.title_es as ptitle_es
		from deadline g join partnership p on p.id = g.partnership
		where g.deleted_at is null and g.done_at is null and p.deleted_at is null and g.due_on >= $1 and`, string(from)).AddPart(Where(a, access.View)).Add(`and`).
		AddPart(access.Audience(a, "g.audience")).Add(`order by g.due_on, g.id limit $1`, limit)
	return db.All[Due](t, q.SQL(), q.Args...)
}

func waiversOf(t *db.Tx, partnership string) ([]Waiver, error) {
	return db.All[Waiver](t, `select id, partnership, gate, reason, until_on, by_actor, by_role, at, deleted_at from gate_waiver
		where partnership = $1 and deleted_at is null order by at desc`, partnership)
}

func insertWaiver(t *db.Tx, w Waiver) error {
	_, err := t.Exec(`insert into gate_waiver (id, partnership, gate, reason, until_on, by_actor, by_role, at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		w.ID, w.Partnership, w.Gate, w.Reason, string(w.UntilOn), w.ByActor, string(w.ByRole), w.At)
	return err
}

func setWaiverDeleted(t *db.Tx, partnership, id string, at any) error {
	return t.ExecOne(`update gate_waiver set deleted_at = $3 where partnership = $1 and id = $2`, partnership, id, at)
}

// stateRow is a row of journey_state.
type stateRow struct {
	Element   string           `db:"element"`
	State     State            `db:"state"`
	Since     clock.Ms         `db:"since"`
	Finding   db.JSON[Finding] `db:"finding"`
	CheckedAt clock.Ms         `db:"checked_at"`
}

func statesOf(t *db.Tx, partnership string) ([]stateRow, error) {
	return db.All[stateRow](t, `select element, state, since, finding, checked_at from journey_state where partnership = $1`, partnership)
}

func saveStates(t *db.Tx, partnership string, list []stateRow) error {
	rows := make([][]any, len(list))
	for i, s := range list {
		rows[i] = []any{partnership, s.Element, string(s.State), s.Since, db.AsJSON(s.Finding.V), s.CheckedAt}
	}
	return db.InsertMany(t, `insert into journey_state (partnership, element, state, since, finding, checked_at)`,
		`on conflict (partnership, element) do update set state = excluded.state, since = excluded.since, finding = excluded.finding, checked_at = excluded.checked_at`, rows)
}

// waitRow is a row of journey_waiting.
type waitRow struct {
	Element string    `db:"element"`
	Kind    WhoKind   `db:"who_kind"`
	ID      string    `db:"who_id"`
	What    string    `db:"what"`
	Message StoredMsg `db:"message"`
	Link    string    `db:"link"`
	Since   clock.Ms  `db:"since"`
}

func (w waitRow) key() string {
	return w.Element + "\x00" + string(w.Kind) + "\x00" + w.ID + "\x00" + w.What
}

func waitingOf(t *db.Tx, partnership string) ([]waitRow, error) {
	return db.All[waitRow](t, `select element, who_kind, who_id, what, message, link, since from journey_waiting where partnership = $1 order by since, element, what, who_kind, who_id`, partnership)
}

func saveWaits(t *db.Tx, partnership string, list []waitRow) error {
	rows := make([][]any, len(list))
	for i, w := range list {
		rows[i] = []any{partnership, w.Element, string(w.Kind), w.ID, w.What, w.Message.Text(), w.Link, w.Since}
	}
	return db.InsertMany(t, `insert into journey_waiting (partnership, element, who_kind, who_id, what, message, link, since)`,
		`on conflict (partnership, element, who_kind, who_id, what) do update set message = excluded.message, link = excluded.link`, rows)
}

func deleteWait(t *db.Tx, partnership string, w waitRow) error {
	_, err := t.Exec(`delete from journey_waiting where partnership = $1 and element = $2 and who_kind = $3 and who_id = $4 and what = $5`,
		partnership, w.Element, string(w.Kind), w.ID, w.What)
	return err
}

func insertChanges(t *db.Tx, list []Change) error {
	rows := make([][]any, len(list))
	for i, c := range list {
		rows[i] = []any{c.ID, c.Partnership, c.Element, string(c.From), string(c.To), c.At}
	}
	return db.InsertMany(t, `insert into journey_history (id, partnership, element, from_state, to_state, at)`, ``, rows)
}

func historyOf(t *db.Tx, partnership string) ([]Change, error) {
	return db.All[Change](t, `select id, partnership, element, from_state, to_state, at from journey_history where partnership = $1 order by at, id`, partnership)
}

// Summary is what lists show of a journey.
type Summary struct {
	Partnership   string    `db:"partnership"`
	Strip         string    `db:"strip"`
	Met           int       `db:"met"`
	Attested      int       `db:"attested"`
	Partly        int       `db:"partly"`
	Open          int       `db:"open"`
	NotApplicable int       `db:"not_applicable"`
	WaitSince     clock.Ms  `db:"wait_since"`
	WaitKind      WhoKind   `db:"wait_kind"`
	WaitID        string    `db:"wait_id"`
	WaitMessage   StoredMsg `db:"wait_message"`
	WaitElement   string    `db:"wait_element"`
	CheckedAt     clock.Ms  `db:"checked_at"`
}

const summaryColumns = `s.partnership, s.strip, s.met, s.attested, s.partly, s.open, s.not_applicable, s.wait_since, s.wait_kind, s.wait_id, s.wait_message, s.wait_element, s.checked_at`

func saveSummary(t *db.Tx, s Summary) error {
	_, err := t.Exec(`insert into journey_summary (partnership, strip, met, attested, partly, open, not_applicable, wait_since, wait_kind, wait_id, wait_message, wait_element, checked_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		on conflict (partnership) do update set strip = excluded.strip, met = excluded.met, attested = excluded.attested, partly = excluded.partly, open = excluded.open,
			not_applicable = excluded.not_applicable, wait_since = excluded.wait_since, wait_kind = excluded.wait_kind, wait_id = excluded.wait_id,
			wait_message = excluded.wait_message, wait_element = excluded.wait_element, checked_at = excluded.checked_at`,
		s.Partnership, s.Strip, s.Met, s.Attested, s.Partly, s.Open, s.NotApplicable, s.WaitSince, string(s.WaitKind), s.WaitID, s.WaitMessage.Text(), s.WaitElement, s.CheckedAt)
	return err
}

func summaryOf(t *db.Tx, partnership string) (Summary, bool, error) {
	return db.Maybe[Summary](t, `select `+summaryColumns+` from journey_summary s where s.partnership = $1`, partnership)
}

func markDirty(t *db.Tx, partnership string) error {
	_, err := t.Exec(`insert into journey_dirty (partnership, at) values ($1, $2) on conflict (partnership) do update set at = excluded.at`, partnership, t.Now)
	return err
}

func clearDirty(t *db.Tx, partnership string) error {
	_, err := t.Exec(`delete from journey_dirty where partnership = $1`, partnership)
	return err
}

func dirty(t *db.Tx, limit int) ([]string, error) {
	return db.All[string](t, `select partnership from journey_dirty order by at limit $1`, limit)
}

// idsAfter pages through all partnerships that are not removed.
func idsAfter(t *db.Tx, after string, limit int) ([]string, error) {
	return db.All[string](t, `select id from partnership where id > $1 and deleted_at is null order by id limit $2`, after, limit)
}

// Row is a partnership in a list.
type Row struct {
	ID           string    `db:"id"`
	Title        string    `db:"title"`
	TitleFR      string    `db:"title_fr"`
	TitleES      string    `db:"title_es"`
	Folded       string    `db:"title_folded"`
	Status       Status    `db:"status"`
	Example      bool      `db:"example"`
	Confidential bool      `db:"confidential"`
	StartOn      clock.Day `db:"start_on"`
	EndOn        clock.Day `db:"end_on"`
	Summary
	Parties []PartyName `db:"-"`
}

// TitleIn is the title in a language.
func (r Row) TitleIn(lang string) string { return inLang(lang, r.Title, r.TitleFR, r.TitleES) }

const rowColumns = `p.id, p.title, p.title_fr, p.title_es, p.title_folded, p.status, p.example, p.confidential, p.start_on, p.end_on, ` + summaryColumns

// ListFilter says which partnerships a list shows, and in which order.
type ListFilter struct {
	Words   string // folded words, all of which the title holds
	Status  Status
	Role    Role   // held by Organisation, or by anybody
	Theme   string // row of focus_theme
	Country string
	Party   string // organisation
	Sort    string // wait (longest first) or title
	Limit   int
}

// PartyName is a party in a list: its name and the roles it holds.
type PartyName struct {
	Partnership  string    `db:"partnership"`
	Party        string    `db:"party"`
	Organisation string    `db:"organisation"`
	Name         string    `db:"name"`
	Label        string    `db:"label"`
	Country      string    `db:"country"`
	OrgKind      string    `db:"kind"`
	Role         Role      `db:"role"`
	FromOn       clock.Day `db:"from_on"`
	ToOn         clock.Day `db:"to_on"`
	LeftOn       clock.Day `db:"left_on"`
}

// partyNames reads the parties of some partnerships, one row a role; a party
// without a role has one row with none.
func partyNames(t *db.Tx, lang string, partnerships []string) ([]PartyName, error) {
	label := map[string]string{"fr": "coalesce(nullif(y.label_fr, ''), y.label)", "es": "coalesce(nullif(y.label_es, ''), y.label)"}[lang]
	if label == "" {
		label = "y.label"
	}
	q := db.NewQ(`select y.partnership, y.id as party, y.organisation, ` + directory.OrganisationName("o", lang) + ` as name, ` + label + ` as label,
			coalesce(nullif(y.country, ''), ` + directory.OrganisationCountry("o") + `) as country, ` + directory.OrganisationKind("o") + ` as kind,
			r.role, r.from_on, r.to_on, y.left_on
		from party y left join party_role r on r.party = y.id and r.deleted_at is null ` + directory.JoinOrganisation("o", "y.organisation") + `
		where y.deleted_at is null`)
	db.In(q, `and y.partnership in`, partnerships).Add(`order by y.partnership, y.created_at, y.id, r.from_on, r.id`)
	return db.All[PartyName](t, q.SQL(), q.Args...)
}

// Recent is a change of an element in some partnership, for the home page.
type Recent struct {
	Change
	Title   string `db:"ptitle"`
	TitleFR string `db:"ptitle_fr"`
	TitleES string `db:"ptitle_es"`
}

// PartnershipTitle is the title of the change's partnership in a language.
func (r Recent) PartnershipTitle(lang string) string {
	return inLang(lang, r.Title, r.TitleFR, r.TitleES)
}

func changesSince(t *db.Tx, a access.Actor, since clock.Ms, limit int) ([]Recent, error) {
	q := db.NewQ(`select h.id, h.partnership, h.element, h.from_state, h.to_state, h.at, p.title as ptitle, p.title_fr as ptitle_fr, p.title_es as ptitle_es
		from journey_history h join partnership p on p.id = h.partnership where p.deleted_at is null and h.at > $1 and`, since).AddPart(Where(a, access.View)).
		Add(`order by h.at desc, h.id desc limit $1`, limit)
	return db.All[Recent](t, q.SQL(), q.Args...)
}

// membersOf are the members of an umbrella that the actor may view.
func membersOf(t *db.Tx, a access.Actor, umbrella string) ([]Row, error) {
	q := db.NewQ(`select `+rowColumns+` from partnership p join journey_summary s on s.partnership = p.id where p.deleted_at is null and p.umbrella = $1 and`, umbrella).
		AddPart(Where(a, access.View)).Add(`order by p.title_folded, p.id limit 100`)
	return db.All[Row](t, q.SQL(), q.Args...)
}

// titlesFor are partnerships to choose from, with the right to manage.
func titlesFor(t *db.Tx, a access.Actor, r access.Right, limit int) ([]Row, error) {
	q := db.NewQ(`select `+rowColumns+` from partnership p join journey_summary s on s.partnership = p.id where p.deleted_at is null and`).
		AddPart(Where(a, r)).Add(`order by p.title_folded, p.id limit $1`, limit)
	return db.All[Row](t, q.SQL(), q.Args...)
}

// personOf is the person of an account.
func personOf(t *db.Tx, account string) (string, error) {
	return db.One[string](t, `select coalesce(`+access.AccountPerson("$1")+`, '')`, account)
}

// organisationOf is the organisation a partner account is bound to.
func organisationOf(t *db.Tx, account string) (string, error) {
	return db.One[string](t, `select coalesce(`+access.AccountOrganisation("$1")+`, '')`, account)
}

// lockUmbrella is the umbrella of a partnership that is to become one.
func lockUmbrella(t *db.Tx, partnership string) (string, error) {
	return db.One[string](t, `select coalesce(umbrella, '') from partnership where id = $1 and deleted_at is null`+t.Lock(), partnership)
}

// heldRemoved says whether the actor managed a partnership that was removed.
func heldRemoved(t *db.Tx, a access.Actor, partnership string) (bool, error) {
	q := db.NewQ(`select count(*) from partnership p where p.id = $1 and`, partnership).AddPart(Where(a, access.Manage))
	n, err := db.One[int](t, q.SQL(), q.Args...)
	return n > 0, err
}

// todosHere are the open actions of a partnership that wait for the actor.
func todosHere(t *db.Tx, a access.Actor, partnership string, limit int) ([]Todo, error) {
	q := db.NewQ(`select `+todoColumns+` from action x join partnership p on p.id = x.partnership
		where x.partnership = $1 and `+openAction+` and`, partnership).
		AddPart(access.Audience(a, "x.audience")).Add(`and`).AddPart(isMine(a)).Add(`order by `+dueKey+`, x.id limit $1`, limit)
	return db.All[Todo](t, q.SQL(), q.Args...)
}

// idsUnder are the partnerships that stand under an umbrella.
func idsUnder(t *db.Tx, umbrella string) ([]string, error) {
	return db.All[string](t, `select id from partnership where umbrella = $1 and deleted_at is null limit 1`, umbrella)
}
