"""`lambent env`: the variables that make AWS tools speak to this server."""

from __future__ import annotations

import argparse
import shlex

from lambent.cli import client
from lambent.cli.output import as_json
from lambent.settings import Settings


def run(arguments: argparse.Namespace) -> int:
    """Print `export NAME=VALUE` lines, or a JSON object."""
    made = variables(client.settings_of(arguments))
    if arguments.json:
        print(as_json(made))
    else:
        print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in made.items()))
        print("unset AWS_SESSION_TOKEN AWS_PROFILE")
    return 0


def variables(settings: Settings) -> dict[str, str]:
    """Endpoint, root key and region for the AWS CLI and every SDK."""
    key = client.root_key(settings)
    return {
        "AWS_ENDPOINT_URL": client.endpoint_of(settings),
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_REGION": settings.region,
    }
