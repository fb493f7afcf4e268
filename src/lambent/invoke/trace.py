"""The `X-Amzn-Trace-Id` header: taken over from the caller, or made. Pure.

Nothing is recorded here; functions and the services that they call can follow the id.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lambent.context import Ids

_ROOT = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_PARENT = re.compile(r"[0-9a-f]{16}")
_SAMPLED = re.compile(r"[01]")
_HEADER = re.compile(r"[!-~ ]{1,1024}")


SAMPLED = ";Sampled=1"
"""In the header of a request that is traced."""


ACTIVE = "Active"
"""The tracing mode in which Lambda itself samples and adds segments."""


def never() -> bool:
    """Samples nothing."""
    return False


def trace_header(
    incoming: str | None, now: float, ids: Ids, lineage: str | None = None, *, samples: Callable[[], bool] = never
) -> str:
    """`Root=1-<8 hex epoch>-<24 hex>;Parent=<16 hex>;Sampled=0|1[;more]`.

    A usable `Root` in `incoming` is kept, with its `Parent`, its `Sampled` and whatever else it carried; anything else
    gets a new root. What nobody has decided yet, `samples` does. `lineage` replaces the `Lineage` that came.
    `now`: seconds since the epoch.
    """
    if incoming is None or (parts := _parse(incoming)) is None:
        digits = ids.hex(40)
        sampled = "1" if samples() else "0"
        header = f"Root=1-{int(now) & 0xFFFFFFFF:08x}-{digits[:24]};Parent={digits[24:]};Sampled={sampled}"
        return header if lineage is None else f"{header};Lineage={lineage}"
    root, parent, sampled = parts.pop("Root"), parts.pop("Parent", ""), parts.pop("Sampled", "")
    if not _PARENT.fullmatch(parent):
        parent = ids.hex(16)
    if not _SAMPLED.fullmatch(sampled):
        sampled = "1" if samples() else "0"
    if lineage is not None:
        parts["Lineage"] = lineage
    more = "".join(f";{name}={value}" for name, value in parts.items())
    return f"Root={root};Parent={parent};Sampled={sampled}{more}"


def rooted(incoming: str | None, now: float, ids: Ids) -> str:
    """The header of whoever comes from outside, if it is usable; else a new root, of which nobody has decided yet."""
    if incoming is not None and _parse(incoming) is not None:
        return incoming
    return f"Root=1-{int(now) & 0xFFFFFFFF:08x}-{ids.hex(24)}"


def adopted(header: str, incoming: str | None, ids: Ids) -> tuple[str, str | None]:
    """A sampled request's header with Lambda's own segment as its parent; and the parent that the caller named."""
    parts = _parse(header) or {}
    upstream = (_parse(incoming) or {}).get("Parent", "") if incoming is not None else ""
    parts["Parent"] = ids.hex(16)
    named = ";".join(f"{name}={value}" for name, value in parts.items())
    return named, upstream if _PARENT.fullmatch(upstream) else None


def fields(header: str) -> dict[str, str]:
    """The fields of a well-formed header by name."""
    return dict(part.strip().split("=", 1) for part in header.split(";") if "=" in part)


def decided(header: str | None, seen: str | None) -> str | None:
    """The header of a request that is tried again, with what was decided on it when it was `seen` by its function."""
    if header is None or seen is None or "Sampled=" in header:
        return header
    return f"{header};Sampled={fields(seen).get('Sampled', '0')}"


def _parse(header: str) -> dict[str, str] | None:
    """The header's fields, or None unless it has a well-formed `Root`."""
    if not _HEADER.fullmatch(header):
        return None
    parts = fields(header)
    return parts if _ROOT.fullmatch(parts.get("Root", "")) else None
