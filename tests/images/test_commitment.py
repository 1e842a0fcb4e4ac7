"""Machines ask us to answer for what they sent, and hear about it later."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, MRImageStorage, generate_uid
from pynetdicom import AE, evt
from pynetdicom.events import Event

import make
from images.instances import CT, as_file, associated, ct
from plateau.images import scp, service
from plateau.images.commitment import messages
from plateau.images.commitment import scp as commitment_scp
from plateau.images.commitment.messages import INSTANCE, SERVICE
from plateau.images.events import CommitmentAsked
from plateau.kernel.errors import UnavailableError
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub
from plateau.platform.settings import Settings

ANYWHERE = 1  # a port on which nobody listens


class Machine:
    """What a machine hears of its requests."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, Dataset]] = []

    def on_report(self, event: Event) -> tuple[int, None]:
        self.heard.append((event.event_type or 0, event.event_information))
        return 0x0000, None

    @contextmanager
    def listening(self) -> Generator[int]:
        ae = AE("CT_TEST")
        ae.add_supported_context(SERVICE, scu_role=True, scp_role=True)
        server = ae.start_server(
            ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, self.on_report)]
        )
        assert server is not None
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def hub(db: Db, blobs: Blobs) -> Generator[int]:
    """The port of a hub whose jobs this test runs itself."""
    with db.begin() as tx:
        make.a_world(tx)
    runtime.use(runtime.Runtime(db, blobs, Settings()))
    hub = Hub(db, blobs)
    server = scp.dimse_server(Settings(dicom_port=0), hub, commitment_scp.handlers(hub))
    yield int(server.server_address[1])
    server.shutdown()


def a_peer(db: Db, port: int) -> None:
    with db.begin() as tx:
        tx.run(
            """
            insert into territory.peer (ae_title, name, host, port, valid_from)
            values ('CT_TEST', 'CT', '127.0.0.1', %(port)s, '2020-01-01')
            """,
            port=port,
        )


def ask(port: int, references: Sequence[tuple[str, str]], transaction_uid: str = "2.25.7") -> int:
    """The status of an N-ACTION."""
    information = Dataset()
    information.TransactionUID = transaction_uid
    information.ReferencedSOPSequence = []
    for sop_class_uid, sop_instance_uid in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class_uid, sop_instance_uid
        information.ReferencedSOPSequence.append(item)
    with associated(port) as line:
        status, _ = line.send_n_action(information, 1, SERVICE, INSTANCE)
    return status.Status


def asked(db: Db) -> CommitmentAsked:
    with db.begin() as tx:
        return CommitmentAsked(
            commitment_id=tx.value("select max(commitment_id) from images.commitment")
        )


def test_we_answer_for_what_is_stored_and_for_nothing_else(db: Db, blobs: Blobs, hub: int) -> None:
    images = [ct(generate_uid(), number) for number in (1, 2, 3)]
    with db.begin() as tx:
        for image in images:
            service.receive(tx, blobs, content=as_file(image), origin=CT, now=make.NIGHT)
        tx.run(
            """
            update images.instance set blob_key = repeat('0', 64)
            where sop_instance_uid = %(uid)s
            """,
            uid=images[2].SOPInstanceUID,
        )
    kept, other_class, lost = (str(image.SOPInstanceUID) for image in images)
    machine = Machine()
    with machine.listening() as port:
        a_peer(db, port)
        wanted = [
            (CTImageStorage, kept),
            (MRImageStorage, other_class),
            (CTImageStorage, lost),
            (CTImageStorage, "2.25.404"),
        ]
        assert ask(hub, wanted) == 0x0000
        assert ask(hub, wanted) == 0x0000  # a repeated message is no second request
        commitment_scp.answer(asked(db))

    [(kind, said)] = machine.heard
    assert kind == 2
    assert said.TransactionUID == "2.25.7"
    assert [item.ReferencedSOPInstanceUID for item in said.ReferencedSOPSequence] == [kept]
    failed = {item.ReferencedSOPInstanceUID: item.FailureReason for item in said.FailedSOPSequence}
    assert failed == {other_class: 0x0119, lost: 0x0110, "2.25.404": 0x0112}


def test_everything_stored_is_said_in_one_word(db: Db, blobs: Blobs, hub: int) -> None:
    image = ct()
    with db.begin() as tx:
        service.receive(tx, blobs, content=as_file(image), origin=CT, now=make.NIGHT)
    machine = Machine()
    with machine.listening() as port:
        a_peer(db, port)
        assert ask(hub, [(CTImageStorage, image.SOPInstanceUID)]) == 0x0000
        commitment_scp.answer(asked(db))

    [(kind, said)] = machine.heard
    assert (kind, "FailedSOPSequence" in said) == (1, False)


def test_a_machine_that_is_off_is_told_later(db: Db, hub: int) -> None:
    a_peer(db, ANYWHERE)
    assert ask(hub, [(CTImageStorage, "2.25.404")]) == 0x0000
    with pytest.raises(UnavailableError):
        commitment_scp.answer(asked(db))
    with db.begin() as tx:
        assert tx.value("select reported_at from images.commitment") is None
        assert tx.value("select count(*) from procrastinate_jobs where status = 'todo'") == 1


def test_a_request_that_cannot_be_answered_is_refused(db: Db, hub: int) -> None:
    assert ask(hub, [(CTImageStorage, "2.25.404")]) == 0x0124  # no address is known
    a_peer(db, ANYWHERE)
    assert ask(hub, []) == 0xC000
    with db.begin() as tx:
        assert tx.value("select count(*) from images.commitment") == 0


def test_each_failure_has_the_reason_of_the_standard() -> None:
    reference = messages.Reference(CTImageStorage, "1.2")
    stored = {"1.2": messages.Stored("1.2", CTImageStorage, "key")}
    assert messages.failures([reference], stored, frozenset()) == {}
