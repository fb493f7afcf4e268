"""Keys: the account's root key, and the session keys that functions and assumed roles sign their calls with.

Session keys are not stored. Each is derived from a secret of ours and a token that says whose it is and
until when; the token travels with every request and is checked, not looked up.
"""

from __future__ import annotations

import hmac
import os
from base64 import b32encode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections import OrderedDict
from pathlib import Path

import msgspec

from lambent.context import Clock, Ids, Principal, Session
from lambent.gateway.refusals import EXPIRED_TOKEN, UNKNOWN_KEY, Refusal, Refused
from lambent.gateway.signing import Key
from lambent.invoke.base import Credentials
from lambent.model.errors import PlatformError
from lambent.model.function import FunctionVersion
from lambent.settings import Settings

FILE = "credentials.json"
SESSION_SECONDS = 36 * 3600
"""How long a function's key is good for: longer than any environment lives."""

_MAC_BYTES = 32
_REMEMBERED_SESSIONS = 4096


class Stored(msgspec.Struct, frozen=True):
    """What DIR/credentials.json holds (mode 0600). `session_secret` is 64 hex digits."""

    access_key_id: str
    secret_access_key: str
    session_secret: str


class _Token(msgspec.Struct, frozen=True, array_like=True):
    """What a token says. Times in seconds since the epoch; `nonce` makes every token different. `role` and `user` are
    ARNs, empty where the other is set, and both for sessions of the account's root."""

    account: str
    expires: int
    nonce: str
    session: Session
    role: str = ""
    user: str = ""
    function_arn: str = ""


def load(directory: Path, ids: Ids) -> Stored:
    """The keys of a data directory, made at the first call. Raises PlatformError."""
    path = directory / FILE
    try:
        if not path.exists():
            _create(path, _fresh(ids))
        return msgspec.json.decode(path.read_bytes(), type=Stored)
    except (OSError, msgspec.DecodeError) as error:
        raise PlatformError(f"cannot read the keys in {path}: {error}") from error


def root_key(settings: Settings, stored: Stored) -> Key:
    """The root key in force: the settings' own, else the one of the data directory."""
    if settings.root_access_key_id is not None and settings.root_secret_access_key is not None:
        return Key(settings.root_access_key_id, settings.root_secret_access_key)
    return Key(stored.access_key_id, stored.secret_access_key)


def _fresh(ids: Ids) -> Stored:
    return Stored(
        access_key_id="AKIA" + b32encode(bytes.fromhex(ids.hex(20))).decode(),
        secret_access_key=b64encode(bytes.fromhex(ids.hex(60))).decode(),
        session_secret=ids.hex(64),
    )


def _create(path: Path, stored: Stored) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    incoming = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(incoming, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(stored), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    incoming.rename(path)


class Keyring:
    """Answers whose key a request was signed with; makes the keys of functions."""

    def __init__(self, root: Key, session_secret: str, account: str, clock: Clock, ids: Ids) -> None:
        self.root = root
        """The account's root key."""
        self.root_principal = Principal(account, f"arn:aws:iam::{account}:root", root.access_key_id)
        """Who signs with the root key."""
        self._secret = bytes.fromhex(session_secret)
        self._clock = clock
        self._ids = ids
        self._sessions: OrderedDict[str, tuple[_Token, Credentials, Principal]] = OrderedDict()

    def for_function(self, function: FunctionVersion) -> Credentials:
        """A new key for one environment of `function`, good for `SESSION_SECONDS`."""
        session = Session(function.name, self._clock.now())
        return self._issue(function.account, SESSION_SECONDS, session, role=function.role, function_arn=function.arn)

    def principal_of(self, function: FunctionVersion) -> Principal:
        """Whoever acts in the name of a function, without a key: what Lambda itself does with the function's role."""
        session = Session(function.name, self._clock.now())
        token = _Token(function.account, 0, "", session, function.role, "", function.arn)
        return _principal(token, "")

    def in_role(self, role: str, session: str) -> Principal:
        """Whoever acts in a session of a role (by its ARN), without a key: what a service does that was given it."""
        token = _Token(role.split(":")[4], 0, "", Session(session, self._clock.now()), role, "", "")
        return _principal(token, "")

    def for_role(self, role: str, session: Session, seconds: int) -> Credentials:
        """A new key for a session of a role (by its ARN)."""
        return self._issue(role.split(":")[4], seconds, session, role=role)

    def for_caller(self, principal: Principal, seconds: int) -> Credentials:
        """A new key for the user, or root, who asks."""
        session = Session("", self._clock.now())
        return self._issue(principal.account, seconds, session, user="" if principal.is_root else principal.arn)

    def find(self, access_key_id: str, session_token: str | None) -> tuple[str, Principal]:
        """The secret of a key, and whose it is. Raises Refused: unknown, or an expired session."""
        if session_token is None:
            if access_key_id == self.root.access_key_id:
                return self.root.secret_access_key, self.root_principal
            raise Refused(Refusal.UNKNOWN_KEY, UNKNOWN_KEY)
        token, credentials, principal = self._session(session_token)
        if credentials.access_key_id != access_key_id:
            raise Refused(Refusal.UNKNOWN_KEY, UNKNOWN_KEY)
        if token.expires <= self._clock.now():
            raise Refused(Refusal.EXPIRED_TOKEN, EXPIRED_TOKEN)
        return credentials.secret_access_key, principal

    def _issue(
        self, account: str, seconds: int, session: Session, *, role: str = "", user: str = "", function_arn: str = ""
    ) -> Credentials:
        expires = int(self._clock.now()) + seconds
        token = _Token(account, expires, self._ids.hex(16), session, role, user, function_arn)
        return self._derive(msgspec.msgpack.encode(token))

    def _session(self, text: str) -> tuple[_Token, Credentials, Principal]:
        known = self._sessions.get(text)
        if known is not None:
            self._sessions.move_to_end(text)
            return known
        payload = self._opened(text)
        try:
            token = msgspec.msgpack.decode(payload, type=_Token)
        except msgspec.DecodeError:  # of an older Lambent
            raise Refused(Refusal.EXPIRED_TOKEN, EXPIRED_TOKEN) from None
        credentials = self._derive(payload)
        known = token, credentials, _principal(token, credentials.access_key_id)
        self._sessions[text] = known
        if len(self._sessions) > _REMEMBERED_SESSIONS:
            self._sessions.popitem(last=False)
        return known

    def _opened(self, token: str) -> bytes:
        try:
            sealed = urlsafe_b64decode(token.encode())
        except (Base64Error, ValueError):
            raise Refused(Refusal.UNKNOWN_KEY, UNKNOWN_KEY) from None
        if urlsafe_b64encode(sealed).decode() != token:  # decoding overlooks what does not belong there
            raise Refused(Refusal.UNKNOWN_KEY, UNKNOWN_KEY)
        mac, payload = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(b"token", payload)):
            raise Refused(Refusal.UNKNOWN_KEY, UNKNOWN_KEY)
        return payload

    def _derive(self, payload: bytes) -> Credentials:
        return Credentials(
            access_key_id="ASIA" + b32encode(self._mac(b"id", payload)[:10]).decode(),
            secret_access_key=b64encode(self._mac(b"secret", payload)[:30]).decode(),
            session_token=urlsafe_b64encode(self._mac(b"token", payload) + payload).decode(),
        )

    def _mac(self, purpose: bytes, payload: bytes) -> bytes:
        return hmac.digest(self._secret, purpose + b"\0" + payload, "sha256")


def _principal(token: _Token, access_key_id: str) -> Principal:
    """Who signs with a session's key."""
    if token.role:
        role = token.role.rpartition("/")[2]
        return Principal(
            account=token.account,
            arn=f"arn:aws:sts::{token.account}:assumed-role/{role}/{token.session.name}",
            access_key_id=access_key_id,
            function_arn=token.function_arn or None,
            role=role,
            session=token.session,
        )
    return Principal(
        account=token.account,
        arn=token.user or f"arn:aws:iam::{token.account}:root",
        access_key_id=access_key_id,
        user=token.user.rpartition("/")[2] or None,
        session=token.session,
    )
