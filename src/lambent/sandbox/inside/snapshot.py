"""A Python runtime process that is written down once and continued many times, each time as if it had just been forked.

`Camera` is what the runtime gets to be captured with; `resume` is what a fresh process does to continue. The order that
a continued process is given (its variables) reaches it on a descriptor, since it has no memory of that.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import sys
from typing import Any, Dict, NoReturn

from . import descriptors, fitness, image, machine_code, mappings, revive
from .plan import IMAGE

ORDER = 6
_HIGHEST = 1024
_FILES = image.HEAD + (1 << 30)
"""Where in the image /tmp is, as an archive."""

_python = ctypes.pythonapi


class Camera:
    """Captures the process that it is made in. `variables`: what it was started with."""

    def __init__(self, variables: "Dict[str, str]") -> None:
        self._variables = variables
        self._before = frozenset(mappings.read())

    def __call__(self) -> bool:
        """Write this process down: False in it, True wherever it is continued. Raises image.Unfit, OSError.

        Where it is continued the hooks for forked children have run, and os.environ has the variables of there.
        """
        sys.stdout.flush()
        sys.stderr.flush()
        fitness.check()
        kept: "Dict[str, Any]" = {"open": descriptors.kept(IMAGE), "cwd": os.getcwd(), "umask": _umask()}
        _pack(IMAGE)
        gc.collect()
        gc.freeze()
        fork = machine_code.Fork()
        _python.PyOS_BeforeFork()
        try:
            continued = image.capture(IMAGE, fork, self._before)
        except BaseException:
            _python.PyOS_AfterFork_Parent()
            raise
        if not continued:
            _python.PyOS_AfterFork_Parent()
            return False
        _python.PyOS_AfterFork_Child()
        self._settle_in(kept)
        return True

    def _settle_in(self, kept: "Dict[str, Any]") -> None:
        """Be at home in another environment: its variables, /tmp as it was, what it had open."""
        size = os.fstat(ORDER).st_size
        variables: "Dict[str, str]" = json.loads(os.pread(ORDER, size, 0))
        for name in self._variables.keys() - variables.keys():
            os.environ.pop(name, None)
        for name, value in variables.items():
            if self._variables.get(name) != value:
                os.environ[name] = value
        _unpack(IMAGE)
        os.closerange(IMAGE, _HIGHEST)
        os.umask(kept["umask"])
        os.chdir(kept["cwd"])
        descriptors.have_again(kept["open"])


def resume(variables: "Dict[str, str]") -> NoReturn:
    """Continue from the image, with these variables. Raises revive.Foreign or OSError if that cannot be."""
    order = os.memfd_create("order")
    os.write(order, json.dumps(variables).encode())
    if order != ORDER:
        os.dup2(order, ORDER)
    revive.revive()


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _pack(file: int) -> None:
    """Put what lies in /tmp into the image."""
    names = sorted(os.listdir("/tmp"))
    os.pwrite(file, bytes([bool(names)]), _FILES)
    if names:
        with os.fdopen(os.dup(file), "wb", closefd=True) as stream:
            stream.seek(_FILES + 1)
            with importlib.import_module("tarfile").open(fileobj=stream, mode="w|") as archive:
                for name in names:
                    archive.add(os.path.join("/tmp", name), name)


def _unpack(file: int) -> None:
    if os.pread(file, 1, _FILES) != b"\x01":
        return
    # A descriptor of its own: an offset would be shared with all that continue from this image.
    with open("/proc/self/fd/%d" % file, "rb") as stream:
        stream.seek(_FILES + 1)
        with importlib.import_module("tarfile").open(fileobj=stream, mode="r|") as archive:
            archive.extractall("/tmp", filter="fully_trusted")
