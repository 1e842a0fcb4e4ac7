-- The reading worklist, drafts, signed versions, and every transition.
create schema reading;

create table reading.task (
  exam_id uuid primary key references requests.exam,
  site_id uuid not null references territory.site,
  patient_id uuid not null references patients.patient,
  study_uid text not null,
  modality text not null,
  exam_code text not null references territory.exam_type,
  urgency text not null check (urgency in ('U0', 'U1', 'U2', 'U3')),
  state text not null check (state in ('unassigned', 'reading', 'draft', 'signed', 'final')),
  complete_at timestamptz not null,
  due_at timestamptz not null,
  reader_id uuid references access.account,
  taken_at timestamptz,
  lease_until timestamptz,           -- real time; past it anyone may take the exam
  signed_at timestamptz,
  check ((state = 'reading') <= (reader_id is not null and lease_until is not null))
);
create index on reading.task (state, urgency, due_at);
create index on reading.task (patient_id, complete_at desc);

create table reading.draft (
  exam_id uuid primary key references reading.task,
  indication text not null default '',
  technique text not null default '',
  result text not null default '',
  conclusion text not null default '',
  revision integer not null default 1,   -- a save names the revision it started from
  saved_at timestamptz not null,
  saved_by uuid not null references access.account
);

-- A signed version is never altered, only followed.
create table reading.version (
  version_id uuid primary key,
  exam_id uuid not null references reading.task,
  number integer not null check (number > 0),
  kind text not null check (kind in ('preliminary', 'final', 'addendum', 'retraction')),
  indication text not null,
  technique text not null,
  result text not null,
  conclusion text not null,
  reason text not null default '',    -- of an addendum or a retraction; whom a preliminary was told
  signed_by uuid not null references access.account,
  signed_at timestamptz not null,
  duty_id uuid,                       -- the duty it was read on, if any
  document_key text not null,         -- the PDF, in the object store
  digest text not null,               -- sha256 of the sections, identity and signature
  unique (exam_id, number),
  check (kind in ('preliminary', 'final') or number > 1),
  check (kind in ('preliminary', 'final') or reason <> '')
);
create trigger append_only before update or delete or truncate on reading.version
  for each statement execute function access.refuse_change();

create table reading.transition (
  transition_id bigint generated always as identity primary key,
  exam_id uuid not null references reading.task,
  event text not null,
  from_state text,
  to_state text not null,
  at timestamptz not null,
  person_id uuid,
  cause text not null default ''
);
create index on reading.transition (exam_id, transition_id);
create trigger append_only before update or delete or truncate on reading.transition
  for each statement execute function access.refuse_change();

-- Images that were rejected when their exam was being read or had been: a reader decides what that
-- changes. What was rejected before anybody read the exam is nothing to decide.
create table reading.rejected_images (
  rejection_id bigint not null,       -- of images.rejection
  exam_id uuid not null references reading.task,
  code text not null,                 -- PS3.16, CID 7010
  state text not null,                -- of the report, when the images were rejected
  at timestamptz not null,
  restored_at timestamptz,            -- the images were brought back: nothing is left to decide
  decision text check (decision in ('stands', 'addendum', 'seen')),
  reason text not null default '',
  decided_at timestamptz,
  decided_by uuid references access.account,
  primary key (exam_id, rejection_id),
  check ((decision is null) = (decided_at is null) and (decision is null) = (decided_by is null)),
  check (decision is null or decision = 'seen' or reason <> '')
);
create index on reading.rejected_images (rejection_id);
create index on reading.rejected_images (at, rejection_id)
  where decision is null and restored_at is null;
