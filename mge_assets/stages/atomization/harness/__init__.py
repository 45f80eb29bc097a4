"""The programs that make a draft's calls inside the sandbox, and nothing but their loading. They are texts: nothing here imports them."""

from functools import cache
from importlib.resources import files


@cache
def program(name: str) -> bytes:
    """The bytes of the program of this name (``calls.py.txt``, ``calls.js``, ``hooks.js``)."""
    return (files(__name__) / name).read_bytes()
