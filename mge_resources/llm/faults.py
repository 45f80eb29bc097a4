"""From whatever a call raised to the one ModelError that says what to do, whether to ask again, and whether it can have cost anything."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import anthropic

from mge_resources.llm.allowances import read_allowances
from mge_resources.llm.port import ModelError

_LONGEST = 300
"""Characters of a server's own words that an error repeats."""
_NEVER_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "InvalidURL"}
"""The transport's exceptions (it is the SDK's own dependency, hence by name) after which no request had left."""


@dataclass(frozen=True, slots=True)
class _Case:
    problem: str
    fix: str
    retryable: bool = False


_CASES = {
    400: _Case("the request was refused", "correct what the message names"),
    401: _Case("the key was not accepted", "set ANTHROPIC_API_KEY to a valid key"),
    402: _Case("the account can't pay", "settle its billing with the provider"),
    403: _Case("the key may not do this", "use a key with access to the model"),
    404: _Case("the server knows no such model or path", "check MGE_MODEL, and that ANTHROPIC_BASE_URL ends before /v1"),
    408: _Case("the server gave up waiting", "ask again", retryable=True),
    409: _Case("the server is at odds with another request", "ask again", retryable=True),
    413: _Case("the request is too large", "give the task fewer or smaller dependencies"),
    429: _Case("too many requests", "ask again later or lower V2_MAX_PARALLEL_ATOMS", retryable=True),
    504: _Case("the server took too long", "ask again", retryable=True),
    529: _Case("the service is overloaded", "ask again later", retryable=True),
}
_SPEND_LIMIT = _Case("the account's spend limit is reached", "raise the limit with the provider, then resume")
_SERVER = _Case("the server failed", "ask again later", retryable=True)
_CLIENT = _Case("the request was not accepted", "correct what the message names")


def timed_out(seconds: float) -> ModelError:
    """The error of a call that was given up after so many wall seconds; nobody knows whether it is billed."""
    return ModelError(f"no complete answer within {seconds:g} s", fix="ask again", retryable=True)


def as_model_error(error: Exception, *, model: str, secret: str) -> ModelError:
    """The ModelError that stands for this exception; ``secret`` is blotted out of what it says."""
    if isinstance(error, anthropic.APIStatusError):
        return _of_status(error, model, secret)
    names = {type(each).__name__ for each in (error, error.__cause__) if each is not None}
    if "LocalProtocolError" in names:  # its words repeat the header, key and all
        return ModelError("no header takes this key", fix="set ANTHROPIC_API_KEY to the key alone, in plain characters", retryable=False, unbilled=True)
    words = _one_line(str(error.__cause__ or error) or type(error).__name__, secret)
    if names & _NEVER_SENT:
        return ModelError(f"the server can't be reached: {words}", fix="check ANTHROPIC_BASE_URL and the network", retryable=True, unbilled=True)
    return _broken(error, words)


def _broken(error: Exception, words: str) -> ModelError:
    """The error of a call that left and did not come back whole, or that could not be written at all."""
    if isinstance(error, UnicodeEncodeError | TypeError):
        return ModelError(f"the request can't be written: {words}", fix="look for odd characters in the task and its drafts", retryable=False, unbilled=True)
    if isinstance(error, anthropic.APITimeoutError):
        return ModelError("the server stopped answering", fix="ask again", retryable=True)
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return ModelError(f"the answer is no JSON ({words})", fix="ask again; check any proxy in between", retryable=True)
    return ModelError(f"the connection broke ({type(error).__name__}: {words})", fix="ask again", retryable=True)


def _of_status(error: anthropic.APIStatusError, model: str, secret: str) -> ModelError:
    status, headers = error.status_code, error.response.headers
    spent = status == 429 and error.error_code == "enforced_spend_limit_reached"
    case = _SPEND_LIMIT if spent else _CASES.get(status, _SERVER if status >= 500 or status < 400 else _CLIENT)
    retryable = {"true": True, "false": False}.get(headers.get("x-should-retry", ""), case.retryable) and not spent
    words = _one_line(error.api_message or error.message, secret)
    return ModelError(
        f"{case.problem} ({model}, HTTP {status}: {words})",
        fix=case.fix,
        retryable=retryable,
        retry_after=_retry_after(headers.get("retry-after-ms"), headers.get("retry-after")),
        unbilled=_unbilled(error),
        allowances=read_allowances(headers),
    )


def _unbilled(error: anthropic.APIStatusError) -> bool:
    """An error that the service itself wrote costs nothing; a gateway's page after a failure, or a time-out, says nothing about what ran behind it."""
    if error.status_code < 500:
        return error.status_code >= 400
    return error.status_code != 504 and error.type is not None


def _retry_after(milliseconds: str | None, seconds: str | None) -> float | None:
    """The seconds that the headers ask for; a date counts from now. ``None`` for none or nonsense."""
    for text, unit in ((milliseconds, 0.001), (seconds, 1.0)):
        try:
            value = float(text or "") * unit
        except ValueError:
            continue
        if math.isfinite(value) and value >= 0:
            return value
    try:
        asked = parsedate_to_datetime(seconds or "")
    except ValueError:
        return None
    return max(0.0, (asked.replace(tzinfo=asked.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _one_line(words: str, secret: str) -> str:
    line = " ".join((words.replace(secret, "***") if secret else words).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
