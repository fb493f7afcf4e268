"""Pages that a process has to itself."""

from __future__ import annotations

import json
import os
import signal

from lambent.sandbox.inside import pages
from tests.unit.sandbox.inside.programs import run


def test_what_a_fork_has_written_is_found_and_touching_it_ahead_spares_the_copying() -> None:
    done = run(
        """
        import ctypes, json, mmap, os, resource, select
        from _lambent_inside import pages
        memory = mmap.mmap(-1, 64 * 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory[:] = b"x" * len(memory)
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        regions = [(address, address + len(memory))]
        assert any(start <= address < end for start, end in pages.writable())
        read, write = os.pipe()
        if (pid := os.fork()) == 0:
            memory[4096], memory[2 * 4096], memory[9 * 4096] = b"yyy"
            os.write(write, b".")
            select.select([], [], [])
        os.read(read, 1)
        runs = pages.own(pid, regions)
        os.kill(pid, 9)
        os.wait()
        faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        if (pid := os.fork()) == 0:
            pages.touch(runs)
            pages.touch([(1 << 40, (1 << 40) + 4096)])  # not there: nothing happens
            print(memory[4096:4099])
            print(json.dumps([[start - address, end - address] for start, end in pages.own(os.getpid(), regions)]))
            import sys; sys.stdout.flush()
            os._exit(0)
        os.wait()
        """
    )
    content, runs = done.stdout.splitlines()
    assert content == "b'xxx'", done.stderr
    assert json.loads(runs) == [[4096, 3 * 4096], [9 * 4096, 10 * 4096]]


def test_a_process_that_is_gone_has_no_pages() -> None:
    pid = os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "100")
    assert pages.own(pid, []) == []
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    try:
        pages.own(pid, [])
    except OSError:
        return
    raise AssertionError
