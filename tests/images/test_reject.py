"""Rejected images are nowhere to be seen, are not lost, and come back by a person only."""

from dataclasses import replace

import pytest
from pydicom.dataset import Dataset

import make
from images.instances import (
    CT,
    as_file,
    associated,
    ct,
    reference,
    running,
    step_begins,
    step_ends,
    store,
)
from images.rejecting import a_study, evidence, note
from images.web import ROOT, client, keep, know, of
from plateau.images import service
from plateau.images.move import service as moving
from plateau.images.move.types import Selection
from plateau.images.reject import rules
from plateau.images.reject import service as rejecting
from plateau.images.upkeep import queries as upkeep
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    RuleBrokenError,
)
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def technologist(world: make.World) -> Caller:
    return make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)


def shown(db: Db) -> set[str]:
    with db.begin() as tx:
        return set(tx.values("select sop_instance_uid from images.instance"))


def counters(db: Db) -> tuple[int, int, list[str], int]:
    """Instances, bytes, modalities and listings of the one study."""
    with db.begin() as tx:
        (row,) = tx.values(
            """
            select jsonb_build_array(instances, bytes, modalities,
                     (select count(*) from images.listing l where l.study_id = s.study_id))
            from images.study s
            """
        )
    return tuple(row)


def uids(images: list[Dataset]) -> set[str]:
    return {str(image.SOPInstanceUID) for image in images}


@pytest.mark.parametrize("code", sorted(rules.MEANINGS))
def test_a_note_hides_what_it_names_whatever_its_reason(
    db: Db, blobs: Blobs, technologist: Caller, code: str
) -> None:
    images = a_study(3)
    keep(db, blobs, *map(as_file, images), as_file(note(images[:1], code)))

    assert shown(db) == uids(images[1:])
    size = sum(len(as_file(image)) for image in images[1:])
    assert counters(db) == (2, size, ["CT"], 1)
    with client(db, blobs, technologist) as web:
        found = web.get(f"{of(images)}/instances").json()
        assert {one["00080018"]["Value"][0] for one in found} == uids(images[1:])
        assert len(web.get(f"{of(images)}/series").json()) == 1  # the note's is none
        assert len(web.get(f"{of(images)}/metadata").json()) == 2
        hidden = f"{of(images)}/series/{images[0].SeriesInstanceUID}/instances"
        assert web.get(f"{hidden}/{images[0].SOPInstanceUID}").status_code == 404
        assert "2" in web.get(f"/images/studies/{images[0].StudyInstanceUID}").text


def test_a_study_rejected_as_a_whole_is_found_nowhere(
    db: Db, blobs: Blobs, technologist: Caller
) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images), as_file(note(images, "113037")))

    assert counters(db) == (0, 0, [], 0)
    with client(db, blobs, technologist) as web:
        assert web.get(f"{ROOT}/studies").json() == []
        assert web.get(f"/images/studies/{images[0].StudyInstanceUID}").status_code == 404
        assert images[0].StudyInstanceUID not in web.get("/images").text
    keep(db, blobs, as_file(ct(images[0].StudyInstanceUID, 3)))
    assert counters(db)[2:] == (["CT"], 1)  # what is new is shown


def test_hidden_bytes_are_still_there_and_still_checked(db: Db, blobs: Blobs) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images), as_file(note(images)))
    with db.begin() as tx:
        keys = tx.values("select blob_key from images.hidden")
        kept = upkeep.next_kept(tx, after="", limit=10)
    assert all(blobs.holds(key) for key in keys)
    assert len(kept) == len(keys) == 3


def test_machines_are_sent_nothing_hidden(db: Db, blobs: Blobs) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images), as_file(note(images[:1])))
    asked = Selection(study_uids=(images[0].StudyInstanceUID,))
    with db.begin() as tx:
        found = moving.chosen(tx, asked, origin=CT, now=make.NIGHT)
    assert {one.sop_instance_uid for one in found} == uids(images[1:])


def test_a_note_naming_unknown_instances_waits_for_them(db: Db, blobs: Blobs) -> None:
    images = a_study(3)
    keep(db, blobs, as_file(images[0]), as_file(note(images[1:])))
    assert shown(db) == uids(images[:1])
    keep(db, blobs, *map(as_file, images[1:]))
    assert shown(db) == uids(images[:1])
    assert counters(db)[0] == 1


def test_a_note_before_its_images_hides_them_when_they_come(db: Db, blobs: Blobs) -> None:
    images = a_study(2)
    keep(db, blobs, as_file(note(images)), *map(as_file, images))
    assert shown(db) == set()
    assert counters(db) == (0, 0, [], 0)


def test_a_note_of_another_site_is_refused_and_hides_nothing(
    db: Db, blobs: Blobs, world: make.World
) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images))
    with db.begin() as tx:
        other = make.a_site(tx, "AUTRE")
        make.a_device(tx, other, "CT_AUTRE")
    know(db, replace(world, site_id=other), "IPP-TEST-1")
    with pytest.raises(RuleBrokenError, match="only the site"), db.begin() as tx:
        origin = replace(CT, ae_title="CT_AUTRE")
        service.receive(tx, blobs, content=as_file(note(images)), origin=origin, now=make.NIGHT)
    assert shown(db) == uids(images)


def test_a_note_naming_images_of_another_study_is_refused(db: Db, blobs: Blobs) -> None:
    images, others = a_study(2), a_study(1)
    keep(db, blobs, *map(as_file, [*images, *others]))
    document = note(images[:1])
    document.CurrentRequestedProcedureEvidenceSequence.append(evidence(others))
    with pytest.raises(RuleBrokenError, match="its own study"):
        keep(db, blobs, as_file(document))
    assert shown(db) == uids([*images, *others])
    document.IdenticalDocumentsSequence = [evidence([document])]  # the other study has its own
    keep(db, blobs, as_file(document))
    assert shown(db) == uids([images[1], *others])


def test_a_note_naming_itself_hides_what_else_it_names(db: Db, blobs: Blobs) -> None:
    images = a_study(2)
    document = note(images[:1])
    series = document.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    series.ReferencedSOPSequence.append(reference(document))
    keep(db, blobs, *map(as_file, images))
    keep(db, blobs, as_file(document))
    assert shown(db) == uids(images[1:])


def test_the_same_note_twice_changes_nothing_even_after_it_was_undone(
    db: Db, blobs: Blobs, technologist: Caller
) -> None:
    images = a_study(2)
    document = as_file(note(images[:1]))
    keep(db, blobs, *map(as_file, images), document)
    before = counters(db)
    keep(db, blobs, document)
    assert counters(db) == before
    undo(db, technologist)
    keep(db, blobs, document)
    assert shown(db) == uids(images)


def test_a_key_object_selection_that_rejects_nothing_is_an_object_of_the_study(
    db: Db, blobs: Blobs
) -> None:
    images = a_study(1)
    keep(db, blobs, as_file(images[0]), as_file(note(images, "113000")))
    assert len(shown(db)) == 2


def test_a_hidden_instance_that_comes_again_is_accepted_and_stays_hidden(
    db: Db, blobs: Blobs, world: make.World
) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images), as_file(note(images[:1], "113037")))
    with running(Hub(db, blobs)) as port, associated(port) as association:
        assert store(association, images[0]).Status == 0
        images[0].PixelData = bytes(32)
        assert store(association, images[0]).Status == 0x0110  # another object
    assert shown(db) == uids(images[1:])
    assert counters(db)[0] == 1
    with db.begin() as tx:
        assert tx.value("select count(*) from images.quarantine") == 1


def test_an_announced_study_is_complete_with_its_hidden_images(db: Db, blobs: Blobs) -> None:
    images = a_study(2)
    with db.begin() as tx:
        begun = step_begins(images[0].StudyInstanceUID).to_json_dict()
        service.begin_step(tx, step_uid="1.2", attributes=begun, origin=CT, now=make.NIGHT)
        ended = step_ends(*images).to_json_dict()
        service.end_step(tx, step_uid="1.2", attributes=ended, origin=CT, now=make.NIGHT)
    keep(db, blobs, as_file(note(images[:1])), as_file(images[1]))
    with db.begin() as tx:
        waiting = service.study_of(tx, images[0].StudyInstanceUID)
    keep(db, blobs, as_file(images[0]))
    with db.begin() as tx:
        study = service.study_of(tx, images[0].StudyInstanceUID)
    assert waiting
    assert study
    assert (waiting.state, study.state, study.instances) == ("receiving", "complete", 1)


def undo(db: Db, caller: Caller, reason: str = "Erreur d'image, tout va bien") -> None:
    with db.begin() as tx:
        (one,) = rejecting.listed(tx, caller, now=make.NIGHT)
        rejecting.undo(tx, caller, one.rejection_id, reason=reason, now=make.NIGHT)


def test_a_person_brings_images_back_once_and_says_why(
    db: Db, blobs: Blobs, technologist: Caller
) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images))
    before = counters(db)
    keep(db, blobs, as_file(note(images)))
    with pytest.raises(InvalidInputError):
        undo(db, technologist, reason=" ")
    undo(db, technologist)
    assert shown(db) == uids(images)
    assert counters(db) == before
    with pytest.raises(ConflictError):
        undo(db, technologist)
    with db.begin() as tx:
        trail = tx.values(
            "select action || ' ' || reason from access.audit where reason <> '' order by audit_id"
        )
    assert trail == [
        "images.reject Rejected for Quality Reasons",
        "images.restore Erreur d'image, tout va bien",
    ]


def test_images_rejected_twice_come_back_when_both_notes_are_undone(
    db: Db, blobs: Blobs, technologist: Caller
) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images), as_file(note(images)), as_file(note(images[:1])))
    with db.begin() as tx:
        first, latest = rejecting.listed(tx, technologist, now=make.NIGHT)
        rejecting.undo(tx, technologist, first.rejection_id, reason="essai", now=make.NIGHT)
    assert shown(db) == uids(images[1:])
    with db.begin() as tx:
        rejecting.undo(tx, technologist, latest.rejection_id, reason="essai", now=make.NIGHT)
    assert shown(db) == uids(images)


def test_metadata_in_a_cache_do_not_outlive_a_rejection(
    db: Db, blobs: Blobs, technologist: Caller
) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images))
    with client(db, blobs, technologist) as web:
        first = web.get(f"{of(images)}/metadata")
        keep(db, blobs, as_file(note(images[:1])))
        keep(db, blobs, as_file(ct(images[0].StudyInstanceUID, 3)))  # as many as before
        again = web.get(f"{of(images)}/metadata", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert images[0].SOPInstanceUID not in again.text
