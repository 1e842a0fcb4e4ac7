"""A report given before it is signed: marked as such everywhere, and followed by the signed one."""

from dataclasses import replace

import pytest

from exchange.retracting import AGAIN, COUNTED, Scene, browser
from make import a_caller
from plateau.exchange import service
from plateau.kernel.caller import Role
from plateau.kernel.errors import ConflictError, InvalidInputError, RuleBrokenError
from plateau.kernel.ids import VersionId
from plateau.platform import runtime
from plateau.reading import preliminary, views
from plateau.reading.types import Giving, Save
from reading.night import SOON, TEXT, WALL, replayed, save, state_of, take


def give(scene: Scene, text: Save | None = None, told: str = "") -> VersionId:
    wanted = text or save(scene.night.exam_id)
    with scene.post.db.begin() as tx:
        giving = Giving(save=wanted, told=told)
        made = preliminary.give(
            tx, scene.post.blobs, scene.night.reader, giving, now=SOON, wall=WALL
        )
    scene.owe(made)
    return made


def test_it_is_marked_on_every_rendering_and_followed_by_the_signed_report(scene: Scene) -> None:
    take(scene.post.db, scene.night)
    made = give(scene, told="Dr Urgence")
    scene.send()
    with scene.post.db.begin() as tx:
        assert state_of(tx, scene.night.exam_id) == replayed(tx, scene.night.exam_id)
        assert state_of(tx, scene.night.exam_id) == "preliminary"
    page = browser(scene, scene.requester).get(f"/results/{made}").text
    assert "PRÉLIMINAIRE" in page.upper()
    assert "Dr Urgence" in page
    assert TEXT.result in page
    scene.read(made)
    scene.read_again(revision=1)
    scene.send()
    assert scene.filed() == [("P", {"P"}), ("F", {"F"})]
    assert scene.values(COUNTED) == [1]
    told = "select count(*) from access.notification where key like 'followed:%%'"
    assert scene.values(told) == [1]


def test_the_exam_waits_to_be_signed_with_what_was_written(scene: Scene) -> None:
    take(scene.post.db, scene.night)
    give(scene)
    with scene.post.db.begin() as tx:
        seen = views.desk(
            tx, runtime.blobs(), scene.night.reader, exam_id=scene.night.exam_id, now=SOON
        )
        waiting = [one.exam_id for one in service.pending(tx, scene.requester)]
    assert seen.text == TEXT
    assert seen.given is not None
    assert (seen.given.kind, list(seen.versions)) == ("preliminary", [])
    assert waiting == [scene.night.exam_id]
    take(scene.post.db, scene.night)
    page = browser(scene, scene.night.reader).get(f"/read/{scene.night.exam_id}").text
    assert 'id="report"' in page


def test_it_counts_nothing_and_can_be_retracted(scene: Scene) -> None:
    take(scene.post.db, scene.night)
    give(scene)
    assert scene.values(COUNTED) == []
    scene.send()
    scene.retract()
    scene.send()
    assert [standing for _, standing in scene.filed()] == [{"P"}, {"W"}]
    with scene.post.db.begin() as tx:
        assert state_of(tx, scene.night.exam_id) == replayed(tx, scene.night.exam_id)


def test_nothing_empty_is_given_nor_what_names_another_patient(scene: Scene) -> None:
    take(scene.post.db, scene.night)
    with pytest.raises(RuleBrokenError):
        give(scene, save(scene.night.exam_id, replace(TEXT, conclusion="")))
    with pytest.raises(RuleBrokenError, match="another patient"):
        give(scene, save(scene.night.exam_id, replace(TEXT, result="Nom : AUTRUI Jean.")))
    with pytest.raises(InvalidInputError):
        give(scene, told="x" * 201)


def test_only_whoever_reads_the_exam_gives_it(scene: Scene) -> None:
    with pytest.raises(ConflictError):
        give(scene)
    take(scene.post.db, scene.night)
    give(scene)
    with pytest.raises(ConflictError):
        give(scene, save(scene.night.exam_id, AGAIN))


def test_by_page_the_next_exam_follows_and_a_refusal_keeps_the_text(scene: Scene) -> None:
    take(scene.post.db, scene.night)
    client = browser(scene, scene.night.reader)
    client.cookies.set("csrf", "c")
    path = f"/read/{scene.night.exam_id}/preliminary"
    form = {"csrf": "c", "result": "", "conclusion": "", "revision": "0"}
    assert client.post(path, data=form).status_code == 422
    form |= {"result": TEXT.result, "conclusion": TEXT.conclusion, "told": ""}
    answer = client.post(path, data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/worklist")
    stranger = a_caller(scene.world.reader_id, scene.world.site_id, role=Role.MANAGER)
    assert browser(scene, stranger).post(path, data=form).status_code == 404
