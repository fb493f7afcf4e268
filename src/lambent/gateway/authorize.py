"""May this caller do that? The beat where policies will be judged; until then two kinds of caller exist.

The root key may do everything. A function may invoke functions and read, as far as its role were to
allow it: without policies, the least that keeps functions useful.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambent.context import Principal
from lambent.gateway.refusals import denied

_ACTIONS = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeAsync", "InvokeWithResponseStream": "InvokeFunction"}
_READS = ("Get", "List", "Describe", "Head", "Lookup")


def authorize(principal: Principal, service: str, operation: str, region: str, params: Mapping[str, Any]) -> None:
    """Let the call pass, or raise Refused with AWS's AccessDenied text."""
    if principal.is_root:
        return
    if service == "lambda" and (operation in _ACTIONS or operation.startswith(_READS)):
        return
    action = f"{service}:{_ACTIONS.get(operation, operation)}"
    raise denied(principal.arn, action, _resource(principal, service, region, params))


def _resource(principal: Principal, service: str, region: str, params: Mapping[str, Any]) -> str:
    """The ARN of what the call is about; `*` for calls about nothing in particular."""
    name = params.get("FunctionName") if service == "lambda" else None
    if not isinstance(name, str) or not name:
        return "*"
    if name.startswith("arn:"):
        return name
    return f"arn:aws:lambda:{region}:{principal.account}:function:{name.rpartition('function:')[2]}"
