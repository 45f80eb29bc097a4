"""Python's syntax tree is built by one thread at a time."""

import ast
import subprocess
import sys
import textwrap

from mge_resources.syntax import parse_python, read_literal

_MANY_THREADS = textwrap.dedent("""
    import sys, threading, time
    from mge_resources.syntax import parse_python

    class Finalised:
        def __del__(self):
            for _ in range(20):
                time.sleep(0)

    source = "\\n".join(f"def f{n}(a, b):\\n    return [x + {n} for x in (a, b, (a, (b, [a])))]" for n in range(300))
    failed = []

    def build():
        for _ in range(15):
            try:
                parse_python(source)
            except SystemError as error:
                failed.append(str(error))
            left = Finalised()
            left.itself = left

    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=build) for _ in range(8)]
    [each.start() for each in threads]
    [each.join() for each in threads]
    print(failed)
""")


def test_threads_that_build_trees_at_once_do_not_disturb_each_other() -> None:
    done = subprocess.run([sys.executable, "-c", _MANY_THREADS], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_tree_and_the_values_are_pythons_own() -> None:
    assert ast.dump(parse_python("x = (1, 'a')")) == ast.dump(ast.parse("x = (1, 'a')"))
    assert read_literal("{'a': [1, -2.5, None]}") == {"a": [1, -2.5, None]}
