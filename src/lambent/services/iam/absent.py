"""What nobody has here, as the operations that would make it are refused: instance profiles, and credentials of users
other than access keys.

Who deletes a role or a user (Terraform, Ansible, the CLI's own help) asks first what has to be taken from it.
"""

from __future__ import annotations

from lambent.context import Context
from lambent.services.iam import errors, names
from lambent.services.iam.entities import Entities
from lambent.services.iam.records import Role, User
from lambent.services.operation import Params, Result, operation


class Absent:
    """Listings that are empty for a role or user that exists, and the password that no user has."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("ListInstanceProfilesForRole")
    async def instance_profiles(self, ctx: Context, params: Params) -> Result:
        """The instance profiles that hold a role."""
        await self._entities.get(ctx, Role, params["RoleName"])
        return {"InstanceProfiles": [], "IsTruncated": False}

    @operation("ListSSHPublicKeys")
    async def ssh_keys(self, ctx: Context, params: Params) -> Result:
        """A user's SSH keys."""
        return await self._none_of(ctx, params, "SSHPublicKeys")

    @operation("ListMFADevices")
    async def mfa_devices(self, ctx: Context, params: Params) -> Result:
        """A user's devices."""
        return await self._none_of(ctx, params, "MFADevices")

    @operation("ListVirtualMFADevices")
    async def virtual_devices(self, ctx: Context, params: Params) -> Result:
        """The account's devices, of whatever state."""
        return {"VirtualMFADevices": [], "IsTruncated": False}

    @operation("ListSigningCertificates")
    async def signing_certificates(self, ctx: Context, params: Params) -> Result:
        """A user's certificates."""
        return await self._none_of(ctx, params, "Certificates")

    @operation("ListServiceSpecificCredentials")
    async def service_credentials(self, ctx: Context, params: Params) -> Result:
        """A user's passwords for single services, or those of all users."""
        if params.get("AllUsers"):
            return {"ServiceSpecificCredentials": [], "IsTruncated": False}
        return await self._none_of(ctx, params, "ServiceSpecificCredentials")

    @operation("GetLoginProfile")
    async def password(self, ctx: Context, params: Params) -> Result:
        """A user's password for the console. Raises ApiError NoSuchEntity."""
        raise errors.no_password(await self._user(ctx, params))

    @operation("DeleteLoginProfile")
    async def delete_password(self, ctx: Context, params: Params) -> Result:
        """Take it away. Raises ApiError NoSuchEntity."""
        raise errors.no_password(await self._user(ctx, params))

    async def _none_of(self, ctx: Context, params: Params, member: str) -> Result:
        await self._user(ctx, params)
        return {member: [], "IsTruncated": False}

    async def _user(self, ctx: Context, params: Params) -> str:
        return (await self._entities.get(ctx, User, names.user_name(ctx, params))).name
