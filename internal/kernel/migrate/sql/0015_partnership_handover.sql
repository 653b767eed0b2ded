-- One account's places and actions, moved to another in one action.
create table handover (
	id           {{id}}   not null primary key,
	from_account {{id}}   not null,
	to_account   {{id}}   not null,
	reason       {{text}} not null,
	last_day     {{text}} not null,
	at           {{ts}}   not null,
	by_actor     {{text}} not null,
	seen_at      {{ts}}   not null default 0,
	undone_at    {{ts}}   not null default 0,
	undone_by    {{text}} not null default ''
) {{strict}};
create index ix_handover_to on handover (to_account, at);
create index ix_handover_from on handover (from_account, at);

-- What a hand-over moved, and what it left where it was, with the reason.
create table handover_item (
	id          {{id}}   not null primary key,
	handover    {{id}}   not null references handover (id),
	position    {{int}}  not null,
	kind        {{text}} not null,
	partnership {{text}} not null default '',
	record      {{text}} not null,
	title       {{text}} not null default '',
	data        {{json}} not null default '',
	state       {{text}} not null,
	why         {{json}} not null default ''
) {{strict}};
create index ix_handover_item on handover_item (handover, position);

-- What the next person should know of a partnership, in the words of who
-- looks after it now.
create table handover_note (
	partnership {{id}}   not null primary key references partnership (id),
	text        {{text}} not null,
	version     {{int}}  not null default 1,
	updated_at  {{ts}}   not null,
	updated_by  {{text}} not null
) {{strict}};
