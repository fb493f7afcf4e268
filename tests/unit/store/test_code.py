"""Packages from upload to removal: whole or not at all, and made again when missing."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import importlib.util
import os
import shutil
from pathlib import Path

import pytest

from lambent.model.errors import PlatformError
from lambent.model.function import CodePackage
from lambent.store import code as code_module
from lambent.store.code import CodeStore
from lambent.store.package import BadPackage, Reason

SPECIFICATION = importlib.util.spec_from_file_location("zips", Path(__file__).with_name("zips.py"))
assert SPECIFICATION is not None and SPECIFICATION.loader is not None
zips = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(zips)

PACKAGE = zips.zipped(("app.py", b"print(1)"), ("lib/x.py", b"x"))
OTHER = zips.zipped(("app.py", b"print(2)"))


@pytest.fixture
def code(tmp_path: Path) -> CodeStore:
    return CodeStore(tmp_path)


def remains(root: Path) -> set[str]:
    """Every file below `root`, and every entry of code/ and tmp/."""
    found = {path for path in root.rglob("*") if path.is_file()}
    found |= {path for name in ("code", "tmp") if (root / name).exists() for path in (root / name).iterdir()}
    return {path.relative_to(root).as_posix() for path in found}


async def test_a_package_is_stored_and_unpacked(code: CodeStore) -> None:
    package = await code.add(PACKAGE)
    digest = hashlib.sha256(PACKAGE).hexdigest()
    assert package == CodePackage(digest=digest, size=len(PACKAGE), unpacked_size=9)
    assert await code.blobs.read(digest) == PACKAGE
    assert (code.tree(digest) / "app.py").read_bytes() == b"print(1)"
    assert await code.inspect(PACKAGE) == 9


async def test_the_same_package_is_stored_once(code: CodeStore, tmp_path: Path) -> None:
    first = await code.add(PACKAGE)
    before = remains(tmp_path)
    assert await asyncio.gather(*(code.add(PACKAGE) for _ in range(5))) == [first] * 5
    assert remains(tmp_path) == before


async def test_what_was_made_durable_once_is_not_made_so_again_unless_it_has_gone(code: CodeStore) -> None:
    first = await code.add(PACKAGE)
    syncs = code.blobs.syncs
    assert await code.add(PACKAGE) == first
    assert code.blobs.syncs == syncs
    with pytest.raises(BadPackage):
        await code.add(PACKAGE, limit=first.unpacked_size - 1)
    code.blobs.path(first.digest).unlink()
    assert await code.add(PACKAGE) == first
    assert code.blobs.syncs > syncs
    assert await code.blobs.read(first.digest) == PACKAGE
    await code.remove(first.digest)
    assert not code.is_unpacked(first.digest)
    assert await code.add(PACKAGE) == first
    assert code.is_unpacked(first.digest)


async def test_concurrent_uploads_of_one_package(code: CodeStore, tmp_path: Path) -> None:
    packages = await asyncio.gather(*(code.add(PACKAGE) for _ in range(8)), code.add(OTHER))
    assert len({package.digest for package in packages}) == 2
    assert {path.name for path in (tmp_path / "code").iterdir()} == {package.digest for package in packages}
    assert list((tmp_path / "tmp").iterdir()) == []


REFUSED = [pytest.param(make, reason, id=what) for what, make, reason in zips.REFUSED]
DAMAGED = [pytest.param(make, "corrupt", id=what) for what, make in zips.DAMAGED]


@pytest.mark.parametrize(("make", "reason"), REFUSED + DAMAGED)
async def test_nothing_is_left_of_a_refused_package(
    make: zips.BuildZip, reason: str, code: CodeStore, tmp_path: Path
) -> None:
    with pytest.raises(BadPackage) as refused:
        await code.add(make(), limit=zips.MIB)
    assert refused.value.reason == reason
    assert remains(tmp_path) == set()


async def test_the_limit_is_the_callers(code: CodeStore) -> None:
    for call in (code.inspect, code.add):
        with pytest.raises(BadPackage) as refused:
            await call(PACKAGE, limit=8)
        assert refused.value.reason == Reason.TOO_LARGE
    assert (await code.add(PACKAGE, limit=9)).unpacked_size == 9


async def test_a_missing_tree_is_made_again(code: CodeStore, tmp_path: Path) -> None:
    package = await code.add(PACKAGE)
    for _ in range(5):
        shutil.rmtree(tmp_path / "code")
        # Each with locks of its own: they race to put the tree in its place.
        trees = await asyncio.gather(*(CodeStore(tmp_path).ensure_tree(package.digest) for _ in range(4)))
        assert set(trees) == {code.tree(package.digest)}
        assert (trees[0] / "lib" / "x.py").read_bytes() == b"x"
        assert list((tmp_path / "tmp").iterdir()) == []


async def test_a_tree_that_is_there_is_not_touched(code: CodeStore, tmp_path: Path) -> None:
    package = await code.add(PACKAGE)
    before = code.tree(package.digest).stat()
    await code.blobs.delete(package.digest)
    assert await code.ensure_tree(package.digest) == code.tree(package.digest)
    assert code.tree(package.digest).stat().st_ino == before.st_ino


async def test_a_package_that_is_not_there(code: CodeStore) -> None:
    with pytest.raises(PlatformError):
        await code.ensure_tree("0" * 64)
    with pytest.raises(ValueError):
        await code.ensure_tree("../../etc")
    with pytest.raises(ValueError):
        code.tree("..")


async def test_remove(code: CodeStore, tmp_path: Path) -> None:
    package, kept = await code.add(PACKAGE), await code.add(OTHER)
    await code.remove(package.digest)
    await code.remove(package.digest)
    assert {path.name for path in (tmp_path / "code").iterdir()} == {kept.digest}
    assert await code.blobs.digests() == [kept.digest]
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_sweep_deletes_what_no_record_names_and_what_was_left_half_made(code: CodeStore, tmp_path: Path) -> None:
    live, dead = await code.add(PACKAGE), await code.add(OTHER)
    only_blob = await code.blobs.put(zips.zipped(("blob", b"")))
    only_tree = "f" * 64
    (tmp_path / "code" / only_tree).mkdir()
    (tmp_path / "tmp" / "unpack-1-1").mkdir()
    (tmp_path / "tmp" / "unpack-1-1" / "half").write_text("")
    (tmp_path / "tmp" / "ext4-image").write_text("")
    (tmp_path / "blobs" / "incoming" / "put-1-1").write_text("")

    # This process added both: their records may be on their way.
    assert await code.sweep(set()) == {only_blob, only_tree}
    assert await CodeStore(tmp_path).sweep({live.digest}) == {dead.digest}
    assert await code.blobs.digests() == [live.digest]
    assert {name for name in remains(tmp_path) if not name.startswith("blobs")} == {
        f"code/{live.digest}",
        f"code/{live.digest}/app.py",
        f"code/{live.digest}/lib/x.py",
        "tmp/ext4-image",
    }
    assert list((tmp_path / "blobs" / "incoming").iterdir()) == []


async def test_an_empty_store_can_be_swept(code: CodeStore) -> None:
    assert await code.sweep(set()) == set()


@pytest.mark.parametrize("step", ["tree", "blob"])
async def test_a_full_disk_is_a_platform_error_and_leaves_nothing(
    step: str, code: CodeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: object) -> None:
        assert len(list(tmp_path.rglob("app.py"))) == 1
        raise OSError(errno.ENOSPC, "No space left on device")

    if step == "tree":
        monkeypatch.setattr(code_module, "sync_file_system", full)
    else:
        monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PlatformError, match="No space left"):
        await code.add(PACKAGE)
    assert remains(tmp_path) == set()
    monkeypatch.undo()
    assert (await code.add(PACKAGE)).unpacked_size == 9


async def test_who_gives_up_while_it_is_unpacked_leaves_no_half(code: CodeStore, tmp_path: Path) -> None:
    large = zips.zipped(*((f"f{n}", bytes(2000)) for n in range(500)))
    adding = asyncio.create_task(code.add(large))
    while not (tmp_path / "tmp").exists():
        await asyncio.to_thread(lambda: None)
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding
    package = await code.add(large)
    assert len(list(code.tree(package.digest).iterdir())) == 500
    assert await code.sweep({package.digest}) == set()


def reversed_bytes(data: bytes) -> bytes:
    return data[::-1]


async def test_a_sealed_package_lies_open_only_as_long_as_a_server_runs(code: CodeStore, tmp_path: Path) -> None:
    package, blob = await code.add_sealed(PACKAGE, reversed_bytes)
    assert package == CodePackage(digest=hashlib.sha256(PACKAGE).hexdigest(), size=len(PACKAGE), unpacked_size=9)
    assert await code.blobs.read(blob) == PACKAGE[::-1]
    assert code.is_opened(blob)
    await code.shut()
    assert not code.is_opened(blob)
    assert {name.rpartition("/")[2] for name in remains(tmp_path)} == {blob}
    tree = await code.ensure_opened(blob, reversed_bytes)
    assert tree == code.opened_tree(blob)
    assert (tree / "app.py").read_bytes() == b"print(1)"
    await code.shut()
    await code.shut()


async def test_of_a_sealed_package_that_is_refused_nothing_is_left(code: CodeStore, tmp_path: Path) -> None:
    with pytest.raises(BadPackage):
        await code.add_sealed(b"no zip", reversed_bytes)
    with pytest.raises(BadPackage):
        await code.add_sealed(PACKAGE, reversed_bytes, limit=8)
    assert remains(tmp_path) == set()
