-- Other DICOM systems, where studies are sent on, what is held for a person to decide, and the
-- upkeep of what is stored.

-- Systems we call or that call us, by the title they call themselves; a machine may have a row here
-- too, which says its address. They hold like every dated row of the territory.
create table territory.peer (
  ae_title text primary key check (length(ae_title) between 1 and 16),
  name text not null,
  host text not null,
  port integer not null check (port between 1 and 65535),
  site_id uuid references territory.site,      -- null: of the whole pool
  may_store boolean not null default false,    -- may send us instances
  may_query boolean not null default false,    -- may ask what we have
  may_retrieve boolean not null default false, -- may ask for it
  uses_tls boolean not null default false,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from)
);

-- The complete studies of a site, of one modality or of all ('*'), are sent on to a peer.
create table territory.route (
  site_id uuid not null references territory.site,
  modality text not null,
  ae_title text not null references territory.peer,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (site_id, modality, ae_title)
);

-- What was last seen of a peer or machine; one row each, rewritten.
create table images.contact (
  ae_title text primary key,
  last_seen_at timestamptz,
  last_echo_at timestamptz,
  last_echo_ok boolean,
  last_error text
);

-- Bytes that came under the UID of an instance that is stored with others.
-- Source: PS3.5, chapter 9: a UID names one thing for ever.
create table images.quarantine (
  quarantine_id bigint generated always as identity primary key,
  sop_instance_uid text not null,
  study_id uuid not null references images.study,  -- of the stored instance
  site_id uuid not null references territory.site, -- of the sender
  blob_key text not null,               -- digest of the bytes that came
  kept_key text not null,               -- digest of the bytes that were stored at that time
  bytes bigint not null,
  origin text not null,
  ae_title text not null,
  reason text not null,
  held_at timestamptz not null,
  last_at timestamptz not null,         -- when the same bytes came last
  times integer not null default 1,
  state text not null default 'open' check (state in ('open', 'kept_old', 'replaced', 'discarded')),
  new_uid text,                         -- under which the bytes were accepted, if they were
  resolved_by uuid references access.account,
  resolved_at timestamptz,
  resolved_reason text,
  unique (sop_instance_uid, blob_key),
  check ((state = 'open') = (resolved_at is null))
);
create index on images.quarantine (held_at desc, quarantine_id) where state = 'open';

-- A study on its way to a peer.
create table images.forwarding (
  study_id uuid not null references images.study,
  ae_title text not null references territory.peer,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'refused')),
  attempts integer not null default 0,
  sent integer not null default 0,      -- instances the peer said it has
  asked_at timestamptz not null,
  due_at timestamptz not null,          -- when it is asked again, if nothing has sent it by then
  done_at timestamptz,
  last_error text,
  primary key (study_id, ae_title)
);
create index on images.forwarding (due_at) where state = 'waiting';
create index on images.forwarding (ae_title, asked_at desc);

-- One pass over every stored instance, in the order of their UIDs; it goes on where it was.
create table images.sweep (
  sweep_id bigint generated always as identity primary key,
  started_at timestamptz not null,
  looked_at timestamptz not null,
  finished_at timestamptz,
  reached text not null default '',     -- the last UID that was checked
  checked bigint not null default 0,
  bytes bigint not null default 0
);
create unique index on images.sweep ((true)) where finished_at is null;

-- Instances whose bytes are not what was stored.
create table images.damage (
  sop_instance_uid text primary key references images.instance on delete cascade,
  kind text not null check (kind in ('missing', 'altered', 'unreadable')),
  found_at timestamptz not null,
  seen_at timestamptz not null
);

-- What came each day (of Paris), for pages that must not count millions of rows.
create table images.usage (
  day date not null,
  site_id uuid not null references territory.site,
  modality text not null,
  instances bigint not null,
  bytes bigint not null,
  primary key (day, site_id, modality)
);
create table images.traffic (
  day date not null,
  ae_title text not null,
  instances bigint not null,
  bytes bigint not null,
  last_at timestamptz not null,
  primary key (day, ae_title)
);
create index on images.traffic (ae_title, day desc);
-- Instances lie in the order in which they came.
create index on images.instance using brin (received_at) with (pages_per_range = 32);
create index on images.refusal (at);
