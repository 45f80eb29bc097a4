"""What a file promises to others: the heads of what it defines, however small the pieces are that hold them."""

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.generation import outline
from mge_resources.syntax import Language
from mge_tests.stages.generation.samples import atom

RULE = b'''@dataclass(frozen=True)
class Rule(Base):
    """Something off."""

    least: int = 0

    @property
    def name(self) -> str:
        text: str = "a"
        return text

    async def off(
        self,
        item: Item,
    ) -> Money:
        kept = 1
        return kept
'''
SHAPE = b"""export interface Shape {
  readonly sides: number;
  area(scale: number): number;
  label?: string;
}
"""
STORE = b"""class Store extends Base {
  size: number = 0;
  put(item: Item): boolean {
    const before: number = this.size;
    return before > 0;
  }
}
"""


def test_a_class_that_is_one_piece_shows_its_methods_and_not_what_is_in_them() -> None:
    shown = outline([atom(RULE, name="shop.Rule", kind=AtomKind.CLASS_HEADER, indent="", signature="class Rule(Base)", scope="shop")])
    assert shown.split("\n")[1:] == [
        "@dataclass(frozen=True)",
        "class Rule(Base)",
        "    least: int = 0",
        "    @property",
        "    def name(self) -> str",
        "    async def off(self, item: Item) -> Money",
    ]


def test_types_in_typescript_show_their_methods_too() -> None:
    kind = {"indent": "", "language": Language.TYPESCRIPT, "scope": "shop"}
    interface = atom(SHAPE, name="shop.Shape", kind=AtomKind.INTERFACE, signature="export interface Shape", **kind)
    store = atom(STORE, name="shop.Store", kind=AtomKind.CLASS_HEADER, signature="class Store extends Base", **kind)
    assert outline([interface, store]).split("\n")[1:] == [
        "export interface Shape",
        "  readonly sides: number;",
        "  area(scale: number): number",
        "  label?: string;",
        "class Store extends Base",
        "  size: number = 0;",
        "  put(item: Item): boolean",
    ]
