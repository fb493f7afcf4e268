"""An identity provider that signs tokens."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, size: int = 0) -> str:
    return encoded(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Provider:
    """One key, `jwk` its public half."""

    def __init__(self, algorithm: str = "ES256") -> None:
        self.algorithm = algorithm
        self.jwk: dict[str, Any]
        if algorithm == "RS256":
            self._rsa = rsa.generate_private_key(65537, 2048)
            public = self._rsa.public_key().public_numbers()
            self.jwk = {"kty": "RSA", "kid": "k", "n": number(public.n), "e": number(public.e)}
        else:
            self._ec = ec.generate_private_key(ec.SECP256R1())
            point = self._ec.public_key().public_numbers()
            self.jwk = {"kty": "EC", "crv": "P-256", "kid": "k", "x": number(point.x, 32), "y": number(point.y, 32)}

    def token(self, **claims: Any) -> str:
        """A signed token."""
        text = self._text(self.algorithm, claims)
        if self.algorithm == "RS256":
            signature = self._rsa.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        else:
            r, s = decode_dss_signature(self._ec.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return f"{text}.{encoded(signature)}"

    def unsigned(self, **claims: Any) -> str:
        """One that says that it needs no signature."""
        return self._text("none", claims) + "."

    def _text(self, algorithm: str, claims: dict[str, Any]) -> str:
        head = {"alg": algorithm, "typ": "JWT", "kid": "k"}
        return f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(claims).encode())}"
