"""The main paths through clients that are not boto3: the AWS SDK for JavaScript v3, and the real AWS CLI."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lambent.runtimes.library import NODE_SDK, extras_root
from tests.api.conftest import ROLE, Server, package

MODULES = extras_root() / NODE_SDK / "node_modules"
NODE = shutil.which("node")
SOURCE = """
import os
def handler(event, context):
    print("hello from the log")
    if event.get("fail"):
        raise ValueError("on purpose")
    return {"echo": event, "version": context.function_version, "token": os.environ.get("TOKEN")}
"""
SCRIPT = """
const fs = require("fs");
const lambda = require("@aws-sdk/client-lambda");
const [name, zip, role] = process.argv.slice(2);
const client = new lambda.LambdaClient({ maxAttempts: 1 });
const soon = { client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.2 };
const json = (bytes) => JSON.parse(Buffer.from(bytes).toString());
const refusal = async (command) => {
  try { await client.send(command); return null; }
  catch (error) {
    const known = error instanceof lambda.LambdaServiceException;
    return [error.name, error.$metadata.httpStatusCode, error.message, known];
  }
};

(async () => {
  const seen = {};
  const made = await client.send(new lambda.CreateFunctionCommand({ FunctionName: name, Runtime: "python3.11",
    Handler: "app.handler", Role: role, Code: { ZipFile: fs.readFileSync(zip) }, Timeout: 10,
    Environment: { Variables: { TOKEN: "t" } }, Tags: { a: "b" } }));
  seen.created = [made.State, made.CodeSize > 0, made.$metadata.httpStatusCode];
  await lambda.waitUntilFunctionActiveV2(soon, { FunctionName: name });
  const first = await client.send(new lambda.InvokeCommand({ FunctionName: name, LogType: "Tail",
    Payload: JSON.stringify({ n: 1 }) }));
  seen.invoked = [first.StatusCode, first.ExecutedVersion, json(first.Payload)];
  seen.log = Buffer.from(first.LogResult, "base64").toString().includes("hello from the log");
  const failed = await client.send(new lambda.InvokeCommand({ FunctionName: name, Payload: '{"fail": true}' }));
  seen.failed = [failed.FunctionError, json(failed.Payload).errorType];
  const version = await client.send(new lambda.PublishVersionCommand({ FunctionName: name }));
  await lambda.waitUntilPublishedVersionActive(soon, { FunctionName: name, Qualifier: version.Version });
  await client.send(new lambda.CreateAliasCommand({ FunctionName: name, Name: "live", FunctionVersion: "1" }));
  const streamed = await client.send(new lambda.InvokeWithResponseStreamCommand({ FunctionName: `${name}:live` }));
  const pieces = [];
  for await (const event of streamed.EventStream) if (event.PayloadChunk) pieces.push(event.PayloadChunk.Payload);
  seen.streamed = json(Buffer.concat(pieces)).version;
  const url = await client.send(new lambda.CreateFunctionUrlConfigCommand({ FunctionName: name, AuthType: "AWS_IAM" }));
  seen.url = url.FunctionUrl.includes(".lambda-url.us-east-1.");
  const listed = [];
  for await (const page of lambda.paginateListVersionsByFunction({ client, pageSize: 1 }, { FunctionName: name }))
    listed.push(...page.Versions.map((each) => each.Version));
  seen.versions = listed;
  const shown = await client.send(new lambda.GetFunctionCommand({ FunctionName: name }));
  seen.shown = [shown.Tags, (await fetch(shown.Code.Location)).status];
  seen.source = await refusal(new lambda.CreateEventSourceMappingCommand({ FunctionName: name, EventSourceArn:
    "arn:aws:kinesis:us-east-1:000000000000:stream/s" }));
  seen.settings = (await client.send(new lambda.GetAccountSettingsCommand({}))).AccountLimit.ConcurrentExecutions;
  await client.send(new lambda.DeleteFunctionCommand({ FunctionName: name }));
  seen.gone = await refusal(new lambda.GetFunctionCommand({ FunctionName: name }));
  console.log(JSON.stringify(seen));
})();
"""


@pytest.fixture
def variables(server: Server, tmp_path: Path) -> dict[str, str]:
    """The environment of a client: our keys, and nothing of the user's own configuration."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": server.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.secret_access_key,
        "NODE_PATH": str(MODULES),
        "AWS_PAGER": "",
    }


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The function's package as a file."""
    file = tmp_path / "package.zip"
    file.write_bytes(package(SOURCE))
    return file


@pytest.mark.skipif(
    NODE is None or not (MODULES / "@aws-sdk" / "client-lambda").is_dir(), reason="no AWS SDK for Node.js"
)
def test_the_javascript_sdk(variables: dict[str, str], archive: Path, name: str) -> None:
    script = archive.with_name("script.cjs")
    script.write_text(SCRIPT)
    assert NODE is not None
    run = subprocess.run([NODE, script, name, archive, ROLE], env=variables, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    seen: dict[str, Any] = json.loads(run.stdout)
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert seen == {
        "created": ["Pending", True, 201],
        "invoked": [200, "$LATEST", {"echo": {"n": 1}, "version": "$LATEST", "token": "t"}],
        "log": True,
        "failed": ["Unhandled", "ValueError"],
        "streamed": "1",
        "url": True,
        "versions": ["$LATEST", "1"],
        "shown": [{"a": "b"}, 200],
        "source": [
            "InvalidParameterValueException",
            400,
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must"
            " not be null.",
            True,
        ],
        "settings": 1000,
        "gone": ["ResourceNotFoundException", 404, f"Function not found: {arn}", True],
    }


DRIVER = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver

driver = create_clidriver()
for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = driver.main(["lambda", *words, "--output", "json"])
    print(json.dumps([status, out.getvalue(), err.getvalue()]))
"""


def command_line(variables: dict[str, str], directory: Path, *commands: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """The real AWS CLI, with one start for all commands: status, output and errors of each `aws lambda COMMAND`."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DRIVER],
        input=json.dumps(commands),
        env=variables,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return [tuple(json.loads(line)) for line in run.stdout.splitlines()]


@pytest.mark.skipif(importlib.util.find_spec("awscli") is None, reason="no AWS CLI beside this interpreter")
def test_the_command_line(variables: dict[str, str], archive: Path, name: str) -> None:
    named = ("--function-name", name)
    alias = ("create-alias", *named, "--name", "live", "--function-version", "1")
    told = command_line(
        variables,
        archive.parent,
        (
            *("create-function", *named, "--runtime", "python3.11", "--handler", "app.handler", "--role", ROLE),
            *("--zip-file", "fileb://package.zip", "--environment", "Variables={TOKEN=t}"),
        ),
        ("publish-layer-version", "--layer-name", name, "--zip-file", "fileb://package.zip"),
        ("wait", "function-active-v2", *named),
        ("publish-version", *named),
        (*alias, "--routing-config", "AdditionalVersionWeights={}"),
        alias,
        ("put-function-concurrency", *named, "--reserved-concurrent-executions", "5"),
        ("wait", "function-active-v2", *named, "--qualifier", "1"),
        ("invoke", *named, "--qualifier", "live", "--payload", '{"n": 1}', "out"),
        ("delete-function", *named),
    )
    assert [status for status, _, _ in told] == [0, 0, 0, 0, 0, 255, 0, 0, 0, 0], told
    created, layer, _, version, made, _, concurrency, _, answer, _ = (json.loads(out or "null") for _, out, _ in told)
    assert (created["State"], layer["Version"], version["Version"]) == ("Pending", 1, "1")
    assert made["AliasArn"].endswith(f"{name}:live")
    assert "(ResourceConflictException)" in told[5][2]
    assert concurrency == {"ReservedConcurrentExecutions": 5}
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "1")
    assert json.loads((archive.parent / "out").read_text())["echo"] == {"n": 1}
