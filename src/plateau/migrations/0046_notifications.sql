-- What people are told, by which channels, and what came of it. Never anything about a patient.
create table access.contact (
  person_id uuid primary key references access.account,
  email text not null default '',
  phone text not null default ''        -- E.164
);

-- Where a kind goes for one person, beside the pages; no row: mail always, SMS when urgent.
create table access.notification_choice (
  person_id uuid not null references access.account,
  kind text not null,
  email text not null check (email in ('never', 'urgent', 'always')),
  sms text not null check (sms in ('never', 'urgent', 'always')),
  primary key (person_id, kind)
);

create table access.notification (
  notification_id bigint generated always as identity primary key,
  person_id uuid not null references access.account,
  kind text not null,
  text text not null,                   -- the English source, translated when shown
  told jsonb not null,                  -- what fills the text in
  link text not null check (link like '/%' and link not like '//%'),
  urgent boolean not null,
  key text,                             -- what was told under a key is told once
  created_at timestamptz not null,
  seen_at timestamptz,
  unique (person_id, key)
);
create index on access.notification (person_id, notification_id desc);
create index on access.notification (person_id) where seen_at is null;

create table access.notification_delivery (
  delivery_id uuid primary key,         -- the receiver knows the message by it: sent twice, kept once
  notification_id bigint not null references access.notification,
  channel text not null check (channel in ('email', 'sms')),
  state text not null default 'waiting'
    check (state in ('waiting', 'sent', 'needless', 'given_up')),
  attempts int not null default 0,
  next_at timestamptz not null,         -- real time
  give_up_at timestamptz not null,      -- real time
  claimed_until timestamptz,
  sent_at timestamptz,
  last_error text not null default '',
  unique (notification_id, channel)
);
create index on access.notification_delivery (next_at, delivery_id) where state = 'waiting';

-- Every attempt to send, never altered.
create table access.notification_attempt (
  attempt_id bigint generated always as identity primary key,
  delivery_id uuid not null references access.notification_delivery,
  at timestamptz not null,
  error text not null                   -- empty: it was taken
);
create index on access.notification_attempt (delivery_id, attempt_id);
create trigger append_only before update or delete or truncate on access.notification_attempt
  for each statement execute function access.refuse_change();
