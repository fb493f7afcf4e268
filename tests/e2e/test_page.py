"""The page in a real Chromium: log in, list, invoke, read; and a function that attacks whoever looks at it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from lambent.cli.local_server import LocalServer
from tests.api.conftest import Server, parameters
from tests.e2e.browser import CHROMIUM, Browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)")

ATTACK = "<script>window.attacked = 1</script><img src=x onerror=window.attacked=1>"
THIEF = "<script>try { document.title = sessionStorage.length } catch (error) { document.title = error.name }</script>"
OPEN: dict[str, dict[str, Any]] = {
    "lambda:InvokeFunctionUrl": {"FunctionUrlAuthType": "NONE"},
    "lambda:InvokeFunction": {"InvokedViaFunctionUrl": True},
}
WIDGETS = [
    {"type": "text", "x": 0, "y": 0, "width": 6, "height": 3, "properties": {"markdown": ATTACK}},
    {
        "type": "metric",
        "x": 6,
        "y": 0,
        "width": 6,
        "height": 3,
        "properties": {
            "title": "Tries of hostile",
            "region": "us-east-1",
            "stat": "Sum",
            "metrics": [
                ["AWS/Lambda", "Invocations", "FunctionName", "hostile", {"id": "all", "label": ATTACK}],
                [".", "Errors", ".", ".", {"id": "bad"}],
                [{"expression": "all - bad", "id": "good", "label": "good"}],
            ],
        },
    },
]
CODE = f"""
import json

ATTACK = {ATTACK!r}

def handler(event, context):
    print(ATTACK, "\\x1b[31mred\\x1b[0m", "\\x1b]8;;javascript:window.attacked=1\\x07link\\x1b]8;;\\x07", "\\u202egnp")
    if event.get("fail"):
        raise ValueError(ATTACK)
    return {{"said": ATTACK, "n": event["n"] + 1}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with LocalServer(tmp_path_factory.mktemp("page") / "data") as process:
        made = Server(process)
        allowed = {"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        made.client("iam").put_role_policy(RoleName="worker", PolicyName="traces", PolicyDocument=document)
        made.client("cloudwatch").put_dashboard(DashboardName="all", DashboardBody=json.dumps({"widgets": WIDGETS}))
        functions = made.client()
        asked = parameters("hostile", CODE, Description=ATTACK, TracingConfig={"Mode": "Active"})
        functions.create_function(**asked)
        functions.get_waiter("function_active_v2").wait(FunctionName="hostile", WaiterConfig={"Delay": 0.05})
        yield made
        made.close()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium") / "profile") as running:
        yield running


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """A tab that shares nothing with those of other tests."""
    chromium.renew()
    return chromium


def log_in(browser: Browser, server: Server, key: str, secret: str) -> None:
    browser.go(f"{server.endpoint}/_lambent/")
    browser.fill("[name=id]", key)
    browser.fill("[name=secret]", secret)
    browser.press("Enter")
    browser.wait("document.querySelector('#who code')")


def shows(browser: Browser, text: str, where: str = "#content") -> None:
    browser.wait(f"document.querySelector({json.dumps(where)})?.innerText.includes({json.dumps(text)})")


def visit(browser: Browser, place: str) -> None:
    browser.run(f"location.hash = {json.dumps(place)}")


def dashboard(browser: Browser) -> bool:
    """Open the dashboard anew; whether each of its lines has a point."""
    visit(browser, "#/dashboards")
    browser.wait("document.querySelector('td a')?.innerText === 'all'")
    visit(browser, "#/dashboards/all")
    browser.wait("document.querySelector('.charts svg')")
    return bool(browser.run("document.querySelectorAll('.charts circle').length >= 3"))


def test_it_logs_in_lists_invokes_and_reads_and_nothing_that_a_function_says_runs(
    browser: Browser, server: Server
) -> None:
    log_in(browser, server, server.access_key_id, server.secret_access_key)
    browser.wait("document.querySelector('.row a')")
    shows(browser, "hostile")
    shows(browser, ATTACK)  # the description: text
    browser.press("ArrowDown")
    browser.press("ArrowDown")
    browser.press("Enter")
    browser.fill(".editor", '{"n": 41}')
    browser.press("Enter", control=True)
    shows(browser, '"n": 42', ".answer")
    shows(browser, "200 succeeded")
    shows(browser, "Invocation", ".trace .waterfall")
    shows(browser, f"{ATTACK} red link \ufffdgnp", ".log")
    browser.fill(".editor", '{"fail": true}')
    browser.press("Enter", control=True)
    shows(browser, "Unhandled error")

    visit(browser, "#/functions/hostile/logs")
    shows(browser, ATTACK, ".lines")
    browser.fill("input[type=search]", '"Traceback"')
    browser.wait("document.querySelectorAll('.lines .row').length === 1")
    visit(browser, "#/functions/hostile/invocations")
    browser.wait("document.querySelectorAll('.row').length === 2")
    browser.run("document.querySelectorAll('.row')[1].click()")
    shows(browser, ATTACK, ".result .log")
    shows(browser, "Invocation", ".result .waterfall")
    visit(browser, "#/functions/hostile/environments")
    shows(browser, "cold invocations")
    visit(browser, "#/functions/hostile/metrics")
    browser.wait("document.querySelectorAll('.chart svg').length === 5")
    visit(browser, "#/functions/hostile/configuration")
    shows(browser, ATTACK)
    visit(browser, f"#/logs/{quote(ATTACK, safe='')}")  # as a link from elsewhere might
    shows(browser, ATTACK, "h1")
    assert any(dashboard(browser) for _ in range(200))  # figures are there once a second is over
    shows(browser, "Tries of hostile")
    shows(browser, ATTACK, ".charts pre")
    shows(browser, ATTACK, ".charts figcaption")
    for place, words in [("map", "Service map"), ("queues", "No queues."), ("bill", "GB-seconds")]:
        visit(browser, f"#/{place}")
        shows(browser, words)

    assert browser.run("window.attacked") is None
    assert browser.run("document.querySelectorAll('#content img, #content script').length") == 0
    assert browser.complaints == []
    assert {urlsplit(url).netloc for url in browser.fetched} <= {urlsplit(server.endpoint).netloc, ""}


def test_what_a_function_serves_by_path_sees_nothing_of_the_page(browser: Browser, server: Server) -> None:
    functions = server.client()
    answer = {"statusCode": 200, "headers": {"content-type": "text/html"}, "body": THIEF}
    functions.create_function(**parameters("thief", f"def handler(event, context):\n    return {answer!r}\n"))
    functions.get_waiter("function_active_v2").wait(FunctionName="thief", WaiterConfig={"Delay": 0.05})
    url = functions.create_function_url_config(FunctionName="thief", AuthType="NONE")["FunctionUrl"]
    for action, more in OPEN.items():
        functions.add_permission(FunctionName="thief", StatementId=action[-3:], Principal="*", Action=action, **more)
    log_in(browser, server, server.access_key_id, server.secret_access_key)
    browser.go(f"{server.endpoint}/_lambent/url/{urlsplit(url).netloc.partition('.')[0]}/")
    browser.wait("document.title === 'SecurityError'")


def test_a_user_sees_what_policies_allow_and_the_refusal_of_the_rest(browser: Browser, server: Server) -> None:
    iam = server.client("iam")
    iam.create_user(UserName="reader")
    allowed = {"Effect": "Allow", "Action": "lambda:ListFunctions", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="reader", PolicyName="list", PolicyDocument=document)
    key: dict[str, Any] = iam.create_access_key(UserName="reader")["AccessKey"]
    log_in(browser, server, key["AccessKeyId"], key["SecretAccessKey"])
    shows(browser, "hostile")
    visit(browser, "#/functions/hostile")
    shows(browser, "is not authorized to perform: lambda:GetFunction")
    visit(browser, "#/bill")
    shows(browser, "is not authorized to perform: lambent:GET")
    kept = "JSON.stringify(Object.entries(localStorage))"
    assert key["SecretAccessKey"] not in browser.run(kept)
    browser.run("document.getElementById('leave').click()")
    browser.wait("document.querySelector('[name=secret]')")
    assert browser.run("sessionStorage.length") == 0


def test_wrong_keys_are_told_so(browser: Browser, server: Server) -> None:
    browser.go(f"{server.endpoint}/_lambent/")
    browser.fill("[name=id]", server.access_key_id)
    browser.fill("[name=secret]", "wrong")
    browser.press("Enter")
    shows(browser, "SignatureDoesNotMatch", ".refusal")
    background = "getComputedStyle(document.body).backgroundColor"
    browser.prefer("light")
    light = browser.run(background)
    browser.prefer("dark")
    assert browser.run(background) != light
    browser.run("document.getElementById('theme').click()")
    assert browser.run(background) == light
    assert browser.picture().startswith(b"\x89PNG")
