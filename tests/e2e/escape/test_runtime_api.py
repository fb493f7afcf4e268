"""The Runtime API as seen by a runtime that lies: forged calls, giant headers, floods. Only its own requests suffer."""

from __future__ import annotations

import asyncio
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.escape.world import ESCAPE, INSIDE, Outcome, World, descriptors, read_if_there

pytestmark = ESCAPE

_BOOTSTRAP = """#!/usr/bin/env python3
import http.client, json, os, signal, socket, sys, threading, time
sys.path.insert(0, "/var/task")
from inside import *

HOST, PORT = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
BASE = "/2018-06-01/runtime/"

def call(method, path, body=None, **headers):
    connection = http.client.HTTPConnection(HOST, int(PORT), timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        return answer
    except (OSError, http.client.HTTPException) as error:
        broken = type("Broken", (), {"status": 0, "text": type(error).__name__, "headers": {}})
        return broken
    finally:
        connection.close()

def raw(data, seconds=1):
    one = socket.create_connection((HOST, int(PORT)), seconds)
    try:
        one.sendall(data)
        return one.recv(65536).decode(errors="replace").split("\\r\\n")[0]
    except OSError as error:
        return type(error).__name__
    finally:
        one.close()

def answer(request, value):
    return call("POST", BASE + "invocation/" + request + "/response", json.dumps(value)).status

SOURCE

while True:
    event = call("GET", BASE + "invocation/next")
    if event.status != 200:
        sys.exit(1)
    request = event.headers["Lambda-Runtime-Aws-Request-Id"]
    wanted = json.loads(event.text)
    if isinstance(wanted, dict) and wanted.get("again"):
        answer(request, "again")
    else:
        attack(request, wanted)
"""


def runtime(source: str) -> dict[str, Any]:
    """What `World.deployed` needs for a program of one's own that runs `attack(request, event)` for each event."""
    bootstrap = _BOOTSTRAP.replace("SOURCE", textwrap.dedent(source))
    return {
        "files": {"bootstrap": bootstrap, "inside.py": INSIDE},
        "runtime": "provided.al2023",
        "handler": "none",
        "memory_mb": 1024,
    }


async def lie(world: World, source: str, event: Any = None, seconds: int = 5) -> Outcome:
    """Run an attack, then see that the function still works, in whatever environment."""
    async with world.deployed(**runtime(source), timeout=seconds) as liar:
        done = await liar.run(event)
        await world.unharmed()
        assert (await liar.run({"again": True})).answer == "again"
    await world.unharmed()
    return done


async def test_answers_to_other_requests_are_refused(world: World) -> None:
    done = await lie(
        world,
        """
        def attack(request, event):
            others = ["00000000-0000-0000-0000-000000000000", "..", "%2e%2e", request.upper(), request + "x", "*"]
            answer(request, [answer(other, "forged") for other in others if other != request])
        """,
    )
    assert set(done.answer) <= {400, 404}


async def test_a_second_answer_is_refused(world: World) -> None:
    async with world.deployed(
        **runtime(
            """
            def attack(request, event):
                answer(request, "first")
                later = [answer(request, "second"), answer(request, "third"),
                         call("POST", BASE + "invocation/" + request + "/error", "{}").status]
                print("later", later, flush=True)
            """
        )
    ) as liar:
        assert (await liar.run()).answer == "first"
        assert (await liar.run({"again": True})).answer == "again"
        assert "later [403, 403, 403]" in await liar.log()
    await world.unharmed()


async def test_moves_that_the_state_does_not_allow_are_refused(world: World) -> None:
    done = await lie(
        world,
        """
        def attack(request, event):
            tried = [
                call("POST", BASE + "init/error", "{}").status,
                call("GET", "/2018-06-01/runtime/restore/next").status,
                call("POST", BASE + "restore/error", "{}").status,
                call("DELETE", BASE + "invocation/next").status,
                call("POST", BASE + "invocation/next", "{}").status,
                call("GET", BASE + "invocation/" + request + "/response").status,
                call("GET", "/").status, call("GET", "//etc/passwd").status, call("GET", "/../../x").status,
                call("GET", "/_lambent/health").status, call("GET", "/2015-03-31/functions").status,
                call("PATCH", BASE + "invocation/next").status,
            ]
            answer(request, tried)
        """,
    )
    assert set(done.answer) <= {400, 403, 404, 405}


async def test_the_same_event_again_and_nobody_elses(world: World) -> None:
    done = await lie(
        world,
        """
        def attack(request, event):
            ids = {call("GET", BASE + "invocation/next").headers.get("Lambda-Runtime-Aws-Request-Id") for _ in range(5)}
            answer(request, ids == {request})
        """,
    )
    assert done.answer is True


HEADS = {
    "a huge header": "b'GET /2018-06-01/runtime HTTP/1.1\\r\\nX: ' + b'x' * (3 << 20) + b'\\r\\n\\r\\n'",
    "many headers": "b'GET / HTTP/1.1\\r\\n' + b'A: b\\r\\n' * 100_000 + b'\\r\\n'",
    "a huge path": "b'GET /' + b'x' * (3 << 20) + b' HTTP/1.1\\r\\n\\r\\n'",
    "no HTTP": "b'\\x16\\x03\\x01' + bytes(500)",
    "an old HTTP": "b'GET /\\r\\n'",
    "two lengths": "b'POST / HTTP/1.1\\r\\nContent-Length: 5\\r\\nContent-Length: 6\\r\\n\\r\\nhello'",
    "length and chunks": "b'PUT / HTTP/1.1\\r\\nContent-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0'",
    "a negative length": "b'POST / HTTP/1.1\\r\\nContent-Length: -5\\r\\n\\r\\nhello'",
    "a bad chunk": "b'POST / HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\nhello'",
    "a zero in a header": "b'GET / HTTP/1.1\\r\\nA: \\x00\\r\\n\\r\\n'",
}


@pytest.mark.parametrize("kind", HEADS)
async def test_requests_that_are_none_are_refused(world: World, kind: str) -> None:
    done = await lie(world, f"def attack(request, event): answer(request, raw({HEADS[kind]}))")
    cut_off = ("", "ConnectionResetError", "BrokenPipeError", "TimeoutError")
    assert done.answer.startswith(("HTTP/1.1 4", "HTTP/1.1 5")) or done.answer in cut_off


async def test_an_answer_that_is_too_large_is_refused_without_being_kept(world: World) -> None:
    async with world.deployed(
        **runtime(
            """
            def attack(request, event):
                print(call("POST", BASE + "invocation/" + request + "/response", b"x" * (40 << 20)).status, flush=True)
            """
        ),
        timeout=10,
    ) as liar:
        done = await liar.run()
        assert done.error == "Function.ResponseSizeTooLarge"
        await world.unharmed()
        assert (await liar.run({"again": True})).answer == "again"
        assert "413" in await liar.log()
    await world.unharmed()


@pytest.mark.parametrize("body", ["slow", "cut"])
async def test_an_answer_that_does_not_end(world: World, body: str) -> None:
    done = await lie(
        world,
        """
        def attack(request, event):
            one = socket.create_connection((HOST, int(PORT)))
            path = f"{BASE}invocation/{request}/response"
            one.sendall(f"POST {path} HTTP/1.1\\r\\nContent-Length: 99\\r\\n\\r\\nx".encode())
            if event == "cut":
                one.close()
            time.sleep(60)
        """,
        body,
        seconds=1,
    )
    assert done.error in ("Sandbox.Timedout", "Runtime.TruncatedResponse")


async def test_error_types_and_content_types_cannot_write_the_platforms_log_lines(world: World) -> None:
    async with world.deployed(
        **runtime(
            """
            def attack(request, event):
                evil = "Runtime.X\\tStatus: success REPORT RequestId: forged"
                body = '{"errorType": "x", "errorMessage": "y"}'
                status = call("POST", BASE + "invocation/" + request + "/error", body,
                              Lambda_Runtime_Function_Error_Type=evil, Content_Type="text/plain; x=\\t\\u00ff").status
                print("sent", status, flush=True)
            """
        )
    ) as liar:
        done = await liar.run(request_id="the-real-one")
        reports = [line for line in done.log if "REPORT" in line]
        assert len(reports) == 1
        assert reports[0].startswith("REPORT RequestId: the-real-one\t")
        assert "forged" not in reports[0]
    await world.unharmed()


async def test_many_connections_to_the_runtime_api_are_its_own_loss(world: World) -> None:
    before = descriptors()
    async with world.deployed(
        **runtime(
            """
            def attack(request, event):
                for _ in range(4):
                    if os.fork() == 0:
                        kept = []
                        try:
                            while True:
                                kept.append(socket.create_connection((HOST, int(PORT)), 5))
                                kept[-1].send(b"GET /slow HTTP/1.1\\r\\n")
                        except OSError:
                            time.sleep(60)
                time.sleep(60)
            """
        ),
        timeout=2,
    ) as liar:
        flooding = asyncio.ensure_future(liar.run())
        most = 0
        for _ in range(6):
            await asyncio.sleep(0.25)
            most = max(most, descriptors() - before)
            await world.unharmed()
        await flooding
        assert most < 200
    await world.unharmed()


async def test_giant_heads_on_every_connection_are_bounded_and_freed(world: World) -> None:
    memory = resident_mb()
    async with world.deployed(
        **runtime(
            """
            def attack(request, event):
                for _ in range(4):
                    kept = []
                    for _ in range(62):
                        kept.append(socket.create_connection((HOST, int(PORT)), 5))
                        kept[-1].sendall(b"GET / HTTP/1.1\\r\\nHost: h\\r\\n")
                        for number in range(30):
                            kept[-1].sendall(f"A{number}: {'x' * 60_000}\\r\\n".encode())
                    time.sleep(0.1)
                answer(request, len(kept))
            """
        ),
        timeout=20,
    ) as liar:
        lying = asyncio.ensure_future(liar.run())
        most = 0
        while not lying.done():
            await asyncio.sleep(0.05)
            most = max(most, resident_mb() - memory)
            await world.unharmed()
        assert (await lying).answer == 62
        assert most < 300
    await world.unharmed()


def resident_mb() -> int:
    """Resident memory of the platform, which is this process."""
    return int(read_if_there(Path("/proc/self/statm")).split()[1]) * 4096 // (1 << 20)


PROGRAMS = {
    "empty": "",
    "garbage": "\x7fELF garbage",
    "no interpreter": "#!/nowhere\n",
    "an endless chain": "#!/var/task/bootstrap\n",
    "exits": "#!/bin/sh\nexit 3\n",
    "kills itself": "#!/bin/sh\nkill -9 $$\n",
    "kills everybody": "#!/bin/sh\nkill -9 -1\n",
}


@pytest.mark.parametrize("kind", PROGRAMS)
async def test_programs_that_are_none(world: World, kind: str) -> None:
    done = await world.attack("", files={"bootstrap": PROGRAMS[kind]}, runtime="provided.al2023", timeout=3)
    assert done.error is not None
    assert done.error.startswith("Runtime.")
    await world.unharmed()
