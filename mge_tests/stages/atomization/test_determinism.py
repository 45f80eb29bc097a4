"""The same file always gives the same atoms, whatever order the parser's own tables happen to be in."""

import subprocess
import sys

from mge_assets.examples import example
from mge_assets.stages.atomization import atomize
from mge_resources.syntax import detect_language


def test_nested_expressions_that_start_together_are_always_told_in_the_same_order():
    drafts = [path for path in sorted((example("inventory").parent / "drafts").rglob("*")) if detect_language(path.name)]
    assert drafts
    for path in drafts:
        language = detect_language(path.name)
        assert language is not None
        first, *others = (atomize(path.read_bytes(), path.name, language) for _ in range(6))
        assert all(other == first for other in others), path


def test_another_process_with_another_hash_seed_gives_the_same_atoms():
    program = (
        "import hashlib, sys; from mge_assets.examples import example; from mge_assets.stages.atomization import atomize;"
        "from mge_resources.syntax import detect_language;"
        "drafts = sorted((example('inventory').parent / 'drafts').rglob('*'));"
        "texts = [repr(atomize(p.read_bytes(), p.name, l).atoms) for p in drafts if (l := detect_language(p.name))];"
        "import re; print(hashlib.sha256(re.sub(r'frozenset\\(.*?\\)', '', ''.join(texts)).encode()).hexdigest())"
    )
    answers = {
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout for seed in "123"
    }
    assert len(answers) == 1
