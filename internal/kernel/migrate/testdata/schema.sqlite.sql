CREATE TABLE access_link (
	token      TEXT not null primary key,
	purpose    TEXT not null,
	account    TEXT not null default '',
	created_at INTEGER   not null,
	expires_at INTEGER   not null,
	used_at    INTEGER   not null default 0
, address TEXT not null default '') STRICT;

CREATE INDEX ix_access_link_account on access_link (account);

CREATE TABLE account (
	id            TEXT   not null primary key,
	person        TEXT   not null,
	name          TEXT not null,
	email         TEXT not null,
	email_folded  TEXT not null,
	password      TEXT not null default '',
	organisation  TEXT not null default '',
	lang          TEXT not null default '',
	theme         TEXT not null default '',
	state         TEXT not null default 'invited',
	demo          INTEGER not null default false,
	seen_at       INTEGER   not null default 0,
	seen_before   INTEGER   not null default 0,
	version       INTEGER  not null default 1,
	created_at    INTEGER   not null,
	created_by    TEXT not null,
	updated_at    INTEGER   not null,
	updated_by    TEXT not null
) STRICT;

CREATE INDEX ix_account_organisation on account (organisation);

CREATE UNIQUE INDEX uq_account_email on account (email_folded);

CREATE UNIQUE INDEX uq_account_person on account (person);

CREATE TABLE account_factor (
	account      TEXT   not null primary key references account (id) on delete cascade,
	seed         TEXT not null,
	confirmed_at INTEGER   not null default 0,
	last_step    INTEGER  not null default 0,
	created_at   INTEGER   not null
) STRICT;

CREATE TABLE account_recovery (
	code       TEXT not null primary key,
	account    TEXT   not null references account (id) on delete cascade,
	created_at INTEGER   not null,
	used_at    INTEGER   not null default 0
) STRICT;

CREATE INDEX ix_account_recovery_account on account_recovery (account);

CREATE TABLE account_role (
	account    TEXT   not null references account (id) on delete cascade,
	role       TEXT not null,
	from_at    INTEGER   not null,
	until_at   INTEGER   not null default 0,
	granted_by TEXT not null,
	primary key (account, role)
) STRICT;

CREATE TABLE action (
	id           TEXT   not null primary key,
	partnership  TEXT   not null references partnership (id),
	element      TEXT not null default '',
	text         TEXT not null default '',
	message      TEXT not null default '',
	link         TEXT not null default '',
	owner_kind   TEXT not null,
	owner_id     TEXT not null,
	not_person   TEXT not null default '',
	due_on       TEXT not null default '',
	high         INTEGER not null default false,
	state        TEXT not null,
	system_key   TEXT,
	done_note    TEXT not null default '',
	done_by      TEXT not null default '',
	done_person  TEXT not null default '',
	done_at      INTEGER   not null default 0,
	checked_by   TEXT not null default '',
	checked_at   INTEGER   not null default 0,
	audience     TEXT not null,
	version      INTEGER  not null default 1,
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	updated_at   INTEGER   not null,
	updated_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_action_due on action ((case when due_on = '' then '9999' else due_on end), id) where deleted_at is null and state in ('open', 'to-check');

CREATE INDEX ix_action_owner on action (owner_kind, owner_id) where deleted_at is null and state in ('open', 'to-check') and owner_kind <> 'right';

CREATE INDEX ix_action_partnership on action (partnership, state, due_on);

CREATE UNIQUE INDEX uq_action_system on action (system_key) where deleted_at is null;

CREATE TABLE answer_code (
	id         TEXT   not null primary key,
	request    TEXT   not null references answer_request (id) on delete cascade,
	pass       TEXT not null,
	code       TEXT not null,
	created_at INTEGER   not null,
	expires_at INTEGER   not null,
	tries      INTEGER  not null default 0,
	used_at    INTEGER   not null default 0
) STRICT;

CREATE INDEX ix_answer_code on answer_code (request, created_at);

CREATE TABLE answer_link (
	token      TEXT not null primary key,
	request    TEXT   not null references answer_request (id) on delete cascade,
	created_at INTEGER   not null,
	ended_at   INTEGER   not null default 0
) STRICT;

CREATE INDEX ix_answer_link on answer_link (request);

CREATE TABLE answer_pass (
	token      TEXT not null primary key,
	request    TEXT   not null references answer_request (id) on delete cascade,
	created_at INTEGER   not null,
	expires_at INTEGER   not null,
	proven_at  INTEGER   not null default 0
) STRICT;

CREATE INDEX ix_answer_pass on answer_pass (request);

CREATE TABLE answer_reply (
	id            TEXT   not null primary key,
	request       TEXT   not null references answer_request (id),
	partnership   TEXT   not null references partnership (id),
	organisation  TEXT   not null,
	person        TEXT   not null,
	said          TEXT not null,
	words         TEXT not null default '',
	claim         TEXT not null default '',
	content       TEXT not null default '',
	role          TEXT not null default '',
	from_on       TEXT not null default '',
	given         TEXT not null default '',
	stage         TEXT not null default '',
	minor         INTEGER,
	currency      TEXT not null default '',
	quantity      INTEGER,
	unit          TEXT not null default '',
	contact_name  TEXT not null default '',
	contact_email TEXT not null default '',
	contact_phone TEXT not null default '',
	purpose       TEXT not null default '',
	consent       TEXT not null default '',
	state         TEXT not null default '',
	decided_by    TEXT not null default '',
	decided_at    INTEGER   not null default 0,
	decided_why   TEXT not null default '',
	version       INTEGER  not null default 1,
	at            INTEGER   not null
) STRICT;

CREATE INDEX ix_answer_reply_partnership on answer_reply (partnership, state);

CREATE INDEX ix_answer_reply_person on answer_reply (person);

CREATE INDEX ix_answer_reply_request on answer_reply (request, at);

CREATE TABLE answer_request (
	id            TEXT   not null primary key,
	partnership   TEXT   not null references partnership (id),
	kind          TEXT not null,
	element       TEXT not null,
	claim         TEXT   references claim (id),
	claim_version INTEGER  not null default 0,
	content       TEXT not null default '',
	organisation  TEXT   not null,
	person        TEXT   not null,
	address_hash  TEXT not null,
	lang          TEXT not null,
	note          TEXT not null default '',
	due_on        TEXT not null default '',
	days          INTEGER  not null,
	reminders     INTEGER  not null default 0,
	sent_at       INTEGER   not null,
	reminded_at   INTEGER   not null default 0,
	expires_at    INTEGER   not null,
	opened_at     INTEGER   not null default 0,
	wrong         INTEGER  not null default 0,
	wanted_at     INTEGER   not null default 0,
	answered_at   INTEGER   not null default 0,
	reply         TEXT not null default '',
	revoked_at    INTEGER   not null default 0,
	version       INTEGER  not null default 1,
	created_at    INTEGER   not null,
	created_by    TEXT not null,
	updated_at    INTEGER   not null,
	updated_by    TEXT not null
) STRICT;

CREATE INDEX ix_answer_request_answered on answer_request (answered_at);

CREATE INDEX ix_answer_request_open on answer_request (expires_at) where answered_at = 0 and revoked_at = 0;

CREATE INDEX ix_answer_request_partnership on answer_request (partnership);

CREATE INDEX ix_answer_request_person on answer_request (person);

CREATE TABLE attestation (
	id            TEXT   not null primary key,
	partnership   TEXT   not null references partnership (id),
	element       TEXT not null,
	kind          TEXT not null,
	reason        TEXT not null,
	title         TEXT not null default '',
	link          TEXT not null default '',
	note          TEXT not null default '',
	file          TEXT not null default '',
	file_name     TEXT not null default '',
	media_type    TEXT not null default '',
	size          INTEGER  not null default 0,
	dated         TEXT not null,
	valid_until   TEXT not null,
	content       TEXT not null,
	author        TEXT not null,
	author_person TEXT not null,
	state         TEXT not null,
	decided_by    TEXT not null default '',
	decider       TEXT not null default '',
	decided_at    INTEGER   not null default 0,
	decided_why   TEXT not null default '',
	approved      TEXT not null default '',
	audience      TEXT not null,
	version       INTEGER  not null default 1,
	created_at    INTEGER   not null,
	created_by    TEXT not null,
	updated_at    INTEGER   not null,
	updated_by    TEXT not null,
	deleted_at    INTEGER
) STRICT;

CREATE INDEX ix_attestation_file on attestation (file);

CREATE INDEX ix_attestation_partnership on attestation (partnership, element);

CREATE INDEX ix_attestation_state on attestation (state, valid_until);

CREATE TABLE audit (
	id        TEXT   not null primary key,
	seq       INTEGER,
	at        INTEGER   not null,
	actor     TEXT not null,
	action    TEXT not null,
	kind      TEXT not null,
	record    TEXT not null,
	context   TEXT not null default '',
	audience  TEXT not null default 'host',
	title     TEXT not null default '',
	version   INTEGER  not null default 0,
	changes   TEXT not null default '{}',
	prev      TEXT not null default '',
	hash      TEXT not null default ''
) STRICT;

CREATE INDEX ix_audit_actor on audit (actor, at);

CREATE INDEX ix_audit_at on audit (at);

CREATE INDEX ix_audit_context on audit (context, at);

CREATE INDEX ix_audit_record on audit (kind, record, at);

CREATE UNIQUE INDEX uq_audit_seq on audit (seq);

CREATE TABLE audit_personal (
	audit_id TEXT   not null,
	field    TEXT not null,
	salt     TEXT not null,
	value    TEXT not null,
	primary key (audit_id, field)
) STRICT;

CREATE TABLE calendar_feed (
	id          TEXT   not null primary key,
	token       TEXT not null,
	account     TEXT   not null,
	partnership TEXT not null default '',
	lang        TEXT not null,
	created_at  INTEGER   not null,
	read_at     INTEGER   not null default 0,
	revoked_at  INTEGER   not null default 0
) STRICT;

CREATE UNIQUE INDEX uq_calendar_feed on calendar_feed (account, partnership) where revoked_at = 0;

CREATE UNIQUE INDEX uq_calendar_feed_token on calendar_feed (token);

CREATE TABLE claim (
	id          TEXT   not null primary key,
	partnership TEXT   not null references partnership (id),
	element     TEXT not null,
	kind        TEXT not null,
	record      TEXT not null default '',
	text        TEXT not null,
	dated       TEXT not null default '',
	stated_by   TEXT not null,
	content     TEXT not null,
	audience    TEXT not null,
	version     INTEGER  not null default 1,
	created_at  INTEGER   not null,
	created_by  TEXT not null,
	updated_at  INTEGER   not null,
	updated_by  TEXT not null,
	deleted_at  INTEGER
) STRICT;

CREATE INDEX ix_claim_partnership on claim (partnership, element);

CREATE TABLE claim_answer (
	claim        TEXT   not null references claim (id),
	organisation TEXT   not null,
	answer       TEXT not null,
	reason       TEXT not null default '',
	content      TEXT not null,
	at           INTEGER   not null,
	by_actor     TEXT not null,
	primary key (claim, organisation)
) STRICT;

CREATE TABLE contact_point (
	id           TEXT   not null primary key,
	person       TEXT   references person (id) on delete cascade,
	organisation TEXT   references organisation (id) on delete cascade,
	kind         TEXT not null,
	value        TEXT not null,
	purposes     TEXT not null default '',
	basis        TEXT not null,
	basis_on     TEXT not null default '',
	basis_note   TEXT not null default '',
	withdrawn_on TEXT not null default '',
	bounced_on   TEXT not null default '',
	from_on      TEXT not null default '',
	to_on        TEXT not null default '',
	preferred    INTEGER not null default false,
	lang         TEXT not null default '',
	version      INTEGER  not null default 1,
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	updated_at   INTEGER   not null,
	updated_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_contact_point_organisation on contact_point (organisation);

CREATE INDEX ix_contact_point_person on contact_point (person);

CREATE TABLE deadline (
	id          TEXT   not null primary key,
	partnership TEXT   not null references partnership (id),
	element     TEXT not null default '',
	text        TEXT not null default '',
	message     TEXT not null default '',
	due_on      TEXT not null,
	system_key  TEXT,
	done_at     INTEGER,
	audience    TEXT not null,
	created_at  INTEGER   not null,
	created_by  TEXT not null,
	deleted_at  INTEGER
) STRICT;

CREATE INDEX ix_deadline_due on deadline (due_on);

CREATE INDEX ix_deadline_partnership on deadline (partnership, due_on);

CREATE UNIQUE INDEX uq_deadline_system on deadline (system_key) where deleted_at is null;

CREATE TABLE digest_choice (
	account    TEXT   not null primary key,
	rhythm     TEXT not null default '',
	reminders  INTEGER not null default true,
	told_at    INTEGER   not null default 0,
	updated_at INTEGER   not null
) STRICT;

CREATE TABLE digest_reminded (
	account TEXT   not null,
	item    TEXT not null,
	at      INTEGER   not null,
	primary key (account, item)
) STRICT;

CREATE INDEX ix_digest_reminded_at on digest_reminded (at);

CREATE TABLE digest_stop (
	token      TEXT not null primary key,
	account    TEXT   not null,
	kind       TEXT not null,
	created_at INTEGER   not null
) STRICT;

CREATE INDEX ix_digest_stop_account on digest_stop (account);

CREATE INDEX ix_digest_stop_created on digest_stop (created_at);

CREATE TABLE erasure (
	person TEXT   not null primary key,
	at     INTEGER   not null,
	by_actor TEXT not null
) STRICT;

CREATE TABLE erasure_hash (
	person TEXT   not null references erasure (person) on delete cascade,
	hash   TEXT not null,
	primary key (person, hash)
) STRICT;

CREATE INDEX ix_erasure_hash on erasure_hash (hash);

CREATE TABLE evidence (
	id          TEXT   not null primary key,
	partnership TEXT   not null references partnership (id),
	element     TEXT not null,
	kind        TEXT not null,
	title       TEXT not null,
	ref         TEXT not null default '',
	note        TEXT not null default '',
	dated       TEXT not null default '',
	media_type  TEXT not null default '',
	size        INTEGER  not null default 0,
	audience    TEXT not null,
	version     INTEGER  not null default 1,
	created_at  INTEGER   not null,
	created_by  TEXT not null,
	updated_at  INTEGER   not null,
	updated_by  TEXT not null,
	deleted_at  INTEGER
, file_name TEXT not null default '', alt TEXT not null default '', origin TEXT not null default '') STRICT;

CREATE INDEX ix_evidence_partnership on evidence (partnership, element);

CREATE INDEX ix_evidence_ref on evidence (ref);

CREATE TABLE file (
	hash       TEXT not null primary key,
	size       INTEGER  not null,
	media_type TEXT not null,
	created_at INTEGER   not null
) STRICT;

CREATE TABLE file_version (
	id          TEXT   not null primary key,
	partnership TEXT   not null references partnership (id),
	record_kind TEXT not null,
	record      TEXT   not null,
	number      INTEGER  not null,
	file        TEXT not null,
	file_name   TEXT not null,
	media_type  TEXT not null,
	size        INTEGER  not null,
	message     TEXT not null default '',
	created_at  INTEGER   not null,
	created_by  TEXT not null
) STRICT;

CREATE UNIQUE INDEX uq_file_version on file_version (record, number);

CREATE TABLE form_key (
	id       TEXT not null primary key,
	account  TEXT not null,
	location TEXT not null default '',
	at       INTEGER   not null
) STRICT;

CREATE INDEX ix_form_key_at on form_key (at);

CREATE TABLE gate_waiver (
	id          TEXT   not null primary key,
	partnership TEXT   not null references partnership (id),
	gate        TEXT not null,
	reason      TEXT not null,
	until_on    TEXT not null default '',
	by_actor    TEXT not null,
	by_role     TEXT not null,
	at          INTEGER   not null,
	deleted_at  INTEGER
) STRICT;

CREATE INDEX ix_gate_waiver on gate_waiver (partnership, gate);

CREATE TABLE handover (
	id           TEXT   not null primary key,
	from_account TEXT   not null,
	to_account   TEXT   not null,
	reason       TEXT not null,
	last_day     TEXT not null,
	at           INTEGER   not null,
	by_actor     TEXT not null,
	seen_at      INTEGER   not null default 0,
	undone_at    INTEGER   not null default 0,
	undone_by    TEXT not null default ''
) STRICT;

CREATE INDEX ix_handover_from on handover (from_account, at);

CREATE INDEX ix_handover_to on handover (to_account, at);

CREATE TABLE handover_item (
	id          TEXT   not null primary key,
	handover    TEXT   not null references handover (id),
	position    INTEGER  not null,
	kind        TEXT not null,
	partnership TEXT not null default '',
	record      TEXT not null,
	title       TEXT not null default '',
	data        TEXT not null default '',
	state       TEXT not null,
	why         TEXT not null default ''
) STRICT;

CREATE INDEX ix_handover_item on handover_item (handover, position);

CREATE TABLE handover_note (
	partnership TEXT   not null primary key references partnership (id),
	text        TEXT not null,
	version     INTEGER  not null default 1,
	updated_at  INTEGER   not null,
	updated_by  TEXT not null
) STRICT;

CREATE TABLE job (
	id           TEXT   not null primary key,
	kind         TEXT not null,
	args         TEXT not null default '{}',
	state        TEXT not null default 'ready',
	run_at       INTEGER   not null,
	attempt      INTEGER  not null default 0,
	max_attempts INTEGER  not null default 8,
	locked_until INTEGER   not null default 0,
	fence        INTEGER  not null default 0,
	unique_key   TEXT,
	again        INTEGER not null default false,
	progress     INTEGER  not null default 0,
	total        INTEGER  not null default 0,
	cancel       INTEGER not null default false,
	message      TEXT not null default '',
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	ended_at     INTEGER   not null default 0
) STRICT;

CREATE INDEX ix_job_ended on job (ended_at);

CREATE INDEX ix_job_ready on job (state, run_at);

CREATE UNIQUE INDEX uq_job_key on job (unique_key);

CREATE TABLE job_log (
	job  TEXT   not null references job (id) on delete cascade,
	n    INTEGER  not null,
	at   INTEGER   not null,
	line TEXT not null,
	primary key (job, n)
) STRICT;

CREATE TABLE job_schedule (
	name    TEXT not null primary key,
	next_at INTEGER   not null,
	last_at INTEGER   not null default 0
) STRICT;

CREATE TABLE journey_dirty (
	partnership TEXT not null primary key,
	at          INTEGER not null
) STRICT;

CREATE TABLE journey_history (
	id          TEXT   not null primary key,
	partnership TEXT   not null references partnership (id),
	element     TEXT not null,
	from_state  TEXT not null,
	to_state    TEXT not null,
	at          INTEGER   not null
) STRICT;

CREATE INDEX ix_journey_history on journey_history (partnership, element, at);

CREATE INDEX ix_journey_history_at on journey_history (at);

CREATE TABLE journey_state (
	partnership TEXT   not null references partnership (id),
	element     TEXT not null,
	state       TEXT not null,
	since       INTEGER   not null,
	finding     TEXT not null,
	checked_at  INTEGER   not null,
	primary key (partnership, element)
) STRICT;

CREATE TABLE journey_summary (
	partnership  TEXT   not null primary key references partnership (id),
	strip        TEXT not null,
	met          INTEGER  not null,
	attested     INTEGER  not null,
	partly       INTEGER  not null,
	open         INTEGER  not null,
	not_applicable INTEGER not null,
	wait_since   INTEGER   not null,
	wait_kind    TEXT not null,
	wait_id      TEXT not null,
	wait_message TEXT not null,
	wait_element TEXT not null,
	checked_at   INTEGER   not null
) STRICT;

CREATE INDEX ix_journey_summary_wait on journey_summary (wait_since, partnership);

CREATE TABLE journey_waiting (
	partnership TEXT   not null references partnership (id),
	element     TEXT not null,
	who_kind    TEXT not null,
	who_id      TEXT not null,
	what        TEXT not null,
	message     TEXT not null,
	link        TEXT not null default '',
	since       INTEGER   not null,
	primary key (partnership, element, who_kind, who_id, what)
) STRICT;

CREATE INDEX ix_journey_waiting_who on journey_waiting (who_kind, who_id, since);

CREATE TABLE mail_bounce (
	address TEXT not null primary key,
	at      INTEGER   not null,
	why     TEXT not null
) STRICT;

CREATE TABLE mail_outbox (
	id           TEXT   not null primary key,
	kind         TEXT not null,
	person       TEXT not null default '',
	address      TEXT not null,
	lang         TEXT not null,
	sealed       TEXT not null,
	once_key     TEXT,
	state        TEXT not null,
	why          TEXT not null default '',
	reply        TEXT not null default '',
	attempt      INTEGER  not null default 0,
	run_at       INTEGER   not null,
	expires_at   INTEGER   not null default 0,
	locked_until INTEGER   not null default 0,
	fence        INTEGER  not null default 0,
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	ended_at     INTEGER   not null default 0
) STRICT;

CREATE INDEX ix_mail_address on mail_outbox (address);

CREATE INDEX ix_mail_due on mail_outbox (state, run_at);

CREATE INDEX ix_mail_ended on mail_outbox (ended_at);

CREATE INDEX ix_mail_person on mail_outbox (person);

CREATE UNIQUE INDEX uq_mail_once on mail_outbox (once_key);

CREATE TABLE mail_quarantine (
	id    TEXT not null primary key,
	since INTEGER   not null
) STRICT;

CREATE TABLE object_access (
	account      TEXT   not null references account (id) on delete cascade,
	kind         TEXT not null,
	object       TEXT   not null,
	access_right TEXT not null,
	primary key (account, kind, object, access_right)
) STRICT;

CREATE INDEX ix_object_access_object on object_access (kind, object);

CREATE TABLE organisation (
	id            TEXT   not null primary key,
	name          TEXT not null,
	name_fr       TEXT not null default '',
	name_es       TEXT not null default '',
	name_folded   TEXT not null,
	search_folded TEXT not null,
	acronym       TEXT not null default '',
	kind          TEXT not null default '',
	constituent   TEXT not null default '',
	country       TEXT not null default '',
	parent        TEXT,
	website       TEXT not null default '',
	note          TEXT not null default '',
	example       INTEGER not null default false,
	source        TEXT not null default '',
	source_place  TEXT not null default '',
	version       INTEGER  not null default 1,
	created_at    INTEGER   not null,
	created_by    TEXT not null,
	updated_at    INTEGER   not null,
	updated_by    TEXT not null,
	deleted_at    INTEGER
) STRICT;

CREATE INDEX ix_organisation_constituent on organisation (constituent, name_folded, id) where deleted_at is null;

CREATE INDEX ix_organisation_country on organisation (country, name_folded, id) where deleted_at is null;

CREATE INDEX ix_organisation_deleted on organisation (deleted_at) where deleted_at is not null;

CREATE INDEX ix_organisation_kind on organisation (kind, name_folded, id) where deleted_at is null;

CREATE INDEX ix_organisation_name on organisation (name_folded, id, search_folded) where deleted_at is null;

CREATE INDEX ix_organisation_parent on organisation (parent, name_folded);

CREATE TABLE organisation_alias (
	organisation TEXT   not null references organisation (id) on delete cascade,
	name         TEXT not null,
	name_folded  TEXT not null,
	primary key (organisation, name_folded)
) STRICT;

CREATE INDEX ix_organisation_alias on organisation_alias (name_folded);

CREATE TABLE organisation_identifier (
	organisation TEXT   not null references organisation (id) on delete cascade,
	scheme       TEXT not null,
	value        TEXT not null,
	deleted_at   INTEGER,
	primary key (organisation, scheme, value)
) STRICT;

CREATE UNIQUE INDEX uq_organisation_identifier on organisation_identifier (scheme, value) where deleted_at is null;

CREATE TABLE organisation_member (
	id           TEXT   not null primary key,
	organisation TEXT   not null references organisation (id) on delete cascade,
	member       TEXT,
	country      TEXT not null default '',
	from_on      TEXT not null default '',
	to_on        TEXT not null default '',
	source       TEXT not null default '',
	version      INTEGER  not null default 1,
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	updated_at   INTEGER   not null,
	updated_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_organisation_member on organisation_member (organisation);

CREATE INDEX ix_organisation_member_of on organisation_member (member);

CREATE TABLE organisation_standing (
	id           TEXT   not null primary key,
	organisation TEXT   not null references organisation (id) on delete cascade,
	kind         TEXT not null,
	from_on      TEXT not null default '',
	to_on        TEXT not null default '',
	source       TEXT not null default '',
	version      INTEGER  not null default 1,
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	updated_at   INTEGER   not null,
	updated_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_organisation_standing on organisation_standing (organisation);

CREATE TABLE partnership (
	id           TEXT   not null primary key,
	title        TEXT not null,
	title_fr     TEXT not null default '',
	title_es     TEXT not null default '',
	title_folded TEXT not null,
	summary      TEXT not null default '',
	summary_fr   TEXT not null default '',
	summary_es   TEXT not null default '',
	status       TEXT not null,
	status_since INTEGER   not null,
	confidential INTEGER not null default false,
	example      INTEGER not null default false,
	start_on     TEXT not null default '',
	end_on       TEXT not null default '',
	modality     TEXT not null default '',
	modality_by  TEXT not null default '',
	modality_at  INTEGER   not null default 0,
	umbrella     TEXT,
	need_kind    TEXT not null default '',
	need_text    TEXT not null default '',
	need_on      TEXT not null default '',
	manager      TEXT   not null,
	source       TEXT not null default '',
	source_place TEXT not null default '',
	version      INTEGER  not null default 1,
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	updated_at   INTEGER   not null,
	updated_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_partnership_confidential on partnership (id, deleted_at) where confidential = true;

CREATE INDEX ix_partnership_deleted on partnership (deleted_at) where deleted_at is not null;

CREATE INDEX ix_partnership_status on partnership (status, title_folded, id);

CREATE INDEX ix_partnership_title on partnership (title_folded, id);

CREATE INDEX ix_partnership_umbrella on partnership (umbrella);

CREATE TABLE partnership_amount (
	id           TEXT   not null primary key,
	partnership  TEXT   not null references partnership (id),
	kind         TEXT not null,
	minor        INTEGER,
	currency     TEXT not null default '',
	stated_as    TEXT not null default '',
	note         TEXT not null default '',
	note_fr      TEXT not null default '',
	note_es      TEXT not null default '',
	source_place TEXT not null default '',
	audience     TEXT not null,
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_partnership_amount on partnership_amount (partnership);

CREATE TABLE partnership_place (
	id           TEXT   not null primary key,
	partnership  TEXT   not null references partnership (id),
	kind         TEXT not null,
	code         TEXT not null default '',
	name         TEXT not null default '',
	name_fr      TEXT not null default '',
	name_es      TEXT not null default '',
	lat          REAL,
	lon          REAL,
	inferred     INTEGER not null default false,
	source_place TEXT not null default '',
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_partnership_place on partnership_place (partnership);

CREATE INDEX ix_partnership_place_code on partnership_place (code, partnership) where deleted_at is null;

CREATE TABLE partnership_result (
	id           TEXT   not null primary key,
	partnership  TEXT   not null references partnership (id),
	position     INTEGER  not null,
	kind         TEXT not null,
	text         TEXT not null,
	text_fr      TEXT not null default '',
	text_es      TEXT not null default '',
	source_place TEXT not null default '',
	audience     TEXT not null,
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_partnership_result on partnership_result (partnership, position);

CREATE TABLE partnership_status (
	id          TEXT   not null primary key,
	partnership TEXT   not null references partnership (id),
	from_status TEXT not null,
	to_status   TEXT not null,
	reason      TEXT not null default '',
	at          INTEGER   not null,
	by_actor    TEXT not null
, reason_fr TEXT not null default '', reason_es TEXT not null default '') STRICT;

CREATE INDEX ix_partnership_status_of on partnership_status (partnership, at);

CREATE TABLE partnership_tag (
	partnership  TEXT   not null references partnership (id),
	list         TEXT not null,
	code         TEXT not null,
	party        TEXT not null default '',
	basis        TEXT not null default '',
	basis_fr     TEXT not null default '',
	basis_es     TEXT not null default '',
	source_place TEXT not null default '',
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	primary key (partnership, list, code, party)
) STRICT;

CREATE INDEX ix_partnership_tag_code on partnership_tag (list, code);

CREATE TABLE partnership_team (
	id           TEXT   not null primary key,
	partnership  TEXT   not null references partnership (id),
	account      TEXT   not null,
	access_right TEXT not null,
	until_on     TEXT not null default '',
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_team_account on partnership_team (account);

CREATE UNIQUE INDEX uq_team on partnership_team (partnership, account, access_right) where deleted_at is null;

CREATE TABLE party (
	id           TEXT   not null primary key,
	partnership  TEXT   not null references partnership (id),
	organisation TEXT,
	label        TEXT not null default '',
	label_fr     TEXT not null default '',
	label_es     TEXT not null default '',
	country      TEXT not null default '',
	joined_on    TEXT not null default '',
	left_on      TEXT not null default '',
	inferred     INTEGER not null default false,
	basis        TEXT not null default '',
	basis_fr     TEXT not null default '',
	basis_es     TEXT not null default '',
	source_place TEXT not null default '',
	version      INTEGER  not null default 1,
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	updated_at   INTEGER   not null,
	updated_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_party_organisation on party (organisation);

CREATE INDEX ix_party_partnership on party (partnership);

CREATE UNIQUE INDEX uq_party_organisation on party (partnership, organisation) where deleted_at is null;

CREATE TABLE party_role (
	id           TEXT   not null primary key,
	partnership  TEXT   not null references partnership (id),
	party        TEXT   not null references party (id),
	role         TEXT not null,
	from_on      TEXT not null default '',
	to_on        TEXT not null default '',
	inferred     INTEGER not null default false,
	basis        TEXT not null default '',
	basis_fr     TEXT not null default '',
	basis_es     TEXT not null default '',
	source_place TEXT not null default '',
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	deleted_at   INTEGER
, version INTEGER not null default 1) STRICT;

CREATE INDEX ix_party_role_partnership on party_role (partnership);

CREATE INDEX ix_party_role_party on party_role (party);

CREATE TABLE person (
	id          TEXT   not null primary key,
	name        TEXT not null,
	name_folded TEXT not null,
	email       TEXT not null default '',
	lang        TEXT not null default '',
	note        TEXT not null default '',
	example     INTEGER not null default false,
	version     INTEGER  not null default 1,
	created_at  INTEGER   not null,
	created_by  TEXT not null,
	updated_at  INTEGER   not null,
	updated_by  TEXT not null,
	deleted_at  INTEGER
, erased_at INTEGER) STRICT;

CREATE INDEX ix_person_deleted on person (deleted_at) where deleted_at is not null;

CREATE INDEX ix_person_email on person (email) where email <> '';

CREATE INDEX ix_person_name on person (name_folded, id) where deleted_at is null;

CREATE TABLE person_role (
	id           TEXT   not null primary key,
	person       TEXT   not null references person (id) on delete cascade,
	organisation TEXT   not null references organisation (id),
	title        TEXT not null default '',
	focal        INTEGER not null default false,
	from_on      TEXT not null default '',
	to_on        TEXT not null default '',
	version      INTEGER  not null default 1,
	created_at   INTEGER   not null,
	created_by   TEXT not null,
	updated_at   INTEGER   not null,
	updated_by   TEXT not null,
	deleted_at   INTEGER
) STRICT;

CREATE INDEX ix_person_role_organisation on person_role (organisation);

CREATE INDEX ix_person_role_person on person_role (person);

CREATE TABLE record_version (
	kind    TEXT not null,
	record  TEXT   not null,
	version INTEGER  not null,
	at      INTEGER   not null,
	fields  TEXT not null,
	primary key (kind, record, version)
) STRICT;

CREATE INDEX ix_record_version_at on record_version (at);

CREATE TABLE ref_item (
	id         TEXT   not null primary key,
	list       TEXT not null references ref_list (list),
	code       TEXT not null,
	version    INTEGER  not null,
	position   INTEGER  not null,
	name_en    TEXT not null,
	name_fr    TEXT not null,
	name_es    TEXT not null,
	text_en    TEXT not null default '',
	text_fr    TEXT not null default '',
	text_es    TEXT not null default '',
	parent     TEXT not null default '',
	valid_from TEXT not null default '',
	valid_to   TEXT not null default '',
	source     TEXT not null,
	place      TEXT not null default '',
	as_of      TEXT not null,
	verified   INTEGER not null,
	attrs      TEXT not null default '{}',
	current    INTEGER not null,
	created_at INTEGER   not null,
	created_by TEXT not null
) STRICT;

CREATE INDEX ix_ref_item_current on ref_item (list, current, position);

CREATE UNIQUE INDEX uq_ref_item on ref_item (list, code, version);

CREATE TABLE ref_list (
	list     TEXT not null primary key,
	name_en  TEXT not null,
	name_fr  TEXT not null,
	name_es  TEXT not null,
	text_en  TEXT not null default '',
	text_fr  TEXT not null default '',
	text_es  TEXT not null default '',
	version  INTEGER  not null,
	source   TEXT not null,
	as_of    TEXT not null,
	verified INTEGER not null,
	editable INTEGER not null,
	digest   TEXT not null
) STRICT;

CREATE TABLE ref_source (
	source    TEXT not null primary key,
	title     TEXT not null,
	publisher TEXT not null,
	date      TEXT not null,
	address   TEXT not null default '',
	licence   TEXT not null default '',
	note      TEXT not null default ''
) STRICT;

CREATE TABLE retention_rule (
	code       TEXT not null primary key,
	days       INTEGER  not null,
	updated_at INTEGER   not null,
	updated_by TEXT not null
) STRICT;

CREATE TABLE schema_migration (
	number INTEGER not null primary key, name TEXT not null, sum TEXT not null, at INTEGER not null);

CREATE TABLE session (
	token      TEXT not null primary key,
	account    TEXT   not null references account (id) on delete cascade,
	created_at INTEGER   not null,
	seen_at    INTEGER   not null,
	auth_at    INTEGER   not null,
	agent      TEXT not null default ''
) STRICT;

CREATE INDEX ix_session_account on session (account);

CREATE INDEX ix_session_seen on session (seen_at);

CREATE TABLE setting (
	name       TEXT not null primary key,
	value      TEXT not null,
	updated_at INTEGER   not null,
	updated_by TEXT not null
) STRICT;
