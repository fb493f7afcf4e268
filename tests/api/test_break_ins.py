"""Attempts to get at what is somebody else's, each with the refusal: signatures, tokens, headers, roles, secrets."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambent.cli.local_server import descendants
from lambent.cli.roles import TRUST
from lambent.gateway.signing import Key, sign
from tests.api.conftest import ACCOUNT, REGION

LIST = "/2015-03-31/functions"
MISMATCH = "InvalidSignatureException"
UNKNOWN = "UnrecognizedClientException"


class Stranger:
    """Somebody with a connection to the server, who has seen a signed request go by."""

    def __init__(self, server: Any) -> None:
        self.endpoint: str = server.endpoint
        self.key = Key(server.access_key_id, server.secret_access_key)

    def seen(
        self, *, method: str = "GET", path: str = LIST, body: bytes = b"", key: Key | None = None, **options: Any
    ) -> dict[str, str]:
        given = {"region": REGION, "service": "lambda", "now": time.time()} | options
        return sign(method, self.endpoint + path, {}, body, key=key or self.key, **given)

    def send(
        self,
        fields: Mapping[str, str] | list[tuple[str, str]],
        *,
        method: str = "GET",
        path: str = LIST,
        body: bytes = b"",
    ) -> tuple[int, str]:
        """Status, and the error's type."""
        connection = HTTPConnection(self.endpoint.removeprefix("http://"), timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in fields.items() if isinstance(fields, Mapping) else fields:
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers.get("x-amzn-ErrorType") or ""
        finally:
            connection.close()


@pytest.fixture
def stranger(server: Any) -> Stranger:
    return Stranger(server)


def test_a_request_can_be_replayed_for_its_quarter_of_an_hour_only(stranger: Stranger) -> None:
    assert stranger.send(stranger.seen()) == (200, "")
    assert stranger.send(stranger.seen(now=time.time() - 890)) == (200, "")  # as on AWS
    assert stranger.send(stranger.seen(now=time.time() - 905)) == (403, MISMATCH)
    assert stranger.send(stranger.seen(now=time.time() + 905)) == (403, MISMATCH)


def test_a_replayed_request_can_do_nothing_else(stranger: Stranger) -> None:
    fields = stranger.seen()
    later = {**fields, "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + 60))}
    for more in (
        {"path": LIST + "/other"},
        {"path": LIST + "?FunctionVersion=ALL"},
        {"method": "POST"},
        {"body": b"{}"},
    ):
        assert stranger.send(fields, **more)[0] == 403, more  # type: ignore[arg-type]
    assert stranger.send(later) == (403, MISMATCH)
    assert stranger.send({**fields, "Host": "elsewhere"}) == (403, MISMATCH)


@pytest.mark.parametrize(
    ("before", "after"),
    [(f"/{REGION}/", "/eu-west-1/"), ("/lambda/", "/sqs/"), ("/lambda/", "/iam/"), ("/aws4_request", "/aws5_request")],
)
def test_region_and_service_cannot_be_swapped(stranger: Stranger, before: str, after: str) -> None:
    fields = stranger.seen()
    fields["Authorization"] = fields["Authorization"].replace(before, after)
    assert stranger.send(fields)[0] == 403


def test_a_signature_for_one_service_is_none_for_another(stranger: Stranger) -> None:
    body = b"Action=ListUsers&Version=2010-05-08"
    fields = stranger.seen(method="POST", path="/", body=body, service="sqs")
    form = {**fields, "Content-Type": "application/x-www-form-urlencoded"}
    form["Authorization"] = form["Authorization"].replace("/sqs/", "/iam/")
    status, _ = stranger.send(form, method="POST", path="/", body=body)
    assert status == 403


def test_tokens_are_whole_and_their_own_keys(server: Any, stranger: Stranger, name: str) -> None:
    iam, sts = server.client("iam"), server.client("sts")
    trust = TRUST.replace('"Service": "lambda.amazonaws.com"', f'"AWS": "{ACCOUNT}"')
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "lambda:List*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName=name, PolicyName="list", PolicyDocument=document)

    def session() -> Key:
        given = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
        return Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    mine, other = session(), session()
    token, secret = mine.session_token or "", mine.secret_access_key
    assert stranger.send(stranger.seen(key=mine)) == (200, "")
    for forged in (
        token[:-1],
        token[: len(token) // 2],
        token[1:],
        token + "A",
        token.swapcase(),
        "",
        other.session_token,
    ):
        status, code = stranger.send(stranger.seen(key=Key(mine.access_key_id, secret, forged)))
        assert (status, code) in ((403, UNKNOWN), (403, MISMATCH)), forged
    assert stranger.send(stranger.seen(key=Key(mine.access_key_id, secret))) == (403, UNKNOWN)
    assert stranger.send(stranger.seen(key=Key(mine.access_key_id, other.secret_access_key, token))) == (403, MISMATCH)
    assert stranger.send(stranger.seen(key=Key(stranger.key.access_key_id, secret, token))) == (403, UNKNOWN)


def test_headers_cannot_be_smuggled_in(stranger: Stranger) -> None:
    fields = stranger.seen()
    weak = {**fields, "Authorization": fields["Authorization"].replace("x-amz-date", "host")}
    nowhere = "AWS4-HMAC-SHA256 Credential=A/20200101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0"
    twice = [*fields.items(), ("Authorization", nowhere)]
    first = [("Authorization", nowhere), *fields.items()]
    dates = [("X-Amz-Date", "20200101T000000Z"), *fields.items()]
    hosts = [("Host", "elsewhere"), *fields.items()]
    lengths = [*fields.items(), ("Content-Length", "0"), ("Content-Length", "5")]
    framings = [*fields.items(), ("Content-Length", "0"), ("Transfer-Encoding", "chunked")]
    for attempt in (weak, first, twice, dates, hosts, lengths, framings):
        assert stranger.send(attempt)[0] in (400, 403), attempt
    # What is not signed cannot change whose request it is, nor what it does.
    assert stranger.send({**fields, "X-Amz-Security-Token": "token"})[0] == 403
    assert stranger.send({**fields, "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"})[0] == 403
    assert stranger.send({**fields, "X-Amz-Target": "AWSKMS.ListKeys", "X-HTTP-Method-Override": "DELETE"})[0] == 200


def test_forwarded_addresses_are_not_believed(server: Any, stranger: Stranger, name: str) -> None:
    iam = server.client("iam")
    iam.create_user(UserName=name)
    given = iam.create_access_key(UserName=name)["AccessKey"]
    key = Key(given["AccessKeyId"], given["SecretAccessKey"])

    def allow_from(address: str) -> None:
        condition = {"IpAddress": {"aws:SourceIp": address}}
        statement = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="from", PolicyDocument=document)

    said = {
        "X-Forwarded-For": "10.1.2.3",
        "X-Real-IP": "10.1.2.3",
        "Forwarded": "for=10.1.2.3",
        "X-Client-IP": "10.1.2.3",
    }
    allow_from("10.1.2.3/32")
    assert stranger.send(stranger.seen(key=key) | said) == (403, "AccessDeniedException")
    allow_from("127.0.0.0/8")
    assert stranger.send(stranger.seen(key=key) | said) == (200, "")


ROAM = """
import boto3

def tried(call, **params):
    try:
        call(**params)
        return "allowed"
    except Exception as error:
        return type(error).__name__ + " " + str(error)

def handler(event, context):
    aws, iam, sts, kms = (boto3.client(each) for each in ("lambda", "iam", "sts", "kms"))
    me, role = context.function_name, event["role"]
    return {
        "ListFunctions": tried(aws.list_functions),
        "GetFunction": tried(aws.get_function, FunctionName=me),
        "Invoke": tried(aws.invoke, FunctionName=me),
        "UpdateFunctionConfiguration": tried(aws.update_function_configuration, FunctionName=me, Timeout=900),
        "AddPermission": tried(
            aws.add_permission, FunctionName=me, StatementId="aa", Action="lambda:InvokeFunction", Principal="*"
        ),
        "DeleteFunction": tried(aws.delete_function, FunctionName=me),
        "CreateAccessKey": tried(iam.create_access_key, UserName="ann"),
        "PutRolePolicy": tried(iam.put_role_policy, RoleName=role, PolicyName="a", PolicyDocument="{}"),
        "AssumeRole": tried(sts.assume_role, RoleArn=event["other"], RoleSessionName="aa"),
        "CreateKey": tried(kms.create_key),
    }
"""


def test_a_function_cannot_widen_what_its_role_may(server: Any, aws: Any, create: Any, name: str) -> None:
    iam = server.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    other = iam.create_role(RoleName=f"{name}-2", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    create(name, ROAM, Role=role, MemorySize=512, Timeout=60)
    payload = json.dumps({"role": name, "other": other})
    said = json.load(aws.invoke(FunctionName=name, Payload=payload)["Payload"])
    assert len(said) == 10
    for operation, answer in said.items():
        assert answer.startswith("ClientError An error occurred (AccessDenied"), (operation, answer)
        assert f":assumed-role/{name}/{name} is not authorized to perform: " in answer


LEAK = """
import os, sys

def handler(event, context):
    if event == "abort":
        os.abort()
    if event == "raise":
        raise ValueError("no")
    return open("/proc/self/limits").read()
"""


def test_variables_stay_where_they_belong(
    server: Any, aws: Any, create: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = f"variable-of-{name}-4711"
    create(name, LEAK, Environment={"Variables": {"SECRET": secret}})
    answers = [
        aws.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail") for event in ("raise", "abort", "")
    ]
    said = [answer["Payload"].read().decode() + answer["LogResult"] for answer in answers]
    refused = []
    for params in ({"Timeout": 9999}, {"Environment": {"Variables": {"AWS_REGION": secret}}}):
        with pytest.raises(ClientError) as raised:
            aws.update_function_configuration(FunctionName=name, **params)
        refused.append(str(raised.value))
    assert secret not in "".join(said + refused)

    core = next(line for line in json.loads(said[2].rpartition('"')[0] + '"').splitlines() if "core file" in line)
    assert core.split()[4:6] in (["0", "0"], ["1", "1"])
    files = [file for file in server.data.rglob("*") if file.is_file()]
    assert any(file.suffix == ".db" for file in files)
    assert [str(file) for file in files if holds(file, secret)] == []
    assert not [file for file in Path.cwd().glob("core*") if file.is_file()]

    processes = [server.process.pid, *descendants(server.process.pid)]
    assert [pid for pid in processes if holds(Path(f"/proc/{pid}/cmdline"), secret)] == []
    limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    assert next(line for line in limits.splitlines() if "core file" in line).split()[4:6] in (["0", "0"], ["1", "1"])


def holds(file: Path, secret: str) -> bool:
    try:
        return secret.encode() in file.read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


def test_variables_are_not_in_the_environment_of_the_server(server: Any, create: Any, name: str) -> None:
    secret = f"variable-of-{name}-4712"
    create(name, LEAK, Environment={"Variables": {"SECRET": secret}})
    assert not holds(Path(f"/proc/{server.process.pid}/environ"), secret)
    assert secret not in os.environ.values()
