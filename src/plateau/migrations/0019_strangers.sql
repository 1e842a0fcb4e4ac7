-- What other institutions' systems send of somebody whom nobody here has recognised yet: kept, shown
-- to nobody, until a person says who it is.
create table images.stranger (
  stranger_id bigint generated always as identity primary key,
  site_id uuid not null references territory.site,  -- of the sender
  issuer text not null check (issuer <> ''),
  local_id text not null,
  name text not null,                   -- as the first object says it
  birth_date text not null,
  sex text not null,
  first_at timestamptz not null,
  unique (site_id, issuer, local_id)
);

create table images.stranger_instance (
  sop_instance_uid text not null,
  blob_key text not null,               -- the digest of the bytes
  stranger_id bigint not null references images.stranger,
  sop_class_uid text not null,
  study_uid text not null,
  bytes bigint not null,
  ae_title text not null,
  address text not null,
  received_at timestamptz not null,
  problem text not null default '',     -- why it was not indexed once its patient was known
  primary key (sop_instance_uid, blob_key)
);
create index on images.stranger_instance (stranger_id, received_at);
create index on images.stranger_instance (blob_key);
