create table access_link (
	token text not null,
	purpose text not null,
	account text not null default '',
	created_at bigint not null,
	expires_at bigint not null,
	used_at bigint not null default 0,
	address text not null default '',
	constraint access_link_pkey PRIMARY KEY (token)
);
CREATE INDEX ix_access_link_account ON access_link USING btree (account);

create table account (
	id text not null,
	person text not null,
	name text not null,
	email text not null,
	email_folded text not null,
	password text not null default '',
	organisation text not null default '',
	lang text not null default '',
	theme text not null default '',
	state text not null default 'invited',
	demo boolean not null default false,
	seen_at bigint not null default 0,
	seen_before bigint not null default 0,
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	constraint account_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_account_organisation ON account USING btree (organisation);
CREATE UNIQUE INDEX uq_account_email ON account USING btree (email_folded);
CREATE UNIQUE INDEX uq_account_person ON account USING btree (person);

create table account_factor (
	account text not null,
	seed text not null,
	confirmed_at bigint not null default 0,
	last_step bigint not null default 0,
	created_at bigint not null,
	constraint account_factor_account_fkey FOREIGN KEY (account) REFERENCES account(id) ON DELETE CASCADE,
	constraint account_factor_pkey PRIMARY KEY (account)
);

create table account_recovery (
	code text not null,
	account text not null,
	created_at bigint not null,
	used_at bigint not null default 0,
	constraint account_recovery_account_fkey FOREIGN KEY (account) REFERENCES account(id) ON DELETE CASCADE,
	constraint account_recovery_pkey PRIMARY KEY (code)
);
CREATE INDEX ix_account_recovery_account ON account_recovery USING btree (account);

create table account_role (
	account text not null,
	role text not null,
	from_at bigint not null,
	until_at bigint not null default 0,
	granted_by text not null,
	constraint account_role_account_fkey FOREIGN KEY (account) REFERENCES account(id) ON DELETE CASCADE,
	constraint account_role_pkey PRIMARY KEY (account, role)
);

create table action (
	id text not null,
	partnership text not null,
	element text not null default '',
	text text not null default '',
	message text not null default '',
	link text not null default '',
	owner_kind text not null,
	owner_id text not null,
	not_person text not null default '',
	due_on text not null default '',
	high boolean not null default false,
	state text not null,
	system_key text,
	done_note text not null default '',
	done_by text not null default '',
	done_person text not null default '',
	done_at bigint not null default 0,
	checked_by text not null default '',
	checked_at bigint not null default 0,
	audience text not null,
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	constraint action_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint action_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_action_due ON action USING btree ((
CASE
    WHEN (due_on = ''::text) THEN '9999'::text
    ELSE due_on
END), id) WHERE ((deleted_at IS NULL) AND (state = ANY (ARRAY['open'::text, 'to-check'::text])));
CREATE INDEX ix_action_owner ON action USING btree (owner_kind, owner_id) WHERE ((deleted_at IS NULL) AND (state = ANY (ARRAY['open'::text, 'to-check'::text])) AND (owner_kind <> 'right'::text));
CREATE INDEX ix_action_partnership ON action USING btree (partnership, state, due_on);
CREATE UNIQUE INDEX uq_action_system ON action USING btree (system_key) WHERE (deleted_at IS NULL);

create table answer_code (
	id text not null,
	request text not null,
	pass text not null,
	code text not null,
	created_at bigint not null,
	expires_at bigint not null,
	tries bigint not null default 0,
	used_at bigint not null default 0,
	constraint answer_code_pkey PRIMARY KEY (id),
	constraint answer_code_request_fkey FOREIGN KEY (request) REFERENCES answer_request(id) ON DELETE CASCADE
);
CREATE INDEX ix_answer_code ON answer_code USING btree (request, created_at);

create table answer_link (
	token text not null,
	request text not null,
	created_at bigint not null,
	ended_at bigint not null default 0,
	constraint answer_link_pkey PRIMARY KEY (token),
	constraint answer_link_request_fkey FOREIGN KEY (request) REFERENCES answer_request(id) ON DELETE CASCADE
);
CREATE INDEX ix_answer_link ON answer_link USING btree (request);

create table answer_pass (
	token text not null,
	request text not null,
	created_at bigint not null,
	expires_at bigint not null,
	proven_at bigint not null default 0,
	constraint answer_pass_pkey PRIMARY KEY (token),
	constraint answer_pass_request_fkey FOREIGN KEY (request) REFERENCES answer_request(id) ON DELETE CASCADE
);
CREATE INDEX ix_answer_pass ON answer_pass USING btree (request);

create table answer_reply (
	id text not null,
	request text not null,
	partnership text not null,
	organisation text not null,
	person text not null,
	said text not null,
	words text not null default '',
	claim text not null default '',
	content text not null default '',
	role text not null default '',
	from_on text not null default '',
	given text not null default '',
	stage text not null default '',
	minor bigint,
	currency text not null default '',
	quantity bigint,
	unit text not null default '',
	contact_name text not null default '',
	contact_email text not null default '',
	contact_phone text not null default '',
	purpose text not null default '',
	consent text not null default '',
	state text not null default '',
	decided_by text not null default '',
	decided_at bigint not null default 0,
	decided_why text not null default '',
	version bigint not null default 1,
	at bigint not null,
	constraint answer_reply_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint answer_reply_pkey PRIMARY KEY (id),
	constraint answer_reply_request_fkey FOREIGN KEY (request) REFERENCES answer_request(id)
);
CREATE INDEX ix_answer_reply_partnership ON answer_reply USING btree (partnership, state);
CREATE INDEX ix_answer_reply_person ON answer_reply USING btree (person);
CREATE INDEX ix_answer_reply_request ON answer_reply USING btree (request, at);

create table answer_request (
	id text not null,
	partnership text not null,
	kind text not null,
	element text not null,
	claim text,
	claim_version bigint not null default 0,
	content text not null default '',
	organisation text not null,
	person text not null,
	address_hash text not null,
	lang text not null,
	note text not null default '',
	due_on text not null default '',
	days bigint not null,
	reminders bigint not null default 0,
	sent_at bigint not null,
	reminded_at bigint not null default 0,
	expires_at bigint not null,
	opened_at bigint not null default 0,
	wrong bigint not null default 0,
	wanted_at bigint not null default 0,
	answered_at bigint not null default 0,
	reply text not null default '',
	revoked_at bigint not null default 0,
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	constraint answer_request_claim_fkey FOREIGN KEY (claim) REFERENCES claim(id),
	constraint answer_request_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint answer_request_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_answer_request_answered ON answer_request USING btree (answered_at);
CREATE INDEX ix_answer_request_open ON answer_request USING btree (expires_at) WHERE ((answered_at = 0) AND (revoked_at = 0));
CREATE INDEX ix_answer_request_partnership ON answer_request USING btree (partnership);
CREATE INDEX ix_answer_request_person ON answer_request USING btree (person);

create table attestation (
	id text not null,
	partnership text not null,
	element text not null,
	kind text not null,
	reason text not null,
	title text not null default '',
	link text not null default '',
	note text not null default '',
	file text not null default '',
	file_name text not null default '',
	media_type text not null default '',
	size bigint not null default 0,
	dated text not null,
	valid_until text not null,
	content text not null,
	author text not null,
	author_person text not null,
	state text not null,
	decided_by text not null default '',
	decider text not null default '',
	decided_at bigint not null default 0,
	decided_why text not null default '',
	approved text not null default '',
	audience text not null,
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	constraint attestation_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint attestation_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_attestation_file ON attestation USING btree (file);
CREATE INDEX ix_attestation_partnership ON attestation USING btree (partnership, element);
CREATE INDEX ix_attestation_state ON attestation USING btree (state, valid_until);

create table audit (
	id text not null,
	seq bigint,
	at bigint not null,
	actor text not null,
	action text not null,
	kind text not null,
	record text not null,
	context text not null default '',
	audience text not null default 'host',
	title text not null default '',
	version bigint not null default 0,
	changes text not null default '{}',
	prev text not null default '',
	hash text not null default '',
	constraint audit_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_audit_actor ON audit USING btree (actor, at);
CREATE INDEX ix_audit_at ON audit USING btree (at);
CREATE INDEX ix_audit_context ON audit USING btree (context, at);
CREATE INDEX ix_audit_record ON audit USING btree (kind, record, at);
CREATE UNIQUE INDEX uq_audit_seq ON audit USING btree (seq);

create table audit_personal (
	audit_id text not null,
	field text not null,
	salt text not null,
	value text not null,
	constraint audit_personal_pkey PRIMARY KEY (audit_id, field)
);

create table calendar_feed (
	id text not null,
	token text not null,
	account text not null,
	partnership text not null default '',
	lang text not null,
	created_at bigint not null,
	read_at bigint not null default 0,
	revoked_at bigint not null default 0,
	constraint calendar_feed_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_calendar_feed ON calendar_feed USING btree (account, partnership) WHERE (revoked_at = 0);
CREATE UNIQUE INDEX uq_calendar_feed_token ON calendar_feed USING btree (token);

create table claim (
	id text not null,
	partnership text not null,
	element text not null,
	kind text not null,
	record text not null default '',
	text text not null,
	dated text not null default '',
	stated_by text not null,
	content text not null,
	audience text not null,
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	constraint claim_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint claim_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_claim_partnership ON claim USING btree (partnership, element);

create table claim_answer (
	claim text not null,
	organisation text not null,
	answer text not null,
	reason text not null default '',
	content text not null,
	at bigint not null,
	by_actor text not null,
	constraint claim_answer_claim_fkey FOREIGN KEY (claim) REFERENCES claim(id),
	constraint claim_answer_pkey PRIMARY KEY (claim, organisation)
);

create table contact_point (
	id text not null,
	person text,
	organisation text,
	kind text not null,
	value text not null,
	purposes text not null default '',
	basis text not null,
	basis_on text not null default '',
	basis_note text not null default '',
	withdrawn_on text not null default '',
	bounced_on text not null default '',
	from_on text not null default '',
	to_on text not null default '',
	preferred boolean not null default false,
	lang text not null default '',
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	constraint contact_point_organisation_fkey FOREIGN KEY (organisation) REFERENCES organisation(id) ON DELETE CASCADE,
	constraint contact_point_person_fkey FOREIGN KEY (person) REFERENCES person(id) ON DELETE CASCADE,
	constraint contact_point_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_contact_point_organisation ON contact_point USING btree (organisation);
CREATE INDEX ix_contact_point_person ON contact_point USING btree (person);

create table deadline (
	id text not null,
	partnership text not null,
	element text not null default '',
	text text not null default '',
	message text not null default '',
	due_on text not null,
	system_key text,
	done_at bigint,
	audience text not null,
	created_at bigint not null,
	created_by text not null,
	deleted_at bigint,
	constraint deadline_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint deadline_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_deadline_due ON deadline USING btree (due_on);
CREATE INDEX ix_deadline_partnership ON deadline USING btree (partnership, due_on);
CREATE UNIQUE INDEX uq_deadline_system ON deadline USING btree (system_key) WHERE (deleted_at IS NULL);

create table digest_choice (
	account text not null,
	rhythm text not null default '',
	reminders boolean not null default true,
	told_at bigint not null default 0,
	updated_at bigint not null,
	constraint digest_choice_pkey PRIMARY KEY (account)
);

create table digest_reminded (
	account text not null,
	item text not null,
	at bigint not null,
	constraint digest_reminded_pkey PRIMARY KEY (account, item)
);
CREATE INDEX ix_digest_reminded_at ON digest_reminded USING btree (at);

create table digest_stop (
	token text not null,
	account text not null,
	kind text not null,
	created_at bigint not null,
	constraint digest_stop_pkey PRIMARY KEY (token)
);
CREATE INDEX ix_digest_stop_account ON digest_stop USING btree (account);
CREATE INDEX ix_digest_stop_created ON digest_stop USING btree (created_at);

create table erasure (
	person text not null,
	at bigint not null,
	by_actor text not null,
	constraint erasure_pkey PRIMARY KEY (person)
);

create table erasure_hash (
	person text not null,
	hash text not null,
	constraint erasure_hash_person_fkey FOREIGN KEY (person) REFERENCES erasure(person) ON DELETE CASCADE,
	constraint erasure_hash_pkey PRIMARY KEY (person, hash)
);
CREATE INDEX ix_erasure_hash ON erasure_hash USING btree (hash);

create table evidence (
	id text not null,
	partnership text not null,
	element text not null,
	kind text not null,
	title text not null,
	ref text not null default '',
	note text not null default '',
	dated text not null default '',
	media_type text not null default '',
	size bigint not null default 0,
	audience text not null,
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	file_name text not null default '',
	alt text not null default '',
	origin text not null default '',
	constraint evidence_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint evidence_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_evidence_partnership ON evidence USING btree (partnership, element);
CREATE INDEX ix_evidence_ref ON evidence USING btree (ref);

create table file (
	hash text not null,
	size bigint not null,
	media_type text not null,
	created_at bigint not null,
	constraint file_pkey PRIMARY KEY (hash)
);

create table file_version (
	id text not null,
	partnership text not null,
	record_kind text not null,
	record text not null,
	number bigint not null,
	file text not null,
	file_name text not null,
	media_type text not null,
	size bigint not null,
	message text not null default '',
	created_at bigint not null,
	created_by text not null,
	constraint file_version_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint file_version_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_file_version ON file_version USING btree (record, number);

create table form_key (
	id text not null,
	account text not null,
	location text not null default '',
	at bigint not null,
	constraint form_key_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_form_key_at ON form_key USING btree (at);

create table gate_waiver (
	id text not null,
	partnership text not null,
	gate text not null,
	reason text not null,
	until_on text not null default '',
	by_actor text not null,
	by_role text not null,
	at bigint not null,
	deleted_at bigint,
	constraint gate_waiver_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint gate_waiver_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_gate_waiver ON gate_waiver USING btree (partnership, gate);

create table handover (
	id text not null,
	from_account text not null,
	to_account text not null,
	reason text not null,
	last_day text not null,
	at bigint not null,
	by_actor text not null,
	seen_at bigint not null default 0,
	undone_at bigint not null default 0,
	undone_by text not null default '',
	constraint handover_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_handover_from ON handover USING btree (from_account, at);
CREATE INDEX ix_handover_to ON handover USING btree (to_account, at);

create table handover_item (
	id text not null,
	handover text not null,
	position bigint not null,
	kind text not null,
	partnership text not null default '',
	record text not null,
	title text not null default '',
	data text not null default '',
	state text not null,
	why text not null default '',
	constraint handover_item_handover_fkey FOREIGN KEY (handover) REFERENCES handover(id),
	constraint handover_item_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_handover_item ON handover_item USING btree (handover, "position");

create table handover_note (
	partnership text not null,
	text text not null,
	version bigint not null default 1,
	updated_at bigint not null,
	updated_by text not null,
	constraint handover_note_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint handover_note_pkey PRIMARY KEY (partnership)
);

create table job (
	id text not null,
	kind text not null,
	args text not null default '{}',
	state text not null default 'ready',
	run_at bigint not null,
	attempt bigint not null default 0,
	max_attempts bigint not null default 8,
	locked_until bigint not null default 0,
	fence bigint not null default 0,
	unique_key text,
	again boolean not null default false,
	progress bigint not null default 0,
	total bigint not null default 0,
	cancel boolean not null default false,
	message text not null default '',
	created_at bigint not null,
	created_by text not null,
	ended_at bigint not null default 0,
	constraint job_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_job_ended ON job USING btree (ended_at);
CREATE INDEX ix_job_ready ON job USING btree (state, run_at);
CREATE UNIQUE INDEX uq_job_key ON job USING btree (unique_key);

create table job_log (
	job text not null,
	n bigint not null,
	at bigint not null,
	line text not null,
	constraint job_log_job_fkey FOREIGN KEY (job) REFERENCES job(id) ON DELETE CASCADE,
	constraint job_log_pkey PRIMARY KEY (job, n)
);

create table job_schedule (
	name text not null,
	next_at bigint not null,
	last_at bigint not null default 0,
	constraint job_schedule_pkey PRIMARY KEY (name)
);

create table journey_dirty (
	partnership text not null,
	at bigint not null,
	constraint journey_dirty_pkey PRIMARY KEY (partnership)
);

create table journey_history (
	id text not null,
	partnership text not null,
	element text not null,
	from_state text not null,
	to_state text not null,
	at bigint not null,
	constraint journey_history_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint journey_history_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_journey_history ON journey_history USING btree (partnership, element, at);
CREATE INDEX ix_journey_history_at ON journey_history USING btree (at);

create table journey_state (
	partnership text not null,
	element text not null,
	state text not null,
	since bigint not null,
	finding text not null,
	checked_at bigint not null,
	constraint journey_state_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint journey_state_pkey PRIMARY KEY (partnership, element)
);

create table journey_summary (
	partnership text not null,
	strip text not null,
	met bigint not null,
	attested bigint not null,
	partly bigint not null,
	open bigint not null,
	not_applicable bigint not null,
	wait_since bigint not null,
	wait_kind text not null,
	wait_id text not null,
	wait_message text not null,
	wait_element text not null,
	checked_at bigint not null,
	constraint journey_summary_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint journey_summary_pkey PRIMARY KEY (partnership)
);
CREATE INDEX ix_journey_summary_wait ON journey_summary USING btree (wait_since, partnership);

create table journey_waiting (
	partnership text not null,
	element text not null,
	who_kind text not null,
	who_id text not null,
	what text not null,
	message text not null,
	link text not null default '',
	since bigint not null,
	constraint journey_waiting_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint journey_waiting_pkey PRIMARY KEY (partnership, element, who_kind, who_id, what)
);
CREATE INDEX ix_journey_waiting_who ON journey_waiting USING btree (who_kind, who_id, since);

create table mail_bounce (
	address text not null,
	at bigint not null,
	why text not null,
	constraint mail_bounce_pkey PRIMARY KEY (address)
);

create table mail_outbox (
	id text not null,
	kind text not null,
	person text not null default '',
	address text not null,
	lang text not null,
	sealed text not null,
	once_key text,
	state text not null,
	why text not null default '',
	reply text not null default '',
	attempt bigint not null default 0,
	run_at bigint not null,
	expires_at bigint not null default 0,
	locked_until bigint not null default 0,
	fence bigint not null default 0,
	created_at bigint not null,
	created_by text not null,
	ended_at bigint not null default 0,
	constraint mail_outbox_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_mail_address ON mail_outbox USING btree (address);
CREATE INDEX ix_mail_due ON mail_outbox USING btree (state, run_at);
CREATE INDEX ix_mail_ended ON mail_outbox USING btree (ended_at);
CREATE INDEX ix_mail_person ON mail_outbox USING btree (person);
CREATE UNIQUE INDEX uq_mail_once ON mail_outbox USING btree (once_key);

create table mail_quarantine (
	id text not null,
	since bigint not null,
	constraint mail_quarantine_pkey PRIMARY KEY (id)
);

create table object_access (
	account text not null,
	kind text not null,
	object text not null,
	access_right text not null,
	constraint object_access_account_fkey FOREIGN KEY (account) REFERENCES account(id) ON DELETE CASCADE,
	constraint object_access_pkey PRIMARY KEY (account, kind, object, access_right)
);
CREATE INDEX ix_object_access_object ON object_access USING btree (kind, object);

create table organisation (
	id text not null,
	name text not null,
	name_fr text not null default '',
	name_es text not null default '',
	name_folded text not null,
	search_folded text not null,
	acronym text not null default '',
	kind text not null default '',
	constituent text not null default '',
	country text not null default '',
	parent text,
	website text not null default '',
	note text not null default '',
	example boolean not null default false,
	source text not null default '',
	source_place text not null default '',
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	constraint organisation_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_organisation_constituent ON organisation USING btree (constituent, name_folded, id) WHERE (deleted_at IS NULL);
CREATE INDEX ix_organisation_country ON organisation USING btree (country, name_folded, id) WHERE (deleted_at IS NULL);
CREATE INDEX ix_organisation_deleted ON organisation USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX ix_organisation_kind ON organisation USING btree (kind, name_folded, id) WHERE (deleted_at IS NULL);
CREATE INDEX ix_organisation_name ON organisation USING btree (name_folded, id, search_folded) WHERE (deleted_at IS NULL);
CREATE INDEX ix_organisation_parent ON organisation USING btree (parent, name_folded);

create table organisation_alias (
	organisation text not null,
	name text not null,
	name_folded text not null,
	constraint organisation_alias_organisation_fkey FOREIGN KEY (organisation) REFERENCES organisation(id) ON DELETE CASCADE,
	constraint organisation_alias_pkey PRIMARY KEY (organisation, name_folded)
);
CREATE INDEX ix_organisation_alias ON organisation_alias USING btree (name_folded);

create table organisation_identifier (
	organisation text not null,
	scheme text not null,
	value text not null,
	deleted_at bigint,
	constraint organisation_identifier_organisation_fkey FOREIGN KEY (organisation) REFERENCES organisation(id) ON DELETE CASCADE,
	constraint organisation_identifier_pkey PRIMARY KEY (organisation, scheme, value)
);
CREATE UNIQUE INDEX uq_organisation_identifier ON organisation_identifier USING btree (scheme, value) WHERE (deleted_at IS NULL);

create table organisation_member (
	id text not null,
	organisation text not null,
	member text,
	country text not null default '',
	from_on text not null default '',
	to_on text not null default '',
	source text not null default '',
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	constraint organisation_member_organisation_fkey FOREIGN KEY (organisation) REFERENCES organisation(id) ON DELETE CASCADE,
	constraint organisation_member_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_organisation_member ON organisation_member USING btree (organisation);
CREATE INDEX ix_organisation_member_of ON organisation_member USING btree (member);

create table organisation_standing (
	id text not null,
	organisation text not null,
	kind text not null,
	from_on text not null default '',
	to_on text not null default '',
	source text not null default '',
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	constraint organisation_standing_organisation_fkey FOREIGN KEY (organisation) REFERENCES organisation(id) ON DELETE CASCADE,
	constraint organisation_standing_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_organisation_standing ON organisation_standing USING btree (organisation);

create table partnership (
	id text not null,
	title text not null,
	title_fr text not null default '',
	title_es text not null default '',
	title_folded text not null,
	summary text not null default '',
	summary_fr text not null default '',
	summary_es text not null default '',
	status text not null,
	status_since bigint not null,
	confidential boolean not null default false,
	example boolean not null default false,
	start_on text not null default '',
	end_on text not null default '',
	modality text not null default '',
	modality_by text not null default '',
	modality_at bigint not null default 0,
	umbrella text,
	need_kind text not null default '',
	need_text text not null default '',
	need_on text not null default '',
	manager text not null,
	source text not null default '',
	source_place text not null default '',
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	constraint partnership_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_partnership_confidential ON partnership USING btree (id, deleted_at) WHERE (confidential = true);
CREATE INDEX ix_partnership_deleted ON partnership USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX ix_partnership_status ON partnership USING btree (status, title_folded, id);
CREATE INDEX ix_partnership_title ON partnership USING btree (title_folded, id);
CREATE INDEX ix_partnership_umbrella ON partnership USING btree (umbrella);

create table partnership_amount (
	id text not null,
	partnership text not null,
	kind text not null,
	minor bigint,
	currency text not null default '',
	stated_as text not null default '',
	note text not null default '',
	note_fr text not null default '',
	note_es text not null default '',
	source_place text not null default '',
	audience text not null,
	created_at bigint not null,
	created_by text not null,
	deleted_at bigint,
	constraint partnership_amount_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint partnership_amount_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_partnership_amount ON partnership_amount USING btree (partnership);

create table partnership_place (
	id text not null,
	partnership text not null,
	kind text not null,
	code text not null default '',
	name text not null default '',
	name_fr text not null default '',
	name_es text not null default '',
	lat double precision,
	lon double precision,
	inferred boolean not null default false,
	source_place text not null default '',
	created_at bigint not null,
	created_by text not null,
	deleted_at bigint,
	constraint partnership_place_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint partnership_place_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_partnership_place ON partnership_place USING btree (partnership);
CREATE INDEX ix_partnership_place_code ON partnership_place USING btree (code, partnership) WHERE (deleted_at IS NULL);

create table partnership_result (
	id text not null,
	partnership text not null,
	position bigint not null,
	kind text not null,
	text text not null,
	text_fr text not null default '',
	text_es text not null default '',
	source_place text not null default '',
	audience text not null,
	created_at bigint not null,
	created_by text not null,
	deleted_at bigint,
	constraint partnership_result_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint partnership_result_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_partnership_result ON partnership_result USING btree (partnership, "position");

create table partnership_status (
	id text not null,
	partnership text not null,
	from_status text not null,
	to_status text not null,
	reason text not null default '',
	at bigint not null,
	by_actor text not null,
	reason_fr text not null default '',
	reason_es text not null default '',
	constraint partnership_status_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint partnership_status_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_partnership_status_of ON partnership_status USING btree (partnership, at);

create table partnership_tag (
	partnership text not null,
	list text not null,
	code text not null,
	party text not null default '',
	basis text not null default '',
	basis_fr text not null default '',
	basis_es text not null default '',
	source_place text not null default '',
	created_at bigint not null,
	created_by text not null,
	constraint partnership_tag_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint partnership_tag_pkey PRIMARY KEY (partnership, list, code, party)
);
CREATE INDEX ix_partnership_tag_code ON partnership_tag USING btree (list, code);

create table partnership_team (
	id text not null,
	partnership text not null,
	account text not null,
	access_right text not null,
	until_on text not null default '',
	created_at bigint not null,
	created_by text not null,
	deleted_at bigint,
	constraint partnership_team_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint partnership_team_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_team_account ON partnership_team USING btree (account);
CREATE UNIQUE INDEX uq_team ON partnership_team USING btree (partnership, account, access_right) WHERE (deleted_at IS NULL);

create table party (
	id text not null,
	partnership text not null,
	organisation text,
	label text not null default '',
	label_fr text not null default '',
	label_es text not null default '',
	country text not null default '',
	joined_on text not null default '',
	left_on text not null default '',
	inferred boolean not null default false,
	basis text not null default '',
	basis_fr text not null default '',
	basis_es text not null default '',
	source_place text not null default '',
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	constraint party_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint party_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_party_organisation ON party USING btree (organisation);
CREATE INDEX ix_party_partnership ON party USING btree (partnership);
CREATE UNIQUE INDEX uq_party_organisation ON party USING btree (partnership, organisation) WHERE (deleted_at IS NULL);

create table party_role (
	id text not null,
	partnership text not null,
	party text not null,
	role text not null,
	from_on text not null default '',
	to_on text not null default '',
	inferred boolean not null default false,
	basis text not null default '',
	basis_fr text not null default '',
	basis_es text not null default '',
	source_place text not null default '',
	created_at bigint not null,
	created_by text not null,
	deleted_at bigint,
	version bigint not null default 1,
	constraint party_role_partnership_fkey FOREIGN KEY (partnership) REFERENCES partnership(id),
	constraint party_role_party_fkey FOREIGN KEY (party) REFERENCES party(id),
	constraint party_role_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_party_role_partnership ON party_role USING btree (partnership);
CREATE INDEX ix_party_role_party ON party_role USING btree (party);

create table person (
	id text not null,
	name text not null,
	name_folded text not null,
	email text not null default '',
	lang text not null default '',
	note text not null default '',
	example boolean not null default false,
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	erased_at bigint,
	constraint person_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_person_deleted ON person USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX ix_person_email ON person USING btree (email) WHERE (email <> ''::text);
CREATE INDEX ix_person_name ON person USING btree (name_folded, id) WHERE (deleted_at IS NULL);

create table person_role (
	id text not null,
	person text not null,
	organisation text not null,
	title text not null default '',
	focal boolean not null default false,
	from_on text not null default '',
	to_on text not null default '',
	version bigint not null default 1,
	created_at bigint not null,
	created_by text not null,
	updated_at bigint not null,
	updated_by text not null,
	deleted_at bigint,
	constraint person_role_organisation_fkey FOREIGN KEY (organisation) REFERENCES organisation(id),
	constraint person_role_person_fkey FOREIGN KEY (person) REFERENCES person(id) ON DELETE CASCADE,
	constraint person_role_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_person_role_organisation ON person_role USING btree (organisation);
CREATE INDEX ix_person_role_person ON person_role USING btree (person);

create table record_version (
	kind text not null,
	record text not null,
	version bigint not null,
	at bigint not null,
	fields text not null,
	constraint record_version_pkey PRIMARY KEY (kind, record, version)
);
CREATE INDEX ix_record_version_at ON record_version USING btree (at);

create table ref_item (
	id text not null,
	list text not null,
	code text not null,
	version bigint not null,
	position bigint not null,
	name_en text not null,
	name_fr text not null,
	name_es text not null,
	text_en text not null default '',
	text_fr text not null default '',
	text_es text not null default '',
	parent text not null default '',
	valid_from text not null default '',
	valid_to text not null default '',
	source text not null,
	place text not null default '',
	as_of text not null,
	verified boolean not null,
	attrs text not null default '{}',
	current boolean not null,
	created_at bigint not null,
	created_by text not null,
	constraint ref_item_list_fkey FOREIGN KEY (list) REFERENCES ref_list(list),
	constraint ref_item_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_ref_item_current ON ref_item USING btree (list, current, "position");
CREATE UNIQUE INDEX uq_ref_item ON ref_item USING btree (list, code, version);

create table ref_list (
	list text not null,
	name_en text not null,
	name_fr text not null,
	name_es text not null,
	text_en text not null default '',
	text_fr text not null default '',
	text_es text not null default '',
	version bigint not null,
	source text not null,
	as_of text not null,
	verified boolean not null,
	editable boolean not null,
	digest text not null,
	constraint ref_list_pkey PRIMARY KEY (list)
);

create table ref_source (
	source text not null,
	title text not null,
	publisher text not null,
	date text not null,
	address text not null default '',
	licence text not null default '',
	note text not null default '',
	constraint ref_source_pkey PRIMARY KEY (source)
);

create table retention_rule (
	code text not null,
	days bigint not null,
	updated_at bigint not null,
	updated_by text not null,
	constraint retention_rule_pkey PRIMARY KEY (code)
);

create table schema_migration (
	number bigint not null,
	name text not null,
	sum text not null,
	at bigint not null,
	constraint schema_migration_pkey PRIMARY KEY (number)
);

create table session (
	token text not null,
	account text not null,
	created_at bigint not null,
	seen_at bigint not null,
	auth_at bigint not null,
	agent text not null default '',
	constraint session_account_fkey FOREIGN KEY (account) REFERENCES account(id) ON DELETE CASCADE,
	constraint session_pkey PRIMARY KEY (token)
);
CREATE INDEX ix_session_account ON session USING btree (account);
CREATE INDEX ix_session_seen ON session USING btree (seen_at);

create table setting (
	name text not null,
	value text not null,
	updated_at bigint not null,
	updated_by text not null,
	constraint setting_pkey PRIMARY KEY (name)
);
