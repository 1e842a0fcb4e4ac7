-- What members have agreed, and the tables of amounts they count with, as dated data of the file.
create table territory.agreed (
  kind text not null check (kind in ('agreement', 'tariff', 'duty_pay')),
  code text not null,
  terms text not null,             -- JSON, keys in order
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  primary key (kind, code, valid_from)
);
