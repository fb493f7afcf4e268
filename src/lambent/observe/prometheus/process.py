"""What the server's own process uses, under the names that Prometheus' clients use."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from lambent.observe.prometheus.exposition import Family

_STARTED = time.time()


def families() -> Iterator[Family]:
    """Memory, processor, descriptors, start. Raises OSError where there is no /proc."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    for name, kind, text, value in (
        ("cpu_seconds_total", "counter", "Processor time.", used.ru_utime + used.ru_stime),
        ("resident_memory_bytes", "gauge", "Memory.", pages * os.sysconf("SC_PAGE_SIZE")),
        ("open_fds", "gauge", "Open file descriptors.", sum(1 for _ in Path("/proc/self/fd").iterdir())),
        ("max_fds", "gauge", "The most that may be open.", resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        ("start_time_seconds", "gauge", "When it started, since the epoch.", _STARTED),
    ):
        yield Family(f"process_{name}", kind, text, [("", {}, value)])
