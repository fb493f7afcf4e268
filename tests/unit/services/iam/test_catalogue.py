"""AWS's own managed policies."""

from __future__ import annotations

from lambent.policy.document import Use, parse
from lambent.services.iam import catalogue

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def test_all_are_policies_with_names_of_their_own() -> None:
    policies = catalogue.policies()
    assert len({each.name for each in policies.values()}) == len(policies) > 40
    assert len({each.id for each in policies.values()}) == len(policies)
    for policy in policies.values():
        assert parse(policy.document, Use.IDENTITY).statements


def test_the_ones_that_users_of_lambda_name() -> None:
    names = {each.name for each in catalogue.policies().values()}
    assert names >= {
        "AWSLambdaBasicExecutionRole",
        "AWSLambdaSQSQueueExecutionRole",
        "AWSLambdaKinesisExecutionRole",
        "AWSLambdaDynamoDBExecutionRole",
        "AWSLambdaVPCAccessExecutionRole",
        "AWSXRayDaemonWriteAccess",
        "AmazonS3ReadOnlyAccess",
        "AdministratorAccess",
        "AWSLambda_FullAccess",
        "AWSLambda_ReadOnlyAccess",
        "AmazonCodeGuruProfilerAgentAccess",
    }


def test_by_arn() -> None:
    basic = catalogue.policy(BASIC)
    assert basic is not None
    (statement,) = parse(basic.document, Use.IDENTITY).statements
    assert statement.covers_action("logs:putlogevents")
    assert not statement.covers_action("sqs:receivemessage")
    assert catalogue.policy("arn:aws:iam::aws:policy/None") is None
