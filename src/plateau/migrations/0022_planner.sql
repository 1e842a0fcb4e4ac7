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
