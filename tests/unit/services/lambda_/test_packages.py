"""Packages on their way in."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambent.bus.memory import MemoryBus
from lambent.clock import MovableClock
from lambent.model.errors import ApiError
from lambent.neighbours.errors import too_large
from lambent.services.lambda_ import limits
from lambent.services.lambda_.code_admission import CodeAdmission
from lambent.services.lambda_.code_signing_repository import CodeSigningRepository
from lambent.services.lambda_.customer_keys import CustomerKeys
from lambent.services.lambda_.layer_repository import LayerRepository
from lambent.services.lambda_.packages import Packages, refused
from lambent.services.lambda_.repository import Repository
from lambent.services.lambda_.repository import World as Place
from lambent.services.lambda_.sealed_code import SealedPackages
from lambent.services.lambda_.signing_profiles import SigningProfiles
from lambent.services.lambda_.storage import CodeStorage
from lambent.store.code import CodeStore
from lambent.store.memory import MemoryStore
from lambent.store.package import BadPackage, Reason
from tests.unit.services.lambda_.conftest import ROLE, Neighbourhood, World

AT = Place("000000000000", "us-east-1")


class Storage(CodeStorage):
    """Room for `limit` bytes, all free."""

    def __init__(self, limit: int = 1_000_000_000) -> None:
        super().__init__(Repository(MemoryStore(), MemoryBus()), LayerRepository(MemoryStore()), limit)


def unsealed() -> SealedPackages:
    """Nothing here is encrypted."""
    nowhere: Any = None
    return SealedPackages(CustomerKeys(nowhere), nowhere, nowhere)


def packages_over(code: CodeStore, storage: CodeStorage | None = None) -> Packages:
    """Packages that nobody need sign."""
    signing, clock = CodeSigningRepository(MemoryStore()), MovableClock()
    admission = CodeAdmission(signing, SigningProfiles(None), code.blobs.read, clock, lambda _: None)
    return Packages(code, storage or Storage(), admission, Neighbourhood(), unsealed())


def packages_in(directory: Path) -> Packages:
    return packages_over(CodeStore(directory))


def corrupt() -> bytes:
    """A zip whose content does not match its checksum."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.py", (2026, 1, 1, 0, 0, 0)), b"hello world")
    return buffer.getvalue().replace(b"hello", b"HELLO")


def empty() -> bytes:
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    return buffer.getvalue()


async def test_add(tmp_path: Path, zipped: Any) -> None:
    code = CodeStore(tmp_path)
    data = zipped("x = 1")
    stored = await packages_over(code).add(AT, data)
    assert (stored.digest, stored.size, stored.unpacked_size) == (hashlib.sha256(data).hexdigest(), len(data), 5)
    assert code.tree(stored.digest).joinpath("app.py").read_text() == "x = 1"


async def test_try_out_stores_nothing(tmp_path: Path, zipped: Any) -> None:
    packages, data = packages_in(tmp_path), zipped("x = 1")
    tried = await packages.try_out(AT, data)
    assert (tried.digest, tried.size, tried.unpacked_size) == (hashlib.sha256(data).hexdigest(), len(data), 5)
    assert await packages._code.blobs.digests() == []


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (None, "Please provide a source for function code."),
        (b"", "Uploaded file must be a non-empty zip"),
        (empty(), "Uploaded file must be a non-empty zip"),
        (b"PK not really", "Could not unzip uploaded file. Please check your file, then try to upload again."),
        (corrupt(), "Could not unzip uploaded file. Please check your file, then try to upload again."),
    ],
)
async def test_refusals(tmp_path: Path, data: bytes | None, text: str) -> None:
    with pytest.raises(ApiError) as caught:
        await packages_in(tmp_path).add(AT, data)
    assert (caught.value.code, caught.value.message) == ("InvalidParameterValueException", text)
    if data != corrupt():  # only unpacking finds that
        with pytest.raises(ApiError) as tried:
            await packages_in(tmp_path).try_out(AT, data)
        assert tried.value.message == text


async def test_too_large(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("big", "w") as file:
        for _ in range(251):
            file.write(bytes(1 << 20))
    with pytest.raises(ApiError, match="Unzipped size must be smaller than 262144000 bytes"):
        await packages_in(tmp_path).add(AT, buffer.getvalue())


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_text(reason: Reason, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert refused(BadPackage(reason, "entry")).code == "InvalidParameterValueException"
    assert reason.value in caplog.text


async def test_what_exceeds_the_accounts_storage_is_not_stored(tmp_path: Path, zipped: Any) -> None:
    data = zipped("x = 1")
    code = CodeStore(tmp_path)
    with pytest.raises(ApiError, match="CodeStorageExceededException"):
        await packages_over(code, Storage(limit=2 * len(data) - 1)).add(AT, data, versions=2)
    assert await code.blobs.digests() == []
    await packages_over(code, Storage(limit=2 * len(data))).add(AT, data, versions=2)


async def test_code_from_s3(world: World, zipped: Callable[..., bytes]) -> None:
    world.neighbours.answers["GetObject"] = {"Body": zipped("x = 1")}
    made = await world.create(Code={"S3Bucket": "b", "S3Key": "k/f.zip", "S3ObjectVersion": "3"})
    sent = await world.create("g", Code={"ZipFile": zipped("x = 1")})
    assert made["CodeSha256"] == sent["CodeSha256"]
    named = {"Bucket": "b", "Key": "k/f.zip", "VersionId": "3"}
    assert world.neighbours.calls == [("s3", "GetObject", named, limits.UNZIPPED_BYTES)]
    await world.settled()
    world.neighbours.answers["GetObject"] = {"Body": zipped("x = 2")}
    changed = await world.call("UpdateFunctionCode", FunctionName="f", S3Bucket="b", S3Key="k")
    assert changed["CodeSha256"] != made["CodeSha256"]
    layer = await world.call("PublishLayerVersion", LayerName="l", Content={"S3Bucket": "b", "S3Key": "k"})
    assert layer["Content"]["CodeSha256"] == changed["CodeSha256"]


@pytest.mark.parametrize(
    ("code", "answer", "text"),
    [
        (
            {"S3Bucket": "b", "S3Key": "k"},
            ApiError("NoSuchKey", "The specified key does not exist."),
            "Error occurred while GetObject. S3 Error Code: NoSuchKey."
            " S3 Error Message: The specified key does not exist.",
        ),
        (
            {"S3Bucket": "b", "S3Key": "k"},
            None,
            "Error occurred while GetObject. S3 Error Code: ServiceUnavailable. S3 Error Message: There is no s3 to"
            " call: Lambent does not serve it, and AWS_ENDPOINT_URL_S3 names no endpoint.",
        ),
        ({"S3Bucket": "b", "S3Key": "k"}, too_large("s3", 9), "Unzipped size must be smaller than 262144000 bytes"),
        ({"S3Bucket": "b", "S3Key": "k"}, {"Body": b""}, "Uploaded file must be a non-empty zip"),
        ({"S3Bucket": "b"}, None, "Please provide a source for function code."),
        (
            {"S3ObjectVersion": "1", "ZipFile": b"x"},
            None,
            "Please do not provide other FunctionCode parameters when providing a ZipFile.",
        ),
    ],
)
async def test_code_that_s3_does_not_give(world: World, code: Any, answer: Any, text: str) -> None:
    world.neighbours.answers["GetObject"] = answer
    assert await world.refused(
        "CreateFunction", FunctionName="f", Role=ROLE, Runtime="python3.12", Handler="a.b", Code=code
    ) == ("InvalidParameterValueException", text)
