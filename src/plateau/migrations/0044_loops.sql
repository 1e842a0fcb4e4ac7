-- Loops: what has to happen after a report, each with an owner, a time and a proof that it did.
create table reading.loop (
  loop_id uuid primary key,
  kind text not null,
  category text not null default '',
  exam_id uuid not null references reading.task,
  patient_id uuid not null references patients.patient,
  site_id uuid not null references territory.site,
  text text not null,                 -- what has to happen: English, translated when it is shown
  owner_id uuid references access.account,
  owner_role text not null,           -- at the site, when no person owns it
  state text not null check (state in ('open', 'acknowledged', 'closed', 'lapsed')),
  due_at timestamptz not null,
  next_at timestamptz not null,       -- when it is passed on, unless something happens before
  step integer not null default 0 check (step >= 0),
  opened_at timestamptz not null,
  opened_by uuid references access.account,
  ended_at timestamptz,
  ended_by uuid references access.account,
  proof text not null default '',
  check ((state in ('closed', 'lapsed')) = (ended_at is not null)),
  check (ended_at is null or proof <> '')
);
create index on reading.loop (exam_id);
create index on reading.loop (next_at) where ended_at is null;
create index on reading.loop (site_id, due_at) where ended_at is null;
create index on reading.loop (owner_id) where ended_at is null;

-- Everything that happened to a loop, never altered; replayed, it gives the state.
create table reading.loop_event (
  event_id bigint generated always as identity primary key,
  loop_id uuid not null references reading.loop,
  step text not null check (step in ('opened', 'acknowledged', 'passed_on', 'closed', 'lapsed')),
  from_state text,
  to_state text not null,
  at timestamptz not null,
  person_id uuid references access.account,   -- null: nobody, the clock
  owner_id uuid,
  owner_role text not null,
  note text not null default ''
);
create index on reading.loop_event (loop_id, event_id);
create trigger append_only before update or delete or truncate on reading.loop_event
  for each statement execute function access.refuse_change();

-- How long each kind of loop may take, and after how long it is passed on: by contract.
create table reading.loop_terms (
  kind text not null,
  category text not null default '',
  within_minutes integer not null check (within_minutes > 0),
  pass_on_minutes integer not null check (pass_on_minutes > 0),
  source text not null,
  verified boolean not null default false,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (kind, category, valid_from)
);
insert into reading.loop_terms (kind, category, within_minutes, pass_on_minutes, source, valid_from)
select kind, category, within, pass_on, 'starting point, to be set by the agreement of the pool',
       '2020-01-01'
from (values
  ('critical', 'minutes', 30, 10),
  ('critical', 'hours', 360, 60),
  ('critical', 'days', 4320, 1440),
  ('followup', '', 129600, 10080),
  ('recall', '', 1440, 240),
  ('recall', 'retraction', 240, 30),
  ('relook', '', 120, 30),
  ('', '', 4320, 1440)) as terms (kind, category, within, pass_on);
