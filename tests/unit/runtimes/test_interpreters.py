"""Recognising interpreters among made-up installations, and the real ones of this machine."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes.asked import Asked
from lambent.runtimes.interpreters import LANGUAGES, order
from lambent.runtimes.places import Candidate


class Nobody(Asked):
    """Fails if an interpreter is asked."""

    def version(self, path: Path, *question: str) -> str:
        raise AssertionError(f"{path} was asked {question}")


class Answering(Asked):
    """Every interpreter gives one answer."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer = answer

    def version(self, path: Path, *question: str) -> str:
        return self.answer


def recognise(program: Path, asked: Asked | None = None, name: str | None = None) -> Runtime | None:
    """What a program is taken for."""
    name = name or program.name
    language = next(language for language in LANGUAGES if name in language.programs)
    return language.recognise(Candidate(name, program, "path"), asked or Nobody())


def tree(prefix: Path, *directories: str, **files: str) -> Path:
    """An installation with these directories and files (`__` for a slash)."""
    for directory in ("bin", *directories):
        (prefix / directory).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = prefix / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return prefix


NODE_HEADER = "#define NODE_MAJOR_VERSION 22\n#define NODE_MINOR_VERSION 3\n#define NODE_PATCH_VERSION 1\n"


@pytest.mark.parametrize("folder", ["3.12.9", "cpython-3.12.9-linux-x86_64-gnu"])
def test_python_by_its_folder(tmp_path: Path, folder: str) -> None:
    prefix = tree(tmp_path / folder, "lib/python3.12")
    program = prefix / "bin" / "python3.12"
    assert recognise(program) == Runtime("python3.12", RuntimeKind.PYTHON, "3.12.9", str(program), str(prefix), "path")


def test_python_by_its_header_or_by_asking(tmp_path: Path) -> None:
    prefix = tree(tmp_path / "usr", "lib/python3.12")
    program = prefix / "bin" / "python3.12"
    assert getattr(recognise(program, Answering("3.12.7")), "version", "") == "3.12.7"
    assert recognise(program, Answering("3.11.7")) is None
    assert recognise(program, Answering("")) is None
    (prefix / "include" / "python3.12").mkdir(parents=True)
    (prefix / "include" / "python3.12" / "patchlevel.h").write_text('#define PY_VERSION      \t"3.12.1"\n')
    assert getattr(recognise(program), "version", "") == "3.12.1"
    shutil.rmtree(prefix / "lib")
    assert recognise(program) is None


def test_node_is_its_executable_alone(tmp_path: Path) -> None:
    by_folder = tree(tmp_path / "v22.4.0") / "bin" / "node"
    assert recognise(by_folder) == Runtime("nodejs22.x", RuntimeKind.FRAMED, "22.4.0", str(by_folder), "", "path")
    by_header = tree(tmp_path / "usr", include__node__node_version__h=NODE_HEADER) / "bin" / "node"
    (tmp_path / "usr" / "include" / "node" / "node_version.h").write_text(NODE_HEADER)
    assert getattr(recognise(by_header), "version", "") == "22.3.1"
    asked = recognise(tree(tmp_path / "other") / "bin" / "node", Answering("25.1.0"))
    assert asked is not None and asked.name == "nodejs25.x"
    for too_old in ("16.20.2", ""):
        assert recognise(tmp_path / "other" / "bin" / "node", Answering(too_old)) is None


def test_java_by_its_release_file(tmp_path: Path) -> None:
    home = tree(tmp_path / "jdk", release='IMPLEMENTOR="X"\nJAVA_VERSION="21.0.4"\nJAVA_VERSION_DATE="2024"\n')
    program = home / "bin" / "java"
    assert recognise(program) == Runtime("java21", RuntimeKind.EXEC, "21.0.4", str(program), str(home), "path")
    (home / "release").write_text('JAVA_VERSION="1.8.0_412"\n')
    assert recognise(program) is None
    (home / "release").unlink()
    assert recognise(program) is None


def test_ruby_by_its_folder_or_by_asking(tmp_path: Path) -> None:
    prefix = tree(tmp_path / "3.3.6", "lib/ruby")
    program = prefix / "bin" / "ruby"
    assert recognise(program) == Runtime("ruby3.3", RuntimeKind.FRAMED, "3.3.6", str(program), str(prefix), "path")
    usr = tree(tmp_path / "usr", "lib/ruby") / "bin" / "ruby3.1"
    assert recognise(usr, Answering("3.1.2"), "ruby") == Runtime(
        "ruby3.1", RuntimeKind.FRAMED, "3.1.2", str(usr), str(tmp_path / "usr"), "path"
    )
    assert recognise(usr, Answering("2.7.8"), "ruby") is None
    (tmp_path / "usr" / "lib" / "ruby").rmdir()
    assert recognise(usr, Answering("3.1.2"), "ruby") is None


def test_versions_compare_by_their_numbers() -> None:
    assert order("3.10.13") > order("3.10.9")


def test_the_interpreter_of_this_test_is_recognised() -> None:
    version = "{}.{}.{}".format(*sys.version_info)
    name = "python{}.{}".format(*sys.version_info)
    program = Path(sys.executable).resolve()
    runtime = recognise(program, Asked(), name)
    assert runtime is not None
    assert (runtime.name, runtime.version) == (name, version)
