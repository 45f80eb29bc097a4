"""A run that waits for its model says so once, and says when it goes on."""

import asyncio
from contextlib import ExitStack

import pytest

from mge_assets.services import reach
from mge_assets.services.pacing import PacedModel, Pacer
from mge_assets.services.reach import SILENT_SECONDS, Reach
from mge_assets.stages.generation.calls import JournalledCaller
from mge_resources.llm import ModelReply, ModelRequest
from mge_resources.llm.claude import ClaudeModel
from mge_tests.fakes.call_journal import MemoryJournal
from mge_tests.fakes.emulator.server import MessagesServer

TAG = '<atom name="shop.total" kind="function" language="python" file="shop.py">sum it up</atom>'
REQUEST = ModelRequest("Write code.", "The plan.", f"Write this atom.\n{TAG}", attempt=1, temperature=0.7, max_tokens=1000)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_silence_is_told_once_and_its_end_once(caplog: pytest.LogCaptureFixture):
    clock = Clock()
    seen = Reach(clock)
    for _ in range(5):
        seen.refused("the server can't be reached")
        clock.now += SILENT_SECONDS / 2
    assert [record.getMessage() for record in caplog.records] == [
        "for 2 s no call has got through to the model (the server can't be reached); each is tried again for about half a minute"
    ]
    seen.passed()
    seen.passed()
    assert [record.getMessage() for record in caplog.records][1:] == ["calls to the model get through again, after 5 s"]


def test_refusals_between_answers_and_beside_calls_that_are_taken_are_no_silence(caplog: pytest.LogCaptureFixture):
    clock = Clock()
    seen = Reach(clock)
    for _ in range(5):
        seen.refused("too many requests")
        clock.now += 2 * SILENT_SECONDS
        seen.passed()
    seen.sent()
    for _ in range(5):
        seen.refused("too many requests")
        clock.now += 2 * SILENT_SECONDS
    assert not caplog.records


def test_a_server_that_goes_and_comes_back_is_told_of_through_every_layer(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reach, "SILENT_SECONDS", 0.05)
    with MessagesServer() as gone:
        port = int(gone.url.rpartition(":")[2])
    model = PacedModel(ClaudeModel("claude-sonnet-5-5", api_key="key", base_url=f"http://127.0.0.1:{port}"), Pacer(2))
    asked: list[float] = []

    async def ask() -> ModelReply:
        with ExitStack() as stack:

            async def sleep(seconds: float) -> None:
                asked.append(seconds)
                if len(asked) == 3:
                    stack.enter_context(MessagesServer({"shop.total": "def total(items):\n    return sum(items)"}, port=port))
                await asyncio.sleep(0.05)

            reply = await JournalledCaller(model, MemoryJournal(), sleep, lambda: 0.5).ask("shop.total", REQUEST, lambda: 60.0)
            await model.aclose()
            return reply

    assert "def total" in asyncio.run(ask()).text
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "can't be reached" in told[0]
    assert "get through again" in told[1]
