"""May this code be deployed? Signatures against a function's code signing configuration."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from cryptography import x509

from lambent.context import Clock
from lambent.model.function import LayerUse
from lambent.services.lambda_ import code_signing_errors as errors
from lambent.services.lambda_.code_signing_repository import CodeSigningConfig, CodeSigningRepository
from lambent.services.lambda_.names import Place
from lambent.services.lambda_.signing_profiles import SigningProfiles
from lambent.store.cms import BadSignature
from lambent.store.signed_package import who_signed

_LOG = logging.getLogger(__name__)


class CodeAdmission:
    """Judges packages and layers. `read` gives a stored package by its digest; `unsigned` is told what a
    policy lets through all the same."""

    def __init__(
        self,
        configs: CodeSigningRepository,
        profiles: SigningProfiles,
        read: Callable[[str], Awaitable[bytes]],
        clock: Clock,
        unsigned: Callable[[Place], None],
    ) -> None:
        self.configs = configs
        self._unsigned = unsigned
        self._profiles = profiles
        self._read = read
        self._clock = clock

    async def admit(self, at: Place, config_arn: str, package: bytes | None, layers: Sequence[LayerUse]) -> str:
        """The ARN of the profile version that signed `package` (None: only layers are judged), empty if none did.

        Raises ApiError: something is not what was signed, or, with Enforce, was not signed by whoever may.
        """
        kept = await self.configs.config(at, config_arn)
        if kept is None:
            raise errors.unknown_to_function(config_arn)
        for layer in (each for each in layers if not each.built_in):
            await self._judge(at, kept.value, f"the layer {layer.arn}", await self._read(layer.code.digest))
        return "" if package is None else await self._judge(at, kept.value, "the deployment package", package)

    async def _judge(self, at: Place, config: CodeSigningConfig, what: str, data: bytes) -> str:
        try:
            certificate = await asyncio.to_thread(who_signed, data)
        except BadSignature as bad:
            raise errors.broken(f"{what}: {bad}") from None
        profile = "" if certificate is None else await asyncio.to_thread(self._profile, config, certificate)
        if profile:
            return profile
        if config.policy == "Enforce":
            raise errors.not_trusted(what)
        self._unsigned(at)
        _LOG.warning("code signing configuration %s: nobody who may has signed %s", config.id, what)
        return ""

    def _profile(self, config: CodeSigningConfig, certificate: x509.Certificate) -> str:
        """The allowed profile version whose certificate it is, while that is valid; empty if there is none."""
        now = self._clock.now()
        if not certificate.not_valid_before_utc.timestamp() <= now <= certificate.not_valid_after_utc.timestamp():
            return ""
        return next((arn for arn in config.profiles if self._profiles.trusted(arn, certificate)), "")
