-- The outbox: what is owed to other systems, retried until it is acknowledged or given up on.
create schema exchange;

create table exchange.delivery (
  delivery_id uuid primary key,
  destination_id uuid not null references territory.destination,
  version_id uuid not null references reading.version,
  exam_id uuid not null,
  site_id uuid not null references territory.site,
  control_id text not null unique check (length(control_id) <= 20),   -- MSH-10
  state text not null check (state in ('waiting', 'delivered', 'refused')),
  attempts integer not null default 0,
  created_at timestamptz not null,
  due_at timestamptz not null,        -- real time of the next attempt
  delivered_at timestamptz,
  last_error text not null default '',
  unique (destination_id, version_id)
);
create index on exchange.delivery (due_at) where state = 'waiting';
create index on exchange.delivery (exam_id);

create table exchange.attempt (
  attempt_id bigint generated always as identity primary key,
  delivery_id uuid not null references exchange.delivery,
  at timestamptz not null,
  outcome text not null,              -- AA, AE, AR, silence, unreachable, malformed
  detail text not null default ''
);
create index on exchange.attempt (delivery_id, attempt_id);

-- The requester has read the result.
create table exchange.acknowledgement (
  version_id uuid not null references reading.version,
  person_id uuid not null references access.account,
  at timestamptz not null,
  primary key (version_id, person_id)
);
