-- What is asked of a whole series again and again, compressed once.
create table images.series_metadata (
  series_id uuid primary key references images.series on delete cascade,
  patient_id uuid not null,             -- as it stands in the answer
  instances integer not null,           -- of the series when this was made: older ones are remade
  body bytea not null                   -- gzip of a JSON array, PS3.18 annex F
);
-- It is compressed already.
alter table images.series_metadata alter column body set storage external;
