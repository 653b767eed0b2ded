create table partnership (
	id           {{id}}   not null primary key,
	title        {{text}} not null,
	title_fr     {{text}} not null default '',
	title_es     {{text}} not null default '',
	title_folded {{text}} not null,
	summary      {{text}} not null default '',
	summary_fr   {{text}} not null default '',
	summary_es   {{text}} not null default '',
	status       {{text}} not null,
	status_since {{ts}}   not null,
	confidential {{bool}} not null default false,
	example      {{bool}} not null default false,
	start_on     {{text}} not null default '',
	end_on       {{text}} not null default '',
	modality     {{text}} not null default '',
	modality_by  {{text}} not null default '',
	modality_at  {{ts}}   not null default 0,
	umbrella     {{id}},
	need_kind    {{text}} not null default '',
	need_text    {{text}} not null default '',
	need_on      {{text}} not null default '',
	manager      {{id}}   not null,
	source       {{text}} not null default '',
	source_place {{text}} not null default '',
	version      {{int}}  not null default 1,
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	updated_at   {{ts}}   not null,
	updated_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_partnership_title on partnership (title_folded, id);
create index ix_partnership_status on partnership (status, title_folded, id);
create index ix_partnership_umbrella on partnership (umbrella);
-- Few are removed or confidential: counts of all begin with these.
create index ix_partnership_deleted on partnership (deleted_at) where deleted_at is not null;
create index ix_partnership_confidential on partnership (id, deleted_at) where confidential = true;

create table partnership_status (
	id          {{id}}   not null primary key,
	partnership {{id}}   not null references partnership (id),
	from_status {{text}} not null,
	to_status   {{text}} not null,
	reason      {{text}} not null default '',
	at          {{ts}}   not null,
	by_actor    {{text}} not null
) {{strict}};
create index ix_partnership_status_of on partnership_status (partnership, at);

-- A party is an organisation, or what is said of one that is not yet named.
create table party (
	id           {{id}}   not null primary key,
	partnership  {{id}}   not null references partnership (id),
	organisation {{id}},
	label        {{text}} not null default '',
	label_fr     {{text}} not null default '',
	label_es     {{text}} not null default '',
	country      {{text}} not null default '',
	joined_on    {{text}} not null default '',
	left_on      {{text}} not null default '',
	inferred     {{bool}} not null default false,
	basis        {{text}} not null default '',
	basis_fr     {{text}} not null default '',
	basis_es     {{text}} not null default '',
	source_place {{text}} not null default '',
	version      {{int}}  not null default 1,
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	updated_at   {{ts}}   not null,
	updated_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_party_partnership on party (partnership);
create index ix_party_organisation on party (organisation);
create unique index uq_party_organisation on party (partnership, organisation) where deleted_at is null;

create table party_role (
	id           {{id}}   not null primary key,
	partnership  {{id}}   not null references partnership (id),
	party        {{id}}   not null references party (id),
	role         {{text}} not null,
	from_on      {{text}} not null default '',
	to_on        {{text}} not null default '',
	inferred     {{bool}} not null default false,
	basis        {{text}} not null default '',
	basis_fr     {{text}} not null default '',
	basis_es     {{text}} not null default '',
	source_place {{text}} not null default '',
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_party_role_partnership on party_role (partnership);
create index ix_party_role_party on party_role (party);

create table partnership_place (
	id           {{id}}   not null primary key,
	partnership  {{id}}   not null references partnership (id),
	kind         {{text}} not null,
	code         {{text}} not null default '',
	name         {{text}} not null default '',
	name_fr      {{text}} not null default '',
	name_es      {{text}} not null default '',
	lat          {{real}},
	lon          {{real}},
	inferred     {{bool}} not null default false,
	source_place {{text}} not null default '',
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_partnership_place on partnership_place (partnership);
create index ix_partnership_place_code on partnership_place (code, partnership) where deleted_at is null;

-- What a partnership is about, by code of a reference list: themes,
-- population groups, sectors, challenges, roadmap items, reasons, frameworks,
-- principles accepted, what a party brings.
create table partnership_tag (
	partnership  {{id}}   not null references partnership (id),
	list         {{text}} not null,
	code         {{text}} not null,
	party        {{text}} not null default '',
	basis        {{text}} not null default '',
	basis_fr     {{text}} not null default '',
	basis_es     {{text}} not null default '',
	source_place {{text}} not null default '',
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	primary key (partnership, list, code, party)
) {{strict}};
create index ix_partnership_tag_code on partnership_tag (list, code);

create table partnership_amount (
	id           {{id}}   not null primary key,
	partnership  {{id}}   not null references partnership (id),
	kind         {{text}} not null,
	minor        {{int}},
	currency     {{text}} not null default '',
	stated_as    {{text}} not null default '',
	note         {{text}} not null default '',
	note_fr      {{text}} not null default '',
	note_es      {{text}} not null default '',
	source_place {{text}} not null default '',
	audience     {{text}} not null,
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_partnership_amount on partnership_amount (partnership);

-- Results as somebody stated them, achieved or planned; measured results
-- have indicators and come with the results framework.
create table partnership_result (
	id           {{id}}   not null primary key,
	partnership  {{id}}   not null references partnership (id),
	position     {{int}}  not null,
	kind         {{text}} not null,
	text         {{text}} not null,
	text_fr      {{text}} not null default '',
	text_es      {{text}} not null default '',
	source_place {{text}} not null default '',
	audience     {{text}} not null,
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_partnership_result on partnership_result (partnership, position);

create table partnership_team (
	id           {{id}}   not null primary key,
	partnership  {{id}}   not null references partnership (id),
	account      {{id}}   not null,
	access_right {{text}} not null,
	until_on     {{text}} not null default '',
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create unique index uq_team on partnership_team (partnership, account, access_right) where deleted_at is null;
create index ix_team_account on partnership_team (account);

create table evidence (
	id          {{id}}   not null primary key,
	partnership {{id}}   not null references partnership (id),
	element     {{text}} not null,
	kind        {{text}} not null,
	title       {{text}} not null,
	ref         {{text}} not null default '',
	note        {{text}} not null default '',
	dated       {{text}} not null default '',
	media_type  {{text}} not null default '',
	size        {{int}}  not null default 0,
	audience    {{text}} not null,
	version     {{int}}  not null default 1,
	created_at  {{ts}}   not null,
	created_by  {{text}} not null,
	updated_at  {{ts}}   not null,
	updated_by  {{text}} not null,
	deleted_at  {{ts}}
) {{strict}};
create index ix_evidence_partnership on evidence (partnership, element);
create index ix_evidence_ref on evidence (ref);

-- An attestation stands in for records; an exemption says that an element
-- does not apply. Approval binds to the content's hash.
create table attestation (
	id            {{id}}   not null primary key,
	partnership   {{id}}   not null references partnership (id),
	element       {{text}} not null,
	kind          {{text}} not null,
	reason        {{text}} not null,
	title         {{text}} not null default '',
	link          {{text}} not null default '',
	note          {{text}} not null default '',
	file          {{text}} not null default '',
	file_name     {{text}} not null default '',
	media_type    {{text}} not null default '',
	size          {{int}}  not null default 0,
	dated         {{text}} not null,
	valid_until   {{text}} not null,
	content       {{text}} not null,
	author        {{text}} not null,
	author_person {{text}} not null,
	state         {{text}} not null,
	decided_by    {{text}} not null default '',
	decider       {{text}} not null default '',
	decided_at    {{ts}}   not null default 0,
	decided_why   {{text}} not null default '',
	approved      {{text}} not null default '',
	audience      {{text}} not null,
	version       {{int}}  not null default 1,
	created_at    {{ts}}   not null,
	created_by    {{text}} not null,
	updated_at    {{ts}}   not null,
	updated_by    {{text}} not null,
	deleted_at    {{ts}}
) {{strict}};
create index ix_attestation_partnership on attestation (partnership, element);
create index ix_attestation_state on attestation (state, valid_until);
create index ix_attestation_file on attestation (file);

-- Something stated of the partnership that the other parties confirm or
-- dispute: a contribution, a milestone, a value.
create table claim (
	id          {{id}}   not null primary key,
	partnership {{id}}   not null references partnership (id),
	element     {{text}} not null,
	kind        {{text}} not null,
	record      {{text}} not null default '',
	text        {{text}} not null,
	dated       {{text}} not null default '',
	stated_by   {{text}} not null,
	content     {{text}} not null,
	audience    {{text}} not null,
	version     {{int}}  not null default 1,
	created_at  {{ts}}   not null,
	created_by  {{text}} not null,
	updated_at  {{ts}}   not null,
	updated_by  {{text}} not null,
	deleted_at  {{ts}}
) {{strict}};
create index ix_claim_partnership on claim (partnership, element);

create table claim_answer (
	claim        {{id}}   not null references claim (id),
	organisation {{id}}   not null,
	answer       {{text}} not null,
	reason       {{text}} not null default '',
	content      {{text}} not null,
	at           {{ts}}   not null,
	by_actor     {{text}} not null,
	primary key (claim, organisation)
) {{strict}};

create table action (
	id           {{id}}   not null primary key,
	partnership  {{id}}   not null references partnership (id),
	element      {{text}} not null default '',
	text         {{text}} not null default '',
	message      {{json}} not null default '',
	link         {{text}} not null default '',
	owner_kind   {{text}} not null,
	owner_id     {{text}} not null,
	not_person   {{text}} not null default '',
	due_on       {{text}} not null default '',
	high         {{bool}} not null default false,
	state        {{text}} not null,
	system_key   {{text}},
	done_note    {{text}} not null default '',
	done_by      {{text}} not null default '',
	done_person  {{text}} not null default '',
	done_at      {{ts}}   not null default 0,
	checked_by   {{text}} not null default '',
	checked_at   {{ts}}   not null default 0,
	audience     {{text}} not null,
	version      {{int}}  not null default 1,
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	updated_at   {{ts}}   not null,
	updated_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_action_partnership on action (partnership, state, due_on);
-- Open actions of a person or a party, and all open actions by the day they
-- are due. What waits for a right is found by its partnership.
create index ix_action_owner on action (owner_kind, owner_id) where deleted_at is null and state in ('open', 'to-check') and owner_kind <> 'right';
create index ix_action_due on action ((case when due_on = '' then '9999' else due_on end), id) where deleted_at is null and state in ('open', 'to-check');
create unique index uq_action_system on action (system_key) where deleted_at is null;

create table deadline (
	id          {{id}}   not null primary key,
	partnership {{id}}   not null references partnership (id),
	element     {{text}} not null default '',
	text        {{text}} not null default '',
	message     {{json}} not null default '',
	due_on      {{text}} not null,
	system_key  {{text}},
	done_at     {{ts}},
	audience    {{text}} not null,
	created_at  {{ts}}   not null,
	created_by  {{text}} not null,
	deleted_at  {{ts}}
) {{strict}};
create index ix_deadline_partnership on deadline (partnership, due_on);
create index ix_deadline_due on deadline (due_on);
create unique index uq_deadline_system on deadline (system_key) where deleted_at is null;

create table gate_waiver (
	id          {{id}}   not null primary key,
	partnership {{id}}   not null references partnership (id),
	gate        {{text}} not null,
	reason      {{text}} not null,
	until_on    {{text}} not null default '',
	by_actor    {{text}} not null,
	by_role     {{text}} not null,
	at          {{ts}}   not null,
	deleted_at  {{ts}}
) {{strict}};
create index ix_gate_waiver on gate_waiver (partnership, gate);

create table journey_state (
	partnership {{id}}   not null references partnership (id),
	element     {{text}} not null,
	state       {{text}} not null,
	since       {{ts}}   not null,
	finding     {{json}} not null,
	checked_at  {{ts}}   not null,
	primary key (partnership, element)
) {{strict}};

create table journey_waiting (
	partnership {{id}}   not null references partnership (id),
	element     {{text}} not null,
	who_kind    {{text}} not null,
	who_id      {{text}} not null,
	what        {{text}} not null,
	message     {{json}} not null,
	link        {{text}} not null default '',
	since       {{ts}}   not null,
	primary key (partnership, element, who_kind, who_id, what)
) {{strict}};
create index ix_journey_waiting_who on journey_waiting (who_kind, who_id, since);

create table journey_dirty (
	partnership {{id}} not null primary key,
	at          {{ts}} not null
) {{strict}};

create table journey_history (
	id          {{id}}   not null primary key,
	partnership {{id}}   not null references partnership (id),
	element     {{text}} not null,
	from_state  {{text}} not null,
	to_state    {{text}} not null,
	at          {{ts}}   not null
) {{strict}};
create index ix_journey_history on journey_history (partnership, element, at);
create index ix_journey_history_at on journey_history (at);

-- What lists and the home page show of a journey, kept by the re-check.
create table journey_summary (
	partnership  {{id}}   not null primary key references partnership (id),
	strip        {{text}} not null,
	met          {{int}}  not null,
	attested     {{int}}  not null,
	partly       {{int}}  not null,
	open         {{int}}  not null,
	not_applicable {{int}} not null,
	wait_since   {{ts}}   not null,
	wait_kind    {{text}} not null,
	wait_id      {{text}} not null,
	wait_message {{json}} not null,
	wait_element {{text}} not null,
	checked_at   {{ts}}   not null
) {{strict}};
create index ix_journey_summary_wait on journey_summary (wait_since, partnership);
