-- Rejection notes. Source: IHE RAD TF-2, Imaging Object Change Management; PS3.16, CID 7010.
-- A rejected instance leaves the table that every question is asked of: no query can forget that
-- it is hidden. Its bytes stay, and a person can bring it back.
create table images.hidden (like images.instance including all);
alter table images.hidden add foreign key (series_id) references images.series;

-- Whatever is stored, hidden or not: for those that look after bytes.
create view images.kept as
select * from images.instance union all select * from images.hidden;

alter table images.damage drop constraint damage_sop_instance_uid_fkey;
alter table images.study add column hidden integer not null default 0;     -- notes included
alter table images.series add column revision integer not null default 0;  -- hidden or shown again

create table images.rejection (
  rejection_id bigint generated always as identity primary key,
  note_uid text not null unique,        -- SOP instance UID of the note
  study_id uuid not null references images.study,
  code text not null check (code in ('113001', '113037', '113038', '113039')),
  text text not null,                   -- what its author wrote
  origin text not null,
  at timestamptz not null,
  undone_at timestamptz,
  undone_by uuid references access.account,
  undone_reason text,
  check ((undone_at is null) = (undone_by is null) and (undone_at is null) = (undone_reason is null))
);
create index on images.rejection (at desc, rejection_id);
create index on images.rejection (study_id);

-- What each note names, there or not yet; and the note itself, which stays hidden for ever.
create table images.rejected (
  study_id uuid not null references images.study,
  sop_instance_uid text not null,
  rejection_id bigint not null references images.rejection,
  is_undone boolean not null default false,
  primary key (study_id, sop_instance_uid, rejection_id)
);
create index on images.rejected (rejection_id);

-- A study is found as long as anything of it is shown.
create function images.list_again() returns trigger language plpgsql as $$
begin
  if new.instances = 0 then
    delete from images.listing where study_id = new.study_id;
  else
    insert into images.listing
    select new.study_id, new.patient_id, new.site_id,
           coalesce(new.started_at, new.first_instance_at),
           coalesce(new.started_at, new.first_instance_at) at time zone s.time_zone,
           new.accession_number, new.modalities,
           images.fold(p.surname || '^' || p.first_name), images.fold(new.description)
    from patients.patient p, territory.site s
    where p.patient_id = new.patient_id and s.site_id = new.site_id
    on conflict (study_id) do nothing;
  end if;
  return null;
end $$;
create trigger list_again after update of instances on images.study for each row
  when (new.hidden > 0 and (old.instances = 0) <> (new.instances = 0))
  execute function images.list_again();

-- What came after a study was sent on is sent too.
alter table images.forwarding add column reached_at timestamptz;  -- all received until then is there
