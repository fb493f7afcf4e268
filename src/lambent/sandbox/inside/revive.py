"""Turns a fresh fork of the launcher into the process of an image: its memory is exchanged, then it goes on from there.

Whoever runs this has given up every right before: it can do nothing but what the function itself could.
"""

from __future__ import annotations

import _thread
import os
from typing import NoReturn

from . import image, machine_code, plan


class Foreign(Exception):
    """The image was made by a fork of another launcher: nothing would be where it has to be."""


def revive() -> NoReturn:
    """Become the process of the image (descriptor `plan.IMAGE`). Raises Foreign or OSError if it cannot, unchanged."""
    head = image.head(plan.IMAGE)
    if head["launcher"] != image.LAUNCHER:
        raise Foreign("the image belongs to another launcher")
    number = os.memfd_create("number")
    os.write(number, _thread.get_native_id().to_bytes(4, "little"))
    os.dup2(number, plan.PATCH)
    for index, path in enumerate(head["files"]):
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if opened != plan.FIRST_FILE + index:
            os.dup2(opened, plan.FIRST_FILE + index)
            os.close(opened)
    machine_code.execute(os.pread(plan.IMAGE, head["size"], image.PLAN), head["at"])
    raise OSError("the copy could not be continued")
