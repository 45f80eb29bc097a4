"""What can go wrong with the database, as a person should read it."""


class DatabaseError(Exception):
    """The database can't be started, reached or stopped: one line that says what is wrong and how to mend it."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{' '.join(what.split())}; {fix}")
        self.what = what
        self.fix = fix

    def __reduce__(self) -> tuple[type["DatabaseError"], tuple[str, str]]:
        return type(self), (self.what, self.fix)  # else it can't cross from one process to another


class DiskFullError(DatabaseError):
    """The server has no room to write: everything stands still until somebody makes some."""
