"""The runtime process between its fork and the function's code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.unit.sandbox.inside.programs import run

_BECOME = """
    import json, os, sys, types
    from _lambent_inside import process
    order = json.loads(sys.argv[1])
    bootstrap = types.ModuleType("lambent_bootstrap")
    exec(order.pop("bootstrap"), bootstrap.__dict__)
    sys.modules["lambent_bootstrap"] = bootstrap
    refusal, refuse = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    given = [1, os.open("/dev/zero", os.O_RDONLY), os.open("/dev/full", os.O_RDONLY)]
    if order["programs"] is None and "command" not in order:
        process.become(order, given)
    pid = os.fork()
    if pid == 0:
        process.become(order, given[: order.pop("descriptors", 1)] + [refuse])
    os.close(refuse)
    status = os.waitpid(pid, 0)[1]
    sys.stdout.write("refused: %s" % os.read(refusal, 4096).decode())
    sys.stdout.flush()
    os._exit(os.waitstatus_to_exitcode(status))
"""


def become(bootstrap: str, **order: object) -> tuple[int, str]:
    """Exit status and output of a process that becomes a runtime."""
    whole = {"variables": {}, "cwd": "/", "programs": None, "handler": "a.b", "bootstrap": bootstrap, **order}
    done = run(_BECOME, json.dumps(whole))
    return done.returncode, done.stdout


def test_it_has_the_variables_directory_handler_and_descriptors_of_its_order() -> None:
    status, output = become(
        """
def run(channel, handler):
    import json, os, sys
    links = [os.readlink("/proc/self/fd/%d" % fd) for fd in (0, 3, 4)]
    print(json.dumps([channel, handler, dict(os.environ), os.getcwd(), links, os.getsid(0) == os.getpid()]))
""",
        variables={"A": "b"},
        cwd="/usr",
    )
    assert status == 0
    assert json.loads(output) == [3, "a.b", {"A": "b"}, "/usr", ["/dev/null", "/dev/zero", "/dev/full"], True]


@pytest.mark.parametrize(
    ("end", "status", "output"),
    [
        ("raise SystemExit", 0, ""),
        ("raise SystemExit(7)", 7, ""),
        ("raise SystemExit(256 + 7)", 7, ""),
        ("raise SystemExit('why')", 1, "why\n"),
        ("raise ValueError('boom')", 1, "ValueError: boom\n"),
        ("import atexit; atexit.register(print, 'bye')", 0, "bye\n"),
        ("print('unflushed', end='')", 0, "unflushed"),
    ],
)
def test_it_ends_as_python_would(end: str, status: int, output: str) -> None:
    code, written = become(f"def run(channel, handler): {end}")
    assert code == status
    assert written.endswith(output)


def test_the_first_program_that_is_there_is_run_without_our_descriptors() -> None:
    code, written = become(
        "", programs=["/nowhere/bootstrap", "/usr", "/bin/ls"], variables={"LC_ALL": "C"}, cwd="/proc/self/fd"
    )
    assert code == 0
    assert written.split() == ["0", "1", "2", "3", "refused:"]  # 3 is the directory that it lists


def test_a_command_is_passed_its_descriptors_and_no_other() -> None:
    code, written = become("", command=["/bin/ls", "-x"], descriptors=3, variables={"LC_ALL": "C"}, cwd="/proc/self/fd")
    assert code == 0
    assert written.split() == ["0", "1", "2", "3", "4", "5", "refused:"]


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ("not a program", 0o755, "exec format error"),
        ("#!/bin/sh", 0o644, "permission denied"),
        ("#!/nowhere/interpreter", 0o755, "no such file or directory"),
    ],
)
def test_a_program_that_cannot_be_started_is_refused(tmp_path: Path, content: str, mode: int, why: str) -> None:
    program = tmp_path / "bootstrap"
    program.write_text(content)
    program.chmod(mode)
    if mode & 0o111 == 0 and os.geteuid() == 0:
        assert not os.access(program, os.X_OK)  # not even for root
    code, written = become("", programs=[str(program), "/bin/true"])
    words = f"fork/exec {program}: {why}"
    assert (code, written) == (127, f"{words}\nrefused: {words}")


def test_without_any_program_it_says_where_it_looked() -> None:
    code, written = become("", programs=["/nowhere/bootstrap", "/usr"])
    words = "Couldn't find valid bootstrap(s): [/nowhere/bootstrap /usr]"
    assert (code, written) == (127, f"{words}\nrefused: {words}")


def test_a_wrapper_script_is_checked_as_lambda_does(tmp_path: Path) -> None:
    wrapper = tmp_path / "wrapper"
    assert become("", command=[str(wrapper), "x"]) == (127, f"{wrapper}: does not exist\nrefused: ")
    wrapper.write_text("echo wrapped $*")
    assert become("", command=[str(wrapper), "x"]) == (126, f"{wrapper}: is not an executable\nrefused: ")
    wrapper.chmod(0o755)
    assert become("", command=[str(wrapper), "x", "y z"]) == (0, "wrapped x y z\nrefused: ")


def test_the_kernel_prefers_it_when_memory_runs_out() -> None:
    _, written = become("def run(channel, handler): print(open('/proc/self/oom_score_adj').read())")
    assert written.strip() == "1000"
    assert os.getpid() > 0
