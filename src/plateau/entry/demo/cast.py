"""The processes of the demonstration that are not Plateau: machines, RIS, people."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from plateau.entry.demo.stage import Ports
from plateau.territory.blocks import DestinationBlock, MachineBlock

_GRACE_S = 5.0


@dataclass(slots=True, kw_only=True)
class Cast:
    """What plays the outside world, each process with its own log file."""

    folder: Path
    ports: Ports
    pace: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start_ris(self, destinations: Sequence[DestinationBlock]) -> None:
        """The RIS of every member, in one process."""
        listens = [f"{one.facility}:{one.port}" for one in destinations]
        self._start(
            "ris",
            "outside.ris",
            *_repeated("--listen", listens),
            "--inbox",
            str(self.folder / "inbox"),
        )

    def start_machines(
        self, machines: Sequence[MachineBlock], *, speed: float, slices: int, seed: int
    ) -> None:
        """Every machine, in one process."""
        named = [f"{machine.ae_title}:{machine.modality}" for machine in machines]
        self._start(
            "machines",
            "outside.modality",
            *_repeated("--machine", named),
            "--peer",
            f"127.0.0.1:{self.ports.dicom}",
            "--spool",
            str(self.folder / "spool"),
            *("--speed", str(speed), "--slices", str(slices), "--seed", str(seed)),
            *("--clock", self.pace),
        )

    def start_people(self, readers: Sequence[str], *, plan: Path, speed: float, leave: int) -> None:
        """Requesters and these readers, who leave every `leave`-th exam to a visitor."""
        self._start(
            "people",
            "outside.people",
            "--base",
            f"http://127.0.0.1:{self.ports.web}",
            *_repeated("--reader", readers),
            *("--plan", str(plan), "--speed", str(speed), "--leave", str(leave)),
        )

    def start_drafter(self, name: str, version: str) -> None:
        """A program that proposes drafts; its token is in the folder."""
        self._start(
            "drafter",
            "outside.drafter",
            "--base",
            f"http://127.0.0.1:{self.ports.web}",
            *("--name", name, "--version", version),
            *("--token-file", str(self.folder / "drafter.token")),
        )

    def ended(self) -> list[str]:
        """Those that have stopped."""
        return [name for name, process in self.processes.items() if process.poll() is not None]

    def stop(self) -> None:
        """End them all."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def _start(self, name: str, module: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as output:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )


def _repeated(option: str, values: Sequence[str]) -> list[str]:
    return [part for value in values for part in (option, value)]
