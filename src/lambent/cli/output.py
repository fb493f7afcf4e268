"""How commands print: tables for people, JSON for programs. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns, two spaces apart, without trailing spaces."""
    lines = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def as_json(value: object) -> str:
    """Indented JSON of plain values and structs; dates in ISO form."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def size(count: int) -> str:
    """Bytes for people: `1.2 MB`."""
    amount = float(count)
    for unit in ("bytes", "kB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} MB"
