"""The language model behind a port, the offline adapter, the Anthropic adapter and the price table."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from mge_resources.llm.apart import ApartModel, is_worth_it
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


def open_model(*, api_key: str | None, base_url: str | None, model: str, models: str = "", prices: str = "", in_flight: int = 0) -> LanguageModel:
    """The model that these settings name: offline where there is neither a key nor a server.

    ``models`` names one for each attempt, separated by commas, in place of ``model``; the last holds for all later ones. A model with a list price, or
    with one in ``prices`` (``name=input/output`` in USD per million tokens), is paid at that price whoever serves it; one without is taken only from a
    local server, at no cost. Where many calls are to be ``in_flight`` a process beside this one makes them. Raises ModelError where the address is none,
    a price can't be read, or nobody knows what a model costs.
    """
    key, address = (api_key or "").strip(), (base_url or "").strip()
    if not key and not address:
        return OfflineModel()
    parts = urlsplit(address or DEFAULT_BASE_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ModelError(f"ANTHROPIC_BASE_URL is no address: {address!r}", fix="write it as http://host:port, without /v1", retryable=False, unbilled=True)
    table = price_table().with_own(prices)
    names = tuple(name.strip() for name in models.split(",") if name.strip()) or (model,)
    for name in names:
        if not table.known(name) and not (address and is_local(address)):
            raise table.unknown(name)
    from mge_resources.llm.claude import ClaudeModel  # noqa: PLC0415 -- the SDK takes 1 s to import, which only a call is worth
    from mge_resources.llm.escalation import EscalatingModel  # noqa: PLC0415 -- as above

    opened = {name: ClaudeModel(name, api_key=key, base_url=address or DEFAULT_BASE_URL, priced=table.known(name), table=table) for name in names}
    here = opened[names[0]] if len(set(names)) == 1 else EscalatingModel(tuple(opened[name] for name in names))
    if not is_worth_it(in_flight):
        return here
    return ApartModel(here, {"api_key": api_key, "base_url": base_url, "model": model, "models": models, "prices": prices})
