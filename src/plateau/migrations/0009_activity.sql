-- The ledger of counted acts: one entry an act, never altered; a correction is another entry.
create schema activity;

create table activity.entry (
  entry_id bigint generated always as identity primary key,
  key text not null unique,           -- what is counted, e.g. 'reading:<exam>': never twice
  kind text not null check (kind in ('reading')),
  counted_at timestamptz not null,
  exam_id uuid not null,
  version_id uuid not null,
  exam_code text not null,
  modality text not null,
  urgency text not null,
  site_id uuid not null references territory.site,
  member_id uuid not null references territory.member,    -- for whom
  reader_id uuid not null references access.account,      -- by whom
  line_id uuid,                       -- on which line of duty, none outside duties
  duty_id uuid,
  complete_at timestamptz not null,
  signed_at timestamptz not null
);
create index on activity.entry (signed_at, entry_id);
create index on activity.entry (member_id, signed_at);
create trigger append_only before update or delete or truncate on activity.entry
  for each statement execute function access.refuse_change();
