"""Connections that repeat by themselves what can be repeated when the server goes away: a statement that stands alone.

Nothing of a transaction is kept whose first statement was lost, so that this one may be sent again, whatever it is. What goes wrong later has to be done
again from the beginning by whoever opened the transaction. Where every statement is committed by itself (Dagster's storage), each is sent again that
may be carried out twice: one that reads, updates, deletes, or inserts what is not there yet. A plain insert is not.
"""

from typing import Any

from sqlalchemy import CompoundSelect, Connection, Delete, Engine, Select, Update
from sqlalchemy.dialects.postgresql import Insert

from mge_resources.database.losses import PATIENCE, patience_of, through_losses

_EACH_ALONE = "each_alone"
"""The engine's execution option that says that each statement is committed by itself."""


class LastingConnection(Connection):
    """A connection that goes on with another one of the pool."""

    def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:  # noqa: ANN401 -- as SQLAlchemy has it
        """As SQLAlchemy's, through losses. Raises DatabaseError where the server stays away."""
        return self._lastingly(super().execute, statement, parameters, execution_options)

    def scalar(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:  # noqa: ANN401 -- as SQLAlchemy has it
        """As SQLAlchemy's, through losses. Raises DatabaseError where the server stays away."""
        return self._lastingly(super().scalar, statement, parameters, execution_options)

    def scalars(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:  # noqa: ANN401 -- as SQLAlchemy has it
        """As SQLAlchemy's, through losses. Raises DatabaseError where the server stays away."""
        return self._lastingly(super().scalars, statement, parameters, execution_options)

    def _lastingly(self, send: Any, statement: Any, parameters: Any, options: Any) -> Any:  # noqa: ANN401 -- one of the three above
        chosen = self.get_execution_options()
        alone = chosen.get(_EACH_ALONE) and "isolation_level" not in chosen
        if not (_may_be_repeated(statement) if alone else not self.in_transaction()):
            return send(statement, parameters, execution_options=options)

        def sent() -> Any:  # noqa: ANN401 -- what `send` answers
            if self.invalidated and self.in_transaction():
                self.rollback()  # of nothing: but only then another connection is taken
            return send(statement, parameters, execution_options=options)

        return through_losses(sent, patience_of(self.engine))


def make_lasting(engine: Engine, patience: float) -> None:
    """Let the engine's connections be such from now on, and its work wait for so many seconds."""
    # as an execution option AUTOCOMMIT would not hold for the connection that takes a lost one's place, and what it writes would be rolled back
    each_alone = engine.dialect._on_connect_isolation_level == "AUTOCOMMIT"
    engine.update_execution_options(**{PATIENCE: patience, _EACH_ALONE: each_alone})
    engine._connection_cls = LastingConnection  # there is no other way in


def _may_be_repeated(statement: object) -> bool:
    if isinstance(statement, Insert):
        return statement._post_values_clause is not None  # ON CONFLICT
    return isinstance(statement, (Select, CompoundSelect, Update, Delete))
