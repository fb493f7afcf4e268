"""Sealed bytes: what lies in the data directory and must not be read there.

The master key lies elsewhere: in a variable of the environment, or in a file outside the data directory. Whoever has
only the data directory has nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lambent.model.errors import PlatformError

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"


class Seal:
    """AES-256-GCM under one key. Nonces are random: a key is good for some four billion sealings."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, plain: bytes, context: bytes) -> bytes:
        """Seal; whoever opens must know `context`, which is not secret."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, plain, context)

    @staticmethod
    def is_closed(value: bytes) -> bool:
        """Whether bytes look sealed: no record of ours begins like that by itself."""
        return value[:1] == _FORMAT

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed. Raises PlatformError: another key, another context, or changed since."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if sealed[:1] != _FORMAT or len(nonce) < _NONCE_BYTES:
                raise InvalidTag
            return self._cipher.decrypt(nonce, body, context)
        except InvalidTag:
            raise PlatformError(
                "what is stored cannot be decrypted: it was sealed with another master key, or changed since"
            ) from None


def master_key(given: str | None, file: Path) -> bytes:
    """The master key: as given (64 hex digits), else of a file, made at the first call. Raises PlatformError."""
    if given is not None:
        return _read(given, "LAMBENT_MASTER_KEY")
    try:
        if not file.exists():
            _make(file)
        return _read(file.read_text(), str(file))
    except OSError as error:
        raise PlatformError(
            f"cannot read or make the master key in {file} ({error}); name another file with LAMBENT_MASTER_KEY_FILE"
        ) from error


def _read(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise PlatformError(f"{where} must hold {2 * KEY_BYTES} hex digits")
    return key


def _make(file: Path) -> None:
    """Write a new key, whole or not at all; of several who do so at once, one wins."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    incoming = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(incoming, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as opened:
            opened.write(os.urandom(KEY_BYTES).hex() + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        os.link(incoming, file)
    except FileExistsError:
        pass
    finally:
        incoming.unlink()
