"""Content-addressed files: a blob's name is the SHA-256 of its bytes. Knows nothing of what they mean."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from pathlib import Path

from lambent.model.errors import PlatformError
from lambent.store.scratch import Scratch

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """Blobs below `root`, as `root/ab/abcdef…`; half-written ones lie in `root/incoming`.

    A blob appears whole or not at all, and is on the disk when `put` returns. All work on files is
    done in threads. Errors of the file system become PlatformError.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = Scratch(root / "incoming", "put-")
        self._syncs = 0

    @property
    def syncs(self) -> int:
        """How many fsyncs were made so far, of files and of directories."""
        return self._syncs

    async def put(self, data: bytes) -> str:
        """Store `data` and return its digest (64 hex digits). The same bytes are stored once."""
        return await asyncio.to_thread(self.put_now, data)

    async def read(self, digest: str) -> bytes:
        """The blob's bytes. Raises PlatformError if it is absent or cannot be read."""
        return await asyncio.to_thread(self._read, digest)

    def path(self, digest: str) -> Path:
        """Where the blob is, or would be. Raises ValueError for what is no digest."""
        if _DIGEST.fullmatch(digest) is None:
            raise ValueError(f"not a digest: {digest!r}")
        return self._root / digest[:2] / digest

    def is_here(self, digest: str) -> bool:
        """`exists`, on the event loop: for one look at a time."""
        return os.path.isfile(f"{self._root}/{digest[:2]}/{digest}")  # noqa: PTH113 - cheaper than pathlib's

    async def exists(self, digest: str) -> bool:
        """Whether the blob is there."""
        return await asyncio.to_thread(self.path(digest).is_file)

    async def delete(self, digest: str) -> bool:
        """Remove the blob; False if there was none."""
        return await asyncio.to_thread(self._delete, digest)

    async def digests(self) -> list[str]:
        """Every blob's digest, sorted."""
        return await asyncio.to_thread(self._digests)

    async def discard_incoming(self) -> None:
        """Remove what a killed process left half-written."""
        await asyncio.to_thread(self._incoming.clear)

    def put_now(self, data: bytes) -> str:
        """`put`, for who is in a thread already."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        try:
            if not path.exists():
                self._make_directory(path.parent)
                self._write(path, data)
            # Also when it was there: the process that renamed it may have died before this sync.
            self._sync_directory(path.parent)
        except OSError as error:
            raise PlatformError(f"cannot store a blob: {error}") from error
        return digest

    def _write(self, path: Path, data: bytes) -> None:
        with self._incoming.place() as place:
            with place.open("xb") as file:
                place.chmod(0o600)
                file.write(data)
                file.flush()
                self._sync(file.fileno())
            place.rename(path)

    def _make_directory(self, directory: Path) -> None:
        if not directory.exists():
            directory.mkdir(parents=True, exist_ok=True)
            self._sync_directory(directory.parent)

    def _sync_directory(self, directory: Path) -> None:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._sync(descriptor)
        finally:
            os.close(descriptor)

    def _sync(self, descriptor: int) -> None:
        os.fsync(descriptor)
        self._syncs += 1

    def _read(self, digest: str) -> bytes:
        try:
            return self.path(digest).read_bytes()
        except OSError as error:
            raise PlatformError(f"cannot read blob {digest}: {error}") from error

    def _delete(self, digest: str) -> bool:
        try:
            self.path(digest).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise PlatformError(f"cannot delete blob {digest}: {error}") from error
        return True

    def _digests(self) -> list[str]:
        return sorted(path.name for path in self._root.glob("??/*") if _DIGEST.fullmatch(path.name))
