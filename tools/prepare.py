"""`make setup`: everything a fresh clone needs, each step done again only when its inputs changed.

Runs on the system's Python, before any dependency is there: standard library only.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from files import ROOT, WEB

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = ROOT / ".stamps"
LOG_TAIL = 30
OLDEST_PYTHON = (3, 11)


class SetupError(Exception):
    """A step failed; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do, what decides whether it is up to date, and what it leaves behind."""

    name: str
    says: str
    run: Callable[[Path], None]
    inputs: Sequence[str] = ()
    outputs: Sequence[Path] = ()
    needs: Sequence[str] = ()


def make_environment(log: Path) -> None:
    """A virtual environment with pip; one that already works is kept."""
    if works(PYTHON):
        return
    if VENV.exists():
        shutil.rmtree(VENV)
    if not runs(sys.executable, "import ensurepip"):
        install_venv_module(log)
    call(log, sys.executable, "-m", "venv", str(VENV))


def works(python: Path) -> bool:
    """Whether this interpreter starts, is recent enough and has pip."""
    code = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return python.exists() and runs(str(python), code)


def runs(python: str, code: str) -> bool:
    """Whether an interpreter gets through a line of code."""
    return subprocess.run([python, "-c", code], check=False, capture_output=True).returncode == 0


def install_venv_module(log: Path) -> None:
    """Debian keeps venv in a package of its own: install it, or say which one to install."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupError(f"Python cannot make virtual environments: apt-get install {package}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    call(log, "apt-get", "update", environment=environment)
    install = ("apt-get", "install", "-y", "--no-install-recommends", package)
    call(log, *install, environment=environment)


def install_packages(log: Path) -> None:
    """Exactly the locked packages, each checked against its hash."""
    pip(log, "--require-hashes", "--requirement", "requirements.lock")


def install_project(log: Path) -> None:
    """The project itself, editable; its build tools are among the locked packages."""
    pip(log, "--no-deps", "--no-build-isolation", "--editable", ".")


def pip(log: Path, *arguments: str) -> None:
    """Install with pip, which keeps to itself everything but errors."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--root-user-action=ignore")
    call(log, str(PYTHON), "-m", "pip", "install", *quiet, *arguments)


def install_node_packages(log: Path) -> None:
    """Exactly the locked npm packages; none of their scripts runs."""
    if shutil.which("npm") is None:
        raise SetupError("npm is missing: apt-get install nodejs npm")
    call(log, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


def tool(name: str) -> Callable[[Path], None]:
    """The step that runs one of the scripts beside this one."""
    return lambda log: call(log, str(PYTHON), f"tools/{name}.py")


def call(log: Path, *command: str, environment: dict[str, str] | None = None) -> None:
    """Run a command in the repository; its output goes to `log`, its last lines to the error."""
    with log.open("ab") as output:
        done = subprocess.run(
            command,
            check=False,
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if done.returncode:
        tail = log.read_text("utf-8", errors="replace").splitlines()[-LOG_TAIL:]
        raise SetupError("\n".join([f"failed: {' '.join(command)}", *tail]))


STEPS: Sequence[Step] = (
    Step(name="venv", says="virtual environment", run=make_environment, outputs=[PYTHON]),
    Step(
        name="packages",
        says="Python packages",
        run=install_packages,
        inputs=["requirements.lock"],
        outputs=[VENV / "bin" / "ruff", VENV / "bin" / "uvicorn"],
        needs=["venv"],
    ),
    Step(
        name="project",
        says="Plateau itself",
        run=install_project,
        inputs=["pyproject.toml"],
        outputs=[VENV / "bin" / "plateau"],
        needs=["venv", "packages"],
    ),
    Step(
        name="node",
        says="front-end packages",
        run=install_node_packages,
        inputs=["package.json", "package-lock.json", ".npmrc"],
        outputs=[ROOT / "node_modules" / "axe-core" / "axe.min.js"],
    ),
    Step(
        name="vendor",
        says="front-end files",
        run=tool("vendor"),
        inputs=["tools/vendor.py", "tools/files.py", "package-lock.json"],
        outputs=[WEB / "vendor" / "manifest.json"],
        needs=["node"],
    ),
    Step(
        name="viewer",
        says="image viewer",
        run=tool("viewer"),
        inputs=[
            "tools/viewer.py",
            "tools/files.py",
            "src/plateau/web/viewer_config.js",
            "src/plateau/web/viewer_theme.css",
        ],
        outputs=[WEB / "viewer" / "index.html"],
    ),
)


def key(step: Step) -> str:
    """What the step was made from: the place, the interpreter and the content of its inputs."""
    digest = hashlib.sha256(f"{ROOT}\0{platform.python_version()}\0".encode())
    for name in step.inputs:
        content = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
        digest.update(f"{name} {content}\n".encode())
    return digest.hexdigest()


def is_done(step: Step) -> bool:
    """Whether the step was done from these very inputs and its results still stand."""
    stamp = STAMPS / step.name
    if not stamp.is_file() or stamp.read_text("ascii") != key(step):
        return False
    return all(output.exists() for output in step.outputs)


def forget(name: str, steps: Sequence[Step]) -> None:
    """The step and whatever was built on it are to be done again, even after an interruption."""
    (STAMPS / name).unlink(missing_ok=True)
    for step in steps:
        if name in step.needs:
            forget(step.name, steps)


def prepare(steps: Sequence[Step]) -> int:
    """Do what is not done yet; gives the number of steps done."""
    total = 0
    for step in steps:
        if is_done(step):
            continue
        started = time.monotonic()
        print(f"  {step.says} ...", end=" ", flush=True)
        forget(step.name, steps)
        log = STAMPS / f"{step.name}.log"
        log.unlink(missing_ok=True)
        step.run(log)
        (STAMPS / step.name).write_text(key(step), "ascii")
        print(f"{time.monotonic() - started:.1f} s", flush=True)
        total += 1
    return total


def main() -> int:
    """Prepare the repository once; a second caller waits for the first."""
    STAMPS.mkdir(exist_ok=True)
    started = time.monotonic()
    with (STAMPS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            done = prepare(STEPS)
        except SetupError as error:
            print(f"\n{error}", file=sys.stderr)
            return 1
    if done:
        print(f"  ready in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
