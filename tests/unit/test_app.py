"""The composition root: opens, answers, ends, and says why when it cannot."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lambent import app
from lambent.assembly import doors
from lambent.model.errors import PlatformError
from lambent.settings import Settings

Options = dict[str, Any]


@asynccontextmanager
async def serving(data: Path, **options: Any) -> AsyncIterator[str]:
    """The whole program in this process, without walls; gives its address."""
    stop = asyncio.Event()
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = Settings(data=data, port=0, sandbox="process", **options)
    async with asyncio.TaskGroup() as group:
        program = group.create_task(app.serve(settings, stop=stop, ready=address.set_result))
        program.add_done_callback(lambda _: address.done() or address.cancel())
        try:
            yield await address
        finally:
            stop.set()


async def health(address: str, context: ssl.SSLContext | None = None) -> Any:
    def get() -> Any:
        with urllib.request.urlopen(f"{address}/_lambent/health", context=context, timeout=10) as response:
            return json.load(response)

    return await asyncio.to_thread(get)


async def test_from_open_to_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with serving(data) as address:
        assert (data / "endpoint").read_text() == f"{address}\n"
        assert (await health(address))["status"] == "running"
    assert not (data / "endpoint").exists()
    assert (data / "credentials.json").exists()
    with pytest.raises(OSError):
        await health(address)
    async with serving(data) as again:
        assert (await health(again))["status"] == "running"


async def test_one_server_a_directory(tmp_path: Path) -> None:
    async with serving(tmp_path):
        with pytest.raises(ExceptionGroup) as caught:
            async with serving(tmp_path):
                pass
    (error,) = caught.value.exceptions
    assert isinstance(error, PlatformError)
    assert str(error).startswith(f"the data directory {tmp_path} is in use by another Lambent (process ")


async def test_a_certificate_of_its_own(tmp_path: Path) -> None:
    async with serving(tmp_path, tls=True) as address:
        assert address.startswith("https://127.0.0.1:")
        trusted = ssl.create_default_context(cafile=tmp_path / "tls" / "certificate.pem")
        assert (await health(address, trusted))["status"] == "running"


async def test_anybody_is_root_only_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(tmp_path, auth=False) as address:
        assert f"signatures are not checked: whoever reaches {address} is root" in caplog.text


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda port, path: {"port": port}, "cannot listen on 127.0.0.1 port "),
        (
            lambda port, path: {"tls_certificate": path / "no", "tls_key": path / "no", "port": 0},
            "cannot use the certificate",
        ),
    ],
)
def test_what_forbids_a_start_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Callable[[int, Path], Options], text: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = make(taken.getsockname()[1], tmp_path)
        assert app.run(Settings(data=tmp_path, sandbox="process", **options)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1].startswith(f"lambent: {text}")


def test_signals_end_it_gracefully(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from lambent import app; from lambent.settings import Settings;"
        "sys.exit(app.run(Settings(data=Path(sys.argv[1]), port=0, sandbox='process')))"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(app.READY)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        ("0.0.0.0", "http://127.0.0.1:"),
        ("::", "http://[::1]:"),
        ("a.b", "http://a.b:"),
    ],
)
def test_addresses_that_clients_can_use(host: str, address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        assert doors._address("http", sock, host) == f"{address}{sock.getsockname()[1]}"
