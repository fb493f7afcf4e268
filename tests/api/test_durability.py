"""What a synchronous invocation costs in durable writes: nothing. And what an idle server costs in memory."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambent import app
from lambent.assembly import data_plane
from lambent.cli.local_server import LocalServer
from lambent.settings import Settings
from lambent.store.code import CodeStore
from lambent.store.sqlite import SqliteStore
from tests.api.conftest import ECHO, make_role, parameters

IDLE_MB = 90


async def test_no_fsync_on_the_path_of_a_synchronous_invocation(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores: list[SqliteStore] = []
    codes: list[CodeStore] = []
    syncs: list[int] = []

    def kept(kind: Any, made: list[Any]) -> Any:
        def make(*args: Any, **more: Any) -> Any:
            made.append(kind(*args, **more))
            return made[-1]

        return make

    fsync = os.fsync

    def counted(descriptor: int) -> None:
        syncs.append(descriptor)
        fsync(descriptor)

    monkeypatch.setattr(app, "SqliteStore", kept(SqliteStore, stores))
    monkeypatch.setattr(data_plane, "CodeStore", kept(CodeStore, codes))
    monkeypatch.setattr(os, "fsync", counted)
    stop = asyncio.Event()
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = Settings(data=directory, port=0, sandbox="process")

    def figures() -> tuple[int, int, int]:
        return stores[0].commits, codes[0].blobs.syncs, len(syncs)

    async with asyncio.TaskGroup() as group:
        group.create_task(app.serve(settings, stop=stop, ready=address.set_result))
        aws = client(directory, await address)
        await asyncio.to_thread(make_role, client(directory, await address, "iam"))
        try:
            await asyncio.to_thread(aws.create_function, **parameters("f", ECHO))
            await asyncio.to_thread(
                aws.get_waiter("function_active_v2").wait, FunctionName="f", WaiterConfig={"Delay": 0.05}
            )
            created = figures()
            assert min(created) > 0
            for number in range(5):
                answer = await asyncio.to_thread(aws.invoke, FunctionName="f", Payload=str(number), LogType="Tail")
                assert json.load(answer["Payload"])["event"] == number
            assert figures() == created
        finally:
            stop.set()
            aws.close()


def client(directory: Path, address: str, service: str = "lambda") -> Any:
    keys = json.loads((directory / "credentials.json").read_text())
    return boto3.client(
        service,
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
    )


def test_idle_memory(directory: Path) -> None:
    with LocalServer(directory) as process:
        status = Path(f"/proc/{process.pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    assert int(resident.split()[1]) / 1024 < IDLE_MB
