-- Who is on duty, on which line, when.
create schema planning;

create table planning.duty (
  duty_id uuid primary key,
  line_id uuid not null references territory.line,
  person_id uuid not null references territory.practitioner,
  position integer not null check (position > 0),   -- 1 is called first
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  unique (line_id, position, starts_at)
);
create index on planning.duty (starts_at, ends_at);
create index on planning.duty (person_id, starts_at);
