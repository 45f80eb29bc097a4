"""From what the SDK hands over to a reply or a ModelError.

The SDK builds its values without checking them, so that a page of HTML, a missing bill or an empty answer all look like success.
"""

from collections.abc import Callable
from dataclasses import replace

from anthropic.types import Message

from mge_resources.llm.port import ModelError, ModelReply, TruncatedReplyError
from mge_resources.llm.prices import TokenUsage

Cost = Callable[[str, TokenUsage], float]
"""USD for this model's tokens."""


def read_answer(answer: object, blank: ModelReply, cost: Cost | None) -> ModelReply:
    """The reply: ``blank`` with text, tokens and cost filled in; without ``cost`` nothing is paid, and a bill is not needed.

    Raises ModelError, with the bill where one came, for every answer that holds no usable text.
    """
    if not isinstance(answer, Message) or not isinstance(getattr(answer, "content", None), list):
        raise ModelError(f"the server answered with {_shape(answer)} instead of a message", fix="check ANTHROPIC_BASE_URL and any proxy", retryable=True)
    usage = _usage(answer)
    if usage is None and cost is not None:
        raise ModelError("the answer does not say what it cost", fix="its reservation stays booked; ask again", retryable=True)
    usage = usage or TokenUsage()
    text = "".join(part for block in answer.content if getattr(block, "type", None) == "text" and isinstance(part := getattr(block, "text", None), str))
    reply = replace(
        blank,
        text=text,
        tokens_input=usage.prompt,
        tokens_output=usage.output,
        tokens_read=usage.read,
        cost_usd=cost(str(getattr(answer, "model", "")), usage) if cost else 0.0,
    )
    if (error := _unusable(answer, reply)) is not None:
        raise error
    return reply


def _unusable(answer: Message, reply: ModelReply) -> ModelError | None:
    """Why this answer can't be used, or ``None``. Stop reasons that nobody has heard of pass: validation judges what came."""
    match getattr(answer, "stop_reason", None):
        case "max_tokens":
            return TruncatedReplyError(
                f"the answer was cut after {reply.tokens_output} tokens", fix="ask with a larger max_tokens", retryable=True, billed=reply
            )
        case "refusal":
            category = getattr(getattr(answer, "stop_details", None), "category", None) or "no category given"
            return ModelError(f"the model refused to answer ({category})", fix="reword the task, or write this part by hand", retryable=False, billed=reply)
        case "model_context_window_exceeded":
            return ModelError("the prompt and its answer do not fit the model's context", fix="give the task fewer dependencies", retryable=False, billed=reply)
        case "pause_turn" | "tool_use" | None as reason:
            return ModelError(f"the answer ended unfinished ({reason or 'no stop reason'})", fix="ask again", retryable=True, billed=reply)
    if not reply.text.strip():
        return ModelError("the answer holds no text", fix="ask again", retryable=True, billed=reply)
    return None


def _usage(answer: Message) -> TokenUsage | None:
    """The tokens that were billed; ``None`` where the answer does not say."""
    usage = getattr(answer, "usage", None)
    tokens_input, tokens_output = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    if tokens_input is None or tokens_output is None:
        return None
    hour = _count(getattr(usage, "cache_creation", None), "ephemeral_1h_input_tokens") or 0
    written = max(_count(usage, "cache_creation_input_tokens") or 0, hour)
    return TokenUsage(tokens_input, tokens_output, written - hour, hour, _count(usage, "cache_read_input_tokens") or 0)


def _count(holder: object, name: str) -> int | None:
    value = getattr(holder, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _shape(answer: object) -> str:
    if isinstance(answer, str):
        return "a web page" if "<html" in answer.lower() or answer.lstrip().startswith("<") else "plain text"
    return "an incomplete message" if isinstance(answer, Message) else f"a JSON {type(answer).__name__}"
