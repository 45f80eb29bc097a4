"""What all tables share: naming of constraints, column types, timestamps from the database's clock."""

from datetime import datetime
from decimal import Decimal
from enum import Enum as PythonEnum
from typing import Annotated, Any, TypedDict
from uuid import UUID

from sqlalchemy import DateTime, Enum, ForeignKey, LargeBinary, MetaData, Numeric, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads this name
        str: Text(),
        bytes: LargeBinary(),
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
        list[str]: ARRAY(Text()),
        list[UUID]: ARRAY(Uuid()),
    }


def enum_of(members: type[PythonEnum], name: str) -> Enum:
    """A native PostgreSQL enum that stores the members' values."""
    return Enum(members, name=name, values_callable=lambda kind: [str(member.value) for member in kind])


class _Deferred(TypedDict):
    deferrable: bool
    initially: str


DEFERRED: _Deferred = {"deferrable": True, "initially": "DEFERRED"}
"""For unique columns whose values may change places within one transaction."""


def parent(table: str, column: str) -> ForeignKey:
    """A foreign key that goes with its parent."""
    return ForeignKey(f"{table}.{column}", ondelete="CASCADE")


Created = Annotated[datetime, mapped_column(server_default=func.now())]
Money = Annotated[Decimal, mapped_column(Numeric(14, 6), server_default="0")]
Seconds = Annotated[float, mapped_column(server_default="0")]
Count = Annotated[int, mapped_column(server_default="0")]
Flag = Annotated[bool, mapped_column(server_default="false")]
