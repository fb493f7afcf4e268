"""The page in a real Chromium: log in, list, invoke, read, ask; it fetches little, draws little, and works by keys."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from lambent.cli.local_server import LocalServer
from tests.api.conftest import ACCOUNT, REGION, Server, parameters
from tests.e2e.watched import CHROMIUM, MISSING, Tab, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)

FUNCTIONS = 120
EVENTS = 10_000
GROUP = "/own/many"
CODE = """
import logging

def handler(event, context):
    logging.warning("asked for %s", event.get("n"))
    if event.get("fail"):
        raise ValueError("as was wished")
    return {"n": event["n"] + 1}
"""
WORKED = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:errors"
COUNTED = [["AWS/Lambda", "Invocations", "FunctionName", "worker"], [".", "Errors", ".", "."]]
BY_STREAM = f"SOURCE '{GROUP}' | stats count(*) as lines by @logStream"
WIDGETS: list[dict[str, Any]] = [
    {"type": "text", "properties": {"markdown": "# Title\nsome **strong** words, and [a link](https://example.com/)"}},
    {"type": "metric", "properties": {"title": "As lines", "region": REGION, "stat": "Sum", "metrics": COUNTED}},
    {
        "type": "metric",
        "properties": {"title": "As a figure", "view": "singleValue", "metrics": COUNTED, "stat": "Sum"},
    },
    {"type": "metric", "properties": {"title": "Watched", "annotations": {"alarms": [WORKED]}}},
    {"type": "log", "properties": {"title": "Lines", "region": REGION, "query": BY_STREAM, "view": "bar"}},
    {"type": "alarm", "properties": {"title": "Alarms", "alarms": [WORKED]}},
    {
        "type": "explorer",
        "properties": {
            "title": "Explored",
            "metrics": [{"metricName": "Invocations", "resourceType": "AWS::Lambda::Function", "stat": "Sum"}],
            "labels": [{"key": "team", "value": "core"}],
        },
    },
    {"type": "custom", "properties": {"title": "Else"}},
]


def fill(server: Server) -> None:
    """A function that works, many that do not, and a log that is long."""
    allowed = {"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    server.client("iam").put_role_policy(RoleName="worker", PolicyName="traces", PolicyDocument=document)
    functions = server.client()
    more = {"Tags": {"team": "core"}, "TracingConfig": {"Mode": "Active"}}
    functions.create_function(**parameters("worker", CODE, Description="It works", **more))
    idle = parameters("idle")
    for number in range(FUNCTIONS - 1):
        functions.create_function(**idle | {"FunctionName": f"idle-{number:03d}"})
    logs = server.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    first = int(time.time() * 1000) - 600_000
    events = [{"timestamp": first + number * 50, "message": f"line {number}"} for number in range(EVENTS)]
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)
    watch = server.client("cloudwatch")
    lane = [{"Name": "Lane", "Value": "1"}]
    watch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": "Speed", "Dimensions": lane, "Value": 50}])
    watch.put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": "worker"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=3,
        ComparisonOperator="GreaterThanThreshold",
    )
    watch.put_dashboard(DashboardName="all", DashboardBody=json.dumps({"widgets": WIDGETS}))
    functions.get_waiter("function_active_v2").wait(FunctionName="worker", WaiterConfig={"Delay": 0.05})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with LocalServer(tmp_path_factory.mktemp("page") / "data") as process:
        made = Server(process)
        fill(made)
        yield made
        made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def fresh(browser: Browser, server: Server) -> Iterator[Tab]:
    """A tab that shares nothing with those of other tests."""
    made = Tab(browser, server.endpoint)
    yield made
    made.close()


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


def rows(tab: Tab) -> int:
    return tab.page.locator(".row").count()


def test_it_lists_invokes_and_reads_by_keys_alone(tab: Tab) -> None:
    keys = tab.page.keyboard
    tab.shows(str(FUNCTIONS), "#content .bar")
    keys.type("it works")  # the search has the focus
    expect(tab.page.locator(".row")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Enter")
    tab.page.fill(".editor", '{"n": 41')
    tab.shows("Not JSON yet", ".hint")
    keys.type("}")
    keys.press("Control+Enter")
    tab.shows('"n": 42', ".answer")
    tab.shows("200 succeeded")
    tab.shows("Invocation", ".trace .waterfall")
    tab.shows("asked for 41", ".log")
    tab.page.fill(".editor", '{"n": 1, "fail": true}')
    keys.press("Control+Enter")
    tab.shows("Unhandled error")
    keys.press("Escape")
    tab.page.locator("#content").focus()
    for key, title in [("e", "Environments"), ("q", "Queues"), ("b", "Bill"), ("i", "Insights"), ("m", "Service map")]:
        keys.press("g")
        keys.press(key)
        tab.shows(title, "h1")
        expect(tab.page.locator("#nav [aria-current=page]")).to_have_text(title)
    keys.press("?")
    expect(tab.page.locator("dialog")).to_be_visible()
    keys.press("Escape")
    expect(tab.page.locator("dialog")).to_have_count(0)
    assert (tab.complaints, tab.dialogs, tab.elsewhere) == ([], [], set())


def test_what_a_function_did_is_read_from_all_sides(tab: Tab, server: Server) -> None:
    server.client().invoke(FunctionName="worker", Payload=b'{"n": 7}')
    tab.visit("#/functions/worker/logs")
    tab.shows("asked for 7", ".lines")
    tab.page.fill("input[type=search]", '"no such words"')
    tab.shows("No event of this time matches.")
    tab.page.fill("input[type=search]", '"asked for 7"')
    expect(tab.page.locator(".lines .row")).to_have_count(1)
    tab.visit("#/functions/worker/invocations")
    before = tab.page.locator(".row")
    expect(before.first).to_be_visible()
    there = before.count()
    before.first.click()
    tab.shows("asked for 7", ".result .log")
    server.client().invoke(FunctionName="worker", Payload=b'{"n": 8}')
    expect(tab.page.locator(".row")).to_have_count(there + 1)  # without anybody's asking
    tab.visit("#/functions/worker/environments")
    tab.shows("cold invocations")
    seen = tab.page.locator("tbody tr")
    expect(seen).to_have_count(1)
    link = seen.locator("a")
    link.focus()
    server.client().invoke(FunctionName="worker", Payload=b'{"n": 9}')
    warm = seen.locator("td").nth(6)
    expect(warm).to_have_text(str(int(warm.inner_text()) + 1))
    expect(link).to_be_focused()  # what is shown anew takes nothing from whoever is at it
    tab.visit("#/functions/worker/metrics")
    expect(tab.page.locator(".chart svg")).to_have_count(5)
    tab.visit("#/functions/worker/configuration")
    tab.shows("app.handler")
    assert tab.complaints == []


def test_long_lists_are_drawn_and_fetched_piece_by_piece(tab: Tab) -> None:
    tab.page.locator(f"[aria-rowcount='{FUNCTIONS}']").wait_for()
    listed = [url for url in tab.fetched if "/functions/" in url]
    assert len(listed) == -(-FUNCTIONS // 50)  # a page each, each once
    drawn = rows(tab)
    assert 10 < drawn < 50
    grid = tab.page.locator("[role=grid]")
    grid.focus()
    tab.page.keyboard.press("End")
    tab.shows("worker", ".row[aria-selected=true]")
    assert rows(tab) < 50
    tab.visit("#/logs/%2Fown%2Fmany")
    tab.shows(f"line {EVENTS - 1}", ".lines")
    tab.shows("2,000+ events", ".bar.tight")
    back = '"startFromHead":false'
    assert sum(back in body for body in tab.sent) == 1  # one page, however many there are
    for held in ("4,000+", "6,000+"):
        tab.page.evaluate("document.querySelector('.lines').scrollTop = 0")
        tab.shows(f"{held} events", ".bar.tight")
    assert sum(back in body for body in tab.sent) == 3
    assert rows(tab) < 80
    tab.page.locator(".lines").focus()
    tab.page.keyboard.press("End")
    tab.shows(f"line {EVENTS - 1}", ".lines .row[aria-selected=true]")


def test_insights_asks_and_draws(tab: Tab) -> None:
    tab.visit("#/insights")
    tab.page.fill(".adder", GROUP)
    tab.page.keyboard.press("Enter")
    tab.shows(GROUP, ".chip")
    tab.page.fill(".editor", "fields @timestamp, @message | filter @message like /7$/ | limit 10000")
    tab.page.keyboard.press("Control+Enter")
    tab.shows(f"1,000 results · 1,000 of {EVENTS:,} events matched")
    expect(tab.page.locator("[role=grid]")).to_have_attribute("aria-rowcount", "1000")
    tab.shows("1,000 in all", "figcaption")
    assert 0 < tab.page.locator(".pillar").count() <= 120
    tab.page.locator(".lines .row").first.click()
    tab.shows("line", ".detail")
    tab.page.fill(".editor", "stats count(*) as lines by bin(5m)")
    tab.page.keyboard.press("Control+Enter")
    tab.shows("lines", "figcaption")
    tab.page.fill(".editor", "no such command")
    tab.page.keyboard.press("Control+Enter")
    tab.shows("MalformedQueryException", ".refusal")
    tab.page.get_by_role("button", name="Save…").click()
    tab.page.keyboard.type("mine")
    tab.page.fill(".editor", "fields @message")
    tab.page.keyboard.press("Enter")
    assert (tab.complaints, tab.dialogs) == ([], [])


def test_dashboards_draw_every_kind_of_widget(tab: Tab) -> None:
    tab.visit("#/dashboards/all")
    expect(tab.page.locator(".grid > *")).to_have_count(len(WIDGETS))
    for words in ("Title", "As lines", "As a figure", "threshold", "Lines", "errors", "Explored", "Invocations"):
        tab.shows(words, ".grid")
    tab.shows("10,000", ".bars")
    tab.shows("Widgets of type custom are not drawn.", ".grid")
    expect(tab.page.locator(".grid .refusal")).to_have_count(0)
    tab.visit("#/alarms/errors")
    tab.shows('Alarm "errors" created')
    assert tab.complaints == []


def test_metrics_are_chosen_and_drawn(tab: Tab) -> None:
    tab.visit("#/metrics")
    tab.shows("Choose metrics below")
    tab.page.fill("input[type=search]", "own speed")
    expect(tab.page.locator(".row").first).to_contain_text("Lane=1")
    tab.page.locator(".row").first.click()
    tab.shows("Speed Lane=1 50", "figcaption")
    assert tab.complaints == []


def test_a_server_that_is_gone_is_asked_until_it_answers(tab: Tab) -> None:
    tab.visit("#/environments")
    tab.shows("cold invocations")
    tab.page.context.set_offline(True)
    tab.shows("The server does not answer.", ".refusal")
    tab.shows("cold invocations")
    tab.page.context.set_offline(False)
    expect(tab.page.locator(".refusal")).to_have_count(0)


def test_a_user_sees_what_policies_allow_and_the_refusal_of_the_rest(fresh: Tab, server: Server) -> None:
    iam = server.client("iam")
    iam.create_user(UserName="reader")
    allowed = {"Effect": "Allow", "Action": "lambda:ListFunctions", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="reader", PolicyName="list", PolicyDocument=document)
    key: dict[str, Any] = iam.create_access_key(UserName="reader")["AccessKey"]
    fresh.log_in(key["AccessKeyId"], key["SecretAccessKey"])
    fresh.shows("worker" if FUNCTIONS < 20 else "idle-000")
    for place, action in [
        ("functions/worker", "lambda:GetFunction"),
        ("environments", "lambent:GET"),
        ("logs", "logs:DescribeLogGroups"),
        ("logs/x", "logs:FilterLogEvents"),
        ("insights", "logs:DescribeLogGroups"),
        ("traces", "xray:GetTraceSummaries"),
        ("map", "xray:GetServiceGraph"),
        ("metrics", "cloudwatch:ListMetrics"),
        ("alarms", "cloudwatch:DescribeAlarms"),
        ("dashboards", "cloudwatch:ListDashboards"),
        ("queues", "sqs:ListQueues"),
        ("topics", "sns:ListTopics"),
        ("buses", "events:ListEventBuses"),
        ("schedules", "scheduler:ListSchedules"),
        ("pipes", "pipes:ListPipes"),
        ("secrets", "secretsmanager:ListSecrets"),
        ("bill", "lambent:GET"),
    ]:
        fresh.visit(f"#/{place}")
        fresh.shows(f"is not authorized to perform: {action}")
    assert fresh.complaints == []
    assert key["SecretAccessKey"] not in fresh.page.evaluate("JSON.stringify(Object.entries(localStorage))")
    fresh.page.click("#leave")
    fresh.page.wait_for_selector("[name=secret]")
    assert fresh.page.evaluate("sessionStorage.length") == 0


def test_wrong_keys_are_told_so(fresh: Tab, server: Server) -> None:
    fresh.log_in(server.access_key_id, "wrong")
    fresh.shows("SignatureDoesNotMatch", ".refusal")
    background = "getComputedStyle(document.body).backgroundColor"
    fresh.page.emulate_media(color_scheme="light")
    light = fresh.page.evaluate(background)
    fresh.page.emulate_media(color_scheme="dark")
    assert fresh.page.evaluate(background) != light
    fresh.page.click("#theme")
    assert fresh.page.evaluate(background) == light


FOCUSED = """(() => {
    const it = document.activeElement;
    return [it.tagName, it.ariaLabel ?? it.id, it.tagName === "SELECT" ? "" : it.textContent].join(" ").trim();
})()"""


def test_every_control_is_reached_by_tab_and_none_holds_the_focus(tab: Tab) -> None:
    tab.visit("#/functions/worker")
    tab.page.locator(".editor").wait_for()
    found: list[str] = []
    while found.count("A  Skip to content") < 2:  # all the way round
        tab.page.keyboard.press("Tab")
        found.append(tab.page.evaluate(FOCUSED))
        assert len(found) < 120
    reached = found[found.index("A  Skip to content") :]
    wanted = [
        "A  Environments",
        "A  Bill",
        "BUTTON leave Log out",
        "A  Configuration",
        "TEXTAREA Event",
        "BUTTON  Invoke",
    ]
    assert [name for name in reached if name in wanted and reached.count(name) == 1] == wanted[1:]
    assert reached.count("SELECT") == 2 and reached.count("INPUT") == 2


MODULES: list[tuple[str, str, Any]] = [
    ("query.js", "commands('a | b \"|\" | c')", ["a", 'b "|"', "c"]),
    ("query.js", "commands('filter @m like /a|b/ | limit 1')", ["filter @m like /a|b/", "limit 1"]),
    ("query.js", "commands('stats 4 / 2 as x | limit 1')", ["stats 4 / 2 as x", "limit 1"]),
    (
        "query.js",
        "counting('fields @m | filter @m = 1 | sort @m | limit 3', 60)",
        "fields @m | filter @m = 1 | stats count(*) as events by bin(60s)",
    ),
    ("query.js", "series({rows: [{a: '1'}], columns: ['a']})", None),
    (
        "query.js",
        "series({rows: [{'bin(1m)': '1970-01-01 00:01:00.000', n: '2', k: 'x'}], columns: ['bin(1m)', 'n', 'k']})",
        [{"label": "x n", "points": [[60000, 2]]}],
    ),
    (
        "widget_metrics.js",
        "lines([['N', 'M', 'D', 'v'], ['...', 'w'], ['.', 'O', '.', '.']]).map(({names}) => names.join(' '))",
        ["N M D v", "N M D w", "N O D w"],
    ),
    ("text.js", "plain('a\\u001b[31mb\\u202ec\\u0000')", "ab\ufffdc\ufffd"),
    ("text.js", "span(61000)", "1 min 1 s"),
    ("aws.js", "texts('<a>x &amp;lt; &#x3c;</a><a>y</a>', 'a')", ["x &lt; <", "y"]),
]


@pytest.mark.parametrize(("module", "call", "expected"), MODULES)
def test_what_its_modules_work_out(signed_out: Tab, module: str, call: str, expected: Any) -> None:
    name = call.partition("(")[0]
    script = f"import('./{module}').then(({{ {name} }}) => {call})"
    assert signed_out.page.evaluate(script) == expected


def test_samples_are_events_that_the_services_send(signed_out: Tab) -> None:
    samples = signed_out.page.evaluate("import('./samples.js').then(({ SAMPLES }) => SAMPLES)")
    kinds = {
        event["Records"][0].get("eventSource", event["Records"][0].get("EventSource"))
        for event in samples.values()
        if "Records" in event
    }
    assert kinds == {"aws:sqs", "aws:sns", "aws:s3", "aws:dynamodb", "aws:kinesis"}
    assert samples["EventBridge: schedule"]["source"] == "aws.events"
    assert {event.get("version") for name, event in samples.items() if name.startswith("Function URL")} == {"2.0"}
    assert samples["API Gateway: REST (format 1.0)"]["httpMethod"] == "POST"


@pytest.fixture(scope="module")
def signed_out(browser: Browser, server: Server) -> Iterator[Tab]:
    made = Tab(browser, server.endpoint)
    made.page.goto(f"{server.endpoint}/_lambent/")
    yield made
    made.close()
