-- When a person was erased: the row stays, without a name, that what points at
-- it keeps its meaning.
alter table person add column erased_at {{ts}};
