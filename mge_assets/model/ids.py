"""Identifiers that follow from names, so that the same plan always gives the same ids."""

from uuid import UUID, uuid5

_NAMESPACE = UUID("6d67652d-6d61-5374-8572-706c616e2d31")


def masterplan_id(masterplan: str) -> UUID:
    """The id of the plan of this name."""
    return uuid5(_NAMESPACE, f"masterplan/{masterplan}")


def part_id(parent: UUID, kind: str, name: str) -> UUID:
    """The id of a named part (``phase``, ``milestone``, ``task``, ``subtask``, ``atom``) of what ``parent`` identifies."""
    return uuid5(parent, f"{kind}/{name}")


def task_id(masterplan: str, task: str) -> UUID:
    """The id of a task: it depends on its plan and name alone, so it stays when the task moves to another milestone."""
    return part_id(masterplan_id(masterplan), "task", task)


def atom_id(masterplan: str, task: str, atom: str) -> UUID:
    """The id of an atom: it depends on its names alone, so it stays when its code changes."""
    return part_id(task_id(masterplan, task), "atom", atom)
