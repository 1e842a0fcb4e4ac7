"""Machines over TLS: DCMTK's own client, with and without a certificate that we know."""

import socket
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

import make
from images.instances import as_file, ct
from plateau.images.scp import dimse_server
from plateau.kernel.errors import InvalidInputError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub
from plateau.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Keys:
    """An authority, and what it signed for the hub and for a machine."""

    folder: Path

    def make(self, name: str, *, signer: str = "") -> None:
        """A key and a certificate, by itself or by `signer`."""
        how = ["-CA", f"{signer}.pem", "-CAkey", f"{signer}.key"] if signer else []
        command = [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", f"{name}.key", "-out", f"{name}.pem", *how),
        ]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    keys = Keys(tmp_path_factory.mktemp("keys"))
    keys.make("authority")
    for name in ("hub", "machine"):
        keys.make(name, signer="authority")
    keys.make("stranger")
    return keys


@pytest.fixture
def port(db: Db, blobs: Blobs, keys: Keys) -> Generator[int]:
    """A hub that asks machines for a certificate of the authority."""
    with db.begin() as tx:
        make.a_world(tx)
    settings = Settings(
        dicom_tls_port=0,
        dicom_tls_cert=keys.folder / "hub.pem",
        dicom_tls_key=keys.folder / "hub.key",
        dicom_tls_ca=keys.folder / "authority.pem",
    )
    server = dimse_server(settings, Hub(db, blobs), [], is_secure=True)
    yield int(server.server_address[1])
    server.shutdown()


def send(port: int, folder: Path, *tls: str) -> int:
    """What `storescu` says of sending ten images."""
    for number in range(1, 11):
        (folder / f"{number}.dcm").write_bytes(as_file(ct("2.25.9", number)))
    command = ["storescu", "-aet", "CT_TEST", "-aec", "PLATEAU", *tls, "+sd", "127.0.0.1"]
    done = subprocess.run([*command, str(port), str(folder)], check=False, capture_output=True)
    return done.returncode


def stored(db: Db) -> int:
    with db.begin() as tx:
        return tx.value("select count(*) from images.instance")


def test_storescu_over_tls_stores_with_a_certificate(
    port: int, db: Db, keys: Keys, tmp_path: Path
) -> None:
    own = [str(keys.folder / name) for name in ("machine.key", "machine.pem")]
    authority = str(keys.folder / "authority.pem")
    assert send(port, tmp_path, "+tls", *own, "+cf", authority) == 0
    assert stored(db) == 10


def test_storescu_over_tls_without_a_known_certificate_is_not_heard(
    port: int, db: Db, keys: Keys, tmp_path: Path
) -> None:
    stranger = [str(keys.folder / name) for name in ("stranger.key", "stranger.pem")]
    authority = str(keys.folder / "authority.pem")
    assert send(port, tmp_path, "+tls", *stranger, "+cf", authority) != 0
    assert send(port, tmp_path, "+tla", "+cf", authority) != 0
    assert send(port, tmp_path) != 0
    assert stored(db) == 0


def test_who_connects_and_says_nothing_keeps_nobody_waiting(
    port: int, db: Db, keys: Keys, tmp_path: Path
) -> None:
    own = [str(keys.folder / name) for name in ("machine.key", "machine.pem")]
    with (
        socket.create_connection(("127.0.0.1", port)),
        socket.create_connection(("127.0.0.1", port)),
    ):
        assert send(port, tmp_path, "+tls", *own, "+cf", str(keys.folder / "authority.pem")) == 0
    assert stored(db) == 10


def test_a_certificate_that_cannot_be_used_is_said_at_the_start(
    db: Db, blobs: Blobs, keys: Keys
) -> None:
    settings = Settings(dicom_tls_port=0, dicom_tls_cert=keys.folder / "hub.key")
    with pytest.raises(InvalidInputError, match="certificate"):
        dimse_server(settings, Hub(db, blobs), [], is_secure=True)
