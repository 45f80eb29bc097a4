"""Plain graph algorithms on numbered nodes: strongly connected components and longest-path levels.

Everything here is iterative (a chain of 100,000 nodes must not hit the recursion limit) and knows nothing of atoms.
``needs[v]`` lists the nodes that ``v`` needs, without repeats.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

Adjacency = Sequence[Sequence[int]]


def components(needs: Adjacency) -> list[list[int]]:
    """Strongly connected components (Tarjan; one stack, as Pearce, 2016), a needed component before the ones that need it.

    Each is in depth-first order: a node after all that it needs, but for what closes a cycle.
    """
    count = len(needs)
    index, low = [0] * count, [0] * count
    open_nodes: list[int] = []
    found: list[list[int]] = []
    clock = 0
    for root in range(count):
        if low[root]:
            continue
        clock += 1
        index[root] = low[root] = clock
        node, rest = root, iter(needs[root])
        way: list[tuple[int, Iterator[int]]] = []
        while True:
            for other in rest:
                seen = low[other]
                if not seen:
                    clock += 1
                    index[other] = low[other] = clock
                    way.append((node, rest))
                    node, rest = other, iter(needs[other])
                    break
                low[node] = min(low[node], seen)
            else:
                lowest = low[node]
                if lowest == index[node]:
                    found.append(_closed(open_nodes, low, node))
                else:
                    open_nodes.append(node)
                if not way:
                    break
                node, rest = way.pop()
                low[node] = min(low[node], lowest)
    return found


def _closed(open_nodes: list[int], low: list[int], root: int) -> list[int]:
    """A finished component, taken off the nodes that are finished and in none: from now on above every index."""
    start = len(open_nodes)
    while start and low[open_nodes[start - 1]] >= low[root]:
        start -= 1
    members = [*open_nodes[start:], root]
    del open_nodes[start:]
    for node in members:
        low[node] = len(low) + 1
    return members


def levels(needs: Adjacency) -> list[int]:
    """Level of each node of an acyclic graph: 0 needs nothing, otherwise one above the highest that it needs.

    Raises ``ValueError`` where the graph has a cycle.
    """
    count = len(needs)
    users: list[list[int]] = [[] for _ in range(count)]
    missing = [len(below) for below in needs]
    for node, below in enumerate(needs):
        for other in below:
            users[other].append(node)
    level = [0] * count
    row, number, left = [node for node in range(count) if not missing[node]], 0, count
    while row:
        left -= len(row)
        number += 1
        above: list[int] = []
        for node in row:
            for user in users[node]:
                missing[user] -= 1
                if not missing[user]:
                    level[user] = number
                    above.append(user)
        row = above
    if left:
        raise ValueError(f"{left} nodes lie on cycles; cut them before asking for levels")
    return level


def longest_path(needs: Adjacency, level: Sequence[int]) -> list[int]:
    """A longest path, from a node that needs nothing up to the highest level; ties go to the lowest number."""
    if not level:
        return []
    node = level.index(max(level))
    path = [node]
    while level[node]:
        node = min(other for other in needs[node] if level[other] == level[node] - 1)
        path.append(node)
    return path[::-1]


def weak_components(needs: Adjacency) -> list[int]:
    """Sizes of the parts that the graph falls into when directions are ignored, the largest first."""
    parent = list(range(len(needs)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for node, below in enumerate(needs):
        for other in below:
            parent[root(node)] = root(other)
    return sorted(Counter(root(node) for node in range(len(needs))).values(), reverse=True)
