"""Looks at the night from outside: the database, the DICOM worklists, the pages, the RIS."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import quantiles

import httpx
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import (
    ModalityWorklistInformationFind,  # pyright: ignore[reportAttributeAccessIssue] - made at import
    Verification,  # pyright: ignore[reportAttributeAccessIssue]
)

from plateau.entry.demo.plan import Visit
from plateau.entry.demo.queries import Story
from plateau.entry.demo.roster import Lived
from plateau.kernel.errors import UnavailableError

_STEPS = (
    ("justified", "submitted_at", "decided_at"),
    ("started", "decided_at", "started_at"),
    ("acquired", "started_at", "acquired_at"),
    ("complete", "started_at", "complete_at"),
    ("taken", "complete_at", "taken_at"),
    ("signed", "taken_at", "signed_at"),
    ("delivered", "signed_at", "delivered_at"),
    ("counted", "signed_at", "counted_at"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """How long one step took."""

    p50_s: float
    p95_s: float


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What the night gave; `problems` says in words what is wrong."""

    exams: int
    delivered: int
    counted: int
    lost: int = 0
    duplicated: int = 0
    steps: dict[str, Step] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)  # what people and programs did, by name
    killed: dict[str, int] = field(default_factory=dict)
    roster: Lived | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Every exam, at least 60, was delivered and counted exactly once."""
        whole = self.exams == self.delivered == self.counted >= 60
        return whole and not (self.lost or self.duplicated or self.problems)

    def as_json(self) -> dict[str, object]:
        """For a file."""
        return asdict(self)


def judge(
    visits: Sequence[Visit], stories: Sequence[Story], inbox: Path, *, speed: float = 1
) -> Verdict:
    """Compare what was asked for with what the database and the RIS hold.

    Steps are told in real seconds, `speed` of which the night's clock shows in one.
    """
    asked = Counter((visit.site, visit.local_id) for visit in visits)
    found = Counter((story.site_code, story.local_id) for story in stories)
    received = _messages(inbox)
    verdict = Verdict(
        exams=len(visits),
        delivered=sum(1 for story in stories if story.delivered),
        counted=sum(1 for story in stories if story.entries),
        lost=(asked - found).total() + sum(_missing(story) for story in stories),
        duplicated=(found - asked).total() + sum(_too_many(story) for story in stories),
        steps=_steps(stories, speed),
    )
    known = {story.accession_number for story in stories}
    verdict.problems += [
        f"a RIS holds a message for exam {number}" for number in sorted(received.keys() - known)
    ]
    for story in stories:
        if received[story.accession_number] != 1:
            verdict.problems.append(
                f"RIS of {story.site_code}: {received[story.accession_number]} messages"
                f" for exam {story.accession_number}"
            )
    return verdict


def _missing(story: Story) -> int:
    """What an exam lacks: images that were announced, its report, its delivery, its count."""
    images = max(0, story.announced - story.stored)
    return images + sum(1 for n in (story.versions, story.delivered, story.entries) if n == 0)


def _too_many(story: Story) -> int:
    images = max(0, story.stored - story.announced)
    return images + sum(max(0, n - 1) for n in (story.versions, story.deliveries, story.entries))


def _messages(inbox: Path) -> Counter[str]:
    """How many different messages the members' RIS hold for each accession number."""
    counts: Counter[str] = Counter()
    for path in inbox.rglob("*.hl7"):
        found = re.search(r"OBR\|[^|]*\|([^|^]*)", path.read_text("utf-8", errors="replace"))
        counts[found.group(1) if found else "?"] += 1
    return counts


def _steps(stories: Sequence[Story], speed: float) -> dict[str, Step]:
    spans: dict[str, list[float]] = {name: [] for name, _, _ in _STEPS}
    for story in stories:
        for name, start, end in _STEPS:
            begun: datetime | None = getattr(story, start)
            ended: datetime | None = getattr(story, end)
            if begun and ended:
                spans[name].append((ended - begun).total_seconds() / speed)
    return {name: _step(values) for name, values in spans.items() if len(values) > 1}


def _step(values: list[float]) -> Step:
    cuts = quantiles(values, n=20, method="inclusive")
    return Step(p50_s=round(cuts[9], 3), p95_s=round(cuts[18], 3))


def worklists(ae_titles: Sequence[str], port: int) -> list[str]:
    """Ask as each machine: the hub answers, and nothing is left to scan."""
    problems: list[str] = []
    for ae_title in ae_titles:
        entity = AE(ae_title)
        entity.add_requested_context(Verification)
        entity.add_requested_context(ModalityWorklistInformationFind)
        association = entity.associate("127.0.0.1", port, ae_title="PLATEAU")
        if not association.is_established:
            problems.append(f"{ae_title} cannot associate")
            continue
        if association.send_c_echo().Status != 0:
            problems.append(f"{ae_title}: C-ECHO failed")
        left = sum(
            1
            for status, item in association.send_c_find(_query(ae_title), "1.2.840.10008.5.1.4.31")
            if item is not None and status.Status in {0xFF00, 0xFF01}
        )
        if left:
            problems.append(f"{ae_title}: {left} exams are still on the worklist")
        association.release()
    return problems


def _query(ae_title: str) -> Dataset:
    step = Dataset()
    step.ScheduledStationAETitle = ae_title
    query = Dataset()
    query.AccessionNumber = ""
    query.ScheduledProcedureStepSequence = [step]
    return query


def pages(base: str, login: tuple[str, str], stories: Sequence[Story]) -> list[str]:
    """As a reader over HTTP: every study shows the images that its machine announced."""
    problems: list[str] = []
    with httpx.Client(base_url=base, follow_redirects=True, timeout=30) as client:
        sign_in(client, *login)
        for story in stories:
            answer = client.get(f"/dicom-web/studies/{story.study_uid}/series")
            series = answer.json() if answer.status_code == 200 else []
            shown = sum(int(one["00201209"]["Value"][0]) for one in series)
            if shown != story.announced:
                problems.append(
                    f"exam {story.accession_number}: {shown} images shown,"
                    f" {story.announced} announced"
                )
    return problems


def sign_in(client: httpx.Client, login: str, password: str) -> None:
    """Through the form, as a person does."""
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/login").text)
    answer = client.post(
        "/login",
        data={"login": login, "password": password, "csrf": token.group(1) if token else ""},
        headers={"Origin": str(client.base_url).rstrip("/")},
    )
    if answer.status_code != 200 or "/login" in str(answer.url):
        raise UnavailableError("the demonstration could not sign in")
