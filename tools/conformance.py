"""`make conformance`: the DICOM conformance statement, read off what the program configures.

Structure: PS3.2, annex N, shortened. A test keeps the page true.
"""

from collections.abc import Sequence

from pydicom.uid import UID
from pynetdicom import AllStoragePresentationContexts
from pynetdicom.presentation import PresentationContext

from files import ROOT
from plateau.entry.http import ROUTERS
from plateau.images import scp
from plateau.images.formats import transcode
from plateau.images.retrieve import capabilities
from plateau.images.search import scp as find_scp
from plateau.platform import dimse
from plateau.platform.lane import MAX_PDU
from plateau.platform.settings import Settings

PAGE = ROOT / "docs" / "conformance.md"
_STORAGE = frozenset(one.abstract_syntax for one in AllStoragePresentationContexts)
_STORING = "provider; user, for C-MOVE, C-GET and routes"
_ROLES = {
    "Verification SOP Class": "provider; user, from the page of machines",
    "Modality Performed Procedure Step SOP Class": "provider",
    "Modality Worklist Information Model - FIND": "provider",
    "Storage Commitment Push Model SOP Class": "provider; user, for peers that commit",
    "Instance Availability Notification SOP Class": "provider; user, for peers that want to know",
}

_LATER = """\
**Not there, planned for later**: the Unified Procedure Step service, by web (UPS-RS, PS3.18,
chapter 11: `/workitems` answers 404) as well as by DIMSE (UPS Push, Pull, Watch, Event and Query,
PS3.4, annex CC: their contexts are not accepted). What is to be read is Plateau's own worklist;
machines have the modality worklist and performed procedure steps, above."""
_MEANT = """\
Classes of makers are stored too when they are named in `PLATEAU_PRIVATE_STORAGE`, a JSON object of
UIDs and names: `{"1.3.46.670589.11.0.0.12.1": "Private MR Spectrum"}`.

## What is changed in what is indexed

Data sets are never changed. For a machine or peer whose block of the territory file says so, what
is indexed and answered (C-FIND, QIDO-RS, WADO-RS metadata) differs from what came in:

| key | attribute | when |
|---|---|---|
| `issuer` | (0010,0021) | always; the patient is sought under it |
| `character_set` | (0008,0005) | absent, empty, unknown or not that of the texts |
| `accession_prefix` | (0008,0050) | not empty, and without that prefix |
"""


def page() -> str:
    """The whole statement."""
    contexts = scp.contexts()
    stored = [one for one in contexts if one.abstract_syntax in _STORAGE]
    others = [one for one in contexts if one not in stored]
    return "\n".join(
        [
            "# DICOM conformance statement",
            "",
            "Written by `make conformance` from the program's own configuration: do not edit.",
            "Plateau is prepared for these services; nobody has certified it.",
            "",
            *_application_entity(),
            "",
            "## Services",
            "",
            "| SOP class | UID | role | transfer syntaxes |",
            "|---|---|---|---|",
            *[_service(one) for one in others],
            f"| {len(stored)} storage SOP classes, below | | {_STORING} | below |",
            "",
            *_web(),
            "",
            "## Storage",
            "",
            "Data sets are stored as they come, in the transfer syntax in which they come. Those",
            "marked \\* are decoded on request: frames, pictures, and files in little endian.",
            "",
            *[f"- {UID(uid).name} ({uid}){_mark(uid)}" for uid in _syntaxes(stored)],
            "",
            "| SOP class | UID |",
            "|---|---|",
            *[f"| {UID(uid).name} | {uid} |" for uid in _classes(stored)],
            "",
            _MEANT,
        ]
    )


def _application_entity() -> Sequence[str]:
    default = Settings()
    return [
        "## Application entity",
        "",
        f"- AE title `{default.ae_title}` (`PLATEAU_AE_TITLE`), port {default.dicom_port}.",
        "- With a certificate (`PLATEAU_DICOM_TLS_CERT`, `_KEY`), TLS 1.2 or later on port",
        f"  {default.dicom_tls_port}; with an authority (`_CA`), machines must show theirs.",
        f"- Largest PDU received: {MAX_PDU} bytes.",
        f"- At most {dimse.MAX_ASSOCIATIONS} associations at once in a process, and of one system",
        "  as many as its `max_associations` in the territory file.",
        "- Other systems are called over TLS when their `uses_tls` says so, with an authority and",
        "  a certificate for each (`tls_ca`, `tls_cert`, `tls_key`).",
        f"- Largest object: {default.max_object_mb} MB (`PLATEAU_MAX_OBJECT_MB`).",
        "- The called AE title is checked; a calling one must be in the territory file.",
        "- Asynchronous operations are not negotiated; SCP/SCU role selection is.",
        "- Success of C-STORE means: bytes and index are on the disk. Otherwise A700 no room, C000",
        "  not understood, 0124 unknown sender or patient, 0110 another object under the UID.",
        "- What a system with an `issuer` sends of a patient whom nobody here has recognised is",
        "  kept, with Success, and shown to nobody before a person has said who it is.",
        "- Storage commitment is answered on an association of our own.",
        "- Answers to queries are in ISO_IR 192.",
        f"- C-FIND, but for the worklist, gives {find_scp.MOST} matches at most; beyond that,",
        "  the last answer is a warning, B000, with a comment.",
    ]


def _service(context: PresentationContext) -> str:
    uid = UID(str(context.abstract_syntax))
    syntaxes = ", ".join(UID(one).name for one in context.transfer_syntax or ())
    return f"| {uid.name} | {uid} | {_ROLES.get(uid.name, 'provider')} | {syntaxes} |"


def _web() -> Sequence[str]:
    rows = [
        f"| `{path}` | {method} | {', '.join(forms)} |"
        for path, methods in capabilities.resources(ROUTERS).items()
        for method, forms in methods.items()
    ]
    head = ["| path below `/dicom-web` | method | forms |", "|---|---|---|"]
    return ["## DICOMweb", "", *head, *rows, "", _LATER]


def _mark(syntax: str) -> str:
    return " \\*" if transcode.can_decode(syntax) else ""


def _syntaxes(stored: Sequence[PresentationContext]) -> list[str]:
    return sorted({str(one) for context in stored for one in context.transfer_syntax or ()})


def _classes(stored: Sequence[PresentationContext]) -> list[str]:
    return sorted(str(context.abstract_syntax) for context in stored)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
