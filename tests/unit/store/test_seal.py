"""Sealed bytes, and where their key comes from."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.store.seal import Seal, master_key

KEY = bytes(range(32))


def test_only_who_has_key_and_context_can_open() -> None:
    sealed = Seal(KEY).close(b"secret", b"here")
    assert b"secret" not in sealed
    assert (Seal.is_closed(sealed), Seal.is_closed(b"secret"), Seal.is_closed(b"")) == (True, False, False)
    assert Seal(KEY).open(sealed, b"here") == b"secret"
    assert Seal(KEY).close(b"secret", b"here") != sealed
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for seal, text, context in (
        (Seal(bytes(32)), sealed, b"here"),
        (Seal(KEY), sealed, b"there"),
        (Seal(KEY), changed, b"here"),
        (Seal(KEY), b"\x02" + sealed[1:], b"here"),
        (Seal(KEY), sealed[:9], b"here"),
        (Seal(KEY), b"", b"here"),
    ):
        with pytest.raises(PlatformError, match="cannot be decrypted"):
            seal.open(text, context)


def test_a_file_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "a" / "master.key"
    key = master_key(None, file)
    assert len(key) == 32
    assert master_key(None, file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["master.key"]


def test_what_is_given_wins(tmp_path: Path) -> None:
    assert master_key(KEY.hex(), tmp_path / "none") == KEY
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "xyz", "00" * 31])
def test_no_keys(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    with pytest.raises(PlatformError, match=r"key must hold 64 hex digits"):
        master_key(None, file)
    with pytest.raises(PlatformError, match=r"LAMBENT_MASTER_KEY must hold 64 hex digits"):
        master_key(text, file)


def test_where_it_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlatformError, match="name another file with LAMBENT_MASTER_KEY_FILE"):
        master_key(None, tmp_path / "file" / "key")
