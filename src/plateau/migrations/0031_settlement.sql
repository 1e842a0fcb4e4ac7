-- Periods of an agreement: open (no row), checked, signed by each party, closed and frozen.
create table activity.period (
  period_id uuid primary key,
  agreement text not null,
  first_on date not null,
  last_on date not null check (last_on >= first_on),
  state text not null check (state in ('checked', 'closed')),
  document text not null,             -- JSON: what everybody signs for, keys in order
  digest bytea not null,              -- of the document
  head_entry bigint not null,         -- where the ledger stood, and what it carried
  head_digest bytea not null,
  checked_by uuid not null references access.account,
  checked_at timestamptz not null,
  closed_by uuid references access.account,
  closed_at timestamptz,
  unique (agreement, first_on),
  check ((state = 'closed') = (closed_at is not null))
);

-- Who signed for a party, and for which document: another one voids it.
create table activity.signature (
  period_id uuid not null references activity.period,
  member text not null,
  digest bytea not null,
  person_id uuid not null references access.account,
  signed_at timestamptz not null,
  primary key (period_id, member, digest)
);

-- An entry that somebody does not agree with blocks closing until it is answered.
create table activity.dispute (
  dispute_id uuid primary key,
  agreement text not null,
  entry_id bigint not null,            -- of the ledger, from which nothing goes
  reason text not null check (trim(reason) <> ''),
  raised_by uuid not null references access.account,
  raised_at timestamptz not null,
  answer text check (trim(answer) <> ''),
  answered_by uuid references access.account,
  answered_at timestamptz,
  check ((answer is null) = (answered_at is null))
);
create unique index on activity.dispute (entry_id, agreement) where answered_at is null;

-- From which day a machine, line or agreement may still be counted: what comes late counts there.
create table activity.frozen (
  subject text primary key,
  open_from date not null
);
