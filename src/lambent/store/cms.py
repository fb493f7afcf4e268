"""Detached CMS (PKCS #7) signatures, as `jarsigner` and `openssl cms` make them: who signed these bytes? Pure.

Only what such a signature holds is read: one SignedData with certificates and signers. `cryptography` makes such
signatures but does not verify them; the arithmetic is its own, the few fields around it are read here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_HASHES: dict[bytes, hashes.HashAlgorithm] = {
    bytes.fromhex("608648016503040201"): hashes.SHA256(),
    bytes.fromhex("608648016503040202"): hashes.SHA384(),
    bytes.fromhex("608648016503040203"): hashes.SHA512(),
}
_SEQUENCE, _SET, _OID, _OCTETS, _CONTEXT_0 = 0x30, 0x31, 0x06, 0x04, 0xA0


class BadSignature(Exception):
    """These bytes were not signed by whoever it says."""


class _Element(msgspec.Struct, frozen=True):
    """One DER element: its tag, what is in it, and the whole of it."""

    tag: int
    body: bytes
    whole: bytes


def signer(signature: bytes, content: bytes) -> x509.Certificate:
    """The certificate whose key signed `content`. Raises BadSignature."""
    try:
        certificates = pkcs7.load_der_pkcs7_certificates(signature)
        infos = _signer_infos(signature)
    except (ValueError, IndexError, UnsupportedAlgorithm) as error:
        raise BadSignature(f"the signature cannot be read: {error}") from None
    if len(infos) != 1:
        raise BadSignature("the signature must have one signer")
    fields = list(_elements(infos[0].body))
    try:
        certificate = _certificate(certificates, fields[1])
        _verify(certificate, fields, content)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, IndexError, KeyError) as error:
        raise BadSignature(f"the signature does not fit: {error}") from None
    return certificate


def _signer_infos(signature: bytes) -> list[_Element]:
    """ContentInfo -> SignedData -> its last field, the signers. Raises ValueError, IndexError."""
    kind, wrapped = _elements(_one(signature, _SEQUENCE).body)
    if kind.tag != _OID or kind.body != _SIGNED_DATA:
        raise ValueError("no SignedData")
    signed = list(_elements(_one(wrapped.body, _SEQUENCE).body))
    if signed[-1].tag != _SET:
        raise ValueError("no signers")
    return list(_elements(signed[-1].body))


def _certificate(certificates: list[x509.Certificate], signer_id: _Element) -> x509.Certificate:
    """The certificate that issuer and serial number name. Raises ValueError."""
    issuer, serial = _elements(signer_id.body)
    for certificate in certificates:
        if certificate.issuer.public_bytes() == issuer.whole and certificate.serial_number == int.from_bytes(
            serial.body, signed=True
        ):
            return certificate
    raise ValueError("the signer's certificate is missing")


def _verify(certificate: x509.Certificate, fields: list[_Element], content: bytes) -> None:
    """SignerInfo: version, id, digest, attributes (maybe), algorithm, signature. Raises InvalidSignature and kin."""
    algorithm = _HASHES[_first(fields[2].body)]
    rest = fields[3:]
    signed = content
    if rest[0].tag == _CONTEXT_0:
        attributes = rest.pop(0)
        digest = hashlib.new(algorithm.name, content).digest()
        if not hmac.compare_digest(_message_digest(attributes), digest):
            raise ValueError("the content is another")
        signed = bytes([_SET]) + attributes.whole[1:]  # signed as a SET, sent under a tag of its own
    value, key = rest[1].body, certificate.public_key()
    match key:
        case rsa.RSAPublicKey():
            key.verify(value, signed, padding.PKCS1v15(), algorithm)
        case ec.EllipticCurvePublicKey():
            key.verify(value, signed, ec.ECDSA(algorithm))
        case _:
            raise ValueError("keys are RSA or of an elliptic curve")


def _message_digest(attributes: _Element) -> bytes:
    """The digest of the content that the signed attributes name. Raises ValueError."""
    for attribute in _elements(attributes.body):
        kind, values = _elements(attribute.body)
        if kind.body == _MESSAGE_DIGEST:
            return _one(values.body, _OCTETS).body
    raise ValueError("the content's digest is missing")


def _first(body: bytes) -> bytes:
    return next(_elements(body)).body


def _one(data: bytes, tag: int) -> _Element:
    """The one element that `data` is. Raises ValueError."""
    (element,) = _elements(data)
    if element.tag != tag:
        raise ValueError(f"tag {tag:#x} was expected, not {element.tag:#x}")
    return element


def _elements(data: bytes) -> Iterator[_Element]:
    """The elements that lie in `data` one behind the other. Raises ValueError, IndexError."""
    start = 0
    while start < len(data):
        tag, length, body = data[start], data[start + 1], start + 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise ValueError("a length is not definite, or too long")
            length, body = int.from_bytes(data[body : body + size]), body + size
        end = body + length
        if end > len(data):
            raise ValueError("an element is cut off")
        yield _Element(tag, data[body:end], data[start:end])
        start = end
