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
