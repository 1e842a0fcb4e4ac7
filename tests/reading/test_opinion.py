"""Second opinions on the real database: asked, answered by those asked, signed into the report."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from make import NIGHT, a_site
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError, RuleBrokenError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import service as reading
from plateau.reading.opinion.service import asking
from plateau.reading.opinion.types import Question, State
from plateau.reading.types import Addendum
from reading.night import PASSWORD, SOON, Client, Night
from reading.second_look import (
    a_second_reader,
    a_signed_report,
    an_expert,
    audited,
    somebody,
)

NEURO = "neuroradiologie"
LATER = SOON + timedelta(hours=1)


def question(night: Night, **changes: object) -> Question:
    plain = Question(
        exam_id=night.exam_id,
        to_person=None,
        to_specialty=NEURO,
        text="Hématome ou empyème ?",
        anonymised=True,
        within_hours=4,
    )
    return replace(plain, **changes)


def expert(db: Db) -> Caller:
    """A neuroradiologist of another site, without any right at ours."""
    with db.begin() as tx:
        return an_expert(tx, a_site(tx, "EXPERTS"), NEURO)


def asked(db: Db, night: Night, **changes: object) -> UUID:
    with db.begin() as tx:
        return asking.ask(tx, night.reader, question(night, **changes), now=SOON)


def test_a_specialty_elsewhere_is_asked_without_the_patient(
    db: Db, night: Night, client: Client
) -> None:
    neuro = expert(db)
    opinion_id = asked(db, night)
    with db.begin() as tx:
        view = asking.listing(tx, neuro, now=SOON).waiting[0]
        assert not view.sees_patient
        assert (view.opinion.surname, view.opinion.site_name) == ("", "")
    page = client(neuro).get(f"/opinions/{opinion_id}").text
    assert "Hématome ou empyème" in page
    assert "TESTINVENTE" not in page
    assert "Hôpital TEST" not in page
    assert f"/exams/{night.exam_id}" not in page
    answer = client(neuro).get(f"/opinions/{opinion_id}/images.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "README.txt" in archive.namelist()
    with db.begin() as tx:
        assert audited(tx, "opinion.view") == 1
        assert audited(tx, "images.anonymise") == 1


def test_an_answer_is_a_note_then_an_addendum(db: Db, blobs: Blobs, night: Night) -> None:
    neuro = expert(db)
    a_signed_report(db, blobs, night)
    opinion_id = asked(db, night)
    with db.begin() as tx:
        asking.answer(tx, neuro, opinion_id, text="Hématome, sans doute.", now=LATER)
        beside = asking.of_exam(tx, night.reader, night.exam_id, now=LATER).opinions[0]
        assert (beside.opinion.state, beside.opinion.answer) == (
            State.ANSWERED,
            "Hématome, sans doute.",
        )
    addendum = Addendum(
        exam_id=night.exam_id,
        text="Dr Expert : hématome.",
        conclusion="Hématome sous-dural aigu.",
        reason="Second avis",
        password=PASSWORD,
    )
    with db.begin() as tx:
        with pytest.raises(NotFoundError):
            asking.attach(tx, blobs, neuro, opinion_id, addendum, now=LATER)
        asking.attach(tx, blobs, night.reader, opinion_id, addendum, now=LATER)
        versions = reading.history(tx, night.reader, exam_id=night.exam_id).versions
        assert versions[-1].result == "Dr Expert : hématome."
        with pytest.raises(RuleBrokenError):
            asking.attach(tx, blobs, night.reader, opinion_id, addendum, now=LATER)
        events = tx.values("select event from reading.opinion_event order by event_id")
        assert events == ["asked", "answered", "attached"]


def test_only_those_asked_answer_and_once(db: Db, night: Night) -> None:
    neuro = expert(db)
    colleague = a_second_reader(db, night)
    opinion_id = asked(db, night)
    with db.begin() as tx:
        for other in (colleague, night.reader):
            with pytest.raises(RuleBrokenError, match="somebody else"):
                asking.answer(tx, other, opinion_id, text="Oui.", now=LATER)
        with pytest.raises(InvalidInputError):
            asking.answer(tx, neuro, opinion_id, text=" ", now=LATER)
        asking.answer(tx, neuro, opinion_id, text="Oui.", now=LATER)
        with pytest.raises(RuleBrokenError, match="cannot be"):
            asking.answer(tx, neuro, opinion_id, text="Non.", now=LATER)


def test_a_colleague_without_rights_is_not_asked_by_name_of_the_patient(
    db: Db, night: Night
) -> None:
    neuro = expert(db)
    with db.begin() as tx:
        told = question(night, to_person=neuro.person_id, to_specialty="", anonymised=False)
        with pytest.raises(RuleBrokenError, match="without the patient"):
            asking.ask(tx, night.reader, told, now=SOON)
        with pytest.raises(InvalidInputError, match="names the patient"):
            named = replace(told, anonymised=True, text="Mme Testinventé a-t-elle saigné ?")
            asking.ask(tx, night.reader, named, now=SOON)
        with pytest.raises(InvalidInputError, match="choose a colleague"):
            asking.ask(tx, night.reader, question(night, to_specialty="inconnue"), now=SOON)


def test_a_colleague_of_the_site_sees_the_patient(db: Db, night: Night) -> None:
    colleague = a_second_reader(db, night)
    opinion_id = asked(db, night, to_person=colleague.person_id, to_specialty="", anonymised=False)
    with db.begin() as tx:
        view = asking.desk(tx, colleague, opinion_id, now=LATER)
        assert view.sees_patient
        assert view.opinion.surname == "TESTINVENTE"
        with pytest.raises(NotFoundError):
            asking.images(tx, colleague, opinion_id, now=LATER)


def test_declined_or_withdrawn_with_a_reason(db: Db, night: Night) -> None:
    neuro = expert(db)
    first, second = asked(db, night), asked(db, night)
    with db.begin() as tx:
        asking.decline(tx, neuro, first, text="En congé.", now=LATER)
        with pytest.raises(RuleBrokenError, match="whoever asked"):
            asking.withdraw(tx, neuro, second, text="Inutile.", now=LATER)
        asking.withdraw(tx, night.reader, second, text="Inutile.", now=LATER)
        states = {
            view.opinion.opinion_id: view.opinion.state
            for view in asking.listing(tx, night.reader, now=LATER).mine
        }
        assert states == {first: State.DECLINED, second: State.WITHDRAWN}
        assert asking.listing(tx, neuro, now=LATER).waiting == []


def test_strangers_to_the_question_see_nothing(db: Db, night: Night, client: Client) -> None:
    expert(db)
    opinion_id = asked(db, night)
    with db.begin() as tx:
        other = an_expert(tx, a_site(tx, "AILLEURS"), "oncologie")
        requester = somebody(tx, night, Role.REQUESTER)
    for path in (f"/opinions/{opinion_id}", f"/opinions/{opinion_id}/images.zip"):
        assert client(other).get(path).status_code == 404
    assert client(other).get(f"/read/{night.exam_id}/opinions").status_code == 404
    assert client(requester).get("/opinions").status_code == 404
    beside = client(requester).get(
        f"/read/{night.exam_id}/opinions", headers={"HX-Request": "true"}
    )
    assert beside.status_code == 200
    assert "<form" not in beside.text


def test_the_pages_from_the_question_to_the_addendum(
    db: Db, blobs: Blobs, night: Night, client: Client
) -> None:
    neuro = expert(db)
    a_signed_report(db, blobs, night)
    reader = client(replace(night.reader, language="en"))
    path = f"/read/{night.exam_id}/opinions"
    assert "<html" in reader.get(path).text
    form = {
        "csrf": "c",
        "text": "Empyème ?",
        "specialty": NEURO,
        "anonymised": "true",
        "within_hours": "4",
    }
    where = reader.post(path, data=form).headers["location"]
    assert "Empyème ?" in client(neuro).get("/opinions").text
    client(neuro).post(f"{where}/answer", data={"csrf": "c", "text": "Non, hématome."})
    page = reader.get(where).text
    assert "Non, hématome." in page
    assert "Sign it into the report" in page
    form = {
        "csrf": "c",
        "text": "Avis : hématome.",
        "conclusion": "Hématome.",
        "reason": "Second avis",
        "password": PASSWORD,
    }
    answer = reader.post(f"{where}/attach", data=form)
    assert answer.headers["location"] == f"/exams/{night.exam_id}"
    assert "Avis : hématome." in reader.get(f"/exams/{night.exam_id}").text


def test_a_question_is_due_when_it_was_said(db: Db, night: Night) -> None:
    expert(db)
    opinion_id = asked(db, night, within_hours=6)
    with db.begin() as tx:
        due_at = asking.desk(tx, night.reader, opinion_id, now=NIGHT).opinion.due_at
        assert due_at == SOON + timedelta(hours=6)
