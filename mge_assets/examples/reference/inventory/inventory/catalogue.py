"""What can be bought: items, and finding them again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from inventory.identifiers import Sku, next_sku, parse_sku
from inventory.money import Money


class UnknownItemError(KeyError):
    """No item has this identifier."""


@dataclass(frozen=True)
class Item:
    """One thing that is kept in stock."""

    sku: Sku
    name: str
    price: Money
    unit: str = "pc"
    tags: frozenset[str] = frozenset()


def words(text: str) -> set[str]:
    """The words of a text, without regard to case."""
    return set(text.casefold().split())


def matches(item: Item, wanted: set[str]) -> bool:
    """True where every wanted word is in the item's name or is one of its tags."""
    known = words(item.name) | {tag.casefold() for tag in item.tags}
    return wanted <= known


@dataclass
class Catalogue:
    """All items, by identifier."""

    items: dict[Sku, Item] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Item]:
        return iter(sorted(self.items.values(), key=lambda item: item.sku))

    def __len__(self) -> int:
        return len(self.items)

    def add(self, item: Item) -> None:
        """Put an item in, or put a newer version in its place."""
        self.items[item.sku] = item

    def get(self, sku: Sku) -> Item:
        """The item of this identifier. Raises UnknownItemError."""
        if sku not in self.items:
            raise UnknownItemError(str(sku))
        return self.items[sku]

    def create(self, family: str, name: str, price: Money) -> Item:
        """A new item under the next free identifier of the family."""
        item = Item(next_sku(family, self.items), name, price)
        self.add(item)
        return item

    def search(self, text: str) -> list[Item]:
        """The items that match every word of the text, in order of their identifiers."""
        wanted = words(text)
        return [item for item in self if matches(item, wanted)]


def read_item(row: dict[str, str]) -> Item | None:
    """The item of a row of a price list, or `None` where the row is broken."""
    try:
        return Item(parse_sku(row["sku"]), row["name"], Money.of(row["price"]))
    except (KeyError, ValueError, ArithmeticError):
        return None


def read_catalogue(rows: Iterable[dict[str, str]]) -> tuple[Catalogue, int]:
    """The catalogue of a price list, and how many of its rows were broken."""
    catalogue = Catalogue()
    broken = 0
    for row in rows:
        item = read_item(row)
        if item is None:
            broken += 1
        else:
            catalogue.add(item)
    return catalogue, broken
