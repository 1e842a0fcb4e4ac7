"""The secretaries of an invented Le Mans: 13, of two owners, and the desks they hold."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import uuid5

from plateau.kernel.time import instant
from plateau.planning.roster.samples import member_id, person_id, site_id
from plateau.planning.roster.types import (
    Contract,
    Half,
    Held,
    Kind,
    Person,
    Post,
    Problem,
    Span,
    Status,
)

SKILL = "SEC"
SECRETARIES = frozenset({Status.HOSPITAL_SECRETARY, Status.SECRETARY})
_SITE = site_id("CCS")
_SINCE = Span(first=date(2022, 2, 28))
_DESKS = (("Accueil", 3), ("Rendez-vous", 2), ("Comptes rendus", 2))
_CLOCKS = {Half.MORNING: (time(8), time(12)), Half.AFTERNOON: (time(13), time(17))}
_NAMES = (
    "Lise AGENDA", "Paul CLAVIER", "Ana GUICHET", "Marc DOSSIER", "Inès ENVELOPPE", "Rémi TAMPON",
    "Nadia STANDARD", "Joël CASIER", "Odette BORDEREAU", "Louis TROMBONE", "Claire REGISTRE",
    "Sacha PARAPHEUR", "Igor COURRIER",
)  # fmt: skip


def with_secretaries(problem: Problem) -> Problem:
    """The same problem with 13 secretaries, and three desks on every working day."""
    posts = sorted(
        (*problem.posts, *_posts(problem)), key=lambda post: (post.starts_at, post.post_id)
    )
    people = (_person(number, name) for number, name in enumerate(_NAMES))
    return replace(problem, people=(*problem.people, *people), posts=tuple(posts))


def _person(number: int, name: str) -> Person:
    is_hospital = number < 6
    status = Status.HOSPITAL_SECRETARY if is_hospital else Status.SECRETARY
    return Person(
        person_id=person_id(f"CCS/secretary/{number}"),
        name=name,
        member_id=member_id("CHM" if is_hospital else "CVH"),
        home_site_id=_SITE,
        contracts=(
            Contract(span=_SINCE, status=status, share=0.8 if number % 4 == 3 else 1.0),
        ),
        skills=(Held(what=SKILL, span=_SINCE),),
        privileges=(Held(what=str(_SITE), span=_SINCE),),
    )  # fmt: skip


def _posts(problem: Problem) -> Iterator[Post]:
    days = (problem.last - problem.first).days + 1
    for on in (problem.first + timedelta(days=n) for n in range(days)):
        if on.weekday() < 5 and on not in problem.holidays:
            for name, needed in _DESKS:
                for half, (starts_at, ends_at) in _CLOCKS.items():
                    yield Post(
                        post_id=uuid5(_SITE, f"desk:{name}/{on}/{half}"),
                        kind=Kind.SESSION,
                        on=on,
                        half=half,
                        starts_at=instant(on, starts_at),
                        ends_at=instant(on, ends_at),
                        site_id=_SITE,
                        name=name,
                        needed=needed,
                        skill=SKILL,
                        statuses=SECRETARIES,
                    )
