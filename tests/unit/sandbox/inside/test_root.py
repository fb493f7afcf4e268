"""The shared root; what it looks like when built is seen from inside by tests/e2e/test_isolation.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lambent.sandbox.inside import root

SYSTEM = {"prefix": "/usr", "executable": "/usr/bin/python3.11"}


def test_an_interpreter_outside_of_its_prefix_is_refused(tmp_path: Path) -> None:
    plan = {"prefix": "/opt/python", "executable": "/usr/bin/python3", "python": True}
    with pytest.raises(ValueError, match="not inside its prefix"):
        root._interpreters(str(tmp_path), plan)


@pytest.mark.parametrize(
    ("plan", "lang"),
    [
        ({**SYSTEM, "python": True}, True),
        ({**SYSTEM, "python": False, "language": ["/usr/bin/node", ""]}, True),
        ({**SYSTEM, "python": False, "language": None}, False),
    ],
)
def test_an_interpreter_of_the_system_stays_where_it_is(tmp_path: Path, plan: dict[str, object], lang: bool) -> None:
    (tmp_path / "var").mkdir()
    assert root._interpreters(str(tmp_path), plan) == "/usr/bin/python3.11"
    assert [entry.name for entry in (tmp_path / "var").iterdir()] == (["lang"] if lang else [])
    assert not lang or (tmp_path / "var" / "lang").readlink() == Path("/usr")


@pytest.mark.parametrize(
    ("executable", "prefix", "inside"),
    [
        ("/opt/py/bin/python3.12", "/opt/py", "/var/lang/bin/python3.12"),
        ("/usr/bin/python3.11", "/usr", "/usr/bin/python3.11"),
        ("/usr/local/bin/python3.11", "/usr/local", "/var/lang/bin/python3.11"),
        ("/usr/lib/jvm/java-17/bin/java", "/usr/lib/jvm/java-17", "/var/lang/bin/java"),
        ("/usr/local/bin/node", "", "/usr/local/bin/node"),
        ("/opt/nvm/v22/bin/node", "", "/var/lang/bin/node"),
    ],
)
def test_where_interpreters_are_inside(executable: str, prefix: str, inside: str) -> None:
    assert root.seen_as(executable, prefix) == inside


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
