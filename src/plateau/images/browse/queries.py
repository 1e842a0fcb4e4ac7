"""SQL of the studies that people look for by hand, in the narrow rows of `images.listing`.

Every text put together here is written here; values are parameters.
"""

from collections.abc import Set
from datetime import datetime
from typing import LiteralString

from plateau.images.browse.types import Listed, Person, Wish
from plateau.kernel.ids import SiteId, StudyId
from plateau.platform.db import Tx

_LAST = "\U0010ffff"  # sorts after every character
_BETWEEN = str.maketrans("-'’^", "    ")  # between the words of a name
# Who bears a name is found first, by an index: the latest studies could be walked through in vain.
_NAMED: LiteralString = """
    (select n.* from images.listing n
     where n.name ~>=~ images.fold(%(first)s)
       and n.name ~<~ (images.fold(%(first)s) || %(last)s)
       and (translate(n.name, '-''’^', '    ') like images.fold(%(whole)s) || '%%'
            or translate(n.name, '-''’', '   ')
               like images.fold(%(surname)s) || '%%^' || images.fold(%(given)s) || '%%')
     offset 0)
"""
_STUDIES: tuple[LiteralString, LiteralString] = (
    """
    with picked as materialized (
      select l.study_id, l.started_at
      from """,
    """ l
      where (l.site_id = any(%(sites)s)
             or (select true from images.listing o
                 where o.patient_id = l.patient_id and o.site_id = any(%(sites)s) limit 1))
        and (%(local_id)s = '' or l.patient_id in (
              select patient_id from patients.identifier
              where value = %(local_id)s and site_id = any(%(sites)s)))
        and (%(accession)s = '' or (l.accession_number = %(accession)s
                                    and l.accession_number <> ''))
        and (%(modality)s = '' or %(modality)s = any(l.modalities))
        and (%(site_id)s::uuid is null or l.site_id = %(site_id)s)
        and (%(since)s::timestamptz is null or l.started_at >= %(since)s)
        and (%(until)s::timestamptz is null or l.started_at < %(until)s)
      order by l.started_at desc, l.study_id
      limit %(limit)s offset %(offset)s
    )
    select st.study_id, st.study_uid, st.patient_id, p.surname, p.first_name, p.birth_on,
           p.sex, s.name as site_name, st.accession_number, st.description, st.modalities,
           st.started_at, st.state, st.instances, st.bytes
    from picked k
    join images.study st using (study_id)
    join patients.patient p on p.patient_id = st.patient_id
    join territory.site s on s.site_id = st.site_id
    order by k.started_at desc, k.study_id
    """,
)


def studies(
    tx: Tx,
    wish: Wish,
    *,
    sites: Set[SiteId],
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[Listed]:
    """The studies that match, of patients who have one at `sites`, the latest first.

    A name is looked for from its beginning, whatever its case and accents: as a whole, or its first
    word in surnames and the next ones in first names.
    """
    words = _literal(wish.name.translate(_BETWEEN)).split()
    before, after = _STUDIES
    return tx.all(
        Listed,
        before + (_NAMED if words else "images.listing") + after,
        sites=list(sites),
        first=wish.name.translate(_BETWEEN).split()[0] if words else "",
        last=_LAST,
        whole=" ".join(words),
        surname=words[0] if words else "",
        given=" ".join(words[1:]),
        local_id=wish.local_id,
        accession=wish.accession_number,
        modality=wish.modality,
        site_id=wish.site_id,
        since=since,
        until=until,
        limit=limit,
        offset=(wish.page - 1) * (limit - 1),
    )


def reachable(tx: Tx, *, study_uid: str, sites: Set[SiteId]) -> StudyId | None:
    """A study with images, of a patient who has one at `sites`."""
    found: StudyId | None = tx.value(
        """
        select (select st.study_id from images.study st
                where st.study_uid = %(study_uid)s and st.instances > 0
                  and exists (select from images.study o
                              where o.patient_id = st.patient_id and o.site_id = any(%(sites)s)))
        """,
        study_uid=study_uid,
        sites=list(sites),
    )
    return found


def person(tx: Tx, study_id: StudyId) -> Person:
    """The patient of a study."""
    return tx.one(
        Person,
        """
        select surname, first_name, birth_on, sex
        from images.study join patients.patient using (patient_id)
        where study_id = %(study_id)s
        """,
        study_id=study_id,
    )


def _literal(text: str) -> str:
    """A text in which the signs of patterns mean themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
