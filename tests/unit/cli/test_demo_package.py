"""The package is built for the runtime's interpreter, and a program that fails is quoted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lambent.cli import demo_package
from lambent.cli.errors import CommandError
from lambent.model.runtime import Runtime, RuntimeKind

OWN = f"python{sys.version_info.major}.{sys.version_info.minor}"


def python(name: str) -> Runtime:
    return Runtime(name, RuntimeKind.PYTHON, executable=f"/opt/{name}")


def test_the_own_python_is_preferred_then_the_newest() -> None:
    custom = {"provided.al2023": Runtime("provided.al2023", RuntimeKind.EXEC)}
    others = {name: python(name) for name in ("python3.9", "python3.10")}
    assert demo_package.choose_runtime({**others, OWN: python(OWN), **custom}).name == OWN
    assert demo_package.choose_runtime({**others, **custom}).name == "python3.10"
    with pytest.raises(CommandError, match="no Python runtime"):
        demo_package.choose_runtime(custom)


def test_pip_runs_for_the_runtimes_interpreter() -> None:
    command = demo_package.install_command(python("python3.12"), Path("/there"))
    assert command[:5] == [sys.executable, "-m", "pip", "--python", "/opt/python3.12"]
    assert command[command.index("--target") + 1] == "/there"
    assert command[-1] == demo_package.REQUIREMENT


def test_native_files_are_found_by_their_suffixes(tmp_path: Path) -> None:
    for name in ("a.py", "b.cpython-311-x86_64-linux-gnu.so", "libs/c.so.3.1", "so.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [path.name for path in demo_package.native_files(tmp_path)] == [
        "b.cpython-311-x86_64-linux-gnu.so",
        "c.so.3.1",
    ]


def test_a_program_that_fails_is_quoted() -> None:
    assert demo_package.run([sys.executable, "-c", "print('yes')"]) == "yes"
    with pytest.raises(CommandError, match=r"failed with status 3:\nbecause"):
        demo_package.run([sys.executable, "-c", "import sys; print('because', file=sys.stderr); sys.exit(3)"])


def test_the_demos_files_are_python_that_any_runtime_reads() -> None:
    for name in ("lambda_function.py", "draw.py"):
        source = (demo_package.FILES / name).read_text()
        compile(source, name, "exec")
        assert "lambent." not in source
