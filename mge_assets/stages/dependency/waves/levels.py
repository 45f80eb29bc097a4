"""Plain graph algorithms on numbered nodes: strongly connected components and longest-path levels.

Everything here is iterative (a chain of 100,000 nodes must not hit the recursion limit) and knows nothing of atoms.
``needs[v]`` lists the nodes that ``v`` needs, without repeats.
"""

from collections import Counter
from collections.abc import Sequence

Adjacency = Sequence[Sequence[int]]


def components(needs: Adjacency) -> list[list[int]]:
    """Strongly connected components (Tarjan), each sorted, a needed component before the ones that need it."""
    count = len(needs)
    index, low, on_stack = [-1] * count, [0] * count, [False] * count
    stack: list[int] = []
    found: list[list[int]] = []
    clock = 0
    for root in range(count):
        if index[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            node, child = work.pop()
            if child == 0:
                index[node] = low[node] = clock
                clock += 1
                stack.append(node)
                on_stack[node] = True
            below = needs[node]
            while child < len(below):
                other = below[child]
                child += 1
                if index[other] < 0:
                    work.append((node, child))
                    work.append((other, 0))
                    break
                if on_stack[other]:
                    low[node] = min(low[node], index[other])
            else:
                if low[node] == index[node]:
                    found.append(_unstack(stack, on_stack, node))
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
    return found


def _unstack(stack: list[int], on_stack: list[bool], root: int) -> list[int]:
    """Take one finished component off Tarjan's stack."""
    members = []
    while True:
        node = stack.pop()
        on_stack[node] = False
        members.append(node)
        if node == root:
            return sorted(members)


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
    ready = [node for node in range(count) if missing[node] == 0]
    for node in ready:
        for user in users[node]:
            level[user] = max(level[user], level[node] + 1)
            missing[user] -= 1
            if missing[user] == 0:
                ready.append(user)
    if len(ready) != count:
        raise ValueError(f"{count - len(ready)} nodes lie on cycles; cut them before asking for levels")
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
