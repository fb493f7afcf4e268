"""The page in a real Chromium: log in, list, invoke, read; and a function that attacks whoever looks at it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from lambent.cli.local_server import LocalServer
from tests.api.conftest import Server, parameters
from tests.e2e.watched import CHROMIUM, MISSING, Tab, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)

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
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def tab(browser: Browser, server: Server) -> Iterator[Tab]:
    """A tab that shares nothing with those of other tests."""
    made = Tab(browser, server.endpoint)
    yield made
    made.close()


def log_in(tab: Tab, server: Server) -> None:
    tab.log_in(server.access_key_id, server.secret_access_key)
    expect(tab.page.locator("#who code")).to_be_visible()


def dashboard(tab: Tab) -> bool:
    """Open the dashboard anew; whether each of its lines has a point."""
    tab.visit("#/dashboards")
    expect(tab.page.locator("td a")).to_have_text("all")
    tab.visit("#/dashboards/all")
    expect(tab.page.locator(".grid svg").first).to_be_visible()
    return tab.page.locator(".grid circle").count() >= 3


def test_it_logs_in_lists_invokes_and_reads_and_nothing_that_a_function_says_runs(tab: Tab, server: Server) -> None:
    log_in(tab, server)
    page = tab.page
    tab.shows("hostile")
    tab.shows(ATTACK)  # the description: text
    page.locator(".row a").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.fill(".editor", '{"n": 41}')
    page.keyboard.press("Control+Enter")
    tab.shows('"n": 42', ".answer")
    tab.shows("200 succeeded")
    tab.shows("Invocation", ".trace .waterfall")
    tab.shows(f"{ATTACK} red link \ufffdgnp", ".log")
    page.fill(".editor", '{"fail": true}')
    page.keyboard.press("Control+Enter")
    tab.shows("Unhandled error")

    tab.visit("#/functions/hostile/logs")
    tab.shows(ATTACK, ".lines")
    page.fill("input[type=search]", '"Traceback"')
    expect(page.locator(".lines .row")).to_have_count(1)
    tab.visit("#/functions/hostile/invocations")
    expect(page.locator(".row")).to_have_count(2)
    page.locator(".row").nth(1).click()
    tab.shows(ATTACK, ".result .log")
    tab.shows("Invocation", ".result .waterfall")
    tab.visit("#/functions/hostile/environments")
    tab.shows("cold invocations")
    tab.visit("#/functions/hostile/metrics")
    expect(page.locator(".chart svg")).to_have_count(5)
    tab.visit("#/functions/hostile/configuration")
    tab.shows(ATTACK)
    tab.visit(f"#/logs/{quote(ATTACK, safe='')}")  # as a link from elsewhere might
    tab.shows(ATTACK, "h1")
    assert any(dashboard(tab) for _ in range(200))  # figures are there once a second is over
    tab.shows("Tries of hostile")
    tab.shows(ATTACK, ".grid .prose")
    tab.shows(ATTACK, ".grid figcaption")
    for place, words in [
        ("map", "Service map"),
        ("queues", "No queues."),
        ("topics", "No topics"),
        ("buses", "default"),
        ("schedules", "No schedules"),
        ("pipes", "No pipes"),
        ("secrets", "No secrets"),
        ("alarms", "No alarms"),
        ("traces", "hostile"),
        ("bill", "GB-seconds"),
    ]:
        tab.visit(f"#/{place}")
        tab.shows(words)

    assert page.evaluate("window.attacked") is None
    assert page.locator("#content img, #content script").count() == 0
    assert (tab.complaints, tab.dialogs, tab.elsewhere) == ([], [], set())


def test_what_a_function_serves_by_path_sees_nothing_of_the_page(tab: Tab, server: Server) -> None:
    functions = server.client()
    answer = {"statusCode": 200, "headers": {"content-type": "text/html"}, "body": THIEF}
    functions.create_function(**parameters("thief", f"def handler(event, context):\n    return {answer!r}\n"))
    functions.get_waiter("function_active_v2").wait(FunctionName="thief", WaiterConfig={"Delay": 0.05})
    url = functions.create_function_url_config(FunctionName="thief", AuthType="NONE")["FunctionUrl"]
    for action, more in OPEN.items():
        functions.add_permission(FunctionName="thief", StatementId=action[-3:], Principal="*", Action=action, **more)
    log_in(tab, server)
    tab.page.goto(f"{server.endpoint}/_lambent/url/{urlsplit(url).netloc.partition('.')[0]}/")
    expect(tab.page).to_have_title("SecurityError")


def test_a_user_sees_what_policies_allow_and_the_refusal_of_the_rest(tab: Tab, server: Server) -> None:
    iam = server.client("iam")
    iam.create_user(UserName="reader")
    allowed = {"Effect": "Allow", "Action": "lambda:ListFunctions", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="reader", PolicyName="list", PolicyDocument=document)
    key: dict[str, Any] = iam.create_access_key(UserName="reader")["AccessKey"]
    tab.log_in(key["AccessKeyId"], key["SecretAccessKey"])
    tab.shows("hostile")
    tab.visit("#/functions/hostile")
    tab.shows("is not authorized to perform: lambda:GetFunction")
    tab.visit("#/bill")
    tab.shows("is not authorized to perform: lambent:GET")
    kept = tab.page.evaluate("JSON.stringify(Object.entries(localStorage))")
    assert key["SecretAccessKey"] not in kept
    tab.page.click("#leave")
    tab.page.wait_for_selector("[name=secret]")
    assert tab.page.evaluate("sessionStorage.length") == 0


def test_wrong_keys_are_told_so(tab: Tab, server: Server) -> None:
    tab.log_in(server.access_key_id, "wrong")
    tab.shows("SignatureDoesNotMatch", ".refusal")
    background = "getComputedStyle(document.body).backgroundColor"
    tab.page.emulate_media(color_scheme="light")
    light = tab.page.evaluate(background)
    tab.page.emulate_media(color_scheme="dark")
    assert tab.page.evaluate(background) != light
    tab.page.click("#theme")
    assert tab.page.evaluate(background) == light
