-- What we ask of other systems: to answer for what they were sent, to give what they have; and what
-- we and they say can be had.

-- Storage commitment, user's side. Source: PS3.4, annex J.
create table images.commitment_wanted (
  transaction_uid text primary key,
  ae_title text not null references territory.peer,
  study_id uuid not null references images.study on delete cascade,
  classes text[] not null,
  uids text[] not null check (cardinality(uids) = cardinality(classes)),
  state text not null default 'waiting' check (state in ('waiting', 'asked', 'kept', 'failed')),
  wanted_at timestamptz not null,
  due_at timestamptz not null,          -- when it is asked again if nothing was heard
  attempts integer not null default 0,
  failed text[] not null default '{}',  -- what it does not answer for
  last_error text,
  answered_at timestamptz,
  check ((state in ('kept', 'failed')) = (answered_at is not null))
);
create index on images.commitment_wanted (due_at) where answered_at is null;
create index on images.commitment_wanted (ae_title, wanted_at desc);
create index on images.commitment_wanted (study_id, ae_title);

-- Instance availability notification: what was told of a study, and what others tell.
-- Source: PS3.4, annex R.
create table images.availability_told (
  study_id uuid not null references images.study on delete cascade,
  ae_title text not null references territory.peer,
  told_at timestamptz not null,
  online integer not null,
  unavailable integer not null,
  primary key (study_id, ae_title)
);
create table images.availability (
  ae_title text not null,               -- who said so
  sop_instance_uid text not null,
  study_uid text not null,
  series_uid text not null,
  availability text not null
    check (availability in ('ONLINE', 'NEARLINE', 'OFFLINE', 'UNAVAILABLE')),
  retrieve_from text not null default '',
  said_at timestamptz not null,
  primary key (ae_title, sop_instance_uid)
);
create index on images.availability (study_uid);

-- Studies that somebody has fetched from another system.
create table images.fetch (
  fetch_id uuid primary key,
  ae_title text not null references territory.peer,
  site_id uuid not null references territory.site,
  study_uid text not null,
  patient_id uuid references patients.patient,
  issuer text not null default '',
  asked_by text not null,
  asked_at timestamptz not null,
  due_at timestamptz not null,
  state text not null default 'waiting'
    check (state in ('waiting', 'done', 'refused', 'cancelled')),
  attempts integer not null default 0,
  expected integer,                     -- instances, as far as the other system says
  arrived integer not null default 0,
  failed integer not null default 0,
  last_error text,
  done_at timestamptz,
  check ((state = 'waiting') = (done_at is null))
);
create index on images.fetch (asked_at desc, fetch_id);
create index on images.fetch (due_at) where state = 'waiting';
create unique index on images.fetch (ae_title, study_uid) where state = 'waiting';
