"""`make system`: the programs the tests use beside Python and node.

As root on Debian what is missing is installed; elsewhere it is named. With `CI=true` something
missing is a failure: tests never skip there.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from files import ROOT

# Without our virtual environment: pynetdicom puts commands there named like those of DCMTK.
SYSTEM_PATH = os.pathsep.join(
    folder for folder in os.get_exec_path() if not Path(folder).is_relative_to(ROOT / ".venv")
)
OLDEST_POSTGRESQL = 15
NO_SERVICES = Path("/usr/sbin/policy-rc.d")


@dataclass(frozen=True, slots=True)
class Program:
    """Something the tests run: its Debian package and how to see that it is there."""

    package: str
    purpose: str
    is_there: Callable[[], bool]


def has_commands(*names: str) -> bool:
    """Whether the system has all these commands."""
    return all(shutil.which(name, path=SYSTEM_PATH) for name in names)


def has_postgresql(root: Path = Path("/usr/lib/postgresql")) -> bool:
    """Whether a recent PostgreSQL server is there, where Debian puts it."""
    versions = (folder.parent.parent.name for folder in root.glob("*/bin/postgres"))
    return any(name.isdigit() and int(name) >= OLDEST_POSTGRESQL for name in versions)


PROGRAMS: Sequence[Program] = (
    Program("chromium", "browser tests", lambda: has_commands("chromium")),
    Program(
        "dcmtk",
        "DICOM tests with its own clients",
        lambda: has_commands("echoscu", "findscu", "storescu", "dcmdump"),
    ),
    Program("dicom3tools", "what dciodvfy says of our objects", partial(has_commands, "dciodvfy")),
    Program("openssl", "certificates of the TLS tests", partial(has_commands, "openssl")),
    Program("postgresql", "tests on a PostgreSQL that is not ours", has_postgresql),
)


def missing(programs: Sequence[Program]) -> list[Program]:
    """The programs that are not there."""
    return [program for program in programs if not program.is_there()]


def can_install() -> bool:
    """Whether we are root on Debian."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists()


@contextmanager
def services_stay_off() -> Generator[None]:
    """Packages installed meanwhile start no service; a policy of the machine's own is kept."""
    if NO_SERVICES.exists():
        yield
        return
    NO_SERVICES.write_text("#!/bin/sh\nexit 101\n", "ascii")
    NO_SERVICES.chmod(0o755)
    try:
        yield
    finally:
        NO_SERVICES.unlink()


def install(packages: Sequence[str]) -> None:
    """Install Debian packages, asking nothing and starting nothing."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt_get = ["apt-get", "-qq", "-y", "--no-install-recommends"]
    with services_stay_off():
        subprocess.run([*apt_get, "update"], check=False, env=environment)
        subprocess.run([*apt_get, "install", *packages], check=False, env=environment)


def main() -> int:
    """Install or name what is missing."""
    absent = missing(PROGRAMS)
    if absent and can_install():
        print(f"  installing {', '.join(program.package for program in absent)} ...", flush=True)
        install([program.package for program in absent])
        absent = missing(PROGRAMS)
    for program in absent:
        print(f"missing for {program.purpose}: apt-get install {program.package}", file=sys.stderr)
    return 1 if absent and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
