"""What SNS has and Lambent has not: refused by name as soon as it says something."""

from __future__ import annotations

from collections.abc import Mapping

NO_LOG = "the status of deliveries is not logged"
NO_ARCHIVE = "messages are not archived"

TOPIC_ATTRIBUTES: Mapping[str, str] = {
    "ArchivePolicy": NO_ARCHIVE,
    **{
        f"{kind}{what}": NO_LOG
        for kind in ("HTTP", "Firehose", "Lambda", "Application", "SQS")
        for what in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
    },
}
TRACING = "it makes no segments of its own; trace headers are passed through"
DATA_PROTECTION = "messages are not searched for what they hold"

SUBSCRIPTION_ATTRIBUTES: Mapping[str, str] = {
    "ReplayPolicy": NO_ARCHIVE,
    "SubscriptionRoleArn": "there are no delivery streams",
}
PROTOCOLS: Mapping[str, str] = {
    "email": "it sends no e-mail",
    "email-json": "it sends no e-mail",
    "sms": "it sends no text messages",
    "application": "it pushes nothing to mobile devices",
    "firehose": "it has no delivery streams",
}
TEXT_MESSAGES, PUSHES = PROTOCOLS["sms"], PROTOCOLS["application"]

_TOPIC = {f"Attributes.{name}": why for name, why in TOPIC_ATTRIBUTES.items()} | {
    "Attributes.TracingConfig (Active)": TRACING
}
REFUSED: Mapping[str, Mapping[str, str]] = {
    "CreateTopic, SetTopicAttributes": {**_TOPIC, "DataProtectionPolicy": DATA_PROTECTION},
    "Subscribe, SetSubscriptionAttributes": {
        **{f"Protocol ({name})": why for name, why in PROTOCOLS.items()},
        **{f"Attributes.{name}": why for name, why in SUBSCRIPTION_ATTRIBUTES.items()},
    },
    "Publish": {"PhoneNumber": TEXT_MESSAGES, "TargetArn (an endpoint)": PUSHES},
}
"""Operation -> option -> why, for COMPATIBILITY.md."""
