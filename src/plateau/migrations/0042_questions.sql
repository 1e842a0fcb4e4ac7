-- What a reader asks about an exam, to the technologist or to the requester, and the answer. While a
-- question that stops the clock is open, the delay of the report does not run.
create table requests.question (
  question_id bigint generated always as identity primary key,
  exam_id uuid not null references requests.exam,
  cause text not null check (cause in ('missing_images', 'poor_quality', 'wrong_identity',
    'missing_history', 'unclear_request', 'prior_awaited')),
  owner text not null check (owner in ('technologist', 'requester')),
  stops_clock boolean not null,
  text text not null default '',
  asked_at timestamptz not null,
  asked_by uuid not null references access.account,
  answer text not null default '',
  answered_at timestamptz check (answered_at >= asked_at),
  answered_by uuid references access.account,
  check ((answered_at is null) = (answered_by is null)),
  check (answered_at is null or answer <> '')
);
create index on requests.question (exam_id, question_id);
create unique index on requests.question (exam_id, cause) where answered_at is null;

-- When the report was due before the clock was ever stopped; `due_at` moves, this does not.
alter table reading.task add column target_at timestamptz;
