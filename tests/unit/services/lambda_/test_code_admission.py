"""Deployments under a code signing configuration: what blocks, what is refused, what is warned of."""

from __future__ import annotations

import datetime
import logging
from typing import TYPE_CHECKING, Any

import pytest

from tests import signed

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/release/v1"
BY, STRANGER = signed.signer(), signed.signer("stranger")
EARLY = signed.signer("early", start=datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC))
FILES = {"app.py": b"def handler(e, c): return 1"}
GOOD = signed.signed_package(BY, FILES)
BROKEN = signed.zipped({**signed.signed_files(BY, FILES), "app.py": b"evil"})
UNTRUSTED = {
    "unsigned": signed.zipped(FILES),
    "by a stranger": signed.signed_package(STRANGER, FILES),
    "before its time": signed.signed_package(EARLY, FILES),
}
NOT_TRUSTED = (
    "CodeVerificationFailedException",
    "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not"
    " configured to accept. Check the provided signature for the deployment package.",
)
GIVEN = {
    "FunctionName": "f",
    "Role": "arn:aws:iam::000000000000:role/r",
    "Runtime": "python3.12",
    "Handler": "app.handler",
}


async def configured(world: World, policy: str) -> str:
    """A configuration that trusts BY, and EARLY when its time comes."""
    folder = world.directory / "profiles" / "release"
    folder.mkdir(parents=True)
    (folder / "v1.pem").write_bytes(BY.pem + EARLY.pem)
    made: Any = await world.call(
        "CreateCodeSigningConfig",
        AllowedPublishers={"SigningProfileVersionArns": [ARN]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
    )
    return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])


async def test_what_is_signed_by_whoever_may_is_deployed(world: World) -> None:
    arn = await configured(world, "Enforce")
    made = await world.create(Code={"ZipFile": GOOD}, CodeSigningConfigArn=arn)
    assert made["SigningProfileVersionArn"] == ARN
    await world.settled()
    assert await world.call("GetFunctionCodeSigningConfig", FunctionName="f") == {
        "CodeSigningConfigArn": arn,
        "FunctionName": "f",
    }


@pytest.mark.parametrize("package", UNTRUSTED.values(), ids=UNTRUSTED)
async def test_what_is_not_is_refused_or_warned_of(
    world: World, package: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    arn = await configured(world, "Enforce")
    await world.create(Code={"ZipFile": GOOD}, CodeSigningConfigArn=arn)
    await world.settled()
    stored = len(await world.code.blobs.digests())
    for more in ({}, {"DryRun": True}):
        assert await world.refused("UpdateFunctionCode", FunctionName="f", ZipFile=package, **more) == NOT_TRUSTED
    assert len(await world.code.blobs.digests()) == stored
    await world.call(
        "UpdateCodeSigningConfig",
        CodeSigningConfigArn=arn,
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"},
    )
    with caplog.at_level(logging.WARNING):
        updated = await world.call("UpdateFunctionCode", FunctionName="f", ZipFile=package)
    assert "SigningProfileVersionArn" not in updated
    assert "nobody who may has signed the deployment package" in caplog.text
    assert world.incidents == [("", "unsigned")]


@pytest.mark.parametrize("policy", ["Warn", "Enforce"])
async def test_what_was_changed_since_is_blocked_in_any_case(world: World, policy: str) -> None:
    arn = await configured(world, policy)
    refusal = await world.refused("CreateFunction", **GIVEN, Code={"ZipFile": BROKEN}, CodeSigningConfigArn=arn)
    assert refusal == (
        "InvalidCodeSignatureException",
        "The code signature failed the integrity check: the deployment package: app.py is not the one that was signed."
        " If the integrity check fails, then Lambda blocks deployment, even if the code signing policy is set to WARN.",
    )
    assert await world.code.blobs.digests() == []


async def test_layers_must_be_signed_too(world: World) -> None:
    arn = await configured(world, "Enforce")
    layers = {}
    for name, package in (("good", GOOD), ("bad", UNTRUSTED["unsigned"])):
        made: Any = await world.call("PublishLayerVersion", LayerName=name, Content={"ZipFile": package})
        layers[name] = str(made["LayerVersionArn"])
    await world.create(Code={"ZipFile": GOOD}, CodeSigningConfigArn=arn, Layers=[layers["good"]])
    await world.settled()
    code, text = await world.refused("UpdateFunctionConfiguration", FunctionName="f", Layers=[layers["bad"]])
    assert code == NOT_TRUSTED[0]
    assert text.endswith(f"Check the provided signature for the layer {layers['bad']}.")
    await world.call("DeleteFunctionCodeSigningConfig", FunctionName="f")
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Layers=[layers["bad"]])


async def test_a_configuration_that_is_not_there(world: World) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00000000000000000"
    refusal = await world.refused("CreateFunction", **GIVEN, Code={"ZipFile": GOOD}, CodeSigningConfigArn=arn)
    assert refusal[0] == "CodeSigningConfigNotFoundException"
