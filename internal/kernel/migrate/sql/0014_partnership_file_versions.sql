-- Every file that was given for an evidence or an attestation, the present one
-- among them; message is what an e-mail message says of itself, as JSON.
alter table evidence add column file_name {{text}} not null default '';
alter table evidence add column alt {{text}} not null default '';
alter table evidence add column origin {{text}} not null default '';
create table file_version (
	id          {{id}}   not null primary key,
	partnership {{id}}   not null references partnership (id),
	record_kind {{text}} not null,
	record      {{id}}   not null,
	number      {{int}}  not null,
	file        {{text}} not null,
	file_name   {{text}} not null,
	media_type  {{text}} not null,
	size        {{int}}  not null,
	message     {{json}} not null default '',
	created_at  {{ts}}   not null,
	created_by  {{text}} not null
) {{strict}};
create unique index uq_file_version on file_version (record, number);
insert into file_version (id, partnership, record_kind, record, number, file, file_name, media_type, size, created_at, created_by)
	select id, partnership, 'evidence', id, 1, ref, title, media_type, size, created_at, created_by from evidence where kind = 'file';
insert into file_version (id, partnership, record_kind, record, number, file, file_name, media_type, size, created_at, created_by)
	select id, partnership, 'attestation', id, 1, file, file_name, media_type, size, created_at, author from attestation where file <> '';
