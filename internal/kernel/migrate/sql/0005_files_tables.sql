-- One row per stored content; the bytes lie under their hash.
create table file (
	hash       {{text}} not null primary key,
	size       {{int}}  not null,
	media_type {{text}} not null,
	created_at {{ts}}   not null
) {{strict}};
