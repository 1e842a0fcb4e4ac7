-- Critical results: what was found, who was called, when, what they read back.
create table reading.critical (
  loop_id uuid primary key references reading.loop,
  exam_id uuid not null references reading.task,
  category text not null check (category in ('minutes', 'hours', 'days')),
  finding text not null check (finding <> ''),
  found_at timestamptz not null,
  found_by uuid not null references access.account,
  heard_at timestamptz,
  heard_by uuid references access.account,      -- in the application; null: by voice
  check (heard_by is null or heard_at is not null)
);
create index on reading.critical (exam_id);

create table reading.critical_call (
  call_id bigint generated always as identity primary key,
  loop_id uuid not null references reading.critical,
  rung text not null check (rung in ('callback', 'ward', 'on_call', 'coordinator')),
  called text not null check (called <> ''),    -- who, in words
  at timestamptz not null,
  by_id uuid not null references access.account,
  reached boolean not null,
  read_back text not null default '',
  check (reached or read_back = '')
);
create index on reading.critical_call (loop_id, call_id);
create trigger append_only before update or delete or truncate on reading.critical_call
  for each statement execute function access.refuse_change();

-- Incidental findings: what is recommended, by which day, and the reminder before it.
create table reading.followup (
  loop_id uuid primary key references reading.loop,
  exam_id uuid not null references reading.task,
  finding text not null check (finding <> ''),
  recommendation text not null check (recommendation <> ''),
  due_on date not null,
  remind_at timestamptz not null,
  reminded_at timestamptz,
  planned_on date                               -- whoever has it in hand says when it is done
);
create index on reading.followup (exam_id);
create index on reading.followup (remind_at) where reminded_at is null;
