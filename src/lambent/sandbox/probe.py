"""What of the sandbox works on this machine, and why not where it does not: for `choose` and `lambent doctor`.

Tries the real system calls in a short-lived process; changes nothing that lasts and needs no data directory.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lambent.model.errors import PlatformError
from lambent.sandbox.base import Feature
from lambent.sandbox.cgroups.detect import detect
from lambent.sandbox.disk import Disks
from lambent.sandbox.launcher import INSIDE, OWN_INTERPRETER
from lambent.sandbox.outbound import Outbound

_CAP_SYS_ADMIN = 1 << 21
_SECONDS = 20.0
_TMP_MB = 512


def is_rootless() -> bool:
    """Whether this process lacks the machine's administration rights (root in a plain container lacks them, too)."""
    if os.geteuid() != 0:
        return True
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return not int(fields["CapEff"], 16) & _CAP_SYS_ADMIN


async def walls() -> list[Feature]:
    """The parts that the isolated sandbox cannot do without; it works if all work."""
    rootless = is_rootless()
    how = "rootless" if rootless else "root"
    process = await asyncio.create_subprocess_exec(
        OWN_INTERPRETER[0], "-I", "-S", str(INSIDE / "launcher.py"), f"--attempts={how}",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate()
        found = json.loads(output)
    except (TimeoutError, ValueError) as error:
        if process.returncode is None:
            process.kill()
            await process.wait()
        return [Feature("isolation", False, f"the attempt ended with {process.returncode}: {error}")]
    return [Feature(name, why is None, why or f"works ({how})") for name, why in found.items()]


async def examine() -> list[Feature]:
    """Walls, limits, /tmp and network, for `lambent doctor`."""
    groups = await asyncio.to_thread(detect, f"doctor-{os.getpid()}")
    try:
        limits = groups.features()
    finally:
        await asyncio.to_thread(groups.close)
    return [*await walls(), await _tmp(), await _network(), *limits]


async def _network() -> Feature:
    """What `auto` would choose."""
    network = Outbound("auto")
    with ThreadPoolExecutor(1) as executor:
        await network.open(executor, rootless=is_rootless())
        await network.close()
    return network.feature


async def _tmp() -> Feature:
    name = "/tmp of its own size"
    if is_rootless():
        return Feature(name, False, "in memory (tmpfs), which counts as the function's: a disk needs root")
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(1) as executor:
        try:
            disk = await Disks(Path(directory), executor).mount(_TMP_MB)
        except PlatformError as error:
            return Feature(name, False, f"in memory (tmpfs), which counts as the function's: {error}")
        disk.close()
    return Feature(name, True, "ext4 on a loop device")
