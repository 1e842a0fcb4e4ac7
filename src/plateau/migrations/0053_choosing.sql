-- An exam as far as choosing its reader goes.
create view reading.to_choose as
  select t.exam_id, t.site_id, s.member_id,
         coalesce(left(coalesce(s.finess, m.finess), 2), '') as department, t.modality,
         t.exam_code, t.patient_id, t.urgency, t.complete_at, t.due_at, t.state, t.reader_id,
         t.lease_until, t.signed_at
  from reading.task t
  join territory.site s using (site_id)
  join territory.member m using (member_id);

-- Whether a reader could take an exam, as far as other readers go: it waits for anybody, is given to
-- them, is theirs, or its reader gave no sign for too long.
create function reading.is_free(
  state text, reader_id uuid, lease_until timestamptz, me uuid, wall timestamptz
) returns boolean language sql immutable
return state in ('unassigned', 'draft')
  or state in ('offered', 'assigned') and reader_id = me
  or state = 'reading' and (reader_id = me or lease_until < wall);
