"""The command line: `inventory add`, `receive`, `sell`, `find` and `report`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from inventory.catalogue import Catalogue
from inventory.identifiers import parse_sku
from inventory.money import Money
from inventory.reporting import stock_report
from inventory.stock import Stock
from inventory.storage import default_path, read, save

Action = Callable[[argparse.Namespace, Catalogue, Stock], str]


def add(arguments: argparse.Namespace, catalogue: Catalogue, stock: Stock) -> str:
    """Put a new item into the catalogue."""
    item = catalogue.create(arguments.family, arguments.name, Money.of(arguments.price))
    return f"{item.sku} {item.name}"


def receive(arguments: argparse.Namespace, catalogue: Catalogue, stock: Stock) -> str:
    """Take a delivery in."""
    item = catalogue.get(parse_sku(arguments.sku))
    stock.receive(item.sku, arguments.pieces, arguments.day)
    return f"{item.sku}: {stock.level(item.sku)} there"


def sell(arguments: argparse.Namespace, catalogue: Catalogue, stock: Stock) -> str:
    """Hand pieces out."""
    item = catalogue.get(parse_sku(arguments.sku))
    stock.sell(item.sku, arguments.pieces, arguments.day)
    return f"{item.sku}: {stock.level(item.sku)} left"


def find(arguments: argparse.Namespace, catalogue: Catalogue, stock: Stock) -> str:
    """Look items up by words."""
    found = catalogue.search(" ".join(arguments.words))
    return "\n".join(f"{item.sku} {item.name} {item.price}" for item in found)


def report(arguments: argparse.Namespace, catalogue: Catalogue, stock: Stock) -> str:
    """Show what is there."""
    return stock_report(catalogue, stock).rstrip("\n")


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    root = argparse.ArgumentParser(prog="inventory", description="Keeps a small stock.")
    root.add_argument("--file", type=Path, default=None, help="where the data is kept")
    commands = root.add_subparsers(required=True)
    adding = commands.add_parser("add", help="a new item")
    adding.set_defaults(action=add)
    for name in ("family", "name", "price"):
        adding.add_argument(name)
    moving(commands.add_parser("receive", help="a delivery"), receive)
    moving(commands.add_parser("sell", help="a sale"), sell)
    finding = commands.add_parser("find", help="items by words")
    finding.set_defaults(action=find)
    finding.add_argument("words", nargs="+")
    commands.add_parser("report", help="what is there").set_defaults(action=report)
    return root


def moving(command: argparse.ArgumentParser, action: Action) -> None:
    """The arguments of a movement."""
    command.set_defaults(action=action)
    command.add_argument("sku")
    command.add_argument("pieces", type=int)
    command.add_argument("--day", type=date.fromisoformat, default=date.today())


def run(arguments: argparse.Namespace) -> str:
    """Read, act, write back; gives what is to be shown."""
    path: Path = arguments.file or default_path()
    catalogue, stock = read(path)
    shown: str = arguments.action(arguments, catalogue, stock)
    save(path, catalogue, stock)
    return shown


def main(words: Sequence[str] | None = None) -> int:
    """The command; 0 where it went well, 1 with a line on stderr where it did not."""
    try:
        print(run(parser().parse_args(words)))
    except (KeyError, ValueError, OSError) as error:
        print(f"inventory: {error}", file=sys.stderr)
        return 1
    return 0
