"""What is open in a process: had again, broken, or in the way."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.inside.programs import run

KEEP = """
import os, select, socket, tempfile
from _lambent_inside import descriptors, image
{setup}
try:
    print([one.get("path", "connection").rpartition("/")[2] for one in descriptors.kept(2)])
except image.Unfit as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ("pass", "[]"),
        ("one = socket.socket()", "holds a socket open (descriptor 3)"),
        ("one = socket.create_server(('127.0.0.1', 0))", "holds a socket open (descriptor 3)"),
        ("pair = socket.socketpair()", "holds a socket open (descriptor 3)"),
        ("pair = os.pipe()", "holds a pipe open (descriptor 3)"),
        ("poll = select.epoll()", "holds anon_inode:[eventpoll] open (descriptor 3)"),
        ("file = tempfile.TemporaryFile()", "holds a file that is gone open (descriptor 3)"),
        ("file = open('/etc/hosts')", "['hosts']"),
    ],
)
def test_what_is_said(setup: str, said: str) -> None:
    done = run(KEEP.format(setup=setup))
    assert done.stdout == said + "\n", done.stderr


def test_files_are_opened_again_under_their_numbers_and_where_they_were(tmp_path: object) -> None:
    done = run(
        """
        import os, sys
        from _lambent_inside import descriptors
        path = sys.argv[1] + "/file"
        open(path, "w").write("0123456789")
        number = os.dup2(os.open(path, os.O_RDWR), 17)
        os.lseek(17, 4, os.SEEK_SET)
        files = descriptors.kept(10)
        os.closerange(3, 100)
        descriptors.have_again(files)
        os.write(17, b"x")
        print(open(path).read(), os.read(17, 9), os.get_inheritable(17), len(files))
        """,
        str(tmp_path),
    )
    assert done.stdout == "0123x56789 b'56789' True 1\n", done.stderr


def test_a_connection_is_there_and_broken() -> None:
    done = run(
        """
        import os, select, socket
        from _lambent_inside import descriptors
        listener = socket.create_server(("127.0.0.1", 0))
        connection = socket.create_connection(listener.getsockname())
        number = os.dup2(connection.detach(), 17)
        connection = socket.socket(fileno=17)
        connection.settimeout(5)
        [one] = descriptors.kept(10)
        listener.detach()
        os.closerange(3, 100)
        descriptors.have_again([one])
        print(bool(select.select([connection], [], [], 0)[0]), connection.family.name, os.get_blocking(17))
        try:
            connection.recv(1)
        except ConnectionResetError as error:
            print(error.strerror)
        """
    )
    assert done.stdout == "True AF_INET False\nConnection reset by peer\n", done.stderr
