"""What a patient had before, wherever in the pool it was made."""

from dataclasses import replace

from make import NIGHT, a_caller, a_site, study_uid_of
from make_after import a_study, a_task, a_version
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import ExamId, VersionId
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import views
from plateau.reading.retraction import service as retraction
from plateau.reading.types import Retraction
from plateau.reading.views import Desk
from reading.night import PASSWORD, SOON, Client, Night


def elsewhere(db: Db, night: Night) -> tuple[ExamId, VersionId]:
    """An exam of the same patient that another site made and reported."""
    with db.begin() as tx:
        other = a_site(tx, "AILLEURS")
        exam_id = a_task(tx, night.world)
        a_study(tx, night.world, exam_id)
        version_id = a_version(tx, night.world, exam_id)
        moved = {"site": other, "uid": study_uid_of(exam_id)}
        tx.run("update images.study set site_id = %(site)s where study_uid = %(uid)s", **moved)
        tx.run("update requests.exam set site_id = %(site)s where study_uid = %(uid)s", **moved)
        tx.run(
            "update reading.task set site_id = %(site)s, state = 'final', reader_id = %(reader)s,"
            " signed_at = %(at)s where exam_id = %(exam)s",
            site=other,
            reader=night.reader.person_id,
            at=NIGHT,
            exam=exam_id,
        )
    return exam_id, version_id


def desk(db: Db, night: Night, caller: Caller) -> Desk:
    with db.begin() as tx:
        return views.desk(tx, runtime.blobs(), caller, exam_id=night.exam_id, now=SOON)


def test_a_reader_sees_priors_of_other_sites_with_their_report_and_that_is_traced(
    db: Db, night: Night, client: Client
) -> None:
    _, version_id = elsewhere(db, night)
    seen = desk(db, night, night.reader)
    (prior,) = [one for one in seen.priors if one.version_id == version_id]
    assert prior.conclusion
    assert seen.priors_elsewhere == 0
    with db.begin() as tx:
        traced = tx.values("select action from access.audit where action = 'priors.view'")
    assert traced == ["priors.view"]
    assert prior.conclusion in client(night.reader).get(f"/read/{night.exam_id}").text


def test_a_coordinator_is_told_how_many_are_out_of_their_sight(db: Db, night: Night) -> None:
    elsewhere(db, night)
    boss = a_caller(night.world.reader_id, night.world.site_id, role=Role.COORDINATOR)
    seen = desk(db, night, boss)
    assert [one for one in seen.priors if one.site_name == "AILLEURS"] == []
    assert seen.priors_elsewhere == 1


def test_the_report_of_a_prior_that_was_retracted_is_not_shown(
    db: Db, blobs: Blobs, night: Night
) -> None:
    exam_id, version_id = elsewhere(db, night)
    sites = {
        Role.READER: frozenset(
            {night.world.site_id, desk(db, night, night.reader).priors[0].site_id}
        )
    }
    asked = Retraction(exam_id=exam_id, reason="Mauvais patient.", password=PASSWORD)
    with db.begin() as tx:
        retraction.retract(tx, blobs, replace(night.reader, roles=sites), asked, now=SOON)
    seen = desk(db, night, night.reader)
    assert version_id not in {one.version_id for one in seen.priors}
    assert [one.result for one in seen.priors if one.exam_id == exam_id] == [None]
