"""Installing the SDK with a made-up npm: the network is not a unit."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes import prepare_node as module
from lambent.runtimes.library import contents
from lambent.runtimes.prepare_node import prepare_node

NODE = Runtime("nodejs22.x", RuntimeKind.FRAMED)
OLD = Runtime("nodejs18.x", RuntimeKind.FRAMED)


@pytest.fixture
def said() -> list[str]:
    """What `prepare_node` says."""
    return []


@pytest.fixture
def npm(tmp_path: Path) -> Path:
    """A directory with an `npm` that installs one package and notes its arguments; fails if `broken` lies beside it."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "npm"
    program.write_text(
        f'#!/bin/sh\necho "$@" >>{tmp_path}/arguments\n'
        f"if test -e {tmp_path}/bin/broken; then echo no network >&2; exit 1; fi\n"
        "test -f package-lock.json && mkdir -p node_modules/@aws-sdk\n"
    )
    program.chmod(0o755)
    return program.parent


def test_without_a_node_that_can_use_it_nothing_is_done(tmp_path: Path, npm: Path, said: list[str]) -> None:
    for found in ({}, {"nodejs18.x": OLD}, {"python3.12": Runtime("python3.12", RuntimeKind.PYTHON)}):
        prepare_node(found, tmp_path / "extras", said.append, str(npm))
    assert said == []
    assert not (tmp_path / "arguments").exists()


def test_without_npm_it_says_so(tmp_path: Path, said: list[str]) -> None:
    prepare_node({"nodejs22.x": NODE}, tmp_path, said.append, "/nowhere")
    assert said == ["nodejs: npm is not on PATH, so functions in JavaScript must bring the AWS SDK"]


def test_installed_once_for_as_long_as_the_lock_stays(
    tmp_path: Path, npm: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    extras, path = tmp_path / "extras", f"{npm}{os.pathsep}/bin"
    for _ in range(2):
        prepare_node({"nodejs22.x": NODE, "nodejs18.x": OLD}, extras, said.append, path)
    assert said == ["nodejs: installing the AWS SDK"]
    assert (tmp_path / "arguments").read_text().splitlines() == [
        "ci --ignore-scripts --no-audit --no-fund --loglevel=error"
    ]
    assert contents(NODE, extras)["node_modules"] == extras / "nodejs" / "node_modules"
    (tmp_path / "locks").mkdir()
    for name in module._FILES:
        (tmp_path / "locks" / name).write_text("{}")
    monkeypatch.setattr(module, "_LOCKS", tmp_path / "locks")
    prepare_node({"nodejs22.x": NODE}, extras, said.append, path)
    assert len(said) == 2


def test_a_failed_installation_is_said_and_leaves_none(tmp_path: Path, npm: Path, said: list[str]) -> None:
    (npm / "broken").touch()
    prepare_node({"nodejs22.x": NODE}, tmp_path / "extras", said.append, f"{npm}{os.pathsep}/bin")
    assert said[-1] == "nodejs: not installed, so functions in JavaScript must bring the AWS SDK: no network"
    assert "node_modules" not in contents(NODE, tmp_path / "extras")


def test_the_lock_pins_all_by_hash_and_names_no_host() -> None:
    asked = json.loads((module._LOCKS / "package.json").read_text())["dependencies"]
    text = (module._LOCKS / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert asked == packages[""]["dependencies"]
    assert all(re.fullmatch(r"[0-9.]+", version) for version in asked.values())
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)
    assert "://" not in re.sub(r'"url": "[^"]*"', "", text)
