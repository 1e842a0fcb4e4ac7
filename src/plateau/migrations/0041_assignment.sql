-- Who is given an exam: what the pool agreed on, who is contracted, and how long exams take.

-- Shares of the delay after which each ring of readers opens, and what weighs how much: by contract.
create table reading.assignment_terms (
  valid_from date primary key,
  pool_share double precision not null check (pool_share between 0 and 1),
  department_share double precision not null check (department_share between 0 and 1),
  region_share double precision not null check (region_share between 0 and 1),
  operator_share double precision not null check (operator_share between 0 and 1),
  held_at_most integer not null check (held_at_most > 0),
  continuity_minutes integer not null check (continuity_minutes >= 0),
  fairness_share double precision not null check (fairness_share >= 0),
  prior_exams integer not null check (prior_exams >= 0), -- a prior counts as so many exams seen
  source text not null,
  verified boolean not null default false,
  check (pool_share <= department_share and department_share <= region_share
    and region_share <= operator_share)
);
insert into reading.assignment_terms values
  ('2020-01-01', 0.25, 0.5, 0.7, 0.85, 5, 15, 0.25, 10,
   'starting point, to be set by the agreement of the pool', false);

-- Members whose readers are a contracted operator: asked last.
create table reading.contracted (
  member_id uuid not null references territory.member,
  source text not null,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (member_id, valid_from)
);

-- How long a reader took with exams of a type: minutes from taken to signed, added up.
create table reading.pace (
  exam_code text not null references territory.exam_type,
  person_id uuid not null references access.account,
  exams integer not null check (exams > 0),
  minutes double precision not null check (minutes >= 0),
  primary key (exam_code, person_id)
);
create index on reading.task (reader_id, state) where reader_id is not null;
create index on reading.task (reader_id, signed_at) where signed_at is not null;
