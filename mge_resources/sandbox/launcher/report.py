"""How the launcher answers: JSON lines on a pipe of its own, which the untrusted code never holds."""

import json
import os


def tell(descriptor: int, event: str, **facts: object) -> None:
    """Write one line; a reader that has gone is no error of ours."""
    line = json.dumps({"event": event, **facts}).encode() + b"\n"
    try:
        while line:
            line = line[os.write(descriptor, line) :]
    except BrokenPipeError:
        return
