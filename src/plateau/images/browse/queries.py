"""SQL of the studies that people look for by hand."""

from collections.abc import Set
from datetime import datetime
from typing import LiteralString

from plateau.images.browse.types import Listed, Person, Wish
from plateau.kernel.ids import SiteId, StudyId
from plateau.platform.db import Tx

# The server may know the case of no letter but those of ASCII.
_ACCENTED = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕÚÙÛÜÝŸ'’-"
_PLAIN = "aaaaaaceeeeiiiinooooouuuuyyaaaaaaceeeeiiiinooooouuuuyy   "


_STUDIES: LiteralString = """
select st.study_id, st.study_uid, st.patient_id, p.surname, p.first_name, p.birth_on,
       p.sex, s.name as site_name, st.accession_number, st.description, st.modalities,
       st.started_at, st.state, st.instances, st.bytes
from images.study st
join patients.patient p using (patient_id)
join territory.site s on s.site_id = st.site_id
where st.instances > 0
  and exists (select from images.study o
              where o.patient_id = st.patient_id and o.site_id = any(%(sites)s))
  and (%(whole)s = ''
       or lower(translate(p.surname || ' ' || p.first_name, %(from)s, %(to)s))
          like %(whole)s || '%%'
       or (lower(translate(p.surname, %(from)s, %(to)s)) like %(surname)s || '%%'
           and lower(translate(p.first_name, %(from)s, %(to)s)) like %(first)s || '%%'))
  and (%(local_id)s = '' or st.patient_id in (
        select patient_id from patients.identifier
        where value = %(local_id)s and site_id = any(%(sites)s)))
  and (%(accession)s = '' or st.accession_number = %(accession)s)
  and (%(modality)s = '' or %(modality)s = any(st.modalities))
  and (%(site_id)s::uuid is null or st.site_id = %(site_id)s)
  and (%(since)s::timestamptz is null or st.started_at >= %(since)s)
  and (%(until)s::timestamptz is null or st.started_at < %(until)s)
order by st.started_at desc, st.study_id
limit %(limit)s offset %(offset)s
"""


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
    words = _literal(_folded(wish.name)).split()
    return tx.all(
        Listed,
        _STUDIES,
        **{"from": _ACCENTED, "to": _PLAIN},
        sites=list(sites),
        whole=" ".join(words),
        surname=words[0] if words else "",
        first=" ".join(words[1:]),
        local_id=wish.local_id,
        accession=wish.accession_number,
        modality=wish.modality,
        site_id=wish.site_id,
        since=since,
        until=until,
        limit=limit,
        offset=(wish.page - 1) * (limit - 1),
    )


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


def _folded(text: str) -> str:
    return text.translate(str.maketrans(_ACCENTED, _PLAIN)).lower()


def _literal(text: str) -> str:
    """A text in which the signs of patterns mean themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
