"""Delivered files to rows and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from mge_assets.model.ids import masterplan_id
from mge_assets.store.retrying import Store
from mge_assets.store.tables import DeliveredFileRow, MasterplanRow


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file as it was delivered; ``complete`` says that every atom of it was completed."""

    path: str
    milestone: str
    digest: str
    size_bytes: int
    complete: bool


class DeliveryStore(Store):
    """Reads and writes what was delivered where."""

    def save(self, plan: str, out: str, files: Sequence[DeliveredFile], execution: UUID | None) -> None:
        """Store the files that now stand in a folder, in place of those that stood there before."""
        table = DeliveredFileRow
        owner = {"masterplan_id": masterplan_id(plan), "out": out, "execution_id": execution}
        rows = [{**owner, "path": f.path, "milestone": f.milestone, "digest": f.digest, "size_bytes": f.size_bytes, "complete": f.complete} for f in files]
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.masterplan_id == owner["masterplan_id"], table.out == out))
            if rows:
                connection.execute(insert(table), rows)

    def files(self, plan: str, out: str) -> tuple[DeliveredFile, ...]:
        """The files that were delivered into a folder, by path."""
        table = DeliveredFileRow
        query = select(table.path, table.milestone, table.digest, table.size_bytes, table.complete).order_by(table.path)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(table.masterplan_id == masterplan_id(plan), table.out == out))
            return tuple(DeliveredFile(*row) for row in rows)

    def owners(self, out: str) -> tuple[str, ...]:
        """The plans that were delivered into a folder, the newest first."""
        table = DeliveredFileRow
        query = select(MasterplanRow.name).join(table, table.masterplan_id == MasterplanRow.masterplan_id).where(table.out == out)
        with self._engine.connect() as connection:
            return tuple(connection.scalars(query.group_by(MasterplanRow.name).order_by(func.max(table.delivered_at).desc())))

    def digests(self, plan: str, out: str) -> Mapping[str, str]:
        """The digest of each file that was delivered into a folder, by path; empty where nothing was."""
        return {file.path: file.digest for file in self.files(plan, out)}
