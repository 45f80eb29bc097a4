"""How rows are written in bulk, and how findings and checks look as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Table, TableValuedAlias, Update, inspect, select, update
from sqlalchemy.dialects.postgresql import Insert, insert

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, CheckStatus, Finding, Severity
from mge_assets.store.tables.base import Base
from mge_resources.database.arrays import by_column, given_rows

Row = Mapping[str, Any]


def upsert(connection: Connection, table: type[Base], rows: Sequence[Row], *, keep: Iterable[str] = ()) -> None:
    """Insert rows, or update those whose primary key is there already in every given column but the ``keep`` ones."""
    if not rows:
        return
    keys = [column.name for column in inspect(table).primary_key]
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in {*keys, *keep}}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def update_rows(connection: Connection, table: type[Base], rows: Sequence[Row]) -> None:
    """Update rows by their primary key; every row gives the key and the same columns. Of two with one key the later counts."""
    if rows:
        keys = [column.name for column in inspect(table).primary_key]
        connection.execute(_update(table, tuple(rows[0])), by_column(last_of(rows, keys)))


def inserting(table: type[Base], names: Sequence[str]) -> Insert:
    """A statement that inserts what ``by_column`` makes of rows with these columns, none of them an array: one to parse and one answer for all rows."""
    return insert(table).from_select(list(names), select(*_given(table, names).c))


def last_of(rows: Iterable[Row], keys: Sequence[str]) -> list[Row]:
    """Of rows with equal keys the last: one statement can't change a row twice."""
    return list({tuple(row[key] for key in keys): row for row in rows}.values())


@cache
def _update(table: type[Base], names: tuple[str, ...]) -> Update:
    keys = {column.name for column in inspect(table).primary_key}
    columns, given = table.__table__.c, _given(table, names)
    statement = update(cast("Table", table.__table__)).where(*(columns[key] == given.c[key] for key in keys))
    return statement.values({name: given.c[name] for name in names if name not in keys})


def _given(table: type[Base], names: Sequence[str]) -> TableValuedAlias:
    return given_rows([table.__table__.c[name] for name in names])


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON; empty parts are left out."""
    place = finding.place
    spot = {"file": place.file, "line": place.line, "column": place.column, "field": place.field} if place else {}
    parts = {"rule": finding.rule, "severity": finding.severity.value, "message": finding.message, "fix": finding.fix}
    return {name: value for name, value in {**parts, **spot}.items() if value not in ("", None)}


def finding_from_json(row: Mapping[str, Any]) -> Finding:
    """The finding that ``finding_to_json`` wrote."""
    place = Place(row["file"], row.get("line"), row.get("column"), row.get("field")) if "file" in row else None
    return Finding(row["rule"], Severity(row["severity"]), row["message"], row.get("fix", ""), place)


def check_to_json(check: Check) -> dict[str, Any]:
    """A check as JSON."""
    counted = {} if check.share is None else {"share": check.share}
    return {"name": check.name, "status": check.status.value, "findings": [finding_to_json(f) for f in check.findings], "reason": check.reason, **counted}


def check_from_json(row: Mapping[str, Any]) -> Check:
    """The check that ``check_to_json`` wrote."""
    return Check(row["name"], CheckStatus(row["status"]), tuple(finding_from_json(f) for f in row["findings"]), row["reason"], row.get("share"))
