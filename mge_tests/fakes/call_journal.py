"""A call journal in memory."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from mge_assets.stages.generation import request_digest
from mge_resources.llm.port import ModelError, ModelReply, ModelRequest


@dataclass
class Entry:
    """One call: what was booked, and how it ended (``reserved``, ``settled``, ``failed``)."""

    atom: str
    attempt: int
    model: str
    request_digest: str
    usd: float
    state: str = "reserved"
    error: str = ""


@dataclass
class MemoryJournal:
    """Implements the generation stage's ``CallJournal``."""

    entries: dict[UUID, Entry] = field(default_factory=dict)

    async def reserve(self, atom: str, model: str, request: ModelRequest, usd: float) -> UUID:
        call = uuid4()
        self.entries[call] = Entry(atom, request.attempt, model, request_digest(request), usd)
        return call

    async def settle(self, call_id: UUID, reply: ModelReply, error: ModelError | None = None) -> None:
        self.entries[call_id].usd, self.entries[call_id].state = reply.cost_usd, "settled"

    async def fail(self, call_id: UUID, error: str, known_unbilled: bool) -> None:
        entry = self.entries[call_id]
        entry.error, entry.state = error, "failed"
        entry.usd = 0.0 if known_unbilled else entry.usd

    @property
    def states(self) -> list[str]:
        """How the calls ended, in order."""
        return [entry.state for entry in self.entries.values()]

    @property
    def total_usd(self) -> float:
        """What all calls cost, open reservations included."""
        return sum(entry.usd for entry in self.entries.values())
