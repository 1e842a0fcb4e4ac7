-- The whole life cycles of requests, exams and reports, and who did what in which role and where.
alter table requests.request drop constraint request_state_check;
alter table requests.request add constraint request_state_check check (state in
  ('draft', 'submitted', 'triaged', 'information_asked', 'accepted', 'substituted', 'refused',
   'scheduled', 'cancelled'));

alter table requests.exam drop constraint exam_state_check;
alter table requests.exam add constraint exam_state_check check (state in
  ('planned', 'arrived', 'in_progress', 'acquired', 'transferring', 'recalled', 'complete',
   'rejected', 'cancelled'));
create index on requests.exam (site_id, planned_at)
  where state in ('in_progress', 'acquired', 'transferring');

alter table reading.task drop constraint task_state_check;
alter table reading.task add constraint task_state_check check (state in
  ('unassigned', 'offered', 'assigned', 'reading', 'draft', 'preliminary', 'second_read', 'signed',
   'final', 'delivered', 'acknowledged', 'closed', 'retracted'));
alter table reading.task add column incomplete_reason text not null default '';
  -- why it is read without all its images

alter table reading.transition add column role text;       -- null: nobody, the service did it
alter table reading.transition add column site_id uuid not null references territory.site;
