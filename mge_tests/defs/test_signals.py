"""A signal that ends a run is noted though its handler lets it go by."""

import signal
from collections.abc import Iterator

import pytest

from mge_assets.defs.signals import has_arrived, noting_signals


@pytest.fixture(autouse=True)
def swallowed() -> Iterator[None]:
    """SIGINT does nothing of itself."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_swallowed_signal_is_seen_once_inside_the_block_and_not_outside() -> None:
    with noting_signals():
        assert not has_arrived()
        signal.raise_signal(signal.SIGINT)
        assert has_arrived()
        assert not has_arrived()
    signal.raise_signal(signal.SIGINT)
    assert not has_arrived()


def test_a_signal_that_ends_nothing_is_not_taken_for_one_and_a_check_raises() -> None:
    with noting_signals() as noted:
        before = signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.raise_signal(signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, before)
        noted.check()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            noted.check()
