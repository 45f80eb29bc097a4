"""The heartbeat of a process that executes plans: renews leases, hears what persons ask, deals out the limit among all who run."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mge_assets.model.errors import FencedError
from mge_assets.model.executions import ControlSignal
from mge_assets.services.pacing import Pacer, share
from mge_assets.store.executions import ExecutionStore

BEAT_SECONDS = 1.0
SHARING_SECONDS = 0.25
"""Between two beats while others run as well."""


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

    def __init__(self, store: ExecutionStore, limit: int, live: Callable[[], Mapping[UUID, Beating]], log: FilteringBoundLogger) -> None:
        self._store, self._limit, self._live, self._log = store, limit, live, log
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._shared = True

    def start(self) -> None:
        """Beat from now on, if that is not so already; the first time at once, so that an execution sends nothing before it knows its share."""
        self._try()
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._stop.clear()
                self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2 * BEAT_SECONDS)

    def beat(self) -> None:
        """One beat."""
        live = dict(self._live())
        for execution, each in live.items():
            with suppress(FencedError):  # it ended meanwhile
                each.hear(self._store.renew(execution, each.pacer.in_flight, each.pacer.claim() if each.shares else 0))
        if live:
            demands = self._store.demands()
            self._shared = len(demands) > 1
            found = {demand.execution_id: (demand.in_flight, demand.wanted) for demand in demands}
            for execution, each in live.items():
                if each.shares:
                    each.pacer.set_ceiling(share(execution, each.pacer.ceiling, self._limit, found))

    def _run(self) -> None:
        while not self._stop.wait(SHARING_SECONDS if self._shared else BEAT_SECONDS):
            self._try()

    def _try(self) -> None:
        try:
            self.beat()
        except Exception as error:  # the database is away: the next beat tries again, and every write says so for itself
            self._log.warning("no heartbeat", error=" ".join(str(error).split())[:200])
