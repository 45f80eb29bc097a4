"""Graphs as they were, so that a later state can be told apart from them."""

import json
import zlib

from sqlalchemy import delete, insert, select

from mge_assets.model.changes import Snapshot
from mge_assets.model.ids import masterplan_id, part_id
from mge_assets.store.retrying import Store
from mge_assets.store.tables import GraphVersionRow

KEPT = 50
"""States kept of a plan."""


class GraphVersionStore(Store):
    """Reads and writes snapshots."""

    def save(self, plan: str, version: int, digest: str, snapshot: Snapshot) -> None:
        """Store the state that the plan is in now; one that was there before becomes the newest again."""
        owner = masterplan_id(plan)
        key = part_id(owner, "graph version", digest)
        row = {"graph_version_id": key, "masterplan_id": owner, "version": version, "digest": digest, "snapshot": _packed(snapshot)}
        table = GraphVersionRow
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.graph_version_id == key))
            connection.execute(insert(table).values(**row))
            newest = select(table.graph_version_id).where(table.masterplan_id == owner).order_by(table.built_at.desc()).limit(KEPT)
            connection.execute(delete(table).where(table.masterplan_id == owner, table.graph_version_id.not_in(newest)))

    def load(self, plan: str, version: int | None = None, *, but: str = "") -> Snapshot | None:
        """The newest state, or the newest of a version of the plan, other than the one with the digest ``but``; ``None`` where there is none."""
        table = GraphVersionRow
        query = select(table.snapshot).where(table.masterplan_id == masterplan_id(plan), table.digest != but).order_by(table.built_at.desc()).limit(1)
        with self._engine.connect() as connection:
            found = connection.scalar(query if version is None else query.where(table.version == version))
        return _unpacked(found) if found is not None else None

    def versions(self, plan: str) -> tuple[int, ...]:
        """The versions of the plan that a state is known of, in order."""
        query = select(GraphVersionRow.version).distinct().where(GraphVersionRow.masterplan_id == masterplan_id(plan)).order_by(GraphVersionRow.version)
        with self._engine.connect() as connection:
            return tuple(connection.scalars(query))


def _packed(snapshot: Snapshot) -> bytes:
    number = {name: place for place, name in enumerate(snapshot.atoms)}
    document = {"atoms": list(snapshot.atoms.items()), "edges": [(number[source], number[target]) for source, target in snapshot.edges]}
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode())


def _unpacked(packed: bytes) -> Snapshot:
    document = json.loads(zlib.decompress(packed))
    names = [name for name, _ in document["atoms"]]
    return Snapshot(dict(document["atoms"]), tuple((names[source], names[target]) for source, target in document["edges"]))
