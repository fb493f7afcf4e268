"""The shared root; what it looks like when built is seen from inside by tests/e2e/test_isolation.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lambent.sandbox.inside import root


def test_an_interpreter_outside_of_its_prefix_is_refused(tmp_path: Path) -> None:
    plan = {"prefix": "/opt/python", "executable": "/usr/bin/python3", "python": True}
    with pytest.raises(ValueError, match="not inside its prefix"):
        root._interpreter(str(tmp_path), plan)


def test_an_interpreter_of_the_system_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    plan = {"prefix": "/usr", "executable": "/usr/bin/python3.11", "python": True}
    assert root._interpreter(str(tmp_path), plan) == "/usr/bin/python3.11"
    assert (tmp_path / "var" / "lang").readlink() == Path("/usr")


def test_library_modules_are_readable_copies(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("x = 1\n")
    module.chmod(0o600)
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    root._library(str(runtime), {"six.py": str(module)})
    assert (runtime / "six.py").read_text() == "x = 1\n"
    assert (runtime / "six.py").stat().st_mode & 0o777 == 0o644


def test_the_users_file_knows_lambdas_user_and_no_password() -> None:
    user = next(line for line in root._FILES["passwd"].splitlines() if line.startswith("sbx_user1051"))
    assert user.split(":")[1:4] == ["x", str(root.UID), str(root.GID)]
    assert "sandbox.localdomain" in root._FILES["hosts"]


def test_hidden_places_lie_below_the_one_that_is_detached() -> None:
    for place in (root.INSIDE, root.TREES):
        assert os.path.commonpath([place, root.HIDDEN]) == root.HIDDEN
