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
from lambent.cli.environments import Environments
from lambent.cli.errors import CommandError
from lambent.cli.main import main
from lambent.cli.parser import build
from lambent.invoke.base import EnvironmentInfo
from tests.unit.cli.conftest import Asked, Scripted

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
IDLE = EnvironmentInfo(
    id="e1",
    function_arn=ARN + "resize:$LATEST",
    revision_id="r",
    runtime="python3.12",
    state="frozen",
    log_group="/aws/lambda/resize",
    log_stream="s",
    started_at=100.0,
    invocations=4,
    init_ms=3.2,
    init_type="on-demand",
    memory_mb=128,
    memory_bytes=1_000_000,
    cpu_seconds=0.5,
    cold=1,
    warm=3,
)
BUSY = msgspec.structs.replace(
    IDLE, id="e2", function_arn=ARN + "zoom:7", state="busy", started_at=105.0, invocations=10, warm=9
)


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


def test_a_page_has_totals_and_the_busy_ones_first() -> None:
    assert top.page(at(160.0, IDLE, BUSY), None, "http://h:1")[:4] == [
        "lambent http://h:1",
        "2 environments of 2 functions: 1 busy, 1 frozen",
        "14 invocations (2 cold, 12 warm)   memory 2.0 MB   CPU 1.00 s",
        "",
    ]
    columns, first, second = top.page(at(160.0, IDLE, BUSY), None, "http://h:1")[4:]
    assert columns.split() == list(top.COLUMNS)
    assert first.split()[:7] == ["zoom", "7", "busy", "55s", "10", "1", "9"]
    assert first.endswith("  1.0 MB of 128 MB  0.50 s")
    assert second.split()[:6] == ["resize", "$LATEST", "frozen", "1m00s", "4", "1"]


def test_two_pictures_give_rates() -> None:
    before = at(160.0, IDLE, BUSY)
    seen = at(162.0, later(IDLE, invocations=10), later(BUSY, invocations=20, cpu_seconds=1.0))
    assert top.rate(before, seen) == 8.0
    assert top.cpu_shares(before, seen) == {"e1": 0.0, "e2": 0.25}
    assert top.summary(seen, before)[1].endswith(" warm), 8/s   memory 2.0 MB   CPU 1.50 s, 25%")
    assert top.page(seen, before, "")[5].endswith("1.00 s 25%")


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
    assert (shown["totals"]["cold"], shown["totals"]["memory_bytes"]) == (2, 2_000_000)
    assert [each["id"] for each in shown["environments"]] == ["e2", "e1"]


def test_nothing_is_a_page_too() -> None:
    assert top.page(at(1.0), None, "http://h:1") == [
        "lambent http://h:1",
        "0 environments of 0 functions",
        "0 invocations (0 cold, 0 warm)   memory 0 bytes   CPU 0.00 s",
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
