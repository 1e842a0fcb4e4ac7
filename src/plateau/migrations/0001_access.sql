-- People who act, their roles by site, their sessions, and the audit trail.
create schema access;

create table access.account (
  person_id uuid primary key,
  login text not null unique check (login = lower(login) and login <> ''),
  name text not null,
  password_hash text,
  language text not null default 'fr' check (language in ('fr', 'en')),
  theme text not null default 'auto' check (theme in ('auto', 'light', 'dark')),
  closed_at timestamptz
);

create table access.role (
  person_id uuid not null references access.account,
  role text not null check (role in
    ('reader', 'coordinator', 'technologist', 'requester', 'manager', 'physicist', 'administrator')),
  site_id uuid not null,
  primary key (person_id, role, site_id)
);

create table access.session (
  token_hash bytea primary key,
  person_id uuid not null references access.account,
  csrf text not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null
);
create index on access.session (expires_at);

create table access.sign_in_attempt (
  attempt_id bigint generated always as identity primary key,
  login text not null,
  address text not null,
  at timestamptz not null,
  succeeded boolean not null
);
create index on access.sign_in_attempt (login, at);
create index on access.sign_in_attempt (address, at);

-- Who saw or changed what of which patient; written with the view or change, never altered.
create table access.audit (
  audit_id bigint generated always as identity primary key,
  at timestamptz not null,
  person_id uuid,
  actor text not null,             -- the person's name, or the system's part
  action text not null,            -- dotted, e.g. 'report.sign'
  patient_id uuid,
  subject text not null,           -- e.g. 'exam:<uuid>'
  site_id uuid,
  reason text
);
create index on access.audit (at desc, audit_id desc);
create index on access.audit (patient_id, at desc);

create function access.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_schema || '.' || tg_table_name;
end $$;
create trigger append_only before update or delete or truncate on access.audit
  for each statement execute function access.refuse_change();
