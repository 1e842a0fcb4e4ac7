-- Patients of the territory and the identifiers that each site gave them.
create schema patients;

create table patients.patient (
  patient_id uuid primary key,
  surname text not null,
  first_name text not null,
  birth_on date not null,
  sex text not null check (sex in ('F', 'M', 'U')),
  identity_status text not null default 'provisional'
    check (identity_status in ('provisional', 'retrieved', 'validated', 'qualified')),
  created_at timestamptz not null
);

-- A local identifier (IPP): unique in the domain of the site that gave it.
create table patients.identifier (
  site_id uuid not null references territory.site,
  value text not null check (value <> ''),
  patient_id uuid not null references patients.patient,
  primary key (site_id, value)
);
create index on patients.identifier (patient_id);
