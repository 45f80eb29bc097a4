"""Which model the settings open, what is sent to it, and what its answers cost."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mge_resources.llm import LanguageModel, ModelError, ModelReply, ModelRequest, OfflineModel, TokenUsage, is_local, open_model, price, price_table
from mge_tests.fakes.emulator.server import MessagesServer

DAY = date(2026, 11, 20)
TAG = '<atom name="shop.total" kind="function" language="python" file="shop.py">sum it up</atom>'
REQUEST = ModelRequest("Write code.", "The plan. " * 400, f"Write this atom.\n{TAG}", attempt=1, temperature=0.7, max_tokens=1000, draft=b"x = 1\n")


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer({"shop.total": "def total(items):\n    return sum(items)"}) as server:
        yield server


def ask(model: LanguageModel, *requests: ModelRequest) -> list[ModelReply]:
    async def all_in_turn() -> list[ModelReply]:
        try:
            return [await model.complete(request) for request in requests]
        finally:
            await model.aclose()

    return asyncio.run(all_in_turn())


def test_without_key_and_server_the_draft_is_handed_back() -> None:
    model = open_model(api_key=None, base_url=None, model="claude-sonnet-5-5")
    assert isinstance(model, OfflineModel)
    assert not model.remote
    assert ask(model, REQUEST)[0].verbatim == b"x = 1\n"


def test_without_key_server_and_draft_the_variable_to_set_is_named() -> None:
    with pytest.raises(ModelError, match="ANTHROPIC_API_KEY"):
        ask(open_model(api_key=" ", base_url="", model="any"), replace(REQUEST, draft=None))


def test_an_unknown_model_is_refused_with_the_list() -> None:
    with pytest.raises(ModelError, match="claude-sonnet-5-5") as caught:
        open_model(api_key="k", base_url=None, model="gpt-9")
    assert not caught.value.retryable


def test_an_unknown_model_on_a_distant_server_is_refused_too() -> None:
    with pytest.raises(ModelError, match="no price"):
        open_model(api_key="k", base_url="https://models.example.com", model="gpt-9")


@pytest.mark.parametrize("address", ["localhost:11434", "ftp://localhost", "not an address", "http://"])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(ModelError, match="ANTHROPIC_BASE_URL"):
        open_model(api_key=None, base_url=address, model="local-coder")


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://127.0.0.1:8000", True), ("http://localhost:11434", True), ("http://[::1]:1", True), ("http://192.168.1.20", True),
        ("http://ollama:11434", True),
        ("http://box.local", True), ("https://api.anthropic.com", False), ("http://8.8.8.8", False), ("https://localhost.example.com", False),
    ],
)  # fmt: skip
def test_a_local_server_is_told_from_a_distant_one(address: str, local: bool) -> None:
    assert is_local(address) is local


def test_a_local_servers_own_model_costs_nothing_and_says_so(server: MessagesServer) -> None:
    model = open_model(api_key=None, base_url=server.url, model="local-coder")
    assert model.name == "local/local-coder"
    assert model.remote
    assert model.reservation_usd(REQUEST) == 0
    reply = ask(model, REQUEST)[0]
    assert reply.cost_usd == 0
    assert reply.tokens_output > 0


def test_a_local_server_that_sends_no_bill_is_believed(server: MessagesServer) -> None:
    server.faults.append("no usage")
    assert "sum(items)" in ask(open_model(api_key=None, base_url=server.url, model="local-coder"), REQUEST)[0].text


def test_an_answer_costs_its_tokens_at_the_list_price(server: MessagesServer) -> None:
    cold, warm = ask(open_model(api_key="k", base_url=server.url, model="claude-sonnet-5-5"), REQUEST, REQUEST)
    for reply, usage in zip((cold, warm), [bill.usage for bill in server.ledger.bills], strict=True):
        written, read = usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]
        dollars = (2 * usage["input_tokens"] + 10 * usage["output_tokens"] + 2.5 * written + 0.1 * read) / 1e6
        assert reply.cost_usd == pytest.approx(dollars, abs=1e-12)
        assert reply.tokens_input == usage["input_tokens"] + written + read
        assert reply.tokens_output == usage["output_tokens"]
    assert warm.cost_usd < cold.cost_usd


def test_a_refusal_carries_what_was_paid_for_it(server: MessagesServer) -> None:
    server.faults.append("refusal")
    with pytest.raises(ModelError) as caught:
        ask(open_model(api_key="k", base_url=server.url, model="claude-sonnet-5-5"), REQUEST)
    assert caught.value.billed is not None
    assert caught.value.billed.cost_usd > 0


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-sonnet-4-6", "local-coder"])
def test_a_temperature_goes_where_it_is_taken(server: MessagesServer, model: str) -> None:
    reply = ask(open_model(api_key="k", base_url=server.url, model=model), REQUEST)[0]
    assert server.received[0].body["temperature"] == 0.7
    assert "output_config" not in server.received[0].body
    assert reply.sent == "temperature=0.7"


@pytest.mark.parametrize("model", ["claude-sonnet-5-5", "claude-opus-4-8", "claude-haiku-5-5", "claude-fable-5-2"])
def test_elsewhere_the_effort_grows_with_the_attempts(server: MessagesServer, model: str) -> None:
    replies = ask(open_model(api_key="k", base_url=server.url, model=model), *(replace(REQUEST, attempt=attempt) for attempt in (1, 2, 3, 4, 9)))
    assert [request.body["output_config"]["effort"] for request in server.received] == ["low", "medium", "high", "high", "high"]
    assert all("temperature" not in request.body for request in server.received)
    assert replies[1].sent == "effort=medium"


def test_the_shared_part_is_marked_for_the_cache_and_the_atom_comes_last(server: MessagesServer) -> None:
    ask(open_model(api_key="k", base_url=server.url, model="claude-sonnet-5-5"), REQUEST)
    shared, own = server.received[0].body["messages"][-1]["content"]
    assert shared["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in own
    assert server.received[0].atom == "shop.total"


def test_an_empty_shared_part_is_left_out(server: MessagesServer) -> None:
    ask(open_model(api_key="k", base_url=server.url, model="claude-sonnet-5-5"), replace(REQUEST, shared="", system=""))
    assert len(server.received[0].body["messages"][-1]["content"]) == 1
    assert "system" not in server.received[0].body


@given(texts=st.tuples(st.text(), st.text(), st.text(min_size=1)), model=st.sampled_from(sorted(price_table().models)), share=st.floats(0, 1))
def test_no_bill_can_exceed_the_reservation(texts: tuple[str, str, str], model: str, share: float) -> None:
    request = ModelRequest(*texts, attempt=1, temperature=0.7, max_tokens=1000)
    prompt = sum(len(text.encode()) for text in texts)  # no tokenizer makes more tokens than bytes
    written = int(share * prompt)
    worst = price(model, TokenUsage(input=prompt - written, write_5m=written, output=1000), DAY)
    assert open_model(api_key="k", base_url=None, model=model).reservation_usd(request) >= worst


def test_a_price_holds_from_its_day_on() -> None:
    usage = TokenUsage(read=1_000_000)
    assert price("claude-sonnet-5-5", usage, date(2026, 10, 6)) == pytest.approx(0.20)
    assert price("claude-sonnet-5-5", usage, date(2026, 10, 7)) == pytest.approx(0.10)


def test_a_long_prompt_pays_the_long_prompts_price_for_all_of_it() -> None:
    assert price("claude-haiku-5-5", TokenUsage(input=100_000), DAY) == pytest.approx(0.01)
    assert price("claude-haiku-5-5", TokenUsage(input=50_000, read=50_001), DAY) == pytest.approx((50_000 * 0.5 + 50_001 * 0.05) / 1e6)


def test_an_alias_costs_what_its_model_costs_and_a_batch_half() -> None:
    usage = TokenUsage(input=1000, output=100, write_1h=10)
    dated = price("claude-haiku-4-5-20251001", usage, DAY)
    assert dated == price("claude-haiku-4-5", usage, DAY)
    assert price("claude-haiku-4-5", usage, DAY, batch=True) == dated / 2


def test_a_cached_write_costs_more_than_input_and_a_read_less() -> None:
    for model, entry in price_table().models.items():
        for tier in (tier for period in entry.prices for tier in period.tiers):
            assert tier.read < tier.input < tier.write_5m < tier.write_1h < tier.output, model


def test_opening_a_model_offline_does_not_import_the_sdk() -> None:
    code = "import sys, mge_resources.llm as m; m.open_model(api_key=None, base_url=None, model='x'); sys.exit('anthropic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_ladder_asks_the_cheap_model_first_and_the_strong_one_last(server: MessagesServer) -> None:
    model = open_model(api_key="k", base_url=server.url, model="unused", models="claude-haiku-5-5, claude-sonnet-5-5,claude-opus-5-5")
    replies = ask(model, *(replace(REQUEST, attempt=attempt) for attempt in (1, 2, 3, 4)))
    asked = [request.body["model"] for request in server.received]
    assert asked == ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-opus-5-5"]
    assert [reply.model for reply in replies] == asked
    assert sum(reply.cost_usd for reply in replies) == pytest.approx(server.ledger.usd, abs=1e-12)
    assert model.name == "claude-haiku-5-5>claude-sonnet-5-5>claude-opus-5-5"
    assert model.reservation_usd(REQUEST) < model.reservation_usd(replace(REQUEST, attempt=2)) < model.reservation_usd(replace(REQUEST, attempt=3))


def test_a_model_in_the_ladder_that_nobody_knows_is_named() -> None:
    with pytest.raises(ModelError, match="gpt-9"):
        open_model(api_key="k", base_url=None, model="claude-sonnet-5-5", models="claude-haiku-5-5,gpt-9")


def test_a_price_of_ones_own_is_what_the_model_costs(server: MessagesServer) -> None:
    model = open_model(api_key=None, base_url=server.url, model="local-coder", prices="local-coder=0.5/2, other=0/0")
    reply = ask(model, REQUEST)[0]
    usage = server.ledger.bills[0].usage
    prompt = usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"]
    assert reply.cost_usd == pytest.approx((0.5 * prompt + 2 * usage["output_tokens"]) / 1e6)
    assert model.name == "local-coder"
    assert open_model(api_key="k", base_url="https://models.example.com", model="other", prices="other=0/0").reservation_usd(REQUEST) == 0


@pytest.mark.parametrize("prices", ["local-coder", "local-coder=1", "local-coder=a/b", "=1/2", "local-coder=-1/2", "local-coder=nan/1"])
def test_a_price_that_is_none_is_quoted(prices: str) -> None:
    with pytest.raises(ModelError, match="MGE_MODEL_PRICES"):
        open_model(api_key="k", base_url="http://localhost:1", model="local-coder", prices=prices)
