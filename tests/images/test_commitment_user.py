"""An archive that was sent a study is asked to answer for it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, build_role

import make
from entry.processes import until
from images.archives import a_peer, an_archive
from images.instances import as_file, ct
from images.web import client, keep
from plateau.images import jobs, scp, service
from plateau.images.commitment import scp as commitment_scp
from plateau.images.commitment import service as commitment
from plateau.images.commitment.messages import INSTANCE, SERVICE
from plateau.images.events import (
    CommitmentRefused,
    CommitmentWanted,
    ForwardAsked,
    StudyForwarded,
)
from plateau.images.forward import service as routing
from plateau.kernel.caller import Role
from plateau.kernel.errors import UnavailableError
from plateau.kernel.ids import StudyId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub
from plateau.platform.resting import rested
from plateau.platform.settings import Settings


@pytest.fixture
def study(db: Db, blobs: Blobs) -> StudyId:
    """A study of three images at a site."""
    with db.begin() as tx:
        make.a_world(tx)
    first = ct()
    images = [first, ct(first.StudyInstanceUID, 2), ct(first.StudyInstanceUID, 3)]
    keep(db, blobs, *map(as_file, images))
    with db.begin() as tx:
        found = service.study_of(tx, first.StudyInstanceUID)
    assert found
    return found.study_id


@contextmanager
def hub(db: Db, blobs: Blobs) -> Generator[int]:
    here = Hub(db, blobs)
    server = scp.dimse_server(Settings(dicom_port=0), here, commitment_scp.handlers(here))
    yield int(server.server_address[1])
    server.shutdown()


def forward(db: Db, blobs: Blobs, study: StudyId, *, again: bool = False) -> None:
    """What the worker does when a study is to be sent on."""
    asked = ForwardAsked(study_id=study, ae_title="ARCHIVE")
    with db.begin() as tx:
        if again:
            routing.send_whole(tx, study_id=study, ae_title="ARCHIVE", now=make.NIGHT)
        else:
            tx.run(
                """
                insert into images.forwarding (study_id, ae_title, asked_at, due_at)
                values (%(id)s, 'ARCHIVE', now(), now())
                """,
                id=study,
            )
    routing.send(db, blobs, asked, ours="PLATEAU", now=make.NIGHT)


def ask(db: Db, study: StudyId) -> str | None:
    """What the worker does then; the transaction UID."""
    with db.begin() as tx:
        uid = commitment.plan(
            tx, StudyForwarded(study_id=study, ae_title="ARCHIVE"), now=make.NIGHT
        )
    if uid:
        jobs.ask_commitment(CommitmentWanted(transaction_uid=uid))
    return uid


def states(db: Db) -> list[str]:
    with db.begin() as tx:
        return tx.values("select state from images.commitment_wanted order by wanted_at, state")


def emitted(db: Db, task: str) -> int:
    with db.begin() as tx:
        return tx.value(
            "select count(*) from procrastinate_jobs where task_name like %(task)s",
            task=f"%{task}",
        )


def test_an_archive_answers_on_the_same_association(
    db: Db, blobs: Blobs, study: StudyId, tmp_path: Path
) -> None:
    with an_archive(tmp_path / "archive") as port:
        a_peer(db, port, commits=True)
        forward(db, blobs, study)
        assert ask(db, study)
    assert states(db) == ["kept"]
    assert emitted(db, "plan_commitment") == 1


def test_an_archive_answers_on_an_association_of_its_own(
    db: Db, blobs: Blobs, study: StudyId, tmp_path: Path
) -> None:
    with hub(db, blobs) as ours, an_archive(tmp_path / "archive", "--later", hub=ours) as port:
        a_peer(db, port, commits=True)
        forward(db, blobs, study)
        ask(db, study)
        until(lambda: states(db) == ["kept"])


def test_what_an_archive_has_lost_is_sent_again(
    db: Db, blobs: Blobs, study: StudyId, tmp_path: Path
) -> None:
    with an_archive(tmp_path / "archive", "--loses", "2") as port:
        a_peer(db, port, commits=True)
        forward(db, blobs, study)
        ask(db, study)
        assert states(db) == ["failed"]
        assert emitted(db, "send_what_is_missing") == 1

        jobs.send_what_is_missing(CommitmentRefused(study_id=study, ae_title="ARCHIVE"))
        routing.send(db, blobs, ForwardAsked(study_id=study, ae_title="ARCHIVE"),
                     ours="PLATEAU", now=make.NIGHT)  # fmt: skip
        ask(db, study)
    assert states(db) == ["failed", "kept"]


def test_an_archive_that_loses_for_ever_is_not_sent_to_for_ever(
    db: Db, blobs: Blobs, study: StudyId, tmp_path: Path
) -> None:
    with an_archive(tmp_path / "archive", "--loses", "99") as port:
        a_peer(db, port, commits=True)
        for again in (False, True, True, True):
            forward(db, blobs, study, again=again)
            ask(db, study)
    assert states(db) == ["failed"] * 4
    assert emitted(db, "send_what_is_missing") == 2


def test_an_archive_that_does_not_answer_is_asked_again(
    db: Db, blobs: Blobs, study: StudyId, tmp_path: Path
) -> None:
    a_peer(db, 1, commits=True)
    with pytest.raises(UnavailableError):
        ask(db, study)
    assert states(db) == ["waiting"]
    with an_archive(tmp_path / "archive", "--forgets") as port:
        with db.begin() as tx:
            tx.run("update territory.peer set port = %(port)s", port=port)
            uid = tx.value("select transaction_uid from images.commitment_wanted")
        jobs.ask_commitment(CommitmentWanted(transaction_uid=uid))
    assert states(db) == ["asked"]
    before = emitted(db, "ask_commitment")
    with db.begin() as tx:
        tx.run("update images.commitment_wanted set due_at = %(at)s", at=make.NIGHT)
        commitment.ask_again(tx, now=make.NIGHT + timedelta(hours=2))
    assert emitted(db, "ask_commitment") == before + 1


def test_a_system_that_does_not_commit_is_not_asked(db: Db, study: StudyId) -> None:
    a_peer(db, 1)
    assert ask(db, study) is None


def test_an_answer_to_what_nobody_asked_is_refused(db: Db, blobs: Blobs, study: StudyId) -> None:
    said, nameless = Dataset(), Dataset()
    said.TransactionUID, nameless.RetrieveAETitle = "2.25.1", "ARCHIVE"
    entity = AE("CT_TEST")
    entity.add_requested_context(SERVICE, ExplicitVRLittleEndian)
    roles = [build_role(SERVICE, scp_role=True)]
    with hub(db, blobs) as port:
        line = rested(entity.associate("127.0.0.1", port, ae_title="PLATEAU", ext_neg=roles))
        status, _ = line.send_n_event_report(said, 1, SERVICE, INSTANCE)
        unnamed, _ = line.send_n_event_report(nameless, 1, SERVICE, INSTANCE)
        line.release()
    assert status.Status == 0x0112
    assert unnamed.Status == 0xC000


def test_the_page_of_systems_says_what_they_answer_for(
    db: Db, blobs: Blobs, study: StudyId
) -> None:
    a_peer(db, 1, commits=True)
    with pytest.raises(UnavailableError):
        ask(db, study)
    with db.begin() as tx:
        site = tx.value("select site_id from images.study")
        person = make.a_person(tx)
    caller = replace(make.a_caller(person, site, role=Role.TECHNOLOGIST), language="en")
    text = client(db, blobs, caller).get("/images/peers").text
    assert "Kept elsewhere" in text
    assert "nothing answers at this address" in text
