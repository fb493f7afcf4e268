"""System V objects of an IPC namespace: they outlive the processes that made them, and their memory counts on.

Only for a namespace that is an environment's own: outside it would remove what belongs to the machine.
"""

from __future__ import annotations

import ctypes
from typing import Callable, Dict

_IPC_RMID = 0
_LISTS = "/proc/sysvipc"
_libc = ctypes.CDLL(None, use_errno=True)
_REMOVE: "Dict[str, Callable[[int], int]]" = {
    "shm": lambda number: int(_libc.shmctl(number, _IPC_RMID, None)),
    "msg": lambda number: int(_libc.msgctl(number, _IPC_RMID, None)),
    "sem": lambda number: int(_libc.semctl(number, 0, _IPC_RMID)),
}


def remove_all(lists: str = _LISTS) -> int:
    """Remove every shared memory segment, message queue and semaphore set; returns how many have gone."""
    removed = 0
    for kind, remove in _REMOVE.items():
        try:
            with open("%s/%s" % (lists, kind)) as file:
                numbers = [int(line.split()[1]) for line in file.readlines()[1:]]
        except OSError:
            continue
        removed += sum(remove(number) == 0 for number in numbers)
    return removed
