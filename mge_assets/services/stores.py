"""All stores over one database, as the services share them."""

from collections.abc import Callable
from dataclasses import dataclass

from mge_assets.store.atoms import AtomStore
from mge_assets.store.batches import BatchStore
from mge_assets.store.deliveries import DeliveryStore
from mge_assets.store.executions import ExecutionStore
from mge_assets.store.figures import FigureStore
from mge_assets.store.graph_versions import GraphVersionStore
from mge_assets.store.graphs import GraphStore
from mge_assets.store.integration import IntegrationStore
from mge_assets.store.journal import JournalStore
from mge_assets.store.memory import MemoryStore
from mge_assets.store.opening import open_engine
from mge_assets.store.overrides import OverrideStore
from mge_assets.store.places import PlaceStore
from mge_assets.store.plans import PlanStore
from mge_assets.store.reviews import ReviewStore
from mge_assets.store.ties import TieStore
from mge_assets.store.validations import ValidationStore
from mge_resources.settings import Settings


@dataclass(frozen=True, slots=True)
class Stores:
    """One store a room of the database."""

    plans: PlanStore
    atoms: AtomStore
    graphs: GraphStore
    ties: TieStore
    graph_versions: GraphVersionStore
    executions: ExecutionStore
    places: PlaceStore
    journal: JournalStore
    batches: BatchStore
    memory: MemoryStore
    validations: ValidationStore
    overrides: OverrideStore
    integration: IntegrationStore
    reviews: ReviewStore
    deliveries: DeliveryStore
    figures: FigureStore
    close: Callable[[], None]


def open_stores(settings: Settings) -> Stores:
    """Stores over the installation's database, migrated to the newest revision. Raises DatabaseError."""
    engine = open_engine(settings)
    return Stores(
        PlanStore(engine),
        AtomStore(engine),
        GraphStore(engine),
        TieStore(engine),
        GraphVersionStore(engine),
        ExecutionStore(engine),
        PlaceStore(engine),
        JournalStore(engine),
        BatchStore(engine),
        MemoryStore(engine),
        ValidationStore(engine),
        OverrideStore(engine),
        IntegrationStore(engine),
        ReviewStore(engine),
        DeliveryStore(engine),
        FigureStore(engine),
        close=engine.dispose,
    )
