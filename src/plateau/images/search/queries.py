"""SQL of searches: keys choose rows of `images.listing`, and only those answered are read whole.

Every text put together here is written here; values are parameters.
"""

from collections.abc import Sequence
from typing import LiteralString

from plateau.images.search.conditions import Chosen, conditions, name_probe
from plateau.images.search.matching import Level, Query
from plateau.images.search.trail import Place
from plateau.images.search.types import Match, Scope
from plateau.platform.db import Tx

FEW = 4000  # names that are read and sorted; for more, the list is walked from its beginning
STUDIES = 500  # that are looked into for series and instances
_PICKS: dict[Level, tuple[LiteralString, LiteralString]] = {
    "PATIENT": (
        """
        select (array_agg(l.study_id order by l.started_at desc, l.study_id))[1] as study_id,
               max(l.started_at) as started_at, null::uuid as series_id, null::text as uid,
               row_number() over (order by max(l.started_at) desc, l.patient_id) as place
        """,
        " group by l.patient_id order by place limit %(limit)s offset %(offset)s",
    ),
    "STUDY": (
        """
        select l.study_id, l.started_at, null::uuid as series_id, null::text as uid, 0 as place
        """,
        " order by l.started_at desc, l.study_id limit %(limit)s offset %(offset)s",
    ),
    "SERIES": (
        "select l.study_id, l.started_at, se.series_id, null::text as uid, 0 as place",
        """
        order by l.started_at desc, l.study_id, se.number, se.series_uid
        limit %(limit)s offset %(offset)s
        """,
    ),
    "IMAGE": (
        "select l.study_id, l.started_at, se.series_id, n.sop_instance_uid as uid, 0 as place",
        """
        order by l.started_at desc, l.study_id, se.number, se.series_uid, n.number,
                 n.sop_instance_uid
        limit %(limit)s offset %(offset)s
        """,
    ),
}
_JOINS: dict[Level, LiteralString] = {
    "PATIENT": "",
    "STUDY": "",
    "SERIES": " join images.series se on se.study_id = l.study_id and se.instances > 0",
    "IMAGE": """
        join images.series se on se.study_id = l.study_id
        join images.instance n on n.series_id = se.series_id
    """,
}
_AFTER: LiteralString = """l.started_at <= %(after_at)s
    and (l.started_at < %(after_at)s or l.study_id > %(after_id)s)"""
_LATEST: LiteralString = "order by l.started_at desc, l.study_id limit %(studies)s"
_WHOLE: LiteralString = """
    select st.study_id, st.patient_id, p.surname, p.first_name, p.birth_on, p.sex,
           coalesce((select jsonb_agg(jsonb_build_array(i.value, o.code)
                                      order by i.site_id is distinct from %(home)s::uuid,
                                               i.site_id <> st.site_id, o.code, i.value)
                     from patients.identifier i join territory.site o using (site_id)
                     where i.patient_id = st.patient_id), '[]') as identifiers,
           s.name as site_name, st.study_uid, st.accession_number, st.description, st.modalities,
           l.started_at, l.local_at,
           (select count(*) from images.series x
            where x.study_id = st.study_id and x.instances > 0) as study_series,
           st.instances as study_instances,
           (select count(*) from images.listing x
            where x.patient_id = st.patient_id) as patient_studies,
           se.series_uid, se.modality, se.number as series_number,
           se.description as series_description, se.instances as series_instances,
           n.sop_instance_uid as uid, n.sop_class_uid, n.transfer_syntax_uid, n.number, n.frames,
           n.rows, n.columns,
           case when %(tags)s::text[] <> '{}' then
             (select jsonb_object_agg(key, value) from jsonb_each(n.metadata::jsonb)
              where key = any(%(tags)s) or '*' = any(%(tags)s))::text end as elements
    from picked k
    join images.study st on st.study_id = k.study_id
    join images.listing l on l.study_id = k.study_id
    join patients.patient p on p.patient_id = st.patient_id
    join territory.site s on s.site_id = st.site_id
    left join images.series se on se.series_id = k.series_id
    left join images.instance n on n.sop_instance_uid = k.uid
    order by k.place, k.started_at desc, k.study_id, se.number, se.series_uid, n.number,
             n.sop_instance_uid
"""


def found(
    tx: Tx,
    query: Query,
    scope: Scope,
    *,
    tags: Sequence[str] = (),
    after: Place | None = None,
) -> list[Match]:
    """What matches within the scope, the latest studies first, in an order that does not change.

    `tags` are further elements of instances; `*` is all of them. Studies come `after` a place.
    """
    chosen = conditions(query, scope)
    if after:
        chosen.studies.append(_AFTER)
        chosen.values |= {"after_at": after.started_at, "after_id": after.study_id}
    few, named = _named(tx, chosen)
    first, last = _PICKS[query.level]
    where: LiteralString = " and ".join(["true", *chosen.studies, *named])
    below: LiteralString = " and ".join(["true", *chosen.below])
    rows: LiteralString = few if few else "images.listing"
    if query.level in {"PATIENT", "STUDY"}:
        picked: LiteralString = first + " from " + rows + " l where " + where + last
    else:
        studies: LiteralString = " ".join(
            ["(select l.* from", rows, "l where", where, _LATEST, ") l"]
        )
        picked = first + " from " + studies + _JOINS[query.level] + " where " + below + last
    return tx.all(
        Match,
        "with picked as materialized (" + picked + ")" + _WHOLE,
        limit=query.limit,
        offset=query.offset,
        studies=STUDIES,
        home=scope.home,
        tags=list(tags),
        **chosen.values,
    )


def _named(tx: Tx, chosen: Chosen) -> tuple[LiteralString, list[LiteralString]]:
    """Where to look for a name, and how: few bear it and an index has them, or many do.

    The planner cannot know which; counting up to a bound costs little.
    """
    probe = name_probe(chosen)
    if probe is None:
        return "", chosen.names
    known: LiteralString = " ".join(["(select l.* from images.listing l where", probe])
    counted = tx.value(
        " ".join(["select count(*) from", known, "limit %(few)s) known"]),
        few=FEW,
        **chosen.values,
    )
    if counted >= FEW:
        return "", chosen.names
    return known + " offset 0)", chosen.names
