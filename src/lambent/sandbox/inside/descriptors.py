"""What a captured process has open, and how a restored one has it again: files at the same place, connections broken.

Nothing else can be had again, and keeps a process from being captured.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
import struct
from typing import Any, Dict, List

from .image import Unfit

Kept = Dict[str, Any]
"""Of an open file or connection: `number`, `flags`, `inheritable`; of a file its `path` and `offset`, of a connection
its `family`."""

_KINDS = {
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a pipe",
    stat.S_IFDIR: "a directory",
}
_LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
_AT_ONCE = struct.pack("=ii", 1, 0)
"""SO_LINGER: break a connection off instead of ending it."""


def kept(above: int) -> "List[Kept]":
    """What is open under numbers above `above`. Raises Unfit for what cannot be had again."""
    found: "List[Kept]" = []
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        try:
            path = os.readlink("/proc/self/fd/" + name)
            kind = os.fstat(number).st_mode
        except OSError:  # the listing's own
            continue
        if number <= above:
            continue
        flags = fcntl.fcntl(number, fcntl.F_GETFL) & ~(os.O_CREAT | os.O_EXCL | os.O_TRUNC)
        one = {"number": number, "flags": flags, "inheritable": os.get_inheritable(number)}
        if stat.S_ISSOCK(kind) and (family := _connected(number)):
            found.append({**one, "family": family})
        elif (stat.S_ISREG(kind) or stat.S_ISCHR(kind)) and os.path.exists(path):
            offset = os.lseek(number, 0, os.SEEK_CUR) if stat.S_ISREG(kind) else 0
            found.append({**one, "path": path, "offset": offset})
        else:
            what = _KINDS.get(stat.S_IFMT(kind), path if ":" in path else "a file that is gone")
            raise Unfit("holds %s open (descriptor %d)" % (what, number))
    return found


def _connected(number: int) -> int:
    """The family of a TCP connection; 0 for any other socket."""
    with socket.socket(fileno=os.dup(number)) as one:
        try:
            one.getpeername()
        except OSError:
            return 0
        return int(one.family) if one.family in _LOOPBACK and one.type == socket.SOCK_STREAM else 0


def have_again(all_kept: "List[Kept]") -> None:
    """Open it all again under the numbers that it had."""
    for one in all_kept:
        opened = _broken_connection(one["family"]) if "family" in one else os.open(one["path"], one["flags"])
        if opened != one["number"]:
            os.dup2(opened, one["number"], one["inheritable"])
            os.close(opened)
        if "family" in one:
            fcntl.fcntl(one["number"], fcntl.F_SETFL, one["flags"])
        elif one["offset"]:
            os.lseek(one["number"], one["offset"], os.SEEK_SET)


def _broken_connection(family: int) -> int:
    """A connection that its other end has broken off: whoever uses it hears of that at once, and can connect anew."""
    with socket.create_server((_LOOPBACK[socket.AddressFamily(family)], 0), family=family) as listener:
        ours = socket.socket(family)
        ours.connect(listener.getsockname())
        theirs, _ = listener.accept()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        theirs.close()
        return ours.detach()
