-- How many days something is kept, where the administrator set another number
-- than the product's. 0 keeps it without an end.
create table retention_rule (
	code       {{text}} not null primary key,
	days       {{int}}  not null,
	updated_at {{ts}}   not null,
	updated_by {{text}} not null
) {{strict}};
