-- Members, sites, machines, practitioners and the dated rules of the territory.
-- Every dated row holds from valid_from until the day before valid_to (null: no end known);
-- a row taken back before it held has valid_to = valid_from.
create schema territory;

create table territory.member (
  member_id uuid primary key,
  code text not null unique,
  name text not null,
  finess text,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from)
);

create table territory.site (
  site_id uuid primary key,
  code text not null unique,
  member_id uuid not null references territory.member,
  name text not null,
  town text not null,
  latitude double precision not null check (latitude between -90 and 90),
  longitude double precision not null check (longitude between -180 and 180),
  time_zone text not null default 'Europe/Paris',
  finess text,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from)
);

create table territory.device (
  device_id uuid primary key,
  site_id uuid not null references territory.site,
  ae_title text not null unique check (length(ae_title) between 1 and 16),
  modality text not null,
  name text not null,
  manufacturer text,
  model text,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from)
);

create table territory.exam_type (
  exam_code text primary key,
  name text not null,              -- in French, as people say it
  name_en text not null,
  modality text not null,
  region text not null,
  ccam text,                       -- code of the act; see ccam_verified
  ccam_verified boolean not null default false,
  minutes integer not null check (minutes > 0),
  technique text not null default '',
  result text not null default '',
  conclusion text not null default '',
  withdrawn_on date                -- no longer offered since; old exams keep it
);

create table territory.practitioner (
  person_id uuid primary key references access.account,
  code text not null unique,
  rpps text,
  specialty text not null,
  home_site_id uuid not null references territory.site,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from)
);

-- Who else the territory file makes an account for: requesters, technologists, managers…
create table territory.staff (
  person_id uuid primary key references access.account,
  code text not null unique,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from)
);

create table territory.skill (
  person_id uuid not null references territory.practitioner,
  modality text not null,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (person_id, modality, valid_from)
);

create table territory.privilege (
  person_id uuid not null references territory.practitioner,
  site_id uuid not null references territory.site,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (person_id, site_id, valid_from)
);

-- A line of duty: so many readers, at one place, between two hours of the local day.
create table territory.line (
  line_id uuid primary key,
  code text not null unique,
  name text not null,
  place_site_id uuid not null references territory.site,
  starts_at time not null,
  ends_at time not null,           -- on the next day when not after starts_at
  readers integer not null check (readers > 0),
  valid_from date not null,
  valid_to date check (valid_to >= valid_from)
);

-- The sites a line covers; a site may be covered from an earlier hour than the line's own start.
create table territory.line_site (
  line_id uuid not null references territory.line,
  site_id uuid not null references territory.site,
  starts_at time not null,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (line_id, site_id, valid_from)
);

-- The most specific one holds: of the site and modality, of the site, of the modality, of all.
create table territory.delay_target (
  urgency text not null check (urgency in ('U0', 'U1', 'U2', 'U3')),
  site_id uuid references territory.site,  -- none: all of them
  modality text not null default '*',      -- '*': all of them
  minutes integer not null check (minutes > 0),
  source text not null,
  verified boolean not null default false,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  unique nulls not distinct (urgency, site_id, modality, valid_from)
);

create table territory.destination (
  destination_id uuid primary key,
  code text not null unique,
  site_id uuid not null references territory.site,
  kind text not null check (kind in ('mllp')),
  host text not null,
  port integer not null check (port between 1 and 65535),
  application text not null,       -- MSH-5 of what we send
  facility text not null,          -- MSH-6
  valid_from date not null,
  valid_to date check (valid_to >= valid_from)
);

create table territory.revision (
  revision_id bigint generated always as identity primary key,
  loaded_at timestamptz not null,
  file_name text not null,
  digest text not null,
  changes jsonb not null
);
