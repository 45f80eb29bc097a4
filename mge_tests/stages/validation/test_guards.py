"""A name that the author knows may be missing is no fault; a misspelt one still is, guard or no guard."""

import ast

import pytest

from mge_assets.stages.validation.names import name_faults
from mge_assets.stages.validation.spots import Lines


def undefined(source: str) -> list[str]:
    found = name_faults(ast.parse(source), Lines(source.encode()), source.encode())
    assert found is not None
    return [spot.message for spot in found if spot.rule == "pyflakes.UndefinedName"]


MEANT = {
    "probed, then used": "def f():\n    try:\n        get_ipython\n    except NameError:\n        return False\n    return get_ipython()\n",
    "probed in a tuple of exceptions": "def f():\n    try:\n        shell\n    except (KeyError, NameError):\n        return 0\n    return shell()\n",
    "a shell's own name, with a handler of everything": "try:\n    shell = get_ipython()\nexcept Exception:\n    shell = None\n",
    "an older version's branch": "import sys\nif sys.version_info < (3, 0):\n    text = unicode\nelse:\n    text = str\n",
    "by its first part": "import sys\nif sys.version_info[0] == 2:\n    text = unicode\n",
    "by name": "import sys\ntext = unicode if sys.version_info.major < 3 else str\n",
    "the other side of a newer version's": "import sys\nif sys.version_info >= (3,):\n    text = str\nelse:\n    text = unicode\n",
    "a flag": "import sys\nPY3 = sys.version_info[0] >= 3\nif not PY3:\n    text = unicode\n",
    "after an early return": "import sys\n\n\ndef f(a):\n    if sys.version_info >= (3,):\n        return str(a)\n    return unicode(a)\n",
    "with another condition": "import sys\n\n\ndef f(a):\n    if sys.version_info < (3,) and a:\n        return unicode(a)\n    return str(a)\n",
    "another platform": "import sys\nif sys.platform == 'nowhere':\n    fault = NowhereError\n",
    "a version to come": "import sys\nif sys.version_info >= (99, 0):\n    text = later_builtin\n",
}


@pytest.mark.parametrize("case", MEANT)
def test_a_name_that_is_guarded_is_no_fault(case: str) -> None:
    assert undefined(MEANT[case]) == []


FAULTS = {
    "the branch that runs": "import sys\nif sys.version_info >= (3,):\n    text = unicod\n",
    "the branch that runs, turned round": "import sys\nif sys.version_info < (3,):\n    pass\nelse:\n    text = unicod\n",
    "any other name with a handler of everything": "try:\n    shell = get_iphyton()\nexcept Exception:\n    shell = None\n",
    "another exception": "def f():\n    try:\n        return get_ipython()\n    except KeyError:\n        return None\n",
    "before the probe": "def f():\n    get_ipython()\n    try:\n        get_ipython\n    except NameError:\n        pass\n",
    "another function": "def g():\n    return get_ipython()\n\n\ndef f():\n    try:\n        get_ipython\n    except NameError:\n        pass\n",
    "another name": "def f():\n    try:\n        get_ipython\n    except NameError:\n        return 0\n    return get_iphyton()\n",
    "an unknown condition": "import os\nif os.environ:\n    text = unicode\n",
    "or another condition": "import sys\n\n\ndef f(a):\n    if sys.version_info < (3,) or a:\n        return unicode(a)\n    return str(a)\n",
    "an early return that is not taken": "import sys\n\n\ndef f(a):\n    if sys.version_info < (3,):\n        return a\n    return unicode(a)\n",
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_misspelt_name_stays_a_fault(case: str) -> None:
    assert len(undefined(FAULTS[case])) == 1
