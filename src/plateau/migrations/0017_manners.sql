-- How each machine and peer is to be understood and called, identifiers of other institutions, and
-- imports of folders, CDs and uploads.

-- What a system sends is read as if it said this; the bytes stay as they came.
alter table territory.device
  add column issuer text,               -- of the patients' identifiers
  add column character_set text,        -- when none is said, or one that cannot be
  add column accession_prefix text,
  add column max_associations integer check (max_associations > 0);
alter table territory.peer
  add column commits boolean not null default false,             -- answers for what it keeps
  add column wants_availability boolean not null default false,  -- is told what can be had
  add column fetches_by text check (fetches_by in ('get', 'move', 'web')),
  add column web_url text,
  add column issuer text,
  add column character_set text,
  add column accession_prefix text,
  add column tls_ca text,               -- PEM files on our side
  add column tls_cert text,
  add column tls_key text,
  add column max_associations integer check (max_associations > 0),
  add check (fetches_by <> 'web' or web_url is not null),
  add check ((tls_cert is null) = (tls_key is null));

-- Whom an identifier of another institution designates, as somebody here has decided.
create table patients.foreign_identifier (
  issuer text not null check (issuer <> ''),
  value text not null check (value <> ''),
  patient_id uuid not null references patients.patient,
  linked_by text not null,
  linked_at timestamptz not null,
  primary key (issuer, value)
);
create index on patients.foreign_identifier (patient_id);

-- A folder, a CD or uploaded files that somebody has read in for a site.
create table images.import (
  import_id uuid primary key,
  site_id uuid not null references territory.site,
  issuer text not null default '',      -- of its patients' identifiers; '': the site itself
  folder text not null default '',      -- that is read, or '': uploaded
  asked_by text not null,
  asked_at timestamptz not null,
  touched_at timestamptz not null,      -- its last sign of life
  state text not null default 'reading' check (state in ('reading', 'done', 'refused')),
  problem text,
  done_at timestamptz,
  check ((state = 'reading') = (done_at is null))
);
create index on images.import (asked_at desc, import_id);
create unique index on images.import (site_id, issuer, folder)
  where folder <> '' and state = 'reading';

create table images.import_upload (
  import_id uuid not null references images.import,
  place integer not null,
  name text not null,
  blob_key text not null,
  bytes bigint not null,
  primary key (import_id, place)
);

-- What became of each file: one row once it is durable, or refused.
create table images.import_file (
  import_id uuid not null references images.import,
  name text not null,                   -- inside the folder or archive
  state text not null check (state in ('stored', 'known', 'held', 'refused', 'other')),
  reason text,
  blob_key text,                        -- of what waits for its patient
  local_id text,
  primary key (import_id, name),
  check ((state = 'held') = (blob_key is not null))
);
create index on images.import_file (import_id, local_id) where state = 'held';

-- The patients of files that wait, as those files name them.
create table images.import_patient (
  import_id uuid not null references images.import,
  local_id text not null,
  name text not null,
  birth_date text not null,
  sex text not null,
  primary key (import_id, local_id)
);
