"""Everything that people or functions can put into the page's way, looked at in a real Chromium: it stays text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from lambent.cli.local_server import LocalServer
from tests.api.conftest import ACCOUNT, REGION, Server, parameters
from tests.e2e.watched import CHROMIUM, MISSING, Tab, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)

ATTACK = "<script>window.attacked = 1</script><img src=//evil.example/x onerror=window.attacked=1>"
TERMINAL = "\x1b[31mred\x1b[0m \x1b]8;;javascript:window.attacked=1\x07link\x1b]8;;\x07 \u202egnp"
TERMINAL_SHOWN = "red link \ufffdgnp"
FORGED = "REPORT RequestId: 00000000-0000-0000-0000-000000000000\tDuration: 1.00 ms\tBilled Duration: 1 ms"
THIEF = "<script>try { document.title = sessionStorage.length } catch (error) { document.title = error.name }</script>"
MARKDOWN = (
    f"# {ATTACK}\n[press](javascript:window.attacked=1) [me](data:text/html,x) **{ATTACK}** `{ATTACK}`\n\n* {ATTACK}"
)
OPEN: dict[str, dict[str, Any]] = {
    "lambda:InvokeFunctionUrl": {"FunctionUrlAuthType": "NONE"},
    "lambda:InvokeFunction": {"InvokedViaFunctionUrl": True},
}
METRICS = [
    ["AWS/Lambda", "Invocations", "FunctionName", "hostile", {"id": "all", "label": ATTACK}],
    [".", "Errors", ".", ".", {"id": "bad"}],
    [{"expression": "all - bad", "id": "good", "label": "good"}],
]
ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{ATTACK}"
QUERY = "SOURCE '/aws/lambda/hostile' | fields @message | filter @message like /onerror/"
WIDGETS = [
    {"type": "text", "x": 0, "y": 0, "width": 6, "height": 3, "properties": {"markdown": MARKDOWN}},
    {"type": "log", "properties": {"title": ATTACK, "region": REGION, "view": "table", "query": QUERY}},
    {"type": "alarm", "properties": {"title": ATTACK, "alarms": [ALARM]}},
    {"type": "metric", "properties": {"title": ATTACK, "region": REGION, "stat": "Sum", "metrics": METRICS}},
]
CODE = f"""
import json

def handler(event, context):
    print({ATTACK!r}, {TERMINAL!r})
    print({FORGED!r})
    if event.get("fail"):
        raise ValueError({ATTACK!r})
    return {{"said": {ATTACK!r}, "n": event["n"] + 1}}
"""


def furnish(server: Server) -> None:
    """The attack wherever AWS takes it."""
    trust = {"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    server.client("iam").put_role_policy(RoleName="worker", PolicyName="traces", PolicyDocument=document)
    functions = server.client()
    more = {"Description": ATTACK, "TracingConfig": {"Mode": "Active"}}
    functions.create_function(**parameters("hostile", CODE, **more, Environment={"Variables": {"SAID": ATTACK}}))
    queues = server.client("sqs")
    url = queues.create_queue(QueueName="hostile")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody=ATTACK)
    topics = server.client("sns")
    topic = topics.create_topic(Name="hostile", Attributes={"DisplayName": "<b>bold</b>"})["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:9/?a=1&b=<i>")
    server.client("secretsmanager").create_secret(Name="hostile", Description=ATTACK, SecretString="hidden-away")
    pattern = json.dumps({"source": [ATTACK]})
    server.client("events").put_rule(Name="hostile", EventPattern=pattern, Description=ATTACK)
    watch = server.client("cloudwatch")
    watch.put_metric_alarm(
        AlarmName=ATTACK,
        AlarmDescription=ATTACK,
        Namespace="Own",
        MetricName=ATTACK,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    watch.put_dashboard(DashboardName="all", DashboardBody=json.dumps({"widgets": WIDGETS}))
    functions.get_waiter("function_active_v2").wait(FunctionName="hostile", WaiterConfig={"Delay": 0.05})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with LocalServer(tmp_path_factory.mktemp("hostile") / "data") as process:
        made = Server(process)
        furnish(made)
        yield made
        made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def logged_in(browser: Browser, server: Server) -> Iterator[Tab]:
    made = Tab(browser, server.endpoint)
    made.log_in(server.access_key_id, server.secret_access_key)
    expect(made.page.locator("#who code")).to_be_visible()
    yield made
    made.close()


@pytest.fixture
def tab(logged_in: Tab) -> Tab:
    """The tab in which root is logged in, as after a reload."""
    logged_in.begin()
    return logged_in


def unharmed(tab: Tab) -> None:
    """Nothing ran, nothing was made of the text, nothing was fetched from elsewhere, and the browser blocked nothing:
    what a policy has to stop would have been a hole of the page's."""
    assert tab.page.evaluate("window.attacked") is None
    assert tab.page.locator("#content :is(img, script, iframe, object, embed, b b, [onerror])").count() == 0
    assert tab.page.locator("a[href^='javascript:' i], a[href^='data:' i]").count() == 0
    assert (tab.complaints, tab.dialogs, tab.elsewhere) == ([], [], set())


def test_what_a_function_says_is_text(tab: Tab) -> None:
    page = tab.page
    tab.shows(ATTACK)  # the description
    tab.visit("#/functions/hostile")
    page.fill(".editor", '{"n": 41}')
    page.keyboard.press("Control+Enter")
    tab.shows('"n": 42', ".answer")
    tab.shows(ATTACK, ".answer")
    tab.shows("Invocation", ".trace .waterfall")
    tab.shows(f"{ATTACK} {TERMINAL_SHOWN}", ".log")
    page.fill(".editor", json.dumps({"fail": ATTACK}))
    page.keyboard.press("Control+Enter")
    tab.shows("Unhandled error")
    tab.shows(ATTACK, ".answer")
    tab.visit("#/functions/hostile/logs")
    tab.shows(f"{ATTACK} {TERMINAL_SHOWN}", ".lines")
    page.locator(".lines .row", has_text="onerror").first.click()
    tab.shows(ATTACK, ".detail pre")
    tab.visit("#/functions/hostile/configuration")
    tab.shows(ATTACK)
    page.get_by_role("button", name="show").click()
    tab.shows(ATTACK, ".facts code >> text=onerror")
    unharmed(tab)


def test_what_it_forges_is_no_invocation_and_is_marked(tab: Tab, server: Server) -> None:
    for _ in range(2):
        server.client().invoke(FunctionName="hostile", Payload=b'{"n": 1}')
    tab.visit("#/functions/hostile/logs")
    forged = tab.page.locator(".lines .row", has_text="00000000-0000-0000-0000-000000000000")
    expect(forged.first).to_contain_text("not the platform's")
    tab.visit("#/functions/hostile/invocations")
    rows = tab.page.locator(".row")
    expect(rows).to_have_count(4)
    assert "00000000-0000" not in tab.page.locator(".list").inner_text()
    rows.last.click()
    tab.shows(ATTACK, ".result .log")
    tab.shows("(not the platform's) REPORT", ".result .log")
    tab.shows("Invocation", ".result .waterfall")
    unharmed(tab)


def test_what_people_name_and_send_is_text(tab: Tab, server: Server) -> None:
    page = tab.page
    server.client().invoke(FunctionName="hostile", Payload=b'{"n": 1}')
    document = {
        "name": ATTACK,
        "id": "0123456789abcdef",
        "trace_id": f"1-{int(page.evaluate('Date.now() / 1000')):08x}-0123456789abcdef01234567",
        "start_time": page.evaluate("Date.now() / 1000") - 1,
        "end_time": page.evaluate("Date.now() / 1000"),
        "annotations": {"note": ATTACK},
        "metadata": {"default": {"x": ATTACK}},
        "cause": {"exceptions": [{"id": "1", "type": ATTACK, "message": ATTACK}]},
        "fault": True,
    }
    server.client("xray").put_trace_segments(TraceSegmentDocuments=[json.dumps(document)])
    tab.visit(f"#/traces/{document['trace_id']}")
    tab.shows(f"{ATTACK}: {ATTACK}", ".said")
    page.locator(".said summary").first.click()
    tab.shows(ATTACK, ".said pre")
    tab.visit("#/map")
    tab.shows(ATTACK, "td")
    tab.visit("#/queues/hostile")
    tab.shows(ATTACK, ".list")
    for place, words in [
        ("topics", "<b>bold</b>"),
        ("topics", "?a=1&b=<i>"),
        ("secrets", ATTACK),
        ("buses", ATTACK),
        ("alarms", ATTACK),
    ]:
        tab.visit(f"#/{place}")
        tab.shows(words)
    assert "hidden-away" not in page.inner_text("body")
    tab.visit(f"#/alarms/{quote(ATTACK, safe='')}")
    tab.shows(ATTACK, ".facts")
    tab.visit("#/insights/%2Faws%2Flambda%2Fhostile")
    page.fill(".editor", "fields @message | filter @message like /onerror/")
    page.keyboard.press("Control+Enter")
    tab.shows(ATTACK, ".lines .row")
    tab.visit(f"#/logs/{quote(ATTACK, safe='')}")  # as a link from elsewhere might
    tab.shows(ATTACK, "h1")
    tab.visit("#/dashboards/all")
    for where in (".prose h2", ".prose strong", ".prose code", ".prose li", ".chip", "figcaption", "td"):
        tab.shows(ATTACK, f".grid {where}")
    tab.shows("[press](javascript:window.attacked=1)", ".prose")
    unharmed(tab)


def test_what_a_function_serves_by_path_sees_nothing_of_the_page(tab: Tab, server: Server) -> None:
    functions = server.client()
    answer = {"statusCode": 200, "headers": {"content-type": "text/html"}, "body": THIEF}
    functions.create_function(**parameters("thief", f"def handler(event, context):\n    return {answer!r}\n"))
    functions.get_waiter("function_active_v2").wait(FunctionName="thief", WaiterConfig={"Delay": 0.05})
    url = functions.create_function_url_config(FunctionName="thief", AuthType="NONE")["FunctionUrl"]
    for action, more in OPEN.items():
        functions.add_permission(FunctionName="thief", StatementId=action[-3:], Principal="*", Action=action, **more)
    tab.page.goto(f"{server.endpoint}/_lambent/url/{urlsplit(url).netloc.partition('.')[0]}/")
    expect(tab.page).to_have_title("SecurityError")
