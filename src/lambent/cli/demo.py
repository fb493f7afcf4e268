"""`lambent demo`: a real function through the real clients, on a server of its own, every claim checked.

The story and nothing else: materials are made in `demo_package`, calls in `demo_calls`, figures held in `demo_claims`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import shlex
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from lambent.cli import demo_package
from lambent.cli.archive import zip_directory
from lambent.cli.demo_calls import CALLERS, Answer, Clients
from lambent.cli.demo_claims import ClaimFailed, ReportLine, check_report, claim, distinct, png_size
from lambent.cli.demo_hindsight import REQUIRED, Hindsight, afterwards
from lambent.cli.local_server import LocalServer, alive, descendants
from lambent.cli.output import size, table
from lambent.cli.roles import BASIC, TRUST
from lambent.model.runtime import Runtime
from lambent.runtimes.discover import discover
from lambent.runtimes.places import Places
from lambent.sandbox.probe import examine, walls
from lambent.settings import Settings

FUNCTION = "thumbnail"
MEMORY_MB = 1769
TIMEOUT_SECONDS = 3
THUMBNAIL_WIDTH = 400
NAP_SECONDS = 2.0


def run(arguments: argparse.Namespace) -> int:
    """Tell the story. Exit status 1 at the first thing that is not as claimed."""
    started = time.monotonic()
    kept: Path | None = arguments.data
    if kept is not None and kept.exists():
        print(f"lambent: {kept} is there already: name a directory that the demo can make", file=sys.stderr)
        return 1
    arguments.output.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="lambent-demo-") as directory:
            _Story(Path(directory), arguments.output, kept).tell()
    except ClaimFailed as failed:
        print(f"\nNOT AS CLAIMED: {failed}", file=sys.stderr)
        return 1
    print(f"\nAll of it as claimed, in {time.monotonic() - started:.0f} s.")
    return 0


class _Story:
    """The steps, in order, and what they hand on to each other."""

    def __init__(self, directory: Path, output: Path, kept: Path | None = None) -> None:
        self._directory = directory
        self._output = output
        self._kept = kept
        self._begun = datetime.now(UTC)
        self._steps = 0
        self._memory_known = True

    def tell(self) -> None:
        """From an empty directory to an empty directory."""
        settings = Settings.from_environment()
        sandbox = self._examine(settings)
        runtime = demo_package.choose_runtime(discover(Places.of(settings)))
        package = self._build(runtime)
        picture = self._draw(runtime, package)
        where = "goes away" if self._kept is None else "stays"
        self._step(f"Start Lambent, on a free port, with a data directory that {where}")
        with LocalServer(self._kept or self._directory / "data") as server:
            self._say(f"ready at {server.endpoint} after {server.ready_seconds * 1000:.0f} ms")
            self._say(f"what of the sandbox works here: {sandbox} (lambent doctor tells more)")
            if warnings := server.log.read_text().strip():
                self._say(warnings)
            clients = Clients(Settings(data=server.data, endpoint=server.endpoint))
            self._deploy(clients, runtime, package)
            self._invoke(clients, picture)
            self._invoke_in_parallel(clients)
            self._fail(clients)
            self._time_out(clients)
            self._look_back(clients)
            self._step("Clean up")
            below = descendants(server.pid)
            self._aws(clients, "delete-function", "--function-name", FUNCTION)
            claim(not clients.exists(FUNCTION), "the function is gone after its deletion")
        claim(server.exit_status == 0, f"the server ends with status 0, not {server.exit_status}")
        left = [pid for pid in below if alive(pid)]
        claim(not left, f"no process of the server is left, but {left}")
        self._say(f"the server has ended, and so has each of the {len(below)} processes that were below it")
        if self._kept is not None:
            print(f"\n{afterwards(str(self._kept), FUNCTION, self._begun, datetime.now(UTC))}")

    def _step(self, title: str) -> None:
        self._steps += 1
        print(f"\n{self._steps}. {title}", flush=True)

    def _say(self, text: str) -> None:
        print("\n".join(f"   {line}" for line in text.splitlines()), flush=True)

    def _examine(self, settings: Settings) -> str:
        """What of the sandbox works here, in words; whether memory is measured follows from it."""
        lacking = [part.name for part in asyncio.run(examine()) if not part.works]
        isolated = settings.sandbox != "process" and all(part.works for part in asyncio.run(walls()))
        self._memory_known = isolated and "memory limit" not in lacking
        if not isolated:
            return "nothing, functions run as plain processes"
        return f"all but {', '.join(lacking)}" if lacking else "all of it"

    def _build(self, runtime: Runtime) -> Path:
        self._step(f"Build a function with native code, for {runtime.name} ({runtime.version}, {runtime.source})")
        package = self._directory / "package"
        self._say(f"$ pip install --target package '{demo_package.REQUIREMENT}'")
        demo_package.build(runtime, package)
        native = demo_package.native_files(package)
        claim(bool(native), "the package has native code")
        total = sum(path.stat().st_size for path in native)
        self._say(f"lambda_function.py, Pillow and {len(native)} shared objects ({size(total)} of machine code)")
        return package

    def _draw(self, runtime: Runtime, package: Path) -> bytes:
        self._step("Draw a photograph")
        target = self._output / "photo.jpg"
        said = demo_package.draw(runtime, package, target)
        picture = target.read_bytes()
        encoded = len(base64.b64encode(picture))
        self._say(f"{target}: {demo_package.WIDTH} x {demo_package.HEIGHT} pixels, {said}")
        self._say(f"{size(encoded)} in base64, of the 6 MB that an invocation may carry")
        return picture

    def _deploy(self, clients: Clients, runtime: Runtime, package: Path) -> None:
        self._step("Deploy it with the AWS CLI")
        archive = self._directory / "function.zip"
        archive.write_bytes(zip_directory(package))
        self._say(f"function.zip: {size(archive.stat().st_size)}")
        trust = ("--assume-role-policy-document", TRUST)
        role = clients.cli(
            "iam", "create-role", "--role-name", "demo", *trust, "--query", "Role.Arn", "--output", "text"
        )
        for policy in (BASIC, REQUIRED):
            clients.cli("iam", "attach-role-policy", "--role-name", "demo", "--policy-arn", policy)
        self._say(f"its execution role, which may write logs and traces: {role}")
        self._aws(
            clients,
            "create-function",
            *("--function-name", FUNCTION, "--runtime", runtime.name, "--handler", "lambda_function.lambda_handler"),
            *("--role", role, "--zip-file", f"fileb://{archive}"),
            *("--memory-size", str(MEMORY_MB), "--timeout", str(TIMEOUT_SECONDS), "--tracing-config", "Mode=Active"),
        )
        self._aws(clients, "wait", "function-active-v2", "--function-name", FUNCTION)
        query = "Configuration.[FunctionArn,State,CodeSize]"
        found = clients.cli("lambda", "get-function", "--function-name", FUNCTION, "--query", query, "--output", "text")
        claim(found.split()[1] == "Active", f"the function is Active ({found})")
        claim(int(found.split()[2]) == archive.stat().st_size, f"CodeSize is the zip's size ({found})")
        self._say(found.expandtabs(2))

    def _invoke(self, clients: Clients, picture: bytes) -> None:
        self._step("Invoke it with boto3: cold, then warm")
        event: dict[str, object] = {"image": base64.b64encode(picture).decode(), "width": THUMBNAIL_WIDTH}
        rows = []
        for number in range(4):
            answer = clients.invoke(FUNCTION, event)
            report = self._checked(answer, cold=number == 0)
            rows.append(_figures("cold" if number == 0 else "warm", answer, report))
            if number == 0:
                self._show_thumbnail(answer)
                self._say(f"the log tail, as it came with the answer:\n{_quoted(answer.log)}")
        self._say(table(("", "SEEN BY BOTO3", "INIT", "DURATION", "BILLED", "MEMORY"), rows))

    def _show_thumbnail(self, answer: Answer) -> None:
        png = base64.b64decode(answer.payload["png"])
        expected = (THUMBNAIL_WIDTH, THUMBNAIL_WIDTH * demo_package.HEIGHT // demo_package.WIDTH)
        claim(
            answer.payload["original"] == [demo_package.WIDTH, demo_package.HEIGHT], "the function saw the photograph"
        )
        claim(png_size(png) == expected, f"the thumbnail is {expected}, not {png_size(png)}")
        target = self._output / "thumbnail.png"
        target.write_bytes(png)
        self._say(f"{target}: {expected[0]} x {expected[1]} pixels, {size(len(png))}")

    def _invoke_in_parallel(self, clients: Clients) -> None:
        self._step(f"Invoke it {CALLERS} times at once; each sleeps for {NAP_SECONDS:.0f} s")
        start = time.monotonic()
        with ThreadPoolExecutor(CALLERS) as pool:
            answers = list(pool.map(lambda _: clients.invoke(FUNCTION, {"sleep": NAP_SECONDS}), range(CALLERS)))
        took = time.monotonic() - start
        for answer in answers:
            claim(answer.error is None, f"no invocation fails, but: {answer.payload}")
        said = [answer.payload for answer in answers]
        for key in ("boot", "log_stream"):
            claim(
                distinct(said, key) == CALLERS, f"{CALLERS} environments answered, not {distinct(said, key)} by {key}"
            )
        claim(took < CALLERS * NAP_SECONDS / 2, f"they ran side by side, but took {took:.1f} s")
        namespaces, cold = distinct(said, "pid_namespace"), sum("Init Duration" in answer.log for answer in answers)
        self._say(f"{CALLERS} answers in {took:.2f} s from {CALLERS} environments, {cold} of them started for it")
        plural = "s" if namespaces > 1 else ""
        self._say(f"each with a boot id and a log stream of its own; {namespaces} pid namespace{plural}")

    def _fail(self, clients: Clients) -> None:
        self._step("What the client sees when the handler raises")
        answer = clients.invoke(FUNCTION, {"fail": "this picture is upside down"})
        claim(answer.error == "Unhandled", f"FunctionError is Unhandled, not {answer.error}")
        claim(answer.payload["errorType"] == "ValueError", f"the type is the handler's ({answer.payload})")
        claim(answer.payload["errorMessage"] == "this picture is upside down", f"so is the message ({answer.payload})")
        claim("lambda_handler" in "".join(answer.payload["stackTrace"]), f"and the stack ({answer.payload})")
        self._say(f"FunctionError: {answer.error}\n{json.dumps(answer.payload, indent=2)}")

    def _time_out(self, clients: Clients) -> None:
        self._step(f"What the client sees when the time is up ({TIMEOUT_SECONDS} s)")
        answer = clients.invoke(FUNCTION, {"sleep": 60})
        expected = {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {answer.request_id} Error: Task timed out after {TIMEOUT_SECONDS}.00 seconds",
        }
        claim(answer.error == "Unhandled", f"FunctionError is Unhandled, not {answer.error}")
        claim(answer.payload == expected, f"the payload is {expected}, not {answer.payload}")
        late = answer.seen_ms - TIMEOUT_SECONDS * 1000
        claim(0 <= late < 1000, f"the answer comes when the time is up, not {late:.0f} ms later")
        self._say(
            f"FunctionError: {answer.error}, {late:.0f} ms after the {TIMEOUT_SECONDS} s\n{json.dumps(answer.payload)}"
        )
        after = clients.invoke(FUNCTION, {"sleep": 0})
        claim(after.error is None, f"the next invocation works, but: {after.payload}")

    def _look_back(self, clients: Clients) -> None:
        self._step("Ask CloudWatch and X-Ray what has happened")
        hindsight = Hindsight(clients, FUNCTION, self._begun, lambda command: self._command("aws", *command))
        invoked = len(clients.failed)
        self._say(hindsight.reports(invoked))
        self._say(hindsight.counted("Invocations", invoked))
        self._say(hindsight.counted("Errors", sum(clients.failed)))
        self._say(hindsight.map())

    def _checked(self, answer: Answer, *, cold: bool) -> ReportLine:
        claim(answer.error is None, f"the invocation succeeds, but: {answer.payload}\n{answer.log}")
        return check_report(
            answer.log,
            request_id=answer.request_id,
            memory_mb=MEMORY_MB,
            seen_ms=answer.seen_ms,
            cold=cold,
            memory_known=self._memory_known,
        )

    def _aws(self, clients: Clients, *arguments: str) -> None:
        self._command("aws", "lambda", *arguments)
        clients.cli("lambda", *arguments)

    def _command(self, *words: str) -> None:
        command = shlex.join(words).replace(f"{self._directory}/", "")
        lines = textwrap.wrap(command, 100, break_long_words=False, break_on_hyphens=False)
        self._say("$ " + " \\\n      ".join(lines))


def _figures(name: str, answer: Answer, report: ReportLine) -> tuple[str, ...]:
    init = "-" if report.init_ms is None else f"{report.init_ms:.1f} ms"
    return (
        name,
        f"{answer.seen_ms:.1f} ms",
        init,
        f"{report.duration_ms:.1f} ms",
        f"{report.billed_ms} ms",
        f"{report.max_memory_mb} of {report.memory_mb} MB",
    )


def _quoted(text: str) -> str:
    return "\n".join(f"  | {line}" for line in text.rstrip("\n").expandtabs(2).splitlines())
