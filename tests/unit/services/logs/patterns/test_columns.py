"""Patterns of fields between spaces; the facts are those of AWS's page "Filter pattern syntax" (space-delimited)."""

from __future__ import annotations

import pytest

from lambent.services.logs.patterns.columns import ColumnPattern, split
from lambent.services.logs.patterns.malformed import Malformed

ACCESS = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
NAMES = "ip, id, user, timestamp, request"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (f"[{NAMES}, status, bytes]", True),
        (f"[{NAMES}, status]", False),
        (f"[{NAMES}, status=4*, bytes]", True),
        (f"[{NAMES}, status_code = 404, bytes > 1000]", True),
        (f"[{NAMES}, status=404, bytes >= 1534, more]", False),
        ("[ip, id, user, timestamp, request =*.html*, status_code = 4*, bytes]", True),
        ("[..., status_code = 4*, bytes]", True),
        ("[..., status_code = 5*, bytes]", False),
        ("[ip = 127.0.0.1, ...]", True),
        ("[ip, ..., bytes < 2000]", True),
        ("[w1, w2, ...]", True),
        (r"[ip=%127\.0\.0\.[1-9]%, ...]", True),
        (r"[..., status=%^4[0-9]{2}$%, bytes]", True),
        ("[ip != 127.0.0.1, ...]", False),
        ("[ip, id, user=frank || user=bob, ...]", True),
        ("[ip, id, user!=frank && user!=bob, ...]", False),
        ('[..., request="GET *", status, bytes]', True),
        ("[a, b, c, d, e, f, g, ...]", True),
        ("[a, b, c, d, e, f, g, h, ...]", False),
        ("[*, *, user = frank, ...]", True),
    ],
)
def test_what_matches(pattern: str, matches: bool) -> None:
    assert (ColumnPattern(pattern).match(ACCESS) is not None) is matches


def test_what_is_drawn_out() -> None:
    assert ColumnPattern("[ip, ..., status = 4*, bytes]").match(ACCESS) == {
        "$ip": "127.0.0.1",
        "$2": "Prod",
        "$3": "frank",
        "$4": "10/Oct/2000:13:25:15 -0700",
        "$5": "GET /index.html HTTP/1.0",
        "$status": "404",
        "$bytes": "1534",
    }


def test_fields() -> None:
    assert split('a "b c" [d e] f"g  h') == ["a", "b c", "d e", 'f"g', "h"]
    assert split("") == []


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[a, b", "] is missing"),
        ("[a] x", "something follows"),
        ("[..., a, ...]", "only once"),
        ("[a,, b]", "name is missing"),
        ("[a = 1 && b = 2]", "conditions on a must name it"),
        ("[a > x]", "compares numbers"),
        ("[]", "name is missing"),
    ],
)
def test_what_is_no_pattern(pattern: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        ColumnPattern(pattern)
