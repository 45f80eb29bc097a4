"""The language model behind a port, the offline adapter, the Anthropic adapter and the price table."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from mge_resources.llm.offline import OfflineModel
from mge_resources.llm.port import LanguageModel, ModelError, ModelReply, ModelRequest, TruncatedReplyError
from mge_resources.llm.prices import TokenUsage, price, price_table

__all__ = [
    "LanguageModel",
    "ModelError",
    "ModelReply",
    "ModelRequest",
    "OfflineModel",
    "TokenUsage",
    "TruncatedReplyError",
    "is_local",
    "open_model",
    "price",
    "price_table",
]

DEFAULT_BASE_URL = "https://api.anthropic.com"
"""Handed to the SDK always, or it would read the environment for itself."""


def is_local(base_url: str) -> bool:
    """Whether the address is on this machine or a private network, where nobody sends a bill."""
    host = urlsplit(base_url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan"))
    return address.is_private or address.is_loopback or address.is_link_local


def open_model(*, api_key: str | None, base_url: str | None, model: str) -> LanguageModel:
    """The model that these settings name: offline where there is neither a key nor a server.

    A model with a list price is paid at that price whoever serves it; one without is taken only from a local server, at no cost.
    Raises ModelError where the address is none or nobody knows what the model costs.
    """
    key, address = (api_key or "").strip(), (base_url or "").strip()
    if not key and not address:
        return OfflineModel()
    parts = urlsplit(address or DEFAULT_BASE_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ModelError(f"ANTHROPIC_BASE_URL is no address: {address!r}", fix="write it as http://host:port, without /v1", retryable=False, unbilled=True)
    priced = price_table().known(model)
    if not priced and not (address and is_local(address)):
        raise price_table().unknown(model)
    from mge_resources.llm.claude import ClaudeModel  # noqa: PLC0415 -- the SDK takes 1 s to import, which only a call is worth

    return ClaudeModel(model, api_key=key, base_url=address or DEFAULT_BASE_URL, priced=priced)
