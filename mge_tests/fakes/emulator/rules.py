"""Which requests the Messages API refuses, by API version and model (as published up to November 2026)."""

from collections.abc import Mapping
from typing import Any

NO_EFFORT = ("claude-haiku-4-5", "claude-sonnet-4-5")
FAMILIES = ("haiku", "sonnet", "opus", "fable", "mythos")
MOST_BREAKPOINTS = 4
MOST_IN_BATCH = 100_000
_TAKES_TEMPERATURE = (*NO_EFFORT, "claude-opus-4-5", "claude-sonnet-4-6", "claude-opus-4-6", "local-")
_MODELS = (*(f"claude-{family}-" for family in FAMILIES), "local-")
_ALWAYS_THINKS = ("claude-sonnet-5-5", "claude-opus-5-5", "claude-fable-5-", "claude-mythos-5-")
_TAKES_PREFILL = ("claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-5", "local-")
_SAMPLING = ("temperature", "top_p", "top_k")
_VERSIONS = ("2023-06-01", "2026-10-21")
_EFFORTS = {"low", "medium", "high", "xhigh", "max"}
_CACHE_MINIMUM = (("claude-haiku-5-5", 512), ("claude-opus-5", 512), ("claude-fable-5", 512), ("claude-mythos-5", 512), ("claude-opus-4-7", 4096),
                  ("claude-opus-4-6", 4096), ("claude-opus-4-5", 4096), ("claude-haiku-4-5", 4096), ("claude-sonnet-4-6", 2048))  # fmt: skip

Refusal = tuple[int, str, str]
"""Status, error type, message."""


def cache_minimum(model: str) -> int:
    """Tokens below which a marked prefix is not cached; no error then, the counters stay 0. Where sources differ, the larger."""
    return next((tokens for start, tokens in _CACHE_MINIMUM if model.startswith(start)), 1024)


def refused_caller(headers: Mapping[str, str], key: str | None) -> Refusal | None:
    """Why the service would not talk to this caller at all, or ``None``."""
    if key is not None and headers.get("authorization") != f"Bearer {key}" and headers.get("x-api-key") != key:
        return 401, "authentication_error", "invalid bearer token"
    if headers.get("anthropic-version") not in _VERSIONS:
        return 400, "invalid_request_error", "anthropic-version: header is required"
    return None


def refused_message(headers: Mapping[str, str], body: dict[str, Any], *, counting: bool = False) -> Refusal | None:
    """Why the service would refuse this request for a message (or to count its tokens), or ``None``."""
    version, model = headers.get("anthropic-version", ""), str(body.get("model", ""))
    if not known_model(model):
        return 404, "not_found_error", f"model: {model}"
    wrong = _wrong_field(model, body, counting) or _wrong_sampling(version, model, body) or _wrong_effort(model, body) or _wrong_thinking(model, body)
    return (400, "invalid_request_error", wrong) if wrong else None


def known_model(model: str) -> bool:
    """Whether the service has a model of this name."""
    return model.startswith(_MODELS)


def _wrong_field(model: str, body: dict[str, Any], counting: bool) -> str | None:
    if not counting and (not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1):
        return "max_tokens: Field required"
    messages = body.get("messages")
    if not messages or not isinstance(messages, list):
        return "messages: Field required"
    if messages[-1].get("role") != "user" and not model.startswith(_TAKES_PREFILL):
        return "messages: This model does not support assistant message prefill; the conversation must end with a user message"
    blocks = [block for message in messages if isinstance(message["content"], list) for block in message["content"]]
    blocks += body["system"] if isinstance(body.get("system"), list) else []
    if sum("cache_control" in block for block in blocks) > MOST_BREAKPOINTS:
        return f"A maximum of {MOST_BREAKPOINTS} blocks with cache_control may be provided."
    return None if all(block.get("text", "").strip() for block in blocks if block.get("type") == "text") else "messages: text content blocks must be non-empty"


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
    return None if effort in _EFFORTS else "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"


def _wrong_thinking(model: str, body: dict[str, Any]) -> str | None:
    if model.startswith(_ALWAYS_THINKS):
        if (body.get("thinking") or {}).get("type") == "disabled":
            return "thinking.type: `disabled` is not supported for this model"
        if (body.get("tool_choice") or {}).get("type") in {"any", "tool"}:
            return "tool_choice: Thinking may not be enabled when tool_choice forces tool use."
    return None
