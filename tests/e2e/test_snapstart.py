"""SnapStart on the real sandbox: one INIT, many environments, and what of a snapshot may not be seen in them."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from lambent.invoke.base import InitFailure
from lambent.invoke.template import Unfit
from lambent.model.errors import ApiError
from lambent.model.function import FunctionVersion
from lambent.runtimes.discover import discover
from lambent.runtimes.places import Places
from lambent.sandbox.snapshot import Snapshot
from lambent.settings import Settings
from tests.e2e.data_plane import ISOLATED, Platform

FOUND = discover(Places.of(Settings.from_environment()))

pytestmark = [pytest.mark.parametrize("platform", [ISOLATED], indirect=True)]

HANDLER = """
import os, pathlib, random, secrets, ssl, sys, tempfile, time, uuid
from snapshot_restore_py import register_after_restore, register_before_snapshot

print("importing")
steps = []
imported = uuid.uuid4().hex
register_before_snapshot(steps.append, "first")
register_before_snapshot(steps.append, "second")
register_after_restore(steps.append, "third")
register_after_restore(steps.append, "fourth")
pathlib.Path("/tmp/from init").write_text("kept")
notes = open("/tmp/from init")
notes.read(2)
data = [str(number) for number in range(50_000)]
uuid.uuid1(), random.random(), ssl.RAND_bytes(4)
count = 0
born = os.getpid()

def handler(event, context):
    global count
    count += 1
    do = event.get("do")
    if do == "sleep":
        time.sleep(event["seconds"])
    elif do == "crash":
        os._exit(3)
    found = sorted(os.listdir("/tmp"))
    pathlib.Path("/tmp", uuid.uuid4().hex).touch()
    return {
        "imported": imported, "steps": steps, "count": count, "data": sum(map(len, data)), "tmp": found,
        "rest": notes.read(),
        "random": random.random(), "uuid1": str(uuid.uuid1()), "uuid4": str(uuid.uuid4()), "token": secrets.token_hex(),
        "tls": ssl.RAND_bytes(16).hex(), "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
        "key": os.environ.get("AWS_ACCESS_KEY_ID"), "stream": context.log_stream_name,
        "token of the environment": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"],
        "descriptors": [int(fd) for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + fd)],
        "forked": os.getpid() != born, "now": time.time(),
    }
"""


def published(platform: Platform, source: str = HANDLER, **changes: Any) -> FunctionVersion:
    values = {"version": "1", "arn": "arn:aws:lambda:us-east-1:000000000000:function:f:1", "timeout": 10}
    return platform.function({"app.py": source}, **{**values, "snap_start": True, "optimized": True, **changes})


async def invoke(platform: Platform, function: FunctionVersion, **event: Any) -> Any:
    result = await platform.invoke(function, event)
    assert result.function_error is None, result.payload
    return json.loads(result.payload)


@pytest.mark.parametrize("runtime", ["python3.12", "python3.13", "python3.14"])
async def test_a_function_is_initialized_once_for_many_environments(platform: Platform, runtime: str) -> None:
    if runtime not in FOUND:
        pytest.skip(f"{runtime} is not on this machine")
    function = published(platform, runtime=runtime)
    snapshot = await platform.dispatcher.snapshots.made(function)
    assert isinstance(snapshot, Snapshot)
    assert platform.dispatcher.environments() == [], "the template is still there"
    answers = await asyncio.gather(*(invoke(platform, function, do="sleep", seconds=0.3) for _ in range(10)))
    assert (await platform.log()).count("importing") == 1
    assert {answer["imported"] for answer in answers} == {answers[0]["imported"]}
    environments = platform.dispatcher.environments()
    answers = [answer for answer in answers if answer["count"] == 1]  # on a busy machine some served two, or none
    assert 1 < len(answers) <= len(environments)
    assert {answer["data"] for answer in answers} == {238_890}
    assert all(answer["steps"] == ["second", "first", "third", "fourth"] for answer in answers)
    for name in ("random", "uuid1", "uuid4", "token", "tls", "token of the environment"):
        assert len({answer[name] for answer in answers}) == len(answers), name
    for answer in answers:
        assert (answer["tmp"], answer["rest"]) == (["from init"], "pt")
        assert (answer["type"], answer["key"], answer["stream"]) == ("snap-start", None, None)
        assert answer["descriptors"] == [0, 1, 2, 3, 4, 6], "its own, and the file that the function opened"
        assert answer["forked"], "libraries would not notice"
        assert abs(answer["now"] - time.time()) < 30
    assert {info.init_type for info in environments} == {"snap-start"}


async def test_what_its_log_says(platform: Platform) -> None:
    function = published(platform)
    await invoke(platform, function)
    await invoke(platform, function)
    log = [re.sub(r"[\d.]+ ms", "N ms", line) for line in await platform.log()]
    kinds = [line.split(" ")[0] for line in log]
    begun = ["INIT_START", "importing", "INIT_REPORT", "RESTORE_START", "RESTORE_REPORT", "START"]
    assert [kind for kind in kinds if kind not in ("END", "REPORT")] == [*begun, "START"]
    assert "INIT_REPORT Init Duration: N ms\tPhase: init" in log
    assert "RESTORE_REPORT Restore Duration: N ms" in log
    first, second = [line for line in log if line.startswith("REPORT")]
    assert first.endswith("\tRestore Duration: N ms\tBilled Restore Duration: N ms\t")
    assert "Restore" not in second


async def test_after_a_crash_the_snapshot_is_restored_again(platform: Platform) -> None:
    function = published(platform)
    first = await invoke(platform, function)
    assert b"Runtime.ExitError" in (await platform.invoke(function, {"do": "crash"})).payload
    second = await invoke(platform, function)
    assert (second["imported"], second["count"]) == (first["imported"], 1)
    assert second["uuid4"] != first["uuid4"]
    assert (await platform.log()).count("importing") == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("threading.Thread(target=threading.Event().wait, daemon=True).start()", "runs 2 threads"),
        ("kept = socket.create_server(('127.0.0.1', 0))", r"holds a socket open \(descriptor \d+\)"),
    ],
)
async def test_what_cannot_be_captured_is_initialized_anew_each_time(
    platform: Platform, source: str, reason: str
) -> None:
    head = "import asyncio, os, socket, threading, uuid\nfrom snapshot_restore_py import *\nsteps = []\n"
    hooks = (
        "register_before_snapshot(steps.append, 1)\nregister_after_restore(steps.append, 2)\nme = uuid.uuid4().hex\n"
    )
    handler = "def handler(event, context): return [steps, me, os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']]\n"
    function = published(platform, head + hooks + source + "\n" + handler)
    outcome = await platform.dispatcher.snapshots.made(function)
    assert isinstance(outcome, Unfit)
    assert re.fullmatch(reason, outcome.reason)
    answer = await invoke(platform, function)
    assert (answer[0], answer[2]) == ([1, 2], "snap-start")
    [said] = [line for line in await platform.log() if line.startswith("SnapStart")]
    assert said == (
        f"SnapStart: no snapshot was made, because the function {outcome.reason}."
        " Each of its environments is initialized anew."
    )


async def test_hooks_that_fail(platform: Platform) -> None:
    head = "from snapshot_restore_py import *\ndef fail(): raise ValueError('no')\ndef handler(event, context): pass\n"
    before = published(platform, head + "register_before_snapshot(fail)")
    outcome = await platform.dispatcher.snapshots.made(before)
    assert outcome == InitFailure(
        "FunctionError.RuntimeInitError",
        "The function failed while it was initialized: Runtime.BeforeSnapshotError.",
    )
    after = published(platform, head + "register_after_restore(fail)")
    with pytest.raises(ApiError) as caught:
        await platform.invoke(after)
    assert (caught.value.code, caught.value.status) == ("SnapStartException", 400)
    log = await platform.log()
    assert any(line.startswith("[ERROR] ValueError: no") for line in log)
    assert any(line.endswith("\tStatus: error\tError Type: Runtime.AfterRestoreError") for line in log)


async def test_a_template_that_memory_runs_out_for_is_made_again(platform: Platform) -> None:
    source = (
        "import os\nif not os.environ.get('FINE'):\n    hog = bytearray(1 << 30)\ndef handler(event, context): return 1"
    )
    function = published(platform, source)
    outcome = await platform.dispatcher.snapshots.made(function)
    assert isinstance(outcome, InitFailure)
    assert outcome.code == "FunctionError.RuntimeInitError"
    fine = published(platform, source, variables={"FINE": "1"})
    assert await invoke(platform, fine) == 1


async def test_what_a_hostile_template_writes_reaches_nobody_but_its_own_function(platform: Platform) -> None:
    source = """
import os
if os.path.exists("/proc/self/fd/5"):  # the template's image
    os.dup2(5, 99)
    null = os.memfd_create("null")
    os.ftruncate(null, 1 << 48)
    os.dup2(null, 5)
def handler(event, context):
    try:
        return os.pwrite(99, b"x", 0)
    except OSError as error:
        return error.errno
"""
    function = published(platform, source)
    assert await invoke(platform, function) == 9, "what it kept is not there"
    assert await invoke(platform, published(platform)) is not None


async def test_latest_has_snapshots_where_that_is_wanted(platform: Platform) -> None:
    await platform.close()
    platform.settings = Settings.from_environment(snapstart_latest=True)
    await platform.open()
    changes = {"version": "$LATEST", "arn": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"}
    function = published(platform, optimized=False, **changes)
    answers = await asyncio.gather(*(invoke(platform, function, do="sleep", seconds=0.2) for _ in range(2)))
    assert answers[0]["imported"] == answers[1]["imported"]
    assert (await platform.log()).count("importing") == 1
    newer = published(platform, optimized=False, **changes)
    platform.dispatcher.retire(function.arn, newer.revision_id)
    assert (await invoke(platform, newer))["imported"] != answers[0]["imported"]


async def test_nothing_is_left(platform: Platform) -> None:
    function = published(platform)
    await invoke(platform, function)
    assert any("memfd:snapshot" in each for each in open_files())
    platform.dispatcher.retire(function.arn, None)
    assert not any("memfd:snapshot" in each for each in open_files())


def open_files() -> list[str]:
    found = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(link.readlink()))
        except OSError:
            continue
    return found
