-- What people and machines search: one narrow row per study, which counting instances never touches.

-- A text without case, accents or ligatures. Both sides of a comparison go through it.
create function images.fold(text) returns text
language sql immutable strict parallel safe
return lower(regexp_replace(
  normalize(replace(replace(replace(replace(replace(lower($1), 'Œ', 'oe'), 'œ', 'oe'), 'Æ', 'ae'),
                            'æ', 'ae'), 'ß', 'ss'), NFD),
  '[\u0300-\u036f]', '', 'g'));

-- Every three and every five letters that follow each other: what an index needs to find the middle
-- of a text. Too many names share three letters, so a longer word is looked up by five.
create function images.grams(text) returns text[]
language sql immutable strict parallel safe
return (select coalesce(array_agg(distinct substr($1, at, size)), '{}')
        from unnest(array[3, 5]) size, generate_series(1, length($1) - size + 1) at);

create table images.listing (
  study_id uuid primary key references images.study on delete cascade,
  patient_id uuid not null,
  site_id uuid not null,
  started_at timestamptz not null,
  local_at timestamp not null,          -- the same, as the clock of the site showed it
  accession_number text not null,
  modalities text[] not null,
  name text not null,                   -- surname^first name, folded
  description text not null             -- folded
) with (fillfactor = 90);

create function images.list_studies() returns trigger language plpgsql as $$
begin
  insert into images.listing
  select a.study_id, a.patient_id, a.site_id, coalesce(a.started_at, a.first_instance_at),
         coalesce(a.started_at, a.first_instance_at) at time zone s.time_zone,
         a.accession_number, a.modalities,
         images.fold(p.surname || '^' || p.first_name), images.fold(a.description)
  from added a
  join patients.patient p using (patient_id)
  join territory.site s on s.site_id = a.site_id;
  return null;
end $$;
create trigger list_studies after insert on images.study
  referencing new table as added for each statement execute function images.list_studies();

create function images.relist_study() returns trigger language plpgsql as $$
begin
  update images.listing l
  set patient_id = new.patient_id, site_id = new.site_id, modalities = new.modalities,
      started_at = coalesce(new.started_at, new.first_instance_at),
      local_at = coalesce(new.started_at, new.first_instance_at) at time zone s.time_zone,
      accession_number = new.accession_number, description = images.fold(new.description),
      name = images.fold(p.surname || '^' || p.first_name)
  from patients.patient p, territory.site s
  where l.study_id = new.study_id and p.patient_id = new.patient_id and s.site_id = new.site_id;
  return null;
end $$;
create trigger relist_study
  after update of patient_id, site_id, modalities, started_at, accession_number, description
  on images.study for each row execute function images.relist_study();

create function images.relist_patient() returns trigger language plpgsql as $$
begin
  update images.listing set name = images.fold(new.surname || '^' || new.first_name)
  where patient_id = new.patient_id;
  return null;
end $$;
create trigger relist_patient after update of surname, first_name on patients.patient
  for each row execute function images.relist_patient();

insert into images.listing
select st.study_id, st.patient_id, st.site_id, coalesce(st.started_at, st.first_instance_at),
       coalesce(st.started_at, st.first_instance_at) at time zone s.time_zone,
       st.accession_number, st.modalities,
       images.fold(p.surname || '^' || p.first_name), images.fold(st.description)
from images.study st
join patients.patient p using (patient_id)
join territory.site s on s.site_id = st.site_id;

-- The order of every list; a page far down is reached in the index alone.
create index on images.listing (started_at desc, study_id) include (site_id, patient_id);
create index on images.listing (patient_id, site_id);
create index on images.listing (accession_number text_pattern_ops) where accession_number <> '';
create index on images.listing (name text_pattern_ops);
create index on images.listing using gin (images.grams(name));
