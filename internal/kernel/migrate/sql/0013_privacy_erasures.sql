-- Whose data were erased, by id alone: no value of a person stands here. The
-- list is kept in a file of the data folder too, outlives a restore, and is
-- carried out again after it.
create table erasure (
	person {{id}}   not null primary key,
	at     {{ts}}   not null,
	by_actor {{text}} not null
) {{strict}};

-- Keyed hashes of the e-mail addresses of erased persons, so that an import or
-- an invitation that brings one back is noticed.
create table erasure_hash (
	person {{id}}   not null references erasure (person) on delete cascade,
	hash   {{text}} not null,
	primary key (person, hash)
) {{strict}};
create index ix_erasure_hash on erasure_hash (hash);
