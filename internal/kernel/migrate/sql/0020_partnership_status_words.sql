-- Why a partnership stands where it does, where a source says it and the
-- product puts it into words: in each language.
alter table partnership_status add column reason_fr {{text}} not null default '';
alter table partnership_status add column reason_es {{text}} not null default '';
