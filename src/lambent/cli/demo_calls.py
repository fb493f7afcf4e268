"""The demo's two clients, both AWS's own: the AWS CLI to deploy, boto3 to invoke. They read no AWS files."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambent.cli.demo_package import run
from lambent.cli.variables import variables
from lambent.settings import Settings, child_environment

CALLERS = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """One invocation as its client saw it. `error` is X-Amz-Function-Error; `seen_ms` is wall time at the client."""

    payload: Any
    error: str | None
    log: str
    request_id: str
    seen_ms: float


class Clients:
    """The AWS CLI and boto3, both pointed at one server by nothing but the variables of `lambent env`."""

    def __init__(self, settings: Settings) -> None:
        self._variables = variables(settings)
        isolated = {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        self._environment = child_environment({**isolated, **self._variables}, without="AWS_")
        self._boto3 = self._connect()
        self.failed: list[bool] = []
        """Whether each invocation so far has failed."""

    def cli(self, *arguments: str) -> str:
        """Run `aws ARGUMENTS`; its standard output. Raises CommandError with what it said if it failed."""
        return run([str(Path(sys.executable).with_name("aws")), *arguments], self._environment)

    def invoke(self, function: str, event: dict[str, object]) -> Answer:
        """Invoke with boto3, log tail asked for."""
        payload = json.dumps(event).encode()
        start = time.perf_counter()
        answer = self._boto3.invoke(FunctionName=function, Payload=payload, LogType="Tail")
        answered = answer["Payload"].read()
        seen_ms = (time.perf_counter() - start) * 1000
        self.failed.append("FunctionError" in answer)
        return Answer(
            payload=json.loads(answered),
            error=answer.get("FunctionError"),
            log=base64.b64decode(answer.get("LogResult", "")).decode(),
            request_id=answer["ResponseMetadata"]["RequestId"],
            seen_ms=seen_ms,
        )

    def exists(self, function: str) -> bool:
        """Whether GetFunction finds it."""
        try:
            self._boto3.get_function(FunctionName=function)
        except self._boto3.exceptions.ResourceNotFoundException:
            return False
        return True

    def _connect(self) -> Any:
        import boto3
        import botocore.session
        from botocore.config import Config

        unset = (None, None, None, None)
        nowhere = (None, None, os.devnull, None)
        session = botocore.session.Session({"profile": unset, "config_file": nowhere, "credentials_file": nowhere})
        return boto3.Session(botocore_session=session).client(
            "lambda",
            endpoint_url=self._variables["AWS_ENDPOINT_URL"],
            region_name=self._variables["AWS_REGION"],
            aws_access_key_id=self._variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._variables["AWS_SECRET_ACCESS_KEY"],
            config=Config(proxies={}, retries={"total_max_attempts": 1}, max_pool_connections=CALLERS),
        )
