-- Texts that reports are written from: templates of types of exams, and macros. A row that has ended
-- stays: whoever changes a text adds another row.
create table reading.template (
  template_id uuid primary key,
  owner_id uuid references access.account,   -- nobody: everybody's
  name text not null check (name <> ''),
  starts boolean not null,             -- an empty report of its exams starts from it
  technique text not null,
  result text not null,
  conclusion text not null,
  identifier text not null default '', -- dcterms.identifier of the MRRT file it came from
  source bytea,                        -- that file, as it was received
  made_by uuid not null references access.account,
  made_at timestamptz not null,
  ended_at timestamptz,
  ended_by uuid references access.account
);
create index on reading.template (owner_id) where ended_at is null;

create table reading.template_exam (
  template_id uuid not null references reading.template,
  exam_code text not null references territory.exam_type,
  primary key (template_id, exam_code)
);
create index on reading.template_exam (exam_code);

create table reading.macro (
  macro_id uuid primary key,
  owner_id uuid references access.account,
  short text not null check (short <> ''),
  text text not null check (text <> ''),
  made_by uuid not null references access.account,
  made_at timestamptz not null,
  ended_at timestamptz,
  ended_by uuid references access.account
);
create unique index one_text_per_macro on reading.macro (owner_id, short) nulls not distinct
  where ended_at is null;
