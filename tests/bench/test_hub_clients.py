"""The clients of `bench/hub.py` speak to a real server of the library, and to a real web server."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread
from typing import cast

import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.transport import ThreadedAssociationServer

from hubs import samples
from hubs.fetcher import Fetcher
from hubs.peers import NotMeasuredError, Peer
from hubs.samples import Identity
from hubs.sender import send


def server(stored: dict[str, bytes], *, status: int = 0, pdu: int = 0) -> ThreadedAssociationServer:
    def keep(event: Event) -> int:
        content = event.encoded_dataset(include_meta=False)
        stored[str(cast("C_STORE", event.request).AffectedSOPInstanceUID)] = content
        return status

    ae = AE("PLATEAU")
    ae.maximum_pdu_size = pdu
    ae.add_supported_context(CTImageStorage, ExplicitVRLittleEndian)
    started = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, keep)])
    assert started is not None
    return started


def test_an_image_is_a_dicom_file_that_differs_in_its_identity_only() -> None:
    one, other = samples.study(2, tiny=True, identity=Identity(accession="BANC00000042"))
    read = dcmread(BytesIO(samples.as_file(other)))
    assert read.SOPInstanceUID == read.file_meta.MediaStorageSOPInstanceUID == other.uid
    assert (read.StudyInstanceUID, read.SeriesInstanceUID) == (one.study_uid, one.series_uid)
    assert (read.AccessionNumber, read.InstanceNumber) == ("BANC00000042", 2)
    assert str(read.PatientName).startswith("TESTINVENTE")
    assert read.pixel_array.shape == (16, 16)
    assert len(one.head) == len(other.head)
    assert one.pixels is other.pixels


def test_a_uid_that_holds_another_value_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    held = f"2.25.1{'000007' * 6}00"
    monkeypatch.setattr(samples, "new_uid", lambda: held)
    (image,) = samples.tiny_studies(1)
    read = dcmread(BytesIO(samples.as_file(image)))
    assert {read.SOPInstanceUID, read.StudyInstanceUID, image.uid} == {held}


def test_studies_are_new_each_time() -> None:
    uids = {image.study_uid for image in samples.tiny_studies(20)}
    assert len(uids) == 20
    assert {len(uid) for uid in uids} == {44}


def test_an_identity_of_another_length_would_break_the_encoding() -> None:
    with pytest.raises(AssertionError, match="is not as long"):
        samples.study(1, tiny=True, identity=Identity(name="COURT"))


@pytest.mark.parametrize("pdu", [0, 4096, 131072])
def test_what_is_sent_arrives_byte_for_byte_whatever_the_peers_pdu(pdu: int) -> None:
    stored: dict[str, bytes] = {}
    images = [*samples.study(3), *samples.tiny_studies(4)]
    running = server(stored, pdu=pdu)
    sending = send(int(running.server_address[1]), images, associations=3)
    running.shutdown()
    assert stored == {image.uid: image.head + image.pixels for image in images}
    assert len(sending.latencies_s) == len(images)
    assert sending.rate > 0
    assert sending.p99_ms == max(sending.latencies_s) * 1000


def test_an_instance_that_is_refused_is_no_figure() -> None:
    running = server({}, status=0xA700)
    with pytest.raises(NotMeasuredError, match="A700"):
        send(int(running.server_address[1]), samples.tiny_studies(4), associations=2)
    running.shutdown()


def test_a_peer_that_is_not_there_is_said() -> None:
    running = server({})
    port = int(running.server_address[1])
    running.shutdown()
    with pytest.raises(OSError, match="refused"):
        send(port, samples.tiny_studies(2), associations=2)


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/absent":
            self.send_error(404)
            return
        body = json.dumps([{"cookie": self.headers["Cookie"]}]).encode()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (body[:3], body[3:]):
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def client() -> Iterator[Fetcher]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as web:
        Thread(target=partial(web.serve_forever, 0.01), daemon=True).start()
        peer = Peer(
            dicom_port=0, web_port=web.server_port, processes={}, headers={"Cookie": "who=me"}
        )
        with Fetcher(peer) as fetcher:
            yield fetcher
        web.shutdown()


def test_an_answer_in_chunks_is_read_whole_over_one_connection(client: Fetcher) -> None:
    for _ in range(2):
        answer = client.json("/studies")
        assert answer.listed() == [{"cookie": "who=me"}]
        assert answer.size == len(answer.body)
        assert 0 < answer.first_byte_ms <= answer.whole_ms


def test_a_missing_endpoint_is_no_figure(client: Fetcher) -> None:
    with pytest.raises(NotMeasuredError, match="no such endpoint yet"):
        client.json("/absent")
