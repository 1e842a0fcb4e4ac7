"""Templates and macros: whose they are, what a report starts from, what never gets lost."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from make import NIGHT
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.platform import runtime
from plateau.platform.db import Db
from plateau.reading.library import service
from plateau.reading.library.types import Chapters, Offer, Shelf, Wish
from plateau.requests import service as requests
from reading.night import Client, Night
from reading.second_look import somebody

FILE = (Path(__file__).parent / "template.html").read_bytes()
TEXT = Chapters(
    technique="Sur {appareil}, {dose}.", result="{âge}\nRein [droit | gauche] :", conclusion=""
)


def wish(night: Night, db: Db, *, shared: bool = False, starts: bool = False) -> Wish:
    with db.begin() as tx:
        code = requests.exam_sheet(tx, night.exam_id).exam.exam_code
    return Wish(name="Normal", chapters=TEXT, exam_codes=[code], starts=starts, shared=shared)


def keeper(night: Night) -> Caller:
    roles = {Role.COORDINATOR: frozenset({night.world.site_id})}
    return replace(night.reader, person_id=night.world.requester_id, roles=roles)


def add(db: Db, caller: Caller, wanted: Wish) -> UUID:
    with db.begin() as tx:
        return service.add(tx, caller, wanted, now=NIGHT)


def offer(db: Db, night: Night) -> Offer:
    with db.begin() as tx:
        sheet = requests.exam_sheet(tx, night.exam_id)
        return service.offer(tx, runtime.blobs(), sheet, reader_id=night.reader.person_id)


def shelf(db: Db, caller: Caller) -> Shelf:
    with db.begin() as tx:
        return service.shelf(tx, caller)


def macro(db: Db, caller: Caller, short: str, text: str, *, shared: bool = False) -> None:
    with db.begin() as tx:
        service.put_macro(tx, caller, (short, text), shared=shared, now=NIGHT)


def test_a_template_is_offered_filled_from_the_data_and_says_what_is_not_known(
    db: Db, night: Night
) -> None:
    add(db, night.reader, wish(night, db))
    (offered,) = offer(db, night).templates
    assert offered.chapters.technique.startswith("Sur ")
    assert "{" not in offered.chapters.technique
    assert "[dose ?]" in offered.chapters.technique, "no dose report came"
    assert "ans\nRein" in offered.chapters.result
    assert offered.is_mine


def test_a_report_starts_from_the_readers_own_then_everybodys_then_the_territorys(
    db: Db, night: Night
) -> None:
    of_territory = offer(db, night).start
    add(db, night.reader, wish(night, db))
    assert offer(db, night).start == of_territory, "offered, not started from"
    everybodys = replace(wish(night, db, shared=True, starts=True), name="Commun")
    add(db, keeper(night), everybodys)
    assert "Rein" in offer(db, night).start.result
    own = replace(wish(night, db, starts=True), chapters=replace(TEXT, result="Rien."))
    add(db, night.reader, own)
    assert offer(db, night).start.result == "Rien."


def test_ones_own_are_for_oneself_and_everybodys_are_kept_by_coordinators(
    db: Db, night: Night
) -> None:
    mine = add(db, night.reader, wish(night, db))
    assert not shelf(db, keeper(night)).templates
    with pytest.raises(NotFoundError), db.begin() as tx:
        service.end(tx, keeper(night), mine, now=NIGHT)
    with pytest.raises(NotFoundError):
        add(db, night.reader, wish(night, db, shared=True))
    shared = add(db, keeper(night), wish(night, db, shared=True))
    with pytest.raises(NotFoundError), db.begin() as tx:
        service.end(tx, night.reader, shared, now=NIGHT)
    with db.begin() as tx:
        outsider = somebody(tx, night, Role.REQUESTER)
    with pytest.raises(NotFoundError):
        shelf(db, outsider)


def test_changed_or_withdrawn_it_is_kept_and_can_be_put_back(db: Db, night: Night) -> None:
    first = add(db, night.reader, wish(night, db))
    other = replace(wish(night, db), name="Autre")
    with db.begin() as tx:
        second = service.change(tx, night.reader, first, other, now=NIGHT)
    with pytest.raises(ConflictError), db.begin() as tx:
        service.change(tx, night.reader, first, other, now=NIGHT)
    with db.begin() as tx:
        service.end(tx, night.reader, second, now=NIGHT)
    seen = shelf(db, night.reader)
    assert (len(seen.templates), len(seen.ended)) == (0, 2)
    with db.begin() as tx:
        service.bring_back(tx, night.reader, first, now=NIGHT)
    assert [one.name for one in shelf(db, night.reader).templates] == ["Normal"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": " "}, "a name"),
        ({"exam_codes": []}, "which exams"),
        ({"exam_codes": ["NONE"]}, "no such exam"),
        ({"chapters": Chapters(technique=" ", result="", conclusion="\n")}, "says nothing"),
        ({"chapters": Chapters(technique="{taille}", result="", conclusion="")}, "taille"),
        ({"chapters": Chapters(technique="a" * 20_001, result="", conclusion="")}, "at most"),
    ],
)
def test_a_template_that_cannot_be_says_why(
    db: Db, night: Night, change: dict[str, object], why: str
) -> None:
    with pytest.raises(InvalidInputError, match=why):
        add(db, night.reader, replace(wish(night, db), **change))  # pyright: ignore[reportArgumentType]


def test_a_file_is_brought_in_kept_and_given_back_as_a_file(db: Db, night: Night) -> None:
    wanted = replace(wish(night, db), name="")
    with db.begin() as tx:
        template_id = service.bring_in(tx, night.reader, FILE, wanted, now=NIGHT)
        one = service.template(tx, night.reader, template_id)
        file = service.written(tx, night.reader, template_id)
        again = service.bring_in(tx, night.reader, file.encode(), wanted, now=NIGHT)
        back = service.template(tx, night.reader, again)
    assert (one.name, one.identifier, one.has_source) == ("Scanner de l'abdomen", "1.2.3", True)
    assert "Rein droit : [normal | petit]" in one.result
    assert (back.technique, back.result, back.identifier) == (one.technique, one.result, "1.2.3")


def test_a_macro_is_replaced_by_its_short_word_and_ones_own_goes_first(
    db: Db, night: Night
) -> None:
    macro(db, keeper(night), "Norm", "Sans anomalie.", shared=True)
    assert offer(db, night).macros == [("norm", "Sans anomalie.")]
    macro(db, night.reader, ".norm", "Rien à signaler ({examen}).")
    macro(db, night.reader, "norm", "Rien ({accession}).")
    ((short, text),) = offer(db, night).macros
    assert (short, text[:6], "{" in text) == ("norm", "Rien (", False)
    own = [one for one in shelf(db, night.reader).macros if one.owner_id]
    with pytest.raises(NotFoundError), db.begin() as tx:
        service.end_macro(tx, keeper(night), own[0].macro_id, now=NIGHT)
    with db.begin() as tx:
        service.end_macro(tx, night.reader, own[0].macro_id, now=NIGHT)
    assert offer(db, night).macros == [("norm", "Sans anomalie.")]


@pytest.mark.parametrize(
    ("short", "text"), [("", "a"), ("deux mots", "a"), ("a", " "), ("a", "{x}")]
)
def test_a_macro_that_cannot_be_says_why(db: Db, night: Night, short: str, text: str) -> None:
    with pytest.raises(InvalidInputError):
        macro(db, night.reader, short, text)


def test_the_pages_keep_refuse_and_give_back_what_was_typed(
    db: Db, night: Night, client: Client
) -> None:
    page, said = client(night.reader), {"csrf": "c", "exams": wish(night, db).exam_codes[0]}
    typed = said | {"name": "Le mien", "result": "Foie : {taille}"}
    refused = page.post("/library/templates", data=typed)
    assert (refused.status_code, "Foie : {taille}" in refused.text) == (422, True)
    assert page.post("/library/templates", data=typed | {"result": "Foie :"}).status_code == 303
    assert "Le mien" in page.get("/library").text
    nothing = {"file": ("a.html", b"<p>", "text/html")}
    assert page.post("/library/import", data=said, files=nothing).status_code == 422
    came = page.post("/library/import", data=said, files={"file": ("a.html", FILE, "text/html")})
    assert "Rein droit" in page.get(came.headers["location"]).text
    given = page.get(came.headers["location"] + ".html")
    assert given.headers["content-disposition"].startswith("attachment")
    changed = page.post(came.headers["location"], data=typed | {"result": "{x}"})
    assert (changed.status_code, "Le mien" in changed.text) == (422, True)
    short = {"csrf": "c", "short": "ras", "text": "Rien."}
    assert page.post("/library/macros", data=short).status_code == 303
    assert ".ras" in page.get("/library").text
