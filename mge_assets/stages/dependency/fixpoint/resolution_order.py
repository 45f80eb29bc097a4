"""Python's method resolution order: C3 linearisation over the classes that are known."""

from collections import Counter, deque
from collections.abc import Callable, Container, Iterable

from mge_assets.stages.dependency.fixpoint.values import Class


def linearise(classes: Iterable[Class], bases_of: Callable[[Class], list[Class]]) -> None:
    """Set ``order`` of these classes; others keep theirs. Where C3 has no answer (or a class is its own base), depth first without repeats."""
    orders: dict[Class, list[Class]] = {}
    asked = dict.fromkeys(classes)
    for cls in asked:
        _linearise_one(cls, bases_of, orders, asked)
    for cls, order in orders.items():
        cls.order = order


def _linearise_one(cls: Class, bases_of: Callable[[Class], list[Class]], orders: dict[Class, list[Class]], asked: Container[Class]) -> None:
    stack, open_classes = [cls], {cls}
    while stack:
        top = stack[-1]
        bases = bases_of(top)
        waiting = [base for base in bases if base in asked and base not in orders and base not in open_classes]
        if waiting:
            stack.append(waiting[0])
            open_classes.add(waiting[0])
            continue
        bases = [base for base in bases if base in orders or base not in asked]
        orders.setdefault(top, [top, *_merge([orders.get(base, base.order) for base in bases] + [bases])])
        stack.pop()


def _merge(rows: list[list[Class]]) -> list[Class]:
    """The rows as one: what comes first and stands behind nothing, again and again; each row is walked once."""
    merged: dict[Class, None] = {}
    behind = Counter(cls for row in rows for cls in row[1:])
    left = [deque(row) for row in rows if row]
    while left:
        head = next((row[0] for row in left if not behind[row[0]]), left[0][0])
        merged[head] = None
        for row in left:
            while row and row[0] in merged:
                row.popleft()
                if row:
                    behind[row[0]] -= 1
        left = [row for row in left if row]
    return list(merged)
