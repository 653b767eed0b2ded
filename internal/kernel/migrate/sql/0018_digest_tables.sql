-- What an account chose, where it chose, and until when it was told.
create table digest_choice (
	account    {{id}}   not null primary key,
	rhythm     {{text}} not null default '',
	reminders  {{bool}} not null default true,
	told_at    {{ts}}   not null default 0,
	updated_at {{ts}}   not null
) {{strict}};

-- Links that stop one kind of message to one account. They stay good for as
-- long as somebody may find the message.
create table digest_stop (
	token      {{text}} not null primary key,
	account    {{id}}   not null,
	kind       {{text}} not null,
	created_at {{ts}}   not null
) {{strict}};
create index ix_digest_stop_account on digest_stop (account);
create index ix_digest_stop_created on digest_stop (created_at);

-- What somebody was reminded of, so that it is said once.
create table digest_reminded (
	account {{id}}   not null,
	item    {{text}} not null,
	at      {{ts}}   not null,
	primary key (account, item)
) {{strict}};
create index ix_digest_reminded_at on digest_reminded (at);
