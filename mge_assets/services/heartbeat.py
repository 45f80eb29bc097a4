"""The heartbeat of a process that executes plans: renews leases, hears what persons ask, takes its part of the limit that all who run share."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mge_assets.model.errors import FencedError
from mge_assets.model.executions import ControlSignal
from mge_assets.model.places import Standing
from mge_assets.services.pacing import Pacer
from mge_assets.services.sharing import level, place_count
from mge_assets.store.executions import ExecutionStore
from mge_assets.store.places import PlaceStore

BEAT_SECONDS = 1.0
SHARING_SECONDS = 0.25
"""Between two looks at the places while others run as well."""
LEAST_SECONDS = 0.05
"""The same, however many places are given back."""


class Beating(Protocol):
    """An execution, as far as its heart goes."""

    @property
    def pacer(self) -> Pacer:
        """Its places."""
        ...

    @property
    def shares(self) -> bool:
        """Whether it shares the limit with others."""
        ...

    def hear(self, order: ControlSignal | None) -> None:
        """What a person asked for; ``None`` where another process has taken over."""
        ...


class Heartbeat:
    """One thread a process; runs while there is an execution to keep."""

    def __init__(self, store: ExecutionStore, places: PlaceStore, limit: int, live: Callable[[], Mapping[UUID, Beating]], log: FilteringBoundLogger) -> None:
        self._store, self._places, self._limit, self._live, self._log = store, places, limit, live, log
        self._stop, self._pressed = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._shared = True

    def start(self) -> None:
        """Beat from now on, if that is not so already; the first time at once, so that an execution sends nothing before it knows its part."""
        self._try(self.beat)
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._stop.clear()
                self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._stop.set()
        self._pressed.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2 * BEAT_SECONDS)

    def press(self) -> None:
        """Look at the places soon: some came free for others, or none is left where one is wanted."""
        if self._shared:
            self._pressed.set()

    def beat(self) -> None:
        """One beat."""
        for execution, each in dict(self._live()).items():
            with suppress(FencedError):  # it ended meanwhile
                each.hear(self._store.renew(execution, each.pacer.in_flight))
        self.share()

    def share(self) -> None:
        """Take and give back places."""
        for execution, each in dict(self._live()).items():
            if each.shares:
                self._share(execution, each.pacer)

    def _share(self, execution: UUID, pacer: Pacer) -> None:
        """Fewer places hold here before others may hear of it, more only once it is put down: together they are never too many."""
        part = pacer.ceiling

        def stands(all_: Mapping[UUID, Standing]) -> Standing:
            nonlocal part
            held = all_[execution].held
            mine = Standing(held, pacer.claim(), pacer.count(level(all_)))
            part = place_count(execution, min(pacer.ceiling, held), self._limit, {**all_, execution: mine})
            pacer.set_ceiling(min(part, pacer.ceiling))
            return Standing(max(part, pacer.in_flight), mine.claimed, mine.used)

        self._shared = self._places.share(execution, stands) > 1
        pacer.set_ceiling(part)

    def _run(self) -> None:
        renewed = time.monotonic()
        while not self._stop.is_set():
            self._pressed.wait(SHARING_SECONDS if self._shared else BEAT_SECONDS)
            self._pressed.clear()
            if time.monotonic() - renewed >= BEAT_SECONDS - LEAST_SECONDS:
                self._try(self.beat)
                renewed = time.monotonic()
            else:
                self._try(self.share)
            self._stop.wait(LEAST_SECONDS)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # the database is away: the next beat tries again, and every write says so for itself
            self._log.warning("no heartbeat", error=" ".join(str(error).split())[:200])
