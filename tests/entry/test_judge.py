"""The judge of the demonstration says no when anything is missing or double."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from make import NIGHT
from plateau.entry.demo.check import Verdict, judge
from plateau.entry.demo.plan import Visit, night
from plateau.entry.demo.queries import Story

VISITS = night(exams=60, seed=1)


def a_story(visit: Visit, number: int) -> Story:
    """What becomes of a visit when all goes well."""
    return Story(
        accession_number=f"A{number:04d}",
        study_uid=f"2.25.{number}",
        local_id=visit.local_id,
        site_code=visit.site,
        announced=4,
        stored=4,
        versions=1,
        deliveries=1,
        delivered=1,
        entries=1,
        submitted_at=NIGHT,
        decided_at=NIGHT + timedelta(seconds=1),
        started_at=NIGHT + timedelta(seconds=2),
        acquired_at=NIGHT + timedelta(seconds=3),
        complete_at=NIGHT + timedelta(seconds=4),
        taken_at=NIGHT + timedelta(seconds=5),
        signed_at=NIGHT + timedelta(seconds=6 + number),
        delivered_at=NIGHT + timedelta(seconds=8 + number),
        counted_at=NIGHT + timedelta(seconds=7 + number),
    )


STORIES = [a_story(visit, number) for number, visit in enumerate(VISITS)]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """The RIS of every site, each report received once."""
    for story in STORIES:
        file(tmp_path, story)
    return tmp_path


def file(inbox: Path, story: Story, name: str = "") -> Path:
    path = inbox / story.site_code / f"{name or story.accession_number}.hl7"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"MSH|^~\\&|\rOBR|1|{story.accession_number}^PLATEAU||TDM\r", "utf-8")
    return path


def judged(inbox: Path, **changed: int) -> Verdict:
    """The verdict when the last story went otherwise."""
    return judge(VISITS, [*STORIES[:-1], replace(STORIES[-1], **changed)], inbox)


def test_a_night_without_fault_is_good(inbox: Path) -> None:
    verdict = judge(VISITS, STORIES, inbox)

    assert verdict.is_good
    assert (verdict.exams, verdict.delivered, verdict.counted) == (60, 60, 60)
    assert verdict.steps["justified"].p50_s == 1
    assert verdict.steps["signed"].p50_s == 30.5


@pytest.mark.parametrize(
    ("changed", "lost", "duplicated"),
    [
        ({"delivered": 0}, 1, 0),
        ({"delivered": 0, "deliveries": 0}, 1, 0),
        ({"entries": 0}, 1, 0),
        ({"versions": 0}, 1, 0),
        ({"stored": 3}, 1, 0),
        ({"entries": 2}, 0, 1),
        ({"versions": 2}, 0, 1),
        ({"deliveries": 2}, 0, 1),
        ({"stored": 5}, 0, 1),
    ],
    ids=str,
)
def test_whatever_is_missing_or_double_is_seen(
    inbox: Path, changed: dict[str, int], lost: int, duplicated: int
) -> None:
    verdict = judged(inbox, **changed)

    assert not verdict.is_good
    assert (verdict.lost, verdict.duplicated) == (lost, duplicated)


def test_a_message_that_its_ris_does_not_have_is_seen(inbox: Path) -> None:
    file(inbox, STORIES[7]).unlink()

    verdict = judge(VISITS, STORIES, inbox)

    assert not verdict.is_good
    assert verdict.problems == [f"RIS of {STORIES[7].site_code}: 0 messages for exam A0007"]


def test_a_message_that_its_ris_has_under_two_numbers_is_seen(inbox: Path) -> None:
    file(inbox, STORIES[7], name="again")

    assert not judge(VISITS, STORIES, inbox).is_good


def test_a_message_about_no_exam_of_the_night_is_seen(inbox: Path) -> None:
    file(inbox, replace(STORIES[7], accession_number="A9999"))

    assert judge(VISITS, STORIES, inbox).problems == ["a RIS holds a message for exam A9999"]


def test_an_exam_that_never_was_and_one_that_was_twice_are_seen(inbox: Path) -> None:
    assert judge(VISITS, STORIES[:-1], inbox).lost == 1
    assert judge(VISITS, [*STORIES, STORIES[-1]], inbox).duplicated == 1


def test_steps_are_told_in_real_seconds(inbox: Path) -> None:
    slow, fast = (judge(VISITS, STORIES, inbox, speed=speed).steps["counted"] for speed in (1, 2))

    assert (slow.p50_s, slow.p95_s) == (1, 1)
    assert (fast.p50_s, fast.p95_s) == (0.5, 0.5)


def test_fewer_than_sixty_exams_prove_nothing(inbox: Path) -> None:
    verdict = judge(VISITS[:59], STORIES[:59], inbox)

    assert (verdict.lost, verdict.duplicated) == (0, 0)
    assert not verdict.is_good
