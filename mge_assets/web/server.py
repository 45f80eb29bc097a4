"""Serving the application on this machine."""

import errno
import socket
from ipaddress import ip_address

import uvicorn

from mge_assets.services.workspace import open_workspace
from mge_assets.web.app import create_app
from mge_resources.settings import Settings

DEFAULT_PORT = 3010
GRACE_SECONDS = 3
"""How long requests under way may take when the server is asked to stop."""


def serve(settings: Settings, host: str = "127.0.0.1", port: int = DEFAULT_PORT) -> None:
    """Serve until interrupted; prints nothing but errors. Raises DatabaseError, and OSError where the port is taken or the host is not loopback."""
    bound = _listen(host, port)
    with bound, open_workspace(settings) as workspace:
        config = uvicorn.Config(
            create_app(workspace),
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        uvicorn.Server(config).run(sockets=[bound])


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket: there is no log-in yet, so nothing beyond this machine may reach it."""
    address = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        local = ip_address(address).is_loopback
    except ValueError:
        local = False
    if not local:
        message = f"{host} is not an address of this machine alone; serve on 127.0.0.1, and reach it from elsewhere through an SSH tunnel"
        raise OSError(errno.EADDRNOTAVAIL, message)
    bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"port {port} can't be used ({error.strerror}); choose another with --port") from error
    return bound
