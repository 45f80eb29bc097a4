"""Docstrings as a source of types, and decorators that a crowd of functions share."""

import pytest

from mge_assets.stages.dependency import analyse
from mge_assets.stages.dependency.python.docstrings import Phrase, documented, phrases
from mge_tests.stages.dependency.test_python_calls import calls, graph

_TREE = "class Tree:\n    def grow(self): pass\n"
DOCSTRINGS = {
    "numpydoc": "def f(t, n):\n    '''Grow.\n\n    Parameters\n    ----------\n    t : Tree, optional\n        The tree.\n    n : int\n    '''\n    t.grow()\n",
    "Google": "def f(t, n):\n    '''Grow.\n\n    Args:\n        t (Tree): the tree.\n        n (int): times.\n    '''\n    t.grow()\n",
    "Sphinx": "def f(t, n):\n    ''':param t: the tree.\n    :type t: :class:`~m.Tree`\n    '''\n    t.grow()\n",
    "Sphinx in one": "def f(t, n):\n    ''':param Tree t: the tree.'''\n    t.grow()\n",
    "a list of them": "def f(t, n):\n    '''\n    Parameters\n    ----------\n    t : list of Tree\n    '''\n    for one in t: one.grow()\n",
}


@pytest.mark.parametrize("style", DOCSTRINGS)
def test_a_documented_parameter_is_an_instance_of_its_class(style: str):
    assert calls(graph(m=_TREE + DOCSTRINGS[style])) == {("m.f", "m.Tree.grow")}


def test_a_documented_result_counts_where_the_code_tells_nothing():
    text = "def f(x):\n    '''\n    Returns\n    -------\n    t : Tree\n    '''\n    return x[0]\nf(1).grow()\n"
    assert calls(graph(m=_TREE + text)) == {("m", "m.f"), ("m", "m.Tree.grow")}


def test_a_word_in_lower_case_is_a_class_only_where_the_docstrings_use_the_class_so():
    loose = "def f(t):\n    '''\n    Parameters\n    ----------\n    t : tree\n    '''\n    t.grow()\n"
    firm = "".join(f"def g{i}(t):\n    '''\n    Parameters\n    ----------\n    t : Tree\n    '''\n" for i in range(3))
    assert calls(graph(m=_TREE + loose)) == set()
    assert calls(graph(m=_TREE + firm + loose)) == {("m.f", "m.Tree.grow")}


def test_prose_is_no_type():
    assert list(phrases("name of the tree to grow")) == []
    assert list(phrases("graph attribute, optional")) == [Phrase("attribute", "graph")]
    assert documented("Parameters are described elsewhere: t : Tree").parameters == {}
    assert [phrase.word for phrase in phrases("Tree or None, optional (default: Bush)")] == ["Tree", "None"]


def _decorated(count: int) -> str:
    wrapper = "class task:\n    def __init__(self, f): self.f = f\n    def __call__(self, *a, **k): return self.f(*a, **k)\n"
    return wrapper + "".join(f"@task\ndef f{i}(): pass\n" for i in range(count)) + "def use(): f0()\n"


def test_behind_a_class_that_decorates_a_crowd_each_name_is_its_own_function():
    found = {edge for edge in calls(graph(m=_decorated(30))) if edge[0] == "m.use"}
    assert found == {("m.use", "m.f0")}


def test_behind_a_class_that_decorates_few_calls_go_as_they_are_run():
    found = calls(graph(m=_decorated(1)))
    assert found == {("m", "m.task.__init__"), ("m.use", "m.task.__call__"), ("m.task.__call__", "m.f0")}


def test_a_function_decorated_by_what_nobody_can_read_is_still_called_by_its_name():
    maker = (
        "class compiled:\n    def __call__(self, f):\n        def inner(*a, **k): return eval(a)(*a, **k)\n        return inner\ndef d(x): return compiled()\n"
    )
    text = maker + "".join(f"@d({i})\ndef f{i}(): pass\n" for i in range(30)) + "def use(): f0()\n"
    assert ("m.use", "m.f0") in calls(graph(m=text))
    assert analyse({"m.py": text.encode()}) == analyse({"m.py": text.encode()})
