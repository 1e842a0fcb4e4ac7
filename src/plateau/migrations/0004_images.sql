-- Studies, series, instances, what machines said of their procedure steps, and what was refused.
create schema images;

create table images.study (
  study_id uuid primary key,
  study_uid text not null unique,
  patient_id uuid not null references patients.patient,
  site_id uuid not null references territory.site,
  ae_title text not null,
  accession_number text not null default '',
  description text not null default '',
  modalities text[] not null default '{}',
  started_at timestamptz,
  state text not null default 'receiving' check (state in ('receiving', 'complete')),
  announced integer,                    -- instances the closed procedure steps announced
  instances integer not null default 0,
  bytes bigint not null default 0,
  first_instance_at timestamptz not null,
  last_instance_at timestamptz not null,
  quiet_at timestamptz not null,        -- when silence makes it complete, if nothing announced it
  complete_at timestamptz
);
create index on images.study (patient_id, started_at desc);
create index on images.study (accession_number) where accession_number <> '';
create index on images.study (quiet_at) where state = 'receiving';

create table images.series (
  series_id uuid primary key,
  study_id uuid not null references images.study,
  series_uid text not null unique,
  modality text not null,
  number integer,
  description text not null default '',
  instances integer not null default 0
);
create index on images.series (study_id);

create table images.instance (
  sop_instance_uid text primary key,
  series_id uuid not null references images.series,
  sop_class_uid text not null,
  transfer_syntax_uid text not null,
  number integer,
  frames integer not null default 1,
  rows integer,
  columns integer,
  blob_key text not null,               -- the digest of the bytes
  bytes bigint not null,
  pixel_offset bigint,                  -- where the first frame starts in the bytes, when native
  frame_bytes integer,                  -- then, how long each frame is
  metadata json not null,               -- DICOM JSON (PS3.18 annex F), without bulk data
  received_at timestamptz not null,
  origin text not null
);
create index on images.instance (series_id, number, sop_instance_uid);

-- Modality performed procedure steps (PS3.4 annex F).
create table images.step (
  step_uid text primary key,
  study_uid text not null,
  ae_title text not null,
  site_id uuid not null references territory.site,
  state text not null check (state in ('IN PROGRESS', 'COMPLETED', 'DISCONTINUED')),
  started_at timestamptz not null,
  ended_at timestamptz,
  announced text[] not null default '{}',   -- SOP instance UIDs of the performed series
  attributes jsonb not null
);
create index on images.step (study_uid);

create table images.refusal (
  refusal_id bigint generated always as identity primary key,
  at timestamptz not null,
  ae_title text not null,
  address text not null,
  code text not null,
  reason text not null
);
