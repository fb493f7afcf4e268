"""Every figure that Lambda's API enforces beyond the service model. Bytes, seconds, MB and counts as named."""

from __future__ import annotations

NAME_LENGTH = 64
"""Characters of a function's bare name; the model allows for whole ARNs."""

TIMEOUT_SECONDS = 900
MEMORY_MB = 10_240
EPHEMERAL_MB = 10_240

ENVIRONMENT_BYTES = 4096
"""All variables as compact JSON."""

TAGS = 50

MANAGED_MEMORY_MB = 2048
"""What a function on managed instances has at least, and the most is below."""

MOST_MANAGED_MEMORY_MB = 32_768
GIB_PER_VCPU = 2.0
"""Unless a function asks for another ratio."""

CONCURRENCY_PER_VCPU = 64
CAPACITY_PROVIDERS = 1000
CAPACITY_VERSIONS = 100
"""Function versions for each capacity provider."""

CAPACITY_VCPUS = 400
"""What a capacity provider may have unless it says else."""

LAYERS = 5
"""What a function may use at once."""

POLICY_BYTES = 20_480
"""A resource's policy as JSON."""

ASYNC_PAYLOAD_BYTES = 1_048_576
"""An event of an asynchronous invocation."""

PAYLOAD_BYTES = 6 * 1024 * 1024
"""A synchronous invocation's event."""

CLIENT_CONTEXT_BYTES = 3583

CODE_REQUEST_BYTES = 70_167_211
"""A request that carries code: 50 MB of zip as base64, and a quarter of a MB besides."""

ZIPPED_BYTES = 52_428_800
"""A package that is sent in a request."""

TOTAL_CODE_BYTES = 80_530_636_800
"""All packages of an account in a region, as they were uploaded: 75 GB."""

UNZIPPED_BYTES = 262_144_000
"""A package and its layers together."""

PAGE = 50
"""What a listing returns at most, whatever `MaxItems` says."""

LOCATION_SECONDS = 600
"""How long `Code.Location` is good for."""

FILTERS = 5
"""Of an event source mapping."""

FIFO_BATCH = 10
BATCH_WITHOUT_WINDOW = 10
"""Messages of a queue in one invocation: with order, and without a batching window."""

RECORD_AGE_SECONDS = 60
"""The least age at which a record of a stream may be given up."""
