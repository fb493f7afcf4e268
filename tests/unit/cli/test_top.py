"""Pictures are made from what was seen; the terminal is left as it was found."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import msgspec
import pytest

from lambent.cli import top
from lambent.cli.client import connect
from lambent.cli.environments import EnvironmentInfo, Environments
from lambent.cli.errors import CommandError
from lambent.cli.main import main
from lambent.cli.parser import build
from tests.unit.cli.conftest import Asked, Scripted

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
IDLE = EnvironmentInfo("e1", ARN + "resize:$LATEST", "python3.12", "frozen", "s", 100.0, 4, 3.2)
BUSY = EnvironmentInfo("e2", ARN + "zoom:7", "python3.12", "busy", "s", 105.0, 10, 3.2, 2_500_000, 1.5, 1, 9)


def at(now: float, *environments: EnvironmentInfo) -> Environments:
    return Environments(now, list(environments))


def later(info: EnvironmentInfo, **fields: Any) -> EnvironmentInfo:
    return msgspec.structs.replace(info, **fields)


@pytest.fixture
def served(scripted: Scripted) -> Scripted:
    def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        clock = asked.target.endswith("clock")
        return 200, {}, b'{"Now": 160.0}' if clock else msgspec.json.encode({"Environments": [IDLE, BUSY]})

    scripted.answer = answer
    return scripted


def test_a_page_has_the_busy_ones_first_and_no_figure_that_is_not_known() -> None:
    head, empty, columns, first, second = top.page(at(160.0, IDLE, BUSY), None, "http://h:1")
    assert head == (
        "lambent http://h:1   2 environments of 2 functions   1 busy, 1 frozen   14 invocations"
        "   1 cold, 9 warm   2.5 MB   CPU 1.50 s"
    )
    assert empty == ""
    assert columns.split() == list(top.COLUMNS)
    assert first.split() == ["zoom", "7", "busy", "55s", "10", "1", "9", "2.5", "MB", "1.50", "s"]
    assert second.split() == ["resize", "$LATEST", "frozen", "1m00s", "4", "-", "-", "-", "-"]


def test_two_pictures_give_rates() -> None:
    before = at(160.0, IDLE, BUSY)
    seen = at(162.0, later(IDLE, invocations=10), later(BUSY, invocations=20, cpu_seconds=2.0))
    assert top.rate(before, seen) == 8.0
    assert top.cpu_shares(before, seen) == {"e2": 0.25}
    assert "   8/s   2.5 MB   CPU 25%" in top.summary(seen, before)
    assert "2.00 s 25%" in top.page(seen, before, "")[3]


def test_environments_that_end_and_a_moved_clock_make_no_negative_rates() -> None:
    assert top.rate(at(160.0, IDLE, BUSY), at(161.0, IDLE)) == 0.0
    assert top.rate(at(160.0), at(161.0, IDLE)) == 4.0
    assert top.rate(at(160.0, IDLE), at(100.0, later(IDLE, invocations=9))) == 0.0
    assert top.cpu_shares(at(160.0, BUSY), at(100.0, BUSY)) == {}


def test_what_does_not_fit_is_counted() -> None:
    assert top.fitted(["abc", "def"], 2, 2) == ["ab", "de"]
    assert top.fitted(["a", "b", "c", "d"], 80, 3) == ["a", "b", "... and 2 more"]
    assert top.frame(["a", "b"]) == "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J"


@pytest.mark.parametrize("options", [[], ["--once"]])
def test_without_a_terminal_it_is_one_table(
    options: list[str], served: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["top", *options, *served.options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == top.page(at(160.0, IDLE, BUSY), None, served.endpoint)


def test_json_has_totals_and_environments(served: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["top", "--json", *served.options]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["now"] == 160.0
    assert shown["totals"] == msgspec.to_builtins(top.totals(at(160.0, IDLE, BUSY)))
    assert shown["totals"]["states"] == {"busy": 1, "frozen": 1}
    assert (shown["totals"]["cold"], shown["totals"]["memory_bytes"]) == (1, 2_500_000)
    assert [each["id"] for each in shown["environments"]] == ["e2", "e1"]


def test_nothing_is_a_page_too() -> None:
    assert top.page(at(1.0), None, "http://h:1") == [
        "lambent http://h:1   0 environments of 0 functions   0 invocations",
        "",
        "No environments: one starts when a function is invoked.",
    ]


def test_an_interrupt_ends_it_and_gives_the_screen_back(served: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    pauses = iter([None, KeyboardInterrupt()])

    def pause(seconds: float) -> None:
        assert seconds == 1.0
        if (ending := next(pauses)) is not None:
            raise ending

    monkeypatch.setattr(time, "sleep", pause)
    top.live(connect(build().parse_args(["top", *served.options])), screen)
    drawn = screen.getvalue()
    assert drawn.startswith("\x1b[?1049h\x1b[?25l\x1b[Hlambent ")
    assert drawn.count("\x1b[H") == 2
    assert drawn.endswith("\x1b[?25h\x1b[?1049l")


def test_a_server_that_goes_away_ends_it_on_the_usual_screen(served: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(time, "sleep", lambda seconds: setattr(served, "answer", lambda asked: (503, {}, b"")))
    with pytest.raises(CommandError, match="503"):
        top.live(connect(build().parse_args(["top", *served.options])), screen)
    assert screen.getvalue().endswith("\x1b[?25h\x1b[?1049l")
