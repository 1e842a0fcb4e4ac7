"""Keys of a query as conditions of SQL; each is written here, and its values are parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import LiteralString
from uuid import UUID

from plateau.images.search import matching
from plateau.images.search.matching import Clocks, Days, Query
from plateau.images.search.types import Scope

_LAST = "\U0010ffff"  # sorts after every character
_ZONES_H = 15  # no clock on a wall is further from UTC
_SCOPE: LiteralString = """
    (l.site_id = any(%(sites)s)
     or (select true from images.listing o
         where o.patient_id = l.patient_id and o.site_id = any(%(sites)s) limit 1))
"""
_UIDS: Mapping[str, tuple[LiteralString, LiteralString]] = {
    "StudyInstanceUID": (
        """l.study_id in (select study_id from images.study
                          where study_uid = any(%(StudyInstanceUID)s))""",
        "",
    ),
    "SeriesInstanceUID": (
        """l.study_id in (select study_id from images.series
                          where series_uid = any(%(SeriesInstanceUID)s))""",
        "se.series_uid = any(%(SeriesInstanceUID)s)",
    ),
    "SOPInstanceUID": (
        """l.study_id in (select x.study_id from images.instance y
                          join images.series x using (series_id)
                          where y.sop_instance_uid = any(%(SOPInstanceUID)s))""",
        "n.sop_instance_uid = any(%(SOPInstanceUID)s)",
    ),
    "SOPClassUID": ("", "n.sop_class_uid = any(%(SOPClassUID)s)"),
    "SOPClassesInStudy": (
        """exists (select from images.series x join images.instance y using (series_id)
                   where x.study_id = l.study_id
                     and y.sop_class_uid = any(%(SOPClassesInStudy)s))""",
        "",
    ),
}
_NUMBERS: Mapping[str, LiteralString] = {
    "SeriesNumber": "se.number = %(SeriesNumber)s",
    "InstanceNumber": "n.number = %(InstanceNumber)s",
}
# Of a study, then of what is below it: a single value, a pattern.
_TEXTS: Mapping[str, tuple[LiteralString, LiteralString]] = {
    "AccessionNumber": (
        "l.accession_number = %(AccessionNumber)s and l.accession_number <> ''",
        "l.accession_number like %(AccessionNumber)s",
    ),
    "StudyDescription": (
        "l.description = images.fold(%(StudyDescription)s)",
        "l.description like images.fold(%(StudyDescription)s)",
    ),
}
_TEXTS_BELOW: Mapping[str, LiteralString] = {
    "Modality": "se.modality like %(Modality)s",
    "SeriesDescription": "images.fold(se.description) like images.fold(%(SeriesDescription)s)",
}
_EXACT: Mapping[str, LiteralString] = {
    "PatientSex": """exists (select from patients.patient p where p.patient_id = l.patient_id
                       and case p.sex when 'U' then 'O' else p.sex end = %(PatientSex)s)""",
}
# The worklist gives the number of an exam under these names too.
_REQUESTED = ("RequestedProcedureID", "ScheduledProcedureStepID", "RequestedAccessionNumber")
_IS_NAMED: LiteralString = (
    "(l.name like images.fold(%(name)s) or l.name like images.fold(%(name)s) || '^%%')"
)
_WORDS: LiteralString = """
    (select bool_and(' ' || translate(l.name, '^-''', '   ') like '%% ' || word || '%%')
     from unnest(%(words)s::text[]) word)
"""


@dataclass(slots=True)
class Chosen:
    """Conditions of studies, of their names, of what is below them, and their values."""

    studies: list[LiteralString] = field(default_factory=list[LiteralString])
    names: list[LiteralString] = field(default_factory=list[LiteralString])
    below: list[LiteralString] = field(default_factory=list[LiteralString])
    values: dict[str, object] = field(default_factory=dict[str, object])


def conditions(query: Query, scope: Scope) -> Chosen:
    """Every key of a query that has a value; InvalidInputError names one that has no sense."""
    chosen = Chosen()
    if scope.sites is not None:
        chosen.studies.append(_SCOPE)
        chosen.values["sites"] = list(scope.sites)
    keys = {
        keyword: matching.text(keyword, wanted)
        for keyword, wanted in query.keys.items()
        if not matching.is_universal(wanted)
    }
    for add in (_uids, _texts, _others, _names, _people):
        add(chosen, keys, query, scope)
    _times(chosen, keys, query)
    return chosen


def name_probe(chosen: Chosen) -> LiteralString | None:
    """A condition on the name that an index answers, when there is one."""
    if chosen.values.get("start"):
        return (
            "l.name ~>=~ images.fold(%(start)s) and l.name ~<~ (images.fold(%(start)s) || %(end)s)"
        )
    if chosen.values.get("parts"):
        return """images.grams(l.name) @> (
                    select array_agg(gram) from unnest(%(parts)s::text[]) part,
                    images.fold(part) folded, unnest(images.grams(folded)) gram
                    where length(gram) = case when length(folded) < 5 then 3 else 5 end)"""
    return None


def _uids(chosen: Chosen, keys: Mapping[str, str], query: Query, scope: Scope) -> None:
    for keyword, (study, below) in _UIDS.items():
        if keyword in keys:
            chosen.values[keyword] = matching.uids(keyword, keys[keyword])
            if study:
                chosen.studies.append(study)
            if below:
                chosen.below.append(below)


def _texts(chosen: Chosen, keys: Mapping[str, str], query: Query, scope: Scope) -> None:
    for keyword, (single, pattern) in _TEXTS.items():
        if keyword in keys:
            is_pattern = matching.has_wildcard(keys[keyword])
            chosen.studies.append(pattern if is_pattern else single)
            wanted = keys[keyword]
            chosen.values[keyword] = matching.like(wanted) if is_pattern else wanted
    for keyword, condition in _TEXTS_BELOW.items():
        if keyword in keys:
            chosen.below.append(condition)
            chosen.values[keyword] = matching.like(keys[keyword])
    requested = [keys[keyword] for keyword in _REQUESTED if keyword in keys]
    if requested:
        chosen.studies.append("l.accession_number like all(%(requested)s)")
        chosen.values["requested"] = [matching.like(one) for one in requested]


def _others(chosen: Chosen, keys: Mapping[str, str], query: Query, scope: Scope) -> None:
    for keyword, condition in _NUMBERS.items():
        if keyword in keys:
            chosen.below.append(condition)
            chosen.values[keyword] = matching.number(keyword, keys[keyword])
    for keyword, condition in _EXACT.items():
        if keyword in keys:
            chosen.studies.append(condition)
            chosen.values[keyword] = keys[keyword]
    if "ModalitiesInStudy" in keys:
        several = keys["ModalitiesInStudy"].replace(",", "\\").split("\\")
        chosen.values["modalities"] = [matching.like(one.strip()) for one in several]
        chosen.studies.append(
            "exists (select from unnest(l.modalities) m where m like any(%(modalities)s))"
        )


def _names(chosen: Chosen, keys: Mapping[str, str], query: Query, scope: Scope) -> None:
    wanted = keys.get("PatientName", "")
    if not wanted:
        return
    if query.is_fuzzy:
        words = matching.fold(wanted).translate(str.maketrans("^*?=-'", "      ")).split()
        chosen.names.append(_WORDS)
        chosen.values |= {"words": [matching.like(word) for word in words]}
        chosen.values["parts"] = [word for word in words if len(word) > 2]
        return
    pattern = matching.name_pattern(wanted)
    chosen.names.append(_IS_NAMED)
    chosen.values["name"] = matching.like(pattern)
    chosen.values["start"], chosen.values["end"] = matching.literal_start(pattern), _LAST
    chosen.values["parts"] = matching.literals(pattern)


def _people(chosen: Chosen, keys: Mapping[str, str], query: Query, scope: Scope) -> None:
    """Our own identifier, or a local one with its issuer: without, one of the site that asks."""
    wanted, issuer = keys.get("PatientID", ""), keys.get("IssuerOfPatientID", "")
    own = _uuid(wanted)
    if own:
        chosen.studies.append("l.patient_id = %(patient_id)s")
        chosen.values["patient_id"] = own
    elif wanted and (issuer or scope.home):
        chosen.studies.append(
            """l.patient_id in (select i.patient_id from patients.identifier i
                                join territory.site s using (site_id)
                                where i.value like %(local_id)s
                                  and case when %(issuer)s = '' then i.site_id = %(home)s
                                           else s.code = %(issuer)s end)"""
        )
    elif wanted:
        chosen.studies.append("false")
    chosen.values |= {"local_id": matching.like(wanted), "issuer": issuer}
    if "PatientBirthDate" in keys:
        born = matching.days("PatientBirthDate", keys["PatientBirthDate"])
        chosen.studies.append(
            """exists (select from patients.patient p where p.patient_id = l.patient_id
                 and p.birth_on between coalesce(%(born_from)s::date, '-infinity')
                                    and coalesce(%(born_to)s::date, 'infinity'))"""
        )
        chosen.values |= {"born_from": born.first, "born_to": born.last}


def _times(chosen: Chosen, keys: Mapping[str, str], query: Query) -> None:
    """The date of a study, its time of day, or both as one period.

    The index is in the order of instants; how far the clock of a site can be from them is known.
    """
    on = matching.days("StudyDate", keys.get("StudyDate", ""))
    at = matching.clocks("StudyTime", keys.get("StudyTime", ""))
    is_one = query.is_combined and on != Days(None, None)
    first, last = matching.period(on, at if is_one else Clocks(None, None))
    if first:
        chosen.studies.append(
            """l.local_at >= %(first)s
               and l.started_at >= coalesce(%(first_utc)s::timestamptz, '-infinity')"""
        )
    if last:
        chosen.studies.append(
            """l.local_at <= %(last)s
               and l.started_at <= coalesce(%(last_utc)s::timestamptz, 'infinity')"""
        )
    chosen.values |= {"first": first, "last": last}
    chosen.values["first_utc"] = matching.around(first, -_ZONES_H)
    chosen.values["last_utc"] = matching.around(last, _ZONES_H)
    if at != Clocks(None, None) and not is_one:
        chosen.studies.append(
            """l.local_at::time between coalesce(%(clock_from)s::time, '00:00')
                                    and coalesce(%(clock_to)s::time, '24:00')"""
        )
        chosen.values |= {"clock_from": at.first, "clock_to": at.last}


def _uuid(wanted: str) -> UUID | None:
    try:
        return UUID(wanted)
    except ValueError:
        return None
