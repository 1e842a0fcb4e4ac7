"""A report about the wrong patient: retracted, recalled from everyone, its exam read again."""

from datetime import timedelta

import pytest

from exchange.post import WALL
from exchange.retracting import AGAIN, COUNTED, REASON, RECALLS, Scene, browser, coordinator
from make import NIGHT, a_caller
from plateau.activity import service as activity
from plateau.exchange import service
from plateau.kernel.caller import Role
from plateau.kernel.errors import NotFoundError, RuleBrokenError
from plateau.platform import runtime
from plateau.reading import views
from plateau.reading.followup import service as followups
from plateau.reading.followup.types import Advice
from plateau.reading.retraction import service as retraction
from plateau.reading.types import Retraction
from reading.night import PASSWORD, SOON, TEXT, replayed, signed, state_of


def test_every_system_is_told_that_what_it_received_is_wrong(scene: Scene) -> None:
    scene.sign()
    scene.send()
    scene.retract()
    scene.send()
    scene.read_again()
    scene.send()
    assert scene.filed() == [("F", {"F"}), ("C", {"W"}), ("C", {"C"})]


def test_what_was_not_sent_yet_is_never_sent(scene: Scene) -> None:
    scene.sign()
    made = scene.retract()
    scene.send()
    assert [standing for _, standing in scene.filed()] == [{"W"}]
    states = "select d.state from exchange.delivery d join reading.version using (version_id)"
    assert scene.values(states + " order by number") == ["withdrawn", "delivered"]
    with scene.post.db.begin() as tx:
        service.retry(tx, coordinator(scene), destination_id=scene.destination_id, now=SOON,
                      wall=WALL)  # fmt: skip
    scene.send()
    scene.owe(made)
    assert len(scene.filed()) == 1


def test_a_system_that_the_site_uses_no_more_is_told_too(scene: Scene) -> None:
    scene.sign()
    scene.send()
    with scene.post.db.begin() as tx:
        tx.run("update territory.destination set valid_to = valid_from + 1")
    scene.retract()
    scene.send()
    assert [standing for _, standing in scene.filed()] == [{"F"}, {"W"}]


def test_the_recall_ends_when_every_system_and_whoever_asked_have_acknowledged_it(
    scene: Scene,
) -> None:
    first = scene.sign()
    scene.send()
    scene.read(first)
    made = scene.retract()
    told = "select count(*) from access.notification where key like 'followed:%%'"
    assert scene.values(RECALLS) == [None]
    scene.read(made)
    assert scene.values(RECALLS) == [None], "a system does not know yet"
    scene.send()
    assert scene.values(RECALLS) != [None]
    assert scene.values(told) == [1]


def test_whoever_reads_what_follows_a_retraction_knows_of_it(scene: Scene) -> None:
    scene.sign()
    scene.retract()
    scene.send()
    again = scene.read_again()
    scene.send()
    scene.read(again)
    assert scene.values(RECALLS) != [None]


def test_the_exam_is_read_again_and_only_the_new_report_counts(scene: Scene) -> None:
    exam_id = scene.night.exam_id
    first = scene.sign()
    made = scene.retract()
    with scene.post.db.begin() as tx:
        assert state_of(tx, exam_id) == replayed(tx, exam_id) == "unassigned"
    assert scene.values(COUNTED) == [1, -1]
    again = scene.read_again()
    assert scene.values(COUNTED) == [1, -1, 1]
    scene.owe(first, made, again)  # a job that runs twice, or late, counts nothing twice
    assert scene.values(COUNTED) == [1, -1, 1]
    with scene.post.db.begin() as tx:
        shown = views.desk(tx, runtime.blobs(), scene.night.reader, exam_id=exam_id, now=SOON)
        listed = service.signed_results(tx, scene.requester)
    assert [one.conclusion for one in shown.versions] == [AGAIN.conclusion]
    assert [(one.version_id, one.kind) for one in listed] == [(again, "final")]


def test_a_reading_counted_after_its_retraction_counts_nothing(scene: Scene) -> None:
    first = signed(scene.post.db, scene.post.blobs, scene.night)
    made = scene.retract()
    with scene.post.db.begin() as tx:
        activity.count(tx, version_id=made, now=SOON)
        assert not activity.count(tx, version_id=first, now=SOON)
    assert scene.values(COUNTED) == []


def test_what_the_report_had_started_is_over_but_a_critical_call_is_not(scene: Scene) -> None:
    scene.sign()
    with scene.post.db.begin() as tx:
        advice = Advice(
            exam_id=scene.night.exam_id,
            finding="Nodule de 8 mm.",
            recommendation="Scanner de contrôle.",
            due_on=(NIGHT + timedelta(days=90)).date(),
        )
        followups.advise(tx, scene.night.reader, advice, now=SOON)
    scene.retract()
    over = "select kind from reading.loop where state = 'lapsed'"
    assert scene.values(over) == ["followup"]


def test_a_second_reading_of_it_is_withdrawn(scene: Scene) -> None:
    with scene.post.db.begin() as tx:
        tx.run(
            """
            insert into reading.second_rule
              (rule_id, salt, site_id, permille, blind, within_hours, valid_from, made_by, made_at)
            values (gen_random_uuid(), gen_random_uuid(), %(site)s, 1000, true, 72, '2020-01-01',
                    %(by)s, %(at)s)
            """,
            site=scene.world.site_id,
            by=scene.world.reader_id,
            at=NIGHT,
        )
    scene.sign()
    assert scene.values("select state from reading.second_read") == ["waiting"]
    scene.retract()
    assert scene.values("select state from reading.second_read") == ["withdrawn"]
    ended = "select state from reading.loop where kind = 'second_reading'"
    assert scene.values(ended) == ["lapsed"]


@pytest.mark.parametrize(
    ("reason", "password", "error"),
    [(" ", PASSWORD, "reason"), (REASON, "autre", "password")],
)
def test_it_is_signed_and_says_why(scene: Scene, reason: str, password: str, error: str) -> None:
    scene.sign()
    with pytest.raises(RuleBrokenError, match=error):
        scene.retract(reason, password)
    assert scene.values("select kind from reading.version") == ["final"]


def test_what_is_not_final_is_recalled_not_retracted(scene: Scene) -> None:
    with pytest.raises(RuleBrokenError):
        scene.retract()


def test_what_it_said_is_shown_to_readers_only(scene: Scene) -> None:
    first = scene.sign()
    made = scene.retract()
    reader, requester = browser(scene, scene.night.reader), browser(scene, scene.requester)
    assert TEXT.result in reader.get(f"/exams/{scene.night.exam_id}").text
    assert TEXT.result not in requester.get(f"/exams/{scene.night.exam_id}").text
    assert TEXT.result not in requester.get(f"/results/{first}").text
    assert requester.get(f"/reports/{first}.pdf").status_code == 404
    assert reader.get(f"/reports/{first}.pdf").status_code == 200
    assert REASON in requester.get(f"/results/{made}").text
    assert TEXT.result.encode() not in requester.get(f"/reports/{made}.pdf").content


def test_the_page_says_what_happens_and_keeps_the_reason_when_it_is_refused(scene: Scene) -> None:
    scene.sign()
    client, page = browser(scene, scene.night.reader), f"/exams/{scene.night.exam_id}/retraction"
    client.cookies.set("csrf", "c")
    assert TEXT.conclusion in client.get(page).text
    form = {"csrf": "c", "reason": REASON, "password": "autre"}
    refused = client.post(page, data=form)
    assert refused.status_code == 422
    assert REASON in refused.text
    assert client.post(page, data={**form, "password": PASSWORD}).status_code == 303
    assert client.get(page).status_code == 404
    assert REASON in client.get(f"/read/{scene.night.exam_id}").text


def test_somebody_of_another_role_or_site_retracts_nothing(scene: Scene) -> None:
    scene.sign()
    asked = Retraction(exam_id=scene.night.exam_id, reason=REASON, password=PASSWORD)
    with scene.post.db.begin() as tx, pytest.raises(NotFoundError):
        caller = a_caller(scene.world.reader_id, scene.world.site_id, role=Role.COORDINATOR)
        retraction.retract(tx, scene.post.blobs, caller, asked, now=SOON)
