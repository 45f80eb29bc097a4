"""The dependency graph's picture, made safe to stand in the page: drawing and nothing else."""

import re
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from markupsafe import Markup

MOST_BYTES = 1_200_000
_SVG = "http://www.w3.org/2000/svg"
_SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"}
_DRAWING = _SHAPES | {"svg", "g", "defs", "style", "title", "desc", "marker", "symbol", "use", "clipPath", "linearGradient", "stop", "pattern"}
_REACHES_OUT = re.compile(r"@import|expression\s*\(|javascript:|url\s*\((?!\s*['\"]?#)|\\", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture as markup, or the reason why there is none. ``paper`` asks for a light ground, for pictures that know of no dark one."""

    markup: Markup = field(default_factory=Markup)
    missing: str = ""
    paper: bool = True


def picture(svg: str) -> Picture:
    """Takes the drawing out of an SVG text: no scripts, no handlers, no links, nothing loaded; its styles hold inside the figure only."""
    if not svg.strip():
        return Picture(missing="No picture of the graph was made.")
    if len(svg.encode()) > MOST_BYTES:
        return Picture(missing="The graph is too large for a picture in this report.")
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        return Picture(missing="The picture of the graph holds more than a drawing.")
    try:
        root = ET.fromstring(svg)  # noqa: S314  entities were refused above
    except ET.ParseError as error:
        return Picture(missing=f"The picture of the graph can't be read: {error}.")
    if _name(root.tag) != "svg":
        return Picture(missing="The picture of the graph is no SVG.")
    _clean(root)
    ET.register_namespace("", _SVG)
    text = ET.tostring(root, encoding="unicode", short_empty_elements=True)
    adapts = "prefers-color-scheme" in text or "currentColor" in text
    return Picture(Markup(text), paper=not adapts)  # noqa: S704  cleaned above


def _name(tag: object) -> str:
    """The tag's own name where it is SVG's (or of no namespace), else nothing."""
    namespace, _, name = str(tag).rpartition("}")
    return name if namespace in {"", "{" + _SVG} else ""


def _clean(element: ET.Element) -> None:
    for child in list(element):
        if _name(child.tag) in _DRAWING and not (_name(child.tag) == "style" and _REACHES_OUT.search(child.text or "")):
            _clean(child)
        else:
            element.remove(child)
    for key, value in list(element.attrib.items()):
        if not _harmless(key, value):
            del element.attrib[key]
    if _name(element.tag) == "style":
        element.text = f"@scope (figure.graph) {{ {element.text or ''} }}"


def _harmless(key: str, value: str) -> bool:
    name = key.rpartition("}")[2].lower()
    if name.startswith("on") or name in {"src", "base", "target"}:
        return False
    return value.lstrip().startswith("#") if name == "href" else not _REACHES_OUT.search(value)
