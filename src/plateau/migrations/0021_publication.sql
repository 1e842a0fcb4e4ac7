-- Rosters in the making, published, and lived: versions, what people ask, what they are told.

-- The time a roster is made for. Its problem is kept as it was read, so that a version can always
-- be judged again by what was known; what came since (leave, wishes, relaxations) is added to it.
create table planning.period (
  period_id uuid primary key,
  first_on date not null,
  last_on date not null check (last_on >= first_on),
  problem text not null,           -- JSON, as roster files are
  loaded_at timestamptz not null,
  exclude using gist (daterange(first_on, last_on, '[]') with &&)
);

-- The posts of a period, for pages and calendars that need no problem.
create table planning.post (
  post_id uuid primary key,
  period_id uuid not null references planning.period,
  kind text not null check (kind in ('session', 'duty')),
  day date not null,
  half text not null check (half in ('M', 'A', 'N')),
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  site_id uuid not null references territory.site,
  name text not null,
  needed integer not null check (needed > 0),
  line_id uuid references territory.line,
  machine text,
  first_position integer not null default 1,
  withdrawn_at timestamptz         -- no longer asked for; old versions still speak of it
);
create index on planning.post (period_id, day);

create table planning.solve (
  solve_id uuid primary key,
  first date not null,
  last date not null check (last >= first),
  seconds integer not null check (seconds between 1 and 3600),
  seed integer not null default 0,
  state text not null default 'waiting'
    check (state in ('waiting', 'running', 'stopped', 'done', 'failed')),
  progress jsonb not null default '{}',  -- step, done, best, bound, gap, seconds, by_rule
  conflicts jsonb not null default '[]', -- when no roster exists: why, and what would help
  stop_asked boolean not null default false,
  asked_by text not null,
  asked_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  roster jsonb,                    -- the best so far, as a roster file
  error text
);
create index on planning.solve (asked_at desc);

create table planning.version (
  version_id uuid primary key,
  period_id uuid not null references planning.period,
  number integer not null check (number > 0),
  state text not null check (state in ('draft', 'published', 'past', 'dropped')),
  parent_id uuid references planning.version,
  author_id uuid references access.account,
  author text not null,
  reason text not null default '',
  made_at timestamptz not null,
  published_at timestamptz,
  solve_id uuid references planning.solve,  -- the planner's search that it began as
  unique (period_id, number)
);
create unique index on planning.version (period_id) where state = 'published';

create table planning.assignment (
  version_id uuid not null references planning.version,
  post_id uuid not null references planning.post,
  person_id uuid not null references access.account,
  position integer not null check (position > 0),
  primary key (version_id, post_id, position),
  unique (version_id, post_id, person_id)
);
create index on planning.assignment (person_id, version_id);

-- What was done to a draft, so that it can be undone.
create table planning.edit (
  edit_id bigint generated always as identity primary key,
  version_id uuid not null references planning.version,
  author text not null,
  at timestamptz not null,
  removed jsonb not null,          -- [post, person, position]
  added jsonb not null,
  undone boolean not null default false
);
create index on planning.edit (version_id, edit_id desc) where not undone;

-- A breach that a coordinator accepts, and why; it stays on the roster.
create table planning.override (
  override_id uuid primary key,
  period_id uuid not null references planning.period,
  rule text not null,
  post_id uuid,
  person_id uuid,
  reason text not null check (trim(reason) <> ''),
  author text not null,
  at timestamptz not null
);
create index on planning.override (period_id, at);

-- A demand or a rule that is asked less of, for one period.
create table planning.relaxation (
  relaxation_id uuid primary key,
  period_id uuid not null references planning.period,
  kind text not null check (kind in ('optional', 'rule_off', 'rule_soft')),
  rule text,
  post_id uuid,
  reason text not null,
  author text not null,
  at timestamptz not null,
  check ((kind = 'optional') = (post_id is not null)),
  check ((kind <> 'optional') = (rule is not null))
);
create index on planning.relaxation (period_id, at);

-- What people ask for: the problem of a period is made from it (`planning.leave`, `planning.wish`).
create table if not exists planning.leave (
  leave_id uuid primary key,
  person_id uuid not null references access.account,
  first_on date not null,
  last_on date not null check (last_on >= first_on),
  status text not null check (status in ('asked', 'granted', 'refused', 'withdrawn')),
  asked_at timestamptz not null,
  answered_at timestamptz,
  answered_by uuid references access.account,
  answer text not null default ''
);
create index if not exists leave_person_id_first_on_idx on planning.leave (person_id, first_on);
alter table planning.leave
  add column kind text not null default 'leave' check (kind in ('leave', 'sick')),
  add column told jsonb not null default '{}';  -- fills the places of `answer`
create index on planning.leave (asked_at) where status = 'asked';

create table if not exists planning.wish (
  wish_id uuid primary key,
  person_id uuid not null references access.account,
  wished_on date not null,
  kind text not null check (kind in ('off', 'work')),
  half text check (half in ('M', 'A', 'N')),
  points integer not null check (points between 0 and 100),
  is_hard boolean not null,
  made_at timestamptz not null
);
create unique index if not exists wish_once
  on planning.wish (person_id, wished_on, kind, coalesce(half, ''));

-- A post that its holder offers: against another one, to somebody, or to whoever is able.
create table planning.swap (
  swap_id uuid primary key,
  period_id uuid not null references planning.period,
  post_id uuid not null references planning.post,
  from_id uuid references access.account,   -- null: nobody holds it, the coordinator offers it
  to_id uuid references access.account,     -- null: to whoever is able
  return_post_id uuid references planning.post,
  state text not null check (state in ('offered', 'accepted', 'refused', 'withdrawn', 'lapsed')),
  asked_at timestamptz not null,
  answered_at timestamptz,
  taken_by uuid references access.account,
  version_id uuid references planning.version
);
create unique index on planning.swap (post_id, coalesce(to_id, post_id)) where state = 'offered';

-- A private calendar address: only the digest of its secret is kept.
create table planning.feed (
  feed_id uuid primary key,
  person_id uuid not null references access.account,
  digest bytea not null unique,
  made_at timestamptz not null,
  revoked_at timestamptz
);
create unique index on planning.feed (person_id) where revoked_at is null;

create table planning.notice (
  notice_id bigint generated always as identity primary key,
  person_id uuid not null references access.account,
  text text not null,              -- an English sentence with places, `told` fills them
  told jsonb not null default '{}',
  at timestamptz not null,
  seen_at timestamptz
);
create index on planning.notice (person_id, at desc);

-- Whoever takes a duty over while it goes on covers what it covered: the day is that of its beginning.
alter table planning.duty
  add column begun_at timestamptz check (begun_at <= starts_at);
