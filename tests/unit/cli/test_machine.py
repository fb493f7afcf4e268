"""What this machine can do is told in full, to people and to programs, and the doctor's status is its finding."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambent.cli import machine
from lambent.cli.main import main
from lambent.sandbox.base import Feature


@pytest.fixture
def interpreters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no interpreter but those put into a directory."""
    for name in ("PATH", "HOME", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    return tmp_path


def test_runtimes_are_listed_with_what_serves_them(interpreters: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runtimes", "--json", "--runtimes-dir", str(interpreters)]) == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert listed["python3.12"]["status"] == "missing"
    assert listed["provided.al2023"]["status"] == "installed"
    assert main(["runtimes", "--runtimes-dir", str(interpreters)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["RUNTIME", "STATUS"]
    assert len(lines) == 1 + len(listed)


@pytest.mark.parametrize(("works", "status", "verdict"), [(True, 0, "All of the"), (False, 1, "Not all of the")])
def test_the_doctor_tells_what_it_found(
    works: bool, status: int, verdict: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def examined() -> list[Feature]:
        return [Feature("memory limit", True, "cgroup v2"), Feature("freezer", works, "because")]

    monkeypatch.setattr(machine, "examine", examined)
    assert main(["doctor"]) == status
    shown = capsys.readouterr().out
    assert f"{'yes' if works else 'NO'}" in shown
    assert "freezer" in shown
    assert "because" in shown
    assert verdict in shown
    assert "RUNTIME" in shown
    assert main(["doctor", "--json"]) == status
    report = json.loads(capsys.readouterr().out)
    assert report["sandbox"][1] == {"name": "freezer", "works": works, "detail": "because"}
    assert {entry["name"] for entry in report["runtimes"]} >= {"python3.13", "provided.al2"}
