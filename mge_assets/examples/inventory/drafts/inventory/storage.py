"""Keeping stock and catalogue in a JSON file, written whole or not at all."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from inventory.catalogue import Catalogue, Item
from inventory.identifiers import parse_sku
from inventory.money import Money
from inventory.stock import Movement, Reason, Stock

VERSION = 1


class StorageError(ValueError):
    """A file can't be used; the message says why."""


def default_path() -> Path:
    """Where the data is kept: `INVENTORY_FILE` if set, else a file in the home folder."""
    return Path(os.environ.get("INVENTORY_FILE", "/var/lib/inventory/stock.json"))


def item_to_plain(item: Item) -> dict[str, Any]:
    """An item as JSON takes it."""
    return {
        "sku": str(item.sku),
        "name": item.name,
        "price": item.price.minor,
        "currency": item.price.currency,
        "unit": item.unit,
        "tags": sorted(item.tags),
    }


def item_from_plain(plain: dict[str, Any]) -> Item:
    """The item that was written."""
    price = Money(plain["price"], plain["currency"])
    return Item(parse_sku(plain["sku"]), plain["name"], price, plain["unit"], frozenset(plain["tags"]))


def movement_to_plain(movement: Movement) -> list[Any]:
    """A movement as JSON takes it."""
    return [str(movement.sku), movement.pieces, movement.reason.value, movement.day.isoformat()]


def movement_from_plain(plain: list[Any]) -> Movement:
    """The movement that was written."""
    sku, pieces, reason, day = plain
    return Movement(parse_sku(sku), pieces, Reason(reason), date.fromisoformat(day))


def dump(catalogue: Catalogue, stock: Stock) -> str:
    """Both as the text of a file."""
    plain = {
        "version": VERSION,
        "items": [item_to_plain(item) for item in catalogue],
        "movements": [movement_to_plain(movement) for movement in stock.movements],
    }
    return json.dumps(plain, indent=2)


def load(text: str) -> tuple[Catalogue, Stock]:
    """Both from the text of a file. Raises StorageError."""
    try:
        return from_plain(json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(f"the file is broken: {error}") from error


def from_plain(plain: dict[str, Any]) -> tuple[Catalogue, Stock]:
    """Both from what JSON gave. Raises StorageError for another version."""
    if plain["version"] != VERSION:
        raise StorageError(f"version {plain['version']} can't be read")
    catalogue, stock = Catalogue(), Stock()
    for item in plain["items"]:
        catalogue.add(item_from_plain(item))
    for movement in plain["movements"]:
        stock.record(movement_from_plain(movement))
    return catalogue, stock


def save(path: Path, catalogue: Catalogue, stock: Stock) -> None:
    """Write the file beside its place, then move it there."""
    fresh = path.with_suffix(".new")
    fresh.write_text(dump(catalogue, stock), encoding="utf-8")
    fresh.replace(path)


def read(path: Path) -> tuple[Catalogue, Stock]:
    """What the file holds; nothing at all where there is no file yet."""
    if not path.exists():
        return Catalogue(), Stock()
    return load(path.read_text(encoding="utf-8"))
