"""How single systems are called and let in: TLS with keys of their own, limits, private classes."""

import threading
from pathlib import Path

import pytest
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE
from pynetdicom.association import Association

import make
from images.instances import as_file, associated, ct, running, store
from images.test_tls import Keys, keys
from images.web import client
from plateau.images.peers import dialing
from plateau.images.peers.types import Address
from plateau.images.scp import dimse_server
from plateau.kernel.caller import Role
from plateau.kernel.errors import InvalidInputError, RuleBrokenError
from plateau.platform import settings as platform_settings
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub
from plateau.platform.settings import Settings

PRIVATE = "1.3.46.670589.11.0.0.12.1"

__all__ = ["keys"]


def address(port: int, **files: Path | None) -> Address:
    return Address(
        "PLATEAU", "127.0.0.1", port, True, **{name: str(path) for name, path in files.items()}
    )


def test_a_peer_is_called_over_tls_with_keys_of_its_own(db: Db, blobs: Blobs, keys: Keys) -> None:
    with db.begin() as tx:
        make.a_device(tx, make.a_site(tx), "US")
    settings = Settings(
        dicom_tls_port=0,
        dicom_tls_cert=keys.folder / "hub.pem",
        dicom_tls_key=keys.folder / "hub.key",
        dicom_tls_ca=keys.folder / "authority.pem",
    )
    known = {"tls_cert": keys.folder / "machine.pem", "tls_key": keys.folder / "machine.key"}
    stranger = {"tls_cert": keys.folder / "stranger.pem", "tls_key": keys.folder / "stranger.key"}
    ca = keys.folder / "authority.pem"
    server = dimse_server(settings, Hub(db, blobs), [], is_secure=True)
    try:
        port = int(server.server_address[1])
        assert dialing.echo(address(port, tls_ca=ca, **known), ours="US").problem == ""
        for refused in (
            address(port, tls_ca=ca),
            address(port, tls_ca=ca, **stranger),
            address(port, **known),
        ):
            assert dialing.echo(refused, ours="US", answer_s=2).problem != ""
    finally:
        server.shutdown()


def test_keys_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    found = dialing.echo(address(1, tls_ca=tmp_path / "none.pem"), ours="US")
    assert found.problem == "the certificates for this system cannot be used"
    with pytest.raises(RuleBrokenError):
        dialing.tls_of(address(1, tls_cert=tmp_path / "none.pem"))


def test_a_system_holds_no_more_associations_than_it_may(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        world = make.a_world(tx)
        make.a_device(tx, world.site_id, "CT_OTHER")
        tx.run("update territory.device set max_associations = 2 where ae_title = 'CT_TEST'")
    with running(Hub(db, blobs)) as port:
        with associated(port) as one, associated(port) as two, associated(port) as three:
            assert (one.is_established, two.is_established) == (True, True)
            assert three.is_rejected
            with associated(port, "CT_OTHER") as other:
                assert other.is_established
        ended = threading.Event()
        while not ended.wait(0.05):
            with associated(port) as again:
                if again.is_established:
                    ended.set()


def propose(port: int) -> Association:
    client = AE("CT_TEST")
    client.add_requested_context(PRIVATE, ExplicitVRLittleEndian)
    return client.associate("127.0.0.1", port, ae_title="PLATEAU")


def test_private_classes_are_stored_when_they_are_named(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        make.a_world(tx)
    image = ct()
    image.SOPClassUID = PRIVATE
    hub = Hub(db, blobs)
    with running(hub) as port:
        assert not propose(port).is_established
    server = dimse_server(Settings(dicom_port=0, private_storage={PRIVATE: "Spectrum"}), hub, [])
    try:
        line = propose(int(server.server_address[1]))
        assert store(line, image).Status == 0
        line.release()
    finally:
        server.shutdown()
    with db.begin() as tx:
        assert tx.values("select sop_class_uid from images.instance") == [PRIVATE]


def test_private_classes_are_stored_by_web(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        world = make.a_world(tx)
    image = ct(generate_uid())
    image.SOPClassUID = PRIVATE
    body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + as_file(image) + b"\r\n--b--\r\n"
    caller = make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)
    kind = 'multipart/related; type="application/dicom"; boundary=b'
    answer = client(db, blobs, caller).post(
        "/dicom-web/studies",
        content=body,
        headers={"Content-Type": kind, "X-CSRF-Token": "c"},
    )
    assert answer.status_code == 200


def test_a_private_class_that_is_no_uid_stops_the_process_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLATEAU_PRIVATE_STORAGE", '{"spectrum": "Spectrum"}')
    platform_settings.settings.cache_clear()
    with pytest.raises(InvalidInputError, match="PLATEAU_PRIVATE_STORAGE"):
        platform_settings.settings()
    platform_settings.settings.cache_clear()
