-- Indicators look at the signatures and the decisions of a period, not at all of them.
create index on reading.transition (at) where to_state = 'signed';
create index on requests.transition (at)
  where machine = 'request' and to_state in ('accepted', 'substituted', 'refused');
