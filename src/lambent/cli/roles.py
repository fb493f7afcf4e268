"""The execution role of functions that are deployed without one."""

from __future__ import annotations

from lambent.cli.client import Client
from lambent.model.errors import ApiError

ROLE = "lambda"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},'
    ' "Action": "sts:AssumeRole"}]}'
)
"""Lambda may assume it."""


def execution_role(client: Client) -> str:
    """Its ARN: a role that may write logs, made at first need. Raises ApiError, CommandError."""
    try:
        client.of("iam", "CreateRole", RoleName=ROLE, AssumeRolePolicyDocument=TRUST)
        client.of("iam", "AttachRolePolicy", RoleName=ROLE, PolicyArn=BASIC)
    except ApiError as error:
        if error.code != "EntityAlreadyExists":
            raise
    return f"arn:aws:iam::{client.account}:role/{ROLE}"
