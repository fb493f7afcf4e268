"""Who may do what, through the front door: users, sessions and functions, by policies on both sides."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from lambent.cli.main import main
from lambent.cli.roles import BASIC, TRUST
from tests.api.conftest import ACCOUNT, parameters

CALL = """
import boto3

def handler(event, context):
    try:
        return boto3.client("lambda").get_function_configuration(FunctionName=event)["FunctionName"]
    except Exception as error:
        return str(error)
"""


def allowing(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def iam(server: Any) -> Any:
    return server.client("iam")


@pytest.fixture
def ann(server: Any, iam: Any, name: str) -> Callable[[str], Any]:
    """A new user's clients."""
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return lambda service: server.client(
        service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )


def test_a_user_may_what_their_policies_say(iam: Any, ann: Any, aws: Any, name: str) -> None:
    assert ann("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{name}"
    mine, theirs = f"mine-{name}", f"theirs-{name}"
    aws.create_function(**parameters(theirs))
    assert refusal(ann("lambda").get_function, FunctionName=theirs) == (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: lambda:GetFunction on resource:"
        f" arn:aws:lambda:us-east-1:{ACCOUNT}:function:{theirs} because no identity-based policy allows the"
        " lambda:GetFunction action",
    )
    policy = allowing("lambda:*", resource=f"arn:aws:lambda:*:*:function:mine-{name}")
    iam.put_user_policy(UserName=name, PolicyName="mine", PolicyDocument=policy)
    client = ann("lambda")
    assert "iam:PassRole" in refusal(client.create_function, **parameters(mine))[1]
    passing = allowing("iam:PassRole", resource=f"arn:aws:iam::{ACCOUNT}:role/worker")
    iam.put_user_policy(UserName=name, PolicyName="pass", PolicyDocument=passing)
    client.create_function(**parameters(mine))
    assert refusal(client.get_function, FunctionName=theirs)[0] == "AccessDeniedException"
    client.delete_function(FunctionName=mine)
    iam.delete_user_policy(UserName=name, PolicyName="mine")
    assert refusal(client.list_functions)[0] == "AccessDeniedException"


def test_a_functions_own_policy_lets_a_user_in(ann: Any, aws: Any, create: Any, name: str) -> None:
    create(name)
    client = ann("lambda")
    assert refusal(client.invoke, FunctionName=name)[0] == "AccessDeniedException"
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    aws.add_permission(FunctionName=name, StatementId="ann", Action="lambda:InvokeFunction", Principal=arn)
    assert json.load(client.invoke(FunctionName=name, Payload=b"7")["Payload"])["event"] == 7
    assert json.loads(aws.get_policy(FunctionName=name)["Policy"])["Statement"][0]["Principal"] == {"AWS": arn}
    aws.remove_permission(FunctionName=name, StatementId="ann")
    assert refusal(client.invoke, FunctionName=name)[0] == "AccessDeniedException"


def test_a_session_of_a_role(server: Any, iam: Any, ann: Any, name: str) -> None:
    user = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    trust = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}
    trust["Condition"] = {"StringEquals": {"sts:ExternalId": "secret"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="list", PolicyDocument=allowing("lambda:List*", "iam:List*"))
    asked = {"RoleArn": role, "RoleSessionName": "me"}
    said = f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {role}"
    assert refusal(ann("sts").assume_role, **asked) == ("AccessDenied", said)
    assert refusal(ann("sts").assume_role, **{**asked, "RoleArn": role + "x"}) == ("AccessDenied", said + "x")

    def session(**limits: str) -> Callable[[str], Any]:
        given = ann("sts").assume_role(**asked, ExternalId="secret", **limits)["Credentials"]
        keys = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        return lambda service: server.client(service, **keys)

    whole, limited = session(), session(Policy=allowing("lambda:List*"))
    shown = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/me"
    assert whole("sts").get_caller_identity()["Arn"] == shown
    whole("lambda").list_functions()
    whole("iam").list_users()
    limited("lambda").list_functions()
    assert refusal(limited("iam").list_users) == (
        "AccessDenied",
        f"User: {shown} is not authorized to perform: iam:ListUsers on resource: * because no session policy allows"
        " the iam:ListUsers action",
    )
    iam.delete_role_policy(RoleName=name, PolicyName="list")
    assert refusal(whole("lambda").list_functions)[0] == "AccessDeniedException"


def test_a_function_has_its_roles_permissions_and_no_more(iam: Any, aws: Any, create: Any, name: str) -> None:
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=BASIC)
    create(name, CALL, Role=role, MemorySize=512, Timeout=30)

    def answer() -> str:
        return str(json.load(aws.invoke(FunctionName=name, Payload=json.dumps(name))["Payload"]))

    assert f"assumed-role/{name}/{name} is not authorized to perform: lambda:GetFunctionConfiguration" in answer()
    source = {"ArnLike": {"lambda:SourceFunctionArn": f"arn:aws:lambda:*:*:function:{name}"}}
    statement = {"Effect": "Allow", "Action": "lambda:Get*", "Resource": "*", "Condition": source}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_role_policy(RoleName=name, PolicyName="get", PolicyDocument=document)
    assert answer() == name


def test_a_role_that_lambda_cannot_assume(iam: Any, aws: Any, name: str) -> None:
    other = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST.replace("lambda", "ec2"))["Role"]["Arn"]
    for role in (other, f"arn:aws:iam::{ACCOUNT}:role/nobody-{name}"):
        assert refusal(aws.create_function, **parameters(name, Role=role)) == (
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        )
    assert refusal(aws.get_function, FunctionName=name)[0] == "ResourceNotFoundException"


def test_another_accounts_function_is_out_of_reach(ann: Any, aws: Any, iam: Any, name: str) -> None:
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=allowing("*"))
    theirs = "arn:aws:lambda:us-east-1:999999999999:function:f"
    for client in (aws, ann("lambda")):
        code, text = refusal(client.invoke, FunctionName=theirs)
        assert code == "AccessDeniedException"
        assert text.endswith("because no resource-based policy allows the lambda:InvokeFunction action")


def test_a_refusal_can_be_explained_and_a_policy_suggested(
    server: Any, ann: Any, aws: Any, create: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    create(name, CALL, MemorySize=512, Timeout=30)
    with pytest.raises(ClientError) as raised:
        ann("lambda").get_function(FunctionName=name)
    request = raised.value.response["ResponseMetadata"]["RequestId"]
    options = ["--endpoint", server.endpoint, "--data", str(server.data)]
    assert main(["explain", request, *options]) == 0
    said = capsys.readouterr().out
    assert f"principal  arn:aws:iam::{ACCOUNT}:user/{name}" in said
    assert "because no identity-based policy allows it" in said
    assert main(["trail", "--limit", "500", *options]) == 0
    assert "CreateFunction20150331" in capsys.readouterr().out
    assert json.load(aws.invoke(FunctionName=name, Payload=json.dumps(name))["Payload"]) == name
    assert main(["policy", "suggest", name, "--json", *options]) == 0
    used = json.loads(capsys.readouterr().out)["Used"]
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    assert {"Action": "lambda:GetFunctionConfiguration", "Resource": arn} in used


def test_an_unsigned_call_must_bring_a_token(server: Any) -> None:
    sts = server.client("sts", config=Config(signature_version=UNSIGNED))
    asked = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/worker", "RoleSessionName": "me"}
    assert refusal(sts.assume_role_with_web_identity, **asked, WebIdentityToken="a.b.c")[0] == "InvalidIdentityToken"
    assert refusal(sts.get_caller_identity)[0] == "MissingAuthenticationToken"
