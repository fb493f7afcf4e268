"""Tokens of identity providers: read, and held against the provider's keys. Pure."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_HALF = 32


class BadToken(Exception):
    """No token, or not one that these keys signed."""


class Token(msgspec.Struct, frozen=True):
    """A token as it was sent; nothing of it is true before `verify`."""

    head: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def text(self, claim: str) -> str:
        """A claim that is a text; empty if it is none."""
        value = self.claims.get(claim)
        return value if isinstance(value, str) else ""

    @property
    def audiences(self) -> tuple[str, ...]:
        """Whom it is for."""
        value = self.claims.get("aud")
        return tuple(each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def read(text: str) -> Token:
    """Take a token apart. Raises BadToken."""
    parts = text.split(".")
    if len(parts) != 3:
        raise BadToken
    try:
        head, claims = (msgspec.json.decode(_bytes(part), type=dict[str, Any]) for part in parts[:2])
        return Token(head, claims, f"{parts[0]}.{parts[1]}".encode(), _bytes(parts[2]))
    except (msgspec.DecodeError, binascii.Error, ValueError, RecursionError):
        raise BadToken from None


def verify(token: Token, keys: Sequence[Mapping[str, Any]]) -> None:
    """Raise BadToken unless one of the keys (JWKs) signed it, with RS256 or ES256."""
    algorithm, wanted = token.head.get("alg"), token.head.get("kid")
    for key in keys:
        if wanted is not None and key.get("kid") not in (None, wanted):
            continue
        try:
            if algorithm == "RS256" and key.get("kty") == "RSA":
                public = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
                return public.verify(token.signature, token.signed, padding.PKCS1v15(), hashes.SHA256())
            if algorithm == "ES256" and key.get("crv") == "P-256" and len(token.signature) == 2 * _HALF:
                curve = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP256R1())
                pair = (token.signature[:_HALF], token.signature[_HALF:])
                signature = encode_dss_signature(*(int.from_bytes(half, "big") for half in pair))
                return curve.public_key().verify(signature, token.signed, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, KeyError, ValueError, TypeError, binascii.Error):
            continue
    raise BadToken


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")
