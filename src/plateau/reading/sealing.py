"""A signed version: printed, kept for ever, announced."""

from plateau.access import service as access
from plateau.images import service as images
from plateau.kernel.ids import VersionId
from plateau.planning import service as planning
from plateau.platform import jobs
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.reading import document, wording
from plateau.reading.events import ReportSigned
from plateau.reading.queries import texts
from plateau.reading.rules import texts as text_rules
from plateau.reading.types import Kind, Seal, Sections, Version
from plateau.requests import service as requests
from plateau.territory import service as territory


def seal(tx: Tx, blobs: Blobs, version_id: VersionId, sections: Sections, seal: Seal) -> None:
    """Print, keep and announce a version: bytes first, then the row, then the event.

    What was retracted is printed no more.
    """
    sheet = requests.exam_sheet(tx, seal.exam_id)
    digest = text_rules.digest(sections, seal)
    signer = territory.practitioner(tx, seal.signed_by)
    is_retraction = seal.kind is Kind.RETRACTION
    printed = wording.Print(
        sheet=sheet,
        dose=images.dose_of(tx, blobs, study_uid=sheet.exam.study_uid),
        sections=sections,
        seal=seal,
        digest=digest,
        signer=(access.name_of(tx, seal.signed_by), signer.rpps if signer else None),
        earlier=[] if is_retraction else text_rules.in_force(texts.versions(tx, seal.exam_id)),
        notices=texts.notices(tx, seal.exam_id),
    )
    on_duty = planning.sites_on_duty(tx, person_id=seal.signed_by, at=seal.signed_at)
    duty = on_duty.get(sheet.exam.site_id)
    version = Version(
        version_id=version_id,
        sections=sections,
        seal=seal,
        digest=digest,
        document_key=blobs.put(document.build(wording.paper(printed))),
        duty_id=duty.duty_id if duty else None,
    )
    texts.add_version(tx, version)
    event = ReportSigned(version_id=version_id, exam_id=seal.exam_id, site_id=sheet.exam.site_id)
    jobs.emit(tx, event)
    tx.touch("worklist", "reports")
