"""Machine code: a fork that comes back, and a list of calls that runs."""

from __future__ import annotations

import platform

import pytest

from lambent.sandbox.inside import machine_code
from tests.unit.sandbox.inside.programs import run

served = pytest.mark.skipif(platform.machine() not in machine_code.SERVED, reason="no machine code for this processor")


@served
def test_the_fork_returns_in_the_parent_and_its_child_waits() -> None:
    done = run(
        """
        import os, signal
        from _lambent_inside import machine_code
        fork = machine_code.Fork()
        pid = fork()
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        stack, address = fork.resume
        assert stack % 8 == 0 and address
        os.kill(pid, signal.SIGKILL)
        print(os.waitpid(pid, 0) == (pid, 9), pid > 0)
        """
    )
    assert done.stdout == "True True\n", done.stderr


@served
def test_calls_are_made_in_turn_and_the_first_that_is_refused_ends_the_process() -> None:
    done = run(
        """
        import ctypes, os
        from _lambent_inside import machine_code, mappings
        at = mappings.gap([(each.start, each.end) for each in mappings.read()], 2 * mappings.PAGE)
        text = ctypes.create_string_buffer(b"said")
        write = (1, 1, ctypes.addressof(text), 4)
        table = machine_code.table([write, write, (3, 1 << 20), write], 0, 0)
        assert len(table) == machine_code.table_size(4)
        machine_code.execute(table, at)
        """
    )
    assert (done.stdout, done.returncode) == ("saidsaid", machine_code.FAILED_STATUS), done.stderr


@served
def test_a_place_that_is_taken_is_not_used() -> None:
    done = run(
        """
        from _lambent_inside import machine_code, mappings
        try:
            machine_code.claim(mappings.read()[0].start, 4096)
        except OSError as error:
            print("taken", error.errno)
        """
    )
    assert done.stdout == "taken 17\n", done.stderr
