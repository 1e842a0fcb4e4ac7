-- Double reading: rules as dated rows, what they draw, and what the second reader says.

create table reading.second_rule (
  rule_id uuid primary key default gen_random_uuid(),
  salt uuid not null default gen_random_uuid(), -- shown to nobody: no reader can tell what is drawn
  site_id uuid not null references territory.site,
  permille integer not null check (permille between 1 and 1000),
  reader_id uuid references access.account,     -- null: any
  exam_code text references territory.exam_type,
  blind boolean not null,
  within_hours integer not null check (within_hours between 1 and 8760),
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  made_by uuid not null references access.account,
  made_at timestamptz not null
);
create index on reading.second_rule (site_id, valid_from);

create table reading.second_read (
  exam_id uuid primary key references reading.task,
  rule_id uuid not null references reading.second_rule,
  version_id uuid not null references reading.version,
  site_id uuid not null references territory.site,
  patient_id uuid not null references patients.patient,
  exam_code text not null references territory.exam_type,
  first_reader uuid not null references access.account,
  reader_id uuid references access.account check (reader_id <> first_reader),
  blind boolean not null,
  state text not null
    check (state in ('waiting', 'taken', 'written', 'scored', 'seen', 'withdrawn')),
  asked_at timestamptz not null,
  due_at timestamptz not null check (due_at > asked_at),
  taken_at timestamptz,
  result text not null default '',
  conclusion text not null default '',
  written_at timestamptz,
  score integer check (score between 0 and 4),
  comment text not null default '',
  scored_at timestamptz,
  seen_at timestamptz,
  loop_id uuid,                                 -- closed once it is scored
  recall_id uuid,                               -- requester and patient are to be told
  check (state not in ('taken', 'written', 'scored', 'seen') or reader_id is not null),
  check (state not in ('scored', 'seen') or (score is not null and scored_at is not null)),
  check (not blind or score is null or written_at is not null),
  check (score is null or score = 0 or comment <> ''),
  check ((written_at is null) = (result = '' and conclusion = ''))
);
create index on reading.second_read (site_id, state, due_at);
create index on reading.second_read (first_reader, scored_at desc) where scored_at is not null;

create table reading.second_event (
  event_id bigint generated always as identity primary key,
  exam_id uuid not null references reading.second_read,
  event text not null,
  from_state text,
  to_state text not null,
  at timestamptz not null,
  person_id uuid,
  role text,
  cause text not null default ''
);
create index on reading.second_event (exam_id, event_id);
create trigger append_only before update or delete or truncate on reading.second_event
  for each statement execute function access.refuse_change();

-- Second opinions and multidisciplinary meetings.

create table reading.opinion (
  opinion_id uuid primary key,
  exam_id uuid not null references reading.task,
  site_id uuid not null references territory.site,
  patient_id uuid not null references patients.patient,
  asked_by uuid not null references access.account,
  asked_at timestamptz not null,
  due_at timestamptz not null check (due_at > asked_at),
  to_person uuid references access.account check (to_person <> asked_by),
  to_specialty text not null default '',
  anonymised boolean not null,       -- who answers sees age and sex, and a copy of the images
  question text not null check (question <> ''),
  state text not null check (state in ('asked', 'declined', 'answered', 'attached', 'withdrawn')),
  answer text not null default '',
  answered_by uuid references access.account check (answered_by <> asked_by),
  answered_at timestamptz,
  version_id uuid references reading.version, -- the addendum that holds it
  loop_id uuid,
  check ((to_person is null) = (to_specialty <> '')),
  check (state not in ('answered', 'attached') or (answer <> '' and answered_by is not null)),
  check ((state = 'attached') = (version_id is not null))
);
create index on reading.opinion (exam_id, asked_at);
create index on reading.opinion (state, due_at);

create table reading.opinion_event (
  event_id bigint generated always as identity primary key,
  opinion_id uuid not null references reading.opinion,
  event text not null,
  from_state text,
  to_state text not null,
  at timestamptz not null,
  person_id uuid,
  role text,
  cause text not null default ''
);
create index on reading.opinion_event (opinion_id, event_id);
create trigger append_only before update or delete or truncate on reading.opinion_event
  for each statement execute function access.refuse_change();

create table reading.meeting (
  meeting_id uuid primary key,
  site_id uuid not null references territory.site,
  title text not null check (title <> ''),
  place text not null default '',
  held_at timestamptz not null,
  made_by uuid not null references access.account,
  made_at timestamptz not null,
  called_off_at timestamptz
);
create index on reading.meeting (site_id, held_at);

create table reading.meeting_exam (
  meeting_id uuid not null references reading.meeting,
  exam_id uuid not null references reading.task,
  position integer not null,
  question text not null check (question <> ''),
  added_by uuid not null references access.account,
  added_at timestamptz not null,
  conclusion text not null default '',
  concluded_by uuid references access.account,
  concluded_at timestamptz,
  version_id uuid references reading.version,
  loop_id uuid,
  primary key (meeting_id, exam_id),
  unique (meeting_id, position),
  check ((conclusion <> '') = (concluded_by is not null)
    and (concluded_by is null) = (concluded_at is null))
);
create index on reading.meeting_exam (exam_id);

-- Radiology-pathology correlation: five categories and the conduct for each.

create table reading.conduct (
  category text not null check (category in ('concordant_malignant', 'discordant_malignant',
    'concordant_benign', 'discordant_benign', 'borderline')),
  valid_from date not null,
  text text not null,
  text_en text not null,
  within_days integer not null check (within_days > 0),
  source text not null,
  verified boolean not null default false, -- the delays are a starting point, to be agreed on
  primary key (category, valid_from)
);
insert into reading.conduct (category, valid_from, text, text_en, within_days, source) values
  ('concordant_malignant', '2020-01-01',
   'Prise en charge du cancer : prévenir le demandeur, inscrire en réunion de concertation.',
   'Treatment of the cancer: tell the requester, put it on a multidisciplinary meeting.', 7,
   'Korean J Radiol 2011;12:232-240, doi:10.3348/kjr.2011.12.2.232'),
  ('discordant_malignant', '2020-01-01',
   'Prise en charge du cancer ; revoir images et lames ensemble, chercher une autre lésion.',
   'Treatment of the cancer; look at images and slides together, look for another lesion.', 7,
   'Korean J Radiol 2011;12:232-240, doi:10.3348/kjr.2011.12.2.232'),
  ('concordant_benign', '2020-01-01',
   'Surveillance : imagerie de contrôle à six mois.',
   'Follow-up: imaging again after six months.', 183,
   'Korean J Radiol 2011;12:232-240, doi:10.3348/kjr.2011.12.2.232'),
  ('discordant_benign', '2020-01-01',
   'Nouvelle biopsie ou exérèse : le prélèvement a pu manquer la lésion.',
   'Biopsy again, or excision: the sample may have missed the lesion.', 14,
   'Korean J Radiol 2011;12:232-240, doi:10.3348/kjr.2011.12.2.232'),
  ('borderline', '2020-01-01',
   'Exérèse à discuter en réunion de concertation : risque de sous-estimation.',
   'Excision, to be discussed at a multidisciplinary meeting: it may be underestimated.', 14,
   'Korean J Radiol 2011;12:232-240, doi:10.3348/kjr.2011.12.2.232');

create table reading.biopsy (
  biopsy_id uuid primary key,
  exam_id uuid not null references reading.task,
  site_id uuid not null references territory.site,
  patient_id uuid not null references patients.patient,
  lesion text not null check (lesion <> ''),
  suspicion text not null
    check (suspicion in ('benign', 'probably_benign', 'suspicious', 'highly_suspicious')),
  sampled_by uuid not null references access.account,
  sampled_at timestamptz not null,
  due_at timestamptz not null check (due_at > sampled_at),
  state text not null check (state in ('awaited', 'found', 'correlated', 'not_done')),
  pathology text check (pathology in ('malignant', 'high_risk', 'benign', 'inadequate')),
  finding text not null default '',
  found_by uuid references access.account,
  found_at timestamptz,
  explains boolean,
  category text,
  comment text not null default '',
  conduct text not null default '',
  conduct_due_at timestamptz,
  correlated_by uuid references access.account,
  correlated_at timestamptz,
  loop_id uuid,          -- until pathology is entered and compared
  conduct_loop_id uuid,  -- until what was decided is done
  check (state not in ('found', 'correlated') or (pathology is not null and finding <> '')),
  check (state <> 'correlated' or (category is not null and explains is not null
    and conduct <> '' and correlated_by is not null))
);
create index on reading.biopsy (exam_id);
create index on reading.biopsy (site_id, state, due_at);

create table reading.biopsy_event (
  event_id bigint generated always as identity primary key,
  biopsy_id uuid not null references reading.biopsy,
  event text not null,
  from_state text,
  to_state text not null,
  at timestamptz not null,
  person_id uuid,
  role text,
  cause text not null default ''
);
create index on reading.biopsy_event (biopsy_id, event_id);
create trigger append_only before update or delete or truncate on reading.biopsy_event
  for each statement execute function access.refuse_change();
