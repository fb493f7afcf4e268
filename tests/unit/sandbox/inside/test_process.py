"""The runtime process between its fork and the function's code."""

from __future__ import annotations

import json
import os

import pytest

from tests.unit.sandbox.inside.programs import run

_BECOME = """
    import json, os, sys, types
    from _lambent_inside import process
    order = json.loads(sys.argv[1])
    bootstrap = types.ModuleType("lambent_bootstrap")
    exec(order.pop("bootstrap"), bootstrap.__dict__)
    sys.modules["lambent_bootstrap"] = bootstrap
    process.become(order, [1, os.open("/dev/zero", os.O_RDONLY), os.open("/dev/full", os.O_RDONLY)])
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


def test_the_first_program_that_can_be_run_is_run_without_our_descriptors() -> None:
    code, written = become(
        "", programs=["/nowhere/bootstrap", "/usr", "/bin/ls"], variables={"LC_ALL": "C"}, cwd="/proc/self/fd"
    )
    assert code == 0
    assert written.split() == ["0", "1", "2", "3"]  # 3 is the directory that it lists


def test_the_kernel_prefers_it_when_memory_runs_out() -> None:
    _, written = become("def run(channel, handler): print(open('/proc/self/oom_score_adj').read())")
    assert written.strip() == "1000"
    assert os.getpid() > 0
