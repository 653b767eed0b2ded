create table ref_source (
	source    {{text}} not null primary key,
	title     {{text}} not null,
	publisher {{text}} not null,
	date      {{text}} not null,
	address   {{text}} not null default '',
	licence   {{text}} not null default '',
	note      {{text}} not null default ''
) {{strict}};

create table ref_list (
	list     {{text}} not null primary key,
	name_en  {{text}} not null,
	name_fr  {{text}} not null,
	name_es  {{text}} not null,
	text_en  {{text}} not null default '',
	text_fr  {{text}} not null default '',
	text_es  {{text}} not null default '',
	version  {{int}}  not null,
	source   {{text}} not null,
	as_of    {{text}} not null,
	verified {{bool}} not null,
	editable {{bool}} not null,
	digest   {{text}} not null
) {{strict}};

-- A row is never edited: a new version of the code is added and becomes the
-- current one.
create table ref_item (
	id         {{id}}   not null primary key,
	list       {{text}} not null references ref_list (list),
	code       {{text}} not null,
	version    {{int}}  not null,
	position   {{int}}  not null,
	name_en    {{text}} not null,
	name_fr    {{text}} not null,
	name_es    {{text}} not null,
	text_en    {{text}} not null default '',
	text_fr    {{text}} not null default '',
	text_es    {{text}} not null default '',
	parent     {{text}} not null default '',
	valid_from {{text}} not null default '',
	valid_to   {{text}} not null default '',
	source     {{text}} not null,
	place      {{text}} not null default '',
	as_of      {{text}} not null,
	verified   {{bool}} not null,
	attrs      {{json}} not null default '{}',
	current    {{bool}} not null,
	created_at {{ts}}   not null,
	created_by {{text}} not null
) {{strict}};
create unique index uq_ref_item on ref_item (list, code, version);
create index ix_ref_item_current on ref_item (list, current, position);
