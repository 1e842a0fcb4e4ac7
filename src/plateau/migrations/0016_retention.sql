-- How long each member keeps images, what must not be deleted, and what was.

-- Source: Code de la santé publique, R.1112-7.
create table territory.retention (
  member_id uuid not null references territory.member,
  modality text not null,               -- '*': all of them
  years integer not null check (years > 0),            -- after the last visit to the member
  until_age integer check (until_age > 0),             -- and at least until that birthday
  years_after_death integer check (years_after_death > 0),  -- instead, for who died meanwhile
  source text not null,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (member_id, modality, valid_from)
);
alter table patients.patient add column died_on date;

-- How much a member may keep. Beyond it, only machines and systems of the territory still store.
create table territory.quota (
  member_id uuid not null references territory.member,
  gb double precision not null check (gb > 0),
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (member_id, valid_from)
);

-- Studies past their time, as the sweep of the night found them. A person confirms.
create table images.expiry (
  study_id uuid primary key references images.study on delete cascade,
  due_on date not null,
  proposed_at timestamptz not null
);
create index on images.expiry (due_on, study_id);
create table images.expiry_sweep (
  day date primary key,
  proposed integer not null
);

-- Nothing deletes a study while somebody has a reason to keep it.
create table images.legal_hold (
  hold_id bigint generated always as identity primary key,
  study_id uuid not null references images.study,
  reason text not null check (reason <> ''),
  held_by uuid not null references access.account,
  held_at timestamptz not null,
  lifted_by uuid references access.account,
  lifted_at timestamptz,
  lifted_reason text,
  check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lifted_reason is null))
);
create unique index on images.legal_hold (study_id) where lifted_at is null;

-- What is left of a study that was deleted.
create table images.tombstone (
  tombstone_id bigint generated always as identity primary key,
  study_uid text not null,              -- may come again, and be deleted again
  patient_id uuid not null references patients.patient,
  site_id uuid not null references territory.site,
  accession_number text not null,
  series integer not null,
  instances integer not null,
  bytes bigint not null,
  uids text[] not null,                 -- SOP instance UIDs
  due_on date not null,
  deleted_at timestamptz not null,
  deleted_by uuid not null references access.account,
  reason text not null
);
create index on images.tombstone (deleted_at desc, tombstone_id);
create index on images.tombstone (study_uid);

-- Bytes that no row points at any more, to be removed.
create table images.doomed (
  blob_key text primary key,
  sop_instance_uid text not null,       -- which these bytes name: no other row can point at them
  at timestamptz not null
);
create index on images.doomed (at);

-- In which of two stores the bytes of a study are: 'copied' is in both, verified, and about to leave
-- the first; 'warm' is in both because somebody looked at it. Reading finds either place; what comes
-- later is in the first store again.
alter table images.study
  add column tier text not null default 'hot' check (tier in ('hot', 'copied', 'cold', 'warm')),
  add column tiered_at timestamptz;
create index on images.study (last_instance_at, study_id) where tier in ('hot', 'warm');
create index on images.study (tiered_at, study_id) where tier = 'copied';

create function images.warm_study() returns trigger language plpgsql as $$
begin
  new.tier = 'hot';
  new.tiered_at = null;
  return new;
end $$;
create trigger warm_study before update of last_instance_at on images.study for each row
  when (old.tier <> 'hot' and new.instances > old.instances)
  execute function images.warm_study();

-- What pseudonyms of anonymised copies are made of: drawn once.
create table images.pseudonym_key (
  is_only boolean primary key default true check (is_only),
  key bytea not null check (length(key) = 32)
);
