package partnership

import (
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

const requestColumns = `q.id, q.partnership, q.kind, q.element, coalesce(q.claim, '') as claim, q.claim_version, q.content, q.organisation, q.person, q.address_hash,
	q.lang, q.note, q.due_on, q.days, q.reminders, q.sent_at, q.reminded_at, q.expires_at, q.opened_at, q.wrong, q.wanted_at, q.answered_at, q.reply, q.revoked_at,
	q.version, q.created_at, q.created_by, q.updated_at, q.updated_by`

// requestsOf are the requests of a partnership, the latest first.
func requestsOf(t *db.Tx, partnership string) ([]Request, error) {
	return db.All[Request](t, `select `+requestColumns+` from answer_request q where q.partnership = $1 order by q.created_at desc, q.id desc`, partnership)
}

func requestIn(t *db.Tx, partnership, id string) (Request, error) {
	return db.One[Request](t, `select `+requestColumns+` from answer_request q where q.partnership = $1 and q.id = $2`, partnership, id)
}

func requestByID(t *db.Tx, id string) (Request, error) {
	return db.One[Request](t, `select `+requestColumns+` from answer_request q where q.id = $1`, id)
}

// lockRequest keeps a request for this transaction: of two answers at once the
// second sees the first.
func lockRequest(t *db.Tx, id string) (Request, error) {
	return db.One[Request](t, `select `+requestColumns+` from answer_request q where q.id = $1`+t.Lock(), id)
}

func insertRequest(t *db.Tx, r Request) error {
	return t.ExecOne(`insert into answer_request (id, partnership, kind, element, claim, claim_version, content, organisation, person, address_hash, lang, note, due_on, days,
			reminders, sent_at, expires_at, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1, $18, $19, $18, $19)`,
		r.ID, r.Partnership, string(r.Kind), r.Element, db.NullID(r.Claim), r.ClaimVersion, r.Content, r.Organisation, r.Person, r.AddressHash, r.Lang, r.Note, string(r.DueOn), r.Days,
		r.Reminders, r.SentAt, r.ExpiresAt, r.CreatedAt, r.CreatedBy)
}

func updateRequest(t *db.Tx, r Request) error {
	return t.ExecOne(`update answer_request set claim_version = $2, content = $3, address_hash = $4, sent_at = $5, reminded_at = $6, expires_at = $7, opened_at = $8, wrong = $9,
			wanted_at = $10, answered_at = $11, reply = $12, revoked_at = $13, version = $14, updated_at = $15, updated_by = $16 where id = $1`,
		r.ID, r.ClaimVersion, r.Content, r.AddressHash, r.SentAt, r.RemindedAt, r.ExpiresAt, r.OpenedAt, r.Wrong, r.WantedAt, r.AnsweredAt, r.Reply, r.RevokedAt,
		r.Version, r.UpdatedAt, r.UpdatedBy)
}

// requestsToRemind are the requests that are out, by id: whether one is due is
// the rules' to say.
func requestsToRemind(t *db.Tx, after string, limit int) ([]Request, error) {
	return db.All[Request](t, `select `+requestColumns+` from answer_request q
		where q.answered_at = 0 and q.revoked_at = 0 and q.expires_at > $1 and q.reminders > 0 and q.id > $2 order by q.id limit $3`, t.Now, after, limit)
}

// Links.

func insertRequestLink(t *db.Tx, token, request string) error {
	return t.ExecOne(`insert into answer_link (token, request, created_at) values ($1, $2, $3)`, token, request, t.Now)
}

// endRequestLinks takes the right of all links of a request.
func endRequestLinks(t *db.Tx, request string) error {
	_, err := t.Exec(`update answer_link set ended_at = $2 where request = $1 and ended_at = 0`, request, t.Now)
	return err
}

// requestLink is a link as it is found by its token's hash.
type requestLink struct {
	Request string   `db:"request"`
	EndedAt clock.Ms `db:"ended_at"`
}

func requestLinkOf(t *db.Tx, token string) (requestLink, error) {
	return db.One[requestLink](t, `select request, ended_at from answer_link where token = $1`, token)
}

// Passes.

type passRow struct {
	Token     string   `db:"token"`
	Request   string   `db:"request"`
	ExpiresAt clock.Ms `db:"expires_at"`
	ProvenAt  clock.Ms `db:"proven_at"`
}

func insertPass(t *db.Tx, p passRow) error {
	return t.ExecOne(`insert into answer_pass (token, request, created_at, expires_at, proven_at) values ($1, $2, $3, $4, $5)`, p.Token, p.Request, t.Now, p.ExpiresAt, p.ProvenAt)
}

func passOf(t *db.Tx, token, request string) (passRow, bool, error) {
	return db.Maybe[passRow](t, `select token, request, expires_at, proven_at from answer_pass where token = $1 and request = $2 and expires_at > $3`, token, request, t.Now)
}

func deletePass(t *db.Tx, token string) error {
	_, err := t.Exec(`delete from answer_pass where token = $1`, token)
	return err
}

func deletePasses(t *db.Tx, request string) error {
	_, err := t.Exec(`delete from answer_pass where request = $1`, request)
	return err
}

// Codes.

type codeRow struct {
	ID        string   `db:"id"`
	Code      string   `db:"code"`
	ExpiresAt clock.Ms `db:"expires_at"`
	Tries     int      `db:"tries"`
	UsedAt    clock.Ms `db:"used_at"`
}

func insertCode(t *db.Tx, id, request, pass, code string, expires clock.Ms) error {
	return t.ExecOne(`insert into answer_code (id, request, pass, code, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`, id, request, pass, code, t.Now, expires)
}

// codesSince are when the codes of a request were made since an instant, the
// first one first.
func codesSince(t *db.Tx, request string, since clock.Ms) ([]clock.Ms, error) {
	return db.All[clock.Ms](t, `select created_at from answer_code where request = $1 and created_at > $2 order by created_at`, request, since)
}

// lastCode is the newest code of a pass: an older one lost its right with it.
func lastCode(t *db.Tx, request, pass string) (codeRow, bool, error) {
	return db.Maybe[codeRow](t, `select id, code, expires_at, tries, used_at from answer_code where request = $1 and pass = $2 order by created_at desc, id desc limit 1`, request, pass)
}

func countTry(t *db.Tx, code string) error {
	return t.ExecOne(`update answer_code set tries = tries + 1 where id = $1`, code)
}

func useCode(t *db.Tx, code string) error {
	return t.ExecOne(`update answer_code set used_at = $2 where id = $1 and used_at = 0`, code, t.Now)
}

// pruneRequests forgets passes and codes that are long over.
func pruneRequests(t *db.Tx) error {
	before := t.Now.Add(-24 * time.Hour)
	_, err := t.Exec(`delete from answer_pass where expires_at < $1`, before)
	if err != nil {
		return err
	}
	_, err = t.Exec(`delete from answer_code where expires_at < $1`, before)
	return err
}

// Replies.

const replyColumns = `w.id, w.request, w.partnership, w.organisation, w.person, w.said, w.words, w.claim, w.content, w.role, w.from_on, w.given, w.stage, w.minor, w.currency,
	w.quantity, w.unit, w.contact_name, w.contact_email, w.contact_phone, w.purpose, w.consent, w.state, w.decided_by, w.decided_at, w.decided_why, w.version, w.at`

func insertReply(t *db.Tx, w Reply) error {
	return t.ExecOne(`insert into answer_reply (id, request, partnership, organisation, person, said, words, claim, content, role, from_on, given, stage, minor, currency,
			quantity, unit, contact_name, contact_email, contact_phone, purpose, consent, state, version, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 1, $24)`,
		w.ID, w.Request, w.Partnership, w.Organisation, w.Person, w.Said, w.Words, w.Claim, w.Content, string(w.Role), string(w.FromOn), w.Given, w.Stage, w.Minor, w.Currency,
		w.Quantity, w.Unit, w.ContactName, w.ContactEmail, w.ContactPhone, w.Purpose, w.Consent, string(w.State), w.At)
}

func decideReply(t *db.Tx, w Reply) error {
	return t.ExecOne(`update answer_reply set state = $2, decided_by = $3, decided_at = $4, decided_why = $5, version = $6,
			contact_name = $7, contact_email = $8, contact_phone = $9, purpose = $10, consent = $11 where id = $1`,
		w.ID, string(w.State), w.DecidedBy, w.DecidedAt, w.DecidedWhy, w.Version, w.ContactName, w.ContactEmail, w.ContactPhone, w.Purpose, w.Consent)
}

func replyIn(t *db.Tx, partnership, id string) (Reply, error) {
	return db.One[Reply](t, `select `+replyColumns+` from answer_reply w where w.partnership = $1 and w.id = $2`, partnership, id)
}

// repliesOf are the replies of a partnership, the latest first.
func repliesOf(t *db.Tx, partnership string) ([]Reply, error) {
	return db.All[Reply](t, `select `+replyColumns+` from answer_reply w where w.partnership = $1 order by w.at desc, w.id desc`, partnership)
}

func repliesTo(t *db.Tx, request string) ([]Reply, error) {
	return db.All[Reply](t, `select `+replyColumns+` from answer_reply w where w.request = $1 order by w.at desc, w.id desc`, request)
}

// Replied is an answer that came by a link, in some partnership, for the home
// page and the digest.
type Replied struct {
	Reply
	Kind    RequestKind `db:"kind"`
	Element string      `db:"element"`
	Title   string      `db:"ptitle"`
	TitleFR string      `db:"ptitle_fr"`
	TitleES string      `db:"ptitle_es"`
}

// PartnershipTitle is the title of the answer's partnership in a language.
func (r Replied) PartnershipTitle(lang string) string {
	return inLang(lang, r.Title, r.TitleFR, r.TitleES)
}

// repliesSince are the answers that came by a link since an instant, in
// partnerships that the actor may view; they are the host's to read.
func repliesSince(t *db.Tx, a access.Actor, since clock.Ms, limit int) ([]Replied, error) {
	if !a.Staff() {
		return nil, nil
	}
	q := db.NewQ(`select `+replyColumns+`, q.kind, q.element, p.title as ptitle, p.title_fr as ptitle_fr, p.title_es as ptitle_es
		from answer_reply w join answer_request q on q.id = w.request join partnership p on p.id = w.partnership
		where p.deleted_at is null and w.at > $1 and`, since).AddPart(Where(a, access.View)).Add(`order by w.at desc, w.id desc limit $1`, limit)
	return db.All[Replied](t, q.SQL(), q.Args...)
}

// claimBehind is the statement of a request, whoever it is for; a withdrawn one
// is not found.
func claimBehind(t *db.Tx, partnership, id string) (Claim, error) {
	return db.One[Claim](t, `select `+claimColumns+` from claim c where c.partnership = $1 and c.id = $2 and c.deleted_at is null`, partnership, id)
}

// plain reads a partnership for a link, removed or not, whoever may view it.
func plain(t *db.Tx, id string) (Partnership, error) {
	return db.One[Partnership](t, `select `+columns+` from partnership p where p.id = $1`, id)
}
