-- Imaging requests, their justification, the planned exams, and every transition of both.
create schema requests;
create sequence requests.accession;

create table requests.request (
  request_id uuid primary key,
  state text not null check (state in
    ('draft', 'submitted', 'information_asked', 'accepted', 'substituted', 'refused', 'cancelled')),
  site_id uuid not null references territory.site,
  requester_id uuid not null references access.account,
  patient_id uuid not null references patients.patient,
  urgency text not null check (urgency in ('U0', 'U1', 'U2', 'U3')),
  exam_code text not null references territory.exam_type,
  context text not null,
  aim text not null,
  region text not null,
  risks text not null,               -- risks and contraindications
  pregnancy text not null default 'unknown' check (pregnancy in ('no', 'possible', 'yes', 'not_applicable', 'unknown')),
  allergy text not null default 'unknown' check (allergy in ('no', 'yes', 'unknown')),
  renal text not null default 'unknown' check (renal in ('normal', 'impaired', 'unknown')),
  implant text not null default 'unknown' check (implant in ('no', 'yes', 'unknown')),
  earlier text not null,             -- earlier exams and biology
  technique text not null,           -- wished
  wished_delay text not null,
  informed boolean not null,         -- attestation of information and consent
  callback_phone text not null,
  submitted_at timestamptz,
  decided_at timestamptz,
  decided_by uuid references access.account,
  decision_reason text not null default '',
  override_reason text,              -- vital risk: acquired before acceptance
  key text unique                    -- given by the form, so that sending twice makes one request
);
create index on requests.request (site_id, submitted_at desc);
create index on requests.request (state, urgency, submitted_at);

create table requests.exam (
  exam_id uuid primary key,
  request_id uuid not null references requests.request,
  site_id uuid not null references territory.site,
  patient_id uuid not null references patients.patient,
  device_id uuid not null references territory.device,
  exam_code text not null references territory.exam_type,
  urgency text not null check (urgency in ('U0', 'U1', 'U2', 'U3')),
  accession_number text not null unique check (length(accession_number) <= 16),
  study_uid text not null unique,
  protocol text not null,
  state text not null check (state in
    ('planned', 'arrived', 'in_progress', 'acquired', 'transferring', 'complete', 'cancelled')),
  planned_at timestamptz not null,
  arrived_at timestamptz,
  started_at timestamptz,
  acquired_at timestamptz,
  complete_at timestamptz
);
create index on requests.exam (device_id, state, planned_at);
create index on requests.exam (site_id, planned_at desc);
create index on requests.exam (request_id);
create index on requests.exam (patient_id);

-- The log: every change of state of a request or an exam (machine: 'request' or 'exam').
create table requests.transition (
  transition_id bigint generated always as identity primary key,
  machine text not null check (machine in ('request', 'exam')),
  subject_id uuid not null,
  event text not null,
  from_state text,
  to_state text not null,
  at timestamptz not null,
  person_id uuid,
  role text,
  site_id uuid not null,
  cause text not null default ''
);
create index on requests.transition (subject_id, transition_id);
create trigger append_only before update or delete or truncate on requests.transition
  for each statement execute function access.refuse_change();

-- Questions and answers on one request.
create table requests.message (
  message_id bigint generated always as identity primary key,
  request_id uuid not null references requests.request,
  at timestamptz not null,
  person_id uuid not null references access.account,
  text text not null check (text <> '')
);
create index on requests.message (request_id, message_id);

-- What machines did without an accepted request: readable, but to be explained.
create table requests.incident (
  incident_id bigint generated always as identity primary key,
  key text not null unique,          -- what it is about, so that hearing twice records once
  kind text not null check (kind in ('step_without_exam', 'step_of_cancelled_exam', 'images_without_exam',
    'images_of_cancelled_exam', 'cancelled_too_late')),
  at timestamptz not null,
  site_id uuid not null references territory.site,
  ae_title text not null default '',
  exam_id uuid references requests.exam
);
create index on requests.incident (site_id, at desc);
