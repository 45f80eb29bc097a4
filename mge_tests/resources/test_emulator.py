"""The emulator is a Messages API that the SDK, told to validate strictly, takes for the real one."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from mge_tests.fakes.emulator.latency import Latencies
from mge_tests.fakes.emulator.server import MessagesServer

SONNET = "claude-sonnet-5-5"
TAG = '<atom name="shop.total" kind="function" language="python" file="shop.py">sum it up</atom>'
CODE = "def total(items):\n    return sum(items)"
LONG = "The plan. " * 400


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer({"shop.total": CODE}) as server:
        yield server


@pytest.fixture
def client(server: MessagesServer) -> Iterator[Any]:
    with anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0, _strict_response_validation=True) as client:
        yield client


def ask(client: Any, **more: Any) -> Any:
    return client.messages.create(**({"model": SONNET, "max_tokens": 500, "messages": [{"role": "user", "content": TAG}]} | more))


def params(**more: Any) -> Any:
    return {"model": SONNET, "max_tokens": 500, "messages": [{"role": "user", "content": TAG}]} | more


def test_a_batch_ends_with_every_result_at_half_the_price(server: MessagesServer, client: Any):
    ask(client)
    full = server.ledger.usd
    requests = [{"custom_id": f"atom-{number}", "params": params()} for number in range(5)] + [{"custom_id": "bad", "params": params(model="gpt")}]
    batch = client.messages.batches.create(requests=requests)
    assert client.messages.batches.retrieve(batch.id).processing_status == "ended"
    results: dict[str, Any] = {each.custom_id: each.result for each in client.messages.batches.results(batch.id)}
    assert results["bad"].type == "errored"
    assert {result.type for name, result in results.items() if name != "bad"} == {"succeeded"}
    assert results["atom-3"].message.usage.service_tier == "batch"
    assert server.ledger.usd - full == pytest.approx(5 * full / 2)
    assert client.messages.batches.retrieve(batch.id).request_counts.succeeded == 5


def test_a_batch_keeps_its_results_and_counts_to_itself_until_it_has_ended():
    server = MessagesServer({"shop.total": CODE}, batch_seconds=3600.0)
    with server, anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0, _strict_response_validation=True) as client:
        batch = client.messages.batches.create(requests=[{"custom_id": "one", "params": params()}])
        assert (batch.processing_status, batch.results_url, batch.request_counts.processing) == ("in_progress", None, 1)
        with pytest.raises(anthropic.AnthropicError):
            client.messages.batches.results(batch.id)
        client.messages.batches.cancel(batch.id)
        assert [each.result.type for each in client.messages.batches.results(batch.id)] == ["canceled"]
        assert server.ledger.usd == 0
        assert [each.id for each in client.messages.batches.list()] == [batch.id]
        client.messages.batches.delete(batch.id)
        with pytest.raises(anthropic.NotFoundError):
            client.messages.batches.retrieve(batch.id)


def test_requests_of_a_batch_may_expire_unpaid():
    server = MessagesServer({"shop.total": CODE}, batch_troubles={"expired": 1.0})
    with server, anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0) as client:
        batch = client.messages.batches.create(requests=[{"custom_id": "one", "params": params()}])
        assert [each.result.type for each in client.messages.batches.results(batch.id)] == ["expired"]
        assert server.ledger.usd == 0


@pytest.mark.parametrize("names", [["a", "a"], [""], []])
def test_a_batch_that_makes_no_sense_is_refused_whole(client: Any, names: list[str]):
    with pytest.raises(anthropic.BadRequestError):
        client.messages.batches.create(requests=[{"custom_id": name, "params": params()} for name in names])


def test_a_stream_ends_with_the_same_message(client: Any):
    with client.messages.stream(model=SONNET, max_tokens=500, messages=[{"role": "user", "content": TAG}]) as stream:
        streamed = stream.get_final_message()
    whole = ask(client)
    assert [block.text for block in streamed.content] == [block.text for block in whole.content]
    assert (streamed.stop_reason, streamed.usage.output_tokens) == (whole.stop_reason, whole.usage.output_tokens)


def test_models_and_token_counts_are_told(client: Any):
    assert SONNET in [model.id for model in client.models.list()]
    assert client.models.retrieve("claude-opus-4-8").lifecycle == "active"
    assert client.messages.count_tokens(model=SONNET, messages=[{"role": "user", "content": "x" * 300}]).input_tokens == 100
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("gpt-9")


@pytest.mark.parametrize(
    ("model", "version", "body"),
    [
        (SONNET, "2026-10-21", {"temperature": 1.0}),
        (SONNET, "2023-06-01", {"temperature": 0.2}),
        ("claude-haiku-4-5", "2026-10-21", {"temperature": 0.2}),
        ("claude-haiku-4-5", "2023-06-01", {"output_config": {"effort": "low"}}),
        (SONNET, "2026-10-21", {"thinking": {"type": "disabled"}}),
        (SONNET, "2026-10-21", {"tool_choice": {"type": "any"}}),
        (SONNET, "1999-01-01", {}),
        (SONNET, "2026-10-21", {"messages": [{"role": "user", "content": TAG}, {"role": "assistant", "content": "def"}]}),
    ],
)
def test_what_a_version_or_model_does_not_take_is_refused(client: Any, model: str, version: str, body: dict[str, Any]):
    with pytest.raises(anthropic.BadRequestError):
        ask(client, model=model, extra_headers={"anthropic-version": version}, extra_body=body)


def test_an_older_model_takes_a_temperature_under_the_old_version(client: Any):
    asked = ask(client, model="claude-haiku-4-5", extra_headers={"anthropic-version": "2023-06-01"}, extra_body={"temperature": 0.2})
    assert asked.stop_reason == "end_turn"


def test_nested_prefixes_are_written_once_and_read_by_whoever_shares_them(client: Any):
    def usage(own: str):
        marked = [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}} for text in (LONG, own)]
        return ask(client, messages=[{"role": "user", "content": [*marked, {"type": "text", "text": TAG}]}]).usage

    first, again, other = usage("a" * 900), usage("a" * 900), usage("b" * 900)
    assert (first.cache_read_input_tokens, first.cache_creation_input_tokens) == (0, again.cache_read_input_tokens)
    assert other.cache_read_input_tokens > 1000
    assert 0 < other.cache_creation_input_tokens < 400
    assert first.input_tokens == again.input_tokens == other.input_tokens < 40


def test_a_prefix_below_the_models_minimum_is_not_cached(client: Any):
    block = {"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}
    for _ in range(2):
        usage = ask(client, model="claude-haiku-4-5", messages=[{"role": "user", "content": [block, {"type": "text", "text": TAG}]}]).usage
        assert (usage.cache_creation_input_tokens, usage.cache_read_input_tokens) == (0, 0)


def test_an_answer_longer_than_allowed_is_cut_and_billed_as_cut(client: Any):
    cut = ask(client, max_tokens=25)
    assert (cut.stop_reason, cut.usage.output_tokens) == ("max_tokens", 25)
    assert CODE not in cut.content[0].text


def test_a_limit_answers_429_with_its_headers_and_the_seconds_to_wait():
    with MessagesServer({"shop.total": CODE}, limits={"requests": 2}) as server, anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0) as client:
        first = client.messages.with_raw_response.create(**params())
        assert first.headers["anthropic-ratelimit-requests-limit"] == "2"
        assert first.headers["anthropic-ratelimit-requests-remaining"] == "1"
        ask(client)
        with pytest.raises(anthropic.RateLimitError) as caught:
            ask(client)
    assert int(caught.value.response.headers["retry-after"]) >= 1
    assert len(server.ledger.bills) == 2


def test_faults_drawn_by_rate_are_the_same_for_the_same_seed():
    def run(seed: int) -> list[str]:
        server = MessagesServer({"shop.total": CODE}, rates={"529": 0.3, "refusal": 0.2}, seed=seed)
        with server, anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0) as client:
            return [_how(client) for _ in range(30)]

    assert run(1) == run(1)
    assert {"529", "refusal", "end_turn"} == set(run(1))
    assert run(1) != run(2)


def _how(client: Any) -> str:
    try:
        return str(ask(client).stop_reason)
    except anthropic.APIStatusError as error:
        return str(error.status_code)


def test_an_answer_that_the_client_never_got_is_billed_and_marked_as_lost(server: MessagesServer):
    server.latency = 0.3
    with anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0, timeout=0.05) as client, pytest.raises(anthropic.APITimeoutError):
        ask(client)
    server.faults = deque(["reset"])
    with anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0) as client, pytest.raises(anthropic.APIConnectionError):
        ask(client)
    assert [bill.arrived for bill in server.ledger.bills] == [False, False]
    assert server.ledger.lost_usd == server.ledger.usd > 0


def test_latencies_follow_their_seed_and_scale():
    draw = Latencies(seed=3, time_scale=1.0).seconds
    half = Latencies(seed=3, time_scale=0.5).seconds
    seconds = sorted(draw(str(key), SONNET, 150, cached=False, in_flight=0) for key in range(1001))
    assert 2.0 < seconds[500] < 3.6
    assert half("7", SONNET, 150, cached=False, in_flight=0) == pytest.approx(draw("7", SONNET, 150, cached=False, in_flight=0) / 2)
    assert Latencies().seconds("7", SONNET, 150, cached=False, in_flight=0) == 0
