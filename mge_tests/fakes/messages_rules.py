"""Which requests the Messages API refuses, by API version and model (as published up to November 2026)."""

from collections.abc import Mapping
from typing import Any

CACHE_MINIMUM = 1024
"""Tokens below which a marked prefix is not cached; no error then, the counters stay 0."""
NO_EFFORT = ("claude-haiku-4-5", "claude-sonnet-4-5")
_TAKES_TEMPERATURE = (*NO_EFFORT, "claude-opus-4-5", "claude-sonnet-4-6", "claude-opus-4-6", "local-")
_MODELS = ("claude-haiku-", "claude-sonnet-", "claude-opus-", "claude-fable-", "claude-mythos-", "local-")
_SAMPLING = ("temperature", "top_p", "top_k")
_VERSIONS = ("2023-06-01", "2026-10-21")

Refusal = tuple[int, str, str]
"""Status, error type, message."""


def refusal(path: str, headers: Mapping[str, str], body: dict[str, Any], key: str | None) -> Refusal | None:
    """Why the service would refuse this request, or ``None``."""
    if path.split("?", maxsplit=1)[0] != "/v1/messages":
        return 404, "not_found_error", f"Not found: {path}"
    if key is not None and headers.get("authorization") != f"Bearer {key}":
        return 401, "authentication_error", "invalid bearer token"
    version = headers.get("anthropic-version")
    if version not in _VERSIONS:
        return 400, "invalid_request_error", "anthropic-version: header is required"
    model = str(body.get("model", ""))
    if not model.startswith(_MODELS):
        return 404, "not_found_error", f"model: {model}"
    wrong = _wrong_field(body) or _wrong_sampling(version, model, body) or _wrong_effort(model, body)
    return (400, "invalid_request_error", wrong) if wrong else None


def _wrong_field(body: dict[str, Any]) -> str | None:
    if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
        return "max_tokens: Field required"
    messages = body.get("messages")
    if not messages or messages[-1].get("role") != "user":
        return "messages: the conversation must end with a user message"
    texts = [block.get("text", "") for message in messages if isinstance(message["content"], list) for block in message["content"]]
    return None if all(text.strip() for text in texts) else "messages: text content blocks must be non-empty"


def _wrong_sampling(version: str, model: str, body: dict[str, Any]) -> str | None:
    used = [name for name in _SAMPLING if name in body]
    if used and version == "2026-10-21":
        return f"{used[0]}: Extra inputs are not permitted"
    if used and not model.startswith(_TAKES_TEMPERATURE):
        return f"`{used[0]}` is deprecated for this model."
    if "temperature" in body and not 0 <= body["temperature"] <= 1:
        return "temperature: Input should be between 0 and 1"
    return None


def _wrong_effort(model: str, body: dict[str, Any]) -> str | None:
    effort = (body.get("output_config") or {}).get("effort")
    if effort is None:
        return None
    if model.startswith(NO_EFFORT):
        return "output_config.effort: This model does not support effort"
    return None if effort in {"low", "medium", "high", "xhigh", "max"} else "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
