"""Another institution's archive, as a separate process that speaks DICOM.

`python -m outside.archive --title ARCHIVE --folder DIR --hub 127.0.0.1:11112`

It keeps what it is sent, answers for it (storage commitment) on the same association or on one of
its own, and writes each availability notification to `DIR/told.jsonl`. Its first line of output is
its port. `--loses N` has it forget the first N instances; `--forgets` has it never answer.
"""

import argparse
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AllStoragePresentationContexts, build_context, build_role, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.transport import ThreadedAssociationServer

COMMITMENT = "1.2.840.10008.1.20.1"
COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"
AVAILABILITY = "1.2.840.10008.5.1.4.33"
_SYNTAXES: list[str | UID] = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
_NO_SUCH_INSTANCE = 0x0112
_SOON_S = 0.1
_PATIENCE_S = 1.0  # for an answer that the library's own thread may have taken away


@dataclass(slots=True)
class Archive:
    """What an archive keeps, and how it behaves."""

    title: str
    folder: Path
    hub: tuple[str, int]
    called: str = "PLATEAU"
    loses: int = 0
    is_later: bool = False
    forgets: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def on_store(self, event: Event) -> int:
        """Keep it, or lose it."""
        request = event.request
        assert isinstance(request, C_STORE)  # noqa: S101 - the library binds it so
        with self.lock:
            if self.loses:
                self.loses -= 1
                return 0
        (self.folder / str(request.AffectedSOPInstanceUID)).write_bytes(event.encoded_dataset())
        return 0

    def on_action(self, event: Event) -> tuple[int, None]:
        """Answer a little later, once the request has been answered."""
        if not self.forgets:
            association = None if self.is_later else event.assoc
            asked = event.action_information
            threading.Timer(_SOON_S, self.answer, (asked, association)).start()
        return 0, None

    def on_create(self, event: Event) -> tuple[int, Dataset]:
        """Note what can be had elsewhere."""
        with self.lock, (self.folder / "told.jsonl").open("a") as file:
            file.write(event.attribute_list.to_json() + "\n")
        return 0, Dataset()

    def answer(self, asked: Dataset, association: Association | None) -> None:
        """Say what is kept, and what is not."""
        kind, said = self.verdict(asked)
        if association:
            association.send_n_event_report(said, kind, COMMITMENT, COMMITMENT_INSTANCE)
            return
        entity = ApplicationEntity(self.title)
        entity.add_requested_context(COMMITMENT, _SYNTAXES)
        own = entity.associate(
            *self.hub, ae_title=self.called, ext_neg=[build_role(COMMITMENT, scp_role=True)]
        )
        if own.is_established:
            own.send_n_event_report(said, kind, COMMITMENT, COMMITMENT_INSTANCE)
            own.release()

    def verdict(self, asked: Dataset) -> tuple[int, Dataset]:
        """The event type, and what it says."""
        said = Dataset()
        said.TransactionUID = asked.TransactionUID
        items = list(asked.ReferencedSOPSequence)
        lost = [one for one in items if not (self.folder / one.ReferencedSOPInstanceUID).exists()]
        said.ReferencedSOPSequence = [one for one in items if one not in lost]
        if not lost:
            return 1, said
        for one in lost:
            one.FailureReason = _NO_SUCH_INSTANCE
        said.FailedSOPSequence = lost
        return 2, said

    def serve(self, port: int) -> ThreadedAssociationServer:
        """Answer on a port."""
        entity = ApplicationEntity(self.title)
        entity.dimse_timeout = _PATIENCE_S
        entity.supported_contexts = [
            *AllStoragePresentationContexts[:100],
            *(build_context(uid, _SYNTAXES) for uid in (COMMITMENT, AVAILABILITY)),
            build_context("1.2.840.10008.1.1"),
        ]
        server = entity.start_server(
            ("127.0.0.1", port),
            block=False,
            evt_handlers=[
                (evt.EVT_C_STORE, self.on_store),
                (evt.EVT_N_ACTION, self.on_action),
                (evt.EVT_N_CREATE, self.on_create),
                (evt.EVT_C_ECHO, lambda _: 0),
            ],
        )
        if not isinstance(server, ThreadedAssociationServer):
            raise TypeError("a server that does not block is one")
        return server


def main(arguments: list[str]) -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="outside.archive")
    parser.add_argument("--title", default="ARCHIVE")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--hub", default="127.0.0.1:11112")
    parser.add_argument("--loses", type=int, default=0)
    parser.add_argument("--later", action="store_true")
    parser.add_argument("--forgets", action="store_true")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    host, _, port = options.hub.partition(":")
    archive = Archive(
        title=options.title,
        folder=options.folder,
        hub=(host, int(port)),
        loses=options.loses,
        is_later=options.later,
        forgets=options.forgets,
    )
    server = archive.serve(options.port)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
