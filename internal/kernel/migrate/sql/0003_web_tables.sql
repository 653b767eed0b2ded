-- One row per form that took effect: the key its page was made with, and
-- where the answer led. Sent again, the form leads there and does nothing.
create table form_key (
	id       {{text}} not null primary key,
	account  {{text}} not null,
	location {{text}} not null default '',
	at       {{ts}}   not null
) {{strict}};
create index ix_form_key_at on form_key (at);
