"""A server's rate limits are used to the full and not run into."""

from pathlib import Path

import pytest

from mge_assets.services.allowances import Allowances
from mge_resources.llm.allowances import read_allowances
from mge_resources.llm.port import Allowance, CallSize
from mge_tests.bench.rate_limits import measured

ONE = CallSize(100, 50)


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def allowances(clock) -> Allowances:
    return Allowances(lambda: clock[0])


def test_what_nobody_told_of_is_not_waited_for(allowances: Allowances):
    allowances.take("model", ONE)
    assert allowances.wait("model", ONE) == 0
    assert read_allowances({"anthropic-ratelimit-requests-limit": "soon", "anthropic-ratelimit-tokens-limit": "5"}) == ()


def test_a_used_up_limit_is_waited_for_as_long_as_it_takes_to_fill_and_other_models_are_not(allowances: Allowances, clock):
    allowances.heard("model", [Allowance("requests", 60, 1)])
    assert allowances.wait("model", ONE) <= 0
    allowances.take("model", ONE)
    assert allowances.wait("model", ONE) == pytest.approx(1.0)
    assert allowances.wait("other", ONE) == 0
    clock[0] = 1.0
    assert allowances.wait("model", ONE) <= 0


def test_tokens_are_taken_for_the_longest_answer_and_given_back_for_the_real_one(allowances: Allowances):
    allowances.heard("model", [Allowance("output-tokens", 6000, 60), Allowance("input-tokens", 60000, 60000)])
    allowances.take("model", ONE)
    assert allowances.wait("model", ONE) == pytest.approx(0.4)
    allowances.answered("model", ONE, CallSize(10, 5))
    assert allowances.wait("model", ONE) <= 0


def test_what_others_took_counts_at_once_and_a_late_answer_does_not_open_the_gate(allowances: Allowances):
    allowances.heard("model", [Allowance("requests", 60, 40)])
    allowances.heard("model", [Allowance("requests", 60, 0)])
    assert allowances.wait("model", ONE) == pytest.approx(1.0)
    allowances.heard("model", [Allowance("requests", 60, 2)])
    assert 0 < allowances.wait("model", ONE) < 1


def test_a_share_of_the_limit_fills_as_fast_as_the_share(allowances: Allowances):
    allowances.share = 0.1
    allowances.heard("model", [Allowance("requests", 600, 0)])
    assert allowances.wait("model", ONE) == pytest.approx(1.0)


def test_a_call_larger_than_the_limit_goes_when_the_limit_is_full(allowances: Allowances):
    allowances.heard("model", [Allowance("tokens", 100, 100)])
    assert allowances.wait("model", ONE) <= 0


def test_a_run_that_hears_of_a_limit_is_refused_less_than_one_that_does_not(settings, tmp_path: Path):
    told, deaf = (measured(settings, tmp_path, atoms=12, a_minute=180, burst=1.0, latency=0.05, told=told) for told in (True, False))
    assert min(told.sent, deaf.sent) >= 12
    assert told.refused < deaf.refused
