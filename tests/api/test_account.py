"""GetAccountSettings through boto3, in a region where nothing else happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.api.conftest import parameters


def test_true_usage(server: Any, name: str, zipped: Callable[..., bytes]) -> None:
    aws = server.client(region_name="sa-east-1")
    before = aws.get_account_settings()
    assert before["AccountLimit"] == {
        "TotalCodeSize": 80530636800,
        "CodeSizeUnzipped": 262144000,
        "CodeSizeZipped": 52428800,
        "ConcurrentExecutions": 1000,
        "UnreservedConcurrentExecutions": 1000,
    }
    assert before["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 0}
    size = aws.create_function(**parameters(name, Publish=True))["CodeSize"]
    layer = aws.publish_layer_version(LayerName=name, Content={"ZipFile": zipped()})["Content"]["CodeSize"]
    aws.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=70)
    after = aws.get_account_settings()
    assert after["AccountUsage"] == {"TotalCodeSize": 2 * size + layer, "FunctionCount": 1}
    assert after["AccountLimit"]["UnreservedConcurrentExecutions"] == 930
    aws.delete_function(FunctionName=name)
    aws.delete_layer_version(LayerName=name, VersionNumber=1)
    assert aws.get_account_settings()["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 0}
