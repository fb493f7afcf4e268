"""`lambent dev`: deploys a directory, and again after every change, and shows the function's log meanwhile.

One thread prints and deploys. Two others only wait for the server, the log's and (with --invoke) the answer's, and
put what they get into a queue: neither can hold up a deploy, and nothing is printed by two at once.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from lambent.cli import functions
from lambent.cli.client import Client, connect
from lambent.cli.environments import now
from lambent.cli.errors import CommandError
from lambent.cli.logs import PATH as LOGS_PATH
from lambent.cli.logs import Line, shown
from lambent.cli.output import size
from lambent.cli.watch import Watch, outputs
from lambent.model.errors import ApiError

HEALTH_PATH = "/_lambent/health"
DEBUG_PATH = "/_lambent/debug"
RETRY_SECONDS = 0.5
STDOUT, STDERR = 1, 2
_NAMED_AT_MOST = 3

Do = Callable[[], None]
"""Something for the thread that prints."""


def run(arguments: argparse.Namespace) -> int:
    """Deploy and watch until SIGINT or SIGTERM, which is the usual end. Raises CommandError, ApiError."""
    directory = functions.code_directory(arguments)
    event: Path | None = arguments.invoke
    if event is not None and not event.is_file():
        raise CommandError(f"{event} is not a file")
    wanted = functions.configuration(arguments)
    client = connect(arguments)
    name = functions.function_name(arguments)
    session = Session(client, directory, name, wanted, event, arguments.debug)
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        session.run()
    except KeyboardInterrupt:
        _end(client, name, removes=arguments.rm)
    except BrokenPipeError:  # the reader of our output has gone, and the user with it
        _end(client, name, removes=arguments.rm)
        raise
    finally:
        signal.signal(signal.SIGTERM, previous)
        session.end()
    return 0


def _end(client: Client, name: str, *, removes: bool) -> None:
    if removes:
        remove(client, name)
    else:
        say(f"{name} stays as it is deployed")


def remove(client: Client, name: str) -> None:
    """Delete the function, if it is there. Raises CommandError, ApiError."""
    try:
        client.call("DeleteFunction", FunctionName=name)
        say(f"{name} is removed")
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise


def say(text: str) -> None:
    """What we say ourselves: standard output is for the function's log and its answers."""
    print(text, file=sys.stderr, flush=True)


class Session:
    """One directory being developed; `wanted` is the function's configuration."""

    def __init__(
        self,
        client: Client,
        directory: Path,
        name: str,
        wanted: dict[str, Any],
        event: Path | None = None,
        debug_port: int | None = None,
    ) -> None:
        self._client = client
        self._directory = directory
        self._name = name
        self._wanted = wanted
        self._event = event
        self._debug_port = debug_port
        self._deployed: bytes | None = None
        self._due = False
        self._inbox: queue.SimpleQueue[Do] = queue.SimpleQueue()

    def run(self) -> None:
        """Go on until interrupted. Raises ApiError and CommandError only if the first deploy fails."""
        watch = Watch(self._directory, self._client.data, outputs(STDOUT, STDERR))
        start = now(self._client)
        self._let_debugger_in(self._debug_port)
        self._deploy()
        self._say_where()
        log = Following(self._client, self._name, start, self._inbox, back=self._take_up)
        threading.Thread(target=log.run, name="log", daemon=True).start()
        try:
            while True:
                self._work_off(watch.pause)
                if names := watch.look():
                    say(f"changed: {summary(names)}")
                    self._try_to_deploy()
        finally:
            log.ended.set()

    def end(self) -> None:
        """Environments that are made from now on let no debugger in. Never raises for a server that is gone."""
        with contextlib.suppress(CommandError, OSError):
            if self._debug_port is not None:
                self._client.post(DEBUG_PATH, {"function": self._name, "port": None})

    def _let_debugger_in(self, port: int | None) -> None:
        if port is not None:
            self._client.post(DEBUG_PATH, {"function": self._name, "port": port})

    def _say_where(self) -> None:
        """Raises CommandError for a runtime that cannot be debugged."""
        if self._debug_port is None:
            return
        runtime = str(self._client.call("GetFunctionConfiguration", FunctionName=self._name).get("Runtime", ""))
        if not runtime.startswith(("python", "nodejs")):
            raise CommandError(f"--debug is for Python and Node.js, not for {runtime}")
        say(f"a debugger can attach at 127.0.0.1:{self._debug_port} once {self._name} was invoked; it never times out")

    def _work_off(self, seconds: float) -> None:
        """Do what the other threads have for us, for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                do = self._inbox.get(timeout=left)
            except queue.Empty:
                return
            do()

    def _take_up(self) -> None:
        """The server is back: deploy what it was not there for, and tell it again what it has forgotten."""
        try:
            self._let_debugger_in(self._debug_port)
        except CommandError as error:
            say(f"no debugger can attach: {error}")
        if self._due:
            self._try_to_deploy()

    def _try_to_deploy(self) -> None:
        self._due = True
        try:
            self._deploy()
        except (ApiError, CommandError) as error:
            say(f"not deployed: {error}")
        else:
            self._due = False

    def _deploy(self) -> None:
        begun = time.monotonic()
        package = functions.pack(self._client, self._directory)
        if package == self._deployed:
            say("nothing to deploy: the package is the same")
            return
        say(f"deploying {self._name} ({size(len(package))})")
        again = self._deployed is not None
        deployed, created = functions.deploy(self._client, self._name, package, self._wanted, code_only=again)
        self._deployed = package
        done = "created" if created else "updated"
        say(f"ready in {time.monotonic() - begun:.2f} s: {done} {deployed['FunctionArn']}")
        if self._event is not None:
            threading.Thread(target=self._invoke, args=(self._event,), name="invoke", daemon=True).start()

    def _invoke(self, event: Path) -> None:
        """In a thread of its own, since it may take as long as the function does."""
        try:
            answer = self._client.call("Invoke", FunctionName=self._name, Payload=event.read_bytes())
        except (ApiError, CommandError, OSError) as error:
            self._inbox.put(partial(say, f"not invoked: {error}"))
            return
        text = bytes(answer["Payload"]).decode(errors="replace")
        self._inbox.put(partial(print, f"{answer.get('FunctionError', 'answer')}: {text}", flush=True))


class Following:
    """The function's log from `start` on (seconds since the epoch), over every loss of the server."""

    def __init__(self, client: Client, name: str, start: float, inbox: queue.SimpleQueue[Do], back: Do) -> None:
        self._client = client
        self._name = name
        self._next_ms = int(start * 1000)
        self._inbox = inbox
        self._back = back
        self.ended = threading.Event()

    def run(self) -> None:
        """In a thread of its own, which ends with the process, or soon after `ended` is set."""
        while not self.ended.is_set():
            try:
                self.follow()
            except CommandError as error:
                reason = str(error)
            else:
                reason = f"the server at {self._client.endpoint} ended"
            if self._answers():  # only the connection was lost, as after a quarter of an hour without a line
                self.ended.wait(RETRY_SECONDS)
                continue
            self._inbox.put(partial(say, f"waiting for the server: {reason}"))
            while not self._answers():
                if self.ended.wait(RETRY_SECONDS):
                    return
            self._inbox.put(partial(say, "the server is back"))
            self._inbox.put(self._back)

    def follow(self) -> None:
        """Hand over lines until the server ends. Raises CommandError."""
        wanted = {"function": self._name, "follow": "true", "start": str(self._next_ms)}
        for received in self._client.lines(LOGS_PATH, wanted):
            if received:
                line = msgspec.json.decode(received, type=Line)
                self._next_ms = max(self._next_ms, line.timestamp + 1)
                self._inbox.put(partial(print, shown(line), flush=True))

    def _answers(self) -> bool:
        try:
            return bool(list(self._client.lines(HEALTH_PATH, {})))
        except CommandError:
            return False


def summary(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
