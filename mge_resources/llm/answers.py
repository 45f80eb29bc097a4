"""From what a server sent to a reply or a ModelError.

It comes as plain JSON or, out of a message batch, as values that the SDK builds without checking them: a page of HTML, a missing bill or an empty answer
all look like success.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
from anthropic.types import Message

from mge_resources.llm.port import ModelError, ModelReply, TruncatedReplyError
from mge_resources.llm.prices import TokenUsage

Cost = Callable[[str, TokenUsage], float]
"""USD for this model's tokens."""


def read_body(response: httpx2.Response) -> object:
    """The JSON of a response, or else its text. Raises ValueError where it says that it is JSON and is not."""
    if response.headers.get("content-type", "").partition(";")[0].lower().endswith("json"):
        return response.json()
    try:
        return response.json()
    except ValueError:
        return response.text


def read_answer(answer: object, blank: ModelReply, cost: Cost | None) -> ModelReply:
    """The reply: ``blank`` with text, tokens and cost filled in; without ``cost`` nothing is paid, and a bill is not needed.

    Raises ModelError, with the bill where one came, for every answer that holds no usable text.
    """
    if not isinstance(answer, Message | dict) or not isinstance(content := _field(answer, "content"), list):
        raise ModelError(f"the server answered with {_shape(answer)} instead of a message", fix="check ANTHROPIC_BASE_URL and any proxy", retryable=True)
    usage = _usage(answer)
    if usage is None and cost is not None:
        raise ModelError("the answer does not say what it cost", fix="its reservation stays booked; ask again", retryable=True)
    usage = usage or TokenUsage()
    text = "".join(part for block in content if _field(block, "type") == "text" and isinstance(part := _field(block, "text"), str))
    reply = replace(
        blank,
        text=text,
        tokens_input=usage.prompt,
        tokens_output=usage.output,
        tokens_read=usage.read,
        cost_usd=cost(str(_field(answer, "model") or ""), usage) if cost else 0.0,
    )
    if (error := _unusable(answer, reply)) is not None:
        raise error
    return reply


def _unusable(answer: object, reply: ModelReply) -> ModelError | None:
    """Why this answer can't be used, or ``None``. Stop reasons that nobody has heard of pass: validation judges what came."""
    match _field(answer, "stop_reason"):
        case "max_tokens":
            return TruncatedReplyError(
                f"the answer was cut after {reply.tokens_output} tokens", fix="ask with a larger max_tokens", retryable=True, billed=reply
            )
        case "refusal":
            category = _field(_field(answer, "stop_details"), "category") or "no category given"
            return ModelError(f"the model refused to answer ({category})", fix="reword the task, or write this part by hand", retryable=False, billed=reply)
        case "model_context_window_exceeded":
            return ModelError("the prompt and its answer do not fit the model's context", fix="give the task fewer dependencies", retryable=False, billed=reply)
        case "pause_turn" | "tool_use" | None as reason:
            return ModelError(f"the answer ended unfinished ({reason or 'no stop reason'})", fix="ask again", retryable=True, billed=reply)
    if not reply.text.strip():
        return ModelError("the answer holds no text", fix="ask again", retryable=True, billed=reply)
    return None


def _usage(answer: object) -> TokenUsage | None:
    """The tokens that were billed; ``None`` where the answer does not say."""
    usage = _field(answer, "usage")
    tokens_input, tokens_output = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    if tokens_input is None or tokens_output is None:
        return None
    hour = _count(_field(usage, "cache_creation"), "ephemeral_1h_input_tokens") or 0
    written = max(_count(usage, "cache_creation_input_tokens") or 0, hour)
    return TokenUsage(tokens_input, tokens_output, written - hour, hour, _count(usage, "cache_read_input_tokens") or 0)


def _field(holder: object, name: str) -> Any:  # noqa: ANN401 -- whatever stands there
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def _count(holder: object, name: str) -> int | None:
    value = _field(holder, name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _shape(answer: object) -> str:
    if isinstance(answer, str):
        return "a web page" if "<html" in answer.lower() or answer.lstrip().startswith("<") else "plain text"
    return "an incomplete message" if isinstance(answer, Message | dict) else f"a JSON {type(answer).__name__}"
