-- A row per piece of work. unique_key joins work that would only repeat
-- itself; it is empty once the work has ended. again: asked for anew while it
-- was running. fence grows with every worker that takes the job.
create table job (
	id           {{id}}   not null primary key,
	kind         {{text}} not null,
	args         {{json}} not null default '{}',
	state        {{text}} not null default 'ready',
	run_at       {{ts}}   not null,
	attempt      {{int}}  not null default 0,
	max_attempts {{int}}  not null default 8,
	locked_until {{ts}}   not null default 0,
	fence        {{int}}  not null default 0,
	unique_key   {{text}},
	again        {{bool}} not null default false,
	progress     {{int}}  not null default 0,
	total        {{int}}  not null default 0,
	cancel       {{bool}} not null default false,
	message      {{text}} not null default '',
	created_at   {{ts}}   not null,
	created_by   {{text}} not null,
	ended_at     {{ts}}   not null default 0
) {{strict}};
create index ix_job_ready on job (state, run_at);
create index ix_job_ended on job (ended_at);
create unique index uq_job_key on job (unique_key);

create table job_log (
	job  {{id}}   not null references job (id) on delete cascade,
	n    {{int}}  not null,
	at   {{ts}}   not null,
	line {{text}} not null,
	primary key (job, n)
) {{strict}};

create table job_schedule (
	name    {{text}} not null primary key,
	next_at {{ts}}   not null,
	last_at {{ts}}   not null default 0
) {{strict}};
