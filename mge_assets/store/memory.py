"""Generated code that passed, by all that it follows from: what makes an unchanged atom cost nothing, in whatever plan it stands."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from mge_assets.store.retrying import Store
from mge_assets.store.rows import inserting
from mge_assets.store.tables import AtomMemoryRow
from mge_resources.database.arrays import by_column

_REMEMBER = inserting(AtomMemoryRow, ("fingerprint", "code", "llm_model")).on_conflict_do_nothing()


class MemoryStore(Store):
    """Recalls code."""

    def recall(self, fingerprint: str) -> bytes | None:
        """The code that passed under this fingerprint, if there is any."""
        with self._engine.connect() as connection:
            return connection.scalar(select(AtomMemoryRow.code).where(AtomMemoryRow.fingerprint == fingerprint))

    def known(self, fingerprints: Sequence[str]) -> Mapping[str, bytes]:
        """The same for many."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(AtomMemoryRow.fingerprint, AtomMemoryRow.code).where(AtomMemoryRow.fingerprint.in_(fingerprints)))
            return {row[0]: bytes(row[1]) for row in rows}


def remember(connection: Connection, learnt: Sequence[tuple[str, bytes, str]]) -> None:
    """Keep (fingerprint, code, model); what was known stays."""
    rows = [{"fingerprint": print_, "code": code, "llm_model": model} for print_, code, model in learnt]
    if rows:
        connection.execute(_REMEMBER, by_column(rows))
