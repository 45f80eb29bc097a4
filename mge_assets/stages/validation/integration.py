"""How files fit together: imports resolve, imported names exist, calls match what they call, no circles. Shared by levels 2 to 4."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

import networkx as nx

from mge_assets.model.errors import Place
from mge_assets.model.findings import Finding, Severity
from mge_assets.stages.validation.analysis import analyse
from mge_assets.stages.validation.definitions import Definition
from mge_assets.stages.validation.facts import CallUse
from mge_assets.stages.validation.imports import Import
from mge_assets.stages.validation.loading import Break, Loader, events_of
from mge_assets.stages.validation.project import Project, is_standard
from mge_resources.syntax import Language, detect_language


def _written(one: Import) -> str:
    return "." * one.level + one.module


def import_findings(project: Project, file: str, declared: Mapping[str, str]) -> Iterator[Finding]:
    """Imports of one file that come to nothing (error), and packages that nobody declared (warning, once each).

    Where the code is ready for the import to fail, each weighs one step less.
    """
    language = detect_language(file)
    assert language is not None
    undeclared: set[str] = set()
    for one in project.facts(file).imports:
        found, place = project.resolve(file, one), Place(file, one.line)
        if found is None:
            continue
        if found.package:
            known = is_standard(language, found.package) or found.package.lower() in declared or found.package in undeclared
            if not known:
                undeclared.add(found.package)
                severity = Severity.INFO if one.guarded else Severity.WARNING
                message = f"{found.package!r} is imported, but neither part of the project nor declared"
                yield Finding("imports.undeclared", severity, message, "add it to the plan's requirements or do without it", place)
        elif not found.file:
            severity = Severity.WARNING if one.guarded else Severity.ERROR
            yield Finding("imports.missing", severity, f"{_written(one)!r} is no file of the project", "correct the import or plan a task for that file", place)


def name_findings(project: Project, files: Iterable[str]) -> Iterator[Finding]:
    """Names imported from, or looked up in, another file of the project that does not offer them."""
    for file in files:
        for one in project.facts(file).imports:
            severity = Severity.WARNING if one.guarded else Severity.ERROR
            for name in project.missing_names(file, one):
                message = f"{_written(one)!r} offers no {name!r}"
                yield Finding("integration.missing_name", severity, message, "define the name there or correct the import", Place(file, one.line))
        for use in project.facts(file).attributes:
            if missing := project.missing_attribute(file, use):
                message = f"module {missing[0]!r} has no {missing[1]!r}"
                yield Finding("integration.missing_name", Severity.ERROR, message, "define the name there or correct it here", Place(file, use.line))


def _misfit(call: CallUse, arguments: ast.arguments) -> str:
    """What is wrong with the call, in words; empty where it fits."""
    positional = [parameter.arg for parameter in (*arguments.posonlyargs, *arguments.args)]
    if call.positional > len(positional) and not arguments.vararg:
        return f"takes {len(positional)} positional arguments, not {call.positional}"
    by_name = {parameter.arg for parameter in (*arguments.args, *arguments.kwonlyargs)}
    if not arguments.kwarg and (unknown := sorted(call.keywords - by_name)):
        return f"takes no argument {unknown[0]!r}"
    required = positional[: len(positional) - len(arguments.defaults)][call.positional :]
    required += [parameter.arg for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None]
    missing = [name for name in required if name not in call.keywords]
    return f"needs an argument {missing[0]!r}" if missing else ""


def call_findings(project: Project, files: Iterable[str]) -> Iterator[Finding]:
    """Calls of functions imported from another Python file of the project that do not fit the parameters there."""
    for file in files:
        for one, call in project.facts(file).calls:
            found = project.resolve(file, one)
            arguments = project.facts(found.file).functions.get(one.names[0]) if found and found.file else None
            if arguments and (problem := _misfit(call, arguments)):
                yield Finding("interfaces.call", Severity.ERROR, f"{call.name} {problem}", "call it as it is defined", Place(file, call.line))


def _loaded(project: Project, file: str) -> Iterator[str]:
    """Files of the project that are loaded when this one is."""
    for one in project.facts(file).imports:
        found = None if one.late or one.guarded else project.resolve(file, one)
        if found and found.file:
            modules = [project.submodule(found.file, name) for name in one.names]
            # `from . import a` needs the package only where `a` is not a module of it.
            yield from (module or found.file for module in modules or [None])


def _circles(project: Project) -> list[tuple[set[str], list[str]]]:
    """The knots of files that import one another when loaded, each with one way round."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for file in project.code:
        graph.add_edges_from((file, other) for other in _loaded(project, file) if other != file)
    knots = [set(knot) for knot in nx.strongly_connected_components(graph) if len(knot) > 1]
    return [(knot, [source for source, _ in nx.find_cycle(graph.subgraph(knot), min(knot))]) for knot in knots]


def circle_findings(project: Project, files: Iterable[str]) -> Iterator[Finding]:
    """A warning for each knot that holds one of ``files``, and an error for each name that is taken before it is there."""
    wanted, circles = set(files), project.kept("circles", _circles)
    for knot, way in circles:
        if wanted & knot:
            message = f"circular import: {' ▸ '.join([*way, way[0]])}"
            place = Place(min(wanted & knot))
            yield Finding("imports.circular", Severity.WARNING, message, "move what both need into a third file, or import inside the function", place)
    for one in project.kept("breaks", lambda _: _breaks(project, {file for knot, _ in circles for file in knot})):
        file = project.file_of(one.module)
        if file in wanted:
            message = f"takes {one.name!r} from {one.source}, which is still being loaded then and has not bound it (when {one.entry} is imported first)"
            yield Finding(
                "imports.circle_breaks", Severity.ERROR, message, "import it inside the function that needs it, or from a third file", Place(file, one.line)
            )


def _breaks(project: Project, suspects: set[str]) -> tuple[Break, ...]:
    names = {file: project.module_of(file) for file in project.code if detect_language(file) is Language.PYTHON}
    modules, unknown = {}, set()
    for file, name in names.items():
        tree = analyse(Language.PYTHON, project.files[file]).python if suspects else None
        if tree is not None:
            modules[name] = events_of(tree, name, package=PurePosixPath(file).stem == "__init__")
        if suspects and (tree is None or project.facts(file).exports.open):
            unknown.add(name)
    return Loader(modules, frozenset(unknown)).breaks_of(names[file] for file in suspects if file in names)


def duplicate_findings(project: Project, files: Iterable[str]) -> Iterator[Finding]:
    """Public functions and classes of one name in several files: a warning where they are called differently, else for information."""
    by_name: dict[str, list[tuple[str, Definition]]] = {}
    for file in files:
        for definition in project.facts(file).definitions:
            if definition.public and "." not in definition.name:
                by_name.setdefault(definition.name, []).append((file, definition))
    for name, places in sorted(by_name.items()):
        others = sorted({file for file, _ in places})
        if len(others) > 1 and detect_language(others[0]) == detect_language(others[1]):
            severity = Severity.WARNING if len({one.calls for _, one in places}) > 1 else Severity.INFO
            message = f"{name!r} is defined in {' and '.join(others)}"
            yield Finding("api.duplicate", severity, message, "keep one, or name them apart", Place(others[1], places[-1][1].line))


def declared_unused(project: Project, declared: Mapping[str, str]) -> Iterator[Finding]:
    """Requirements that no file imports; for information, since a plugin or a server is used without an import."""
    used = {found.package.lower() for file in project.code for one in project.facts(file).imports if (found := project.resolve(file, one)) and found.package}
    for text in sorted({text for text in declared.values() if not used & {name for name, other in declared.items() if other == text}}):
        yield Finding("dependencies.unused", Severity.INFO, f"requirement {text!r} is imported by no file", "drop it, unless it is needed at run time")
