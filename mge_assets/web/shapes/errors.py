"""The shape of every error."""

from pydantic import BaseModel


class ErrorShape(BaseModel):
    """What is wrong, and how to mend it."""

    error: str
    fix: str
