-- What a search of the planner is for: a new roster, or what is published with the fewest changes.
alter table planning.solve
  add column kind text not null default 'solve' check (kind in ('solve', 'mend')),
  add column absence_id uuid references planning.leave,  -- that a mend is for
  add column asked_by_id uuid references access.account;
create index on planning.solve (absence_id, asked_at desc) where absence_id is not null;

-- A decision about a rule that was taken back: rosters made before it keep what they were made with.
alter table planning.rule_setting
  add column withdrawn_at timestamptz,
  add column withdrawn_by uuid references access.account;

-- How many sessions of a family a member had done up to a day beyond its share (below zero: it is
-- owed some), as whoever counts says: the share targets of rosters after that day begin from it.
create table planning.share_carried (
  family text not null,
  member_id uuid not null references territory.member,
  carried_on date not null,
  sessions double precision not null,
  source text not null,
  noted_at timestamptz not null,
  primary key (family, member_id, carried_on)
);

-- Up to which entry of the ledger the planner was told of a day.
create table activity.carried (
  agreement text not null,
  carried_on date not null,
  entry_id bigint not null,
  primary key (agreement, carried_on)
);

-- What coordinators change of what the territory file says, each with a reason; taken back, it no
-- longer counts. A session that does not take place, and a site whose emergency department is closed.
create table planning.closed_session (
  closure_id uuid primary key,
  code text not null,                  -- of territory.session_grid
  half text check (half in ('M', 'A')),  -- none: the whole day
  closed_on date not null,
  reason text not null check (trim(reason) <> ''),
  made_by uuid not null references access.account,
  made_at timestamptz not null,
  withdrawn_at timestamptz
);
create unique index on planning.closed_session (code, coalesce(half, ''), closed_on)
  where withdrawn_at is null;

create table planning.closed_line_night (
  closure_id uuid primary key,
  line_id uuid not null references territory.line,
  site_id uuid not null references territory.site,
  closed_on date not null,
  reason text not null check (trim(reason) <> ''),
  made_by uuid not null references access.account,
  made_at timestamptz not null,
  withdrawn_at timestamptz
);
create unique index on planning.closed_line_night (line_id, site_id, closed_on)
  where withdrawn_at is null;

-- The nights on which a line does not wait for a site, whoever says so.
create view planning.closed_night as
  select line_id, site_id, closed_on from territory.line_closure
  where valid_to is null or valid_to > closed_on
  union
  select line_id, site_id, closed_on from planning.closed_line_night where withdrawn_at is null;

-- Somebody works more or less than their contract says from a day on, or not at all.
create table planning.contract_change (
  change_id uuid primary key,
  person_id uuid not null references access.account,
  first_on date not null,
  last_on date check (last_on >= first_on),
  is_off boolean not null,             -- no contract on these days
  share double precision check (share > 0 and share <= 1),
  half_days double precision check (half_days > 0),
  takes_extra boolean,
  max_duties integer check (max_duties >= 0),
  reason text not null check (trim(reason) <> ''),
  made_by uuid not null references access.account,
  made_at timestamptz not null,
  withdrawn_at timestamptz
);
create index on planning.contract_change (person_id, first_on) where withdrawn_at is null;
