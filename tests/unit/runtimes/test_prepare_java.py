"""Preparing Java with made-up programs for Maven and the JVM: the network is not a unit."""

from __future__ import annotations

import hashlib
import io
import platform
import sys
import zipfile
from pathlib import Path

import pytest

from lambent.model.runtime import Runtime, RuntimeKind
from lambent.runtimes import prepare_java as module
from lambent.runtimes.command import JAVA_JARS
from lambent.runtimes.library import is_ready
from lambent.runtimes.prepare_java import prepare_java

JVM = Runtime("java21", RuntimeKind.EXEC, "21.0.4", "/opt/jdk/bin/java", "/opt/jdk", "jvm")
FOUND = {"java21": JVM, "provided.al2": Runtime("provided.al2", RuntimeKind.EXEC)}

RUNTIME = """
import os, signal, sys, urllib.request
root = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
def end(number, frame):
    open(sys.argv[1], "w").write("archive")
    raise SystemExit(143)
signal.signal(signal.SIGTERM, end)
event = urllib.request.urlopen(root + "next")
rid = event.headers["Lambda-Runtime-Aws-Request-Id"]
urllib.request.urlopen(root + rid + "/response", event.read()).read()
urllib.request.urlopen(root + "next")
"""


def client_jar() -> bytes:
    """A jar with a native part for this machine."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as jar:
        for libc in ("linux", "linux_musl"):
            machine = {"aarch64": "aarch_64"}.get(platform.machine(), platform.machine())
            jar.writestr(f"jni/libaws-lambda-jni.{libc}-{machine}.so", "native")
    return made.getvalue()


CONTENTS = {name: client_jar() if name == JAVA_JARS[0] else name.encode() for name in JAVA_JARS}


@pytest.fixture
def said() -> list[str]:
    """What `prepare_java` says."""
    return []


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with an `mvn` that lays down made-up jars, and counts how often it did; a JVM that makes archives."""
    jars = tmp_path / "repository"
    jars.mkdir()
    for name, content in CONTENTS.items():
        (jars / name).write_bytes(content)
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "mvn").write_text(
        f'#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) cp {jars}/* "${{a#*=}}";; esac; done\n'
        f"echo >>{tmp_path}/fetched\n"
    )
    (folder / "mvn").chmod(0o755)
    locked = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(module, "_locked", lambda: locked)
    monkeypatch.setattr(
        module,
        "_in_its_place",
        lambda jvm, client, making: [sys.executable, "-c", RUNTIME, str(making / module.JAVA_ARCHIVE)],
    )
    return folder


def test_without_java_nothing_is_done(tmp_path: Path, said: list[str]) -> None:
    prepare_java({"provided.al2": FOUND["provided.al2"]}, tmp_path, said.append, "/nowhere")
    assert (said, list(tmp_path.iterdir())) == ([], [])


def test_without_maven_it_says_that_there_is_no_java(tmp_path: Path, said: list[str]) -> None:
    prepare_java(FOUND, tmp_path, said.append, "/nowhere")
    assert said == ["java: Maven (mvn) is not on PATH to fetch AWS's client, so there are no Java runtimes"]
    assert not is_ready(JVM, tmp_path)


def test_client_and_archive_are_made_once(tmp_path: Path, maven: Path, said: list[str]) -> None:
    extras = tmp_path / "extras"
    for _ in range(2):
        prepare_java(FOUND, extras, said.append, str(maven))
    assert said == ["java: fetching AWS's client", "java21: archiving the classes of its client"]
    assert is_ready(JVM, extras)
    assert (extras / "java" / module.JAVA_CLIENT_LIBRARY).read_text() == "native"
    assert (extras / "java21" / module.JAVA_ARCHIVE).read_text() == "archive"
    assert (tmp_path / "fetched").read_text() == "\n"
    newer = Runtime("java21", RuntimeKind.EXEC, "21.0.5", JVM.executable, JVM.prefix)
    prepare_java({"java21": newer}, extras, said.append, str(maven))
    assert said[2:] == ["java21: archiving the classes of its client"]


def test_what_the_lock_does_not_know_is_refused(tmp_path: Path, maven: Path, said: list[str]) -> None:
    (tmp_path / "repository" / JAVA_JARS[1]).write_text("tampered with")
    prepare_java(FOUND, tmp_path / "extras", said.append, str(maven))
    assert said[-1].endswith(f"so there are no Java runtimes: {JAVA_JARS[1]} is not what the lock says")
    assert not is_ready(JVM, tmp_path / "extras")


def test_a_client_without_a_native_part_for_this_machine(
    tmp_path: Path, maven: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    prepare_java(FOUND, tmp_path / "extras", said.append, str(maven))
    assert said[-1].endswith("libaws-lambda-jni.linux-riscv64.so")
    assert not is_ready(JVM, tmp_path / "extras")


@pytest.mark.parametrize("command", [["sh", "-c", "echo why; exit 1"], ["/nowhere/java"]])
def test_no_archive_is_no_disaster(
    tmp_path: Path, maven: Path, said: list[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(module, "_in_its_place", lambda jvm, client, making: command)
    prepare_java(FOUND, tmp_path / "extras", said.append, str(maven))
    assert said[-1].startswith("java21: no archive, so its start is slower: ")
    assert is_ready(JVM, tmp_path / "extras")


def test_the_jvm_is_shown_where_functions_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
    command = module._in_its_place(JVM, Path("/client"), Path("/making"))
    assert command[:4] == ["unshare", "--mount", "--map-root-user", "sh"]
    assert command[6:11] == ["sh", "/opt/jdk", "/client", "/making", "/var/lang/bin/java"]
    assert "-XX:ArchiveClassesAtExit=/var/runtime/classes/classes.jsa" in command
    assert not [part for part in command if "{" in part or part.startswith("-Xshare")]


def test_the_lock_names_every_jar_that_the_command_does() -> None:
    assert sorted(module._locked()) == sorted(JAVA_JARS)
    assert all(len(digest) == 64 for digest in module._locked().values())
