-- One row per changed record, chained by hash. seq is given when the row is
-- chained: at once on SQLite, by the sealer on PostgreSQL.
create table audit (
	id        {{id}}   not null primary key,
	seq       {{int}},
	at        {{ts}}   not null,
	actor     {{text}} not null,
	action    {{text}} not null,
	kind      {{text}} not null,
	record    {{text}} not null,
	context   {{text}} not null default '',
	audience  {{text}} not null default 'host',
	title     {{text}} not null default '',
	version   {{int}}  not null default 0,
	changes   {{json}} not null default '{}',
	prev      {{text}} not null default '',
	hash      {{text}} not null default ''
) {{strict}};
create unique index uq_audit_seq on audit (seq);
create index ix_audit_record on audit (kind, record, at);
create index ix_audit_context on audit (context, at);
create index ix_audit_at on audit (at);
create index ix_audit_actor on audit (actor, at);

-- Values of personal fields stand apart, so that erasing a person leaves the
-- chain whole: the chained row holds only their salted hashes.
create table audit_personal (
	audit_id {{id}}   not null,
	field    {{text}} not null,
	salt     {{text}} not null,
	value    {{text}} not null,
	primary key (audit_id, field)
) {{strict}};

-- The values a record had at a version, kept for 30 days: what a form that
-- was opened then compares with.
create table record_version (
	kind    {{text}} not null,
	record  {{id}}   not null,
	version {{int}}  not null,
	at      {{ts}}   not null,
	fields  {{json}} not null,
	primary key (kind, record, version)
) {{strict}};
create index ix_record_version_at on record_version (at);
