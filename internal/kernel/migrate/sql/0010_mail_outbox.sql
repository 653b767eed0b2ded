-- A row per message to one address. sealed holds what it says until it is
-- sent or given up; then it is empty. once_key joins messages that would only
-- repeat each other. fence grows with every worker that takes the row and
-- with every decision of a person.
create table mail_outbox (
	id           {{id}}   not null primary key,
	kind         {{text}} not null,
	person       {{text}} not null default '',
	address      {{text}} not null,
	lang         {{text}} not null,
	sealed       {{text}} not null,
	once_key     {{text}},
	state        {{text}} not null,
	why          {{text}} not null default '',
	reply        {{text}} not null default '',
	attempt      {{int}}  not null default 0,
	run_at       {{ts}}   not null,
	expires_at   {{ts}}   not null default 0,
	locked_until {{ts}}   not null default 0,
	fence        {{int}}  not null default 0,
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	ended_at     {{ts}}   not null default 0
) {{strict}};
create unique index uq_mail_once on mail_outbox (once_key);
create index ix_mail_due on mail_outbox (state, run_at);
create index ix_mail_person on mail_outbox (person);
create index ix_mail_address on mail_outbox (address);
create index ix_mail_ended on mail_outbox (ended_at);

-- While a row stands here nothing is sent: a backup was restored, and a person
-- looks first at what it would send a second time.
create table mail_quarantine (
	id    {{text}} not null primary key,
	since {{ts}}   not null
) {{strict}};

-- Addresses whose server said that it takes nothing for them, under a hash:
-- an erased person's address stands in no row.
create table mail_bounce (
	address {{text}} not null primary key,
	at      {{ts}}   not null,
	why     {{text}} not null
) {{strict}};
