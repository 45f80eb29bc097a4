"""What a report tells, as values: the caller fills them from what was stored, and nothing here reads or renders."""

from dataclasses import dataclass, field
from datetime import datetime

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.decisions import ReviewItem
from mge_assets.model.executions import AtomCounts, ExecutionStatus
from mge_assets.model.findings import Finding, Level
from mge_assets.model.stages import Stage
from mge_assets.model.waves import Order, WaveFigures
from mge_resources.syntax import Language


@dataclass(frozen=True, slots=True)
class StageTime:
    """Wall time of one stage, in seconds."""

    stage: Stage
    seconds: float


@dataclass(frozen=True, slots=True)
class WaveRow:
    """One wave: how many atoms it has, how they ended, and its wall time in seconds (``None`` if it did not run)."""

    number: int
    atoms: int
    completed: int = 0
    failed: int = 0
    blocked: int = 0
    seconds: float | None = None

    @property
    def open(self) -> int:
        """Atoms that have not ended."""
        return max(0, self.atoms - self.completed - self.failed - self.blocked)


@dataclass(frozen=True, slots=True)
class AtomRow:
    """One atom as the table shows it. ``attempts`` is the last attempt's number (0: the draft as it is); ``confidence`` is 0.0–1.0."""

    name: str
    file: str
    kind: str
    wave: int | None
    status: AtomStatus
    attempts: int
    confidence: float | None
    loc: int
    complexity: int


@dataclass(frozen=True, slots=True)
class NamedFinding:
    """A finding and the unit (atom, task, milestone, plan) that it is about."""

    subject: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One validation level over all its units: how many passed and failed, checks that could not be run, mean score, seconds in all."""

    level: Level
    units: int
    passed: int
    failed: int
    checks_not_run: int = 0
    score: float | None = None
    seconds: float = 0.0
    isolation: str = ""


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """An atom in the review queue, with its code and where that starts."""

    item: ReviewItem
    code: bytes
    language: Language
    file: str
    line: int
    status: AtomStatus = AtomStatus.COMPLETED


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What one model was asked and billed: calls, tokens, USD."""

    model: str
    calls: int
    tokens_input: int
    tokens_output: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class FileRow:
    """A delivered file: path, milestone, size in bytes and SHA-256."""

    path: str
    milestone: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """Everything that the report of one execution shows.

    ``made`` is when it was made; ``seconds`` is the wall time in all; ``graph_svg`` is the picture of the dependency graph, if there is one;
    ``next_commands`` are commands to go on with, each with what it does. ``orders`` are what either order of the waves makes of the plan, ``order`` is
    the one that was used.
    """

    plan: str
    status: ExecutionStatus
    made: datetime
    atoms: AtomCounts
    precision_percent: float
    seconds: float
    max_parallel: int = 0
    description: str = ""
    out: str = ""
    stages: tuple[StageTime, ...] = ()
    waves: tuple[WaveRow, ...] = ()
    atom_rows: tuple[AtomRow, ...] = ()
    findings: tuple[NamedFinding, ...] = ()
    levels: tuple[LevelRow, ...] = ()
    review: tuple[ReviewRow, ...] = ()
    costs: tuple[ModelCost, ...] = ()
    files: tuple[FileRow, ...] = ()
    commits: tuple[str, ...] = ()
    cut_edges: tuple[str, ...] = ()
    graph_svg: str = ""
    next_commands: tuple[tuple[str, str], ...] = field(default=())
    order: Order = Order.CODE
    orders: tuple[WaveFigures, ...] = ()

    @property
    def cost_usd(self) -> float:
        """What all models cost together."""
        return sum(cost.cost_usd for cost in self.costs)
