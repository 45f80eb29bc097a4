"""Errors as responses: JSON under ``/api``, a page elsewhere; both say what is wrong and how to mend it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from mge_assets.model.errors import ConflictError, MgeError, NotFoundError, OrderError
from mge_assets.web.guard import seal
from mge_assets.web.rendering import page

_RELOAD = "go back and look again"


class InputError(MgeError):
    """What was sent can't be used; the sender must correct it."""


def install(app: FastAPI) -> None:
    """Make the application answer every error in our form."""
    app.add_exception_handler(MgeError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


def status_of(error: MgeError) -> int:
    """The HTTP status that belongs to an error."""
    match error:
        case NotFoundError():
            return 404
        case ConflictError() | OrderError():
            return 409
        case InputError():
            return 400
        case _:
            return 422


def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, MgeError)
    return _answer(request, status_of(error), error.problem, error.fix)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = [f"{_field(found)}: {str(found['msg']).lower()}" for found in error.errors()[:5]]
    return _answer(request, 422, "; ".join(told) or "what was sent can't be used", "correct it; /api/v2/openapi.json says what is taken")


def _field(found: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in found["loc"][1:]) or str(found["loc"][0])


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase.lower()
    fixes = {404: "check the address", 405: f"this address takes {(error.headers or {}).get('Allow', 'another method')}"}
    response = _answer(
        request, error.status_code, "there is nothing at this address" if error.status_code == 404 else phrase, fixes.get(error.status_code, _RELOAD)
    )
    response.headers.update(error.headers or {})
    return response


def _unknown(request: Request, error: Exception) -> Response:
    """Starlette answers these outside of every middleware, so the guard's headers are put on here."""
    told = f"something went wrong here ({type(error).__name__})"
    response = _answer(request, 500, told, "try again; if it stays, look at the server's error output and run `mge doctor`")
    seal(response.headers)
    return response


def _answer(request: Request, status: int, error: str, fix: str) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": error, "fix": fix}, status)
    return page("error.html", status=status, title="Not found" if status == 404 else "That did not work", error=error, fix=fix)
