"""Who goes first, what a report lacks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.ids import ExamId, PatientId, PersonId
from plateau.reading.rules import texts as rules
from plateau.reading.types import Asked, Finding, Kind, Lateness, Seal, Sections

COMPLETE = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
DUE = COMPLETE + timedelta(minutes=30)


def sections(result: str = "Normal.", conclusion: str = "Normal.", technique: str = "") -> Sections:
    return Sections(indication="", technique=technique, result=result, conclusion=conclusion)


def asked(text: str = "", protocol: str = "", sex: str = "F", template: str = "") -> Asked:
    return Asked(template=template, text=text, protocol=protocol, sex=sex)


tasks = st.lists(
    st.tuples(
        st.sampled_from(["U0", "U1", "U2", "U3"]),
        st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 3)).map(  # noqa: DTZ001 - made aware
            lambda at: at.replace(tzinfo=UTC)
        ),
        st.uuids().map(ExamId),
    ),
    min_size=1,
    max_size=30,
)


@given(tasks)
def test_the_most_urgent_then_the_first_due_goes_first(
    waiting: list[tuple[str, datetime, ExamId]],
) -> None:
    first = min(waiting, key=lambda task: rules.reading_order(*task))

    assert all(first[0] <= urgency for urgency, _, _ in waiting)
    assert all(first[1] <= due for urgency, due, _ in waiting if urgency == first[0])
    shuffled = sorted(waiting, key=lambda task: task[2].int)
    assert min(shuffled, key=lambda task: rules.reading_order(*task)) == first


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0, Lateness.PLAIN),
        (24, Lateness.PLAIN),
        (25, Lateness.SOON),
        (30, Lateness.SOON),
        (31, Lateness.LATE),
    ],
)
def test_lateness_turns_at_a_fifth_left_and_at_the_end(minutes: int, expected: Lateness) -> None:
    assert rules.lateness(COMPLETE, DUE, COMPLETE + timedelta(minutes=minutes)) == expected


@given(st.integers(1, 10_000), st.integers(-20_000, 20_000))
def test_time_only_makes_it_later(delay: int, at: int) -> None:
    order = [Lateness.PLAIN, Lateness.SOON, Lateness.LATE]
    due = COMPLETE + timedelta(minutes=delay)
    now, then = COMPLETE + timedelta(minutes=at), COMPLETE + timedelta(minutes=at + 1)

    assert order.index(rules.lateness(COMPLETE, due, now)) <= order.index(
        rules.lateness(COMPLETE, due, then)
    )


def test_an_empty_result_or_conclusion_forbids_signing() -> None:
    both = rules.lint(sections(" \n", "\t"), asked())
    assert both.refusals == (Finding.EMPTY_RESULT, Finding.EMPTY_CONCLUSION)
    assert rules.lint(sections("x", ""), asked()).refusals == (Finding.EMPTY_CONCLUSION,)
    assert rules.lint(sections(), asked()).refusals == ()


def test_labels_of_the_template_are_not_a_report() -> None:
    form = asked(template="Parenchyme :\nOs : \nEn réponse à la question posée :")
    bare = sections("Parenchyme :\nOs :\n", "En réponse à la question posée : ")
    assert rules.lint(bare, form).refusals == (Finding.EMPTY_RESULT, Finding.EMPTY_CONCLUSION)
    half = sections("Parenchyme : sans anomalie.\nOs :", "Scanner normal.")
    assert rules.lint(half, form).refusals == ()
    assert rules.lint(half, form).warnings == (Finding.UNFILLED,)
    own = sections("Lésions :\n- hématome frontal", "Hématome.")
    assert rules.lint(own, form).warnings == ()


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        ("Poignet droit", "Fracture du radius gauche.", True),
        ("Genou gauche", "Épanchement du genou droit.", True),
        ("Poignet droit", "Fracture du radius droit.", False),
        ("Poignet droit", "Droit et gauche comparés.", False),
        ("Crâne", "Hématome frontal gauche.", False),
        ("Les deux poignets, droit et gauche", "Fracture à gauche.", False),
        ("Poignet droit", "Pas de fracture.", False),
        ("Endroit douloureux à droite", "Angle gauche du côlon.", True),
    ],
)
def test_the_other_side_deserves_a_second_look(text: str, written: str, found: bool) -> None:
    warnings = rules.lint(sections(result=written), asked(text)).warnings
    assert (Finding.OTHER_SIDE in warnings) == found


@pytest.mark.parametrize(
    ("sex", "written", "found"),
    [
        ("M", "Utérus antéversé.", True),
        ("F", "Prostate de taille normale.", True),
        ("F", "Kyste ovarien droit.", False),
        ("M", "Prostate de taille normale.", False),
        ("U", "Utérus et prostate.", False),
    ],
)
def test_the_other_sex_deserves_a_second_look(sex: str, written: str, found: bool) -> None:
    warnings = rules.lint(sections(result=written), asked(sex=sex)).warnings
    assert (Finding.OTHER_SEX in warnings) == found


def test_another_injection_than_planned_deserves_a_second_look() -> None:
    told = sections(technique="Acquisition après injection de produit de contraste.")
    assert rules.lint(told, asked(protocol="Sans injection")).warnings == (Finding.OTHER_CONTRAST,)
    assert rules.lint(told, asked(protocol="Avec injection")).warnings == ()
    assert rules.lint(told, asked(protocol="Cérébral")).warnings == ()


THIS = replace(asked(), surname="TESTINVENTÉ", local_id="TEST-0001")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Patiente : TESTINVENTE.", False),
        ("Nom : DUPONT Jeanne", True),
        ("IPP : TEST-0002.", True),
        ("IPP n° TEST-0001.", False),
        ("Patient sous IPP depuis deux ans.", False),
        ("Patient sous IPP : ésoméprazole.", False),
        ("IPP inconnu.", False),
        ("Comparé au n° d'examen : B78-1.", False),
        ("Mme DUPONT, infirmière.", False),
    ],
)
def test_another_patient_in_the_text_forbids_signing(written: str, found: bool) -> None:
    refusals = rules.lint(sections(result=written), THIS).refusals
    assert (Finding.OTHER_PATIENT in refusals) == found


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Scanner de Mme TESTINVENTE.", False),
        ("Mme TESTINVENTE-DUPONT, chute.", False),
        ("Mme DUPONT, chute.", True),
        ("Mme Dupont", False),
    ],
)
def test_another_name_deserves_a_second_look(written: str, found: bool) -> None:
    warnings = rules.lint(sections(result=written), THIS).warnings
    assert (Finding.OTHER_NAME in warnings) == found


@given(st.text(max_size=60), st.text(max_size=12), st.text(max_size=12))
def test_any_text_is_looked_at_and_a_patient_s_own_name_and_number_never_refused(
    written: str, surname: str, local_id: str
) -> None:
    this = replace(asked(), surname=surname, local_id=local_id)
    rules.lint(sections(result=written), this)
    own = f"Nom : {THIS.surname}\nIPP : {THIS.local_id}"
    assert Finding.OTHER_PATIENT not in rules.lint(sections(result=own), THIS).refusals


@pytest.mark.parametrize(
    ("age", "written", "found"),
    [
        (76, "Patiente de 76 ans.", False),
        (76, "Patiente de 75 ans.", False),
        (76, "Patiente de 67 ans.", True),
        (76, "A 67-year-old woman.", True),
        (76, "Lésion stable depuis 2 ans.", False),
        (76, "Crâne de nourrisson.", True),
        (0, "Crâne de nourrisson.", False),
        (0, "Enfant de 6 mois.", False),
        (1, "Enfant de 18 mois.", False),
        (40, "La patiente, 12 ans.", True),
        (40, "Homme de 180 cm.", False),
        (40, "Patient 1 sur 3.", False),
        (None, "Patiente de 67 ans.", False),
    ],
)
def test_another_age_deserves_a_second_look(age: int | None, written: str, found: bool) -> None:
    warnings = rules.lint(sections(result=written), replace(asked(), age=age)).warnings
    assert (Finding.OTHER_AGE in warnings) == found


words = st.text(max_size=20)
SEAL = Seal(
    exam_id=ExamId(UUID(int=1)),
    patient_id=PatientId(UUID(int=2)),
    number=1,
    kind=Kind.FINAL,
    reason="",
    signed_by=PersonId(UUID(int=3)),
    signed_at=COMPLETE,
)


@given(words, words, words, words)
def test_the_digest_tells_any_two_texts_apart(a: str, b: str, c: str, d: str) -> None:
    one = Sections(indication=a, technique=b, result=c, conclusion=d)
    other = Sections(indication=a, technique=b, result=c + d, conclusion="")

    assert (rules.digest(one, SEAL) == rules.digest(other, SEAL)) == (one == other)
    assert len(rules.digest(one, SEAL)) == 64


def test_the_digest_vouches_for_the_signer_and_the_patient() -> None:
    text = sections()
    seals = [
        SEAL,
        Seal(
            exam_id=SEAL.exam_id,
            patient_id=PatientId(uuid4()),
            number=1,
            kind=Kind.FINAL,
            reason="",
            signed_by=SEAL.signed_by,
            signed_at=COMPLETE,
        ),
        Seal(
            exam_id=SEAL.exam_id,
            patient_id=SEAL.patient_id,
            number=1,
            kind=Kind.FINAL,
            reason="",
            signed_by=PersonId(uuid4()),
            signed_at=COMPLETE,
        ),
    ]
    assert len({rules.digest(text, seal) for seal in seals}) == 3
