from pathlib import Path

import pytest

import system


def nothing() -> bool:
    return False


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without one program, where we are not root."""
    monkeypatch.setattr(system, "PROGRAMS", [system.Program("dcmtk", "DICOM tests", nothing)])
    monkeypatch.setattr(system, "can_install", nothing)


@pytest.mark.usefixtures("bare")
def test_a_missing_program_fails_continuous_integration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    assert system.main() == 1
    assert "apt-get install dcmtk" in capsys.readouterr().err


@pytest.mark.usefixtures("bare")
def test_a_missing_program_is_named_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert system.main() == 0
    assert "missing for DICOM tests: apt-get install dcmtk" in capsys.readouterr().err


def test_the_commands_of_the_virtual_environment_are_not_the_systems() -> None:
    assert ".venv" not in system.SYSTEM_PATH


def test_an_old_postgresql_is_not_enough(tmp_path: Path) -> None:
    for version, enough in (("14", False), ("15", True)):
        server = tmp_path / version / "bin" / "postgres"
        server.parent.mkdir(parents=True)
        server.touch()
        assert system.has_postgresql(tmp_path) is enough


def test_no_service_starts_while_packages_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(system, "NO_SERVICES", policy)
    with system.services_stay_off():
        assert policy.read_text("ascii").endswith("exit 101\n")
        assert policy.stat().st_mode & 0o111
    assert not policy.exists()


def test_the_machines_own_policy_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("own", "ascii")
    monkeypatch.setattr(system, "NO_SERVICES", policy)
    with system.services_stay_off():
        pass
    assert policy.read_text("ascii") == "own"
