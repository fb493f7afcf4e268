"""Reviving: other processes become the one of the image, all the way down to signals and the heap's end."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.unit.sandbox.inside.programs import program, run
from tests.unit.sandbox.inside.test_image import SETUP
from tests.unit.sandbox.inside.test_machine_code import served

FAMILY = (
    SETUP
    + """
import signal, sys, threading
from _lambent_inside import revive

def original():
    before = frozenset(mappings.read())
    data = ["number %d" % number for number in range(int(sys.argv[1]))]
    signal.signal(signal.SIGUSR1, lambda number, frame: print("signalled", end=" "))
    ctypes.pythonapi.PyOS_BeforeFork()
    if not image.capture(file, machine_code.Fork(), before):
        os._exit(0)
    ctypes.pythonapi.PyOS_AfterFork_Child()
    os.kill(os.getpid(), signal.SIGUSR1)
    more = [bytes(1000) for _ in range(5000)]  # the heap grows
    thread = threading.Thread(target=lambda: print("thread", end=" "))
    thread.start()
    thread.join()
    print(data[-1], sum(map(len, more)), threading.get_native_id() == os.getpid(), flush=True)
    os._exit(7)

def copy(ballast):
    taken = ["ballast"] * ballast
    revive.revive()

def run(work, *arguments):
    pid = os.fork()
    if pid == 0:
        work(*arguments)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""
)


@served
def test_copies_go_on_where_the_original_was_whatever_they_were_before() -> None:
    done = run(FAMILY + "print(run(original), run(copy, 0), run(copy, 3_000_000))", "2000")
    copy = "signalled thread number 1999 5000000 True"
    assert done.stdout.splitlines() == [copy, copy, "0 7 7"], done.stderr


@served
@pytest.mark.skipif(shutil.which("python3", path="/usr/bin") is None, reason="the machine has no Python of its own")
def test_a_program_at_a_fixed_address_comes_back_as_well() -> None:
    """Distributions build their Python so; the plan must not take itself away then."""
    command = program(FAMILY + "print(run(original), run(copy, 0))", "2000")
    done = subprocess.run(["/usr/bin/python3", *command[1:]], capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines()[-1] == "0 7", done.stderr


@served
def test_an_image_of_another_launcher_is_refused_before_anything_is_changed() -> None:
    done = run(
        FAMILY
        + """
run(original)
head = image.head(file)
head["launcher"] = "another"
text = json.dumps(head).encode()
os.pwrite(file, len(text).to_bytes(8, "big") + text, image.HEAD)
try:
    revive.revive()
except revive.Foreign as error:
    print(error)
""",
        "10",
    )
    assert done.stdout == "the image belongs to another launcher\n", done.stderr
