-- Addresses at which a calendar program reads what is due: of an account, or
-- of one partnership as the account sees it. What the address holds is kept
-- as a hash.
create table calendar_feed (
	id          {{id}}   not null primary key,
	token       {{text}} not null,
	account     {{id}}   not null,
	partnership {{text}} not null default '',
	lang        {{text}} not null,
	created_at  {{ts}}   not null,
	read_at     {{ts}}   not null default 0,
	revoked_at  {{ts}}   not null default 0
) {{strict}};
create unique index uq_calendar_feed_token on calendar_feed (token);
create unique index uq_calendar_feed on calendar_feed (account, partnership) where revoked_at = 0;
