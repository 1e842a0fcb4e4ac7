-- Signed texts: final, printed and sent once their signer can no longer recall them.
create table reading.signature (
  version_id uuid primary key,        -- of the version that it becomes
  exam_id uuid not null references reading.task,
  indication text not null,
  technique text not null,
  result text not null,
  conclusion text not null,
  signed_by uuid not null references access.account,
  signed_at timestamptz not null,
  final_at timestamptz not null,      -- real time: until then its signer may recall it
  ended_at timestamptz,
  is_recalled boolean,                -- kept as it was signed; never sent nor counted
  check ((ended_at is null) = (is_recalled is null))
);
create unique index on reading.signature (exam_id) where ended_at is null;
create index on reading.signature (final_at) where ended_at is null;
create index on reading.signature (exam_id, signed_at);
