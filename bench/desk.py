"""The reading desk: ranking every waiting exam for every reader, with reasons for one of them.

Invented pools, always the same: `--quick` ranks fewer times.
"""

import argparse
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from harness import Result, Target, median_of, report, seconds
from plateau.kernel.ids import ExamId, MemberId, PatientId, PersonId, SiteId
from plateau.reading.rules import ranking
from plateau.reading.rules.ranking import Reader, Terms, Waiting

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TERMS = Terms(0.25, 0.5, 0.7, 0.85, 5, 15, 0.25, 10)
SITES = [SiteId(UUID(int=n)) for n in range(1, 41)]
MEMBERS = [MemberId(UUID(int=n)) for n in range(101, 121)]
DEPARTMENTS = ("40", "64", "33", "65")
MODALITIES = ("CT", "MR", "DX", "US")
EXAMS, READERS, PATIENTS = 1000, 200, 5000


def main() -> None:
    """Measure and print beside the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    runs = 3 if quick else 15
    chance = random.Random(20261124)  # noqa: S311 - invented pools, the same each time
    exams = [an_exam(n, chance) for n in range(EXAMS)]
    readers = [a_reader(n, chance) for n in range(READERS)]
    check(exams, readers)
    all_s = median_of(runs, lambda: seconds(lambda: ranking.orders(exams, readers, NOW, TERMS)))
    one_s = median_of(runs, lambda: seconds(lambda: ranking.rank(exams[0], readers, NOW, TERMS)))
    report(
        "desk-quick" if quick else "desk",
        [
            Result(
                name=f"rank {EXAMS} exams x {READERS} readers",
                value=all_s * 1000,
                unit="ms",
                target=Target(bound=100),
            ),
            Result(name=f"explain one exam, {READERS} readers", value=one_s * 1000, unit="ms"),
        ],
    )


def an_exam(number: int, chance: random.Random) -> Waiting:
    """An exam of one of the sites, complete for up to an hour."""
    place = chance.randrange(len(SITES))
    complete_at = NOW - timedelta(minutes=chance.randrange(60))
    return Waiting(
        exam_id=ExamId(UUID(int=10_000 + number)),
        site_id=SITES[place],
        member_id=MEMBERS[place // 2],
        department=DEPARTMENTS[place % len(DEPARTMENTS)],
        modality=chance.choice(MODALITIES),
        patient_id=PatientId(UUID(int=chance.randrange(1, PATIENTS))),
        complete_at=complete_at,
        due_at=complete_at + timedelta(minutes=chance.choice((30, 60, 240))),
        minutes=float(chance.randrange(5, 25)),
        first_reader=PersonId(UUID(int=chance.randrange(1, READERS)))
        if chance.random() < 0.05
        else None,
    )


def a_reader(number: int, chance: random.Random) -> Reader:
    """A reader privileged at some sites, on duty for fewer."""
    member = chance.randrange(len(MEMBERS))
    return Reader(
        person_id=PersonId(UUID(int=number + 1)),
        name=f"Dr {number}",
        member_id=MEMBERS[member],
        department=DEPARTMENTS[(2 * member) % len(DEPARTMENTS)],
        contracted=number % 25 == 0,
        on_duty=chance.random() < 0.5,
        covers=frozenset(chance.sample(SITES, 6)),
        privileges=frozenset(chance.sample(SITES, 20)),
        skills=frozenset(chance.sample(MODALITIES, 3)),
        held=chance.randrange(6),
        load_minutes=float(chance.randrange(90)),
        read_minutes=float(chance.randrange(400)),
        patients=frozenset(PatientId(UUID(int=chance.randrange(1, PATIENTS))) for _ in range(50)),
    )


def check(exams: Sequence[Waiting], readers: Sequence[Reader]) -> None:
    """What is measured ranks as the rule that explains, on a sample."""
    for exam, order in zip(exams[:20], ranking.orders(exams, readers, NOW, TERMS), strict=False):
        explained = ranking.rank(exam, readers, NOW, TERMS)
        if order != [one.reader.person_id for one in explained if one.place]:
            raise RuntimeError("the two rankings disagree")


if __name__ == "__main__":
    main()
