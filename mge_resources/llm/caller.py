"""The process that makes another one's calls (see ``apart``): it hears requests on the socket that is its standard input, and ends when that closes."""

import asyncio
import gc
import socket
import sys
from typing import Any

from mge_resources.event_loop import event_loop
from mge_resources.llm import open_model
from mge_resources.llm.frames import Frames
from mge_resources.llm.port import LanguageModel, ModelError, ModelRequest

_COLLECTED = 100000
"""Objects made before Python looks for those in circles: at its own 700 a call took 1.8 instead of 1.4 ms."""


class Caller:
    """Makes the calls that come, each in a task of its own."""

    def __init__(self) -> None:
        self._frames = Frames(self._heard, self._lost)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._model: LanguageModel | None = None
        self._over = asyncio.Event()

    async def serve(self, line: socket.socket) -> None:
        """Until the other end is gone; calls that are under way then are given up."""
        await asyncio.get_running_loop().create_connection(lambda: self._frames, sock=line)
        await self._over.wait()
        for task in self._tasks.values():
            task.cancel()
        if self._model is not None:
            await self._model.aclose()

    def _heard(self, value: tuple[int, Any]) -> None:
        """(0, how to open the model), (number, request), or (number, nothing) for a call that nobody waits for any more."""
        number, said = value
        if isinstance(said, ModelRequest):
            self._tasks[number] = asyncio.create_task(self._answer(number, said))
        elif said is not None:
            self._model = open_model(**said)
        elif number in self._tasks:
            self._tasks[number].cancel()

    def _lost(self) -> None:
        self._over.set()

    async def _answer(self, number: int, request: ModelRequest) -> None:
        assert self._model is not None
        try:
            self._frames.send((number, await self._model.complete(request)))
        except ModelError as error:
            self._frames.send((number, error))
        except Exception as error:
            words = f"a call failed where calls are made: {type(error).__name__}: {error}"
            self._frames.send((number, ModelError(words, fix="lower V2_MAX_PARALLEL_ATOMS, so that calls are made here", retryable=False)))
        finally:
            del self._tasks[number]


async def _serve() -> None:
    await Caller().serve(socket.socket(fileno=sys.stdin.fileno()))


if __name__ == "__main__":
    gc.freeze()  # the SDK's thousand modules stay; what calls leave in circles is little
    gc.set_threshold(_COLLECTED)
    with asyncio.Runner(loop_factory=event_loop) as runner:
        runner.run(_serve())
