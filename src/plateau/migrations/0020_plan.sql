-- What a roster is made from. In `territory`, what its file says: contracts, sessions, travel, shares,
-- options of lines. In `planning`, rules as people decide them and the counters of burdens (leave and
-- wishes, which people ask for, come with publication: 0021).

create table territory.contract (
  person_id uuid not null references access.account,
  status text not null check (status in ('hospital', 'private', 'hospital_technologist',
                                         'private_technologist', 'hospital_secretary', 'secretary')),
  home_site_id uuid not null references territory.site,
  share double precision not null check (share > 0 and share <= 1),
  half_days double precision not null check (half_days > 0),
  takes_extra boolean not null,
  max_duties integer check (max_duties >= 0),
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (person_id, valid_from)
);

-- Who takes part in an on-call line.
create table territory.line_member (
  person_id uuid not null references access.account,
  line_id uuid not null references territory.line,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (person_id, line_id, valid_from)
);

-- What somebody who is no reader is able to do.
create table territory.aptitude (
  person_id uuid not null references access.account,
  skill text not null,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (person_id, skill, valid_from)
);

-- A half-day of work at a site, every week or on given days.
create table territory.session_grid (
  code text not null,
  half text not null check (half in ('M', 'A')),
  name text not null,
  site_id uuid not null references territory.site,
  machine text,
  family text,
  skill text,
  weekdays text not null,          -- of 1 (Monday) to 7
  extra_days text not null,        -- ISO, apart from the weekdays
  closed_days text not null,
  on_holidays boolean not null,
  starts_at time not null,
  ends_at time not null check (ends_at > starts_at),
  needed integer not null check (needed > 0),
  statuses text not null,
  is_optional boolean not null,
  same_team boolean not null,      -- the same people for its week
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (code, half, valid_from)
);

create table territory.travel (
  origin_id uuid not null references territory.site,
  destination_id uuid not null references territory.site,
  minutes integer not null check (minutes >= 0),
  source text not null,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (origin_id, destination_id, valid_from)
);

create table territory.share_target (
  family text not null,
  member_id uuid not null references territory.member,
  share double precision not null check (share between 0 and 1),
  tolerance double precision not null check (tolerance >= 0),
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (family, member_id, valid_from)
);

-- On which days a line runs, what it asks for, and the private operator of its deep night.
create table territory.line_option (
  line_id uuid not null references territory.line,
  days text not null check (days in ('all', 'off', 'working')),
  skill text,
  operator text,
  operator_phone text,
  operator_from time,
  operator_to time,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (line_id, valid_from)
);

-- A site whose emergency department is closed on a night.
create table territory.line_closure (
  line_id uuid not null references territory.line,
  site_id uuid not null references territory.site,
  closed_on date not null,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (line_id, site_id, closed_on)
);

-- A rule as it was decided, over what the law and the defaults say.
create table planning.rule_setting (
  setting_id uuid primary key,
  rule text not null,
  first_on date not null,
  last_on date check (last_on >= first_on),
  is_on boolean not null,
  is_hard boolean not null,
  weight integer not null check (weight >= 0),
  numbers jsonb not null,
  source text not null,
  is_verified boolean not null,
  decided_by uuid references access.account,
  decided_at timestamptz not null
);

-- What somebody did of a burden before a day, less what was due: added to the targets after it.
create table planning.carried (
  person_id uuid not null references access.account,
  burden text not null,
  carried_on date not null,
  done double precision not null,
  primary key (person_id, burden, carried_on)
);
