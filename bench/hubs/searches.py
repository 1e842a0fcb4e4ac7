"""How long Orthanc takes to search: what our own searches are compared with.

Ours, and both at more studies, are in `bench/search.py`.
"""

import statistics
from collections.abc import Mapping
from pathlib import Path

from hubs import orthanc, samples
from hubs.fetcher import Fetcher
from hubs.peers import Kind, NotMeasuredError, Peer
from hubs.rows import Figure, Row, Scale, Work, attempt
from hubs.samples import Identity, Image
from hubs.sender import send

_AGAIN = 15
_QUERIES = {  # what is asked, and how many studies answer
    "prefix": ("PatientName=TESTINVENTE0012*", 10),
    "infix": ("PatientName=*INVENTE0012*", 10),
    "dates": ("StudyDate=20261101-20261107&limit=50", 50),
    "accession": ("AccessionNumber=BANC00000123", 1),
    "person": ("PatientID=IPP-BANC-000123", 1),
    "recent": ("limit=25", 25),
}


def works(tuned: Kind) -> list[Work]:
    """The one work of searching."""
    rows = [
        Row(name=f"search-{name}", title=f"QIDO-RS by {name}: {orthanc.TUNED}", unit="ms")
        for name in _QUERIES
    ]
    return [Work(rows=rows, place="memory", kinds=[tuned], measure=_searches)]


def _searches(kind: Kind, folder: Path, scale: Scale) -> Mapping[str, Figure]:
    place = folder / "server"
    with kind.running(place) as peer:
        images = [_study(number) for number in range(scale.studies)]
        send(peer.dicom_port, images, associations=4)
    figures: dict[str, Figure] = {}
    with kind.running(place) as peer:
        for name, query in _QUERIES.items():
            figures |= attempt([f"search-{name}"], lambda query=query: [_asked(peer, *query)])
    return figures


def _asked(peer: Peer, query: str, expected: int) -> float:
    """The median of some answers, each over a connection of its own. Units: ms."""
    times: list[float] = []
    for _ in range(_AGAIN):
        with Fetcher(peer) as client:
            answer = client.json(f"/dicom-web/studies?{query}")
        if len(answer.listed()) != expected:
            raise NotMeasuredError(f"{len(answer.listed())} studies are found by {query}")
        times.append(answer.whole_ms)
    return statistics.median(times)


def _study(number: int) -> Image:
    """A tiny study of somebody of its own, on a day of November."""
    identity = Identity(
        name=f"TESTINVENTE{number:05d}^Banc",
        patient_id=f"IPP-BANC-{number:06d}",
        accession=f"BANC{number:08d}",
        on=f"202611{1 + number % 28:02d}",
    )
    return samples.study(1, tiny=True, identity=identity)[0]
