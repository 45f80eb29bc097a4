"""Classes whose initialisers are crowded: the work of making one stays bounded."""

import time

import pytest

from mge_assets.stages.dependency import analyse

CLASSES = 14


@pytest.mark.parametrize("method", ["__init__", "__new__", "__post_init__"])
def test_classes_put_over_one_anothers_initialisers_are_not_made_in_every_order(method: str) -> None:
    names = [f"C{number}" for number in range(CLASSES)]
    listed = f"[{', '.join(names)}]"
    crowd = f"for one in {listed}:\n    for other in {listed}:\n        one.{method} = other\n"
    source = "".join(f"class {name}:\n    def run(self):\n        pass\n\n" for name in names) + crowd + "def make():\n    C3().run()\n"
    begin = time.process_time()
    edges = analyse({"crowd.py": source.encode()}).edges
    assert time.process_time() - begin < 5, "14 classes have 87,178,291,200 orders"
    assert "crowd.C3.run" in {edge.target for edge in edges if edge.source == "crowd.make"}
