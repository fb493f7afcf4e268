"""The table and the JSON of a run, and the rule that makes a run void. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOVED_AT_MOST = 0.30
"""A baseline that moved by more than this share during the run makes every ratio of it meaningless."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `ratio` is the value over that of `of`, a baseline of the same run. `mark` is the highest value (or, with
    `mark_is_ratio`, ratio) that the project allows itself, the lowest with `at_least`; None where there is no mark.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    of: str = "echo"
    mark: float | None = None
    mark_is_ratio: bool = False
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the mark is met; None without one."""
        if self.mark is None:
            return None
        measured = self.ratio if self.mark_is_ratio else self.value
        if measured is None:
            return False
        return measured >= self.mark if self.at_least else measured <= self.mark


def moved(baselines: Sequence[float]) -> float:
    """By which share a baseline moved between its measurements: 0.3 is 30%."""
    return max(baselines) / min(baselines) - 1


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text."""
    cells = [("measure", "value", "ratio", "mark", "")]
    for row in rows:
        verdict = {None: "", True: "met", False: "MISSED"}[row.met]
        ratio = "" if row.ratio is None else f"{_figure(row.ratio)} x {row.of}"
        cells.append((row.name, f"{_figure(row.value)} {row.unit}", ratio, _mark(row), verdict))
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    return "\n".join(
        f"{line[0]:<{widths[0]}}  "
        + "  ".join(f"{text:>{width}}" for text, width in zip(line[1:4], widths[1:4], strict=True))
        + (f"  {line[4]}" if line[4] else "")
        for line in cells
    )


def _mark(row: Row) -> str:
    if row.mark is None:
        return ""
    bound = ">= " if row.at_least else ""
    return f"{bound}{row.mark:g}{' x' if row.mark_is_ratio else ' ' + row.unit}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value < 100 else f"{value:.0f}"
