-- What machines asked us to answer for before they delete it. Source: PS3.4, annex J.
create table images.commitment (
  commitment_id bigint generated always as identity primary key,
  transaction_uid text not null,
  ae_title text not null,
  asked_at timestamptz not null,
  classes text[] not null,              -- SOP class and instance UIDs, in the order of the request
  uids text[] not null check (cardinality(uids) = cardinality(classes)),
  committed integer,                    -- how many we answered for
  reported_at timestamptz,
  unique (ae_title, transaction_uid)
);
