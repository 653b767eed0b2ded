-- How somebody is reached, of a person or of an organisation: for what, on
-- which basis, and whether the consent was withdrawn. purposes holds codes of
-- the list contact_purpose with a blank between them; empty is every purpose.
create table contact_point (
	id           {{id}}   not null primary key,
	person       {{id}}   references person (id) on delete cascade,
	organisation {{id}}   references organisation (id) on delete cascade,
	kind         {{text}} not null,
	value        {{text}} not null,
	purposes     {{text}} not null default '',
	basis        {{text}} not null,
	basis_on     {{text}} not null default '',
	basis_note   {{text}} not null default '',
	withdrawn_on {{text}} not null default '',
	bounced_on   {{text}} not null default '',
	from_on      {{text}} not null default '',
	to_on        {{text}} not null default '',
	preferred    {{bool}} not null default false,
	lang         {{text}} not null default '',
	version      {{int}}  not null default 1,
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	updated_at   {{ts}}   not null,
	updated_by   {{text}} not null,
	deleted_at   {{ts}}
) {{strict}};
create index ix_contact_point_person on contact_point (person);
create index ix_contact_point_organisation on contact_point (organisation);
