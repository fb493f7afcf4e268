"""The page's files, and under which headers a browser gets them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lambent.gateway.assets import FOLDER, Assets
from lambent.http.message import Request, Response

NAMES = sorted(path.name for path in FOLDER.iterdir())


def get(path: str, method: str = "GET", **headers: str) -> Response | None:
    sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Assets().find(Request.of(method, path, sent))


def found(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    response = get(path, method, **headers)
    assert response is not None
    assert isinstance(response.body, bytes)
    return response.status, dict(response.headers), response.body


def test_the_address_itself_is_the_page() -> None:
    status, headers, body = found("/_lambent/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert body == (FOLDER / "index.html").read_bytes()


def test_without_its_slash_it_leads_there() -> None:
    status, headers, _ = found("/_lambent")
    assert (status, headers["Location"]) == (308, "/_lambent/")


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_served_under_guard(name: str) -> None:
    status, headers, body = found(f"/_lambent/{name}")
    assert (status, body) == (200, (FOLDER / name).read_bytes())
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"} <= set(policy)
    assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "trusted-types 'none'"} <= set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    [
        "/_lambent/../assets.py",
        "/_lambent/..%2fassets.py",
        "/_lambent/%2e%2e/assets.py",
        "/_lambent/page/index.html",
        "/_lambent//index.html",
        "/_lambent/index.html/",
        "/_lambent/INDEX.HTML",
        "/_lambent/index.html%00",
        "/_lambent/assets.py",
        "/_lambent/health",
        "/_lambently",
        "/_lambent/" + "/" + str(FOLDER / "index.html"),
    ],
)
def test_no_other_path_leads_to_a_file(path: str) -> None:
    assert get(path) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_can_only_be_read(method: str) -> None:
    assert get("/_lambent/", method) is None


def test_what_a_browser_has_is_not_sent_again() -> None:
    _, headers, _ = found("/_lambent/main.js")
    status, again, body = found("/_lambent/main.js", If_None_Match=headers["ETag"])
    assert (status, body) == (304, b"")
    assert again["Content-Security-Policy"] == headers["Content-Security-Policy"]
    assert found("/_lambent/main.js", If_None_Match='"old"')[0] == 200


def test_head_tells_the_length() -> None:
    _, headers, body = found("/_lambent/main.js", "HEAD")
    assert (headers["Content-Length"], body) == (str((FOLDER / "main.js").stat().st_size), b"")


def test_only_files_of_known_kinds_ship(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "secret.json").write_text("1")
    assets = Assets(tmp_path)
    assert assets.find(Request.of("GET", "/_lambent/a.js")) is not None
    assert assets.find(Request.of("GET", "/_lambent/secret.json")) is None


@pytest.mark.parametrize("name", NAMES)
def test_no_file_turns_text_into_markup_or_fetches_from_elsewhere(name: str) -> None:
    text = (FOLDER / name).read_text()
    risky = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|srcdoc|javascript:"
    assert not re.search(risky, text)
    found = set(re.findall(r"https?://[^\s\"'`/]+", text))
    assert found <= {"http://www.w3.org"} or (name, found) == ("samples.js", {"https://sns.us-east-1.amazonaws.com"})
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son[a-z]+=|\sstyle=", text)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_a_small_room(name: str) -> None:
    assert len((FOLDER / name).read_text().splitlines()) <= 400
