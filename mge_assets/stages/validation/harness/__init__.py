"""The programs that run acceptance tests inside the sandbox, and nothing but their loading. They are texts: nothing here imports them."""

from functools import cache
from importlib.resources import files


@cache
def program(name: str) -> bytes:
    """The bytes of the program of this name (``grade.py.txt``, ``grade.mjs.txt``)."""
    return (files(__name__) / name).read_bytes()
