#!/usr/bin/env python3
"""A custom runtime that does what its events say and reports what the Runtime API answered. Runs inside environments.

An event is a list of requests, [method, path, headers, body]; `ID` stands for the id of the invocation, which one of
them has to answer. The event "report" is answered with all that was seen since the last one.
"""

import contextlib
import http.client
import json
import os

ADDRESS = os.environ["AWS_LAMBDA_RUNTIME_API"]
BASE = "/2018-06-01/runtime/"
DIFFERENT = ("lambda-runtime-aws-request-id", "lambda-runtime-deadline-ms", "lambda-runtime-invoked-function-arn")
seen = []


def call(method, path, headers, body):
    connection = http.client.HTTPConnection(ADDRESS, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def told(answer, text):
    with contextlib.suppress(ValueError):
        text = json.loads(text)
    return [answer.status, answer.headers.get("Content-Type"), text]


while True:
    answer, text = call("GET", BASE + "invocation/next", {}, None)
    request = answer.headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(text)
    if event == "report":
        seen, report = [], seen
        call("POST", BASE + "invocation/" + request + "/response", {}, json.dumps(report))
        continue
    told_of = {name.lower(): value for name, value in answer.headers.items()}
    context = {name: value for name, value in told_of.items() if name.startswith("lambda-runtime")}
    for name in DIFFERENT:
        context[name] = bool(context.get(name))
    context.pop("lambda-runtime-trace-id", None)  # the emulator has none
    seen.append([answer.status, told_of.get("content-type"), context])
    for method, path, headers, body in event:
        try:
            seen.append(told(*call(method, path.replace("ID", request), headers, body)))
        except (OSError, http.client.HTTPException) as error:
            seen.append([type(error).__name__])
