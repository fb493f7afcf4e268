"""How any part calls an AWS API, whether the service lives in this process or elsewhere; delivery by ARN."""
