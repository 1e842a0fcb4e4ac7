-- The ledger: one entry for each fact that counts, never altered; a correction is another entry that
-- points at the old one. Entries are numbered without a gap, and each carries the digest of what the
-- one before carried followed by its own line, as COPY writes it (columns in this order).
create schema activity;

create table activity.entry (
  entry_id bigint primary key,
  key text not null unique,           -- what is counted, e.g. 'reading:<exam>': never twice
  kind text not null check (kind in (
    'reading', 'fee', 'session_held', 'session_given_up', 'session_lent', 'session_made_up',
    'session_refused', 'duty', 'call_out', 'cost', 'forecast', 'settlement')),
  counted_at timestamptz not null,
  happened_on date not null,          -- the local day that it belongs to
  corrects bigint references activity.entry,
  quantity integer not null check (quantity in (1, -1)),   -- -1 takes an entry back
  exam_id uuid,
  version_id uuid,
  exam_code text,
  modality text,
  urgency text,
  site_id uuid references territory.site,
  member_id uuid references territory.member,    -- for whom
  reader_id uuid references access.account,      -- by whom
  line_id uuid,                       -- on which line of duty, none outside duties
  duty_id uuid,
  complete_at timestamptz,
  signed_at timestamptz,
  starts_at timestamptz,
  ends_at timestamptz check (ends_at > starts_at),
  agreement text,
  machine text,                       -- AE title
  session text,
  reader_member text,                 -- whose act it is, by each of the three rules there are
  session_member text,
  patient_member text,
  status text,                        -- by which law the reader works
  minutes integer check (minutes >= 0),
  head text check (head in ('staff', 'equipment', 'premises', 'others')),
  debit text,                         -- money goes from an account to another: both or neither
  credit text check (credit <> debit),
  cents bigint check (cents >= 0),
  reason text,
  digest bytea not null unique check (octet_length(digest) = 32),
  check (quantity = 1 or corrects is not null),
  check (corrects < entry_id),
  check ((cents is null) = (debit is null) and (cents is null) = (credit is null)),
  check ((kind in ('cost', 'forecast', 'settlement')) = (cents is not null)),
  check ((kind in ('cost', 'forecast')) <= (head is not null)),
  check (kind <> 'reading' or (exam_id is not null and version_id is not null
    and exam_code is not null and modality is not null and urgency is not null
    and site_id is not null and member_id is not null and reader_id is not null
    and complete_at is not null and signed_at is not null))
);
create index on activity.entry (signed_at, entry_id) where signed_at is not null;
create index on activity.entry (exam_id) where exam_id is not null;
create index on activity.entry (happened_on, kind);
create index on activity.entry (line_id, happened_on) where line_id is not null;
create unique index on activity.entry (corrects) where quantity = -1;
create trigger append_only before update or delete or truncate on activity.entry
  for each statement execute function access.refuse_change();

-- Where the chain stands: whoever appends holds this row. Entries cut off at the end show here.
create table activity.head (
  is_only boolean primary key default true check (is_only),
  entry_id bigint not null,
  digest bytea not null
);
insert into activity.head (entry_id, digest) values (0, sha256('plateau'));

-- What the entries of a day add up to, so that a counter reads days and not entries. It follows from
-- them: `plateau ledger rebuild` makes it again.
create table activity.daily (
  happened_on date not null,
  kind text not null,
  agreement text not null,
  machine text not null,
  session text not null,
  exam_code text not null,
  reader_member text not null,
  session_member text not null,
  patient_member text not null,
  head text not null,
  debit text not null,
  credit text not null,
  quantity bigint not null,
  minutes bigint not null,
  cents bigint not null,
  primary key (happened_on, kind, agreement, machine, session, exam_code, reader_member,
               session_member, patient_member, head, debit, credit)
);
create index on activity.daily (machine, kind, happened_on);
create index on activity.daily (agreement, kind, happened_on);
