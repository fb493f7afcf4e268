"""Signing profiles of this machine: which certificates may sign for which version of which profile.

They lie in a directory: `PROFILE/VERSION.pem` holds the certificate of a version (several one behind the other); a file
`PROFILE/VERSION.revoked` beside it takes it back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

_ARN = re.compile(
    r"arn:aws[a-z-]*:signer:[a-z0-9-]+:\d{12}:/signing-profiles/(?P<profile>[A-Za-z0-9_]{2,64})/(?P<version>[A-Za-z0-9]{1,32})"
)


def is_profile_version(arn: str) -> bool:
    """Whether that is the ARN of a version of a signing profile."""
    return _ARN.fullmatch(arn) is not None


class SigningProfiles:
    """The profiles of a directory; without one there are none. Read anew every time: they change without us."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def trusted(self, arn: str, certificate: x509.Certificate) -> bool:
        """Whether the version signs with that certificate, and has not been revoked. Reads files."""
        match = _ARN.fullmatch(arn)
        if self._directory is None or match is None:
            return False
        file = self._directory / match["profile"] / f"{match['version']}.pem"
        if file.with_suffix(".revoked").exists():
            return False
        return certificate in _certificates(file)


def _certificates(file: Path) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        return ()
