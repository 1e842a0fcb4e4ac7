"""The tables of how long and how much members keep images, as loading a file sees them."""

from plateau.territory.tables import Table
from plateau.territory.types import Quota, Retention

RETENTIONS = Table(
    kind="retention",
    row=Retention,
    key=("member_id", "modality", "valid_from"),
    select="""
        select member_id, modality, years, until_age, years_after_death, source, valid_from,
               valid_to
        from territory.retention
        order by member_id, modality, valid_from
        """,
    put="""
        insert into territory.retention
          (member_id, modality, years, until_age, years_after_death, source, valid_from, valid_to)
        values (%(member_id)s, %(modality)s, %(years)s, %(until_age)s, %(years_after_death)s,
                %(source)s, %(valid_from)s, %(valid_to)s)
        on conflict (member_id, modality, valid_from) do update set
          years = excluded.years, until_age = excluded.until_age,
          years_after_death = excluded.years_after_death, source = excluded.source,
          valid_to = excluded.valid_to
        """,
)
QUOTAS = Table(
    kind="quota",
    row=Quota,
    key=("member_id", "valid_from"),
    select="""
        select member_id, gb, valid_from, valid_to
        from territory.quota
        order by member_id, valid_from
        """,
    put="""
        insert into territory.quota (member_id, gb, valid_from, valid_to)
        values (%(member_id)s, %(gb)s, %(valid_from)s, %(valid_to)s)
        on conflict (member_id, valid_from) do update set
          gb = excluded.gb, valid_to = excluded.valid_to
        """,
)
