"""What speaks against code whose tests had to run beside it, and what only looks like it."""

import pytest

from mge_assets.stages.validation.tampering import suspicions

HARMLESS = [
    "import inspect\n\n\ndef f(x):\n    return inspect.signature(x)\n",
    "from inspect import signature, isclass\n",
    "import importlib.metadata\n\nVERSION = importlib.metadata.version('x')\n",
    "from importlib import metadata\n",
    "from importlib.metadata import PackageNotFoundError, version\n",
    "import pickle\n\n\ndef f(x):\n    return pickle.dumps(x)\n",
    "import traceback\n\n\ndef f():\n    traceback.print_exc()\n",
    "import gc\n\ngc.collect()\n",
    "def f(g):\n    return g.__code__.co_varnames[: g.__code__.co_argcount]\n",
    "import sys\n\nme = sys.modules[__name__]\n",
    "fast = __import__('_speedups')\n",
    "class A:\n    def __bool__(self):\n        if self.full:\n            return True\n        return False\n",
    "class A:\n    def __lt__(self, other):\n        raise TypeError\n",
]
DOUBTFUL = {
    "import inspect\n\n\ndef f():\n    return inspect.stack()\n": "looks at the running program",
    "from inspect import stack\n": "looks at the running program",
    "from inspect import *\n": "looks at the running program",
    "import inspect as i\n\ni.stack()\n": "looks at the running program",
    "import inspect\n\nx = inspect\n": "looks at the running program",
    "import inspect\n\ngetattr(inspect, 'st' + 'ack')\n": "looks at the running program",
    "import inspect\n": "looks at the running program",
    "import importlib.metadata\n\nimportlib.import_module('x')\n": "imports by name",
    "from importlib.metadata import entry_points\n": "imports by name",
    "import pickle\n\npickle.loads(b'')\n": "runs what it loads",
    "import gc\n\ngc.get_objects()\n": "walks the interpreter's memory",
    "def f(g):\n    return g.__code__.co_consts\n": "uses __code__",
    "def f(g, h):\n    g.__code__ = h\n": "uses __code__",
    "def f(g):\n    code = g.__code__\n": "uses __code__",
    "import sys\n\nsys.modules['pytest']\n": "uses sys.modules",
    "import sys\n\nsys.modules[__name__] = 3\n": "uses sys.modules",
    "name = 'pytest'\n__import__(name)\n": "calls __import__",
    "__import__('_pytest.runner')\n": "calls __import__",
    "class A:\n    def __eq__(self, other):\n        return True\n": "has an object that agrees with whatever it is compared with",
    "class A:\n    def __ne__(self, other):\n        return False\n": "has an object that agrees with whatever it is compared with",
    "class A:\n    def __sub__(self, other):\n        return 0\n": "has an object that agrees with whatever it is compared with",
}


def said(*files: str) -> list[str]:
    project = {f"m{number}.py": text.encode() for number, text in enumerate(files)}
    imports = "".join(f"import m{number}\n" for number in range(len(files)))
    return [what for _, what in suspicions(project, "tests/test_m.py", imports)]


@pytest.mark.parametrize("code", HARMLESS)
def test_what_can_not_reach_the_tests_does_not_speak_against_code(code: str):
    assert said(code) == []


@pytest.mark.parametrize("code", DOUBTFUL)
def test_what_can_reach_the_tests_speaks_against_code(code: str):
    assert DOUBTFUL[code] in said(code)


@pytest.mark.parametrize("way", ["from m0 import inspect\n\ninspect.stack()\n", "from m0 import *\n\ninspect.stack()\n", "import m0\n\nm0.inspect.stack()\n"])
def test_another_files_harmless_import_is_no_way_round(way: str):
    assert said("import inspect\n\ninspect.signature(len)\n", way) == ["looks at the running program"]
