"""The night that the demonstration plays: who is ill where, when, and what is asked for them.

Everything here is invented. The mix is an assumption built on what is published: about 90 exams a
night for the four hospitals, most of them before midnight (ANAP benchmark 2010: peak 20:00-00:00).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

START_HOUR, END_HOUR = 20, 31  # the last request comes at 07:00 the next day
URGENCIES: Mapping[str, float] = {"U0": 0.18, "U1": 0.42, "U2": 0.34, "U3": 0.06}
SITES: Mapping[str, float] = {"BAYONNE": 0.44, "DAX": 0.22, "MDM": 0.22, "STPALAIS": 0.12}
EXAMS: Mapping[str, float] = {
    "TDM-CRANE": 0.42,
    "TDM-AP": 0.18,
    "RX-THORAX": 0.32,
    "IRM-ENCEPHALE": 0.08,
}
_ONLY_AT: Mapping[str, frozenset[str]] = {"IRM-ENCEPHALE": frozenset({"BAYONNE", "MDM"})}
_HOURLY = {20: 14, 21: 14, 22: 13, 23: 11, 24: 9, 25: 7, 26: 6, 27: 5, 28: 4, 29: 4, 30: 3}
_SURNAMES = (
    "FICTION", "CHIMERE", "LEGENDE", "MIRAGE", "UTOPIE", "ALLEGORIE", "PERSONNAGE", "ROMANESQUE",
    "IMAGINAIRE", "EXEMPLAIRE", "FABULE", "INVENTION", "UNTEL", "QUIDAM", "LAMBDA", "DUMODELE",
    "GABARIT", "PSEUDONYME", "FAUXNOM", "SCENARIO", "PROTOTYPE", "MAQUETTE",
)  # fmt: skip
_FIRST_NAMES = {
    "F": ("Alizé", "Brume", "Céleste", "Églantine", "Garance", "Marjolaine", "Œillette", "Perle"),
    "M": ("Anatole", "Barnabé", "Cyprien", "Fulbert", "Hippolyte", "Léandre", "Narcisse", "Théo"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a doctor writes on the request."""

    context: str
    aim: str
    region: str
    technique: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One patient, one request, at a moment of the night."""

    at_s: float  # after the start of the night, on the night's own clock
    site: str
    urgency: str
    exam_code: str
    local_id: str
    surname: str
    first_name: str
    birth_on: date
    sex: str
    case: Case


CASES: Mapping[str, Sequence[Case]] = {
    "TDM-CRANE": (
        Case(
            context="Chute de sa hauteur sous anticoagulant, Glasgow 14, vomissements.",
            aim="Hémorragie intracrânienne ?",
            region="Crâne et encéphale",
            technique="Scanner cérébral sans injection",
        ),
        Case(
            context="Hémiplégie droite et aphasie depuis 1 h 20, NIHSS 14.",
            aim="Hémorragie avant thrombolyse ?",
            region="Crâne et encéphale",
            technique="Scanner cérébral sans injection en urgence vitale",
        ),
        Case(
            context="Céphalée brutale à l'effort, raideur de nuque, pas de fièvre.",
            aim="Hémorragie méningée ?",
            region="Crâne et encéphale",
            technique="Scanner cérébral sans injection",
        ),
    ),
    "TDM-AP": (
        Case(
            context="Douleur de la fosse iliaque droite, fièvre 38,6, CRP 140.",
            aim="Appendicite compliquée ?",
            region="Abdomen et pelvis",
            technique="Scanner abdomino-pelvien",
        ),
        Case(
            context="Colique néphrétique hyperalgique résistant au traitement.",
            aim="Obstacle urétéral, dilatation des cavités ?",
            region="Abdomen et pelvis",
            technique="Scanner abdomino-pelvien sans injection",
        ),
    ),
    "RX-THORAX": (
        Case(
            context="Dyspnée fébrile depuis trois jours, saturation 91 %.",
            aim="Foyer de pneumopathie ?",
            region="Thorax",
            technique="Radiographie de face",
        ),
        Case(
            context="Douleur thoracique latérale brutale chez un sujet longiligne.",
            aim="Pneumothorax ?",
            region="Thorax",
            technique="Radiographie de face en inspiration",
        ),
    ),
    "IRM-ENCEPHALE": (
        Case(
            context="Vertige rotatoire aigu avec dysarthrie, scanner normal.",
            aim="Accident ischémique de la fosse postérieure ?",
            region="Encéphale",
            technique="IRM encéphalique sans injection",
        ),
    ),
}


def night(*, exams: int, seed: int, born_before: date = date(2008, 1, 1)) -> list[Visit]:
    """The visits of one night, in order of time; the same seed gives the same night.

    The first is the head CT at Saint-Palais at once, so that a visitor sees one arrive.
    """
    dice = random.Random(seed)  # noqa: S311 - a scenario, not a secret
    moments = sorted(_moment(dice) for _ in range(exams))
    visits = [_visit(dice, number, at_s, born_before) for number, at_s in enumerate(moments)]
    return [_the_head_ct(visits[0], dice), *visits[1:]]


def overlooked(visits: Sequence[Visit]) -> list[Visit]:
    """The same visits, the first of which every reader leaves until the next ring is called."""
    return [replace(visits[0], surname="OUBLIE"), *visits[1:]]


def unjustified() -> list[Visit]:
    """Requests without a reason, which readers refuse."""
    case = Case(
        context="Bilan avant un voyage, aucun symptôme.",
        aim="Contrôle ?",
        region="Crâne et encéphale",
        technique="Scanner cérébral",
    )
    return [
        Visit(
            at_s=3600.0 * (number + 1),
            site=site,
            urgency="U2",
            exam_code="TDM-CRANE",
            local_id=f"DEMO-{site}-900{number}",
            surname="PRETEXTE",
            first_name="Fulbert",
            birth_on=date(1980, 1, 1 + number),
            sex="M",
            case=case,
        )
        for number, site in enumerate(("DAX", "BAYONNE"))
    ]


def _moment(dice: random.Random) -> float:
    hour = dice.choices(list(_HOURLY), weights=list(_HOURLY.values()))[0]
    return (hour - START_HOUR + dice.random()) * 3600


def _pick(dice: random.Random, weights: Mapping[str, float]) -> str:
    return dice.choices(list(weights), weights=list(weights.values()))[0]


def _visit(dice: random.Random, number: int, at_s: float, born_before: date) -> Visit:
    exam_code = _pick(dice, EXAMS)
    allowed = _ONLY_AT.get(exam_code, frozenset(SITES))
    site = _pick(dice, {name: weight for name, weight in SITES.items() if name in allowed})
    sex = dice.choice("FM")
    return Visit(
        at_s=at_s,
        site=site,
        urgency=_pick(dice, URGENCIES),
        exam_code=exam_code,
        local_id=f"DEMO-{site}-{number + 1:04d}",
        surname=dice.choice(_SURNAMES),
        first_name=dice.choice(_FIRST_NAMES[sex]),
        birth_on=born_before - timedelta(days=dice.randrange(80 * 365)),
        sex=sex,
        case=dice.choice(CASES[exam_code]),
    )


def _the_head_ct(visit: Visit, dice: random.Random) -> Visit:
    return Visit(
        at_s=0.0,
        site="STPALAIS",
        urgency="U0",
        exam_code="TDM-CRANE",
        local_id="DEMO-STPALAIS-0000",
        surname="ROMANESQUE",
        first_name="Cyprien",
        birth_on=visit.birth_on,
        sex="M",
        case=dice.choice(CASES["TDM-CRANE"]),
    )
