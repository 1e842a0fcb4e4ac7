-- Drafts that programs propose: where they may, what they sent, what readers did with it.

create table reading.model (
  model_id uuid primary key,
  name text not null check (name <> ''),
  version text not null check (version <> ''),
  maker text not null default '',
  token_hash bytea not null unique,    -- of the token its program sends with each draft
  made_by uuid not null references access.account,
  made_at timestamptz not null,
  closed_at timestamptz,
  unique (name, version)
);

-- Off unless there is a row; a row that has ended is never opened again.
create table reading.model_switch (
  switch_id uuid primary key,
  salt uuid not null,                  -- shown to nobody: no reader can tell what will be hidden
  model_id uuid not null references reading.model,
  site_id uuid not null references territory.site,
  exam_code text not null references territory.exam_type,
  blind_permille integer not null check (blind_permille between 0 and 1000),
  usual_permille integer not null check (usual_permille > 0),
  limit_permille integer not null check (limit_permille > usual_permille and limit_permille < 1000),
  quiet_for integer not null check (quiet_for >= 100),
  valid_from timestamptz not null,
  made_by uuid not null references access.account,
  made_at timestamptz not null,
  ended_at timestamptz,
  ended_by uuid references access.account,   -- nobody: the limit of disagreements was reached
  ended_why text not null default '',
  check (ended_at is null or ended_why <> '')
);
create unique index one_model_at_a_time on reading.model_switch (site_id, exam_code)
  where ended_at is null;
create index on reading.model_switch (model_id, site_id);

create table reading.proposal (
  proposal_id uuid primary key,
  exam_id uuid not null references reading.task,
  model_id uuid not null references reading.model,
  switch_id uuid not null references reading.model_switch,
  sender_key text not null,
  received_at timestamptz not null,
  result text not null check (result <> ''),
  conclusion text not null check (conclusion <> ''),
  abnormal boolean not null,
  blind boolean not null,
  document jsonb not null,             -- as it was received
  unique (model_id, sender_key),
  unique (model_id, exam_id)
);
create index on reading.proposal (exam_id);
create index on reading.proposal (switch_id, received_at);
create trigger append_only before update or delete or truncate on reading.proposal
  for each statement execute function access.refuse_change();

create table reading.proposal_decision (
  proposal_id uuid primary key references reading.proposal,
  decision text not null check (decision in ('accept', 'take', 'reject')),
  reason text check (reason in ('missed', 'invented', 'wording', 'other')),
  found_abnormal boolean,
  by uuid not null references access.account,
  at timestamptz not null,
  check ((decision = 'reject') = (reason is not null and found_abnormal is not null))
);
create trigger append_only before update or delete or truncate on reading.proposal_decision
  for each statement execute function access.refuse_change();

-- The ledger: one row once the exam is signed.
create table reading.proposal_outcome (
  proposal_id uuid primary key references reading.proposal,
  version_id uuid not null references reading.version,
  reader_id uuid not null references access.account,
  outcome text not null
    check (outcome in ('accepted', 'edited', 'rejected', 'undecided', 'blind')),
  reading_s integer check (reading_s >= 0),
  distance_permille integer not null check (distance_permille between 0 and 1000),
  draft_abnormal boolean not null,
  signed_at timestamptz not null
);
create trigger append_only before update or delete or truncate on reading.proposal_outcome
  for each statement execute function access.refuse_change();

create table reading.proposal_judgement (
  judgement_id bigint generated always as identity primary key,
  proposal_id uuid not null unique references reading.proposal_outcome,
  disagrees boolean not null,
  found_abnormal boolean not null,
  score integer check (score between 0 and 4),
  comment text not null default '',
  by uuid references access.account,
  at timestamptz not null,
  check ((by is null) = (score is null)),
  check (score is null or disagrees = (score >= 3))
);
create trigger append_only before update or delete or truncate on reading.proposal_judgement
  for each statement execute function access.refuse_change();

-- What a printed report has to say beside its text, whatever becomes of the text.
create table reading.notice (
  exam_id uuid not null references reading.task,
  text text not null check (text <> ''),
  at timestamptz not null,
  primary key (exam_id, text)
);
create trigger append_only before update or delete or truncate on reading.notice
  for each statement execute function access.refuse_change();
