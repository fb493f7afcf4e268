"""A server that says what it is told to, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

KEYS = '{"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret", "session_secret": "00"}'


@dataclass
class Asked:
    """One request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Scripted:
    """`answer` gives (status, headers, body) for each request; `asked` holds them all; `data` has the root key."""

    endpoint: str
    data: Path
    answer: Callable[[Asked], tuple[int, dict[str, str], bytes]] = lambda asked: (200, {}, b"{}")
    asked: list[Asked] = field(default_factory=list)

    @property
    def options(self) -> list[str]:
        """What points a client command at this server."""
        return ["--endpoint", self.endpoint, "--data", str(self.data)]


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Scripted]:
    (tmp_path / "credentials.json").write_text(KEYS)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.asked.append(Asked(self.command, self.path, headers, body))
            status, sent, answer = script.answer(script.asked[-1])
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **sent}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *arguments: object) -> None:
            """Keep the test's output clean."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        script = Scripted(f"http://127.0.0.1:{server.server_port}", tmp_path)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield script
        server.shutdown()
        thread.join()
