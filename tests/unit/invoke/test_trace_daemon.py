"""The daemon's port: what is a document, and what comes too fast."""

from __future__ import annotations

import pytest

from lambent.invoke import trace_daemon
from lambent.invoke.trace_daemon import TraceDaemon, document_of

HEADER = b'{"format": "json", "version": 1}\n'


def test_documents_follow_a_header() -> None:
    assert document_of(HEADER + b'{"id": 1}\n') == '{"id": 1}'


@pytest.mark.parametrize(
    "data", [b"", b"{}", HEADER, b"{}\n{}", b'{"format":"xml","version":1}\n{}', HEADER + b"\xff", b"[1]\n{}"]
)
def test_what_is_no_document(data: bytes) -> None:
    assert document_of(data) is None


def test_a_flood_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    daemon = TraceDaemon(taken.append)
    now = [5.0]
    monkeypatch.setattr(trace_daemon.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(trace_daemon, "MOST_A_SECOND", 2)
    for _ in range(5):
        daemon.datagram_received(HEADER + b"{}", None)
    assert len(taken) == 2
    now[0] = 6.0
    daemon.datagram_received(HEADER + b"{}", None)
    assert len(taken) == 3
