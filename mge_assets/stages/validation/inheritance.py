"""Which classes of a project build on which, by name: enough to tell a method that others override from one that nobody wrote."""

from collections.abc import Mapping

from mge_assets.stages.validation.facts import facts_of
from mge_resources.syntax import Language, detect_language


def overridden(name: str, project: Mapping[str, bytes]) -> bool:
    """Whether a class of the project that builds on the method's class defines the method (``Class.method``) itself."""
    owner, _, method = name.rpartition(".")
    if not owner:
        return False
    wanted = owner.rpartition(".")[2].encode()
    facts = [facts_of(Language.PYTHON, content) for file, content in project.items() if wanted in content and detect_language(file) is Language.PYTHON]
    children = {child for one in facts for child, bases in one.bases.items() if wanted.decode() in bases}
    return any(definition.name.split(".")[-2:] == [child, method] for one in facts for definition in one.definitions for child in children)
