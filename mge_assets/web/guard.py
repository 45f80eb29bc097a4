"""What stands before every request and on every response: who may call, how much they may send, what a browser may do with the answer.

There is no log-in yet and the server binds loopback only. What is left to keep out is another site's page in the user's own browser: it is told by
the ``Host`` (DNS rebinding) and by ``Origin`` and ``Sec-Fetch-Site`` (forged requests). No cookie is ever set, so there is none to ride on.
"""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1_000_000
_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_SAFE = {"GET", "HEAD", "OPTIONS"}
_BODILESS = {"GET", "HEAD", "OPTIONS", "DELETE"}

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""For the report, one file with its own style and script: it is kept in an origin of its own, and its own policy names its script by hash."""

_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # "no-referrer" makes browsers send a plain form of ours with "Origin: null", which is refused
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """ASGI middleware: refuses what must not come in, and puts the security headers on everything that goes out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400, 403, 411 or 413 for what is refused; otherwise pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seal(MutableHeaders(scope=message))
            await send(message)

        refused = refusal(scope["method"], scope["scheme"], Headers(scope=scope))
        await (refused or self._app)(scope, receive, sealed)


def seal(headers: MutableHeaders) -> None:
    """Put the security headers on a response; what its route chose stays."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)


def refusal(method: str, scheme: str, headers: Headers) -> JSONResponse | None:
    """Why a request is refused, as the response to it; ``None`` where it may pass."""
    host = headers.get("host", "")
    if not _HOST.fullmatch(host):
        return _refuse(400, "this server only answers to localhost", "open it as http://localhost or http://127.0.0.1, with its port")
    if method in _SAFE:
        return None
    if _foreign(headers, f"{scheme}://{host}"):
        return _refuse(403, "another site's page sent this", "send it from a page of this server, or from a program that sends no Origin")
    return None if method in _BODILESS else _too_large(headers.get("content-length", ""))


def _foreign(headers: Headers, own: str) -> bool:
    """True where a browser says that another site's page sent the request; programs say nothing of the kind."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    return (origin is not None and origin.lower() != own.lower()) or site not in (None, "same-origin", "none")


def _too_large(length: str) -> JSONResponse | None:
    if not length.isdigit():
        return _refuse(411, "the length of the body is not told", "send a Content-Length")
    if int(length) > MAX_BODY_BYTES:
        return _refuse(413, f"the body is larger than {MAX_BODY_BYTES:,} bytes", "send less")
    return None


def _refuse(status: int, error: str, fix: str) -> JSONResponse:
    return JSONResponse({"error": error, "fix": fix}, status)
