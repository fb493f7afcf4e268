"""What can be read of a process from outside, on this test's own process and its children."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lambent.sandbox import readings


def test_the_process_of_a_pidfd() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        pidfd = os.pidfd_open(child.pid)
        assert readings.pid_of(pidfd) == child.pid
        child.communicate(b"\n")
        assert readings.pid_of(pidfd) <= 0
        os.close(pidfd)


def test_network_is_summed_up_without_the_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    table = (
        "Inter-|   Receive    |  Transmit\n face |bytes    packets\n"
        "    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0\n"
        "  eth0:1200 9 0 0 0 0 0 0 3400 7 0 0 0 0 0 0\n"
        " veth1: 30 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n"
    )
    asked: list[str] = []
    monkeypatch.setattr(readings.files, "read", lambda path: asked.append(path) or table)
    assert readings.network(77) == (1230, 3405)
    assert asked == ["/proc/77/net/dev"]


def test_the_size_of_tmp_and_what_is_free_of_it() -> None:
    size, free = readings.tmp(os.getpid())
    assert size == os.statvfs("/tmp").f_blocks * os.statvfs("/tmp").f_frsize
    assert 0 <= free <= size


def test_threads_and_descriptors_are_counted(tmp_path: Path) -> None:
    me, gone = os.getpid(), threading.Event()
    threads, (before, most) = readings.threads(me), readings.descriptors([me]) or (0, 0)
    assert most == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    opened = [(tmp_path / "x").open("w") for _ in range(10)]
    thread = threading.Thread(target=gone.wait)
    thread.start()
    assert (readings.threads(me), readings.descriptors([me])) == (threads + 1, (before + 10, most))
    gone.set()
    thread.join()
    for each in opened:
        each.close()


def test_processes_that_have_ended_are_left_out_and_many_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["true"]) as child:
        child.wait()
    assert readings.descriptors([child.pid]) is None
    assert readings.descriptors([]) is None
    me = os.getpid()
    alone = readings.descriptors([me])
    assert readings.descriptors([child.pid, me]) == alone
    monkeypatch.setattr(readings, "PROCESSES", 1)
    assert readings.descriptors([me, me, me]) == alone


def test_where_there_are_very_many_descriptors_few_processes_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(readings, "_open_files", lambda directory: looked.append(directory) or 15_000)
    me = os.getpid()
    assert readings.descriptors([me] * 100) == (30_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    assert len(looked) == 2
