-- When an exam that nobody reads climbs, to whom, who was told, and when it is expected to be read.

-- The ladder of a contract: of a site, or of all those that have none of their own.
create table reading.escalation_step (
  valid_from date not null,
  site_id uuid references territory.site,  -- none: every site without a ladder of its own
  urgency text not null check (urgency in ('U0', 'U1', 'U2', 'U3')),
  position integer not null check (position > 0),
  target text not null check (target in
    ('reader', 'second_reader', 'next_ring', 'coordinator', 'operator')),
  share double precision not null check (share >= 0),     -- of the delay, before which it rests
  wait_minutes integer not null check (wait_minutes > 0), -- for an answer, then the next step
  hold_minutes integer not null check (hold_minutes > 0), -- after an answer, if still not read
  source text not null,
  verified boolean not null default false,
  unique nulls not distinct (site_id, urgency, valid_from, position)
);
insert into reading.escalation_step
select '2020-01-01', null, u.urgency, t.position, t.target, t.share, u.wait, u.hold,
       'starting point, to be set by the agreement of the pool', false
from (values ('U0', 3, 10), ('U1', 5, 20), ('U2', 15, 60), ('U3', 60, 240))
       u (urgency, wait, hold),
     (values (1, 'reader', 0.3), (2, 'second_reader', 0.45), (3, 'next_ring', 0.6),
             (4, 'coordinator', 0.75), (5, 'operator', 0.85)) t (position, target, share);

-- One climb for each exam that waits; `due_at` is when its next step is.
create table reading.escalation (
  exam_id uuid primary key references reading.task,
  position integer not null default 0,  -- the last step taken
  due_at timestamptz,                   -- none: over, or at the top
  held boolean not null default false   -- somebody answered, and it is not read yet
);
create index on reading.escalation (due_at) where due_at is not null;

-- Who was called at which step, and what came of it.
create table reading.escalation_call (
  call_id bigint generated always as identity primary key,
  exam_id uuid not null references reading.escalation,
  position integer not null,
  target text not null,
  person_id uuid references access.account,  -- none: nobody could be called
  who text not null default '',              -- an operator without account of ours
  told_at timestamptz not null,
  acknowledged_at timestamptz check (acknowledged_at >= told_at),
  passed_on_at timestamptz check (passed_on_at >= told_at),
  check (acknowledged_at is null or person_id is not null)
);
create index on reading.escalation_call (exam_id, call_id);

-- When each waiting exam is expected to be read, from the queue ahead and who is on duty.
create table reading.forecast (
  exam_id uuid primary key references reading.task,
  expected_at timestamptz  -- none: nobody on duty may read it
);
