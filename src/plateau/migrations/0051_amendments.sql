-- What people change in pages over what the territory file says: from a day, until the day before
-- another. What the file says of what they changed is kept beside, so that a change can be taken back.
create table territory.amendment (
  amendment_id uuid primary key,
  kind text not null,
  what text not null,                 -- as whoever changed it read it
  verb text not null check (verb in ('put', 'alter', 'end')),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  reason text not null check (reason <> ''),
  made_by uuid not null references access.account,
  made_at timestamptz not null,
  withdrawn_by uuid references access.account,
  withdrawn_at timestamptz,
  withdrawn_on date,                  -- what was so until then stays so
  check ((withdrawn_by is null) = (withdrawn_at is null)
     and (withdrawn_by is null) = (withdrawn_on is null))
);
create index on territory.amendment (made_at);

create table territory.alteration (
  alteration_id uuid primary key,
  amendment_id uuid not null references territory.amendment,
  number bigint generated always as identity,
  kind text not null,
  subject jsonb not null,
  verb text not null check (verb in ('put', 'alter', 'end')),
  content jsonb not null,
  valid_from date not null,
  valid_to date check (valid_to > valid_from)
);
create index on territory.alteration (kind, subject);

create table territory.filed (
  kind text not null,
  subject jsonb not null,
  rows jsonb not null,                -- as if nobody had changed anything
  primary key (kind, subject)
);

-- A line may have other hours and other readers from a day on.
alter table territory.line_option add column starts_at time;
alter table territory.line_option add column ends_at time;
alter table territory.line_option add column readers integer check (readers > 0);
