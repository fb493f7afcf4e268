"""Which programs are candidates, and in which order their places come."""

from __future__ import annotations

from pathlib import Path

from lambent.runtimes.places import Candidate, Places, candidates
from lambent.settings import Settings


def program(path: Path, content: bytes = b"\x7fELF...") -> Path:
    """A file that may be started."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def test_each_place_and_their_order(tmp_path: Path) -> None:
    own = program(tmp_path / "own" / "a" / "bin" / "node")
    first = program(tmp_path / "first" / "node")
    second = program(tmp_path / "second" / "node")
    old, new = (program(tmp_path / "nvm" / "versions" / "node" / name / "bin" / "node") for name in ("v1", "v2"))
    places = Places(tmp_path / "own", (tmp_path / "first", tmp_path / "second"), nvm=tmp_path / "nvm")
    assert list(candidates(places, ("node",), ("nvm",))) == [
        [Candidate("node", own, "directory")],
        [Candidate("node", first, "path")],
        [Candidate("node", second, "path")],
        [Candidate("node", old, "nvm"), Candidate("node", new, "nvm")],
    ]
    assert own.parent.parent == Candidate("node", own, "directory").prefix


def test_other_programs_and_other_managers_are_left_alone(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "ruby")
    program(tmp_path / "nvm" / "versions" / "node" / "v1" / "bin" / "node")
    assert list(candidates(Places(None, (tmp_path / "bin",), nvm=tmp_path / "nvm"), ("node",), ())) == [[]]


def test_links_are_followed_and_what_cannot_be_started_is_none(tmp_path: Path) -> None:
    real = program(tmp_path / "real" / "bin" / "node22")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "node").symlink_to(real)
    (tmp_path / "bin" / "java").symlink_to("nowhere")
    (tmp_path / "bin" / "ruby").mkdir()
    program(tmp_path / "bin" / "python3.12", b"#!/bin/sh\n")
    program(tmp_path / "bin" / "python3.11").chmod(0o644)
    programs = ("node", "java", "ruby", "python3.11", "python3.12")
    places = Places(search_path=(tmp_path / "absent", tmp_path / "bin"))
    assert list(candidates(places, programs, ())) == [[], [Candidate("node", real, "path")]]


def test_places_come_from_the_settings() -> None:
    env = {"PATH": "/a::/b", "HOME": "/h", "LAMBENT_RUNTIMES_DIR": "/r"}
    assert Places.of(Settings.from_environment(env)) == Places(
        directory=Path("/r"),
        search_path=(Path("/a"), Path("/b")),
        pyenv=Path("/h/.pyenv"),
        uv=Path("/h/.local/share/uv/python"),
        nvm=Path("/h/.nvm"),
        rbenv=Path("/h/.rbenv"),
        jvm=Path("/usr/lib/jvm"),
    )
    env |= {"PYENV_ROOT": "/p", "UV_PYTHON_INSTALL_DIR": "/u", "NVM_DIR": "/n", "RBENV_ROOT": "/rb"}
    env |= {"LAMBENT_SEARCH_PATH": "/c", "LAMBENT_JVM_DIR": "/j"}
    assert Places.of(Settings.from_environment(env)) == Places(
        Path("/r"), (Path("/c"),), Path("/p"), Path("/u"), Path("/n"), Path("/rb"), Path("/j")
    )
