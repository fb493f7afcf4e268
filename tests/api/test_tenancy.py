"""Tenant isolation through boto3: functions that try to leave something for the next tenant."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SOURCE = """
import builtins, glob, os, subprocess, sys, time

seen = getattr(builtins, "seen", None) or set()
builtins.seen = seen
TRAPS = "/tmp", "/dev/shm", "/var/tmp", "/var/task", "/opt"

def handler(event, context):
    seen.add(context.tenant_id)
    found = set(seen)
    for trap in TRAPS:
        found |= {os.path.basename(path)[5:] for path in glob.glob(trap + "/trap-*")}
        try:
            open(trap + "/trap-" + context.tenant_id, "w").close()
        except OSError:
            pass
    for pid in filter(str.isdigit, os.listdir("/proc")):
        command = open("/proc/" + pid + "/cmdline").read()
        found |= {word[5:] for word in command.split("\\0") if word.startswith("trap-")}
    subprocess.Popen(["sleep", "1000"], executable="/bin/sleep", start_new_session=True)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", "trap-" + context.tenant_id])
    if event == "crash":
        os._exit(1)
    if event == "hang":
        time.sleep(1000)
    return sorted(found)
"""


def call(aws: Any, name: str, tenant: str, event: object = None) -> Any:
    answer = aws.invoke(FunctionName=name, TenantId=tenant, Payload=json.dumps(event))
    return json.load(answer["Payload"])


def test_no_environment_file_process_or_memory_is_seen_by_two_tenants(
    aws: Any, server: Any, name: str, create: Callable[..., Any]
) -> None:
    made = create(
        name,
        SOURCE,
        TenancyConfig={"TenantIsolationMode": "PER_TENANT"},
        Timeout=1,
        MemorySize=512,
        LoggingConfig={"LogFormat": "JSON"},
    )
    assert made["TenancyConfig"] == {"TenantIsolationMode": "PER_TENANT"}
    assert call(aws, name, "a", "crash")["errorType"] == "Runtime.ExitError"
    assert call(aws, name, "b", "hang")["errorType"] == "Sandbox.Timedout"
    tenants = [*"abcd"] * 3
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda tenant: call(aws, name, tenant), tenants))
    assert answers == [[tenant] for tenant in tenants]
    assert _tenants_of_streams(server, name) == {(tenant,) for tenant in "abcd"}


def _tenants_of_streams(server: Any, name: str) -> set[tuple[str, ...]]:
    """Which tenants each environment's log tells of, once every invocation is reported."""
    over = time.monotonic() + 10
    while True:
        streams: dict[str, set[str]] = {}
        reports = 0
        for file in server.data.glob(f"logs/**/*{name}*/**/*"):
            for line in file.read_text().splitlines() if file.is_file() else ():
                if "platform.report" in line:
                    reports += 1
                if "tenantId" in line:
                    streams.setdefault(file.name, set()).add(line.split("tenantId")[1].split('"')[2].rstrip("\\"))
        if reports >= 14:
            return {tuple(sorted(tenants)) for tenants in streams.values()}
        assert time.monotonic() < over
        time.sleep(0.05)
