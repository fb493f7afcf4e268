"""What cannot be captured is told, in words that a user understands."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.inside.programs import run
from tests.unit.sandbox.inside.test_machine_code import served

CHECK = """
import os, select, signal, socket, subprocess, tempfile, threading
from _lambent_inside import fitness, image
highest = max(int(name) for name in os.listdir("/proc/self/fd"))
{setup}
try:
    fitness.check()
    print(sorted(file["path"].rpartition("/")[2] for file in fitness.open_files(2)), flush=True)
except image.Unfit as error:
    print(error, flush=True)
os._exit(0)
"""


@served
@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ("pass", "[]"),
        ("threading.Thread(target=threading.Event().wait, daemon=True).start()", "runs 2 threads"),
        ("child = subprocess.Popen(['sleep', '9'])", "has started processes that it has not waited for"),
        ("signal.setitimer(signal.ITIMER_REAL, 100)", "has set a timer"),
        ("one = socket.socket()", "holds a socket open (descriptor 3)"),
        ("pair = os.pipe()", "holds a pipe open (descriptor 3)"),
        ("poll = select.epoll()", "holds anon_inode:[eventpoll] open (descriptor 3)"),
        ("file = tempfile.TemporaryFile()", "holds a file that is gone open (descriptor 3)"),
        ("file = open('/etc/hosts')", "['hosts']"),
    ],
)
def test_what_is_said(setup: str, said: str) -> None:
    done = run(CHECK.format(setup=setup))
    assert said in done.stdout, done.stderr


def test_an_allocator_in_a_library(tmp_path: object) -> None:
    done = run(
        """
        import sys
        from _lambent_inside import fitness
        path = sys.argv[1] + "/library.so"
        open(path, "wb").write(b"\\x7fELF ... _rjem_je_malloc jemalloc 5.3")
        print(*map(fitness._brings_allocator, (path, "/etc/hosts", "/none")))
        """,
        str(tmp_path),
    )
    assert done.stdout == "True False False\n", done.stderr


def test_files_are_opened_again_under_their_numbers_and_where_they_were(tmp_path: object) -> None:
    done = run(
        """
        import os, sys
        from _lambent_inside import fitness
        path = sys.argv[1] + "/file"
        open(path, "w").write("0123456789")
        number = os.dup2(os.open(path, os.O_RDWR), 17)
        os.lseek(17, 4, os.SEEK_SET)
        files = fitness.open_files(10)
        os.closerange(3, 100)
        fitness.open_again(files)
        os.write(17, b"x")
        print(open(path).read(), os.read(17, 9), os.get_inheritable(17), len(files))
        """,
        str(tmp_path),
    )
    assert done.stdout == "0123x56789 b'56789' True 1\n", done.stderr
