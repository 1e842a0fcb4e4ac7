-- The outbox: what is owed to other systems, retried until it is acknowledged or given up on.
create schema exchange;

create table exchange.delivery (
  delivery_id uuid primary key,
  destination_id uuid not null references territory.destination,
  version_id uuid not null references reading.version,
  exam_id uuid not null,
  site_id uuid not null references territory.site,
  control_id text not null unique check (length(control_id) <= 20),   -- MSH-10
  state text not null check (state in ('waiting', 'delivered', 'refused', 'withdrawn')),
  attempts integer not null default 0,
  created_at timestamptz not null,
  due_at timestamptz not null,        -- real time of the next attempt
  delivered_at timestamptz,
  last_outcome text not null default '',   -- of the last attempt, none before the first
  last_error text not null default '',
  unique (destination_id, version_id)
);
create index on exchange.delivery (due_at) where state = 'waiting';
create index on exchange.delivery (exam_id);

-- What may be sent once due: never a version before those that it follows.
create view exchange.ready as
select d.* from exchange.delivery d join reading.version v using (version_id)
where d.state = 'waiting' and not exists (
  select from exchange.delivery f join reading.version w using (version_id)
  where f.destination_id = d.destination_id and f.exam_id = d.exam_id
    and f.state = 'waiting' and w.number < v.number);

create table exchange.attempt (
  attempt_id bigint generated always as identity primary key,
  delivery_id uuid not null references exchange.delivery,
  at timestamptz not null,
  outcome text not null,              -- AA, AE, AR, silence, unreachable, malformed, unready
  detail text not null default ''
);
create index on exchange.attempt (delivery_id, attempt_id);

-- One message at a time to each destination: a sender holds the lane while it sends.
create table exchange.lane (
  destination_id uuid primary key references territory.destination,
  due_at timestamptz not null,        -- real time; later than now while the destination is down
  failures integer not null default 0,     -- in a row: nobody there, or no answer
  claims bigint not null default 0,   -- a sender that comes back too late holds an old number
  claimed_until timestamptz           -- real time; past it another sender may take over
);

-- The requester has read the result.
create table exchange.acknowledgement (
  version_id uuid not null references reading.version,
  person_id uuid not null references access.account,
  at timestamptz not null,
  primary key (version_id, person_id)
);
