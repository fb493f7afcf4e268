"""How addresses look, and how they are told from requests."""

from __future__ import annotations

import re

import pytest

from lambent.services.lambda_.url_addresses import Asked, address, asked, new_id

ID = "abcdefghijklmnopqrstuvwxyz234567"


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://127.0.0.1:4566", f"http://{ID}.lambda-url.us-east-1.localhost:4566/"),
        ("http://[::1]:4566", f"http://{ID}.lambda-url.us-east-1.localhost:4566/"),
        ("http://localhost:4566", f"http://{ID}.lambda-url.us-east-1.localhost:4566/"),
        ("https://lambda.example.com", f"https://{ID}.lambda-url.us-east-1.lambda.example.com/"),
        ("http://10.1.2.3:80", f"http://10.1.2.3:80/_lambent/url/{ID}/"),
        ("", f"://{ID}.lambda-url.us-east-1.localhost/"),
    ],
)
def test_an_address_leads_back_to_its_id(endpoint: str, expected: str) -> None:
    made = address(endpoint, "us-east-1", ID)
    assert made == expected
    host, _, path = made.partition("://")[2].partition("/")
    assert asked(f"/{path}", {"host": host}) == Asked(ID, "/")


def test_the_path_below_stays_as_it_was_sent() -> None:
    host = {"host": f"{ID.upper()}.Lambda-URL.us-east-1.localhost:1".replace("Lambda-URL", "lambda-url")}
    assert asked("/a%20b/", host) == Asked(ID, "/a%20b/")
    assert asked(f"/_lambent/url/{ID}", {}) == Asked(ID, "/")
    assert asked(f"/_lambent/url/{ID}/a%2Fb", {"host": "10.0.0.1"}) == Asked(ID, "/a%2Fb")


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/", "localhost:4566"),
        ("/", f"{ID}x.lambda-url.us-east-1.localhost"),
        ("/", "short.lambda-url.us-east-1.localhost"),
        ("/_lambent/url/short/", ""),
        (f"/_lambent/url/{ID}x", ""),
        ("/_lambent/health", ""),
    ],
)
def test_everything_else_is_for_other_doors(path: str, host: str) -> None:
    assert asked(path, {"host": host}) is None


def test_ids_are_labels() -> None:
    assert re.fullmatch("[a-z2-7]{32}", new_id("0123456789" * 4))
    assert new_id("0" * 40) == "a" * 32
    assert new_id("f" * 40) == "7" * 32
