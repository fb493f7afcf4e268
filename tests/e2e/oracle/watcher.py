#!/usr/bin/env python3
"""An external extension that remembers what the Extensions API said, and tells it to who connects to its port.

Runs inside environments. `/opt/port` says at which port.
"""

import http.client
import json
import os
import socket
import threading
from pathlib import Path

BASE = "/2020-01-01/extension/"
NAME = Path(__file__).name
seen = []


def call(method, path, headers, body=None):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, BASE + path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    try:
        return answer, json.loads(text)
    except ValueError:
        return answer, text


def note(what, answer, body):
    """What does not differ from one environment to the next."""
    names = sorted(name.lower() for name in answer.headers if name.lower().startswith("lambda-extension"))
    shown = body
    if isinstance(body, dict) and "errorType" not in body:
        shown = {name: value for name, value in body.items() if name in ("eventType", "handler", "functionVersion")}
        shown["members"] = sorted(set(body) - {"tracing"})  # the emulator has none
    seen.append([what, answer.status, names, shown])


def tell(server):
    while True:
        client, _ = server.accept()
        client.sendall(json.dumps(seen).encode())
        client.close()


server = socket.create_server(("127.0.0.1", int(Path("/opt/port").read_text())))
threading.Thread(target=tell, args=(server,), daemon=True).start()

events = json.dumps({"events": ["INVOKE", "SHUTDOWN"]})
note("no name", *call("POST", "register", {}, events))
note("no such event", *call("POST", "register", {"Lambda-Extension-Name": NAME}, '{"events": ["SLEEP"]}'))
note("wrong method", *call("GET", "register", {"Lambda-Extension-Name": NAME}))
note("wrong place", *call("GET", "nothing", {}))
note("no json", *call("POST", "register", {"Lambda-Extension-Name": NAME}, "{"))
answer, body = call("POST", "register", {"Lambda-Extension-Name": NAME}, events)
note("register", answer, body)
mine = {"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]}
note("twice", *call("POST", "register", {"Lambda-Extension-Name": NAME}, events))
note("nobody", *call("GET", "event/next", {}))
note("odd", *call("GET", "event/next", {"Lambda-Extension-Identifier": "odd"}))
note("stranger", *call("GET", "event/next", {"Lambda-Extension-Identifier": "8f5a2f9e-0000-4000-8000-000000000001"}))
note("no type", *call("POST", "init/error", mine, "{}"))
while True:
    note("next", *call("GET", "event/next", mine))
    note("late", *call("POST", "register", {"Lambda-Extension-Name": "late"}, events))
    note("late error", *call("POST", "init/error", {**mine, "Lambda-Extension-Function-Error-Type": "X"}, "{}"))
