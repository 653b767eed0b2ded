-- search_folded holds a blank and then the folded words of every name, alias
-- and acronym, so that a word is found at its beginning by one comparison.
create table organisation (
	id            {{id}}   not null primary key,
	name          {{text}} not null,
	name_fr       {{text}} not null default '',
	name_es       {{text}} not null default '',
	name_folded   {{text}} not null,
	search_folded {{text}} not null,
	acronym       {{text}} not null default '',
	kind          {{text}} not null default '',
	constituent   {{text}} not null default '',
	country       {{text}} not null default '',
	parent        {{id}},
	website       {{text}} not null default '',
	note          {{text}} not null default '',
	example       {{bool}} not null default false,
	source        {{text}} not null default '',
	source_place  {{text}} not null default '',
	version       {{int}}  not null default 1,
	created_at    {{ts}}   not null,
	created_by    {{text}} not null,
	updated_at    {{ts}}   not null,
	updated_by    {{text}} not null,
	deleted_at    {{ts}}
) {{strict}};
create index ix_organisation_name on organisation (name_folded, id, search_folded) where deleted_at is null;
create index ix_organisation_country on organisation (country, name_folded, id) where deleted_at is null;
create index ix_organisation_kind on organisation (kind, name_folded, id) where deleted_at is null;
create index ix_organisation_constituent on organisation (constituent, name_folded, id) where deleted_at is null;
create index ix_organisation_parent on organisation (parent, name_folded);
create index ix_organisation_deleted on organisation (deleted_at) where deleted_at is not null;

create table organisation_alias (
	organisation {{id}}   not null references organisation (id) on delete cascade,
	name         {{text}} not null,
	name_folded  {{text}} not null,
	primary key (organisation, name_folded)
) {{strict}};
create index ix_organisation_alias on organisation_alias (name_folded);

-- An identifier belongs to one organisation at a time; those of a removed
-- organisation are free until it comes back.
create table organisation_identifier (
	organisation {{id}}   not null references organisation (id) on delete cascade,
	scheme       {{text}} not null,
	value        {{text}} not null,
	deleted_at   {{ts}},
	primary key (organisation, scheme, value)
) {{strict}};
create unique index uq_organisation_identifier on organisation_identifier (scheme, value) where deleted_at is null;

-- A standing with dates: Coalition partner, standing at the International
-- Labour Conference.
create table organisation_standing (
	id           {{id}}   not null primary key,
	organisation {{id}}   not null references organisation (id) on delete cascade,
	kind         {{text}} not null,
	from_on      {{text}} not null default '',
	to_on        {{text}} not null default '',
	source       {{text}} not null default '',
	version      {{int}}  not null default 1,
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	updated_at   {{ts}}   not null,
	updated_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_organisation_standing on organisation_standing (organisation);

-- Members of a network, coalition or body, with dates: an organisation or a
-- country.
create table organisation_member (
	id           {{id}}   not null primary key,
	organisation {{id}}   not null references organisation (id) on delete cascade,
	member       {{id}},
	country      {{text}} not null default '',
	from_on      {{text}} not null default '',
	to_on        {{text}} not null default '',
	source       {{text}} not null default '',
	version      {{int}}  not null default 1,
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	updated_at   {{ts}}   not null,
	updated_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_organisation_member on organisation_member (organisation);
create index ix_organisation_member_of on organisation_member (member);

create table person (
	id          {{id}}   not null primary key,
	name        {{text}} not null,
	name_folded {{text}} not null,
	email       {{text}} not null default '',
	lang        {{text}} not null default '',
	note        {{text}} not null default '',
	example     {{bool}} not null default false,
	version     {{int}}  not null default 1,
	created_at  {{ts}}   not null,
	created_by  {{text}} not null,
	updated_at  {{ts}}   not null,
	updated_by  {{text}} not null,
	deleted_at  {{ts}}
) {{strict}};
create index ix_person_name on person (name_folded, id) where deleted_at is null;
create index ix_person_email on person (email) where email <> '';
create index ix_person_deleted on person (deleted_at) where deleted_at is not null;

create table person_role (
	id           {{id}}   not null primary key,
	person       {{id}}   not null references person (id) on delete cascade,
	organisation {{id}}   not null references organisation (id),
	title        {{text}} not null default '',
	focal        {{bool}} not null default false,
	from_on      {{text}} not null default '',
	to_on        {{text}} not null default '',
	version      {{int}}  not null default 1,
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	updated_at   {{ts}}   not null,
	updated_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_person_role_person on person_role (person);
create index ix_person_role_organisation on person_role (organisation);
