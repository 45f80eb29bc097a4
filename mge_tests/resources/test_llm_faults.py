"""Every fault of the service becomes one ModelError that says what to do; nothing of the SDK's own gets out."""

import asyncio
import json
from collections import deque
from collections.abc import Iterator

import anthropic
import pytest

from mge_resources.llm import ModelError, ModelReply, ModelRequest, TruncatedReplyError
from mge_resources.llm.claude import ClaudeModel
from mge_tests.fakes.emulator.faults import FAULTS
from mge_tests.fakes.emulator.server import MessagesServer

SONNET = "claude-sonnet-5-5"
TAG = '<atom name="shop.total" kind="function" language="python" file="shop.py">sum it up</atom>'
REQUEST = ModelRequest("Write code.", "The plan.", f"Write this atom.\n{TAG}", attempt=1, temperature=0.7, max_tokens=1000)
KEY = "sk-very-secret"

RETRYABLE = {
    "429", "429 at once", "429 milliseconds", "429 date", "429 nonsense", "529", "500", "502 page", "504", "html 200", "list 200", "truncated json",
    "reset", "reset inside", "slow drip", "silence", "max_tokens", "pause", "no stop reason", "empty", "empty text", "no content", "no usage",
}  # fmt: skip
FINAL = {"429 spend limit", "500 never", "400", "401", "402", "403", "404", "413", "413 page", "refusal", "context window"}
FINE = {"none", "new stop reason", "null counters", "thinking first", "two texts"}
PAID = {"refusal", "max_tokens", "context window", "pause", "no stop reason", "empty", "empty text"}
UNKNOWN = {"504", "502 page", "html 200", "list 200", "truncated json", "reset", "reset inside", "slow drip", "silence", "no content", "no usage"}
ENDLESS = {"slow drip", "silence"}
"""Only the deadline ends them; the others must not run into it on a busy machine."""


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer({"shop.total": "def total(items):\n    return sum(items)"}) as server:
        yield server


def ask(server: MessagesServer, request: ModelRequest = REQUEST, *, deadline: float | None = None, model: str = SONNET) -> ModelReply:
    async def once() -> ModelReply:
        claude = ClaudeModel(model, api_key=KEY, base_url=server.url, deadline=deadline)
        try:
            return await claude.complete(request)
        finally:
            await claude.aclose()

    return asyncio.run(once())


def failure(server: MessagesServer, fault: str) -> ModelError:
    server.faults = deque([fault])
    with pytest.raises(ModelError) as caught:
        ask(server, deadline=0.4 if fault in ENDLESS else 60)
    return caught.value


def test_every_fault_is_judged_here() -> None:
    assert set(FAULTS) == RETRYABLE | FINAL | FINE
    assert not RETRYABLE & FINAL


@pytest.mark.parametrize("fault", sorted(RETRYABLE | FINAL))
def test_a_fault_becomes_one_line_that_says_whether_to_ask_again(server: MessagesServer, fault: str) -> None:
    error = failure(server, fault)
    assert error.retryable == (fault in RETRYABLE)
    assert "\n" not in str(error)
    assert error.problem
    assert error.fix
    assert KEY not in str(error)


@pytest.mark.parametrize("fault", sorted(RETRYABLE | FINAL))
def test_a_fault_tells_what_is_known_of_its_bill(server: MessagesServer, fault: str) -> None:
    error = failure(server, fault)
    assert (error.billed is not None) == (fault in PAID)
    assert error.unbilled == (fault not in PAID | UNKNOWN)


@pytest.mark.parametrize("fault", sorted(FINE))
def test_an_odd_but_whole_answer_is_read(server: MessagesServer, fault: str) -> None:
    server.faults = deque([fault])
    assert "return sum(items)" in ask(server).text


def test_a_cut_answer_asks_for_more_tokens(server: MessagesServer) -> None:
    assert isinstance(failure(server, "max_tokens"), TruncatedReplyError)


@pytest.mark.parametrize(("fault", "seconds"), [("429", 2.0), ("429 milliseconds", 1.5), ("429 at once", 0.0), ("429 nonsense", None), ("529", None)])
def test_the_wait_that_the_server_asks_for_is_handed_on(server: MessagesServer, fault: str, seconds: float | None) -> None:
    assert failure(server, fault).retry_after == seconds


def test_a_date_to_wait_for_becomes_seconds(server: MessagesServer) -> None:
    assert (failure(server, "429 date").retry_after or 0) > 86_400


def test_a_slow_drip_ends_at_the_deadline(server: MessagesServer) -> None:
    assert "0.4 s" in failure(server, "slow drip").problem


def test_a_server_that_is_not_there_costs_nothing() -> None:
    with MessagesServer() as gone:
        pass_by = gone.url
    claude = ClaudeModel(SONNET, api_key=KEY, base_url=pass_by)
    with pytest.raises(ModelError, match="can't be reached") as caught:
        asyncio.run(claude.complete(REQUEST))
    assert caught.value.unbilled
    assert caught.value.retryable


def test_a_key_that_no_header_takes_is_named_and_not_shown(server: MessagesServer) -> None:
    claude = ClaudeModel(SONNET, api_key="clé\nsecret", base_url=server.url)
    with pytest.raises(ModelError) as caught:
        asyncio.run(claude.complete(REQUEST))
    assert caught.value.unbilled
    assert "secret" not in str(caught.value)


def test_a_wrong_key_is_refused(server: MessagesServer) -> None:
    server.key = "another"
    with pytest.raises(ModelError, match="ANTHROPIC_API_KEY"):
        ask(server)


def test_a_call_is_sent_once_whatever_comes_back(server: MessagesServer) -> None:
    for fault in ("529", "500", "reset", "429"):
        failure(server, fault)
    assert len(server.received) == 4


def test_the_sdks_strict_validation_accepts_the_fake_servers_answers(server: MessagesServer) -> None:
    with anthropic.Anthropic(api_key=KEY, base_url=server.url, max_retries=0, _strict_response_validation=True) as client:
        for fault in ("none", "thinking first", "two texts", "null counters", "refusal", "max_tokens", "context window", "pause", "empty"):
            server.faults = deque([fault])
            answer = client.messages.create(model=SONNET, max_tokens=100, messages=[{"role": "user", "content": TAG}])
            assert anthropic.types.Message.model_validate(answer.model_dump()) == answer


def test_a_hundred_calls_at_once_run_side_by_side(server: MessagesServer) -> None:
    server.latency = 1.0

    async def many() -> list[ModelReply]:
        claude = ClaudeModel(SONNET, api_key=KEY, base_url=server.url)
        try:
            return await asyncio.gather(*(claude.complete(REQUEST) for _ in range(100)))
        finally:
            await claude.aclose()

    assert len({json.dumps(reply.text) for reply in asyncio.run(many())}) == 1
    assert len(server.ledger.bills) == 100
    assert server.most_in_flight >= 99, "the first goes ahead alone, so that the others find its prefix cached"


def test_one_model_serves_one_event_loop_after_another(server: MessagesServer) -> None:
    claude = ClaudeModel(SONNET, api_key=KEY, base_url=server.url)

    async def once() -> str:
        reply = await claude.complete(REQUEST)
        await claude.aclose()
        return reply.text

    assert asyncio.run(once()) == asyncio.run(once())
