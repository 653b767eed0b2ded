-- The second factor of an account: a seed for one-time codes, sealed with the
-- key file. Until it is confirmed with a code it is asked for nowhere.
create table account_factor (
	account      {{id}}   not null primary key references account (id) on delete cascade,
	seed         {{text}} not null,
	confirmed_at {{ts}}   not null default 0,
	last_step    {{int}}  not null default 0,
	created_at   {{ts}}   not null
) {{strict}};

-- Codes for the day on which the device is lost: hashes, each works once.
create table account_recovery (
	code       {{text}} not null primary key,
	account    {{id}}   not null references account (id) on delete cascade,
	created_at {{ts}}   not null,
	used_at    {{ts}}   not null default 0
) {{strict}};
create index ix_account_recovery_account on account_recovery (account);

-- The address that a link confirms.
alter table access_link add column address {{text}} not null default '';
