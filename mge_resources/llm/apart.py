"""Calls made by a process beside ours. Hundreds of calls a second fill half a core with the SDK and its HTTP client; what is left to us then is the rest.

The process knows no journal and no budget: it is asked, and answers. It ends when we do, however we do. Where it ends first nobody knows what became of the
calls that it had under way, as with a broken connection; the next call starts another.
"""

import asyncio
import itertools
import os
import socket
import subprocess
import sys
import weakref
from collections.abc import Mapping
from typing import Any

from mge_resources.llm.around import AroundModel
from mge_resources.llm.frames import Frames
from mge_resources.llm.port import LanguageModel, ModelError, ModelReply, ModelRequest

APART_FROM = 400
"""Calls in flight from which they are made apart. Handing one over costs 0.2 ms, and another process 80 MB."""
PATIENCE_SECONDS = 5.0


def is_worth_it(in_flight: int) -> bool:
    """Whether so many calls in flight are made apart; Windows hands no socket down to a child."""
    return in_flight >= APART_FROM and os.name == "posix" and (os.cpu_count() or 1) > 1


class ApartModel(AroundModel):
    """A model whose calls another process makes. Prices, batches and names are told in this one.

    Args:
        model: the same model, for all but the calls.
        opening: what ``open_model`` opens it by, sent to the process and written in no command line.
    """

    def __init__(self, model: LanguageModel, opening: Mapping[str, Any]) -> None:
        super().__init__(model)
        self._opening = opening
        self._idle: list[_Process] = []
        self._lines: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = weakref.WeakKeyDictionary()

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of the processes that make calls, or wait to."""
        return tuple(process.pid for process in (*self._idle, *(line.process for line in self._lines.values())))

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The model's answer. Raises ModelError."""
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None or line.is_over:
            line = self._lines[loop] = _Line(self._idle.pop() if self._idle else _Process(self._opening))
        return await line.ask(request)

    async def aclose(self) -> None:
        """Let go of the process, which the next loop to call takes over, and close the model's connections in this one."""
        line = self._lines.pop(asyncio.get_running_loop(), None)
        if line is not None and (process := await line.given_back()) is not None:
            self._idle.append(process)
        await self._model.aclose()


class _Process:
    """The process and our end of its socket."""

    def __init__(self, opening: Mapping[str, Any]) -> None:
        self.socket, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "mge_resources.llm.caller"]
            try:  # a session of its own: an interrupt from the keyboard is ours to hear
                child = subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - our own module
            except OSError as error:
                self.socket.close()
                words = f"the process that makes calls can't be started: {error.strerror}"
                raise ModelError(words, fix="free some memory, or lower V2_MAX_PARALLEL_ATOMS", retryable=False, unbilled=True) from error
        self.pid, self.opening = child.pid, opening
        self.end = weakref.finalize(self, _end, self.socket, child)


def _end(line: socket.socket, child: "subprocess.Popen[bytes]") -> None:
    line.close()
    try:
        child.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


class _Line:
    """The calls of one event loop through one process."""

    def __init__(self, process: _Process) -> None:
        self.process = process
        self._frames = Frames(self._heard, self._lost)
        self._waiting: dict[int, asyncio.Future[ModelReply]] = {}
        self._numbers = itertools.count(1)
        self._opened = asyncio.create_task(self._open())
        self.is_over = False

    async def ask(self, request: ModelRequest) -> ModelReply:
        """The answer of the process. Raises ModelError."""
        if not self._frames.is_open and not self.is_over:
            await asyncio.shield(self._opened)
        number = next(self._numbers)
        answer: asyncio.Future[ModelReply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        if self.is_over:
            self._lost()
        else:
            self._frames.send((number, request))
        try:
            return await answer
        except asyncio.CancelledError:
            self._frames.send((number, None))
            raise
        finally:
            self._waiting.pop(number, None)

    async def given_back(self) -> _Process | None:
        """The process, for another loop; ``None`` where it has ended, or calls are still under way: then it ends."""
        await asyncio.shield(self._opened)
        usable = not self.is_over and not self._waiting
        self.is_over = True
        self._frames.close()
        await asyncio.sleep(0)  # the transport lets go of its socket in the loop's next turn
        if not usable:
            await asyncio.to_thread(self.process.end)
        return self.process if usable else None

    async def _open(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self._frames, sock=self.process.socket.dup())
        if self.process.opening:
            self._frames.send((0, dict(self.process.opening)))
            self.process.opening = {}

    def _heard(self, value: tuple[int, "ModelReply | ModelError"]) -> None:
        number, said = value
        answer = self._waiting.get(number)
        if answer is None or answer.done():
            return
        if isinstance(said, ModelError):
            answer.set_exception(said)
        else:
            answer.set_result(said)

    def _lost(self) -> None:
        """The process ended."""
        self.is_over = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ModelError("the process that makes the calls ended", fix="ask again", retryable=True))
