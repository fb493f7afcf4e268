"""Signed packages: zip files with a JAR signature in META-INF, as `jarsigner` writes it. Pure.

`META-INF/MANIFEST.MF` has a digest of every file, `META-INF/X.SF` one of the manifest, and `META-INF/X.RSA` (or `.EC`)
is a CMS signature of the latter.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zipfile
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence

from cryptography import x509

from lambent.store.cms import BadSignature, signer
from lambent.store.package import open_package

_MANIFEST = "META-INF/MANIFEST.MF"
_BLOCK = re.compile(r"META-INF/([^/]+)\.(RSA|EC)", re.IGNORECASE)
_OURS = re.compile(r"META-INF/([^/]+\.(SF|RSA|EC|DSA)|MANIFEST\.MF|SIG-[^/]*)?", re.IGNORECASE)
_DIGESTS = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}

Section = Mapping[str, str]


def who_signed(data: bytes) -> x509.Certificate | None:
    """The certificate that signed a package; None if nobody did. Raises BadSignature: the package is another by now.

    `data` has been inspected: it is a zip file of acceptable size.
    """
    with open_package(data) as archive:
        names = set(archive.namelist())
        if len(names) < len(archive.namelist()):
            raise BadSignature("a file is there twice")
        blocks = [name for name in names if _BLOCK.fullmatch(name)]
        if not blocks:
            return None
        if len(blocks) > 1:
            raise BadSignature("there are several signatures")
        try:
            return _verified(archive, names, blocks[0])
        except (KeyError, UnicodeDecodeError, Base64Error, ValueError, zipfile.BadZipFile) as error:
            raise BadSignature(f"the signature's files cannot be read: {error}") from None


def _verified(archive: zipfile.ZipFile, names: set[str], block: str) -> x509.Certificate:
    """From the block to the signed file, from there to the manifest, from there to all files. Raises BadSignature."""
    signed = archive.read(next(name for name in names if name.lower() == f"{block.rpartition('.')[0]}.SF".lower()))
    certificate = signer(archive.read(block), signed)
    manifest = archive.read(_MANIFEST)
    main = _sections(signed)[0]
    if not _fits(manifest, main, "-Digest-Manifest"):
        raise BadSignature("the manifest is not the one that was signed")
    listed = {section.get("Name", ""): section for section in _sections(manifest)[1:]}
    for name in names:
        if name.endswith("/") or _OURS.fullmatch(name):
            continue
        if name not in listed:
            raise BadSignature(f"{name} was added later")
        if not _fits(archive.read(name), listed[name], "-Digest"):
            raise BadSignature(f"{name} is not the one that was signed")
    gone = listed.keys() - names
    if gone:
        raise BadSignature(f"{min(gone)} is missing")
    return certificate


def _fits(content: bytes, section: Section, suffix: str) -> bool:
    """Whether a section has a digest of the content, and it is right."""
    for algorithm, name in _DIGESTS.items():
        stated = section.get(f"{algorithm}{suffix}")
        if stated is not None:
            return hmac.compare_digest(b64decode(stated, validate=True), hashlib.new(name, content).digest())
    return False


def _sections(content: bytes) -> Sequence[Section]:
    """A manifest's sections, the main one first; long lines are continued behind a space."""
    lines = content.decode().replace("\r\n", "\n").replace("\r", "\n").replace("\n ", "").split("\n")
    sections: list[dict[str, str]] = [{}]
    for line in lines:
        if not line:
            if sections[-1]:
                sections.append({})
            continue
        name, _, value = line.partition(": ")
        sections[-1][name] = value
    return sections if sections[-1] or len(sections) == 1 else sections[:-1]
