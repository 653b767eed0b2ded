-- A focal point without an account is asked by mail: to confirm, dispute or
-- comment on a statement, or to say its organisation's role, contribution or
-- contact.
create table answer_request (
	id            {{id}}   not null primary key,
	partnership   {{id}}   not null references partnership (id),
	kind          {{text}} not null,
	element       {{text}} not null,
	claim         {{id}}   references claim (id),
	claim_version {{int}}  not null default 0,
	content       {{text}} not null default '',
	organisation  {{id}}   not null,
	person        {{id}}   not null,
	address_hash  {{text}} not null,
	lang          {{text}} not null,
	note          {{text}} not null default '',
	due_on        {{text}} not null default '',
	days          {{int}}  not null,
	reminders     {{int}}  not null default 0,
	sent_at       {{ts}}   not null,
	reminded_at   {{ts}}   not null default 0,
	expires_at    {{ts}}   not null,
	opened_at     {{ts}}   not null default 0,
	wrong         {{int}}  not null default 0,
	wanted_at     {{ts}}   not null default 0,
	answered_at   {{ts}}   not null default 0,
	reply         {{text}} not null default '',
	revoked_at    {{ts}}   not null default 0,
	version       {{int}}  not null default 1,
	created_at    {{ts}}   not null,
	created_by    {{text}} not null,
	updated_at    {{ts}}   not null,
	updated_by    {{text}} not null
) {{strict}};
create index ix_answer_request_partnership on answer_request (partnership);
create index ix_answer_request_person on answer_request (person);
create index ix_answer_request_answered on answer_request (answered_at);
create index ix_answer_request_open on answer_request (expires_at) where answered_at = 0 and revoked_at = 0;

-- The links that were mailed, by the hash of their token. Several may lead to
-- one request: the first mail's and a reminder's.
create table answer_link (
	token      {{text}} not null primary key,
	request    {{id}}   not null references answer_request (id) on delete cascade,
	created_at {{ts}}   not null,
	ended_at   {{ts}}   not null default 0
) {{strict}};
create index ix_answer_link on answer_link (request);

-- What a browser carries after it followed a link: not proven until the code
-- of the mail was typed.
create table answer_pass (
	token      {{text}} not null primary key,
	request    {{id}}   not null references answer_request (id) on delete cascade,
	created_at {{ts}}   not null,
	expires_at {{ts}}   not null,
	proven_at  {{ts}}   not null default 0
) {{strict}};
create index ix_answer_pass on answer_pass (request);

create table answer_code (
	id         {{id}}   not null primary key,
	request    {{id}}   not null references answer_request (id) on delete cascade,
	pass       {{text}} not null,
	code       {{text}} not null,
	created_at {{ts}}   not null,
	expires_at {{ts}}   not null,
	tries      {{int}}  not null default 0,
	used_at    {{ts}}   not null default 0
) {{strict}};
create index ix_answer_code on answer_code (request, created_at);

-- What the person answered. Role, contact and comment wait until the host has
-- looked at them; a contribution is a claim of the party from the first moment.
create table answer_reply (
	id            {{id}}   not null primary key,
	request       {{id}}   not null references answer_request (id),
	partnership   {{id}}   not null references partnership (id),
	organisation  {{id}}   not null,
	person        {{id}}   not null,
	said          {{text}} not null,
	words         {{text}} not null default '',
	claim         {{text}} not null default '',
	content       {{text}} not null default '',
	role          {{text}} not null default '',
	from_on       {{text}} not null default '',
	given         {{text}} not null default '',
	stage         {{text}} not null default '',
	minor         {{int}},
	currency      {{text}} not null default '',
	quantity      {{int}},
	unit          {{text}} not null default '',
	contact_name  {{text}} not null default '',
	contact_email {{text}} not null default '',
	contact_phone {{text}} not null default '',
	purpose       {{text}} not null default '',
	consent       {{text}} not null default '',
	state         {{text}} not null default '',
	decided_by    {{text}} not null default '',
	decided_at    {{ts}}   not null default 0,
	decided_why   {{text}} not null default '',
	version       {{int}}  not null default 1,
	at            {{ts}}   not null
) {{strict}};
create index ix_answer_reply_request on answer_reply (request, at);
create index ix_answer_reply_partnership on answer_reply (partnership, state);
create index ix_answer_reply_person on answer_reply (person);

-- A role has a version of its own, so that two forms open at once are merged.
alter table party_role add column version {{int}} not null default 1;
