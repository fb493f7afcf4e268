"""What the demo asserts about what it shows. Pure: text and bytes in, figures out, ClaimFailed where one fails."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass


class ClaimFailed(Exception):
    """Something is not as the demo says it is."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """The figures of a REPORT line: milliseconds and MB. `init_ms` is None for a warm invocation."""

    request_id: str
    duration_ms: float
    billed_ms: int
    memory_mb: int
    max_memory_mb: int
    init_ms: float | None
    status: str | None


_REPORT = re.compile(
    r"^REPORT RequestId: (?P<id>\S+)\tDuration: (?P<duration>[\d.]+) ms\tBilled Duration: (?P<billed>\d+) ms"
    r"\tMemory Size: (?P<memory>\d+) MB\tMax Memory Used: (?P<used>\d+) MB"
    r"(?:\tInit Duration: (?P<init>[\d.]+) ms)?[^\n]*?(?:\tStatus: (?P<status>\w+))?[^\n]*$",
    re.MULTILINE,
)


def claim(holds: bool, what: str) -> None:
    """Raise ClaimFailed with `what` was claimed unless it holds."""
    if not holds:
        raise ClaimFailed(what)


def read_report(log: str) -> ReportLine:
    """The figures of the last REPORT line of a log tail."""
    found = list(_REPORT.finditer(log))
    claim(bool(found), f"the log has a REPORT line, but it is:\n{log}")
    fields = found[-1]
    return ReportLine(
        request_id=fields["id"],
        duration_ms=float(fields["duration"]),
        billed_ms=int(fields["billed"]),
        memory_mb=int(fields["memory"]),
        max_memory_mb=int(fields["used"]),
        init_ms=float(fields["init"]) if fields["init"] else None,
        status=fields["status"],
    )


def check_report(
    log: str, *, request_id: str, memory_mb: int, seen_ms: float, cold: bool, memory_known: bool = True
) -> ReportLine:
    """The REPORT of one invocation, held against what its client knows: its id, its memory size, how long it took.

    `memory_known` is False where the machine cannot tell how much memory a function used: then it must be 0.
    """
    report = read_report(log)
    for line in (f"START RequestId: {request_id} Version: $LATEST", f"END RequestId: {request_id}"):
        claim(line in log, f"the log has the line {line!r}, but it is:\n{log}")
    init = report.init_ms or 0.0
    claim(report.request_id == request_id, f"REPORT is about {request_id}, not {report.request_id}")
    claim(report.memory_mb == memory_mb, f"Memory Size is {memory_mb} MB, not {report.memory_mb}")
    used = report.max_memory_mb
    claim(0 < used <= memory_mb if memory_known else used == 0, f"Max Memory Used is measured or 0, not {used}")
    claim((report.init_ms is not None) is cold, f"Init Duration is reported when cold and only then ({report})")
    claim(0 < report.duration_ms + init <= seen_ms, f"the platform's {report} fits into the client's {seen_ms:.1f} ms")
    billed = math.ceil(report.duration_ms + init)
    claim(abs(report.billed_ms - billed) <= 1, f"Billed Duration is Duration and Init Duration rounded up ({report})")
    return report


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels."""
    claim(data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR", "the thumbnail is a PNG")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def distinct(answers: list[dict[str, object]], key: str) -> int:
    """How many different values the answers have under `key`."""
    return len({str(answer[key]) for answer in answers})
