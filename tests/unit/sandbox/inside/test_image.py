"""An image: what of a process goes into it, and what keeps it from being made."""

from __future__ import annotations

from tests.unit.sandbox.inside.programs import run
from tests.unit.sandbox.inside.test_machine_code import served

SETUP = """
import ctypes, json, mmap, os
from _lambent_inside import image, machine_code, mappings, plan
file = os.memfd_create("image")
os.ftruncate(file, image.SIZE)
os.dup2(file, plan.IMAGE)
"""


@served
def test_each_byte_lies_at_its_address_and_zeros_are_holes() -> None:
    done = run(
        SETUP
        + """
memory = mmap.mmap(-1, 64 * 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
memory[:] = bytes(len(memory))
memory[5 * 4096] = 7
print(image.capture(file, machine_code.Fork(), frozenset()))
memory[5 * 4096] = 8
print(os.pread(file, 2, start + 5 * 4096))
print(os.lseek(file, start, os.SEEK_DATA) - start == 5 * 4096)
head = image.head(file)
print(sorted(head), len(os.pread(file, 1 << 20, image.PLAN)) >= head["size"], "/libc" in str(head["files"]))
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("no child is left")
"""
    )
    assert done.stdout.splitlines() == [
        "False",
        "b'\\x07\\x00'",
        "True",
        "['at', 'files', 'launcher', 'size'] True True",
        "no child is left",
    ], done.stderr


@served
def test_shared_memory_cannot_be_captured() -> None:
    done = run(
        SETUP
        + """
shared = mmap.mmap(-1, 4096)
try:
    image.capture(file, machine_code.Fork(), frozenset())
except image.Unfit as error:
    print(error)
"""
    )
    assert done.stdout == "shares memory with other processes\n", done.stderr
