"""A session deploys what changed and nothing else, survives refusals and a lost server, and ends as it was asked to."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lambent.cli import dev
from lambent.cli.client import Client, connect
from lambent.cli.dev import Do, Following, Session, remove, summary
from lambent.cli.main import main
from lambent.cli.parser import build
from tests.unit.cli.conftest import Asked, Scripted
from tests.unit.cli.test_functions import Api

CLOCK = b'{"Now": 1764000000.5}'
LINES = b'{"timestamp": 1764000000600, "message": "one"}\n\n{"timestamp": 1764000000700, "message": "two"}\n'


class Server(Api):
    """The API, Lambent's own addresses, and `refused`: what is said of the next update of the code."""

    refused: tuple[int, dict[str, str], bytes] | None = None

    def __init__(self, *, exists: bool) -> None:
        super().__init__(exists=exists)
        self.debugged: list[int | None] = []

    def __call__(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        if asked.target == "/_lambent/clock":
            return 200, {}, CLOCK
        if asked.target == "/_lambent/debug":
            self.debugged.append(json.loads(asked.body)["port"])
            return 200, {}, b"{}"
        if asked.target.startswith("/_lambent/logs"):
            return 200, {}, LINES
        if asked.target == "/_lambent/health":
            return 200, {}, b"{}"
        if asked.method == "DELETE":
            self.calls.append(("DELETE", {}))
            return (204, {}, b"") if self.exists else (404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, b"{}")
        if asked.target.endswith("/invocations"):
            self.calls.append(("INVOKE", json.loads(asked.body)))
            return 200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorType": "E"}'
        if asked.method == "PUT" and self.refused is not None:
            refused, self.refused = self.refused, None
            return refused
        return super().__call__(asked)


@pytest.fixture
def server(scripted: Scripted) -> Server:
    scripted.answer = Server(exists=False)
    return scripted.answer


@pytest.fixture
def client(scripted: Scripted) -> Client:
    return connect(build().parse_args(["functions", *scripted.options]))


@pytest.fixture
def code(tmp_path: Path) -> Path:
    directory = tmp_path / "code"
    directory.mkdir()
    (directory / "app.py").write_text("1")
    return directory


@pytest.fixture
def saves(code: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str | None]], None]:
    """Instead of watching: each look finds the next text in app.py (None: nothing new); after the last, Ctrl-C."""

    def script(texts: list[str | None]) -> None:
        left: Iterator[str | None] = iter(texts)

        class Scene:
            pause = 0.0

            def __init__(self, directory: Path, without: Path | None, ignored: object) -> None:
                assert directory == code

            def look(self) -> list[str]:
                for text in left:
                    if text is None:
                        return []
                    (code / "app.py").write_text(text)
                    return ["app.py"]
                raise KeyboardInterrupt

        monkeypatch.setattr(dev, "Watch", Scene)

    return script


Saves = Callable[[list[str | None]], None]


def test_only_changes_are_deployed_and_only_the_code(
    scripted: Scripted, server: Server, code: Path, saves: Saves, capsys: pytest.CaptureFixture[str]
) -> None:
    saves([None, "2", "2", None])
    assert main(["dev", str(code), "--memory", "512", *scripted.options]) == 0
    assert server.writes == ["POST ", "PUT /code/code"]
    assert server.calls[1][1]["MemorySize"] == 512
    said = capsys.readouterr().err.splitlines()
    assert [line.split(" in ")[0].split(" (")[0] for line in said] == [
        *("deploying code", "ready", "changed: app.py", "deploying code", "ready", "changed: app.py"),
        *("nothing to deploy: the package is the same", "code stays as it is deployed"),
    ]


def test_a_refused_deploy_is_told_and_the_next_one_tried(
    scripted: Scripted, server: Server, code: Path, saves: Saves, capsys: pytest.CaptureFixture[str]
) -> None:
    server.refused = (400, {"x-amzn-ErrorType": "InvalidParameterValueException"}, b'{"Message": "no"}')
    saves(["2", "3"])
    assert main(["dev", str(code), *scripted.options]) == 0
    assert "not deployed: InvalidParameterValueException: no\n" in capsys.readouterr().err
    assert server.writes == ["POST ", "PUT /code/code"]


def test_what_was_not_deployed_is_when_the_server_is_back(client: Client, server: Server, code: Path) -> None:
    session = Session(client, code, "code", {})
    session._deploy()
    session._take_up()
    assert server.writes == ["POST "]
    (code / "app.py").write_text("2")
    server.refused = (500, {"x-amzn-ErrorType": "ServiceException"}, b"{}")
    session._try_to_deploy()
    session._take_up()
    session._take_up()
    assert server.writes == ["POST ", "PUT /code/code"]


def test_a_first_deploy_that_fails_ends_it_and_removes_nothing(
    scripted: Scripted, server: Server, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.exists = True
    server.refused = (400, {"x-amzn-ErrorType": "InvalidParameterValueException"}, b'{"Message": "no"}')
    assert main(["dev", str(code), "--rm", *scripted.options]) == 1
    assert capsys.readouterr().err.endswith("lambent: InvalidParameterValueException: no\n")
    assert server.writes == []


def test_the_function_is_removed_if_asked(
    scripted: Scripted, server: Server, code: Path, saves: Saves, capsys: pytest.CaptureFixture[str]
) -> None:
    saves([])
    assert main(["dev", str(code), "--rm", *scripted.options]) == 0
    assert server.writes == ["POST ", "DELETE"]
    assert capsys.readouterr().err.endswith("code is removed\n")


def test_what_is_gone_needs_no_removing(client: Client, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    remove(client, "code")
    assert capsys.readouterr().err == ""


def test_an_invocation_shows_its_answer(
    client: Client, server: Server, code: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "event.json").write_text('{"a": 1}')
    session = Session(client, code, "code", {}, tmp_path / "event.json")
    session._invoke(tmp_path / "event.json")
    session._invoke(tmp_path / "gone.json")
    session._inbox.get()()
    session._inbox.get()()
    shown = capsys.readouterr()
    assert server.calls == [("INVOKE", {"a": 1})]
    assert shown.out == 'Unhandled: {"errorType": "E"}\n'
    assert shown.err.startswith("not invoked: ")


def test_the_log_goes_on_where_it_broke_off(
    client: Client, scripted: Scripted, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox: queue.SimpleQueue[Do] = queue.SimpleQueue()
    log = Following(client, "code", 1764000000.5, inbox, back=lambda: None)
    log.follow()
    log.follow()
    starts = [asked.target.rpartition("start=")[2] for asked in scripted.asked]
    assert starts == ["1764000000500", "1764000000701"]
    inbox.get()()
    assert capsys.readouterr().out == "2025-11-24T16:00:00.600Z  one\n"


def test_a_lost_server_is_waited_for(client: Client, scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    healthy = iter([False, False, True])
    back = threading.Event()

    def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        if asked.target == "/_lambent/health" and next(healthy, True):
            return 200, {}, b"{}"
        return 503, {}, b"away"

    scripted.answer = answer
    inbox: queue.SimpleQueue[Do] = queue.SimpleQueue()
    log = Following(client, "code", 0.0, inbox, back=back.set)
    following = threading.Thread(target=log.run)
    following.start()
    try:
        for _ in range(3):
            inbox.get(timeout=10)()
    finally:
        log.ended.set()
        following.join(10)
    assert back.is_set()
    assert capsys.readouterr().err == "waiting for the server: /_lambent/logs: 503 away\nthe server is back\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["/nowhere"], "/nowhere is not a directory"),
        (["CODE", "--invoke", "/nowhere"], "/nowhere is not a file"),
        (["CODE", "--env", "A"], "--env takes NAME=VALUE"),
    ],
)
def test_what_cannot_be_begun(
    options: list[str], said: str, scripted: Scripted, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [str(code) if option == "CODE" else option for option in options]
    assert main(["dev", *options, *scripted.options]) == 1
    assert said in capsys.readouterr().err
    assert not scripted.asked


@pytest.mark.parametrize(
    ("names", "shown"), [(["a"], "a"), (["a", "b", "c"], "a, b, c"), (["a", "b", "c", "d", "e"], "a, b, c and 2 more")]
)
def test_many_changes_are_summed_up(names: list[str], shown: str) -> None:
    assert summary(names) == shown


def test_a_debugger_is_let_in_before_the_deploy_and_out_at_the_end(
    client: Client, server: Server, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session(client, code, "code", {}, None, 5678)
    session._let_debugger_in(5678)
    session._take_up()
    session.end()
    assert server.debugged == [5678, 5678, None]


def test_without_debug_nobody_is_let_in(client: Client, server: Server, code: Path) -> None:
    session = Session(client, code, "code", {})
    session._take_up()
    session._say_where()
    session.end()
    assert server.debugged == []


@pytest.mark.parametrize(("given", "port"), [(["--debug"], 5678), (["--debug", "9229"], 9229), ([], None)])
def test_the_port_of_the_debugger(given: list[str], port: int | None) -> None:
    assert build().parse_args(["dev", ".", *given]).debug == port
