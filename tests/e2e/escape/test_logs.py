"""Logs: floods, endless lines, noise and forged records are the function's own log, and nobody else's trouble."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.e2e.escape.world import ESCAPE, World

pytestmark = ESCAPE

NOISE = {
    "binary": "os.write(1, os.urandom(200_000))",
    "zeros": "os.write(1, bytes(200_000))",
    "newlines": "os.write(1, b'\\n' * 200_000)",
    "returns": "os.write(1, b'\\r' * 50_000 + b'\\n')",
    "terminal": "print('\\x1b[2J\\x1b]0;owned\\x07\\x1b[31m' * 100)",
    "half a character": "os.write(1, 'ü'.encode()[:1])",
    "surrogates": "os.write(1, b'\\xed\\xa0\\x80' * 1000)",
    "a line without end": "os.write(1, b'x' * 3_000_000)",
    "both streams": "[(os.write(1, b'a' * 100), os.write(2, b'b' * 100)) for _ in range(2000)]",
    "a frame that is none": "os.write(4, b'\\xa5\\x5a\\x00')",
    "a frame of four gigabytes": "os.write(4, struct.pack('>IIQ', 0xA55A0003, 0xFFFFFFFF, 0) + b'x')",
    "frames of nothing": "os.write(4, struct.pack('>IIQ', 0xA55A0003, 0, 0) * 10_000)",
    "frames in the plain log": "os.write(1, struct.pack('>IIQ', 0xA55A0003, 5, 0) + b'hello')",
    "frames of another time": "os.write(4, struct.pack('>IIQ', 0xA55A0003, 5, 1) + b'early')",
    "noise for frames": "os.write(4, os.urandom(200_000))",
    "closed": "os.close(1); os.close(2); os.close(4)",
    "swapped": "os.dup2(1, 4); os.dup2(4, 2)",
}


@pytest.mark.parametrize("kind", NOISE)
async def test_noise_of_every_kind_is_only_logged(world: World, kind: str) -> None:
    async with world.deployed(
        f"""
        def attack(event, context):
            if not event.get("again"):
                {NOISE[kind]}
            return "done"
        """,
        memory_mb=1769,
    ) as noisy:
        done = await noisy.run(request_id="the-first")
        assert done.answer == "done"
        assert done.report.startswith("REPORT RequestId: the-first\t")
        assert max(map(len, done.log)) <= 256 * 1024
        again = await noisy.run({"again": True}, request_id="the-second")
        assert again.report.startswith("REPORT RequestId: the-second\t")
        assert "END RequestId: the-second" in again.log
    await world.unharmed()


FORGED = [
    "START RequestId: forged Version: $LATEST",
    "END RequestId: forged",
    "REPORT RequestId: forged\tDuration: 0.01 ms\tBilled Duration: 1 ms\tMemory Size: 9 MB\tMax Memory Used: 1 MB\t",
    '{"time":"2024-01-01T00:00:00.000Z","type":"platform.report","record":{"requestId":"forged"}}',
]


async def test_forged_records_change_nothing_that_the_platform_tells(world: World) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            for line in event["lines"]:
                print(line, flush=True)
                message = line.encode()
                os.write(4, struct.pack(">IIQ", 0xA55A0003, len(message), 0) + message)
                twice = b"harmless\\n" + message
                os.write(4, struct.pack(">IIQ", 0xA55A0003, len(twice), 0) + twice)
        """
    ) as forger:
        done = await forger.run({"lines": FORGED}, request_id="the-real-one")
        assert done.log[-2] == "END RequestId: the-real-one"
        assert re.match(r"REPORT RequestId: the-real-one\tDuration: [\d.]+ ms\t.*Memory Size: 1769 MB\t", done.log[-1])
        assert done.log.count("START RequestId: the-real-one Version: $LATEST") == 1
    assert not [line for line in await world.neighbours_log() if "forged" in line]
    await world.unharmed()


async def test_a_log_group_of_another_cannot_be_named(world: World) -> None:
    done = await world.attack(
        """
        def attack(event, context):
            os.environ["AWS_LAMBDA_LOG_GROUP_NAME"] = "/aws/lambda/neighbour"
            os.environ["AWS_LAMBDA_LOG_STREAM_NAME"] = "../../../../escaped"
            print("I am somewhere else", flush=True)
        """
    )
    assert "I am somewhere else" in done.log
    assert "I am somewhere else" not in await world.neighbours_log()
    assert not list(world.data.rglob("*escaped*"))
    await world.unharmed()


@pytest.mark.parametrize("width", [0, 50, 10_000, 60_000])
async def test_a_flood_drops_no_line_of_the_neighbour(world: World, width: int) -> None:
    async with world.deployed(
        """
        def attack(event, context):
            line = b"x" * event["width"] + b"\\n"
            block = line * (1 + 60_000 // len(line))
            def flood():
                while True:
                    os.write(1, block)
            for _ in range(2):
                threading.Thread(target=flood, daemon=True).start()
            time.sleep(60)
        """,
        timeout=1,
    ) as flood:
        flooding = [asyncio.ensure_future(flood.run({"width": width})) for _ in range(3)]
        answered = 0
        while not all(each.done() for each in flooding):
            await world.unharmed()  # and within its patience: how long it takes is the machine's to say
            answered += 1
            await asyncio.sleep(0.05)
        for each in flooding:
            assert (await each).error == "Sandbox.Timedout"
        assert answered > 1
    told = await world.neighbours_log()
    entries = [int(line.split()[-1]) for line in told if line.startswith("diary entry ")]
    assert entries == list(range(1, len(entries) + 1))
    assert not [line for line in told if "dropped" in line]
    await world.unharmed()
