create table account (
	id            {{id}}   not null primary key,
	person        {{id}}   not null,
	name          {{text}} not null,
	email         {{text}} not null,
	email_folded  {{text}} not null,
	password      {{text}} not null default '',
	organisation  {{text}} not null default '',
	lang          {{text}} not null default '',
	theme         {{text}} not null default '',
	state         {{text}} not null default 'invited',
	demo          {{bool}} not null default false,
	seen_at       {{ts}}   not null default 0,
	seen_before   {{ts}}   not null default 0,
	version       {{int}}  not null default 1,
	created_at    {{ts}}   not null,
	created_by    {{text}} not null,
	updated_at    {{ts}}   not null,
	updated_by    {{text}} not null
) {{strict}};
create unique index uq_account_email on account (email_folded);
create unique index uq_account_person on account (person);
create index ix_account_organisation on account (organisation);

create table account_role (
	account    {{id}}   not null references account (id) on delete cascade,
	role       {{text}} not null,
	from_at    {{ts}}   not null,
	until_at   {{ts}}   not null default 0,
	granted_by {{text}} not null,
	primary key (account, role)
) {{strict}};

create table session (
	token      {{text}} not null primary key,
	account    {{id}}   not null references account (id) on delete cascade,
	created_at {{ts}}   not null,
	seen_at    {{ts}}   not null,
	auth_at    {{ts}}   not null,
	agent      {{text}} not null default ''
) {{strict}};
create index ix_session_account on session (account);
create index ix_session_seen on session (seen_at);

-- Links that carry one right once: sign-up, reset, first set-up.
create table access_link (
	token      {{text}} not null primary key,
	purpose    {{text}} not null,
	account    {{text}} not null default '',
	created_at {{ts}}   not null,
	expires_at {{ts}}   not null,
	used_at    {{ts}}   not null default 0
) {{strict}};
create index ix_access_link_account on access_link (account);

create table object_access (
	account      {{id}}   not null references account (id) on delete cascade,
	kind         {{text}} not null,
	object       {{id}}   not null,
	access_right {{text}} not null,
	primary key (account, kind, object, access_right)
) {{strict}};
create index ix_object_access_object on object_access (kind, object);

-- What the administrator of the installation has set.
create table setting (
	name       {{text}} not null primary key,
	value      {{text}} not null,
	updated_at {{ts}}   not null,
	updated_by {{text}} not null
) {{strict}};
