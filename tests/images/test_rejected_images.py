"""Rejected images are looked at, by those who may judge them, without being brought back."""

from dataclasses import replace

import pytest
from pydicom.dataset import Dataset

import make
from images.instances import as_file
from images.rejecting import a_study, note
from images.web import a_file, client, keep, know, of
from plateau.images.formats import header
from plateau.kernel.caller import Caller, Role
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

JPEG = b"\xff\xd8\xff"


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


def of_role(world: make.World, role: Role) -> Caller:
    return replace(make.a_caller(world.reader_id, world.site_id, role=role), language="en")


def rejected(db: Db, blobs: Blobs, count: int = 3) -> tuple[list[Dataset], int]:
    """A study whose images but the first are rejected, and the number of the rejection."""
    images = a_study(count)
    keep(db, blobs, *map(as_file, images), as_file(note(images[1:])))
    with db.begin() as tx:
        return images, tx.value("select rejection_id from images.rejection")


def hidden(db: Db) -> int:
    with db.begin() as tx:
        return tx.value("select count(*) from images.hidden")


@pytest.mark.parametrize("role", [Role.TECHNOLOGIST, Role.READER])
def test_rejected_images_are_shown_as_rejected_and_stay_hidden(
    db: Db, blobs: Blobs, world: make.World, role: Role
) -> None:
    images, number = rejected(db, blobs)
    with client(db, blobs, of_role(world, role)) as web:
        first = web.get(f"/images/rejected/{number}").text
        assert "Rejected: not for diagnosis." in first
        assert "Reason: quality." in first
        assert "Image 1 of 2" in first
        assert "?image=2" in first
        assert "Image 2 of 2" in web.get(f"/images/rejected/{number}?image=99").text
        picture = web.get(f"/images/rejected/{number}/picture?image=2&viewport=64,64")
        assert picture.status_code == 200
        assert picture.content.startswith(JPEG)
        uid = images[1].SOPInstanceUID
        path = f"{of(images)}/series/{images[1].SeriesInstanceUID}/instances/{uid}"
        assert web.get(path).status_code == 404  # nowhere else
    assert hidden(db) == 3


def test_each_look_at_rejected_images_is_recorded(db: Db, blobs: Blobs, world: make.World) -> None:
    _, number = rejected(db, blobs)
    with client(db, blobs, of_role(world, Role.TECHNOLOGIST)) as web:
        web.get(f"/images/rejected/{number}")
        web.get(f"/images/rejected/{number}/picture")
    with db.begin() as tx:
        seen = tx.values("select patient_id from access.audit where action = 'images.reject.view'")
    assert seen == [world.patient_id]


@pytest.mark.parametrize("role", [Role.REQUESTER, Role.MANAGER, Role.ADMINISTRATOR])
def test_who_may_not_judge_rejected_images_does_not_see_them(
    db: Db, blobs: Blobs, world: make.World, role: Role
) -> None:
    _, number = rejected(db, blobs)
    with client(db, blobs, of_role(world, role)) as web:
        assert web.get(f"/images/rejected/{number}").status_code == 404
        assert web.get(f"/images/rejected/{number}/picture").status_code == 404
        listed = web.get("/images/rejected")
    assert "Look at them" not in listed.text


def test_rejected_images_of_another_site_are_not_seen(
    db: Db, blobs: Blobs, world: make.World
) -> None:
    _, number = rejected(db, blobs)
    with db.begin() as tx:
        stranger = make.a_caller(world.reader_id, make.a_site(tx, "AUTRE"), role=Role.TECHNOLOGIST)
    with client(db, blobs, stranger) as web:
        assert web.get(f"/images/rejected/{number}").status_code == 404
        assert web.get(f"/images/rejected/{number}/picture").status_code == 404


def test_what_is_not_there_is_not_found(db: Db, blobs: Blobs, world: make.World) -> None:
    _, number = rejected(db, blobs)
    with client(db, blobs, of_role(world, Role.TECHNOLOGIST)) as web:
        assert web.get(f"/images/rejected/{number + 1}").status_code == 404
        assert web.get(f"/images/rejected/{number}/picture?image=3").status_code == 404
        assert web.get(f"/images/rejected/{number}/picture?frame=2").status_code == 404
        assert web.get(f"/images/rejected/{number}/picture?image=0").status_code == 400


def test_the_list_leads_to_the_images_and_says_when_they_are_back(
    db: Db, blobs: Blobs, world: make.World
) -> None:
    _, number = rejected(db, blobs)
    with client(db, blobs, of_role(world, Role.TECHNOLOGIST)) as web:
        assert f'href="/images/rejected/{number}"' in web.get("/images/rejected").text
        web.post(f"/images/rejected/{number}/undo", data={"csrf": "c", "reason": "Erreur"})
        assert f'href="/images/rejected/{number}"' not in web.get("/images/rejected").text
        text = web.get(f"/images/rejected/{number}").text
    assert "brought back" in text
    assert "<img" not in text.split("</nav>")[-1]


def test_frames_are_gone_through_with_links(db: Db, blobs: Blobs, world: make.World) -> None:
    content = a_file("SC_rgb_rle_2frame.dcm")
    found = header.read(content)
    know(db, world, found.local_id)
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = found.sop_class_uid, found.sop_instance_uid
    image.StudyInstanceUID, image.SeriesInstanceUID = found.study_uid, found.series_uid
    keep(db, blobs, content, as_file(note([image], patient=found.local_id)))
    with db.begin() as tx:
        number = tx.value("select rejection_id from images.rejection")
    with client(db, blobs, of_role(world, Role.READER)) as web:
        text = web.get(f"/images/rejected/{number}?frame=2").text
        assert "Frame 2 of 2" in text
        assert "?image=1&amp;frame=1" in text
        picture = web.get(f"/images/rejected/{number}/picture?frame=2")
    assert picture.content.startswith(JPEG)
