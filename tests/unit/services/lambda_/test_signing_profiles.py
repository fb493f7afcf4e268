"""Whose certificate may sign."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.services.lambda_.signing_profiles import SigningProfiles, is_profile_version
from tests import signed

ARN = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/release/v1"


def test_a_version_trusts_its_certificates_until_it_is_revoked(tmp_path: Path) -> None:
    one, other, stranger = signed.signer("one"), signed.signer("other"), signed.signer("one")
    profiles = SigningProfiles(tmp_path)
    assert not profiles.trusted(ARN, one.certificate)
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "v1.pem").write_bytes(one.pem + other.pem)
    assert profiles.trusted(ARN, one.certificate)
    assert profiles.trusted(ARN, other.certificate)
    assert not profiles.trusted(ARN, stranger.certificate)
    assert not profiles.trusted(ARN[:-1] + "2", one.certificate)
    assert not SigningProfiles(None).trusted(ARN, one.certificate)
    (tmp_path / "release" / "v1.revoked").touch()
    assert not profiles.trusted(ARN, one.certificate)
    (tmp_path / "release" / "v2.pem").write_text("nonsense")
    assert not profiles.trusted(ARN[:-1] + "2", one.certificate)


@pytest.mark.parametrize(
    "arn", ["", "release", ARN + "/x", ARN.replace("release", "../x"), ARN.replace("/v1", ""), ARN.replace("v1", "..")]
)
def test_what_is_no_profile_version(arn: str, tmp_path: Path) -> None:
    assert not is_profile_version(arn)
    assert not SigningProfiles(tmp_path).trusted(arn, signed.signer().certificate)
    assert is_profile_version(ARN)
