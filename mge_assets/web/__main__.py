"""``python -m mge_assets.web [--port N]``: the review page and the API of the installation that the environment names."""

import argparse
import signal
import sys

from mge_assets.web.server import DEFAULT_PORT, serve
from mge_resources.database import DatabaseError
from mge_resources.settings import SettingsError, read_settings


def main() -> int:
    """Serve until interrupted or told to end. Answers 3, with one line on stderr, where the settings, the database or the port must be mended."""
    parser = argparse.ArgumentParser(prog="python -m mge_assets.web", description="Serve the review page, the REST API and the metrics.")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn raises it again when it has shut down; the database is to be closed after that
    try:
        serve(read_settings(), given.host, given.port)
    except (DatabaseError, SettingsError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
