"""How tests ended and what they entered, whichever language they are in."""

from dataclasses import dataclass

TEST_SECONDS = 3.0
"""Wall seconds of one test that guides, before it counts as one that does not end."""
LOADING_SECONDS = 20.0
"""As above, of the loading of all tests of a file and of what they import."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A function that a test entered: the project's file and the 1-based line on which its definition begins."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Failure:
    """How a test, or the collection of them all, came to grief.

    ``kinds`` are the exception's class and those it derives from; ``last`` is the file that it was raised in, with a leading slash where that is none of the
    project's; ``number`` is the system's error number (0 for none) and ``subject`` the name that was missing, where the exception tells. ``said`` is the
    end of what pytest says of a collection that failed.
    """

    error: str
    message: str = ""
    frames: tuple[Entry, ...] = ()
    kinds: tuple[str, ...] = ()
    last: str = ""
    number: int = 0
    subject: str = ""
    phase: str = "call"
    said: str = ""


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test: how it ended, what it entered. ``failure`` is there where it did not pass."""

    __test__ = False

    name: str
    passed: bool
    entered: frozenset[Entry]
    failure: Failure | None = None

    @property
    def error(self) -> str:
        """The exception's name; empty where there was none."""
        return self.failure.error if self.failure else ""

    @property
    def message(self) -> str:
        """What the exception says; empty where there was none."""
        return self.failure.message if self.failure else ""

    @property
    def frames(self) -> tuple[Entry, ...]:
        """The places in the project that the exception went through, the innermost last."""
        return self.failure.frames if self.failure else ()


@dataclass(frozen=True, slots=True)
class Reach:
    """One run of a test file. ``broken`` says why nothing could be collected, ``limit`` which limit ended it; ``files`` are those of the project loaded,
    ``loading`` is what was entered before the first test.
    """

    tests: tuple[TestRun, ...] = ()
    broken: Failure | None = None
    files: frozenset[str] = frozenset()
    limit: str = ""
    seconds: float = 0.0
    loading: frozenset[Entry] = frozenset()
