"""Extensions beside a runtime, over real sockets: INIT, invocations, failures, the end, telemetry."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from lambent.invoke import crew as crew_module
from lambent.invoke.lifecycle import State
from lambent.model.errors import PlatformError
from lambent.model.invocation import ExitStatus, FunctionError, Invocation
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd
from lambent.runtime_api.session import Disconnected, InitFailed, Initialized, Responded
from tests.unit.invoke.agents import Agent, Died, ExtensibleEnvironment, Listener, internal, loyal, with_extensions
from tests.unit.invoke.conftest import SweepingEnvironment
from tests.unit.invoke.stage import Stage


def order(world: Any, *parts: str) -> list[str]:
    """The events that contain one of `parts`."""
    return [event for event in world.events if any(part in event for part in parts)]


async def until(condition: Any) -> None:
    async with asyncio.timeout(3):
        for _ in iter(condition, True):
            await asyncio.sleep(0.005)


async def test_extensions_start_before_the_runtime_and_init_waits_for_all(world, function, tmp_path) -> None:
    may_register, may_ask = asyncio.Event(), asyncio.Event()

    async def late(agent: Agent) -> None:
        await may_register.wait()
        await agent.register("INVOKE")
        await may_ask.wait()
        await agent.next()

    with_extensions(world, tmp_path, one=loyal, two=late)
    world.on_init = lambda runtime: world.note("runtime starts") or Initialized()
    stage = Stage(world, function())
    starting = asyncio.ensure_future(stage.__aenter__())
    await until(lambda: "one asks" in world.events)
    assert "runtime starts" not in world.events
    may_register.set()
    await until(lambda: "runtime starts" in world.events)
    await world.quiet()
    assert stage.environment.life.state is State.INIT
    may_ask.set()
    await starting
    assert stage.environment.life.state is State.IDLE
    assert stage.environment.has_extensions
    await stage.environment.stop()
    assert [line for line in stage.lines if line.startswith("EXTENSION")] == [
        "EXTENSION\tName: one\tState: Ready\tEvents: [INVOKE,SHUTDOWN]",
        "EXTENSION\tName: two\tState: Ready\tEvents: [INVOKE]",
    ]


async def test_extensions_see_the_functions_variables_but_for_some_and_where_to_knock(
    world, function, tmp_path
) -> None:
    with_extensions(world, tmp_path, one=loyal)
    async with Stage(world, function(variables={"TABLE": "t"})):
        seen = world.extension_variables
        assert seen["TABLE"] == "t"
        assert seen["AWS_LAMBDA_RUNTIME_API"] == world.environments[0].address
        assert seen["AWS_ENDPOINT_URL"].startswith("http://")
        assert not {"_HANDLER", "AWS_EXECUTION_ENV"}.intersection(seen)


async def test_what_an_extension_prints_is_in_the_log(world, function, tmp_path) -> None:
    async def chatty(agent: Agent) -> None:
        agent.print("hello from the extension\n")
        await loyal(agent)

    with_extensions(world, tmp_path, one=chatty)
    async with Stage(world, function()) as stage:
        await stage.invoke()
    assert "hello from the extension" in stage.lines


async def test_the_answer_leaves_and_the_environment_is_busy_until_the_extension_is_done(
    world, function, tmp_path
) -> None:
    gate = asyncio.Event()

    async def slow(agent: Agent) -> None:
        await agent.register("INVOKE", "SHUTDOWN")
        while (await agent.next())["eventType"] == "INVOKE":
            await gate.wait()

    with_extensions(world, tmp_path, one=slow)
    async with world.build():
        result = await world.invoke(request_id="one")
        assert result.payload == b'"ok"'
        await until(lambda: "one got INVOKE" in world.events)
        assert [info.state for info in world.dispatcher.environments()] == ["busy"]
        assert not [line for line in world.lines if line.startswith("REPORT")]
        gate.set()
        await until(lambda: any(line.startswith("REPORT") for line in world.lines))
        assert world.dispatcher.environments()[0].state in ("idle", "frozen")


async def test_an_extension_at_work_counts_as_concurrency(world, function, tmp_path) -> None:
    gate = asyncio.Event()

    async def slow(agent: Agent) -> None:
        await agent.register("INVOKE", "SHUTDOWN")
        while (await agent.next())["eventType"] == "INVOKE":
            await gate.wait()

    with_extensions(world, tmp_path, one=slow)
    async with world.build(concurrency_limit=1, unreserved_minimum=0):
        await world.invoke()
        with pytest.raises(Exception, match="TooManyRequests"):
            await world.invoke()
        gate.set()
        await until(lambda: world.dispatcher.environments()[0].state in ("idle", "frozen"))
        await world.invoke()


async def test_the_report_has_the_time_of_the_extensions(world, function, tmp_path) -> None:
    async def slow(agent: Agent) -> None:
        await agent.register("INVOKE", "SHUTDOWN")
        while (await agent.next())["eventType"] == "INVOKE":
            world.clock.pushed += 0.5

    with_extensions(world, tmp_path, one=slow)
    async with Stage(world, function()) as stage:
        await stage.invoke()
    assert "\tDuration: 50" in next(line for line in stage.lines if line.startswith("REPORT"))


async def test_extensions_that_did_not_ask_for_invocations_do_not_hold_them_up(world, function, tmp_path) -> None:
    async def quiet(agent: Agent) -> None:
        await agent.register("SHUTDOWN")
        await agent.next()

    with_extensions(world, tmp_path, one=quiet)
    async with Stage(world, function()) as stage:
        for name in "ab":
            assert (await stage.invoke(name))[1]
    assert order(world, "one got") == ["one got SHUTDOWN spindown"]


async def test_an_extension_that_never_asks_again_times_out_after_the_answer(world, function, tmp_path) -> None:
    async def stuck(agent: Agent) -> None:
        await agent.register("INVOKE")
        await agent.next()
        await asyncio.sleep(60)

    with_extensions(world, tmp_path, one=stuck, two=loyal)
    async with Stage(world, function(timeout=0.1)) as stage:
        stage.environment.claim()
        ending = await stage.environment.run(Invocation("rid", b"", 1, "arn"), tail=False)
        assert ending.payload == b'"ok"'
        assert not await stage.environment.settle(ending)
        assert await stage.environment.reset()
        stage.environment.finish()
        assert stage.environment.life.state is State.VACANT
    assert "two got SHUTDOWN timeout" in world.events
    assert stage.lines[-1].endswith("Status: timeout")


@pytest.mark.parametrize(
    ("status", "text"), [(ExitStatus(code=0), "exit code 0"), (ExitStatus(code=3), "exit status 3")]
)
async def test_an_extension_that_ends_breaks_the_invocation(world, function, tmp_path, status, text) -> None:
    async def crash(agent: Agent) -> None:
        await agent.register("INVOKE")
        await agent.next()
        raise Died(status)

    async def work(runtime: Any, invocation: Invocation) -> Responded:
        await asyncio.sleep(60)
        return Responded(b"late")

    with_extensions(world, tmp_path, one=crash, two=loyal)
    world.on_invoke = work
    async with Stage(world, function()) as stage:
        ending, usable = await stage.invoke("5b8e")
        assert (ending.status, ending.error_type, usable, stage.kept) == ("error", "Extension.Crash", False, True)
        assert ending.payload.decode() == (
            '{"errorType":"Extension.Crash","errorMessage":"RequestId: 5b8e Error: ' + text + '"}'
        )
    assert "two got SHUTDOWN failure" in world.events
    assert f"RequestId: 5b8e Error: {text}\nExtension.Crash" in stage.lines
    assert stage.lines[-1].endswith("Status: error\tError Type: Extension.Crash")


async def test_an_extension_that_ends_between_invocations_is_started_again_by_the_next(
    world, function, tmp_path
) -> None:
    leave = asyncio.Event()

    async def leaves_once(agent: Agent) -> None:
        if leave.is_set():
            return await loyal(agent)
        await agent.register("INVOKE")
        asking = asyncio.ensure_future(agent.next())
        await leave.wait()
        asking.cancel()
        raise Died(ExitStatus(code=1))

    with_extensions(world, tmp_path, one=leaves_once)
    async with Stage(world, function()) as stage:
        await until(lambda: stage.environment.life.state is State.FROZEN)
        leave.set()
        await until(lambda: stage.idle_exits == [7])
        assert await stage.environment.reset()
        ending, _ = await stage.invoke()
        assert ending.status == "success"
    assert world.events.count("launch one") == 2


async def test_what_cannot_be_launched_fails_the_init(world, function, tmp_path) -> None:
    async def refused(agent: Agent) -> None:
        raise Died(ExitStatus(code=127, refused="fork/exec /opt/extensions/one: permission denied"))

    with_extensions(world, tmp_path, one=refused)
    async with Stage(world, function()) as stage:
        assert stage.environment.life.state is State.VACANT
        ending, _ = await stage.invoke("5b8e")
        assert ending.error_type == "Extension.LaunchError"
    assert "EXTENSION\tName: one\tState: LaunchError\tEvents: []\tError Type: PermissionDenied" in stage.lines
    reports = [line for line in stage.lines if line.startswith("INIT_REPORT")]
    assert [line.split("\t")[-1] for line in reports] == ["Error Type: Extension.LaunchError"] * 2


async def test_an_extension_that_reports_an_init_error_and_ends_fails_the_init(world, function, tmp_path) -> None:
    async def fails(agent: Agent) -> None:
        await agent.register("INVOKE")
        path = "/2020-01-01/extension/init/error"
        await agent.ask("POST", path, {}, Lambda_Extension_Function_Error_Type="Extension.NoConfig")
        raise Died(ExitStatus(code=1))

    with_extensions(world, tmp_path, one=fails)
    async with Stage(world, function()) as stage:
        ending, _ = await stage.invoke()
    assert (ending.status, ending.error_type) == ("error", "Extension.InitError")
    assert "EXTENSION\tName: one\tState: InitError\tEvents: [INVOKE]\tError Type: Extension.NoConfig" in stage.lines


async def test_an_extension_that_never_registers_times_out_the_init(world, function, tmp_path) -> None:
    async def silent(agent: Agent) -> None:
        await asyncio.sleep(60)

    with_extensions(world, tmp_path, one=silent)
    async with Stage(world, function(), init_seconds=0.05) as stage:
        assert stage.environment.life.state is State.VACANT
    assert "launch one" in world.events
    assert [line.split("\t", 1)[1] for line in stage.lines if line.startswith("INIT_REPORT")] == [
        "Phase: init\tStatus: timeout"
    ]


async def test_the_eleventh_extension_is_too_many(world, function, tmp_path) -> None:
    with_extensions(world, tmp_path, **{f"e{number:02}": loyal for number in range(11)})
    async with Stage(world, function()) as stage:
        ending, _ = await stage.invoke()
    assert ending.error_type == "Extension.LaunchError"
    assert not order(world, "launch")


async def test_a_runtime_that_fails_its_init_ends_the_extensions_in_order(world, function, tmp_path) -> None:
    with_extensions(world, tmp_path, one=loyal)
    world.on_init = lambda runtime: InitFailed(FunctionError("Runtime.ImportModuleError", b"{}"))
    async with Stage(world, function()):
        assert order(world, "signal", "one got", "one ended", "sweep") == [
            "signal SIGKILL",
            "one got SHUTDOWN failure",
            "one ended exit status 0",
            "sweep",
        ]


async def test_the_end_comes_in_order(world, function, tmp_path) -> None:
    with_extensions(world, tmp_path, one=loyal)
    async with Stage(world, function()):
        pass
    assert order(world, "signal", "one got", "one ended", "kill") == [
        "signal SIGTERM",
        "one got SHUTDOWN spindown",
        "one ended exit status 0",
        "kill",
    ]


async def test_a_frozen_environment_is_thawed_for_its_end(world, function, tmp_path) -> None:
    with_extensions(world, tmp_path, one=loyal)
    async with Stage(world, function()) as stage:
        await until(lambda: stage.environment.life.state is State.FROZEN)
    assert order(world, "freeze", "thaw", "one got") == ["freeze", "thaw", "one got SHUTDOWN spindown"]


async def test_who_does_not_end_is_killed_when_the_time_is_over(world, function, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(crew_module.Crew, "shutdown_seconds", 0.1)
    world.heeds_sigterm = False

    async def stays(agent: Agent) -> None:
        await agent.register("SHUTDOWN")
        await agent.next()
        await asyncio.sleep(60)

    with_extensions(world, tmp_path, one=stays)
    async with Stage(world, function()) as stage:
        begun = asyncio.get_running_loop().time()
        await stage.environment.stop()
        assert 0.08 <= asyncio.get_running_loop().time() - begun < 1
    assert order(world, "signal", "one got", "one ended") == [
        "signal SIGTERM",
        "signal SIGKILL",
        "one got SHUTDOWN spindown",
        "one ended signal: killed",
    ]


async def test_without_extensions_nobody_has_any_time(world, function) -> None:
    world.make_environment = ExtensibleEnvironment
    async with Stage(world, function()):
        pass
    assert not order(world, "signal")


async def test_an_internal_extension_takes_part_without_having_been_launched(world, function) -> None:
    world.make_environment = ExtensibleEnvironment
    agents: list[Agent] = []

    async def init(runtime: Any) -> Initialized:
        agents.append(await internal(world, runtime.environment, "INVOKE"))
        task = asyncio.get_running_loop().create_task(serve(agents[0]))
        runtime.exited.add_done_callback(lambda _: task.cancel())
        return Initialized()

    async def serve(agent: Agent) -> None:
        while True:
            await agent.next()

    world.on_init = init
    async with Stage(world, function()) as stage:
        assert stage.environment.has_extensions
        assert (await stage.invoke())[1]
    assert "inside got INVOKE" in world.events
    assert order(world, "signal") == ["signal SIGTERM"]
    assert "EXTENSION\tName: inside\tState: Ready\tEvents: [INVOKE]" in stage.lines


async def test_registration_is_closed_after_init_even_for_the_first_who_knocks(world, function) -> None:
    world.make_environment = ExtensibleEnvironment
    async with Stage(world, function()) as stage:
        agent = Agent(world, "late", world.environments[0].address)
        assert await agent.register("INVOKE") == 403
        assert not stage.environment.has_extensions
        assert (await agent.ask("GET", "/2018-06-01/ping"))[2] == b"pong"


async def test_after_a_reset_extensions_start_and_register_anew(world, function, tmp_path) -> None:
    def crash(runtime: Any, invocation: Invocation) -> Disconnected:
        runtime.exit(ExitStatus(code=1))
        return Disconnected()

    with_extensions(world, tmp_path, one=loyal)
    async with Stage(world, function()) as stage:
        world.on_invoke = crash
        await stage.invoke("one")
        world.on_invoke = lambda runtime, invocation: Responded(b"1")
        assert (await stage.invoke("two"))[1]
    assert order(world, "launch", "one got", "sweep") == [
        "launch one",
        "one got INVOKE",
        "one got SHUTDOWN failure",
        "sweep",
        "launch one",
        "one got INVOKE",
        "one got SHUTDOWN spindown",
    ]


async def test_extensions_can_be_switched_off(world, function, tmp_path) -> None:
    with_extensions(world, tmp_path, one=loyal)
    (tmp_path / "disable-extensions-jwigqn8j").touch()
    async with Stage(world, function()):
        agent = Agent(world, "inside", world.environments[0].address)
        assert (await agent.ask("POST", "/2020-01-01/extension/register", {"events": []}))[0] == 404
    assert not order(world, "launch")


async def test_a_sandbox_that_cannot_run_extensions_says_so(world, function, tmp_path) -> None:
    with_extensions(world, tmp_path, one=loyal)
    world.make_environment = SweepingEnvironment
    stage = Stage(world, function())
    with pytest.raises(PlatformError, match="cannot run extensions"):
        await stage.__aenter__()
    await stage.environment.stop()


async def test_telemetry_tells_the_whole_story(world, function, tmp_path) -> None:
    async with Listener() as listener:

        async def agent(agent: Agent) -> None:
            await agent.register("INVOKE", "SHUTDOWN")
            await listener.subscribe(agent)
            agent.print("subscribed\n")
            while (await agent.next())["eventType"] != "SHUTDOWN":
                continue

        def greet(runtime: Any, invocation: Invocation) -> Responded:
            runtime.print("hello\n")
            return Responded(b'"four"')

        with_extensions(world, tmp_path, one=agent)
        world.on_init = lambda runtime: runtime.print("importing\n") or Initialized()
        world.on_invoke = greet
        async with Stage(world, function()) as stage:
            await stage.invoke("5b8e")
        await listener.until("platform.report")
    assert {"platform.telemetrySubscription", "extension"} < set(listener.types)
    kinds = [kind for kind in listener.types if kind not in ("extension", "platform.telemetrySubscription")]
    assert kinds == [
        "platform.initStart",
        "function",
        "platform.initRuntimeDone",
        "platform.extension",
        "platform.initReport",
        "platform.start",
        "function",
        "platform.runtimeDone",
        "platform.report",
    ]
    assert listener.record("platform.initStart")["phase"] == "init"
    done = listener.record("platform.runtimeDone")
    assert (done["requestId"], done["status"], done["metrics"]["producedBytes"]) == ("5b8e", "success", 6)
    assert [span["name"] for span in done["spans"]] == ["responseLatency", "runtimeOverhead"]
    report = listener.record("platform.report")
    assert [span["name"] for span in report["spans"]] == ["extensionOverhead"]
    assert report["metrics"]["memorySizeMB"] == 128
    assert "TELEMETRY\tName: one\tState: Subscribed\tTypes: [platform, function, extension]" in stage.lines


async def test_telemetry_of_an_answer_in_pieces(world, function, tmp_path) -> None:
    async with Listener() as listener:

        async def agent(agent: Agent) -> None:
            await agent.register("INVOKE", "SHUTDOWN")
            await listener.subscribe(agent)
            while (await agent.next())["eventType"] != "SHUTDOWN":
                continue

        def pour(runtime: Any, invocation: Invocation) -> AnswerStream:
            stream = AnswerStream("text/plain", lambda: None)
            stream.feed(b"1234567")
            stream.finish(StreamEnd())
            return stream

        with_extensions(world, tmp_path, one=agent)
        world.on_invoke = pour
        async with Stage(world, function()) as stage:
            ending, _ = await stage.invoke("5b8e")
            assert ending.payload == b"1234567"
        await listener.until("platform.report")
    done = listener.record("platform.runtimeDone")
    assert (done["status"], done["metrics"]["producedBytes"]) == ("success", 7)
    assert [span["name"] for span in done["spans"]] == ["responseLatency", "responseDuration", "runtimeOverhead"]


async def test_telemetry_of_a_failure(world, function, tmp_path) -> None:
    async with Listener() as listener:

        async def agent(agent: Agent) -> None:
            await agent.register("INVOKE", "SHUTDOWN")
            await listener.subscribe(agent)
            while (await agent.next())["eventType"] != "SHUTDOWN":
                continue

        def crash(runtime: Any, invocation: Invocation) -> Disconnected:
            runtime.exit(ExitStatus(code=1))
            return Disconnected()

        with_extensions(world, tmp_path, one=agent)
        world.on_invoke = crash
        async with Stage(world, function()) as stage:
            await stage.invoke("5b8e")
        await listener.until("platform.runtimeDone")
    done = listener.record("platform.runtimeDone")
    assert (done["status"], done["errorType"]) == ("error", "Runtime.ExitError")


async def test_a_runtime_and_its_extensions_that_end_together_are_reset_once(world, function, tmp_path) -> None:
    with_extensions(world, tmp_path, one=loyal, two=loyal)
    async with Stage(world, function()) as stage:
        environment = world.environments[0]
        for extension in environment.extensions:
            extension.exited.set_result(ExitStatus(signal=9))
        environment.runtime.exit(ExitStatus(signal=9))
        await world.quiet()
        assert stage.idle_exits == [7]
        assert await stage.environment.reset()
        assert (await stage.invoke())[1]


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_extensions_do_every_caller_is_answered(world, function, tmp_path, seed, monkeypatch) -> None:
    """A random crowd: extensions crash, hang, fail their INIT, and come back after every reset."""
    monkeypatch.setattr(crew_module.Crew, "shutdown_seconds", property(lambda crew: 0.1 if crew._names else 0.0))
    dice = random.Random(seed)

    async def moody(agent: Agent) -> None:
        if dice.random() < 0.1:
            raise Died(ExitStatus(code=1))
        await agent.register("INVOKE", "SHUTDOWN")
        while (await agent.next())["eventType"] != "SHUTDOWN":
            match dice.randrange(12):
                case 0:
                    raise Died(ExitStatus(code=2))
                case 1:
                    await asyncio.sleep(60)
                case 2:
                    await asyncio.sleep(0.01)

    async def act(runtime: Any, invocation: Invocation) -> Any:
        match dice.randrange(12):
            case 0:
                runtime.exit(ExitStatus(code=1))
                return Disconnected()
            case 1:
                await asyncio.sleep(60)
        return Responded(invocation.request_id.encode())

    with_extensions(world, tmp_path, one=moody, two=moody)
    world.on_invoke = act
    world.heeds_sigterm = dice.random() < 0.5
    async with world.build(init_seconds=0.5):

        async def client(name: str) -> list[bytes]:
            answers = []
            for number in range(6):
                await asyncio.sleep(dice.random() / 100)
                answers.append((await world.invoke(function(timeout=0.15), request_id=f"{name}.{number}")).payload)
            return answers

        answers = await asyncio.wait_for(asyncio.gather(*(client(name) for name in "abcdef")), 60)
    allowed = (b"Extension.", b"Sandbox.Timedout", b"Runtime.ExitError")
    for name, given in zip("abcdef", answers, strict=True):
        for number, answer in enumerate(given):
            assert answer == f"{name}.{number}".encode() or any(kind in answer for kind in allowed), answer
    assert all(environment.killed for environment in world.environments)
    reports = [line for line in world.lines if line.startswith("REPORT")]
    assert len(reports) == 36
