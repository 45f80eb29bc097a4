"""Names that a pattern of TypeScript or JavaScript takes out of an object, each with the type that it has there."""

_OPENS, _CLOSES = "({[<", ")}]>"


def destructured(pattern: str, written: str) -> dict[str, str]:
    """Of ``{ a, b: c = 1, ...rest }`` and the object's type: the type of ``a``, ``c`` and ``rest``. An inner pattern's names are left out."""
    members = dict(_member(part) for part in _parts(written[1:-1], ";,\n")) if written[:1] == "{" else {}
    found: dict[str, str] = {}
    for part in _parts(pattern[1 : pattern.rfind("}")], ","):
        if part.startswith("..."):
            found[part[3:].strip()] = f"the rest of {written}"
            continue
        key, _, bound = _before_default(part).partition(":")
        name = (bound or key).strip()
        if name.replace("$", "_").isidentifier():
            known = members.get(key.strip()) if members else f'{written}["{key.strip()}"]'
            found.update({name: known} if known else {})
    return found


def _member(text: str) -> tuple[str, str]:
    name, _, written = text.partition(":")
    return name.removeprefix("readonly ").strip().rstrip("?"), written.strip()


def _before_default(text: str) -> str:
    return next(iter(_parts(text, "=")), "")


def _parts(text: str, signs: str) -> list[str]:
    """The text cut at these signs where no bracket is open."""
    found, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        if sign in _OPENS:
            depth += 1
        elif sign in _CLOSES and text[place - 1 : place] != "=":
            depth -= 1
        elif sign in signs and not depth and text[place + 1 : place + 2] != ">":
            found.append(text[start:place].strip())
            start = place + 1
    return [part for part in (*found, text[start:].strip()) if part]
