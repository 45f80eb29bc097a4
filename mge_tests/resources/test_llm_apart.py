"""Calls that a process beside ours makes come out as if we made them, whatever becomes of either process."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from mge_resources.llm import ModelError, ModelReply, ModelRequest, open_model
from mge_resources.llm.apart import APART_FROM, ApartModel, is_worth_it
from mge_resources.llm.claude import ClaudeModel
from mge_tests.fakes.emulator.server import MessagesServer

SONNET, KEY = "claude-sonnet-5-5", "sk-very-secret"
TAG = '<atom name="shop.total" kind="function" language="python" file="shop.py">sum it up</atom>'
REQUEST = ModelRequest("Write code.", "The plan.", f"Write this atom.\n{TAG}", attempt=1, temperature=0.7, max_tokens=1000)
FAULTS = ("429", "429 milliseconds", "529", "502 page", "html 200", "reset inside", "max_tokens", "refusal", "no usage", "401", "429 spend limit")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="no process is handed a socket there")
PARENT = """
import asyncio, sys, time
from mge_resources.llm.apart import ApartModel
from mge_tests.resources.test_llm_apart import REQUEST, opened
async def main():
    model = opened(sys.argv[1])
    await model.complete(REQUEST)
    print(*model.processes, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def opened(url: str) -> ApartModel:
    """A model whose calls are made apart, on however many processors."""
    return ApartModel(open_model(api_key=KEY, base_url=url, model=SONNET), {"api_key": KEY, "base_url": url, "model": SONNET})


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer({"shop.total": "def total(items):\n    return sum(items)"}) as server:
        yield server


async def ask(model: ApartModel | ClaudeModel) -> ModelReply:
    try:
        return await model.complete(REQUEST)
    finally:
        await model.aclose()


def gone(process: int, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(ProcessLookupError):
            os.kill(process, 0)
            if "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2][:3]:
                time.sleep(0.05)
                continue
        return True
    return False


def test_only_where_very_many_are_in_flight_another_process_calls() -> None:
    assert not is_worth_it(100)
    assert is_worth_it(APART_FROM) == ((os.cpu_count() or 1) > 1)
    assert isinstance(open_model(api_key=KEY, base_url=None, model=SONNET, in_flight=100), ClaudeModel)


def test_an_answer_is_the_same_and_one_process_serves_loop_after_loop(server: MessagesServer) -> None:
    apart, here = opened(server.url), ClaudeModel(SONNET, api_key=KEY, base_url=server.url)
    answers = [replace(asyncio.run(ask(model)), seconds=0, allowances=(), tokens_input=0, tokens_read=0, cost_usd=0) for model in (apart, apart, here)]
    assert answers[0] == answers[1] == answers[2]
    assert len(apart.processes) == 1
    assert apart.reservation_usd(REQUEST) == here.reservation_usd(REQUEST) > 0


def test_an_error_says_the_same_of_what_to_do_and_what_it_cost(server: MessagesServer) -> None:
    apart, here = opened(server.url), ClaudeModel(SONNET, api_key=KEY, base_url=server.url)

    def told(model: ApartModel | ClaudeModel, fault: str) -> tuple[object, ...]:
        server.faults = deque([fault])
        with pytest.raises(ModelError) as caught:
            asyncio.run(ask(model))
        error = caught.value
        return type(error), str(error), error.retryable, error.retry_after, error.unbilled, error.billed and error.billed.tokens_output

    for fault in FAULTS:
        assert told(apart, fault) == told(here, fault), fault


def test_the_key_stands_in_no_command_line(server: MessagesServer) -> None:
    model = opened(server.url)
    asyncio.run(ask(model))
    commands = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "mge_resources.llm.caller" in commands
    assert KEY not in commands


def test_a_call_that_nobody_waits_for_is_given_up_and_the_next_is_answered(server: MessagesServer) -> None:
    async def story() -> ModelReply:
        model = opened(server.url)
        await model.complete(REQUEST)
        server.faults = deque(["silence"])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(model.complete(REQUEST), 1)
        assert not server.faults
        return await ask(model)

    assert "sum(items)" in asyncio.run(story()).text


def test_where_the_process_is_killed_nobody_knows_the_bill_and_the_next_call_starts_another(server: MessagesServer) -> None:
    async def story() -> tuple[int, ModelError, int, ModelReply]:
        model = opened(server.url)
        await model.complete(REQUEST)
        server.faults, (first,) = deque(["silence"]), model.processes
        lost = asyncio.create_task(model.complete(REQUEST))
        await asyncio.sleep(0.5)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(ModelError) as caught:
            await lost
        server.faults = deque()
        reply = await model.complete(REQUEST)
        (second,) = model.processes
        await model.aclose()
        return first, caught.value, second, reply

    first, error, second, reply = asyncio.run(story())
    assert error.retryable
    assert not error.unbilled
    assert error.billed is None
    assert second != first
    assert "sum(items)" in reply.text


def test_the_process_ends_with_the_one_that_it_calls_for_however_that_ends(server: MessagesServer) -> None:
    for number in (signal.SIGKILL, signal.SIGINT):
        with subprocess.Popen([sys.executable, "-c", PARENT, server.url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
            assert parent.stdout is not None
            process = int(parent.stdout.readline())
            parent.send_signal(number)
            parent.wait()
        assert gone(process), f"after {number.name}"


def test_a_process_that_nobody_uses_any_more_ends(server: MessagesServer) -> None:
    model = opened(server.url)
    asyncio.run(ask(model))
    (process,) = model.processes
    del model
    assert gone(process)
